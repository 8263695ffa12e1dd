/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpio - an archive of the kind "newc", read entry by entry as libarchive reads it: what an initrd consists of.
 *
 * An entry is told as its header has it. Names of one number are names of one file, whose content stands behind one
 * of them: whether they belong together is for the caller to judge, and so is what a name may be. An archive ends with
 * its trailer and zeros up to a multiple of 512.
 */
#ifndef IB_ARCHIVE_CPIO_H
#define IB_ARCHIVE_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

struct ib_cpio_entry {
	const char *path; /* as it is written; any bytes but NUL */
	const char *link; /* target of a symbolic link, or NULL */
	uint32_t mode;    /* with the type bits */
	uint64_t number;  /* of the inode */
	uint32_t links;
	uint64_t size; /* of the content that follows; 0 for a symbolic link */
};

struct ib_cpio_reader;

/* Gives up to size bytes of the archive; *ret_got 0: it ends. */
typedef int (*ib_cpio_read_fn)(void *context, void *data, size_t size, size_t *ret_got,
			       struct ib_error *err);

/* The archive may be anybody's; what is no newc is IB_INPUT. name is what errors call it. */
int ib_cpio_reader_open(const char *name, ib_cpio_read_fn read, void *context,
			struct ib_cpio_reader **ret_reader, struct ib_error *err) IB_MUST_CHECK;
void ib_cpio_reader_free(struct ib_cpio_reader *reader);
/* The next entry, or NULL at the end. It lives until the next call. */
int ib_cpio_reader_next(struct ib_cpio_reader *reader, const struct ib_cpio_entry **ret_entry,
			struct ib_error *err) IB_MUST_CHECK;
typedef int (*ib_cpio_take_fn)(void *context, const void *data, size_t size, struct ib_error *err);
/* Its content, piece by piece. Not asked for, it is passed over. */
int ib_cpio_reader_content(struct ib_cpio_reader *reader, ib_cpio_take_fn take, void *context,
			   struct ib_error *err) IB_MUST_CHECK;
/*
 * After the last entry: the bytes that the archive has, with its zeros. *ret_more: something stands behind them,
 * which may be part of the same file. Another byte than zero in front of them is IB_INPUT.
 */
int ib_cpio_reader_end(struct ib_cpio_reader *reader, uint64_t *ret_size, bool *ret_more,
		       struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_cpio_reader);

#endif
