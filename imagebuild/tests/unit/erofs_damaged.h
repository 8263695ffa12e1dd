/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of EROFS images that are not what they should be. */
#ifndef IB_TEST_EROFS_DAMAGED_H
#define IB_TEST_EROFS_DAMAGED_H

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/crc32c.h"
#include "image/image.h"
#include "test.h"

/* So that it is not the checksum that tells of a changed superblock: it covers the rest of block 0. */
static inline void fix_checksum(uint8_t *data)
{
	enum { START = 1024, CHECKSUM = START + 4, END = 4096 };
	uint32_t crc = 0;
	int i = 0;

	memset(data + CHECKSUM, 0, 4);
	crc = ib_crc32c(UINT32_MAX, data + START, END - START);
	for (i = 0; i < 4; i++)
		data[CHECKSUM + i] = (uint8_t)(crc >> (8 * i));
}

/* What our reader says of an image with these bytes. limits may be NULL. */
static inline int read_bytes(const uint8_t *data, size_t size, const struct ib_erofs_limits *limits,
			     struct ib_error *err)
{
	IB_AUTO(ib_tree) tree = NULL;
	ib_autoclose int fd = memfd_create("image", MFD_CLOEXEC);
	struct ib_region region = { fd, 0, size, "image" };

	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	return ib_erofs_read_tree(&region, limits, &tree, err);
}

#endif
