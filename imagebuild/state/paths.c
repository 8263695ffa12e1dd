/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small generators: login shells (shells.5), alternatives
 * (update-alternatives.1) and sysctl.d (sysctl.d.5).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "state/context.h"

/* Whether a text has this line. */
static bool has_line(const char *text, const char *wanted)
{
	size_t length = strlen(wanted);

	while (*text) {
		size_t its = strcspn(text, "\n");

		if (its == length && !memcmp(text, wanted, length))
			return true;
		text += its + (text[its] == '\n');
	}
	return false;
}

static void add_shell(const char *path, const char *present, struct ib_strings *added)
{
	if (*path == '/' && !has_line(present, path) && !ib_strings_has(added, path))
		ib_strings_add(added, path);
}

static int write_shells(struct ib_state *state, const char *present, const struct ib_strings *added,
			struct ib_error *err)
{
	IB_AUTO_BUFFER(out, 1 << 20);
	size_t i = 0;

	if (present && strlen(present) < 1 << 19)
		ib_buffer_puts(&out, present);
	else
		ib_buffer_puts(&out, "# /etc/shells: valid login shells\n");
	if (out.size && out.data[out.size - 1] != '\n')
		ib_buffer_put_u8(&out, '\n');
	for (i = 0; i < added->count && strlen(added->items[i]) + 2 < ib_buffer_room(&out); i++)
		ib_buffer_putf(&out, "%s\n", added->items[i]);
	return ib_state_put_file(state, "/etc/shells", 0644, out.data, out.size, err);
}

/* Debian's packages say their shells in files; others in scriptlets. */
int ib_state_shells(struct ib_state *state, struct ib_error *err)
{
	const struct ib_node *folder =
		ib_tree_find_target(state->tree, "/usr/share/debianutils/shells.d");
	IB_AUTO_STRINGS(added);
	const char *present = NULL;
	size_t i = 0;

	IB_TRY(ib_state_read(state, "/etc/shells", &present, NULL, err));
	for (i = 0; folder && S_ISDIR(folder->inode->mode) && i < folder->child_count; i++) {
		const char *text = NULL;
		const char *line = NULL;

		IB_TRY(ib_state_read_node(state, folder->children[i], &text, &(size_t){ 0 }, err));
		while ((line = ib_state_line(state->arena, &text)))
			add_shell(line, present ? present : "", &added);
	}
	for (i = 0; i < state->plan->effect_count; i++)
		if (state->plan->effects[i].kind == IB_EFFECT_SHELL &&
		    ib_tree_find_target(state->tree, state->plan->effects[i].text))
			add_shell(state->plan->effects[i].text, present ? present : "", &added);
	return added.count ? write_shells(state, present, &added, err) : 0;
}

/* One "LINK NAME PATH" of an alternative: the link to the chooser, the chooser to the path. */
static int put_alternative(struct ib_state *state, const char *line, struct ib_error *err)
{
	const char *link = ib_state_word(state->arena, &line);
	const char *name = ib_state_word(state->arena, &line);
	const char *program = ib_state_word(state->arena, &line);
	ib_autofree char *chooser = NULL;
	const struct ib_node *there = NULL;

	if (!link || !name || !program || strchr(name, '/'))
		return ib_fail(err, IB_INPUT, "an alternative is not understood: '%s'",
			       link ? link : "");
	if (!ib_tree_find_target(state->tree, program))
		return 0; /* a slave whose file was left out */
	there = ib_tree_find(state->tree, link);
	if (there && !S_ISLNK(there->inode->mode))
		return 0; /* a package's own file is not replaced */
	chooser = ib_path_join("/etc/alternatives", name);
	IB_TRY(ib_state_put_link(state, link, chooser, err));
	return ib_state_put_link(state, chooser, program, err);
}

/* The master line's words by number, from 0. */
static const char *word_of(struct ib_state *state, const char *line, size_t i)
{
	const char *word = NULL;

	do
		word = ib_state_word(state->arena, &line);
	while (i-- && word);
	return word ? word : "";
}

/* Whether another alternative of the same name wins over this one: more priority, or earlier. */
static bool is_beaten(struct ib_state *state, size_t mine)
{
	const struct ib_state_plan *plan = state->plan;
	const char *text = plan->effects[mine].text;
	const char *name = word_of(state, text, 1);
	long priority = strtol(word_of(state, text, 3), NULL, 10);
	size_t i = 0;

	for (i = 0; i < plan->effect_count; i++) {
		const char *other = plan->effects[i].text;
		long its = 0;

		if (i == mine || plan->effects[i].kind != IB_EFFECT_ALTERNATIVE ||
		    !ib_str_equal(word_of(state, other, 1), name))
			continue;
		its = strtol(word_of(state, other, 3), NULL, 10);
		if (its > priority || (its == priority && i < mine))
			return true;
	}
	return false;
}

int ib_state_alternatives(struct ib_state *state, struct ib_error *err)
{
	const struct ib_state_plan *plan = state->plan;
	size_t i = 0;

	for (i = 0; i < plan->effect_count; i++) {
		const char *text = plan->effects[i].text;
		const char *line = NULL;

		if (plan->effects[i].kind != IB_EFFECT_ALTERNATIVE || is_beaten(state, i) ||
		    !ib_state_guard_holds(state, plan->effects[i].guard))
			continue;
		while ((line = ib_state_line(state->arena, &text)))
			IB_TRY(put_alternative(state, line, err));
	}
	return 0;
}

int ib_state_sysctl_file(struct ib_state *state, struct ib_error *err)
{
	IB_AUTO_BUFFER(out, 1 << 20);
	size_t i = 0;

	if (!state->plan->sysctl_count)
		return 0;
	ib_buffer_puts(&out, "# From the recipe of this image.\n");
	for (i = 0; i < state->plan->sysctl_count; i++) {
		const struct ib_state_sysctl *sysctl = &state->plan->sysctl[i];

		if (strlen(sysctl->name) + strlen(sysctl->value) + 5 > ib_buffer_room(&out))
			return ib_fail(err, IB_LIMIT, "too many sysctl settings");
		ib_buffer_putf(&out, "%s = %s\n", sysctl->name, sysctl->value);
	}
	/* named so that it comes behind what packages set */
	return ib_state_put_file(state, "/usr/lib/sysctl.d/99-imagebuild.conf", 0644, out.data,
				 out.size, err);
}
