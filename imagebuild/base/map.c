/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

struct slot {
	const char *key;
	void *value;
	uint64_t hash;
};

struct ib_map {
	struct ib_arena *keys;
	struct slot *slots; /* a power of two of them, at most half full */
	size_t size;
	size_t count;
};

struct ib_map *ib_map_new(void)
{
	struct ib_map *map = ib_alloc(sizeof(*map));

	map->keys = ib_arena_new();
	map->size = 64;
	map->slots = ib_alloc_array(map->size, sizeof(*map->slots));
	return map;
}

void ib_map_free(struct ib_map *map)
{
	if (!map)
		return;
	ib_arena_free(map->keys);
	ib_free(map->slots);
	ib_free(map);
}

/* FNV-1a, 64 bits, with a final mix so that the low bits are good. */
static uint64_t hash_of(const char *key)
{
	uint64_t hash = 0xcbf29ce484222325U;

	for (; *key; key++)
		hash = (hash ^ (uint8_t)*key) * 0x100000001b3U;
	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15U;
	return hash ^ (hash >> 29);
}

static struct slot *find_slot(const struct ib_map *map, const char *key, uint64_t hash)
{
	size_t at = hash & (map->size - 1);

	while (map->slots[at].key &&
	       (map->slots[at].hash != hash || strcmp(map->slots[at].key, key) != 0))
		at = (at + 1) & (map->size - 1);
	return &map->slots[at];
}

static void double_size(struct ib_map *map)
{
	struct slot *old = map->slots;
	size_t old_size = map->size;
	size_t i = 0;

	map->size *= 2;
	map->slots = ib_alloc_array(map->size, sizeof(*map->slots));
	for (i = 0; i < old_size; i++)
		if (old[i].key)
			*find_slot(map, old[i].key, old[i].hash) = old[i];
	ib_free(old);
}

void *ib_map_set(struct ib_map *map, const char *key, void *value)
{
	uint64_t hash = hash_of(key);
	struct slot *slot = find_slot(map, key, hash);
	void *before = slot->value;

	assert(value);
	if (slot->key) {
		slot->value = value;
		return before;
	}
	*slot = (struct slot){ ib_arena_strdup(map->keys, key), value, hash };
	if (++map->count * 2 > map->size)
		double_size(map);
	return NULL;
}

void *ib_map_get(const struct ib_map *map, const char *key)
{
	return find_slot(map, key, hash_of(key))->value;
}

bool ib_map_has(const struct ib_map *map, const char *key)
{
	return ib_map_get(map, key) != NULL;
}

size_t ib_map_count(const struct ib_map *map)
{
	return map->count;
}
