/* SPDX-License-Identifier: Apache-2.0 */
#include "compress/lz4.h"

#include <assert.h>
#include <limits.h>

#include <lz4.h>
#include <lz4hc.h>

#include "compress/lz4_high.h"

/* Level 0 has none of both. */
struct ib_lz4 {
	struct ib_lz4_high *high; /* levels 1 to 9 */
	LZ4_streamHC_t *best;     /* levels 10 to 12: the library's optimal parser */
	int level;
};

struct ib_lz4 *ib_lz4_new(int level)
{
	struct ib_lz4 *lz4 = ib_alloc(sizeof(*lz4));

	assert(level >= 0 && level <= IB_LZ4HC_MAX_LEVEL);
	lz4->level = level;
	if (level > IB_LZ4_HIGH_MAX_LEVEL) {
		lz4->best = ib_alloc(sizeof(*lz4->best));
		LZ4_initStreamHC(lz4->best, sizeof(*lz4->best));
	} else if (level) {
		lz4->high = ib_lz4_high_new(level);
	}
	return lz4;
}

void ib_lz4_free(struct ib_lz4 *lz4)
{
	if (!lz4)
		return;
	ib_lz4_high_free(lz4->high);
	ib_free(lz4->best);
	ib_free(lz4);
}

size_t ib_lz4_fill(struct ib_lz4 *lz4, const void *in, size_t in_size, void *out, size_t out_size,
		   size_t *ret_taken)
{
	int taken = (int)IB_MIN(in_size, (size_t)LZ4_MAX_INPUT_SIZE);
	int room = (int)IB_MIN(out_size, (size_t)INT_MAX);
	int written = 0;

	if (lz4->high)
		return ib_lz4_high_fill(lz4->high, in, in_size, out, out_size, ret_taken);
	if (lz4->best) {
		/*
		 * The fast reset leaves the tables as they are and starts beyond the
		 * reach of what is in them: the same output as from cleared tables,
		 * without clearing 256 KiB for each 4 KiB written.
		 */
		LZ4_resetStreamHC_fast(lz4->best, lz4->level);
		written = LZ4_compress_HC_continue_destSize(lz4->best, in, out, &taken, room);
	} else {
		written = LZ4_compress_destSize(in, out, &taken, room);
	}
	if (written <= 0)
		return 0;
	*ret_taken = (size_t)taken;
	return (size_t)written;
}

bool ib_lz4_expand(const void *in, size_t in_size, void *out, size_t out_size)
{
	if (in_size > INT_MAX || out_size > INT_MAX)
		return false;
	return LZ4_decompress_safe_partial(in, out, (int)in_size, (int)out_size, (int)out_size) ==
	       (int)out_size;
}

bool ib_lz4_expand_whole(const void *in, size_t in_size, void *out, size_t out_size)
{
	if (in_size > INT_MAX || out_size > INT_MAX)
		return false;
	return LZ4_decompress_safe(in, out, (int)in_size, (int)out_size) == (int)out_size;
}

const char *ib_lz4_maker(int level)
{
	return level && level <= IB_LZ4_HIGH_MAX_LEVEL ? "imagebuild-" IB_LZ4_HIGH_VERSION
						       : LZ4_versionString();
}

const char *ib_lz4_version(void)
{
	return LZ4_versionString();
}
