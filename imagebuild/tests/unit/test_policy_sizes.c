/* SPDX-License-Identifier: Apache-2.0 */
/* What packages cost, and budgets. */
#include "policy_root.h"

/* ---- sizes and budgets ---------------------------------------------------------------- */

static const struct ib_package_file app_files[] = { { .path = "/usr/bin/app", .mode = S_IFREG } };
static const struct ib_package_file lib_files[] = { { .path = "/usr/lib/libx.so.1",
						      .mode = S_IFREG } };
static const struct ib_package_file shell_files[] = { { .path = "/usr/bin/tool",
							.mode = S_IFREG } };
static const struct ib_package_file loose_files[] = { { .path = "/usr/share/loose",
							.mode = S_IFREG } };
static const struct ib_dependency app_requires[] = { { .name = "(lib-x or lib-y)" } };
static const struct ib_dependency lib_provides[] = { { .name = "lib-x" } };
static const struct ib_package packages[] = {
	{ .name = "app",
	  .nevra = "app-1-1.noarch",
	  .files = app_files,
	  .file_count = 1,
	  .requires = { app_requires, 1 } },
	{ .name = "lib",
	  .nevra = "lib-1-1.noarch",
	  .files = lib_files,
	  .file_count = 1,
	  .provides = { lib_provides, 1 } },
	{ .name = "loose", .nevra = "loose-1-1.noarch", .files = loose_files, .file_count = 1 },
	{ .name = "shell", .nevra = "shell-1-1.noarch", .files = shell_files, .file_count = 1 },
};
static const struct ib_package *const list[] = { &packages[0], &packages[1], &packages[2],
						 &packages[3] };

static void put_packaged(const char *path, uint32_t mode, const void *data, size_t size)
{
	put(path, mode, 0, data, size);
	ib_tree_find(tree, path)->inode->origin = (struct ib_origin){ IB_ORIGIN_PACKAGE, "some" };
}

static struct ib_policy_subject fill_packages(void)
{
	put_packaged("/usr/bin/app", S_IFREG | 0755, "#!/usr/bin/env tool\n", 20);
	put_packaged("/usr/bin/tool", S_IFREG | 0755, "tool", 4);
	put_packaged("/usr/bin/env", S_IFREG | 0755, "env", 3);
	put_packaged("/usr/lib/libx.so.1", S_IFREG | 0644, "library", 7);
	put_packaged("/usr/share/loose", S_IFREG | 0644, "12345678901234567890123456789012", 32);
	ib_tree_finish(tree);
	return (struct ib_policy_subject){ .tree = tree,
					   .fact = fact_of,
					   .packages = list,
					   .package_count = IB_COUNT(list),
					   .root_image_bytes = 5000 };
}

static const struct ib_size_package *of(const struct ib_size_report *report, const char *name)
{
	size_t i = 0;

	for (i = 0; i < report->package_count; i++)
		if (!strcmp(report->packages[i].package->name, name))
			return &report->packages[i];
	return NULL;
}

START_TEST(what_nothing_needs_is_told_by_three_kinds_of_evidence)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_policy_subject subject = fill_packages();
	IB_AUTO(ib_size_report) report = NULL;

	ck_ok(ib_size_measure(&subject, NULL, NULL, &report, &err));
	ck_assert_str_eq(report->packages[0].package->name, "loose"); /* the largest */
	ck_assert_uint_eq(of(report, "loose")->size.installed_bytes, 32);
	ck_assert_ptr_null(of(report, "loose")->needed_by);
	ck_assert_ptr_null(of(report, "app")->needed_by);
	ck_assert_str_eq(of(report, "lib")->needed_by, "app");
	ck_assert_uint_eq(of(report, "lib")->required_by, 1);
	ck_assert_str_eq(of(report, "shell")->needed_by, "app");
	ck_assert_uint_eq(of(report, "shell")->interprets_for, 1);
	ck_assert_str_eq(report->folders[0].path, "/");
	ck_assert_uint_eq(report->folders[0].size.installed_bytes, report->total.installed_bytes);
}
END_TEST

START_TEST(an_elf_dependency_is_evidence)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_policy_subject subject = fill_packages();
	const struct ib_package_file file = { .path = "/usr/lib/libc.so.6", .mode = S_IFREG };
	const struct ib_package libc = {
		.name = "libc", .nevra = "libc-1-1.noarch", .files = &file, .file_count = 1
	};
	const struct ib_package *const two[] = { &packages[0], &libc };
	IB_AUTO(ib_size_report) report = NULL;

	put_packaged("/usr/lib/libc.so.6", S_IFREG | 0644, "libc", 4);
	put_packaged("/usr/bin/app", S_IFREG | 0755, self.data, self.size);
	subject.packages = two;
	subject.package_count = 2;
	ck_ok(ib_size_measure(&subject, NULL, NULL, &report, &err));
	ck_assert_uint_eq(of(report, "libc")->linked_by, 1);
	ck_assert_str_eq(of(report, "libc")->needed_by, "app");
}
END_TEST

static const struct {
	const char *rule;
	const char *words; /* the culprit */
	struct ib_budgets over, at;
} budgets[] = {
	{ "budget-root-image",
	  "loose (32 bytes, needed by nothing else)",
	  { .root_image_bytes = 4999 },
	  { .root_image_bytes = 5000 } },
	{ "budget-package",
	  "package 'loose' takes 32 bytes",
	  { .package_bytes = 31 },
	  { .package_bytes = 32 } },
	{ "budget-packages",
	  "the largest are loose (32 bytes",
	  { .packages = 3 },
	  { .packages = 4 } },
	{ "budget-setuid", "/usr/bin/one, /usr/bin/two", { .setuid = 1 }, { .setuid = 2 } },
};

START_TEST(a_budget_names_the_culprit)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_policy_subject subject = { 0 };
	struct ib_policy_settings settings = { .budgets = budgets[_i].over };
	IB_AUTO(ib_policy_report) over = NULL;
	IB_AUTO(ib_policy_report) at = NULL;
	const struct ib_finding *finding = NULL;

	put("/usr/bin/one", S_IFREG | 04755, 0, "x", 1);
	put("/usr/bin/two", S_IFREG | 02755, 0, "x", 1);
	subject = fill_packages();
	ck_ok(ib_policy_check(&subject, &settings, &over, &err));
	finding = find(over, budgets[_i].rule, NULL);
	ck_assert_msg(finding != NULL, "%s", budgets[_i].rule);
	ck_assert_msg(strstr(finding->message, budgets[_i].words) != NULL, "%s", finding->message);
	ck_assert_int_eq(finding->severity, IB_SEVERITY_ERROR);
	settings.budgets = budgets[_i].at;
	ck_ok(ib_policy_check(&subject, &settings, &at, &err));
	ck_assert_ptr_null(find(at, budgets[_i].rule, NULL));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("policy_sizes");
	TCase *tcase = tcase_create("policy_sizes");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_nothing_needs_is_told_by_three_kinds_of_evidence);
	tcase_add_test(tcase, an_elf_dependency_is_evidence);
	tcase_add_loop_test(tcase, a_budget_names_the_culprit, 0, IB_COUNT(budgets));
	suite_add_tcase(suite, tcase);
	return suite;
}
