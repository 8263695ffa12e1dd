/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of an image: what lies in buffers, then inodes and directories, then the tables.
 *
 * An entry of a directory says where its inode lies, so that a directory's inode follows
 * those of everything below it; numbers are given before, in the same order.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image/inode_digests.h"
#include "image/squashfs_writer.h"

struct finish {
	struct ib_squashfs_writer *writer;
	sqfs_id_table_t *owners;
	sqfs_xattr_writer_t *xattrs;
	sqfs_meta_writer_t *inodes;
	sqfs_meta_writer_t *directories; /* in memory until the inodes are written */
	sqfs_dir_writer_t *directory;
	uint64_t *places; /* owned; by number: where the inode lies, all ones before */
	uint32_t inode_count;
};

/* ---- contents that did not come from a package ---- */

static int feed_node(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_squashfs_writer *writer = context;
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
		return ib_squashfs_feed_buffer(writer, inode, err);
	path = ib_node_path(node);
	return ib_fail(err, IB_FAILED, "the content of '%s' never came", path);
}

/* ---- numbers ---- */

/* Children of one directory have numbers that follow each other, as its entries like it. */
static void number_below(struct finish *finish, const struct ib_node *directory)
{
	size_t i = 0;

	for (i = 0; i < directory->child_count; i++)
		number_below(finish, directory->children[i]);
	for (i = 0; i < directory->child_count; i++) {
		struct ib_inode *inode = directory->children[i]->inode;

		if (!inode->number)
			inode->number = ++finish->inode_count;
	}
}

static uint32_t number_of_parent(const struct finish *finish, const struct ib_node *node)
{
	/* the root's is none that there is */
	return node->parent ? (uint32_t)node->parent->inode->number : finish->inode_count + 1;
}

/* ---- inodes ---- */

static int put_xattrs(struct finish *finish, const struct ib_node *node, uint32_t *ret_index,
		      struct ib_error *err)
{
	const struct ib_inode *inode = node->inode;
	struct squashfs_file *file = &finish->writer->file;
	size_t i = 0;

	*ret_index = SQUASHFS_NONE;
	if (!inode->xattr_count)
		return 0;
	SQFS_TRY(file, sqfs_xattr_writer_begin(finish->xattrs, 0), "an attribute", err);
	for (i = 0; i < inode->xattr_count; i++) {
		const struct ib_xattr *xattr = &inode->xattrs[i];
		ib_autofree char *path = NULL;

		if (sqfs_get_xattr_prefix_id(xattr->name) < 0) {
			path = ib_node_path(node);
			return ib_fail(err, IB_LIMIT,
				       "squashfs has no place for attribute '%s' of '%s'",
				       xattr->name, path);
		}
		SQFS_TRY(file,
			 sqfs_xattr_writer_add(finish->xattrs, xattr->name, xattr->value,
					       xattr->size),
			 "an attribute", err);
	}
	SQFS_TRY(file, sqfs_xattr_writer_end(finish->xattrs, ret_index), "an attribute", err);
	return 0;
}

/* What all kinds of inodes have; writes it, and notes where. */
static int write_inode(struct finish *finish, const struct ib_node *node, sqfs_inode_generic_t *out,
		       struct ib_error *err)
{
	const struct ib_inode *inode = node->inode;
	struct squashfs_file *file = &finish->writer->file;
	sqfs_u64 block = 0;
	sqfs_u32 offset = 0;
	ib_autofree char *path = NULL;

	if (inode->mtime < 0 || inode->mtime > UINT32_MAX) {
		path = ib_node_path(node);
		return ib_fail(err, IB_LIMIT, "squashfs has no time %" PRId64 ", which '%s' has",
			       inode->mtime, path);
	}
	out->base.mode = (sqfs_u16)inode->mode;
	out->base.mod_time = (sqfs_u32)inode->mtime;
	out->base.inode_number = (sqfs_u32)inode->number;
	SQFS_TRY(file, sqfs_id_table_id_to_index(finish->owners, inode->uid, &out->base.uid_idx),
		 "an owner", err);
	SQFS_TRY(file, sqfs_id_table_id_to_index(finish->owners, inode->gid, &out->base.gid_idx),
		 "an owner", err);
	sqfs_meta_writer_get_position(finish->inodes, &block, &offset);
	finish->places[inode->number] = block << 16 | offset;
	SQFS_TRY(file, sqfs_meta_writer_write_inode(finish->inodes, out), "an inode", err);
	return 0;
}

static int write_file(struct finish *finish, const struct ib_node *node, uint32_t xattrs,
		      struct ib_error *err)
{
	const struct squashfs_content *content = node->inode->sink;
	sqfs_inode_generic_t empty = { .base = { .type = SQFS_INODE_FILE },
				       .data = { .file = { .fragment_index = SQUASHFS_NONE,
							   .fragment_offset = SQUASHFS_NONE } } };
	sqfs_inode_generic_t *out = content ? content->blocks : &empty;
	struct squashfs_file *file = &finish->writer->file;

	/* another inode may have had the same blocks before: all that differs is said anew */
	SQFS_TRY(file, sqfs_inode_make_extended(out), "a file", err);
	out->data.file_ext.nlink = node->inode->link_count;
	SQFS_TRY(file, sqfs_inode_set_xattr_index(out, xattrs), "a file", err);
	return write_inode(finish, node, out, err);
}

static int write_link(struct finish *finish, const struct ib_node *node, uint32_t xattrs,
		      struct ib_error *err)
{
	size_t length = strlen(node->inode->link);
	ib_autofree sqfs_inode_generic_t *out = ib_alloc(sizeof(*out) + length);

	out->base.type = SQFS_INODE_SLINK;
	out->data.slink.nlink = node->inode->link_count;
	out->data.slink.target_size = (sqfs_u32)length;
	out->payload_bytes_available = (sqfs_u32)length;
	out->payload_bytes_used = (sqfs_u32)length;
	memcpy(out->extra, node->inode->link, length);
	SQFS_TRY(&finish->writer->file, sqfs_inode_set_xattr_index(out, xattrs), "a link", err);
	return write_inode(finish, node, out, err);
}

/* As the kernel's new_encode_dev(). */
static uint32_t encode_device(const struct ib_inode *inode)
{
	return (inode->rdev_minor & 0xff) | inode->rdev_major << 8 |
	       (inode->rdev_minor & ~0xffU) << 12;
}

static int write_special(struct finish *finish, const struct ib_node *node, uint32_t xattrs,
			 struct ib_error *err)
{
	const struct ib_inode *inode = node->inode;
	sqfs_inode_generic_t out = { 0 };

	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) {
		out.base.type = S_ISCHR(inode->mode) ? SQFS_INODE_CDEV : SQFS_INODE_BDEV;
		out.data.dev.nlink = inode->link_count;
		out.data.dev.devno = encode_device(inode);
	} else {
		out.base.type = S_ISFIFO(inode->mode) ? SQFS_INODE_FIFO : SQFS_INODE_SOCKET;
		out.data.ipc.nlink = inode->link_count;
	}
	SQFS_TRY(&finish->writer->file, sqfs_inode_set_xattr_index(&out, xattrs), "an inode", err);
	return write_inode(finish, node, &out, err);
}

static int write_leaf(struct finish *finish, const struct ib_node *node, struct ib_error *err)
{
	uint32_t xattrs = SQUASHFS_NONE;

	IB_TRY(put_xattrs(finish, node, &xattrs, err));
	if (S_ISREG(node->inode->mode))
		return write_file(finish, node, xattrs, err);
	if (S_ISLNK(node->inode->mode))
		return write_link(finish, node, xattrs, err);
	return write_special(finish, node, xattrs, err);
}

/* ---- directories ---- */

static void set_link_count(sqfs_inode_generic_t *out, uint32_t count)
{
	if (out->base.type == SQFS_INODE_EXT_DIR)
		out->data.dir_ext.nlink = count;
	else
		out->data.dir.nlink = count;
}

static int write_entries(struct finish *finish, const struct ib_node *node, struct ib_error *err)
{
	struct squashfs_file *file = &finish->writer->file;
	size_t i = 0;

	SQFS_TRY(file, sqfs_dir_writer_begin(finish->directory, 0), "a directory", err);
	for (i = 0; i < node->child_count; i++) {
		const struct ib_node *child = node->children[i];

		SQFS_TRY(file,
			 sqfs_dir_writer_add_entry(finish->directory, child->name,
						   (sqfs_u32)child->inode->number,
						   finish->places[child->inode->number],
						   (sqfs_u16)child->inode->mode),
			 "a directory", err);
	}
	SQFS_TRY(file, sqfs_dir_writer_end(finish->directory), "a directory", err);
	return 0;
}

static int write_directory(struct finish *finish, const struct ib_node *node, struct ib_error *err)
{
	sqfs_inode_generic_t *out = NULL;
	uint32_t xattrs = SQUASHFS_NONE;
	int r = 0;

	IB_TRY(write_entries(finish, node, err));
	IB_TRY(put_xattrs(finish, node, &xattrs, err));
	out = sqfs_dir_writer_create_inode(finish->directory, 0, xattrs,
					   number_of_parent(finish, node));
	SQFS_TRY(&finish->writer->file, out ? 0 : SQFS_ERROR_ALLOC, "a directory", err);
	set_link_count(out, node->inode->link_count);
	r = write_inode(finish, node, out, err);
	sqfs_free(out);
	return r;
}

/* In the order of number_below(). */
static int write_below(struct finish *finish, const struct ib_node *directory, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < directory->child_count; i++)
		IB_TRY(write_below(finish, directory->children[i], err));
	for (i = 0; i < directory->child_count; i++) {
		const struct ib_node *child = directory->children[i];

		if (S_ISDIR(child->inode->mode))
			IB_TRY(write_directory(finish, child, err));
		else if (finish->places[child->inode->number] == UINT64_MAX)
			IB_TRY(write_leaf(finish, child, err));
	}
	return 0;
}

/* ---- all of it ---- */

static int write_tree(struct finish *finish, struct ib_error *err)
{
	struct ib_squashfs_writer *writer = finish->writer;
	struct ib_node *root = ib_tree_root(writer->tree);
	struct squashfs_file *file = &writer->file;

	number_below(finish, root);
	root->inode->number = ++finish->inode_count;
	finish->places = ib_alloc_array((size_t)finish->inode_count + 1, sizeof(*finish->places));
	memset(finish->places, 0xff, ((size_t)finish->inode_count + 1) * sizeof(*finish->places));
	writer->super.inode_count = finish->inode_count;
	writer->super.inode_table_start = file->region.size;
	IB_TRY(write_below(finish, root, err));
	IB_TRY(write_directory(finish, root, err));
	writer->super.root_inode_ref = finish->places[root->inode->number];
	SQFS_TRY(file, sqfs_meta_writer_flush(finish->inodes), "the inodes", err);
	SQFS_TRY(file, sqfs_meta_writer_flush(finish->directories), "the directories", err);
	writer->super.directory_table_start = file->region.size;
	SQFS_TRY(file, sqfs_meta_write_write_to_file(finish->directories), "the directories", err);
	return 0;
}

static int write_tables(struct finish *finish, struct ib_error *err)
{
	struct ib_squashfs_writer *writer = finish->writer;
	struct squashfs_file *file = &writer->file;
	sqfs_super_t *super = &writer->super;
	uint64_t end = 0;

	SQFS_TRY(file,
		 sqfs_frag_table_write(writer->fragments, &file->base, super, writer->compressor),
		 "the table of fragments", err);
	SQFS_TRY(file, sqfs_id_table_write(finish->owners, &file->base, super, writer->compressor),
		 "the table of owners", err);
	SQFS_TRY(file,
		 sqfs_xattr_writer_flush(finish->xattrs, &file->base, super, writer->compressor),
		 "the attributes", err);
	super->bytes_used = file->region.size;
	SQFS_TRY(file, sqfs_super_write(super, &file->base), "the superblock", err);
	end = (file->region.size + SQUASHFS_DEVICE_BLOCK - 1) / SQUASHFS_DEVICE_BLOCK *
	      SQUASHFS_DEVICE_BLOCK;
	SQFS_TRY(file, file->base.truncate(&file->base, end), "the end", err);
	return 0;
}

static int make_writers(struct finish *finish, struct ib_error *err)
{
	struct ib_squashfs_writer *writer = finish->writer;
	sqfs_file_t *file = &writer->file.base;

	finish->owners = sqfs_id_table_create(0);
	finish->xattrs = sqfs_xattr_writer_create(0);
	finish->inodes = sqfs_meta_writer_create(file, writer->compressor, 0);
	finish->directories =
		sqfs_meta_writer_create(file, writer->compressor, SQFS_META_WRITER_KEEP_IN_MEMORY);
	if (finish->directories)
		finish->directory = sqfs_dir_writer_create(finish->directories, 0);
	if (!finish->owners || !finish->xattrs || !finish->inodes || !finish->directory)
		return ib_squashfs_fail(&writer->file, SQFS_ERROR_ALLOC, "the tables", err);
	return 0;
}

static int finish_all(struct finish *finish, uint64_t *ret_size, struct ib_error *err)
{
	struct ib_squashfs_writer *writer = finish->writer;

	IB_TRY(ib_tree_walk(writer->tree, feed_node, writer, err));
	SQFS_TRY(&writer->file, sqfs_block_processor_finish(writer->processor), "a content", err);
	IB_TRY(make_writers(finish, err));
	IB_TRY(write_tree(finish, err));
	IB_TRY(write_tables(finish, err));
	*ret_size = writer->file.region.size;
	return 0;
}

int ib_squashfs_finish(struct ib_squashfs_writer *writer, uint64_t *ret_size, struct ib_error *err)
{
	struct finish finish = { .writer = writer };
	int r = finish_all(&finish, ret_size, err);

	sqfs_destroy(finish.directory);
	sqfs_destroy(finish.directories);
	sqfs_destroy(finish.inodes);
	sqfs_destroy(finish.xattrs);
	sqfs_destroy(finish.owners);
	ib_free(finish.places);
	return r;
}
