/* SPDX-License-Identifier: Apache-2.0 */
/* squashfs_reader - what the two halves of the squashfs reader share. */
#ifndef IB_IMAGE_SQUASHFS_READER_H
#define IB_IMAGE_SQUASHFS_READER_H

#include <sqfs/block.h>
#include <sqfs/compressor.h>
#include <sqfs/data_reader.h>
#include <sqfs/dir.h>
#include <sqfs/dir_reader.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/super.h>
#include <sqfs/xattr.h>
#include <sqfs/xattr_reader.h>

#include "image/image_file.h"
#include "image/squashfs_file.h"

/* A view of the image that one thread uses: libsquashfs keeps its last blocks in it. */
struct squashfs_view {
	struct squashfs_file file;
	sqfs_compressor_t *decompressor;
	sqfs_data_reader_t *data;
};

struct squashfs_image {
	struct ib_region region;
	sqfs_super_t super;
	struct squashfs_view view;
	sqfs_frag_table_t *fragments;
	/* Owned: the inodes of regular files, in the order in which they were found. */
	sqfs_inode_generic_t **files;
	size_t file_count;
};

/* A view of its own for a thread; *view must be zeros, and is done with whatever comes back. */
int ib_squashfs_view_open(const struct squashfs_image *image, struct squashfs_view *view,
			  struct ib_error *err) IB_MUST_CHECK;
void ib_squashfs_view_done(struct squashfs_view *view);

/* Gives a content away in pieces. */
int ib_squashfs_content(struct squashfs_view *view, const struct squashfs_image *image,
			const sqfs_inode_generic_t *inode, ib_piece_fn take, void *context,
			struct ib_error *err) IB_MUST_CHECK;

/* ---- squashfs_tree.c ---- */
int ib_squashfs_read_tree(struct squashfs_image *image, const struct ib_image_limits *limits,
			  struct ib_tree **ret_tree, struct ib_error *err) IB_MUST_CHECK;

#endif
