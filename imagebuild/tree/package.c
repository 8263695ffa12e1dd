/* SPDX-License-Identifier: Apache-2.0 */
/* A package's files become nodes: what is left out, hard links, capabilities. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tree/internal.h"

/* One package being laid down. */
struct laying {
	struct ib_tree *tree;
	uint32_t number;
	const struct ib_package *package;
	struct ib_inode **inodes; /* by file */
	struct ib_map *groups;    /* hard links: decimal inode number → struct ib_inode */
};

/* ---- what is left out ---- */

static bool has_language(const struct ib_strings *languages, const char *of_file)
{
	IB_AUTO_STRINGS(list);
	size_t i = 0;

	ib_strings_split(&list, of_file, "|");
	for (i = 0; i < list.count; i++)
		if (ib_strings_has(languages, list.items[i]))
			return true;
	return list.count == 0;
}

static bool is_wanted(const struct ib_tree_filter *filter, const struct ib_package_file *file)
{
	if (!filter)
		return true;
	if (filter->without_documentation && (file->flags & IB_FILE_DOC) &&
	    !(file->flags & IB_FILE_LICENSE))
		return false;
	if (filter->languages && file->language && *file->language &&
	    !has_language(filter->languages, file->language))
		return false;
	return !filter->wants || filter->wants(filter->context, file->path);
}

/* What a filter did to the files right below a directory of the package. */
struct below {
	bool kept;
	bool dropped;
};

/*
 * A directory all of whose files of this package were left out is left out as
 * well, as rpm does; one that holds something stays. Headers list a directory before what is below it, so one
 * pass from the end sees the children first.
 */
static void drop_emptied_directories(const struct ib_package *package, bool *keep)
{
	IB_AUTO(ib_map) directories = ib_map_new();
	struct below *below = ib_alloc_array(package->file_count + 1, sizeof(*below));
	size_t i = 0;

	for (i = 0; i < package->file_count; i++)
		if (S_ISDIR(package->files[i].mode))
			ib_map_set(directories, package->files[i].path, &below[i]);
	for (i = package->file_count; i-- > 0;) {
		const struct ib_package_file *file = &package->files[i];
		ib_autofree char *parent = ib_path_directory(file->path);
		struct below *above = ib_map_get(directories, parent);

		if (S_ISDIR(file->mode) && (below[i].dropped || below[i].kept))
			keep[i] = below[i].kept;
		if (above && keep[i])
			above->kept = true;
		else if (above && !(file->flags & IB_FILE_GHOST))
			above->dropped = true;
	}
	ib_free(below);
}

bool *ib_tree_select_files(const struct ib_package *package, const struct ib_tree_filter *filter)
{
	bool *keep = ib_alloc_array(package->file_count + 1, sizeof(*keep));
	bool filtered = false;
	size_t i = 0;

	for (i = 0; i < package->file_count; i++) {
		const struct ib_package_file *file = &package->files[i];
		bool wanted = is_wanted(filter, file);

		filtered |= !wanted;
		keep[i] = wanted && !(file->flags & IB_FILE_GHOST);
	}
	if (filtered)
		drop_emptied_directories(package, keep);
	return keep;
}

/* ---- what is laid down ---- */

static int check_file(const struct ib_package_file *file, struct ib_error *err)
{
	const char *path = file->path;

	if (!path || *path != '/' || (path[1] && !ib_path_is_inside(path + 1)))
		return ib_fail(err, IB_INPUT,
			       "'%s' is not an absolute path without '.', '..' and empty names",
			       path ? path : "");
	if (strlen(path) > IB_MAX_PATH_BYTES)
		return ib_fail(err, IB_LIMIT, "a path is longer than %d bytes: '%.64s…'",
			       IB_MAX_PATH_BYTES, path);
	if (S_ISLNK(file->mode) && (!file->link || !*file->link))
		return ib_fail(err, IB_INPUT, "symbolic link '%s' has no target", path);
	if (S_ISLNK(file->mode) && strlen(file->link) > IB_MAX_PATH_BYTES)
		return ib_fail(err, IB_LIMIT,
			       "the target of symbolic link '%s' is longer than %d bytes", path,
			       IB_MAX_PATH_BYTES);
	switch (file->mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
		return 0;
	default:
		return ib_fail(err, IB_INPUT,
			       "'%s' has mode %o: of a type that cannot be laid down", path,
			       (unsigned)file->mode);
	}
}

static int set_capabilities(const struct laying *laying, struct ib_inode *inode,
			    const struct ib_package_file *file, struct ib_error *err)
{
	uint8_t value[IB_CAPABILITIES_XATTR_SIZE];
	int r = 0;

	if (!file->capabilities || !*file->capabilities || !S_ISREG(file->mode))
		return 0;
	r = ib_capabilities_to_xattr(file->capabilities, value, err);
	if (r < 0)
		return ib_error_prefix(err, "'%s'", file->path);
	ib_inode_set_xattr(laying->tree, inode, "security.capability", value, sizeof(value));
	return 0;
}

static int fill_inode(const struct laying *laying, struct ib_inode *inode, size_t i,
		      struct ib_error *err)
{
	const struct ib_package_file *file = &laying->package->files[i];
	struct ib_tree *tree = laying->tree;

	inode->mode = file->mode & (S_IFMT | 07777);
	inode->mtime = file->mtime;
	inode->user = ib_tree_intern(tree, file->user ? file->user : "root");
	inode->group = ib_tree_intern(tree, file->group ? file->group : "root");
	inode->origin = (struct ib_origin){
		IB_ORIGIN_PACKAGE,
		ib_tree_intern(tree, laying->package->nevra),
	};
	inode->package = laying->number;
	inode->file = (uint32_t)i;
	if (S_ISLNK(file->mode)) {
		inode->link = ib_arena_strdup(tree->arena, file->link);
		inode->size = strlen(file->link);
	} else if (S_ISREG(file->mode)) {
		inode->size = file->size;
		inode->content = file->size ? IB_CONTENT_PAYLOAD : IB_CONTENT_EMPTY;
	} else if (S_ISCHR(file->mode) || S_ISBLK(file->mode)) {
		inode->rdev_major = (file->rdev >> 8) & 0xff;
		inode->rdev_minor = file->rdev & 0xff;
	}
	return set_capabilities(laying, inode, file, err);
}

/*
 * The inode of file i; hard links of one package share theirs. The last of them
 * carries content and metadata, as in rpm's payloads.
 */
static int make_inode(struct laying *laying, size_t i, struct ib_inode **ret_inode,
		      struct ib_error *err)
{
	const struct ib_package_file *file = &laying->package->files[i];
	struct ib_inode *inode = NULL;
	bool is_hard_link = S_ISREG(file->mode) && file->link_count > 1;
	char key[16];

	snprintf(key, sizeof(key), "%u", file->inode);
	if (is_hard_link)
		inode = ib_map_get(laying->groups, key);
	if (inode && inode->size != file->size)
		return ib_fail(err, IB_INPUT,
			       "'%s' and '%s' are hard links, but their sizes differ",
			       laying->package->files[inode->file].path, file->path);
	if (!inode) {
		inode = ib_inode_new(laying->tree, file->mode);
		if (is_hard_link)
			ib_map_set(laying->groups, key, inode);
	}
	IB_TRY(fill_inode(laying, inode, i, err));
	*ret_inode = inode;
	return 0;
}

static int lay_root(struct ib_tree *tree, struct ib_inode *inode, struct ib_error *err)
{
	bool replace = tree->root->inode->origin.kind == IB_ORIGIN_NONE;

	if (!S_ISDIR(inode->mode))
		return ib_fail(err, IB_INPUT, "'/' is not a directory");
	if (!replace)
		IB_TRY(ib_tree_settle(tree, tree->root, inode, &replace, err));
	if (replace)
		ib_node_change_inode(tree->root, inode);
	return 0;
}

static int lay_file(struct laying *laying, size_t i, struct ib_error *err)
{
	const char *path = laying->package->files[i].path;
	struct ib_tree *tree = laying->tree;
	struct ib_inode *inode = laying->inodes[i];
	struct ib_node *directory = NULL;
	const char *name = NULL;
	size_t length = 0;

	if (!path[1])
		return lay_root(tree, inode, err);
	IB_TRY(ib_tree_enter_parent(tree, path, &directory, &name, &length, err));
	return ib_tree_place(tree, directory, ib_node_new(tree, name, length, inode), err);
}

/* All inodes are complete before the first node is placed: conflicts look at whole groups. */
static int lay_files(struct laying *laying, const bool *keep, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < laying->package->file_count; i++) {
		if (!keep[i])
			continue;
		IB_TRY(check_file(&laying->package->files[i], err));
		IB_TRY(make_inode(laying, i, &laying->inodes[i], err));
	}
	for (i = 0; i < laying->package->file_count; i++)
		if (laying->inodes[i])
			IB_TRY(lay_file(laying, i, err));
	return 0;
}

static struct ib_laid_package *number_package(struct ib_tree *tree, uint32_t number)
{
	while (tree->package_count <= number) {
		ib_grow(tree->packages, tree->package_count);
		tree->packages[tree->package_count++] = (struct ib_laid_package){ 0 };
	}
	return &tree->packages[number];
}

int ib_tree_add_package(struct ib_tree *tree, uint32_t number, const struct ib_package *package,
			const struct ib_tree_filter *filter, struct ib_error *err)
{
	IB_AUTO(ib_map) groups = ib_map_new();
	ib_autofree bool *keep = ib_tree_select_files(package, filter);
	struct ib_laid_package *laid = number_package(tree, number);
	struct laying laying = { tree, number, package, NULL, groups };

	assert(!laid->package);
	laid->package = package;
	laid->inodes = ib_alloc_array(package->file_count + 1, sizeof(struct ib_inode *));
	laying.inodes = laid->inodes;
	if (lay_files(&laying, keep, err) < 0)
		return ib_error_prefix(err, "package '%s'", package->nevra);
	return 0;
}

/* Hard links of which only some were laid down: any of them may carry the content. */
static struct ib_inode *inode_of_group(const struct ib_laid_package *laid, uint32_t file)
{
	const struct ib_package_file *files = laid->package->files;
	size_t i = 0;

	if (laid->inodes[file] || files[file].link_count < 2)
		return laid->inodes[file];
	for (i = 0; i < laid->package->file_count; i++)
		if (laid->inodes[i] && files[i].inode == files[file].inode &&
		    files[i].link_count > 1)
			return laid->inodes[i];
	return NULL;
}

struct ib_inode *ib_tree_payload_inode(const struct ib_tree *tree, uint32_t number, uint32_t file)
{
	struct ib_inode *inode = NULL;

	if (number >= tree->package_count || !tree->packages[number].package ||
	    file >= tree->packages[number].package->file_count)
		return NULL;
	inode = inode_of_group(&tree->packages[number], file);
	if (!inode || !inode->link_count || inode->content != IB_CONTENT_PAYLOAD)
		return NULL;
	return inode;
}

const uint8_t *ib_tree_payload_sha256(const struct ib_tree *tree, uint32_t number, uint32_t file)
{
	const struct ib_package *package = NULL;

	if (number >= tree->package_count)
		return NULL;
	package = tree->packages[number].package;
	if (!package || file >= package->file_count || package->digest_kind != IB_DIGEST_SHA256)
		return NULL;
	return package->files[file].digest;
}

bool ib_tree_has_lost(const struct ib_tree *tree, uint32_t number, uint32_t file)
{
	const struct ib_laid_package *laid = NULL;
	const struct ib_inode *winner = NULL;
	const struct ib_node *node = NULL;
	uint32_t color = 0;

	if (number >= tree->package_count || !tree->packages[number].package)
		return false;
	laid = &tree->packages[number];
	if (file >= laid->package->file_count || !laid->inodes[file])
		return false;
	color = laid->package->files[file].color;
	node = color ? ib_tree_find(tree, laid->package->files[file].path) : NULL;
	winner = node ? node->inode : NULL;
	if (!winner || winner->origin.kind != IB_ORIGIN_PACKAGE || winner->package == number)
		return false;
	return tree->packages[winner->package].package->files[winner->file].color != color;
}
