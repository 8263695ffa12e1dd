/* SPDX-License-Identifier: Apache-2.0 */
/* What scriptlets do to single paths, and the generators that stand for whole families of them. */
#include "state_folder.h"

static struct ib_tree *tree;

static void set_up(void)
{
	test_dir_make();
	tree = ib_tree_new(TEST_TIME);
}

static void tear_down(void)
{
	ib_tree_free(tree);
	test_dir_remove();
}

static struct ib_node *put_file(const char *path, const char *text)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_node *node = NULL;
	const struct ib_tree_entry entry = { .path = path,
					     .mode = S_IFREG | 0640,
					     .user = "a",
					     .data = text,
					     .size = strlen(text),
					     .origin = { IB_ORIGIN_PACKAGE, "sample-1-1.noarch" } };

	ck_ok(ib_tree_put(tree, &entry, &node, &err));
	return node;
}

static void put_link(const char *path, const char *target)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_tree_entry entry = { .path = path,
					     .mode = S_IFLNK | 0777,
					     .link = target,
					     .origin = { IB_ORIGIN_PACKAGE, "sample-1-1.noarch" } };

	ck_ok(ib_tree_put(tree, &entry, NULL, &err));
}

static int apply(const char *generator, const struct ib_effect *effects, size_t count,
		 struct ib_error *err)
{
	const struct ib_state_plan plan = { .effects = effects,
					    .effect_count = count,
					    .only = { &generator, 1 } };

	return ib_state_apply(tree, &plan, NULL, err);
}

static void file_is(const char *path, const char *text)
{
	ib_autofree char *its = tree_text(tree, path);

	ck_assert_msg(its != NULL, "no file %s", path);
	ck_assert_str_eq(its, text);
}

START_TEST(files_modes_and_owners_are_set_in_order)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_effect effects[] = {
		{ IB_EFFECT_TMPFILES, "f /var/seq 0644 - -", false, NULL },
		{ IB_EFFECT_TMPFILES, "z /var/seq 600 - -", false, NULL },
		{ IB_EFFECT_TMPFILES, "z /var/seq - b c", false, NULL },
		{ IB_EFFECT_TMPFILES, "f /run/never 0644 - -", false, NULL },
		{ IB_EFFECT_FILE, "/etc/new\none\n", false, NULL },
		{ IB_EFFECT_APPEND, "/etc/new\ntwo\n", false, NULL },
		{ IB_EFFECT_FILE, "/etc/old\nnew\n", false, NULL },
		{ IB_EFFECT_TMPFILES, "L+ /etc/link - - - - ../target", false, NULL },
		{ IB_EFFECT_CAPABILITY, "/usr/bin/ping cap_net_raw+ep", false, NULL },
		{ IB_EFFECT_CAPABILITY, "/usr/bin/absent cap_net_raw+ep", false, NULL },
	};
	const struct ib_inode *inode = NULL;

	put_file("/etc/old", "old\n");
	put_file("/etc/link", "a file");
	put_file("/usr/bin/ping", "#");
	ck_ok(apply("scriptlet-paths", effects, IB_COUNT(effects), &err));
	inode = ib_tree_find(tree, "/var/seq")->inode;
	ck_assert_uint_eq(inode->mode, S_IFREG | 0600);
	ck_assert_str_eq(inode->user, "b");
	ck_assert_str_eq(inode->group, "c");
	ck_assert_str_eq(inode->origin.name, "scriptlet-paths");
	ck_assert_ptr_null(ib_tree_find(tree, "/run/never"));
	file_is("/etc/new", "one\ntwo\n");
	file_is("/etc/old", "new\n");
	ck_assert_uint_eq(ib_tree_find(tree, "/etc/old")->inode->mode, S_IFREG | 0640);
	ck_assert_str_eq(ib_tree_find(tree, "/etc/old")->inode->user, "a");
	ck_assert_str_eq(ib_tree_find(tree, "/etc/link")->inode->link, "../target");
	inode = ib_tree_find(tree, "/usr/bin/ping")->inode;
	ck_assert_uint_eq(inode->xattr_count, 1);
	ck_assert_str_eq(inode->xattrs[0].name, "security.capability");
}
END_TEST

START_TEST(a_scriptlet_removes_only_what_its_own_package_brought)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_effect effect = { IB_EFFECT_ABSENT, "/usr/share/mine sample-1-1.noarch", false,
				    NULL };

	put_file("/usr/share/mine", "x");
	put_file("/usr/share/other", "x");
	ck_ok(apply("scriptlet-paths", &effect, 1, &err));
	ck_assert_ptr_null(ib_tree_find(tree, "/usr/share/mine"));
	effect.text = "/usr/share/nowhere other-1-1.noarch";
	ck_ok(apply("scriptlet-paths", &effect, 1, &err));
	effect.text = "/usr/share/other other-1-1.noarch";
	ck_fails(apply("scriptlet-paths", &effect, 1, &err), IB_INPUT,
		 "a scriptlet of package 'other-1-1.noarch' removes '/usr/share/other', which "
		 "package 'sample-1-1.noarch' lays down");
}
END_TEST

START_TEST(a_link_does_not_lead_a_scriptlet_to_what_is_guarded)
{
	static const struct {
		enum ib_effect_kind kind;
		const char *text;
	} effects[] = {
		{ IB_EFFECT_APPEND, "/usr/lib/adv/passwd\nx\n" },
		{ IB_EFFECT_FILE, "/usr/lib/adv/sudoers.d/new\nx\n" },
		{ IB_EFFECT_FILE, "/usr/lib/file\nx\n" },
		{ IB_EFFECT_COPY, "/usr/lib/source /usr/lib/adv/shadow" },
		{ IB_EFFECT_LINK, "/usr/lib/adv/pam.d/su /x" },
		{ IB_EFFECT_DIRECTORY, "/usr/lib/adv/ssh 0777" },
		{ IB_EFFECT_CAPABILITY, "/usr/lib/file cap_net_raw+ep" },
		{ IB_EFFECT_ABSENT, "/usr/lib/adv/passwd sample-1-1.noarch" },
		{ IB_EFFECT_TMPFILES, "L+ /usr/lib/adv/shells - - - - /x" },
		{ IB_EFFECT_TMPFILES, "f /usr/lib/adv/machine-id 0644 - -" },
		{ IB_EFFECT_TMPFILES, "z /usr/lib/file 0777 - -" },
		{ IB_EFFECT_TMPFILES, "z /usr/lib/adv/pass* 0777 - -" },
		{ IB_EFFECT_TMPFILES, "z /usr/lib/a*/passwd 0777 - -" },
		{ IB_EFFECT_TMPFILES, "Z /usr/lib/a* - a a" },
	};
	struct ib_error err = IB_ERROR_INIT;
	size_t i = 0;

	put_file("/etc/passwd", "x\n");
	put_file("/usr/lib/source", "x\n");
	put_link("/usr/lib/adv", "/etc");
	put_link("/usr/lib/file", "../../etc/passwd");
	for (i = 0; i < IB_COUNT(effects); i++) {
		const struct ib_effect effect = { effects[i].kind, effects[i].text, false, NULL };

		ck_fails(apply("scriptlet-paths", &effect, 1, &err), IB_INPUT,
			 "a scriptlet reaches '");
		ib_error_clear(&err);
	}
	file_is("/etc/passwd", "x\n");
	ck_assert_uint_eq(ib_tree_find(tree, "/etc/passwd")->inode->mode, S_IFREG | 0640);
}
END_TEST

/* The entries of a directory of pages, sorted, without blanks that only please the eye. */
static const char entries_of[] = "grep '^\\* ' '%s' | sed -e 's/[ \t][ \t]*/ /g' -e 's/ $//' | "
				 "grep -v '^\\* Menu' | LC_ALL=C sort -u";

START_TEST(pages_stand_in_the_directory_as_install_info_puts_them)
{
	static const char sed[] = "INFO-DIR-SECTION Text creation\nSTART-INFO-DIR-ENTRY\n"
				  "* sed: (sed).                   Stream EDitor.\n\n"
				  "END-INFO-DIR-ENTRY\nThe manual\n* not: an entry\n";
	static const char tools[] = "INFO-DIR-SECTION Basics\nSTART-INFO-DIR-ENTRY\n"
				    "* Tools: (tools).  All of them.\n"
				    "* ls: (tools)ls.   List.\nEND-INFO-DIR-ENTRY\n";
	const struct ib_effect effects[] = {
		{ IB_EFFECT_INFO, "/usr/share/info/dir /usr/share/info/sed.info", false, NULL },
		{ IB_EFFECT_INFO, "/usr/share/info/dir /usr/share/info/tools.info", false, NULL },
		{ IB_EFFECT_INFO, "/usr/share/info/dir /usr/share/info/absent.info", false, NULL },
		{ IB_EFFECT_INFO,
		  "/usr/share/info/dir /usr/share/info/sed.info\n* more: (more).  Said.", false,
		  NULL },
	};
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *dir = ib_path_join(test_dir, "dir");
	ib_autofree char *ours = NULL;
	ib_autofree char *theirs = NULL;
	ib_autofree char *text = NULL;

	if (access("/usr/bin/install-info", X_OK)) {
		fprintf(stderr, "skipped: install-info is not installed here\n");
		return;
	}
	run_shell("mkdir -p '%s/root/usr/share/info'", test_dir);
	text = ib_strf("%s/root/usr/share/info/sed.info", test_dir);
	ck_ok(ib_file_write(text, sed, strlen(sed), 0644, &err));
	ib_free(text);
	text = ib_strf("%s/root/usr/share/info/tools.info", test_dir);
	ck_ok(ib_file_write(text, tools, strlen(tools), 0644, &err));
	run_shell("cd '%s/root/usr/share/info' && gzip -n tools.info && for f in sed.info "
		  "tools.info.gz; do install-info $f '%s'; done && "
		  "install-info --entry='* more: (more).  Said.' sed.info '%s'",
		  test_dir, dir, dir);
	ib_free(ib_take(text));
	text = ib_path_join(test_dir, "root");
	load_folder(tree, text, "");
	ck_ok(apply("info", effects, IB_COUNT(effects), &err));
	theirs = read_shell(entries_of, dir);
	ib_free(ib_take(text));
	text = tree_text(tree, "/usr/share/info/dir");
	ck_assert_ptr_nonnull(text);
	ck_ok(ib_file_write(dir, text, strlen(text), 0644, &err));
	ours = read_shell(entries_of, dir);
	ck_assert_uint_gt(strlen(theirs), 60);
	same_text(ours, theirs);
	/* the section stands in front of its entries, and the whole can be read by its reader */
	ck_assert_ptr_nonnull(strstr(text, "\nBasics\n* Tools: (tools)."));
}
END_TEST

START_TEST(libraries_follow_the_crypto_policy)
{
	struct ib_error err = IB_ERROR_INIT;

	put_file("/usr/share/crypto-policies/FUTURE/openssl.txt", "x");
	put_file("/usr/share/crypto-policies/FUTURE/README", "x");
	put_file("/etc/crypto-policies/config", "# which\n\nFUTURE\n");
	ck_ok(apply("crypto-policies", NULL, 0, &err));
	ck_assert_str_eq(
		ib_tree_find(tree, "/etc/crypto-policies/back-ends/openssl.config")->inode->link,
		"/usr/share/crypto-policies/FUTURE/openssl.txt");
	ck_assert_ptr_null(ib_tree_find(tree, "/etc/crypto-policies/back-ends/README.config"));
	file_is("/etc/crypto-policies/state/current", "FUTURE\n");
	put_file("/etc/crypto-policies/config", "DEFAULT:NO-SHA1\n");
	ck_fails(apply("crypto-policies", NULL, 0, &err), IB_INPUT,
		 "the crypto policy 'DEFAULT:NO-SHA1' has no ready-made settings");
}
END_TEST

START_TEST(compressed_modules_are_indexed_as_by_depmod)
{
	static const char *const files[] = { "modules.dep", "modules.dep.bin", "modules.alias.bin",
					     "modules.symbols.bin", "modules.softdep" };
	struct ib_error err = IB_ERROR_INIT;
	const char *repository = getenv("IB_REPOSITORY");
	ib_autofree char *root = ib_path_join(test_dir, "root");
	ib_autofree char *version = NULL;
	size_t i = 0;

	if (access(repository ? repository : "build/repo/state1", R_OK)) {
		fprintf(stderr, "skipped: no packages (make repo makes them)\n");
		return;
	}
	/* some hundred modules are enough, of each way of compressing that Debian's depmod reads */
	run_shell("mkdir -p '%s' && folder=$(realpath '%s') && cd '%s' && "
		  "rpm2cpio $folder/Packages/linux-image-6*.rpm | cpio -idmu --quiet "
		  "'*/kernel/drivers/[bmv]*' '*/kernel/lib/*' '*/modules.*' 2>/dev/null; "
		  "rm -f usr/lib/modules/*/modules.dep*; ln -s usr/lib lib; "
		  "find usr/lib/modules -name 'v*.ko' | xargs -r xz -1 --check=crc32 && "
		  "find usr/lib/modules -name 'm*.ko' | xargs -r zstd -q -1 --rm",
		  root, repository ? repository : "build/repo/state1", root);
	version = read_shell("ls '%s/lib/modules' | head -1 | tr -d '\n'", root);
	load_folder(tree, root, "");
	ck_ok(apply("depmod", NULL, 0, &err));
	run_shell("/sbin/depmod -b '%s' %s", root, version);
	run_shell("grep -q 'ko.xz:.*ko' '%s/lib/modules/%s/modules.dep'", root, version);
	for (i = 0; i < IB_COUNT(files); i++) {
		ib_autofree char *path = ib_strf("/lib/modules/%s/%s", version, files[i]);
		ib_autofree char *disk = ib_strf("%s%s", root, path);

		same_bytes(tree, path, disk);
	}
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("state_effects");
	TCase *effects = tcase_create("effects");

	tcase_set_timeout(effects, 120);
	tcase_add_checked_fixture(effects, set_up, tear_down);
	tcase_add_test(effects, files_modes_and_owners_are_set_in_order);
	tcase_add_test(effects, a_scriptlet_removes_only_what_its_own_package_brought);
	tcase_add_test(effects, a_link_does_not_lead_a_scriptlet_to_what_is_guarded);
	tcase_add_test(effects, pages_stand_in_the_directory_as_install_info_puts_them);
	tcase_add_test(effects, libraries_follow_the_crypto_policy);
	tcase_add_test(effects, compressed_modules_are_indexed_as_by_depmod);
	suite_add_tcase(suite, effects);
	return suite;
}
