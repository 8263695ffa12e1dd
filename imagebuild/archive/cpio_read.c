/* SPDX-License-Identifier: Apache-2.0 */
/* Linux, Documentation/driver-api/early-userspace/buffer-format.rst. */
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/cpio.h"

#define PIECE   ((size_t)64 << 10)
#define TRAILER "TRAILER!!!"

enum { HEADER_SIZE = 110, BLOCK = 512, FIELD = 8 };

/* Numbers of the fields of a header that say how long what follows is. */
enum { MODE = 1, FILE_SIZE = 6, NAME_SIZE = 11 };

struct ib_cpio_reader {
	struct archive *archive;
	struct archive_entry *raw;
	struct ib_cpio_entry entry;
	locale_t locale;
	char *name;
	ib_cpio_read_fn read;
	void *context;
	uint8_t *piece; /* the last that was read */
	size_t piece_size;
	uint64_t given; /* bytes read, with the last piece */
	uint64_t header_at;
	char header[HEADER_SIZE + 1]; /* of the entry at that place, as far as it was read */
	size_t header_size;
	bool is_over; /* there is none at that place: libarchive gets nothing from there on */
	bool failed;  /* the one who reads did, with… */
	struct ib_error failure;
};

static int read_piece(struct ib_cpio_reader *reader, struct ib_error *err)
{
	IB_TRY(reader->read(reader->context, reader->piece, PIECE, &reader->piece_size, err));
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
			       reader->name);
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

		memcpy(reader->header + reader->header_size, reader->piece + at, part);
		reader->header_size += part;
		if (reader->header_size == HEADER_SIZE)
			IB_TRY(look(reader, err));
	}
	*ret_size = reader->piece_size;
	if (reader->is_over)
		*ret_size = reader->header_at > start ? (size_t)(reader->header_at - start) : 0;
	return 0;
}

static int give_piece(struct ib_cpio_reader *reader, size_t *ret_size, struct ib_error *err)
{
	*ret_size = 0;
	if (reader->is_over)
		return 0;
	IB_TRY(read_piece(reader, err));
	return look_ahead(reader, ret_size, err);
}

static la_ssize_t give(struct archive *archive, void *context, const void **ret_data)
{
	struct ib_cpio_reader *reader = context;
	size_t size = 0;

	if (!reader->failed)
		reader->failed = give_piece(reader, &size, &reader->failure) < 0;
	*ret_data = reader->piece;
	if (!reader->failed)
		return (la_ssize_t)size;
	archive_set_error(archive, EIO, "could not read it");
	return ARCHIVE_FATAL;
}

/* ---- entries ------------------------------------------------------------- */

/* A warning is a failure, too: bytes between entries were skipped, or names were not understood. */
static int check(struct ib_cpio_reader *reader, int code, struct ib_error *err)
{
	const char *words = NULL;

	if (reader->failed) {
		*err = reader->failure;
		reader->failed = false;
		reader->failure = IB_ERROR_INIT;
		return -(int)err->kind;
	}
	if (code == ARCHIVE_OK)
		return 0;
	words = archive_error_string(reader->archive);
	return ib_fail(err, IB_INPUT, "'%s' cannot be read as a cpio archive: %s", reader->name,
		       words ? words : "libarchive does not say why");
}

int ib_cpio_reader_open(const char *name, ib_cpio_read_fn read, void *context,
			struct ib_cpio_reader **ret_reader, struct ib_error *err)
{
	IB_AUTO(ib_cpio_reader) reader = ib_alloc(sizeof(*reader));
	struct archive *archive = archive_read_new();

	reader->archive = archive;
	reader->name = ib_strdup(name);
	reader->read = read;
	reader->context = context;
	reader->piece = ib_alloc(PIECE);
	reader->locale = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
	if (!archive || !reader->locale)
		return ib_fail(err, IB_FAILED, "could not begin to read '%s'", name);
	IB_TRY(check(reader, archive_read_support_format_cpio(archive), err));
	IB_TRY(check(reader, archive_read_open(archive, reader, NULL, give, NULL), err));
	*ret_reader = ib_take(reader);
	return 0;
}

void ib_cpio_reader_free(struct ib_cpio_reader *reader)
{
	if (!reader)
		return;
	archive_read_free(reader->archive);
	if (reader->locale)
		freelocale(reader->locale);
	ib_error_clear(&reader->failure);
	ib_free(reader->piece);
	ib_free(reader->name);
	ib_free(reader);
}

static int take(struct ib_cpio_reader *reader, struct ib_error *err)
{
	struct archive_entry *raw = reader->raw;
	const char *path = archive_entry_pathname(raw);

	if (archive_format(reader->archive) != ARCHIVE_FORMAT_CPIO_SVR4_NOCRC)
		return ib_fail(err, IB_INPUT, "'%s' is a cpio archive, but not of the kind newc",
			       reader->name);
	if (!path || !*path || archive_entry_size(raw) < 0)
		return ib_fail(err, IB_INPUT,
			       "'%s' has an entry without a name or with a size "
			       "that no file has",
			       reader->name);
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
			       reader->name);
	return 0;
}

int ib_cpio_reader_next(struct ib_cpio_reader *reader, const struct ib_cpio_entry **ret_entry,
			struct ib_error *err)
{
	locale_t users = uselocale(reader->locale);
	int code = archive_read_next_header(reader->archive, &reader->raw);
	int r = 0;

	*ret_entry = NULL;
	if (code != ARCHIVE_EOF || reader->failed) {
		r = check(reader, code, err);
		if (r == 0)
			r = take(reader, err);
		if (r == 0)
			*ret_entry = &reader->entry;
	}
	uselocale(users);
	return r;
}

int ib_cpio_reader_content(struct ib_cpio_reader *reader, ib_cpio_take_fn take_piece, void *context,
			   struct ib_error *err)
{
	const void *data = NULL;
	la_int64_t offset = 0;
	uint64_t done = 0;
	size_t size = 0;
	int code = 0;

	while ((code = archive_read_data_block(reader->archive, &data, &size, &offset)) ==
	       ARCHIVE_OK) {
		if (!size)
			continue;
		IB_TRY(take_piece(context, data, size, err));
		done += size;
	}
	if (code != ARCHIVE_EOF || reader->failed)
		return check(reader, code, err);
	if (done != reader->entry.size)
		return ib_fail(err, IB_INPUT, "'%s' of '%s' is cut short", reader->entry.path,
			       reader->name);
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
				       reader->name);
		if (reader->piece[at - (reader->given - reader->piece_size)])
			return ib_fail(err, IB_INPUT,
				       "'%s' has other bytes than zeros behind its trailer",
				       reader->name);
	}
	return 0;
}

int ib_cpio_reader_end(struct ib_cpio_reader *reader, uint64_t *ret_size, bool *ret_more,
		       struct ib_error *err)
{
	/* libarchive stays where the header of the trailer begins */
	uint64_t at = (uint64_t)archive_read_header_position(reader->archive) + HEADER_SIZE +
		      sizeof(TRAILER);
	uint64_t end = (at + BLOCK - 1) & ~(uint64_t)(BLOCK - 1);

	/* the trailer was read, so that its last byte is in a piece that was given, and in none before the last */
	if (at > reader->given || at < reader->given - reader->piece_size)
		return ib_fail(err, IB_INPUT, "'%s' has no trailer where it ends", reader->name);
	IB_TRY(check_zeros(reader, at, end, err));
	if (end == reader->given)
		IB_TRY(read_piece(reader, err));
	*ret_size = end;
	*ret_more = end < reader->given;
	return 0;
}
