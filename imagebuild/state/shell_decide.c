/* SPDX-License-Identifier: Apache-2.0 */
/* What test, [ and [[ answer, as far as that needs no machine. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "state/shell_expand.h"

static const char *const numeric[] = { "-eq", "-ne", "-lt", "-le", "-gt", "-ge" };

/* 0 or digits that begin with another one ([[ takes a leading zero for octal), as many as a long holds. */
static bool is_plain_number(const char *text)
{
	size_t length = 0;

	text += *text == '-';
	length = strlen(text);
	return length && length <= 18 && strspn(text, "0123456789") == length &&
	       (*text != '0' || length == 1);
}

static bool is_numeric(const char *operation)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(numeric); i++)
		if (!strcmp(operation, numeric[i]))
			return true;
	return false;
}

/* "A -eq B" and "A = B" with both sides known. */
static enum ib_shell_status compare(const char *a, const char *operation, const char *b)
{
	bool are_numbers = is_plain_number(a) && is_plain_number(b);
	long x = are_numbers ? strtol(a, NULL, 10) : 0;
	long y = are_numbers ? strtol(b, NULL, 10) : 0;
	const bool results[] = { x == y, x != y, x<y, x <= y, x> y, x >= y };
	size_t i = 0;

	if (operation[0] != '-' && strpbrk(b, "*?[\\("))
		return IB_SHELL_MAYBE; /* a pattern for [[ */
	if (!strcmp(operation, "=") || !strcmp(operation, "=="))
		return strcmp(a, b) ? IB_SHELL_NO : IB_SHELL_YES;
	if (!strcmp(operation, "!="))
		return strcmp(a, b) ? IB_SHELL_YES : IB_SHELL_NO;
	for (i = 0; i < IB_COUNT(numeric); i++)
		if (!strcmp(operation, numeric[i]) && are_numbers)
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
	static const char *const running[] = { "/run/systemd/system", "/run/systemd/system/",
					       "/var/run/systemd/system", "/dev/initctl",
					       "/run/ostree-booted" };
	static const char *const ends[] = { ".rpmsave", ".rpmnew", ".rpmorig", ".rpmmoved" };
	size_t i = 0;

	if (strstr(path, "/.."))
		return false;
	for (i = 0; i < IB_COUNT(running); i++)
		if (!strcmp(path, running[i]))
			return true;
	for (i = 0; i < IB_COUNT(ends); i++)
		if (ib_str_ends(path, ends[i]))
			return true;
	return false;
}

/* Whether a path lies where another machine, or the same one a moment later, has other files. */
bool ib_shell_is_volatile(const char *path)
{
	static const char *const below[] = { "/proc", "/sys",     "/dev",
					     "/run",  "/var/run", "/var/lock" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(below); i++)
		if (ib_str_starts(path, below[i]) &&
		    (!path[strlen(below[i])] || path[strlen(below[i])] == '/'))
			return true;
	return strstr(path, "//") != NULL || strstr(path, "/./") != NULL ||
	       strstr(path, "/..") != NULL;
}

/* One operator with its operand: "-z x", "-f /run/systemd/…". */
static enum ib_shell_status decide_one(const char *operator, const char * operand)
{
	if (!strcmp(operator, "-z"))
		return *operand ? IB_SHELL_NO : IB_SHELL_YES;
	if (!strcmp(operator, "-n"))
		return *operand ? IB_SHELL_YES : IB_SHELL_NO;
	if (!strcmp(operator, "-S") && ib_str_starts(operand, "/run/") && !strstr(operand, "/.."))
		return IB_SHELL_NO; /* a socket is made by what runs, and nothing does */
	if (operator[0] == '-' && operator[1] && !operator[2] &&
	    strchr("bcdefghkprsuwxLOGNS", operator[1]) &&
	    is_absent(operand))
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

/* An operand that [[ would calculate: a number, or one of the shell's own. */
static bool is_operand(const struct ib_shell_word *word)
{
	if (word->known)
		return is_plain_number(word->text);
	return !strcmp(word->text, "$?") || !strcmp(word->text, "$#") || !strcmp(word->text, "$$");
}

int ib_shell_check_test(const struct ib_shell_words *words, struct ib_error *err)
{
	const struct ib_shell_word *items = words->items;
	bool calculates = !strcmp(items[0].text, "[[");
	size_t i = 0;

	for (i = 1; i < words->count; i++) {
		const char *word = items[i].text;

		if (items[i].known && (!strcmp(word, "-v") || !strcmp(word, "-R")))
			return ib_fail(err, IB_INPUT, "'%s' of a variable is not understood", word);
		if (items[i].known && strchr(word, '[') && strpbrk(word, "$`"))
			return ib_fail(err, IB_INPUT, "the operand '%s' is not understood", word);
		if (calculates && is_numeric(word) &&
		    (i < 2 || i + 1 >= words->count || !is_operand(&items[i - 1]) ||
		     !is_operand(&items[i + 1])))
			return ib_fail(err, IB_INPUT,
				       "'%s' of anything but numbers is not understood", word);
	}
	return 0;
}

/* Machines by the names that systemd-detect-virt(1) has for them; none is part of "none". */
static bool is_machine(const char *name)
{
	static const char *const names[] = { "vmware", "oracle",    "microsoft", "xen",  "kvm",
					     "qemu",   "parallels", "amazon",    "bhyve" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(names); i++)
		if (!strcasecmp(name, names[i]))
			return true;
	return false;
}

bool ib_shell_is_no_machine(const struct ib_shell_node *pipe)
{
	const struct ib_shell_node *left = pipe->children[0];
	const struct ib_shell_node *right = pipe->children[1];

	return left->kind == IB_SHELL_SIMPLE && right->kind == IB_SHELL_SIMPLE &&
	       !left->redirection_count && !right->redirection_count && left->word_count == 1 &&
	       right->word_count == 3 &&
	       !strcmp(ib_path_name(left->words[0]), "systemd-detect-virt") &&
	       !strcmp(ib_path_name(right->words[0]), "grep") &&
	       (!strcmp(right->words[1], "-q") || !strcmp(right->words[1], "-iq") ||
		!strcmp(right->words[1], "-qi")) &&
	       is_machine(right->words[2]);
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
		} else if (strpbrk(pattern, "\"'$`\\(){}[~")) {
			status = IB_SHELL_MAYBE;
		} else if (!fnmatch(plain, subject, 0)) {
			return IB_SHELL_YES;
		}
	}
	return status;
}
