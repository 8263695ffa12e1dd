/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/archive.h"
#include "archive/feed.h"

struct ib_tar_reader {
	struct ib_feed feed;
	struct ib_tar_entry entry;
	struct ib_tar_xattr *xattrs; /* of it */
	ib_tar_read_fn read;
	void *context;
};

static int fill(void *context, size_t *ret_size, struct ib_error *err)
{
	const struct ib_tar_reader *reader = context;

	return reader->read(reader->context, reader->feed.piece, IB_FEED_PIECE, ret_size, err);
}

int ib_tar_open(const char *name, ib_tar_read_fn read, void *context,
		struct ib_tar_reader **ret_reader, struct ib_error *err)
{
	IB_AUTO(ib_tar_reader) reader = ib_alloc(sizeof(*reader));
	struct ib_feed *feed = &reader->feed;

	reader->read = read;
	reader->context = context;
	*feed = (struct ib_feed){ .kind = "a tar", .fill = fill, .context = reader };
	IB_TRY(ib_feed_open(feed, name, "C.UTF-8", err));
	/* were libarchive without zstd, it would start a program, and warns */
	IB_TRY(ib_feed_check(feed, archive_read_support_filter_zstd(feed->archive), err));
	IB_TRY(ib_feed_check(feed, archive_read_support_format_tar(feed->archive), err));
	IB_TRY(ib_feed_check(feed,
			     archive_read_set_format_option(feed->archive, "tar",
							    "read_concatenated_archives", "1"),
			     err));
	IB_TRY(ib_feed_begin(feed, err));
	*ret_reader = ib_take(reader);
	return 0;
}

void ib_tar_reader_free(struct ib_tar_reader *reader)
{
	if (!reader)
		return;
	ib_feed_done(&reader->feed);
	ib_free(reader->xattrs);
	ib_free(reader);
}

static void take_xattrs(struct ib_tar_reader *reader)
{
	size_t count = (size_t)archive_entry_xattr_reset(reader->feed.raw);
	const char *name = NULL;
	const void *value = NULL;
	size_t size = 0;
	size_t i = 0;

	ib_free(reader->xattrs);
	reader->xattrs = ib_alloc_array(count + 1, sizeof(*reader->xattrs));
	while (i < count &&
	       archive_entry_xattr_next(reader->feed.raw, &name, &value, &size) == ARCHIVE_OK)
		reader->xattrs[i++] = (struct ib_tar_xattr){ name, value, size };
	reader->entry.xattrs = reader->xattrs;
	reader->entry.xattr_count = i;
}

static int take(void *context, struct ib_error *err)
{
	struct ib_tar_reader *reader = context;
	struct archive_entry *raw = reader->feed.raw;
	unsigned long set = 0;
	unsigned long clear = 0;
	const char *path = archive_entry_pathname(raw);

	if (!path)
		return ib_fail(err, IB_INPUT, "'%s' has an entry whose name is not UTF-8",
			       reader->feed.name);
	archive_entry_fflags(raw, &set, &clear);
	if (archive_entry_mtime_nsec(raw) || archive_entry_acl_types(raw) || set || clear ||
	    archive_entry_sparse_count(raw))
		return ib_fail(err, IB_INPUT,
			       "'%s' of '%s' has more than a file of an image can have", path,
			       reader->feed.name);
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
			       reader->feed.name);
	take_xattrs(reader);
	return 0;
}

int ib_tar_next(struct ib_tar_reader *reader, const struct ib_tar_entry **ret_entry,
		struct ib_error *err)
{
	bool is_there = false;
	int r = ib_feed_next(&reader->feed, take, &is_there, err);

	*ret_entry = is_there ? &reader->entry : NULL;
	return r;
}

int ib_tar_content(struct ib_tar_reader *reader, ib_tar_write_fn take_piece, void *context,
		   struct ib_error *err)
{
	uint64_t size = 0;

	return ib_feed_content(&reader->feed, reader->entry.path, take_piece, context, &size, err);
}
