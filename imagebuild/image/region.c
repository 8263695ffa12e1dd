/* SPDX-License-Identifier: Apache-2.0 */
#include "image/region.h"

#include <inttypes.h>

int ib_region_of_file(int fd, const char *name, struct ib_region *ret_region, struct ib_error *err)
{
	uint64_t size = 0;

	IB_TRY(ib_fd_size(fd, name, &size, err));
	*ret_region = (struct ib_region){ fd, 0, size, name };
	return 0;
}

int ib_region_read(const struct ib_region *region, void *data, size_t size, uint64_t offset,
		   struct ib_error *err)
{
	if (offset > region->size || size > region->size - offset)
		return ib_fail(err, IB_INPUT, "'%s' ends before byte %" PRIu64, region->name,
			       offset + size);
	return ib_fd_read_at(region->fd, data, size, region->offset + offset, region->name, err);
}
