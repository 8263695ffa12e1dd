/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t ib_clock_now(void)
{
	return (int64_t)time(NULL);
}

int64_t ib_clock_monotonic_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void ib_clock_format(int64_t seconds, char *text)
{
	time_t moment = (time_t)seconds;
	struct tm parts = { 0 };

	gmtime_r(&moment, &parts);
	if (!strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts))
		text[0] = '\0';
}
