/* SPDX-License-Identifier: Apache-2.0 */
/*
 * squashfs - a tree as a squashfs image, in one pass over the packages, and back again.
 *
 * The format's own bytes are libsquashfs's: it cuts contents into blocks of 128 KiB,
 * compresses them on its workers, gathers tails in fragment blocks, leaves out blocks of
 * zeros and finds blocks that are there already. It gives blocks their places in the order
 * in which they were fed, so that the number of workers does not show. What is decided here
 * is the order of everything, which inode has which content, and what an inode says.
 *
 * Writing goes open, stream, finish, with the promises of erofs.h. Contents with the same
 * SHA-256 are fed once. There is no UUID in the format, and times are whole seconds from
 * 1970 to 2106.
 */
#ifndef IB_IMAGE_SQUASHFS_H
#define IB_IMAGE_SQUASHFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "image/region.h"
#include "tree/tree.h"

struct ib_squashfs_params {
	const char *compression; /* one of ib_squashfs_compressions */
	int level;               /* of gzip, xz and zstd; 0: the compression's own default */
	int64_t build_time;
	size_t threads; /* 0: as many as this process may use */
};

extern const char *const ib_squashfs_compressions[]; /* ends with NULL */

struct ib_squashfs_writer;

/* Replaces path; the tree must outlive the writer. The file is whole after ib_squashfs_finish() only. */
int ib_squashfs_open(const char *path, const struct ib_squashfs_params *params,
		     struct ib_tree *tree, struct ib_squashfs_writer **ret_writer,
		     struct ib_error *err) IB_MUST_CHECK;
void ib_squashfs_writer_free(struct ib_squashfs_writer *writer);
/* As ib_erofs_stream() and ib_erofs_finish(). */
int ib_squashfs_stream(struct ib_squashfs_writer *writer, const struct ib_content_source *source,
		       const struct ib_content_sink *observer, struct ib_error *err) IB_MUST_CHECK;
int ib_squashfs_finish(struct ib_squashfs_writer *writer, uint64_t *ret_size, struct ib_error *err)
	IB_MUST_CHECK;

/* Of libsquashfs, as this was built with: nothing says it at run time. */
const char *ib_squashfs_version(void);

IB_DEFINE_AUTO(ib_squashfs_writer);

#endif
