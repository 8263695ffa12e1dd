/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive - the only door to libarchive: a tar archive, written and read entry by entry; and what an initrd
 * consists of, read (archive/cpio.h).
 *
 * Entries are pax: what ustar has no room for (long names, large numbers, attributes as
 * SCHILY.xattr) stands in extended headers, which GNU tar, bsdtar and others read. Names
 * are UTF-8 there, so that one that is not has no place, and nothing depends on the user's
 * locale. There is nothing of this machine in an archive: the same entries make the same bytes.
 */
#ifndef IB_ARCHIVE_ARCHIVE_H
#define IB_ARCHIVE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "archive/cpio.h"
#include "base/base.h"

struct ib_tar_xattr {
	const char *name;
	const void *value;
	size_t size;
};

struct ib_tar_entry {
	const char *path;
	const char *hard_link; /* path of an entry before, or NULL; then there is no content */
	const char *link;      /* target of a symbolic link, or NULL */
	uint32_t mode;         /* with the type bits; sockets have no place in a tar */
	uint32_t uid, gid;
	const char *user, *group; /* NULL: the number has no name */
	int64_t mtime;
	uint64_t size; /* of the content that follows, byte for byte */
	uint32_t rdev_major, rdev_minor;
	const struct ib_tar_xattr *xattrs;
	size_t xattr_count;
};

struct ib_tar;

/* Where the archive goes, piece by piece. */
typedef int (*ib_tar_write_fn)(void *context, const void *data, size_t size, struct ib_error *err);

/* name is what errors call the archive. */
int ib_tar_new(const char *name, ib_tar_write_fn write, void *context, struct ib_tar **ret_tar,
	       struct ib_error *err) IB_MUST_CHECK;
void ib_tar_free(struct ib_tar *tar);
/* The content of the entry before must be complete. */
int ib_tar_begin(struct ib_tar *tar, const struct ib_tar_entry *entry, struct ib_error *err)
	IB_MUST_CHECK;
int ib_tar_data(struct ib_tar *tar, const void *data, size_t size, struct ib_error *err)
	IB_MUST_CHECK;
int ib_tar_finish(struct ib_tar *tar, struct ib_error *err) IB_MUST_CHECK;

struct ib_tar_reader;

/* Gives up to size bytes of the archive; *ret_got 0: it ends. */
typedef int (*ib_tar_read_fn)(void *context, void *data, size_t size, size_t *ret_got,
			      struct ib_error *err);

/*
 * The archive may be anybody's, as it is or compressed with zstd; whatever else it is, is IB_INPUT. What stands
 * behind its end belongs to it, too, as for those who are told to ignore zeros. name is what errors call it.
 */
int ib_tar_open(const char *name, ib_tar_read_fn read, void *context,
		struct ib_tar_reader **ret_reader, struct ib_error *err) IB_MUST_CHECK;
void ib_tar_reader_free(struct ib_tar_reader *reader);
/*
 * The next entry, or NULL at the end. It lives until the next call. IB_INPUT for what struct ib_tar_entry has
 * no place for: times finer than a second, access control lists, flags.
 */
int ib_tar_next(struct ib_tar_reader *reader, const struct ib_tar_entry **ret_entry,
		struct ib_error *err) IB_MUST_CHECK;
/* Its content, piece by piece; without holes. Not asked for, it is passed over. */
int ib_tar_content(struct ib_tar_reader *reader, ib_tar_write_fn take, void *context,
		   struct ib_error *err) IB_MUST_CHECK;

/* Of libarchive, as it is linked. */
const char *ib_archive_version(void);

IB_DEFINE_AUTO(ib_tar);
IB_DEFINE_AUTO(ib_tar_reader);

#endif
