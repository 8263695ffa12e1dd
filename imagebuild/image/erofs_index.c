/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compact indexes of a compressed file: one a logical cluster of 4 KiB.
 *
 * An index is two bits of type and twelve bits: for a cluster in which an extent
 * begins (HEAD, PLAIN) where in it that is, for others (NONHEAD) how far back
 * their extent begins. Indexes come in packs that end in the address of the block
 * before the pack's first extent: 2 of 16 bits in 8 bytes, or 16 of 14 bits
 * in 32 bytes; the large packs are aligned to their size, with small ones in
 * front and behind. In the last place of a pack NONHEAD says how far the next
 * extent is instead; the distance back follows from its neighbour. The blocks of a
 * file's extents follow each other, so nothing else says where they are.
 *
 * Where clusters may have several blocks, the first NONHEAD of an extent says how many its
 * extent takes, in any place of a pack; an extent without one takes one. A pack that begins with
 * such a count ends in the address of that count's extent, others in that of their own first
 * extent.
 *
 * Where the tail is packed, it is the last extent, of one block that is not there.
 */
#include <assert.h>
#include <string.h>

#include "image/writer.h"

#define SMALL_PACK_BYTES 8U
#define LARGE_PACK       16U
#define LARGE_PACK_BYTES 32U
#define MAX_DISTANCE     0x7ffU
#define IS_BLOCK_COUNT   0x800U /* the distance back is how many blocks the extent takes */

struct shape {
	size_t total; /* clusters */
	size_t small_in_front;
	size_t large;
	size_t small_behind;
};

static size_t index_offset(size_t inode_bytes)
{
	return ((inode_bytes + 7) & ~(size_t)7) + EROFS_MAP_HEADER_BYTES;
}

/* Inodes begin at multiples of 32, so that what stands behind them is aligned alike everywhere. */
static struct shape shape_of(const struct content *content, size_t inode_bytes)
{
	struct shape shape = { .total = (size_t)((content->size + EROFS_BLOCK - 1) / EROFS_BLOCK) };
	size_t offset = index_offset(inode_bytes) % LARGE_PACK_BYTES;
	size_t in_front = offset ? (LARGE_PACK_BYTES - offset) / 4 : 0;

	shape.small_in_front = IB_MIN(in_front, shape.total);
	shape.large = (shape.total - shape.small_in_front) / LARGE_PACK * LARGE_PACK;
	shape.small_behind = shape.total - shape.small_in_front - shape.large;
	return shape;
}

static size_t small_bytes(size_t count)
{
	return (count + 1) / 2 * SMALL_PACK_BYTES;
}

size_t ib_index_size(const struct content *content, size_t inode_bytes)
{
	struct shape shape = shape_of(content, inode_bytes);

	return index_offset(inode_bytes) - inode_bytes + small_bytes(shape.small_in_front) +
	       shape.large / LARGE_PACK * LARGE_PACK_BYTES + small_bytes(shape.small_behind);
}

struct index {
	enum erofs_cluster type;
	uint16_t offset;  /* HEAD, PLAIN: where in the cluster the extent begins */
	uint16_t back;    /* NONHEAD: clusters to the head before… */
	uint16_t forward; /* …and to the next one */
};

uint32_t ib_extent_blocks(uint32_t extent)
{
	return ((extent & EXTENT_BLOCKS) >> EXTENT_BLOCKS_SHIFT) + 1;
}

/* Gives the indexes one by one. */
struct cursor {
	const struct content *content;
	size_t extent;   /* the next to begin */
	uint64_t start;  /* where it begins… */
	uint64_t head;   /* cluster of the one before */
	uint64_t number; /* the next cluster */
	uint32_t block;  /* of the last extent that began… */
	uint32_t blocks; /* …and how many it takes */
	bool is_big;     /* clusters may have several blocks */
};

static struct index next_index(struct cursor *cursor)
{
	const struct content *content = cursor->content;
	uint64_t number = cursor->number++;
	uint64_t next_head = cursor->start / EROFS_BLOCK;
	struct index index = { .type = EROFS_CLUSTER_NONHEAD };

	if (number < next_head || (number == next_head && cursor->extent > content->extent_count)) {
		index.back = (uint16_t)IB_MIN(number - cursor->head, (uint64_t)MAX_DISTANCE);
		index.forward = (uint16_t)IB_MIN(next_head - number, (uint64_t)MAX_DISTANCE);
		if (cursor->is_big && index.back == 1)
			index.back = index.forward = (uint16_t)(IS_BLOCK_COUNT | cursor->blocks);
		return index;
	}
	assert(number == next_head);
	index.offset = (uint16_t)(cursor->start % EROFS_BLOCK);
	index.type = EROFS_CLUSTER_PLAIN;
	if (cursor->extent < content->extent_count) {
		uint32_t extent = content->extents[cursor->extent];

		if (!(extent & EXTENT_RAW))
			index.type = EROFS_CLUSTER_HEAD;
		cursor->start += extent & EXTENT_SIZE;
		cursor->head = number;
		cursor->block += cursor->blocks;
		cursor->blocks = ib_extent_blocks(extent);
	}
	/* else: the file ends in this cluster, which reads like one more extent without a block */
	cursor->extent++;
	return index;
}

/* What a pack that begins with the next index ends in. */
static uint32_t base_of(const struct cursor *cursor)
{
	bool is_count = cursor->number && cursor->number == cursor->head + 1 &&
			cursor->number < cursor->start / EROFS_BLOCK;

	if (!cursor->is_big)
		return cursor->block;
	return is_count ? cursor->block : cursor->block + cursor->blocks;
}

static void put_pack(struct cursor *cursor, size_t present, size_t count, size_t bits,
		     struct ib_buffer *out)
{
	uint8_t pack[LARGE_PACK_BYTES + 4] = { 0 };
	size_t bytes = count * bits / 8 + 4;
	uint32_t base = base_of(cursor);
	size_t i = 0;

	for (i = 0; i < present; i++) {
		struct index index = next_index(cursor);
		uint32_t value = index.offset;
		size_t at = i * bits;

		if (index.type == EROFS_CLUSTER_NONHEAD)
			value = i + 1 == count ? index.forward : index.back;
		value |= (uint32_t)index.type << EROFS_BLOCK_BITS;
		value <<= at % 8;
		pack[at / 8] |= (uint8_t)value;
		pack[at / 8 + 1] |= (uint8_t)(value >> 8);
		pack[at / 8 + 2] |= (uint8_t)(value >> 16);
	}
	ib_buffer_put(out, pack, bytes - 4);
	ib_buffer_put_le32(out, base);
}

static void put_small(struct cursor *cursor, size_t count, struct ib_buffer *out)
{
	size_t i = 0;

	for (i = 0; i < count; i += 2)
		put_pack(cursor, IB_MIN(count - i, (size_t)2), 2, 16, out);
}

static uint8_t algorithm_of(const struct ib_erofs_params *params)
{
	return params->compression == IB_EROFS_ZSTD ? EROFS_ALGORITHM_ZSTD : EROFS_ALGORITHM_LZ4;
}

void ib_index_put(const struct ib_erofs_params *params, const struct content *content,
		  size_t inode_bytes, struct ib_buffer *out)
{
	struct shape shape = shape_of(content, inode_bytes);
	struct cursor cursor = { .content = content,
				 /* nobody asks where a packed tail's block is */
				 .block = content->block_count ? content->start_block - 1 : 0,
				 .blocks = 1,
				 .is_big = params->cluster_bytes > EROFS_BLOCK };
	uint16_t more = (cursor.is_big ? EROFS_ADVISE_BIG_CLUSTER : 0) |
			(content->tail_size ? EROFS_ADVISE_PACKED_TAIL : 0);
	size_t i = 0;

	ib_buffer_put_zeros(out, index_offset(inode_bytes) - EROFS_MAP_HEADER_BYTES - inode_bytes);
	ib_buffer_put_le16(out, 0);
	ib_buffer_put_le16(out, (uint16_t)content->tail_size);
	ib_buffer_put_le16(out, EROFS_ADVISE_COMPACT_2B | more);
	ib_buffer_put_u8(out, algorithm_of(params));
	ib_buffer_put_u8(out, 0); /* logical clusters of one block */
	put_small(&cursor, shape.small_in_front, out);
	for (i = 0; i < shape.large; i += LARGE_PACK)
		put_pack(&cursor, LARGE_PACK, LARGE_PACK, 14, out);
	put_small(&cursor, shape.small_behind, out);
}
