/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define CHUNK_BYTES (64 << 10)
#define ALIGNMENT   alignof(uint64_t) /* of all that is kept in arenas: numbers and pointers */

struct chunk {
	struct chunk *next;
	alignas(ALIGNMENT) uint8_t data[];
};

struct ib_arena {
	struct chunk *chunks;
	uint8_t *at; /* free room in the newest shared chunk: texts are taken from its end */
	size_t room;
};

struct ib_arena *ib_arena_new(void)
{
	return ib_alloc(sizeof(struct ib_arena));
}

void ib_arena_free(struct ib_arena *arena)
{
	if (!arena)
		return;
	while (arena->chunks) {
		struct chunk *next = arena->chunks->next;

		ib_free(arena->chunks);
		arena->chunks = next;
	}
	ib_free(arena);
}

void ib_arena_adopt(struct ib_arena *arena, struct ib_arena *other)
{
	struct chunk **end = &other->chunks;

	while (*end)
		end = &(*end)->next;
	*end = arena->chunks;
	arena->chunks = ib_take(other->chunks);
	ib_free(other);
}

static uint8_t *add_chunk(struct ib_arena *arena, size_t size)
{
	struct chunk *chunk = ib_alloc(sizeof(*chunk) + size);

	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk->data;
}

static void make_room(struct ib_arena *arena, size_t size)
{
	if (size <= arena->room)
		return;
	arena->at = add_chunk(arena, CHUNK_BYTES);
	arena->room = CHUNK_BYTES;
}

void *ib_arena_alloc(struct ib_arena *arena, size_t size)
{
	size_t rounded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	void *p = NULL;

	if (rounded > CHUNK_BYTES / 4)
		return add_chunk(arena, rounded);
	make_room(arena, rounded);
	p = arena->at;
	arena->at += rounded;
	arena->room -= rounded;
	return p;
}

void *ib_arena_memdup(struct ib_arena *arena, const void *data, size_t size)
{
	void *copy = ib_arena_alloc(arena, size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

const char *ib_arena_strdup(struct ib_arena *arena, const char *s)
{
	return s ? ib_arena_strndup(arena, s, strlen(s)) : NULL;
}

const char *ib_arena_strndup(struct ib_arena *arena, const char *s, size_t length)
{
	char *copy = NULL;

	if (length >= CHUNK_BYTES / 4) {
		copy = (char *)add_chunk(arena, length + 1);
	} else {
		make_room(arena, length + 1);
		arena->room -= length + 1;
		copy = (char *)arena->at + arena->room;
	}
	memcpy(copy, s, length);
	return copy;
}

const char *ib_arena_strf(struct ib_arena *arena, const char *fmt, ...)
{
	ib_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = ib_vstrf(fmt, ap);
	va_end(ap);
	return ib_arena_strdup(arena, text);
}
