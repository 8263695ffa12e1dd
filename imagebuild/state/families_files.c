/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that write small files, or change modes, owners and capabilities of named paths. */
#include <string.h>

#include "state/families.h"

bool ib_word_is_path(const struct ib_shell_word *word)
{
	return word->known && *word->text == '/' && !strpbrk(word->text, " \t\n\"'\\%*?[");
}

/* Patterns count where tmpfiles.d takes them; names that begin with a dot need one of their own. */
static bool is_path_or_pattern(const struct ib_shell_word *word)
{
	return ib_word_is_path(word) ||
	       (word->is_pattern && *word->text == '/' && !strstr(word->text, "/..") &&
		!strpbrk(word->text, " \t\n\"'\\%["));
}

/* All words from number i on are paths or patterns that nothing guards; at least one is. */
static bool are_paths(const struct ib_shell_command *command, size_t i)
{
	if (i >= command->count)
		return false;
	for (; i < command->count; i++)
		if (!is_path_or_pattern(&command->words[i]) ||
		    ib_word_is_guarded(&command->words[i]))
			return false;
	return true;
}

#define FLAGS_ROOM 16

/* What stands for a long name among the letters: its first one in upper case; '\0' for one that is not listed. */
static char letter_of(const char *const *names, const char *name)
{
	size_t n = 0;

	for (n = 0; names[n]; n++)
		if (!strcmp(names[n], name))
			return (char)(*name - 'a' + 'A');
	return '\0';
}

/* Notes an option, or letters behind one dash; false where one of them is not listed. */
static bool note_option(const char *word, const char *letters, const char *const *names,
			char flags[FLAGS_ROOM])
{
	size_t used = strlen(flags);
	char letter = '\0';

	if (word[1] == '-') {
		letter = letter_of(names, word + 2);
		if (letter && used + 1 < FLAGS_ROOM)
			flags[used] = letter;
		return letter != '\0';
	}
	for (word++; *word; word++) {
		if (!strchr(letters, *word))
			return false;
		if (used + 1 < FLAGS_ROOM)
			flags[used++] = *word;
	}
	return true;
}

/* Skips options of these letters and long names; flags, all zeros before, holds what was seen. */
static bool skip_options(const struct ib_shell_command *command, const char *letters,
			 const char *const *names, size_t *ret_next, char flags[FLAGS_ROOM])
{
	size_t i = 1;

	for (; i < command->count && *command->words[i].text == '-'; i++) {
		if (!command->words[i].known)
			return false;
		if (!strcmp(command->words[i].text, "--")) {
			i++;
			break;
		}
		if (!note_option(command->words[i].text, letters, names, flags))
			return false;
	}
	*ret_next = i;
	return true;
}

/* A mode in octal digits; symbolic ones depend on what is there. */
static bool is_mode(const struct ib_shell_word *word)
{
	size_t length = strlen(word->text);

	return word->known && length >= 3 && length <= 4 &&
	       strspn(word->text, "01234567") == length;
}

bool ib_match_chmod(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char *const names[] = { "recursive", "silent", "quiet", "verbose", NULL };
	char flags[FLAGS_ROOM] = "";
	size_t mode = 0;
	size_t i = 0;
	size_t n = 0;

	if (!skip_options(command, "fvc", names, &i, flags) || strchr(flags, 'R') ||
	    i >= command->count || !is_mode(&command->words[i]))
		return false;
	mode = i++;
	if (i < command->count && !strcmp(command->words[i].text, "--"))
		i++;
	if (!are_paths(command, i))
		return false;
	for (n = i; n < command->count; n++)
		ib_judgement_effect(judgement, IB_EFFECT_TMPFILES, "z %s %s - -",
				    command->words[n].text, command->words[mode].text);
	return true;
}

/* "USER", "USER:GROUP", ":GROUP" and the old "USER.GROUP". */
static bool split_owner(struct ib_judgement *judgement, const struct ib_shell_word *word,
			bool is_group, const char **ret_user, const char **ret_group)
{
	size_t length = strcspn(word->text, ":.");

	if (!word->known || !*word->text || strpbrk(word->text, " \t\"'\\%/*?"))
		return false;
	*ret_user = "-";
	*ret_group = "-";
	if (is_group) {
		*ret_group = word->text;
		return true;
	}
	if (length)
		*ret_user = ib_arena_strf(judgement->arena, "%.*s", (int)length, word->text);
	if (word->text[length]) {
		*ret_group = word->text + length + 1;
		return **ret_group != '\0'; /* "USER:" means the login group, which is not known */
	}
	return true;
}

/* chown clears setuid and setgid of files; those are not set by such scriptlets before. */
bool ib_match_chown(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char *const names[] = { "recursive", "silent", "quiet", "verbose", NULL };
	bool is_group = !strcmp(ib_path_name(command->words[0].text), "chgrp");
	const char *user = NULL;
	const char *group = NULL;
	char flags[FLAGS_ROOM] = "";
	size_t i = 0;
	size_t n = 0;

	/* "chown OWNER -R PATH" is the same */
	if (command->count == 4 && !strcmp(command->words[2].text, "-R")) {
		const struct ib_shell_word turned[] = { command->words[0], command->words[2],
							command->words[1], command->words[3] };
		struct ib_shell_command other = *command;

		other.words = turned;
		return ib_match_chown(judgement, &other);
	}
	if (!skip_options(command, "Rfvch", names, &i, flags) || i >= command->count ||
	    !split_owner(judgement, &command->words[i], is_group, &user, &group) ||
	    !are_paths(command, i + 1))
		return false;
	for (n = i + 1; n < command->count; n++)
		if (strchr(flags, 'R') && ib_path_holds_guarded(command->words[n].text))
			return false;
	for (n = i + 1; n < command->count; n++)
		ib_judgement_effect(judgement, IB_EFFECT_TMPFILES, "%c %s - %s %s",
				    strchr(flags, 'R') ? 'Z' : 'z', command->words[n].text, user,
				    group);
	return true;
}

bool ib_match_setcap(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	size_t i = 1;

	if (i < command->count && !strcmp(command->words[i].text, "-q"))
		i++;
	if (command->count != i + 2 || !command->words[i].known ||
	    !ib_str_starts(command->words[i].text, "cap_") ||
	    strpbrk(command->words[i].text, " \t\n\"'\\") ||
	    !ib_word_is_path(&command->words[i + 1]) ||
	    ib_path_is_guarded(command->words[i + 1].text))
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_CAPABILITY, "%s %s", command->words[i + 1].text,
			    command->words[i].text);
	return true;
}

/* "touch -c": only times, which the image sets itself; else an empty file where nothing is. */
bool ib_match_touch(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char *const names[] = { "no-create", NULL };
	char flags[FLAGS_ROOM] = "";
	size_t i = 0;
	size_t n = 0;

	if (!skip_options(command, "cam", names, &i, flags) || i >= command->count)
		return false;
	if (strpbrk(flags, "cN")) {
		for (; i < command->count; i++)
			if (!ib_word_is_operand(&command->words[i]))
				return false;
		ib_judgement_family(judgement, "nothing");
		return true;
	}
	if (!are_paths(command, i))
		return false;
	for (n = i; n < command->count; n++)
		if (!command->words[n].known)
			return false;
	for (; i < command->count; i++)
		ib_judgement_effect(judgement, IB_EFFECT_TMPFILES, "f %s 0644 - -",
				    command->words[i].text);
	ib_judgement_family(judgement, "files");
	return true;
}

/* What echo prints, or false where it is not plain. */
static bool put_echo(const struct ib_shell_command *command, struct ib_buffer *out)
{
	bool newline = true;
	size_t i = 1;

	if (i < command->count && !strcmp(command->words[i].text, "-n")) {
		newline = false;
		i++;
	}
	for (; i < command->count; i++) {
		const char *text = command->words[i].text;

		if (!command->words[i].known || strchr(text, '\\') ||
		    (*text == '-' && out->size == 0 && text[1]) ||
		    strlen(text) + 3 > ib_buffer_room(out))
			return false;
		ib_buffer_putf(out, "%s%s", text, i + 1 < command->count ? " " : "");
	}
	if (newline)
		ib_buffer_put_u8(out, '\n');
	return true;
}

/* cat without files, of a here-document. */
static bool put_document(const struct ib_shell_command *command, struct ib_buffer *out)
{
	size_t i = 0;

	if (command->count != 1)
		return false;
	for (i = 0; i < command->redirection_count; i++) {
		const struct ib_shell_redirection *redirection = &command->redirections[i];

		if (!ib_str_starts(redirection->operation, "<<"))
			continue;
		if (!redirection->target.known ||
		    strlen(redirection->target.text) + 1 > ib_buffer_room(out))
			return false;
		ib_buffer_puts(out, redirection->target.text);
		return true;
	}
	return false;
}

/* A line for /etc/shells, where it may stand already. */
static bool add_shell_line(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	if (command->count != 2 || !ib_word_is_path(&command->words[1]))
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_SHELL, "%s", command->words[1].text);
	ib_judgement_family(judgement, "shells");
	return true;
}

/* echo and cat: printing is nothing; into a file, the file with that content is the effect. */
bool ib_match_write(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const struct ib_shell_word *target = NULL;
	const char *operation = NULL;
	IB_AUTO_BUFFER(out, 1 << 16);
	bool is_echo = !strcmp(ib_path_name(command->words[0].text), "echo");
	bool appends = false;
	size_t files = 0;
	size_t i = 0;

	if (!ib_command_writes(command, &operation, &target)) {
		ib_judgement_family(judgement, "nothing");
		return true;
	}
	/* of several files the last one would get it */
	for (i = 0; i < command->redirection_count; i++) {
		struct ib_shell_command one = *command;

		one.redirections = &command->redirections[i];
		one.redirection_count = 1;
		files += ib_command_writes(&one, NULL, NULL);
	}
	if (!ib_word_is_path(target) || files != 1)
		return false;
	appends = !strcmp(operation, ">>");
	if (!appends && strcmp(operation, ">") != 0 && strcmp(operation, ">|") != 0)
		return false;
	if (is_echo && appends && !strcmp(target->text, "/etc/shells"))
		return add_shell_line(judgement, command);
	/* one branch of two that nobody decides must not win */
	if (ib_path_is_guarded(target->text) || !command->certain ||
	    !(is_echo ? put_echo(command, &out) : put_document(command, &out)))
		return false;
	ib_judgement_effect(judgement, appends ? IB_EFFECT_APPEND : IB_EFFECT_FILE, "%s\n%s",
			    target->text, ib_buffer_text(&out));
	ib_judgement_family(judgement, "files");
	return true;
}

/* What install-info is told; NULL: nothing of it. */
struct info_words {
	const char *page, *directory, *entry;
	bool removes;
};

/* What stands behind the "NAME=" of an option; NULL for other words. */
static const char *value_of(const char *word, const char *option)
{
	return ib_str_starts(word, option) ? word + strlen(option) : NULL;
}

/* Words that begin with a dash; false for those that are not understood. */
static bool read_info_option(struct ib_judgement *judgement, const char *word,
			     struct info_words *words)
{
	const char *folder = value_of(word, "--info-dir=");
	const char *file = value_of(word, "--dir-file=");

	if (!file)
		file = value_of(word, "--dir=");
	if (folder)
		file = ib_arena_strf(judgement->arena, "%s/dir", folder);
	if (file) {
		words->directory = file;
		return true;
	}
	if (ib_str_starts(word, "--entry=* ") && !strpbrk(word, "\n\\")) {
		words->entry = value_of(word, "--entry=");
		return true;
	}
	words->removes = !strcmp(word, "--delete") || !strcmp(word, "--remove");
	return words->removes || !strcmp(word, "--quiet") || !strcmp(word, "--silent");
}

/* The page, then the file that lists it, where no option named that. */
static bool read_info_operand(const struct ib_shell_word *word, struct info_words *words)
{
	const char **place = words->page ? &words->directory : &words->page;

	if (!ib_word_is_path(word) || *place)
		return false;
	*place = word->text;
	return true;
}

/* install-info: adds what a page says of itself; removing is nothing on a new image. */
bool ib_match_install_info(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	struct info_words words = { .removes = false };
	const char *directory = NULL;
	size_t i = 0;

	for (i = 1; i < command->count && !words.removes; i++) {
		const struct ib_shell_word *word = &command->words[i];

		if (!word->known)
			return false;
		if (*word->text == '-' ? !read_info_option(judgement, word->text, &words)
				       : !read_info_operand(word, &words))
			return false;
	}
	directory = words.directory;
	if (words.removes)
		return true;
	if (!words.page || !directory || strpbrk(directory, " \t\n\"'\\") ||
	    ib_path_is_guarded(directory))
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_INFO, "%s %s%s%s", directory, words.page,
			    words.entry ? "\n" : "", words.entry ? words.entry : "");
	return true;
}

/* chkconfig forwards to systemd where no script of the old kind is; links for such are not made. */
bool ib_match_chkconfig(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const struct ib_package *package = judgement->package;
	const char *name = NULL;
	size_t i = 0;

	for (i = 1; i < command->count; i++)
		if (!command->words[i].known)
			return false;
	if (command->count == 3 &&
	    (!strcmp(command->words[1].text, "--del") || !strcmp(command->words[1].text, "--list")))
		return true;
	if (command->count != 3 || strcmp(command->words[1].text, "--add") != 0)
		return false;
	name = command->words[2].text;
	for (i = 0; i < package->file_count; i++)
		if (strstr(package->files[i].path, "/init.d/") &&
		    !strcmp(ib_path_name(package->files[i].path), name))
			return false;
	return true;
}
