/* SPDX-License-Identifier: Apache-2.0 */
/* systemctl.1, and the helper that rpm's macros of systemd call. */
#include <string.h>

#include "state/families.h"

static bool is_one_of(const char *const *list, size_t count, const char *word)
{
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (!strcmp(list[i], word))
			return true;
	return false;
}

static const char *const kinds[] = { ".service", ".socket", ".target",    ".timer", ".path",
				     ".mount",   ".slice",  ".automount", ".swap" };

/* The name of a unit with its kind, as systemctl completes it; NULL: not one that is understood. */
static const char *unit_name(struct ib_judgement *judgement, const struct ib_shell_word *word,
			     const char *otherwise)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789:_.@-";
	const char *name = word->text;
	size_t i = 0;

	if (!word->known || !*name || strchr(".-@", *name) || strspn(name, letters) != strlen(name))
		return NULL;
	for (i = 0; i < IB_COUNT(kinds); i++)
		if (ib_str_ends(name, kinds[i]))
			return name;
	return ib_arena_strf(judgement->arena, "%s%s", name, otherwise);
}

/* The units behind a verb, each known, enabled or disabled by name. */
static bool name_units(struct ib_judgement *judgement, const struct ib_shell_command *command,
		       size_t from, enum ib_effect_kind kind)
{
	size_t i = 0;

	for (i = from; i < command->count; i++) {
		const char *unit = NULL;

		if (*command->words[i].text == '-')
			continue;
		unit = unit_name(judgement, &command->words[i], ".service");
		if (!unit)
			return false;
		ib_judgement_effect(judgement, kind, "%s", unit);
	}
	ib_judgement_family(judgement, "units");
	return true;
}

/*
 * Options that say how, wherever they stand. All others turn the command to another root or
 * machine (--root, -M), away from what stays (--runtime), or take the next word.
 */
static const char how[] = " --now --no-reload --no-block --no-pager --no-ask-password --no-legend "
			  "--no-wall --no-warn --quiet --force --system --user --global --all "
			  "--full --plain --wait --show-transaction --type= --state= --property= "
			  "--signal= --kill-who= --kill-whom= --job-mode= --lines= --value ";

/* The verb, where it is one about this system; *ret_next is the word behind it. */
static const char *find_verb(const struct ib_shell_command *command, bool *ret_user,
			     size_t *ret_next)
{
	const char *verb = NULL;
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;

		if (!strcmp(word, "--user") || !strcmp(word, "--global"))
			*ret_user = true;
		if (*word == '-' || verb)
			continue;
		if (!command->words[i].known)
			return NULL;
		*ret_next = i + 1;
		verb = word;
	}
	return verb;
}

/* Whether each word that begins with a dash only says how. */
static bool says_how(const struct ib_shell_command *command)
{
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		const struct ib_shell_command one = { .words = command->words + i, .count = 1 };

		if (*command->words[i].text == '-' && !ib_words_are_listed(&one, 0, "qfal", how))
			return false;
	}
	return true;
}

static bool set_default(struct ib_judgement *judgement, const struct ib_shell_command *command,
			size_t i)
{
	const char *unit = NULL;

	if (i + 1 == command->count)
		unit = unit_name(judgement, &command->words[i], ".target");
	if (!unit || !ib_str_ends(unit, ".target"))
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_LINK,
			    "/etc/systemd/system/default.target /usr/lib/systemd/system/%s", unit);
	ib_judgement_family(judgement, "units");
	return true;
}

bool ib_match_systemctl(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char *const running[] = {
		"daemon-reload",
		"daemon-reexec",
		"start",
		"stop",
		"restart",
		"reload",
		"try-restart",
		"condrestart",
		"condstop",
		"reload-or-restart",
		"is-active",
		"is-enabled",
		"reset-failed",
		"kill",
		"is-system-running",
		"status",
		"show",
		"try-reload-or-restart",
		"force-reload",
		"reload-or-try-restart",
		"set-property",
		"list-units",
		"list-unit-files",
	};
	static const char *const presetting[] = { "preset", "preset-all" };
	bool is_user = false;
	size_t i = 0;
	const char *verb = find_verb(command, &is_user, &i);

	if (!verb || !says_how(command))
		return false;
	if (is_one_of(running, IB_COUNT(running), verb)) {
		ib_judgement_family(judgement, "running-system");
		return true;
	}
	if (is_one_of(presetting, IB_COUNT(presetting), verb)) {
		ib_judgement_family(judgement, "presets");
		return true;
	}
	if (!strcmp(verb, "set-default"))
		return set_default(judgement, command, i);
	if (!strcmp(verb, "disable") && !is_user)
		return name_units(judgement, command, i, IB_EFFECT_DISABLE);
	return !strcmp(verb, "enable") && !is_user &&
	       name_units(judgement, command, i, IB_EFFECT_ENABLE);
}

bool ib_match_update_helper(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char *const installing[] = { "install-system-units", "install-user-units" };
	static const char *const running[] = {
		"mark-restart-system-units",
		"mark-restart-user-units",
		"mark-reload-system-units",
		"system-reload-restart",
		"system-reload",
		"system-restart",
		"user-reload-restart",
		"user-reload",
		"user-restart",
		"user-reexec",
		"remove-system-units",
		"remove-user-units",
	};

	if (command->count < 2)
		return false;
	if (is_one_of(installing, IB_COUNT(installing), command->words[1].text)) {
		ib_judgement_family(judgement, "presets");
		return true;
	}
	if (is_one_of(running, IB_COUNT(running), command->words[1].text)) {
		ib_judgement_family(judgement, "running-system");
		return true;
	}
	return false;
}
