/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sync.h"

#include <pthread.h>
#include <stddef.h>

struct ib_turn {
	pthread_mutex_t lock;
	pthread_cond_t advanced;
	uint64_t number;
};

struct ib_turn *ib_turn_new(void)
{
	struct ib_turn *turn = ib_alloc(sizeof(*turn));

	pthread_mutex_init(&turn->lock, NULL);
	pthread_cond_init(&turn->advanced, NULL);
	return turn;
}

void ib_turn_free(struct ib_turn *turn)
{
	if (!turn)
		return;
	/* whoever advanced it last may still be on the way out */
	pthread_mutex_lock(&turn->lock);
	pthread_mutex_unlock(&turn->lock);
	pthread_cond_destroy(&turn->advanced);
	pthread_mutex_destroy(&turn->lock);
	ib_free(turn);
}

void ib_turn_advance(struct ib_turn *turn)
{
	pthread_mutex_lock(&turn->lock);
	turn->number++;
	pthread_cond_broadcast(&turn->advanced);
	pthread_mutex_unlock(&turn->lock);
}

void ib_turn_wait(struct ib_turn *turn, uint64_t number)
{
	pthread_mutex_lock(&turn->lock);
	while (turn->number < number)
		pthread_cond_wait(&turn->advanced, &turn->lock);
	pthread_mutex_unlock(&turn->lock);
}

struct ib_pool {
	pthread_mutex_t lock;
	void **idle;
	size_t count;
};

struct ib_pool *ib_pool_new(void)
{
	struct ib_pool *pool = ib_alloc(sizeof(*pool));

	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

void ib_pool_free(struct ib_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_destroy(&pool->lock);
	ib_free(pool->idle);
	ib_free(pool);
}

void *ib_pool_take(struct ib_pool *pool)
{
	void *thing = NULL;

	pthread_mutex_lock(&pool->lock);
	if (pool->count)
		thing = pool->idle[--pool->count];
	pthread_mutex_unlock(&pool->lock);
	return thing;
}

void ib_pool_give(struct ib_pool *pool, void *thing)
{
	pthread_mutex_lock(&pool->lock);
	ib_grow(pool->idle, pool->count);
	pool->idle[pool->count++] = thing;
	pthread_mutex_unlock(&pool->lock);
}
