/* SPDX-License-Identifier: Apache-2.0 */
/* The table of formats: what a recipe may say has a row, and a row's writer is the format's own. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image/image.h"
#include "test.h"

#define BUILD_TIME 1700000000

static int stream_nothing(void *context, uint32_t package, const struct ib_content_sink *sink,
			  struct ib_error *err)
{
	(void)context, (void)package, (void)sink, (void)err;
	return 0;
}

static struct ib_tree *make_tree(void)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_tree *tree = ib_tree_new(BUILD_TIME);
	const struct ib_tree_entry file = {
		.path = "/etc/motd", .mode = S_IFREG | 0644, .data = "hello\n", .size = 6
	};

	ck_ok(ib_tree_put(tree, &file, NULL, &err));
	ib_tree_finish(tree);
	return tree;
}

static void write_through(const struct ib_format *format, const struct ib_format_params *params,
			  const char *path)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_content_source source = { .stream = stream_nothing };
	IB_AUTO(ib_tree) tree = make_tree();
	void *writer = NULL;
	uint64_t size = 0;

	ck_ok(format->open(path, params, tree, &writer, &err));
	ck_ok(format->stream(writer, &source, NULL, &err));
	ck_ok(format->finish(writer, &size, &err));
	format->free(writer);
	ck_assert_uint_gt(size, 0);
}

START_TEST(rows_are_found_by_name)
{
	const struct ib_format *erofs = ib_format_find("erofs");

	ck_assert_ptr_nonnull(erofs);
	ck_assert_str_eq(erofs->suffix, ".root.erofs");
	ck_assert_ptr_null(ib_format_find("ext4"));
	ck_assert_ptr_null(ib_format_find(""));
}
END_TEST

START_TEST(compressions_are_checked)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_format *erofs = ib_format_find("erofs");

	ck_ok(ib_format_check(erofs, "none", &err));
	ck_ok(ib_format_check(erofs, "lz4", &err));
	ck_ok(ib_format_check(erofs, "lz4hc", &err));
	ck_ok(ib_format_check(erofs, "zstd", &err));
	ck_fails(ib_format_check(erofs, "gzip", &err), IB_INPUT, "erofs has no compression 'gzip'");
}
END_TEST

/* The row reaches the format with compression, level and UUID as they were given. */
START_TEST(row_writes_what_the_format_writes)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	struct ib_format_params params = {
		.compression = "lz4hc", .level = 5, .cluster_bytes = 16384, .build_time = BUILD_TIME
	};
	const struct ib_format_params packing = { .compression = "lz4hc", .pack_tails = true };
	const struct ib_format *erofs = ib_format_find("erofs");
	ib_autofree char *form = erofs->form(&params);
	ib_autofree char *packed = erofs->form(&packing);
	struct ib_erofs_info info;
	struct ib_region region = { 0 };
	ib_autoclose int fd = -1;

	ck_assert_ptr_nonnull(strstr(form, " lz4hc level 5 "));
	ck_assert_ptr_nonnull(strstr(form, " cluster 16384 "));
	ck_assert_ptr_null(strstr(form, " packed"));
	ck_assert_ptr_nonnull(strstr(packed, " packed"));
	memset(params.uuid, 0x5a, sizeof(params.uuid));
	write_through(erofs, &params, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_ok(ib_region_of_file(fd, path, &region, &err));
	ck_assert(ib_erofs_is_image(&region));
	ck_ok(ib_erofs_read_info(&region, &info, &err));
	ck_assert_mem_eq(info.uuid, params.uuid, sizeof(info.uuid));
	ck_assert_int_eq(info.build_time, BUILD_TIME);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("format");
	TCase *format = tcase_create("format");

	tcase_add_checked_fixture(format, test_dir_make, test_dir_remove);
	tcase_add_test(format, rows_are_found_by_name);
	tcase_add_test(format, compressions_are_checked);
	tcase_add_test(format, row_writes_what_the_format_writes);
	suite_add_tcase(suite, format);
	return suite;
}
