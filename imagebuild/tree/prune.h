/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prune - what of the packages' files is left out of a root by rule.
 *
 * A rule is a kind from one table (static libraries, headers, caches, the
 * package manager...) or a pattern of the recipe's own. Patterns are held
 * against the path as it will lie in the root: /bin, /sbin and /lib* count as
 * what they are below /usr. A star matches across slashes. What a pattern to
 * keep matches stays, whatever else says so; licences stay unless a pattern of
 * the recipe's own names them. Only files of packages are ever left out: what
 * an overlay or a generator puts there was asked for.
 *
 * It is bound as the `wants` of a struct ib_tree_filter, so that the package
 * database learns of each path that was left out.
 */
#ifndef IB_TREE_PRUNE_H
#define IB_TREE_PRUNE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

struct ib_prune_rules {
	const char *const *kinds; /* names of the table */
	size_t kind_count;
	const char *const *paths; /* patterns to leave out */
	size_t path_count;
	const char *const *keep; /* patterns to keep all the same */
	size_t keep_count;
	const char *const *languages; /* what the kind "languages" keeps */
	size_t language_count;
};

/* Whether a package's file of this path stays. */
bool ib_prune_keeps(const struct ib_prune_rules *rules, const char *path);
/* Whether a pattern matches a path as it will lie in the root. */
bool ib_path_matches(const char *pattern, const char *path);

/* The kinds, in order; NULL behind the last. */
const char *ib_prune_kind_name(size_t i);

#endif
