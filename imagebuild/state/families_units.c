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

/* The units behind a verb, each known, enabled or disabled by name. */
static bool name_units(struct ib_judgement *judgement, const struct ib_shell_command *command,
		       size_t from, enum ib_effect_kind kind)
{
	size_t i = 0;

	for (i = from; i < command->count; i++) {
		const char *unit = command->words[i].text;

		if (*unit == '-')
			continue;
		if (!command->words[i].known)
			return false;
		ib_judgement_effect(judgement, kind, strchr(unit, '.') ? "%s" : "%s.service", unit);
	}
	ib_judgement_family(judgement, "units");
	return true;
}

/* Options that turn a command to another root or machine, or away from what stays. */
static bool is_elsewhere(const char *word)
{
	return ib_str_starts(word, "--root") || ib_str_starts(word, "--image") ||
	       !strcmp(word, "--runtime") || ib_str_starts(word, "-H") || ib_str_starts(word, "-M");
}

/* The verb, where it is one about this system; *ret_next is the word behind it. */
static const char *find_verb(const struct ib_shell_command *command, bool *ret_user,
			     size_t *ret_next)
{
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;

		if (is_elsewhere(word))
			return NULL;
		if (!strcmp(word, "--user") || !strcmp(word, "--global"))
			*ret_user = true;
		if (*word == '-')
			continue;
		*ret_next = i + 1;
		return word;
	}
	return NULL;
}

static bool set_default(struct ib_judgement *judgement, const struct ib_shell_command *command,
			size_t i)
{
	if (i >= command->count || !command->words[i].known)
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_LINK,
			    "/etc/systemd/system/default.target /usr/lib/systemd/system/%s",
			    command->words[i].text);
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

	if (!verb)
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
