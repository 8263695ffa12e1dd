/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/mem.h"

int ib_fail(struct ib_error *err, enum ib_kind kind, const char *fmt, ...)
{
	va_list ap;

	assert(err->kind == IB_OK && kind != IB_OK);
	va_start(ap, fmt);
	err->text = ib_vstrf(fmt, ap);
	va_end(ap);
	err->kind = kind;
	return -(int)kind;
}

int ib_fail_errno(struct ib_error *err, int errnum, const char *fmt, ...)
{
	ib_autofree char *words = NULL;
	va_list ap;

	va_start(ap, fmt);
	words = ib_vstrf(fmt, ap);
	va_end(ap);
	(void)ib_fail(err, errnum == ENOENT ? IB_MISSING : IB_FAILED, "%s: %s", words,
		      strerrordesc_np(errnum) ? strerrordesc_np(errnum) : "unrecognized error");
	if (errnum == ENOSPC || errnum == EDQUOT)
		ib_error_hint(err, "Make room there, or name a place that has some.");
	return -(int)err->kind;
}

int ib_error_prefix(struct ib_error *err, const char *fmt, ...)
{
	ib_autofree char *words = NULL;
	ib_autofree char *old = NULL;
	va_list ap;

	assert(err->kind != IB_OK);
	va_start(ap, fmt);
	words = ib_vstrf(fmt, ap);
	va_end(ap);
	old = ib_take(err->text);
	err->text = ib_strf("%s: %s", words, old);
	return -(int)err->kind;
}

void ib_error_hint(struct ib_error *err, const char *fmt, ...)
{
	va_list ap;

	assert(err->kind != IB_OK);
	if (err->hint)
		return;
	va_start(ap, fmt);
	err->hint = ib_vstrf(fmt, ap);
	va_end(ap);
}

void ib_error_clear(struct ib_error *err)
{
	ib_free(err->text);
	ib_free(err->hint);
	*err = IB_ERROR_INIT;
}
