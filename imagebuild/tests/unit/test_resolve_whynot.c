/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve_small.h"

static const char some[] = "app 2-1 x86_64 r:lib w:extra\n"
			   "app 1-1 x86_64 r:lib\n"
			   "lib 1-1 x86_64 p:libz.so.1()(64bit)\n"
			   "lib 1-1 i686\n"
			   "extra 1-1 noarch f:/usr/bin/extra\n"
			   "other 1-1 noarch r:extra\n"
			   "enemy 1-1 noarch c:lib\n"
			   "broken 1-1 noarch r:nothing-has-this\n"
			   "old-app 1-1 noarch\n"
			   "app-ng 1-1 noarch o:old-app\n"
			   "secret 1-1 noarch\n"
			   "pinned 2-1 noarch\n"
			   "pinned 1-1 noarch\n"
			   "rare 1-1 noarch l:/usr/share/rare/file\n"
			   "foreign 1-1 s390x\n";

static const char preferred[] = "lib 0-1 x86_64\n";

/* "KIND: text | hint" of each answer, a line each. */
static char *why_not(struct ib_resolve_request *request, const char *words, bool initrd)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_why_nots) answer = NULL;
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ck_ok(ib_resolve_why_not(request, words, initrd, &answer, &err));
	for (i = 0; i < answer->count; i++)
		ib_strings_addf(&lines, "%s: %s | %s", ib_absent_name(answer->items[i].why),
				answer->items[i].text, answer->items[i].hint);
	return ib_strings_join(&lines, "\n");
}

static const struct {
	const char *words;
	const char *answer;
} cases[] = {
	{ "app", "present: package 'app-2-1.x86_64' (repository 'base') is in the root file "
		 "system | " },
	{ "app = 1", "version: package 'app-1-1.x86_64' (repository 'base') is not there because "
		     "the root file system has package 'app-2-1.x86_64' (repository 'base'), which "
		     "is newer | Ask for it as 'app-1-1.x86_64'." },
	{ "secret", "excluded: package 'secret-1-1.noarch' (repository 'base') is excluded by "
		    "'s*t' of the recipe | Take the exclude 's*t' out of the recipe, or what "
		    "needs 'secret'." },
	{ "pinned = 2", "pinned: package 'pinned-2-1.noarch' (repository 'base') is not what the "
			"pin 'pinned < 2' lets through (tested with 1) | Loosen the pin 'pinned < "
			"2', or do without what needs another version." },
	{ "pinned", "pinned: package 'pinned-2-1.noarch' (repository 'base') is not what the pin "
		    "'pinned < 2' lets through (tested with 1) | Loosen the pin 'pinned < 2', or "
		    "do without what needs another version." },
	{ "other", "unwanted: package 'other-1-1.noarch' (repository 'base') is not wanted: no "
		   "wish for the root file system names it, and nothing there requires it | Wish "
		   "for 'other': that would bring 2 packages." },
	{ "/usr/bin/extra", "weak: package 'extra-1-1.noarch' (repository 'base') is only "
			    "recommended, by package 'app-2-1.x86_64' | Wish for 'extra', or say "
			    "'weak-dependencies: true'." },
	{ "old-app", "obsoleted: package 'old-app-1-1.noarch' (repository 'base') is obsoleted by "
		     "package 'app-ng-1-1.noarch', which the root file system has | Do without "
		     "'app-ng-1-1.noarch' to have it." },
	{ "enemy", "conflict: package 'enemy-1-1.noarch' cannot be there together with what is "
		   "wished for the root file system: package 'enemy-1-1.noarch' (repository "
		   "'base') conflicts with 'lib', which is package 'lib-1-1.x86_64' (repository "
		   "'base'); " },
	{ "broken", "conflict: package 'broken-1-1.noarch' cannot be there together with what is "
		    "wished for the root file system: nothing provides 'nothing-has-this', which "
		    "package 'broken-1-1.noarch' (repository 'base') requires" },
	{ "lib.i686", "architecture: package 'lib-1-1.i686' (repository 'base') is built for "
		      "i686, not for x86_64 | Say 'multilib: true' in the recipe" },
	{ "foreign", "architecture: package 'foreign-1-1.s390x' (repository 'base') is built for "
		     "s390x, not for x86_64 | Ask for a package that is built for x86_64." },
	{ "/usr/share/rare/file", "unwanted: package 'rare-1-1.noarch' (repository 'base') is not "
				  "wanted" },
	{ "libz.so.1()(64bit)", "present: package 'lib-1-1.x86_64'" },
	{ "aap", "unknown: no package in any repository is, holds or provides 'aap' | Did you "
		 "mean 'app'?" },
};

START_TEST(what_is_absent_says_why)
{
	struct ib_resolve_repository repository = small("base", some);
	struct ib_resolve_request request = request_for(&repository, 1);
	const char *const root[] = { "app", "app-ng" };
	const char *const exclude[] = { "s*t" };
	const struct ib_resolve_pin pin = { .what = "pinned < 2", .reason = "tested with 1" };
	ib_autofree char *got = NULL;

	request.root = (struct ib_resolve_wishes){ root, 2 };
	request.exclude = (struct ib_resolve_wishes){ exclude, 1 };
	request.pins = &pin;
	request.pin_count = 1;
	got = why_not(&request, cases[_i].words, false);
	ck_assert_msg(ib_str_starts(got, cases[_i].answer), "got '%s'", got);
}
END_TEST

START_TEST(another_repository_stands_in_front)
{
	struct ib_resolve_repository repositories[] = { small("base", some),
							small("first", preferred) };
	struct ib_resolve_request request = request_for(repositories, 2);
	const char *const root[] = { "lib" };
	ib_autofree char *got = NULL;

	repositories[1].priority = 10;
	request.root = (struct ib_resolve_wishes){ root, 1 };
	got = why_not(&request, "lib = 1", false);
	ck_assert_str_eq(got, "priority: package 'lib-1-1.x86_64' (repository 'base') stands back "
			      "behind package 'lib-0-1.x86_64' (repository 'first'), whose "
			      "repository has a smaller priority number | Give repository 'base' a "
			      "priority that is not larger, or exclude the other package.");
}
END_TEST

START_TEST(the_initrd_follows_the_root)
{
	struct ib_resolve_repository repository = small("base", some);
	struct ib_resolve_request request = request_for(&repository, 1);
	const char *const root[] = { "app = 1" };
	const char *const initrd[] = { "lib" };
	ib_autofree char *got = NULL;
	ib_autofree char *there = NULL;

	request.root = (struct ib_resolve_wishes){ root, 1 };
	request.initrd = (struct ib_resolve_wishes){ initrd, 1 };
	got = why_not(&request, "app", true);
	ck_assert_msg(ib_str_starts(got, "root-version: package 'app-2-1.x86_64' (repository "
					 "'base') is not the version that the root file system "
					 "has, 'app-1-1.x86_64'"),
		      "got '%s'", got);
	there = why_not(&request, "lib", true);
	ck_assert_msg(ib_str_starts(there, "present: package 'lib-1-1.x86_64' (repository "
					   "'base') is in the initrd"),
		      "got '%s'", there);
}
END_TEST

START_TEST(a_request_that_fails_fails_here_too)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = small("base", some);
	struct ib_resolve_request request = request_for(&repository, 1);
	const char *const root[] = { "broken" };
	struct ib_why_nots *answer = NULL;

	request.root = (struct ib_resolve_wishes){ root, 1 };
	ck_fails(ib_resolve_why_not(&request, "app", false, &answer, &err), IB_INPUT,
		 "nothing provides 'nothing-has-this'");
	ck_assert_ptr_null(answer);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("resolve_whynot");
	TCase *tcase = tcase_create("whynot");

	tcase_add_checked_fixture(tcase, begin, finish);
	tcase_add_loop_test(tcase, what_is_absent_says_why, 0, (int)IB_COUNT(cases));
	tcase_add_test(tcase, another_repository_stands_in_front);
	tcase_add_test(tcase, the_initrd_follows_the_root);
	tcase_add_test(tcase, a_request_that_fails_fails_here_too);
	suite_add_tcase(suite, tcase);
	return suite;
}
