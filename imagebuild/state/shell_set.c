/* SPDX-License-Identifier: Apache-2.0 */
/* What words set: assignments, and the commands that set variables or arguments. */
#include <string.h>

#include "state/shell_expand.h"

bool ib_shell_is_decisive(const char *name, const struct ib_shell_word *value)
{
	static const char *const names[] = { "IFS",
					     "ENV",
					     "SHELLOPTS",
					     "PS4",
					     "GLOBIGNORE",
					     "CDPATH",
					     "EXECIGNORE",
					     "FUNCNEST",
					     "AWKPATH",
					     "AWKLIBPATH",
					     "GCONV_PATH",
					     "LOCPATH",
					     "NLSPATH",
					     "OPTIND",
					     "POSIXLY_CORRECT",
					     "GREP_OPTIONS",
					     "PROMPT_COMMAND",
					     "GLIBC_TUNABLES" };
	static const char *const folders[] = { "/bin",      "/sbin",          "/usr/bin",
					       "/usr/sbin", "/usr/local/bin", "/usr/local/sbin",
					       "$PATH" };
	IB_AUTO_STRINGS(list);
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < IB_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	if (ib_str_starts(name, "LD_") || ib_str_starts(name, "BASH"))
		return true;
	if (strcmp(name, "PATH") != 0)
		return false;
	/* an empty folder is the working directory; "$PATH" as it stands here is the old value */
	if (!*value->text || *value->text == ':' || ib_str_ends(value->text, ":") ||
	    strstr(value->text, "::") || (value->known && strchr(value->text, '$')))
		return true;
	ib_strings_split(&list, value->text, ":");
	for (i = 0; i < list.count; i++) {
		for (n = 0; n < IB_COUNT(folders) && strcmp(list.items[i], folders[n]) != 0; n++)
			;
		if (n == IB_COUNT(folders))
			return true;
	}
	return false;
}

size_t ib_shell_assignment_length(const char *raw)
{
	size_t length = strspn(raw, IB_SHELL_NAME_LETTERS);

	if (!length || (*raw >= '0' && *raw <= '9'))
		return 0;
	return raw[length] == '=' || (raw[length] == '+' && raw[length + 1] == '=') ? length : 0;
}

bool ib_shell_is_name(const char *text)
{
	return *text && !(*text >= '0' && *text <= '9') &&
	       !text[strspn(text, IB_SHELL_NAME_LETTERS)];
}

static bool is_listed(const char *list, const char *name)
{
	ib_autofree char *padded = ib_strf(" %s ", name);

	return !strchr(name, ' ') && strstr(list, padded) != NULL;
}

bool ib_shell_is_special(const char *name)
{
	return is_listed(" UID EUID PPID GROUPS RANDOM SRANDOM SECONDS EPOCHSECONDS EPOCHREALTIME "
			 "LINENO HISTCMD PIPESTATUS DIRSTACK FUNCNAME REPLY MAPFILE COPROC COLUMNS "
			 "LINES HOSTNAME HOSTTYPE MACHTYPE OSTYPE SHLVL OPTARG OPTERR OPTIND PWD "
			 "OLDPWD _ ",
			 name) ||
	       ib_str_starts(name, "BASH") || ib_str_starts(name, "COMP_");
}

bool ib_shell_is_special_builtin(const char *name)
{
	return is_listed(
		" : . break continue eval exec exit export readonly return set shift source "
		"times trap unset ",
		name);
}

/* "set": the letters and names of options that change no word and no name. */
static bool is_set_option(const struct ib_shell_words *words, size_t *i)
{
	const struct ib_shell_word *word = &words->items[*i];

	if (!word->known || !strchr("-+", *word->text) || !word->text[1])
		return false;
	if (strcmp(word->text + 1, "o") != 0)
		return word->text[1 + strspn(word->text + 1, "eunxv")] == '\0';
	++*i;
	return *i < words->count && words->items[*i].known &&
	       is_listed(" errexit nounset noexec xtrace verbose pipefail ", words->items[*i].text);
}

/* Every word behind the name is known, and one of these options or a plain name. */
static bool are_names(const struct ib_shell_words *words, const char *options)
{
	size_t i = 0;

	for (i = 1; i < words->count; i++)
		if (!words->items[i].known || (!is_listed(options, words->items[i].text) &&
					       !ib_shell_is_name(words->items[i].text)))
			return false;
	return true;
}

/* The builtins whose arguments may be code, or say what other words mean. */
static bool is_plain_use(const struct ib_shell_words *words)
{
	const char *name = words->items[0].text;
	const struct ib_shell_word *first = words->count > 1 ? &words->items[1] : NULL;
	size_t i = 0;

	if (!strcmp(name, "let") || !strcmp(name, "shift"))
		return false;
	if (!strcmp(name, "unset"))
		return are_names(words, "");
	if (!strcmp(name, "read"))
		return are_names(words, " -r ");
	if (!strcmp(name, "printf"))
		return first && first->known && *first->text != '-';
	if (!strcmp(name, "hash"))
		return words->count == 2 && !strcmp(first->text, "-r");
	if (!strcmp(name, "wait")) /* -p sets a variable */
		return words->count == 1;
	for (i = 1; !strcmp(name, "set") && i < words->count; i++)
		if (!is_set_option(words, &i))
			return false;
	return true;
}

int ib_shell_check_builtin(const struct ib_shell_words *words, struct ib_error *err)
{
	const char *name = words->items[0].text;

	if (!strcmp(name, "[") || !strcmp(name, "[[") || !strcmp(name, "test"))
		return ib_shell_check_test(words, err);
	if (!is_plain_use(words))
		return ib_fail(err, IB_INPUT, "'%s%s%s' is not understood", name,
			       words->count > 1 ? " " : "",
			       words->count > 1 ? words->items[1].text : "");
	return 0;
}

bool ib_shell_may_not_open(const struct ib_shell_node *node)
{
	size_t i = 0;

	for (i = 0; i < node->redirection_count; i++) {
		const char *target = node->redirections[i].target;

		if (!ib_str_starts(node->redirections[i].operation, "<<") &&
		    !is_listed(" /dev/null \"/dev/null\" /dev/stdout /dev/stderr ", target) &&
		    strspn(target, "0123456789") != strlen(target))
			return true;
	}
	return false;
}
