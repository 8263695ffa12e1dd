/* SPDX-License-Identifier: Apache-2.0 */
/*
 * info - the directory that info reads first: /usr/share/info/dir.
 *
 * What install-info does one page after another is done once: each page that a
 * scriptlet registers brings its sections and entries (package/facts.h keeps
 * those lines of a page), and the directory gets them section by section, in
 * the order of the sections' and the entries' names. What a package's own
 * directory says already stays in front. Pages that the image leaves out are
 * not in the directory. The form is Texinfo's "Info Format", the menu of a
 * node named Top.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "state/context.h"

#define DIRECTORY_MAX (16U << 20)

struct entry {
	const char *section;
	const char *text; /* "* Sed: (sed).  Stream editor.\n", with what hangs below it */
};

struct entries {
	struct entry *items;
	size_t count;
};

static void add_entry(struct entries *entries, const char *section, const char *text)
{
	size_t i = 0;

	for (i = 0; i < entries->count; i++)
		if (!strcmp(entries->items[i].section, section) &&
		    !strcmp(entries->items[i].text, text))
			return;
	ib_grow(entries->items, entries->count);
	entries->items[entries->count++] = (struct entry){ section, text };
}

/* Lines of one page: "INFO-DIR-SECTION NAME", then "* …" with lines that go on below it. */
static void add_page(struct ib_state *state, const char *text, struct entries *entries)
{
	IB_AUTO_STRINGS(sections);
	const char *line = NULL;
	const char *entry = NULL;
	bool fresh = false;
	size_t i = 0;

	while ((line = ib_state_line(state->arena, &text))) {
		if (ib_str_starts(line, "INFO-DIR-SECTION ")) {
			if (!fresh)
				ib_strings_done(&sections);
			fresh = true;
			ib_strings_add(&sections, line + 17);
			continue;
		}
		fresh = false;
		if (!ib_str_starts(line, "* "))
			continue;
		entry = ib_arena_strf(state->arena, "%s\n", line);
		while (*text == ' ' || *text == '\t')
			entry = ib_arena_strf(state->arena, "%s%s\n", entry,
					      ib_state_line(state->arena, &text));
		if (!sections.count)
			ib_strings_add(&sections, "Miscellaneous");
		for (i = 0; i < sections.count; i++)
			add_entry(entries, ib_arena_strdup(state->arena, sections.items[i]), entry);
	}
}

/* The page that a scriptlet names, whatever it is compressed with in the package. */
static const struct ib_node *find_page(const struct ib_state *state, const char *path)
{
	static const char *const ends[] = { "", ".gz", ".xz", ".zst", ".bz2" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(ends); i++) {
		ib_autofree char *name = ib_strf("%s%s", path, ends[i]);
		const struct ib_node *node = ib_tree_find_target(state->tree, name);

		if (node && S_ISREG(node->inode->mode))
			return node;
	}
	return NULL;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int r = strcmp(x->section, y->section);

	return r ? r : strcmp(x->text, y->text);
}

static int write_directory(struct ib_state *state, const char *path, struct entries *entries,
			   struct ib_error *err)
{
	IB_AUTO_BUFFER(out, DIRECTORY_MAX);
	const char *present = NULL;
	const char *section = "";
	size_t i = 0;

	IB_TRY(ib_state_read(state, path, &present, NULL, err));
	if (present && strlen(present) > DIRECTORY_MAX / 2)
		return ib_fail(err, IB_LIMIT, "'%s' is larger than such a file can be", path);
	if (present && *present)
		ib_buffer_puts(&out, present);
	else
		ib_buffer_puts(&out, "The pages of this image, by section.\n\x1f\n"
				     "File: dir,\tNode: Top,\tThis is the top of the INFO tree.\n\n"
				     "* Menu:\n");
	if (out.data[out.size - 1] != '\n')
		ib_buffer_put_u8(&out, '\n');
	qsort(entries->items, entries->count, sizeof(*entries->items), compare_entries);
	for (i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->items[i];

		if (present && strstr(present, entry->text))
			continue;
		if (strlen(entry->section) + strlen(entry->text) + 4 > ib_buffer_room(&out))
			return ib_fail(err, IB_LIMIT, "'%s' grows too large", path);
		if (strcmp(section, entry->section) != 0)
			ib_buffer_putf(&out, "\n%s\n", entry->section);
		section = entry->section;
		ib_buffer_puts(&out, entry->text);
	}
	return ib_state_put_file(state, path, 0644, out.data, out.size, err);
}

/* All pages that go into one directory file. */
static int make_directory(struct ib_state *state, const char *directory, struct ib_error *err)
{
	struct entries entries = { NULL, 0 };
	size_t i = 0;
	int r = 0;

	for (i = 0; r == 0 && i < state->plan->effect_count; i++) {
		const char *entry = state->plan->effects[i].text;
		const char *text = ib_state_line(state->arena, &entry);
		const struct ib_node *page = NULL;
		const struct ib_fact *fact = NULL;
		const char *lines = NULL;

		if (state->plan->effects[i].kind != IB_EFFECT_INFO ||
		    !ib_str_equal(ib_state_word(state->arena, &text), directory))
			continue;
		page = find_page(state, ib_state_word(state->arena, &text));
		if (page && *entry) /* said instead of the page's own */
			lines = entry;
		else if (page)
			fact = ib_state_fact(state, page);
		if (fact && fact->problem)
			r = ib_fail(err, IB_INPUT, "the info page of '%s' cannot be read: %s",
				    state->plan->effects[i].text, fact->problem);
		else if (fact)
			lines = fact->data;
		if (lines)
			add_page(state, lines, &entries);
	}
	if (r == 0 && entries.count)
		r = write_directory(state, directory, &entries, err);
	ib_free(entries.items);
	return r;
}

int ib_state_info(struct ib_state *state, struct ib_error *err)
{
	IB_AUTO_STRINGS(directories);
	size_t i = 0;

	for (i = 0; i < state->plan->effect_count; i++) {
		const char *text = state->plan->effects[i].text;

		if (state->plan->effects[i].kind == IB_EFFECT_INFO)
			ib_strings_add(&directories, ib_state_word(state->arena, &text));
	}
	ib_strings_sort_unique(&directories);
	for (i = 0; i < directories.count; i++)
		IB_TRY(make_directory(state, directories.items[i], err));
	return 0;
}
