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
	bool counts_arguments; /* there are just these: $# is known, and those behind are empty */
	size_t budget;         /* bytes that may still be expanded; at 0 the walk ends */
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

/* Takes from the budget; false when nothing is left of it. */
bool ib_shell_charge(struct ib_shell_scope *scope, size_t size);

/* ---- shell_decide.c ---- */

/* Operands that test, [ or [[ would run code for: "-v 'a[$(x)]'", "[[ x -eq 1 ]]". IB_INPUT. */
int ib_shell_check_test(const struct ib_shell_words *words, struct ib_error *err) IB_MUST_CHECK;
/* Below /proc, /sys, /dev and /run, or written in a way that may lead there. */
bool ib_shell_is_volatile(const char *path);
/* "systemd-detect-virt | grep -q NAME", NAME of a machine: an image is made on none. */
bool ib_shell_is_no_machine(const struct ib_shell_node *pipe);

/* ---- shell_set.c ---- */

#define IB_SHELL_NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"

/* "NAME=VALUE" or "NAME+=VALUE": the length of NAME, 0 for other words. */
size_t ib_shell_assignment_length(const char *raw);
/* What decides which programs and words there are: then nothing behind it is what it seems. */
bool ib_shell_is_decisive(const char *name, const struct ib_shell_word *value);
/* What bash sets itself, or calculates when it is read: what is assigned to it is not what it is. */
bool ib_shell_is_special(const char *name);
/* A whole name of a variable, and nothing else. */
bool ib_shell_is_name(const char *text);
/* What no function may be called: POSIX has these found before functions, bash does not. */
bool ib_shell_is_special_builtin(const char *name);
/* Builtins with operands or options that are not plainly understood: IB_INPUT. */
int ib_shell_check_builtin(const struct ib_shell_words *words, struct ib_error *err) IB_MUST_CHECK;
/* Whether a redirection of the node may fail, and the command is then not run. */
bool ib_shell_may_not_open(const struct ib_shell_node *node);

#endif
