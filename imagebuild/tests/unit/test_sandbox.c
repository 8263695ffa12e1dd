/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scriptlets in the sandbox: what they do is recorded and replayed, what they
 * must not do fails. The root is made of this machine's shell and a few tools.
 * Where the machine forbids namespaces, the refusal itself is tested.
 */
#include <sched.h>

#include "build/effects.h"
#include "build/sandbox.h"
#include "build/unfold.h"
#include "state_folder.h"

static char *root;
static bool allowed;

/* Once for all tests: they read it only. */
static void make_root(void)
{
	char folder[] = "/tmp/imagebuild-test-root.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(folder));
	root = ib_strdup(folder);
	run_shell(
		"chmod 755 '%s' && cd '%s' && mkdir -p usr/bin etc var/lib/x var/tmp dev run tmp && "
		"ln -s usr/bin bin && programs=$(for p in bash touch mkdir ln rm chmod mknod sleep "
		"cat chown unshare mount ls id; do command -v $p; done) && cp -L $programs usr/bin/ && "
		"ldd $programs | grep -o '/[^ :]*\\.so[^ ]*' | sort -u | "
		"while read l; do mkdir -p .$(dirname $l); cp -L $l .$l; done; "
		"echo old > etc/there; echo same > etc/same; echo gone > etc/gone; true",
		root, root);
	allowed = system("unshare --user --map-root-user --mount true 2>/dev/null") == 0;
	if (!allowed)
		fprintf(stderr, "skipped: this machine forbids user namespaces\n");
}

static void remove_root(void)
{
	run_shell("rm -rf '%s'", root);
	ib_free(ib_take(root));
}

static void tear_down(void)
{
	run_shell("chmod -R u+rwx '%s'", test_dir);
	test_dir_remove();
}

/* Runs a text; what it did comes as a document. */
static int run_text(const char *text, unsigned seconds, struct ib_buffer *effects,
		    struct ib_error *err)
{
	static unsigned number;
	ib_autofree char *scratch = ib_strf("%s/scratch%u", test_dir, number++);
	ib_autofree char *upper = ib_path_join(scratch, "upper");
	const struct ib_scriptlet scriptlet = { .kind = IB_SCRIPTLET_POST,
						.interpreter = "/bin/bash",
						.text = text };
	const char *layer = root;
	const struct ib_sandbox sandbox = { .layers = &layer,
					    .layer_count = 1,
					    .scratch = scratch,
					    .scriptlet = &scriptlet,
					    .name = "package 'x-1-1.noarch' %post",
					    .seconds = seconds,
					    .memory_bytes = (uint64_t)1 << 30,
					    .file_bytes = 1 << 20 };

	ck_assert_int_eq(mkdir(scratch, 0755), 0);
	IB_TRY(ib_sandbox_run(&sandbox, err));
	return ib_effects_record(upper, sandbox.name, effects, err);
}

START_TEST(what_a_scriptlet_does_is_replayed)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(first, IB_EFFECTS_MAX);
	IB_AUTO_BUFFER(second, IB_EFFECTS_MAX);
	IB_AUTO(ib_tree) tree = ib_tree_new(TEST_TIME);
	static const char text[] =
		"set -e\n[ $1 -eq 1 ]\nmkdir -m 750 /var/lib/x/new\necho $LC_ALL $PATH > "
		"/var/lib/x/new/file\nln -s ../there /etc/link\nrm /etc/gone\necho new > /etc/there\n"
		"chmod 600 /etc/same\necho lost > /tmp/a; echo lost > /run/b\nrm -r /var/lib/x/old || "
		":\n";
	const struct ib_node *node = NULL;
	ib_autofree char *content = NULL;

	if (!allowed)
		return;
	ck_ok(run_text(text, 20, &first, &err));
	ck_ok(run_text(text, 20, &second, &err));
	ck_assert_uint_eq(first.size, second.size);
	ck_assert_int_eq(memcmp(first.data, second.data, first.size), 0);
	load_folder(tree, root, "");
	ck_ok(ib_effects_replay(first.data, first.size, "%post of x", tree, &err));
	node = ib_tree_find(tree, "/var/lib/x/new/file");
	ck_assert_ptr_nonnull(node);
	ck_assert_str_eq(node->inode->origin.name, "%post of x");
	content = tree_text(tree, "/var/lib/x/new/file");
	ck_assert_str_eq(content, "C /usr/sbin:/usr/bin:/sbin:/bin\n");
	ck_assert_uint_eq(node->parent->inode->mode, S_IFDIR | 0750);
	ck_assert_str_eq(ib_tree_find(tree, "/etc/link")->inode->link, "../there");
	ck_assert_ptr_null(ib_tree_find(tree, "/etc/gone"));
	ck_assert_ptr_null(ib_tree_find(tree, "/run/b"));
	ck_assert_ptr_null(ib_tree_find(tree, "/tmp/a"));
	ck_assert_uint_eq(ib_tree_find(tree, "/etc/same")->inode->mode & 07777, 0600);
	/* the root itself is as it was */
	run_shell("cd '%s' && grep -q old etc/there && test -e etc/gone && test ! -e var/lib/x/new",
		  root);
}
END_TEST

/* What fails inside, with the words that come back. */
static const struct {
	const char *text;
	const char *words;
} failing[] = {
	{ "echo why >&2; exit 3", "failed with status 3: why" },
	{ "exec 3<>/dev/tcp/127.0.0.1/80", "failed with status 1" },
	{ "exec 3<>/dev/udp/8.8.8.8/53", "failed with status 1" },
	{ "while :; do :; done", "did not end within 2 seconds" },
	{ "trap '' TERM INT HUP; sleep 100 & sleep 100", "did not end within 2 seconds" },
	{ "echo x > /dev/null && sleep 60 > /dev/null 2>&1 & sleep 9", "did not end" },
	{ "chmod 4755 /usr/bin/id", "makes a file that is setuid or setgid: '/usr/bin/id'" },
	{ "mkdir /var/s && chmod 2755 /var/s",
	  "makes a folder that is setuid or setgid: '/var/s'" },
	{ "mknod /etc/pipe p", "makes what is neither file, folder nor link: '/etc/pipe'|failed" },
	{ "mknod /etc/disk b 8 0", "failed with status 1" },
	{ "mount -t tmpfs none /etc", "failed with status" },
	{ "unshare --user true", "failed with status" },
	{ "chown 12:12 /etc/there", "failed with status 1" },
	{ "ln -s ../../../outside /etc/out",
	  "makes a link that leads out of the image: '/etc/out'" },
	{ "x=; for i in 1 2 3 4 5 6 7 8 9; do x=$x$x$RANDOM; done; cat /dev/zero > /etc/big",
	  "failed with status" },
	{ "ls /proc/1/root", "failed with status" },
	{ "cat /etc/shadow", "failed with status 1" },
};

START_TEST(what_a_scriptlet_must_not_do_fails)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(effects, IB_EFFECTS_MAX);
	IB_AUTO_STRINGS(words);
	size_t i = 0;
	bool found = false;

	if (!allowed)
		return;
	ck_assert_int_eq(run_text(failing[_i].text, 2, &effects, &err), -(int)IB_INPUT);
	ib_strings_split(&words, failing[_i].words, "|");
	for (i = 0; i < words.count; i++)
		found = found || strstr(err.text, words.items[i]);
	ck_assert_msg(found, "'%s': %s", failing[_i].text, err.text);
	ib_error_clear(&err);
}
END_TEST

/* Nothing that it starts outlives it, and it sees no file of the machine. */
START_TEST(nothing_is_left_and_nothing_is_seen)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(effects, IB_EFFECTS_MAX);
	ib_autofree char *text =
		ib_strf("( sleep 77.125 & ) >/dev/null 2>&1 </dev/null\n"
			"test ! -e '%s' && test ! -e /proc/self && test ! -e /sys/kernel\n",
			root);

	if (!allowed)
		return;
	ck_ok(run_text(text, 20, &effects, &err));
	run_shell("sleep 0.2; ! pgrep -f '^sleep 77.125$' > /dev/null");
}
END_TEST

static void put_text(const char *path, const char *text)
{
	ib_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(where_namespaces_are_forbidden_it_says_so)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *ids = NULL;
	IB_AUTO_BUFFER(effects, IB_EFFECTS_MAX);

	if (!allowed)
		return;
	/* in a namespace that allows no further ones */
	ids = ib_strf("0 %u 1", (unsigned)geteuid());
	ck_assert_int_eq(unshare(CLONE_NEWUSER), 0);
	put_text("/proc/self/uid_map", ids);
	put_text("/proc/sys/user/max_user_namespaces", "0");
	ck_assert_int_eq(run_text("true", 5, &effects, &err), -(int)IB_INPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot be run here: making namespaces: "));
	ck_assert_ptr_nonnull(strstr(err.hint, "builds need nothing of it"));
	ib_error_clear(&err);
}
END_TEST

START_TEST(lua_and_missing_interpreters_are_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	const char *layer = root;
	struct ib_scriptlet scriptlet = { .kind = IB_SCRIPTLET_POST,
					  .interpreter = "<lua>",
					  .text = "x" };
	const struct ib_sandbox sandbox = { .layers = &layer,
					    .layer_count = 1,
					    .scratch = test_dir,
					    .scriptlet = &scriptlet,
					    .name = "it",
					    .seconds = 5,
					    .memory_bytes = (uint64_t)1 << 30,
					    .file_bytes = 1 << 20 };

	ck_fails(ib_sandbox_run(&sandbox, &err), IB_INPUT, "its interpreter is '<lua>'");
	scriptlet.interpreter = "/usr/bin/nowhere";
	if (allowed)
		ck_fails(ib_sandbox_run(&sandbox, &err), IB_INPUT,
			 "could not start '/usr/bin/nowhere'");
}
END_TEST

/* A recorded document is somebody's file: what is not of the form is refused. */
static const struct {
	const char *paths;
	const char *words;
} wrong[] = {
	{ "{\"path\":\"/../etc/x\",\"type\":\"absent\"}", "is no path of an image" },
	{ "{\"path\":\"etc/x\",\"type\":\"absent\"}", "is no path of an image" },
	{ "{\"path\":\"/x\",\"type\":\"file\",\"mode\":2541,\"content\":\"\"}", "no mode" },
	{ "{\"path\":\"/x\",\"type\":\"file\",\"mode\":420}", "has no content" },
	{ "{\"path\":\"/x\",\"type\":\"file\",\"mode\":420,\"content\":\"*\"}", "has no content" },
	{ "{\"path\":\"/x\",\"type\":\"device\"}", "of an unrecognized kind" },
	{ "{\"path\":\"/x\",\"type\":\"link\"}", "of an unrecognized kind" },
};

START_TEST(a_document_of_another_form_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(TEST_TIME);
	ib_autofree char *text =
		ib_strf("{\"format\":\"imagebuild effects 1\",\"paths\":[%s]}", wrong[_i].paths);

	ck_fails(ib_effects_replay(text, strlen(text), "it", tree, &err), IB_INPUT,
		 wrong[_i].words);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *sandbox = tcase_create("sandbox");

	tcase_set_timeout(sandbox, 120);
	tcase_add_unchecked_fixture(sandbox, make_root, remove_root);
	tcase_add_checked_fixture(sandbox, test_dir_make, tear_down);
	tcase_add_test(sandbox, what_a_scriptlet_does_is_replayed);
	tcase_add_loop_test(sandbox, what_a_scriptlet_must_not_do_fails, 0, (int)IB_COUNT(failing));
	tcase_add_test(sandbox, nothing_is_left_and_nothing_is_seen);
	tcase_add_test(sandbox, where_namespaces_are_forbidden_it_says_so);
	tcase_add_test(sandbox, lua_and_missing_interpreters_are_refused);
	tcase_add_loop_test(sandbox, a_document_of_another_form_is_refused, 0,
			    (int)IB_COUNT(wrong));
	suite_add_tcase(suite, sandbox);
	return suite;
}
