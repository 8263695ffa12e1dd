/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>

#include "base/mem.h"

IB_PRINTF(3, 0)
static void write_text(const struct ib_log *log, enum ib_log_level level, const char *fmt,
		       va_list ap)
{
	ib_autofree char *text = NULL;

	if (!log || !log->write)
		return;
	text = ib_vstrf(fmt, ap);
	log->write(log->context, level, text);
}

void ib_debug(const struct ib_log *log, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_text(log, IB_LOG_DEBUG, fmt, ap);
	va_end(ap);
}

void ib_step(const struct ib_log *log, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_text(log, IB_LOG_STEP, fmt, ap);
	va_end(ap);
}

void ib_warn(const struct ib_log *log, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_text(log, IB_LOG_WARNING, fmt, ap);
	va_end(ap);
}

void ib_progress(const struct ib_log *log, const char *what, uint64_t done, uint64_t total,
		 const char *unit)
{
	if (log && log->progress)
		log->progress(log->context, what, done, total, unit);
}
