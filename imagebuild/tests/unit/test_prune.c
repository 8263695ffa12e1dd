/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>

#include "recipe/recipe.h"
#include "test.h"
#include "tree/tree.h"

static const char *const all_kinds[] = { "caches",          "completions",     "debug",
					 "documentation",   "headers",         "languages",
					 "package-manager", "static-libraries" };
static const char *const english[] = { "en" };

static const struct {
	const char *kind;
	const char *path;
} left_out[] = {
	{ "static-libraries", "/usr/lib/x86_64-linux-gnu/libc.a" },
	{ "static-libraries", "/usr/lib64/libfoo.la" },
	{ "static-libraries", "/lib64/libfoo.a" },
	{ "headers", "/usr/include/linux/audit.h" },
	{ "headers", "/usr/lib64/pkgconfig/systemd.pc" },
	{ "caches", "/var/cache/man/index.db" },
	{ "caches", "/usr/lib/python3.11/__pycache__/os.cpython-311.pyc" },
	{ "documentation", "/usr/share/doc/bash/README" },
	{ "documentation", "/usr/share/man/man1/bash.1.gz" },
	{ "languages", "/usr/share/locale/de/LC_MESSAGES/bash.mo" },
	{ "languages", "/usr/share/man/pt_BR/man1/su.1.gz" },
	{ "package-manager", "/usr/bin/rpm" },
	{ "package-manager", "/bin/rpm" },
	{ "package-manager", "/usr/bin/rpm2cpio" },
	{ "package-manager", "/usr/lib/rpm/macros" },
	{ "package-manager", "/usr/lib/x86_64-linux-gnu/librpm.so.9.4.0" },
	{ "package-manager", "/usr/bin/tdnf" },
	{ "completions", "/usr/share/bash-completion/completions/mount" },
	{ "debug", "/usr/lib/debug/.build-id/aa/bb.debug" },
};

static const char *const kept[] = {
	"/usr/bin/bash",
	"/usr/lib/x86_64-linux-gnu/libc.so.6",
	"/usr/share/doc/bash/copyright",
	"/usr/share/licenses/bash/COPYING",
	"/usr/share/locale/en_GB/LC_MESSAGES/bash.mo",
	"/usr/share/locale/locale.alias",
	"/usr/bin/rpmdownload", /* not one of rpm's own */
	"/var/cache/ldconfig",
	"/etc/ld.so.cache",
};

static struct ib_prune_rules rules_of(const char *const *kinds, size_t count)
{
	return (struct ib_prune_rules){
		.kinds = kinds, .kind_count = count, .languages = english, .language_count = 1
	};
}

START_TEST(each_kind_leaves_out_its_own)
{
	const struct ib_prune_rules one = rules_of(&left_out[_i].kind, 1);
	const char *others[IB_COUNT(all_kinds)];
	struct ib_prune_rules rest = rules_of(others, 0);
	size_t i = 0;

	for (i = 0; i < IB_COUNT(all_kinds); i++)
		if (strcmp(all_kinds[i], left_out[_i].kind) != 0)
			others[rest.kind_count++] = all_kinds[i];
	ck_assert_msg(!ib_prune_keeps(&one, left_out[_i].path), "%s stays", left_out[_i].path);
	/* pages for one language are documentation, too */
	if (!ib_str_starts(left_out[_i].path, "/usr/share/man/"))
		ck_assert_msg(ib_prune_keeps(&rest, left_out[_i].path), "%s goes",
			      left_out[_i].path);
}
END_TEST

START_TEST(what_is_needed_stays_whatever_the_kinds)
{
	const struct ib_prune_rules all = rules_of(all_kinds, IB_COUNT(all_kinds));

	ck_assert_msg(ib_prune_keeps(&all, kept[_i]), "%s goes", kept[_i]);
}
END_TEST

START_TEST(own_patterns_win_over_kinds_and_keeping_wins_over_all)
{
	static const char *const paths[] = { "/usr/share/gdb/*", "*/copyright" };
	static const char *const keep[] = { "/usr/include/sys/*", "/usr/share/gdb/keep" };
	struct ib_prune_rules rules = rules_of(all_kinds, IB_COUNT(all_kinds));

	rules.paths = paths;
	rules.path_count = 2;
	rules.keep = keep;
	rules.keep_count = 2;
	ck_assert(!ib_prune_keeps(&rules, "/usr/share/gdb/auto-load/x.py"));
	ck_assert(!ib_prune_keeps(&rules, "/usr/share/doc/bash/copyright"));
	ck_assert(ib_prune_keeps(&rules, "/usr/share/gdb/keep"));
	ck_assert(ib_prune_keeps(&rules, "/usr/include/sys/types.h"));
	ck_assert(!ib_prune_keeps(&rules, "/usr/include/stdio.h"));
}
END_TEST

START_TEST(recipes_take_every_kind_of_the_table_and_no_other)
{
	ib_autofree char *schema = ib_recipe_schema();
	const char *at = strstr(schema, "\"enum\":[\"caches\"");
	IB_AUTO_BUFFER(names, 4096);
	size_t i = 0;

	ib_buffer_puts(&names, "\"enum\":[");
	for (i = 0; ib_prune_kind_name(i); i++)
		ib_buffer_putf(&names, "%s\"%s\"", i ? "," : "", ib_prune_kind_name(i));
	ib_buffer_puts(&names, "]");
	ck_assert_ptr_nonnull(at);
	ck_assert_msg(ib_str_starts(at, ib_buffer_text(&names)), "%.200s", at);
}
END_TEST

static bool keeps(void *context, const char *path)
{
	return ib_prune_keeps(context, path);
}

START_TEST(a_folder_goes_with_the_last_of_its_files)
{
	struct ib_prune_rules rules = rules_of(all_kinds, IB_COUNT(all_kinds));
	const struct ib_tree_filter filter = { .wants = keeps, .context = &rules };
	const struct ib_package_file files[] = {
		{ .path = "/usr/share/doc/a", .mode = S_IFDIR | 0755 },
		{ .path = "/usr/share/doc/a/README", .mode = S_IFREG | 0644 },
		{ .path = "/usr/share/doc/a/copyright", .mode = S_IFREG | 0644 },
		{ .path = "/usr/share/doc/b", .mode = S_IFDIR | 0755 },
		{ .path = "/usr/share/doc/b/README", .mode = S_IFREG | 0644 },
		{ .path = "/usr/lib/rpm", .mode = S_IFDIR | 0755 },
		{ .path = "/usr/lib/rpm/lua", .mode = S_IFDIR | 0755 },
		{ .path = "/usr/lib/rpm/macros", .mode = S_IFREG | 0644 },
	};
	const bool expected[] = { true, false, true, false, false, false, false, false };
	const struct ib_package package = {
		.name = "a", .nevra = "a-1-1.noarch", .files = files, .file_count = IB_COUNT(files)
	};
	ib_autofree bool *stays = ib_tree_select_files(&package, &filter);
	size_t i = 0;

	for (i = 0; i < IB_COUNT(files); i++)
		ck_assert_msg(stays[i] == expected[i], "%s", files[i].path);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("prune");
	TCase *rules = tcase_create("rules");

	tcase_add_loop_test(rules, each_kind_leaves_out_its_own, 0, IB_COUNT(left_out));
	tcase_add_loop_test(rules, what_is_needed_stays_whatever_the_kinds, 0, IB_COUNT(kept));
	tcase_add_test(rules, own_patterns_win_over_kinds_and_keeping_wins_over_all);
	tcase_add_test(rules, recipes_take_every_kind_of_the_table_and_no_other);
	tcase_add_test(rules, a_folder_goes_with_the_last_of_its_files);
	suite_add_tcase(suite, rules);
	return suite;
}
