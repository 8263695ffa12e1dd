/* SPDX-License-Identifier: Apache-2.0 */
/* Each generator on a small tree made by hand. */
#include "state_folder.h"

static struct ib_tree *tree;
static struct ib_arena *arena;

static void set_up(void)
{
	test_dir_make();
	arena = ib_arena_new();
	tree = ib_tree_new(TEST_TIME);
}

static void tear_down(void)
{
	ib_tree_free(tree);
	ib_arena_free(arena);
	test_dir_remove();
}

static void put_file(const char *path, const char *text)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_tree_entry entry = { .path = path,
					     .mode = S_IFREG | 0644,
					     .data = text,
					     .size = strlen(text),
					     .origin = { IB_ORIGIN_PACKAGE, "sample-1-1.noarch" } };

	ck_ok(ib_tree_put(tree, &entry, NULL, &err));
}

static int apply(const struct ib_state_plan *plan, struct ib_state_accounts **ret_accounts,
		 struct ib_error *err)
{
	return ib_state_apply(tree, plan, ret_accounts, err);
}

static void file_is(const char *path, const char *text)
{
	ib_autofree char *its = tree_text(tree, path);

	ck_assert_msg(its != NULL, "no file %s", path);
	ck_assert_str_eq(its, text);
}

static void link_is(const char *path, const char *target)
{
	const struct ib_node *node = ib_tree_find(tree, path);

	ck_assert_msg(node != NULL, "no link %s", path);
	ck_assert(S_ISLNK(node->inode->mode));
	ck_assert_str_eq(node->inode->link, target);
}

static const char *const keys[] = { "ssh-ed25519 AAAA one", "ssh-ed25519 BBBB two" };
static const char *const groups[] = { "wheel" };

START_TEST(users_of_the_plan_come_behind_those_of_packages)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_state_user user = { .name = "core",
					    .uid = -1,
					    .home = "/home/core",
					    .shell = "/bin/bash",
					    .groups = groups,
					    .group_count = 1,
					    .ssh_keys = keys,
					    .ssh_key_count = 2 };
	const struct ib_state_group group = { "wheel", 999 };
	const char *only = "sysusers";
	const struct ib_state_plan plan = { .users = &user,
					    .user_count = 1,
					    .groups = &group,
					    .group_count = 1,
					    .only = { &only, 1 } };
	IB_AUTO(ib_state_accounts) accounts = NULL;
	struct ib_accounts lookup = { 0 };
	const struct ib_node *node = NULL;
	uint32_t id = 0;

	put_file("/usr/lib/sysusers.d/a.conf",
		 "u root 0 \"Super User\" /root\ng wheel2 -\nu a - \"A\"\n");
	put_file("/bin/bash", "");
	ck_ok(apply(&plan, &accounts, &err));
	/* 999 is kept for the plan's group */
	file_is("/etc/passwd", "root:x:0:0:Super User:/root:/bin/sh\n"
			       "a:x:997:997:A:/:/usr/sbin/nologin\n"
			       "core:x:1000:1000::/home/core:/bin/bash\n");
	file_is("/etc/group",
		"wheel2:x:998:\nroot:x:0:\na:x:997:\nwheel:x:999:core\ncore:x:1000:\n");
	file_is("/etc/shadow", "root:!*:19675::::::\na:!*:19675::::::\ncore:!*:19675::::::\n");
	file_is("/home/core/.ssh/authorized_keys", "ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n");
	node = ib_tree_find(tree, "/home/core/.ssh/authorized_keys");
	ck_assert_uint_eq(node->inode->uid, 1000);
	ck_assert_uint_eq(node->inode->mode & 07777, 0600);
	ck_assert_int_eq(node->inode->origin.kind, IB_ORIGIN_GENERATOR);
	ck_assert_str_eq(node->inode->origin.name, "sysusers");
	ck_assert_int_eq(node->inode->mtime, TEST_TIME);
	lookup = ib_state_accounts_lookup(accounts);
	ck_assert(lookup.user(lookup.context, "a", &id));
	ck_assert_uint_eq(id, 997);
	ck_assert(!lookup.group(lookup.context, "nobody", &id));
}
END_TEST

START_TEST(what_a_generator_rewrites_keeps_its_owner_and_what_is_right_stays)
{
	struct ib_error err = IB_ERROR_INIT;
	const char *const only[] = { "sysusers", "tmpfiles" };
	const struct ib_state_plan plan = { .only = { only, 2 } };
	const struct ib_tree_entry shadow = { .path = "/etc/shadow",
					      .mode = S_IFREG | 0640,
					      .group = "shadow",
					      .data = "root:*:1::::::\n",
					      .size = 15,
					      .origin = { IB_ORIGIN_PACKAGE, "setup" } };
	const struct ib_tree_entry mtab = { .path = "/etc/mtab",
					    .mode = S_IFLNK | 0777,
					    .link = "../proc/self/mounts",
					    .mtime = 5,
					    .origin = { IB_ORIGIN_PACKAGE, "setup" } };

	ck_ok(ib_tree_put(tree, &shadow, NULL, &err));
	ck_ok(ib_tree_put(tree, &mtab, NULL, &err));
	put_file("/usr/lib/sysusers.d/a.conf", "g shadow 42\nu a 500 \"A\"\n");
	put_file("/usr/lib/tmpfiles.d/a.conf", "L+ /etc/mtab - - - - ../proc/self/mounts\n");
	ck_ok(apply(&plan, NULL, &err));
	file_is("/etc/shadow", "root:*:1::::::\na:!*:19675::::::\n");
	ck_assert_str_eq(ib_tree_find(tree, "/etc/shadow")->inode->group, "shadow");
	ck_assert_uint_eq(ib_tree_find(tree, "/etc/shadow")->inode->mode & 07777, 0640);
	ck_assert_int_eq(ib_tree_find(tree, "/etc/mtab")->inode->mtime, 5);
}
END_TEST

START_TEST(accounts_of_scriptlets_do_not_come_twice)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_effect effects[] = {
		{ IB_EFFECT_ACCOUNT, "g abrt 173", false, NULL },
		{ IB_EFFECT_ACCOUNT, "u abrt 173:abrt - /etc/abrt /sbin/nologin", false, NULL },
		{ IB_EFFECT_ACCOUNT, "u a - - / -", false, NULL },
	};
	const char *only = "sysusers";
	const struct ib_state_plan plan = { .effects = effects,
					    .effect_count = 3,
					    .only = { &only, 1 } };

	put_file("/usr/lib/sysusers.d/a.conf", "u a 77\n");
	put_file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
	put_file("/etc/group", "root:x:0:\n");
	ck_ok(apply(&plan, NULL, &err));
	file_is("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"
			       "a:x:77:77::/:/usr/sbin/nologin\n"
			       "abrt:x:173:173::/etc/abrt:/sbin/nologin\n");
}
END_TEST

static const struct {
	const char *line;
	const char *words;
} wrong_lines[] = {
	{ "u a \"x", "/usr/lib/sysusers.d/a.conf:1: a quote is not closed" },
	{ "u", "type and name must stand on the line" },
	{ "u a frob", "'frob' is no user number" },
	{ "u a 7:frob", "user 'a' wants group 'frob', which does not exist" },
	{ "q a 7", "unrecognized type 'q'" },
	{ "u -evil 7", "'-evil' is no account name" },
	{ "u a:b 7", "'a:b' is no account name" },
	{ "g a 7 comment", "a group has neither comment, home nor shell" },
	{ "u a %m", "'%m' depends on the machine" },
};

START_TEST(a_wrong_line_of_sysusers_is_named)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_state_plan plan = { 0 };

	put_file("/usr/lib/sysusers.d/a.conf", wrong_lines[_i].line);
	ck_fails(apply(&plan, NULL, &err), IB_INPUT, wrong_lines[_i].words);
}
END_TEST

START_TEST(units_are_enabled_disabled_and_masked_by_name)
{
	struct ib_error err = IB_ERROR_INIT;
	const char *const enable[] = { "b.service" };
	const char *const disable[] = { "c.service" };
	const char *const mask[] = { "d.service" };
	const char *only = "presets";
	const struct ib_effect effect = { IB_EFFECT_ENABLE, "e.service", false, NULL };
	const struct ib_state_plan plan = { .enable = { enable, 1 },
					    .disable = { disable, 1 },
					    .mask = { mask, 1 },
					    .effects = &effect,
					    .effect_count = 1,
					    .only = { &only, 1 } };
	const char *unit = "[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\n";
	ib_autofree char *links = NULL;
	size_t i = 0;

	for (i = 0; i < 5; i++) {
		ib_autofree char *path =
			ib_strf("/usr/lib/systemd/system/%c.service", (char)('a' + (int)i));

		put_file(path, unit);
	}
	put_file("/usr/lib/systemd/system-preset/90.preset",
		 "enable c.service\nenable t@.service one two\ndisable *\n");
	put_file("/usr/lib/systemd/system/t@.service", unit);
	ck_ok(apply(&plan, NULL, &err));
	links = tree_links(tree, "/etc/systemd/system");
	ck_assert_str_eq(links, "/etc/systemd/system/d.service -> /dev/null\n"
				"/etc/systemd/system/multi-user.target.wants/b.service -> "
				"/usr/lib/systemd/system/b.service\n"
				"/etc/systemd/system/multi-user.target.wants/e.service -> "
				"/usr/lib/systemd/system/e.service\n"
				"/etc/systemd/system/multi-user.target.wants/t@one.service -> "
				"/usr/lib/systemd/system/t@.service\n"
				"/etc/systemd/system/multi-user.target.wants/t@two.service -> "
				"/usr/lib/systemd/system/t@.service");
}
END_TEST

START_TEST(a_unit_that_nobody_has_cannot_be_enabled)
{
	struct ib_error err = IB_ERROR_INIT;
	const char *const enable[] = { "frob.service" };
	const struct ib_state_plan plan = { .enable = { enable, 1 } };

	ck_fails(apply(&plan, NULL, &err), IB_INPUT, "unit 'frob.service' is to be enabled");
}
END_TEST

/* The effects of one scriptlet, as the ledger reads it, on the tree of this test. */
static int run_scriptlet(const char *text, struct ib_error *err)
{
	const struct ib_package package = { .name = "a", .nevra = "a-1-1.noarch" };
	const struct ib_scriptlet scriptlet = { .kind = IB_SCRIPTLET_POST,
						.interpreter = "/bin/sh",
						.text = text };
	struct ib_verdict verdict = { 0 };
	struct ib_state_plan plan = { 0 };

	ib_ledger_judge(&package, &scriptlet, arena, &verdict);
	ck_assert_msg(verdict.covered, "%s", verdict.not_covered);
	plan.effects = verdict.effects;
	plan.effect_count = verdict.effect_count;
	return apply(&plan, NULL, err);
}

START_TEST(conditions_that_ask_for_files_are_answered_by_the_tree)
{
	struct ib_error err = IB_ERROR_INIT;

	put_file("/etc/there", "1\n");
	ck_ok(run_scriptlet("[ -f /etc/there ] && ln -s ../x /etc/yes\n"
			    "[ -f /etc/gone ] && ln -s ../x /etc/no\n"
			    "[ ! -e /etc/gone ] && [ -d /etc ] && ln -s ../x /etc/yes2\n"
			    "if [ -e /etc/there ]; then :\n"
			    "else ln -s ../x /etc/no2; fi\n"
			    "[ -d /etc/there ] || ln -s ../x /etc/yes3\n"
			    /* what the branch makes does not end it */
			    "if [ ! -e /var/lib/new ]; then mkdir /var/lib/new\n"
			    "ln -s ../x /etc/yes4; fi\n",
			    &err));
	link_is("/etc/yes", "../x");
	link_is("/etc/yes2", "../x");
	link_is("/etc/yes3", "../x");
	link_is("/etc/yes4", "../x");
	ck_assert_ptr_null(ib_tree_find(tree, "/etc/no"));
	ck_assert_ptr_null(ib_tree_find(tree, "/etc/no2"));
}
END_TEST

START_TEST(scriptlets_copy_and_what_they_move_away_is_not_there)
{
	struct ib_error err = IB_ERROR_INIT;

	put_file("/etc/skel/.bash_logout", "# bye\n");
	ck_ok(run_scriptlet(
		"[ -f /root/.bash_logout ] || cp /etc/skel/.bash_logout /root/.bash_logout\n"
		"[ -f /etc/old ] && mv /etc/old /etc/new\n"
		"git config --system http.sslCAPath /etc/ssl/certs\n",
		&err));
	file_is("/root/.bash_logout", "# bye\n");
	file_is("/etc/gitconfig", "[http]\n\tsslCAPath = /etc/ssl/certs\n");
	put_file("/etc/old", "1\n");
	ck_fails(run_scriptlet("[ -f /etc/old ] && mv /etc/old /etc/new", &err), IB_INPUT,
		 "'/etc/old', which is in this image");
	ck_ok(run_scriptlet("[ ! -f /etc/old ] && mv /etc/old /etc/new\n:", &err));
}
END_TEST

START_TEST(the_image_says_which_it_is_and_the_machine_does_not)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_state_plan plan = { .image_id = "node", .image_version = "1.2" };

	put_file("/usr/lib/os-release", "ID=sample\nVERSION_ID=9\nIMAGE_ID=old\n");
	put_file("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	ck_ok(apply(&plan, NULL, &err));
	file_is("/usr/lib/os-release",
		"ID=sample\nVERSION_ID=9\nIMAGE_ID=node\nIMAGE_VERSION=\"1.2\"\n");
	link_is("/etc/os-release", "../usr/lib/os-release");
	file_is("/etc/machine-id", "");
	plan.writable_etc = true;
	ck_ok(apply(&plan, NULL, &err));
	file_is("/etc/machine-id", "uninitialized\n");
}
END_TEST

START_TEST(shells_alternatives_and_sysctl_are_written)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_effect effects[] = {
		{ IB_EFFECT_SHELL, "/bin/bash", false, NULL },
		{ IB_EFFECT_SHELL, "/bin/gone", false, NULL },
		{ IB_EFFECT_ALTERNATIVE, "/usr/bin/ed ed /usr/bin/nano 10\n", false, NULL },
		{ IB_EFFECT_ALTERNATIVE,
		  "/usr/bin/ed ed /usr/bin/vi 30\n/usr/share/ed.1 ed.1 /usr/share/vi.1\n", false,
		  NULL },
		{ IB_EFFECT_LINK, "/etc/x ../y", false, NULL },
		{ IB_EFFECT_DIRECTORY, "/var/lib/z 0750", false, NULL },
	};
	const struct ib_state_sysctl sysctl = { "kernel.kptr_restrict", "2" };
	const struct ib_state_plan plan = { .effects = effects,
					    .effect_count = IB_COUNT(effects),
					    .sysctl = &sysctl,
					    .sysctl_count = 1 };

	put_file("/bin/bash", "#");
	put_file("/usr/bin/nano", "#");
	put_file("/usr/bin/vi", "#");
	put_file("/etc/shells", "/bin/sh\n");
	ck_ok(apply(&plan, NULL, &err));
	file_is("/etc/shells", "/bin/sh\n/bin/bash\n");
	link_is("/usr/bin/ed", "/etc/alternatives/ed");
	link_is("/etc/alternatives/ed", "/usr/bin/vi");
	ck_assert_ptr_null(ib_tree_find(tree, "/etc/alternatives/ed.1"));
	link_is("/etc/x", "../y");
	ck_assert_uint_eq(ib_tree_find(tree, "/var/lib/z")->inode->mode, S_IFDIR | 0750);
	file_is("/usr/lib/sysctl.d/99-imagebuild.conf",
		"# From the recipe of this image.\nkernel.kptr_restrict = 2\n");
}
END_TEST

static const char tmpfiles[] = "d /var/lib/a 0750 daemon adm -\n"
			       "d /run/a 0755 - - -\n"
			       "d /var/lib/b - - - 10d\n"
			       "f /etc/f 0640 root root - one\\ntwo\n"
			       "f /etc/there 0600 - - - no\n"
			       "f+ /etc/forced 0644 - - - yes\n"
			       "L /etc/l - - - - ../usr/lib/os-release\n"
			       "L /etc/there - - - - x\n"
			       "L+ /etc/relinked - - - - new\n"
			       "C /etc/copied - - - -\n"
			       "L /etc/made - - - -\n"
			       "z /etc/z* 0600 - - -\n"
			       "Z /var/lib/deep ~2770 root daemon - -\n"
			       "p /var/lib/pipe 0600 - - -\n"
			       "d! /var/lib/boot - - - -\n"
			       "r! /etc/there\n"
			       "x /var/tmp/x\n"
			       "d /var/lib/%o-%b - - - -\n"
			       "v /srv/v 0711\n"
			       "d- /var/lib/minus :0711 daemon :adm -\n"
			       "d /var/lib/kept :0700 daemon :adm -\n"
			       "d /var/lib/taken 0700 :daemon adm -\n"
			       "d= /var/lib/equal 0711 - - -\n"
			       "e /var/lib/e 0700 - - -\n";

/* Sets the same scene in a folder and in the tree. */
static void set_scene(const char *root)
{
	run_shell("cd '%s' && mkdir -p usr/lib/tmpfiles.d usr/share/factory/etc/copied etc "
		  "var/lib/deep/er var/lib/e var/lib/kept var/lib/taken var/tmp && "
		  "echo factory > usr/share/factory/etc/copied/file && "
		  "echo made > usr/share/factory/etc/made && echo there > etc/there && "
		  "echo no > etc/forced && ln -s old etc/relinked && echo z > etc/zed && "
		  "echo d > var/lib/deep/er/file && printf 'ID=sample\n' > usr/lib/os-release && "
		  "printf 'root:x:0:0::/:/bin/sh\ndaemon:x:1:1::/:/bin/sh\n' > etc/passwd && "
		  "printf 'root:x:0:\ndaemon:x:1:\nadm:x:4:\n' > etc/group && "
		  "find . -type d -exec chmod 755 {} + && find . -type f -exec chmod 644 {} +",
		  root);
}

/* "PATH MODE UID GID TARGET" of every path below /etc, /srv and /var of the tree. */
static int list_node(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_strings *list = context;
	ib_autofree char *path = ib_node_path(node);
	const struct ib_inode *inode = node->inode;
	bool is_link = S_ISLNK(inode->mode);

	(void)err;
	if (ib_str_starts(path, "/etc") || ib_str_starts(path, "/var") ||
	    ib_str_starts(path, "/srv"))
		ib_strings_addf(list, "%s %o %u %u %s", path, is_link ? 0777 : inode->mode & 07777,
				inode->uid, inode->gid, is_link ? inode->link : "");
	return 0;
}

START_TEST(tmpfiles_are_those_of_systemd_tmpfiles)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *root = ib_path_join(test_dir, "root");
	ib_autofree char *conf = ib_path_join(root, "usr/lib/tmpfiles.d/a.conf");
	const char *const only[] = { "sysusers", "tmpfiles" };
	const struct ib_state_plan plan = { .only = { only, 2 } };
	IB_AUTO(ib_state_accounts) accounts = NULL;
	struct ib_accounts lookup = { 0 };
	IB_AUTO_STRINGS(list);
	ib_autofree char *ours = NULL;
	ib_autofree char *theirs = NULL;

	if (geteuid()) {
		fprintf(stderr, "skipped: systemd-tmpfiles changes owners only as root\n");
		return;
	}
	run_shell("mkdir '%s'", root);
	set_scene(root);
	ck_ok(ib_file_write(conf, tmpfiles, strlen(tmpfiles), 0644, &err));
	load_folder(tree, root, "");
	ck_ok(apply(&plan, &accounts, &err));
	lookup = ib_state_accounts_lookup(accounts);
	ck_ok(ib_tree_resolve_owners(tree, &lookup, &err));
	ck_ok(ib_tree_walk(tree, list_node, &list, &err));
	ib_strings_sort_unique(&list);
	ours = ib_strings_join(&list, "\n");
	/* a name with %b differs from boot to boot: no image has it */
	run_shell("systemd-tmpfiles --root='%s' --create '%s' 2>/dev/null; "
		  "rm -rf '%s'/var/lib/sample-*",
		  root, conf, root);
	theirs = read_shell("cd '%s' && find etc var srv -printf '/%%p %%m %%U %%G %%l\n' | "
			    "LC_ALL=C sort | head -c -1",
			    root);
	same_text(ours, theirs);
	file_is("/etc/f", "one\ntwo");
	file_is("/etc/forced", "yes");
	file_is("/etc/there", "?"); /* as loaded: untouched */
}
END_TEST

START_TEST(base_folders_come_before_packages)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_effect effects[] = { { IB_EFFECT_DIRECTORY, "/usr/lib64 0755", true, NULL },
					     { IB_EFFECT_LINK, "/lib64 usr/lib64", true, NULL },
					     { IB_EFFECT_DIRECTORY, "/later 0755", false, NULL } };

	ck_ok(ib_state_prepare(tree, effects, IB_COUNT(effects), &err));
	put_file("/lib64/libc.so.6", "#");
	ck_assert_ptr_nonnull(ib_tree_find(tree, "/usr/lib64/libc.so.6"));
	ck_assert_ptr_null(ib_tree_find(tree, "/later"));
}
END_TEST

/* One thing that somebody remembers, and how often it was found and kept. */
struct remembered {
	char *key;
	struct ib_buffer content;
	int found, kept;
};

static bool recall(void *context, const char *key, struct ib_buffer *ret_content)
{
	struct remembered *remembered = context;

	if (!remembered->key || strcmp(remembered->key, key) != 0)
		return false;
	remembered->found++;
	ib_buffer_put(ret_content, remembered->content.data, remembered->content.size);
	return true;
}

static void keep(void *context, const char *key, const struct ib_buffer *content)
{
	struct remembered *remembered = context;

	remembered->kept++;
	ib_free(remembered->key);
	remembered->key = ib_strdup(key);
	ib_buffer_clear(&remembered->content);
	ib_buffer_put(&remembered->content, content->data, content->size);
}

static char *hardware(const struct ib_state_memory *memory)
{
	struct ib_error err = IB_ERROR_INIT;
	const char *only = "hwdb";
	const struct ib_state_plan plan = { .only = { &only, 1 }, .memory = memory };
	const struct ib_node *node = NULL;

	ck_ok(apply(&plan, NULL, &err));
	node = ib_tree_find(tree, "/usr/lib/udev/hwdb.bin");
	ck_assert_ptr_nonnull(node);
	return ib_hex(node->inode->data, node->inode->size);
}

START_TEST(the_hardware_database_of_the_same_files_is_remembered)
{
	struct remembered remembered = { .content = IB_BUFFER_INIT(1 << 20) };
	const struct ib_state_memory memory = { &remembered, recall, keep };
	ib_autofree char *plain = NULL;
	ib_autofree char *first = NULL;
	ib_autofree char *again = NULL;
	ib_autofree char *changed = NULL;
	ib_autofree char *renamed = NULL;

	put_file("/usr/lib/udev/hwdb.d/20-one.hwdb", "usb:v1*\n ID_VENDOR=One\n");
	plain = hardware(NULL);
	first = hardware(&memory);
	ck_assert_str_eq(plain, first);
	again = hardware(&memory);
	ck_assert_str_eq(plain, again);
	ck_assert_int_eq(remembered.kept, 1);
	ck_assert_int_eq(remembered.found, 1);
	/* another content, another file: something else */
	put_file("/usr/lib/udev/hwdb.d/20-one.hwdb", "usb:v1*\n ID_VENDOR=Two\n");
	changed = hardware(&memory);
	ck_assert_str_ne(plain, changed);
	put_file("/usr/lib/udev/hwdb.d/30-two.hwdb", "usb:v2*\n ID_VENDOR=Two\n");
	renamed = hardware(&memory);
	ck_assert_str_ne(changed, renamed);
	ck_assert_int_eq(remembered.kept, 3);
	ck_assert_int_eq(remembered.found, 1);
	ib_free(remembered.key);
	ib_buffer_done(&remembered.content);
}
END_TEST

START_TEST(a_kernel_module_that_cannot_be_read_is_named)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_state_plan plan = { 0 };

	put_file("/usr/lib/modules/6.1/kernel/a.ko.xz", "\xfd"
							"7zXZ");
	ck_assert_int_eq(apply(&plan, NULL, &err), -(int)IB_INPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "a.ko.xz"));
	ib_error_clear(&err);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("state");
	TCase *state = tcase_create("state");

	tcase_add_checked_fixture(state, set_up, tear_down);
	tcase_add_test(state, users_of_the_plan_come_behind_those_of_packages);
	tcase_add_test(state, what_a_generator_rewrites_keeps_its_owner_and_what_is_right_stays);
	tcase_add_test(state, accounts_of_scriptlets_do_not_come_twice);
	tcase_add_loop_test(state, a_wrong_line_of_sysusers_is_named, 0,
			    (int)IB_COUNT(wrong_lines));
	tcase_add_test(state, units_are_enabled_disabled_and_masked_by_name);
	tcase_add_test(state, a_unit_that_nobody_has_cannot_be_enabled);
	tcase_add_test(state, the_image_says_which_it_is_and_the_machine_does_not);
	tcase_add_test(state, conditions_that_ask_for_files_are_answered_by_the_tree);
	tcase_add_test(state, scriptlets_copy_and_what_they_move_away_is_not_there);
	tcase_add_test(state, shells_alternatives_and_sysctl_are_written);
	tcase_add_test(state, tmpfiles_are_those_of_systemd_tmpfiles);
	tcase_add_test(state, base_folders_come_before_packages);
	tcase_add_test(state, the_hardware_database_of_the_same_files_is_remembered);
	tcase_add_test(state, a_kernel_module_that_cannot_be_read_is_named);
	suite_add_tcase(suite, state);
	return suite;
}
