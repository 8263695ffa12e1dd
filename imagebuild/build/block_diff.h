/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block_diff - what it costs to bring a machine from one image to another.
 *
 * Three kinds of updaters are reckoned with: one that compares blocks of 4 KiB with those at the same places (writing a
 * partition, a snapshot below dm-verity), one that finds a block wherever the old image has it, and
 * casync or desync, which do the same with chunks of their own. Each fetches a piece once, whatever its compression on
 * the way may save.
 *
 * Whose the new blocks are is told from the new image's own package database, for what is EROFS; what is left belongs to
 * no content: superblock, directories, inodes, indexes.
 */
#ifndef IB_BUILD_BLOCK_DIFF_H
#define IB_BUILD_BLOCK_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* Of one file that machines have: bytes to fetch by each kind of updater. */
struct ib_block_costs {
	const char *before, *after; /* paths */
	uint64_t before_bytes, after_bytes;
	uint64_t in_place;
	uint64_t anywhere;
	uint64_t chunks;
};

struct ib_block_owner {
	const char *name;
	uint64_t bytes;
};

struct ib_block_diff {
	struct ib_block_costs root;
	struct ib_block_costs
		verity; /* the hash trees beside both; after is NULL where one lacks */
	bool has_owners;
	/* Of root.anywhere. */
	struct ib_block_owner *owners; /* packages, the largest first */
	size_t owner_count;
	uint64_t unpackaged_bytes; /* contents of overlays and generators */
	uint64_t metadata_bytes;
	struct ib_arena *arena; /* owned */
};

/* Images, folders of outputs, or any two files. */
int ib_build_block_diff(const char *before, const char *after, size_t threads,
			struct ib_block_diff **ret_diff, struct ib_error *err) IB_MUST_CHECK;
void ib_block_diff_free(struct ib_block_diff *diff);

int ib_block_diff_write_json(const struct ib_block_diff *diff, struct ib_buffer *out,
			     struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_block_diff);

#endif
