/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser hands to the walker: inside state/shell*.c only. */
#ifndef IB_STATE_SHELL_NODE_H
#define IB_STATE_SHELL_NODE_H

#include "state/shell.h"

enum ib_shell_kind {
	IB_SHELL_SIMPLE,   /* words, redirections */
	IB_SHELL_SEQUENCE, /* children one after another */
	IB_SHELL_AND,      /* two children, as the next ones */
	IB_SHELL_OR,
	IB_SHELL_PIPE,
	IB_SHELL_NOT,      /* one child */
	IB_SHELL_IF,       /* condition, then, else (or NULL) */
	IB_SHELL_CASE,     /* words: the subject, then "PATTERN|PATTERN" for each child */
	IB_SHELL_FOR,      /* words: name, then what it takes; one child */
	IB_SHELL_WHILE,    /* condition, body; also until */
	IB_SHELL_GROUP,    /* one child, in { }, with redirections */
	IB_SHELL_SUBSHELL, /* one child, in ( ) or before &: nothing that it sets is seen behind it */
	IB_SHELL_FUNCTION, /* words: name; one child */
};

struct ib_shell_raw_redirection {
	const char *operation;
	const char *target; /* raw; of here-documents the text */
	bool is_literal;    /* the target is not expanded */
};

struct ib_shell_node {
	enum ib_shell_kind kind;
	const char **words; /* raw: with quotes */
	size_t word_count;
	struct ib_shell_raw_redirection *redirections;
	size_t redirection_count;
	struct ib_shell_node **children;
	size_t child_count;
};

/* What "test …", "[ … ]" or "[[ … ]]" answers. */
enum ib_shell_status ib_shell_decide(const struct ib_shell_command *command);
enum ib_shell_status ib_shell_negate(enum ib_shell_status status);

/* Whether a subject fits one of "PATTERN|PATTERN"; quotes and what is to be expanded are not decided. */
enum ib_shell_status ib_shell_fits(const char *patterns, const char *subject);

/* The redirection operator at text, behind an optional number; NULL: there is none. */
const char *ib_shell_operation_at(const char *text, size_t *ret_skip);
/* The length of the raw word at text: to the first blank or operator outside quotes; 0: a quote is open. */
size_t ib_shell_word_length(const char *text);
/* Whether length bytes of text are a name: a letter or "_", then letters, digits and "_". */
bool ib_shell_begins_name(const char *text, size_t length);
/*
 * Whether a raw word can end a here-document: a name, plain or wholly in one pair of quotes, as all
 * shells read it alike. *ret_skip: the quotes before and behind it, 0 or 1.
 */
bool ib_shell_delimiter(const char *word, size_t length, size_t *ret_skip);
/* The length of "PATTERN|PATTERN" up to its ")", quotes respected; 0: they are not understood. */
size_t ib_shell_patterns_length(const char *text);
/* The length of "$(…)", "`…`", "${…}" at text, whole; 0: not closed. */
size_t ib_shell_substitution_length(const char *text);

#endif
