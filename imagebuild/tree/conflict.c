/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One path, two claims. The rules are rpm's: files of two packages may share a
 * path when type, mode, owner, group and content (or target, or device) are the
 * same; of two ELF files with different colours the 64-bit one is kept.
 */
#include <string.h>
#include <sys/stat.h>

#include "tree/internal.h"

#define PREFERRED_COLOR 2

static const struct ib_package *package_of(const struct ib_tree *tree, const struct ib_inode *inode)
{
	return tree->packages[inode->package].package;
}

static const struct ib_package_file *file_of(const struct ib_tree *tree,
					     const struct ib_inode *inode)
{
	return &package_of(tree, inode)->files[inode->file];
}

static bool same_digest(const struct ib_package *a, const struct ib_package_file *af,
			const struct ib_package *b, const struct ib_package_file *bf)
{
	if (af->size != bf->size)
		return false;
	if (!af->digest || !bf->digest)
		return af->digest == bf->digest && !af->size;
	return a->digest_kind == b->digest_kind &&
	       !memcmp(af->digest, bf->digest, ib_digest_size(a->digest_kind));
}

/* The first thing in which two claims differ, or NULL. */
static const char *difference(const struct ib_tree *tree, const struct ib_inode *a,
			      const struct ib_inode *b)
{
	if ((a->mode & S_IFMT) != (b->mode & S_IFMT))
		return "the type";
	if (a->mode != b->mode)
		return "the mode";
	if (!ib_str_equal(a->user, b->user) || !ib_str_equal(a->group, b->group))
		return "the owner";
	if (S_ISLNK(a->mode) && !ib_str_equal(a->link, b->link))
		return "the target";
	if ((S_ISCHR(a->mode) || S_ISBLK(a->mode)) &&
	    (a->rdev_major != b->rdev_major || a->rdev_minor != b->rdev_minor))
		return "the device number";
	if (S_ISREG(a->mode) && !same_digest(package_of(tree, a), file_of(tree, a),
					     package_of(tree, b), file_of(tree, b)))
		return "the content";
	return NULL;
}

static int fail_conflict(const struct ib_node *there, const struct ib_inode *comes,
			 const char *what, struct ib_error *err)
{
	ib_autofree char *path = ib_node_path(there);
	ib_autofree char *first = ib_origin_words(&there->inode->origin);
	ib_autofree char *second = ib_origin_words(&comes->origin);

	ib_fail(err, IB_INPUT, "'%s' is in %s and in %s, and %s differs", path, first, second,
		what);
	ib_error_hint(err, "Leave one of the two out, or take versions of them that agree.");
	return -IB_INPUT;
}

/* What no package brought (a generator's link, say) may be claimed by one when it is the same. */
static int settle_with_other_origin(const struct ib_node *there, const struct ib_inode *comes,
				    bool *ret_replace, struct ib_error *err)
{
	const struct ib_inode *old = there->inode;

	if ((old->mode & S_IFMT) != (comes->mode & S_IFMT))
		return fail_conflict(there, comes, "the type", err);
	if (S_ISLNK(old->mode) && !ib_str_equal(old->link, comes->link))
		return fail_conflict(there, comes, "the target", err);
	if (!S_ISLNK(old->mode) && !S_ISDIR(old->mode))
		return fail_conflict(there, comes, "the content", err);
	*ret_replace = comes->origin.kind == IB_ORIGIN_PACKAGE;
	return 0;
}

int ib_tree_settle(const struct ib_tree *tree, const struct ib_node *there, struct ib_inode *comes,
		   bool *ret_replace, struct ib_error *err)
{
	const struct ib_inode *old = there->inode;
	const char *differs = NULL;
	uint32_t old_color = 0;
	uint32_t new_color = 0;

	if (old->origin.kind != IB_ORIGIN_PACKAGE || comes->origin.kind != IB_ORIGIN_PACKAGE)
		return settle_with_other_origin(there, comes, ret_replace, err);
	differs = difference(tree, old, comes);
	if (!differs) {
		*ret_replace = comes->package < old->package;
		return 0;
	}
	old_color = file_of(tree, old)->color;
	new_color = file_of(tree, comes)->color;
	if (!old_color || !new_color || old_color == new_color ||
	    !((old_color | new_color) & PREFERRED_COLOR))
		return fail_conflict(there, comes, differs, err);
	*ret_replace = !(old_color & PREFERRED_COLOR);
	return 0;
}
