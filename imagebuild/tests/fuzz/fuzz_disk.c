/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a GPT disk, and as a FAT file system: read or refused, never more. */
#include <sys/mman.h>
#include <unistd.h>

#include "boot/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int write_all(int fd, const uint8_t *data, size_t size, struct ib_error *err)
{
	IB_TRY(ib_fd_write(fd, data, size, 0, "disk", err));
	/* Large enough for a small FAT16, whose tables alone are interesting. */
	if (size < 4 << 20 && ftruncate(fd, 4 << 20))
		return ib_fail(err, IB_FAILED, "could not grow");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ib_autoclose int fd = memfd_create("disk", MFD_CLOEXEC);
	ib_autoclose int out = memfd_create("out", MFD_CLOEXEC);
	ib_autofree struct ib_disk_table *table = NULL;
	IB_AUTO(ib_fat_reader) reader = NULL;
	struct ib_range from = { fd, 0, "disk" };
	struct ib_error err = IB_ERROR_INIT;
	size_t i = 0;

	if (write_all(fd, data, size, &err) < 0)
		__builtin_trap();
	if (ib_disk_read(fd, "disk", &table, &err) < 0)
		ib_error_clear(&err);
	if (ib_fat_reader_open(&from, 4 << 20, &reader, &err) < 0) {
		ib_error_clear(&err);
		return 0;
	}
	for (i = 0; i < ib_fat_reader_count(reader); i++)
		if (ib_fat_reader_copy(reader, ib_fat_reader_get(reader, i), out, &err) < 0)
			ib_error_clear(&err);
	return 0;
}
