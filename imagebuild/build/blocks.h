/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocks - the store as the image's cache of blocks (image/block_cache.h).
 *
 * An entry's key says everything that decides its bytes: the package by its digest, which of its files are
 * in the tree, compressor, library and parameters, and the writer's own form. The store believes
 * itself: its folder can be written by its owner alone.
 */
#ifndef IB_BUILD_BLOCKS_H
#define IB_BUILD_BLOCKS_H

#include "build/work.h"
#include "image/image.h"

struct ib_keeper {
	struct ib_work *work;
	const struct ib_members *members;
	const struct ib_tree *tree;
	char *form;                  /* owned */
	char **keys;                 /* owned; NULL for packages that cannot be kept */
	struct ib_block_cache cache; /* what the writer is given */
};

/* Takes form (ib_format.form). Stays where it is until ib_keeper_done(), which comes after the writer is gone. */
void ib_keeper_init(struct ib_keeper *keeper, struct ib_work *work,
		    const struct ib_members *members, const struct ib_tree *tree, char *form);
void ib_keeper_done(struct ib_keeper *keeper);
/* The key of a package's entry, as long as the tree is still as it was laid; the caller owns it. */
char *ib_keeper_key(const struct ib_keeper *keeper, uint32_t package);

#endif
