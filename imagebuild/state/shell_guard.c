/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions that the files of an image decide: test -f and its kin, joined by !, && and ||. */
#include <string.h>

#include "state/shell_expand.h"

/* Of a command that makes or changes something, success is taken for granted. */
static bool succeeds(const char *name)
{
	static const char names[] = " true : echo chmod chown chgrp mkdir touch ln install cp ";
	ib_autofree char *padded = ib_strf(" %s ", ib_path_name(name));

	return strstr(names, padded) != NULL;
}

/* "[ ! -f /path ]" and the like, without the brackets. */
static bool put_test(const struct ib_shell_words *words, bool wanted, struct ib_buffer *out)
{
	const struct ib_shell_word *items = words->items + 1;
	size_t count = words->count - 1;

	if (strcmp(words->items[0].text, "test") != 0 && count-- < 1)
		return false;
	if (count == 3 && !strcmp(items->text, "!")) {
		wanted = !wanted;
		items++;
		count--;
	}
	if (count != 2 || !items[1].known || *items[1].text != '/' ||
	    strpbrk(items[1].text, " \t\n*?[") || strstr(items[1].text, "/..") ||
	    ib_shell_is_volatile(items[1].text) || items->text[0] != '-' || !items->text[1] ||
	    !strchr("efdhLxr", items->text[1]) || items->text[2] ||
	    strlen(items[1].text) + 8 > ib_buffer_room(out))
		return false;
	ib_buffer_putf(out, "%c%c %s\n", wanted ? '+' : '-', items->text[1], items[1].text);
	return true;
}

/* The words of a command that runs no other to get them. */
static bool expand_all(struct ib_shell_scope *scope, const struct ib_shell_node *node,
		       struct ib_shell_words *words)
{
	struct ib_error err = IB_ERROR_INIT;
	size_t i = 0;

	for (i = 0; i < node->word_count; i++)
		if (strpbrk(node->words[i], "`(") ||
		    ib_shell_expand(scope, node->words[i], words, &err) < 0) {
			ib_error_clear(&err);
			return false;
		}
	return words->count && words->items[0].known;
}

static bool is_test(const char *name)
{
	return !strcmp(name, "[") || !strcmp(name, "[[") || !strcmp(name, "test");
}

/* One command: it goes as wanted anyway, or it asks for a file, which is put down. */
static bool put_command(const struct ib_shell_words *words, bool wanted, struct ib_buffer *out)
{
	struct ib_shell_command command = { .words = words->items, .count = words->count };
	enum ib_shell_status status = IB_SHELL_MAYBE;

	if (wanted && succeeds(words->items[0].text))
		return true;
	if (!is_test(words->items[0].text))
		return false;
	status = ib_shell_decide(&command);
	if (status == (wanted ? IB_SHELL_YES : IB_SHELL_NO))
		return true;
	return status == IB_SHELL_MAYBE && put_test(words, wanted, out);
}

/*
 * "[ -e "$k" ]" in a loop over a pattern, which is walked for what is there: where nothing is, what
 * is done to the pattern is done to nothing.
 */
static bool is_there(const struct ib_shell_node *node, const struct ib_shell_words *words)
{
	const char *name = words->items[0].text;

	return !node->redirection_count && words->count == node->word_count &&
	       (!strcmp(name, "test") ? words->count == 3
				      : !strcmp(name, "[") && words->count == 4) &&
	       !strcmp(words->items[1].text, "-e") && words->items[2].is_pattern &&
	       node->words[2][*node->words[2] == '"'] == '$';
}

static bool put_guard(struct ib_shell_scope *scope, const struct ib_shell_node *node, bool wanted,
		      struct ib_buffer *out)
{
	struct ib_shell_words words = { NULL, 0 };

	if ((node->kind == IB_SHELL_SEQUENCE || node->kind == IB_SHELL_GROUP) &&
	    node->child_count == 1 && !node->redirection_count)
		return put_guard(scope, node->children[0], wanted, out);
	if (node->kind == IB_SHELL_NOT)
		return put_guard(scope, node->children[0], !wanted, out);
	if (node->kind == (wanted ? IB_SHELL_AND : IB_SHELL_OR))
		return put_guard(scope, node->children[0], wanted, out) &&
		       put_guard(scope, node->children[1], wanted, out);
	return node->kind == IB_SHELL_SIMPLE && expand_all(scope, node, &words) &&
	       ((wanted && is_there(node, &words)) || put_command(&words, wanted, out));
}

bool ib_shell_guard(struct ib_shell_scope *scope, const struct ib_shell_node *node, bool wanted,
		    const char **ret_tests)
{
	IB_AUTO_BUFFER(out, 1 << 16);

	if (!put_guard(scope, node, wanted, &out))
		return false;
	*ret_tests = out.size ? ib_arena_strdup(scope->arena, ib_buffer_text(&out)) : NULL;
	return true;
}
