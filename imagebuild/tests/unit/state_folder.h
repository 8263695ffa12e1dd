/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of state/: a folder on disk as a tree (with the contents that
 * generators want), and a tree's generated paths written back to a folder, so
 * that the real tools can work on the same input and be compared.
 */
#ifndef IB_TEST_STATE_FOLDER_H
#define IB_TEST_STATE_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "package/facts.h"
#include "state/state.h"
#include "test.h"
#include "tree/tree.h"

#define TEST_TIME 1700000000

static inline void load_entry(struct ib_tree *tree, const char *disk, const char *path,
			      const struct stat *st)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(content, 256 << 20);
	char target[4096] = "";
	struct ib_tree_entry entry = { .path = path,
				       .mode = st->st_mode,
				       .uid = st->st_uid,
				       .gid = st->st_gid,
				       .origin = { IB_ORIGIN_PACKAGE, "folder" } };

	if (S_ISLNK(st->st_mode)) {
		ck_assert_int_ge(readlink(disk, target, sizeof(target) - 1), 0);
		entry.link = target;
	} else if (S_ISREG(st->st_mode) &&
		   ib_facts_wants(path, st->st_mode, (uint64_t)st->st_size)) {
		ck_ok(ib_file_read(disk, &content, &err));
		entry.data = content.data;
		entry.size = content.size;
	} else if (S_ISREG(st->st_mode)) {
		entry.data = "?";
		entry.size = 1;
	} else if (!S_ISDIR(st->st_mode)) {
		return;
	}
	ck_ok(ib_tree_put(tree, &entry, NULL, &err));
}

static inline void load_folder(struct ib_tree *tree, const char *root, const char *below)
{
	ib_autofree char *folder = ib_strf("%s%s", root, below);
	DIR *dir = opendir(folder);
	struct dirent *entry = NULL;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir))) {
		ib_autofree char *path = ib_strf("%s/%s", below, entry->d_name);
		ib_autofree char *disk = ib_strf("%s%s", root, path);
		struct stat st = { 0 };

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		ck_assert_int_eq(lstat(disk, &st), 0);
		load_entry(tree, disk, path, &st);
		if (S_ISDIR(st.st_mode))
			load_folder(tree, root, path);
	}
	closedir(dir);
}

/* Runs a shell command; the test fails when it does. */
static inline void run_shell(const char *fmt, ...) IB_PRINTF(1, 2);
static inline void run_shell(const char *fmt, ...)
{
	ib_autofree char *command = NULL;
	va_list ap;

	va_start(ap, fmt);
	command = ib_vstrf(fmt, ap);
	va_end(ap);
	ck_assert_msg(system(command) == 0, "failed: %s", command);
}

/* What a command prints; the caller owns it. */
static inline char *read_shell(const char *fmt, ...) IB_PRINTF(1, 2);
static inline char *read_shell(const char *fmt, ...)
{
	ib_autofree char *command = NULL;
	IB_AUTO_BUFFER(out, 64 << 20);
	FILE *pipe = NULL;
	char chunk[4096];
	size_t size = 0;
	va_list ap;

	va_start(ap, fmt);
	command = ib_vstrf(fmt, ap);
	va_end(ap);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	while ((size = fread(chunk, 1, sizeof(chunk), pipe)) > 0)
		ib_buffer_put(&out, chunk, size);
	ck_assert_msg(pclose(pipe) == 0, "failed: %s", command);
	return ib_buffer_take_text(&out);
}

/* The content of a path of the tree as text; NULL where there is none. The caller owns it. */
static inline char *tree_text(const struct ib_tree *tree, const char *path)
{
	const struct ib_node *node = ib_tree_find(tree, path);

	if (!node || !S_ISREG(node->inode->mode))
		return NULL;
	return ib_strndup(node->inode->size ? node->inode->data : "", node->inode->size);
}

/* The file of the tree has exactly the bytes of the file on disk. */
static inline void same_bytes(const struct ib_tree *tree, const char *path, const char *disk)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_node *node = ib_tree_find_target(tree, path);
	IB_AUTO_BUFFER(content, 256 << 20);

	ck_ok(ib_file_read(disk, &content, &err));
	ck_assert_msg(node != NULL, "the tree has no %s", path);
	ck_assert_msg(
		node->inode->size == content.size &&
			(!content.size || !memcmp(node->inode->data, content.data, content.size)),
		"%s differs from %s", path, disk);
}

/* Two texts are equal; if not, the test shows the first lines that differ. */
static inline void same_text(const char *ours, const char *theirs)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *a = ib_path_join(test_dir, "ours");
	ib_autofree char *b = ib_path_join(test_dir, "theirs");
	ib_autofree char *difference = NULL;

	if (!strcmp(ours, theirs))
		return;
	ck_ok(ib_file_write(a, ours, strlen(ours), 0644, &err));
	ck_ok(ib_file_write(b, theirs, strlen(theirs), 0644, &err));
	difference = read_shell("diff '%s' '%s' | head -20; true", a, b);
	ck_abort_msg("they differ (< ours, > theirs):\n%s", difference);
}

/* "PATH -> TARGET" of every link below a folder of the tree, sorted; the caller owns it. */
static inline void add_links(const struct ib_node *node, struct ib_strings *list)
{
	size_t i = 0;

	if (S_ISLNK(node->inode->mode)) {
		ib_autofree char *path = ib_node_path(node);

		ib_strings_addf(list, "%s -> %s", path, node->inode->link);
	}
	for (i = 0; i < node->child_count; i++)
		add_links(node->children[i], list);
}

static inline char *tree_links(const struct ib_tree *tree, const char *folder)
{
	const struct ib_node *node = ib_tree_find_target(tree, folder);
	IB_AUTO_STRINGS(list);

	if (node)
		add_links(node, &list);
	ib_strings_sort_unique(&list);
	return ib_strings_join(&list, "\n");
}

#endif
