/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which matches are taken. Every match costs three bytes and each literal one, so the fewest
 * matches that cover the most is the aim. From a first match on, the one that follows is looked
 * for around its end, and may begin within it: then the first one is cut, or left out where little
 * would remain. Whether a match is worth its place shows only with the one behind it, so up to
 * three are held before the first is written.
 */
#include "compress/lz4_high.h"

#include <assert.h>

#include "base/base.h"
#include "compress/lz4_finder.h"

/* Lengths from here on take bytes of their own. */
#define LONG_LITERALS 15U
#define LONG_MATCH    (LZ4_MIN_MATCH + 15U)
/* A match of less bytes in front of the next is not worth it. */
#define LEAST_SHARE  3
#define FEW_LITERALS 16
/* More than that is filled from so much that lists are longer: three times as much of them is looked at. */
#define LARGE_BLOCK 16384U

struct ib_lz4_high {
	struct ib_lz4_finder finder;
	unsigned attempts; /* places of a list that are looked at, up to LARGE_BLOCK */
};

/* A block that is being written, at out, up to out_end; all in front of anchor is in it. */
struct block {
	struct ib_lz4_finder *finder;
	uint8_t *out, *out_end;
	const uint8_t *anchor;
};

struct ib_lz4_high *ib_lz4_high_new(int level)
{
	static const unsigned attempts[] = { 0, 2, 3, 4, 8, 12, 16, 24, 40, 64 };
	struct ib_lz4_high *high = ib_alloc(sizeof(*high));

	static_assert(IB_COUNT(attempts) == IB_LZ4_HIGH_MAX_LEVEL + 1, "a row for each level");
	assert(level >= IB_LZ4_HIGH_MIN_LEVEL && level <= IB_LZ4_HIGH_MAX_LEVEL);
	high->attempts = attempts[level];
	return high;
}

void ib_lz4_high_free(struct ib_lz4_high *high)
{
	ib_free(high);
}

/* ---- what is written ---- */

static const uint8_t *end_of(const struct ib_lz4_match *match)
{
	return match->at + match->size;
}

/* How many bytes beside the token say a length that is long from so many on. */
static size_t length_bytes(size_t length, size_t from)
{
	return length >= from ? 1 + (length - from) / 255 : 0;
}

/* One half of a token, and the bytes behind it. */
static unsigned put_length(uint8_t **out, size_t length)
{
	size_t rest = 0;

	if (length < 15)
		return (unsigned)length;
	for (rest = length - 15; rest >= 255; rest -= 255)
		*(*out)++ = 255;
	*(*out)++ = (uint8_t)rest;
	return 15;
}

/* Most are few: sixteen bytes at once, where there is room, are copied sooner than the right number. */
static void copy_literals(const struct block *block, size_t count)
{
	const ptrdiff_t room = block->out_end - block->out;
	const ptrdiff_t left = block->finder->end - block->anchor;

	if (count <= FEW_LITERALS && room >= FEW_LITERALS && left >= FEW_LITERALS)
		memcpy(block->out, block->anchor, FEW_LITERALS);
	else
		memcpy(block->out, block->anchor, count);
}

static void put_literals(struct block *block, uint8_t *token, size_t count)
{
	*token = (uint8_t)(put_length(&block->out, count) << 4);
	copy_literals(block, count);
	block->out += count;
	block->anchor += count;
}

/* The literals in front of a match, and the match; false: it was cut, or left out, for want of room. */
static bool put_match(struct block *block, const struct ib_lz4_match *match)
{
	size_t literals = (size_t)(match->at - block->anchor);
	size_t room = (size_t)(block->out_end - block->out);
	size_t size = match->size;
	size_t least =
		1 + length_bytes(literals, LONG_LITERALS) + literals + 2 + 1 + LZ4_LAST_LITERALS;
	uint8_t *token = block->out;
	uint8_t *offset = NULL;

	/* a short match is followed by more literals, lest it begin too near the end */
	if (size + LZ4_LAST_LITERALS < LZ4_MATCH_MARGIN)
		least += LZ4_MATCH_MARGIN - LZ4_LAST_LITERALS - size;
	if (least > room)
		return false;
	if (length_bytes(size, LONG_MATCH) > room - least)
		size = LONG_MATCH - 1 + (room - least) * 255;
	block->out++;
	put_literals(block, token, literals);
	offset = block->out;
	offset[0] = (uint8_t)match->distance;
	offset[1] = (uint8_t)(match->distance >> 8);
	block->out += 2;
	*token |= (uint8_t)put_length(&block->out, size - LZ4_MIN_MATCH);
	block->anchor += size;
	return size == match->size;
}

/* As many literals as there is room for end a block. */
static void put_last_literals(struct block *block)
{
	size_t count = (size_t)(block->finder->end - block->anchor);
	size_t room = (size_t)(block->out_end - block->out);
	uint8_t *token = block->out;

	if (count > room - 1)
		count = room - 1;
	while (1 + length_bytes(count, LONG_LITERALS) + count > room)
		count--;
	block->out++;
	put_literals(block, token, count);
}

/* ---- what is taken ---- */

/* The match that holds what stands back bytes in front of a match's end, and is longer than it. */
static struct ib_lz4_match follower(struct block *block, const struct ib_lz4_match *match,
				    const uint8_t *low, size_t back)
{
	const uint8_t *at = end_of(match) - back;

	if (block->finder->end - at < (ptrdiff_t)LZ4_MATCH_MARGIN)
		return (struct ib_lz4_match){ 0 };
	return ib_lz4_finder_find(block->finder, at, low, match->size);
}

static void cut_front(struct ib_lz4_match *match, const uint8_t *to)
{
	if (to <= match->at)
		return;
	match->size -= (size_t)(to - match->at);
	match->at = to;
}

/*
 * Of what both cover, first takes as much as its length costs nothing; second keeps a match's
 * least, and begins early enough for the last match of a block.
 */
static void share(const struct block *block, const struct ib_lz4_match *first,
		  struct ib_lz4_match *second)
{
	const uint8_t *to = first->at + IB_MIN(first->size, (size_t)LONG_MATCH - 1);

	if (second->at - first->at >= (ptrdiff_t)LONG_MATCH - 1)
		return;
	to = IB_MIN(to, end_of(second) - LZ4_MIN_MATCH);
	cut_front(second, IB_MIN(to, block->finder->end - LZ4_MATCH_MARGIN));
}

/* What would be less than a match becomes literals of the next one. */
static bool put_up_to(struct block *block, struct ib_lz4_match match, const uint8_t *end)
{
	if (end - match.at < (ptrdiff_t)LZ4_MIN_MATCH)
		return true;
	if (end < end_of(&match))
		match.size = (size_t)(end - match.at);
	return put_match(block, &match);
}

/* What is held: first, which second overlaps or follows; dropped is what first took the place of. */
struct held {
	struct ib_lz4_match first, second, dropped;
};

enum verdict { GO_ON, SETTLED, FULL };

/*
 * Looks for a third match behind two. SETTLED: both are written; GO_ON: one is held, and it is
 * first.
 */
static enum verdict settle(struct block *block, struct held *held)
{
	struct ib_lz4_match *first = &held->first;
	struct ib_lz4_match *second = &held->second;

	while (true) {
		struct ib_lz4_match third;

		share(block, first, second);
		third = follower(block, second, second->at, 3);
		if (!third.size)
			return put_up_to(block, *first, second->at) && put_match(block, second)
				       ? SETTLED
				       : FULL;
		if (third.at >= end_of(first) + LEAST_SHARE) {
			if (!put_up_to(block, *first, second->at))
				return FULL;
			*first = *second;
			*second = third;
		} else if (third.at < end_of(first)) {
			*second = third;
		} else {
			/* nothing is left for second to cover, unless a better end for third turns up */
			if (!put_match(block, first))
				return FULL;
			held->dropped = third;
			if (end_of(second) >= end_of(first) + LZ4_MIN_MATCH) {
				held->dropped = *second;
				cut_front(&held->dropped, end_of(first));
			}
			*first = third;
			return GO_ON;
		}
	}
}

/* Writes from a match on until one has no follower. NULL: the room is full. */
static const uint8_t *put_matches(struct block *block, struct ib_lz4_match match)
{
	struct held held = { .first = match, .dropped = match };
	enum verdict verdict = GO_ON;

	while (verdict == GO_ON) {
		held.second = follower(block, &held.first, held.first.at + 1, 2);
		if (!held.second.size)
			return put_match(block, &held.first) ? block->anchor : NULL;
		/* what was dropped for a match that is left out now is better than literals */
		if (held.dropped.at < held.first.at && held.second.at < end_of(&held.dropped))
			held.first = held.dropped;
		if (held.second.at - held.first.at < LEAST_SHARE)
			held.first = held.second;
		else
			verdict = settle(block, &held);
	}
	return verdict == SETTLED ? block->anchor : NULL;
}

/* More literals than there is room for end the search. */
static bool is_full(const struct block *block, const uint8_t *at)
{
	return at - block->anchor + 3 + (ptrdiff_t)LZ4_LAST_LITERALS > block->out_end - block->out;
}

static void put_all(struct block *block)
{
	const uint8_t *at = ib_lz4_finder_skip(block->finder, block->finder->in + 1);

	while (block->finder->end - at >= (ptrdiff_t)LZ4_MATCH_MARGIN && !is_full(block, at)) {
		struct ib_lz4_match match =
			ib_lz4_finder_find(block->finder, at, at, LZ4_MIN_MATCH - 1);

		at = match.size ? put_matches(block, match) : at + 1;
		if (!at)
			break;
		at = ib_lz4_finder_skip(block->finder, at);
	}
}

size_t ib_lz4_high_fill(struct ib_lz4_high *high, const void *in, size_t in_size, void *out,
			size_t out_size, size_t *ret_taken)
{
	struct block block = { &high->finder, out, (uint8_t *)out + out_size, in };

	*ret_taken = 0;
	if (!out_size)
		return 0;
	high->finder.end = (const uint8_t *)in + in_size;
	high->finder.attempts = out_size > LARGE_BLOCK ? 3 * high->attempts : high->attempts;
	if (in_size > LZ4_MATCH_MARGIN) {
		ib_lz4_finder_begin(&high->finder, in, in_size);
		put_all(&block);
	}
	put_last_literals(&block);
	*ret_taken = (size_t)(block.anchor - (const uint8_t *)in);
	return (size_t)(block.out - (uint8_t *)out);
}
