/* SPDX-License-Identifier: Apache-2.0 */
/* Where raw words end: POSIX.1-2017, Shell Command Language, 2.2 (quoting) and 2.3 (tokens). */
#include <string.h>

#include "state/shell_node.h"

#define NESTING_MAX 32

static size_t skip_quoted(const char *text, unsigned depth);

/*
 * What a shell reads in a way of its own inside $(…) and ${…}, and what is not followed here: a
 * comment and a here-document may hold brackets and quotes, and a quote in ${…} means one thing
 * outside of "…" and another one inside.
 */
static bool is_read_otherwise(const char *text, char open)
{
	if (open == '{')
		return strchr("'\"\\", *text) != NULL;
	return (*text == '#' && strchr(" \t\n;&|(", text[-1]) != NULL) || ib_str_starts(text, "<<");
}

/* The length of a run up to its closing character, quotes inside respected; 0: not closed. */
static size_t skip_nested(const char *text, char open, char close, unsigned depth)
{
	size_t at = 1;
	size_t level = 1;

	if (depth > NESTING_MAX)
		return 0;
	while (text[at] && level) {
		size_t skip = 1;

		if (is_read_otherwise(text + at, open))
			return 0;
		if (text[at] == open)
			level++;
		else if (text[at] == close)
			level--;
		else if (strchr("'\"\\`$", text[at]))
			skip = skip_quoted(text + at, depth + 1);
		if (!skip)
			return 0;
		at += skip;
	}
	return level ? 0 : at;
}

static size_t skip_double(const char *text, unsigned depth)
{
	size_t at = 1;

	while (text[at] && text[at] != '"') {
		size_t skip = 1;

		if (text[at] == '\\' && text[at + 1])
			skip = 2;
		else if ((text[at] == '$' && text[at + 1] && strchr("({[", text[at + 1])) ||
			 text[at] == '`')
			skip = skip_quoted(text + at, depth + 1);
		if (!skip)
			return 0;
		at += skip;
	}
	return text[at] ? at + 1 : 0;
}

/* A backslash that a shell takes away before it reads the commands is not understood. */
static size_t skip_backtick(const char *text)
{
	size_t at = 1;

	for (; text[at] && text[at] != '`'; at++)
		if (text[at] == '\\' && (!text[at + 1] || strchr("`$\\\"\n", text[at + 1])))
			return 0;
	return text[at] ? at + 1 : 0;
}

/* How long the quoted thing at text is, 1 for a plain character, 0 when it is not closed. */
static size_t skip_quoted(const char *text, unsigned depth)
{
	const char *end = NULL;
	size_t inside = 0;

	if (depth > NESTING_MAX)
		return 0;
	switch (*text) {
	case '\'':
		end = strchr(text + 1, '\'');
		return end ? (size_t)(end - text) + 1 : 0;
	case '"':
		return skip_double(text, depth);
	case '`':
		return skip_backtick(text);
	case '\\':
		return text[1] ? 2 : 1;
	case '$':
		if (text[1] && strchr("'\"[", text[1]))
			return 0; /* $'…', $"…" and $[…] of bash */
		if (text[1] != '(' && text[1] != '{')
			return 1;
		inside = skip_nested(text + 1, text[1], text[1] == '(' ? ')' : '}', depth);
		return inside ? inside + 1 : 0;
	default:
		return 1;
	}
}

size_t ib_shell_substitution_length(const char *text)
{
	return skip_quoted(text, 0);
}

size_t ib_shell_word_length(const char *text)
{
	size_t at = 0;

	while (text[at] && !strchr(" \t\n;&|<>()", text[at])) {
		size_t skip = skip_quoted(text + at, 0);

		if (!skip)
			return 0;
		at += skip;
	}
	return at;
}

bool ib_shell_begins_name(const char *text, size_t length)
{
	return length && !(*text >= '0' && *text <= '9') &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") >=
		       length;
}

bool ib_shell_delimiter(const char *word, size_t length, size_t *ret_skip)
{
	*ret_skip = 0;
	if (length > 2 && (*word == '\'' || *word == '"') && word[length - 1] == *word)
		*ret_skip = 1;
	return ib_shell_begins_name(word + *ret_skip, length - 2 * *ret_skip);
}

size_t ib_shell_patterns_length(const char *text)
{
	size_t at = 0;

	while (true) {
		size_t length = 0;

		at += strspn(text + at, " \t");
		length = ib_shell_word_length(text + at);
		if (!length)
			return 0;
		at += length;
		at += strspn(text + at, " \t");
		if (text[at] == ')')
			return at;
		if (text[at++] != '|')
			return 0;
	}
}

static const char *const operations[] = { "&>>", "&>", "<<-", "<<", "<&", "<>",
					  "<",   ">>", ">&",  ">|", ">" };

const char *ib_shell_operation_at(const char *text, size_t *ret_skip)
{
	size_t digits = strspn(text, "0123456789");
	size_t i = 0;

	for (i = 0; i < IB_COUNT(operations); i++)
		if (ib_str_starts(text + digits, operations[i]) &&
		    !(digits && *operations[i] == '&')) {
			*ret_skip = digits + strlen(operations[i]);
			return operations[i];
		}
	return NULL;
}
