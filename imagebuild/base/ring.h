/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring - a fixed piece of memory for blocks that are given back in the order in which they were taken.
 *
 * What is in flight between one who makes and one who takes away goes through it: the same
 * pages over and over, where malloc would hand large blocks back to the system and have them
 * cleared anew. A full ring is the bound of what may be in flight.
 */
#ifndef IB_BASE_RING_H
#define IB_BASE_RING_H

#include <stddef.h>

#include "base/mem.h"

struct ib_ring;

/* A block of up to largest bytes always fits into an empty ring, which holds about size bytes. */
struct ib_ring *ib_ring_new(size_t size, size_t largest);
void ib_ring_free(struct ib_ring *ring);

/* size bytes, not cleared, at an address for any type; NULL when there is no room now. */
void *ib_ring_take(struct ib_ring *ring, size_t size);
/* Gives back the block that was taken first of those that are out; there must be one. */
void ib_ring_give_oldest(struct ib_ring *ring);

IB_DEFINE_AUTO(ib_ring);

#endif
