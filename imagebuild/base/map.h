/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map - from strings to pointers.
 *
 * Keys are copied; values are borrowed. A map is asked, never walked: an
 * order that came out of a hash table must not reach any output.
 */
#ifndef IB_BASE_MAP_H
#define IB_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

struct ib_map;

struct ib_map *ib_map_new(void);
void ib_map_free(struct ib_map *map);

/* Returns what was there before, or NULL. value must not be NULL. */
void *ib_map_set(struct ib_map *map, const char *key, void *value);
void *ib_map_get(const struct ib_map *map, const char *key);
bool ib_map_has(const struct ib_map *map, const char *key);
size_t ib_map_count(const struct ib_map *map);

IB_DEFINE_AUTO(ib_map);

#endif
