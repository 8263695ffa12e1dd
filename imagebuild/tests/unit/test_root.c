/* SPDX-License-Identifier: Apache-2.0 */
/* A real root against what rpm 4.18 laid down from the same packages. */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "centos_root.h"

#define ORACLE_FIELDS 10

/* Where the two may differ, and why. */
static const struct {
	const char *path;
	const char *why;
} known[] = {
	{ "/", "the list was made below the root and leaves it out" },
	{ "/var/lib/rpm", "rpm's own database was left out of the list" },
	{ "/var/lib/rpm-state", "the same" },
};

static bool is_known(const char *path)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(known); i++)
		if (!strcmp(known[i].path, path))
			return true;
	return false;
}

/* A node as a line of the oracle. */
static char *line_of(const struct ib_package *package, const struct ib_node *node)
{
	const struct ib_inode *inode = node->inode;
	ib_autofree char *path = ib_node_path(node);
	ib_autofree char *hex = NULL;
	const char *digest = "-";

	if (S_ISDIR(inode->mode))
		return ib_strf("%s\td\t%o\t%u\t%u\t0\t-\t-\t-\t-", path, inode->mode & 07777,
			       inode->uid, inode->gid);
	if (S_ISLNK(inode->mode))
		return ib_strf("%s\tl\t777\t%u\t%u\t0\t%" PRId64 "\t%s\t-\t-", path, inode->uid,
			       inode->gid, inode->mtime, inode->link);
	if (package && package->files[inode->file].digest) {
		hex = ib_hex(package->files[inode->file].digest, 32);
		digest = hex;
	} else if (!inode->size) {
		digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	}
	return ib_strf("%s\tf\t%o\t%u\t%u\t%" PRIu64 "\t%" PRId64 "\t%s\t%u\t-", path,
		       inode->mode & 07777, inode->uid, inode->gid, inode->size, inode->mtime,
		       digest, inode->link_count);
}

struct comparing {
	const struct centos_root *root;
	struct ib_map *oracle; /* path → line */
	size_t seen;
	size_t different;
};

static int compare_node(void *context, struct ib_node *node, struct ib_error *err)
{
	struct comparing *comparing = context;
	ib_autofree char *path = ib_node_path(node);
	const struct ib_package *package = NULL;
	const char *expected = ib_map_get(comparing->oracle, path);
	ib_autofree char *line = NULL;

	(void)err;
	if (node->inode->origin.kind == IB_ORIGIN_PACKAGE)
		package = ib_rpm_package(comparing->root->rpms[node->inode->package]);
	line = line_of(package, node);
	comparing->seen += expected != NULL;
	if (ib_str_equal(line, expected) || is_known(path))
		return 0;
	comparing->different++;
	printf("ours   %s\ntheirs %s\n", line, expected ? expected : "-");
	return 0;
}

START_TEST(the_root_equals_what_rpm_lays_down)
{
	struct ib_error err = IB_ERROR_INIT;
	struct centos_root root;
	IB_AUTO(ib_tree) tree = NULL;
	IB_AUTO(ib_map) oracle = ib_map_new();
	IB_AUTO_STRINGS(lines);
	struct comparing comparing = { &root, oracle, 0, 0 };
	ib_autofree char *text = NULL;
	size_t i = 0;

	if (!centos_open(&root))
		return;
	tree = centos_lay(&root, CENTOS_TIME, false);
	ck_ok(ib_file_read_text(test_shared_data("base/centos7/rootfs-tree.rpm418.tsv"), 16 << 20,
				&text, &err));
	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++) {
		ib_autofree char *path = ib_strndup(lines.items[i], strcspn(lines.items[i], "\t"));

		if (*path == '/')
			ib_map_set(oracle, path, lines.items[i]);
	}
	ck_ok(ib_tree_walk(tree, compare_node, &comparing, &err));
	for (i = 0; i < lines.count; i++) {
		ib_autofree char *path = ib_strndup(lines.items[i], strcspn(lines.items[i], "\t"));

		if (*path != '/' || ib_tree_find(tree, path) || is_known(path))
			continue;
		comparing.different++;
		printf("ours   -\ntheirs %s\n", lines.items[i]);
	}
	ck_assert_uint_eq(comparing.different, 0);
	ck_assert_uint_gt(comparing.seen, 5900);
	centos_close(&root);
}
END_TEST

START_TEST(the_order_of_packages_does_not_show)
{
	struct ib_error err = IB_ERROR_INIT;
	struct centos_root root;
	IB_AUTO(ib_tree) forwards = NULL;
	IB_AUTO(ib_tree) backwards = NULL;
	IB_AUTO_BUFFER(first, 16 << 20);
	IB_AUTO_BUFFER(second, 16 << 20);

	if (!centos_open(&root))
		return;
	forwards = centos_lay(&root, CENTOS_TIME, false);
	backwards = centos_lay(&root, CENTOS_TIME, true);
	ck_ok(ib_tree_write_listing(forwards, &first, &err));
	ck_ok(ib_tree_write_listing(backwards, &second, &err));
	ck_assert_str_eq(ib_buffer_text(&first), ib_buffer_text(&second));
	centos_close(&root);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("root");
	TCase *root = tcase_create("centos");

	tcase_set_timeout(root, 60);
	tcase_add_test(root, the_root_equals_what_rpm_lays_down);
	tcase_add_test(root, the_order_of_packages_does_not_show);
	suite_add_tcase(suite, root);
	return suite;
}
