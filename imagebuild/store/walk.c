/* SPDX-License-Identifier: Apache-2.0 */
/* walk - over all there is: to list, to check, to remove what nobody uses. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/internal.h"
#include "store/store.h"

int ib_store_list(const char *path, struct ib_strings *list, struct ib_error *err)
{
	DIR *directory = opendir(path);
	const struct dirent *entry = NULL;

	if (!directory)
		return errno == ENOENT ? 0 : ib_fail_errno(err, errno, "could not read '%s'", path);
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			ib_strings_add(list, entry->d_name);
	closedir(directory);
	ib_strings_sort_unique(list);
	return 0;
}

struct walk {
	ib_store_entry_fn visit;
	void *context;
	const char *folder;
};

/* The resolver's cache has names of its own; everything else lies under a digest. */
static bool is_ours(const struct walk *walk, const char *name)
{
	return ib_hex_is(name, 64) || ib_str_equal(walk->folder, IB_STORE_SOLV_FOLDER);
}

static int walk_files(const struct walk *walk, const char *path, struct ib_error *err)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	IB_TRY(ib_store_list(path, &names, err));
	for (i = 0; i < names.count; i++) {
		ib_autofree char *file = ib_path_join(path, names.items[i]);
		struct ib_store_entry entry = { .folder = walk->folder,
						.name = names.items[i],
						.path = file };
		struct stat st;

		if (lstat(file, &st) || !S_ISREG(st.st_mode) || !is_ours(walk, names.items[i]))
			continue;
		entry.size = (uint64_t)st.st_size;
		entry.used = st.st_mtime;
		IB_TRY(walk->visit(walk->context, &entry, err));
	}
	return 0;
}

static int walk_folder(const struct ib_store *store, const struct walk *walk, struct ib_error *err)
{
	ib_autofree char *folder = ib_path_join(store->root, walk->folder);
	IB_AUTO_STRINGS(parts);
	size_t i = 0;

	if (ib_str_equal(walk->folder, IB_STORE_SOLV_FOLDER))
		return walk_files(walk, folder, err);
	IB_TRY(ib_store_list(folder, &parts, err));
	for (i = 0; i < parts.count; i++) {
		ib_autofree char *path = ib_path_join(folder, parts.items[i]);

		IB_TRY(walk_files(walk, path, err));
	}
	return 0;
}

int ib_store_walk(const struct ib_store *store, ib_store_entry_fn visit, void *context,
		  struct ib_error *err)
{
	IB_AUTO_STRINGS(folders);
	size_t i = 0;

	ib_store_folders(&folders);
	for (i = 0; i < folders.count; i++) {
		const struct walk walk = { visit, context, folders.items[i] };

		IB_TRY(walk_folder(store, &walk, err));
	}
	return 0;
}

/* ---- is it whole? -------------------------------------------------------- */

static int check_content(int fd, const struct ib_store_entry *entry, struct ib_error *err)
{
	char hex[65];

	IB_TRY(ib_store_hash(fd, entry->size, entry->path, hex, err));
	if (!ib_str_equal(hex, entry->name))
		return ib_fail(err, IB_TRUST, "'%s' has the SHA-256 %s, not the one it is named by",
			       entry->path, hex);
	return 0;
}

int ib_store_check(const struct ib_store *store, const struct ib_store_entry *entry,
		   struct ib_error *err)
{
	ib_autoclose int fd = open(entry->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	(void)store;
	if (fd < 0)
		return errno == ENOENT
			       ? 0 /* somebody pruned */
			       : ib_fail_errno(err, errno, "could not open '%s'", entry->path);
	if (ib_str_equal(entry->folder, IB_STORE_SOLV_FOLDER))
		return 0; /* whoever reads it compares its digest, and makes it again */
	if (ib_store_is_content(entry->folder))
		return check_content(fd, entry, err);
	if (!ib_store_derived_holds(fd, entry->path))
		return ib_fail(err, IB_TRUST, "'%s' does not hold what its trailer says",
			       entry->path);
	return 0;
}

int ib_store_remove_entry(struct ib_store *store, const struct ib_store_entry *entry,
			  struct ib_error *err)
{
	if (store->read_only)
		return ib_fail(err, IB_FAILED, "cannot remove '%s': the store is read-only",
			       entry->path);
	if (unlink(entry->path) && errno != ENOENT)
		return ib_fail_errno(err, errno, "could not remove '%s'", entry->path);
	return 0;
}

/* ---- pruning ------------------------------------------------------------- */

struct sweep {
	struct ib_store *store;
	const struct ib_store_pruning *pruning;
	struct ib_map *uses;
};

static int prune_one(void *context, const struct ib_store_entry *entry, struct ib_error *err)
{
	const struct sweep *sweep = context;
	const struct ib_store_pruning *pruning = sweep->pruning;

	if (entry->used > pruning->unused_since || ib_map_has(sweep->uses, entry->name) ||
	    (pruning->keeps && pruning->keeps(pruning->context, entry)))
		return 0;
	if (pruning->goes)
		pruning->goes(pruning->context, entry);
	return pruning->dry_run ? 0 : ib_store_remove_entry(sweep->store, entry, err);
}

int ib_store_prune(struct ib_store *store, const struct ib_store_pruning *pruning,
		   struct ib_error *err)
{
	IB_AUTO(ib_map) uses = ib_map_new();
	struct sweep sweep = { store, pruning, uses };
	ib_autoclose int readers = -1;
	ib_autoclose int gate = -1;

	if (store->read_only)
		return ib_fail(err, IB_FAILED, "cannot prune store '%s': it is read-only",
			       store->root);
	IB_TRY(ib_store_shut_readers_out(store, &readers, err));
	IB_TRY(ib_store_open_gate(store, true, &gate, err));
	IB_TRY(ib_store_collect_uses(store, uses, err));
	return ib_store_walk(store, prune_one, &sweep, err);
}
