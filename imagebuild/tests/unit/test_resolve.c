/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve_small.h"

START_TEST(each_kind_of_wish_is_understood)
{
	static const struct {
		const char *wish;
		const char *answer;
	} cases[] = {
		{ "lib", "lib-1-1.x86_64" },
		{ "app", "app-2-1.x86_64 lib-1-1.x86_64" },
		{ "app < 2", "app-1-1.x86_64 lib-1-1.x86_64" },
		{ "app = 1", "app-1-1.x86_64 lib-1-1.x86_64" },
		{ "app-1-1.x86_64", "app-1-1.x86_64 lib-1-1.x86_64" },
		{ "app-0:1-1.x86_64", "app-1-1.x86_64 lib-1-1.x86_64" },
		{ "app-1-1", "app-1-1.x86_64 lib-1-1.x86_64" },
		{ "app.x86_64", "app-2-1.x86_64 lib-1-1.x86_64" },
		{ "/usr/bin/app", "app-2-1.x86_64 lib-1-1.x86_64" },
		{ "/usr/share/rare/file", "rare-1-1.noarch" },
		{ "libz.so.1()(64bit)", "lib-1-1.x86_64" },
		{ "(web-b or missing)", "web-b-1-1.noarch" },
		{ "tool", "lib-1-1.x86_64 tool-1-1.noarch" },
		{ "deep", "deep-1-1.noarch rare-1-1.noarch" },
		{ "new", "new-1-1.noarch" },
		{ "old", "new-1-1.noarch" },
		{ "old,new", "new-1-1.noarch" },
		{ "old = 1", "old-1-1.noarch" },
	};
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);

	check_answer(&request, cases[_i].wish, "", cases[_i].answer, "");
	drop(&repository);
}
END_TEST

START_TEST(weak_dependencies_come_only_when_asked_for)
{
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);

	request.weak_dependencies = true;
	check_answer(&request, "tool", "", "extra-1-1.noarch lib-1-1.x86_64 tool-1-1.noarch", "");
}
END_TEST

START_TEST(excludes_hide_and_are_named)
{
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);
	const char *const exclude[] = { "app = 2", "l?b", "web-a" };

	request.exclude = (struct ib_resolve_wishes){ exclude, 1 };
	check_answer(&request, "app", "", "app-1-1.x86_64 lib-1-1.x86_64", "");
	request.exclude.count = 2;
	check_refused(
		&request, "app",
		"package 'lib-1-1.x86_64' (repository 'base') is excluded by 'l?b' of the recipe",
		"Take the exclude '");
	request.exclude.count = 3;
	check_refused(
		&request, "web-a",
		"no package fulfils 'web-a': package 'web-a-1-1.noarch' (repository 'base') is "
		"excluded by 'web-a'",
		"out of the recipe");
	check_answer(&request, "webserver", "", "web-b-1-1.noarch", "");
}
END_TEST

START_TEST(multilib_brings_the_other_architecture)
{
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);

	request.multilib = true;
	check_answer(&request, "lib.i686", "", "lib-2-1.i686", "");
	check_answer(&request, "lib = 1", "", "lib-1-1.x86_64", "");
}
END_TEST

START_TEST(root_and_initrd_are_closed_each_and_share_versions)
{
	struct ib_resolve_repository repository =
		small("base", "kernel 1-1 x86_64\n"
			      "init 2-1 x86_64 r:libc\n"
			      "init 1-1 x86_64 r:libc\n"
			      "libc 1-1 x86_64\n"
			      "shell 1-1 x86_64 r:libc r:webserver\n"
			      "web-a 1-1 noarch p:webserver\n"
			      "web-b 1-1 noarch p:webserver\n"
			      "busy 1-1 x86_64 c:shell r:webserver\n"
			      "newer 1-1 x86_64 r:init>=2\n");
	struct ib_resolve_request request = request_for(&repository, 1);

	/* The initrd follows the root: its older init, its choice of a web server. */
	check_answer(&request, "init = 1,shell,web-b", "init,kernel,busy",
		     "init-1-1.x86_64 libc-1-1.x86_64 shell-1-1.x86_64 web-b-1-1.noarch",
		     "busy-1-1.x86_64 init-1-1.x86_64 kernel-1-1.x86_64 libc-1-1.x86_64 "
		     "web-b-1-1.noarch");
	{
		struct ib_error err = IB_ERROR_INIT;
		struct ib_resolution *resolution = NULL;
		const char *const root[] = { "init = 1" };
		const char *const initrd[] = { "newer" };

		request.root = (struct ib_resolve_wishes){ root, 1 };
		request.initrd = (struct ib_resolve_wishes){ initrd, 1 };
		ck_fails(ib_resolve(&request, NULL, &resolution, &err), IB_INPUT,
			 "'init-2-1.x86_64' (repository 'base') is not the version that the root "
			 "file system has");
	}
}
END_TEST

START_TEST(each_package_says_why_it_is_there)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository =
		small("base", "a 1-1 noarch r:b\nb 1-1 noarch r:c>=1\nc 1-1 noarch\n");
	struct ib_resolve_request request = request_for(&repository, 1);
	const char *const wish[] = { "a" };
	IB_AUTO(ib_resolution) resolution = NULL;
	IB_AUTO_STRINGS(lines);
	ib_autofree char *text = NULL;

	request.root = (struct ib_resolve_wishes){ wish, 1 };
	ck_ok(ib_resolve(&request, NULL, &resolution, &err));
	ib_resolution_explain(resolution, 2, false, &lines);
	text = ib_strings_join(&lines, "; ");
	ck_assert_str_eq(text, "a-1-1.noarch is wished: a; a-1-1.noarch requires b: b-1-1.noarch; "
			       "b-1-1.noarch requires c >= 1: c-1-1.noarch");
	ck_assert_str_eq(resolution->packages[0].version, "1");
	ck_assert_str_eq(resolution->packages[0].release, "1");
	ck_assert_str_eq(resolution->packages[0].epoch, "0");
	ck_assert_str_eq(resolution->packages[0].location, "a-1-1.noarch.rpm");
	ck_assert_str_eq(resolution->packages[0].source_rpm, "a-1-1.src.rpm");
	ck_assert_str_eq(resolution->packages[0].checksum_kind, "sha256");
	ck_assert_uint_eq(resolution->packages[0].size, 100);
	ck_assert_int_eq(resolution->packages[0].build_time, 7);
}
END_TEST

START_TEST(priority_wins_over_version_and_ids_break_ties)
{
	struct ib_resolve_repository repositories[] = {
		small("b", "a 1-1 noarch p:x\n"), small("a", "a 1-1 noarch\nz 1-1 noarch p:x\n"),
		small("c", "a 2-1 noarch\n")
	};
	struct ib_resolve_repository turned[] = { repositories[2], repositories[1],
						  repositories[0] };
	struct ib_error err = IB_ERROR_INIT;
	const char *const wish[] = { "a", "x" };
	size_t round = 0;

	for (round = 0; round < 2; round++) {
		struct ib_resolve_request request = request_for(round ? turned : repositories, 3);
		IB_AUTO(ib_resolution) newest = NULL;
		IB_AUTO(ib_resolution) preferred = NULL;

		request.root = (struct ib_resolve_wishes){ wish, 1 };
		ck_ok(ib_resolve(&request, NULL, &newest, &err));
		ck_assert_str_eq(newest->packages[0].nevra, "a-2-1.noarch");
		turned[1].priority = turned[2].priority = 1;
		repositories[0].priority = repositories[1].priority = 1;
		ck_ok(ib_resolve(&request, NULL, &preferred, &err));
		ck_assert_str_eq(preferred->packages[0].nevra, "a-1-1.noarch");
		ck_assert_str_eq(preferred->packages[0].repository, "a");
		turned[1].priority = turned[2].priority = 99;
		repositories[0].priority = repositories[1].priority = 99;
	}
}
END_TEST

START_TEST(the_order_inside_a_repository_does_not_matter)
{
	struct ib_resolve_repository first = small(
		"one", "q 1-1 noarch p:x\nm 1-1 noarch p:x\nz 1-1 noarch p:x\nw 1-1 noarch r:x\n");
	ib_autofree char *answers[2] = { NULL, NULL };
	struct ib_error err = IB_ERROR_INIT;
	const char *const wish[] = { "w" };
	size_t round = 0;

	for (round = 0; round < 2; round++) {
		struct ib_resolve_request request = request_for(&first, 1);
		IB_AUTO(ib_resolution) resolution = NULL;

		request.root = (struct ib_resolve_wishes){ wish, 1 };
		ck_ok(ib_resolve(&request, NULL, &resolution, &err));
		answers[round] = names_of(resolution, true, false);
		first = small(
			"one",
			"w 1-1 noarch r:x\nz 1-1 noarch p:x\nm 1-1 noarch p:x\nq 1-1 noarch p:x\n");
	}
	ck_assert_str_eq(answers[0], answers[1]);
	ib_free(answers[1]);
	answers[1] = NULL;
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("resolve");
	TCase *tcase = tcase_create("resolve");

	tcase_add_checked_fixture(tcase, begin, finish);
	tcase_add_loop_test(tcase, each_kind_of_wish_is_understood, 0, 18);
	tcase_add_test(tcase, weak_dependencies_come_only_when_asked_for);
	tcase_add_test(tcase, excludes_hide_and_are_named);
	tcase_add_test(tcase, multilib_brings_the_other_architecture);
	tcase_add_test(tcase, root_and_initrd_are_closed_each_and_share_versions);
	tcase_add_test(tcase, each_package_says_why_it_is_there);
	tcase_add_test(tcase, priority_wins_over_version_and_ids_break_ties);
	tcase_add_test(tcase, the_order_inside_a_repository_does_not_matter);
	suite_add_tcase(suite, tcase);
	return suite;
}
