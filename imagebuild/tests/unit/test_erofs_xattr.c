/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of many inodes: more metadata than is written at one go. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/image.h"
#include "test.h"

#define FILES 12000
#define LARGE 30000 /* bytes of every hundredth content, which are compressed */

static void fill(struct ib_tree *tree)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *text = ib_alloc(LARGE);
	struct ib_node *node = NULL;
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < FILES; i++) {
		ib_autofree char *path = ib_strf("/d/%05zu", i);
		ib_autofree char *label = ib_strf("u:object_r:type_%zu_t:s0", i);
		struct ib_tree_entry entry = { .path = path,
					       .mode = S_IFREG | 0644,
					       .data = text,
					       .size = i % 100 ? i % 7 + 1 : LARGE };

		for (n = 0; n < entry.size; n++)
			text[n] = (char)('a' + (i + n * n / 97) % 20);
		ck_ok(ib_tree_put(tree, &entry, &node, &err));
		ib_inode_set_xattr(tree, node->inode, "security.selinux", label, strlen(label) + 1);
	}
	ib_tree_finish(tree);
}

START_TEST(every_label_comes_back_however_much_metadata_there_is)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(1700000000);
	IB_AUTO(ib_tree) back = NULL;
	IB_AUTO(ib_erofs_writer) writer = NULL;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	const struct ib_erofs_params params = { .compression = IB_EROFS_LZ4, .threads = 1 };
	ib_autoclose int fd = -1;
	IB_AUTO_BUFFER(listing, 16 << 20);
	IB_AUTO_BUFFER(expected, 16 << 20);
	struct ib_region image;
	uint64_t size = 0;

	fill(tree);
	ck_ok(ib_erofs_open(path, &params, tree, &writer, &err));
	ck_ok(ib_erofs_finish(writer, &size, &err));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_ok(ib_region_of_file(fd, path, &image, &err));
	ck_ok(ib_erofs_read_tree(&image, NULL, &back, &err));
	/* digests of contents, which stand behind the attributes, and all attributes */
	ck_ok(ib_tree_write_listing(tree, &expected, &err));
	ck_ok(ib_tree_write_listing(back, &listing, &err));
	ck_assert_str_eq(ib_buffer_text(&listing), ib_buffer_text(&expected));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("erofs_xattr");
	TCase *many = tcase_create("many");

	tcase_set_timeout(many, 60);
	tcase_add_checked_fixture(many, test_dir_make, test_dir_remove);
	tcase_add_test(many, every_label_comes_back_however_much_metadata_there_is);
	suite_add_tcase(suite, many);
	return suite;
}
