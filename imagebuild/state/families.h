/* SPDX-License-Identifier: Apache-2.0 */
/*
 * families - the table of commands that are understood.
 *
 * Inside state/ only. A row names commands (without folder) and their family;
 * its matcher looks at the arguments, says whether all of them are understood,
 * and adds the effects that generators have to produce. Without a matcher
 * every use is understood. To add a command, add a row; to add a family, add
 * it to the list of families with one line that says what stands for it.
 */
#ifndef IB_STATE_FAMILIES_H
#define IB_STATE_FAMILIES_H

#include "state/ledger.h"
#include "state/shell.h"

struct ib_judgement {
	const struct ib_package *package;
	struct ib_arena *arena;
	const struct ib_scriptlet *scriptlet;
	struct ib_strings families;
	struct ib_strings not_covered;
	struct ib_effect *effects; /* owned */
	size_t effect_count;
	const struct ib_shell_command *command; /* the one that is looked at */
	bool is_vague; /* its effects would hang on a condition that nobody can answer */
};

void ib_judgement_family(struct ib_judgement *judgement, const char *family);
void ib_judgement_effect(struct ib_judgement *judgement, enum ib_effect_kind kind, const char *fmt,
			 ...) IB_PRINTF(3, 4);

/* Whether a command is understood; adds its family and effects. */
bool ib_family_match(struct ib_judgement *judgement, const struct ib_shell_command *command);

/* Matchers that fill files of their own. */
bool ib_match_groupadd(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_useradd(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_usermod(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_sysusers(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_systemctl(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_update_helper(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_alternatives(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_mkdir(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_install(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_ln(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_copy(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_rm(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_chmod(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_chown(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_setcap(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_write(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_install_info(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_chkconfig(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_touch(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_echo(struct ib_judgement *judgement, const struct ib_shell_command *command);

bool ib_match_git(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_sed(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_find(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_awk(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_rpm(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_sort(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_boot(struct ib_judgement *judgement, const struct ib_shell_command *command);
bool ib_match_prefix(struct ib_judgement *judgement, const struct ib_shell_command *command);

/* A file of one of the folders that systemd reads by itself ("/tmpfiles.d/"), or its bare name. */
bool ib_word_is_configuration(const struct ib_shell_word *word, const char *folder);

/* Whether a redirection of the command writes to a file; *ret_target is the first such. */
bool ib_command_writes(const struct ib_shell_command *command, const char **ret_operation,
		       const struct ib_shell_word **ret_target);

/* A path of the image that is known and can stand in a line of words. */
bool ib_word_is_path(const struct ib_shell_word *word);

/* Whether each word is an operand or an option that the table of options has for its command. */
bool ib_command_is_listed(const struct ib_shell_command *command);

/* ---- families_words.c ---- */

/* What cannot be an option in disguise: a word that is known, or a pattern that begins with "/". */
bool ib_word_is_operand(const struct ib_shell_word *word);
/*
 * A word that a shell expands to several paths, none of which has a name "." or ".." or one that is
 * empty: all begin with what stands in front of the first brace.
 */
bool ib_word_is_braced(const struct ib_shell_word *word);
/* Whether a word is one of " NAME NAME … " (blanks around each). */
bool ib_word_is_listed(const char *word, const char *names);
/*
 * Whether every word from number from on is an operand, and each that begins with a dash is made
 * of letters, or one of " --NAME --NAME= -NAME … ": "--NAME=" takes a value.
 */
bool ib_words_are_listed(const struct ib_shell_command *command, size_t from, const char *letters,
			 const char *names);
/* A name that an account may have: [a-z_][a-z0-9_-]*, 31 bytes at most. */
bool ib_name_is_plain(const char *name);

/*
 * Files that accounts and trust hang on, and devices: laid down by their own generators only. A
 * path that is relative or has ".." counts as such.
 */
bool ib_path_is_guarded(const char *path);
/* The same, and folders that hold such. */
bool ib_path_holds_guarded(const char *path);
/* The same of a word: of a pattern, whether it could fit one. */
bool ib_word_is_guarded(const struct ib_shell_word *word);

/* Lua: whether the digest of the normalised text is known; adds family and effects. */
bool ib_lua_match(struct ib_judgement *judgement, const char *text);

#endif
