/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that change what the walker knows: variables, functions, and whether it goes on. */
#include "state/shell_walker.h"

#include <string.h>

/* The map keeps addresses of texts in the arena, and never writes to them. */
void ib_walker_put_text(struct ib_map *map, const char *name, const char *text)
{
	void *kept = NULL;

	memcpy(&kept, &text, sizeof(kept));
	ib_map_set(map, name, kept);
}

void ib_walker_record(struct walker *walker, const char *name, const char *text)
{
	ib_grow(walker->changes, walker->change_count);
	walker->changes[walker->change_count++] =
		(struct change){ name, ib_map_get(walker->scope.variables, name) };
	ib_walker_put_text(walker->scope.variables, name, text);
}

/* The one place where a command sets a variable. */
int ib_walker_put_variable(struct walker *walker, const char *name,
			   const struct ib_shell_word *value, struct ib_error *err)
{
	if (ib_shell_is_decisive(name, value))
		return ib_fail(err, IB_INPUT, "'%s=%s' changes what commands mean", name,
			       value->text);
	if (!ib_shell_is_name(name) || ib_map_has(walker->fixed, name))
		return ib_fail(err, IB_INPUT, "what '%s' becomes is not understood", name);
	ib_walker_record(walker, name,
			 value->known && !ib_shell_is_special(name) ? value->text
								    : walker->scope.unknown);
	return 0;
}

static int put_unknown(struct walker *walker, const char *name, struct ib_error *err)
{
	return ib_walker_put_variable(walker, name,
				      &(struct ib_shell_word){ "", false, false, false }, err);
}

/* Behind what may or may not have run, nobody knows what it set. */
void ib_walker_forget_changes(struct walker *walker, size_t since)
{
	size_t count = walker->change_count;
	size_t i = 0;

	ib_shell_charge(&walker->scope, 16 * (count - since));
	for (i = since; i < count; i++)
		if (ib_map_get(walker->scope.variables, walker->changes[i].name) !=
		    walker->scope.unknown)
			ib_walker_record(walker, walker->changes[i].name, walker->scope.unknown);
}

void ib_walker_undo_changes(struct walker *walker, size_t since)
{
	while (walker->change_count > since) {
		const struct change *change = &walker->changes[--walker->change_count];

		/* nothing is taken out of a map: what was not set is then not known */
		ib_walker_put_text(walker->scope.variables, change->name,
				   change->before ? change->before : walker->scope.unknown);
	}
}

int ib_walker_assign(struct walker *walker, const char *raw, size_t length, struct ib_error *err)
{
	const char *name = ib_arena_strf(walker->scope.arena, "%.*s", (int)length, raw);
	bool appends = raw[length] == '+';
	struct ib_shell_word value = { "", true, false, false };

	if (raw[length + (appends ? 2 : 1)] == '(')
		return ib_fail(err, IB_INPUT, "an array is not understood");
	IB_TRY(ib_shell_expand_one(&walker->scope, raw + length + (appends ? 2 : 1), &value, err));
	if (appends) {
		const char *before = ib_map_get(walker->scope.variables, name);

		value.known = value.known && before != walker->scope.unknown;
		value.text = ib_arena_strf(walker->scope.arena, "%s%s",
					   before && value.known ? before : "", value.text);
	}
	return ib_walker_put_variable(walker, name, &value, err);
}

/* read and unset: names, as was checked before. */
static int forget_named(struct walker *walker, const struct ib_shell_words *words,
			struct ib_error *err)
{
	size_t i = 0;

	if (!strcmp(words->items[0].text, "read"))
		IB_TRY(put_unknown(walker, "REPLY", err));
	for (i = 1; i < words->count; i++) {
		const char *name = words->items[i].text;

		if (*name == '-')
			continue;
		if (ib_map_has(walker->functions, name)) /* unset takes those, too */
			return ib_fail(err, IB_INPUT, "'%s' of a function is not understood",
				       words->items[0].text);
		IB_TRY(put_unknown(walker, name, err));
	}
	return 0;
}

/* Commands that set variables or options: what is not known behind them. */
int ib_walker_forget_what_is_set(struct walker *walker, const struct ib_shell_words *words,
				 struct ib_error *err)
{
	const char *name = words->items[0].text;
	size_t i = 0;

	IB_TRY(ib_shell_check_builtin(words, err));
	if (!strcmp(name, ".") || !strcmp(name, "source")) {
		ib_walker_forget_changes(walker, 0);
		walker->maybe_left |= BIT(ENDS_SHELL);
		walker->scope.is_clean = false;
	}
	for (i = 1; !strcmp(name, "set") && i < words->count; i++)
		if (strpbrk(words->items[i].text, "eun")) /* as are the names of such options */
			walker->maybe_left |= BIT(ENDS_SHELL);
	return !strcmp(name, "read") || !strcmp(name, "unset") ? forget_named(walker, words, err)
							       : 0;
}

/* export, local, readonly, declare, typeset: NAME and NAME=VALUE as they stand in the text. */
int ib_walker_declare(struct walker *walker, const char *name, const char *const *raw, size_t count,
		      struct ib_error *err)
{
	bool is_fixed = !strcmp(name, "readonly");
	size_t i = 0;

	for (i = 0; i < count; i++) {
		size_t length = ib_shell_assignment_length(raw[i]);

		if (!strcmp(raw[i], "-r") && strchr("dt", *name)) {
			is_fixed = true;
			continue;
		}
		if (length)
			IB_TRY(ib_walker_assign(walker, raw[i], length, err));
		else if (!ib_shell_is_name(raw[i]))
			return ib_fail(err, IB_INPUT, "'%s %s' is not understood", name, raw[i]);
		else if (strchr("dtl", *name))
			IB_TRY(put_unknown(walker, raw[i], err));
		if (is_fixed)
			ib_map_set(walker->fixed,
				   length ? ib_arena_strf(walker->scope.arena, "%.*s", (int)length,
							  raw[i])
					  : raw[i],
				   walker->fixed);
	}
	return 0;
}

bool ib_walker_is_vague(const struct walker *walker)
{
	return walker->vague || walker->maybe_left;
}

bool ib_walker_is_certain(const struct walker *walker)
{
	return !walker->undecided && !walker->maybe_left && !walker->guard;
}

/* The status that exit and return get: no word, or one that is a number. */
static bool has_plain_status(const struct ib_shell_words *words)
{
	const char *word = words->count > 1 ? words->items[1].text : "";

	return words->count == 1 ||
	       (words->count == 2 &&
		(words->items[1].known
			 ? *word && strlen(word) <= 3 && strspn(word, "0123456789") == strlen(word)
			 : !strcmp(word, "$?")));
}

/* exit, return, break and continue: certain, or from here on nobody knows. */
int ib_walker_leave(struct walker *walker, const struct ib_shell_node *node,
		    const struct ib_shell_words *words, struct ib_error *err)
{
	static const char *const names[] = { "", "continue", "break", "return", "exit" };
	unsigned leap = ENDS_SHELL;

	while (leap > STAYS && strcmp(names[leap], words->items[0].text) != 0)
		leap--;
	if (leap == STAYS)
		return 0;
	if (leap <= ENDS_LOOP && (!walker->loops || words->count > 1))
		return ib_fail(err, IB_INPUT, "'%s' is not understood here", names[leap]);
	/* return outside of a function is a fault, or an exit: shells differ */
	if (walker->undecided || node->redirection_count ||
	    (walker->guard && (walker->loops || walker->bodies || leap != ENDS_SHELL)) ||
	    !has_plain_status(words) || (leap == ENDS_FUNCTION && !walker->bodies) ||
	    walker->maybe_left & (BIT(leap) - 1))
		walker->maybe_left |= BIT(leap);
	else
		walker->stopped = leap;
	return 0;
}

bool ib_walker_is_declaring(const char *name)
{
	return !strcmp(name, "export") || !strcmp(name, "local") || !strcmp(name, "readonly") ||
	       !strcmp(name, "declare") || !strcmp(name, "typeset");
}

/* A name that stands for a function from here on. */
int ib_walker_define(struct walker *walker, const struct ib_shell_node *node, struct ib_error *err)
{
	const char *name = node->words[0];
	bool perhaps = walker->undecided || walker->subshells || !ib_walker_is_certain(walker);

	if (name[strspn(name, IB_SHELL_NAME_LETTERS "-.")] || ib_shell_is_special_builtin(name) ||
	    (perhaps && ib_map_has(walker->functions, name)))
		return ib_fail(err, IB_INPUT, "a function '%s' is not understood here", name);
	if (perhaps)
		ib_map_set(walker->perhaps, name, node->children[0]);
	ib_map_set(walker->functions, name, node->children[0]);
	return 0;
}
