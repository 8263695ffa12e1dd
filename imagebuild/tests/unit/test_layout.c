/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "centos_root.h"
#include "image/image.h"

START_TEST(large_packages_come_first_and_equal_powers_as_they_are_numbered)
{
	const uint64_t sizes[] = { 5, 0, 1000, 4, 1023, 512, 7, 1024 };
	const uint32_t order[] = { 7, 2, 4, 5, 0, 3, 6, 1 };
	const bool ends[] = { true, false, false, true, false, false, true, true };
	IB_AUTO(ib_layout) layout = ib_layout_new(sizes, IB_COUNT(sizes), 0);
	size_t i = 0;

	ck_assert_uint_eq(layout->count, IB_COUNT(sizes));
	for (i = 0; i < IB_COUNT(sizes); i++) {
		ck_assert_uint_eq(layout->order[i], order[i]);
		ck_assert_int_eq(layout->ends[i], ends[i]);
	}
}
END_TEST

START_TEST(a_package_that_grows_a_little_keeps_its_place)
{
	uint64_t sizes[] = { 700, 900, 100, 120, 5000 };
	IB_AUTO(ib_layout) before = ib_layout_new(sizes, IB_COUNT(sizes), 0);
	size_t i = 0;

	for (i = 0; i < IB_COUNT(sizes); i++) {
		uint64_t was = sizes[i];
		IB_AUTO(ib_layout) after = NULL;

		sizes[i] += sizes[i] / 20;
		after = ib_layout_new(sizes, IB_COUNT(sizes), 0);
		ck_assert_mem_eq(after->order, before->order, sizeof(uint32_t) * IB_COUNT(sizes));
		sizes[i] = was;
	}
}
END_TEST

START_TEST(without_slack_a_region_takes_what_it_takes)
{
	IB_AUTO(ib_layout) layout = ib_layout_new(NULL, 0, 0);

	ck_assert_uint_eq(ib_layout_padded(layout, 12345), 12345);
	ck_assert_uint_eq(ib_layout_padded(NULL, 12345), 12345);
}
END_TEST

/* Never more than asked for, and the same for neighbours: that is what it is for. */
START_TEST(slack_is_bounded_and_hides_growth)
{
	static const uint32_t percents[] = { 1, 2, 5, 13, IB_LAYOUT_MAX_SLACK };
	const uint32_t percent = percents[_i];
	IB_AUTO(ib_layout) layout = ib_layout_new(NULL, 0, percent);
	uint64_t blocks = 0;
	size_t changes = 0;

	for (blocks = 0; blocks < 20000; blocks++) {
		uint64_t padded = ib_layout_padded(layout, blocks);

		ck_assert_uint_ge(padded, blocks);
		ck_assert_uint_le((padded - blocks) * 100, blocks * percent);
		changes += padded != ib_layout_padded(layout, blocks + 1);
	}
	/* steps are at least half of what they may be: few sizes have a larger region than the one before */
	ck_assert_uint_le(changes, 1000);
	ck_assert_uint_eq(ib_layout_padded(layout, 0), 0);
}
END_TEST

START_TEST(nothing_overflows_at_the_largest_image)
{
	IB_AUTO(ib_layout) layout = ib_layout_new(NULL, 0, IB_LAYOUT_MAX_SLACK);

	ck_assert_uint_eq(ib_layout_padded(layout, UINT32_MAX), (uint64_t)1 << 32);
}
END_TEST

/* ---- a real root -------------------------------------------------------------- */

struct placing {
	const struct ib_region *image;
	struct ib_tree *tree;
	const struct centos_root *root;
	struct ib_tree *back;
	struct ib_map *seen; /* first blocks of contents of packages that came before */
};

/* The first block of any content that the package is the first to have; UINT64_MAX: it has none. */
static uint64_t find_first(const struct placing *placing, uint32_t package)
{
	const struct ib_package *of = ib_rpm_package(placing->root->rpms[package]);
	struct ib_error err = IB_ERROR_INIT;
	uint64_t first = UINT64_MAX;
	static char taken[] = "";
	size_t i = 0;

	for (i = 0; i < of->file_count; i++) {
		const struct ib_inode *inode =
			ib_tree_payload_inode(placing->tree, package, (uint32_t)i);
		const struct ib_node *node =
			inode && inode->size ? ib_tree_find_target(placing->back, of->files[i].path)
					     : NULL;
		ib_autofree char *key = NULL;
		uint64_t block = 0;
		uint64_t bytes = 0;

		if (!node || !S_ISREG(node->inode->mode))
			continue;
		ck_ok(ib_erofs_stored(placing->image, node->inode, &block, &bytes, &err));
		key = ib_strf("%llu", (unsigned long long)block);
		if (block && !ib_map_set(placing->seen, key, taken))
			first = IB_MIN(first, block);
	}
	return first;
}

static uint64_t write_laid(const struct centos_root *root, const char *path, uint32_t slack,
			   struct ib_layout **ret_layout, struct ib_tree **ret_tree)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree uint64_t *sizes = ib_alloc_array(root->count, sizeof(*sizes));
	IB_AUTO(ib_erofs_writer) writer = NULL;
	struct ib_erofs_params params = { .compression = IB_EROFS_LZ4, .build_time = CENTOS_TIME };
	uint64_t size = 0;
	size_t i = 0;

	for (i = 0; i < root->count; i++)
		sizes[i] = ib_rpm_package(root->rpms[i])->size;
	*ret_layout = ib_layout_new(sizes, root->count, slack);
	*ret_tree = centos_lay(root, CENTOS_TIME, false);
	params.layout = *ret_layout;
	ck_ok(ib_erofs_open(path, &params, *ret_tree, &writer, &err));
	ck_ok(ib_erofs_stream(writer, ib_rpm_source_content(root->source), NULL, &err));
	ck_ok(ib_erofs_finish(writer, &size, &err));
	return size;
}

/* The order of packages; in starts where regions begin, those alone that have blocks. */
static size_t check_places(const struct centos_root *root, const char *path,
			   const struct ib_layout *layout, struct ib_tree *tree,
			   uint64_t starts[64])
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	IB_AUTO(ib_map) map = ib_map_new();
	IB_AUTO(ib_tree) back = NULL;
	struct ib_region image;
	struct placing placing = { &image, tree, root, NULL, map };
	bool begins = true;
	uint64_t last = 0;
	size_t regions = 0;
	size_t found = 0;
	size_t i = 0;

	ck_ok(ib_region_of_file(fd, path, &image, &err));
	ck_ok(ib_erofs_read_tree(&image, NULL, &back, &err));
	placing.back = back;
	for (i = 0; i < root->count; i++) {
		uint64_t first = find_first(&placing, layout->order[i]);

		if (first != UINT64_MAX) {
			ck_assert_uint_gt(first, last);
			last = first;
			found++;
			if (begins)
				starts[regions++] = first;
			begins = false;
		}
		begins |= layout->ends[i];
	}
	ck_assert_uint_gt(found, 50);
	return regions;
}

START_TEST(packages_lie_as_the_layout_says_and_slack_is_the_only_difference)
{
	struct centos_root root;
	IB_AUTO(ib_layout) layout = NULL;
	ib_autofree char *tight = ib_path_join(test_dir, "tight");
	ib_autofree char *loose = ib_path_join(test_dir, "loose");
	const char *const paths[] = { tight, loose };
	const uint32_t slack[] = { 0, 10 };
	uint64_t sizes[2] = { 0 };
	uint64_t starts[2][64];
	size_t regions[2] = { 0 };
	size_t i = 0;

	if (!centos_open(&root))
		return;
	for (i = 0; i < 2; i++) {
		IB_AUTO(ib_tree) tree = NULL;

		ib_layout_free(layout);
		sizes[i] = write_laid(&root, paths[i], slack[i], &layout, &tree);
		regions[i] = check_places(&root, paths[i], layout, tree, starts[i]);
	}
	ck_assert_uint_eq(regions[1], regions[0]);
	ck_assert_uint_gt(regions[0], 5);
	for (i = 1; i < regions[0]; i++)
		ck_assert_uint_eq(starts[1][i] - starts[1][i - 1],
				  ib_layout_padded(layout, starts[0][i] - starts[0][i - 1]));
	ck_assert_uint_gt(sizes[1], sizes[0] + sizes[0] / 100);
	ck_assert_uint_le(sizes[1], sizes[0] + sizes[0] / 10);
	centos_close(&root);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("layout");
	TCase *tcase = tcase_create("layout");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, large_packages_come_first_and_equal_powers_as_they_are_numbered);
	tcase_add_test(tcase, a_package_that_grows_a_little_keeps_its_place);
	tcase_add_test(tcase, without_slack_a_region_takes_what_it_takes);
	tcase_add_loop_test(tcase, slack_is_bounded_and_hides_growth, 0, 5);
	tcase_add_test(tcase, nothing_overflows_at_the_largest_image);
	tcase_add_test(tcase, packages_lie_as_the_layout_says_and_slack_is_the_only_difference);
	suite_add_tcase(suite, tcase);
	return suite;
}
