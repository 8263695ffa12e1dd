/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that make, link or remove paths; and lines for /etc/shells. */
#include <string.h>

#include "package/package.h"
#include "state/families.h"

static bool is_plain_path(const struct ib_shell_word *word)
{
	return word->known && *word->text == '/' && !strpbrk(word->text, " \t\n\"'\\");
}

/* The name of a group of alternatives: one of a file in /etc/alternatives. */
static bool is_group(const char *name)
{
	return *name && *name != '.' && *name != '-' && !strchr(name, '/');
}

/* update-alternatives.1: only --install makes links; what removes or asks has nothing to do. */
bool ib_match_alternatives(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const struct ib_shell_word *words = command->words + 1;
	size_t count = command->count - 1;
	IB_AUTO_BUFFER(text, 1 << 16);
	size_t i = 0;

	while (count && (!strcmp(words->text, "--quiet") || !strcmp(words->text, "--verbose"))) {
		words++;
		count--;
	}
	if (count && (!strcmp(words->text, "--remove") || !strcmp(words->text, "--auto") ||
		      !strcmp(words->text, "--display") || !strcmp(words->text, "--remove-all")))
		return true;
	if (count < 5 || strcmp(words->text, "--install") != 0)
		return false;
	for (i = 1; i < count; i++)
		if (!words[i].known || strpbrk(words[i].text, " \t\n\"'\\"))
			return false;
	if (ib_path_is_guarded(words[1].text) || !is_group(words[2].text) ||
	    strspn(words[4].text, "0123456789") != strlen(words[4].text))
		return false;
	ib_buffer_putf(&text, "%.4000s %.4000s %.4000s %.20s\n", words[1].text, words[2].text,
		       words[3].text, words[4].text);
	for (i = 5; i < count; i += 4) {
		if ((strcmp(words[i].text, "--slave") != 0 &&
		     strcmp(words[i].text, "--follower") != 0) ||
		    i + 3 >= count || ib_buffer_room(&text) < 12100 ||
		    ib_path_is_guarded(words[i + 1].text) || !is_group(words[i + 2].text))
			return false;
		ib_buffer_putf(&text, "%.4000s %.4000s %.4000s\n", words[i + 1].text,
			       words[i + 2].text, words[i + 3].text);
	}
	ib_judgement_effect(judgement, IB_EFFECT_ALTERNATIVE, "%s", ib_buffer_text(&text));
	return true;
}

/* Folders behind the options; mode NULL: 0755. */
static bool add_folders(struct ib_judgement *judgement, const struct ib_shell_command *command,
			bool needs_d)
{
	const char *mode = "0755";
	bool has_d = false;
	size_t folders = 0;
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;

		if (!command->words[i].known) {
			return false;
		} else if (!strcmp(word, "-m") && i + 1 < command->count) {
			if (!command->words[i + 1].known)
				return false;
			mode = command->words[++i].text;
		} else if (ib_str_starts(word, "-m") && word[2]) {
			mode = word + 2;
		} else if (!strcmp(word, "-d") || !strcmp(word, "-p") || !strcmp(word, "-v") ||
			   !strcmp(word, "-dp")) {
			has_d = has_d || *word + word[1] == '-' + 'd';
		} else if (!is_plain_path(&command->words[i]) || ib_path_is_guarded(word)) {
			return false;
		} else {
			folders++;
		}
	}
	if (!folders || (needs_d && !has_d) || strspn(mode, "01234567") != strlen(mode))
		return false;
	for (i = 1; i < command->count; i++)
		if (*command->words[i].text == '/')
			ib_judgement_effect(judgement, IB_EFFECT_DIRECTORY, "%s %s",
					    command->words[i].text, mode);
	return true;
}

bool ib_match_mkdir(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	return add_folders(judgement, command, false);
}

bool ib_match_install(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	return add_folders(judgement, command, true);
}

/*
 * "ln -s TARGET PATH": a link where nothing is; with -f also in place of another file, but never
 * of a directory (then it would go inside, which -n forbids).
 */
bool ib_match_ln(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	bool is_symbolic = false;
	bool forces = false;
	size_t i = 1;

	for (; i < command->count && *command->words[i].text == '-'; i++) {
		const char *word = command->words[i].text;

		if (!command->words[i].known || strspn(word + 1, "sfnTv") != strlen(word + 1))
			return false;
		is_symbolic = is_symbolic || strchr(word, 's');
		forces = forces || strchr(word, 'f');
	}
	if (!is_symbolic || command->count != i + 2 || !command->words[i].known ||
	    strpbrk(command->words[i].text, " \t\n\"'\\%") ||
	    !ib_word_is_path(&command->words[i + 1]) ||
	    ib_path_is_guarded(command->words[i + 1].text))
		return false;
	if (forces)
		ib_judgement_effect(judgement, IB_EFFECT_TMPFILES, "L+ %s - - - - %s",
				    command->words[i + 1].text, command->words[i].text);
	else
		ib_judgement_effect(judgement, IB_EFFECT_LINK, "%s %s", command->words[i + 1].text,
				    command->words[i].text);
	return true;
}

/* Whether a path can only be a leftover: what rpm saved, or what lies where no package lays files. */
static bool is_leftover(const char *path)
{
	static const char *const ends[] = { ".rpmnew", ".rpmsave", ".rpmorig", ".rpmmoved" };
	static const char *const below[] = { "/run/", "/tmp/", "/var/run/", "/var/tmp/",
					     "/var/lib/rpm-state/", "/var/lib/rpm/__db.",
					     /* systemctl set-property of a running system */
					     "/etc/systemd/system.control/" };
	size_t i = 0;

	if (*path != '/' || strstr(path, "/.."))
		return false;
	for (i = 0; i < IB_COUNT(ends); i++)
		if (ib_str_ends(path, ends[i]))
			return true;
	for (i = 0; i < IB_COUNT(below); i++)
		if (ib_str_starts(path, below[i]))
			return true;
	return false;
}

/* Initial file systems that mkinitrd would have left in /boot: an image has its own kernel image. */
static bool is_initrd(const struct ib_shell_word *word)
{
	return (word->known || word->is_pattern) && !strstr(word->text, "/..") &&
	       (ib_str_starts(word->text, "/boot/initrd") ||
		ib_str_starts(word->text, "/boot/initramfs-"));
}

static bool is_rm_option(const char *word)
{
	return ib_word_is_listed(word, " --force --recursive --verbose --dir "
				       "--ignore-fail-on-non-empty ") ||
	       (word[1] && strspn(word + 1, "rRfvdp") == strlen(word + 1));
}

/*
 * rm: leftovers are nothing, and so is what runs before the payloads. Behind them a path that no
 * package lays down is not there on a new image; the generator sees to the others.
 */
bool ib_match_rm(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	bool options = true;
	size_t paths = 0;
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		const struct ib_shell_word *word = &command->words[i];

		if (options && *word->text == '-') {
			options = strcmp(word->text, "--") != 0;
			if (!word->known || (options && !is_rm_option(word->text)))
				return false;
			continue;
		}
		paths++;
		if (!ib_word_is_operand(word) && !ib_word_is_braced(word))
			return false;
		if (is_leftover(word->text) || is_initrd(word))
			continue;
		if (!ib_word_is_path(word) || strstr(word->text, "/..") ||
		    !strchr(word->text + 1, '/') || ib_path_is_guarded(word->text))
			return false;
		/* before the payloads nothing is there */
		if (judgement->scriptlet->kind != IB_SCRIPTLET_PRETRANS &&
		    judgement->scriptlet->kind != IB_SCRIPTLET_PRE)
			ib_judgement_effect(judgement, IB_EFFECT_ABSENT, "%s %s", word->text,
					    judgement->package->nevra ? judgement->package->nevra
								      : "?");
	}
	return paths > 0;
}

/*
 * What the macros of selinux-policy do in front of a new module, word for word. The name of the
 * policy comes out of /etc/selinux/config: nothing in the script sets it.
 */
static bool is_contexts_copy(const struct ib_judgement *judgement,
			     const struct ib_shell_command *command)
{
	static const char name[] = "SELINUXTYPE";
	const char *text = judgement->scriptlet->text;
	const char *at = text;

	if (command->count != 4 || strcmp(command->words[1].text, "-f") != 0 ||
	    strcmp(command->words[2].text,
		   "/etc/selinux/$SELINUXTYPE/contexts/files/file_contexts") != 0 ||
	    strcmp(command->words[3].text, "/var/lib/rpm-state/file_contexts.pre") != 0 || !text ||
	    !strstr(text, ". /etc/selinux/config"))
		return false;
	for (; (at = strstr(at, name)); at += strlen(name))
		if (at == text || !strchr("${", at[-1]))
			return false;
	return true;
}

/*
 * cp and mv: what goes to where nothing of an image lies is no effect. A copy of one file is made;
 * what is moved away is a leftover, which an image must not have.
 */
bool ib_match_copy(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const struct ib_shell_word *last = &command->words[command->count - 1];
	const struct ib_shell_word *first = last - 1;
	bool is_move = !strcmp(ib_path_name(command->words[0].text), "mv");
	size_t i = 0;

	if (command->count < 3)
		return false;
	if (!is_move && is_contexts_copy(judgement, command)) {
		ib_judgement_family(judgement, "cleanup");
		return true;
	}
	if (!ib_words_are_listed(command, 1, is_move ? "fv" : "adfLpPrRv", " "))
		return false;
	if (!is_move && ib_word_is_path(last) && is_leftover(last->text)) {
		ib_judgement_family(judgement, "cleanup");
		return true;
	}
	for (i = 1; i + 2 < command->count; i++)
		if (*command->words[i].text != '-' ||
		    strspn(command->words[i].text + 1, "fpv") != strlen(command->words[i].text + 1))
			return false;
	if (is_move && is_initrd(first) && ib_word_is_path(last) &&
	    ib_str_starts(last->text, "/boot/") && !ib_path_is_guarded(last->text)) {
		ib_judgement_family(judgement, "boot-entries");
		return true;
	}
	if (!ib_word_is_path(first) || !ib_word_is_path(last) || strstr(first->text, "/..") ||
	    ib_path_is_guarded(first->text))
		return false;
	if (ib_path_is_guarded(last->text) &&
	    !(ib_str_starts(first->text, "/etc/skel/") && ib_str_starts(last->text, "/root/.")))
		return false;
	if (!is_move && !ib_facts_keeps(first->text))
		return false; /* nobody would have its content */
	if (is_move)
		ib_judgement_effect(judgement, IB_EFFECT_VACANT, "%s", first->text);
	else
		ib_judgement_effect(judgement, IB_EFFECT_COPY, "%s %s", first->text, last->text);
	ib_judgement_family(judgement, is_move ? "cleanup" : "files");
	return true;
}

/* "git config --system SECTION.KEY VALUE", where no file of that kind is yet. */
bool ib_match_git(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const char *key = NULL;
	size_t i = 0;

	for (i = 1; i < command->count; i++)
		if (!command->words[i].known)
			return false;
	if (command->count != 5 || strcmp(command->words[1].text, "config") != 0 ||
	    strcmp(command->words[2].text, "--system") != 0)
		return false;
	key = strchr(command->words[3].text, '.');
	if (!key || strchr(key + 1, '.') || strpbrk(command->words[3].text, "\"\\[]\n =#;") ||
	    strpbrk(command->words[4].text, "\"\\\n#;\t ") || !*command->words[4].text ||
	    *command->words[4].text == '-')
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_VACANT, "/etc/gitconfig");
	ib_judgement_effect(judgement, IB_EFFECT_FILE, "/etc/gitconfig\n[%.*s]\n\t%s = %s\n",
			    (int)(key - command->words[3].text), command->words[3].text, key + 1,
			    command->words[4].text);
	return true;
}
