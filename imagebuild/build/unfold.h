/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unfold - a tree as a folder on disk, for programs to be run over it.
 *
 * Contents, folders, links, hard links and the lower nine bits of modes; owners,
 * extended attributes, device nodes and setuid stay away, times are those of
 * writing. What is written lies inside the folder, whatever the tree holds:
 * no link is ever followed.
 */
#ifndef IB_BUILD_UNFOLD_H
#define IB_BUILD_UNFOLD_H

#include "base/base.h"
#include "tree/tree.h"

/* The folder exists and is empty. source: the packages by the tree's numbers. */
int ib_unfold(const struct ib_tree *tree, const struct ib_content_source *source,
	      const char *folder, struct ib_error *err) IB_MUST_CHECK;

#endif
