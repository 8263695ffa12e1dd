/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker does with one segment. Nothing here depends on what ran before. */
#include <string.h>

#include "image/writer.h"

/* What the compressor sees of a segment before anything is known of it. */
#define FIRST_OFFER ((size_t)16 << 10)
/* What it sees behind a block that did not compress: enough to tell whether this one does. */
#define DOUBTFUL_OFFER (EROFS_BLOCK + 256U)

void ib_hashing_free(struct hashing *hashing)
{
	if (!hashing)
		return;
	ib_digest_free(hashing->sha256);
	ib_digest_free(hashing->sha1);
	ib_turn_free(hashing->turn);
	ib_free(hashing);
}

void ib_segment_release(struct segment *segment)
{
	if (segment->is_last)
		ib_hashing_free(segment->hashing);
	segment->hashing = NULL;
	ib_replay_free(ib_take(segment->replay));
	ib_free(ib_take(segment->input));
	ib_free(ib_take(segment->output));
	ib_free(ib_take(segment->extents));
	segment->input_size = 0;
	segment->output_size = 0;
	segment->extent_count = 0;
	segment->has_compressed = false;
}

static void digest_whole(struct segment *segment)
{
	IB_AUTO(ib_digest) sha1 = ib_digest_new("sha1");
	struct content *content = segment->content;
	uint8_t value[IB_DIGEST_MAX_SIZE];

	if (!content->has_sha256)
		ib_sha256(segment->input, segment->input_size, content->sha256);
	ib_digest_update(sha1, segment->input, segment->input_size);
	ib_digest_final(sha1, value);
	memcpy(content->sha1, value, sizeof(content->sha1));
}

static void digest_part(struct segment *segment)
{
	struct hashing *hashing = segment->hashing;
	struct content *content = segment->content;
	uint8_t value[IB_DIGEST_MAX_SIZE];

	ib_turn_wait(hashing->turn, segment->number);
	if (hashing->sha256)
		ib_digest_update(hashing->sha256, segment->input, segment->input_size);
	ib_digest_update(hashing->sha1, segment->input, segment->input_size);
	if (segment->is_last) {
		if (hashing->sha256) {
			ib_digest_final(hashing->sha256, value);
			memcpy(content->sha256, value, sizeof(content->sha256));
		}
		ib_digest_final(hashing->sha1, value);
		memcpy(content->sha1, value, sizeof(content->sha1));
	}
	ib_turn_advance(hashing->turn);
}

/*
 * The block at the end of the output takes an extent: compressed data, which lies at its front,
 * moves to its end, as LZ4_0PADDING has it.
 */
static void close_block(struct segment *segment, size_t size)
{
	uint8_t *block = segment->output + segment->output_size;
	size_t gap = EROFS_BLOCK - size;

	if (gap) {
		memmove(block + gap, block, size);
		memset(block, 0, gap);
	}
	segment->output_size += EROFS_BLOCK;
}

static void put_raw(struct segment *segment, const void *data, size_t size)
{
	uint8_t *block = segment->output + segment->output_size;

	memcpy(block, data, size);
	memset(block + size, 0, EROFS_BLOCK - size);
	segment->output_size += EROFS_BLOCK;
}

static void add_extent(struct segment *segment, size_t taken, bool is_raw)
{
	segment->extents[segment->extent_count++] = (uint32_t)taken | (is_raw ? EXTENT_RAW : 0);
	segment->has_compressed |= !is_raw;
}

/*
 * LZ4HC looks through all that it is offered before it notices that nothing of
 * it compresses; so it is offered about twice of what fitted last time, little where
 * that was not compressed at all, and more only when all of that fits.
 */
static size_t fill_block(struct ib_lz4 *lz4, const uint8_t *in, size_t left, size_t offer,
			 uint8_t *block, size_t *ret_taken)
{
	size_t written = 0;

	while (true) {
		size_t taken = 0;

		offer = IB_MIN(offer, left);
		written = ib_lz4_fill(lz4, in, offer, block, EROFS_BLOCK, &taken);
		*ret_taken = written ? taken : 0;
		if (*ret_taken < offer || offer == left)
			return written;
		offer *= 4;
	}
}

/*
 * Each extent fills one block of the image. What compresses to no less than a block, and
 * the last bytes that fit into one, are stored as they are.
 */
static void compress(struct segment *segment, struct ib_lz4 *lz4)
{
	size_t blocks = (segment->input_size + EROFS_BLOCK - 1) / EROFS_BLOCK;
	size_t last = FIRST_OFFER / 2;
	size_t at = 0;

	segment->output = ib_realloc_array(NULL, blocks, EROFS_BLOCK);
	segment->extents = ib_realloc_array(NULL, blocks, sizeof(*segment->extents));
	while (at < segment->input_size) {
		const uint8_t *in = segment->input + at;
		size_t left = segment->input_size - at;
		size_t offer = last > EROFS_BLOCK ? 2 * last : DOUBTFUL_OFFER;
		size_t taken = 0;
		size_t written = 0;

		if (left > EROFS_BLOCK)
			written = fill_block(lz4, in, left, offer,
					     segment->output + segment->output_size, &taken);
		if (taken > EROFS_BLOCK) {
			close_block(segment, written);
			add_extent(segment, taken, false);
		} else {
			taken = IB_MIN(left, (size_t)EROFS_BLOCK);
			put_raw(segment, in, taken);
			add_extent(segment, taken, true);
		}
		at += taken;
		last = taken;
	}
}

static int level_of(const struct ib_erofs_params *params)
{
	if (params->compression == IB_EROFS_LZ4)
		return 0;
	return params->level ? params->level : IB_LZ4HC_DEFAULT_LEVEL;
}

void ib_segment_run(void *argument)
{
	struct segment *segment = argument;
	struct ib_erofs_writer *writer = segment->writer;
	struct ib_lz4 *lz4 = NULL;

	if (writer->params.compression != IB_EROFS_NONE) {
		lz4 = ib_pool_take(writer->compressors);
		if (!lz4)
			lz4 = ib_lz4_new(level_of(&writer->params));
		compress(segment, lz4);
		ib_pool_give(writer->compressors, lz4);
	}
	if (segment->hashing)
		digest_part(segment);
	else
		digest_whole(segment);
	ib_turn_advance(segment->done);
}
