/* SPDX-License-Identifier: Apache-2.0 */
/* clock - the only place that knows the time, and how times are written. */
#ifndef IB_BASE_CLOCK_H
#define IB_BASE_CLOCK_H

#include <stdint.h>

/* Seconds since 1970. Never reaches an output: see DESIGN.md, decision 5. */
int64_t ib_clock_now(void);
/* For durations and progress. */
int64_t ib_clock_monotonic_ms(void);
/* "2026-11-24T03:41:31Z"; text has room for 32. */
void ib_clock_format(int64_t seconds, char *text);

#endif
