/* SPDX-License-Identifier: Apache-2.0 */
/* SELinux labels on a small tree, and what is kept of them between runs. */
#include "state_folder.h"

#define POLICY "/etc/selinux/sample/contexts/files"

static struct ib_tree *tree;
static struct ib_map *store; /* key → struct ib_buffer, as ib_label_cache has it */
static size_t kept;
static struct ib_buffer buffers[8];

static void put_file(const char *path, const char *text)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_tree_entry entry = { .path = path,
					     .mode = S_IFREG | 0644,
					     .data = text,
					     .size = strlen(text),
					     .origin = { IB_ORIGIN_OVERLAY, "sample" } };

	ck_ok(ib_tree_put(tree, &entry, NULL, &err));
}

static void fill(void)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_tree_entry link = { .path = "/lib",
					    .mode = S_IFLNK | 0777,
					    .link = "usr/lib",
					    .origin = { IB_ORIGIN_OVERLAY, "sample" } };

	put_file("/etc/selinux/config",
		 "# SELINUXTYPE=other\nSELINUX=enforcing\nSELINUXTYPE=sample\n");
	put_file(POLICY "/file_contexts", "/.*\tu:r:default_t\n"
					  "/\t-d\tu:r:root_t\n"
					  "/etc(/.*)?\tu:r:etc_t\n"
					  "/etc/shadow\t--\tu:r:shadow_t\n"
					  "/lib(/.*)?\tu:r:lib_t\n"
					  "/lib\t-l\tu:r:link_t\n"
					  "/run/.*\t<<none>>\n");
	put_file(POLICY "/file_contexts.subs_dist", "/usr/lib /lib\n");
	put_file(POLICY "/file_contexts.homedirs", "/home/[^/]+\t-d\tu:r:home_t\n");
	put_file("/etc/shadow", "");
	put_file("/usr/lib/libc.so", "x");
	put_file("/run/x", "x");
	put_file("/home/core/file", "x");
	ck_ok(ib_tree_put(tree, &link, NULL, &err));
}

static void set_up(void)
{
	test_dir_make();
	tree = ib_tree_new(TEST_TIME);
	store = ib_map_new();
	kept = 0;
	fill();
}

static void tear_down(void)
{
	size_t i = 0;

	for (i = 0; i < kept; i++)
		ib_buffer_done(&buffers[i]);
	ib_map_free(store);
	ib_tree_free(tree);
	test_dir_remove();
}

static bool get(void *context, const char *key, struct ib_buffer *ret_data)
{
	const struct ib_buffer *found = ib_map_get(store, key);

	(void)context;
	if (found)
		ib_buffer_put(ret_data, found->data, found->size);
	return found != NULL;
}

static int put(void *context, const char *key, const void *data, size_t size, struct ib_error *err)
{
	(void)context;
	(void)err;
	ck_assert_uint_lt(kept, IB_COUNT(buffers));
	buffers[kept] = IB_BUFFER_INIT(1 << 20);
	ib_buffer_put(&buffers[kept], data, size);
	ib_map_set(store, key, &buffers[kept]);
	kept++;
	return 0;
}

static int label(enum ib_labels labels, size_t *ret_count, struct ib_error *err)
{
	const struct ib_state_plan plan = { 0 };
	const struct ib_label_cache cache = { NULL, get, put };
	const struct ib_label_request request = { .labels = labels,
						  .temporary = test_dir,
						  .cache = &cache };

	return ib_state_label(tree, &plan, &request, ret_count, err);
}

/* NULL: none. With the NUL that the kernel keeps. */
static const char *label_of(const char *path)
{
	const struct ib_node *node = ib_tree_find(tree, path);
	const struct ib_xattr *xattr = NULL;

	ck_assert_msg(node != NULL, "no %s", path);
	if (!node->inode->xattr_count)
		return NULL;
	xattr = &node->inode->xattrs[0];
	ck_assert_str_eq(xattr->name, "security.selinux");
	ck_assert_uint_eq(strlen(xattr->value) + 1, xattr->size);
	return xattr->value;
}

START_TEST(every_path_gets_the_label_of_its_first_name_and_type)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_node *shadow = ib_tree_find(tree, "/etc/shadow");
	size_t count = 0;

	ib_tree_add_name(tree, ib_tree_find(tree, "/home/core"), "shadow", shadow->inode, 0);
	ck_ok(label(IB_LABELS_AUTOMATIC, &count, &err));
	ck_assert_str_eq(label_of("/"), "u:r:root_t");
	ck_assert_str_eq(label_of("/etc"), "u:r:etc_t");
	ck_assert_str_eq(label_of("/etc/shadow"), "u:r:shadow_t");
	ck_assert_str_eq(label_of("/home/core/shadow"), "u:r:shadow_t");
	ck_assert_str_eq(label_of("/lib"), "u:r:link_t");
	ck_assert_str_eq(label_of("/usr/lib/libc.so"), "u:r:lib_t"); /* through subs_dist */
	ck_assert_str_eq(label_of("/home/core"), "u:r:home_t");
	ck_assert_str_eq(label_of("/home/core/file"), "u:r:default_t");
	ck_assert_str_eq(label_of("/run"), "u:r:default_t");
	ck_assert_ptr_null(label_of("/run/x")); /* <<none>> */
	ck_assert_uint_eq(count, ib_tree_path_count(tree) - 2);
}
END_TEST

START_TEST(what_was_looked_up_is_kept_by_the_digest_of_the_contexts)
{
	struct ib_error err = IB_ERROR_INIT;
	size_t at = 0;

	ck_ok(label(IB_LABELS_AUTOMATIC, NULL, &err));
	ck_assert_uint_eq(kept, 1);
	/* believed: what is kept now says another label */
	for (at = 0; at + 8 < buffers[0].size; at++)
		if (!memcmp(buffers[0].data + at, "shadow_t", 8))
			memcpy(buffers[0].data + at, "SHADOW_t", 8);
	ib_tree_free(tree);
	tree = ib_tree_new(TEST_TIME);
	fill();
	ck_ok(label(IB_LABELS_AUTOMATIC, NULL, &err));
	ck_assert_str_eq(label_of("/etc/shadow"), "u:r:SHADOW_t");
	ck_assert_uint_eq(kept, 1);
	/* not believed under other contexts */
	put_file(POLICY "/file_contexts.local", "/etc/group\tu:r:group_t\n");
	ib_tree_find(tree, "/etc/shadow")->inode->xattr_count = 0;
	ck_ok(label(IB_LABELS_AUTOMATIC, NULL, &err));
	ck_assert_str_eq(label_of("/etc/shadow"), "u:r:shadow_t");
	ck_assert_uint_eq(kept, 2);
}
END_TEST

START_TEST(an_image_without_a_policy_stays_without_labels_unless_it_must_have_them)
{
	struct ib_error err = IB_ERROR_INIT;
	size_t count = 1;

	ck_ok(label(IB_LABELS_OFF, &count, &err));
	ck_assert_uint_eq(count, 0);
	put_file("/etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=sample\n");
	ck_ok(label(IB_LABELS_AUTOMATIC, &count, &err));
	ck_assert_uint_eq(count, 0);
	put_file("/etc/selinux/config", "SELINUXTYPE=missing\n");
	ck_ok(label(IB_LABELS_AUTOMATIC, &count, &err));
	ck_assert_uint_eq(count, 0);
	ck_assert_ptr_null(label_of("/etc"));
	ck_fails(label(IB_LABELS_REQUIRED, &count, &err), IB_INPUT,
		 "the image has no SELinux policy: "
		 "'/etc/selinux/missing/contexts/files/file_contexts' is not there");
	put_file("/etc/selinux/config", "SELINUXTYPE=../sample\n");
	ck_fails(label(IB_LABELS_AUTOMATIC, &count, &err), IB_INPUT,
		 "names the SELinux policy '../sample'");
}
END_TEST

START_TEST(contexts_that_cannot_be_read_are_named)
{
	struct ib_error err = IB_ERROR_INIT;

	put_file(POLICY "/file_contexts", "/etc/(.*\tu:r:etc_t\n");
	ck_fails(label(IB_LABELS_AUTOMATIC, NULL, &err), IB_FAILED, POLICY "/file_contexts'");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("labels");
	TCase *labels = tcase_create("labels");

	tcase_add_checked_fixture(labels, set_up, tear_down);
	tcase_add_test(labels, every_path_gets_the_label_of_its_first_name_and_type);
	tcase_add_test(labels, what_was_looked_up_is_kept_by_the_digest_of_the_contexts);
	tcase_add_test(labels,
		       an_image_without_a_policy_stays_without_labels_unless_it_must_have_them);
	tcase_add_test(labels, contexts_that_cannot_be_read_are_named);
	suite_add_tcase(suite, labels);
	return suite;
}
