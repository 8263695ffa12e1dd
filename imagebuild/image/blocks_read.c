/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the cache are checked ahead by the workers, and used in the order of packages. */
#include <string.h>
#include <unistd.h>

#include "image/blocks.h"

#define CHECK_PIECE ((size_t)256 << 10)
/* A content of the entry that the image lacks. */
struct replayed {
	struct content *content;
	uint64_t first_block; /* in the entry */
	uint64_t tail_offset; /* in the entry */
};

struct replay {
	int fd;
	struct replayed *items; /* owned */
	size_t count;
	struct ib_erofs_writer *writer; /* once it has its place */
	struct ib_turn *copied;         /* owned; the same */
	struct ib_error err;
	bool failed; /* to copy */
};

void ib_replay_free(struct replay *replay)
{
	if (!replay)
		return;
	if (replay->fd >= 0)
		close(replay->fd);
	ib_turn_free(replay->copied);
	ib_error_clear(&replay->err);
	ib_free(replay->items);
	ib_free(replay);
}

/* ---- looking an entry up ------------------------------------------------- */

static int hash_entry(const struct ib_block_entry *entry, char *hex, struct ib_error *err)
{
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	ib_autofree uint8_t *piece = ib_realloc_array(NULL, CHECK_PIECE, 1);
	uint8_t value[IB_DIGEST_MAX_SIZE];
	uint64_t at = 0;

	while (at < entry->size) {
		size_t size = (size_t)IB_MIN(entry->size - at, (uint64_t)CHECK_PIECE);

		IB_TRY(ib_fd_read_at(entry->fd, piece, size, at, "cache of blocks", err));
		ib_digest_update(digest, piece, size);
		at += size;
	}
	ib_hex_write(value, ib_digest_final(digest, value), hex);
	return 0;
}

static void check_entry(void *argument)
{
	struct lookup *lookup = argument;
	struct ib_error ignored = IB_ERROR_INIT; /* an entry that cannot be read is none */
	char hex[65];

	if (hash_entry(&lookup->entry, hex, &ignored) < 0)
		ib_error_clear(&ignored);
	else
		lookup->is_good = ib_str_equal(hex, lookup->entry.sha256);
	ib_turn_advance(lookup->checked);
}

int ib_lookup_begin(struct ib_erofs_writer *writer, struct lookup *lookup, struct ib_error *err)
{
	struct ib_block_entry entry = { .fd = -1 };
	bool found = false;

	IB_TRY(writer->cache->find(writer->cache->context, &lookup->subject, &found, &entry, err));
	if (!found)
		return 0;
	lookup->entry = entry;
	lookup->checked = ib_turn_new();
	ib_threads_add(writer->threads, check_entry, lookup);
	return 0;
}

void ib_lookup_done(struct lookup *lookup)
{
	if (lookup->checked)
		ib_turn_wait(lookup->checked, 1);
	ib_turn_free(ib_take(lookup->checked));
	if (lookup->entry.fd >= 0)
		close(lookup->entry.fd);
	lookup->entry.fd = -1;
}

/* ---- what it says -------------------------------------------------------- */

/* Entries come from a place of our own; what does not hold all the same makes them none. */
static bool read_footer(const struct ib_block_entry *entry, struct footer *footer)
{
	struct ib_error ignored = IB_ERROR_INIT;
	uint8_t b[BLOCKS_FOOTER_BYTES];

	if (entry->size < sizeof(b))
		return false;
	if (ib_fd_read_at(entry->fd, b, sizeof(b), entry->size - sizeof(b), "cache of blocks",
			  &ignored) < 0) {
		ib_error_clear(&ignored);
		return false;
	}
	footer->blocks = ib_get_le64(b);
	footer->tail_bytes = ib_get_le64(b + 8);
	footer->index_bytes = ib_get_le64(b + 16);
	return !memcmp(b + 24, BLOCKS_MAGIC, 8) && footer->blocks <= UINT32_MAX &&
	       footer->tail_bytes <= entry->size && footer->index_bytes <= BLOCKS_INDEX_MAX &&
	       footer->blocks * EROFS_BLOCK + footer->tail_bytes + footer->index_bytes +
			       sizeof(b) ==
		       entry->size;
}

struct cursor {
	const uint8_t *at;
	size_t left;
	bool is_bad;
};

static const uint8_t *get(struct cursor *cursor, size_t size)
{
	const uint8_t *at = cursor->at;

	if (cursor->is_bad || size > cursor->left) {
		cursor->is_bad = true;
		return NULL;
	}
	cursor->at += size;
	cursor->left -= size;
	return at;
}

static uint32_t get_le32(struct cursor *cursor)
{
	const uint8_t *at = get(cursor, 4);

	return at ? ib_get_le32(at) : 0;
}

enum { FIXED_BYTES = 8 + 32 + 20 + 1 + 4 + 4 + 4 };

static bool get_record(struct cursor *cursor, uint32_t *ret_file, struct record *record)
{
	struct content *content = &record->content;
	const uint8_t *at = NULL;

	*ret_file = get_le32(cursor);
	at = get(cursor, FIXED_BYTES);
	if (!at)
		return false;
	content->size = ib_get_le64(at);
	memcpy(content->sha256, at + 8, sizeof(content->sha256));
	memcpy(content->sha1, at + 40, sizeof(content->sha1));
	content->has_sha256 = true;
	content->is_compressed = at[60] == KIND_COMPRESSED;
	content->is_chunked = at[60] == KIND_CHUNKS;
	content->block_count = ib_get_le32(at + 61);
	content->tail_size = ib_get_le32(at + 65);
	content->extent_count = ib_get_le32(at + 69);
	if (at[60] > KIND_CHUNKS || content->extent_count > cursor->left / 4)
		return false;
	record->extents = get(cursor, 4 * content->extent_count);
	return true;
}

/* Whether runs hold exactly the content's chunks, and the blocks those that are not left out. */
static bool are_runs_right(const struct record *record)
{
	const struct content *content = &record->content;
	uint64_t chunks = 0;
	uint64_t stored = 0;
	uint64_t all = (content->size + IB_CHUNK_BYTES - 1) / IB_CHUNK_BYTES;
	uint64_t blocks = 0;
	uint32_t run = 0;
	size_t i = 0;

	for (i = 0; i < content->extent_count; i++) {
		run = ib_get_le32(record->extents + 4 * i);
		chunks += run & ~RUN_HOLE;
		stored += run & RUN_HOLE ? 0 : run;
	}
	blocks = stored * (IB_CHUNK_BYTES / EROFS_BLOCK);
	if (!(run & RUN_HOLE)) /* the last chunk may be a short one */
		blocks -= (all * IB_CHUNK_BYTES - content->size) / EROFS_BLOCK;
	return chunks == all && blocks == content->block_count && !content->tail_size;
}

/* Whether the last extent may be what is packed: as long as it says, if it is raw. */
static bool is_tail_right(const struct ib_erofs_writer *writer, uint32_t extent, uint32_t tail_size)
{
	return writer->params.pack_tails && tail_size <= IB_MAX_PACKED_TAIL &&
	       !(extent & EXTENT_BLOCKS) &&
	       (!(extent & EXTENT_RAW) || (extent & EXTENT_SIZE) == tail_size);
}

/* Whether extents hold exactly the content in its blocks and what is packed. */
static bool are_extents_right(const struct ib_erofs_writer *writer, const struct record *record)
{
	const struct content *content = &record->content;
	const uint32_t most = writer->params.cluster_bytes / EROFS_BLOCK;
	uint64_t sum = 0;
	uint64_t blocks = 0;
	size_t i = 0;

	for (i = 0; i < content->extent_count; i++) {
		uint32_t extent = ib_get_le32(record->extents + 4 * i);
		uint32_t size = extent & EXTENT_SIZE;
		uint32_t used = ib_extent_blocks(extent);
		bool is_tail = content->tail_size && i + 1 == content->extent_count;

		if (!size || size > (extent & EXTENT_RAW ? EROFS_BLOCK : SEGMENT_BYTES) ||
		    used > (extent & EXTENT_RAW ? 1 : most) ||
		    (is_tail && !is_tail_right(writer, extent, content->tail_size)))
			return false;
		sum += size;
		blocks += is_tail ? 0 : used;
	}
	return sum == content->size && blocks == content->block_count;
}

/* Whether blocks and tail hold exactly the content, as the window writes them. */
static bool is_shaped_right(const struct ib_erofs_writer *writer, const struct record *record)
{
	const struct content *content = &record->content;
	uint64_t whole = (uint64_t)content->block_count * EROFS_BLOCK;

	if (content->is_chunked)
		return are_runs_right(record);
	if (content->is_compressed)
		return are_extents_right(writer, record);
	return !content->extent_count && content->tail_size < EROFS_BLOCK &&
	       (content->tail_size ? whole + content->tail_size == content->size
				   : whole >= content->size && whole - content->size < EROFS_BLOCK);
}

/* Whether it is what the signed header says of a file that the tree has, or the content that was asked for. */
static bool belongs(const struct ib_erofs_writer *writer, const struct lookup *lookup,
		    uint32_t file, struct record *record)
{
	const uint32_t package = lookup->subject.package;
	const uint8_t *sha256 = lookup->subject.sha256;

	record->inode = lookup->generated;
	if (!sha256) {
		sha256 = ib_tree_payload_sha256(writer->tree, package, file);
		record->inode = ib_tree_payload_inode(writer->tree, package, file);
	}
	return record->inode && sha256 && record->content.size &&
	       record->inode->size == record->content.size && !record->inode->sink &&
	       !memcmp(sha256, record->content.sha256, 32);
}

static bool has_form(const struct ib_erofs_writer *writer, struct cursor *cursor)
{
	ib_autofree char *form = ib_erofs_form(&writer->params);
	size_t size = get_le32(cursor);
	const uint8_t *at = get(cursor, size);

	return at && size == strlen(form) && !memcmp(at, form, size);
}

/* All records, or false; the caller frees them either way. */
static bool read_records(const struct ib_erofs_writer *writer, const struct lookup *lookup,
			 const struct footer *footer, struct cursor *cursor,
			 struct records *records)
{
	uint64_t block = 0;
	uint64_t tail = footer->blocks * EROFS_BLOCK;
	size_t count = 0;
	size_t i = 0;

	if (!has_form(writer, cursor))
		return false;
	count = get_le32(cursor);
	if (cursor->is_bad || count > cursor->left / FIXED_BYTES)
		return false;
	records->items = ib_alloc_array(count, sizeof(*records->items));
	for (i = 0; i < count; i++) {
		struct record *record = &records->items[i];
		uint32_t file = 0;

		if (!get_record(cursor, &file, record) || !is_shaped_right(writer, record) ||
		    !belongs(writer, lookup, file, record))
			return false;
		record->first_block = block;
		record->tail_offset = tail;
		block += record->content.block_count;
		tail += record->content.tail_size;
	}
	records->count = count;
	return !cursor->is_bad && !cursor->left && block == footer->blocks &&
	       tail == footer->blocks * EROFS_BLOCK + footer->tail_bytes;
}

void ib_records_done(struct records *records)
{
	ib_free(records->items);
	ib_free(records->index);
}

int ib_records_read(const struct ib_erofs_writer *writer, const struct lookup *lookup,
		    struct records *records, bool *ret_good, struct ib_error *err)
{
	const struct ib_block_entry *entry = &lookup->entry;
	struct footer footer = { 0 };
	struct cursor cursor = { 0 };

	*ret_good = false;
	if (!read_footer(entry, &footer))
		return 0;
	records->index = ib_realloc_array(NULL, footer.index_bytes, 1);
	IB_TRY(ib_fd_read_at(entry->fd, records->index, footer.index_bytes,
			     footer.blocks * EROFS_BLOCK + footer.tail_bytes, "cache of blocks",
			     err));
	cursor = (struct cursor){ .at = records->index, .left = footer.index_bytes };
	*ret_good = read_records(writer, lookup, &footer, &cursor, records);
	return 0;
}

/* ---- using it ------------------------------------------------------------ */

static void add_item(struct ib_erofs_writer *writer, struct replay *replay,
		     const struct record *record)
{
	struct content *content = ib_memdup(&record->content, sizeof(*content));
	size_t i = 0;

	if (content->extent_count)
		content->extents =
			ib_realloc_array(NULL, content->extent_count, sizeof(*content->extents));
	for (i = 0; i < content->extent_count; i++)
		content->extents[i] = ib_get_le32(record->extents + 4 * i);
	ib_writer_add_content(writer, content);
	record->inode->sink = content;
	replay->items[replay->count++] =
		(struct replayed){ content, record->first_block, record->tail_offset };
}

static struct replay *make_replay(struct ib_erofs_writer *writer, int fd,
				  const struct record *records, size_t count)
{
	struct replay *replay = ib_alloc(sizeof(*replay));
	size_t i = 0;

	replay->fd = fd;
	replay->items = ib_alloc_array(count, sizeof(*replay->items));
	for (i = 0; i < count; i++) {
		const struct record *record = &records[i];
		struct content *there = ib_writer_find_content(writer, record->content.sha256);

		if (there && there->size == record->content.size) {
			writer->totals.shared_files++;
			record->inode->sink = there;
		} else {
			add_item(writer, replay, record);
		}
	}
	return replay;
}

static int use(struct ib_erofs_writer *writer, const struct lookup *lookup, bool *ret_used,
	       struct ib_error *err)
{
	__attribute__((cleanup(ib_records_done))) struct records records = { 0 };

	IB_TRY(ib_records_read(writer, lookup, &records, ret_used, err));
	if (!*ret_used)
		return 0;
	IB_TRY(ib_window_submit_replay(
		writer, make_replay(writer, lookup->entry.fd, records.items, records.count), err));
	return 0;
}

int ib_lookup_use(struct ib_erofs_writer *writer, struct lookup *lookup, bool *ret_used,
		  struct ib_error *err)
{
	int r = 0;

	*ret_used = false;
	if (!lookup->checked)
		return 0;
	ib_turn_wait(lookup->checked, 1);
	if (lookup->is_good)
		r = use(writer, lookup, ret_used, err);
	if (*ret_used)
		lookup->entry.fd = -1; /* the replay's */
	ib_lookup_done(lookup);
	return r;
}

/* ---- in its turn --------------------------------------------------------- */

static int write_tail(struct ib_erofs_writer *writer, const struct replay *replay,
		      const struct replayed *item, struct ib_error *err)
{
	uint8_t tail[EROFS_BLOCK];
	struct content *content = item->content;

	if (!content->tail_size)
		return 0;
	IB_TRY(ib_fd_read_at(replay->fd, tail, content->tail_size, item->tail_offset,
			     "cache of blocks", err));
	content->tail_offset = writer->spool_size;
	return ib_spool_put(writer, tail, content->tail_size, err);
}

/* Gives contents their blocks; tails come into memory. */
static int place_contents(struct ib_erofs_writer *writer, const struct replay *replay,
			  struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < replay->count; i++) {
		const struct replayed *item = &replay->items[i];
		struct content *content = item->content;

		if (writer->next_block + content->block_count >= UINT32_MAX)
			return ib_fail(err, IB_LIMIT, "image '%s' would need more than 2^32 blocks",
				       writer->path);
		content->start_block = (uint32_t)writer->next_block;
		writer->next_block += content->block_count;
		IB_TRY(write_tail(writer, replay, item, err));
		writer->totals.content_bytes += content->size;
		writer->totals.stored_bytes += (uint64_t)content->block_count * EROFS_BLOCK;
		writer->totals.inline_bytes += content->tail_size;
	}
	return 0;
}

/* What follows each other in the entry follows each other in the image, and is copied at once. */
static int copy_blocks(const struct replay *replay, struct ib_error *err)
{
	size_t i = 0;
	size_t next = 0;

	for (i = 0; i < replay->count; i = next) {
		const struct replayed *first = &replay->items[i];
		struct ib_range from = { replay->fd, first->first_block * EROFS_BLOCK,
					 "cache of blocks" };
		struct ib_range to = { replay->writer->fd,
				       (uint64_t)first->content->start_block * EROFS_BLOCK,
				       replay->writer->path };
		uint64_t blocks = first->content->block_count;

		for (next = i + 1; next < replay->count; next++) {
			if (replay->items[next].first_block != first->first_block + blocks)
				break;
			blocks += replay->items[next].content->block_count;
		}
		if (blocks)
			IB_TRY(ib_fd_copy(&from, &to, blocks * EROFS_BLOCK, err));
	}
	return 0;
}

static void copy_replay(void *argument)
{
	struct replay *replay = argument;

	replay->failed = copy_blocks(replay, &replay->err) < 0;
	ib_turn_advance(replay->copied);
}

int ib_replay_place(struct ib_erofs_writer *writer, struct replay *replay, struct ib_error *err)
{
	IB_TRY(place_contents(writer, replay, err));
	replay->writer = writer;
	replay->copied = ib_turn_new();
	ib_threads_add(writer->copier, copy_replay, replay);
	return 0;
}

int ib_replay_wait(struct replay *replay, struct ib_error *err)
{
	ib_turn_wait(replay->copied, 1);
	if (!replay->failed)
		return 0;
	*err = replay->err;
	replay->err = (struct ib_error)IB_ERROR_INIT;
	return -(int)err->kind;
}
