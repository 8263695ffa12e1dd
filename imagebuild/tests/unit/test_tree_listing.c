/* SPDX-License-Identifier: Apache-2.0 */
/* Listings of trees, and overlays, which are read into them. */
#include "tree_packages.h"

/* ---- listings ---- */

START_TEST(a_listing_is_read_back_as_it_was_written)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	IB_AUTO(ib_tree) again = NULL;
	const struct ib_package_file files[] = {
		REGULAR("/a\tb\\c\xff", .inode = 3, .link_count = 2),
		REGULAR("/b b", .inode = 3, .link_count = 2),
		LINK("/l", "\xc3\xa4\n"),
		FOLDER("/d", .mode = S_IFDIR | 01777),
		{ .path = "/d/null", .mode = S_IFCHR | 0666, .rdev = 0x103 },
		{ .path = "/d/p", .mode = S_IFIFO | 0600 },
		REGULAR("/d/caps", .mode = S_IFREG | 04755, .capabilities = "cap_chown=ep"),
		REGULAR("/d/empty", .size = 0),
	};
	struct ib_package package = PACKAGE("p", files);
	struct ib_tree_entry entry = { .path = "/buffer",
				       .mode = FILE_MODE,
				       .data = "abc",
				       .size = 3,
				       .origin = { IB_ORIGIN_OVERLAY, "over" } };
	struct ib_node *node = NULL;
	ib_autofree char *listing = NULL;
	ib_autofree char *second = NULL;

	lay(tree, 0, &package);
	ck_ok(ib_tree_put(tree, &entry, &node, &err));
	ib_inode_set_xattr(tree, node->inode, "user.b", "2", 1);
	ib_inode_set_xattr(tree, node->inode, "user.a,=", "", 0);
	ib_inode_set_xattr(tree, node->inode, "user.b", "3", 1);
	ib_tree_finish(tree);
	listing = listing_of(tree);
	ck_assert_ptr_nonnull(strstr(listing,
				     "\n/buffer\tf\t0644\t0\t0\t3\t100\t1\tba7816bf8f01cfea414140de"
				     "5dae2223b00361a396177a9cb410ff61f20015ad\t"
				     "user.a\\x2c\\x3d=,user.b=33\toverlay:over\n"));
	ck_assert_ptr_nonnull(strstr(listing, "\n/a\\x09b\\x5cc\\xff\tf\t"));
	ck_assert_ptr_nonnull(strstr(listing, "\n/d/null\tc\t0666\troot\troot\t0\t0\t1\t1:3\t"));
	ck_ok(ib_tree_read_listing(listing, &again, &err));
	second = listing_of(again);
	ck_assert_str_eq(second, listing);
	ck_assert_uint_eq(ib_tree_path_count(again), ib_tree_path_count(tree));
}
END_TEST

START_TEST(a_listing_beyond_the_buffer_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	IB_AUTO_BUFFER(out, 64);

	ck_fails(ib_tree_write_listing(tree, &out, &err), IB_LIMIT, "larger than 64 bytes");
}
END_TEST

#define ROOT_LINE "/\td\t0755\t0\t0\t0\t0\t2\t-\t-\t-\n"

static const struct {
	const char *text;
	const char *words;
} bad_listings[] = {
	{ "", "the listing is empty" },
	{ "/\td\n", "line 1: expected 11 fields" },
	{ ROOT_LINE "/x\tf\t0644\t0\t0\t0\t0\t1\t-\t-\t-\tmore\n", "line 2: expected 11 fields" },
	{ ROOT_LINE ROOT_LINE, "line 2: 'd' is not the type of '/' in the first line" },
	{ "/\tf\t0644\t0\t0\t0\t0\t1\t-\t-\t-\n", "is not the type of '/'" },
	{ ROOT_LINE "/x\tq\t0644\t0\t0\t0\t0\t1\t-\t-\t-\n", "'q' is not one of f, d" },
	{ ROOT_LINE "/x\tf\t0948\t0\t0\t0\t0\t1\t-\t-\t-\n", "'0948' is not an octal mode" },
	{ ROOT_LINE "/x\tf\t0644\t9999999999\t0\t0\t0\t1\t-\t-\t-\n", "a number that fits" },
	{ ROOT_LINE "/x\tf\t0644\t0\t0\t0\tnow\t1\t-\t-\t-\n", "a time in seconds" },
	{ ROOT_LINE "/x\tf\t0644\t0\t0\t5\t0\t1\tabc\t-\t-\n", "a SHA-256 digest" },
	{ ROOT_LINE "/x\tl\t0777\t0\t0\t0\t0\t1\t\t-\t-\n", "a link's target" },
	{ ROOT_LINE "/x\tc\t0777\t0\t0\t0\t0\t1\t3\t-\t-\n", "MAJOR:MINOR" },
	{ ROOT_LINE "/x\tf\t0644\t0\t0\t0\t0\t1\t-\tfoo\t-\n", "NAME=HEX" },
	{ ROOT_LINE "/x\tf\t0644\t0\t0\t0\t0\t1\t-\t-\tnobody\n", "KIND:NAME" },
	{ ROOT_LINE "/x\\y\tf\t0644\t0\t0\t0\t0\t1\t-\t-\t-\n", "a backslash without xHH" },
	{ ROOT_LINE "/x\\x00\tf\t0644\t0\t0\t0\t0\t1\t-\t-\t-\n", "a backslash without xHH" },
	{ ROOT_LINE "/x/y\tf\t0644\t0\t0\t0\t0\t1\t-\t-\t-\n",
	  "below a directory that was listed" },
	{ ROOT_LINE "/../y\tf\t0644\t0\t0\t0\t0\t1\t-\t-\t-\n", "an absolute path" },
	{ ROOT_LINE "/x\th\t0644\t0\t0\t0\t0\t1\t/y\t-\t-\n", "a file that was listed before" },
	{ ROOT_LINE "/x\th\t0644\t0\t0\t0\t0\t1\t/\t-\t-\n", "a file that was listed before" },
	{ ROOT_LINE "/x\tp\t0644\t0\t0\t0\t0\t1\t-\t-\t-\n/x\tp\t0644\t0\t0\t0\t0\t1\t-\t-\t-\n",
	  "line 3: '/x' is not listed for the first time" },
};

START_TEST(a_listing_that_is_wrong_is_refused_with_its_line)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_tree *tree = NULL;

	ck_fails(ib_tree_read_listing(bad_listings[_i].text, &tree, &err), IB_INPUT,
		 bad_listings[_i].words);
	ck_assert_ptr_null(tree);
}
END_TEST

/* ---- overlays ---- */

static char *overlay_folder(void)
{
	char *folder = ib_path_join(test_dir, "overlay");
	ib_autofree char *inner = ib_path_join(folder, "etc/ssh");
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_file_make_directory(inner, 0700, &err));
	return folder;
}

static void overlay_file(const char *name, const char *content, unsigned mode)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_strf("%s/overlay/%s", test_dir, name);

	ck_ok(ib_file_write(path, content, strlen(content), mode, &err));
}

START_TEST(an_overlay_counts_by_name_content_and_executable_bit)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	IB_AUTO(ib_tree) again = ib_tree_new(100);
	const struct ib_package_file files[] = { FOLDER("/etc", .mode = S_IFDIR | 0711),
						 REGULAR("/etc/motd") };
	struct ib_package package = PACKAGE("p", files);
	ib_autofree char *folder = overlay_folder();
	ib_autofree char *table = NULL;
	ib_autofree char *link = ib_path_join(folder, "etc/link");
	ib_autofree char *listing = NULL;
	uint8_t first[32];
	uint8_t second[32];

	overlay_file("etc/motd", "hello\n", 0664);
	overlay_file("run", "#!/bin/sh\n", 0700);
	overlay_file("etc/ssh/key", "k", 0644);
	ck_assert_int_eq(symlink("../etc/motd", link), 0);
	test_file("table",
		  "# path mode user group\n\n/etc/ssh/key 0640 root\tssh\n/var/lib/x/ 1770 x x\n",
		  &table);
	lay(tree, 0, &package);
	ck_ok(ib_tree_add_overlay(tree, "over", folder, table, first, &err));
	ib_tree_finish(tree);
	listing = listing_of(tree);
	ck_assert_str_eq(
		listing,
		"/\td\t0755\t0\t0\t0\t100\t4\t-\t-\t-\n"
		"/etc\td\t0711\troot\troot\t0\t0\t3\t-\t-\tpackage:p\n"
		"/etc/link\tl\t0777\troot\troot\t11\t100\t1\t../etc/motd\t-\toverlay:over\n"
		"/etc/motd\tf\t0644\troot\troot\t6\t100\t1\t5891b5b522d5df086d0ff0b110fbd9d21bb4fc71"
		"63af34d08286a2e846f6be03\t-\toverlay:over\n"
		"/etc/ssh\td\t0755\troot\troot\t0\t100\t2\t-\t-\toverlay:over\n"
		"/etc/ssh/key\tf\t0640\troot\tssh\t1\t100\t1\t8254c329a92850f6d539dd376f4816ee2764517d"
		"a5e0235514af433164480d7a\t-\toverlay:over\n"
		"/run\tf\t0755\troot\troot\t10\t100\t1\ta8076d3d28d21e02012b20eaf7dbf75409a6277134439025"
		"f282e368e3305abf\t-\toverlay:over\n"
		"/var\td\t0755\t0\t0\t0\t100\t3\t-\t-\t-\n"
		"/var/lib\td\t0755\t0\t0\t0\t100\t3\t-\t-\t-\n"
		"/var/lib/x\td\t1770\tx\tx\t0\t100\t2\t-\t-\toverlay:over\n");

	/* another checkout: other modes and times, the same digest; then another bit */
	overlay_file("etc/motd", "hello\n", 0600);
	ck_ok(ib_tree_add_overlay(again, "over", folder, table, second, &err));
	ck_assert_mem_eq(first, second, 32);
	overlay_file("etc/motd", "hello\n", 0700);
	ck_ok(ib_tree_add_overlay(again, "over", folder, table, second, &err));
	ck_assert_mem_ne(first, second, 32);
	overlay_file("etc/motd", "hellO\n", 0600);
	ck_ok(ib_tree_add_overlay(again, "over", folder, table, second, &err));
	ck_assert_mem_ne(first, second, 32);
}
END_TEST

static const struct {
	const char *link;
	const char *table;
	const char *words;
} overlay_refusals[] = {
	{ "../../x", NULL, "overlay 'over': symbolic link '/etc/l' leads out of the overlay" },
	{ "a/../../../x", NULL, "leads out of the overlay" },
	{ NULL, "/etc 755 root\n", "table:1: expected PATH MODE USER GROUP" },
	{ NULL, "\n/etc 888 root root\n", "table:2: '888' is not an octal mode" },
	{ NULL, "/etc 10000 root root\n", "'10000' is not an octal mode" },
	{ NULL, "/etc 755 root root\n/etc/ 755 root root\n",
	  "table:2: '/etc' stands in the table twice" },
	{ NULL, "/not/there 755 root root\n", "table:1: '/not/there' is not in the overlay" },
	{ NULL, "\n/etc/motd 755 root root cap_fly=ep\n",
	  "table:2: unrecognized capabilities 'cap_fly=ep'" },
	{ NULL, "/etc/motd 755 root root cap_chown=ep cap_kill=p\n", "effective for some only" },
	{ NULL, "/etc 755 root root cap_chown=ep\n",
	  "table:1: '/etc' is no file, and has no capabilities" },
	{ NULL, "/new/ 755 root root cap_chown=ep\n",
	  "table:1: '/new' is no file, and has no capabilities" },
	{ NULL, "etc 755 root root\n", "table:1: 'etc' is no path from the root of the image" },
	{ "fifo", NULL, "'/etc/l' is neither file, directory nor symbolic link" },
};

START_TEST(an_overlay_that_leads_out_or_does_not_fit_its_table_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	ib_autofree char *folder = overlay_folder();
	ib_autofree char *link = ib_path_join(folder, "etc/l");
	ib_autofree char *table = NULL;
	const char *target = overlay_refusals[_i].link;
	uint8_t digest[32];

	if (target && !strcmp(target, "fifo"))
		ck_assert_int_eq(mkfifo(link, 0600), 0);
	else if (target)
		ck_assert_int_eq(symlink(target, link), 0);
	if (overlay_refusals[_i].table)
		test_file("table", overlay_refusals[_i].table, &table);
	ck_fails(ib_tree_add_overlay(tree, "over", folder, table, digest, &err), IB_INPUT,
		 overlay_refusals[_i].words);
}
END_TEST

/* The bytes are those that setcap(8) writes: linux/capability.h, struct vfs_cap_data. */
START_TEST(a_table_gives_capabilities)
{
	static const uint8_t expected[20] = { 1, 0, 0, 2, 0, 0x24 };
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	ib_autofree char *folder = overlay_folder();
	ib_autofree char *table = NULL;
	const struct ib_inode *inode = NULL;
	uint8_t plain[32];
	uint8_t first[32];
	uint8_t second[32];

	overlay_file("etc/motd", "hello\n", 0600);
	test_file("table", "/etc/motd 0755 root root\n", &table);
	ck_ok(ib_tree_add_overlay(tree, "over", folder, table, plain, &err));
	ib_free(ib_take(table));
	test_file(
		"table",
		"/etc/motd 0755 root root cap_net_raw=p cap_net_bind_service+p cap_net_raw,cap_net_bind_service+e\n",
		&table);
	ck_ok(ib_tree_add_overlay(tree, "over", folder, table, first, &err));
	inode = ib_tree_find(tree, "/etc/motd")->inode;
	ck_assert_uint_eq(inode->xattr_count, 1);
	ck_assert_str_eq(inode->xattrs[0].name, "security.capability");
	ck_assert_uint_eq(inode->xattrs[0].size, 20);
	ck_assert_mem_eq(inode->xattrs[0].value, expected, 20);
	/* the same ones written otherwise are the same overlay, none or others are another */
	ib_free(ib_take(table));
	test_file("table", "/etc/motd 0755 root root\tcap_net_bind_service,cap_net_raw=ep\n",
		  &table);
	ck_ok(ib_tree_add_overlay(tree, "over", folder, table, second, &err));
	ck_assert_mem_eq(first, second, 32);
	ck_assert_mem_ne(first, plain, 32);
	ib_free(ib_take(table));
	test_file("table", "/etc/motd 0755 root root cap_net_raw=ep\n", &table);
	ck_ok(ib_tree_add_overlay(tree, "over", folder, table, second, &err));
	ck_assert_mem_ne(first, second, 32);
}
END_TEST

START_TEST(a_file_of_an_overlay_takes_no_folders_place)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	ib_autofree char *folder = overlay_folder();
	const struct ib_origin origin = { IB_ORIGIN_GENERATOR, "test" };
	const struct ib_tree_entry usr = { .path = "/usr/bin",
					   .mode = S_IFDIR | 0755,
					   .origin = origin };
	const struct ib_tree_entry bin = {
		.path = "/bin", .mode = S_IFLNK | 0777, .link = "usr/bin", .origin = origin
	};
	uint8_t digest[32];

	ck_ok(ib_tree_put(tree, &usr, NULL, &err));
	ck_ok(ib_tree_put(tree, &bin, NULL, &err));
	overlay_file("bin", "by mistake\n", 0644);
	ck_fails(ib_tree_add_overlay(tree, "over", folder, NULL, digest, &err), IB_INPUT,
		 "the overlay has a file '/bin' where a folder is");
	ck_assert(S_ISLNK(ib_tree_find(tree, "/bin")->inode->mode));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("tree_listing");
	TCase *tcase = tcase_create("tree_listing");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, a_listing_is_read_back_as_it_was_written);
	tcase_add_test(tcase, a_listing_beyond_the_buffer_is_refused);
	tcase_add_loop_test(tcase, a_listing_that_is_wrong_is_refused_with_its_line, 0,
			    (int)IB_COUNT(bad_listings));
	tcase_add_test(tcase, an_overlay_counts_by_name_content_and_executable_bit);
	tcase_add_loop_test(tcase, an_overlay_that_leads_out_or_does_not_fit_its_table_is_refused,
			    0, (int)IB_COUNT(overlay_refusals));
	tcase_add_test(tcase, a_table_gives_capabilities);
	tcase_add_test(tcase, a_file_of_an_overlay_takes_no_folders_place);
	suite_add_tcase(suite, tcase);
	return suite;
}
