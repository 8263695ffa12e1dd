/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contents that are stored as they are: whole blocks and a tail beside the inode. In an image
 * without compression, one with a chunk of nothing but zeros becomes chunks: those are left out.
 */
#include <string.h>

#include "image/writer.h"

#define CHUNK_BLOCKS ((uint32_t)(IB_CHUNK_BYTES / EROFS_BLOCK))

static uint64_t blocks_of(uint64_t size)
{
	return size / EROFS_BLOCK + (size % EROFS_BLOCK != 0);
}

static bool is_zero(const uint8_t *data, size_t size)
{
	return !data[0] && !memcmp(data, data + 1, size - 1);
}

static size_t chunk_size(const struct segment *segment, size_t at)
{
	return IB_MIN(segment->input_size - at, IB_CHUNK_BYTES);
}

static bool has_hole(const struct segment *segment)
{
	size_t at = 0;

	for (at = 0; at < segment->input_size; at += IB_CHUNK_BYTES)
		if (is_zero(segment->input + at, chunk_size(segment, at)))
			return true;
	return false;
}

/* count more chunks, stored or left out, behind those that there are. */
static void add_run(struct content *content, uint32_t count, uint32_t hole)
{
	uint32_t *last =
		content->extent_count ? &content->extents[content->extent_count - 1] : NULL;

	if (!count)
		return;
	if (last && (*last & RUN_HOLE) == hole) {
		*last += count;
		return;
	}
	ib_grow(content->extents, content->extent_count);
	content->extents[content->extent_count++] = count | hole;
}

/* Segments begin at multiples of chunks. */
static int write_chunks(struct ib_erofs_writer *writer, const struct segment *segment,
			struct ib_error *err)
{
	struct content *content = segment->content;
	size_t at = 0;

	if (!content->is_chunked)
		add_run(content, content->block_count / CHUNK_BLOCKS, 0);
	content->is_chunked = true;
	for (at = 0; at < segment->input_size; at += IB_CHUNK_BYTES) {
		size_t size = chunk_size(segment, at);

		if (is_zero(segment->input + at, size)) {
			add_run(content, 1, RUN_HOLE);
			continue;
		}
		add_run(content, 1, 0);
		IB_TRY(ib_writer_append(writer, segment->input + at, size, err));
		content->block_count += (uint32_t)blocks_of(size);
	}
	return 0;
}

int ib_flat_write(struct ib_erofs_writer *writer, const struct segment *segment,
		  struct ib_error *err)
{
	struct content *content = segment->content;
	size_t tail = segment->input_size % EROFS_BLOCK;
	size_t whole = segment->input_size - tail;

	if (content->is_chunked || (writer->params.compression == IB_EROFS_NONE &&
				    content->size > IB_CHUNK_BYTES && has_hole(segment)))
		return write_chunks(writer, segment, err);
	if (content->size > EROFS_BLOCK && tail > IB_MAX_TAIL_BEHIND_BLOCKS) {
		whole = segment->input_size;
		tail = 0;
	}
	IB_TRY(ib_writer_append(writer, segment->input, whole, err));
	content->block_count += (uint32_t)blocks_of(whole);
	if (!tail)
		return 0;
	content->tail_offset = writer->spool_size;
	content->tail_size = (uint32_t)tail;
	return ib_spool_put(writer, segment->input + whole, tail, err);
}

/* ---- in the metadata ---- */

size_t ib_chunks_size(const struct content *content)
{
	return (size_t)((content->size + IB_CHUNK_BYTES - 1) / IB_CHUNK_BYTES) *
	       EROFS_CHUNK_ADDRESS_BYTES;
}

void ib_chunks_put(const struct content *content, struct ib_buffer *out)
{
	uint32_t block = content->start_block;
	size_t i = 0;
	uint32_t j = 0;

	for (i = 0; i < content->extent_count; i++) {
		uint32_t run = content->extents[i];

		for (j = 0; j < (run & ~RUN_HOLE); j++) {
			ib_buffer_put_le32(out, run & RUN_HOLE ? EROFS_CHUNK_HOLE : block);
			if (!(run & RUN_HOLE))
				block += CHUNK_BLOCKS;
		}
	}
}
