/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat - the EFI system partition: a FAT file system written in one go.
 *
 * FAT32 from 64 MiB on, else FAT16. Serial number, label and time are given;
 * files lie one behind the other in the order of their paths, so that the same
 * files give the same bytes. Names have printable ASCII characters; what is
 * not upper-case 8.3 gets a long name and a short one "NAME~1".
 */
#ifndef IB_BOOT_FAT_H
#define IB_BOOT_FAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

struct ib_fat_file {
	const char *path; /* relative: "EFI/BOOT/BOOTX64.EFI"; folders come by themselves */
	const void *data; /* size bytes; or NULL, and… */
	int fd;           /* …the first size bytes of this file */
	uint64_t size;
};

struct ib_fat {
	const struct ib_fat_file *files; /* in any order */
	size_t file_count;
	uint32_t serial;
	const char *label; /* at most 11 upper-case letters and digits */
	int64_t time;      /* of all files; FAT knows 1980 to 2107 */
};

/* The smallest size in whole MiB that holds these files. */
int ib_fat_size(const struct ib_fat *fat, uint64_t *ret_size, struct ib_error *err) IB_MUST_CHECK;
/*
 * Writes the file system into to->fd from to->offset on, over bytes that are zero
 * (a fresh file). size: a multiple of 512. Files that do not fit are IB_LIMIT.
 */
int ib_fat_write(const struct ib_fat *fat, const struct ib_range *to, uint64_t size,
		 struct ib_error *err) IB_MUST_CHECK;

#endif
