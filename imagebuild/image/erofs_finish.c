/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an image: what lies in buffers, then everything that is not content. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/crc32c.h"
#include "image/inode_digests.h"
#include "image/writer.h"

#define METADATA_WINDOW ((size_t)1 << 20)
#define CHUNK_BITS      4U /* blocks of a chunk, as a power of two */
_Static_assert(IB_CHUNK_BYTES == (size_t)EROFS_BLOCK << CHUNK_BITS, "chunks are of that length");

/* ---- contents that did not come from a package ---- */

static int feed_node(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_erofs_writer *writer = context;
	struct ib_inode *inode = node->inode;
	ib_autofree char *path = NULL;

	inode->number = 0;
	if (!S_ISREG(inode->mode) || inode->sink)
		return 0;
	if (!inode->size) {
		ib_inode_empty_digests(inode);
		return 0;
	}
	if (inode->content == IB_CONTENT_BUFFER)
		return ib_writer_feed_buffer(writer, inode, err);
	path = ib_node_path(node);
	return ib_fail(err, IB_FAILED, "the content of '%s' never came", path);
}

/* ---- the order of inodes ---- */

static void plan_node(struct plan *plan, struct ib_node *node)
{
	struct planned *planned = NULL;

	if (node->inode->number)
		return; /* another name of a hard-linked file */
	assert(plan->inode_count < ib_tree_path_count(plan->writer->tree));
	planned = &plan->inodes[plan->inode_count++];
	planned->inode = node->inode;
	planned->node = node;
	planned->content = S_ISREG(node->inode->mode) ? node->inode->sink : NULL;
	if (planned->content)
		ib_inode_give_digests(node->inode, planned->content->sha256,
				      planned->content->sha1);
	node->inode->number = plan->inode_count;
}

/* All of a directory's inodes stand together, then those of the directories in it. */
static void plan_below(struct plan *plan, struct ib_node *directory)
{
	size_t i = 0;

	for (i = 0; i < directory->child_count; i++)
		plan_node(plan, directory->children[i]);
	for (i = 0; i < directory->child_count; i++)
		plan_below(plan, directory->children[i]);
}

/* ---- bytes of inodes ---- */

/* As the kernel's new_encode_dev(). */
static uint32_t encode_device(const struct ib_inode *inode)
{
	return (inode->rdev_minor & 0xff) | inode->rdev_major << 8 |
	       (inode->rdev_minor & ~0xffU) << 12;
}

static uint32_t place_word(const struct planned *planned)
{
	switch (planned->inode->mode & S_IFMT) {
	case S_IFCHR:
	case S_IFBLK:
		return encode_device(planned->inode);
	case S_IFREG:
		if (!planned->content)
			return 0;
		if (planned->content
			    ->is_compressed) /* what is packed counts as a block, as what is inline does */
			return planned->content->block_count + (planned->content->tail_size != 0);
		if (planned->content->is_chunked)
			return CHUNK_BITS;
		return planned->content->start_block;
	default:
		return planned->first_block;
	}
}

static void put_inode(const struct planned *planned, uint32_t number, struct ib_buffer *out)
{
	const struct ib_inode *inode = planned->inode;
	uint16_t format = (uint16_t)((unsigned)planned->layout << 1 | planned->is_extended);
	uint32_t words = planned->xattr_bytes;

	if (words)
		words = (words - EROFS_XATTR_HEADER_BYTES) / 4 + 1;
	ib_buffer_put_le16(out, format);
	ib_buffer_put_le16(out, (uint16_t)words);
	ib_buffer_put_le16(out, (uint16_t)inode->mode);
	if (!planned->is_extended) {
		ib_buffer_put_le16(out, (uint16_t)inode->link_count);
		ib_buffer_put_le32(out, (uint32_t)planned->size);
		ib_buffer_put_le32(out, 0);
		ib_buffer_put_le32(out, place_word(planned));
		ib_buffer_put_le32(out, number);
		ib_buffer_put_le16(out, (uint16_t)inode->uid);
		ib_buffer_put_le16(out, (uint16_t)inode->gid);
		ib_buffer_put_le32(out, 0);
		return;
	}
	ib_buffer_put_le16(out, 0);
	ib_buffer_put_le64(out, planned->size);
	ib_buffer_put_le32(out, place_word(planned));
	ib_buffer_put_le32(out, number);
	ib_buffer_put_le32(out, inode->uid);
	ib_buffer_put_le32(out, inode->gid);
	ib_buffer_put_le64(out, (uint64_t)inode->mtime);
	ib_buffer_put_le32(out, 0);
	ib_buffer_put_le32(out, inode->link_count);
	ib_buffer_put_zeros(out, 16);
}

static int put_directory(const struct plan *plan, const struct planned *planned,
			 struct ib_buffer *out, struct ib_error *err)
{
	IB_AUTO_BUFFER(data, ib_directory_bound(planned->node));
	const struct ib_erofs_writer *writer = plan->writer;
	size_t whole = 0;

	ib_directory_put(plan, planned->node, true, &data);
	whole = data.size - planned->extra_bytes;
	IB_TRY(ib_fd_write(writer->fd, data.data, whole,
			   (uint64_t)planned->first_block * EROFS_BLOCK, writer->path, err));
	ib_buffer_put(out, data.data + whole, planned->extra_bytes);
	return 0;
}

/* What stands behind inode and attributes. */
static int put_extra(const struct plan *plan, const struct planned *planned, size_t inode_start,
		     struct ib_buffer *out, struct ib_error *err)
{
	const struct content *content = planned->content;
	if (S_ISDIR(planned->inode->mode))
		return put_directory(plan, planned, out, err);
	if (!planned->extra_bytes)
		return 0;
	if (S_ISLNK(planned->inode->mode)) {
		ib_buffer_put(out, planned->inode->link, planned->extra_bytes);
		return 0;
	}
	if (planned->layout == EROFS_LAYOUT_COMPRESSED_COMPACT) {
		ib_index_put(&plan->writer->params, content, out->size - inode_start, out);
	} else if (planned->layout == EROFS_LAYOUT_CHUNKS) {
		ib_chunks_put(content, out);
	}
	if (!content->tail_size)
		return 0;
	IB_TRY(ib_spool_read(plan->writer, ib_buffer_reserve(out, content->tail_size),
			     content->tail_size, content->tail_offset, err));
	out->size += content->tail_size;
	return 0;
}

static int compare_position(const void *a, const void *b)
{
	const struct planned *const *left = a;
	const struct planned *const *right = b;

	return ((*left)->position > (*right)->position) - ((*left)->position < (*right)->position);
}

/* Writes what the window holds and lets it begin behind that. */
static int flush(const struct plan *plan, struct ib_buffer *window, uint64_t *start,
		 struct ib_error *err)
{
	const struct ib_erofs_writer *writer = plan->writer;

	IB_TRY(ib_fd_write(writer->fd, window->data, window->size,
			   plan->metadata_block * EROFS_BLOCK + *start, writer->path, err));
	*start += window->size;
	ib_buffer_clear(window);
	return 0;
}

static size_t largest_inode(const struct plan *plan)
{
	size_t largest = 0;
	size_t i = 0;

	for (i = 0; i < plan->inode_count; i++)
		largest = IB_MAX(largest,
				 (size_t)plan->inodes[i].extra_bytes + plan->inodes[i].xattr_bytes);
	return largest + EROFS_BLOCK;
}

int ib_plan_write(struct plan *plan, struct ib_error *err)
{
	ib_autofree const struct planned **sorted =
		ib_alloc_array(plan->inode_count, sizeof(struct planned *));
	size_t largest = largest_inode(plan);
	/* gaps between inodes are shorter than a block */
	IB_AUTO_BUFFER(window,
		       METADATA_WINDOW + largest + (size_t)2 * EROFS_BLOCK + plan->shared.size);
	uint64_t start = 0;
	size_t i = 0;

	for (i = 0; i < plan->inode_count; i++)
		sorted[i] = &plan->inodes[i];
	qsort(sorted, plan->inode_count, sizeof(void *), compare_position);
	ib_buffer_put(&window, plan->shared.data, plan->shared.size);
	for (i = 0; i < plan->inode_count; i++) {
		const struct planned *planned = sorted[i];
		size_t inode_start = 0;

		if (window.size >= METADATA_WINDOW)
			IB_TRY(flush(plan, &window, &start, err));
		ib_buffer_put_zeros(&window, planned->position - start - window.size);
		inode_start = window.size;
		put_inode(planned, (uint32_t)planned->inode->number, &window);
		ib_xattr_put(plan, planned->inode, &window);
		IB_TRY(put_extra(plan, planned, inode_start, &window, err));
	}
	return flush(plan, &window, &start, err);
}

/* ---- the superblock ---- */

static bool is_configured(const struct ib_erofs_params *params)
{
	return params->compression == IB_EROFS_ZSTD ||
	       (params->compression != IB_EROFS_NONE && params->cluster_bytes > EROFS_BLOCK);
}

/* The end of the superblock, and what follows it. */
static void put_features(const struct plan *plan, struct ib_buffer *out)
{
	const struct ib_erofs_params *params = &plan->writer->params;
	bool is_zstd = params->compression == IB_EROFS_ZSTD;
	uint32_t features = (plan->has_chunks ? EROFS_INCOMPAT_CHUNKS : 0) |
			    (plan->has_packed_tails ? EROFS_INCOMPAT_PACKED_TAILS : 0);

	if (params->compression != IB_EROFS_NONE)
		features |= EROFS_INCOMPAT_LZ4_0PADDING;
	if (is_configured(params))
		features |= EROFS_INCOMPAT_CONFIGURED;
	ib_buffer_put_le32(out, features);
	if (!is_configured(params)) {
		ib_buffer_put_le16(
			out, params->compression != IB_EROFS_NONE ? EROFS_LZ4_MAX_DISTANCE : 0);
		return;
	}
	ib_buffer_put_le16(out, 1U << (is_zstd ? EROFS_ALGORITHM_ZSTD : EROFS_ALGORITHM_LZ4));
	ib_buffer_put_zeros(out, EROFS_SUPER_OFFSET + EROFS_SUPER_BYTES - out->size);
	ib_buffer_put_le16(out, is_zstd ? EROFS_ZSTD_CONFIG_BYTES : EROFS_LZ4_CONFIG_BYTES);
	if (is_zstd) {
		ib_buffer_put_u8(out, 0);
		ib_buffer_put_u8(out, (uint8_t)(ib_zstd_window_log(params) - 10));
		return;
	}
	ib_buffer_put_le16(out, EROFS_LZ4_MAX_DISTANCE);
	ib_buffer_put_le16(out, (uint16_t)(params->cluster_bytes / EROFS_BLOCK));
}

static int write_superblock(const struct plan *plan, uint64_t blocks, struct ib_error *err)
{
	IB_AUTO_BUFFER(b, EROFS_BLOCK);
	const struct ib_erofs_writer *writer = plan->writer;

	ib_buffer_put_zeros(&b, EROFS_SUPER_OFFSET);
	ib_buffer_put_le32(&b, EROFS_MAGIC);
	ib_buffer_put_le32(&b, 0); /* checksum: below */
	ib_buffer_put_le32(&b, EROFS_COMPAT_CHECKSUM | EROFS_COMPAT_MTIME);
	ib_buffer_put_u8(&b, EROFS_BLOCK_BITS);
	ib_buffer_put_u8(&b, 0); /* no more superblock slots */
	ib_buffer_put_le16(&b, (uint16_t)ib_plan_nid(plan, ib_tree_root(writer->tree)));
	ib_buffer_put_le64(&b, plan->inode_count);
	ib_buffer_put_le64(&b, (uint64_t)writer->params.build_time);
	ib_buffer_put_le32(&b, 0); /* nanoseconds */
	ib_buffer_put_le32(&b, (uint32_t)blocks);
	ib_buffer_put_le32(&b, (uint32_t)plan->metadata_block);
	/* shared attributes stand in front of the inodes */
	ib_buffer_put_le32(&b, plan->shared.size ? (uint32_t)plan->metadata_block : 0);
	ib_buffer_put(&b, writer->params.uuid, sizeof(writer->params.uuid));
	ib_buffer_put(&b, writer->volume_name, sizeof(writer->volume_name));
	put_features(plan, &b);
	ib_buffer_put_zeros(&b, EROFS_BLOCK - b.size);
	ib_buffer_set_le32(&b, EROFS_SUPER_OFFSET + 4,
			   ib_crc32c(UINT32_MAX, b.data + EROFS_SUPER_OFFSET,
				     EROFS_BLOCK - EROFS_SUPER_OFFSET));
	return ib_fd_write(writer->fd, b.data, b.size, 0, writer->path, err);
}

/* From now on inodes are called as the image calls them. */
static void number_by_place(const struct plan *plan)
{
	size_t i = 0;

	for (i = 0; i < plan->inode_count; i++)
		plan->inodes[i].inode->number = plan->inodes[i].position / EROFS_SLOT;
}

static int make_plan(struct plan *plan, struct ib_error *err)
{
	const struct ib_tree *tree = plan->writer->tree;
	struct ib_node *root = ib_tree_root(tree);

	plan->inodes = ib_alloc_array(ib_tree_path_count(tree), sizeof(*plan->inodes));
	plan_node(plan, root);
	plan_below(plan, root);
	IB_TRY(ib_plan_xattrs(plan, err));
	return ib_plan_layout(plan, err);
}

static int finish(struct plan *plan, uint64_t *ret_size, struct ib_error *err)
{
	struct ib_erofs_writer *writer = plan->writer;
	uint64_t blocks = 0;

	IB_TRY(ib_tree_walk(writer->tree, feed_node, writer, err));
	IB_TRY(ib_window_drain(writer, err));
	IB_TRY(ib_spool_flush(writer, err));
	ib_writer_pad_region(writer);
	ib_keepings_start(writer);
	IB_TRY(make_plan(plan, err));
	IB_TRY(ib_plan_write(plan, err));
	blocks = plan->metadata_block + plan->metadata_size / EROFS_BLOCK;
	if (ftruncate(writer->fd, (off_t)(blocks * EROFS_BLOCK)))
		return ib_fail_errno(err, errno, "could not set the size of '%s'", writer->path);
	IB_TRY(write_superblock(plan, blocks, err));
	number_by_place(plan);
	ib_threads_wait(writer->threads);
	*ret_size = blocks * EROFS_BLOCK;
	return 0;
}

int ib_erofs_finish(struct ib_erofs_writer *writer, uint64_t *ret_size, struct ib_error *err)
{
	IB_AUTO(ib_map) xattrs = ib_map_new();
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct plan plan = { .writer = writer, .xattrs = xattrs, .arena = arena };
	int r = finish(&plan, ret_size, err);

	ib_buffer_done(&plan.shared);
	ib_free(plan.inodes);
	return r;
}
