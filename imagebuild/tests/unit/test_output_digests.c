/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/output_digests.h"
#include "crypto/crypto.h"
#include "tests/unit/test.h"

START_TEST(files_are_hashed_once_under_their_names)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_output_digests) digests = ib_output_digests_new(2);
	ib_autofree char *one = NULL;
	ib_autofree char *two = NULL;
	char expected[65];

	test_file("one", "first", &one);
	test_file("two", "second one", &two);
	ib_output_digests_begin(digests, "a", one);
	ib_output_digests_begin(digests, "b", two);
	ck_ok(ib_output_digests_wait(digests, &err));
	ib_output_digests_begin(digests, "a", two); /* it has its digest already */
	ck_ok(ib_output_digests_wait(digests, &err));
	ib_sha256_hex("first", 5, expected);
	ck_assert_str_eq(ib_output_digests_get(digests, "a")->sha256, expected);
	ck_assert_str_eq(ib_output_digests_get(digests, "a")->name, "a");
	ck_assert_uint_eq(ib_output_digests_get(digests, "b")->size, 10);
	ck_assert_ptr_null(ib_output_digests_get(digests, "c"));
}
END_TEST

START_TEST(spans_of_several_files_are_one)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_output_digests) digests = ib_output_digests_new(2);
	ib_autofree char *one = NULL;
	ib_autofree char *two = NULL;
	struct ib_span spans[] = { { { -1, 1, "one" }, 3 },
				   { { -1, 0, "two" }, 6 },
				   { { -1, 4, "one" }, 1 } };
	char expected[65];
	size_t i = 0;

	test_file("one", "first", &one);
	test_file("two", "second one", &two);
	for (i = 0; i < IB_COUNT(spans); i++)
		spans[i].from.fd = open(i == 1 ? two : one, O_RDONLY | O_CLOEXEC);
	ib_output_digests_begin_spans(digests, "a", spans, IB_COUNT(spans));
	spans[0].size = 20; /* more than there is */
	ib_output_digests_begin_spans(digests, "a", spans, IB_COUNT(spans)); /* has begun */
	for (i = 0; i < IB_COUNT(spans); i++)
		close(spans[i].from.fd);
	ck_ok(ib_output_digests_wait(digests, &err));
	ib_sha256_hex("irssecondt", 10, expected);
	ck_assert_str_eq(ib_output_digests_get(digests, "a")->sha256, expected);
	ck_assert_uint_eq(ib_output_digests_get(digests, "a")->size, 10);
	spans[0].from.fd = open(one, O_RDONLY | O_CLOEXEC);
	ib_output_digests_begin_spans(digests, "short", spans, 1);
	close(spans[0].from.fd);
	ck_fails(ib_output_digests_wait(digests, &err), IB_INPUT, "'short' ends too early");
}
END_TEST

START_TEST(of_several_faults_the_first_name_is_told)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_output_digests) digests = ib_output_digests_new(2);
	ib_autofree char *there = NULL;

	test_file("there", "x", &there);
	ib_output_digests_begin(digests, "there", there);
	ib_output_digests_begin(digests, "absent", "/nonexistent/absent");
	ib_output_digests_begin(digests, "gone", "/nonexistent/gone");
	ck_fails(ib_output_digests_wait(digests, &err), IB_MISSING, "/nonexistent/absent");
}
END_TEST

/* A pipe that nobody has written to yet is a file that is not read to its end yet. */
START_TEST(one_is_waited_for_and_the_others_are_not)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_output_digests) digests = ib_output_digests_new(2);
	const struct ib_evidence_file *file = NULL;
	ib_autofree char *there = NULL;
	ib_autofree char *slow = ib_path_join(test_dir, "slow");
	char expected[65];
	int fd = -1;

	test_file("there", "x", &there);
	ck_assert_int_eq(mkfifo(slow, 0600), 0);
	ib_output_digests_begin(digests, "there", there);
	ib_output_digests_begin(digests, "absent", "/nonexistent/absent");
	ib_output_digests_begin(digests, "slow", slow);
	ck_ok(ib_output_digests_wait_for(digests, "there", &file, &err));
	ib_sha256_hex("x", 1, expected);
	ck_assert_str_eq(file->sha256, expected);
	ck_fails(ib_output_digests_wait_for(digests, "absent", &file, &err), IB_MISSING,
		 "/nonexistent/absent");
	ck_assert_str_eq(file->name, "there");
	/* whoever waits for it to be written to finds an end, whoever comes later nothing */
	fd = open(slow, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(slow), 0);
	close(fd);
	/* what failed has failed, however often it was told */
	ck_fails(ib_output_digests_wait(digests, &err), IB_MISSING, "/nonexistent/absent");
	ck_fails(ib_output_digests_wait(digests, &err), IB_MISSING, "/nonexistent/absent");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("output_digests");
	TCase *cases = tcase_create("output_digests");

	tcase_add_checked_fixture(cases, test_dir_make, test_dir_remove);
	tcase_add_test(cases, files_are_hashed_once_under_their_names);
	tcase_add_test(cases, spans_of_several_files_are_one);
	tcase_add_test(cases, of_several_faults_the_first_name_is_told);
	tcase_add_test(cases, one_is_waited_for_and_the_others_are_not);
	suite_add_tcase(suite, cases);
	return suite;
}
