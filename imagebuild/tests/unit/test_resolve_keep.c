/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve_small.h"

/* Everything is there in two versions; some of it only together. */
static const char both[] = "app 2-1 x86_64 r:lib\n"
			   "app 1-1 x86_64 r:lib\n"
			   "lib 2-1 x86_64 r:core=2\n"
			   "lib 1-1 x86_64 r:core\n"
			   "core 2-1 x86_64\n"
			   "core 1-1 x86_64\n"
			   "plug 2-1 x86_64 r:core=2\n"
			   "plug 1-1 x86_64 r:core=1\n"
			   "tool 2-1 x86_64\n"
			   "tool 1-1 x86_64\n"
			   "web-a 1-1 x86_64 p:webserver\n"
			   "web-b 1-1 x86_64 p:webserver\n"
			   "new 1-1 x86_64 o:old p:thing\n"
			   "old 1-1 x86_64 p:thing\n";

/* What the lock has: each line of the small repository's text that starts with one of these. */
static size_t keep_these(struct ib_resolve_kept *kept, const char *nevras)
{
	IB_AUTO_STRINGS(list);
	size_t i = 0;

	ib_strings_split(&list, nevras, " ");
	for (i = 0; i < list.count; i++)
		kept[i] = (struct ib_resolve_kept){
			.nevra = ib_arena_strdup(arena, list.items[i]),
			.sha256 = ib_arena_strdup(arena, small_digest(both, list.items[i])),
			.repository = "base",
			.location = "",
			.root = true,
		};
	return list.count;
}

#define OLD "app-1-1.x86_64 core-1-1.x86_64 lib-1-1.x86_64 plug-1-1.x86_64 tool-1-1.x86_64"

START_TEST(only_what_shall_move_and_what_it_forces_moves)
{
	static const struct {
		const char *wishes;
		const char *keep;
		const char *move;
		const char *answer;
	} cases[] = {
		/* Nothing moves by itself, though all of it could. */
		{ "app,plug,tool", OLD, NULL, OLD },
		/* One moves alone. */
		{ "app,plug,tool", "core-1-1.x86_64 lib-1-1.x86_64 plug-1-1.x86_64 tool-1-1.x86_64",
		  "app",
		  "app-2-1.x86_64 core-1-1.x86_64 lib-1-1.x86_64 plug-1-1.x86_64 tool-1-1.x86_64" },
		/* One takes along what it needs, and what then would not fit: the tool stays. */
		{ "app,plug,tool", "app-1-1.x86_64 core-1-1.x86_64 plug-1-1.x86_64 tool-1-1.x86_64",
		  "lib",
		  "app-1-1.x86_64 core-2-1.x86_64 lib-2-1.x86_64 plug-2-1.x86_64 tool-1-1.x86_64" },
		/* What nothing needs any more goes; what is wished anew comes as the best. */
		{ "tool", OLD, NULL, "tool-1-1.x86_64" },
		{ "tool,app", "tool-1-1.x86_64", NULL,
		  "app-2-1.x86_64 core-2-1.x86_64 lib-2-1.x86_64 tool-1-1.x86_64" },
		/* A wish that the lock no longer fulfils moves. */
		{ "tool >= 2", OLD, NULL, "tool-2-1.x86_64" },
		/* What was chosen among equals stays chosen, also when another obsoletes it. */
		{ "webserver", "web-b-1-1.x86_64", NULL, "web-b-1-1.x86_64" },
		{ "thing", "old-1-1.x86_64", NULL, "old-1-1.x86_64" },
		{ "new", "old-1-1.x86_64", NULL, "new-1-1.x86_64" },
		/* To move something that nothing needs adds nothing. */
		{ "tool", "tool-1-1.x86_64", "app", "tool-1-1.x86_64" },
	};
	struct ib_resolve_repository repository = small("base", both);
	struct ib_resolve_request request = request_for(&repository, 1);
	struct ib_resolve_kept kept[8];

	request.keep = kept;
	request.keep_count = keep_these(kept, cases[_i].keep);
	request.move = (struct ib_resolve_wishes){ &cases[_i].move, cases[_i].move != NULL };
	check_answer(&request, cases[_i].wishes, "", cases[_i].answer, "");
}
END_TEST

START_TEST(another_build_of_the_same_version_is_not_it)
{
	struct ib_resolve_repository repository = small("base", both);
	struct ib_resolve_request request = request_for(&repository, 1);
	struct ib_resolve_kept kept[8];

	request.keep = kept;
	request.keep_count = keep_these(kept, "tool-1-1.x86_64");
	kept[0].sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
	check_answer(&request, "tool", "", "tool-2-1.x86_64", "");
}
END_TEST

START_TEST(what_no_repository_has_any_more_is_taken_from_its_header)
{
	static const struct ib_package_file files[] = { { .path = "/usr/share/old/file" } };
	static const struct ib_dependency requires[] = {
		{ "core", "1", IB_SENSE_EQUAL },
		{ "rpmlib(CompressedFileNames)", "3.0.4-1", IB_SENSE_LESS | IB_SENSE_EQUAL },
		{ "(web-a or web-b)", "", 0 },
	};
	static const struct ib_package gone = {
		.name = "tool",
		.version = "0",
		.release = "1",
		.arch = "x86_64",
		.nevra = "tool-0-1.x86_64",
		.source_rpm = "tool-0-1.src.rpm",
		.build_time = 5,
		.requires = { requires, IB_COUNT(requires) },
		.files = files,
		.file_count = 1,
	};
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = small("base", both);
	struct ib_resolve_request request = request_for(&repository, 1);
	const struct ib_resolve_kept kept = {
		.nevra = gone.nevra,
		.sha256 = "1111111111111111111111111111111111111111111111111111111111111111",
		.repository = "base",
		.location = "t/tool-0-1.rpm",
		.size = 77,
		.package = &gone,
		.root = true,
	};
	const char *const wish[] = { "tool", "/usr/share/old/file" };
	IB_AUTO(ib_resolution) resolution = NULL;

	request.keep = &kept;
	request.keep_count = 1;
	check_answer(&request, "tool,/usr/share/old/file", "",
		     "core-1-1.x86_64 tool-0-1.x86_64 web-a-1-1.x86_64", "");
	request.root = (struct ib_resolve_wishes){ wish, 2 };
	ck_ok(ib_resolve(&request, NULL, &resolution, &err));
	ck_assert(!resolution->packages[0].kept && !resolution->packages[0].gone);
	ck_assert(resolution->packages[1].kept && resolution->packages[1].gone);
	ck_assert_str_eq(resolution->packages[1].repository, "base");
	ck_assert_str_eq(resolution->packages[1].location, "t/tool-0-1.rpm");
	ck_assert_str_eq(resolution->packages[1].checksum, kept.sha256);
	ck_assert_str_eq(resolution->packages[1].source_rpm, "tool-0-1.src.rpm");
	ck_assert_uint_eq(resolution->packages[1].size, 77);
	ck_assert_int_eq(resolution->packages[1].build_time, 5);
}
END_TEST

START_TEST(the_initrd_stays_as_well)
{
	struct ib_resolve_repository repository = small("base", both);
	struct ib_resolve_request request = request_for(&repository, 1);
	struct ib_resolve_kept kept[8];

	request.keep = kept;
	request.keep_count = keep_these(kept, "tool-1-1.x86_64 core-1-1.x86_64 web-b-1-1.x86_64");
	kept[1].initrd = kept[2].initrd = true;
	kept[2].root = false;
	/* The root's core moves for plug, and the initrd goes along; its web server stays. */
	check_answer(&request, "tool,plug = 2", "core,webserver",
		     "core-2-1.x86_64 plug-2-1.x86_64 tool-1-1.x86_64",
		     "core-2-1.x86_64 web-b-1-1.x86_64");
	check_answer(&request, "tool,core", "core,webserver", "core-1-1.x86_64 tool-1-1.x86_64",
		     "core-1-1.x86_64 web-b-1-1.x86_64");
}
END_TEST

START_TEST(pins_let_one_version_through_and_are_named)
{
	struct ib_resolve_repository repository = small("base", both);
	struct ib_resolve_request request = request_for(&repository, 1);
	const struct ib_resolve_pin pins[] = {
		{ .what = "core < 2", .reason = "core 2 loses data" }, { .what = "tool-1-1.x86_64" }
	};
	const struct ib_resolve_pin none = { .what = "core = 9", .reason = "r" };

	request.pins = pins;
	request.pin_count = 2;
	check_answer(&request, "app,plug = 1,tool", "",
		     "app-2-1.x86_64 core-1-1.x86_64 lib-1-1.x86_64 plug-1-1.x86_64 "
		     "tool-1-1.x86_64",
		     "");
	check_refused(
		&request, "plug = 2",
		"package 'core-2-1.x86_64' (repository 'base') is not what the pin 'core < 2' "
		"lets through (core 2 loses data)",
		"Loosen the pin 'core < 2'");
	check_refused(&request, "tool >= 2", "the pin 'tool-1-1.x86_64' lets through",
		      "Loosen the pin");
	request.pins = &none;
	request.pin_count = 1;
	check_refused(&request, "tool", "no package in any repository fulfils the pin 'core = 9'",
		      "Pin a version that a repository has");
}
END_TEST

START_TEST(the_order_of_what_stays_does_not_matter)
{
	struct ib_resolve_repository repository = small("base", both);
	struct ib_resolve_request request = request_for(&repository, 1);
	struct ib_resolve_kept kept[8];
	struct ib_resolve_kept turned[8];
	const char *const move[] = { "lib" };
	size_t i = 0;

	request.keep_count =
		keep_these(kept, "app-1-1.x86_64 core-1-1.x86_64 plug-1-1.x86_64 tool-1-1.x86_64");
	request.move = (struct ib_resolve_wishes){ move, 1 };
	for (i = 0; i < request.keep_count; i++)
		turned[i] = kept[request.keep_count - 1 - i];
	for (i = 0; i < 2; i++) {
		request.keep = i ? turned : kept;
		check_answer(&request, i ? "tool,plug,app" : "app,plug,tool", "",
			     "app-1-1.x86_64 core-2-1.x86_64 lib-2-1.x86_64 plug-2-1.x86_64 "
			     "tool-1-1.x86_64",
			     "");
	}
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("resolve_keep");
	TCase *tcase = tcase_create("keep");

	tcase_add_checked_fixture(tcase, begin, finish);
	tcase_add_loop_test(tcase, only_what_shall_move_and_what_it_forces_moves, 0, 10);
	tcase_add_test(tcase, another_build_of_the_same_version_is_not_it);
	tcase_add_test(tcase, what_no_repository_has_any_more_is_taken_from_its_header);
	tcase_add_test(tcase, the_initrd_stays_as_well);
	tcase_add_test(tcase, pins_let_one_version_through_and_are_named);
	tcase_add_test(tcase, the_order_of_what_stays_does_not_matter);
	suite_add_tcase(suite, tcase);
	return suite;
}
