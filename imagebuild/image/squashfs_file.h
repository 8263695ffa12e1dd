/* SPDX-License-Identifier: Apache-2.0 */
/*
 * squashfs_file - what libsquashfs reads and writes, and how its errors are told.
 *
 * libsquashfs is handed a file of ours, so that it never opens one, an image may be part
 * of a disk, and a full disk is told with its reason.
 */
#ifndef IB_IMAGE_SQUASHFS_FILE_H
#define IB_IMAGE_SQUASHFS_FILE_H

#include <sqfs/io.h>

#include "base/base.h"
#include "image/region.h"

#define SQUASHFS_BLOCK        131072U
#define SQUASHFS_DEVICE_BLOCK 4096U       /* images end at one */
#define SQUASHFS_NONE         0xffffffffU /* no fragment, no attributes */

struct squashfs_file {
	sqfs_file_t base; /* first: it is what libsquashfs sees */
	struct ib_region region;
	bool is_new; /* may be written, and then grows */
	bool failed;
	struct ib_error failure; /* of the first call that failed */
};

void ib_squashfs_file_init(struct squashfs_file *file, const struct ib_region *region, bool is_new);
void ib_squashfs_file_done(struct squashfs_file *file);
/* Fails for a code of libsquashfs: with the file's own failure where there is one. */
int ib_squashfs_fail(struct squashfs_file *file, int code, const char *what, struct ib_error *err);

#define SQFS_TRY(file, call, what, err) \
	do { \
		int sqfs_try_ = (call); \
		if (sqfs_try_ < 0) \
			return ib_squashfs_fail((file), sqfs_try_, (what), (err)); \
	} while (0)

#endif
