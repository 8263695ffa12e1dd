/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena - memory for what is many, small and dies together.
 *
 * The owner is a container (a tree, a package set); what it hands out lives
 * until the arena is freed and is never freed singly. Memory is zeroed.
 */
#ifndef IB_BASE_ARENA_H
#define IB_BASE_ARENA_H

#include <stddef.h>

#include "base/macros.h"
#include "base/mem.h"

struct ib_arena;

struct ib_arena *ib_arena_new(void);
void ib_arena_free(struct ib_arena *arena);

/* What other handed out lives as long as arena from now on; other is freed. */
void ib_arena_adopt(struct ib_arena *arena, struct ib_arena *other);

/* Zeroed, aligned for numbers of 64 bits and pointers. */
void *ib_arena_alloc(struct ib_arena *arena, size_t size);
void *ib_arena_memdup(struct ib_arena *arena, const void *data, size_t size);
/* Texts lie close together. NULL gives NULL. */
const char *ib_arena_strdup(struct ib_arena *arena, const char *s);
/* Of exactly so many bytes, and a NUL behind them. */
const char *ib_arena_strndup(struct ib_arena *arena, const char *s, size_t length);
const char *ib_arena_strf(struct ib_arena *arena, const char *fmt, ...) IB_PRINTF(2, 3);

IB_DEFINE_AUTO(ib_arena);

#endif
