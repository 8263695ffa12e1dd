/* SPDX-License-Identifier: Apache-2.0 */
/* The indexes of compressed files, both kinds; erofs_index.c says how compact ones are packed. */
#include <inttypes.h>
#include <string.h>

#include "image/reader.h"

#define FULL_INDEX_BYTES 8U
#define SMALL_PACK       2U
#define SMALL_PACK_BYTES 8U
#define LARGE_PACK       16U
#define LARGE_PACK_BYTES 32U
#define DISTANCE_MASK    0x7ffU
#define IS_BLOCK_COUNT   0x800U
#define CLUSTER_MASK     0xfffU

struct walk {
	const struct reader *reader;
	const struct disk_inode *disk;
	ib_reader_extent_fn visit;
	void *context;
	uint64_t number; /* of the next cluster */
	uint64_t total;
	bool is_big;          /* extents may say how many blocks they take */
	uint64_t tail_offset; /* of what is packed behind the indexes… */
	uint32_t tail_size;   /* …0: nothing is */
	uint64_t head;        /* the last one seen */
	bool has_extent;      /* the one that began there, not visited yet */
	struct disk_extent extent;
};

static int fail_index(const struct walk *walk, const char *what, struct ib_error *err)
{
	return ib_fail(err, IB_INPUT, "cluster %" PRIu64 " of inode %" PRIu64 " of '%s' %s",
		       walk->number, walk->disk->nid, walk->reader->image->name, what);
}

/* What ends the extent that was begun is the next one, or the file. */
static int end_extent(struct walk *walk, uint64_t end, struct ib_error *err)
{
	if (!walk->has_extent || walk->extent.start == end)
		return 0; /* one that begins at the end of the file is none */
	walk->extent.end = end;
	if (walk->tail_size && end == walk->disk->size) {
		walk->extent.tail_offset = walk->tail_offset;
		walk->extent.tail_size = walk->tail_size;
		walk->extent.block_count = 0;
	}
	return walk->visit(walk->context, &walk->extent, err);
}

static int visit_head(struct walk *walk, unsigned type, uint32_t offset, uint32_t block,
		      struct ib_error *err)
{
	uint64_t start = walk->number * EROFS_BLOCK + offset;

	if (offset >= EROFS_BLOCK || (!walk->has_extent && start) ||
	    (walk->has_extent && start <= walk->extent.start) || start > walk->disk->size)
		return fail_index(walk, "begins an extent where none can begin", err);
	IB_TRY(end_extent(walk, start, err));
	walk->extent.start = start;
	walk->extent.block = block;
	walk->extent.block_count = 1;
	walk->extent.is_raw = type == EROFS_CLUSTER_PLAIN;
	walk->has_extent = true;
	walk->head = walk->number++;
	return 0;
}

/* back 0: the index does not say how far back its extent begins. */
static int visit_nonhead(struct walk *walk, uint32_t back, struct ib_error *err)
{
	if (!walk->has_extent)
		return fail_index(walk, "belongs to no extent", err);
	if (walk->is_big && walk->number == walk->head + 1) {
		walk->extent.block_count = back & ~IS_BLOCK_COUNT;
		if (!(back & IS_BLOCK_COUNT) || !walk->extent.block_count ||
		    walk->extent.block_count > EROFS_MAX_CLUSTER_BLOCKS)
			return fail_index(walk, "does not say how large its extent is", err);
	} else if (back && back != IB_MIN(walk->number - walk->head, (uint64_t)DISTANCE_MASK)) {
		return fail_index(walk, "points to an extent that is not there", err);
	}
	walk->number++;
	return 0;
}

/* ---- full indexes ---- */

static int walk_full(struct walk *walk, uint64_t offset, struct ib_error *err)
{
	uint8_t b[FULL_INDEX_BYTES];

	/* the header is followed by as many bytes again that nobody uses */
	offset += FULL_INDEX_BYTES;
	for (; walk->number < walk->total; offset += sizeof(b)) {
		unsigned type = 0;

		IB_TRY(ib_reader_get(walk->reader, b, sizeof(b), offset, err));
		type = ib_get_le16(b) & 3;
		if (type == EROFS_CLUSTER_NONHEAD)
			IB_TRY(visit_nonhead(walk, ib_get_le16(b + 4), err));
		else if (type == EROFS_CLUSTER_PLAIN || type == EROFS_CLUSTER_HEAD)
			IB_TRY(visit_head(walk, type, ib_get_le16(b + 2), ib_get_le32(b + 4), err));
		else
			return fail_index(walk, "is of an unrecognized type", err);
	}
	return 0;
}

/* ---- compact indexes ---- */

/* Two bits of type and twelve more, wherever they stand. */
static uint32_t get_index(const uint8_t *pack, size_t bit)
{
	uint32_t value = (uint32_t)pack[bit / 8] | (uint32_t)pack[bit / 8 + 1] << 8 |
			 (uint32_t)pack[bit / 8 + 2] << 16;

	return value >> bit % 8;
}

static int visit_pack(struct walk *walk, const uint8_t *pack, size_t count, size_t bytes,
		      struct ib_error *err)
{
	size_t bits = (bytes - 4) * 8 / count;
	/* where counts stand, a pack ends in the block of its first extent, else in the one before */
	uint32_t block = ib_get_le32(pack + bytes - 4);
	uint32_t step = walk->is_big ? 0 : 1; /* to the next extent's block */
	size_t i = 0;

	for (i = 0; i < count && walk->number < walk->total; i++) {
		uint32_t index = get_index(pack, i * bits);
		unsigned type = index >> EROFS_BLOCK_BITS & 3;
		uint32_t value = index & CLUSTER_MASK;

		if (type == EROFS_CLUSTER_NONHEAD) {
			if (walk->is_big && value & IS_BLOCK_COUNT)
				step = value & ~IS_BLOCK_COUNT;
			else if (i + 1 == count)
				value = 0;
			IB_TRY(visit_nonhead(walk, value, err));
		} else if (type == EROFS_CLUSTER_PLAIN || type == EROFS_CLUSTER_HEAD) {
			block += step;
			step = 1;
			IB_TRY(visit_head(walk, type, value, block, err));
		} else {
			return fail_index(walk, "is of an unrecognized type", err);
		}
	}
	return 0;
}

static int walk_packs(struct walk *walk, uint64_t *offset, uint64_t clusters, bool is_large,
		      struct ib_error *err)
{
	uint8_t pack[LARGE_PACK_BYTES];
	size_t count = is_large ? LARGE_PACK : SMALL_PACK;
	size_t bytes = is_large ? LARGE_PACK_BYTES : SMALL_PACK_BYTES;
	uint64_t end = walk->number + clusters;

	while (walk->number < end) {
		IB_TRY(ib_reader_get(walk->reader, pack, bytes, *offset, err));
		IB_TRY(visit_pack(walk, pack, count, bytes, err));
		*offset += bytes;
	}
	return 0;
}

/* How many clusters are in small packs in front, in large ones, and in small ones behind. */
struct compact {
	uint64_t in_front, large, behind;
};

static struct compact compact_of(const struct walk *walk, uint64_t offset, bool has_large)
{
	struct compact compact = { .in_front = offset % LARGE_PACK_BYTES };

	if (compact.in_front)
		compact.in_front = (LARGE_PACK_BYTES - compact.in_front) / 4;
	if (compact.in_front < walk->total && has_large)
		compact.large = (walk->total - compact.in_front) / LARGE_PACK * LARGE_PACK;
	compact.in_front = IB_MIN(compact.in_front, walk->total);
	compact.behind = walk->total - compact.in_front - compact.large;
	return compact;
}

static int walk_compact(struct walk *walk, uint64_t offset, bool has_large, struct ib_error *err)
{
	struct compact compact = compact_of(walk, offset, has_large);

	IB_TRY(walk_packs(walk, &offset, compact.in_front, false, err));
	IB_TRY(walk_packs(walk, &offset, compact.large, true, err));
	return walk_packs(walk, &offset, compact.behind, false, err);
}

static uint64_t small_bytes(uint64_t clusters)
{
	return (clusters + SMALL_PACK - 1) / SMALL_PACK * SMALL_PACK_BYTES;
}

/* ---- the packed tail ---- */

/* Where the indexes end that begin at offset. */
static uint64_t end_of_indexes(const struct walk *walk, uint64_t offset, bool has_large)
{
	struct compact compact = compact_of(walk, offset, has_large);

	if (walk->disk->layout == EROFS_LAYOUT_COMPRESSED_FULL)
		return offset + FULL_INDEX_BYTES + walk->total * FULL_INDEX_BYTES;
	return offset + small_bytes(compact.in_front) +
	       compact.large / LARGE_PACK * LARGE_PACK_BYTES + small_bytes(compact.behind);
}

/* The kernel takes no tail that crosses a block, and kernels do not agree on what one without bytes is. */
static int find_tail(struct walk *walk, uint64_t offset, uint16_t advice, struct ib_error *err)
{
	if (!(advice & EROFS_ADVISE_PACKED_TAIL))
		return 0;
	if (!walk->reader->has_packed_tails)
		return fail_index(walk, "has a packed tail, which the superblock does not know of",
				  err);
	if (!walk->tail_size)
		return fail_index(walk, "has a packed tail without a byte", err);
	walk->tail_offset = end_of_indexes(walk, offset, advice & EROFS_ADVISE_COMPACT_2B);
	if (walk->tail_offset % EROFS_BLOCK + walk->tail_size > EROFS_BLOCK)
		return fail_index(walk, "has a packed tail that crosses a block", err);
	return 0;
}

/* What the header in front of the indexes says; the advice is returned. */
static int read_header(struct walk *walk, uint64_t offset, uint16_t *ret_advice,
		       struct ib_error *err)
{
	uint8_t header[EROFS_MAP_HEADER_BYTES];
	uint16_t big = 0;
	unsigned algorithm = 0;

	IB_TRY(ib_reader_get(walk->reader, header, sizeof(header), offset, err));
	*ret_advice = ib_get_le16(header + 4);
	/* mkfs.erofs leaves a size where it had no room for the tail in the end */
	if (*ret_advice & EROFS_ADVISE_PACKED_TAIL)
		walk->tail_size = ib_get_le16(header + 2);
	big = *ret_advice & EROFS_ADVISE_BIG_CLUSTER;
	algorithm = header[6];
	/* the algorithm of a second kind of extent, which is not read */
	if (big)
		algorithm &= 0xf;
	if (*ret_advice & EROFS_ADVISE_UNSUPPORTED || header[7] ||
	    (big && big != EROFS_ADVISE_BIG_CLUSTER) ||
	    (algorithm != EROFS_ALGORITHM_LZ4 && algorithm != EROFS_ALGORITHM_ZSTD) ||
	    !(walk->reader->algorithms >> algorithm & 1))
		return ib_fail(err, IB_LIMIT,
			       "inode %" PRIu64 " of '%s' is compressed in a way that is not read "
			       "here",
			       walk->disk->nid, walk->reader->image->name);
	walk->is_big = big;
	walk->extent.algorithm = (enum erofs_algorithm)algorithm;
	return 0;
}

int ib_reader_extents(const struct reader *reader, const struct disk_inode *disk,
		      ib_reader_extent_fn visit, void *context, struct ib_error *err)
{
	struct walk walk = {
		.reader = reader,
		.disk = disk,
		.visit = visit,
		.context = context,
		.total = disk->size / EROFS_BLOCK + (disk->size % EROFS_BLOCK != 0),
	};
	uint64_t offset = (disk->extra_offset + 7) & ~(uint64_t)7;
	uint16_t advice = 0;

	if (disk->layout == EROFS_LAYOUT_CHUNKS)
		return ib_reader_chunks(reader, disk, visit, context, err);
	IB_TRY(read_header(&walk, offset, &advice, err));
	offset += EROFS_MAP_HEADER_BYTES;
	IB_TRY(find_tail(&walk, offset, advice, err));
	if (disk->layout == EROFS_LAYOUT_COMPRESSED_FULL)
		IB_TRY(walk_full(&walk, offset, err));
	else
		IB_TRY(walk_compact(&walk, offset, advice & EROFS_ADVISE_COMPACT_2B, err));
	return end_extent(&walk, disk->size, err);
}
