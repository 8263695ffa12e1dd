/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that make, link or remove paths; and lines for /etc/shells. */
#include <string.h>

#include "state/families.h"

static bool is_plain_path(const struct ib_shell_word *word)
{
	return word->known && *word->text == '/' && !strpbrk(word->text, " \t\n\"'\\");
}

/* update-alternatives.1: only --install makes links; what removes or asks has nothing to do. */
bool ib_match_alternatives(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const struct ib_shell_word *words = command->words + 1;
	size_t count = command->count - 1;
	IB_AUTO_BUFFER(text, 1 << 16);
	size_t i = 0;

	while (count && (!strcmp(words->text, "--quiet") || !strcmp(words->text, "--verbose"))) {
		words++;
		count--;
	}
	if (count && (!strcmp(words->text, "--remove") || !strcmp(words->text, "--auto") ||
		      !strcmp(words->text, "--display") || !strcmp(words->text, "--remove-all")))
		return true;
	if (count < 5 || strcmp(words->text, "--install") != 0)
		return false;
	for (i = 1; i < count; i++)
		if (!words[i].known || strpbrk(words[i].text, " \t\n\"'\\"))
			return false;
	ib_buffer_putf(&text, "%.4000s %.4000s %.4000s %.20s\n", words[1].text, words[2].text,
		       words[3].text, words[4].text);
	for (i = 5; i < count; i += 4) {
		if ((strcmp(words[i].text, "--slave") != 0 &&
		     strcmp(words[i].text, "--follower") != 0) ||
		    i + 3 >= count || ib_buffer_room(&text) < 12100)
			return false;
		ib_buffer_putf(&text, "%.4000s %.4000s %.4000s\n", words[i + 1].text,
			       words[i + 2].text, words[i + 3].text);
	}
	ib_judgement_effect(judgement, IB_EFFECT_ALTERNATIVE, "%s", ib_buffer_text(&text));
	return true;
}

/* Folders behind the options; mode NULL: 0755. */
static bool add_folders(struct ib_judgement *judgement, const struct ib_shell_command *command,
			bool needs_d)
{
	const char *mode = "0755";
	bool has_d = false;
	size_t folders = 0;
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;

		if (!strcmp(word, "-m") && i + 1 < command->count) {
			mode = command->words[++i].text;
		} else if (ib_str_starts(word, "-m") && word[2]) {
			mode = word + 2;
		} else if (!strcmp(word, "-d") || !strcmp(word, "-p") || !strcmp(word, "-v") ||
			   !strcmp(word, "-dp")) {
			has_d = has_d || *word + word[1] == '-' + 'd';
		} else if (!is_plain_path(&command->words[i])) {
			return false;
		} else {
			folders++;
		}
	}
	if (!folders || (needs_d && !has_d) || strspn(mode, "01234567") != strlen(mode))
		return false;
	for (i = 1; i < command->count; i++)
		if (*command->words[i].text == '/')
			ib_judgement_effect(judgement, IB_EFFECT_DIRECTORY, "%s %s",
					    command->words[i].text, mode);
	return true;
}

bool ib_match_mkdir(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	return add_folders(judgement, command, false);
}

bool ib_match_install(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	return add_folders(judgement, command, true);
}

/* "ln -s TARGET PATH": a link where nothing is. One that replaces is not understood. */
bool ib_match_ln(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	if (command->count != 4 || strcmp(command->words[1].text, "-s") != 0 ||
	    !command->words[2].known || strpbrk(command->words[2].text, " \t\n\"'\\") ||
	    !is_plain_path(&command->words[3]))
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_LINK, "%s %s", command->words[3].text,
			    command->words[2].text);
	return true;
}

/* Whether a path can only be a leftover: what rpm saved, or what lies where no package lays files. */
static bool is_leftover(const char *path)
{
	static const char *const ends[] = { ".rpmnew", ".rpmsave", ".rpmorig", ".rpmmoved" };
	static const char *const below[] = { "/run/",
					     "/tmp/",
					     "/var/run/",
					     "/var/tmp/",
					     "/var/lib/rpm-state/",
					     "/var/lib/rpm/__db." };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(ends); i++)
		if (ib_str_ends(path, ends[i]))
			return true;
	for (i = 0; i < IB_COUNT(below); i++)
		if (ib_str_starts(path, below[i]) && !strstr(path, "/../"))
			return true;
	return false;
}

bool ib_match_rm(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	size_t i = 0;

	(void)judgement;
	for (i = 1; i < command->count; i++)
		if (*command->words[i].text != '-' && !is_leftover(command->words[i].text))
			return false;
	return command->count > 1;
}

/* "touch -c": only times, which the image sets itself. */
bool ib_match_touch(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	size_t i = 0;

	for (i = 1; i < command->count; i++)
		if (!strcmp(command->words[i].text, "-c") ||
		    !strcmp(command->words[i].text, "--no-create")) {
			ib_judgement_family(judgement, "nothing");
			return true;
		}
	return false;
}

/* Printing is nothing; a line for /etc/shells is one. */
bool ib_match_echo(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const struct ib_shell_word *target = NULL;
	const char *operation = NULL;

	if (!ib_command_writes(command, &operation, &target))
		return true;
	if (!target->known || strcmp(target->text, "/etc/shells") != 0 ||
	    strcmp(operation, ">>") != 0 || command->count != 2 ||
	    !is_plain_path(&command->words[1]))
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_SHELL, "%s", command->words[1].text);
	ib_judgement_family(judgement, "shells");
	return true;
}
