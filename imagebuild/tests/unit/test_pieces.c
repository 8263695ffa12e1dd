/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "image/image.h"
#include "test.h"

/* What casync 2 (Debian's 2+20201210) makes of such files: the sha256 of its .caibx. */
static const struct {
	bool is_random;
	size_t size;
	size_t chunks;
	const char *index;
} files[] = {
	{ false, 0, 0, "16ddad079094dc0f11dfb87986aebcb24d7975f2edb4442778f5f8f34208b7ab" },
	{ true, 1, 1, "17704fba4438ff6a5bd82b0b8bd0909928901f1eef8fe74f46cb0d418c7cdbb6" },
	{ true, 16383, 1, "3ae94599116086354f520201d59aa5e5104cdd13a820224c0c1395fdac677bc1" },
	{ true, 16384, 1, "cba67ef67dd92b6bc1302b8d7f3f111f9b28ecf0ff3ac3e2adc6e212d304748e" },
	{ true, 16385, 1, "a5475bdf65235f9c1173186c293424243219626d9df230b86076da6ec84e8e4c" },
	{ true, 262144, 5, "e282352e2b4ccd32430cff171e53666f8b318cb57ca8a0abfab6f69a52384777" },
	{ true, 9 << 20, 142, "167f1cccee57a3edfb495d85f4bd9da628da0f45e3ae164f44cc5d61c08de92a" },
	{ false, 16384, 1, "571d921d94732568192d7433d24cf0f9d806f3b1aa1b3ed57a27850519681100" },
	{ false, 262144, 1, "9f244496e6b5f571cc884b420eb2e6ac1bba06445c17faefd0dbbb10f06df4ad" },
	{ false, 262145, 2, "6ad3ec900bf4ca9f74a5181ad1b6b494a7cbccb11df9a1e04fb41c7236f7d945" },
	{ false, 600000, 3, "90f45a94d878fca470a8100fbcba44d0125761f878f484a6ef2379121476cfd4" },
};

/* A file of zeros, or of what a linear congruential generator gives. */
static char *make_file(const char *name, bool is_random, size_t size)
{
	struct ib_error err = IB_ERROR_INIT;
	char *path = ib_path_join(test_dir, name);
	ib_autofree uint8_t *data = ib_alloc(size + 1);
	uint32_t x = 1;
	size_t i = 0;

	for (i = 0; is_random && i < size; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = (uint8_t)(x >> 24);
	}
	ck_ok(ib_file_write(path, data, size, 0600, &err));
	return path;
}

START_TEST(chunks_and_index_are_those_of_casync)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = make_file("file", files[_i].is_random, files[_i].size);
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	IB_AUTO(ib_pieces) chunks = NULL;
	IB_AUTO_BUFFER(index, 1 << 20);
	struct ib_region region;
	char hex[65];

	ck_ok(ib_region_of_file(fd, path, &region, &err));
	ck_ok(ib_pieces_chunks(&region, 2, &chunks, &err));
	ck_assert_uint_eq(chunks->count, files[_i].chunks);
	ib_pieces_put_index(chunks, &index);
	ib_sha256_hex(index.data, index.size, hex);
	ck_assert_str_eq(hex, files[_i].index);
}
END_TEST

START_TEST(a_region_in_a_file_has_the_chunks_of_its_own_bytes)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = make_file("file", true, 1 << 20);
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	IB_AUTO(ib_pieces) whole = NULL;
	IB_AUTO(ib_pieces) rest = NULL;
	struct ib_region region;
	size_t i = 0;

	ck_ok(ib_region_of_file(fd, path, &region, &err));
	ck_ok(ib_pieces_chunks(&region, 1, &whole, &err));
	region.offset = whole->items[0].end;
	region.size -= whole->items[0].end;
	ck_ok(ib_pieces_chunks(&region, 1, &rest, &err));
	ck_assert_uint_eq(rest->count, whole->count - 1);
	for (i = 0; i < rest->count; i++)
		ck_assert_mem_eq(rest->items[i].id, whole->items[i + 1].id,
				 sizeof(rest->items[i].id));
}
END_TEST

START_TEST(blocks_are_4_kib_and_the_last_may_be_short)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = make_file("file", false, 3 * 4096 + 1);
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	IB_AUTO(ib_pieces) blocks = NULL;
	struct ib_region region;

	ck_ok(ib_region_of_file(fd, path, &region, &err));
	ck_ok(ib_pieces_blocks(&region, 1, &blocks, &err));
	ck_assert_uint_eq(blocks->count, 4);
	ck_assert_uint_eq(ib_piece_start(blocks, 3), 12288);
	ck_assert_uint_eq(blocks->items[3].end, 12289);
	ck_assert_mem_eq(blocks->items[0].id, blocks->items[2].id, sizeof(blocks->items[0].id));
	ck_assert_mem_ne(blocks->items[0].id, blocks->items[3].id, sizeof(blocks->items[0].id));
}
END_TEST

START_TEST(a_file_that_shrinks_meanwhile_is_told)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = make_file("file", true, 100000);
	ib_autoclose int fd = open(path, O_RDWR | O_CLOEXEC);
	IB_AUTO(ib_pieces) blocks = NULL;
	struct ib_region region;

	ck_ok(ib_region_of_file(fd, path, &region, &err));
	ck_assert_int_eq(ftruncate(fd, 50000), 0);
	ck_assert_int_lt(ib_pieces_blocks(&region, 2, &blocks, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ib_error_clear(&err);
	ck_assert_ptr_null(blocks);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("pieces");
	TCase *tcase = tcase_create("pieces");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_loop_test(tcase, chunks_and_index_are_those_of_casync, 0, IB_COUNT(files));
	tcase_add_test(tcase, a_region_in_a_file_has_the_chunks_of_its_own_bytes);
	tcase_add_test(tcase, blocks_are_4_kib_and_the_last_may_be_short);
	tcase_add_test(tcase, a_file_that_shrinks_meanwhile_is_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
