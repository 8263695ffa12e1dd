/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error - what went wrong, told once, in words for the user.
 *
 * A function that can fail returns int, 0 or a negative kind, and takes
 * "struct ib_error *err" last. Whoever finds the fault calls ib_fail() once;
 * whoever passes it up returns the code unchanged, and may put a few words in
 * front with ib_error_prefix(). Only cli/ prints.
 *
 * On success *err is untouched. On failure every ret_ argument is untouched.
 */
#ifndef IB_BASE_ERROR_H
#define IB_BASE_ERROR_H

#include "base/macros.h"

/* What a caller may branch on. One kind is one exit status: see cli/main.c. */
enum ib_kind {
	IB_OK = 0,
	IB_FAILED,   /* the machine said no: I/O, space, permission */
	IB_INPUT,    /* the recipe, the lock or the command line is wrong */
	IB_REFUSED,  /* a policy says no */
	IB_APPROVAL, /* a person has to say yes first */
	IB_TRUST,    /* a digest or a signature does not match: never retried */
	IB_DIFFERS,  /* a second build gave other bytes */
	IB_MISSING,  /* what was asked for is not there (any more) */
	IB_LIMIT,    /* input is larger than we agree to handle */
};

struct ib_error {
	enum ib_kind kind;
	char *text; /* one line, no full stop, no newline */
	char *hint; /* what to do about it, a full sentence, or NULL */
};

#define IB_ERROR_INIT ((struct ib_error){ .kind = IB_OK })

/*
 * Fills *err and returns -kind. An error must not be pending already: a
 * failure that somebody dropped is our own mistake and ends the process.
 */
int ib_fail(struct ib_error *err, enum ib_kind kind, const char *fmt, ...) IB_PRINTF(3, 4);
/* The same with kind IB_FAILED (IB_MISSING for ENOENT) and ": <strerror>" behind the text. */
int ib_fail_errno(struct ib_error *err, int errnum, const char *fmt, ...) IB_PRINTF(3, 4);
/* Puts "<words>: " in front of the pending text; returns the pending -kind. */
int ib_error_prefix(struct ib_error *err, const char *fmt, ...) IB_PRINTF(2, 3);
/* Sets the hint of the pending error; an earlier hint stays. */
void ib_error_hint(struct ib_error *err, const char *fmt, ...) IB_PRINTF(2, 3);
/* Frees the words; *err can be used again. */
void ib_error_clear(struct ib_error *err);

/* The one macro that returns: if the call failed, so does this function. */
#define IB_TRY(call) \
	do { \
		int try_ = (call); \
		if (try_ < 0) \
			return try_; \
	} while (0)

#endif
