/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker does with one segment. Nothing here depends on what ran before. */
#include <string.h>

#include "image/writer.h"

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
	ib_free(ib_take(segment->extents));
	segment->input = segment->room = segment->output = NULL;
	segment->input_size = 0;
	segment->output_size = 0;
	segment->tail_size = 0;
	segment->extent_count = 0;
	segment->has_compressed = false;
	segment->ends_region = false;
}

static void digest_whole(struct segment *segment)
{
	IB_AUTO(ib_digest) sha1 = NULL;
	struct content *content = segment->content;
	uint8_t value[IB_DIGEST_MAX_SIZE];

	if (!content->has_sha256)
		ib_sha256(segment->input, segment->input_size, content->sha256);
	if (segment->writer->params.without_sha1)
		return;
	sha1 = ib_digest_new("sha1");
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
	if (hashing->sha1)
		ib_digest_update(hashing->sha1, segment->input, segment->input_size);
	if (segment->is_last) {
		if (hashing->sha256) {
			ib_digest_final(hashing->sha256, value);
			memcpy(content->sha256, value, sizeof(content->sha256));
		}
		if (hashing->sha1) {
			ib_digest_final(hashing->sha1, value);
			memcpy(content->sha1, value, sizeof(content->sha1));
		}
	}
	ib_turn_advance(hashing->turn);
}

void ib_segment_run(void *argument)
{
	struct segment *segment = argument;
	struct ib_erofs_writer *writer = segment->writer;
	struct compressor *compressor = NULL;

	if (writer->params.compression != IB_EROFS_NONE) {
		compressor = ib_pool_take(writer->compressors);
		if (!compressor)
			compressor = ib_compressor_new(&writer->params);
		ib_segment_compress(segment, compressor);
		ib_pool_give(writer->compressors, compressor);
	}
	if (segment->hashing)
		digest_part(segment);
	else
		digest_whole(segment);
	ib_turn_advance(segment->done);
}
