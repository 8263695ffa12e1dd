/* SPDX-License-Identifier: Apache-2.0 */
/* What words set: assignments, and the commands that set variables or arguments. */
#include <string.h>

#include "state/shell_expand.h"

bool ib_shell_is_decisive(const char *name, const struct ib_shell_word *value)
{
	static const char *const names[] = { "IFS",      "ENV", "BASH_ENV",      "SHELLOPTS",
					     "BASHOPTS", "PS4", "PROMPT_COMMAND" };
	static const char *const folders[] = { "/bin",      "/sbin",          "/usr/bin",
					       "/usr/sbin", "/usr/local/bin", "/usr/local/sbin",
					       "$PATH" };
	IB_AUTO_STRINGS(list);
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < IB_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	if (ib_str_starts(name, "LD_") || ib_str_starts(name, "BASH_FUNC"))
		return true;
	if (strcmp(name, "PATH") != 0)
		return false;
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

int ib_shell_check_set(const struct ib_shell_words *words, struct ib_error *err)
{
	size_t i = 0;

	for (i = 1; i < words->count; i++) {
		const struct ib_shell_word *word = &words->items[i];
		const char *before = words->items[i - 1].text;

		if (word->known && strchr("-+", *word->text) && strcmp(word->text, "--") != 0)
			continue;
		if (!strcmp(before, "-o") || !strcmp(before, "+o")) /* the name of an option */
			return 0;
		return ib_fail(err, IB_INPUT, "'set %s' is not understood", word->text);
	}
	return 0;
}

bool ib_shell_sets_variables(const struct ib_shell_words *words)
{
	static const char setters[] = " read getopts let declare typeset unset mapfile readarray "
				      "printf ";
	ib_autofree char *padded = ib_strf(" %s ", words->items[0].text);

	if (!strcmp(words->items[0].text, "printf") && words->count > 1)
		return ib_str_starts(words->items[1].text, "-v");
	return strstr(setters, padded) != NULL;
}
