/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden - the listings of tests/golden as trees with contents, for every format.
 *
 * Contents are made from a file's origin and size:
 *
 *	generator:zeros   one byte, over and over
 *	generator:text    words: compresses well
 *	generator:noise   does not compress
 *	generator:mixed   blocks of both, with lengths that fit nothing
 *	generator:holes   text, and zeros for half of every 64 KiB or for more
 *	generator:late    3 MiB of text, then zeros, then text
 *
 * UPDATE=1 fills in the digests of contents.
 */
#ifndef IB_TEST_GOLDEN_H
#define IB_TEST_GOLDEN_H

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "test.h"
#include "tree/tree.h"

#define GOLDEN    "imagebuild/tests/golden"
#define MAX_BYTES ((size_t)64 << 20)

static bool is_update(void)
{
	const char *update = getenv("UPDATE");

	return update && *update;
}

/* ---- contents by rule ---- */

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

static void fill_text(uint8_t *out, size_t size, uint32_t *state)
{
	static const char *const words[] = { "root ", "tree ", "node ", "block\n", "hash ", "of " };
	size_t at = 0;

	while (at < size) {
		const char *word = words[next_random(state) % IB_COUNT(words)];
		uint32_t number = next_random(state);

		while (*word && at < size)
			out[at++] = (uint8_t)*word++;
		for (; number && at < size; number >>= 6)
			out[at++] = (uint8_t)('0' + number % 64);
	}
}

static void fill_noise(uint8_t *out, size_t size, uint32_t *state)
{
	size_t i = 0;

	for (i = 0; i < size; i++)
		out[i] = (uint8_t)next_random(state);
}

static void fill_mixed(uint8_t *out, size_t size, uint32_t *state)
{
	while (size) {
		size_t length = 1000 + next_random(state) % 30000;
		size_t now = IB_MIN(size, length);

		if (next_random(state) % 2)
			fill_text(out, now, state);
		else
			fill_noise(out, now, state);
		out += now;
		size -= now;
	}
}

/* Zeros for half a chunk (which stays), and for whole ones. */
static void fill_holes(uint8_t *out, size_t size, uint32_t *state)
{
	static const size_t lengths[] = { 0x8000, 0x10000, 0x30000 };
	size_t at = 0;

	fill_text(out, size, state);
	while (at < size) {
		size_t length = lengths[next_random(state) % IB_COUNT(lengths)];
		size_t now = IB_MIN(length, size - at);

		if (next_random(state) % 2)
			memset(out + at, 0, now);
		at += now;
	}
}

static void fill_late(uint8_t *out, size_t size, uint32_t *state)
{
	const size_t start = (size_t)3 << 20;
	const size_t end = size - 5000;

	fill_text(out, size, state);
	memset(out + start, 0, end - start);
}

static void fill(const char *rule, uint8_t *out, size_t size)
{
	uint32_t state = (uint32_t)size;

	if (!strcmp(rule, "zeros"))
		memset(out, 0, size);
	else if (!strcmp(rule, "text"))
		fill_text(out, size, &state);
	else if (!strcmp(rule, "noise"))
		fill_noise(out, size, &state);
	else if (!strcmp(rule, "mixed"))
		fill_mixed(out, size, &state);
	else if (!strcmp(rule, "holes"))
		fill_holes(out, size, &state);
	else if (!strcmp(rule, "late"))
		fill_late(out, size, &state);
	else
		ck_abort_msg("no rule '%s' for contents", rule);
}

/* Gives a file its bytes, and holds them against the digest in the listing. */
static int give_content(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_inode *inode = node->inode;
	uint8_t sha256[32];
	uint8_t *data = NULL;

	(void)err;
	if (inode->content != IB_CONTENT_ABSENT)
		return 0;
	ck_assert_uint_le(inode->size, MAX_BYTES);
	data = ib_arena_alloc(ib_tree_arena(context), inode->size);
	fill(inode->origin.name, data, inode->size);
	ib_sha256(data, inode->size, sha256);
	if (inode->has_sha256 && !is_update())
		ck_assert_mem_eq(inode->sha256, sha256, 32);
	memcpy(inode->sha256, sha256, 32);
	inode->has_sha256 = true;
	inode->content = IB_CONTENT_BUFFER;
	inode->data = data;
	return 0;
}

#endif
