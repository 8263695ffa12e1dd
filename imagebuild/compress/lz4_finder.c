/* SPDX-License-Identifier: Apache-2.0 */
#include "compress/lz4_finder.h"

/* So many places are listed at a time, which lets the processor do several at once. */
#define AHEAD 256

void ib_lz4_finder_begin(struct ib_lz4_finder *finder, const uint8_t *in, size_t size)
{
	memset(finder->heads, 0, sizeof(finder->heads));
	finder->in = finder->listed = in;
	finder->end = in + size;
	finder->match_end = finder->end - LZ4_LAST_LITERALS;
}

void ib_lz4_finder_list(struct ib_lz4_finder *finder, const uint8_t *at)
{
	const uint8_t *last = finder->end - LZ4_MIN_MATCH;
	const uint8_t *place = finder->listed;

	if (last - at > AHEAD)
		last = at + AHEAD;
	finder->listed = last + 1;
	for (; place <= last; place++) {
		uint32_t hash =
			le32toh(ib_lz4_load32(place)) * 2654435761U >> (32 - FINDER_HASH_BITS);
		uint16_t number = ib_lz4_number(finder, place);

		finder->before[number] = finder->heads[hash];
		finder->heads[hash] = number;
	}
}
