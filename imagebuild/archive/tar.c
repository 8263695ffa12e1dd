/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/archive.h"

struct ib_tar {
	struct archive *archive;
	struct archive_entry *entry; /* used again for each */
	locale_t locale;             /* pax is UTF-8, whatever the user's locale */
	char *name;
	ib_tar_write_fn write;
	void *context;
	uint64_t left; /* of the content that is being written */
	bool failed;   /* the writer did, with… */
	struct ib_error failure;
};

static la_ssize_t give(struct archive *archive, void *context, const void *data, size_t size)
{
	struct ib_tar *tar = context;

	(void)archive;
	if (tar->failed)
		return -1;
	tar->failed = tar->write(tar->context, data, size, &tar->failure) < 0;
	return tar->failed ? -1 : (la_ssize_t)size;
}

/* A warning is a failure, too: something would not be as it was asked for. */
static int check(struct ib_tar *tar, int code, struct ib_error *err)
{
	const char *words = NULL;

	if (tar->failed) {
		*err = tar->failure;
		tar->failed = false;
		tar->failure = IB_ERROR_INIT;
		return -(int)err->kind;
	}
	if (code == ARCHIVE_OK)
		return 0;
	words = archive_error_string(tar->archive);
	return ib_fail(err, IB_FAILED, "could not write '%s': %s", tar->name,
		       words ? words : "libarchive does not say why");
}

int ib_tar_new(const char *name, ib_tar_write_fn write, void *context, struct ib_tar **ret_tar,
	       struct ib_error *err)
{
	IB_AUTO(ib_tar) tar = ib_alloc(sizeof(*tar));
	int code = 0;

	tar->name = ib_strdup(name);
	tar->write = write;
	tar->context = context;
	tar->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	tar->archive = archive_write_new();
	tar->entry = archive_entry_new();
	if (!tar->archive || !tar->entry || !tar->locale)
		return ib_fail(err, IB_FAILED, "could not begin to write '%s'%s", name,
			       tar->locale ? "" : ": the C library has no locale C.UTF-8");
	IB_TRY(check(tar, archive_write_set_format_pax_restricted(tar->archive), err));
	code = archive_write_set_format_option(tar->archive, "pax", "xattrheader", "SCHILY");
	IB_TRY(check(tar, code, err));
	IB_TRY(check(tar, archive_write_open2(tar->archive, tar, NULL, give, NULL, NULL), err));
	*ret_tar = ib_take(tar);
	return 0;
}

void ib_tar_free(struct ib_tar *tar)
{
	if (!tar)
		return;
	/* whoever did not finish wants no more bytes */
	tar->failed = true;
	archive_entry_free(tar->entry);
	archive_write_free(tar->archive);
	if (tar->locale)
		freelocale(tar->locale);
	ib_error_clear(&tar->failure);
	ib_free(tar->name);
	ib_free(tar);
}

static void fill(struct archive_entry *out, const struct ib_tar_entry *entry)
{
	size_t i = 0;

	archive_entry_set_pathname(out, entry->path);
	archive_entry_set_mode(out, entry->mode);
	archive_entry_set_uid(out, entry->uid);
	archive_entry_set_gid(out, entry->gid);
	if (entry->user)
		archive_entry_set_uname(out, entry->user);
	if (entry->group)
		archive_entry_set_gname(out, entry->group);
	archive_entry_set_mtime(out, entry->mtime, 0);
	archive_entry_set_size(out, (la_int64_t)entry->size);
	if (S_ISCHR(entry->mode) || S_ISBLK(entry->mode)) {
		archive_entry_set_rdevmajor(out, entry->rdev_major);
		archive_entry_set_rdevminor(out, entry->rdev_minor);
	}
	if (entry->link)
		archive_entry_set_symlink(out, entry->link);
	if (entry->hard_link)
		archive_entry_set_hardlink(out, entry->hard_link);
	for (i = 0; i < entry->xattr_count; i++)
		archive_entry_xattr_add_entry(out, entry->xattrs[i].name, entry->xattrs[i].value,
					      entry->xattrs[i].size);
}

int ib_tar_begin(struct ib_tar *tar, const struct ib_tar_entry *entry, struct ib_error *err)
{
	locale_t users = (locale_t)0;
	int code = 0;

	if (S_ISSOCK(entry->mode))
		return ib_fail(err, IB_LIMIT, "a tar has no sockets, and '%s' is one", entry->path);
	if (tar->left)
		return ib_fail(err, IB_FAILED, "a content of '%s' is too short", tar->name);
	archive_entry_clear(tar->entry);
	tar->left = entry->size;
	users = uselocale(tar->locale);
	fill(tar->entry, entry);
	code = archive_write_header(tar->archive, tar->entry);
	uselocale(users);
	if (check(tar, code, err) < 0)
		return ib_error_prefix(err, "'%s'", entry->path);
	return 0;
}

int ib_tar_data(struct ib_tar *tar, const void *data, size_t size, struct ib_error *err)
{
	la_ssize_t written = 0;

	if (size > tar->left)
		return ib_fail(err, IB_FAILED, "a content of '%s' is too long", tar->name);
	tar->left -= size;
	written = archive_write_data(tar->archive, data, size);
	return check(tar, written == (la_ssize_t)size ? ARCHIVE_OK : ARCHIVE_FATAL, err);
}

int ib_tar_finish(struct ib_tar *tar, struct ib_error *err)
{
	if (tar->left)
		return ib_fail(err, IB_FAILED, "a content of '%s' is too short", tar->name);
	return check(tar, archive_write_close(tar->archive), err);
}

const char *ib_archive_version(void)
{
	const char *words = archive_version_string(); /* "libarchive 3.6.2" */
	const char *number = strrchr(words, ' ');

	return number ? number + 1 : words;
}
