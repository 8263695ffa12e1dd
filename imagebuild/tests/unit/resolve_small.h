/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small repositories written in a few lines of text, and asking the resolver:
 * what the tests of resolve/ share.
 */
#ifndef IB_TEST_RESOLVE_SMALL_H
#define IB_TEST_RESOLVE_SMALL_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"
#include "resolve/resolve.h"
#include "test.h"

/* ---- small repositories, written as primary.xml ------------------------- */

/*
 * One package a line: NAME VERSION-RELEASE ARCH, then words "r:DEP", "p:DEP",
 * "c:DEP", "o:DEP", "w:DEP" (recommends), "f:PATH" (in primary), "l:PATH" (in file
 * lists only). DEP may be "name=version", "name>=version", "name<version",
 * and "!name" for what has to be there before.
 */
static inline void put_dependency(struct ib_buffer *b, const char *word)
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
	ib_buffer_putf(b, "<rpm:entry name=\"%s\"%s/>", word + (*word == '!'),
		       *word == '!' ? " pre=\"1\"" : "");
}

static inline void put_list(struct ib_buffer *b, const struct ib_strings *words, char kind,
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

/* The made-up digest of the package that the line describes. */
static inline void line_digest(const char *line, char digest[65])
{
	uint64_t hash = 5381;

	for (; *line; line++)
		hash = hash * 33 + (unsigned char)*line;
	snprintf(digest, 65, "%064llx", (unsigned long long)hash);
}

static inline void put_package(struct ib_buffer *b, struct ib_buffer *lists, const char *line)
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
	line_digest(line, id);
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

static inline void begin(void)
{
	test_dir_make();
	arena = ib_arena_new();
}

static inline void finish(void)
{
	ib_arena_free(arena);
	test_dir_remove();
}

static inline struct ib_resolve_repository small(const char *id, const char *text)
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

/* The digest of the package with that NEVRA in the text of a small repository. */
static inline const char *small_digest(const char *text, const char *nevra)
{
	static char digest[65];
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++) {
		IB_AUTO_STRINGS(words);
		ib_autofree char *own = NULL;

		ib_strings_split(&words, lines.items[i], " ");
		own = ib_strf("%s-%s.%s", words.items[0], words.items[1], words.items[2]);
		if (!ib_str_equal(own, nevra))
			continue;
		line_digest(lines.items[i], digest);
		return digest;
	}
	ck_abort_msg("no package '%s'", nevra);
}

static inline void drop(struct ib_resolve_repository *repository)
{
	unlink(repository->primary);
	unlink(repository->filelists);
}

/* ---- asking --------------------------------------------------------------- */

static inline struct ib_resolve_wishes wishes_of(const struct ib_strings *words)
{
	return (struct ib_resolve_wishes){ (const char *const *)words->items, words->count };
}

/* "a-1-1.x86_64 b-…" of the packages in one set (or all), in their order. */
static inline char *names_of(const struct ib_resolution *resolution, bool root, bool initrd)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	for (i = 0; i < resolution->package_count; i++)
		if ((root && resolution->packages[i].root) ||
		    (initrd && resolution->packages[i].initrd))
			ib_strings_add(&names, resolution->packages[i].nevra);
	return ib_strings_join(&names, " ");
}

static inline struct ib_resolve_request request_for(
	const struct ib_resolve_repository *repositories, size_t count)
{
	return (struct ib_resolve_request){ .repositories = repositories,
					    .repository_count = count,
					    .architecture = "x86_64" };
}

/* Resolves comma-separated wishes and compares; the answer or "KIND text | hint". */
static inline void check_answer(struct ib_resolve_request *request, const char *root,
				const char *initrd, const char *expected_root,
				const char *expected_initrd)
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

static inline void check_refused(struct ib_resolve_request *request, const char *root,
				 const char *words, const char *hint)
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

#endif
