/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that only look, or say what comes next - as long as their arguments ask for nothing
 * more: sort has -o, sed has w and e, find has -delete, awk has system(), rpm has --eval, env and
 * command run what follows them.
 */
#include <string.h>

#include "state/families.h"

static bool are_known(const struct ib_shell_command *command)
{
	size_t i = 0;

	for (i = 1; i < command->count; i++)
		if (!command->words[i].known)
			return false;
	return true;
}

/* An address of sed at text: nothing, "/…/", "$", a number; its length, SIZE_MAX when it does not end. */
static size_t sed_address(const char *text)
{
	size_t i = 1;

	if (*text == '$')
		return 1;
	if (*text != '/')
		return strspn(text, "0123456789");
	for (; text[i] && text[i] != '/'; i++)
		if (text[i] == '\\' && text[i + 1])
			i++;
	return text[i] ? i + 1 : SIZE_MAX;
}

/* "s,A,B,FLAGS" at text, FLAGS of those that write and run nothing; its length or 0. */
static size_t sed_substitution(const char *text)
{
	char separator = text[1];
	size_t parts = 0;
	size_t i = 2;

	if (!separator || strchr(" \\\n", separator))
		return 0;
	for (; text[i] && parts < 2; i++) {
		if (text[i] == separator)
			parts++;
		else if (text[i] == '\\' && text[i + 1])
			i++;
	}
	return parts == 2 ? i + strspn(text + i, "gpIiM0123456789") : 0;
}

/* "ADDRESS,ADDRESS" at text, of which none need be there; its length, SIZE_MAX when it does not end. */
static size_t sed_addresses(const char *text)
{
	size_t first = sed_address(text);
	size_t second = 0;

	if (first == SIZE_MAX || text[first] != ',')
		return first;
	second = sed_address(text + first + 1);
	return second && second != SIZE_MAX ? first + 1 + second : SIZE_MAX;
}

/* One command with its addresses at text, of s, p, d, q, n and =; its length, 0 for others. */
static size_t sed_command(const char *text)
{
	size_t at = sed_addresses(text);
	size_t length = 0;

	if (at == SIZE_MAX)
		return 0;
	at += strspn(text + at, " !");
	if (text[at] == 's')
		length = sed_substitution(text + at);
	else if (text[at] && strchr("pdqn=", text[at]))
		length = 1;
	return length ? at + length : 0;
}

/* Whether a script of sed holds only addresses with s, p, d, q and n. */
static bool is_sed_script(const char *text)
{
	for (text += strspn(text, " \t\n;"); *text; text += strspn(text, " \t\n;")) {
		size_t length = sed_command(text);

		if (!length)
			return false;
		text += length;
		text += strspn(text, " \t");
		if (*text && !strchr(";\n", *text))
			return false;
	}
	return true;
}

/* sed that prints: no -i, no script from a file, no script that writes or runs. */
static bool is_sed_reading(const struct ib_shell_command *command)
{
	bool has_script = false;
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;

		if (!ib_word_is_operand(&command->words[i]))
			return false;
		if (!strcmp(word, "-e") && i + 1 < command->count) {
			if (!command->words[++i].known || !is_sed_script(command->words[i].text))
				return false;
			has_script = true;
		} else if (*word == '-' && word[1]) {
			if (strcmp(word, "--") != 0 && strcmp(word, "--quiet") != 0 &&
			    strspn(word + 1, "nErsuz") != strlen(word + 1))
				return false;
		} else if (!has_script) {
			if (!command->words[i].known || !is_sed_script(word))
				return false;
			has_script = true;
		}
	}
	return true;
}

/* One more: a first line that older makeinfo left in the directory of pages, which ours never has. */
bool ib_match_sed(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	if (command->count == 4 && !strcmp(command->words[1].text, "-i") &&
	    command->words[2].known && ib_str_starts(command->words[2].text, "/^This is") &&
	    ib_str_ends(command->words[2].text, "/d") && is_sed_script(command->words[2].text) &&
	    !strcmp(command->words[3].text, "/usr/share/info/dir"))
		return true;
	return is_sed_reading(command);
}

/* find with tests, and -print, -prune and -quit: it changes and runs nothing. */
bool ib_match_find(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char listed[] =
		" -H -L -P -a -and -o -or -not -name -iname -path -ipath -wholename -regex -iregex "
		"-type -xtype -maxdepth -mindepth -depth -xdev -mount -perm -user -group -uid -gid "
		"-nouser -nogroup -size -empty -newer -mtime -ctime -atime -mmin -cmin -amin -links "
		"-inum -samefile -readable -writable -executable -follow -noleaf -daystart -true "
		"-false -lname -print -print0 -printf -ls -prune -quit ";

	(void)judgement;
	return ib_words_are_listed(command, 1, "", listed);
}

/* awk with a program that is known, and neither runs nor writes. */
bool ib_match_awk(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	size_t i = 0;

	(void)judgement;
	for (i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;

		if (strstr(word, "system") || strpbrk(word, "|>@") || strstr(word, "getline") ||
		    (*word == '-' && (!word[1] || !strchr("Fv", word[1]))))
			return false;
	}
	return command->count < 2 || are_known(command);
}

/* "rpm --eval '%NAME'" and "%{?NAME}": the value of a macro, no expression and no program. */
static bool is_macro(const struct ib_shell_word *word)
{
	return word->known && *word->text == '%' &&
	       strspn(word->text, "%{}?_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789") == strlen(word->text);
}

/* rpm that asks: the first option says so, and none brings macros, a program or another file. */
bool ib_match_rpm(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char listed[] =
		" --query --all --file --group --info --list --requires --provides --conflicts "
		"--obsoletes --recommends --suggests --supplements --enhances --whatprovides "
		"--whatrequires --qf --qf= --queryformat --queryformat= --last --quiet --nosignature "
		"--nodigest --scripts --triggers --changelog --changes --docfiles --configfiles "
		"--licensefiles --state --dump --version --showrc ";
	const char *first = command->count > 1 ? command->words[1].text : "";

	(void)judgement;
	if (!strcmp(first, "--eval") || !strcmp(first, "-E"))
		return command->count == 3 && is_macro(&command->words[2]);
	if (strcmp(ib_path_name(command->words[0].text), "rpmquery") != 0 &&
	    !ib_str_starts(first, "-q") && strcmp(first, "--query") != 0)
		return command->count == 2 && !strcmp(first, "--version");
	return ib_words_are_listed(command, 1, "qafgilcdRsv", listed);
}

/* sort and uniq to the standard output. */
bool ib_match_sort(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	bool is_uniq = !strcmp(ib_path_name(command->words[0].text), "uniq");
	size_t operands = 0;
	size_t i = 0;

	(void)judgement;
	for (i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;

		if (!ib_word_is_operand(&command->words[i]))
			return false;
		if (*word != '-')
			operands++;
		else if (strspn(word + 1, is_uniq ? "cdiuz" : "bdfghinrRuVz") != strlen(word + 1))
			return false;
	}
	return !is_uniq || (operands < 2 && are_known(command)); /* a second one is written */
}

/* Words that make others run, or that say how: in their harmless forms only. */
bool ib_match_prefix(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const char *name = ib_path_name(command->words[0].text);
	const char *first = command->count > 1 ? command->words[1].text : "";

	(void)judgement;
	if (!are_known(command))
		return !strcmp(name, "command") && (!strcmp(first, "-v") || !strcmp(first, "-V"));
	if (!strcmp(name, "command"))
		return !strcmp(first, "-v") || !strcmp(first, "-V");
	if (!strcmp(name, "hash"))
		return *first != '-' || (!strcmp(first, "-r") && command->count == 2);
	if (!strcmp(name, "trap")) /* back to the default, or nothing at all */
		return !strcmp(first, "-") || (!*first && command->count > 2);
	if (!strcmp(name, "umask")) /* what is made behind it has the usual mode */
		return command->count == 2 && (!strcmp(first, "022") || !strcmp(first, "0022"));
	if (!strcmp(name, "dpkg"))
		return !strcmp(first, "--print-architecture") || !strcmp(first, "-s") ||
		       !strcmp(first, "-l") || !strcmp(first, "-S") ||
		       !strcmp(first, "--compare-versions");
	return command->count == 1; /* env, exec */
}
