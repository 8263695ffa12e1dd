/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pieces - an image as a row of pieces with their digests, as updaters see it.
 *
 * Who updates an image fetches the pieces that he has nowhere yet. Two ways to cut are
 * known here: blocks of 4 KiB, which is how partitions and dm-verity count, and the chunks of casync
 * and desync, whose borders follow from the bytes around them (a buzhash over 48 bytes; at least 16,
 * on average 64, at most 256 KiB), so that they are found again where content has moved.
 *
 * An index lists chunks by their SHA-512/256: the .caibx file that `casync make` writes
 * for the same bytes, to the bit. With it and a store of chunks `casync extract` or
 * `desync extract` makes the image, taking from an older one what that has.
 */
#ifndef IB_IMAGE_PIECES_H
#define IB_IMAGE_PIECES_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "image/region.h"

#define IB_PIECE_BLOCK ((uint64_t)4096)

struct ib_piece {
	uint64_t end; /* where it ends; it begins where the one before ends */
	uint8_t id[32];
};

struct ib_pieces {
	struct ib_piece *items; /* owned */
	size_t count;
};

/* The last block may be shorter. threads 0: as many as this process may use. */
int ib_pieces_blocks(const struct ib_region *region, size_t threads, struct ib_pieces **ret_pieces,
		     struct ib_error *err) IB_MUST_CHECK;
int ib_pieces_chunks(const struct ib_region *region, size_t threads, struct ib_pieces **ret_pieces,
		     struct ib_error *err) IB_MUST_CHECK;
void ib_pieces_free(struct ib_pieces *pieces);

uint64_t ib_piece_start(const struct ib_pieces *pieces, size_t number);
/* The .caibx of chunks. */
void ib_pieces_put_index(const struct ib_pieces *chunks, struct ib_buffer *out);

IB_DEFINE_AUTO(ib_pieces);

#endif
