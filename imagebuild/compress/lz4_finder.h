/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lz4_finder - where what follows has stood before.
 *
 * A finder lists the places of an input by a hash of the four bytes there: heads has the last
 * place with a hash, before the one in front of each place. Places are numbered from one on and
 * modulo 64 Ki, which is as far as LZ4 points back, so 192 KiB serve inputs of any size; of them
 * an input of some KiB, as one cluster of an image takes it, touches little more than heads. Zero
 * ends a list, and so does, now and then, the place that has this number. A place that is too far
 * away is seen as some other place in front: every candidate is compared byte by byte, so a wrong
 * one costs a look and nothing else. Distances of one list only grow and stay within the input;
 * one that does not is of a place that was used again, and the list ends there.
 *
 * All offsets cost the same in LZ4: only how long a match is counts, and the nearest of the
 * longest is taken.
 */
#ifndef IB_COMPRESS_LZ4_FINDER_H
#define IB_COMPRESS_LZ4_FINDER_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LZ4_MIN_MATCH 4U
/* How the format wants a block to end: five literals, and no match that begins in the last twelve bytes. */
#define LZ4_LAST_LITERALS 5U
#define LZ4_MATCH_MARGIN  12U

#define FINDER_HASH_BITS 15U
#define FINDER_PLACES    65536U
/* A match of so many bytes is not outdone by looking on. */
#define FINDER_ENOUGH 4096U

struct ib_lz4_finder {
	uint16_t heads[1U << FINDER_HASH_BITS];
	uint16_t before[FINDER_PLACES];
	/* of this input: */
	const uint8_t *in, *end;
	const uint8_t *match_end; /* no match reaches beyond */
	const uint8_t *listed;    /* all in front of it is listed */
	unsigned attempts;        /* how many of a list are looked at */
};

/* Bytes at, up to at + size, that have stood distance bytes before; size 0: none. */
struct ib_lz4_match {
	const uint8_t *at;
	size_t size;
	unsigned distance;
};

static inline uint32_t ib_lz4_load32(const uint8_t *at)
{
	uint32_t value = 0;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* How many bytes at a, and at b in front of it, are the same before end. */
static inline size_t ib_lz4_common(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
	const uint8_t *start = a;

	for (; end - a >= 8; a += 8, b += 8) {
		uint64_t x = 0;
		uint64_t y = 0;

		memcpy(&x, a, sizeof(x));
		memcpy(&y, b, sizeof(y));
		if (x != y)
			return (size_t)(a - start) + (size_t)__builtin_ctzll(le64toh(x ^ y)) / 8;
	}
	while (a < end && *a == *b)
		a++, b++;
	return (size_t)(a - start);
}

/* An input of more than LZ4_MATCH_MARGIN bytes. */
void ib_lz4_finder_begin(struct ib_lz4_finder *finder, const uint8_t *in, size_t size);

/*
 * Lists all places that are not listed yet up to at, and some behind it; how many at a time shows
 * in no match. at has four bytes in the input.
 */
void ib_lz4_finder_list(struct ib_lz4_finder *finder, const uint8_t *at);

static inline uint16_t ib_lz4_number(const struct ib_lz4_finder *finder, const uint8_t *at)
{
	return (uint16_t)(at - finder->in + 1);
}

/* From at on, the first place that has some place in front of it on its list, or is not listed yet. */
static inline const uint8_t *ib_lz4_finder_skip(const struct ib_lz4_finder *finder,
						const uint8_t *at)
{
	while (at < finder->listed && !finder->before[ib_lz4_number(finder, at)])
		at++;
	return at;
}

/* Whether what stands back bytes in front of at, from low on, may stand distance before as well. */
static inline bool ib_lz4_may_begin(const struct ib_lz4_finder *finder, const uint8_t *at,
				    size_t back, const uint8_t *low, size_t distance)
{
	if (back > (size_t)(at - low) || back + distance > (size_t)(at - finder->in))
		return false;
	return ib_lz4_load32(at - back) == ib_lz4_load32(at - back - distance);
}

/*
 * The longest match that holds the four bytes at, begins at low or behind it, and has more than
 * size bytes (at least three). A match that has one more byte than the best so far holds the
 * four that end there, if it begins at low; if behind, then it reaches further: so one look at
 * those tells nearly always that a candidate is none. What does not reach far enough has to begin
 * early enough, and one look at where that would be tells it of most others.
 */
static inline __attribute__((always_inline)) struct ib_lz4_match ib_lz4_finder_find(
	struct ib_lz4_finder *finder, const uint8_t *at, const uint8_t *low, size_t size)
{
	struct ib_lz4_match match = { 0 };
	const uint16_t *before = finder->before;
	const uint8_t *end = finder->match_end;
	const uint32_t here = ib_lz4_load32(at);
	const uint16_t number = ib_lz4_number(finder, at);
	const size_t farthest = (size_t)(at - finder->in);
	uint16_t candidate = 0;
	unsigned last_distance = 0;
	unsigned left = finder->attempts;
	uint32_t wanted = 0;

	if (low + size >= end)
		return match;
	if (at >= finder->listed)
		ib_lz4_finder_list(finder, at);
	wanted = ib_lz4_load32(low + size - 3);
	for (candidate = before[number]; candidate && left; left--, candidate = before[candidate]) {
		unsigned distance = (uint16_t)(number - candidate);
		const uint8_t *start = at;
		size_t found = 0;

		if (distance <= last_distance || distance > farthest)
			break;
		last_distance = distance;
		if (ib_lz4_load32(low + size - 3 - distance) != wanted ||
		    ib_lz4_load32(at - distance) != here)
			continue;
		found = ib_lz4_common(at, at - distance, end);
		if (found <= size && !ib_lz4_may_begin(finder, at, size + 1 - found, low, distance))
			continue;
		while (start > low && start - distance > finder->in &&
		       start[-1] == start[-1 - (ptrdiff_t)distance])
			start--;
		found += (size_t)(at - start);
		if (found <= size)
			continue;
		match = (struct ib_lz4_match){ start, found, distance };
		size = found;
		if (found >= FINDER_ENOUGH || low + size >= end)
			break;
		wanted = ib_lz4_load32(low + size - 3);
	}
	return match;
}

#endif
