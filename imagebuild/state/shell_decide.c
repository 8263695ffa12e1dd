/* SPDX-License-Identifier: Apache-2.0 */
/* What test, [ and [[ answer, as far as that needs no machine. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "state/shell_node.h"

/* "A -eq B" and "A = B" with both sides known. */
static enum ib_shell_status compare(const char *a, const char *operation, const char *b)
{
	static const char *const numeric[] = { "-eq", "-ne", "-lt", "-le", "-gt", "-ge" };
	char *end_a = NULL;
	char *end_b = NULL;
	long x = strtol(a, &end_a, 10);
	long y = strtol(b, &end_b, 10);
	const bool results[] = { x == y, x != y, x<y, x <= y, x> y, x >= y };
	size_t i = 0;

	if (operation[0] != '-' && strpbrk(b, "*?[\\("))
		return IB_SHELL_MAYBE; /* a pattern for [[ */
	if (!strcmp(operation, "=") || !strcmp(operation, "=="))
		return strcmp(a, b) ? IB_SHELL_NO : IB_SHELL_YES;
	if (!strcmp(operation, "!="))
		return strcmp(a, b) ? IB_SHELL_YES : IB_SHELL_NO;
	for (i = 0; i < IB_COUNT(numeric); i++)
		if (!strcmp(operation, numeric[i]) && *a && *b && !*end_a && !*end_b)
			return results[i] ? IB_SHELL_YES : IB_SHELL_NO;
	return IB_SHELL_MAYBE;
}

enum ib_shell_status ib_shell_negate(enum ib_shell_status status)
{
	if (status == IB_SHELL_MAYBE)
		return status;
	return status == IB_SHELL_YES ? IB_SHELL_NO : IB_SHELL_YES;
}

/* What only a running system has, or an older one left behind. */
static bool is_absent(const char *path)
{
	static const char *const below[] = { "/run/", "/var/run/", "/var/lock/subsys/",
					     "/sys/firmware/", "/proc/" };
	static const char *const ends[] = { ".rpmsave", ".rpmnew", ".rpmorig", ".rpmmoved" };
	size_t i = 0;

	if (strstr(path, "/.."))
		return false;
	for (i = 0; i < IB_COUNT(below); i++)
		if (ib_str_starts(path, below[i]))
			return true;
	for (i = 0; i < IB_COUNT(ends); i++)
		if (ib_str_ends(path, ends[i]))
			return true;
	return !strcmp(path, "/dev/initctl");
}

/* One operator with its operand: "-z x", "-f /run/systemd/…". */
static enum ib_shell_status decide_one(const char *operator, const char * operand)
{
	if (!strcmp(operator, "-z"))
		return *operand ? IB_SHELL_NO : IB_SHELL_YES;
	if (!strcmp(operator, "-n"))
		return *operand ? IB_SHELL_YES : IB_SHELL_NO;
	if (operator[0] == '-' && strchr("bcdefghkprsuwxLOGNS", operator[1]) && is_absent(operand))
		return IB_SHELL_NO;
	return IB_SHELL_MAYBE;
}

/* test, [ and [[ : what needs no look at the machine, and that no system runs while an image is made. */
static enum ib_shell_status decide(const struct ib_shell_word *words, size_t count)
{
	if (count && !strcmp(words[0].text, "!"))
		return ib_shell_negate(decide(words + 1, count - 1));
	if (count == 1 && words[0].is_unset)
		return IB_SHELL_NO;
	if (count == 2 && words[1].is_unset &&
	    (!strcmp(words[0].text, "-n") || !strcmp(words[0].text, "-z")))
		return words[0].text[1] == 'z' ? IB_SHELL_YES : IB_SHELL_NO;
	if (count == 1 && words[0].known)
		return *words[0].text ? IB_SHELL_YES : IB_SHELL_NO;
	if (count == 2 && words[1].known)
		return decide_one(words[0].text, words[1].text);
	if (count == 3 && words[0].known && words[2].known)
		return compare(words[0].text, words[1].text, words[2].text);
	return IB_SHELL_MAYBE;
}

enum ib_shell_status ib_shell_decide(const struct ib_shell_command *command)
{
	const char *name = command->words[0].text;
	const char *close = !strcmp(name, "[") ? "]" : "]]";
	size_t count = command->count - 1;

	if (!strcmp(name, "test"))
		return decide(command->words + 1, count);
	/* "[[ a < b ]]" reads like a redirection, "[[ a && b ]]" like two commands */
	if (!count || strcmp(command->words[count].text, close) != 0 || command->redirection_count)
		return IB_SHELL_MAYBE;
	return decide(command->words + 1, count - 1);
}

enum ib_shell_status ib_shell_fits(const char *patterns, const char *subject)
{
	IB_AUTO_STRINGS(list);
	enum ib_shell_status status = IB_SHELL_NO;
	size_t i = 0;

	ib_strings_split(&list, patterns, "|");
	for (i = 0; i < list.count; i++) {
		const char *pattern = list.items[i] + strspn(list.items[i], " \t");
		ib_autofree char *plain = ib_strndup(pattern, strcspn(pattern, " \t"));
		size_t length = strlen(plain);

		if (length >= 2 && strchr("\"'", *plain) && plain[length - 1] == *plain) {
			plain[length - 1] = '\0';
			if (strpbrk(plain + 1, "\"'$`\\"))
				status = IB_SHELL_MAYBE;
			else if (!strcmp(plain + 1, subject))
				return IB_SHELL_YES;
		} else if (strpbrk(pattern, "\"'$`\\(){}[")) {
			status = IB_SHELL_MAYBE;
		} else if (!fnmatch(plain, subject, 0)) {
			return IB_SHELL_YES;
		}
	}
	return status;
}
