/* SPDX-License-Identifier: Apache-2.0 */
/* Single contents of an image whose tree was read: their bytes, and what they take. */
#include <sys/stat.h>

#include "image/reader.h"

static int append(void *context, const void *data, size_t size, struct ib_error *err)
{
	struct ib_buffer *out = context;

	if (size > ib_buffer_room(out))
		return ib_fail(err, IB_LIMIT, "a content is larger than %zu bytes", out->max_size);
	ib_buffer_put(out, data, size);
	return 0;
}

int ib_erofs_stream_content(const struct ib_region *image, const struct ib_inode *inode,
			    int (*take)(void *context, const void *data, size_t size,
					struct ib_error *err),
			    void *context, struct ib_error *err)
{
	struct reader reader = { .image = NULL };
	struct disk_inode disk;

	IB_TRY(ib_reader_open(&reader, image, err));
	IB_TRY(ib_reader_inode(&reader, inode->number, &disk, err));
	return ib_reader_content(&reader, &disk, take, context, err);
}

int ib_erofs_read_content(const struct ib_region *image, const struct ib_inode *inode,
			  struct ib_buffer *out, struct ib_error *err)
{
	return ib_erofs_stream_content(image, inode, append, out, err);
}

struct stored {
	uint64_t first_block;
	uint64_t blocks;
	uint64_t tail_bytes;
};

static int add_extent(void *context, const struct disk_extent *extent, struct ib_error *err)
{
	struct stored *stored = context;

	(void)err;
	stored->tail_bytes += extent->tail_size;
	if (extent->is_hole || extent->tail_size)
		return 0;
	if (!stored->first_block)
		stored->first_block = extent->block;
	stored->blocks += extent->block_count;
	return 0;
}

int ib_erofs_stored(const struct ib_region *image, const struct ib_inode *inode,
		    uint64_t *ret_block, uint64_t *ret_bytes, struct ib_error *err)
{
	struct reader reader = { .image = NULL };
	struct disk_inode disk;
	struct stored stored = { 0 };

	IB_TRY(ib_reader_open(&reader, image, err));
	IB_TRY(ib_reader_inode(&reader, inode->number, &disk, err));
	if (disk.layout == EROFS_LAYOUT_PLAIN || disk.layout == EROFS_LAYOUT_INLINE) {
		uint64_t tail = disk.layout == EROFS_LAYOUT_INLINE ? disk.size % EROFS_BLOCK : 0;
		uint64_t whole = disk.size - tail;

		*ret_block = whole ? disk.word : 0;
		*ret_bytes = (whole + EROFS_BLOCK - 1) / EROFS_BLOCK * EROFS_BLOCK + tail;
		return 0;
	}
	IB_TRY(ib_reader_extents(&reader, &disk, add_extent, &stored, err));
	*ret_block = stored.first_block;
	*ret_bytes = stored.blocks * EROFS_BLOCK + stored.tail_bytes;
	return 0;
}
