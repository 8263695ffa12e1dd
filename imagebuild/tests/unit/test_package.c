/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "package/package.h"
#include "test.h"

START_TEST(versions_order_as_rpm_orders_them)
{
	static const struct {
		const char *a, *b;
		int order;
	} rows[] = {
		{ "1.0", "1.0", 0 },      { "1.0", "2.0", -1 },       { "1.10", "1.9", 1 },
		{ "1.0a", "1.0", 1 },     { "1.0~rc1", "1.0", -1 },   { "1.0^git1", "1.0", 1 },
		{ "1.0^1", "1.0.1", -1 }, { "1.0^1~a", "1.0^1", -1 }, { "01", "1", 0 },
		{ "a", "1", -1 },         { "1_0", "1.0", 0 },        { "1.0.", "1.0", 0 },
		{ "", "~", 1 },           { "~~", "~", -1 },          { "1.0a1", "1.0aa", -1 },
	};
	const char *a = rows[_i].a;
	const char *b = rows[_i].b;

	ck_assert_int_eq(ib_version_compare(a, b), rows[_i].order);
	ck_assert_int_eq(ib_version_compare(b, a), -rows[_i].order);
}
END_TEST

START_TEST(the_great_table_of_versions_agrees)
{
	const char *path = test_shared_data("rpms/cavaliergopher_rpm/testdata/vercmp.json");
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *text = NULL;
	const char *at = NULL;
	size_t count = 0;

	if (!path) {
		puts("skipped: no shared data");
		return;
	}
	ck_ok(ib_file_read_text(path, 1 << 20, &text, &err));
	for (at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
		char a[128] = "";
		char b[128] = "";
		int order = 0;
		const char *second = strstr(at, "\"b\":\"");

		/* %[ does not match an empty string: then the buffer stays empty. */
		(void)sscanf(at, "{\"a\":\"%127[^\"]", a);
		ck_assert_ptr_nonnull(second);
		(void)sscanf(second, "\"b\":\"%127[^\"]", b);
		ck_assert_int_eq(sscanf(strstr(second, "expect"), "expect\":%d", &order), 1);
		ck_assert_msg(ib_version_compare(a, b) == order, "'%s' and '%s'", a, b);
		count++;
	}
	ck_assert_uint_eq(count, 4489);
}
END_TEST

START_TEST(an_epoch_decides_first_and_a_missing_release_matches_all)
{
	ck_assert_int_eq(ib_evr_compare("1:1.0-1", "2.0-1"), 1);
	ck_assert_int_eq(ib_evr_compare("0:2.0-1", "2.0-1"), 0);
	ck_assert_int_eq(ib_evr_compare("2.0", "2.0-7"), 0);
	ck_assert_int_eq(ib_evr_compare("2.0-6", "2.0-7"), -1);
	ck_assert_int_eq(ib_evr_compare("2.0-7", "1.9-8"), 1);
	ck_assert_int_eq(ib_evr_compare(":1", "1"), 0);
}
END_TEST

START_TEST(a_set_is_sorted_by_name_version_architecture)
{
	static const struct ib_package packages[] = {
		{ .name = "b", .version = "1", .release = "1", .arch = "x86_64", .nevra = "b-1" },
		{ .name = "a", .version = "10", .release = "1", .arch = "x86_64", .nevra = "a-10" },
		{ .name = "a", .version = "9", .release = "1", .arch = "x86_64", .nevra = "a-9" },
		{ .name = "a", .version = "9", .release = "1", .arch = "i686", .nevra = "a-9-i" },
		{ .name = "a",
		  .version = "1",
		  .release = "1",
		  .arch = "i686",
		  .epoch = "2",
		  .nevra = "a-2:1" },
	};
	static const size_t order[] = { 3, 2, 1, 4, 0 };
	IB_AUTO(ib_package_set) set = ib_package_set_new();
	size_t i = 0;

	for (i = 0; i < IB_COUNT(packages); i++)
		ib_package_set_add(set, &packages[i]);
	ck_assert_ptr_eq(ib_package_set_find(set, "b"), &packages[0]);
	ib_package_set_sort(set);
	for (i = 0; i < IB_COUNT(packages); i++)
		ck_assert_ptr_eq(ib_package_set_get(set, i), &packages[order[i]]);
	ck_assert_ptr_eq(ib_package_set_find(set, "a"), &packages[3]);
	ck_assert_ptr_eq(ib_package_set_find(set, "b"), &packages[0]);
	ck_assert_ptr_null(ib_package_set_find(set, "aa"));
	ck_assert_ptr_null(ib_package_set_find(set, "c"));
}
END_TEST

START_TEST(a_scriptlet_is_named_by_all_that_decides_when_it_runs)
{
	const struct ib_dependency on = { .name = "glibc", .evr = "2.0", .flags = 65540 };
	struct ib_scriptlet plain = { .kind = IB_SCRIPTLET_POST,
				      .interpreter = "/bin/sh",
				      .text = "ldconfig" };
	struct ib_scriptlet other = plain;

	ib_scriptlet_digest(&plain);
	/* printf 'post\n/bin/sh\nldconfig\n' | sha256sum */
	ck_assert_str_eq(plain.digest,
			 "b5e964a5ed14fcbf61c32e70e52eb18f133d72ec1e22fef4fb2b282016b424cf");
	other.kind = IB_SCRIPTLET_TRIGGER;
	other.on.items = &on;
	other.on.count = 1;
	ib_scriptlet_digest(&other);
	ck_assert_str_ne(plain.digest, other.digest);
}
END_TEST

START_TEST(digests_have_the_size_of_their_kind)
{
	ck_assert_uint_eq(ib_digest_size(IB_DIGEST_NONE), 0);
	ck_assert_uint_eq(ib_digest_size(IB_DIGEST_MD5), 16);
	ck_assert_uint_eq(ib_digest_size(IB_DIGEST_SHA1), 20);
	ck_assert_uint_eq(ib_digest_size(IB_DIGEST_SHA256), 32);
	ck_assert_uint_eq(ib_digest_size(IB_DIGEST_SHA512), 64);
	ck_assert_uint_eq(ib_digest_size((enum ib_digest_kind)77), 0);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("package");
	TCase *versions = tcase_create("versions");
	TCase *sets = tcase_create("sets");

	tcase_add_loop_test(versions, versions_order_as_rpm_orders_them, 0, 15);
	tcase_add_test(versions, the_great_table_of_versions_agrees);
	tcase_add_test(versions, an_epoch_decides_first_and_a_missing_release_matches_all);
	suite_add_tcase(suite, versions);
	tcase_add_test(sets, a_set_is_sorted_by_name_version_architecture);
	tcase_add_test(sets, a_scriptlet_is_named_by_all_that_decides_when_it_runs);
	tcase_add_test(sets, digests_have_the_size_of_their_kind);
	suite_add_tcase(suite, sets);
	return suite;
}
