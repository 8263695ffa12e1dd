/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "build/remote_answer.h"
#include "test.h"

static const char question[] = "blocks 1\npackage 00\nfiles 11\nform f\nfacts 22\n";
static const struct ib_remote_question unbelieving = { .key = question };

static struct ib_remote_answer some_answer(void)
{
	struct ib_remote_answer answer = { .blocks = { .size = 4096 }, .facts = { .size = 17 } };

	memset(answer.blocks.sha256, 'a', 64);
	memset(answer.facts.sha256, 'b', 64);
	return answer;
}

static struct ib_private_key *new_key(void)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_private_key *key = NULL;

	ck_ok(ib_private_key_generate(IB_KEY_ED25519, 0, &key, &err));
	return key;
}

/* As protobuf's own description of the encoding has it, written out by hand. */
START_TEST(an_answer_is_an_action_result)
{
	static const uint8_t file[] = { 0x12, 0x4f, 0x0a, 6,    'b',  'l',  'o',
					'c',  'k',  's',  0x12, 0x45, 0x0a, 64 };
	static const uint8_t size[] = { 0x10, 0x80, 0x20, 0x12, 0x4d, 0x0a, 5,    'f',
					'a',  'c',  't',  's',  0x12, 0x44, 0x0a, 64 };
	const struct ib_remote_answer answer = some_answer();
	IB_AUTO_BUFFER(bytes, IB_REMOTE_MAX_ANSWER);
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_remote_answer_write(&answer, question, NULL, &bytes, &err));
	ck_assert_mem_eq(bytes.data, file, sizeof(file));
	ck_assert_mem_eq(bytes.data + sizeof(file), answer.blocks.sha256, 64);
	ck_assert_mem_eq(bytes.data + sizeof(file) + 64, size, sizeof(size));
	ck_assert_mem_eq(bytes.data + sizeof(file) + 64 + sizeof(size) + 64, "\x10\x11\x2a", 3);
}
END_TEST

START_TEST(an_answer_is_read_as_it_was_written)
{
	const struct ib_remote_answer answer = some_answer();
	IB_AUTO_BUFFER(bytes, IB_REMOTE_MAX_ANSWER);
	struct ib_remote_answer read;
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_remote_answer_write(&answer, question, NULL, &bytes, &err));
	/* what a server adds to the result is stepped over: fields 4 and 9, and fixed numbers */
	ib_buffer_puts(&bytes, "\x20\x01\x4a\x02hi\x7d"
			       "1234\x79"
			       "12345678");
	ck_ok(ib_remote_answer_read(bytes.data, bytes.size, &unbelieving, &read, &err));
	ck_assert_str_eq(read.blocks.sha256, answer.blocks.sha256);
	ck_assert_str_eq(read.facts.sha256, answer.facts.sha256);
	ck_assert_uint_eq(read.blocks.size, 4096);
	ck_assert_uint_eq(read.facts.size, 17);
	ck_assert(!read.is_signed);
}
END_TEST

START_TEST(only_a_believed_key_signs)
{
	const struct ib_remote_answer answer = some_answer();
	IB_AUTO(ib_private_key) key = new_key();
	IB_AUTO(ib_private_key) other_key = new_key();
	IB_AUTO(ib_public_key) mine = ib_private_key_public(key);
	IB_AUTO(ib_public_key) other = ib_private_key_public(other_key);
	const struct ib_public_key *const keys[] = { other, mine };
	const struct ib_remote_question both = { question, keys, 2 };
	const struct ib_remote_question not_mine = { question, keys, 1 };
	const struct ib_remote_question another = { "blocks 1\n", keys, 2 };
	IB_AUTO_BUFFER(bytes, IB_REMOTE_MAX_ANSWER);
	struct ib_remote_answer read;
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_remote_answer_write(&answer, question, key, &bytes, &err));
	ck_ok(ib_remote_answer_read(bytes.data, bytes.size, &both, &read, &err));
	ck_assert(read.is_signed);
	ck_ok(ib_remote_answer_read(bytes.data, bytes.size, &not_mine, &read, &err));
	ck_assert(!read.is_signed);
	ck_ok(ib_remote_answer_read(bytes.data, bytes.size, &unbelieving, &read, &err));
	ck_assert(!read.is_signed);
	ck_fails(ib_remote_answer_read(bytes.data, bytes.size, &another, &read, &err), IB_TRUST,
		 "the answer is one to another question");
}
END_TEST

START_TEST(a_part_of_an_answer_is_none)
{
	const struct ib_remote_answer answer = some_answer();
	IB_AUTO_BUFFER(bytes, IB_REMOTE_MAX_ANSWER);
	struct ib_remote_answer read;
	struct ib_error err = IB_ERROR_INIT;
	size_t size = 0;

	ck_ok(ib_remote_answer_write(&answer, question, NULL, &bytes, &err));
	for (size = 0; size < bytes.size; size++) {
		ib_autofree uint8_t *part = ib_memdup(bytes.data, size);

		ck_assert_int_lt(ib_remote_answer_read(part, size, &unbelieving, &read, &err), 0);
		ib_error_clear(&err);
	}
}
END_TEST

/* Texts that stand where the statement belongs. */
static const char *const refused[] = {
	"",
	"[]",
	"{\"key\":1}",
	"{\"key\":\"q\"}",
	"{\"key\":\"q\",\"blocks\":{\"sha256\":\"aa\",\"size\":1}}",
	"{\"key\":\"q\",\"blocks\":{\"sha256\":\"" /* 64 digits, and a size that is none */
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"size\":-1}}",
	"{\"payloadType\":\"x\"}",
	"{\"payloadType\":\"x\",\"payload\":\"e30=\",\"signatures\":[{\"sig\":\"AA==\"}]}",
};

START_TEST(what_is_no_statement_is_refused)
{
	const struct ib_remote_question q = { .key = "q" };
	const char *text = refused[_i];
	IB_AUTO_BUFFER(bytes, 1024);
	struct ib_remote_answer read;
	struct ib_error err = IB_ERROR_INIT;

	ib_buffer_put_u8(&bytes, 0x2a);
	if (strlen(text) >= 0x80)
		ib_buffer_put_u8(&bytes, (uint8_t)(strlen(text) | 0x80));
	ib_buffer_put_u8(&bytes,
			 (uint8_t)(strlen(text) >= 0x80 ? strlen(text) >> 7 : strlen(text)));
	ib_buffer_puts(&bytes, text);
	ck_assert_int_lt(ib_remote_answer_read(bytes.data, bytes.size, &q, &read, &err), 0);
	ib_error_clear(&err);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("remote_answer");
	TCase *tcase = tcase_create("answers");

	tcase_add_test(tcase, an_answer_is_an_action_result);
	tcase_add_test(tcase, an_answer_is_read_as_it_was_written);
	tcase_add_test(tcase, only_a_believed_key_signs);
	tcase_add_test(tcase, a_part_of_an_answer_is_none);
	tcase_add_loop_test(tcase, what_is_no_statement_is_refused, 0, IB_COUNT(refused));
	suite_add_tcase(suite, tcase);
	return suite;
}
