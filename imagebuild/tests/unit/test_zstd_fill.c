/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that fill a room: as much as fits, the same whatever came before, and back again. */
#include <stdint.h>

#include "compress/compress.h"
#include "test.h"

#define INPUT_BYTES (1 << 20)

static const struct {
	int level;
	size_t room;
} cases[] = { { 1, 4096 }, { 3, 65536 }, { 9, 65536 }, { 19, 16384 } };

/* Numbers of few digits: compresses to about half everywhere. */
static uint8_t *make_input(void)
{
	uint8_t *in = ib_alloc(INPUT_BYTES);
	uint32_t state = 1;
	size_t i = 0;

	for (i = 0; i < INPUT_BYTES; i++) {
		state = state * 1664525U + 1013904223U;
		in[i] = (uint8_t)('0' + (state >> 24) % 10);
	}
	return in;
}

static unsigned log_of(size_t room)
{
	return room > 32768 ? 19 : 15;
}

START_TEST(rooms_are_filled_and_frames_expand_again)
{
	ib_autofree uint8_t *in = make_input();
	ib_autofree uint8_t *out = ib_alloc(cases[_i].room);
	ib_autofree uint8_t *back = ib_alloc(INPUT_BYTES);
	IB_AUTO(ib_zstd_filler) filler =
		ib_zstd_filler_new(cases[_i].level, log_of(cases[_i].room));
	size_t room = cases[_i].room;
	size_t taken = 0;
	size_t at = 0;

	for (at = 0; INPUT_BYTES - at > 4 * room; at += taken) {
		size_t written = 0;

		taken = at ? taken : 1 + room / 8; /* a bad first guess */
		written = ib_zstd_fill(filler, in + at, INPUT_BYTES - at, out, room, &taken);
		ck_assert_uint_le(written, room);
		ck_assert_uint_ge(written, room - room / 64);
		ck_assert_uint_gt(taken, room);
		ck_assert(ib_zstd_expand(out, written, back, taken));
		ck_assert_mem_eq(back, in + at, taken);
		ck_assert(!ib_zstd_expand(out, written, back, taken - 1));
		ck_assert(!ib_zstd_expand(out, written, back, taken + 1));
		ck_assert(!ib_zstd_expand(out, written - 1, back, taken));
	}
	ck_assert_uint_gt(at, 0);
}
END_TEST

START_TEST(what_came_before_does_not_show)
{
	ib_autofree uint8_t *in = make_input();
	size_t room = cases[_i].room;
	ib_autofree uint8_t *used = ib_alloc(room);
	ib_autofree uint8_t *fresh = ib_alloc(room);
	IB_AUTO(ib_zstd_filler) filler = ib_zstd_filler_new(cases[_i].level, log_of(room));
	size_t at = 0;

	for (at = 0; at < INPUT_BYTES / 2; at += 99991) {
		IB_AUTO(ib_zstd_filler) other = ib_zstd_filler_new(cases[_i].level, log_of(room));
		size_t taken[2] = { 2 * room, 2 * room };
		size_t written =
			ib_zstd_fill(filler, in + at, INPUT_BYTES - at, used, room, &taken[0]);

		ck_assert_uint_eq(written, ib_zstd_fill(other, in + at, INPUT_BYTES - at, fresh,
							room, &taken[1]));
		ck_assert_uint_eq(taken[0], taken[1]);
		ck_assert_mem_eq(used, fresh, written);
	}
}
END_TEST

START_TEST(a_little_input_is_taken_whole)
{
	static const char text[] = "a few words, a few words, a few words";
	uint8_t out[4096];
	char back[sizeof(text)];
	IB_AUTO(ib_zstd_filler) filler = ib_zstd_filler_new(3, 15);
	size_t taken = 1;
	size_t written = ib_zstd_fill(filler, text, sizeof(text), out, sizeof(out), &taken);

	ck_assert_uint_eq(taken, sizeof(text));
	ck_assert(ib_zstd_expand(out, written, back, sizeof(back)));
	ck_assert_mem_eq(back, text, sizeof(text));
	ck_assert(!ib_zstd_expand("not a frame", 11, back, sizeof(back)));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("zstd_fill");
	TCase *fill = tcase_create("fill");

	tcase_set_timeout(fill, 60);
	tcase_add_loop_test(fill, rooms_are_filled_and_frames_expand_again, 0, IB_COUNT(cases));
	tcase_add_loop_test(fill, what_came_before_does_not_show, 0, IB_COUNT(cases));
	tcase_add_test(fill, a_little_input_is_taken_whole);
	suite_add_tcase(suite, fill);
	return suite;
}
