/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an EROFS image: read or refused, never more. The checksum is put right first. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/crc32c.h"
#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fix_checksum(uint8_t *block)
{
	IB_AUTO_BUFFER(sum, 4);

	memset(block + 1028, 0, 4);
	ib_buffer_put_le32(&sum, ib_crc32c(UINT32_MAX, block + 1024, 3072));
	memcpy(block + 1028, sum.data, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ib_erofs_limits limits = { .paths = 1000, .bytes = 4 << 20, .threads = 1 };
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = memfd_create("image", MFD_CLOEXEC);
	ib_autofree uint8_t *copy = ib_memdup(data, size);
	struct ib_region image = { fd, 0, size, "image" };
	IB_AUTO(ib_tree) tree = NULL;

	if (size >= 4096)
		fix_checksum(copy);
	if (write(fd, copy, size) != (ssize_t)size ||
	    ib_erofs_read_tree(&image, &limits, &tree, &err) < 0)
		ib_error_clear(&err);
	return 0;
}
