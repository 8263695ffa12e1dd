/* SPDX-License-Identifier: Apache-2.0 */
/* reader - what the files of the EROFS reader share. */
#ifndef IB_IMAGE_READER_H
#define IB_IMAGE_READER_H

#include "image/erofs_format.h"
#include "image/erofs_read.h"

struct reader {
	const struct ib_region *image;
	uint64_t size; /* of the blocks that the superblock speaks of */
	uint64_t metadata;
	uint64_t shared_xattrs;
	uint64_t root;
	int64_t build_time;
	bool is_padded;        /* compressed data stand at the end of their blocks */
	bool has_packed_tails; /* may have, that is */
	uint16_t algorithms;   /* a bit for each enum erofs_algorithm */
	struct ib_erofs_info info;

	struct ib_tree *tree;
	struct ib_map *inodes; /* nid in decimal → struct ib_inode */
	uint64_t paths_left;
	uint64_t bytes_left;
	uint64_t xattr_bytes_left;
};

/* An inode as it lies in the image. */
struct disk_inode {
	uint64_t nid;
	enum erofs_layout layout;
	uint32_t mode;
	uint32_t uid, gid;
	uint32_t links;
	int64_t mtime;
	uint64_t size;
	uint32_t word;         /* first block, count of blocks, or device */
	uint64_t offset;       /* of the inode */
	uint64_t xattr_offset; /* behind it */
	uint64_t extra_offset; /* behind its attributes */
};

/* ---- read_super.c ---- */
int ib_reader_open(struct reader *reader, const struct ib_region *image, struct ib_error *err)
	IB_MUST_CHECK;
/* Bytes of the image; what lies outside is IB_INPUT. */
int ib_reader_get(const struct reader *reader, void *data, size_t size, uint64_t offset,
		  struct ib_error *err) IB_MUST_CHECK;

/* ---- read_inode.c ---- */
int ib_reader_inode(const struct reader *reader, uint64_t nid, struct disk_inode *ret_inode,
		    struct ib_error *err) IB_MUST_CHECK;
int ib_reader_xattrs(struct reader *reader, const struct disk_inode *disk, struct ib_inode *inode,
		     struct ib_error *err) IB_MUST_CHECK;

/* ---- read_content.c ---- */
typedef int (*ib_reader_take_fn)(void *context, const void *data, size_t size,
				 struct ib_error *err);
/* All bytes of a content that is stored as it is, in pieces of up to a block each. */
int ib_reader_flat(const struct reader *reader, const struct disk_inode *disk,
		   ib_reader_take_fn take, void *context, struct ib_error *err) IB_MUST_CHECK;
int ib_reader_content(const struct reader *reader, const struct disk_inode *disk,
		      ib_reader_take_fn take, void *context, struct ib_error *err) IB_MUST_CHECK;

/* ---- read_index.c ---- */
/* One extent: which bytes of the file it holds, and its blocks or, of a packed tail, its bytes. */
struct disk_extent {
	uint64_t start, end;
	uint32_t block, block_count;
	uint64_t tail_offset; /* in the image */
	uint32_t tail_size;   /* 0: it has blocks */
	enum erofs_algorithm algorithm;
	bool is_raw;
	bool is_hole; /* zeros, without a block */
};

typedef int (*ib_reader_extent_fn)(void *context, const struct disk_extent *extent,
				   struct ib_error *err);
/* Every extent of a file that is compressed or made of chunks, in order; together they hold it. */
int ib_reader_extents(const struct reader *reader, const struct disk_inode *disk,
		      ib_reader_extent_fn visit, void *context, struct ib_error *err) IB_MUST_CHECK;

/* ---- read_chunks.c ---- */
int ib_reader_chunks(const struct reader *reader, const struct disk_inode *disk,
		     ib_reader_extent_fn visit, void *context, struct ib_error *err) IB_MUST_CHECK;

#endif
