/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "resolve/resolve.h"
#include "test.h"

#define IMAGES   "repos/osbuild_images/test/data/testrepo/repodata/"
#define OSBUILD  "repos/osbuild_osbuild/test/data/testrepos/appstream/repodata/"
#define MAX_TEXT 4000

/* ---- small repositories, written as primary.xml ------------------------- */

/*
 * One package a line: NAME VERSION-RELEASE ARCH, then words "r:DEP", "p:DEP",
 * "c:DEP", "o:DEP", "w:DEP" (recommends), "f:PATH" (in primary), "l:PATH" (in file
 * lists only). DEP may be "name=version", "name>=version", "name<version".
 */
static void put_dependency(struct ib_buffer *b, const char *word)
{
	static const struct {
		const char *sign;
		const char *flags;
	} relations[] = {
		{ ">=", "GE" }, { "<=", "LE" }, { "=", "EQ" }, { ">", "GT" }, { "<", "LT" }
	};
	size_t length = strcspn(word, "=<>");
	size_t i = 0;

	for (i = 0; i < IB_COUNT(relations); i++)
		if (ib_str_starts(word + length, relations[i].sign)) {
			ib_buffer_putf(b,
				       "<rpm:entry name=\"%.*s\" flags=\"%s\" epoch=\"0\" "
				       "ver=\"%s\"/>",
				       (int)length, word, relations[i].flags,
				       word + length + strlen(relations[i].sign));
			return;
		}
	ib_buffer_putf(b, "<rpm:entry name=\"%s\"/>", word);
}

static void put_list(struct ib_buffer *b, const struct ib_strings *words, char kind,
		     const char *element)
{
	size_t i = 0;

	ib_buffer_putf(b, "<rpm:%s>", element);
	for (i = 3; i < words->count; i++)
		if (words->items[i][0] == kind) {
			ib_autofree char *word = ib_strdup(words->items[i] + 2);
			size_t j = 0;

			for (j = 0; word[j]; j++) /* rich dependencies carry blanks */
				if (word[j] == '_')
					word[j] = ' ';
			put_dependency(b, word);
		}
	if (kind == 'p')
		ib_buffer_putf(b,
			       "<rpm:entry name=\"%s\" flags=\"EQ\" epoch=\"0\" ver=\"%.*s\" "
			       "rel=\"%s\"/>",
			       words->items[0], (int)strcspn(words->items[1], "-"), words->items[1],
			       strchr(words->items[1], '-') + 1);
	ib_buffer_putf(b, "</rpm:%s>", element);
}

static void put_package(struct ib_buffer *b, struct ib_buffer *lists, const char *line)
{
	IB_AUTO_STRINGS(words);
	const struct {
		char kind;
		const char *element;
	} dependencies[] = { { 'p', "provides" },
			     { 'r', "requires" },
			     { 'c', "conflicts" },
			     { 'o', "obsoletes" },
			     { 'w', "recommends" } };
	char id[65];
	size_t i = 0;

	ib_strings_split(&words, line, " ");
	snprintf(id, sizeof(id), "%064zx", (size_t)(words.items[0][0] * 1000 + (int)strlen(line)));
	ib_buffer_putf(b,
		       "<package type=\"rpm\"><name>%s</name><arch>%s</arch>"
		       "<version epoch=\"0\" ver=\"%.*s\" rel=\"%s\"/>"
		       "<checksum type=\"sha256\" pkgid=\"YES\">%s</checksum>"
		       "<time file=\"1\" build=\"7\"/><size package=\"100\" installed=\"200\"/>"
		       "<location href=\"%s-%s.%s.rpm\"/><format>"
		       "<rpm:sourcerpm>%s-1-1.src.rpm</rpm:sourcerpm>",
		       words.items[0], words.items[2], (int)strcspn(words.items[1], "-"),
		       words.items[1], strchr(words.items[1], '-') + 1, id, words.items[0],
		       words.items[1], words.items[2], words.items[0]);
	for (i = 0; i < IB_COUNT(dependencies); i++)
		put_list(b, &words, dependencies[i].kind, dependencies[i].element);
	ib_buffer_putf(lists,
		       "<package pkgid=\"%s\" name=\"%s\" arch=\"%s\">"
		       "<version epoch=\"0\" ver=\"%.*s\" rel=\"%s\"/>",
		       id, words.items[0], words.items[2], (int)strcspn(words.items[1], "-"),
		       words.items[1], strchr(words.items[1], '-') + 1);
	for (i = 3; i < words.count; i++) {
		if (words.items[i][0] == 'f')
			ib_buffer_putf(b, "<file>%s</file>", words.items[i] + 2);
		if (words.items[i][0] == 'f' || words.items[i][0] == 'l')
			ib_buffer_putf(lists, "<file>%s</file>", words.items[i] + 2);
	}
	ib_buffer_puts(b, "</format></package>\n");
	ib_buffer_puts(lists, "</package>\n");
}

/* What lives as long as a test. */
static struct ib_arena *arena;

static void begin(void)
{
	test_dir_make();
	arena = ib_arena_new();
}

static void finish(void)
{
	ib_arena_free(arena);
	test_dir_remove();
}

static struct ib_resolve_repository small(const char *id, const char *text)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = { .id = id, .priority = 99 };
	IB_AUTO_STRINGS(lines);
	IB_AUTO_BUFFER(b, 1 << 20);
	IB_AUTO_BUFFER(lists, 1 << 20);
	ib_autofree char *primary = ib_strf("%s/%s-primary.xml", test_dir, id);
	ib_autofree char *filelists = ib_strf("%s/%s-filelists.xml", test_dir, id);
	size_t i = 0;

	ib_strings_split(&lines, text, "\n");
	ib_buffer_puts(&b, "<metadata xmlns=\"http://linux.duke.edu/metadata/common\" "
			   "xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\">\n");
	ib_buffer_puts(&lists, "<filelists xmlns=\"http://linux.duke.edu/metadata/filelists\">\n");
	for (i = 0; i < lines.count; i++)
		put_package(&b, &lists, lines.items[i]);
	ib_buffer_puts(&b, "</metadata>\n");
	ib_buffer_puts(&lists, "</filelists>\n");
	for (i = 0; i < b.size; i++) /* "<" in a dependency's text never occurs: see above */
		ck_assert(b.data[i] != '\0');
	ck_ok(ib_file_write(primary, b.data, b.size, 0600, &err));
	ck_ok(ib_file_write(filelists, lists.data, lists.size, 0600, &err));
	repository.primary = ib_arena_strdup(arena, primary);
	repository.filelists = ib_arena_strdup(arena, filelists);
	return repository;
}

static void drop(struct ib_resolve_repository *repository)
{
	unlink(repository->primary);
	unlink(repository->filelists);
}

/* ---- asking --------------------------------------------------------------- */

static struct ib_resolve_wishes wishes_of(const struct ib_strings *words)
{
	return (struct ib_resolve_wishes){ (const char *const *)words->items, words->count };
}

/* "a-1-1.x86_64 b-…" of the packages in one set (or all), in their order. */
static char *names_of(const struct ib_resolution *resolution, bool root, bool initrd)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	for (i = 0; i < resolution->package_count; i++)
		if ((root && resolution->packages[i].root) ||
		    (initrd && resolution->packages[i].initrd))
			ib_strings_add(&names, resolution->packages[i].nevra);
	return ib_strings_join(&names, " ");
}

static struct ib_resolve_request request_for(const struct ib_resolve_repository *repositories,
					     size_t count)
{
	return (struct ib_resolve_request){ .repositories = repositories,
					    .repository_count = count,
					    .architecture = "x86_64" };
}

/* Resolves comma-separated wishes and compares; the answer or "KIND text | hint". */
static void check_answer(struct ib_resolve_request *request, const char *root, const char *initrd,
			 const char *expected_root, const char *expected_initrd)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_resolution) resolution = NULL;
	IB_AUTO_STRINGS(roots);
	IB_AUTO_STRINGS(initrds);
	ib_autofree char *in_root = NULL;
	ib_autofree char *in_initrd = NULL;

	ib_strings_split(&roots, root, ",");
	ib_strings_split(&initrds, initrd, ",");
	request->root = wishes_of(&roots);
	request->initrd = wishes_of(&initrds);
	ck_ok(ib_resolve(request, NULL, &resolution, &err));
	in_root = names_of(resolution, true, false);
	in_initrd = names_of(resolution, false, true);
	ck_assert_str_eq(in_root, expected_root);
	ck_assert_str_eq(in_initrd, expected_initrd);
}

static void check_refused(struct ib_resolve_request *request, const char *root, const char *words,
			  const char *hint)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolution *resolution = NULL;
	IB_AUTO_STRINGS(roots);

	ib_strings_split(&roots, root, ",");
	request->root = wishes_of(&roots);
	ck_assert_int_eq(ib_resolve(request, NULL, &resolution, &err), -IB_INPUT);
	ck_assert_msg(strstr(err.text, words), "got '%s', wanted '%s'", err.text, words);
	ck_assert_msg(err.hint && strstr(err.hint, hint), "got '%s', wanted '%s'",
		      err.hint ? err.hint : "(no hint)", hint);
	ib_error_clear(&err);
}

static const char base_text[] = "app 2-1 x86_64 r:lib>=1 f:/usr/bin/app\n"
				"app 1-1 x86_64 r:lib\n"
				"lib 1-1 x86_64 p:libz.so.1()(64bit)\n"
				"lib 1-1 i686\n"
				"lib 2-1 i686 p:old-only\n"
				"tool 1-1 noarch w:extra r:(lib_or_missing)\n"
				"extra 1-1 noarch\n"
				"web-a 1-1 noarch p:webserver c:web-b\n"
				"web-b 1-1 noarch p:webserver c:web-a\n"
				"deep 1-1 noarch r:/usr/share/rare/file\n"
				"rare 1-1 noarch l:/usr/share/rare/file\n"
				"broken 1-1 noarch r:nothing-has-this\n"
				"new 1-1 noarch o:old\n"
				"old 1-1 noarch\n";

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
		{ "old-only", "'lib-2-1.i686' is built for i686", "multilib" },
		{ "lib.i686", "no package fulfils 'lib.i686' for x86_64", "multilib" },
		{ "@core", "no repository has a group 'core'", "by its id" },
		{ "(a or", "cannot read the rich dependency '(a or'", "as rpm does" },
		{ "broken",
		  "nothing provides 'nothing-has-this', which package 'broken-1-1.noarch' "
		  "(repository 'base') requires",
		  "Add a repository that provides 'nothing-has-this'" },
		{ "web-a,web-b", "(repository 'base') conflicts with 'web-", "Only one of 'web-" },
		{ "new,old",
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

START_TEST(excludes_hide_and_are_named)
{
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);
	const char *const exclude[] = { "app = 2", "l?b", "web-a" };

	request.exclude = (struct ib_resolve_wishes){ exclude, 1 };
	check_answer(&request, "app", "", "app-1-1.x86_64 lib-1-1.x86_64", "");
	request.exclude.count = 2;
	check_refused(&request, "app", "package 'lib-1-1.x86_64' (repository 'base') is excluded",
		      "Take the exclude that concerns '");
	request.exclude.count = 3;
	check_refused(&request, "web-a",
		      "package 'web-a-1-1.noarch' (repository 'base') is excluded",
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

/* ---- the cache ------------------------------------------------------------- */

START_TEST(the_cache_is_used_and_a_damaged_one_is_not)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);
	ib_autofree char *cached = ib_strf("%s/%064d-primary.solv", test_dir, 7);
	char digest[65];
	IB_AUTO_BUFFER(good, 1 << 20);
	size_t at = 0;

	snprintf(digest, sizeof(digest), "%064d", 7);
	repository.repomd_sha256 = digest;
	request.cache = test_dir;
	check_answer(&request, "deep", "", "deep-1-1.noarch rare-1-1.noarch", "");
	ck_ok(ib_file_read(cached, &good, &err));

	/* From the cache alone: the XML is gone, both of it. */
	drop(&repository);
	check_answer(&request, "deep", "", "deep-1-1.noarch rare-1-1.noarch", "");

	/* Any flipped byte: made again from XML, which would fail if it were believed. */
	for (at = 0; at < good.size; at += 97) {
		struct ib_resolution *resolution = NULL;
		const char *const wish[] = { "lib" };

		good.data[at] ^= 0x40;
		ck_ok(ib_file_write(cached, good.data, good.size, 0600, &err));
		good.data[at] ^= 0x40;
		request.root = (struct ib_resolve_wishes){ wish, 1 };
		ck_fails(ib_resolve(&request, NULL, &resolution, &err), IB_MISSING,
			 "could not open metadata");
	}

	/* Metadata that changed has another digest, and so another cache. */
	repository = small("base", "lib 9-1 x86_64\n");
	snprintf(digest, sizeof(digest), "%064d", 8);
	repository.repomd_sha256 = digest;
	check_answer(&request, "lib", "", "lib-9-1.x86_64", "");
	/* A file of one digest under the name of another is not believed. */
	ck_assert_int_eq(rename(cached, cached), 0);
	snprintf(digest, sizeof(digest), "%064d", 9);
	{
		ib_autofree char *renamed = ib_strf("%s/%064d-primary.solv", test_dir, 9);

		ck_ok(ib_file_write(renamed, good.data, good.size, 0600, &err));
		check_answer(&request, "lib", "", "lib-9-1.x86_64", "");
	}
}
END_TEST

START_TEST(file_lists_are_read_only_when_they_matter)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);
	static const struct {
		const char *wish;
		bool read;
	} cases[] = { { "app", false }, { "/usr/bin/app", false },        { "deep", true },
		      { "new", false }, { "/usr/share/rare/file", true }, { "webserver", false } };
	IB_AUTO(ib_resolution) resolution = NULL;

	request.root = (struct ib_resolve_wishes){ &cases[_i].wish, 1 };
	ck_ok(ib_resolve(&request, NULL, &resolution, &err));
	ck_assert_int_eq(resolution->filelists_read, cases[_i].read);
}
END_TEST

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
	check_answer(&request, "web,db", "", "db-4-1.noarch web-1-2.noarch", "");
	check_refused(&request, "web = 2", "is hidden by its module", "Only default streams");
	check_refused(&request, "only", "'deep-1-1.noarch' (repository 'base') is hidden by its",
		      "Only default streams");
}
END_TEST

START_TEST(metadata_longer_than_it_was_said_to_be_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);
	struct ib_resolution *resolution = NULL;
	const char *const wish[] = { "/usr/share/rare/file" };
	struct stat primary;
	struct stat lists;

	ck_assert_int_eq(stat(repository.primary, &primary), 0);
	ck_assert_int_eq(stat(repository.filelists, &lists), 0);
	request.root = (struct ib_resolve_wishes){ wish, 1 };
	repository.primary_size = (uint64_t)primary.st_size;
	repository.filelists_size = (uint64_t)lists.st_size;
	check_answer(&request, wish[0], "", "rare-1-1.noarch", "");
	request.root = (struct ib_resolve_wishes){ wish, 1 };
	request.initrd.count = 0;
	repository.filelists_size--;
	ck_fails(ib_resolve(&request, NULL, &resolution, &err), IB_LIMIT, "longer, decompressed");
	repository.primary_size--;
	ck_fails(ib_resolve(&request, NULL, &resolution, &err), IB_LIMIT, "longer, decompressed");
}
END_TEST

/* ---- real repositories ------------------------------------------------------ */

struct real {
	struct ib_resolve_repository repositories[2];
	char paths[6][MAX_TEXT];
};

static const char *keep(struct real *real, size_t i, const char *path)
{
	const char *found = test_shared_data(path);

	if (!found)
		return NULL;
	snprintf(real->paths[i], MAX_TEXT, "%s", found);
	return real->paths[i];
}

/* CentOS Stream 9 BaseOS and AppStream; false, with a word, where they are absent. */
static bool find_real(struct real *real)
{
	real->repositories[0] = (struct ib_resolve_repository){
		.id = "baseos",
		.priority = 99,
		.repomd_sha256 = "0cbe8e69f4c634b7e7ec43a8e165ec92d43767a28f8d16a046026a679d3f8442",
		.primary = keep(real, 0,
				IMAGES "130494033cb9bffa40828ebc814d016920d9ce5d60041467af283ffcf38"
				       "adef0-primary.xml.gz"),
		.filelists = keep(real, 1,
				  IMAGES "7b99933643e8bff43d3d82180e7d678fac89b6a1b9b8f5f88ea93a5c3"
					 "b9b5dbd-filelists.xml.gz"),
		.comps = keep(real, 2,
			      IMAGES "2ac4e27794f840034a13bb60800aba194e89fcd2175c87f57cfbd649139fe"
				     "ff3-comps-BaseOS.x86_64.xml.gz"),
	};
	real->repositories[1] = (struct ib_resolve_repository){
		.id = "appstream",
		.priority = 99,
		.repomd_sha256 = "2179a32c06d7ef69660881462e53786ae604834ca782b19517c076f3c182e2be",
		.primary = keep(real, 3,
				OSBUILD "c03bb2ebc33bbee3046da091b45d90717273a43d3641a9d84e6eede056"
					"37bc8a-primary.xml.gz"),
		.filelists = keep(real, 4,
				  OSBUILD "45124768eff5c16dea32a9f2edbe69bd858f4f9e4dde8f5c9615dd32"
					  "101b7ef8-filelists.xml.gz"),
		.comps = keep(real, 5,
			      OSBUILD "db284c8c2444a36ecf2240107e338f559e4262792492818e4ebf8ccb7a4"
				      "24e8a-comps-AppStream.x86_64.xml"),
	};
	if (!real->repositories[0].primary || !real->repositories[1].primary)
		printf("passed over: ../shared/data is not here\n");
	return real->repositories[0].primary && real->repositories[1].primary;
}

/* The columns that an oracle has, from our answer. */
static char *as_oracle(const struct ib_resolution *resolution)
{
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	for (i = 0; i < resolution->package_count; i++) {
		const struct ib_resolved_package *p = &resolution->packages[i];

		ib_strings_addf(&lines, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%llu", p->name,
				p->epoch, p->version, p->release, p->arch, p->repository,
				p->checksum_kind, p->checksum, p->location,
				(unsigned long long)p->size);
	}
	ib_strings_sort_unique(&lines);
	return ib_strings_join(&lines, "\n");
}

static char *read_oracle(const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_strf("oracles/derived-oracles/%s.tsv", name);
	ib_autofree char *text = NULL;
	IB_AUTO_STRINGS(lines);
	IB_AUTO_STRINGS(kept);
	size_t i = 0;

	ck_ok(ib_file_read_text(test_shared_data(path), 1 << 20, &text, &err));
	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++)
		if (lines.items[i][0] != '#')
			ib_strings_add(&kept, lines.items[i]);
	ib_strings_sort_unique(&kept);
	return ib_strings_join(&kept, "\n");
}

static const struct {
	const char *name;
	const char *wishes;
	size_t repositories;
	bool multilib;
} oracles[] = {
	{ "c9-bash", "bash", 2, false },
	{ "c9-minimal", "filesystem,bash,coreutils,systemd,dbus-broker,util-linux,kmod,procps-ng",
	  2, false },
	{ "c9-static", "setup,filesystem,tzdata,ca-certificates", 2, false },
	{ "c9-i686", "glibc.i686,bash", 2, true },
	{ "c9b-distroless", "setup,filesystem,tzdata", 1, false },
	{ "c9b-systemd", "systemd", 1, false },
};

START_TEST(the_answer_is_dnfs)
{
	struct ib_error err = IB_ERROR_INIT;
	struct real real;
	struct ib_resolve_request request;
	IB_AUTO(ib_resolution) resolution = NULL;
	IB_AUTO_STRINGS(words);
	ib_autofree char *expected = NULL;
	ib_autofree char *got = NULL;

	if (!find_real(&real))
		return;
	request = request_for(real.repositories, oracles[_i].repositories);
	request.multilib = oracles[_i].multilib;
	ib_strings_split(&words, oracles[_i].wishes, ",");
	request.root = wishes_of(&words);
	ck_ok(ib_resolve(&request, NULL, &resolution, &err));
	expected = read_oracle(oracles[_i].name);
	got = as_oracle(resolution);
	ck_assert_str_eq(got, expected);
}
END_TEST

START_TEST(what_dnf_cannot_resolve_is_refused_with_its_reason)
{
	struct real real;
	struct ib_resolve_request request;

	if (!find_real(&real))
		return;
	request = request_for(real.repositories, 2);
	check_refused(&request, "dnf,rpm-build",
		      "nothing provides 'rpm = 4.16.1.3-36.el9', which package "
		      "'rpm-build-4.16.1.3-36.el9.x86_64'",
		      "Add a repository that provides 'rpm = 4.16.1.3-36.el9'");
}
END_TEST

/* Resolving exactly a set's packages adds nothing: the set is closed. */
static void check_closed(const struct ib_resolve_request *request,
			 const struct ib_resolution *resolution, bool initrd)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_request again = *request;
	ib_autofree char *names = names_of(resolution, !initrd, initrd);
	ib_autofree char *got = NULL;
	IB_AUTO(ib_resolution) answer = NULL;
	IB_AUTO_STRINGS(words);

	ib_strings_split(&words, names, " ");
	again.root = wishes_of(&words);
	again.initrd.count = 0;
	ck_ok(ib_resolve(&again, NULL, &answer, &err));
	got = names_of(answer, true, false);
	ck_assert_str_eq(got, names);
}

START_TEST(both_sets_of_a_real_system_are_closed_in_any_order_and_from_the_cache)
{
	struct ib_error err = IB_ERROR_INIT;
	struct real real;
	struct ib_resolve_repository turned[2];
	const char *const root[] = { "bash", "systemd", "@hardware-monitoring" };
	const char *const initrd[] = { "systemd-udev", "kmod", "cryptsetup-libs", "util-linux" };
	ib_autofree char *first = NULL;
	int round = 0;

	if (!find_real(&real))
		return;
	turned[0] = real.repositories[1];
	turned[1] = real.repositories[0];
	for (round = 0; round < 3; round++) {
		struct ib_resolve_request request =
			request_for(round ? turned : real.repositories, 2);
		IB_AUTO(ib_resolution) resolution = NULL;
		ib_autofree char *text = NULL;

		request.root = (struct ib_resolve_wishes){ root, IB_COUNT(root) };
		request.initrd = (struct ib_resolve_wishes){ initrd, IB_COUNT(initrd) };
		request.cache = test_dir;
		ck_ok(ib_resolve(&request, NULL, &resolution, &err));
		text = as_oracle(resolution);
		if (!first)
			first = ib_strdup(text);
		ck_assert_str_eq(text, first);
		check_closed(&request, resolution, false);
		check_closed(&request, resolution, true);
	}
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("resolve");
	TCase *small_case = tcase_create("small");
	TCase *real_case = tcase_create("real");

	tcase_add_checked_fixture(small_case, begin, finish);
	tcase_add_loop_test(small_case, each_kind_of_wish_is_understood, 0, 15);
	tcase_add_test(small_case, weak_dependencies_come_only_when_asked_for);
	tcase_add_loop_test(small_case, what_cannot_be_is_said_in_sentences, 0, 9);
	tcase_add_test(small_case, all_problems_are_told);
	tcase_add_test(small_case, excludes_hide_and_are_named);
	tcase_add_test(small_case, multilib_brings_the_other_architecture);
	tcase_add_test(small_case, root_and_initrd_are_closed_each_and_share_versions);
	tcase_add_test(small_case, each_package_says_why_it_is_there);
	tcase_add_test(small_case, priority_wins_over_version_and_ids_break_ties);
	tcase_add_test(small_case, the_order_inside_a_repository_does_not_matter);
	tcase_add_test(small_case, of_modules_the_default_streams_count);
	tcase_add_test(small_case, metadata_longer_than_it_was_said_to_be_is_refused);
	tcase_add_test(small_case, the_cache_is_used_and_a_damaged_one_is_not);
	tcase_add_loop_test(small_case, file_lists_are_read_only_when_they_matter, 0, 6);
	suite_add_tcase(suite, small_case);
	tcase_add_checked_fixture(real_case, test_dir_make, test_dir_remove);
	tcase_set_timeout(real_case, 120);
	tcase_add_loop_test(real_case, the_answer_is_dnfs, 0, (int)IB_COUNT(oracles));
	tcase_add_test(real_case, what_dnf_cannot_resolve_is_refused_with_its_reason);
	tcase_add_test(real_case,
		       both_sets_of_a_real_system_are_closed_in_any_order_and_from_the_cache);
	suite_add_tcase(suite, real_case);
	return suite;
}
