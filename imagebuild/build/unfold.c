/* SPDX-License-Identifier: Apache-2.0 */
#include "build/unfold.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct unfold {
	int root;
	struct ib_map *first;     /* "PACKAGE:FILE" → the path of its first name, in the arena */
	struct ib_strings *again; /* "FIRST\nPATH": further names of hard links */
	struct ib_arena *arena;
	uint32_t package, file;
	int fd; /* of the content that streams by */
};

/* Paths of the tree without the slash in front; the tree has no link above them that we follow. */
static const char *relative(const char *path)
{
	return path[1] ? path + 1 : ".";
}

static const char *key_of(const struct unfold *unfold, uint32_t package, uint32_t file)
{
	return ib_arena_strf(unfold->arena, "%u:%u", package, file);
}

static int make_file(const struct unfold *unfold, const char *path, const struct ib_inode *inode,
		     struct ib_error *err)
{
	ib_autoclose int fd = openat(unfold->root, relative(path),
				     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not make '%s' for the sandbox", path);
	if (inode->content == IB_CONTENT_BUFFER && inode->size)
		IB_TRY(ib_fd_write(fd, inode->data, inode->size, UINT64_MAX, path, err));
	if (fchmod(fd, inode->mode & 0777) < 0)
		return ib_fail_errno(err, errno, "could not set the mode of '%s'", path);
	return 0;
}

static int put_regular(struct unfold *unfold, const char *path, const struct ib_inode *inode,
		       struct ib_error *err)
{
	const char *key = inode->content == IB_CONTENT_PAYLOAD
				  ? key_of(unfold, inode->package, inode->file)
				  : ib_arena_strf(unfold->arena, "%p", (const void *)inode);
	const char *first = ib_map_get(unfold->first, key);
	void *kept = NULL;

	if (first) {
		ib_strings_addf(unfold->again, "%s\n%s", first, path);
		return 0;
	}
	path = ib_arena_strdup(unfold->arena, path);
	memcpy(&kept, &path, sizeof(kept)); /* the map keeps addresses and writes to none */
	ib_map_set(unfold->first, key, kept);
	return make_file(unfold, path, inode, err);
}

static int put_node(void *context, struct ib_node *node, struct ib_error *err)
{
	struct unfold *unfold = context;
	const struct ib_inode *inode = node->inode;
	ib_autofree char *path = ib_node_path(node);

	if (S_ISDIR(inode->mode)) {
		if (node->parent && mkdirat(unfold->root, relative(path), 0700) < 0)
			return ib_fail_errno(err, errno, "could not make '%s' for the sandbox",
					     path);
	} else if (S_ISLNK(inode->mode)) {
		if (symlinkat(inode->link, unfold->root, relative(path)) < 0)
			return ib_fail_errno(err, errno, "could not make '%s' for the sandbox",
					     path);
	} else if (S_ISREG(inode->mode)) {
		return put_regular(unfold, path, inode, err);
	}
	return 0;
}

static int set_folder_mode(void *context, struct ib_node *node, struct ib_error *err)
{
	const struct unfold *unfold = context;
	ib_autofree char *path = ib_node_path(node);

	if (S_ISDIR(node->inode->mode) &&
	    fchmodat(unfold->root, relative(path), node->inode->mode & 01777, 0) < 0)
		return ib_fail_errno(err, errno, "could not set the mode of '%s'", path);
	return 0;
}

static int begin(void *context, uint32_t package, uint32_t file, uint64_t size, bool *ret_wanted,
		 struct ib_error *err)
{
	struct unfold *unfold = context;
	const char *path = ib_map_get(unfold->first, key_of(unfold, package, file));

	(void)size;
	*ret_wanted = path != NULL;
	if (!path)
		return 0;
	/* written before its mode may forbid it: the descriptor is of a file of our own */
	if (fchmodat(unfold->root, relative(path), 0600, 0) < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	unfold->package = package;
	unfold->file = file;
	unfold->fd = openat(unfold->root, relative(path), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (unfold->fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	return 0;
}

static int data(void *context, const void *bytes, size_t size, struct ib_error *err)
{
	const struct unfold *unfold = context;

	return ib_fd_write(unfold->fd, bytes, size, UINT64_MAX, "a file for the sandbox", err);
}

static int end(void *context, struct ib_error *err)
{
	struct unfold *unfold = context;

	(void)err;
	if (unfold->fd >= 0)
		close(unfold->fd);
	unfold->fd = -1;
	return 0;
}

static int stream(struct unfold *unfold, const struct ib_content_source *source,
		  struct ib_error *err)
{
	const struct ib_content_sink sink = {
		.context = unfold, .begin = begin, .data = data, .end = end
	};
	uint32_t i = 0;
	int r = 0;

	for (i = 0; r == 0 && i < source->package_count; i++)
		r = source->stream(source->context, i, &sink, err);
	if (unfold->fd >= 0)
		close(unfold->fd);
	return r;
}

static int set_file_mode(void *context, struct ib_node *node, struct ib_error *err)
{
	const struct unfold *unfold = context;
	ib_autofree char *path = ib_node_path(node);

	if (S_ISREG(node->inode->mode) && node->inode->content == IB_CONTENT_PAYLOAD &&
	    fchmodat(unfold->root, relative(path), node->inode->mode & 0777, 0) < 0)
		return ib_fail_errno(err, errno, "could not set the mode of '%s'", path);
	return 0;
}

static int link_again(const struct unfold *unfold, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < unfold->again->count; i++) {
		const char *line = unfold->again->items[i];
		size_t length = strcspn(line, "\n");
		ib_autofree char *first = ib_strndup(line, length);

		if (linkat(unfold->root, relative(first), unfold->root, relative(line + length + 1),
			   0) < 0)
			return ib_fail_errno(err, errno, "could not make '%s' for the sandbox",
					     line + length + 1);
	}
	return 0;
}

/* Where the sandbox lays its own over. */
static int make_places(const struct unfold *unfold, struct ib_error *err)
{
	static const char *const places[] = { "dev", "run", "tmp", "var", "var/tmp" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(places); i++)
		if (mkdirat(unfold->root, places[i], 0755) < 0 && errno != EEXIST)
			return ib_fail_errno(err, errno, "could not make '/%s' for the sandbox",
					     places[i]);
	return 0;
}

int ib_unfold(const struct ib_tree *tree, const struct ib_content_source *source,
	      const char *folder, struct ib_error *err)
{
	IB_AUTO(ib_map) first = ib_map_new();
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO_STRINGS(again);
	ib_autoclose int root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct unfold unfold = {
		.root = root, .first = first, .again = &again, .arena = arena, .fd = -1
	};

	if (root < 0)
		return ib_fail_errno(err, errno, "could not open folder '%s'", folder);
	IB_TRY(ib_tree_walk(tree, put_node, &unfold, err));
	IB_TRY(make_places(&unfold, err));
	IB_TRY(stream(&unfold, source, err));
	IB_TRY(link_again(&unfold, err));
	IB_TRY(ib_tree_walk(tree, set_file_mode, &unfold, err));
	return ib_tree_walk(tree, set_folder_mode, &unfold, err);
}
