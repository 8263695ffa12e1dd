/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads - a fixed crew of workers and a bounded queue.
 *
 * Jobs are started in the order in which they were added. A full queue blocks
 * the one who adds: that is the bounded window. What a job produces must not
 * depend on which worker ran it or when.
 */
#ifndef IB_BASE_THREADS_H
#define IB_BASE_THREADS_H

#include <stddef.h>

#include "base/mem.h"

struct ib_threads;

typedef void (*ib_job_fn)(void *argument);

/* workers 0: as many as this process may run on. With one worker jobs still run in the background. */
struct ib_threads *ib_threads_new(size_t workers, size_t queue_length);
/* How many workers that is, for a crew that somebody else makes: a library's own. */
size_t ib_threads_usable(size_t workers);
/* Waits for all jobs first. */
void ib_threads_free(struct ib_threads *threads);
size_t ib_threads_count(const struct ib_threads *threads);

void ib_threads_add(struct ib_threads *threads, ib_job_fn run, void *argument);
/* Returns when no job is queued or running. */
void ib_threads_wait(struct ib_threads *threads);

IB_DEFINE_AUTO(ib_threads);

#endif
