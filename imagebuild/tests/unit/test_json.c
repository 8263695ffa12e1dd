/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "test.h"
#include "json/json.h"

START_TEST(a_document_is_asked_by_path)
{
	static const char text[] =
		"{\"a\": [1, {\"b\": \"x\"}], \"t\": true, \"n\": \"nul\\u0000\"}";
	IB_AUTO(ib_json) value = NULL;
	struct ib_error err = IB_ERROR_INIT;
	int64_t number = 0;

	ck_ok(ib_json_parse(text, strlen(text), "doc", &value, &err));
	ck_assert_int_eq(ib_json_kind(value), IB_JSON_OBJECT);
	ck_assert_uint_eq(ib_json_count(ib_json_get(value, "a")), 2);
	ck_assert(ib_json_integer(ib_json_at(ib_json_get(value, "a"), 0), &number));
	ck_assert_int_eq(number, 1);
	ck_assert_str_eq(ib_json_get_string(ib_json_at(ib_json_get(value, "a"), 1), "b"), "x");
	ck_assert(ib_json_is_true(ib_json_get(value, "t")));
	ck_assert_ptr_null(ib_json_get_string(value, "n"));
	ck_assert_ptr_null(ib_json_get(ib_json_get(ib_json_get(value, "x"), "y"), "z"));
	ck_assert_uint_eq(ib_json_count(NULL), 0);
}
END_TEST

static const struct {
	const char *text;
	const char *words;
} refused[] = {
	{ "", "doc:1:0: not JSON" },         { "{\"a\": 1, \"a\": 2}", "duplicate object key" },
	{ "{} {}", "end of file expected" }, { "[\"\xff\"]", "unable to decode byte 0xff" },
	{ "{\"a\":\n tru}", "doc:2:" },
};

START_TEST(what_is_not_one_document_is_refused)
{
	IB_AUTO(ib_json) value = NULL;
	struct ib_error err = IB_ERROR_INIT;

	ck_fails(ib_json_parse(refused[_i].text, strlen(refused[_i].text), "doc", &value, &err),
		 IB_INPUT, refused[_i].words);
	ck_assert_ptr_null(value);
}
END_TEST

static void write_sample(struct ib_json_writer *writer)
{
	ib_json_begin_object(writer);
	ib_json_member_string(writer, "s", "a\"\\\n\x01\x7f");
	ib_json_member_string(writer, "left out", NULL);
	ib_json_member_array(writer, "list");
	ib_json_put_integer(writer, -5);
	ib_json_put_bool(writer, false);
	ib_json_begin_object(writer);
	ib_json_end_object(writer);
	ib_json_put_string(writer, NULL);
	ib_json_end_array(writer);
	ib_json_member_object(writer, "o");
	ib_json_member_stringf(writer, "f", "%d", 7);
	ib_json_end_object(writer);
	ib_json_member_array(writer, "e");
	ib_json_end_array(writer);
	ib_json_end_object(writer);
}

static const struct {
	enum ib_json_layout layout;
	const char *text;
} layouts[] = {
	{ IB_JSON_COMPACT, "{\"s\":\"a\\\"\\\\\\n\\u0001\\u007f\",\"list\":[-5,false,{},null],"
			   "\"o\":{\"f\":\"7\"},\"e\":[]}" },
	{ IB_JSON_LINES, "{\n  \"s\": \"a\\\"\\\\\\n\\u0001\\u007f\",\n  \"list\": [\n    -5,\n    "
			 "false,\n    {},\n    null\n  ],\n  \"o\": {\n    \"f\": \"7\"\n  },\n  "
			 "\"e\": []\n}\n" },
};

START_TEST(the_same_calls_give_the_same_bytes)
{
	IB_AUTO_BUFFER(text, 4096);
	IB_AUTO(ib_json_writer) writer = NULL;
	IB_AUTO(ib_json) value = NULL;
	struct ib_error err = IB_ERROR_INIT;

	writer = ib_json_writer_to_buffer(&text, layouts[_i].layout);
	write_sample(writer);
	ck_ok(ib_json_finish(writer, &err));
	ck_assert_str_eq(ib_buffer_text(&text), layouts[_i].text);
	ck_ok(ib_json_parse(text.data, text.size, "doc", &value, &err));
	ck_assert_str_eq(ib_json_get_string(value, "s"), "a\"\\\n\x01\x7f");
}
END_TEST

/* Latin-1, a cut character, a surrogate, overlong, and the escape's own code points. */
static const char *const names[] = {
	"plain",        "gr\xfc\xdf",       "gr\xc3\xbc\xc3\x9f", "cut\xe2\x82",
	"\xed\xa0\x80", "\xc0\xaf",         "\xee\xbe\x80",       "\xee\xbf\xbf\xee\xbe",
	"\xef\xbf\xbd", "\xf0\x9f\x92\xbe", "\xff\xfe",
};

START_TEST(every_name_has_its_own_spelling_and_comes_back)
{
	IB_AUTO_BUFFER(text, 4096);
	IB_AUTO(ib_json_writer) writer = ib_json_writer_to_buffer(&text, IB_JSON_COMPACT);
	IB_AUTO(ib_json) value = NULL;
	ib_autofree char *bytes = NULL;
	struct ib_error err = IB_ERROR_INIT;

	ib_json_put_string(writer, names[_i]);
	ck_ok(ib_json_finish(writer, &err));
	ck_ok(ib_json_parse(text.data, text.size, "doc", &value, &err));
	bytes = ib_json_decode_bytes(ib_json_string(value));
	ck_assert_str_eq(bytes, names[_i]);
}
END_TEST

START_TEST(a_long_document_goes_to_the_file_in_pieces)
{
	ib_autofree char *path = ib_path_join(test_dir, "long.json");
	ib_autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	IB_AUTO(ib_json_writer) writer = ib_json_writer_to_fd(fd, path, IB_JSON_LINES);
	IB_AUTO(ib_json) value = NULL;
	struct ib_error err = IB_ERROR_INIT;
	int i = 0;

	ib_json_begin_array(writer);
	for (i = 0; i < 50000; i++)
		ib_json_put_stringf(writer, "item %d", i);
	ib_json_end_array(writer);
	ck_ok(ib_json_finish(writer, &err));
	ck_ok(ib_json_read(path, 1 << 24, &value, &err));
	ck_assert_uint_eq(ib_json_count(value), 50000);
	ck_assert_str_eq(ib_json_string(ib_json_at(value, 49999)), "item 49999");
	ck_fails(ib_json_read(path, 1000, &value, &err), IB_LIMIT, "larger than 1000 bytes");
}
END_TEST

START_TEST(a_full_disk_is_told_at_the_end)
{
	ib_autoclose int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	IB_AUTO(ib_json_writer) writer = ib_json_writer_to_fd(fd, "big.json", IB_JSON_COMPACT);
	struct ib_error err = IB_ERROR_INIT;

	ib_json_put_string(writer, "x");
	ck_fails(ib_json_finish(writer, &err), IB_FAILED, "could not write 'big.json'");
}
END_TEST

START_TEST(a_value_without_its_key_ends_the_process)
{
	IB_AUTO_BUFFER(text, 4096);
	IB_AUTO(ib_json_writer) writer = ib_json_writer_to_buffer(&text, IB_JSON_COMPACT);

	ib_json_begin_object(writer);
	ib_json_put_integer(writer, 1);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("json");
	TCase *tcase = tcase_create("json");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, a_document_is_asked_by_path);
	tcase_add_loop_test(tcase, what_is_not_one_document_is_refused, 0, (int)IB_COUNT(refused));
	tcase_add_loop_test(tcase, the_same_calls_give_the_same_bytes, 0, (int)IB_COUNT(layouts));
	tcase_add_loop_test(tcase, every_name_has_its_own_spelling_and_comes_back, 0,
			    (int)IB_COUNT(names));
	tcase_add_test(tcase, a_long_document_goes_to_the_file_in_pieces);
	tcase_add_test(tcase, a_full_disk_is_told_at_the_end);
	tcase_add_test_raise_signal(tcase, a_value_without_its_key_ends_the_process, 6);
	suite_add_tcase(suite, tcase);
	return suite;
}
