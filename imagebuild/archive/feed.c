/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/feed.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

static la_ssize_t give(struct archive *archive, void *context, const void **ret_data)
{
	struct ib_feed *feed = context;
	size_t size = 0;

	if (!feed->failed)
		feed->failed = feed->fill(feed->context, &size, &feed->failure) < 0;
	*ret_data = feed->piece;
	if (!feed->failed)
		return (la_ssize_t)size;
	archive_set_error(archive, EIO, "could not read it");
	return ARCHIVE_FATAL;
}

int ib_feed_open(struct ib_feed *feed, const char *name, const char *locale, struct ib_error *err)
{
	feed->archive = archive_read_new();
	feed->name = ib_strdup(name);
	feed->piece = ib_alloc(IB_FEED_PIECE);
	feed->locale = newlocale(LC_CTYPE_MASK, locale, (locale_t)0);
	if (feed->archive && feed->locale)
		return 0;
	return ib_fail(err, IB_FAILED, "could not begin to read '%s'%s%s", name,
		       feed->locale ? "" : ": the C library has no locale ",
		       feed->locale ? "" : locale);
}

int ib_feed_begin(struct ib_feed *feed, struct ib_error *err)
{
	return ib_feed_check(feed, archive_read_open(feed->archive, feed, NULL, give, NULL), err);
}

void ib_feed_done(struct ib_feed *feed)
{
	archive_read_free(feed->archive);
	if (feed->locale)
		freelocale(feed->locale);
	ib_error_clear(&feed->failure);
	ib_free(feed->piece);
	ib_free(feed->name);
}

int ib_feed_check(struct ib_feed *feed, int code, struct ib_error *err)
{
	const char *words = NULL;

	if (feed->failed) {
		*err = feed->failure;
		feed->failed = false;
		feed->failure = IB_ERROR_INIT;
		return -(int)err->kind;
	}
	if (code == ARCHIVE_OK)
		return 0;
	words = archive_error_string(feed->archive);
	return ib_fail(err, IB_INPUT, "'%s' cannot be read as %s: %s", feed->name, feed->kind,
		       words ? words : "libarchive does not say why");
}

int ib_feed_next(struct ib_feed *feed, ib_feed_take_fn take, bool *ret_is_there,
		 struct ib_error *err)
{
	locale_t users = uselocale(feed->locale);
	int code = archive_read_next_header(feed->archive, &feed->raw);
	int r = 0;

	*ret_is_there = false;
	if (code != ARCHIVE_EOF || feed->failed) {
		r = ib_feed_check(feed, code, err);
		if (r == 0)
			r = take(feed->context, err);
		*ret_is_there = r == 0;
	}
	uselocale(users);
	return r;
}

int ib_feed_content(struct ib_feed *feed, const char *path, ib_feed_piece_fn take, void *context,
		    uint64_t *ret_size, struct ib_error *err)
{
	const void *data = NULL;
	la_int64_t offset = 0;
	uint64_t done = 0;
	size_t size = 0;
	int code = 0;

	while ((code = archive_read_data_block(feed->archive, &data, &size, &offset)) ==
	       ARCHIVE_OK) {
		if (!size)
			continue;
		if ((uint64_t)offset != done)
			return ib_fail(err, IB_INPUT, "'%s' of '%s' has holes", path, feed->name);
		IB_TRY(take(context, data, size, err));
		done += size;
	}
	if (code != ARCHIVE_EOF || feed->failed)
		return ib_feed_check(feed, code, err);
	*ret_size = done;
	return 0;
}
