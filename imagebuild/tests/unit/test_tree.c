/* SPDX-License-Identifier: Apache-2.0 */
#include "tree_packages.h"

/* ---- packages ---- */

START_TEST(parents_are_made_and_files_belong_to_their_package)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	const struct ib_package_file files[] = { REGULAR("/usr/share/x") };
	struct ib_package package = PACKAGE("a-1-1.x86_64", files);
	const struct ib_node *node = NULL;

	lay(tree, 0, &package);
	node = ib_tree_find(tree, "/usr/share/x");
	ck_assert_ptr_nonnull(node);
	ck_assert_str_eq(node->inode->origin.name, "a-1-1.x86_64");
	ck_assert_int_eq(node->inode->content, IB_CONTENT_PAYLOAD);
	ck_assert_ptr_eq(ib_tree_payload_inode(tree, 0, 0), node->inode);
	ck_assert_int_eq(node->parent->inode->origin.kind, IB_ORIGIN_NONE);
	ck_assert_int_eq(node->parent->inode->mtime, 100);
	ck_assert_uint_eq(ib_tree_path_count(tree), 4);
	ck_assert_ptr_null(ib_tree_find(tree, "/usr/share/x/y"));
	ck_assert_ptr_null(ib_tree_find(tree, "/usr/y"));
}
END_TEST

/*
 * One package makes the links, others lay files through them, one of them lists
 * a directory below. Whatever the order of all four: one result.
 */
START_TEST(aliased_directories_come_out_the_same_in_every_order)
{
	const struct ib_package_file link_files[] = {
		LINK("/lib", "usr/lib"),
		LINK("/lib64", "/usr/lib64"),
		LINK("/usr/lib64", "lib"),
	};
	const struct ib_package_file lib_files[] = {
		FOLDER("/lib64/security", .mode = S_IFDIR | 0750),
		REGULAR("/lib64/security/pam.so"),
		REGULAR("/lib/libc.so"),
	};
	const struct ib_package_file other_files[] = {
		REGULAR("/usr/lib/security/pam.so"),
		FOLDER("/usr/lib/security", .mode = S_IFDIR | 0750),
		LINK("/lib64/libc.so.6", "libc.so"),
	};
	const struct ib_package_file more_files[] = { REGULAR("/usr/lib64/deep/er/x") };
	const struct ib_package packages[] = {
		PACKAGE("links", link_files),
		PACKAGE("lib", lib_files),
		PACKAGE("other", other_files),
		PACKAGE("more", more_files),
	};
	ib_autofree char *expected = NULL;
	unsigned order = 0;

	for (order = 0; order < 256; order++) {
		IB_AUTO(ib_tree) tree = NULL;
		unsigned seen = 0;
		unsigned i = 0;

		for (i = 0; i < 4; i++)
			seen |= 1U << (order >> (2 * i) & 3U);
		if (seen != 15)
			continue; /* not a permutation */
		tree = ib_tree_new(100);
		for (i = 0; i < 4; i++)
			lay(tree, order >> (2 * i) & 3U, &packages[order >> (2 * i) & 3U]);
		ib_tree_finish(tree);
		{
			ib_autofree char *listing = listing_of(tree);

			if (!expected)
				expected = ib_take(listing);
			else
				ck_assert_str_eq(listing, expected);
		}
	}
	ck_assert_str_eq(
		expected,
		"/\td\t0755\t0\t0\t0\t100\t3\t-\t-\t-\n"
		"/lib\tl\t0777\troot\troot\t7\t0\t1\tusr/lib\t-\tpackage:links\n"
		"/lib64\tl\t0777\troot\troot\t10\t0\t1\t/usr/lib64\t-\tpackage:links\n"
		"/usr\td\t0755\t0\t0\t0\t100\t3\t-\t-\t-\n"
		"/usr/lib\td\t0755\t0\t0\t0\t100\t4\t-\t-\t-\n"
		"/usr/lib/deep\td\t0755\t0\t0\t0\t100\t3\t-\t-\t-\n"
		"/usr/lib/deep/er\td\t0755\t0\t0\t0\t100\t2\t-\t-\t-\n"
		"/usr/lib/deep/er/x\tf\t0644\troot\troot\t5\t7\t1\t-\t-\tpackage:more\n"
		"/usr/lib/libc.so\tf\t0644\troot\troot\t5\t7\t1\t-\t-\tpackage:lib\n"
		"/usr/lib/libc.so.6\tl\t0777\troot\troot\t7\t0\t1\tlibc.so\t-\tpackage:other\n"
		"/usr/lib/security\td\t0750\troot\troot\t0\t0\t2\t-\t-\tpackage:lib\n"
		"/usr/lib/security/pam.so\tf\t0644\troot\troot\t5\t7\t1\t-\t-\tpackage:lib\n"
		"/usr/lib64\tl\t0777\troot\troot\t3\t0\t1\tlib\t-\tpackage:links\n");
}
END_TEST

START_TEST(links_never_lead_out_of_the_root)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	const struct ib_package_file files[] = {
		LINK("/a", "../../../etc"), LINK("/b", "/../../etc/./"), REGULAR("/a/one"),
		REGULAR("/b/two"),          REGULAR("/b/../a/three"),
	};
	struct ib_package package = package_of("p", files, 4);

	lay(tree, 0, &package);
	ck_assert_ptr_nonnull(ib_tree_find(tree, "etc/one"));
	ck_assert_ptr_nonnull(ib_tree_find(tree, "/etc/two"));
	ck_assert_ptr_nonnull(ib_tree_find(tree, "/b/../a/one"));
	ck_assert_ptr_nonnull(ib_tree_find_target(tree, "/../a/two"));
}
END_TEST

/* Link after link, each a little deeper, to a path that no kernel would open. */
START_TEST(links_do_not_add_up_to_endless_paths)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	struct ib_error err = IB_ERROR_INIT;
	char *deep = ib_alloc(4001);
	size_t i = 0;

	for (i = 0; i < 4000; i += 2)
		memcpy(deep + i, "d/", 2);
	{
		const struct ib_package_file links[] = { LINK("/a", deep), LINK("/a/b", deep) };
		const struct ib_package_file files[] = { REGULAR("/a/b/f") };
		struct ib_package package = PACKAGE("links", links);
		struct ib_package more = PACKAGE("files", files);

		lay(tree, 0, &package);
		ck_fails(ib_tree_add_package(tree, 1, &more, NULL, &err), IB_LIMIT,
			 "package 'files': '/a/b/' leads through links to a path of more than");
	}
	ib_free(deep);
}
END_TEST

struct refusal {
	struct ib_package_file first[2];
	struct ib_package_file second[2];
	enum ib_kind kind;
	const char *words;
};

static const struct refusal refusals[] = {
	{ { REGULAR("/x") },
	  { REGULAR("/x", .digest = digest_b) },
	  IB_INPUT,
	  "package 'b': '/x' is in package 'a' and in package 'b', and the content differs" },
	{ { REGULAR("/x") }, { REGULAR("/x", .size = 6) }, IB_INPUT, "the content differs" },
	{ { REGULAR("/x") }, { REGULAR("/x", .mode = S_IFREG | 0755) }, IB_INPUT, "the mode" },
	{ { REGULAR("/x") }, { REGULAR("/x", .user = "bin") }, IB_INPUT, "the owner" },
	{ { REGULAR("/x") }, { REGULAR("/x", .group = "bin") }, IB_INPUT, "the owner" },
	{ { REGULAR("/x") }, { LINK("/x", "y") }, IB_INPUT, "the type" },
	{ { FOLDER("/x") }, { LINK("/x", "y") }, IB_INPUT, "the type" },
	{ { LINK("/x", "z") }, { LINK("/x", "y") }, IB_INPUT, "the target" },
	{ { FOLDER("/x") }, { FOLDER("/x", .mode = S_IFDIR | 0700) }, IB_INPUT, "the mode" },
	{ { FOLDER("/") }, { FOLDER("/", .mode = S_IFDIR | 0555) }, IB_INPUT, "the mode" },
	{ { FOLDER("/y"), LINK("/x", "y") },
	  { REGULAR("/y/f"), REGULAR("/x/f", .digest = digest_b) },
	  IB_INPUT,
	  "'/y/f' is in package 'b' and in package 'b', and the content differs" },
	{ { REGULAR("/x", .color = 1) },
	  { REGULAR("/x", .digest = digest_b) },
	  IB_INPUT,
	  "the content" },
	{ { { .path = "/x", .mode = S_IFCHR | 0600, .rdev = 0x103 } },
	  { { .path = "/x", .mode = S_IFCHR | 0600, .rdev = 0x105 } },
	  IB_INPUT,
	  "the device number" },
	{ { REGULAR("/x") },
	  { REGULAR("/x/y") },
	  IB_INPUT,
	  "package 'b': '/x' of package 'a' is not a directory, but something lies below it" },
	{ { LINK("/x", "x/x") }, { REGULAR("/x/y") }, IB_LIMIT, "more than 40 symbolic links" },
	{ { REGULAR("/p/f"), REGULAR("/p/q/g") },
	  { LINK("/p", "p/q") },
	  IB_LIMIT,
	  "more than 40 symbolic links" },
	{ { REGULAR("/p/q/f") },
	  { REGULAR("/p") },
	  IB_INPUT,
	  "'/p' of package 'b' is not a directory, but package 'a' lays something below it" },
	{ { REGULAR("/p/f") },
	  { LINK("/p", "q"), LINK("/q", "p") },
	  IB_LIMIT,
	  "what package 'a' lays through link '/q': more than 40 symbolic links" },
	{ { REGULAR("/f"), LINK("/l", "f/..") },
	  { REGULAR("/l/g") },
	  IB_INPUT,
	  "'/f' of package 'a' is not a directory, but something lies below it" },
	{ { FOLDER("/d") }, { REGULAR("/d/../x") }, IB_INPUT, "is not an absolute path" },
	{ { FOLDER("/d") }, { REGULAR("d") }, IB_INPUT, "is not an absolute path" },
	{ { FOLDER("/d") }, { REGULAR("//d") }, IB_INPUT, "is not an absolute path" },
	{ { FOLDER("/d") }, { LINK("/l", "") }, IB_INPUT, "has no target" },
	{ { FOLDER("/d") }, { REGULAR("/s", .mode = S_IFSOCK) }, IB_INPUT, "cannot be laid down" },
	{ { FOLDER("/d") }, { REGULAR("/") }, IB_INPUT, "'/' is not a directory" },
	{ { FOLDER("/d") },
	  { REGULAR("/1", .inode = 1, .link_count = 2),
	    REGULAR("/2", .inode = 1, .link_count = 2, .size = 9) },
	  IB_INPUT,
	  "'/1' and '/2' are hard links, but their sizes differ" },
	{ { FOLDER("/d") },
	  { REGULAR("/c", .capabilities = "cap_magic=ep") },
	  IB_INPUT,
	  "'/c': unrecognized capabilities 'cap_magic=ep'" },
	{ { FOLDER("/d") },
	  { REGULAR("/c", .capabilities = "cap_chown=p cap_fowner=ep") },
	  IB_INPUT,
	  "effective for some only" },
};

START_TEST(what_rpm_refuses_is_refused_with_both_names)
{
	const struct refusal *refusal = &refusals[_i];
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	struct ib_package a = package_of("a", refusal->first, refusal->first[1].path ? 2 : 1);
	struct ib_package b = package_of("b", refusal->second, refusal->second[1].path ? 2 : 1);

	lay(tree, 0, &a);
	ck_fails(ib_tree_add_package(tree, 1, &b, NULL, &err), refusal->kind, refusal->words);
}
END_TEST

START_TEST(names_beyond_255_bytes_are_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	char path[300] = "/";
	struct ib_package_file file = REGULAR(path);
	struct ib_package package = package_of("p", &file, 1);
	struct ib_package_file link = LINK("/l", path);
	struct ib_package links = package_of("q", &link, 1);
	struct ib_package_file through = REGULAR("/l/x");
	struct ib_package throughs = package_of("r", &through, 1);

	memset(path + 1, 'n', 256);
	ck_fails(ib_tree_add_package(tree, 0, &package, NULL, &err), IB_LIMIT, "1 to 255 bytes");
	lay(tree, 1, &links);
	ck_fails(ib_tree_add_package(tree, 2, &throughs, NULL, &err), IB_LIMIT,
		 "a name of more than 255 bytes");
}
END_TEST

START_TEST(identical_files_and_directories_are_shared_by_the_lower_number)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	const struct ib_package_file files[] = { FOLDER("/d"), REGULAR("/d/x"), LINK("/l", "d") };
	struct ib_package a = PACKAGE("a", files);
	struct ib_package b = PACKAGE("b", files);

	lay(tree, 1, &b);
	lay(tree, 0, &a);
	ck_assert_str_eq(ib_tree_find(tree, "/d")->inode->origin.name, "a");
	ck_assert_str_eq(ib_tree_find(tree, "/d/x")->inode->origin.name, "a");
	ck_assert_str_eq(ib_tree_find(tree, "/l")->inode->origin.name, "a");
	ck_assert_ptr_nonnull(ib_tree_payload_inode(tree, 0, 1));
	ck_assert_ptr_null(ib_tree_payload_inode(tree, 1, 1));
	ck_assert_ptr_null(ib_tree_payload_inode(tree, 0, 0));
	ck_assert_ptr_null(ib_tree_payload_inode(tree, 0, 99));
	ck_assert_ptr_null(ib_tree_payload_inode(tree, 99, 0));
}
END_TEST

START_TEST(of_two_elf_colours_the_64_bit_one_stays)
{
	const struct ib_package_file narrow[] = { REGULAR("/bin/x", .color = 1) };
	const struct ib_package_file wide[] = { REGULAR("/bin/x", .color = 2, .digest = digest_b) };
	const struct ib_package packages[] = { PACKAGE("narrow", narrow), PACKAGE("wide", wide) };
	unsigned first = 0;

	for (first = 0; first < 2; first++) {
		IB_AUTO(ib_tree) tree = ib_tree_new(100);

		lay(tree, first, &packages[first]);
		ck_assert(!ib_tree_has_lost(tree, first, 0));
		lay(tree, 1 - first, &packages[1 - first]);
		ck_assert_str_eq(ib_tree_find(tree, "/bin/x")->inode->origin.name, "wide");
		ck_assert(ib_tree_has_lost(tree, 0, 0) && !ib_tree_has_lost(tree, 1, 0));
	}
}
END_TEST

START_TEST(hard_links_share_an_inode_and_the_last_carries_the_content)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	const struct ib_package_file files[] = {
		REGULAR("/a", .inode = 3, .link_count = 3),
		REGULAR("/b", .inode = 4, .link_count = 2),
		REGULAR("/c", .inode = 3, .link_count = 3),
		REGULAR("/d", .inode = 4, .link_count = 2, .flags = IB_FILE_GHOST),
		REGULAR("/e", .inode = 3, .link_count = 3, .mode = S_IFREG | 0755),
	};
	struct ib_package package = PACKAGE("p", files);
	const struct ib_inode *inode = NULL;
	ib_autofree char *listing = NULL;

	lay(tree, 0, &package);
	ib_tree_finish(tree);
	inode = ib_tree_find(tree, "/a")->inode;
	ck_assert_ptr_eq(inode, ib_tree_find(tree, "/c")->inode);
	ck_assert_ptr_eq(inode, ib_tree_find(tree, "/e")->inode);
	ck_assert_uint_eq(inode->file, 4);
	ck_assert_uint_eq(inode->mode, S_IFREG | 0755);
	ck_assert_uint_eq(inode->link_count, 3);
	/* the payload may carry the content with any of them, even one that was left out */
	ck_assert_ptr_eq(ib_tree_payload_inode(tree, 0, 0), inode);
	ck_assert_ptr_eq(ib_tree_payload_inode(tree, 0, 3), ib_tree_find(tree, "/b")->inode);
	listing = listing_of(tree);
	ck_assert_ptr_nonnull(
		strstr(listing, "/c\th\t0755\troot\troot\t5\t7\t3\t/a\t-\tpackage:p\n"));
}
END_TEST

START_TEST(ghosts_are_left_out_and_conflict_with_nothing)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	const struct ib_package_file ghosts[] = { REGULAR("/g", .flags = IB_FILE_GHOST),
						  REGULAR("/x", .flags = IB_FILE_GHOST) };
	const struct ib_package_file files[] = { LINK("/x", "y") };
	struct ib_package a = PACKAGE("a", ghosts);
	struct ib_package b = PACKAGE("b", files);

	lay(tree, 0, &a);
	lay(tree, 1, &b);
	ck_assert_ptr_null(ib_tree_find(tree, "/g"));
	ck_assert_str_eq(ib_tree_find(tree, "/x")->inode->origin.name, "b");
}
END_TEST

static bool not_static(void *context, const char *path)
{
	(void)context;
	return !ib_str_ends(path, ".a");
}

START_TEST(documentation_languages_and_unwanted_paths_are_left_out)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	IB_AUTO_STRINGS(languages);
	const struct ib_package_file files[] = {
		FOLDER("/doc"),
		FOLDER("/doc/p"),
		REGULAR("/doc/p/README", .flags = IB_FILE_DOC),
		FOLDER("/lic"),
		REGULAR("/lic/COPYING", .flags = IB_FILE_DOC | IB_FILE_LICENSE),
		REGULAR("/de.mo", .language = "de"),
		REGULAR("/pt.mo", .language = "pt_BR|pt"),
		REGULAR("/all", .language = ""),
		REGULAR("/x.a"),
		FOLDER("/empty"),
	};
	const struct ib_tree_filter filter = { .without_documentation = true,
					       .languages = &languages,
					       .wants = not_static };
	struct ib_package package = PACKAGE("p", files);

	ib_strings_add(&languages, "pt");
	ck_ok(ib_tree_add_package(tree, 0, &package, &filter, &err));
	ck_assert_ptr_null(ib_tree_find(tree, "/doc"));
	ck_assert_ptr_null(ib_tree_find(tree, "/de.mo"));
	ck_assert_ptr_null(ib_tree_find(tree, "/x.a"));
	ck_assert_ptr_nonnull(ib_tree_find(tree, "/pt.mo"));
	ck_assert_ptr_nonnull(ib_tree_find(tree, "/all"));
	ck_assert_ptr_nonnull(ib_tree_find(tree, "/lic/COPYING"));
	ck_assert_ptr_nonnull(ib_tree_find(tree, "/empty"));
	ck_assert_uint_eq(ib_tree_path_count(tree), 6);
}
END_TEST

START_TEST(capabilities_are_revision_2_without_a_root_id)
{
	static const uint8_t ping[20] = { 1, 0, 0, 2, 0, 0x30 };
	static const uint8_t inheritable_high[20] = { [3] = 2, [16] = 0x80 };
	struct ib_error err = IB_ERROR_INIT;
	uint8_t value[IB_CAPABILITIES_XATTR_SIZE];
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	const struct ib_package_file files[] = {
		REGULAR("/ping", .capabilities = "cap_net_admin,cap_net_raw=ep"),
		REGULAR("/plain", .capabilities = ""),
	};
	struct ib_package package = PACKAGE("p", files);
	const struct ib_inode *inode = NULL;

	lay(tree, 0, &package);
	inode = ib_tree_find(tree, "/ping")->inode;
	ck_assert_uint_eq(inode->xattr_count, 1);
	ck_assert_str_eq(inode->xattrs[0].name, "security.capability");
	ck_assert_mem_eq(inode->xattrs[0].value, ping, 20);
	ck_assert_uint_eq(ib_tree_find(tree, "/plain")->inode->xattr_count, 0);
	ck_ok(ib_capabilities_to_xattr("cap_bpf=i", value, &err));
	ck_assert_mem_eq(value, inheritable_high, 20);
}
END_TEST

/* ---- single paths ---- */

START_TEST(what_is_put_replaces_files_and_changes_directories)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	const struct ib_package_file files[] = {
		REGULAR("/etc/one", .inode = 1, .link_count = 2),
		REGULAR("/etc/two", .inode = 1, .link_count = 2),
		FOLDER("/etc"),
		LINK("/lib", "usr/lib"),
	};
	struct ib_package package = PACKAGE("p", files);
	struct ib_tree_entry entry = { .path = "etc/one",
				       .mode = FILE_MODE,
				       .data = "abc",
				       .size = 3,
				       .origin = { IB_ORIGIN_GENERATOR, "test" } };
	IB_AUTO_BUFFER(content, 100);
	const void *bytes = NULL;
	struct ib_node *node = NULL;

	lay(tree, 0, &package);
	ck_ok(ib_tree_put(tree, &entry, &node, &err));
	ck_assert_mem_eq(node->inode->data, "abc", 3);
	ck_assert_str_eq(ib_tree_find(tree, "/etc/two")->inode->origin.name, "p");
	ck_assert_uint_eq(ib_tree_find(tree, "/etc/two")->inode->link_count, 1);

	ib_buffer_puts(&content, "taken over");
	bytes = content.data;
	entry = (struct ib_tree_entry){ .path = "/etc/one",
					.mode = FILE_MODE,
					.content = &content };
	ck_ok(ib_tree_put(tree, &entry, &node, &err));
	ck_assert_ptr_eq(node->inode->data, bytes);
	ck_assert_uint_eq(node->inode->size, 10);
	ck_assert_ptr_null(content.data);

	entry = (struct ib_tree_entry){ .path = "/etc", .mode = S_IFDIR | 0700, .gid = 9 };
	ck_ok(ib_tree_put(tree, &entry, &node, &err));
	ck_assert_uint_eq(node->inode->mode, S_IFDIR | 0700);
	ck_assert_uint_eq(node->inode->gid, 9);
	ck_assert_str_eq(node->inode->origin.name, "p");
	ck_assert_uint_eq(node->child_count, 2);

	entry = (struct ib_tree_entry){ .path = "/lib/modules/x/", .mode = DIR_MODE };
	ck_ok(ib_tree_put(tree, &entry, NULL, &err));
	ck_assert_ptr_nonnull(ib_tree_find(tree, "/usr/lib/modules/x"));
	entry = (struct ib_tree_entry){ .path = "/lib", .mode = S_IFDIR | 0711 };
	ck_ok(ib_tree_put(tree, &entry, NULL, &err));
	ck_assert_uint_eq(ib_tree_find(tree, "/usr/lib")->inode->mode, S_IFDIR | 0711);

	/* a link where only somebody's files stood */
	entry = (struct ib_tree_entry){ .path = "/usr", .mode = LINK_MODE, .link = "system" };
	ck_ok(ib_tree_put(tree, &entry, NULL, &err));
	ck_assert_ptr_nonnull(ib_tree_find(tree, "/system/lib/modules/x"));

	ib_tree_remove(tree, "/etc");
	ib_tree_remove(tree, "/nothing/here");
	ck_assert_ptr_null(ib_tree_find(tree, "/etc/two"));
	ck_assert_ptr_null(ib_tree_payload_inode(tree, 0, 1));
	ck_assert_uint_eq(ib_tree_path_count(tree), 7);
}
END_TEST

static const struct {
	struct ib_tree_entry entry;
	const char *words;
} put_refusals[] = {
	{ { .path = "/etc", .mode = FILE_MODE },
	  "'/etc' is a directory in package 'p' and a file" },
	{ { .path = "/etc", .mode = LINK_MODE, .link = "x" }, "is a directory in package 'p'" },
	{ { .path = "/etc/one", .mode = DIR_MODE }, "'/etc/one' is a file in package 'p'" },
	{ { .path = "/etc/one/x", .mode = FILE_MODE }, "is not a directory" },
	{ { .path = "/", .mode = LINK_MODE, .link = "x" }, "'/' is a directory" },
	{ { .path = "/x", .mode = LINK_MODE, .link = "" }, "not 1 to 4095 bytes long" },
	{ { .path = "/x/..", .mode = FILE_MODE }, "does not end in a name" },
	{ { .path = "/dangling", .mode = DIR_MODE }, "'/dangling' is a file in package 'p'" },
};

START_TEST(a_file_in_place_of_a_directory_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	const struct ib_package_file files[] = { REGULAR("/etc/one"), FOLDER("/etc"),
						 LINK("/dangling", "nowhere") };
	struct ib_package package = PACKAGE("p", files);

	lay(tree, 0, &package);
	ck_fails(ib_tree_put(tree, &put_refusals[_i].entry, NULL, &err), IB_INPUT,
		 put_refusals[_i].words);
}
END_TEST

static bool user_number(void *context, const char *name, uint32_t *ret_uid)
{
	(void)context;
	*ret_uid = 74;
	return !strcmp(name, "sshd");
}

START_TEST(owners_get_numbers_or_are_refused_with_path_and_package)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	const struct ib_package_file files[] = { REGULAR("/x", .user = "sshd") };
	const struct ib_package_file bad[] = { REGULAR("/y", .group = "mail") };
	const struct ib_accounts accounts = { NULL, user_number, user_number };
	struct ib_package a = PACKAGE("a", files);
	struct ib_package b = PACKAGE("b", bad);

	lay(tree, 0, &a);
	ck_ok(ib_tree_resolve_owners(tree, &accounts, &err));
	ck_assert_uint_eq(ib_tree_find(tree, "/x")->inode->uid, 74);
	ck_assert_uint_eq(ib_tree_find(tree, "/x")->inode->gid, 0);
	ck_assert_ptr_null(ib_tree_find(tree, "/x")->inode->user);
	lay(tree, 1, &b);
	ck_fails(ib_tree_resolve_owners(tree, &accounts, &err), IB_INPUT,
		 "'/y' of package 'b' belongs to group 'mail', which the image does not have");
}
END_TEST

START_TEST(finishing_counts_links_and_clamps_times)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(100);
	const struct ib_package_file files[] = { REGULAR("/new", .mtime = 101),
						 REGULAR("/old", .mtime = -5), FOLDER("/a"),
						 FOLDER("/a/b"), FOLDER("/a/c") };
	struct ib_package package = PACKAGE("p", files);

	lay(tree, 0, &package);
	ib_tree_finish(tree);
	ib_tree_finish(tree);
	ck_assert_int_eq(ib_tree_find(tree, "/new")->inode->mtime, 100);
	ck_assert_int_eq(ib_tree_find(tree, "/old")->inode->mtime, -5);
	ck_assert_uint_eq(ib_tree_find(tree, "/")->inode->link_count, 3);
	ck_assert_uint_eq(ib_tree_find(tree, "/a")->inode->link_count, 4);
	ck_assert_uint_eq(ib_tree_find(tree, "/a/b")->inode->link_count, 2);
	ck_assert_uint_eq(ib_tree_find(tree, "/old")->inode->link_count, 1);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("tree");
	TCase *packages = tcase_create("packages");
	TCase *paths = tcase_create("paths");

	tcase_add_test(packages, parents_are_made_and_files_belong_to_their_package);
	tcase_add_test(packages, aliased_directories_come_out_the_same_in_every_order);
	tcase_add_test(packages, links_never_lead_out_of_the_root);
	tcase_add_test(packages, links_do_not_add_up_to_endless_paths);
	tcase_add_loop_test(packages, what_rpm_refuses_is_refused_with_both_names, 0,
			    (int)IB_COUNT(refusals));
	tcase_add_test(packages, names_beyond_255_bytes_are_refused);
	tcase_add_test(packages, identical_files_and_directories_are_shared_by_the_lower_number);
	tcase_add_test(packages, of_two_elf_colours_the_64_bit_one_stays);
	tcase_add_test(packages, hard_links_share_an_inode_and_the_last_carries_the_content);
	tcase_add_test(packages, ghosts_are_left_out_and_conflict_with_nothing);
	tcase_add_test(packages, documentation_languages_and_unwanted_paths_are_left_out);
	tcase_add_test(packages, capabilities_are_revision_2_without_a_root_id);
	suite_add_tcase(suite, packages);
	tcase_add_test(paths, what_is_put_replaces_files_and_changes_directories);
	tcase_add_loop_test(paths, a_file_in_place_of_a_directory_is_refused, 0,
			    (int)IB_COUNT(put_refusals));
	tcase_add_test(paths, owners_get_numbers_or_are_refused_with_path_and_package);
	tcase_add_test(paths, finishing_counts_links_and_clamps_times);
	suite_add_tcase(suite, paths);
	return suite;
}
