/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocks - an entry of the block cache as bytes.
 *
 * The blocks of all its contents (in front, so that a file system can share them with the image),
 * their tails, the index, a footer. Numbers are little endian.
 *
 *     index    u32 length, the form (ib_erofs_form); u32 count; then for each file, in the order of
 *              the payload: u32 file (0 of a generated content), u64 size, 32 bytes SHA-256, 20 bytes SHA-1, u8 1 compressed, 2 chunks,
 *              u32 blocks, u32 bytes of tail, u32 count of extents, u32 each of them
 *              (of compressed contents with a tail the last extent has that and no block)
 *     footer   u64 blocks, u64 bytes of tails, u64 bytes of the index, magic
 *
 * Blocks and tails of the files follow each other in the order of the index.
 */
#ifndef IB_IMAGE_BLOCKS_H
#define IB_IMAGE_BLOCKS_H

#include "image/writer.h"

#define BLOCKS_MAGIC        "ibblocks"
#define BLOCKS_FOOTER_BYTES 32U

enum { KIND_FLAT, KIND_COMPRESSED, KIND_CHUNKS };

/* What an index may take of memory: some 16 million clusters. */
#define BLOCKS_INDEX_MAX ((uint64_t)256 << 20)

struct footer {
	uint64_t blocks, tail_bytes, index_bytes;
};

/* A record of the index, and the inode that it is for. */
struct record {
	struct content content; /* extents NULL: in the index */
	const uint8_t *extents;
	struct ib_inode *inode;
	uint64_t first_block, tail_offset;
};

struct records {
	struct record *items; /* owned */
	size_t count;
	uint8_t *index; /* owned; what the items borrow from */
};

/*
 * blocks_read.c: what a lookup's entry says, unless it does not hold (*ret_good): its form is the writer's,
 * its shape is right, and each file is one of the package that the tree has, with the digest of the header;
 * or it is the generated content. Beyond that its blocks are not looked at. The caller ends records either way.
 */
int ib_records_read(const struct ib_erofs_writer *writer, const struct lookup *lookup,
		    struct records *records, bool *ret_good, struct ib_error *err) IB_MUST_CHECK;
void ib_records_done(struct records *records);

#endif
