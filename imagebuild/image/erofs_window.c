/* SPDX-License-Identifier: Apache-2.0 */
/* The window: segments in flight, and how each becomes blocks of the image. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "image/writer.h"

/* Input and output of all segments in flight; more where more workers wait for them. */
#define RING_BYTES        ((size_t)48 << 20)
#define RING_PER_WORKER   ((size_t)3 * SEGMENT_BYTES)
#define MAX_SEGMENT_BYTES (2 * SEGMENT_BYTES)
/* Each holds a file open. */
#define MAX_REPLAYS 32U

static uint64_t blocks_of(uint64_t size)
{
	return size / EROFS_BLOCK + (size % EROFS_BLOCK != 0);
}

int ib_writer_append(struct ib_erofs_writer *writer, const void *data, size_t size,
		     struct ib_error *err)
{
	uint64_t blocks = blocks_of(size);

	if (writer->next_block + blocks >= UINT32_MAX)
		return ib_fail(err, IB_LIMIT, "image '%s' would need more than 2^32 blocks",
			       writer->path);
	IB_TRY(ib_fd_write(writer->fd, data, size, writer->next_block * EROFS_BLOCK, writer->path,
			   err));
	writer->next_block += blocks;
	return 0;
}

int ib_spool_flush(struct ib_erofs_writer *writer, struct ib_error *err)
{
	struct ib_buffer *buffer = &writer->spool_buffer;

	IB_TRY(ib_fd_write(writer->spool, buffer->data, buffer->size,
			   writer->spool_size - buffer->size, "temporary file", err));
	ib_buffer_clear(buffer);
	return 0;
}

int ib_spool_put(struct ib_erofs_writer *writer, const void *data, size_t size,
		 struct ib_error *err)
{
	if (ib_buffer_room(&writer->spool_buffer) < size)
		IB_TRY(ib_spool_flush(writer, err));
	ib_buffer_put(&writer->spool_buffer, data, size);
	writer->spool_size += size;
	return 0;
}

int ib_spool_read(struct ib_erofs_writer *writer, void *data, size_t size, uint64_t offset,
		  struct ib_error *err)
{
	return ib_fd_read_at(writer->spool, data, size, offset, "temporary file", err);
}

static int write_compressed(struct ib_erofs_writer *writer, const struct segment *segment,
			    struct ib_error *err)
{
	struct content *content = segment->content;
	size_t i = 0;

	IB_TRY(ib_writer_append(writer, segment->output, segment->output_size, err));
	content->block_count += (uint32_t)(segment->output_size / EROFS_BLOCK);
	for (i = 0; i < segment->extent_count; i++) {
		ib_grow(content->extents, content->extent_count);
		content->extents[content->extent_count++] = segment->extents[i];
	}
	/* of a content that is not, the last segment is written as it is */
	content->is_compressed |= segment->has_compressed || segment->is_last;
	if (!segment->tail_size)
		return 0;
	content->tail_offset = writer->spool_size;
	content->tail_size = (uint32_t)segment->tail_size;
	return ib_spool_put(writer, segment->output + segment->output_size, segment->tail_size,
			    err);
}

/* Whether blocks, index and tail of a whole content take less room than its own bytes. */
static bool is_worth_it(const struct segment *segment)
{
	const struct content whole = {
		.size = segment->input_size,
		.extents = segment->extents,
		.extent_count = segment->extent_count,
	};

	return segment->output_size + ib_index_size(&whole, EROFS_INODE_EXTENDED_BYTES) +
		       segment->tail_size <
	       segment->input_size;
}

/* Whether a segment is written as it is; the last one speaks for its content. */
static bool is_flat(const struct segment *segment)
{
	if (!segment->output)
		return true;
	if (!segment->is_last || segment->content->is_compressed)
		return false;
	return segment->number ? !segment->has_compressed : !is_worth_it(segment);
}

static int write_segment(struct ib_erofs_writer *writer, const struct segment *segment,
			 struct ib_error *err)
{
	struct content *content = segment->content;

	if (!segment->number)
		content->start_block = (uint32_t)writer->next_block;
	if (is_flat(segment))
		IB_TRY(ib_flat_write(writer, segment, err));
	else
		IB_TRY(write_compressed(writer, segment, err));
	if (!segment->is_last)
		return 0;
	if (!content->is_compressed && !content->is_chunked) {
		/* all extents were raw and whole blocks: the same as no extents */
		ib_free(ib_take(content->extents));
		content->extent_count = 0;
	}
	writer->totals.content_bytes += content->size;
	writer->totals.stored_bytes += (uint64_t)content->block_count * EROFS_BLOCK;
	writer->totals.inline_bytes += content->tail_size;
	return 0;
}

static int place_next(struct ib_erofs_writer *writer, struct ib_error *err)
{
	struct segment *segment = &writer->slots[writer->placed % SLOT_COUNT];

	ib_turn_wait(segment->done, segment->uses);
	writer->placed++;
	if (segment->ends_region)
		ib_writer_pad_region(writer);
	else
		IB_TRY(segment->replay ? ib_replay_place(writer, segment->replay, err)
				       : write_segment(writer, segment, err));
	segment->end_block = writer->next_block;
	return 0;
}

static int retire_oldest(struct ib_erofs_writer *writer, struct ib_error *err)
{
	struct segment *segment = &writer->slots[writer->retired % SLOT_COUNT];
	uint64_t end_block = 0;
	bool ends_region = false;
	int r = 0;

	if (writer->placed == writer->retired)
		IB_TRY(place_next(writer, err));
	end_block = segment->end_block;
	ends_region = segment->ends_region;
	if (segment->replay)
		r = ib_replay_wait(segment->replay, err);
	writer->replays_in_flight -= segment->replay != NULL;
	if (segment->input)
		ib_ring_give_oldest(writer->ring);
	ib_segment_release(segment);
	writer->retired++;
	if (r == 0 && !ends_region) /* slack is there when something behind it is */
		ib_verity_ahead_reach(writer->params.ahead, end_block * EROFS_BLOCK);
	return r;
}

struct ib_ring *ib_window_ring(size_t workers)
{
	return ib_ring_new(IB_MAX(RING_BYTES, workers * RING_PER_WORKER), MAX_SEGMENT_BYTES);
}

int ib_window_reserve(struct ib_erofs_writer *writer, size_t capacity, struct ib_error *err)
{
	size_t room = blocks_of(capacity) * EROFS_BLOCK;

	/* what is in flight, if not this one, makes room in the end */
	while (!(writer->input = ib_ring_take(writer->ring, capacity + room)))
		IB_TRY(retire_oldest(writer, err));
	writer->input_capacity = capacity;
	return 0;
}

/* Waits until there is one. */
static int next_slot(struct ib_erofs_writer *writer, struct segment **ret_segment,
		     struct ib_error *err)
{
	struct segment *segment = NULL;

	while (writer->filled - writer->retired == SLOT_COUNT)
		IB_TRY(retire_oldest(writer, err));
	segment = &writer->slots[writer->filled % SLOT_COUNT];
	if (!segment->done)
		segment->done = ib_turn_new();
	segment->writer = writer;
	segment->uses++;
	*ret_segment = segment;
	return 0;
}

int ib_window_submit(struct ib_erofs_writer *writer, struct ib_error *err)
{
	struct segment *segment = NULL;

	IB_TRY(next_slot(writer, &segment, err));
	segment->content = writer->current;
	segment->hashing = writer->current_hashing;
	segment->number = writer->current_number++;
	segment->is_last = !writer->current_left;
	segment->room = writer->input + writer->input_capacity;
	segment->input = ib_take(writer->input);
	segment->input_size = writer->input_size;
	if (segment->is_last)
		writer->current_hashing = NULL; /* the segment frees it */
	writer->input_size = 0;
	writer->filled++;
	ib_threads_add(writer->threads, ib_segment_run, segment);
	return 0;
}

/* Unless they wait for what is still being compressed. */
static int place_replays(struct ib_erofs_writer *writer, struct ib_error *err)
{
	const struct segment *segment = NULL;

	while (writer->placed < writer->filled) {
		segment = &writer->slots[writer->placed % SLOT_COUNT];
		if (!segment->replay && !segment->ends_region)
			break;
		IB_TRY(place_next(writer, err));
	}
	return 0;
}

static int submit_replay(struct ib_erofs_writer *writer, struct replay *replay, bool *ret_taken,
			 struct ib_error *err)
{
	struct segment *segment = NULL;

	while (writer->replays_in_flight == MAX_REPLAYS)
		IB_TRY(retire_oldest(writer, err));
	IB_TRY(next_slot(writer, &segment, err));
	segment->replay = replay;
	*ret_taken = true;
	writer->filled++;
	writer->replays_in_flight++;
	ib_turn_advance(segment->done);
	return place_replays(writer, err);
}

int ib_window_submit_replay(struct ib_erofs_writer *writer, struct replay *replay,
			    struct ib_error *err)
{
	bool is_taken = false;
	int r = submit_replay(writer, replay, &is_taken, err);

	if (!is_taken)
		ib_replay_free(replay);
	return r;
}

int ib_window_end_region(struct ib_erofs_writer *writer, struct ib_error *err)
{
	struct segment *segment = NULL;

	IB_TRY(next_slot(writer, &segment, err));
	segment->ends_region = true;
	writer->filled++;
	ib_turn_advance(segment->done);
	return 0;
}

void ib_writer_pad_region(struct ib_erofs_writer *writer)
{
	uint64_t blocks = writer->next_block - writer->region_start;

	writer->next_block = writer->region_start + ib_layout_padded(writer->params.layout, blocks);
	writer->region_start = writer->next_block;
}

int ib_window_drain(struct ib_erofs_writer *writer, struct ib_error *err)
{
	while (writer->retired < writer->filled)
		IB_TRY(retire_oldest(writer, err));
	return 0;
}
