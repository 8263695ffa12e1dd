/* SPDX-License-Identifier: Apache-2.0 */
/*
 * newc - what stands in front of a content in a cpio archive of that kind: 110 bytes of ASCII, and the
 * name. Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#ifndef IB_BOOT_NEWC_H
#define IB_BOOT_NEWC_H

#include "base/base.h"
#include "tree/tree.h"

#define IB_NEWC_TRAILER "TRAILER!!!"
/* What an archive's size is a multiple of: GNU cpio's block. */
#define IB_NEWC_BLOCK 512

struct ib_newc {
	const char *path; /* without a slash in front */
	const struct ib_inode *inode;
	uint32_t number; /* names of one number are names of one file */
	uint32_t links;
	uint64_t size; /* of the content behind it */
	uint32_t
		alignment; /* more zeros than one end the name, until the content begins at a multiple of this; 0: 4 */
};

/* Appends it; at is where in the archive it will stand, archive what errors call that. */
int ib_newc_put(struct ib_buffer *out, const struct ib_newc *entry, uint64_t at,
		const char *archive, struct ib_error *err) IB_MUST_CHECK;

#endif
