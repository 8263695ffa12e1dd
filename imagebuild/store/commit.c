/* SPDX-License-Identifier: Apache-2.0 */
/* commit - a file while it is written, and how it gets its name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "store/internal.h"
#include "store/store.h"

#define STALE_SECONDS 86400

struct ib_store_file {
	struct ib_store *store;
	char *path; /* NULL once it was renamed or removed */
	int fd;
	bool keep; /* begun with a resume key: what is there waits */
};

static bool same_file(int fd, const char *path)
{
	struct stat opened;
	struct stat named;

	return !fstat(fd, &opened) && !lstat(path, &named) && opened.st_dev == named.st_dev &&
	       opened.st_ino == named.st_ino;
}

/*
 * The part that an earlier process left, locked; -1 when another one is at it.
 * Between open and lock the other may have renamed the file away: then the
 * name no longer leads to what is locked.
 */
static int open_resumable(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) || !same_file(fd, path)) {
		close(fd);
		return -1;
	}
	return fd;
}

int ib_store_begin(struct ib_store *store, const char *resume, struct ib_store_file **ret_file,
		   struct ib_error *err)
{
	IB_AUTO(ib_store_file) file = ib_alloc(sizeof(*file));

	file->store = store;
	file->fd = -1;
	if (store->read_only) {
		ib_fail(err, IB_FAILED, "cannot add to store '%s': it is read-only", store->root);
		ib_error_hint(err, "Name a folder of your own with --store.");
		return -IB_FAILED;
	}
	if (resume) {
		char name[65];

		ib_sha256_hex(resume, strlen(resume), name);
		file->path = ib_strf("%s/temporary/part.%s", store->root, name);
		file->fd = open_resumable(file->path);
		file->keep = file->fd >= 0;
	}
	if (file->fd < 0) {
		ib_free(file->path);
		file->path = ib_strf("%s/temporary/new.XXXXXX", store->root);
		file->fd = mkostemp(file->path, O_CLOEXEC);
		if (file->fd < 0) {
			int errnum = errno;

			ib_free(ib_take(file->path));
			return ib_fail_errno(err, errnum, "could not write to store '%s'",
					     store->root);
		}
		/* Nobody else knows the name: this says that its writer lives. */
		if (flock(file->fd, LOCK_EX | LOCK_NB))
			return ib_fail_errno(err, errno, "could not lock '%s'", file->path);
	}
	*ret_file = ib_take(file);
	return 0;
}

void ib_store_file_free(struct ib_store_file *file)
{
	if (!file)
		return;
	if (file->path && !file->keep)
		unlink(file->path);
	if (file->fd >= 0)
		close(file->fd);
	ib_free(file->path);
	ib_free(file);
}

int ib_store_file_fd(const struct ib_store_file *file)
{
	return file->fd;
}

const char *ib_store_file_path(const struct ib_store_file *file)
{
	return file->path;
}

/*
 * From temporary/ to its place, with a mode that says: what has a digest for a name is not written
 * again. Whoever may look into the store at all may read it. What is derived need not be on disk before it
 * has its name: a crash leaves bytes that do not match the trailer, which are as good as absent.
 */
static int rename_into(struct ib_store_file *file, const char *folder, const char *digest,
		       bool is_content, struct ib_error *err)
{
	ib_autofree char *place = ib_store_place(file->store, folder, digest);
	ib_autofree char *directory = ib_path_directory(place);
	ib_autoclose int gate = -1;

	IB_TRY(ib_file_make_directory(directory, 0755, err));
	if (fchmod(file->fd, 0444) || (is_content && fsync(file->fd)))
		return ib_fail_errno(err, errno, "could not write '%s'", file->path);
	if (is_content) {
		IB_TRY(ib_store_open_gate(file->store, false, &gate, err));
		IB_TRY(ib_store_note_use(file->store, digest, err));
		IB_TRY(ib_file_rename(file->path, place, err));
	} else if (rename(file->path, place)) {
		return ib_fail_errno(err, errno, "could not rename '%s' to '%s'", file->path,
				     place);
	}
	ib_free(ib_take(file->path));
	return 0;
}

int ib_store_commit(struct ib_store_file *file, enum ib_store_content content, const char *sha256,
		    char *ret_sha256, struct ib_error *err)
{
	uint64_t size = 0;
	char hex[65];

	IB_TRY(ib_fd_size(file->fd, file->path, &size, err));
	IB_TRY(ib_store_hash(file->fd, size, file->path, hex, err));
	if (sha256 && !ib_str_equal(hex, sha256)) {
		file->keep = false;
		return ib_fail(err, IB_TRUST, "what was written has the SHA-256 %s, expected %s",
			       hex, sha256);
	}
	IB_TRY(rename_into(file, ib_store_content_folder(content), hex, true, err));
	if (ret_sha256)
		memcpy(ret_sha256, hex, sizeof(hex));
	return 0;
}

int ib_store_commit_derived(struct ib_store_file *file, enum ib_store_derived derived,
			    const char *key, struct ib_error *err)
{
	char trailer[IB_STORE_TRAILER_SIZE + 1] = IB_STORE_TRAILER_MAGIC;
	uint64_t size = 0;
	char name[65];

	IB_TRY(ib_fd_size(file->fd, file->path, &size, err));
	IB_TRY(ib_store_hash(file->fd, size, file->path, trailer + strlen(IB_STORE_TRAILER_MAGIC),
			     err));
	IB_TRY(ib_fd_write(file->fd, trailer, IB_STORE_TRAILER_SIZE, size, file->path, err));
	ib_sha256_hex(key, strlen(key), name);
	return rename_into(file, ib_store_derived_folder(derived), name, false, err);
}

/* A writer that lives holds the lock; a dead one's file is kept for a day, to be resumed. */
static void sweep_one(const char *path)
{
	ib_autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return;
	if (ib_clock_now() - st.st_mtime < STALE_SECONDS)
		return;
	if (!flock(fd, LOCK_EX | LOCK_NB) && same_file(fd, path))
		unlink(path);
}

void ib_store_sweep(const struct ib_store *store)
{
	ib_autofree char *folder = ib_path_join(store->root, "temporary");
	DIR *directory = opendir(folder);
	const struct dirent *entry = NULL;

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		ib_autofree char *path = ib_path_join(folder, entry->d_name);

		if (entry->d_name[0] != '.')
			sweep_one(path);
	}
	closedir(directory);
}
