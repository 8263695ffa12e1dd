/* SPDX-License-Identifier: Apache-2.0 */
#include "base/threads.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

struct job {
	ib_job_fn run;
	void *argument;
};

struct ib_threads {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	pthread_cond_t emptied;
	pthread_t *workers;
	size_t worker_count;
	struct job *queue; /* a ring */
	size_t queue_length;
	size_t first;
	size_t queued;
	size_t running;
	bool stop;
};

static void *work(void *argument)
{
	struct ib_threads *threads = argument;

	pthread_mutex_lock(&threads->lock);
	while (true) {
		struct job job;

		while (!threads->queued && !threads->stop)
			pthread_cond_wait(&threads->filled, &threads->lock);
		if (!threads->queued)
			break;
		job = threads->queue[threads->first];
		threads->first = (threads->first + 1) % threads->queue_length;
		threads->queued--;
		threads->running++;
		pthread_cond_broadcast(&threads->emptied);
		pthread_mutex_unlock(&threads->lock);
		job.run(job.argument);
		pthread_mutex_lock(&threads->lock);
		threads->running--;
		pthread_cond_broadcast(&threads->emptied);
	}
	pthread_mutex_unlock(&threads->lock);
	return NULL;
}

static size_t allowed_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) < 1)
		return 1;
	return (size_t)CPU_COUNT(&set);
}

size_t ib_threads_usable(size_t workers)
{
	return workers ? workers : allowed_processors();
}

struct ib_threads *ib_threads_new(size_t workers, size_t queue_length)
{
	struct ib_threads *threads = ib_alloc(sizeof(*threads));
	size_t i = 0;

	threads->worker_count = ib_threads_usable(workers);
	threads->queue_length = queue_length ? queue_length : 1;
	threads->workers = ib_alloc_array(threads->worker_count, sizeof(pthread_t));
	threads->queue = ib_alloc_array(threads->queue_length, sizeof(struct job));
	pthread_mutex_init(&threads->lock, NULL);
	pthread_cond_init(&threads->filled, NULL);
	pthread_cond_init(&threads->emptied, NULL);
	for (i = 0; i < threads->worker_count; i++)
		if (pthread_create(&threads->workers[i], NULL, work, threads))
			break;
	/* a machine that grants one worker is enough; none at all is like no memory */
	assert(i > 0);
	threads->worker_count = i;
	return threads;
}

void ib_threads_free(struct ib_threads *threads)
{
	size_t i = 0;

	if (!threads)
		return;
	pthread_mutex_lock(&threads->lock);
	threads->stop = true;
	pthread_cond_broadcast(&threads->filled);
	pthread_mutex_unlock(&threads->lock);
	for (i = 0; i < threads->worker_count; i++)
		pthread_join(threads->workers[i], NULL);
	pthread_cond_destroy(&threads->filled);
	pthread_cond_destroy(&threads->emptied);
	pthread_mutex_destroy(&threads->lock);
	ib_free(threads->workers);
	ib_free(threads->queue);
	ib_free(threads);
}

size_t ib_threads_count(const struct ib_threads *threads)
{
	return threads->worker_count;
}

void ib_threads_add(struct ib_threads *threads, ib_job_fn run, void *argument)
{
	pthread_mutex_lock(&threads->lock);
	while (threads->queued == threads->queue_length)
		pthread_cond_wait(&threads->emptied, &threads->lock);
	threads->queue[(threads->first + threads->queued) % threads->queue_length] =
		(struct job){ run, argument };
	threads->queued++;
	pthread_cond_signal(&threads->filled);
	pthread_mutex_unlock(&threads->lock);
}

void ib_threads_wait(struct ib_threads *threads)
{
	pthread_mutex_lock(&threads->lock);
	while (threads->queued || threads->running)
		pthread_cond_wait(&threads->emptied, &threads->lock);
	pthread_mutex_unlock(&threads->lock);
}
