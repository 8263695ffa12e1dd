/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpio - the initrd: a tree as a cpio archive of the kind "newc", in one zstd
 * frame. Microcode stands in an archive of its own in front (boot/microcode.h).
 *
 * The order of entries is a function of the tree and of the order in which
 * packages are streamed: first directories, links, devices and files in
 * memory, as a walk finds them; then files as their contents come by. Parents
 * stand before their children in any case. Names of one inode stand together,
 * and the last of them carries the bytes. Times, owners and modes are the tree's;
 * newc has no place for extended attributes, which the kernel would ignore here.
 *
 * The format is written here and not by libarchive, whose newc writer turns
 * names through the locale's character set and takes inode numbers as they
 * come.
 *
 * Order of calls: open, the sink for each package by ascending number, close. The
 * tree must not change meanwhile, and its inodes' `sink` is used.
 */
#ifndef IB_BOOT_CPIO_H
#define IB_BOOT_CPIO_H

#include "base/base.h"
#include "tree/tree.h"

struct ib_cpio_plan {
	const struct ib_node *root;
	int level;        /* of zstd, 1 to 19 */
	size_t workers;   /* 0: as many as this process may run on; the bytes are the same */
	int fd;           /* of a file; written from its position on */
	const char *name; /* of the file, for errors */
};

struct ib_cpio;

int ib_cpio_open(const struct ib_cpio_plan *plan, struct ib_cpio **ret_cpio, struct ib_error *err)
	IB_MUST_CHECK;
void ib_cpio_free(struct ib_cpio *cpio);
/* Takes the contents that the tree needs and skips the rest; it may hang on a fan-out. */
struct ib_content_sink ib_cpio_sink(struct ib_cpio *cpio);
/* Whether anything of this package is still to come. */
bool ib_cpio_wants(const struct ib_cpio *cpio, uint32_t package);
/* Ends the archive; a content that never came is IB_INPUT. */
int ib_cpio_close(struct ib_cpio *cpio, struct ib_error *err) IB_MUST_CHECK;

/* All of it, from a source that is read for this alone. */
int ib_cpio_write(const struct ib_cpio_plan *plan, const struct ib_content_source *source,
		  struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_cpio);

#endif
