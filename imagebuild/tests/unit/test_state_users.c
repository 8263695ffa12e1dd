/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan's users ask for has to be in the image: a typing error makes no group, and locks nobody out. */
#include "state_folder.h"

static int apply(const char *group, const char *shell, struct ib_error *err)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(TEST_TIME);
	const struct ib_tree_entry bash = { .path = "/usr/bin/bash",
					    .mode = S_IFREG | 0755,
					    .origin = { IB_ORIGIN_PACKAGE, "bash" } };
	const struct ib_tree_entry bin = { .path = "/bin",
					   .mode = S_IFLNK | 0777,
					   .link = "usr/bin",
					   .origin = { IB_ORIGIN_PACKAGE, "bash" } };
	static const char files[] = "root:x:0:\nadm:x:4:\n";
	static const char lines[] = "g wheel -\nu daemon -\nm root video\nu who -:adm\n";
	const struct ib_tree_entry known = { .path = "/etc/group",
					     .mode = S_IFREG | 0644,
					     .data = files,
					     .size = sizeof(files) - 1,
					     .origin = { IB_ORIGIN_PACKAGE, "setup" } };
	const struct ib_tree_entry config = { .path = "/usr/lib/sysusers.d/a.conf",
					      .mode = S_IFREG | 0644,
					      .data = lines,
					      .size = sizeof(lines) - 1,
					      .origin = { IB_ORIGIN_PACKAGE, "a" } };
	const struct ib_state_user users[] = {
		{ .name = "core",
		  .uid = -1,
		  .shell = shell,
		  .groups = &group,
		  .group_count = 1,
		  .place = "node.yaml:7:3" },
		{ .name = "other", .uid = -1 },
	};
	const struct ib_state_group mine = { "mine", -1 };
	const char *only = "sysusers";
	const struct ib_state_plan plan = { .users = users,
					    .user_count = 2,
					    .groups = &mine,
					    .group_count = 1,
					    .only = { &only, 1 } };
	IB_AUTO(ib_state_accounts) accounts = NULL;

	IB_TRY(ib_tree_put(tree, &bash, NULL, err));
	IB_TRY(ib_tree_put(tree, &bin, NULL, err));
	IB_TRY(ib_tree_put(tree, &known, NULL, err));
	IB_TRY(ib_tree_put(tree, &config, NULL, err));
	return ib_state_apply(tree, &plan, &accounts, err);
}

/* Of a package's file, of sysusers.d by a line of its own, a user's and a member's, of the recipe. */
static const char *const known_groups[] = { "adm",  "wheel", "daemon", "video",
					    "mine", "core",  "other" };

START_TEST(a_group_that_somebody_makes_is_one)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(apply(known_groups[_i], "/bin/bash", &err));
}
END_TEST

static const struct {
	const char *group, *shell, *words, *hint;
} wrong[] = {
	{ "whel", NULL,
	  "node.yaml:7:3: user 'core' has the group 'whel', which the image does not have",
	  "Did you mean 'wheel'?" },
	{ "libvirt", NULL, "has the group 'libvirt'", "has to stand under 'groups'" },
	/* its user has another one */
	{ "who", NULL, "has the group 'who'", NULL },
	{ "wheel", "/bin/zsh",
	  "node.yaml:7:3: user 'core' has the shell '/bin/zsh', which the image does not have",
	  "add the package that has it" },
	{ "wheel", "/bin/bash/", "has the shell '/bin/bash/'", NULL },
	{ "wheel", "/bin", "has the shell '/bin'", NULL },
};

START_TEST(what_nobody_makes_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_assert_int_eq(apply(wrong[_i].group, wrong[_i].shell, &err), -IB_INPUT);
	ck_assert_msg(strstr(err.text, wrong[_i].words) != NULL, "%s", err.text);
	ck_assert_msg(!wrong[_i].hint || strstr(err.hint, wrong[_i].hint) != NULL, "%s", err.hint);
	ib_error_clear(&err);
}
END_TEST

START_TEST(who_cannot_log_in_needs_no_program)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(apply("wheel", "/usr/sbin/nologin", &err));
	ck_ok(apply("wheel", "/bin/false", &err));
	ck_ok(apply("wheel", NULL, &err));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("state_users");
	TCase *all = tcase_create("state_users");

	tcase_add_loop_test(all, a_group_that_somebody_makes_is_one, 0,
			    (int)IB_COUNT(known_groups));
	tcase_add_loop_test(all, what_nobody_makes_is_refused, 0, (int)IB_COUNT(wrong));
	tcase_add_test(all, who_cannot_log_in_needs_no_program);
	suite_add_tcase(suite, all);
	return suite;
}
