/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lz4 - LZ4 blocks that fill a given room.
 *
 * A compressor may be used again and again; what it compressed before does not
 * show in what it compresses next. One per worker.
 */
#ifndef IB_COMPRESS_LZ4_H
#define IB_COMPRESS_LZ4_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

#define IB_LZ4HC_MIN_LEVEL     1
#define IB_LZ4HC_DEFAULT_LEVEL 9
#define IB_LZ4HC_MAX_LEVEL     12

struct ib_lz4;

/* Level 0: plain LZ4; 1 to 12: as small as LZ4HC's level of that number. */
struct ib_lz4 *ib_lz4_new(int level);
void ib_lz4_free(struct ib_lz4 *lz4);

/*
 * Compresses from the front of in as much as fits into out_size bytes of out;
 * returns how many were written (0: nothing fits) and how much of in they hold.
 */
size_t ib_lz4_fill(struct ib_lz4 *lz4, const void *in, size_t in_size, void *out, size_t out_size,
		   size_t *ret_taken);

/* Whether in decodes to at least out_size bytes, of which the first out_size are written. */
bool ib_lz4_expand(const void *in, size_t in_size, void *out, size_t out_size) IB_MUST_CHECK;

/* Whether in, all of it, decodes to exactly out_size bytes, which are written. */
bool ib_lz4_expand_whole(const void *in, size_t in_size, void *out, size_t out_size) IB_MUST_CHECK;

/*
 * Who decides the bytes of a level, and in which version: "imagebuild-1", or the library's "1.9.4"
 * (levels 0 and 10 to 12). A text of the program, never freed.
 */
const char *ib_lz4_maker(int level);

/* Of the library that runs: "1.9.4". */
const char *ib_lz4_version(void);

IB_DEFINE_AUTO(ib_lz4);

#endif
