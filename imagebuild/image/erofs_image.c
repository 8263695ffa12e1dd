/* SPDX-License-Identifier: Apache-2.0 */
/* EROFS as one of the formats that are read: its reader needs nothing but the region. */
#include <string.h>

#include "image/erofs_read.h"
#include "image/format.h"

static int open_image(const struct ib_region *region, void **ret_context, struct ib_error *err)
{
	struct ib_region *copy = ib_alloc(sizeof(*copy));

	(void)err;
	*copy = *region;
	*ret_context = copy;
	return 0;
}

static int info(void *context, struct ib_image_info *ret_info, struct ib_error *err)
{
	struct ib_erofs_info erofs;

	IB_TRY(ib_erofs_read_info(context, &erofs, err));
	ret_info->has_uuid = true;
	memcpy(ret_info->uuid, erofs.uuid, sizeof(ret_info->uuid));
	memcpy(ret_info->volume_name, erofs.volume_name, sizeof(ret_info->volume_name));
	ret_info->build_time = erofs.build_time;
	ret_info->size = erofs.size;
	ret_info->inode_count = erofs.inode_count;
	return 0;
}

static int read_tree(void *context, const struct ib_image_limits *limits, struct ib_tree **ret_tree,
		     struct ib_error *err)
{
	const struct ib_erofs_limits erofs = { .paths = limits->paths,
					       .bytes = limits->bytes,
					       .threads = limits->threads };

	return ib_erofs_read_tree(context, &erofs, ret_tree, err);
}

static int stream_content(void *context, const struct ib_inode *inode, ib_piece_fn take,
			  void *take_context, struct ib_error *err)
{
	return ib_erofs_stream_content(context, inode, take, take_context, err);
}

static int stored(void *context, const struct ib_inode *inode, uint64_t *ret_block,
		  uint64_t *ret_bytes, struct ib_error *err)
{
	return ib_erofs_stored(context, inode, ret_block, ret_bytes, err);
}

const struct ib_image_reader ib_erofs_reader = {
	ib_erofs_is_image, open_image, ib_free, info, read_tree, stream_content, stored,
};
