/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/base.h"
#include "test.h"
#include "yaml/yaml.h"

START_TEST(a_document_becomes_nodes_with_places)
{
	static const char text[] = "a: 1.10\nb: [no, \"x: y\"]\nc:\n  d: {e: f}\n";
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_yaml) yaml = NULL;
	const struct ib_yaml_node *b = NULL;
	const struct ib_yaml_node *d = NULL;

	ck_ok(ib_yaml_parse(text, strlen(text), "t.yaml", &yaml, &err));
	ck_assert_int_eq(yaml->root->kind, IB_YAML_MAPPING);
	ck_assert_str_eq(ib_yaml_get(yaml->root, "a")->text, "1.10");
	b = ib_yaml_get(yaml->root, "b");
	ck_assert_uint_eq(b->count, 2);
	ck_assert_str_eq(b->values[0]->text, "no");
	ck_assert(!b->values[0]->quoted);
	ck_assert(b->values[1]->quoted);
	ck_assert_uint_eq(b->values[1]->line, 2);
	ck_assert_uint_eq(b->values[1]->column, 9);
	d = ib_yaml_get(ib_yaml_get(yaml->root, "c"), "d");
	ck_assert_str_eq(ib_yaml_get(d, "e")->text, "f");
	ck_assert_ptr_null(ib_yaml_get(yaml->root, "z"));
}
END_TEST

static const struct refusal {
	const char *text;
	size_t size; /* 0: up to the NUL */
	enum ib_kind kind;
	const char *error;
} refusals[] = {
	{ "a: &x 1\n", 0, IB_INPUT, "t.yaml:1:4: anchors are not allowed here" },
	{ "a: &x [1]\n", 0, IB_INPUT, "t.yaml:1:4: anchors are not allowed here" },
	{ "a: *x\n", 0, IB_INPUT, "t.yaml:1:4: aliases are not allowed here" },
	{ "a: !!int 1\n", 0, IB_INPUT, "t.yaml:1:4: tags are not allowed here" },
	{ "a: !x {}\n", 0, IB_INPUT, "t.yaml:1:4: tags are not allowed here" },
	{ "<<: {a: b}\n", 0, IB_INPUT, "t.yaml:1:1: merge keys are not allowed here" },
	{ "a: 1\nb: 2\na: 3\n", 0, IB_INPUT,
	  "t.yaml:3:1: key 'a' stands here a second time (first at line 1)" },
	{ "a: 1\n\"a\": 3\n", 0, IB_INPUT,
	  "t.yaml:2:1: key 'a' stands here a second time (first at line 1)" },
	{ "? [a]\n: 1\n", 0, IB_INPUT, "t.yaml:1:3: a key must be a word, not a list" },
	{ "a: 1\n---\nb: 2\n", 0, IB_INPUT, "t.yaml:2:1: a second document is not allowed here" },
	{ "%YAML 1.1\n---\na: 1\n", 0, IB_INPUT, "t.yaml:1:1: directives are not allowed here" },
	{ "", 0, IB_INPUT, "t.yaml:1:1: nothing is written here" },
	{ "\xef\xbb\xbf"
	  "a: 1\n",
	  0, IB_INPUT, "t.yaml:1:1: a byte order mark is not allowed" },
	{ "# only words\n", 0, IB_INPUT, "t.yaml:1:1: nothing is written here" },
	{ "a: 1\nb: \xff\n", 0, IB_INPUT, "t.yaml:2:4: not UTF-8" },
	{ "a: 1\nb: \0\n", 10, IB_INPUT, "t.yaml:2:4: a NUL is not allowed in text" },
	{ "a: \"x\\0y\"\n", 0, IB_INPUT, "t.yaml:1:4: a NUL is not allowed in text" },
	{ "a: \x01\n", 0, IB_INPUT, "t.yaml:1:4: control characters are not allowed" },
	{ "a: [1\n", 0, IB_INPUT, "t.yaml:2:1: did not find expected ',' or ']'" },
	{ "a:\n\t- b\n", 0, IB_INPUT, "t.yaml:2:1: found character that cannot start any token" },
	{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", 0, IB_LIMIT,
	  "t.yaml:1:17: nested deeper than 16 levels" },
};

START_TEST(what_is_not_ours_is_refused_with_its_place)
{
	const struct refusal *refusal = &refusals[_i];
	size_t size = refusal->size ? refusal->size : strlen(refusal->text);
	struct ib_error err = IB_ERROR_INIT;
	struct ib_yaml *yaml = NULL;

	ck_fails(ib_yaml_parse(refusal->text, size, "t.yaml", &yaml, &err), refusal->kind,
		 refusal->error);
	ck_assert_ptr_null(yaml);
}
END_TEST

START_TEST(a_file_that_is_too_large_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_yaml *yaml = NULL;
	ib_autofree char *path = NULL;

	test_file("large.yaml", "a: 0123456789\n", &path);
	ck_fails(ib_yaml_read(path, 8, &yaml, &err), IB_LIMIT, "larger than 8 bytes");
	ck_assert_int_eq(ib_yaml_read(path, 14, &yaml, &err), 0);
	ib_yaml_free(yaml);
}
END_TEST

static const struct spelling {
	const char *text;
	const char *spelled;
} spellings[] = {
	{ "bash", "bash" },
	{ "bash >= 5.2", "bash >= 5.2" },
	{ "libc.so.6(GLIBC_2.34)(64bit)", "libc.so.6(GLIBC_2.34)(64bit)" },
	{ "/usr/bin/sh", "/usr/bin/sh" },
	{ "perl:5.36", "perl:5.36" },
	{ "bash-2:5.2-1.x86_64", "bash-2:5.2-1.x86_64" },
	{ "", "\"\"" },
	{ "no", "\"no\"" },
	{ "Null", "\"Null\"" },
	{ "1.10", "\"1.10\"" },
	{ "0x1f", "\"0x1f\"" },
	{ "1e3", "\"1e3\"" },
	{ ".inf", "\".inf\"" },
	{ "2026-11-24T03:41:31Z", "\"2026-11-24T03:41:31Z\"" },
	{ "packages: bash", "\"packages: bash\"" },
	{ "a: ", "\"a: \"" },
	{ "a #b", "\"a #b\"" },
	{ "a,b", "\"a,b\"" },
	{ "a]", "\"a]\"" },
	{ "- a", "\"- a\"" },
	{ " a", "\" a\"" },
	{ "a ", "\"a \"" },
	{ "a  b", "\"a  b\"" },
	{ "say \"hi\" \\ bye", "\"say \\\"hi\\\" \\\\ bye\"" },
	{ "two\nlines\tand\x01", "\"two\\nlines\\tand\\x01\"" },
	{ "größer", "\"größer\"" },
	{ "\xc2\x85\xe2\x80\xa8\xef\xbb\xbf", "\"\\u0085\\u2028\\uFEFF\"" },
	{ "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
};

START_TEST(a_scalar_reads_back_as_it_was_written)
{
	const struct spelling *spelling = &spellings[_i];
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_yaml) yaml = NULL;
	IB_AUTO_BUFFER(b, 4096);
	ib_autofree char *text = NULL;

	ib_yaml_put_scalar(&b, spelling->text);
	ck_assert_str_eq(ib_buffer_text(&b), spelling->spelled);
	text = ib_strf("- %s\n- {a: %s, b: [%s, %s]}\n", ib_buffer_text(&b), ib_buffer_text(&b),
		       ib_buffer_text(&b), ib_buffer_text(&b));
	ck_ok(ib_yaml_parse(text, strlen(text), "t.yaml", &yaml, &err));
	ck_assert_str_eq(yaml->root->values[0]->text, spelling->text);
	ck_assert_str_eq(ib_yaml_get(yaml->root->values[1], "a")->text, spelling->text);
	ck_assert_str_eq(ib_yaml_get(yaml->root->values[1], "b")->values[1]->text, spelling->text);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("yaml");
	TCase *tcase = tcase_create("yaml");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, a_document_becomes_nodes_with_places);
	tcase_add_loop_test(tcase, what_is_not_ours_is_refused_with_its_place, 0,
			    IB_COUNT(refusals));
	tcase_add_test(tcase, a_file_that_is_too_large_is_refused);
	tcase_add_loop_test(tcase, a_scalar_reads_back_as_it_was_written, 0, IB_COUNT(spellings));
	suite_add_tcase(suite, tcase);
	return suite;
}
