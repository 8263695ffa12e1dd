/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uki - the unified kernel image: systemd's EFI stub with kernel, initrd,
 * command line and what else belongs to them as sections (UAPI.5).
 *
 * The stub's sections are laid one behind the other without gaps, its symbols
 * are left out, and ours follow in the order of the specification; so a
 * flat hash and the firmware's agree, and nothing depends on the moment.
 */
#ifndef IB_BOOT_UKI_H
#define IB_BOOT_UKI_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "boot/pe.h"

/* A stub is smaller than this. */
#define IB_UKI_MAX_STUB (8 << 20)

struct ib_uki_section {
	const char *name; /* ".linux", ".osrel", ".cmdline", ".initrd", ".uname", … */
	const void *data; /* size bytes; or NULL, and… */
	int fd;           /* …the first size bytes of this file */
	uint64_t size;    /* 0: the section is left out */
};

struct ib_uki {
	const void *stub;
	size_t stub_size;
	const struct ib_uki_section *sections; /* in any order */
	size_t section_count;
};

/*
 * Writes to out_fd from its start (it should be empty); name is for errors. A
 * section that is not in the specification, given twice, or in the stub
 * already is IB_INPUT. Without sections it gives the stub back in its plain
 * form: that is how a boot loader is made ready to be signed.
 */
int ib_uki_build(const struct ib_uki *uki, int out_fd, const char *name, struct ib_error *err)
	IB_MUST_CHECK;

/*
 * The kernel's command line: the words with single spaces between, then roothash= (if root_hash
 * is not NULL). A word with a space that is not inside double quotes, an empty one, one with control
 * characters, or one that itself sets roothash= or usrhash= beside a root hash is IB_INPUT. The caller owns
 * *ret_line.
 */
int ib_command_line(const char *const *words, size_t count, const char *root_hash, char **ret_line,
		    struct ib_error *err) IB_MUST_CHECK;

#endif
