/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test shares: the error-aware assertions and the scratch folder. */
#ifndef IB_TEST_H
#define IB_TEST_H

#include <check.h>
#include <string.h>

#include "base/error.h"

/* Each test_*.c defines this; runner.c calls it. */
Suite *ib_suite(void);

/* The call succeeds; if not, the test fails with the error's own words. */
#define ck_ok(call) \
	do { \
		int ck_r_ = (call); \
		ck_assert_msg(ck_r_ == 0, "%s: %s", #call, err.text ? err.text : "(no text)"); \
	} while (0)

/* The call fails with this kind, and says so: substring in the text. */
#define ck_fails(call, want_kind, want_text) \
	do { \
		ck_assert_int_eq((call), -(int)(want_kind)); \
		ck_assert_int_eq((int)err.kind, (int)(want_kind)); \
		ck_assert_ptr_nonnull(strstr(err.text, (want_text))); \
		ib_error_clear(&err); \
	} while (0)

/* Made before each test and removed after it by the fixture below. */
extern char *test_dir;
void test_dir_make(void);
void test_dir_remove(void);
/* A file in test_dir; the caller owns *ret_path. */
void test_file(const char *name, const char *content, char **ret_path);
/*
 * PATH below the folder of real data (../shared/data, or $IB_SHARED_DATA), or
 * NULL where it is absent: the test then says so and returns. The text is
 * overwritten by the next call.
 */
const char *test_shared_data(const char *path);

#endif
