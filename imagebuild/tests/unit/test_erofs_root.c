/* SPDX-License-Identifier: Apache-2.0 */
/* A real root as an image: the same bytes for any number of threads, read back as it was. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "centos_root.h"
#include "image/image.h"

static void write_image(const struct centos_root *root, const char *path,
			const struct ib_erofs_params *params, struct ib_tree *tree)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_erofs_writer) writer = NULL;
	uint64_t size = 0;

	ck_ok(ib_erofs_open(path, params, tree, &writer, &err));
	ck_ok(ib_erofs_stream(writer, ib_rpm_source_content(root->source), NULL, &err));
	ck_ok(ib_erofs_finish(writer, &size, &err));
}

static char *listing_without_origins(const struct ib_tree *tree)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(out, 16 << 20);
	IB_AUTO_BUFFER(kept, 16 << 20);
	const char *line = NULL;

	ck_ok(ib_tree_write_listing(tree, &out, &err));
	for (line = ib_buffer_text(&out); *line; line += strcspn(line, "\n") + 1) {
		size_t size = strcspn(line, "\n");

		while (line[size] != '\t')
			size--;
		ib_buffer_put(&kept, line, size);
		ib_buffer_puts(&kept, "\n");
	}
	return ib_buffer_take_text(&kept);
}

START_TEST(what_is_read_back_is_the_tree)
{
	struct ib_error err = IB_ERROR_INIT;
	struct centos_root root;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	const struct ib_erofs_params params = { .compression = IB_EROFS_LZ4,
						.build_time = CENTOS_TIME };
	IB_AUTO(ib_tree) tree = NULL;
	IB_AUTO(ib_tree) back = NULL;
	ib_autofree char *expected = NULL;
	ib_autofree char *found = NULL;
	ib_autoclose int fd = -1;
	struct ib_region image;

	if (!centos_open(&root))
		return;
	tree = centos_lay(&root, CENTOS_TIME, false);
	write_image(&root, path, &params, tree);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_ok(ib_region_of_file(fd, path, &image, &err));
	ck_ok(ib_erofs_read_tree(&image, NULL, &back, &err));
	expected = listing_without_origins(tree);
	found = listing_without_origins(back);
	ck_assert(!strcmp(found, expected)); /* too long to be printed */
	centos_close(&root);
}
END_TEST

START_TEST(threads_and_time_do_not_show)
{
	struct centos_root root;
	const size_t threads[] = { 1, 2, 7 };
	ib_autofree char *first = ib_path_join(test_dir, "0");
	size_t i = 0;

	if (!centos_open(&root))
		return;
	for (i = 0; i < IB_COUNT(threads); i++) {
		IB_AUTO(ib_tree) tree = centos_lay(&root, CENTOS_TIME, i);
		const struct ib_erofs_params params = { .compression = IB_EROFS_LZ4HC,
							.build_time = CENTOS_TIME,
							.threads = threads[i] };
		ib_autofree char *path = ib_strf("%s/%zu", test_dir, i);
		ib_autofree char *command = ib_strf("cmp %s %s", first, path);

		write_image(&root, path, &params, tree);
		ck_assert_int_eq(system(command), 0);
	}
	centos_close(&root);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("erofs_root");
	TCase *root = tcase_create("centos");

	tcase_set_timeout(root, 120);
	tcase_add_checked_fixture(root, test_dir_make, test_dir_remove);
	tcase_add_test(root, what_is_read_back_is_the_tree);
	tcase_add_test(root, threads_and_time_do_not_show);
	suite_add_tcase(suite, root);
	return suite;
}
