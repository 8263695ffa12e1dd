/* SPDX-License-Identifier: Apache-2.0 */
/* What is written here is expanded by liblz4, and measured against its LZ4HC. */
#include <lz4.h>
#include <lz4hc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "compress/compress.h"
#include "compress/lz4_high.h"
#include "test.h"

#define INPUT_BYTES ((size_t)3 << 20)
#define MAX_ROOM    ((size_t)1 << 16)

static uint32_t step(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

static uint8_t *make_noise(void)
{
	uint8_t *in = ib_alloc(INPUT_BYTES);
	uint32_t state = 1;
	size_t i = 0;

	for (i = 0; i < INPUT_BYTES; i++)
		in[i] = (uint8_t)step(&state);
	return in;
}

static uint8_t *make_zeros(void)
{
	return ib_alloc(INPUT_BYTES);
}

/* Words in an order of chance, as text has them. */
static uint8_t *make_words(void)
{
	static const char *const words[] = { "immutable ", "image ", "of ", "packages,\n",
					     "signed ",    "a ",     "an " };
	uint8_t *in = ib_alloc(INPUT_BYTES);
	uint32_t state = 2;
	size_t at = 0;

	while (at < INPUT_BYTES) {
		const char *word = words[step(&state) % IB_COUNT(words)];
		size_t size = IB_MIN(strlen(word), INPUT_BYTES - at);

		memcpy(in + at, word, size);
		at += size;
	}
	return in;
}

/* Records of a fixed size, of which a few bytes count up: chains without an end. */
static uint8_t *make_records(void)
{
	uint8_t *in = ib_alloc(INPUT_BYTES);
	size_t i = 0;

	for (i = 0; i + 24 <= INPUT_BYTES; i += 24) {
		in[i] = (uint8_t)(i / 24);
		in[i + 1] = (uint8_t)(i / 24 >> 8);
		in[i + 8] = 8;
		in[i + 17] = (uint8_t)(i / 24 % 7);
	}
	return in;
}

/* Copies of what stands a little over 64 KiB and just 65535 bytes before, in noise: the edge of what LZ4 can reach. */
static uint8_t *make_edges(void)
{
	uint8_t *in = make_noise();
	size_t i = 0;

	for (i = 65536 + 64; i + 64 <= INPUT_BYTES; i += 512)
		memcpy(in + i, in + i - (65533 + i / 512 % 6), 64);
	return in;
}

static uint8_t *make_program(void)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(file, (size_t)1 << 30);
	uint8_t *in = ib_alloc(INPUT_BYTES);

	ck_ok(ib_file_read("/proc/self/exe", &file, &err));
	memcpy(in, file.data, IB_MIN(file.size, INPUT_BYTES));
	return in;
}

static const struct {
	const char *name;
	uint8_t *(*make)(void);
	double worse; /* than LZ4HC's, at most: bytes of output for bytes of input */
} inputs[] = {
	{ "noise", make_noise, 1.0 },   { "zeros", make_zeros, 1.001 },
	{ "words", make_words, 1.1 },   { "records", make_records, 1.01 },
	{ "edges", make_edges, 1.001 }, { "program", make_program, 1.01 },
};

/* The rules of the format for the end of a block, which decoders that copy ahead rely on. */
static void check_end(const uint8_t *block, size_t size, size_t expanded)
{
	size_t in = 0;
	size_t out = 0;
	size_t literals = 0;
	size_t last_match = 0;

	while (true) {
		unsigned token = block[in++];
		size_t length = token & 15;

		literals = token >> 4;
		if (literals == 15) {
			do
				literals += block[in];
			while (block[in++] == 255);
		}
		in += literals;
		out += literals;
		ck_assert_uint_le(in, size);
		if (in == size)
			break;
		ck_assert_uint_ne(block[in] | block[in + 1], 0);
		in += 2;
		last_match = out;
		if (length == 15) {
			do
				length += block[in];
			while (block[in++] == 255);
		}
		out += length + 4;
	}
	ck_assert_uint_eq(out, expanded);
	if (last_match) {
		ck_assert_uint_ge(literals, 5);
		ck_assert_uint_ge(expanded - last_match, 12);
	}
}

static size_t fill_checked(struct ib_lz4_high *high, const uint8_t *in, size_t size, size_t room,
			   uint8_t *out, size_t *ret_taken)
{
	ib_autofree uint8_t *back = NULL;
	size_t written = ib_lz4_high_fill(high, in, size, out, room, ret_taken);

	ck_assert_uint_gt(written, 0);
	ck_assert_uint_le(written, room);
	ck_assert_uint_le(*ret_taken, size);
	/* room is left over only where nothing is left to fill it with */
	ck_assert(written >= room - 1 || *ret_taken == size || room < 2 ||
		  *ret_taken > 255 * (room - 16));
	check_end(out, written, *ret_taken);
	back = ib_alloc(*ret_taken + 1);
	ck_assert_int_eq(
		LZ4_decompress_safe((const char *)out, (char *)back, (int)written, (int)*ret_taken),
		(int)*ret_taken);
	ck_assert_mem_eq(back, in, *ret_taken);
	return written;
}

START_TEST(clusters_expand_to_what_they_took_and_are_as_small_as_lz4hc)
{
	static const size_t rooms[] = { 4096, 65536, 257, 29 };
	ib_autofree uint8_t *in = inputs[_i].make();
	ib_autofree uint8_t *out = ib_alloc(MAX_ROOM);
	ib_autofree void *state = ib_alloc((size_t)LZ4_sizeofStateHC());
	struct ib_lz4_high *high = ib_lz4_high_new(9);
	size_t r = 0;

	for (r = 0; r < IB_COUNT(rooms); r++) {
		size_t offered = IB_MIN(INPUT_BYTES, rooms[r] * 256);
		size_t ours = 0;
		size_t theirs = 0;
		size_t at = 0;
		int k = 0;

		for (k = 0; k < 40 && at < INPUT_BYTES; k++) {
			size_t size = IB_MIN(offered, INPUT_BYTES - at);
			size_t taken = 0;
			int their_taken = (int)size;

			fill_checked(high, in + at, size, rooms[r], out, &taken);
			ck_assert_int_gt(LZ4_compress_HC_destSize(state, (const char *)in + at,
								  (char *)out, &their_taken,
								  (int)rooms[r], 9),
					 0);
			ours += taken;
			theirs += (size_t)their_taken;
			at += taken;
		}
		/* as much of the input in as many clusters; in tiny ones each byte shows */
		if (rooms[r] >= 4096)
			ck_assert_msg((double)theirs <= (double)ours * inputs[_i].worse,
				      "%s in %zu: %zu, not %zu", inputs[_i].name, rooms[r], ours,
				      theirs);
	}
	ib_lz4_high_free(high);
}
END_TEST

#define PAGE ((size_t)4096)

/* Where memory ends: whoever goes on from there is killed. */
static uint8_t *make_brink(void)
{
	uint8_t *pages =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert(pages != MAP_FAILED);
	ck_assert_int_eq(mprotect(pages + PAGE, PAGE, PROT_NONE), 0);
	return pages + PAGE;
}

static void drop_brink(uint8_t *brink)
{
	ck_assert_int_eq(munmap(brink - PAGE, 2 * PAGE), 0);
}

/* All sizes from nothing on, in all rooms: the ends of blocks, and what is read and written up to there. */
START_TEST(small_inputs_and_rooms)
{
	static uint8_t *(*const makes[])(void) = { make_words, make_zeros, make_noise };
	ib_autofree uint8_t *made = makes[_i]();
	struct ib_lz4_high *high = ib_lz4_high_new(9);
	uint8_t *in_end = make_brink();
	uint8_t *out_end = make_brink();
	size_t size = 0;
	size_t room = 0;

	for (size = 0; size < 200; size++) {
		for (room = 1; room <= 64; room++) {
			size_t taken = 0;

			memcpy(in_end - size, made + size, size);
			fill_checked(high, in_end - size, size, room, out_end - room, &taken);
		}
	}
	ck_assert_uint_eq(ib_lz4_high_fill(high, made, 100, out_end, 0, &size), 0);
	ck_assert_uint_eq(size, 0);
	drop_brink(in_end);
	drop_brink(out_end);
	ib_lz4_high_free(high);
}
END_TEST

/* Of what stands twice, as far apart as the numbers of places go round, or one byte nearer, all is found. */
START_TEST(places_go_round)
{
	static const size_t periods[] = { 65534, 65535, 65536, 131071 };
	static const size_t reach = 65535;
	const size_t period = periods[_i];
	ib_autofree uint8_t *in = make_noise();
	ib_autofree uint8_t *out = ib_alloc(INPUT_BYTES);
	struct ib_lz4_high *high = ib_lz4_high_new(9);
	size_t taken = 0;
	size_t i = 0;

	for (i = period; i < 4 * period; i++)
		in[i] = in[i - period];
	fill_checked(high, in, 4 * period, INPUT_BYTES, out, &taken);
	ck_assert_uint_eq(taken, 4 * period);
	/* room for the first period, and for how long a match is */
	fill_checked(high, in, 4 * period, period + period / 50, out, &taken);
	if (period <= reach)
		ck_assert_uint_eq(taken, 4 * period);
	else
		ck_assert_uint_lt(taken, 2 * period);
	ib_lz4_high_free(high);
}
END_TEST

/* Two matches overlap so near the end that the second may not begin where the first one stops. */
static const char *const ends[] = {
	"#ABCDEFGHIJKLMNOPQ!#DEFGHIJKLMNOPQrstuv!(ABCDEFGHIJKLMNOPQrstuv12345",
	"#ABCDE!#DEFGHIJ!(ABCDEFGHIJ12345", /* and three bytes are no match */
};

START_TEST(the_last_match_begins_early_enough)
{
	struct ib_lz4_high *high = ib_lz4_high_new(9);
	uint8_t out[128];
	size_t taken = 0;

	fill_checked(high, (const uint8_t *)ends[_i], strlen(ends[_i]), sizeof(out), out, &taken);
	ck_assert_uint_eq(taken, strlen(ends[_i]));
	ib_lz4_high_free(high);
}
END_TEST

/* Nor how an input lies in memory. */
START_TEST(what_was_compressed_before_does_not_show)
{
	static const size_t rooms[] = { 300000, 4096 };
	ib_autofree uint8_t *first = ib_alloc(rooms[0]);
	ib_autofree uint8_t *second = ib_alloc(rooms[0]);
	struct ib_lz4_high *used = ib_lz4_high_new(9);
	size_t i = 0;

	for (i = 0; i < 2 * IB_COUNT(inputs); i++) {
		struct ib_lz4_high *fresh = ib_lz4_high_new(9);
		ib_autofree uint8_t *in = inputs[i / 2].make();
		ib_autofree uint8_t *moved = ib_alloc(250000 + i);
		size_t taken[2] = { 0 };
		size_t written = ib_lz4_high_fill(used, in, 250000, first, rooms[i % 2], &taken[0]);

		memcpy(moved + i, in, 250000);
		ck_assert_uint_eq(
			ib_lz4_high_fill(fresh, moved + i, 250000, second, rooms[i % 2], &taken[1]),
			written);
		ck_assert_uint_eq(taken[0], taken[1]);
		ck_assert_mem_eq(first, second, written);
		ib_lz4_high_free(fresh);
	}
	ib_lz4_high_free(used);
}
END_TEST

/*
 * A place in the first bytes whose number has been given again, to one that is listed ahead, leads
 * to a place behind: from here on that is as far as one in front of the input.
 */
START_TEST(nothing_in_front_of_the_input_is_read)
{
	enum { SIZE = 66000, HERE = 65310, BEHIND = 65330, AGAIN = 65536 + 4 };
	const size_t mapped = (SIZE + 2 * PAGE - 1) / PAGE * PAGE;
	uint8_t *pages =
		mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ib_autofree uint8_t *noise = make_noise();
	ib_autofree uint8_t *out = ib_alloc(2 * (size_t)SIZE);
	struct ib_lz4_high *high = ib_lz4_high_new(9);
	uint8_t *in = pages + PAGE;
	size_t taken = 0;

	ck_assert(pages != MAP_FAILED);
	ck_assert_int_eq(mprotect(pages, PAGE, PROT_NONE), 0);
	memcpy(in, noise, SIZE);
	/* a long match, at whose end the places up to AGAIN and behind it are listed */
	memcpy(in + HERE - 110, in + 30000, 100);
	memcpy(in + HERE, in + 4, 8);
	memcpy(in + BEHIND, in + 4, 8);
	memcpy(in + AGAIN, in + 4, 8);
	fill_checked(high, in, SIZE, 2 * (size_t)SIZE, out, &taken);
	ck_assert_uint_eq(taken, SIZE);
	ck_assert_int_eq(munmap(pages, mapped), 0);
	ib_lz4_high_free(high);
}
END_TEST

START_TEST(higher_levels_are_smaller)
{
	ib_autofree uint8_t *in = make_program();
	size_t before = SIZE_MAX;
	int level = 0;

	for (level = IB_LZ4_HIGH_MIN_LEVEL; level <= IB_LZ4_HIGH_MAX_LEVEL; level++) {
		struct ib_lz4_high *high = ib_lz4_high_new(level);
		size_t clusters = 0;
		size_t at = 0;

		while (at < INPUT_BYTES) {
			uint8_t out[4096];
			size_t taken = 0;

			fill_checked(high, in + at, IB_MIN((size_t)65536, INPUT_BYTES - at),
				     sizeof(out), out, &taken);
			at += taken;
			clusters++;
		}
		ck_assert_uint_le(clusters, before);
		before = clusters;
		ib_lz4_high_free(high);
	}
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("lz4 high");
	TCase *high = tcase_create("lz4 high");

	tcase_set_timeout(high, 60);
	tcase_add_loop_test(high, clusters_expand_to_what_they_took_and_are_as_small_as_lz4hc, 0,
			    (int)IB_COUNT(inputs));
	tcase_add_loop_test(high, small_inputs_and_rooms, 0, 3);
	tcase_add_loop_test(high, places_go_round, 0, 4);
	tcase_add_loop_test(high, the_last_match_begins_early_enough, 0, (int)IB_COUNT(ends));
	tcase_add_test(high, what_was_compressed_before_does_not_show);
	tcase_add_test(high, nothing_in_front_of_the_input_is_read);
	tcase_add_test(high, higher_levels_are_smaller);
	suite_add_tcase(suite, high);
	return suite;
}
