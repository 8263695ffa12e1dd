/* SPDX-License-Identifier: Apache-2.0 */
/* A segment becomes extents, each of which fills a cluster of the image. */
#include <string.h>

#include "image/writer.h"

/* What the compressor sees of a segment before anything is known of it, in clusters. */
#define FIRST_OFFER 4U
/* What it sees behind a block that did not compress: enough to tell whether this one does. */
#define DOUBTFUL_OFFER (EROFS_BLOCK + 256U)

/* One per worker; of one kind for all of an image. */
struct compressor {
	struct ib_lz4 *lz4;
	struct ib_zstd_filler *zstd;
};

/* How far back compressed bytes may point: more than that a kernel would have to keep for each processor. */
unsigned ib_zstd_window_log(const struct ib_erofs_params *params)
{
	unsigned log = 10;

	while (log < 20 && (uint32_t)1 << log < 8 * params->cluster_bytes)
		log++;
	return log;
}

int ib_erofs_level(const struct ib_erofs_params *params)
{
	if (params->compression == IB_EROFS_LZ4HC)
		return params->level ? params->level : IB_LZ4HC_DEFAULT_LEVEL;
	if (params->compression == IB_EROFS_ZSTD)
		return params->level ? params->level : IB_ZSTD_FILL_DEFAULT_LEVEL;
	return 0;
}

struct compressor *ib_compressor_new(const struct ib_erofs_params *params)
{
	struct compressor *compressor = ib_alloc(sizeof(*compressor));
	int level = ib_erofs_level(params);

	if (params->compression == IB_EROFS_ZSTD)
		compressor->zstd = ib_zstd_filler_new(level, ib_zstd_window_log(params));
	else
		compressor->lz4 = ib_lz4_new(level);
	return compressor;
}

void ib_compressor_free(struct compressor *compressor)
{
	if (!compressor)
		return;
	ib_lz4_free(compressor->lz4);
	ib_zstd_filler_free(compressor->zstd);
	ib_free(compressor);
}

/*
 * The cluster at the end of the output takes an extent: compressed data, which lies at its front,
 * moves to the end of its last block, as LZ4_0PADDING has it.
 */
static void close_cluster(struct segment *segment, size_t size)
{
	uint8_t *cluster = segment->output + segment->output_size;
	size_t gap = -size % EROFS_BLOCK;

	if (gap) {
		memmove(cluster + gap, cluster, size);
		memset(cluster, 0, gap);
	}
	segment->output_size += size + gap;
}

static void put_raw(struct segment *segment, const void *data, size_t size)
{
	uint8_t *block = segment->output + segment->output_size;

	memcpy(block, data, size);
	memset(block + size, 0, EROFS_BLOCK - size);
	segment->output_size += EROFS_BLOCK;
}

static void add_extent(struct segment *segment, size_t taken, size_t blocks, bool is_raw)
{
	segment->extents[segment->extent_count++] = (uint32_t)taken |
						    (uint32_t)(blocks - 1) << EXTENT_BLOCKS_SHIFT |
						    (is_raw ? EXTENT_RAW : 0);
	segment->has_compressed |= !is_raw;
}

/* How an extent is looked for. */
struct offer {
	const uint8_t *in;
	size_t left;
	size_t size;  /* how much of it LZ4 sees at first */
	size_t guess; /* how much of it might fit */
	size_t room;  /* of the cluster */
};

/*
 * LZ4HC looks through all that it is offered before it notices that nothing of
 * it compresses; so it is offered about twice of what fitted last time, little where
 * that was not compressed at all, and more only when all of that fits.
 */
static size_t fill_lz4(struct ib_lz4 *lz4, const struct offer *offer, uint8_t *out,
		       size_t *ret_taken)
{
	size_t size = offer->size;
	size_t written = 0;

	while (true) {
		size_t taken = 0;

		size = IB_MIN(size, offer->left);
		written = ib_lz4_fill(lz4, offer->in, size, out, offer->room, &taken);
		*ret_taken = written ? taken : 0;
		if (*ret_taken < size || size == offer->left)
			return written;
		size *= 4;
	}
}

static size_t fill_cluster(struct compressor *compressor, const struct offer *offer, uint8_t *out,
			   size_t *ret_taken)
{
	if (!offer->room)
		return *ret_taken = 0;
	*ret_taken = offer->guess;
	if (compressor->zstd)
		return ib_zstd_fill(compressor->zstd, offer->in, offer->left, out, offer->room,
				    ret_taken);
	return fill_lz4(compressor->lz4, offer, out, ret_taken);
}

/* What follows a block that did not compress is tried with one block, before all of a cluster. */
static size_t find_extent(struct compressor *compressor, struct offer offer, bool is_doubtful,
			  uint8_t *out, size_t *ret_taken)
{
	struct offer small = offer;
	size_t written = 0;

	if (!is_doubtful || offer.room <= EROFS_BLOCK)
		return fill_cluster(compressor, &offer, out, ret_taken);
	small.room = EROFS_BLOCK;
	small.left = IB_MIN(offer.left, (size_t)DOUBTFUL_OFFER);
	written = fill_cluster(compressor, &small, out, ret_taken);
	if (*ret_taken <= EROFS_BLOCK)
		return written;
	offer.size = FIRST_OFFER * offer.room;
	offer.guess = offer.size / 2;
	return fill_cluster(compressor, &offer, out, ret_taken);
}

/* ---- the tail, where it is packed ---- */

/*
 * The last cluster, if it has more blocks than one and does not fill them: those that it would fill, so
 * that what they cannot hold is left for the tail.
 */
static void leave_a_tail(struct compressor *compressor, struct offer offer, uint8_t *out,
			 size_t *written, size_t *taken)
{
	if (*taken < offer.left || *written <= EROFS_BLOCK ||
	    *written % EROFS_BLOCK > IB_MAX_PACKED_TAIL || !(*written % EROFS_BLOCK))
		return;
	offer.room = *written / EROFS_BLOCK * EROFS_BLOCK;
	*written = fill_cluster(compressor, &offer, out, taken);
}

/*
 * The rest of a content as its tail: compressed, as it stands at the end of the output by now, or as it is.
 * False: it is too long.
 */
static bool pack_tail(struct segment *segment, const struct offer *offer, size_t written,
		      size_t taken)
{
	bool is_raw = taken < offer->left || written >= offer->left;

	if ((is_raw ? offer->left : written) > IB_MAX_PACKED_TAIL)
		return false;
	if (is_raw)
		memcpy(segment->output + segment->output_size, offer->in, offer->left);
	segment->tail_size = is_raw ? offer->left : written;
	segment->extents[segment->extent_count++] =
		(uint32_t)offer->left | (is_raw ? EXTENT_RAW : 0);
	return true;
}

/* A cluster, but less blocks than there are bytes for; of what may become a tail, less bytes. */
static size_t room_for(const struct segment *segment, size_t left, bool packs)
{
	const size_t cluster = segment->writer->params.cluster_bytes;

	if (packs && left <= EROFS_BLOCK)
		return IB_MIN(left - 1, (size_t)IB_MAX_PACKED_TAIL);
	return IB_MIN(cluster, (left - 1) / EROFS_BLOCK * EROFS_BLOCK);
}

/*
 * What compresses to no less blocks than it has, and the last bytes that fit into one, are stored
 * as they are; unless those are packed.
 */
void ib_segment_compress(struct segment *segment, struct compressor *compressor)
{
	const bool packs = segment->writer->params.pack_tails && segment->is_last;
	size_t blocks = (segment->input_size + EROFS_BLOCK - 1) / EROFS_BLOCK;
	size_t last = FIRST_OFFER * segment->writer->params.cluster_bytes / 2;
	size_t at = 0;

	segment->output = segment->room;
	segment->extents = ib_realloc_array(NULL, blocks, sizeof(*segment->extents));
	while (at < segment->input_size) {
		size_t left = segment->input_size - at;
		bool is_doubtful = last <= EROFS_BLOCK;
		const struct offer offer = {
			.in = segment->input + at,
			.left = left,
			.size = is_doubtful ? DOUBTFUL_OFFER : 2 * last,
			.guess = is_doubtful ? DOUBTFUL_OFFER : last,
			.room = room_for(segment, left, packs),
		};
		uint8_t *out = segment->output + segment->output_size;
		size_t taken = 0;
		size_t written = find_extent(compressor, offer, is_doubtful, out, &taken);
		size_t used = 0;

		if (packs)
			leave_a_tail(compressor, offer, out, &written, &taken);
		if (packs && pack_tail(segment, &offer, written, taken))
			break;
		used = (written + EROFS_BLOCK - 1) / EROFS_BLOCK;
		if (taken > used * EROFS_BLOCK) {
			close_cluster(segment, written);
			add_extent(segment, taken, used, false);
		} else {
			taken = IB_MIN(left, (size_t)EROFS_BLOCK);
			put_raw(segment, offer.in, taken);
			add_extent(segment, taken, 1, true);
		}
		at += taken;
		last = taken;
	}
}
