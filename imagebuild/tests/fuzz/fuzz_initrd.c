/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an initrd: as they are, and packed so that the archive in the frame gets them. */
#include <sys/mman.h>
#include <unistd.h>

#include "compress/compress.h"
#include "verify/initrd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(void *context, const struct ib_initrd_file *file, struct ib_error *err)
{
	(void)context;
	/* each byte that is told is there */
	if (!file->names->count || (file->is_early && file->size && !file->data))
		__builtin_trap();
	return file->size == 4711 ? ib_fail(err, IB_TRUST, "another") : 0;
}

static int put(void *context, const void *data, size_t size, struct ib_error *err)
{
	return ib_fd_write(*(int *)context, data, size, UINT64_MAX, "initrd", err);
}

static int pack(int fd, const uint8_t *data, size_t size, struct ib_error *err)
{
	IB_AUTO(ib_zstd) zstd = NULL;

	IB_TRY(ib_zstd_new(1, 1, put, &fd, &zstd, err));
	IB_TRY(ib_zstd_write(zstd, data, size, err));
	return ib_zstd_finish(zstd, err);
}

static void read_initrd(int fd)
{
	const struct ib_initrd_limits limits = { 1 << 20, 1 << 16, 1 << 16 };
	const struct ib_initrd_sink sink = { take, NULL };
	struct ib_error err = IB_ERROR_INIT;
	size_t paths = 0;

	if (ib_initrd_read(fd, "initrd", &limits, &sink, &paths, &err) < 0)
		ib_error_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ib_autoclose int plain = memfd_create("plain", MFD_CLOEXEC);
	ib_autoclose int packed = memfd_create("packed", MFD_CLOEXEC);
	struct ib_error err = IB_ERROR_INIT;

	if (write(plain, data, size) != (ssize_t)size || pack(packed, data, size, &err) < 0)
		__builtin_trap();
	read_initrd(plain);
	read_initrd(packed);
	return 0;
}
