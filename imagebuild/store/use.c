/* SPDX-License-Identifier: Apache-2.0 */
/*
 * use - what running processes need, so that pruning leaves it alone.
 *
 * Each process that may write has a file temporary/use.XXXXXX, locked as long
 * as it lives, with a line for every content that it found here or brought.
 * A line is written while ROOT/gate is locked shared; whoever removes content
 * locks the gate exclusively, and so either sees the line or removes before
 * the other one looks. A process that may only read cannot write lines: it
 * holds ROOT/readers locked shared instead, and nothing is removed meanwhile.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal.h"
#include "store/store.h"

#define USE_PREFIX    "use."
#define MAX_USES      ((size_t)64 << 20)
#define TOUCH_SECONDS 3600
#define GATE_MODE     0644

static int open_lock(const struct ib_store *store, const char *name, int how, int *ret_fd,
		     struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(store->root, name);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, GATE_MODE);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	while (flock(fd, how))
		if (errno != EINTR) {
			int errnum = errno;

			close(fd);
			return ib_fail_errno(err, errnum, "could not lock '%s'", path);
		}
	*ret_fd = fd;
	return 0;
}

int ib_store_open_gate(const struct ib_store *store, bool exclusive, int *ret_fd,
		       struct ib_error *err)
{
	return open_lock(store, "gate", exclusive ? LOCK_EX : LOCK_SH, ret_fd, err);
}

/* A file that is not there (a store that nobody ever wrote to with this in mind) locks nobody out. */
static void begin_reading(struct ib_store *store)
{
	ib_autofree char *path = ib_path_join(store->root, "readers");

	store->use_fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (store->use_fd >= 0)
		(void)flock(store->use_fd, LOCK_SH);
}

int ib_store_begin_uses(struct ib_store *store, struct ib_error *err)
{
	ib_autoclose int readers = -1;
	ib_autoclose int gate = -1;

	if (store->read_only) {
		begin_reading(store);
		return 0;
	}
	IB_TRY(open_lock(store, "readers", LOCK_SH, &readers, err));
	/* Between its making and its locking it looks like a dead one's. */
	IB_TRY(ib_store_open_gate(store, false, &gate, err));
	store->use_path = ib_strf("%s/temporary/" USE_PREFIX "XXXXXX", store->root);
	store->use_fd = mkostemp(store->use_path, O_CLOEXEC | O_APPEND);
	if (store->use_fd < 0 || flock(store->use_fd, LOCK_EX | LOCK_NB))
		return ib_fail_errno(err, errno, "could not write to store '%s'", store->root);
	return 0;
}

void ib_store_end_uses(struct ib_store *store)
{
	if (store->use_path && store->use_fd >= 0)
		unlink(store->use_path);
	if (store->use_fd >= 0)
		close(store->use_fd);
	ib_free(store->use_path);
}

int ib_store_note_use(const struct ib_store *store, const char *digest, struct ib_error *err)
{
	ib_autofree char *line = ib_strf("%s\n", digest);

	return ib_fd_write(store->use_fd, line, strlen(line), UINT64_MAX, store->use_path, err);
}

void ib_store_touch(const struct ib_store *store, const char *path, int64_t used)
{
	static const struct timespec now[2] = { { .tv_nsec = UTIME_NOW },
						{ .tv_nsec = UTIME_NOW } };

	if (!store->read_only && ib_clock_now() - used > TOUCH_SECONDS)
		(void)utimensat(AT_FDCWD, path, now, AT_SYMLINK_NOFOLLOW);
}

bool ib_store_take_use(const struct ib_store *store, const char *folder, const char *digest)
{
	struct ib_error ignored = IB_ERROR_INIT; /* what cannot be held is not there */
	ib_autofree char *path = ib_store_place(store, folder, digest);
	ib_autoclose int gate = -1;
	struct stat st;

	if (store->read_only)
		return !lstat(path, &st) && S_ISREG(st.st_mode);
	if (ib_store_open_gate(store, false, &gate, &ignored) < 0) {
		ib_error_clear(&ignored);
		return false;
	}
	if (lstat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	if (ib_store_note_use(store, digest, &ignored) < 0) {
		ib_error_clear(&ignored);
		return false;
	}
	ib_store_touch(store, path, st.st_mtime);
	return true;
}

/* ---- the other side ------------------------------------------------------ */

/* The lines of one living process; the file of a dead one is removed. */
static int read_uses(const char *path, struct ib_map *uses, struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ib_autofree char *text = NULL;
	IB_AUTO_STRINGS(lines);
	size_t i = 0;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : ib_fail_errno(err, errno, "could not open '%s'", path);
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		unlink(path);
		return 0;
	}
	r = ib_file_read_text(path, MAX_USES, &text, err);
	if (r == -IB_MISSING) { /* it has just ended */
		ib_error_clear(err);
		return 0;
	}
	IB_TRY(r);
	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++)
		ib_map_set(uses, lines.items[i], uses);
	return 0;
}

int ib_store_collect_uses(const struct ib_store *store, struct ib_map *uses, struct ib_error *err)
{
	ib_autofree char *folder = ib_path_join(store->root, "temporary");
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	IB_TRY(ib_store_list(folder, &names, err));
	for (i = 0; i < names.count; i++) {
		ib_autofree char *path = ib_path_join(folder, names.items[i]);

		if (ib_str_starts(names.items[i], USE_PREFIX))
			IB_TRY(read_uses(path, uses, err));
	}
	return 0;
}

int ib_store_shut_readers_out(const struct ib_store *store, int *ret_fd, struct ib_error *err)
{
	struct ib_error busy = IB_ERROR_INIT;

	if (open_lock(store, "readers", LOCK_EX | LOCK_NB, ret_fd, &busy) == 0)
		return 0;
	ib_error_clear(&busy);
	(void)ib_fail(err, IB_FAILED,
		      "could not prune store '%s': somebody who may only read it is using it",
		      store->root);
	ib_error_hint(err, "Run it again when that has ended.");
	return -IB_FAILED;
}
