/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"

int ib_file_read(const char *path, struct ib_buffer *b, struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	while (true) {
		size_t want = IB_MIN(ib_buffer_room(b), (size_t)256 << 10);
		uint8_t probe = 0;
		ssize_t got =
			want ? read(fd, ib_buffer_reserve(b, want), want) : read(fd, &probe, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ib_fail_errno(err, errno, "could not read '%s'", path);
		if (got == 0)
			return 0;
		if (!want)
			return ib_fail(err, IB_LIMIT, "'%s' is larger than %zu bytes", path,
				       b->max_size);
		b->size += (size_t)got;
	}
}

int ib_file_read_text(const char *path, size_t max_size, char **ret_text, struct ib_error *err)
{
	IB_AUTO_BUFFER(b, max_size + 1);

	b.max_size = max_size;
	IB_TRY(ib_file_read(path, &b, err));
	if (b.size && memchr(b.data, '\0', b.size))
		return ib_fail(err, IB_INPUT, "'%s' is not a text file: it holds a NUL byte", path);
	b.max_size = max_size + 1;
	*ret_text = ib_buffer_take_text(&b);
	return 0;
}

bool ib_file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

int ib_file_open_unnamed(const char *folder, int *ret_fd, struct ib_error *err)
{
	ib_autofree char *name = ib_strf("%s/.unnamed.XXXXXX", folder);
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0) { /* not every file system can */
		fd = mkostemp(name, O_CLOEXEC);
		if (fd < 0)
			return ib_fail_errno(err, errno, "could not make a temporary file in '%s'",
					     folder);
		unlink(name);
	}
	*ret_fd = fd;
	return 0;
}

int ib_fd_write(int fd, const void *data, size_t size, uint64_t offset, const char *name,
		struct ib_error *err)
{
	const uint8_t *bytes = data;

	while (size) {
		ssize_t put = offset == UINT64_MAX ? write(fd, bytes, size)
						   : pwrite(fd, bytes, size, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return ib_fail_errno(err, errno, "could not write '%s'", name);
		bytes += put;
		size -= (size_t)put;
		if (offset != UINT64_MAX)
			offset += (uint64_t)put;
	}
	return 0;
}

int ib_fd_read_at(int fd, void *data, size_t size, uint64_t offset, const char *name,
		  struct ib_error *err)
{
	uint8_t *bytes = data;

	while (size) {
		ssize_t got = pread(fd, bytes, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ib_fail_errno(err, errno, "could not read '%s'", name);
		if (!got)
			return ib_fail(err, IB_INPUT, "'%s' ends too early, at byte %llu", name,
				       (unsigned long long)offset);
		bytes += got;
		size -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

static int copy_by_hand(const struct ib_range *from, const struct ib_range *to, uint64_t done,
			uint64_t size, struct ib_error *err)
{
	enum { CHUNK = 1 << 18 };
	ib_autofree uint8_t *chunk = ib_alloc(CHUNK);

	while (done < size) {
		size_t part = (size_t)IB_MIN(size - done, CHUNK);

		IB_TRY(ib_fd_read_at(from->fd, chunk, part, from->offset + done, from->name, err));
		IB_TRY(ib_fd_write(to->fd, chunk, part, to->offset + done, to->name, err));
		done += part;
	}
	return 0;
}

int ib_fd_copy(const struct ib_range *from, const struct ib_range *to, uint64_t size,
	       struct ib_error *err)
{
	off_t in = (off_t)from->offset;
	off_t out = (off_t)to->offset;
	uint64_t done = 0;

	while (done < size) {
		size_t part = (size_t)IB_MIN(size - done, (uint64_t)1 << 30);
		ssize_t copied = copy_file_range(from->fd, &in, to->fd, &out, part, 0);

		if (copied < 0 && errno == EINTR)
			continue;
		/* Not every file system can, and the end of the source is told by hand as well. */
		if (copied <= 0)
			return copy_by_hand(from, to, done, size, err);
		done += (uint64_t)copied;
	}
	return 0;
}

void ib_fd_begin_writeback(int fd, uint64_t from, uint64_t size)
{
	/* not every file system can, and whoever syncs is told what goes wrong */
	(void)sync_file_range(fd, (off_t)from, (off_t)size, SYNC_FILE_RANGE_WRITE);
}

int ib_fd_size(int fd, const char *name, uint64_t *ret_size, struct ib_error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return ib_fail_errno(err, errno, "could not examine '%s'", name);
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

int ib_file_write(const char *path, const void *data, size_t size, unsigned mode,
		  struct ib_error *err)
{
	IB_AUTO(ib_output) output = NULL;

	IB_TRY(ib_output_open(path, &output, err));
	IB_TRY(ib_fd_write(ib_output_fd(output), data, size, UINT64_MAX, path, err));
	return ib_output_commit(output, mode, err);
}

int ib_file_make_directory(const char *path, unsigned mode, struct ib_error *err)
{
	ib_autofree char *partial = ib_strdup(path);
	char *at = partial;
	struct stat st;

	while (*at) {
		char saved = '\0';

		at += strspn(at, "/");
		at += strcspn(at, "/");
		saved = *at;
		*at = '\0';
		if (*partial && mkdir(partial, mode) && errno != EEXIST)
			return ib_fail_errno(err, errno, "could not make folder '%s'", partial);
		*at = saved;
	}
	if (stat(path, &st))
		return ib_fail_errno(err, errno, "could not examine '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return ib_fail(err, IB_FAILED, "'%s' is not a folder", path);
	return 0;
}

static int remove_at(int directory, const char *name, const char *path, struct ib_error *err);

static int remove_entries(DIR *directory, const char *path, struct ib_error *err)
{
	const struct dirent *entry = NULL;

	while ((entry = readdir(directory))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		IB_TRY(remove_at(dirfd(directory), entry->d_name, path, err));
	}
	return 0;
}

static int remove_at(int directory, const char *name, const char *path, struct ib_error *err)
{
	DIR *inner = NULL;
	int fd = -1;
	int r = 0;

	if (!unlinkat(directory, name, 0) || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return ib_fail_errno(err, errno, "could not remove '%s' in '%s'", name, path);
	fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	inner = fd < 0 ? NULL : fdopendir(fd);
	if (!inner)
		return ib_fail_errno(err, errno, "could not open folder '%s' in '%s'", name, path);
	r = remove_entries(inner, path, err);
	closedir(inner);
	IB_TRY(r);
	if (unlinkat(directory, name, AT_REMOVEDIR))
		return ib_fail_errno(err, errno, "could not remove '%s' in '%s'", name, path);
	return 0;
}

int ib_file_remove_tree(const char *path, struct ib_error *err)
{
	return remove_at(AT_FDCWD, path, path, err);
}

static int sync_directory_of(const char *path, struct ib_error *err)
{
	ib_autofree char *directory = ib_path_directory(path);
	ib_autoclose int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open folder '%s'", directory);
	if (fsync(fd) && errno != EINVAL)
		return ib_fail_errno(err, errno, "could not sync folder '%s'", directory);
	return 0;
}

int ib_file_rename(const char *from, const char *to, struct ib_error *err)
{
	if (rename(from, to))
		return ib_fail_errno(err, errno, "could not rename '%s' to '%s'", from, to);
	return sync_directory_of(to, err);
}

struct ib_output {
	char *path;
	char *temporary; /* NULL once it has its final name */
	int fd;
};

int ib_output_open(const char *path, struct ib_output **ret_output, struct ib_error *err)
{
	ib_autofree char *temporary = ib_strf("%s.XXXXXX", path);
	struct ib_output *output = NULL;
	int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not make a temporary file for '%s'", path);
	output = ib_alloc(sizeof(*output));
	output->path = ib_strdup(path);
	output->temporary = ib_take(temporary);
	output->fd = fd;
	*ret_output = output;
	return 0;
}

void ib_output_free(struct ib_output *output)
{
	if (!output)
		return;
	if (output->temporary)
		unlink(output->temporary);
	close(output->fd);
	ib_free(output->temporary);
	ib_free(output->path);
	ib_free(output);
}

int ib_output_fd(const struct ib_output *output)
{
	assert(output);
	return output->fd;
}

const char *ib_output_temporary(const struct ib_output *output)
{
	return output->temporary;
}

int ib_output_commit(struct ib_output *output, unsigned mode, struct ib_error *err)
{
	if (fchmod(output->fd, mode))
		return ib_fail_errno(err, errno, "could not set the mode of '%s'", output->path);
	if (fsync(output->fd))
		return ib_fail_errno(err, errno, "could not sync '%s'", output->path);
	IB_TRY(ib_file_rename(output->temporary, output->path, err));
	ib_free(ib_take(output->temporary));
	return 0;
}
