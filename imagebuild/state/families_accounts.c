/* SPDX-License-Identifier: Apache-2.0 */
/* groupadd.8, useradd.8, usermod.8 and systemd-sysusers.8 become lines of sysusers.d. */
#include <stdio.h>
#include <string.h>

#include "state/families.h"

struct option {
	const char *name;   /* without dashes */
	const char **value; /* NULL: it changes nothing here */
	bool *flag;         /* or NULL */
	char letter;        /* '\0' where it has only a long name */
	bool has_value;
};

struct options {
	const struct option *items;
	size_t count;
	const char *rest[2]; /* words that are no options */
	size_t rest_count;
};

static const struct option *find_option(const struct options *options, const char *name,
					size_t length, char letter)
{
	size_t i = 0;

	for (i = 0; i < options->count; i++) {
		const struct option *option = &options->items[i];

		if (letter ? option->letter == letter
			   : !strncmp(option->name, name, length) && !option->name[length])
			return option;
	}
	return NULL;
}

/* Stores the value of an option, which stands behind it or is the next word. */
static bool take_value(const struct option *option, const char *attached,
		       const struct ib_shell_command *command, size_t *i)
{
	if (option->flag)
		*option->flag = true;
	if (!option->has_value)
		return !attached;
	if (!attached) {
		if (++*i >= command->count || !command->words[*i].known)
			return false;
		attached = command->words[*i].text;
	}
	if (option->value)
		*option->value = attached;
	return true;
}

/* "-rg GROUP" and the like. */
static bool take_letters(const struct options *options, const char *letters,
			 const struct ib_shell_command *command, size_t *i)
{
	for (; *letters; letters++) {
		const struct option *option = find_option(options, NULL, 0, *letters);

		if (!option)
			return false;
		if (option->has_value)
			return take_value(option, letters[1] ? letters + 1 : NULL, command, i);
		take_value(option, NULL, command, i);
	}
	return true;
}

/* Every word is an option of the table, or one of at most two others; all are known. */
static bool read_options(struct options *options, const struct ib_shell_command *command)
{
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;
		size_t length = 0;
		const struct option *option = NULL;

		if (!command->words[i].known)
			return false;
		if (*word != '-' || !word[1]) {
			if (options->rest_count == IB_COUNT(options->rest))
				return false;
			options->rest[options->rest_count++] = word;
			continue;
		}
		if (word[1] != '-') {
			if (!take_letters(options, word + 1, command, &i))
				return false;
			continue;
		}
		length = strcspn(word + 2, "=");
		option = find_option(options, word + 2, length, '\0');
		if (!option ||
		    !take_value(option, word[2 + length] ? word + 3 + length : NULL, command, &i))
			return false;
	}
	return true;
}

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

/* A text in quotes, as sysusers.d wants it; NULL where it cannot be. */
static const char *quoted(struct ib_arena *arena, const char *text)
{
	if (!text || !*text)
		return "-";
	return strpbrk(text, "\"\\\n:%") ? NULL : ib_arena_strf(arena, "\"%s\"", text);
}

/* A number that is not root's, in decimal digits; NULL and "-": none was asked for. */
static bool is_number(const char *text)
{
	if (!text || !strcmp(text, "-"))
		return true;
	return strspn(text, "0123456789") == strlen(text) && *text >= '1' && strlen(text) < 10;
}

static bool is_place(const char *path)
{
	return !path || !strcmp(path, "-") ||
	       (*path == '/' && !strpbrk(path, " \t\n\"'\\%:") && !strstr(path, "/.."));
}

/* Names of groups, commas between; NULL: none. */
static bool are_groups(const char *groups)
{
	IB_AUTO_STRINGS(list);
	size_t i = 0;

	if (groups)
		ib_strings_split(&list, groups, ",");
	for (i = 0; i < list.count; i++)
		if (!ib_name_is_plain(list.items[i]))
			return false;
	return true;
}

bool ib_match_groupadd(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const char *gid = NULL;
	const struct option table[] = {
		{ "gid", &gid, NULL, 'g', true },
		{ "system", NULL, NULL, 'r', false },
		{ "force", NULL, NULL, 'f', false },
	};
	struct options options = { table, IB_COUNT(table), { NULL, NULL }, 0 };

	if (!read_options(&options, command) || options.rest_count != 1 ||
	    !ib_name_is_plain(options.rest[0]) || !is_number(gid))
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_ACCOUNT, "g %s %s", options.rest[0], or_dash(gid));
	return true;
}

static void add_memberships(struct ib_judgement *judgement, const char *user, const char *groups)
{
	IB_AUTO_STRINGS(list);
	size_t i = 0;

	if (groups)
		ib_strings_split(&list, groups, ",");
	for (i = 0; i < list.count; i++)
		ib_judgement_effect(judgement, IB_EFFECT_ACCOUNT, "m %s %s", user, list.items[i]);
}

bool ib_match_useradd(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const char *uid = NULL;
	const char *gid = NULL;
	const char *home = NULL;
	const char *shell = NULL;
	const char *comment = NULL;
	const char *groups = NULL;
	bool no_group = false;
	const struct option table[] = {
		{ "uid", &uid, NULL, 'u', true },
		{ "gid", &gid, NULL, 'g', true },
		{ "home-dir", &home, NULL, 'd', true },
		{ "home", &home, NULL, '\0', true },
		{ "shell", &shell, NULL, 's', true },
		{ "comment", &comment, NULL, 'c', true },
		{ "groups", &groups, NULL, 'G', true },
		{ "no-user-group", NULL, &no_group, 'N', false },
		{ "no-user-group-old", NULL, &no_group, 'n', false },
		{ "system", NULL, NULL, 'r', false },
		{ "no-create-home", NULL, NULL, 'M', false },
		{ "user-group", NULL, NULL, 'U', false },
		{ "no-log-init", NULL, NULL, 'l', false },
		{ "expiredate", NULL, NULL, 'e', true },
		{ "inactive", NULL, NULL, 'f', true },
	};
	struct options options = { table, IB_COUNT(table), { NULL, NULL }, 0 };
	const char *name = NULL;
	const char *text = NULL;

	if (!read_options(&options, command) || options.rest_count != 1 || (no_group && !gid))
		return false;
	name = options.rest[0];
	text = quoted(judgement->arena, comment);
	if (!text || !ib_name_is_plain(name) || !is_number(uid) || !is_place(home) ||
	    !is_place(shell) || !are_groups(groups) ||
	    (gid && strspn(gid, "0123456789") != strlen(gid) && !ib_name_is_plain(gid)))
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_ACCOUNT, "u %s %s%s%s %s %s %s", name,
			    or_dash(uid), gid ? ":" : "", gid ? gid : "", text,
			    home ? home : ib_arena_strf(judgement->arena, "/home/%s", name),
			    or_dash(shell));
	add_memberships(judgement, name, groups);
	return true;
}

bool ib_match_usermod(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const char *groups = NULL;
	bool appends = false;
	bool locks = false;
	const struct option table[] = {
		{ "append", NULL, &appends, 'a', false },
		{ "groups", &groups, NULL, 'G', true },
		{ "lock", NULL, &locks, 'L', false },
	};
	struct options options = { table, IB_COUNT(table), { NULL, NULL }, 0 };

	if (!read_options(&options, command) || options.rest_count != 1 ||
	    (groups ? !appends : !locks) || !ib_name_is_plain(options.rest[0]) ||
	    !are_groups(groups))
		return false;
	add_memberships(judgement, options.rest[0], groups);
	return true;
}

/* A line of sysusers.d that makes no second root, and no name that could be more than one word. */
static bool is_line(const char *line)
{
	const char *number = "";
	size_t length = 0;
	char name[40] = "";
	char id[64] = "";
	char kind = '\0';

	if (sscanf(line, "%c %39s %63s", &kind, name, id) < 2 || !strchr("ugmr", kind) ||
	    (line[1] != ' ' && line[1] != '\t'))
		return false;
	if (kind == 'r') /* a range of numbers: not a scriptlet's */
		return false;
	if (kind == 'm')
		return ib_name_is_plain(name) && ib_name_is_plain(id);
	length = strcspn(id, ":");
	number = id[length] ? id + length + 1 : "-";
	id[length] = '\0';
	return ib_name_is_plain(name) && is_number(*id ? id : NULL) &&
	       (is_number(number) || (kind == 'u' && ib_name_is_plain(number)));
}

/* The lines of a here-document. */
static bool add_lines(struct ib_judgement *judgement, const struct ib_shell_word *document)
{
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	if (!document->known)
		return false;
	ib_strings_split(&lines, document->text, "\n");
	for (i = 0; i < lines.count; i++) {
		if (!*lines.items[i] || *lines.items[i] == '#')
			continue;
		if (!is_line(lines.items[i]))
			return false;
		ib_judgement_effect(judgement, IB_EFFECT_ACCOUNT, "%s", lines.items[i]);
	}
	return true;
}

/* Its configuration files are read anyway; lines of a here-document come with the scriptlet. */
bool ib_match_sysusers(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	bool asks = false;
	size_t documents = 0;
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		const struct ib_shell_word *word = &command->words[i];

		asks = asks || !strcmp(word->text, "-");
		if (!word->known)
			return false;
		if (*word->text == '-' ? word->text[1] && !ib_str_starts(word->text, "--replace=")
				       : !ib_word_is_configuration(word, "/sysusers.d/"))
			return false;
	}
	for (i = 0; i < command->redirection_count; i++) {
		const struct ib_shell_redirection *redirection = &command->redirections[i];

		if (*redirection->operation != '<')
			continue;
		if (strncmp(redirection->operation, "<<", 2) != 0 || !asks || ++documents > 1 ||
		    !add_lines(judgement, &redirection->target))
			return false;
	}
	return !asks || documents; /* not from a pipe */
}
