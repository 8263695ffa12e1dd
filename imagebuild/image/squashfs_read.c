/* SPDX-License-Identifier: Apache-2.0 */
/* A squashfs image that is opened; its contents, one at a time. */
#include <inttypes.h>
#include <string.h>

#include "image/format.h"
#include "image/squashfs_reader.h"

#define MAGIC           0x73717368U
#define BLOCK_SIZE_MASK 0x00ffffffU

static bool is_image(const struct ib_region *region)
{
	struct ib_error ignored = IB_ERROR_INIT;
	uint8_t magic[4];

	if (ib_region_read(region, magic, sizeof(magic), 0, &ignored) < 0) {
		ib_error_clear(&ignored);
		return false;
	}
	return ib_get_le32(magic) == MAGIC;
}

/* ---- views ---- */

int ib_squashfs_view_open(const struct squashfs_image *image, struct squashfs_view *view,
			  struct ib_error *err)
{
	const sqfs_super_t *super = &image->super;
	sqfs_compressor_config_t config;
	struct squashfs_file *file = &view->file;

	ib_squashfs_file_init(file, &image->region, false);
	SQFS_TRY(file,
		 sqfs_compressor_config_init(&config, (SQFS_COMPRESSOR)super->compression_id,
					     super->block_size, SQFS_COMP_FLAG_UNCOMPRESS),
		 "the compression", err);
	SQFS_TRY(file, sqfs_compressor_create(&config, &view->decompressor), "the compression",
		 err);
	view->data = sqfs_data_reader_create(&file->base, super->block_size, view->decompressor, 0);
	SQFS_TRY(file, view->data ? 0 : SQFS_ERROR_ALLOC, "a reader", err);
	SQFS_TRY(file, sqfs_data_reader_load_fragment_table(view->data, super),
		 "the table of fragments", err);
	return 0;
}

void ib_squashfs_view_done(struct squashfs_view *view)
{
	sqfs_destroy(view->data);
	sqfs_destroy(view->decompressor);
	ib_squashfs_file_done(&view->file);
}

/* ---- contents ---- */

/* The block of that number, the fragment behind the last one; the caller frees it with sqfs_free. */
static int read_piece(struct squashfs_view *view, const sqfs_inode_generic_t *inode, size_t i,
		      sqfs_u8 **ret_data, size_t *ret_size, struct ib_error *err)
{
	bool is_block = i < sqfs_inode_get_file_block_count(inode);

	SQFS_TRY(&view->file,
		 is_block ? sqfs_data_reader_get_block(view->data, inode, i, ret_size, ret_data)
			  : sqfs_data_reader_get_fragment(view->data, inode, ret_size, ret_data),
		 "a content", err);
	return 0;
}

int ib_squashfs_content(struct squashfs_view *view, const struct squashfs_image *image,
			const sqfs_inode_generic_t *inode, ib_piece_fn take, void *context,
			struct ib_error *err)
{
	size_t count = sqfs_inode_get_file_block_count(inode);
	uint64_t left = 0;
	size_t i = 0;

	sqfs_inode_get_file_size(inode, &left);
	for (i = 0; i <= count && left; i++) {
		sqfs_u8 *data = NULL;
		size_t size = 0;
		bool fits = false;
		int r = 0;

		IB_TRY(read_piece(view, inode, i, &data, &size, err));
		fits = size && size <= left;
		if (fits)
			r = take(context, data, size, err);
		sqfs_free(data);
		IB_TRY(r);
		if (!fits)
			break;
		left -= size;
	}
	if (left)
		return ib_fail(err, IB_INPUT, "a content of '%s' is not as long as its inode says",
			       image->region.name);
	return 0;
}

/* ---- the image ---- */

static void free_image(void *context)
{
	struct squashfs_image *image = context;
	size_t i = 0;

	if (!image)
		return;
	for (i = 0; i < image->file_count; i++)
		sqfs_free(image->files[i]);
	ib_free(image->files);
	sqfs_destroy(image->fragments);
	ib_squashfs_view_done(&image->view);
	ib_free(image);
}

static int open_parts(struct squashfs_image *image, struct ib_error *err)
{
	struct squashfs_file *file = &image->view.file;

	ib_squashfs_file_init(file, &image->region, false);
	SQFS_TRY(file, sqfs_super_read(&image->super, &file->base), "the superblock", err);
	if (image->super.bytes_used > image->region.size)
		return ib_fail(err, IB_INPUT, "'%s' ends before byte %" PRIu64, image->region.name,
			       (uint64_t)image->super.bytes_used);
	/* 16 bytes each: what is more than the image has room for is not even asked for */
	if (image->super.fragment_entry_count > image->region.size ||
	    image->super.inode_count > image->region.size)
		return ib_fail(err, IB_INPUT, "'%s' counts more than it has bytes",
			       image->region.name);
	IB_TRY(ib_squashfs_view_open(image, &image->view, err));
	image->fragments = sqfs_frag_table_create(0);
	SQFS_TRY(file, image->fragments ? 0 : SQFS_ERROR_ALLOC, "the table of fragments", err);
	SQFS_TRY(file,
		 sqfs_frag_table_read(image->fragments, &file->base, &image->super,
				      image->view.decompressor),
		 "the table of fragments", err);
	return 0;
}

static int open_image(const struct ib_region *region, void **ret_context, struct ib_error *err)
{
	struct squashfs_image *image = ib_alloc(sizeof(*image));
	int r = 0;

	image->region = *region;
	r = open_parts(image, err);
	if (r < 0) {
		free_image(image);
		return r;
	}
	*ret_context = image;
	return 0;
}

static int info(void *context, struct ib_image_info *ret_info, struct ib_error *err)
{
	const struct squashfs_image *image = context;

	(void)err;
	ret_info->build_time = image->super.modification_time;
	ret_info->size = image->region.size;
	ret_info->inode_count = image->super.inode_count;
	return 0;
}

static int read_tree(void *context, const struct ib_image_limits *limits, struct ib_tree **ret_tree,
		     struct ib_error *err)
{
	return ib_squashfs_read_tree(context, limits, ret_tree, err);
}

/* The number of a file's inode is one more than its place in files. */
static const sqfs_inode_generic_t *file_of(const struct squashfs_image *image,
					   const struct ib_inode *inode)
{
	return inode->number && inode->number <= image->file_count ? image->files[inode->number - 1]
								   : NULL;
}

static int stream_content(void *context, const struct ib_inode *inode, ib_piece_fn take,
			  void *take_context, struct ib_error *err)
{
	struct squashfs_image *image = context;
	const sqfs_inode_generic_t *file = file_of(image, inode);

	if (!file)
		return ib_fail(err, IB_FAILED, "an inode is none of '%s'", image->region.name);
	return ib_squashfs_content(&image->view, image, file, take, take_context, err);
}

/* Of the fragment block that holds a file's tail, its share. */
static uint64_t share_of_fragment(const struct squashfs_image *image, uint64_t tail,
				  const sqfs_fragment_t *fragment)
{
	return (fragment->size & BLOCK_SIZE_MASK) * tail / image->super.block_size;
}

static int stored(void *context, const struct ib_inode *inode, uint64_t *ret_block,
		  uint64_t *ret_bytes, struct ib_error *err)
{
	struct squashfs_image *image = context;
	const sqfs_inode_generic_t *file = file_of(image, inode);
	sqfs_fragment_t fragment = { 0 };
	sqfs_u32 index = SQUASHFS_NONE;
	sqfs_u32 offset = 0;
	uint64_t bytes = 0;
	uint64_t start = 0;
	size_t i = 0;

	if (!file)
		return ib_fail(err, IB_FAILED, "an inode is none of '%s'", image->region.name);
	for (i = 0; i < sqfs_inode_get_file_block_count(file); i++)
		bytes += file->extra[i] & BLOCK_SIZE_MASK;
	sqfs_inode_get_file_block_start(file, &start);
	sqfs_inode_get_frag_location(file, &index, &offset);
	if (index != SQUASHFS_NONE) {
		SQFS_TRY(&image->view.file,
			 sqfs_frag_table_lookup(image->fragments, index, &fragment), "a fragment",
			 err);
		/* those who have a tail alone share it by where it lies */
		if (!bytes)
			start = (fragment.start_offset + 1) << 20 | offset;
		bytes += share_of_fragment(image, inode->size % image->super.block_size, &fragment);
	}
	*ret_block = bytes ? start : 0;
	*ret_bytes = bytes;
	return 0;
}

const struct ib_image_reader ib_squashfs_reader = {
	is_image, open_image, free_image, info, read_tree, stream_content, stored,
};
