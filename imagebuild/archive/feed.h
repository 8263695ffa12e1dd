/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed - what the readers of archives have in common: libarchive is fed pieces by a callback, in a
 * locale of its own, and whatever goes wrong is told once. For the files of this room alone.
 */
#ifndef IB_ARCHIVE_FEED_H
#define IB_ARCHIVE_FEED_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <archive.h>

#include "base/base.h"

#define IB_FEED_PIECE ((size_t)64 << 10)

/* Fills the feed's piece; *ret_size: how much of it libarchive gets, 0 at the end. */
typedef int (*ib_feed_fn)(void *context, size_t *ret_size, struct ib_error *err);

struct ib_feed {
	struct archive *archive;
	struct archive_entry *raw; /* the entry that was come to */
	char *name;
	const char *kind; /* for errors: "a tar" */
	ib_feed_fn fill;
	void *context; /* of fill and take */
	uint8_t *piece;
	locale_t locale; /* what names mean does not hang on the user's */
	bool failed;     /* fill did, with… */
	struct ib_error failure;
};

/*
 * Of *feed kind, fill and context are set. The caller names a format to feed->archive, and begins. Whatever
 * comes of it, ib_feed_done frees what was made.
 */
int ib_feed_open(struct ib_feed *feed, const char *name, const char *locale, struct ib_error *err)
	IB_MUST_CHECK;
int ib_feed_begin(struct ib_feed *feed, struct ib_error *err) IB_MUST_CHECK;
void ib_feed_done(struct ib_feed *feed);

/* Of what libarchive answered: a warning is a failure, too, since it would not be known what the archive says. */
int ib_feed_check(struct ib_feed *feed, int code, struct ib_error *err) IB_MUST_CHECK;

/* Goes to the next entry, which is feed->raw; take makes of it what the context wants, in the feed's locale. */
typedef int (*ib_feed_take_fn)(void *context, struct ib_error *err);
int ib_feed_next(struct ib_feed *feed, ib_feed_take_fn take, bool *ret_is_there,
		 struct ib_error *err) IB_MUST_CHECK;

/* The pieces of the entry's content, in order; a piece that does not follow the last is a hole, and refused: of path. */
typedef int (*ib_feed_piece_fn)(void *context, const void *data, size_t size, struct ib_error *err);
int ib_feed_content(struct ib_feed *feed, const char *path, ib_feed_piece_fn take, void *context,
		    uint64_t *ret_size, struct ib_error *err) IB_MUST_CHECK;

#endif
