/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"
#include "test.h"

START_TEST(an_errno_becomes_words_and_a_kind)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(b, 10);

	ck_fails(ib_file_read("/nonexistent/x", &b, &err), IB_MISSING,
		 "could not open '/nonexistent/x': No such file or directory");
}
END_TEST

START_TEST(a_full_disk_comes_with_what_to_do)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_assert_int_eq(ib_fail_errno(&err, ENOSPC, "could not write '%s'", "x"), -IB_FAILED);
	ck_assert_str_eq(err.hint, "Make room there, or name a place that has some.");
	ib_error_clear(&err);
	ck_assert_int_eq(ib_fail_errno(&err, EIO, "could not write '%s'", "x"), -IB_FAILED);
	ck_assert_ptr_null(err.hint);
	ib_error_clear(&err);
}
END_TEST

START_TEST(a_file_larger_than_the_limit_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = NULL;
	IB_AUTO_BUFFER(small, 3);
	IB_AUTO_BUFFER(exact, 4);

	test_file("x", "1234", &path);
	ck_fails(ib_file_read(path, &small, &err), IB_LIMIT, "larger than 3 bytes");
	ck_ok(ib_file_read(path, &exact, &err));
	ck_assert_str_eq(path + strlen(path) - 2, "/x");
	ck_assert_uint_eq(exact.size, 4);
}
END_TEST

START_TEST(an_output_that_is_not_committed_leaves_the_old_file)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = NULL;
	ib_autofree char *text = NULL;

	test_file("x", "old", &path);
	{
		IB_AUTO(ib_output) output = NULL;

		ck_ok(ib_output_open(path, &output, &err));
		ck_ok(ib_fd_write(ib_output_fd(output), "new", 3, UINT64_MAX, path, &err));
	}
	ck_ok(ib_file_read_text(path, 100, &text, &err));
	ck_assert_str_eq(text, "old");
}
END_TEST

START_TEST(lists_are_sorted_and_unique_and_can_grow_again)
{
	IB_AUTO_STRINGS(list);
	ib_autofree char *joined = NULL;
	int i = 0;

	for (i = 0; i < 40; i++)
		ib_strings_addf(&list, "%d", (i * 7) % 10);
	ib_strings_sort_unique(&list);
	for (i = 0; i < 5; i++)
		ib_strings_add(&list, "z");
	joined = ib_strings_join(&list, " ");
	ck_assert_str_eq(joined, "0 1 2 3 4 5 6 7 8 9 z z z z z");
}
END_TEST

START_TEST(the_nearest_word_is_near)
{
	const char *words[] = { "packages", "repositories", "overlays" };

	ck_assert_str_eq(ib_str_nearest("pakages", words, IB_COUNT(words)), "packages");
	ck_assert_ptr_null(ib_str_nearest("frobnicate", words, IB_COUNT(words)));
}
END_TEST

START_TEST(paths_are_normalized_and_judged)
{
	ib_autofree char *normal = ib_path_normalize("a//b/./../c/../../../d/");
	ib_autofree char *url = ib_path_to_url("a b/c+~d.rpm");

	ck_assert_str_eq(normal, "/d");
	ck_assert_str_eq(url, "a%20b/c%2B~d.rpm");
	ck_assert(ib_path_is_inside("a/b"));
	ck_assert(!ib_path_is_inside("a/../b"));
	ck_assert(!ib_path_is_inside("/a"));
	ck_assert(!ib_path_is_inside("a//b"));
	ck_assert(!ib_path_is_inside("a/"));
}
END_TEST

START_TEST(base64_and_hex_come_back)
{
	const char *texts[] = { "", "f", "fo", "foo", "foob" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(texts); i++) {
		ib_autofree char *text = ib_base64(texts[i], strlen(texts[i]));
		ib_autofree uint8_t *data = NULL;
		size_t size = 0;

		ck_assert(ib_base64_read(text, &data, &size));
		ck_assert_uint_eq(size, strlen(texts[i]));
		ck_assert_mem_eq(data, texts[i], size);
	}
	{
		ib_autofree uint8_t *data = NULL;
		size_t size = 0;

		ck_assert(!ib_base64_read("Zg=", &data, &size));
		ck_assert(!ib_base64_read("Zh==", &data, &size));
		ck_assert(!ib_base64_read("Z===", &data, &size));
		ck_assert(!ib_base64_read("Zg==Zg==", &data, &size));
	}
}
END_TEST

static void count_up(void *argument)
{
	__atomic_fetch_add((int *)argument, 1, __ATOMIC_SEQ_CST);
}

START_TEST(every_job_runs_once)
{
	IB_AUTO(ib_threads) threads = ib_threads_new(3, 4);
	int count = 0;
	int i = 0;

	for (i = 0; i < 100; i++)
		ib_threads_add(threads, count_up, &count);
	ib_threads_wait(threads);
	ck_assert_int_eq(count, 100);
}
END_TEST

START_TEST(texts_and_objects_of_an_arena_do_not_touch_each_other)
{
	enum { COUNT = 5000, LONGEST = 20000 };
	IB_AUTO(ib_arena) arena = ib_arena_new();
	ib_autofree char *filler = ib_alloc(LONGEST + 1);
	static uint64_t *objects[COUNT];
	static const char *texts[COUNT];
	size_t i = 0;

	memset(filler, 'x', LONGEST);
	for (i = 0; i < COUNT; i++) {
		size_t length = i % 97 ? i % 23 : LONGEST - i;

		texts[i] = ib_arena_strndup(arena, filler, length);
		objects[i] = ib_arena_alloc(arena, (1 + i % 3) * sizeof(uint64_t));
		ck_assert_uint_eq((uintptr_t)objects[i] % sizeof(uint64_t), 0);
		ck_assert_uint_eq(objects[i][i % 3], 0);
		memset(objects[i], 0xff, (1 + i % 3) * sizeof(uint64_t));
	}
	for (i = 0; i < COUNT; i++) {
		ck_assert_uint_eq(strlen(texts[i]), i % 97 ? i % 23 : LONGEST - i);
		ck_assert_uint_eq(objects[i][i % 3], UINT64_MAX);
	}
	ck_assert_ptr_null(ib_arena_strdup(arena, NULL));
	ck_assert_str_eq(ib_arena_strdup(arena, ""), "");
}
END_TEST

START_TEST(what_another_arena_handed_out_lives_on_in_the_one_that_adopts_it)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct ib_arena *other = ib_arena_new();
	const char *own = ib_arena_strdup(arena, "own");
	const char *small = ib_arena_strdup(other, "small");
	uint8_t *large = ib_arena_alloc(other, 1 << 20);
	const char *after = NULL;

	memset(large, 0xff, 1 << 20);
	ib_arena_adopt(arena, other);
	ib_arena_adopt(arena, ib_arena_new());
	after = ib_arena_strdup(arena, "after");
	ck_assert_str_eq(own, "own");
	ck_assert_str_eq(small, "small");
	ck_assert_str_eq(after, "after");
	ck_assert_uint_eq(large[(1 << 20) - 1], 0xff);
}
END_TEST

START_TEST(a_map_finds_what_was_set)
{
	IB_AUTO(ib_map) map = ib_map_new();
	int values[300];
	size_t i = 0;

	for (i = 0; i < IB_COUNT(values); i++) {
		ib_autofree char *key = ib_strf("key%zu", i);

		ck_assert_ptr_null(ib_map_set(map, key, &values[i]));
	}
	ck_assert_ptr_eq(ib_map_get(map, "key217"), &values[217]);
	ck_assert_ptr_eq(ib_map_set(map, "key217", &values[0]), &values[217]);
	ck_assert_ptr_null(ib_map_get(map, "key300"));
	ck_assert_uint_eq(ib_map_count(map), 300);
}
END_TEST

START_TEST(a_folder_is_removed_with_all_in_it_but_not_through_links)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *keep = NULL;
	ib_autofree char *deep = ib_path_join(test_dir, "a/b/c");
	ib_autofree char *top = ib_path_join(test_dir, "a");
	ib_autofree char *link = ib_path_join(test_dir, "a/b/link");

	test_file("keep", "x", &keep);
	ck_ok(ib_file_make_directory(deep, 0755, &err));
	ck_assert_int_eq(symlink(test_dir, link), 0);
	ck_ok(ib_file_remove_tree(top, &err));
	ck_assert(!ib_file_exists(top));
	ck_assert(ib_file_exists(keep));
}
END_TEST

START_TEST(a_range_is_copied_or_the_source_named)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *from = NULL;
	ib_autofree char *to = NULL;
	IB_AUTO_BUFFER(b, 64);
	struct ib_range a = { -1, 2, "a" };
	struct ib_range z = { -1, 1, "z" };

	test_file("from", "0123456789", &from);
	test_file("to", "abcdefghij", &to);
	a.fd = open(from, O_RDONLY | O_CLOEXEC);
	z.fd = open(to, O_RDWR | O_CLOEXEC);
	ck_ok(ib_fd_copy(&a, &z, 5, &err));
	ck_ok(ib_file_read(to, &b, &err));
	ck_assert_str_eq(ib_buffer_text(&b), "a23456ghij");
	ck_fails(ib_fd_copy(&a, &z, 9, &err), IB_INPUT, "'a' ends too early, at byte 10");
	close(a.fd);
	close(z.fd);
}
END_TEST

/* Blocks of the ring that are out, each filled with its number. */
struct out {
	uint8_t *bytes;
	size_t size;
	uint8_t number;
};

static void check_and_give(struct ib_ring *ring, const struct out *out)
{
	size_t i = 0;

	while (i < out->size && out->bytes[i] == out->number)
		i++;
	ck_assert_uint_eq(i, out->size);
	ib_ring_give_oldest(ring);
}

START_TEST(blocks_of_a_ring_keep_their_bytes_until_they_are_given_back)
{
	enum { RING = 10000, LARGEST = 4000, ROUNDS = 20000 };
	IB_AUTO(ib_ring) ring = ib_ring_new(RING, LARGEST);
	struct out out[256] = { { .bytes = NULL } };
	size_t first = 0;
	size_t next = 0;
	size_t most = 0;
	uint32_t random = 1;

	for (next = 0; next < ROUNDS; next++) {
		struct out *block = &out[next % IB_COUNT(out)];

		random = random * 1664525 + 1013904223;
		block->size = (random >> 8) % (next % 3 ? 100 : LARGEST + 1);
		block->number = (uint8_t)next;
		while (!(block->bytes = ib_ring_take(ring, block->size))) {
			ck_assert_uint_lt(first, next); /* an empty ring has room */
			check_and_give(ring, &out[first++ % IB_COUNT(out)]);
		}
		memset(block->bytes, block->number, block->size);
		most = IB_MAX(most, next + 1 - first);
		ck_assert_uint_lt(most, IB_COUNT(out));
	}
	ck_assert_uint_gt(most, 5);
	while (first < next)
		check_and_give(ring, &out[first++ % IB_COUNT(out)]);
	ck_assert_ptr_nonnull(ib_ring_take(ring, LARGEST));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("base");
	TCase *base = tcase_create("base");

	tcase_add_checked_fixture(base, test_dir_make, test_dir_remove);
	tcase_add_test(base, an_errno_becomes_words_and_a_kind);
	tcase_add_test(base, a_full_disk_comes_with_what_to_do);
	tcase_add_test(base, a_file_larger_than_the_limit_is_refused);
	tcase_add_test(base, an_output_that_is_not_committed_leaves_the_old_file);
	tcase_add_test(base, lists_are_sorted_and_unique_and_can_grow_again);
	tcase_add_test(base, the_nearest_word_is_near);
	tcase_add_test(base, paths_are_normalized_and_judged);
	tcase_add_test(base, base64_and_hex_come_back);
	tcase_add_test(base, every_job_runs_once);
	tcase_add_test(base, texts_and_objects_of_an_arena_do_not_touch_each_other);
	tcase_add_test(base, what_another_arena_handed_out_lives_on_in_the_one_that_adopts_it);
	tcase_add_test(base, a_map_finds_what_was_set);
	tcase_add_test(base, a_folder_is_removed_with_all_in_it_but_not_through_links);
	tcase_add_test(base, a_range_is_copied_or_the_source_named);
	tcase_add_test(base, blocks_of_a_ring_keep_their_bytes_until_they_are_given_back);
	suite_add_tcase(suite, base);
	return suite;
}
