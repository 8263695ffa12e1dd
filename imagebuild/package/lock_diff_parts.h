/* SPDX-License-Identifier: Apache-2.0 */
/* lock_diff_parts - what besides packages differs between two locks (inside package/ only). */
#ifndef IB_PACKAGE_LOCK_DIFF_PARTS_H
#define IB_PACKAGE_LOCK_DIFF_PARTS_H

#include "package/lock_diff.h"

/* Fills the change's list of scriptlets, and its facets about them. */
void ib_lock_diff_scriptlets(struct ib_lock_diff *diff, struct ib_lock_change *change);
/* New edges; marks those changes from number first on whose package has some. */
void ib_lock_diff_edges(struct ib_lock_diff *diff, const struct ib_lock *before,
			const struct ib_lock *after, size_t first);
/* Wishes and accounts. */
void ib_lock_diff_lines(struct ib_lock_diff *diff, const struct ib_lock *before,
			const struct ib_lock *after);
void ib_lock_diff_repositories(struct ib_lock_diff *diff, const struct ib_lock *before,
			       const struct ib_lock *after);

#endif
