/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocks - an entry of the block cache as bytes.
 *
 * The blocks of all its contents (in front, so that a file system can share them with the image),
 * their tails, the index, a footer. Numbers are little endian.
 *
 *     index    u32 length, the form (ib_erofs_form); u32 count; then for each file, in the order of
 *              the payload: u32 file, u64 size, 32 bytes SHA-256, 20 bytes SHA-1, u8 compressed?,
 *              u32 blocks, u32 bytes of tail, u32 count of extents, u32 each of them
 *     footer   u64 blocks, u64 bytes of tails, u64 bytes of the index, magic
 *
 * Blocks and tails of the files follow each other in the order of the index.
 */
#ifndef IB_IMAGE_BLOCKS_H
#define IB_IMAGE_BLOCKS_H

#include "image/writer.h"

#define BLOCKS_MAGIC        "ibblocks"
#define BLOCKS_FOOTER_BYTES 32U
/* What an index may take of memory: some 16 million clusters. */
#define BLOCKS_INDEX_MAX ((uint64_t)256 << 20)

#endif
