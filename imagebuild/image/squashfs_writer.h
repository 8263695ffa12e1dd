/* SPDX-License-Identifier: Apache-2.0 */
/* squashfs_writer - what the two halves of the squashfs writer share. */
#ifndef IB_IMAGE_SQUASHFS_WRITER_H
#define IB_IMAGE_SQUASHFS_WRITER_H

#include <sqfs/block.h>
#include <sqfs/block_processor.h>
#include <sqfs/block_writer.h>
#include <sqfs/compressor.h>
#include <sqfs/dir_writer.h>
#include <sqfs/error.h>
#include <sqfs/frag_table.h>
#include <sqfs/id_table.h>
#include <sqfs/inode.h>
#include <sqfs/meta_writer.h>
#include <sqfs/super.h>
#include <sqfs/xattr.h>
#include <sqfs/xattr_writer.h>

#include "crypto/crypto.h"
#include "image/squashfs.h"
#include "image/squashfs_file.h"

/* A content that is stored once, whatever has it. */
struct squashfs_content {
	/* Owned; libsquashfs writes where the blocks went into it, until they are all there. */
	sqfs_inode_generic_t *blocks;
	uint64_t size;
	uint8_t sha256[32];
	uint8_t sha1[20];
};

struct ib_squashfs_writer {
	char *path;
	int fd;
	struct squashfs_file file;
	struct ib_tree *tree;
	struct ib_squashfs_params params;
	sqfs_super_t super;

	sqfs_compressor_t *compressor;
	sqfs_compressor_t *decompressor; /* reads back what may be the same */
	sqfs_block_writer_t *blocks;
	sqfs_frag_table_t *fragments;
	sqfs_block_processor_t *processor;

	struct squashfs_content **contents;
	size_t content_count;
	struct ib_by_sha256 *by_sha256;

	/* the content that is being fed */
	const struct ib_content_sink *observer;
	bool observer_wants;
	struct ib_inode *inode;
	struct squashfs_content *current;
	uint64_t left;
	bool has_sha256; /* known before it is read: from a verified header */
	struct ib_digest *sha256;
	struct ib_digest *sha1;
};

/* Feeds the content of an inode that lies in a buffer. */
int ib_squashfs_feed_buffer(struct ib_squashfs_writer *writer, struct ib_inode *inode,
			    struct ib_error *err) IB_MUST_CHECK;

#endif
