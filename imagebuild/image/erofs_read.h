/* SPDX-License-Identifier: Apache-2.0 */
/*
 * erofs_read - an EROFS image back as a tree, within bounds.
 *
 * The image may be anybody's: every offset is held against the region, every
 * count against a limit, directories form a tree, names are in order. Read are
 * images of 4 KiB blocks, plain, inline or compressed by LZ4 or zstd into clusters of up
 * to 1 MiB, with tails packed or not, which is what erofs.h and mkfs.erofs (also with -C and
 * -Eztailpacking) write.
 */
#ifndef IB_IMAGE_EROFS_READ_H
#define IB_IMAGE_EROFS_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "image/region.h"
#include "tree/tree.h"

/* How much a reader agrees to take on; 0 is the default. */
struct ib_erofs_limits {
	uint64_t paths; /* 4 million */
	uint64_t bytes; /* of contents: 2048 times the image, but no more than 1 TiB */
	size_t threads; /* as many as this process may use */
};

/* What the superblock says. */
struct ib_erofs_info {
	uint8_t uuid[16];
	char volume_name[17];
	int64_t build_time;
	uint64_t size; /* in bytes, of all blocks */
	uint64_t inode_count;
};

/*
 * Reads everything, every content included: the tree has modes, owners, times,
 * link counts, attributes, sizes and digests as the image has them; contents are
 * IB_CONTENT_ABSENT, and there are no origins. limits may be NULL. What does not
 * hold is IB_INPUT, a kind of EROFS that is not read here IB_LIMIT.
 */
int ib_erofs_read_tree(const struct ib_region *image, const struct ib_erofs_limits *limits,
		       struct ib_tree **ret_tree, struct ib_error *err) IB_MUST_CHECK;
/*
 * Of a tree that was read so, the number of a file's inode is its place in the image:
 * the content is appended to out (more than it has room for is IB_LIMIT), and what it
 * takes in the image, with the first of its blocks (0: all of it lies beside the inode).
 */
int ib_erofs_read_content(const struct ib_region *image, const struct ib_inode *inode,
			  struct ib_buffer *out, struct ib_error *err) IB_MUST_CHECK;
/* The same, piece by piece. */
int ib_erofs_stream_content(const struct ib_region *image, const struct ib_inode *inode,
			    int (*take)(void *context, const void *data, size_t size,
					struct ib_error *err),
			    void *context, struct ib_error *err) IB_MUST_CHECK;
int ib_erofs_stored(const struct ib_region *image, const struct ib_inode *inode,
		    uint64_t *ret_block, uint64_t *ret_bytes, struct ib_error *err) IB_MUST_CHECK;
int ib_erofs_read_info(const struct ib_region *image, struct ib_erofs_info *ret_info,
		       struct ib_error *err) IB_MUST_CHECK;
/* Whether the region begins like an EROFS image. */
bool ib_erofs_is_image(const struct ib_region *image);

#endif
