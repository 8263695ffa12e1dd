/* SPDX-License-Identifier: Apache-2.0 */
/* The tree itself: nodes come in, hang somewhere, and go. */
#include "tree/tree.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>

#include "tree/internal.h"

struct ib_tree *ib_tree_new(int64_t mtime)
{
	struct ib_tree *tree = ib_alloc(sizeof(*tree));
	struct ib_inode *inode = NULL;

	tree->arena = ib_arena_new();
	tree->strings = ib_map_new();
	tree->mtime = mtime;
	inode = ib_inode_new(tree, S_IFDIR | 0755);
	inode->link_count = 1;
	tree->root = ib_node_new(tree, "", 0, inode);
	tree->path_count = 1;
	return tree;
}

void ib_tree_free(struct ib_tree *tree)
{
	size_t i = 0;

	if (!tree)
		return;
	for (i = 0; i < tree->package_count; i++)
		ib_free(tree->packages[i].inodes);
	ib_free(tree->packages);
	for (i = 0; i < tree->content_count; i++)
		ib_buffer_done(&tree->contents[i]);
	ib_free(tree->contents);
	ib_map_free(tree->strings);
	ib_arena_free(tree->arena);
	ib_free(tree);
}

struct ib_arena *ib_tree_arena(struct ib_tree *tree)
{
	return tree->arena;
}

struct ib_node *ib_tree_root(const struct ib_tree *tree)
{
	return tree->root;
}

int64_t ib_tree_mtime(const struct ib_tree *tree)
{
	return tree->mtime;
}

size_t ib_tree_path_count(const struct ib_tree *tree)
{
	return tree->path_count;
}

const char *ib_tree_intern(struct ib_tree *tree, const char *text)
{
	char *kept = NULL;

	if (!text)
		return NULL;
	kept = ib_map_get(tree->strings, text);
	if (!kept) {
		kept = ib_arena_memdup(tree->arena, text, strlen(text) + 1);
		ib_map_set(tree->strings, text, kept);
	}
	return kept;
}

struct ib_inode *ib_inode_new(struct ib_tree *tree, uint32_t mode)
{
	struct ib_inode *inode = ib_arena_alloc(tree->arena, sizeof(*inode));

	inode->mode = mode;
	inode->mtime = tree->mtime;
	return inode;
}

struct ib_node *ib_node_new(struct ib_tree *tree, const char *name, size_t length,
			    struct ib_inode *inode)
{
	struct ib_node *node = ib_arena_alloc(tree->arena, sizeof(*node));

	node->name = ib_arena_strndup(tree->arena, name, length);
	node->inode = inode;
	return node;
}

bool ib_node_is_directory(const struct ib_node *node)
{
	return S_ISDIR(node->inode->mode);
}

bool ib_node_is_link(const struct ib_node *node)
{
	return S_ISLNK(node->inode->mode);
}

static int compare_name(const char *name, size_t length, const char *with)
{
	int order = strncmp(name, with, length);

	if (order)
		return order;
	return with[length] ? -1 : 0;
}

/* Where the name stands or would have to stand. */
static size_t child_position(const struct ib_node *directory, const char *name, size_t length,
			     bool *ret_found)
{
	size_t low = 0;
	size_t high = directory->child_count;

	/* most names come sorted: behind the last one */
	if (high && compare_name(name, length, directory->children[high - 1]->name) > 0)
		low = high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_name(name, length, directory->children[middle]->name);

		if (!order) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*ret_found = false;
	return low;
}

struct ib_node *ib_node_child(const struct ib_node *directory, const char *name, size_t length)
{
	bool found = false;
	size_t at = child_position(directory, name, length, &found);

	return found ? directory->children[at] : NULL;
}

/* Room for one more; the capacity is the next power of two, and old arrays stay in the arena. */
static void grow_children(struct ib_tree *tree, struct ib_node *directory)
{
	size_t count = directory->child_count;
	struct ib_node **grown = NULL;

	if (count & (count - 1))
		return;
	grown = ib_arena_alloc(tree->arena,
			       IB_MAX(count * 2, (size_t)1) * sizeof(struct ib_node *));
	if (count)
		memcpy(grown, directory->children, count * sizeof(struct ib_node *));
	directory->children = grown;
}

static size_t count_below(const struct ib_node *node)
{
	size_t count = 1;
	size_t i = 0;

	for (i = 0; i < node->child_count; i++)
		count += count_below(node->children[i]);
	return count;
}

static void add_names(struct ib_node *node, bool add)
{
	size_t i = 0;

	if (add)
		node->inode->link_count++;
	else
		node->inode->link_count--;
	for (i = 0; i < node->child_count; i++)
		add_names(node->children[i], add);
}

void ib_node_attach(struct ib_tree *tree, struct ib_node *directory, struct ib_node *node)
{
	bool found = false;
	size_t at = child_position(directory, node->name, strlen(node->name), &found);

	assert(!found && ib_node_is_directory(directory));
	grow_children(tree, directory);
	memmove(directory->children + at + 1, directory->children + at,
		(directory->child_count - at) * sizeof(struct ib_node *));
	directory->children[at] = node;
	directory->child_count++;
	node->parent = directory;
	add_names(node, true);
	tree->path_count += count_below(node);
}

void ib_node_detach(struct ib_tree *tree, struct ib_node *node)
{
	struct ib_node *directory = node->parent;
	bool found = false;
	size_t at = child_position(directory, node->name, strlen(node->name), &found);

	assert(found && directory->children[at] == node);
	directory->child_count--;
	memmove(directory->children + at, directory->children + at + 1,
		(directory->child_count - at) * sizeof(struct ib_node *));
	node->parent = NULL;
	add_names(node, false);
	tree->path_count -= count_below(node);
}

void ib_node_change_inode(struct ib_node *node, struct ib_inode *inode)
{
	node->inode->link_count--;
	node->inode = inode;
	inode->link_count++;
}

size_t ib_node_path_size(const struct ib_node *node)
{
	size_t size = 0;

	if (!node->parent)
		return 1;
	for (; node->parent; node = node->parent)
		size += strlen(node->name) + 1;
	return size;
}

char *ib_node_path(const struct ib_node *node)
{
	size_t size = ib_node_path_size(node);
	const struct ib_node *at = NULL;
	char *path = NULL;

	if (!node->parent)
		return ib_strdup("/");
	path = ib_alloc(size + 1);
	for (at = node; at->parent; at = at->parent) {
		size_t length = strlen(at->name);

		size -= length + 1;
		path[size] = '/';
		memcpy(path + size + 1, at->name, length);
	}
	return path;
}

char *ib_origin_words(const struct ib_origin *origin)
{
	switch (origin->kind) {
	case IB_ORIGIN_PACKAGE:
		return ib_strf("package '%s'", origin->name);
	case IB_ORIGIN_OVERLAY:
		return ib_strf("overlay '%s'", origin->name);
	case IB_ORIGIN_GENERATOR:
		return ib_strf("generator '%s'", origin->name);
	case IB_ORIGIN_NONE:
		break;
	}
	return ib_strdup("the tree itself");
}

char *ib_node_whose(const struct ib_node *node)
{
	while (node->inode->origin.kind == IB_ORIGIN_NONE && node->child_count)
		node = node->children[0];
	return ib_origin_words(&node->inode->origin);
}

void ib_tree_remove(struct ib_tree *tree, const char *path)
{
	struct ib_node *node = ib_tree_find(tree, path);

	if (!node)
		return;
	if (node->parent) {
		ib_node_detach(tree, node);
		return;
	}
	while (node->child_count)
		ib_node_detach(tree, node->children[node->child_count - 1]);
}

struct ib_node *ib_tree_add_name(struct ib_tree *tree, struct ib_node *directory, const char *name,
				 struct ib_inode *inode, uint32_t mode)
{
	struct ib_node *node = NULL;

	if (ib_node_child(directory, name, strlen(name)))
		return NULL;
	node = ib_node_new(tree, name, strlen(name), inode ? inode : ib_inode_new(tree, mode));
	ib_node_attach(tree, directory, node);
	return node;
}

void ib_inode_set_xattr(struct ib_tree *tree, struct ib_inode *inode, const char *name,
			const void *value, size_t size)
{
	struct ib_xattr *all = NULL;
	size_t at = 0;
	bool is_new = false;

	while (at < inode->xattr_count && strcmp(inode->xattrs[at].name, name) < 0)
		at++;
	is_new = at == inode->xattr_count || strcmp(inode->xattrs[at].name, name) != 0;
	if (is_new) {
		all = ib_arena_alloc(tree->arena, (inode->xattr_count + 1) * sizeof(*all));
		if (at)
			memcpy(all, inode->xattrs, at * sizeof(*all));
		if (at < inode->xattr_count)
			memcpy(all + at + 1, inode->xattrs + at,
			       (inode->xattr_count - at) * sizeof(*all));
		inode->xattrs = all;
		inode->xattr_count++;
	}
	inode->xattrs[at].name = ib_tree_intern(tree, name);
	inode->xattrs[at].value = ib_arena_memdup(tree->arena, value, size);
	inode->xattrs[at].size = size;
}

static int fail_depth(const struct ib_node *node, struct ib_error *err)
{
	ib_autofree char *path = ib_node_path(node);
	ib_autofree char *whose = ib_node_whose(node);

	return ib_fail(err, IB_LIMIT, "a path of %s is longer than %d bytes: '%.64s…'", whose,
		       IB_MAX_PATH_BYTES, path);
}

/* Links add up to paths that no kernel opens, and that would go too deep for every sink. */
static int walk_node(struct ib_node *node, size_t path_size, ib_walk_fn visit, void *context,
		     struct ib_error *err)
{
	size_t i = 0;

	if (path_size > IB_MAX_PATH_BYTES)
		return fail_depth(node, err);
	IB_TRY(visit(context, node, err));
	for (i = 0; i < node->child_count; i++) {
		struct ib_node *child = node->children[i];

		IB_TRY(walk_node(child, path_size + 1 + strlen(child->name), visit, context, err));
	}
	return 0;
}

int ib_tree_walk(const struct ib_tree *tree, ib_walk_fn visit, void *context, struct ib_error *err)
{
	return walk_node(tree->root, 0, visit, context, err);
}

static void forget_counts(struct ib_node *node)
{
	size_t i = 0;

	node->inode->link_count = 0;
	for (i = 0; i < node->child_count; i++)
		forget_counts(node->children[i]);
}

static void finish_node(const struct ib_tree *tree, struct ib_node *node)
{
	size_t i = 0;

	node->inode->link_count += ib_node_is_directory(node) ? 2 : 1;
	if (node->inode->mtime > tree->mtime)
		node->inode->mtime = tree->mtime;
	for (i = 0; i < node->child_count; i++) {
		finish_node(tree, node->children[i]);
		if (ib_node_is_directory(node->children[i]))
			node->inode->link_count++;
	}
}

void ib_tree_finish(struct ib_tree *tree)
{
	forget_counts(tree->root);
	finish_node(tree, tree->root);
}
