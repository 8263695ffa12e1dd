/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shell_walker - what the walker remembers on its way: inside state/shell*.c only.
 *
 * Variables with what they were before, functions, and how sure it is that a run comes by here:
 * conditions that nobody decides, and commands that may have led away (exit, break, set -e). What
 * changes any of that is in shell_walker.c; the way itself is in shell_walk.c.
 */
#ifndef IB_STATE_SHELL_WALKER_H
#define IB_STATE_SHELL_WALKER_H

#include "state/shell_expand.h"

/* What a variable was before. */
struct change {
	const char *name;
	const char *before; /* NULL: not set */
};

/* How far a command leads away from the one behind it. */
enum leap {
	STAYS,
	ENDS_TURN, /* continue */
	ENDS_LOOP,
	ENDS_FUNCTION,
	ENDS_SHELL,
};
#define BIT(leap)  (1U << (leap))
#define LOOP_BITS  (BIT(ENDS_TURN) | BIT(ENDS_LOOP))
#define INNER_BITS (LOOP_BITS | BIT(ENDS_FUNCTION))

struct walker {
	struct ib_shell_scope scope;
	struct ib_map *functions; /* name → body */
	struct ib_map *perhaps;   /* names of functions that only some runs define */
	struct ib_map *fixed; /* names of variables with attributes: what is assigned counts not */
	struct change *changes; /* of variables, in their order; owned */
	size_t change_count;
	ib_shell_fn visit;
	void *context;
	const struct ib_guard *guard; /* of the conditions in front */
	bool is_guarded;              /* the next part is not one of them */
	unsigned vague;               /* how many of them do not only ask for files */
	unsigned undecided;           /* how many undecided conditions stand in front */
	unsigned steps, calls, subshells;
	unsigned loops;      /* around this, in the same function and shell */
	unsigned turn;       /* the undecided conditions in front of the innermost turn of a loop */
	unsigned bodies;     /* of functions around this */
	enum leap stopped;   /* what follows is not run */
	unsigned maybe_left; /* the BITs of leaps that some runs have taken before this */
};

/* Maps of texts keep addresses in the arena, and never write to them. */
void ib_walker_put_text(struct ib_map *map, const char *name, const char *text);
/* Sets a variable without a question: what is known of it is the text, or scope.unknown. */
void ib_walker_record(struct walker *walker, const char *name, const char *text);
/* The one place where a command sets a variable; IB_INPUT for one that says what commands mean. */
int ib_walker_put_variable(struct walker *walker, const char *name,
			   const struct ib_shell_word *value, struct ib_error *err) IB_MUST_CHECK;
/* Behind what may or may not have run, nobody knows what it set since that many changes. */
void ib_walker_forget_changes(struct walker *walker, size_t since);
/* Behind a shell of its own. */
void ib_walker_undo_changes(struct walker *walker, size_t since);
/* "NAME=VALUE" or "NAME+=VALUE", raw, with a name of that length. */
int ib_walker_assign(struct walker *walker, const char *raw, size_t length, struct ib_error *err)
	IB_MUST_CHECK;
/* Commands that set variables or options: what is not known behind them. */
int ib_walker_forget_what_is_set(struct walker *walker, const struct ib_shell_words *words,
				 struct ib_error *err) IB_MUST_CHECK;
/* export, local, readonly, declare, typeset: NAME and NAME=VALUE as they stand in the text. */
int ib_walker_declare(struct walker *walker, const char *name, const char *const *raw, size_t count,
		      struct ib_error *err) IB_MUST_CHECK;
bool ib_walker_is_declaring(const char *name);
/* exit, return, break and continue: certain, or from here on nobody knows. */
int ib_walker_leave(struct walker *walker, const struct ib_shell_node *node,
		    const struct ib_shell_words *words, struct ib_error *err) IB_MUST_CHECK;
/* Whether what runs now hangs on what nobody can answer. */
bool ib_walker_is_vague(const struct walker *walker);
/* Whether it runs on every machine. */
bool ib_walker_is_certain(const struct walker *walker);
/* A name that stands for a function from here on. */
int ib_walker_define(struct walker *walker, const struct ib_shell_node *node, struct ib_error *err)
	IB_MUST_CHECK;

#endif
