/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd_fill - Zstandard frames (RFC 8878) that fill a given room.
 *
 * The library compresses a given input into whatever that takes, not into what there is room for. So a
 * frame is searched: from a guess on, how much fits is estimated from what the last try came to, and
 * the search ends when less than a sixty-fourth of the room is left over.
 *
 * A filler may be used again and again; what it compressed before does not show in what it compresses
 * next. One per worker.
 */
#ifndef IB_COMPRESS_ZSTD_FILL_H
#define IB_COMPRESS_ZSTD_FILL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

#define IB_ZSTD_FILL_MIN_LEVEL     1
#define IB_ZSTD_FILL_DEFAULT_LEVEL 3
#define IB_ZSTD_FILL_MAX_LEVEL     22

struct ib_zstd_filler;

/* Who reads a frame needs a window of 2^window_log bytes and no more (10 to 27). */
struct ib_zstd_filler *ib_zstd_filler_new(int level, unsigned window_log);
void ib_zstd_filler_free(struct ib_zstd_filler *filler);

/*
 * Compresses from the front of in about as much as fits into out_size bytes of out. Returns how many were
 * written; 0: nothing fits. *taken is a guess (at least 1) of how much of in they hold, and then how much they do.
 */
size_t ib_zstd_fill(struct ib_zstd_filler *filler, const void *in, size_t in_size, void *out,
		    size_t out_size, size_t *taken);

/* Whether in is one frame that decodes to exactly out_size bytes, which are written. */
bool ib_zstd_expand(const void *in, size_t in_size, void *out, size_t out_size) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_zstd_filler);

#endif
