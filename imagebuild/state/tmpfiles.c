/* SPDX-License-Identifier: Apache-2.0 */
#include "state/tmpfiles.h"

#include <stdlib.h>
#include <string.h>

struct lines {
	struct ib_tmpfiles_line *items;
	size_t count;
};

/* Paths that no image carries. */
static bool is_volatile(const char *path)
{
	static const char *const tops[] = { "/run", "/tmp",     "/dev",     "/proc",
					    "/sys", "/var/run", "/var/lock" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(tops); i++) {
		size_t length = strlen(tops[i]);

		if (!strncmp(path, tops[i], length) && (!path[length] || path[length] == '/'))
			return strcmp(path, tops[i]) != 0 || i < 5;
	}
	return false;
}

/* Type letter with its modifiers; false: nothing for an image. */
static bool read_type(const char *word, struct ib_tmpfiles_line *line)
{
	const char *at = word + 1;

	if (!strchr("fFwdDevqQpLcbCzZthHaAxXrRmTt", *word))
		return false;
	line->type = *word;
	for (; *at; at++) {
		if (*at == '+')
			line->force = true;
		else if (*at == '?')
			line->if_target = true;
		else if (!strchr("=-$", *at)) /* what is there is as wanted; may fail; purged */
			return false;         /* at boot, from credentials, encoded; or not known */
	}
	if (*word == 'F') {
		line->type = 'f';
		line->force = true;
	}
	/* ageing, removing, attributes of the file system, ACLs: nothing that an image keeps */
	return !strchr("xXrRwthHaAmT", line->type);
}

static bool read_mode(const char *word, struct ib_tmpfiles_line *line)
{
	char *end = NULL;
	unsigned long mode = 0;

	for (; *word == ':' || *word == '~'; word++) {
		if (*word == ':')
			line->on_create = true;
		else
			line->masked = true;
	}
	mode = strtoul(word, &end, 8);
	if (!*word || *end || mode > 07777)
		return false;
	line->has_mode = true;
	line->mode = (uint32_t)mode;
	return true;
}

static const char *field(struct ib_arena *arena, const char **text)
{
	const char *word = ib_state_word(arena, text);

	return word && !ib_str_equal(word, "-") ? word : NULL;
}

static bool take_colon(const char **name)
{
	bool has = *name && **name == ':';

	*name += has;
	return has;
}

/* Reads one line; *ret_wanted is false when an image has nothing of it. */
static int read_line(struct ib_state *state, const char *text, struct ib_tmpfiles_line *line,
		     bool *ret_wanted, struct ib_error *err)
{
	const char *type = ib_state_word(state->arena, &text);
	const char *path = ib_state_word(state->arena, &text);
	const char *mode = field(state->arena, &text);
	const char *expanded = NULL;

	*ret_wanted = false;
	if (!type || !path)
		return ib_fail(err, IB_INPUT, "type and path must stand on the line");
	if (!read_type(type, line))
		return 0;
	IB_TRY(ib_state_specifiers(state, path, &expanded, err));
	if (!expanded)
		return 0; /* depends on the running machine: made at boot */
	if (*expanded != '/')
		return ib_fail(err, IB_INPUT, "'%s' is no absolute path", path);
	{
		ib_autofree char *normal = ib_path_normalize(expanded);

		line->path = ib_arena_strdup(state->arena, normal);
	}
	if (is_volatile(line->path))
		return 0;
	if (mode && !read_mode(mode, line))
		return ib_fail(err, IB_INPUT, "'%s' is no mode", mode);
	line->user = field(state->arena, &text);
	line->group = field(state->arena, &text);
	line->user_on_create = take_colon(&line->user);
	line->group_on_create = take_colon(&line->group);
	field(state->arena, &text); /* age */
	text += strspn(text, " \t");
	if (*text && strcmp(text, "-") != 0) {
		IB_TRY(ib_state_specifiers(state, text, &line->argument, err));
		if (!line->argument)
			return 0;
	}
	*ret_wanted = true;
	return 0;
}

static int read_file(struct ib_state *state, const char *path, struct lines *lines,
		     struct ib_error *err)
{
	const char *text = NULL;
	const char *its = NULL;
	unsigned number = 0;

	IB_TRY(ib_state_read(state, path, &text, NULL, err));
	while (text && (its = ib_state_line(state->arena, &text))) {
		struct ib_tmpfiles_line line = { .file = ib_arena_strdup(state->arena, path),
						 .number = number + 1,
						 .order = lines->count };
		bool wanted = false;

		number++;
		its += strspn(its, " \t");
		if (!*its || *its == '#')
			continue;
		if (read_line(state, its, &line, &wanted, err) < 0)
			return ib_error_prefix(err, "%s:%u", path, number);
		if (!wanted)
			continue;
		ib_grow(lines->items, lines->count);
		lines->items[lines->count++] = line;
	}
	return 0;
}

/* Only these may stand for one path beside others. */
static bool is_adjusting(char type)
{
	return type == 'z' || type == 'Z' || type == 'e';
}

/* By path, what makes it before what adjusts it, then as read. */
static int compare_lines(const void *a, const void *b)
{
	const struct ib_tmpfiles_line *x = a;
	const struct ib_tmpfiles_line *y = b;
	int r = strcmp(x->path, y->path);

	if (!r)
		r = (int)is_adjusting(x->type) - (int)is_adjusting(y->type);
	if (!r)
		r = x->order < y->order ? -1 : 1;
	return r;
}

static int apply_all(struct ib_state *state, struct lines *lines, struct ib_error *err)
{
	size_t i = 0;

	if (lines->count)
		qsort(lines->items, lines->count, sizeof(*lines->items), compare_lines);
	for (i = 0; i < lines->count; i++) {
		const struct ib_tmpfiles_line *line = &lines->items[i];

		/* of several that make one path, the first counts */
		if (i && !is_adjusting(line->type) && !strcmp(line->path, lines->items[i - 1].path))
			continue;
		if (ib_tmpfiles_apply(state, line, err) < 0)
			return ib_error_prefix(err, "%s:%u", line->file, line->number);
	}
	return 0;
}

int ib_state_tmpfiles(struct ib_state *state, struct ib_error *err)
{
	IB_AUTO_STRINGS(paths);
	struct lines lines = { NULL, 0 };
	size_t i = 0;
	int r = 0;

	ib_state_config_files(state, "tmpfiles.d", ".conf", &paths);
	for (i = 0; r == 0 && i < paths.count; i++)
		r = read_file(state, paths.items[i], &lines, err);
	if (r == 0)
		r = apply_all(state, &lines, err);
	ib_free(lines.items);
	return r;
}

int ib_tmpfiles_apply_text(struct ib_state *state, const char *text, struct ib_error *err)
{
	struct ib_tmpfiles_line line = { .file = "a scriptlet" };
	bool wanted = false;

	if (read_line(state, text, &line, &wanted, err) < 0)
		return ib_error_prefix(err, "'%s'", text);
	return wanted ? ib_tmpfiles_apply(state, &line, err) : 0;
}
