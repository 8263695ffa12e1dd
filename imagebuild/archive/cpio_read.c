/* SPDX-License-Identifier: Apache-2.0 */
/* Linux, Documentation/driver-api/early-userspace/buffer-format.rst. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/cpio.h"
#include "archive/feed.h"

#define TRAILER "TRAILER!!!"

enum { HEADER_SIZE = 110, BLOCK = 512, FIELD = 8 };

/* Numbers of the fields of a header that say how long what follows is. */
enum { MODE = 1, FILE_SIZE = 6, NAME_SIZE = 11 };

struct ib_cpio_reader {
	struct ib_feed feed; /* its piece: the last that was read */
	struct ib_cpio_entry entry;
	ib_cpio_read_fn read;
	void *context;
	size_t piece_size;
	uint64_t given; /* bytes read, with the last piece */
	uint64_t header_at;
	char header[HEADER_SIZE + 1]; /* of the entry at that place, as far as it was read */
	size_t header_size;
	bool is_over; /* there is none at that place: libarchive gets nothing from there on */
};

static int read_piece(struct ib_cpio_reader *reader, struct ib_error *err)
{
	IB_TRY(reader->read(reader->context, reader->feed.piece, IB_FEED_PIECE, &reader->piece_size,
			    err));
	reader->given += reader->piece_size;
	return 0;
}

/* ---- a look ahead -------------------------------------------------------- */

static uint64_t field(const struct ib_cpio_reader *reader, size_t number)
{
	char digits[FIELD + 1] = "";

	memcpy(digits, reader->header + 6 + number * FIELD, FIELD);
	return strtoull(digits, NULL, 16);
}

/*
 * libarchive finds room for a name and for the target of a link before it reads them, however long they are said to
 * be; and what begins like no header it passes over until something does.
 */
static int look(struct ib_cpio_reader *reader, struct ib_error *err)
{
	uint64_t name_size = field(reader, NAME_SIZE);
	uint64_t size = field(reader, FILE_SIZE);

	reader->header_size = 0;
	if (memcmp(reader->header, "070701", 6) != 0 ||
	    strspn(reader->header, "0123456789abcdefABCDEF") != HEADER_SIZE) {
		reader->is_over = true;
		return 0;
	}
	/* a name may end in zeros, so that its content is aligned */
	if (name_size > PATH_MAX + BLOCK || (S_ISLNK(field(reader, MODE)) && size > PATH_MAX))
		return ib_fail(err, IB_LIMIT,
			       "'%s' has a name or a link that is longer than a path can be",
			       reader->feed.name);
	reader->header_at += (HEADER_SIZE + name_size + 3) & ~(uint64_t)3;
	reader->header_at += (size + 3) & ~(uint64_t)3;
	return 0;
}

/* Goes from header to header of what was read; *ret_size: how much of the piece libarchive may see. */
static int look_ahead(struct ib_cpio_reader *reader, size_t *ret_size, struct ib_error *err)
{
	uint64_t start = reader->given - reader->piece_size;

	while (!reader->is_over && reader->header_at + reader->header_size < reader->given) {
		size_t at = (size_t)(reader->header_at + reader->header_size - start);
		size_t part = IB_MIN(HEADER_SIZE - reader->header_size, reader->piece_size - at);

		memcpy(reader->header + reader->header_size, reader->feed.piece + at, part);
		reader->header_size += part;
		if (reader->header_size == HEADER_SIZE)
			IB_TRY(look(reader, err));
	}
	*ret_size = reader->piece_size;
	if (reader->is_over)
		*ret_size = reader->header_at > start ? (size_t)(reader->header_at - start) : 0;
	return 0;
}

static int fill(void *context, size_t *ret_size, struct ib_error *err)
{
	struct ib_cpio_reader *reader = context;

	*ret_size = 0;
	if (reader->is_over)
		return 0;
	IB_TRY(read_piece(reader, err));
	return look_ahead(reader, ret_size, err);
}

/* ---- entries ------------------------------------------------------------- */

int ib_cpio_reader_open(const char *name, ib_cpio_read_fn read, void *context,
			struct ib_cpio_reader **ret_reader, struct ib_error *err)
{
	IB_AUTO(ib_cpio_reader) reader = ib_alloc(sizeof(*reader));
	struct ib_feed *feed = &reader->feed;

	reader->read = read;
	reader->context = context;
	*feed = (struct ib_feed){ .kind = "a cpio archive", .fill = fill, .context = reader };
	IB_TRY(ib_feed_open(feed, name, "C", err));
	IB_TRY(ib_feed_check(feed, archive_read_support_format_cpio(feed->archive), err));
	IB_TRY(ib_feed_begin(feed, err));
	*ret_reader = ib_take(reader);
	return 0;
}

void ib_cpio_reader_free(struct ib_cpio_reader *reader)
{
	if (!reader)
		return;
	ib_feed_done(&reader->feed);
	ib_free(reader);
}

static int take(void *context, struct ib_error *err)
{
	struct ib_cpio_reader *reader = context;
	struct archive_entry *raw = reader->feed.raw;
	const char *path = archive_entry_pathname(raw);

	if (archive_format(reader->feed.archive) != ARCHIVE_FORMAT_CPIO_SVR4_NOCRC)
		return ib_fail(err, IB_INPUT, "'%s' is a cpio archive, but not of the kind newc",
			       reader->feed.name);
	if (!path || !*path || archive_entry_size(raw) < 0)
		return ib_fail(err, IB_INPUT,
			       "'%s' has an entry without a name or with a size "
			       "that no file has",
			       reader->feed.name);
	reader->entry = (struct ib_cpio_entry){
		.path = path,
		.link = archive_entry_symlink(raw),
		.mode = archive_entry_mode(raw),
		.number = (uint64_t)archive_entry_ino64(raw),
		.links = archive_entry_nlink(raw),
		.size = S_ISLNK(archive_entry_mode(raw)) ? 0 : (uint64_t)archive_entry_size(raw),
	};
	/* newc can say on which device a file was: files of one number would be two */
	if (archive_entry_devmajor(raw) || archive_entry_devminor(raw))
		return ib_fail(err, IB_INPUT, "'%s' of '%s' is on a device of its own", path,
			       reader->feed.name);
	return 0;
}

int ib_cpio_reader_next(struct ib_cpio_reader *reader, const struct ib_cpio_entry **ret_entry,
			struct ib_error *err)
{
	bool is_there = false;
	int r = ib_feed_next(&reader->feed, take, &is_there, err);

	*ret_entry = is_there ? &reader->entry : NULL;
	return r;
}

int ib_cpio_reader_content(struct ib_cpio_reader *reader, ib_cpio_take_fn take_piece, void *context,
			   struct ib_error *err)
{
	uint64_t size = 0;

	IB_TRY(ib_feed_content(&reader->feed, reader->entry.path, take_piece, context, &size, err));
	if (size != reader->entry.size)
		return ib_fail(err, IB_INPUT, "'%s' of '%s' is cut short", reader->entry.path,
			       reader->feed.name);
	return 0;
}

/* From here to end there are zeros, however many pieces that takes. */
static int check_zeros(struct ib_cpio_reader *reader, uint64_t at, uint64_t end,
		       struct ib_error *err)
{
	for (; at < end; at++) {
		if (at == reader->given)
			IB_TRY(read_piece(reader, err));
		if (at == reader->given)
			return ib_fail(err, IB_INPUT, "'%s' is cut short behind its trailer",
				       reader->feed.name);
		if (reader->feed.piece[at - (reader->given - reader->piece_size)])
			return ib_fail(err, IB_INPUT,
				       "'%s' has other bytes than zeros behind its trailer",
				       reader->feed.name);
	}
	return 0;
}

int ib_cpio_reader_end(struct ib_cpio_reader *reader, uint64_t *ret_size, bool *ret_more,
		       struct ib_error *err)
{
	/* libarchive stays where the header of the trailer begins */
	uint64_t at = (uint64_t)archive_read_header_position(reader->feed.archive) + HEADER_SIZE +
		      sizeof(TRAILER);
	uint64_t end = (at + BLOCK - 1) & ~(uint64_t)(BLOCK - 1);

	/* the trailer was read, so that its last byte is in a piece that was given, and in none before the last */
	if (at > reader->given || at < reader->given - reader->piece_size)
		return ib_fail(err, IB_INPUT, "'%s' has no trailer where it ends",
			       reader->feed.name);
	IB_TRY(check_zeros(reader, at, end, err));
	if (end == reader->given)
		IB_TRY(read_piece(reader, err));
	*ret_size = end;
	*ret_more = end < reader->given;
	return 0;
}
