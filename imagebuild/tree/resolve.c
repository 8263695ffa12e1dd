/* SPDX-License-Identifier: Apache-2.0 */
/* Paths and links, component by component; nothing leads out of the root. */
#include <string.h>
#include <sys/stat.h>

#include "tree/internal.h"

enum arrival {
	ARRIVED,
	NOTHING_THERE,
	TOO_MANY_LINKS,
	NOT_A_DIRECTORY,
	NAME_TOO_LONG,
};

struct walk {
	struct ib_tree *tree; /* with make: where new directories go */
	struct ib_node *root;
	bool make;      /* what is missing becomes a directory that nobody claims */
	unsigned links; /* followed so far */
	const struct ib_node *obstacle;
};

static enum arrival walk_path(struct walk *walk, struct ib_node *at, const char *path,
			      bool follow_last, struct ib_node **ret_node);

static enum arrival step(struct walk *walk, struct ib_node **at, const char *name, size_t length,
			 bool follow)
{
	struct ib_node *child = NULL;

	child = ib_node_child(*at, name, length);
	if (!child && !walk->make)
		return NOTHING_THERE;
	if (!child && length > IB_MAX_NAME_BYTES) {
		walk->obstacle = *at;
		return NAME_TOO_LONG;
	}
	if (!child) {
		child = ib_node_new(walk->tree, name, length,
				    ib_inode_new(walk->tree, S_IFDIR | 0755));
		ib_node_attach(walk->tree, *at, child);
	}
	if (ib_node_is_link(child) && follow) {
		walk->obstacle = child;
		if (++walk->links > IB_MAX_LINKS_FOLLOWED)
			return TOO_MANY_LINKS;
		return walk_path(walk, *at, child->inode->link, true, at);
	}
	*at = child;
	return ARRIVED;
}

static enum arrival walk_path(struct walk *walk, struct ib_node *at, const char *path,
			      bool follow_last, struct ib_node **ret_node)
{
	if (*path == '/')
		at = walk->root;
	while (true) {
		size_t length = 0;
		bool is_last = false;
		enum arrival how = ARRIVED;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (!length)
			break;
		is_last = !path[length + strspn(path + length, "/")];
		if (!ib_node_is_directory(at)) {
			walk->obstacle = at;
			return NOT_A_DIRECTORY;
		}
		if (length == 2 && !memcmp(path, "..", 2))
			at = at->parent ? at->parent : walk->root;
		else if (length != 1 || *path != '.')
			how = step(walk, &at, path, length, !is_last || follow_last);
		if (how != ARRIVED)
			return how;
		path += length;
	}
	*ret_node = at;
	return ARRIVED;
}

static struct ib_node *find(const struct ib_tree *tree, const char *path, bool follow_last)
{
	struct walk walk = { .root = tree->root };
	struct ib_node *node = NULL;

	return walk_path(&walk, tree->root, path, follow_last, &node) == ARRIVED ? node : NULL;
}

struct ib_node *ib_tree_find(const struct ib_tree *tree, const char *path)
{
	return find(tree, path, false);
}

struct ib_node *ib_tree_find_target(const struct ib_tree *tree, const char *path)
{
	return find(tree, path, true);
}

int ib_tree_enter(struct ib_tree *tree, struct ib_node *start, const char *path,
		  struct ib_node **ret_directory, struct ib_error *err)
{
	struct walk walk = { .tree = tree, .root = tree->root, .make = true };
	struct ib_node *node = NULL;
	enum arrival how = walk_path(&walk, start, path, true, &node);
	ib_autofree char *obstacle = NULL;
	ib_autofree char *whose = NULL;

	if (how == ARRIVED && ib_node_is_directory(node)) {
		if (ib_node_path_size(node) > IB_MAX_PATH_BYTES)
			return ib_fail(
				err, IB_LIMIT,
				"'%.64s' leads through links to a path of more than %d bytes", path,
				IB_MAX_PATH_BYTES);
		*ret_directory = node;
		return 0;
	}
	if (how == ARRIVED)
		walk.obstacle = node;
	obstacle = ib_node_path(walk.obstacle);
	whose = ib_node_whose(walk.obstacle);
	if (how == TOO_MANY_LINKS)
		return ib_fail(err, IB_LIMIT,
			       "more than %d symbolic links on the way to '%s', the last of them "
			       "'%s' of %s",
			       IB_MAX_LINKS_FOLLOWED, path, obstacle, whose);
	if (how == NAME_TOO_LONG)
		return ib_fail(err, IB_LIMIT, "'%s' holds a name of more than %d bytes", path,
			       IB_MAX_NAME_BYTES);
	return ib_fail(err, IB_INPUT, "'%s' of %s is not a directory, but something lies below it",
		       obstacle, whose);
}

int ib_tree_enter_parent(struct ib_tree *tree, const char *path, struct ib_node **ret_directory,
			 const char **ret_name, size_t *ret_length, struct ib_error *err)
{
	size_t end = strlen(path);
	size_t start = 0;
	ib_autofree char *parent = NULL;

	while (end && path[end - 1] == '/')
		end--;
	for (start = end; start && path[start - 1] != '/'; start--)
		;
	if (start == end || end - start > IB_MAX_NAME_BYTES)
		return ib_fail(err, start == end ? IB_INPUT : IB_LIMIT,
			       "'%s' does not end in a name of 1 to %d bytes", path,
			       IB_MAX_NAME_BYTES);
	parent = ib_strndup(path, start);
	IB_TRY(ib_tree_enter(tree, tree->root, parent, ret_directory, err));
	*ret_name = path + start;
	*ret_length = end - start;
	return 0;
}
