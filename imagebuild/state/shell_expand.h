/* SPDX-License-Identifier: Apache-2.0 */
/* Raw words become words: inside state/shell*.c only. */
#ifndef IB_STATE_SHELL_EXPAND_H
#define IB_STATE_SHELL_EXPAND_H

#include "state/shell_node.h"

struct ib_shell_scope {
	struct ib_arena *arena;
	struct ib_map *variables; /* name → text; unknown below stands for "not known" */
	struct ib_map *patterns;  /* name → the pattern of the loop that sets it, while in that */
	const char *unknown;      /* an address that no text has */
	const char *const *arguments;
	size_t argument_count;
	/* Told of the text of each command substitution. */
	int (*substitute)(void *context, const char *text, struct ib_error *err);
	void *context;
	bool is_clean; /* no file was read that may set variables */
};

struct ib_shell_words {
	struct ib_shell_word *items; /* in the arena */
	size_t count;
};

/* Appends what one raw word becomes: none, one or several words. */
int ib_shell_expand(struct ib_shell_scope *scope, const char *raw, struct ib_shell_words *words,
		    struct ib_error *err) IB_MUST_CHECK;
/* The same, and always one word, without splitting: for assignments, targets, subjects. */
int ib_shell_expand_one(struct ib_shell_scope *scope, const char *raw,
			struct ib_shell_word *ret_word, struct ib_error *err) IB_MUST_CHECK;

/*
 * What "NODE answers as wanted" asks of files, one test a line (struct ib_guard), NULL when nothing;
 * false: it asks for something else, too.
 */
bool ib_shell_guard(struct ib_shell_scope *scope, const struct ib_shell_node *node, bool wanted,
		    const char **ret_tests);

/* ---- shell_set.c ---- */

#define IB_SHELL_NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"

/* "NAME=VALUE" or "NAME+=VALUE": the length of NAME, 0 for other words. */
size_t ib_shell_assignment_length(const char *raw);
/* What decides which programs and words there are: then nothing behind it is what it seems. */
bool ib_shell_is_decisive(const char *name, const struct ib_shell_word *value);
/* Commands that set the variables that they name. printf does with -v only. */
bool ib_shell_sets_variables(const struct ib_shell_words *words);
/* "set" with more than options sets the arguments, which is not understood: IB_INPUT. */
int ib_shell_check_set(const struct ib_shell_words *words, struct ib_error *err) IB_MUST_CHECK;

#endif
