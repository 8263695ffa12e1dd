/* SPDX-License-Identifier: Apache-2.0 */
/* small - a file of unknown digest into memory, within a ceiling. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fetch/internal.h"

int ib_fetch_memory_file(const void *data, size_t size, int *ret_fd, struct ib_error *err)
{
	int fd = memfd_create("imagebuild", MFD_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not make a file in memory");
	if (ib_fd_write(fd, data, size, 0, "a file in memory", err) || lseek(fd, 0, SEEK_SET)) {
		close(fd);
		return -(int)err->kind;
	}
	*ret_fd = fd;
	return 0;
}

static int begin(void *context, size_t i, void **ret_handle, int *ret_fd, struct ib_error *err)
{
	int *fd = context;

	(void)i;
	IB_TRY(ib_fetch_memory_file("", 0, fd, err));
	*ret_handle = fd;
	*ret_fd = *fd;
	return 0;
}

static int commit(void *context, size_t i, void *handle, const char *sha256, struct ib_error *err)
{
	(void)context;
	(void)i;
	(void)handle;
	(void)sha256;
	(void)err;
	return 0;
}

static void drop(void *context, size_t i, void *handle)
{
	(void)context;
	(void)i;
	(void)handle;
}

int ib_fetch_small(const char *name, const char *folder, const char *location,
		   const struct ib_fetch_options *options, struct ib_buffer *b,
		   struct ib_error *err)
{
	ib_autoclose int fd = -1;
	const struct ib_fetch_sink sink = { &fd, begin, commit, drop };
	struct ib_fetch_options quiet = *options;
	struct ib_fetch_file file = {
		.name = name, .urls = &folder, .url_count = 1, .location = location
	};
	const uint64_t limit = ib_buffer_room(b);
	uint64_t size = 0;

	quiet.what = NULL;
	IB_TRY(ib_fetch_run(&file, 1, &limit, &sink, &quiet, err));
	IB_TRY(ib_fd_size(fd, name, &size, err));
	IB_TRY(ib_fd_read_at(fd, ib_buffer_reserve(b, (size_t)size), (size_t)size, 0, name, err));
	b->size += (size_t)size;
	return 0;
}
