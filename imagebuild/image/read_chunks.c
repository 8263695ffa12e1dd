/* SPDX-License-Identifier: Apache-2.0 */
/* Files of chunks: each has an address of its own, or is a hole. */
#include <inttypes.h>

#include "image/reader.h"

/* The first block of a chunk from the place where its address stands. */
static int read_address(const struct reader *reader, const struct disk_inode *disk, uint64_t offset,
			uint32_t *ret_block, struct ib_error *err)
{
	bool is_index = disk->word & EROFS_CHUNK_INDEXES;
	uint8_t b[EROFS_CHUNK_INDEX_BYTES];
	size_t size = is_index ? EROFS_CHUNK_INDEX_BYTES : EROFS_CHUNK_ADDRESS_BYTES;

	IB_TRY(ib_reader_get(reader, b, size, offset, err));
	if (is_index && ib_get_le32(b))
		return ib_fail(err, IB_LIMIT,
			       "inode %" PRIu64 " of '%s' has chunks on another device: those are "
			       "not read here",
			       disk->nid, reader->image->name);
	*ret_block = ib_get_le32(b + size - 4);
	return 0;
}

int ib_reader_chunks(const struct reader *reader, const struct disk_inode *disk,
		     ib_reader_extent_fn visit, void *context, struct ib_error *err)
{
	unsigned bits = disk->word & EROFS_CHUNK_BITS;
	uint64_t bytes = (uint64_t)EROFS_BLOCK << bits;
	size_t step = disk->word & EROFS_CHUNK_INDEXES ? EROFS_CHUNK_INDEX_BYTES
						       : EROFS_CHUNK_ADDRESS_BYTES;
	uint64_t offset = (disk->extra_offset + step - 1) / step * step;
	uint64_t at = 0;

	if (disk->word & ~(EROFS_CHUNK_BITS | EROFS_CHUNK_INDEXES))
		return ib_fail(err, IB_LIMIT,
			       "inode %" PRIu64 " of '%s' has chunks of a kind that is not read "
			       "here (0x%" PRIx32 ")",
			       disk->nid, reader->image->name, disk->word);
	for (at = 0; at < disk->size; at += bytes, offset += step) {
		struct disk_extent extent = { .start = at,
					      .end = at + IB_MIN(bytes, disk->size - at),
					      .is_raw = true };

		IB_TRY(read_address(reader, disk, offset, &extent.block, err));
		extent.is_hole = extent.block == EROFS_CHUNK_HOLE;
		extent.block_count = (uint32_t)((extent.end - at + EROFS_BLOCK - 1) / EROFS_BLOCK);
		IB_TRY(visit(context, &extent, err));
	}
	return 0;
}
