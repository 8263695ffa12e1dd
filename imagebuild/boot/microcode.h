/* SPDX-License-Identifier: Apache-2.0 */
/*
 * microcode - what the kernel gives the processor before it unpacks anything.
 *
 * It looks for two files in the uncompressed archive that an initrd begins with:
 * kernel/x86/microcode/AuthenticAMD.bin and GenuineIntel.bin, each the updates for all
 * processors of that maker one behind the other (Linux, Documentation/arch/x86/microcode.rst).
 * Packages bring the updates as files below /usr/lib/firmware: those that a tree has under these
 * names stand in the archive in front, in the order of their names, and not a second time in the
 * archive behind it, where they would come too late. Their contents begin at multiples of 16, as
 * Intel's manual wants it (Software Developer's Manual 3A, 11.11.6): the kernel may hand them over in place.
 *
 * Where everything stands follows from the tree alone, so that contents are put into place
 * as they come by.
 */
#ifndef IB_BOOT_MICROCODE_H
#define IB_BOOT_MICROCODE_H

#include "base/base.h"
#include "tree/tree.h"

/* The file that the content of this absolute path becomes a part of; NULL: it is no microcode. */
const char *ib_microcode_place(const char *path);
/* Whether it would be, were it not compressed: the kernel does not expand it there. */
bool ib_microcode_is_compressed(const char *path);

struct ib_microcode;

/*
 * Writes all but the contents to fd, from its position on, and leaves that behind the archive; nothing
 * when the tree has none. name is what errors call fd. The tree must not change meanwhile.
 */
int ib_microcode_open(const struct ib_node *root, int fd, const char *name,
		      struct ib_microcode **ret_microcode, struct ib_error *err) IB_MUST_CHECK;
void ib_microcode_free(struct ib_microcode *microcode);
/* Where in fd the content of this inode goes; 0: nowhere. */
uint64_t ib_microcode_offset(const struct ib_microcode *microcode, const struct ib_inode *inode);

IB_DEFINE_AUTO(ib_microcode);

#endif
