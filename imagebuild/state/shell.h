/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shell - reads the shell of scriptlets, and says what would be run. It runs nothing.
 *
 * Inside state/ only. The parser knows what scriptlets use of POSIX shell:
 * simple commands, quotes, redirections, here-documents, && || ! |, if, case,
 * for, while, groups, functions, $x and ${x}; and of bash &>, [[ and +=. What
 * it does not know is a fault with the words where it stopped.
 *
 * The walker then goes through the text as on a first installation and calls
 * back for every command that could run. A condition that is decided by what
 * is known ($1, assigned variables, string and number comparisons) chooses its
 * branch; of others both branches are walked. Commands inside $(…) are called
 * back too; their output is not known, and neither is a word made with it.
 */
#ifndef IB_STATE_SHELL_H
#define IB_STATE_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

enum ib_shell_status { IB_SHELL_NO, IB_SHELL_YES, IB_SHELL_MAYBE };

/* A word after expansion. */
struct ib_shell_word {
	const char *text; /* where not known: as much as is */
	bool known; /* no part of it depends on the machine; patterns for files are not known */
	bool is_pattern; /* not known, but a pattern for names of files and nothing else */
	bool is_unset;   /* the value of a variable that nothing has set: not known, but empty */
};

/* Conditions that only ask for files, to be answered by the tree; they live in the arena. */
struct ib_guard {
	const struct ib_guard *outer; /* holds, too; or NULL */
	const char *tests;            /* lines "+f /path" (test -f) or "-f /path" (! test -f) */
	int *answer;                  /* 0 before the first effect that asks; then 1 (holds) or 2 */
};

struct ib_shell_redirection {
	const char *operation;       /* "<", ">", ">>", "<<", ">&", "&>" … */
	struct ib_shell_word target; /* of "<<": the whole here-document */
};

struct ib_shell_command {
	const struct ib_shell_word *words; /* the first one is the name; never empty */
	size_t count;
	const struct ib_shell_redirection *redirections;
	size_t redirection_count;
	bool certain; /* no undecided condition stands in front of it */
	const struct ib_guard
		*guard; /* the conditions in front that only ask for files; NULL: none */
	bool vague;     /* other conditions stand in front, too */
};

/* Told of each command; what it answers decides && and ||. */
typedef enum ib_shell_status (*ib_shell_fn)(void *context, const struct ib_shell_command *command);

struct ib_shell_node;

/* The text must outlive what comes of it; all lies in the arena. IB_INPUT says where it stopped. */
int ib_shell_parse(const char *text, struct ib_arena *arena, struct ib_shell_node **ret_node,
		   struct ib_error *err) IB_MUST_CHECK;
/* Who is told of commands, and what $1, $2, … are: just these, or not known where there are none. */
struct ib_shell_listener {
	ib_shell_fn visit;
	void *context;
	const char *const *arguments;
	size_t argument_count;
	bool may_end; /* any command may be the last one: the shell was called with -e or -u */
};

/* Too many steps are IB_LIMIT. */
int ib_shell_walk(const struct ib_shell_node *node, const struct ib_shell_listener *listener,
		  struct ib_arena *arena, struct ib_error *err) IB_MUST_CHECK;

#endif
