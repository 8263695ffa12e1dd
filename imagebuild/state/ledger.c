/* SPDX-License-Identifier: Apache-2.0 */
#include "state/ledger.h"

#include <string.h>

#include "state/families.h"

/* rpm's flags of a trigger's conditions (rpmds.h): when it fires. */
#define TRIGGER_UN     (1U << 17)
#define TRIGGER_POSTUN (1U << 18)

/* What is not understood is listed up to here. */
#define REFUSED_MAX 100

/* Words of a command as a person would write them, cut where they get long. */
static void refuse(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	IB_AUTO_BUFFER(text, 4096);
	size_t i = 0;

	for (i = 0; i < command->count; i++)
		if (strlen(command->words[i].text) + 2 < ib_buffer_room(&text))
			ib_buffer_putf(&text, "%s%s", i ? " " : "", command->words[i].text);
	for (i = 0; i < command->redirection_count; i++) {
		const struct ib_shell_redirection *redirection = &command->redirections[i];

		if (strchr(redirection->operation, '>') &&
		    !ib_str_starts(redirection->target.text, "/dev/") &&
		    strlen(redirection->target.text) + 6 < ib_buffer_room(&text))
			ib_buffer_putf(&text, " %s %s", redirection->operation,
				       redirection->target.text);
	}
	for (i = 0; i < text.size; i++)
		if (text.data[i] < ' ')
			text.data[i] = ' ';
	if (judgement->not_covered.count < REFUSED_MAX &&
	    !ib_strings_has(&judgement->not_covered, ib_buffer_text(&text)))
		ib_strings_add(&judgement->not_covered, ib_buffer_text(&text));
}

/* An exit by which rpm would not install the package, or perhaps not. */
static bool prevents(const struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	bool is_before = judgement->scriptlet->kind == IB_SCRIPTLET_PRE ||
			 judgement->scriptlet->kind == IB_SCRIPTLET_PRETRANS;

	return is_before && command->certain && !strcmp(command->words[0].text, "exit") &&
	       command->count > 1 &&
	       (!command->words[1].known || strcmp(command->words[1].text, "0") != 0);
}

static enum ib_shell_status visit(void *context, const struct ib_shell_command *command)
{
	struct ib_judgement *judgement = context;
	const char *name = ib_path_name(command->words[0].text);

	judgement->command = command;
	judgement->is_vague = false;
	if (!ib_family_match(judgement, command) || judgement->is_vague ||
	    prevents(judgement, command))
		refuse(judgement, command);
	judgement->command = NULL;
	if (!strcmp(name, ":") || !strcmp(name, "true") || !strcmp(name, "echo"))
		return IB_SHELL_YES;
	return !strcmp(name, "false") ? IB_SHELL_NO : IB_SHELL_MAYBE;
}

/* How many arguments of "1" a scriptlet gets at first installation; 0: that is not known. */
static size_t count_arguments(enum ib_scriptlet_kind kind)
{
	switch (kind) {
	case IB_SCRIPTLET_PRE:
	case IB_SCRIPTLET_POST:
		return 1;
	case IB_SCRIPTLET_TRIGGER: /* both packages are there once */
		return 2;
	case IB_SCRIPTLET_PREUN:
	case IB_SCRIPTLET_POSTUN:
	case IB_SCRIPTLET_PREUNTRANS:
	case IB_SCRIPTLET_POSTUNTRANS:
	case IB_SCRIPTLET_PRETRANS: /* versions of rpm differ, as with file triggers */
	case IB_SCRIPTLET_POSTTRANS:
	case IB_SCRIPTLET_VERIFY:
	case IB_SCRIPTLET_FILE_TRIGGER:
	case IB_SCRIPTLET_TRANSACTION_TRIGGER:
		return 0;
	}
	return 0;
}

static void judge_shell(struct ib_judgement *judgement, const char *interpreter, const char *text)
{
	static const char *const arguments[] = { "1", "1" };
	const char *options = strchr(interpreter, ' ');
	const struct ib_shell_listener listener = { visit, judgement, arguments,
						    count_arguments(judgement->scriptlet->kind),
						    options && strpbrk(options, "eu") };
	struct ib_error err = IB_ERROR_INIT;
	struct ib_shell_node *node = NULL;
	int r = ib_shell_parse(text, judgement->arena, &node, &err);

	if (r == 0)
		r = ib_shell_walk(node, &listener, judgement->arena, &err);
	if (r < 0) {
		ib_strings_add(&judgement->not_covered, err.text);
		ib_error_clear(&err);
	}
}

/* A program that runs alone, with its arguments: a command of one line. */
static void judge_program(struct ib_judgement *judgement, const char *program, const char *text)
{
	IB_AUTO_STRINGS(words);
	struct ib_shell_word *list = NULL;
	struct ib_shell_command command = { .certain = true };
	size_t i = 0;

	ib_strings_split(&words, program, " \t");
	if (!words.count)
		return;
	list = ib_arena_alloc(judgement->arena, words.count * sizeof(*list));
	for (i = 0; i < words.count; i++)
		list[i] = (struct ib_shell_word){ ib_arena_strdup(judgement->arena, words.items[i]),
						  true, false, false };
	command.words = list;
	command.count = words.count;
	/* a text for anything but a shell is a program in a language that is not read here */
	if (text[strspn(text, " \t\n")] || !ib_family_match(judgement, &command))
		refuse(judgement, &command);
}

/* A shell that reads its script from the file that rpm hands over: "-c" and the like would not. */
static bool is_shell(const char *interpreter)
{
	static const char *const shells[] = { "/bin/sh",       "/usr/bin/sh", "/bin/bash",
					      "/usr/bin/bash", "/bin/dash",   "/usr/bin/dash",
					      "/bin/ksh",      "/usr/bin/ksh" };
	IB_AUTO_STRINGS(words);
	size_t i = 0;
	size_t n = 0;

	ib_strings_split(&words, interpreter, " ");
	for (i = 1; i < words.count; i++)
		if (*words.items[i] != '-' || !words.items[i][1] ||
		    strspn(words.items[i] + 1, "eux") != strlen(words.items[i] + 1))
			return false;
	for (n = 0; words.count && n < IB_COUNT(shells); n++)
		if (!strcmp(words.items[0], shells[n]))
			return true;
	return false;
}

/* Whether a trigger waits for an older version of its own package. */
static bool is_older_self(const struct ib_package *package, const struct ib_dependency *on)
{
	ib_autofree char *evr = NULL;

	if (!package->version || !package->release || strcmp(on->name, package->name) != 0 ||
	    !(on->flags & IB_SENSE_LESS) || (on->flags & (IB_SENSE_GREATER | IB_SENSE_EQUAL)))
		return false;
	evr = ib_strf("%s:%s-%s", package->epoch ? package->epoch : "0", package->version,
		      package->release);
	return ib_evr_compare(evr, on->evr) >= 0;
}

/* The family of a scriptlet that never runs on a first installation; NULL: it does. */
static const char *never_runs(const struct ib_package *package,
			      const struct ib_scriptlet *scriptlet)
{
	size_t removing = 0;
	size_t older = 0;
	size_t i = 0;

	switch (scriptlet->kind) {
	case IB_SCRIPTLET_PREUN:
	case IB_SCRIPTLET_POSTUN:
	case IB_SCRIPTLET_PREUNTRANS:
	case IB_SCRIPTLET_POSTUNTRANS:
		return "removal-only";
	case IB_SCRIPTLET_VERIFY:
		return "verify-only";
	case IB_SCRIPTLET_TRIGGER:
	case IB_SCRIPTLET_FILE_TRIGGER:
	case IB_SCRIPTLET_TRANSACTION_TRIGGER:
		for (i = 0; i < scriptlet->on.count; i++)
			if (scriptlet->on.items[i].flags & (TRIGGER_UN | TRIGGER_POSTUN))
				removing++;
			else if (is_older_self(package, &scriptlet->on.items[i]))
				older++;
		if (!scriptlet->on.count || removing + older != scriptlet->on.count)
			return NULL;
		return removing ? "removal-only" : "upgrade-only";
	case IB_SCRIPTLET_PRE:
	case IB_SCRIPTLET_POST:
	case IB_SCRIPTLET_PRETRANS:
	case IB_SCRIPTLET_POSTTRANS:
		return NULL;
	}
	return NULL;
}

/* Families in one line; "nothing" is said only where nothing else is. */
static const char *join_families(struct ib_judgement *judgement)
{
	IB_AUTO_STRINGS(list);
	ib_autofree char *joined = NULL;
	size_t i = 0;

	for (i = 0; i < judgement->families.count; i++)
		if (strcmp(judgement->families.items[i], "nothing") != 0)
			ib_strings_add(&list, judgement->families.items[i]);
	if (!list.count)
		return "nothing";
	ib_strings_sort_unique(&list);
	joined = ib_strings_join(&list, ",");
	return ib_arena_strdup(judgement->arena, joined);
}

static void judge(struct ib_judgement *judgement, const struct ib_scriptlet *scriptlet)
{
	const char *text = scriptlet->text ? scriptlet->text : "";
	const char *interpreter = scriptlet->interpreter ? scriptlet->interpreter : "/bin/sh";
	const char *never = never_runs(judgement->package, scriptlet);

	if (never)
		ib_judgement_family(judgement, never);
	else if (!strcmp(interpreter, "<lua>")) {
		if (!ib_lua_match(judgement, text))
			ib_strings_add(&judgement->not_covered, "Lua of an unrecognized digest");
	} else if (is_shell(interpreter))
		judge_shell(judgement, interpreter, text);
	else
		judge_program(judgement, interpreter, text);
}

void ib_ledger_judge(const struct ib_package *package, const struct ib_scriptlet *scriptlet,
		     struct ib_arena *arena, struct ib_verdict *ret_verdict)
{
	struct ib_judgement judgement = { .package = package,
					  .scriptlet = scriptlet,
					  .arena = arena };
	ib_autofree char *joined = NULL;

	judge(&judgement, scriptlet);
	*ret_verdict = (struct ib_verdict){ .covered = !judgement.not_covered.count };
	if (ret_verdict->covered) {
		ret_verdict->families = join_families(&judgement);
		ret_verdict->effect_count = judgement.effect_count;
		if (judgement.effect_count)
			ret_verdict->effects = ib_arena_memdup(arena, judgement.effects,
							       judgement.effect_count *
								       sizeof(*judgement.effects));
	} else {
		joined = ib_strings_join(&judgement.not_covered, "\n");
		ret_verdict->not_covered = ib_arena_strdup(arena, joined);
	}
	ib_strings_done(&judgement.families);
	ib_strings_done(&judgement.not_covered);
	ib_free(judgement.effects);
}
