/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat_read - the files of a FAT file system: FAT16 and FAT32, long names too.
 *
 * Opening reads the allocation table and all folders, within bounds: a chain
 * that leads out, runs in a circle or ends too early is IB_INPUT. Files stand
 * in the order of their paths; of two copies of the table both must say the same.
 */
#ifndef IB_BOOT_FAT_READ_H
#define IB_BOOT_FAT_READ_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

struct ib_fat_reader;

struct ib_fat_entry {
	const char *path; /* relative: "EFI/BOOT/BOOTX64.EFI" */
	uint64_t size;
	uint32_t cluster; /* the first; 0: no content */
};

/* from: where it begins; descriptor and name must outlive the reader. size: of the partition. */
int ib_fat_reader_open(const struct ib_range *from, uint64_t size,
		       struct ib_fat_reader **ret_reader, struct ib_error *err) IB_MUST_CHECK;
void ib_fat_reader_free(struct ib_fat_reader *reader);
size_t ib_fat_reader_count(const struct ib_fat_reader *reader);
const struct ib_fat_entry *ib_fat_reader_get(const struct ib_fat_reader *reader, size_t i);
/* Writes the content of a file to fd, at its position. */
int ib_fat_reader_copy(const struct ib_fat_reader *reader, const struct ib_fat_entry *entry, int fd,
		       struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_fat_reader);

#endif
