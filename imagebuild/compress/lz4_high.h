/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lz4_high - LZ4 blocks as small as liblz4's LZ4HC makes them, in half the time.
 *
 * Nearly all of what a cold build costs is this. LZ4HC is made for inputs of any size and keeps
 * tables of 256 KiB; an image has clusters of 4 KiB, each of which is compressed from 8 KiB or
 * so by itself, and tables for that lie in the nearest caches (lz4_finder.h). The other reason
 * for a compressor of our own is that its bytes are the same on every machine: liblz4 gives
 * other ones from version to version. What it writes are plain LZ4 blocks (lz4_Block_format.md),
 * and it is liblz4 that expands them.
 *
 * Levels are named as LZ4HC's, each about as small as the one of that name there. Measured over
 * the 460 MB of the default node, in clusters of 4 KiB: 0.3 % more blocks than LZ4HC's level 9,
 * in 2.9 s instead of 6.0; LZ4HC's level 12, which takes 25 s, has 0.4 % less.
 */
#ifndef IB_COMPRESS_LZ4_HIGH_H
#define IB_COMPRESS_LZ4_HIGH_H

#include <stddef.h>

#define IB_LZ4_HIGH_MIN_LEVEL 1
#define IB_LZ4_HIGH_MAX_LEVEL 9
/* Counts up with each change of the bytes that come out. */
#define IB_LZ4_HIGH_VERSION "2"

struct ib_lz4_high;

struct ib_lz4_high *ib_lz4_high_new(int level);
void ib_lz4_high_free(struct ib_lz4_high *high);

/*
 * Compresses from the front of in as much as fits into out_size bytes of out; returns how many
 * were written (0: out_size is 0) and how much of in they hold. What was compressed before does
 * not show in the bytes.
 */
size_t ib_lz4_high_fill(struct ib_lz4_high *high, const void *in, size_t in_size, void *out,
			size_t out_size, size_t *ret_taken);

#endif
