/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "image/fec.h"
#include "image/image.h"
#include "test.h"

#define BLOCK 4096

static char *paths[3];

enum { DATA, TREE, FEC };

static void set_up(void)
{
	static const char *const names[] = { "data", "tree", "fec" };
	size_t i = 0;

	test_dir_make();
	for (i = 0; i < IB_COUNT(paths); i++)
		paths[i] = ib_path_join(test_dir, names[i]);
}

static void tear_down(void)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(paths); i++)
		ib_free(ib_take(paths[i]));
	test_dir_remove();
}

static struct ib_region open_region(const char *path)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_region region = { 0 };

	ck_ok(ib_region_of_file(open(path, O_RDWR | O_CLOEXEC), path, &region, &err));
	return region;
}

static void open_params(struct ib_fec_params *params, unsigned roots, size_t threads)
{
	*params = (struct ib_fec_params){ .data = open_region(paths[DATA]),
					  .tree = open_region(paths[TREE]),
					  .roots = roots,
					  .threads = threads };
}

static void close_params(struct ib_fec_params *params)
{
	close(params->data.fd);
	close(params->tree.fd);
}

/* Data that looks like noise, and its hash tree. */
static void make_data(size_t blocks, uint8_t root[32])
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree uint32_t *words = ib_alloc_array(blocks, BLOCK);
	struct ib_verity_params params = { .threads = 1 };
	uint32_t state = 7;
	size_t i = 0;

	for (i = 0; i < blocks * BLOCK / 4; i++)
		words[i] = state = state * 1664525U + 1013904223U;
	ck_ok(ib_file_write(paths[DATA], words, blocks * BLOCK, 0644, &err));
	memset(params.salt, 0xab, sizeof(params.salt));
	memset(params.uuid, 0x11, sizeof(params.uuid));
	params.data = open_region(paths[DATA]);
	ck_ok(ib_verity_write(&params, paths[TREE], root, &err));
	close(params.data.fd);
}

static void make_fec(unsigned roots, size_t threads)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_fec_params params;

	open_params(&params, roots, threads);
	ck_ok(ib_fec_write(&params, paths[FEC], &err));
	close_params(&params);
}

static int verify(unsigned *ret_roots, struct ib_error *err)
{
	struct ib_fec_params params;
	struct ib_region fec = open_region(paths[FEC]);
	int r = 0;

	open_params(&params, 0, 2);
	r = ib_fec_verify(&params, &fec, ret_roots, err);
	close_params(&params);
	close(fec.fd);
	return r;
}

static const struct {
	size_t blocks;
	unsigned roots;
} shapes[] = {
	{ 1, 2 },   { 2, 24 },   { 252, 2 },  { 253, 2 },
	{ 254, 3 }, { 5000, 2 }, { 9000, 7 }, { 20000, 24 },
};

START_TEST(the_bytes_are_those_of_veritysetup)
{
	uint8_t root[32];
	ib_autofree char *hex = NULL;
	ib_autofree char *command = NULL;

	make_data(shapes[_i].blocks, root);
	make_fec(shapes[_i].roots, 2);
	hex = ib_hex(root, 32);
	command = ib_strf(
		"cd %s; command -v veritysetup > found || { echo skipped: no veritysetup; exit 0; }; "
		"veritysetup format --salt=$(printf 'ab%%.0s' $(seq 32)) "
		"--uuid=11111111-1111-1111-1111-111111111111 --fec-device=theirs --fec-roots=%u "
		"data their-tree > out && cmp tree their-tree && cmp fec theirs && "
		"veritysetup verify --fec-device=fec --fec-roots=%u data tree %s",
		test_dir, shapes[_i].roots, shapes[_i].roots, hex);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(threads_change_no_byte_and_the_size_tells_the_roots)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *command = ib_strf("cd %s && cmp fec first", test_dir);
	ib_autofree char *first = ib_path_join(test_dir, "first");
	unsigned roots = 0;
	uint8_t root[32];

	make_data(shapes[_i].blocks, root);
	make_fec(shapes[_i].roots, 1);
	ck_assert_int_eq(rename(paths[FEC], first), 0);
	make_fec(shapes[_i].roots, 5);
	ck_assert_int_eq(system(command), 0);
	ck_ok(verify(&roots, &err));
	ck_assert_uint_eq(roots, shapes[_i].roots);
}
END_TEST

static void flip(const char *path, off_t offset)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte = 0;

	ck_assert_int_eq(pread(fd, &byte, 1, offset), 1);
	byte ^= 1;
	ck_assert_int_eq(pwrite(fd, &byte, 1, offset), 1);
	close(fd);
}

START_TEST(veritysetup_mends_what_was_damaged)
{
	uint8_t root[32];
	ib_autofree char *hex = NULL;
	ib_autofree char *command = NULL;

	make_data(5000, root);
	make_fec(2, 2);
	flip(paths[DATA], 777L * BLOCK + 9);
	hex = ib_hex(root, 32);
	command =
		ib_strf("cd %s; command -v veritysetup > found || { echo skipped: no veritysetup; "
			"exit 0; }; veritysetup verify data tree %s 2>&1 | grep -q 'failed at' && "
			"veritysetup verify --fec-device=fec --fec-roots=2 data tree %s 2>&1 | "
			"grep -q 'Found 1 repairable errors'",
			test_dir, hex, hex);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

static const struct {
	int file;
	off_t offset;
	const char *words;
} flips[] = {
	{ DATA, 0, "byte 0 of '" },
	{ DATA, 5000L * BLOCK - 1, "does not fit the image and its hash tree" },
	{ TREE, BLOCK, "does not fit the image and its hash tree" },
	{ FEC, 0, "byte 0 of '" },
	{ FEC, 12345, "byte 12345 of '" },
};

START_TEST(a_flipped_bit_anywhere_is_found)
{
	struct ib_error err = IB_ERROR_INIT;
	unsigned roots = 0;
	uint8_t root[32];

	make_data(5000, root);
	make_fec(2, 2);
	ck_ok(verify(&roots, &err));
	flip(paths[flips[_i].file], flips[_i].offset);
	ck_fails(verify(&roots, &err), IB_TRUST, flips[_i].words);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_fec_params params;
	unsigned roots = 0;
	uint8_t root[32];

	make_data(300, root);
	make_fec(2, 1);
	ck_assert_int_eq(truncate(paths[FEC], 3L * BLOCK), 0);
	ck_fails(verify(&roots, &err), IB_TRUST, "has 12288 bytes, which is not what corrects");
	open_params(&params, 25, 1);
	ck_fails(ib_fec_write(&params, paths[FEC], &err), IB_INPUT, "2 to 24 roots, not 25");
	params.roots = 1;
	ck_fails(ib_fec_write(&params, paths[FEC], &err), IB_INPUT, "2 to 24 roots, not 1");
	params.roots = 2;
	params.data.size -= 1;
	ck_fails(ib_fec_write(&params, paths[FEC], &err), IB_INPUT, "whole blocks of 4096 bytes");
	close_params(&params);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("fec");
	TCase *fec = tcase_create("fec");

	tcase_add_checked_fixture(fec, set_up, tear_down);
	tcase_set_timeout(fec, 60);
	tcase_add_loop_test(fec, the_bytes_are_those_of_veritysetup, 0, (int)IB_COUNT(shapes));
	tcase_add_loop_test(fec, threads_change_no_byte_and_the_size_tells_the_roots, 0,
			    (int)IB_COUNT(shapes));
	tcase_add_test(fec, veritysetup_mends_what_was_damaged);
	tcase_add_loop_test(fec, a_flipped_bit_anywhere_is_found, 0, (int)IB_COUNT(flips));
	tcase_add_test(fec, what_cannot_be_is_refused);
	suite_add_tcase(suite, fec);
	return suite;
}
