/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/base.h"
#include "resolve/resolve.h"
#include "test.h"

#define UPDATEINFO \
	"repos/rpm-software-management_createrepo_c/tests/testdata/updateinfo_files/" \
	"updateinfo_03.xml"
#define OPENSUSE "repos/openSUSE_libzypp/zypp/tests/data/11.0-update/repodata/updateinfo.xml.gz"

#define BUILD(name, version, release, arch) \
	"<package name='" name "' version='" version "' release='" release "' arch='" arch \
	"'><filename>x</filename></package>"
#define UPDATE(id, status, type, severity, collections) \
	"<update status='" status "' type='" type "'><id>" id \
	"</id><title>t</title><severity>" severity \
	"</severity><issued date='2024-01-02 03:04:05'/><references><reference " \
	"href='https://x/C' id='CVE-2024-1' type='cve'/></references><pkglist>" collections \
	"</pkglist></update>"

static const char some[] = "<updates>" UPDATE(
	"B-2", "stable", "security", "Important",
	"<collection>" BUILD("ssl", "3.0", "5", "x86_64") BUILD("ssl", "3.0", "5", "src")
		BUILD("doc", "1", "2", "noarch") "</collection>")
	UPDATE("A-1", "stable", "bugfix", "None",
	       "<collection>" BUILD("ssl", "3.0", "3", "x86_64") "</collection>")
		UPDATE("C-3", "stable", "security", "Low",
		       "<collection><module name='node' stream='18' version='1' "
		       "context='c' arch='x86_64'/>" BUILD(
			       "node", "18.2", "1",
			       "x86_64") "</collection><collection>" BUILD("ssl", "3.1", "1",
									   "i686") "</collection>")
			UPDATE("D-4", "retracted", "security", "Low",
			       "<collection>" BUILD("ssl", "3.0", "9",
						    "x86_64") "</collection>") "</updates>";

static struct ib_advisories *read_text(const char *text)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_advisories *advisories = NULL;
	ib_autofree char *path = NULL;
	struct ib_resolve_repository repository = { .id = "base" };

	test_file("updateinfo.xml", text, &path);
	repository.updateinfo = path;
	ck_ok(ib_resolve_advisories(&repository, 1, &advisories, &err));
	return advisories;
}

/* "A-1 B-2": the advisories that the move concerns. */
static void check_found(const struct ib_advisories *advisories, const struct ib_advisory_move *move,
			const char *expected)
{
	const struct ib_advisory **found = NULL;
	size_t count = ib_advisories_find(advisories, move, &found);
	ib_autofree char *text = NULL;
	IB_AUTO_STRINGS(ids);
	size_t i = 0;

	for (i = 0; i < count; i++)
		ib_strings_add(&ids, found[i]->id);
	ib_free(found);
	text = ib_strings_join(&ids, " ");
	ck_assert_str_eq(text, expected);
}

START_TEST(a_move_is_held_against_the_builds_that_mend)
{
	static const char *const node18[] = { "node:18" };
	static const struct {
		struct ib_advisory_move move;
		const char *expected;
	} cases[] = {
		/* What the move mends; what is still open; what a step back opens again. */
		{ { "ssl", "x86_64", "3.0-2", "3.0-5", NULL, 0 }, "A-1 B-2" },
		{ { "ssl", "x86_64", "3.0-2", "3.0-4", NULL, 0 }, "A-1" },
		{ { "ssl", "x86_64", "3.0-3", "3.1-1", NULL, 0 }, "B-2" },
		{ { "ssl", "x86_64", "3.0-4", NULL, NULL, 0 }, "B-2" },
		{ { "ssl", "x86_64", "3.0-5", NULL, NULL, 0 }, "" },
		{ { "ssl", "x86_64", "3.0-5", "3.0-1", NULL, 0 }, "" },
		/* What is not there has no fault; an epoch outweighs; other architectures. */
		{ { "ssl", "x86_64", NULL, "3.0-5", NULL, 0 }, "" },
		{ { "ssl", "x86_64", "1:1-1", NULL, NULL, 0 }, "" },
		{ { "ssl", "i686", "3.0-2", NULL, NULL, 0 }, "C-3" },
		{ { "ssl", "aarch64", "3.0-2", NULL, NULL, 0 }, "" },
		{ { "doc", "x86_64", "1-1", "1-2", NULL, 0 }, "B-2" },
		{ { "ss", "x86_64", "1-1", NULL, NULL, 0 }, "" },
		{ { "zzz", "x86_64", "1-1", NULL, NULL, 0 }, "" },
		/* A module's builds concern who has that stream. */
		{ { "node", "x86_64", "16.0-1", NULL, NULL, 0 }, "" },
		{ { "node", "x86_64", "18.0-1", NULL, node18, 1 }, "C-3" },
	};
	IB_AUTO(ib_advisories) advisories = read_text(some);
	size_t i = 0;

	for (i = 0; i < IB_COUNT(cases); i++)
		check_found(advisories, &cases[i].move, cases[i].expected);
}
END_TEST

START_TEST(an_advisory_says_what_it_is)
{
	IB_AUTO(ib_advisories) advisories = read_text(some);
	const struct ib_advisory *b = NULL;

	ck_assert_uint_eq(advisories->count, 3);
	b = &advisories->items[1];
	ck_assert_str_eq(b->id, "B-2");
	ck_assert_str_eq(b->kind, "security");
	ck_assert_str_eq(b->severity, "Important");
	ck_assert_str_eq(b->title, "t");
	ck_assert_str_eq(b->repository, "base");
	ck_assert_int_eq(b->date, 1704164645);
	ck_assert_uint_eq(b->reference_count, 1);
	ck_assert_str_eq(b->references[0].kind, "cve");
	ck_assert_str_eq(b->references[0].id, "CVE-2024-1");
	ck_assert_str_eq(b->references[0].url, "https://x/C");
	ck_assert_uint_eq(b->fix_count, 2); /* the source package is none */
	ck_assert_str_eq(b->fixes[0].evr, "3.0-5");
	ck_assert_ptr_null(b->fixes[0].module);
	ck_assert_uint_eq(ib_advisory_severity(b), 3);
	ck_assert(ib_advisory_is_security(b));
	ck_assert_uint_eq(ib_advisory_severity(&advisories->items[0]), 0);
	ck_assert_str_eq(advisories->items[2].fixes[0].module, "node:18");
	ck_assert_ptr_null(advisories->items[2].fixes[1].module);
}
END_TEST

START_TEST(two_repositories_that_tell_the_same_advisory_count_once)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_advisory_move move = { "ssl", "x86_64", "3.0-2", NULL, NULL, 0 };
	IB_AUTO(ib_advisories) advisories = NULL;
	ib_autofree char *path = NULL;
	struct ib_resolve_repository repositories[] = { { .id = "b" },
							{ .id = "none" },
							{ .id = "a" } };

	test_file("updateinfo.xml", some, &path);
	repositories[0].updateinfo = repositories[2].updateinfo = path;
	ck_ok(ib_resolve_advisories(repositories, 3, &advisories, &err));
	ck_assert_uint_eq(advisories->count, 6);
	ck_assert_str_eq(advisories->items[0].repository, "a");
	check_found(advisories, &move, "A-1 B-2");
}
END_TEST

START_TEST(advisories_that_cannot_be_read_are_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_advisories *advisories = NULL;
	struct ib_resolve_repository repository = { .id = "base" };
	ib_autofree char *path = NULL;

	test_file("updateinfo.xml", "<updates><update", &path);
	repository.updateinfo = path;
	ck_fails(ib_resolve_advisories(&repository, 1, &advisories, &err), IB_INPUT,
		 "cannot read the advisories of repository 'base'");
	repository.updateinfo_size = 5;
	ck_fails(ib_resolve_advisories(&repository, 1, &advisories, &err), IB_LIMIT,
		 "longer, decompressed");
	ck_assert_ptr_null(advisories);
}
END_TEST

START_TEST(advisories_of_real_repositories_are_read)
{
	struct ib_error err = IB_ERROR_INIT;
	static const char *const kangaroo[] = { "kangaroo:0" };
	const struct ib_advisory_move animals[] = {
		{ "walrus", "noarch", "5.20-1", NULL, NULL, 0 },
		{ "kangaroo", "noarch", "0.2-1", NULL, NULL, 0 },
		{ "kangaroo", "noarch", "0.2-1", NULL, kangaroo, 1 },
	};
	IB_AUTO(ib_advisories) advisories = NULL;
	ib_autofree char *first = NULL;
	ib_autofree char *second = NULL;
	struct ib_resolve_repository repositories[] = { { .id = "animals" }, { .id = "suse" } };

	first = ib_strdup(test_shared_data(UPDATEINFO));
	second = ib_strdup(test_shared_data(OPENSUSE));
	if (!first || !second) {
		printf("passed over: ../shared/data is not here\n");
		return;
	}
	repositories[0].updateinfo = first;
	repositories[1].updateinfo = second;
	ck_ok(ib_resolve_advisories(repositories, 2, &advisories, &err));
	check_found(advisories, &animals[0], "RHEA-2012:0055");
	check_found(advisories, &animals[1], "");
	check_found(advisories, &animals[2], "RHEA-2012:0059");
	check_found(
		advisories,
		&(struct ib_advisory_move){ "xorg-x11-Xvnc", "x86_64", "7.3-110.1", NULL, NULL, 0 },
		"xorg-x11-Xvnc");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("advisory");
	TCase *tcase = tcase_create("advisory");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, a_move_is_held_against_the_builds_that_mend);
	tcase_add_test(tcase, an_advisory_says_what_it_is);
	tcase_add_test(tcase, two_repositories_that_tell_the_same_advisory_count_once);
	tcase_add_test(tcase, advisories_that_cannot_be_read_are_refused);
	tcase_add_test(tcase, advisories_of_real_repositories_are_read);
	suite_add_tcase(suite, tcase);
	return suite;
}
