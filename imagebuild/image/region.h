/* SPDX-License-Identifier: Apache-2.0 */
/* region - a part of a file that is read as if it were one: an image, or a disk's partition. */
#ifndef IB_IMAGE_REGION_H
#define IB_IMAGE_REGION_H

#include <stdint.h>

#include "base/base.h"

struct ib_region {
	int fd;
	uint64_t offset;
	uint64_t size;
	const char *name; /* how errors call it */
};

/* The whole file. */
int ib_region_of_file(int fd, const char *name, struct ib_region *ret_region, struct ib_error *err)
	IB_MUST_CHECK;
/* Exactly size bytes at offset; IB_INPUT when the region ends before. */
int ib_region_read(const struct ib_region *region, void *data, size_t size, uint64_t offset,
		   struct ib_error *err) IB_MUST_CHECK;

#endif
