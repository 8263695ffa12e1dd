/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal - what the files of tree/ share.
 *
 * While a tree is being filled, ib_inode.link_count holds how many names the
 * inode has at the moment (directories: 1 while they are in the tree);
 * ib_tree_finish() turns it into what a file system reports.
 */
#ifndef IB_TREE_INTERNAL_H
#define IB_TREE_INTERNAL_H

#include "tree/tree.h"

#define IB_MAX_LINKS_FOLLOWED 40
#define IB_MAX_NAME_BYTES     255
#define IB_MAX_PATH_BYTES     4095

/* A package whose files were laid down; the package must live until the last one was added. */
struct ib_laid_package {
	const struct ib_package *package;
	struct ib_inode **inodes; /* by file: of the regular ones, NULL for what was left out */
};

struct ib_tree {
	struct ib_arena *arena;
	struct ib_map *strings; /* names of owners and origins, each kept once */
	struct ib_node *root;
	struct ib_buffer *contents; /* that were taken over */
	size_t content_count;
	int64_t mtime;
	size_t path_count;
	struct ib_laid_package *packages; /* by number */
	size_t package_count;
};

/* ---- tree.c ---- */
const char *ib_tree_intern(struct ib_tree *tree, const char *text);
struct ib_inode *ib_inode_new(struct ib_tree *tree, uint32_t mode);
/* A node that hangs nowhere yet. */
struct ib_node *ib_node_new(struct ib_tree *tree, const char *name, size_t length,
			    struct ib_inode *inode);
struct ib_node *ib_node_child(const struct ib_node *directory, const char *name, size_t length);
/* The name must not be there. */
void ib_node_attach(struct ib_tree *tree, struct ib_node *directory, struct ib_node *node);
/* Takes the node and all below it out of the tree. */
void ib_node_detach(struct ib_tree *tree, struct ib_node *node);
/* Gives the name another inode. */
void ib_node_change_inode(struct ib_node *node, struct ib_inode *inode);
bool ib_node_is_directory(const struct ib_node *node);
bool ib_node_is_link(const struct ib_node *node);
/* "package 'x'", "overlay 'y'", "the tree": for errors; the caller owns it. */
char *ib_origin_words(const struct ib_origin *origin);
/* The same of a node; of a directory that nobody claimed, whoever laid something below it. */
char *ib_node_whose(const struct ib_node *node);
/* How long the node's absolute path is. */
size_t ib_node_path_size(const struct ib_node *node);

/* ---- resolve.c ---- */
/*
 * Walks path as a directory from start, follows every link and makes what is
 * missing; words what stands in the way.
 */
int ib_tree_enter(struct ib_tree *tree, struct ib_node *start, const char *path,
		  struct ib_node **ret_directory, struct ib_error *err) IB_MUST_CHECK;
/* The directory that path lies in, made if need be, and the last component inside path. */
int ib_tree_enter_parent(struct ib_tree *tree, const char *path, struct ib_node **ret_directory,
			 const char **ret_name, size_t *ret_length, struct ib_error *err)
	IB_MUST_CHECK;

/* ---- place.c ---- */
/*
 * Hangs node (and what is below it) into directory. What is there already must
 * agree with it, in which case the package with the lower number gives it its
 * inode; a link takes the place of a directory that nobody claimed, and what
 * was laid through that directory moves to where the link leads.
 */
int ib_tree_place(struct ib_tree *tree, struct ib_node *directory, struct ib_node *node,
		  struct ib_error *err) IB_MUST_CHECK;

/* ---- conflict.c ---- */
/*
 * Which of two inodes of one path stays, by rpm's rules: identical ones share,
 * of two ELF colours the 64-bit one wins, all else is refused.
 */
int ib_tree_settle(const struct ib_tree *tree, const struct ib_node *there, struct ib_inode *comes,
		   bool *ret_replace, struct ib_error *err) IB_MUST_CHECK;

#endif
