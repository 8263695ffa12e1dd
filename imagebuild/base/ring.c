/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ring.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define ALIGNMENT ((size_t)64)

/* In front of each block. */
struct head {
	size_t size; /* of block and head */
};

struct ib_ring {
	uint8_t *bytes;
	size_t size;
	size_t first;    /* where the oldest block's head lies */
	size_t next;     /* where the next one may go */
	size_t end;      /* where the blocks in front of `first` were begun anew */
	bool is_wrapped; /* `next` is in front of `first` */
	size_t count;
};

static size_t size_of_block(size_t size)
{
	return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + ALIGNMENT;
}

struct ib_ring *ib_ring_new(size_t size, size_t largest)
{
	struct ib_ring *ring = ib_alloc(sizeof(*ring));

	ring->size = IB_MAX(size / ALIGNMENT * ALIGNMENT, size_of_block(largest));
	ring->bytes = ib_realloc_array(NULL, ring->size, 1);
	return ring;
}

void ib_ring_free(struct ib_ring *ring)
{
	if (!ring)
		return;
	ib_free(ring->bytes);
	ib_free(ring);
}

/* Whether size bytes follow ring->next, perhaps from the start again. */
static bool make_room(struct ib_ring *ring, size_t size)
{
	if (!ring->count) {
		ring->first = ring->next = 0;
		ring->is_wrapped = false;
	}
	if (ring->is_wrapped)
		return ring->first - ring->next >= size;
	if (ring->size - ring->next >= size)
		return true;
	if (ring->first < size)
		return false;
	ring->end = ring->next;
	ring->next = 0;
	ring->is_wrapped = true;
	return true;
}

void *ib_ring_take(struct ib_ring *ring, size_t size)
{
	size_t whole = size_of_block(size);
	struct head *head = NULL;

	if (!make_room(ring, whole))
		return NULL;
	head = (struct head *)(void *)(ring->bytes + ring->next);
	head->size = whole;
	ring->next += whole;
	ring->count++;
	return (uint8_t *)head + ALIGNMENT;
}

void ib_ring_give_oldest(struct ib_ring *ring)
{
	const struct head *head = (const struct head *)(const void *)(ring->bytes + ring->first);

	assert(ring->count);
	ring->first += head->size;
	ring->count--;
	if (!ring->is_wrapped || ring->first != ring->end)
		return;
	ring->first = 0;
	ring->is_wrapped = false;
}
