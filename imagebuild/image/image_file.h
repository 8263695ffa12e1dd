/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_file - an image that is read back, whatever its format.
 *
 * The image may be anybody's: every format holds offsets, counts and depths against
 * bounds before it believes them. Which format it is shows in its first bytes.
 */
#ifndef IB_IMAGE_IMAGE_FILE_H
#define IB_IMAGE_IMAGE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "image/region.h"
#include "tree/tree.h"

/* How much a reader agrees to take on; 0 is the default. */
struct ib_image_limits {
	uint64_t paths; /* 4 million */
	uint64_t bytes; /* of contents: 2048 times the image, but no more than 1 TiB */
	size_t threads; /* as many as this process may use */
};

/* What the superblock says. */
struct ib_image_info {
	const char *format; /* its row's name */
	bool has_uuid;      /* squashfs has no place for one, nor for a name */
	uint8_t uuid[16];
	char volume_name[17];
	int64_t build_time;
	uint64_t size; /* in bytes, of all blocks */
	uint64_t inode_count;
};

struct ib_image;

/* Takes a content, piece by piece. */
typedef int (*ib_piece_fn)(void *context, const void *data, size_t size, struct ib_error *err);

/* IB_INPUT where it is none of the formats. The region's file must stay open, its name where it is. */
int ib_image_open(const struct ib_region *region, struct ib_image **ret_image, struct ib_error *err)
	IB_MUST_CHECK;
void ib_image_free(struct ib_image *image);

int ib_image_info(struct ib_image *image, struct ib_image_info *ret_info, struct ib_error *err)
	IB_MUST_CHECK;
/*
 * Reads everything, every content included: the tree has modes, owners, times, link counts,
 * attributes, sizes and digests as the image has them; contents are IB_CONTENT_ABSENT, and
 * there are no origins. limits may be NULL. What does not hold is IB_INPUT, a kind of image
 * that is not read here IB_LIMIT.
 */
int ib_image_read_tree(struct ib_image *image, const struct ib_image_limits *limits,
		       struct ib_tree **ret_tree, struct ib_error *err) IB_MUST_CHECK;
/*
 * For inodes of the tree that was read last: the content goes to take piece by piece, or is
 * appended to out (more than it has room for is IB_LIMIT); and what it takes in the image, with a number that those who share
 * it share (0: it shares with nobody).
 */
int ib_image_stream_content(struct ib_image *image, const struct ib_inode *inode, ib_piece_fn take,
			    void *context, struct ib_error *err) IB_MUST_CHECK;
int ib_image_read_content(struct ib_image *image, const struct ib_inode *inode,
			  struct ib_buffer *out, struct ib_error *err) IB_MUST_CHECK;
int ib_image_stored(struct ib_image *image, const struct ib_inode *inode, uint64_t *ret_block,
		    uint64_t *ret_bytes, struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_image);

/* What a format does for all that; the functions above say it. */
struct ib_image_reader {
	bool (*is_image)(const struct ib_region *region);
	int (*open)(const struct ib_region *region, void **ret_context, struct ib_error *err);
	void (*free)(void *context);
	int (*info)(void *context, struct ib_image_info *ret_info, struct ib_error *err);
	int (*read_tree)(void *context, const struct ib_image_limits *limits,
			 struct ib_tree **ret_tree, struct ib_error *err);
	int (*stream_content)(void *context, const struct ib_inode *inode, ib_piece_fn take,
			      void *take_context, struct ib_error *err);
	int (*stored)(void *context, const struct ib_inode *inode, uint64_t *ret_block,
		      uint64_t *ret_bytes, struct ib_error *err);
};

#endif
