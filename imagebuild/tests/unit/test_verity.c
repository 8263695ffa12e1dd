/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/image.h"
#include "test.h"

#define BLOCK 4096

static char *data_path;
static char *tree_path;

static void set_up(void)
{
	test_dir_make();
	data_path = ib_path_join(test_dir, "data");
	tree_path = ib_path_join(test_dir, "tree");
}

static void tear_down(void)
{
	ib_free(ib_take(data_path));
	ib_free(ib_take(tree_path));
	test_dir_remove();
}

static struct ib_region open_region(const char *path)
{
	struct ib_error err = IB_ERROR_INIT;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct ib_region region = { 0 };

	ck_ok(ib_region_of_file(fd, path, &region, &err));
	return region;
}

static void write_data(size_t blocks)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree uint32_t *words = ib_alloc_array(blocks, BLOCK);
	uint32_t state = 7;
	size_t i = 0;

	for (i = 0; i < blocks * BLOCK / 4; i++)
		words[i] = state = state * 1664525U + 1013904223U;
	ck_ok(ib_file_write(data_path, words, blocks * BLOCK, 0644, &err));
}

static void make_tree(size_t threads, uint8_t root[32])
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_verity_params params = { .data = open_region(data_path), .threads = threads };

	memset(params.salt, 0xab, sizeof(params.salt));
	memset(params.uuid, 0x11, sizeof(params.uuid));
	ck_ok(ib_verity_write(&params, tree_path, root, &err));
	close(params.data.fd);
}

static int verify(const uint8_t root[32], struct ib_error *err)
{
	struct ib_region data = open_region(data_path);
	struct ib_region tree = open_region(tree_path);
	int r = ib_verity_verify(&data, &tree, root, 3, err);

	close(data.fd);
	close(tree.fd);
	return r;
}

static const size_t sizes[] = { 1, 2, 127, 128, 129, 513, 16384, 16385, 20000 };

START_TEST(trees_of_all_heights_verify_for_any_number_of_threads)
{
	struct ib_error err = IB_ERROR_INIT;
	uint8_t root[32];
	uint8_t again[32];

	write_data(sizes[_i]);
	make_tree(1, root);
	ck_ok(verify(root, &err));
	make_tree(5, again);
	ck_assert_mem_eq(root, again, 32);
	ck_ok(verify(root, &err));
}
END_TEST

/* All of the data's bytes again, from a place in it on. */
static void rewrite(const uint8_t *bytes, size_t from, size_t to)
{
	struct ib_error err = IB_ERROR_INIT;
	int fd = open(data_path, O_WRONLY | O_CLOEXEC);

	ck_ok(ib_fd_write(fd, bytes + from, to - from, from, data_path, &err));
	close(fd);
}

/* announced: how much further than it was written the data is said to be. */
static void make_tree_ahead(size_t blocks, size_t announced, uint8_t root[32])
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_verity_params params = { .threads = 2 };
	IB_AUTO(ib_verity_ahead) ahead = NULL;
	IB_AUTO_BUFFER(bytes, SIZE_MAX / 2);
	const size_t size = blocks * BLOCK;
	const size_t step = 3 * BLOCK * 512 + 100;
	size_t at = 0;

	ck_ok(ib_file_read(data_path, &bytes, &err));
	ck_ok(ib_file_write(data_path, "", 0, 0644, &err));
	memset(params.salt, 0xab, sizeof(params.salt));
	memset(params.uuid, 0x11, sizeof(params.uuid));
	ck_ok(ib_verity_ahead_new(data_path, params.salt, 2, &ahead, &err));
	/* what comes last is the first block */
	for (at = BLOCK; at < size; at += step) {
		rewrite(bytes.data, at, IB_MIN(at + step, size));
		ib_verity_ahead_reach(ahead, IB_MIN(at + step + announced, size));
	}
	rewrite(bytes.data, 0, BLOCK);
	params.data = open_region(data_path);
	params.ahead = ahead;
	ck_ok(ib_verity_write(&params, tree_path, root, &err));
	close(params.data.fd);
}

START_TEST(data_that_is_hashed_while_it_grows_has_the_same_tree)
{
	struct ib_error err = IB_ERROR_INIT;
	uint8_t root[32];
	uint8_t ahead[32];

	write_data(sizes[_i]);
	make_tree(2, root);
	make_tree_ahead(sizes[_i], 0, ahead);
	ck_assert_mem_eq(root, ahead, 32);
	ck_ok(verify(root, &err));
	/* who says more than there is costs time, nothing else */
	make_tree_ahead(sizes[_i], (size_t)64 << 20, ahead);
	ck_assert_mem_eq(root, ahead, 32);
	ck_ok(verify(root, &err));
}
END_TEST

START_TEST(the_tree_is_the_one_that_veritysetup_makes)
{
	uint8_t root[32];
	ib_autofree char *hex = NULL;
	ib_autofree char *command = NULL;
	int status = 0;

	write_data(sizes[_i]);
	make_tree(2, root);
	hex = ib_hex(root, 32);
	command = ib_strf(
		"command -v veritysetup > %s/found || { echo skipped: no veritysetup; exit 0; }; "
		"veritysetup format --salt=$(printf 'ab%%.0s' $(seq 32)) "
		"--uuid=11111111-1111-1111-1111-111111111111 %s %s/theirs > %s/out && "
		"grep -q %s %s/out && cmp %s %s/theirs && veritysetup verify %s %s %s",
		test_dir, data_path, test_dir, test_dir, hex, test_dir, tree_path, test_dir,
		data_path, tree_path, hex);
	status = system(command);
	ck_assert_int_eq(status, 0);
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

static const struct {
	bool in_tree;
	off_t offset;
	enum ib_kind kind;
	const char *words;
} flips[] = {
	{ false, 0, IB_TRUST, "block 0 of '" },
	{ false, 700L * BLOCK + 5, IB_TRUST, "block 700 of '" },
	{ false, 20000L * BLOCK - 1, IB_TRUST, "block 19999 of '" },
	{ true, BLOCK, IB_TRUST, "does not match" },            /* the highest level */
	{ true, 3L * BLOCK, IB_TRUST, "does not match" },       /* the lowest one */
	{ true, 160L * BLOCK - 1, IB_TRUST, "does not match" }, /* its padding */
	{ true, 0, IB_INPUT, "does not begin with a verity superblock" },
	{ true, 8, IB_INPUT, "does not begin with a verity superblock" },
	{ true, 12, IB_LIMIT, "of a kind that is not supported" },
	{ true, 65, IB_LIMIT, "of a kind that is not supported" },
	{ true, 76, IB_INPUT, "blocks, '" },      /* speaks of more data */
	{ true, 81, IB_INPUT, "makes no sense" }, /* a salt that is too long */
	{ true, 88, IB_TRUST, "block 0 of '" },   /* another salt */
};

START_TEST(a_flipped_bit_anywhere_is_found)
{
	struct ib_error err = IB_ERROR_INIT;
	uint8_t root[32];

	write_data(20000);
	make_tree(2, root);
	flip(flips[_i].in_tree ? tree_path : data_path, flips[_i].offset);
	ck_fails(verify(root, &err), flips[_i].kind, flips[_i].words);
}
END_TEST

START_TEST(another_root_hash_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	uint8_t root[32];

	write_data(300);
	make_tree(2, root);
	root[31] ^= 1;
	ck_fails(verify(root, &err), IB_TRUST, "does not have the root hash");
}
END_TEST

START_TEST(data_of_no_whole_blocks_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_verity_params params = { .data = { -1, 0, 5000, "odd" } };
	uint8_t root[32];

	ck_fails(ib_verity_write(&params, tree_path, root, &err), IB_INPUT,
		 "'odd' does not consist of whole blocks");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("verity");
	TCase *verity = tcase_create("verity");

	tcase_add_checked_fixture(verity, set_up, tear_down);
	tcase_set_timeout(verity, 60);
	tcase_add_loop_test(verity, trees_of_all_heights_verify_for_any_number_of_threads, 0,
			    (int)IB_COUNT(sizes));
	tcase_add_loop_test(verity, data_that_is_hashed_while_it_grows_has_the_same_tree, 0,
			    (int)IB_COUNT(sizes));
	tcase_add_loop_test(verity, the_tree_is_the_one_that_veritysetup_makes, 1,
			    (int)IB_COUNT(sizes));
	tcase_add_loop_test(verity, a_flipped_bit_anywhere_is_found, 0, (int)IB_COUNT(flips));
	tcase_add_test(verity, another_root_hash_is_refused);
	tcase_add_test(verity, data_of_no_whole_blocks_is_refused);
	suite_add_tcase(suite, verity);
	return suite;
}
