/* SPDX-License-Identifier: Apache-2.0 */
#include "build/outputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK            ".imagebuild-" /* in the name of the folder where outputs grow */
#define SETTLED_SECONDS 60

struct ib_outputs {
	char *folder;
	char *temporary; /* NULL once committed */
	int lock;        /* on it; -1: none */
	char *stem;
	struct ib_strings names;
	struct ib_strings paths;
};

/*
 * What a build wrote always has SHA256SUMS or a root hash; a folder with
 * anything else in it may be somebody's home.
 */
static int check_replaceable(const char *folder, struct ib_error *err)
{
	const struct dirent *entry = NULL;
	DIR *directory = opendir(folder);
	bool is_ours = false;
	bool is_empty = true;

	if (!directory && errno == ENOENT)
		return 0;
	if (!directory)
		return ib_fail_errno(err, errno, "could not open output folder '%s'", folder);
	while ((entry = readdir(directory))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		is_empty = false;
		if (!strcmp(entry->d_name, "SHA256SUMS") || ib_str_ends(entry->d_name, ".roothash"))
			is_ours = true;
	}
	closedir(directory);
	if (is_empty || is_ours)
		return 0;
	(void)ib_fail(err, IB_INPUT, "output folder '%s' holds files that no build wrote", folder);
	ib_error_hint(err, "Name an empty or a new folder with -o DIR.");
	return -IB_INPUT;
}

/* Held as long as a build works there; -1 where it is held by somebody, or is no folder. */
static int lock_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A folder that was just made may not be locked yet. */
static bool is_old(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       ib_clock_now() - st.st_mtime > SETTLED_SECONDS;
}

static void remove_left(const char *path)
{
	struct ib_error ignored = IB_ERROR_INIT; /* it is only in the way */
	ib_autoclose int fd = is_old(path) ? lock_folder(path) : -1;

	if (fd >= 0 && ib_file_remove_tree(path, &ignored) < 0)
		ib_error_clear(&ignored);
}

/* What builds left that were killed while they made this output folder. */
static void sweep(const char *parent, const char *name)
{
	ib_autofree char *prefix = ib_strf(".%s" MARK, name);
	const struct dirent *entry = NULL;
	DIR *directory = opendir(parent);

	while (directory && (entry = readdir(directory))) {
		ib_autofree char *path = ib_path_join(parent, entry->d_name);

		if (ib_str_starts(entry->d_name, prefix) &&
		    strlen(entry->d_name) == strlen(prefix) + strlen("XXXXXX"))
			remove_left(path);
	}
	if (directory)
		closedir(directory);
}

int ib_outputs_open(const char *folder, const char *stem, struct ib_outputs **ret_outputs,
		    struct ib_error *err)
{
	IB_AUTO(ib_outputs) outputs = ib_alloc(sizeof(*outputs));
	ib_autofree char *parent = NULL;
	ib_autofree char *temporary = NULL;
	ib_autofree char *real = NULL;
	size_t length = strlen(folder);

	outputs->lock = -1;
	while (length > 1 && folder[length - 1] == '/')
		length--;
	outputs->folder = ib_strndup(folder, length);
	outputs->stem = ib_strdup(stem);
	parent = ib_path_directory(outputs->folder);
	IB_TRY(check_replaceable(outputs->folder, err));
	IB_TRY(ib_file_make_directory(parent, 0755, err));
	real = realpath(parent, NULL);
	if (!real)
		return ib_fail_errno(err, errno, "could not find folder '%s'", parent);
	sweep(real, ib_path_name(outputs->folder));
	temporary = ib_strf("%s/.%s" MARK "XXXXXX", real, ib_path_name(outputs->folder));
	if (!mkdtemp(temporary))
		return ib_fail_errno(err, errno, "could not make a temporary folder in '%s'",
				     parent);
	outputs->temporary = ib_take(temporary);
	outputs->lock = lock_folder(outputs->temporary);
	if (chmod(outputs->temporary, 0755))
		return ib_fail_errno(err, errno, "could not set the mode of '%s'",
				     outputs->temporary);
	*ret_outputs = ib_take(outputs);
	return 0;
}

void ib_outputs_free(struct ib_outputs *outputs)
{
	struct ib_error err = IB_ERROR_INIT;

	if (!outputs)
		return;
	/* a temporary folder that cannot be removed harms nobody */
	if (outputs->temporary && ib_file_remove_tree(outputs->temporary, &err) < 0)
		ib_error_clear(&err);
	if (outputs->lock >= 0)
		close(outputs->lock);
	ib_strings_done(&outputs->names);
	ib_strings_done(&outputs->paths);
	ib_free(outputs->temporary);
	ib_free(outputs->folder);
	ib_free(outputs->stem);
	ib_free(outputs);
}

const char *ib_outputs_named(struct ib_outputs *outputs, const char *name)
{
	if (!ib_strings_has(&outputs->names, name))
		ib_strings_add(&outputs->names, name);
	ib_strings_addf(&outputs->paths, "%s/%s", outputs->temporary, name);
	return outputs->paths.items[outputs->paths.count - 1];
}

const char *ib_outputs_path(struct ib_outputs *outputs, const char *suffix)
{
	ib_autofree char *name = ib_strf("%s%s", outputs->stem, suffix);

	return ib_outputs_named(outputs, name);
}

const char *ib_outputs_folder(const struct ib_outputs *outputs)
{
	return outputs->temporary;
}

const struct ib_strings *ib_outputs_names(struct ib_outputs *outputs)
{
	ib_strings_sort_unique(&outputs->names);
	return &outputs->names;
}

int ib_outputs_write(struct ib_outputs *outputs, const char *suffix, const void *data, size_t size,
		     struct ib_error *err)
{
	return ib_file_write(ib_outputs_path(outputs, suffix), data, size, 0644, err);
}

static int sync_file(const char *path, struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	if (fchmod(fd, 0644))
		return ib_fail_errno(err, errno, "could not set the mode of '%s'", path);
	if (fsync(fd))
		return ib_fail_errno(err, errno, "could not sync '%s'", path);
	return 0;
}

/* The new outputs stand where they belong; that the old ones cannot go is no failure of theirs. */
static void remove_old(const struct ib_outputs *outputs, const struct ib_log *log)
{
	struct ib_error why = IB_ERROR_INIT;

	if (ib_file_remove_tree(outputs->temporary, &why) == 0)
		return;
	ib_warn(log, "'%s' is complete, but what was there before is left in '%s': %s",
		outputs->folder, outputs->temporary, why.text);
	ib_error_clear(&why);
}

int ib_outputs_commit(struct ib_outputs *outputs, const struct ib_log *log, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < outputs->names.count; i++) {
		ib_autofree char *path = ib_path_join(outputs->temporary, outputs->names.items[i]);

		IB_TRY(sync_file(path, err));
	}
	if (!renameat2(AT_FDCWD, outputs->temporary, AT_FDCWD, outputs->folder, RENAME_EXCHANGE)) {
		remove_old(outputs, log);
		ib_free(ib_take(outputs->temporary));
		return 0;
	}
	if (errno != ENOENT)
		return ib_fail_errno(err, errno, "could not exchange '%s' with '%s'",
				     outputs->temporary, outputs->folder);
	IB_TRY(ib_file_rename(outputs->temporary, outputs->folder, err));
	ib_free(ib_take(outputs->temporary));
	return 0;
}
