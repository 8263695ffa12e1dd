/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync - how jobs of a crew (threads.h) wait for each other, and share things.
 *
 * A turn is a number that only grows and that can be waited for. A job may wait
 * for jobs that were added before it: they were started before it, too.
 *
 * A pool holds idle things (a compressor's tables, say) that jobs borrow, so
 * that there are as many of them as jobs run, not as many as jobs there are.
 */
#ifndef IB_BASE_SYNC_H
#define IB_BASE_SYNC_H

#include <stdint.h>

#include "base/mem.h"

struct ib_turn;

struct ib_turn *ib_turn_new(void); /* at 0 */
void ib_turn_free(struct ib_turn *turn);
void ib_turn_advance(struct ib_turn *turn);
/* Returns when the number is at least this. */
void ib_turn_wait(struct ib_turn *turn, uint64_t number);

IB_DEFINE_AUTO(ib_turn);

struct ib_pool;

struct ib_pool *ib_pool_new(void);
/* What it holds is the caller's: empty it first. */
void ib_pool_free(struct ib_pool *pool);
/* An idle thing, or NULL: make a new one. */
void *ib_pool_take(struct ib_pool *pool);
void ib_pool_give(struct ib_pool *pool, void *thing);

IB_DEFINE_AUTO(ib_pool);

#endif
