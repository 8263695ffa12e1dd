/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a node gets its place. The order in which packages come must not show in
 * the result; so when a link comes late, whatever was laid through the
 * directory that stood in for it moves to where it would have gone.
 */
#include <string.h>
#include <sys/stat.h>

#include "tree/internal.h"

static bool is_unclaimed_directory(const struct ib_node *node)
{
	return ib_node_is_directory(node) && node->inode->origin.kind == IB_ORIGIN_NONE;
}

static int move_children(struct ib_tree *tree, struct ib_node *from, struct ib_node *to,
			 struct ib_error *err)
{
	while (from->child_count) {
		struct ib_node *child = from->children[from->child_count - 1];

		/* from hangs nowhere any more: its children only change hands */
		from->child_count--;
		IB_TRY(ib_tree_place(tree, to, child, err));
	}
	return 0;
}

/* Moves what is below stand_in to where the link in directory leads. */
static int move_through_link(struct ib_tree *tree, const struct ib_node *link,
			     struct ib_node *stand_in, struct ib_error *err)
{
	struct ib_node *target = NULL;
	ib_autofree char *path = NULL;
	ib_autofree char *whose = NULL;

	if (!stand_in->child_count)
		return 0;
	if (ib_tree_enter(tree, link->parent, link->inode->link, &target, err) < 0) {
		path = ib_node_path(link);
		whose = ib_node_whose(stand_in);
		return ib_error_prefix(err, "what %s lays through link '%s'", whose, path);
	}
	return move_children(tree, stand_in, target, err);
}

/* Both are directories: one claim stays, and the children come together. */
static int merge(struct ib_tree *tree, struct ib_node *there, struct ib_node *node,
		 struct ib_error *err)
{
	bool replace = false;

	if (there->inode->origin.kind == IB_ORIGIN_NONE)
		replace = true;
	else if (node->inode->origin.kind != IB_ORIGIN_NONE)
		IB_TRY(ib_tree_settle(tree, there, node->inode, &replace, err));
	if (replace)
		ib_node_change_inode(there, node->inode);
	return move_children(tree, node, there, err);
}

/* What a package lays below a path that is a file elsewhere: name both, not the stand-in. */
static int fail_below(const struct ib_node *there, const struct ib_node *node, struct ib_error *err)
{
	bool is_below = is_unclaimed_directory(there);
	ib_autofree char *path = ib_node_path(there);
	ib_autofree char *file = ib_node_whose(is_below ? node : there);
	ib_autofree char *below = ib_node_whose(is_below ? there : node);

	return ib_fail(err, IB_INPUT,
		       "'%s' of %s is not a directory, but %s lays something below it", path, file,
		       below);
}

int ib_tree_place(struct ib_tree *tree, struct ib_node *directory, struct ib_node *node,
		  struct ib_error *err)
{
	struct ib_node *there = ib_node_child(directory, node->name, strlen(node->name));
	bool replace = false;

	if (!there) {
		ib_node_attach(tree, directory, node);
		return 0;
	}
	if (ib_node_is_directory(there) && ib_node_is_directory(node))
		return merge(tree, there, node, err);
	if (is_unclaimed_directory(there) && ib_node_is_link(node)) {
		ib_node_detach(tree, there);
		ib_node_attach(tree, directory, node);
		return move_through_link(tree, node, there, err);
	}
	if (ib_node_is_link(there) && is_unclaimed_directory(node))
		return move_through_link(tree, there, node, err);
	if (is_unclaimed_directory(there) || is_unclaimed_directory(node))
		return fail_below(there, node, err);
	IB_TRY(ib_tree_settle(tree, there, node->inode, &replace, err));
	if (replace)
		ib_node_change_inode(there, node->inode);
	return 0;
}
