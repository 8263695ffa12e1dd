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

Suite *ib_suite(void)
{
	Suite *suite = suite_create("resolve_modules");
	TCase *tcase = tcase_create("resolve_modules");

	tcase_add_checked_fixture(tcase, begin, finish);
	tcase_add_test(tcase, of_modules_the_default_streams_count);
	suite_add_tcase(suite, tcase);
	return suite;
}
