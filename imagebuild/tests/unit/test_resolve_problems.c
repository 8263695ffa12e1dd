/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve_small.h"

START_TEST(what_cannot_be_is_said_in_sentences)
{
	static const struct {
		const char *wish;
		const char *words;
		const char *hint;
	} cases[] = {
		{ "ap", "no package in any repository fulfils 'ap'", "Did you mean 'app'?" },
		{ "frobnicator", "no package in any repository fulfils 'frobnicator'",
		  "add the repository that has it" },
		{ "old-only",
		  "'lib-2-1.i686' (repository 'base') is built for i686, not for x86_64",
		  "Say 'multilib: true' in the recipe" },
		{ "lib.i686", "no package fulfils 'lib.i686': package 'lib-1-1.i686'",
		  "multilib: true" },
		{ "@core", "no repository has a group 'core'", "by its id" },
		{ "(a or", "cannot read the rich dependency '(a or'", "as rpm does" },
		{ "broken",
		  "nothing provides 'nothing-has-this', which package 'broken-1-1.noarch' "
		  "(repository 'base') requires",
		  "Add a repository that provides 'nothing-has-this'" },
		{ "web-a,web-b", "(repository 'base') conflicts with 'web-", "Only one of 'web-" },
		{ "new,old = 1",
		  "package 'new-1-1.noarch' (repository 'base') obsoletes 'old', which is package "
		  "'old-1-1.noarch' (repository 'base')",
		  "Only one of" },
	};
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);

	check_refused(&request, cases[_i].wish, cases[_i].words, cases[_i].hint);
}
END_TEST

START_TEST(all_problems_are_told)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);
	const char *const words[] = { "broken", "web-a", "web-b" };
	struct ib_resolution *resolution = NULL;
	IB_AUTO_STRINGS(problems);

	request.root = (struct ib_resolve_wishes){ words, IB_COUNT(words) };
	ck_fails(ib_resolve(&request, &problems, &resolution, &err), IB_INPUT,
		 "the first of several problems");
	ck_assert_uint_eq(problems.count, 2);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("resolve_problems");
	TCase *tcase = tcase_create("resolve_problems");

	tcase_add_checked_fixture(tcase, begin, finish);
	tcase_add_loop_test(tcase, what_cannot_be_is_said_in_sentences, 0, 9);
	tcase_add_test(tcase, all_problems_are_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
