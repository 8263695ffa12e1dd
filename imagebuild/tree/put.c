/* SPDX-License-Identifier: Apache-2.0 */
/* Single paths that overlays and generators lay down, and whom they belong to. */
#include <string.h>
#include <sys/stat.h>

#include "tree/internal.h"

static const void *take_content(struct ib_tree *tree, struct ib_buffer *content)
{
	struct ib_buffer *taken = NULL;

	ib_grow(tree->contents, tree->content_count);
	taken = &tree->contents[tree->content_count++];
	*taken = *content;
	*content = IB_BUFFER_INIT(content->max_size);
	return taken->data;
}

static struct ib_inode *make_inode(struct ib_tree *tree, const struct ib_tree_entry *entry)
{
	struct ib_inode *inode = ib_inode_new(tree, entry->mode);

	inode->uid = entry->uid;
	inode->gid = entry->gid;
	inode->user = ib_tree_intern(tree, entry->user);
	inode->group = ib_tree_intern(tree, entry->group);
	inode->mtime = entry->mtime ? entry->mtime : tree->mtime;
	inode->origin =
		(struct ib_origin){ entry->origin.kind, ib_tree_intern(tree, entry->origin.name) };
	inode->rdev_major = entry->rdev_major;
	inode->rdev_minor = entry->rdev_minor;
	if (S_ISLNK(entry->mode)) {
		inode->mode = S_IFLNK | 0777;
		inode->link = ib_arena_strdup(tree->arena, entry->link);
		inode->size = strlen(entry->link);
	} else if (S_ISREG(entry->mode) && entry->content && entry->content->size) {
		inode->content = IB_CONTENT_BUFFER;
		inode->size = entry->content->size;
		inode->data = take_content(tree, entry->content);
	} else if (S_ISREG(entry->mode) && entry->size) {
		inode->content = IB_CONTENT_BUFFER;
		inode->data = ib_arena_memdup(tree->arena, entry->data, entry->size);
		inode->size = entry->size;
	}
	return inode;
}

/* A directory that is there keeps its content, its origin and its time. */
static void change_directory(struct ib_tree *tree, struct ib_node *node,
			     const struct ib_tree_entry *entry)
{
	struct ib_inode *inode = node->inode;

	if (inode->origin.kind == IB_ORIGIN_NONE) {
		ib_node_change_inode(node, make_inode(tree, entry));
		return;
	}
	inode->mode = entry->mode;
	inode->uid = entry->uid;
	inode->gid = entry->gid;
	inode->user = ib_tree_intern(tree, entry->user);
	inode->group = ib_tree_intern(tree, entry->group);
}

static int fail_type(const struct ib_node *there, const struct ib_tree_entry *entry,
		     struct ib_error *err)
{
	ib_autofree char *path = ib_node_path(there);
	ib_autofree char *first = ib_node_whose(there);
	ib_autofree char *second = ib_origin_words(&entry->origin);

	return ib_fail(err, IB_INPUT, "'%s' is a %s in %s and a %s in %s", path,
		       ib_node_is_directory(there) ? "directory" : "file", first,
		       S_ISDIR(entry->mode) ? "directory" : "file", second);
}

/* Something has that name already. */
static int put_over(struct ib_tree *tree, struct ib_node *there, const struct ib_tree_entry *entry,
		    struct ib_node **ret_node, struct ib_error *err)
{
	struct ib_node *directory = there->parent;
	struct ib_node *target = NULL;

	if (S_ISDIR(entry->mode)) {
		if (ib_node_is_link(there))
			target = ib_tree_find_target(tree, entry->path);
		else
			target = there;
		if (!target || !ib_node_is_directory(target))
			return fail_type(there, entry, err);
		change_directory(tree, target, entry);
		*ret_node = target;
		return 0;
	}
	if (!ib_node_is_directory(there)) {
		ib_node_change_inode(there, make_inode(tree, entry));
		*ret_node = there;
		return 0;
	}
	if (!S_ISLNK(entry->mode) || there->inode->origin.kind != IB_ORIGIN_NONE || !directory)
		return fail_type(there, entry, err);
	*ret_node = ib_node_new(tree, there->name, strlen(there->name), make_inode(tree, entry));
	return ib_tree_place(tree, directory, *ret_node, err);
}

static int put(struct ib_tree *tree, const struct ib_tree_entry *entry, struct ib_node **ret_node,
	       struct ib_error *err)
{
	struct ib_node *directory = NULL;
	struct ib_node *there = NULL;
	const char *name = NULL;
	size_t length = 0;

	if (!entry->path[strspn(entry->path, "/")])
		return put_over(tree, tree->root, entry, ret_node, err);
	IB_TRY(ib_tree_enter_parent(tree, entry->path, &directory, &name, &length, err));
	if ((length == 1 && *name == '.') || (length == 2 && !memcmp(name, "..", 2)))
		return ib_fail(err, IB_INPUT, "'%s' does not end in a name", entry->path);
	there = ib_node_child(directory, name, length);
	if (there)
		return put_over(tree, there, entry, ret_node, err);
	*ret_node = ib_node_new(tree, name, length, make_inode(tree, entry));
	ib_node_attach(tree, directory, *ret_node);
	return 0;
}

int ib_tree_put(struct ib_tree *tree, const struct ib_tree_entry *entry, struct ib_node **ret_node,
		struct ib_error *err)
{
	struct ib_node *node = NULL;

	if (S_ISLNK(entry->mode) &&
	    (!entry->link || !*entry->link || strlen(entry->link) > IB_MAX_PATH_BYTES))
		return ib_fail(err, IB_INPUT,
			       "the target of symbolic link '%s' is not 1 to %d bytes long",
			       entry->path, IB_MAX_PATH_BYTES);
	IB_TRY(put(tree, entry, &node, err));
	if (ret_node)
		*ret_node = node;
	return 0;
}

/* ---- owners ---- */

struct resolving {
	const struct ib_accounts *accounts;
};

static int fail_account(const struct ib_node *node, const char *what, const char *name,
			struct ib_error *err)
{
	ib_autofree char *path = ib_node_path(node);
	ib_autofree char *whose = ib_origin_words(&node->inode->origin);

	ib_fail(err, IB_INPUT, "'%s' of %s belongs to %s '%s', which the image does not have", path,
		whose, what, name);
	ib_error_hint(err, "Add the %s to the recipe, or the package that makes it.", what);
	return -IB_INPUT;
}

static int resolve_owner(void *context, struct ib_node *node, struct ib_error *err)
{
	const struct ib_accounts *accounts = ((struct resolving *)context)->accounts;
	struct ib_inode *inode = node->inode;

	if (inode->user && !strcmp(inode->user, "root"))
		inode->uid = 0;
	else if (inode->user && !accounts->user(accounts->context, inode->user, &inode->uid))
		return fail_account(node, "user", inode->user, err);
	if (inode->group && !strcmp(inode->group, "root"))
		inode->gid = 0;
	else if (inode->group && !accounts->group(accounts->context, inode->group, &inode->gid))
		return fail_account(node, "group", inode->group, err);
	inode->user = NULL;
	inode->group = NULL;
	return 0;
}

int ib_tree_resolve_owners(struct ib_tree *tree, const struct ib_accounts *accounts,
			   struct ib_error *err)
{
	struct resolving resolving = { accounts };

	return ib_tree_walk(tree, resolve_owner, &resolving, err);
}
