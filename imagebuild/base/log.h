/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - how long work tells what it does, without knowing who listens.
 *
 * cli/ fills a struct ib_log; everybody else gets a pointer to it, which may
 * be NULL (nobody listens). Faults are returned, not logged. All functions may
 * be called from any thread: the listener locks.
 */
#ifndef IB_BASE_LOG_H
#define IB_BASE_LOG_H

#include <stdint.h>

#include "base/macros.h"

enum ib_log_level {
	IB_LOG_DEBUG,   /* shown with --verbose */
	IB_LOG_STEP,    /* what is being done now: "resolving 214 packages" */
	IB_LOG_WARNING, /* what happens instead: "…, using 4096" */
};

struct ib_log {
	void *context;
	void (*write)(void *context, enum ib_log_level level, const char *text);
	/* done of total units ("bytes", "packages") of what; total 0: not known. */
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total,
			 const char *unit);
};

void ib_debug(const struct ib_log *log, const char *fmt, ...) IB_PRINTF(2, 3);
void ib_step(const struct ib_log *log, const char *fmt, ...) IB_PRINTF(2, 3);
void ib_warn(const struct ib_log *log, const char *fmt, ...) IB_PRINTF(2, 3);
void ib_progress(const struct ib_log *log, const char *what, uint64_t done, uint64_t total,
		 const char *unit);

#endif
