/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index format of kmod (libkmod/libkmod-index.c): big-endian; magic,
 * version, place of the root; nodes children first. A node is [prefix NUL]
 * [first last, place of each child between] [count, then priority and value
 * NUL each]; which of the three there are stands in the top bits of its place.
 */
#include <stdlib.h>
#include <string.h>

#include "state/modules.h"

#define MAGIC        0xb007f457U
#define VERSION      0x00020001U
#define HAS_PREFIX   0x80000000U
#define HAS_VALUES   0x40000000U
#define HAS_CHILDREN 0x20000000U
#define PLACE_MAX    0x0fffffffU
#define KEY_MAX      1023 /* as kmod's; it also bounds how deep a trie is */
#define COUNT_MAX    (1U << 18)

struct entry {
	const char *key;
	const char *value;
	uint32_t priority;
	size_t order;
};

struct ib_module_index {
	struct ib_arena *arena;
	struct entry *entries;
	size_t count;
	size_t size; /* at most what the values and keys take */
};

struct ib_module_index *ib_module_index_new(void)
{
	struct ib_module_index *index = ib_alloc(sizeof(*index));

	index->arena = ib_arena_new();
	return index;
}

void ib_module_index_free(struct ib_module_index *index)
{
	if (!index)
		return;
	ib_arena_free(index->arena);
	ib_free(index->entries);
	ib_free(index);
}

void ib_module_index_add(struct ib_module_index *index, const char *key, const char *value,
			 uint32_t priority)
{
	const char *at = NULL;

	for (at = key; *at; at++)
		if ((uint8_t)*at >= 0x80 || at - key >= KEY_MAX)
			return;
	ib_grow(index->entries, index->count);
	index->entries[index->count] =
		(struct entry){ ib_arena_strdup(index->arena, key),
				ib_arena_strdup(index->arena, value), priority, index->count };
	index->count++;
	index->size += strlen(key) + strlen(value) + 64;
}

/* By key; of one key by priority, and the later one first. */
static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int r = strcmp(x->key, y->key);

	if (!r && x->priority != y->priority)
		r = x->priority < y->priority ? -1 : 1;
	if (!r)
		r = x->order > y->order ? -1 : 1;
	return r;
}

/* How many bytes from skip on all keys of a sorted run have in common. */
static size_t common_length(const struct entry *entries, size_t count, size_t skip)
{
	const char *first = entries[0].key + skip;
	const char *last = entries[count - 1].key + skip;
	size_t length = 0;

	while (first[length] && first[length] == last[length])
		length++;
	return length;
}

static void put_values(const struct entry *entries, size_t count, struct ib_buffer *out)
{
	size_t i = 0;

	ib_buffer_put_be32(out, (uint32_t)count);
	for (i = 0; i < count; i++) {
		ib_buffer_put_be32(out, entries[i].priority);
		ib_buffer_put(out, entries[i].value, strlen(entries[i].value) + 1);
	}
}

static uint32_t put_node(const struct entry *entries, size_t count, size_t skip, bool is_root,
			 struct ib_buffer *out)
{
	size_t prefix = is_root ? 0 : common_length(entries, count, skip);
	size_t values = 0;
	uint32_t places[128] = { 0 };
	uint8_t first = 0;
	uint8_t last = 0;
	uint32_t place = 0;
	size_t i = 0;

	while (values < count && !entries[values].key[skip + prefix])
		values++;
	for (i = values; i < count;) {
		uint8_t letter = (uint8_t)entries[i].key[skip + prefix];
		size_t run = i;

		while (run < count && (uint8_t)entries[run].key[skip + prefix] == letter)
			run++;
		places[letter] = put_node(entries + i, run - i, skip + prefix + 1, false, out);
		first = i == values ? letter : first;
		last = letter;
		i = run;
	}
	place = (uint32_t)out->size;
	if (prefix) {
		ib_buffer_put(out, entries[0].key + skip, prefix);
		ib_buffer_put_u8(out, 0);
		place |= HAS_PREFIX;
	}
	if (values < count) {
		ib_buffer_put_u8(out, first);
		ib_buffer_put_u8(out, last);
		for (i = first; i <= last; i++)
			ib_buffer_put_be32(out, places[i]);
		place |= HAS_CHILDREN;
	}
	if (values) {
		put_values(entries, values, out);
		place |= HAS_VALUES;
	}
	return place;
}

int ib_module_index_write(struct ib_module_index *index, struct ib_buffer *out,
			  struct ib_error *err)
{
	uint32_t root = 0;
	uint8_t bytes[4];

	/* a node has at most 128 children of 4 bytes, and there are at most two nodes a key */
	if (index->count > COUNT_MAX || index->size > PLACE_MAX / 8)
		return ib_fail(err, IB_LIMIT, "%zu names are too many for an index of modules",
			       index->count);
	if (index->count)
		qsort(index->entries, index->count, sizeof(*index->entries), compare_entries);
	ib_buffer_put_be32(out, MAGIC);
	ib_buffer_put_be32(out, VERSION);
	ib_buffer_put_be32(out, 0);
	root = put_node(index->entries, index->count, 0, true, out);
	if (out->size > PLACE_MAX)
		return ib_fail(err, IB_LIMIT, "an index of modules is larger than its format");
	bytes[0] = (uint8_t)(root >> 24);
	bytes[1] = (uint8_t)(root >> 16);
	bytes[2] = (uint8_t)(root >> 8);
	bytes[3] = (uint8_t)root;
	ib_buffer_set(out, 8, bytes, sizeof(bytes));
	return 0;
}
