/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the cache are made of what the image holds by now, by the workers. */
#include <string.h>

#include "image/blocks.h"

void ib_keeping_begin(struct ib_erofs_writer *writer, const struct ib_block_subject *subject)
{
	ib_grow(writer->keepings, writer->keeping_count);
	writer->keepings[writer->keeping_count++] =
		(struct keeping){ .writer = writer, .subject = *subject };
}

void ib_keeping_note(struct ib_erofs_writer *writer, uint32_t file, struct content *content)
{
	struct keeping *keeping = NULL;

	if (!writer->cache)
		return;
	keeping = &writer->keepings[writer->keeping_count - 1];
	ib_grow(keeping->files, keeping->file_count);
	keeping->files[keeping->file_count++] =
		(struct kept_file){ .content = content, .file = file };
}

void ib_keepings_free(struct ib_erofs_writer *writer)
{
	size_t i = 0;

	for (i = 0; i < writer->keeping_count; i++)
		ib_free(writer->keepings[i].files);
	ib_free(writer->keepings);
}

static int write_blocks(const struct keeping *keeping, int fd, uint64_t *at, struct ib_error *err)
{
	const struct ib_erofs_writer *writer = keeping->writer;
	size_t i = 0;
	size_t next = 0;

	for (i = 0; i < keeping->file_count; i = next) {
		const struct kept_file *first = &keeping->files[i];
		struct ib_range from = { writer->fd, (uint64_t)first->start_block * EROFS_BLOCK,
					 writer->path };
		struct ib_range to = { fd, *at, "cache of blocks" };
		uint64_t blocks = first->block_count;

		for (next = i + 1; next < keeping->file_count; next++) {
			if (keeping->files[next].start_block != first->start_block + blocks)
				break;
			blocks += keeping->files[next].block_count;
		}
		if (blocks)
			IB_TRY(ib_fd_copy(&from, &to, blocks * EROFS_BLOCK, err));
		*at += blocks * EROFS_BLOCK;
	}
	return 0;
}

static int write_tails(const struct keeping *keeping, int fd, uint64_t *at, struct ib_error *err)
{
	IB_AUTO_BUFFER(tails, 1 << 20);
	size_t i = 0;

	for (i = 0; i <= keeping->file_count; i++) {
		const struct kept_file *kept = &keeping->files[i];
		bool is_end = i == keeping->file_count;

		if (is_end || ib_buffer_room(&tails) < kept->tail_size) {
			IB_TRY(ib_fd_write(fd, tails.data, tails.size, *at, "cache of blocks",
					   err));
			*at += tails.size;
			ib_buffer_clear(&tails);
		}
		if (is_end || !kept->tail_size)
			continue;
		IB_TRY(ib_spool_read(keeping->writer, ib_buffer_reserve(&tails, kept->tail_size),
				     kept->tail_size, kept->tail_offset, err));
		tails.size += kept->tail_size;
	}
	return 0;
}

static void put_record(const struct kept_file *kept, struct ib_buffer *index)
{
	const struct content *content = kept->content;
	size_t i = 0;

	ib_buffer_put_le32(index, kept->file);
	ib_buffer_put_le64(index, content->size);
	ib_buffer_put(index, content->sha256, sizeof(content->sha256));
	ib_buffer_put(index, content->sha1, sizeof(content->sha1));
	ib_buffer_put_u8(index, content->is_chunked ? KIND_CHUNKS : content->is_compressed);
	ib_buffer_put_le32(index, kept->block_count);
	ib_buffer_put_le32(index, kept->tail_size);
	ib_buffer_put_le32(index, (uint32_t)content->extent_count);
	for (i = 0; i < content->extent_count; i++)
		ib_buffer_put_le32(index, content->extents[i]);
}

static int write_index(const struct keeping *keeping, int fd, uint64_t blocks_end,
		       uint64_t tails_end, struct ib_error *err)
{
	ib_autofree char *form = ib_erofs_form(&keeping->writer->params);
	IB_AUTO_BUFFER(index, SIZE_MAX / 2);
	uint64_t index_size = 0;
	size_t i = 0;

	ib_buffer_put_le32(&index, (uint32_t)strlen(form));
	ib_buffer_puts(&index, form);
	ib_buffer_put_le32(&index, (uint32_t)keeping->file_count);
	for (i = 0; i < keeping->file_count; i++)
		put_record(&keeping->files[i], &index);
	index_size = index.size;
	ib_buffer_put_le64(&index, blocks_end / EROFS_BLOCK);
	ib_buffer_put_le64(&index, tails_end - blocks_end);
	ib_buffer_put_le64(&index, index_size);
	ib_buffer_puts(&index, BLOCKS_MAGIC);
	return ib_fd_write(fd, index.data, index.size, tails_end, "cache of blocks", err);
}

static int write_entry(const struct keeping *keeping, int fd, struct ib_error *err)
{
	uint64_t blocks_end = 0;
	uint64_t tails_end = 0;

	IB_TRY(write_blocks(keeping, fd, &blocks_end, err));
	tails_end = blocks_end;
	IB_TRY(write_tails(keeping, fd, &tails_end, err));
	return write_index(keeping, fd, blocks_end, tails_end, err);
}

static int keep(const struct keeping *keeping, struct ib_error *err)
{
	const struct ib_block_cache *cache = keeping->writer->cache;
	void *file = NULL;
	int fd = -1;
	int r = 0;

	IB_TRY(cache->begin(cache->context, &keeping->subject, &file, &fd, err));
	if (!file)
		return 0;
	r = write_entry(keeping, fd, err);
	if (r == 0)
		return cache->commit(cache->context, &keeping->subject, file, err);
	cache->abandon(cache->context, file);
	return r;
}

static void start_keeping(void *argument)
{
	struct ib_error ignored = IB_ERROR_INIT; /* what is not kept is made again */

	if (keep(argument, &ignored) < 0)
		ib_error_clear(&ignored);
}

/* Without digests in the header nothing could be held against it later. */
static bool may_be_kept(const struct keeping *keeping)
{
	size_t i = 0;

	for (i = 0; i < keeping->file_count; i++)
		if (!keeping->files[i].content->has_sha256)
			return false;
	return true;
}

void ib_keepings_start(struct ib_erofs_writer *writer)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < writer->keeping_count; i++) {
		struct keeping *keeping = &writer->keepings[i];

		for (j = 0; j < keeping->file_count; j++) {
			struct kept_file *kept = &keeping->files[j];

			kept->start_block = kept->content->start_block;
			kept->block_count = kept->content->block_count;
			kept->tail_size = kept->content->tail_size;
			kept->tail_offset = kept->content->tail_offset;
		}
	}
	for (i = 0; i < writer->keeping_count; i++)
		if (may_be_kept(&writer->keepings[i]))
			ib_threads_add(writer->threads, start_keeping, &writer->keepings[i]);
}
