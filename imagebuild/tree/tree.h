/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree - the root file system in memory, between all sources and all sinks.
 *
 * Payloads, overlays and generators put nodes in; image formats, SBOM, policy
 * and listing walk it. The tree owns its nodes, names and small contents (one
 * arena). Paths given to it are absolute or relative to the root alike.
 *
 * Symbolic links never lead out: a path is resolved component by component
 * inside the tree, an absolute target starts at the tree's root, ".." at the
 * root stays there, 40 links are the limit (IB_LIMIT).
 *
 * Usual order: new, add packages (ib_tree_add_package), stream contents, add
 * overlays and generated files, ib_tree_resolve_owners, ib_tree_finish, then
 * read only.
 */
#ifndef IB_TREE_H
#define IB_TREE_H

#include "package/package.h"
#include "tree/node.h"
#include "tree/prune.h"
#include "tree/source.h"

struct ib_tree;

/* mtime: of the root and of every directory that nobody claims; also what times are clamped to. */
struct ib_tree *ib_tree_new(int64_t mtime);
void ib_tree_free(struct ib_tree *tree);
struct ib_arena *ib_tree_arena(struct ib_tree *tree);
struct ib_node *ib_tree_root(const struct ib_tree *tree);
int64_t ib_tree_mtime(const struct ib_tree *tree);
size_t ib_tree_path_count(const struct ib_tree *tree);

/* Follows links in all components but the last; NULL where there is nothing. */
struct ib_node *ib_tree_find(const struct ib_tree *tree, const char *path);
/* The same, the last component's link followed as well. */
struct ib_node *ib_tree_find_target(const struct ib_tree *tree, const char *path);
/* The node's absolute path; the caller owns it. */
char *ib_node_path(const struct ib_node *node);

/* What a package's files become; see ib_tree_add_package(). */
struct ib_tree_filter {
	bool without_documentation; /* leaves out files flagged doc (licences stay) */
	const struct ib_strings
		*languages; /* keeps only these of the files for one language; NULL: all */
	bool (*wants)(void *context, const char *path); /* NULL: all; false leaves the path out */
	void *context;
};

/*
 * For each file of the package whether the filter (NULL: all are wanted) lets it be
 * laid down; ghosts never are. The caller frees it.
 */
bool *ib_tree_select_files(const struct ib_package *package, const struct ib_tree_filter *filter);

/*
 * Adds the files of package number `number`, as rpm would lay them down: ghosts
 * are left out, links in parent directories are followed inside the tree, the
 * same path from two packages must agree (else IB_INPUT naming both: rpm's
 * rules on colours and identical contents hold), directories too in mode and
 * owner. What is shared belongs to the package with the lowest number. Missing
 * parent directories are made, root:root 0755, of origin IB_ORIGIN_NONE until
 * somebody claims them.
 *
 * Packages may come in any order with the same result: a link that comes after
 * files which were laid through it moves them to where it leads. A number is
 * given once; the packages must live until contents were streamed. After a
 * failure the tree is good for nothing but ib_tree_free().
 */
int ib_tree_add_package(struct ib_tree *tree, uint32_t number, const struct ib_package *package,
			const struct ib_tree_filter *filter, struct ib_error *err) IB_MUST_CHECK;
/*
 * The inode that the content of this file belongs to, NULL when it was left out
 * or replaced or has none. Of hard links any may be asked for.
 */
struct ib_inode *ib_tree_payload_inode(const struct ib_tree *tree, uint32_t number, uint32_t file);
/* The SHA-256 that the header gives this file's content, NULL where it has none of that kind. */
const uint8_t *ib_tree_payload_sha256(const struct ib_tree *tree, uint32_t number, uint32_t file);

/* Whether this file made room for one of another package and another colour (a 64-bit one). */
bool ib_tree_has_lost(const struct ib_tree *tree, uint32_t number, uint32_t file);

/* A path to lay down: what is NULL or 0 stands for the usual (root, tree's mtime). */
struct ib_tree_entry {
	const char *path;
	uint32_t mode;     /* with type bits */
	const char *user;  /* NULL: uid */
	const char *group; /* NULL: gid */
	uint32_t uid, gid;
	const char *link; /* symbolic links; their mode is always 0777 */
	const void *data; /* regular files; copied */
	size_t size;
	struct ib_buffer *content; /* or this: the tree takes the bytes over, and leaves it empty */
	int64_t mtime;             /* 0: the tree's */
	uint32_t rdev_major, rdev_minor; /* devices */
	struct ib_origin origin;
};

/*
 * Puts an entry, replacing a file or link that is there (only this name of a
 * hard-linked file); a directory that is there, or that a link leads to, only
 * changes mode and owner. A file in place of a directory or the reverse is
 * IB_INPUT, but a link may take the place of a directory that nobody claimed,
 * as in ib_tree_add_package(). Parents are made as for packages. ret_node may
 * be NULL.
 */
int ib_tree_put(struct ib_tree *tree, const struct ib_tree_entry *entry, struct ib_node **ret_node,
		struct ib_error *err) IB_MUST_CHECK;
/*
 * For readers of listings and images, where paths are what they are: hangs a
 * name into a directory without following anything. The inode gets one name more; NULL
 * makes a new one of this mode. NULL comes back where the name is there already; that
 * it is a name (1 to 255 bytes, no slash, not a dot or two) is the caller's care.
 */
struct ib_node *ib_tree_add_name(struct ib_tree *tree, struct ib_node *directory, const char *name,
				 struct ib_inode *inode, uint32_t mode);
/* Removes the path and what is below; nothing there is success. */
void ib_tree_remove(struct ib_tree *tree, const char *path);
/* Copies name and value; replaces one of that name. */
void ib_inode_set_xattr(struct ib_tree *tree, struct ib_inode *inode, const char *name,
			const void *value, size_t size);

#define IB_CAPABILITIES_XATTR_SIZE 20
/* From cap_from_text() words to the value of security.capability (revision 2: no root id). */
int ib_capabilities_to_xattr(const char *text, uint8_t ret_value[IB_CAPABILITIES_XATTR_SIZE],
			     struct ib_error *err) IB_MUST_CHECK;

/* Asked for each name of an owner; false: there is no such account. */
struct ib_accounts {
	void *context;
	bool (*user)(void *context, const char *name, uint32_t *ret_uid);
	bool (*group)(void *context, const char *name, uint32_t *ret_gid);
};
/* Numbers for all names ("root" is 0 without asking); an account that does not exist is IB_INPUT, naming path, origin and account. */
int ib_tree_resolve_owners(struct ib_tree *tree, const struct ib_accounts *accounts,
			   struct ib_error *err) IB_MUST_CHECK;

/* Depth first, a directory before its children, children by name. Stops at the first failure. */
typedef int (*ib_walk_fn)(void *context, struct ib_node *node, struct ib_error *err);
int ib_tree_walk(const struct ib_tree *tree, ib_walk_fn visit, void *context, struct ib_error *err)
	IB_MUST_CHECK;

/* Link counts, clamped times; the last change before the sinks. */
void ib_tree_finish(struct ib_tree *tree);

/*
 * One line a path in the order of ib_tree_walk(), eleven fields between tabs:
 *
 *	path  type  mode  uid  gid  size  mtime  links  what  xattrs  origin
 *
 * type is f, d, l, c, b, p, or h for a further name of an inode that was listed
 * before. what is the sha256 of a file, the target of a link, "MAJOR:MINOR" of a
 * device, for h the first name, else "-"; a digest that is not known (yet) is
 * "-" too. xattrs are NAME=HEX, separated by commas, or "-"; the origin is
 * KIND:NAME or "-". Owners without numbers stand by name. Bytes that are not
 * printable ASCII, backslashes, and the comma in names of xattrs as \xHH.
 */
int ib_tree_write_listing(const struct ib_tree *tree, struct ib_buffer *out, struct ib_error *err)
	IB_MUST_CHECK;
/*
 * A tree without contents (IB_CONTENT_ABSENT; sizes, digests and link counts as
 * the listing says), for comparing and for golden tests.
 */
int ib_tree_read_listing(const char *text, struct ib_tree **ret_tree, struct ib_error *err)
	IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_tree);

/*
 * An overlay: a folder on disk whose names, contents, link targets and
 * executable bits count; the table gives modes and owners by path (lines
 * "PATH MODE USER GROUP", # for comments; a path of the table that is missing
 * in the folder and ends in "/" is made as a directory). Sockets, devices and
 * links that lead out are errors. Also adds every content's digest to *ret_sha256
 * (over path, mode, owner, content, in order), which goes into the seed.
 */
int ib_tree_add_overlay(struct ib_tree *tree, const char *name, const char *folder,
			const char *table_path, uint8_t ret_sha256[32], struct ib_error *err)
	IB_MUST_CHECK;

#endif
