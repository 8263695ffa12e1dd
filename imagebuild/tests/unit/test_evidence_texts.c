/* SPDX-License-Identifier: Apache-2.0 */
/* What evidence is made of: licence expressions, package URLs, SHA256SUMS. */
#include <stdio.h>
#include <string.h>

#include "evidence/evidence.h"
#include "test.h"
#include "json/json.h"

/* ---- licences ------------------------------------------------------------ */

static const struct {
	const char *text;
	bool valid;
} expressions[] = {
	{ "MIT", true },
	{ "GPL-2.0-only", true },
	{ "GPL-2.0-or-later WITH GCC-exception-3.1", true },
	{ "(MIT OR Apache-2.0) AND BSD-3-Clause", true },
	{ "GPL-2.0+", true },
	{ "Apache-2.0+", true },
	{ "LicenseRef-x.1-y", true },
	{ "GPLv2+", false },
	{ "MIT and BSD", false },
	{ "MIT AND", false },
	{ "(MIT", false },
	{ "MIT)", false },
	{ "MIT WITH MIT", false },
	{ "MIT Apache-2.0", false },
	{ "LicenseRef-", false },
	{ "", false },
	{ "( )", false },
};

START_TEST(licence_expressions_are_recognized)
{
	ck_assert_msg(ib_licence_is_expression(expressions[_i].text) == expressions[_i].valid, "%s",
		      expressions[_i].text);
}
END_TEST

/* ---- purl: the type's own examples ----------------------------------------*/

START_TEST(package_urls_are_built_as_their_own_test_suite_wants)
{
	const char *path =
		test_shared_data("schemas/package-url_purl-spec/tests/types/rpm-test.json");
	IB_AUTO(ib_json) suite = NULL;
	struct ib_error err = IB_ERROR_INIT;
	size_t built = 0;
	size_t i = 0;

	if (!path) {
		puts("passed over: no purl test suite here");
		return;
	}
	ck_ok(ib_json_read(path, 1 << 20, &suite, &err));
	for (i = 0; i < ib_json_count(ib_json_get(suite, "tests")); i++) {
		const struct ib_json *test = ib_json_at(ib_json_get(suite, "tests"), i);
		const struct ib_json *input = ib_json_get(test, "input");
		const struct ib_json *qualifiers = ib_json_get(input, "qualifiers");
		const char *version = ib_json_get_string(input, "version");
		const char *distro = ib_json_get_string(qualifiers, "distro");
		ib_autofree char *number = NULL;
		struct ib_package package = { .name = ib_json_get_string(input, "name") };
		IB_AUTO_BUFFER(out, 4096);

		if (!ib_str_equal(ib_json_get_string(test, "test_type"), "build") ||
		    !package.name || !distro || !strchr(version, '-'))
			continue;
		number = ib_strndup(version, strcspn(version, "-"));
		package.version = number;
		package.release = strchr(version, '-') + 1;
		package.arch = ib_json_get_string(qualifiers, "arch");
		package.epoch = ib_json_get_string(qualifiers, "epoch");
		ib_purl_write(&out, &package, ib_json_get_string(input, "namespace"),
			      strchr(distro, '-') + 1);
		ck_assert_str_eq(ib_buffer_text(&out), ib_json_get_string(test, "expected_output"));
		built++;
	}
	ck_assert_uint_gt(built, 0);
}
END_TEST

/* ---- SHA256SUMS ---------------------------------------------------------- */

#define D64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static const struct ib_evidence_file files[] = {
	{ "node_1.0_x86_64.initrd", 20,
	  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ "node_1.0_x86_64.root.erofs", 10, D64 },
};

START_TEST(sums_are_sorted_and_read_back)
{
	const struct ib_evidence_file unsorted[] = { files[1], files[0] };
	IB_AUTO_BUFFER(text, 4096);
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_sum *sums = NULL;
	size_t count = 0;

	ib_sums_write(&text, unsorted, 2);
	ck_ok(ib_sums_parse(ib_buffer_text(&text), "SHA256SUMS", arena, &sums, &count, &err));
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(sums[0].name, files[0].name);
	ck_assert_str_eq(sums[1].sha256, files[1].sha256);
}
END_TEST

static const struct {
	const char *text;
	const char *words;
} bad_sums[] = {
	{ D64 " a\n", "SUMS:1: not a SHA-256" },
	{ D64 "  a", "SUMS:1: not a SHA-256" },
	{ D64 "  \n", "SUMS:1: not a SHA-256" },
	{ D64 "  ../a\n", "SUMS:1: not a SHA-256" },
	{ D64 "  ..\n", "SUMS:1: not a SHA-256" },
	{ "C" D64 "  a\n", "SUMS:1: not a SHA-256" },
	{ D64 "  b\n" D64 "  a\n", "SUMS:2: 'a' is out of order" },
	{ D64 "  a\n" D64 "  a\n", "SUMS:2: 'a' is out of order" },
};

START_TEST(sums_of_another_spelling_are_refused)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_sum *sums = NULL;
	size_t count = 0;

	ck_fails(ib_sums_parse(bad_sums[_i].text, "SUMS", arena, &sums, &count, &err), IB_INPUT,
		 bad_sums[_i].words);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("evidence_texts");
	TCase *tcase = tcase_create("evidence_texts");

	tcase_add_loop_test(tcase, licence_expressions_are_recognized, 0,
			    (int)IB_COUNT(expressions));
	tcase_add_test(tcase, package_urls_are_built_as_their_own_test_suite_wants);
	tcase_add_test(tcase, sums_are_sorted_and_read_back);
	tcase_add_loop_test(tcase, sums_of_another_spelling_are_refused, 0,
			    (int)IB_COUNT(bad_sums));
	suite_add_tcase(suite, tcase);
	return suite;
}
