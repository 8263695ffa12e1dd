/* SPDX-License-Identifier: Apache-2.0 */
#include <lz4hc.h>
#include <stdint.h>

#include "compress/compress.h"
#include "test.h"

#define INPUT_BYTES (1 << 20)
#define ROOM        4096

/* Words that repeat, with noise in between: some of it compresses, some does not. */
static uint8_t *make_input(void)
{
	uint8_t *in = ib_alloc(INPUT_BYTES);
	uint32_t state = 1;
	size_t i = 0;

	for (i = 0; i < INPUT_BYTES; i++) {
		state = state * 1664525U + 1013904223U;
		in[i] = (uint8_t)(i >> 12 & 1 ? state >> 24
					      : (uint8_t) "imagebuild "[(state >> 20) % 11]);
	}
	return in;
}

/* The library's own function starts from cleared tables each time: the reference. */
START_TEST(used_tables_give_the_same_bytes_as_fresh_ones)
{
	static const int levels[] = { 10, 12 };
	ib_autofree uint8_t *in = make_input();
	ib_autofree void *state = ib_alloc((size_t)LZ4_sizeofStateHC());
	IB_AUTO(ib_lz4) lz4 = ib_lz4_new(levels[_i]);
	size_t at = 0;

	while (at < INPUT_BYTES) {
		uint8_t ours[ROOM];
		uint8_t theirs[ROOM];
		size_t taken = 0;
		size_t written = ib_lz4_fill(lz4, in + at, INPUT_BYTES - at, ours, ROOM, &taken);
		int size = (int)(INPUT_BYTES - at);
		int r = LZ4_compress_HC_destSize(state, (const char *)in + at, (char *)theirs,
						 &size, ROOM, levels[_i]);

		ck_assert_int_eq(r, (int)written);
		ck_assert_int_eq(size, (int)taken);
		ck_assert_mem_eq(ours, theirs, written);
		at += taken;
	}
}
END_TEST

START_TEST(what_was_compressed_expands_again)
{
	ib_autofree uint8_t *in = make_input();
	ib_autofree uint8_t *back = ib_alloc(INPUT_BYTES);
	IB_AUTO(ib_lz4) lz4 = ib_lz4_new(_i ? IB_LZ4HC_DEFAULT_LEVEL : 0);
	uint8_t out[ROOM];
	size_t taken = 0;
	size_t written = ib_lz4_fill(lz4, in, INPUT_BYTES, out, ROOM, &taken);

	ck_assert_uint_gt(taken, written);
	ck_assert(ib_lz4_expand(out, written, back, taken));
	ck_assert_mem_eq(in, back, taken);
	ck_assert(ib_lz4_expand(out, written, back, taken / 2));
	ck_assert(!ib_lz4_expand(out, written, back, taken + 1));
	ck_assert(!ib_lz4_expand(out, written / 2, back, taken));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("lz4");
	TCase *lz4 = tcase_create("lz4");

	tcase_add_loop_test(lz4, used_tables_give_the_same_bytes_as_fresh_ones, 0, 2);
	tcase_add_loop_test(lz4, what_was_compressed_expands_again, 0, 2);
	suite_add_tcase(suite, lz4);
	return suite;
}
