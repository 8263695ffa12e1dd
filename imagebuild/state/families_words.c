/* SPDX-License-Identifier: Apache-2.0 */
/* Which words of a command are known to be harmless: options that are listed, plain names, paths. */
#include <fnmatch.h>
#include <string.h>

#include "state/families.h"

bool ib_word_is_operand(const struct ib_shell_word *word)
{
	return word->known || (word->is_pattern && *word->text == '/' && !strchr(word->text, '{'));
}

bool ib_word_is_braced(const struct ib_shell_word *word)
{
	static const char *const strange[] = { "{,", ",}", ",,", "{}", "/.", "{.",
					       ",.", "/}", "/,", "..", "//" };
	size_t i = 0;

	if (*word->text != '/' || !strchr(word->text, '{') || strpbrk(word->text, "$`\\\"' \t\n"))
		return false;
	for (i = 0; i < IB_COUNT(strange); i++)
		if (strstr(word->text, strange[i]))
			return false;
	return true;
}

bool ib_word_is_listed(const char *word, const char *names)
{
	const char *at = names;
	size_t length = strlen(word);

	while (length && (at = strstr(at, word))) {
		if (at > names && at[-1] == ' ' && at[length] == ' ')
			return true;
		at++;
	}
	return false;
}

/* Letters behind one dash, or a long name with what follows its "=" left out. */
static bool is_option_listed(const char *word, const char *letters, const char *names)
{
	size_t length = strcspn(word, "=");
	ib_autofree char *name = ib_strf("%.*s%s", (int)length, word, word[length] ? "=" : "");

	if (strpbrk(name, " \t\n"))
		return false;
	if (word[1] == '-')
		return ib_word_is_listed(name, names);
	return ib_word_is_listed(word, names) || strspn(word + 1, letters) == strlen(word + 1);
}

bool ib_words_are_listed(const struct ib_shell_command *command, size_t from, const char *letters,
			 const char *names)
{
	size_t i = 0;

	for (i = from; i < command->count; i++) {
		const struct ib_shell_word *word = &command->words[i];

		if (!ib_word_is_operand(word))
			return false;
		if (*word->text == '-' && !is_option_listed(word->text, letters, names))
			return false;
	}
	return true;
}

bool ib_name_is_plain(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return length && length < 32 && !name[length] &&
	       (*name == '_' || (*name >= 'a' && *name <= 'z'));
}

/* The path without "//", "/./" and a slash at its end; NULL where it is relative or has "..". */
static char *plain_path(const char *path)
{
	IB_AUTO_STRINGS(parts);
	IB_AUTO_STRINGS(kept);
	ib_autofree char *joined = NULL;
	size_t i = 0;

	if (*path != '/')
		return NULL;
	ib_strings_split(&parts, path, "/");
	for (i = 0; i < parts.count; i++) {
		if (!strcmp(parts.items[i], ".."))
			return NULL;
		if (*parts.items[i] && strcmp(parts.items[i], ".") != 0)
			ib_strings_add(&kept, parts.items[i]);
	}
	joined = ib_strings_join(&kept, "/");
	return ib_strf("/%s", joined);
}

/* Files that accounts and trust hang on, and what is of the machine: with all that is below. */
static const char *const guarded[] = {
	"/etc/passwd",   "/etc/passwd-", "/etc/shadow",    "/etc/shadow-",
	"/etc/group",    "/etc/group-",  "/etc/gshadow",   "/etc/gshadow-",
	"/etc/shells",   "/etc/sudoers", "/etc/sudoers.d", "/etc/machine-id",
	"/root",         "/etc/pam.d",   "/etc/ssh",       "/etc/pki",
	"/dev",          "/proc",        "/sys",           "/etc/ld.so.preload",
	"/etc/security", "/etc/subuid",  "/etc/subgid",    "/etc/nsswitch.conf",
};

static bool is_at_or_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return !strncmp(path, folder, length) && (!path[length] || path[length] == '/');
}

bool ib_path_is_guarded(const char *path)
{
	ib_autofree char *plain = plain_path(path);
	size_t i = 0;

	if (!plain)
		return true;
	for (i = 0; i < IB_COUNT(guarded); i++)
		if (is_at_or_below(plain, guarded[i]))
			return true;
	return false;
}

bool ib_path_holds_guarded(const char *path)
{
	ib_autofree char *plain = plain_path(path);
	size_t i = 0;

	if (!plain || !strcmp(plain, "/"))
		return true;
	for (i = 0; i < IB_COUNT(guarded); i++)
		if (is_at_or_below(guarded[i], plain))
			return true;
	return ib_path_is_guarded(path);
}

/* Whether a name in a pattern could be "." or "..". */
static bool fits_dots(const char *pattern)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	ib_strings_split(&names, pattern, "/");
	for (i = 0; i < names.count; i++)
		if (!fnmatch(names.items[i], ".", FNM_PERIOD) ||
		    !fnmatch(names.items[i], "..", FNM_PERIOD))
			return true;
	return false;
}

bool ib_word_is_guarded(const struct ib_shell_word *word)
{
	size_t literal = strcspn(word->text, "*?[");
	size_t i = 0;

	if (!word->is_pattern || !word->text[literal])
		return ib_path_is_guarded(word->text);
	/* what a pattern could fit */
	if (strstr(word->text, "//") || fits_dots(word->text) || ib_path_is_guarded(word->text))
		return true;
	for (i = 0; i < IB_COUNT(guarded); i++)
		if (!strncmp(word->text, guarded[i], IB_MIN(literal, strlen(guarded[i]))))
			return true;
	return false;
}
