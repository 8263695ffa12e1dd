/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve_small.h"

/* A module document; dependencies are YAML lines or "". */
#define STREAM(name, stream, version, dependencies, artifact) \
	"---\ndocument: modulemd\nversion: 2\ndata:\n  name: " name "\n  stream: \"" stream \
	"\"\n  version: " version "\n  context: c\n  arch: x86_64\n  summary: s\n" \
	"  description: d\n  license:\n    module: [MIT]\n" dependencies \
	"  artifacts:\n    rpms:\n    - " artifact "\n...\n"
#define DEFAULT(name, stream) \
	"---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: " name \
	"\n  stream: \"" stream "\"\n...\n"

START_TEST(of_modules_the_default_streams_count)
{
	static const char modules[] =
		DEFAULT("web", "1") STREAM("web", "1", "10", "", "web-0:1-2.noarch")
			STREAM("web", "1", "9", "", "web-0:1-9.noarch")
				STREAM("web", "2", "11", "", "web-0:2-1.noarch")
					STREAM("db", "5", "1", "", "db-0:5-1.noarch")
						DEFAULT("deep", "1")
							STREAM("deep", "1", "1",
							       "  dependencies:\n  - requires:\n"
							       "      db: [\"5\"]\n",
							       "deep-0:1-1.noarch");
	struct ib_resolve_repository repository =
		small("base", "web 1-2 noarch\nweb 1-9 noarch\nweb 2-1 noarch\nweb 3-1 noarch\n"
			      "db 5-1 noarch\ndb 4-1 noarch\nonly 1-1 noarch r:deep\n"
			      "deep 1-1 noarch\n");
	struct ib_resolve_request request = request_for(&repository, 1);
	ib_autofree char *path = NULL;

	test_file("modules.yaml", modules, &path);
	check_answer(&request, "web,db", "", "db-5-1.noarch web-3-1.noarch", "");
	repository.modules = path;
	check_answer(&request, "web,db", "", "db-4-1.noarch web-1-9.noarch", "");
	check_refused(&request, "web = 2", "of module stream 'web:2', of which 'web:1' counts",
		      "Say 'web:2' under 'modules'");
	check_refused(&request, "only",
		      "'deep-1-1.noarch' (repository 'base') is of module stream 'deep:1', which "
		      "requires module 'db' in stream '5'",
		      "Name that stream under 'modules'");
}
END_TEST

static const char streams[] = DEFAULT("web", "1") STREAM("web", "1", "1", "", "web-0:1-1.noarch")
	STREAM("web", "2", "1", "", "web-0:2-1.noarch")
		STREAM("db", "5", "1", "", "db-0:5-1.noarch")
			STREAM("db", "6", "1", "", "db-0:6-1.noarch")
				STREAM("app", "1", "1",
				       "  dependencies:\n  - requires:\n"
				       "      db: [\"5\"]\n",
				       "app-0:1-1.noarch") STREAM("any", "1", "1",
								  "  dependencies:\n  - requires:\n"
								  "      db: []\n",
								  "any-0:1-1.noarch");

static const struct {
	const char *modules;
	const char *wishes;
	const char *answer;  /* or NULL */
	const char *refusal; /* words */
	const char *hint;
} named[] = {
	{ "", "web", "web-1-1.noarch", NULL, NULL },
	{ "web:2", "web", "web-2-1.noarch", NULL, NULL },
	{ "db:6", "db", "db-6-1.noarch", NULL, NULL },
	/* What a named stream requires counts as well; with a choice, it has to be named. */
	{ "app:1", "app,db", "app-1-1.noarch db-5-1.noarch", NULL, NULL },
	{ "any:1,db:6", "any,db", "any-1-1.noarch db-6-1.noarch", NULL, NULL },
	{ "any:1", "any", NULL, "module stream 'any:1' requires module 'db' in stream '5' or '6'",
	  "Name one of its streams" },
	{ "app:1,db:6", "app", NULL, "module stream 'app:1' requires module 'db' in stream '5'",
	  "Name one of its streams" },
	{ "web:3", "web", NULL, "module 'web' has no stream '3'", "It has these: 1, 2." },
	{ "wep:1", "web", NULL, "no repository has a module 'wep'", "out of the recipe's modules" },
	{ "web:1,web:2", "web", NULL, "two streams of module 'web' are named: '1' and '2'",
	  "Only one" },
	{ "", "db", NULL, "of that module no stream counts by default",
	  "Say 'db:5' under 'modules'" },
	{ "", "shadow", NULL,
	  "is hidden by module stream 'web:1', which has a package of that name",
	  "name another of its streams" },
};

START_TEST(named_streams_count_with_what_they_require)
{
	struct ib_resolve_repository repository =
		small("base", "web 1-1 noarch\nweb 2-1 noarch\ndb 5-1 noarch\ndb 6-1 noarch\n"
			      "app 1-1 noarch\nany 1-1 noarch\nshadow 1-1 noarch p:web\n");
	struct ib_resolve_request request = request_for(&repository, 1);
	ib_autofree char *path = NULL;
	IB_AUTO_STRINGS(modules);

	test_file("modules.yaml", streams, &path);
	repository.modules = path;
	ib_strings_split(&modules, named[_i].modules, ",");
	request.modules = wishes_of(&modules);
	if (named[_i].answer)
		check_answer(&request, named[_i].wishes, "", named[_i].answer, "");
	else
		check_refused(&request, named[_i].wishes, named[_i].refusal, named[_i].hint);
}
END_TEST

START_TEST(the_answer_names_streams_and_whose_package_is_whose)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository =
		small("base", "web 1-1 noarch r:plain\nplain 1-1 noarch\n");
	struct ib_resolve_request request = request_for(&repository, 1);
	const char *const wish[] = { "web" };
	IB_AUTO(ib_resolution) resolution = NULL;
	ib_autofree char *path = NULL;

	test_file("modules.yaml", streams, &path);
	repository.modules = path;
	request.root = (struct ib_resolve_wishes){ wish, 1 };
	ck_ok(ib_resolve(&request, NULL, &resolution, &err));
	ck_assert_uint_eq(resolution->stream_count, 1);
	ck_assert_str_eq(resolution->streams[0], "web:1");
	ck_assert_ptr_null(resolution->packages[0].module);
	ck_assert_str_eq(resolution->packages[1].module, "web:1");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("resolve_modules");
	TCase *tcase = tcase_create("resolve_modules");

	tcase_add_checked_fixture(tcase, begin, finish);
	tcase_add_test(tcase, of_modules_the_default_streams_count);
	tcase_add_loop_test(tcase, named_streams_count_with_what_they_require, 0,
			    (int)IB_COUNT(named));
	tcase_add_test(tcase, the_answer_names_streams_and_whose_package_is_whose);
	suite_add_tcase(suite, tcase);
	return suite;
}
