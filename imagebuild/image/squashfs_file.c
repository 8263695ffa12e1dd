/* SPDX-License-Identifier: Apache-2.0 */
#include "image/squashfs_file.h"

#include <errno.h>
#include <unistd.h>

#include <sqfs/error.h>

static struct squashfs_file *of(sqfs_file_t *base)
{
	return (struct squashfs_file *)base;
}

static int note(struct squashfs_file *file, struct ib_error *err)
{
	if (file->failed)
		ib_error_clear(err);
	else
		file->failure = *err;
	file->failed = true;
	return SQFS_ERROR_IO;
}

static int read_at(sqfs_file_t *base, sqfs_u64 offset, void *buffer, size_t size)
{
	struct squashfs_file *file = of(base);
	struct ib_error err = IB_ERROR_INIT;

	if (offset > file->region.size || size > file->region.size - offset)
		return SQFS_ERROR_OUT_OF_BOUNDS;
	return ib_region_read(&file->region, buffer, size, offset, &err) < 0 ? note(file, &err) : 0;
}

static int write_at(sqfs_file_t *base, sqfs_u64 offset, const void *buffer, size_t size)
{
	struct squashfs_file *file = of(base);
	struct ib_error err = IB_ERROR_INIT;

	if (!file->is_new)
		return SQFS_ERROR_ARG_INVALID;
	if (ib_fd_write(file->region.fd, buffer, size, offset, file->region.name, &err) < 0)
		return note(file, &err);
	file->region.size = IB_MAX(file->region.size, offset + size);
	return 0;
}

static sqfs_u64 get_size(const sqfs_file_t *base)
{
	return ((const struct squashfs_file *)base)->region.size;
}

static int set_size(sqfs_file_t *base, sqfs_u64 size)
{
	struct squashfs_file *file = of(base);
	struct ib_error err = IB_ERROR_INIT;

	if (!file->is_new)
		return SQFS_ERROR_ARG_INVALID;
	if (ftruncate(file->region.fd, (off_t)size)) {
		(void)ib_fail_errno(&err, errno, "could not set the size of '%s'",
				    file->region.name);
		return note(file, &err);
	}
	file->region.size = size;
	return 0;
}

static void destroy(sqfs_object_t *base)
{
	(void)base; /* whoever has the file frees it */
}

void ib_squashfs_file_init(struct squashfs_file *file, const struct ib_region *region, bool is_new)
{
	*file = (struct squashfs_file){
		.base = { .base = { .destroy = destroy },
			  .read_at = read_at,
			  .write_at = write_at,
			  .get_size = get_size,
			  .truncate = set_size },
		.region = *region,
		.is_new = is_new,
		.failure = IB_ERROR_INIT,
	};
}

void ib_squashfs_file_done(struct squashfs_file *file)
{
	if (file->failed)
		ib_error_clear(&file->failure);
	file->failed = false;
}

static const char *words_of(int code)
{
	switch (code) {
	case SQFS_ERROR_ALLOC:
		return "there is not enough memory";
	case SQFS_ERROR_COMPRESSOR:
		return "a block could not be compressed or decompressed";
	case SQFS_ERROR_CORRUPTED:
		return "its structure does not hold";
	case SQFS_ERROR_UNSUPPORTED:
		return "libsquashfs does not support this";
	case SQFS_ERROR_OVERFLOW:
		return "a number is larger than the format has room for";
	case SQFS_ERROR_OUT_OF_BOUNDS:
		return "something lies outside";
	case SQFS_ERROR_NO_ENTRY:
		return "an entry is missing";
	default:
		return "libsquashfs refuses it";
	}
}

int ib_squashfs_fail(struct squashfs_file *file, int code, const char *what, struct ib_error *err)
{
	enum ib_kind kind = !file->is_new ? IB_INPUT : IB_FAILED;

	if (file->failed) {
		*err = file->failure;
		file->failed = false;
		file->failure = (struct ib_error)IB_ERROR_INIT;
		return -(int)err->kind;
	}
	if (code == SQFS_ERROR_UNSUPPORTED || code == SQFS_ERROR_OVERFLOW)
		kind = IB_LIMIT;
	return ib_fail(err, kind, "%s of '%s': %s (%d)", what, file->region.name, words_of(code),
		       code);
}
