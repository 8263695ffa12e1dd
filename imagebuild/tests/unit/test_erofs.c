/* SPDX-License-Identifier: Apache-2.0 */
/* Contents that come as a stream, and what the format cannot hold. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "erofs_image.h"
#include "image/writer.h"
#include "made_packages.h"

#define MIB ((size_t)1 << 20)

static const struct file first_files[] = {
	{ "/big", 5 * MIB + 123, 1, 0, false },
	{ "/small", 100, 2, 0, false },
	{ "/same", 70000, 3, 0, false },
	{ "/exact", 2 * MIB, 4, 0, false },
};
static const struct file second_files[] = {
	{ "/again", 70000, 3, 0, false },
	{ "/bigger", 5 * MIB + 123, 1, 0, false },
	{ "/other", 70000, 5, 0, false },
	{ "/left-out", 9000, 6, 0, false },
};

static struct ib_tree *lay_down(const struct made *made, uint32_t count)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_tree *tree = lay_down_made(made, count, &err);

	ck_assert_msg(tree != NULL, "%s", err.text);
	return tree;
}

/* ---- streaming ---- */

struct observed {
	uint64_t bytes;
	size_t begun, ended;
};

static int observe_begin(void *context, uint32_t package, uint32_t file, uint64_t size,
			 bool *ret_wanted, struct ib_error *err)
{
	struct observed *observed = context;

	(void)package, (void)file, (void)err;
	observed->begun++;
	*ret_wanted = size < 80000;
	return 0;
}

static int observe_data(void *context, const void *data, size_t size, struct ib_error *err)
{
	(void)data, (void)err;
	((struct observed *)context)->bytes += size;
	return 0;
}

static int observe_end(void *context, struct ib_error *err)
{
	(void)err;
	((struct observed *)context)->ended++;
	return 0;
}

START_TEST(contents_are_stored_once_digested_and_observed)
{
	struct ib_error err = IB_ERROR_INIT;
	struct made made[2];
	struct observed observed = { 0 };
	const struct ib_content_sink observer = { &observed, observe_begin, observe_data,
						  observe_end };
	const struct ib_content_source source = { made, 2, stream_package };
	IB_AUTO(ib_tree) tree = NULL;
	IB_AUTO(ib_tree) back = NULL;
	IB_AUTO(ib_erofs_writer) writer = NULL;
	IB_AUTO_BUFFER(content, 16 << 20);
	struct ib_region image;
	uint64_t size = 0;
	uint64_t blocks[2] = { 0, 0 };
	char hex[65];
	char expected[65];
	size_t i = 0;

	make_package(&made[0], "a", first_files, IB_COUNT(first_files));
	make_package(&made[1], "b", second_files, IB_COUNT(second_files));
	tree = lay_down(made, 2);
	writer = open_writer(tree, 3);
	ck_ok(ib_erofs_stream(writer, &source, &observer, &err));
	ck_assert_uint_eq(observed.begun, 8);
	ck_assert_uint_eq(observed.ended, 5);
	ck_assert_uint_eq(observed.bytes, 100 + 3 * 70000 + 9000);
	ck_assert_uint_eq(ib_erofs_totals(writer).shared_files, 2);
	ck_ok(ib_erofs_finish(writer, &size, &err));
	for (i = 0; i < IB_COUNT(first_files); i++) {
		const struct ib_node *node = ib_tree_find(tree, first_files[i].path);

		ck_assert(node->inode->has_sha256);
		ck_assert_mem_eq(node->inode->sha256, made[0].digests[i], 32);
	}
	image = open_image();
	ck_ok(ib_erofs_read_tree(&image, NULL, &back, &err));
	ck_assert_mem_eq(ib_tree_find(back, "/bigger")->inode->sha256, made[0].digests[0], 32);
	ck_assert_mem_eq(ib_tree_find(back, "/again")->inode->sha1,
			 ib_tree_find(tree, "/same")->inode->sha1, 20);
	ck_assert_mem_eq(ib_tree_find(back, "/big")->inode->sha1,
			 ib_tree_find(tree, "/bigger")->inode->sha1, 20);
	ck_ok(ib_erofs_read_content(&image, ib_tree_find(back, "/bigger")->inode, &content, &err));
	ck_assert_uint_eq(content.size, ib_tree_find(back, "/bigger")->inode->size);
	ib_sha256_hex(content.data, content.size, hex);
	ib_hex_write(made[0].digests[0], 32, expected);
	ck_assert_str_eq(hex, expected);
	ck_ok(ib_erofs_stored(&image, ib_tree_find(back, "/bigger")->inode, &blocks[0], &size,
			      &err));
	ck_assert_uint_gt(size, 0);
	ck_ok(ib_erofs_stored(&image, ib_tree_find(back, "/big")->inode, &blocks[1], &size, &err));
	ck_assert_uint_eq(blocks[0], blocks[1]); /* one content, stored once */
	close(image.fd);
}
END_TEST

/* The digests of a large file that was never hashed as a whole, and its image's own. */
static void make_without(bool without_sha1, struct ib_inode *ret_inode, char image_sha256[65])
{
	static const struct file files[] = { { "/large", 5 * MIB, 3, 0, false },
					     { "/small", 5000, 4, 0, false } };
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_erofs_params params = { .compression = IB_EROFS_LZ4,
						.build_time = MADE_BUILD_TIME,
						.threads = 3,
						.without_sha1 = without_sha1 };
	ib_autofree char *path = ib_path_join(test_dir, "without");
	struct made made[1];
	const struct ib_content_source source = { made, 1, stream_package };
	IB_AUTO(ib_tree) tree = NULL;
	IB_AUTO(ib_erofs_writer) writer = NULL;
	uint64_t size = 0;

	make_package(&made[0], "a", files, IB_COUNT(files));
	tree = lay_down(made, 1);
	ck_ok(ib_erofs_open(path, &params, tree, &writer, &err));
	ck_ok(ib_erofs_stream(writer, &source, NULL, &err));
	ck_ok(ib_erofs_finish(writer, &size, &err));
	ck_assert_mem_eq(ib_tree_find(tree, "/small")->inode->sha256, made[0].digests[1], 32);
	ck_assert_mem_eq(ib_tree_find(tree, "/large")->inode->sha256, made[0].digests[0], 32);
	*ret_inode = *ib_tree_find(tree, "/large")->inode;
	ck_ok(ib_sha256_file(path, image_sha256, &size, &err));
}

START_TEST(a_digest_that_nobody_wants_is_left_out)
{
	static const uint8_t none[20];
	struct ib_inode with;
	struct ib_inode without;
	char image[65];
	char same[65];

	make_without(false, &with, image);
	make_without(true, &without, same);
	ck_assert_str_eq(image, same);
	ck_assert_mem_ne(with.sha1, none, sizeof(none));
	ck_assert_mem_eq(without.sha1, none, sizeof(none));
	ck_assert_mem_eq(with.sha256, without.sha256, 32);
}
END_TEST

static const struct {
	struct file file;
	const char *words;
} bad_streams[] = {
	{ { "/x", 3 * MIB, 1, 1, false }, "longer than its header says" },
	{ { "/x", 3 * MIB, 1, -1, false }, "1 bytes too short" },
	{ { "/x", 5000, 1, -5000, false }, "5000 bytes too short" },
	{ { "/x", 5000, 1, 0, true }, "came twice" },
};

START_TEST(a_stream_that_does_not_keep_its_word_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct made made[1];
	const struct ib_content_source source = { made, 1, stream_package };
	IB_AUTO(ib_tree) tree = NULL;
	IB_AUTO(ib_erofs_writer) writer = NULL;

	make_package(&made[0], "a", &bad_streams[_i].file, 1);
	tree = lay_down(made, 1);
	writer = open_writer(tree, 2);
	ck_fails(ib_erofs_stream(writer, &source, NULL, &err), IB_INPUT, bad_streams[_i].words);
}
END_TEST

START_TEST(parameters_beyond_the_format_are_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(0);
	ib_autofree char *path = ib_path_join(test_dir, "image");
	ib_autofree char *nowhere = ib_path_join(test_dir, "no/image");
	struct ib_erofs_params params = { .compression = IB_EROFS_LZ4HC, .level = 13 };
	struct ib_erofs_writer *writer = NULL;

	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "LZ4HC has no level 13");
	params = (struct ib_erofs_params){ .compression = IB_EROFS_ZSTD, .level = 23 };
	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "zstd has no level 23");
	params.level = 9;
	params.cluster_bytes = 5000;
	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "no clusters of 5000 bytes");
	params.cluster_bytes = 2 << 20;
	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "no clusters of 2097152 bytes");
	params.cluster_bytes = 2048;
	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "no clusters of 2048 bytes");
	params.cluster_bytes = 0;
	params.volume_name = "sixteen bytes :)";
	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "longer than 15 bytes");
	params.volume_name = "fifteen bytes..";
	ck_fails(ib_erofs_open(nowhere, &params, tree, &writer, &err), IB_MISSING,
		 "could not open");
}
END_TEST

/* ---- the format's limits ---- */

START_TEST(a_file_beyond_the_format_is_refused_by_name)
{
	struct ib_error err = IB_ERROR_INIT;
	uint8_t digest[32] = { 0 };
	struct ib_package_file file = { .path = "/huge",
					.mode = S_IFREG | 0644,
					.size = ((uint64_t)4 << 40) + 1,
					.user = "root",
					.group = "root",
					.digest = digest };
	const struct made made = {
		.package = { .nevra = "a",
			     .files = &file,
			     .file_count = 1,
			     .digest_kind = IB_DIGEST_SHA256 },
	};
	IB_AUTO(ib_tree) tree = lay_down(&made, 1);
	ib_autofree char *path = ib_path_join(test_dir, "image");
	const struct ib_erofs_params params = { .compression = IB_EROFS_LZ4 };
	struct ib_erofs_writer *writer = NULL;

	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_LIMIT,
		 "'/huge' has 4398046511105 bytes");
	file.size--;
	ib_tree_find(tree, "/huge")->inode->size--;
	ck_ok(ib_erofs_open(path, &params, tree, &writer, &err));
	ib_erofs_writer_free(writer);
}
END_TEST

/* Where in an image that is almost full a content, a directory or the metadata no longer has room. */
START_TEST(an_image_beyond_32_bits_of_blocks_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct made made[1];
	const struct ib_content_source source = { made, 1, stream_package };
	IB_AUTO(ib_tree) tree = NULL;
	IB_AUTO(ib_erofs_writer) writer = NULL;
	uint64_t size = 0;

	make_package(&made[0], "a", &first_files[2], 1);
	tree = lay_down(made, 1);
	writer = open_writer(tree, 1);
	if (!_i)
		writer->next_block = UINT32_MAX - 1;
	ck_ok(ib_erofs_stream(writer, &source, NULL, &err));
	if (_i) {
		ck_ok(ib_window_drain(writer, &err));
		writer->next_block = UINT32_MAX - 1;
	}
	ck_fails(ib_erofs_finish(writer, &size, &err), IB_LIMIT, "more than 2^32 blocks");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("erofs");
	TCase *stream = tcase_create("stream");

	tcase_set_timeout(stream, 60);
	tcase_add_checked_fixture(stream, test_dir_make, test_dir_remove);
	tcase_add_test(stream, contents_are_stored_once_digested_and_observed);
	tcase_add_test(stream, a_digest_that_nobody_wants_is_left_out);
	tcase_add_loop_test(stream, a_stream_that_does_not_keep_its_word_is_refused, 0,
			    (int)IB_COUNT(bad_streams));
	tcase_add_test(stream, parameters_beyond_the_format_are_refused);
	tcase_add_test(stream, a_file_beyond_the_format_is_refused_by_name);
	tcase_add_loop_test(stream, an_image_beyond_32_bits_of_blocks_is_refused, 0, 2);
	suite_add_tcase(suite, stream);
	return suite;
}
