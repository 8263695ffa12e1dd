/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/archive.h"

#define PIECE ((size_t)64 << 10)

struct ib_tar_reader {
	struct archive *archive;
	struct archive_entry *raw;
	struct ib_tar_entry entry;
	struct ib_tar_xattr *xattrs; /* of it */
	locale_t locale;
	char *name;
	ib_tar_read_fn read;
	void *context;
	uint8_t *piece;
	bool failed; /* the one who reads did, with… */
	struct ib_error failure;
};

static la_ssize_t give(struct archive *archive, void *context, const void **ret_data)
{
	struct ib_tar_reader *reader = context;
	size_t got = 0;

	if (!reader->failed)
		reader->failed = reader->read(reader->context, reader->piece, PIECE, &got,
					      &reader->failure) < 0;
	*ret_data = reader->piece;
	if (!reader->failed)
		return (la_ssize_t)got;
	archive_set_error(archive, EIO, "could not read it");
	return ARCHIVE_FATAL;
}

/* A warning is a failure, too: it would not be known what the archive says. */
static int check(struct ib_tar_reader *reader, int code, struct ib_error *err)
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
	return ib_fail(err, IB_INPUT, "'%s' cannot be read as a tar: %s", reader->name,
		       words ? words : "libarchive does not say why");
}

int ib_tar_open(const char *name, ib_tar_read_fn read, void *context,
		struct ib_tar_reader **ret_reader, struct ib_error *err)
{
	IB_AUTO(ib_tar_reader) reader = ib_alloc(sizeof(*reader));
	struct archive *archive = archive_read_new();

	reader->archive = archive;
	reader->name = ib_strdup(name);
	reader->read = read;
	reader->context = context;
	reader->piece = ib_alloc(PIECE);
	reader->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!archive || !reader->locale)
		return ib_fail(err, IB_FAILED, "could not begin to read '%s'%s", name,
			       reader->locale ? "" : ": the C library has no locale C.UTF-8");
	/* were libarchive without zstd, it would start a program, and warns */
	IB_TRY(check(reader, archive_read_support_filter_zstd(archive), err));
	IB_TRY(check(reader, archive_read_support_format_tar(archive), err));
	IB_TRY(check(
		reader,
		archive_read_set_format_option(archive, "tar", "read_concatenated_archives", "1"),
		err));
	IB_TRY(check(reader, archive_read_open(archive, reader, NULL, give, NULL), err));
	*ret_reader = ib_take(reader);
	return 0;
}

void ib_tar_reader_free(struct ib_tar_reader *reader)
{
	if (!reader)
		return;
	archive_read_free(reader->archive);
	if (reader->locale)
		freelocale(reader->locale);
	ib_error_clear(&reader->failure);
	ib_free(reader->xattrs);
	ib_free(reader->piece);
	ib_free(reader->name);
	ib_free(reader);
}

static void take_xattrs(struct ib_tar_reader *reader)
{
	size_t count = (size_t)archive_entry_xattr_reset(reader->raw);
	const char *name = NULL;
	const void *value = NULL;
	size_t size = 0;
	size_t i = 0;

	ib_free(reader->xattrs);
	reader->xattrs = ib_alloc_array(count + 1, sizeof(*reader->xattrs));
	while (i < count &&
	       archive_entry_xattr_next(reader->raw, &name, &value, &size) == ARCHIVE_OK)
		reader->xattrs[i++] = (struct ib_tar_xattr){ name, value, size };
	reader->entry.xattrs = reader->xattrs;
	reader->entry.xattr_count = i;
}

static int take(struct ib_tar_reader *reader, struct ib_error *err)
{
	struct archive_entry *raw = reader->raw;
	unsigned long set = 0;
	unsigned long clear = 0;
	const char *path = archive_entry_pathname(raw);

	if (!path)
		return ib_fail(err, IB_INPUT, "'%s' has an entry whose name is not UTF-8",
			       reader->name);
	archive_entry_fflags(raw, &set, &clear);
	if (archive_entry_mtime_nsec(raw) || archive_entry_acl_types(raw) || set || clear ||
	    archive_entry_sparse_count(raw))
		return ib_fail(err, IB_INPUT,
			       "'%s' of '%s' has more than a file of an image can have", path,
			       reader->name);
	reader->entry = (struct ib_tar_entry){
		.path = path,
		.hard_link = archive_entry_hardlink(raw),
		.link = archive_entry_symlink(raw),
		.mode = archive_entry_mode(raw),
		.uid = (uint32_t)archive_entry_uid(raw),
		.gid = (uint32_t)archive_entry_gid(raw),
		.user = archive_entry_uname(raw),
		.group = archive_entry_gname(raw),
		.mtime = archive_entry_mtime(raw),
		.size = (uint64_t)archive_entry_size(raw),
		.rdev_major = (uint32_t)archive_entry_rdevmajor(raw),
		.rdev_minor = (uint32_t)archive_entry_rdevminor(raw),
	};
	if (archive_entry_uid(raw) != reader->entry.uid ||
	    archive_entry_gid(raw) != reader->entry.gid || archive_entry_size(raw) < 0)
		return ib_fail(err, IB_INPUT, "'%s' of '%s' has numbers that no file has", path,
			       reader->name);
	take_xattrs(reader);
	return 0;
}

int ib_tar_next(struct ib_tar_reader *reader, const struct ib_tar_entry **ret_entry,
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

int ib_tar_content(struct ib_tar_reader *reader, ib_tar_write_fn take_piece, void *context,
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
		if ((uint64_t)offset != done)
			return ib_fail(err, IB_INPUT, "'%s' of '%s' has holes", reader->entry.path,
				       reader->name);
		IB_TRY(take_piece(context, data, size, err));
		done += size;
	}
	if (code != ARCHIVE_EOF || reader->failed)
		return check(reader, code, err);
	return 0;
}
