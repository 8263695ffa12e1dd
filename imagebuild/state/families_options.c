/* SPDX-License-Identifier: Apache-2.0 */
/* Commands whose effect a generator has, or that only look, with the options that leave it so. */
#include <string.h>

#include "state/families.h"

static const struct {
	const char *names, *letters, *options;
} rows[] = {
	{ " file ", "bihkLrsz", " --brief --mime --mime-type --mime-encoding --dereference " },
	{ " date ", "uIR", " --utc --universal --iso-8601 --iso-8601= --rfc-3339= --date= " },
	{ " hostname ", "sfdiIA", " --short --fqdn --long --domain --all-fqdns " },
	{ " rpmdb_stat ", "ehCA", " " },
	{ " depmod ", "aAeFqruvn", " --all --quick --errsyms --filesyms= --quiet --verbose " },
	{ " restorecon ", "RrvFiIpqnDmTe0xW", " " },
	{ " fixfiles ", "FfBCRNvMT", " " },
	{ " gtk-update-icon-cache gtk-update-icon-cache-3.0 gtk4-update-icon-cache ", "ftqi",
	  " --force --ignore-theme-index --quiet --index-only " },
	{ " fc-cache ", "fsrv", " --force --system-only --really-force --verbose " },
	{ " gio-querymodules gio-querymodules-32 gio-querymodules-64 ", "", " " },
	{ " iconvconfig iconvconfig.x86_64 ", "", " --nostdlib " },
	{ " systemd-hwdb ", "s", " --usr --strict --strict= " },
	{ " udevadm ", "Rusctya",
	  " --reload --reload-rules --update --usr --strict --settle --verbose --type= --action= "
	  "--subsystem-match= --subsystem-nomatch= --attr-match= --attr-nomatch= "
	  "--property-match= --sysname-match= --name-match= --parent-match= --tag-match= "
	  "--prioritized-subsystem= --wait-daemon --timeout= --exit-if-exists= --property= " },
};

/* What is no option, and sets something all the same: the clock, the name of the host, … */
static bool is_operand_plain(const char *command, const char *word)
{
	if (!strcmp(command, "date"))
		return *word == '+';
	if (!strcmp(command, "hostname"))
		return false;
	return strcmp(command, "fixfiles") != 0 || strcmp(word, "onboot") != 0;
}

bool ib_command_is_listed(const struct ib_shell_command *command)
{
	const char *name = ib_path_name(command->words[0].text);
	size_t row = 0;
	size_t i = 0;

	while (row < IB_COUNT(rows) && !ib_word_is_listed(name, rows[row].names))
		row++;
	if (row == IB_COUNT(rows))
		return false;
	for (i = 1; i < command->count; i++)
		if (*command->words[i].text != '-' &&
		    !is_operand_plain(name, command->words[i].text))
			return false;
	return ib_words_are_listed(command, 1, rows[row].letters, rows[row].options);
}

/* Whether a path, alone or behind "NAME=", is one of the kernel and its loader. */
static bool is_of_boot(const char *word)
{
	static const char *const below[] = { "/boot/", "/lib/modules/", "/usr/lib/modules/" };
	const char *slash = strchr(word, '/');
	const char *value = strchr(word, '=');
	const char *path = *word == '-' && value ? value + 1 : word;
	size_t i = 0;

	if (!slash)
		return true;
	if (slash != path || ib_path_is_guarded(path))
		return false;
	if (ib_word_is_listed(path, " /boot /etc/grub2.cfg /etc/grub2-efi.cfg "))
		return true;
	for (i = 0; i < IB_COUNT(below); i++)
		if (ib_str_starts(path, below[i]))
			return true;
	return false;
}

/*
 * What initramfs of Azure Linux does for each kernel that waits in a folder of rpm's state, word for
 * word; none waits while an image is made.
 */
static bool is_pending(const struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char loop[] = "for k in `ls /var/lib/rpm-state/initramfs/pending/`; do";
	const struct ib_shell_word *words = command->words;
	const char *text = judgement->scriptlet->text;

	return command->count == 5 && !strcmp(words[0].text, "mkinitrd") &&
	       !strcmp(words[1].text, "-q") &&
	       ib_word_is_listed(words[2].text, " /boot/initrd.img-$k /boot/efi/initrd.img-$k ") &&
	       !strcmp(words[3].text, "$k") && !strcmp(words[4].text, "-k") && text &&
	       strstr(text, loop) && !strstr(text, "k=") && !strstr(text, "read");
}

/* Words of kernel-install, dracut, grub2-mkconfig and the like: all paths are of the kernel. */
bool ib_match_boot(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	const char *name = ib_path_name(command->words[0].text);
	/* an operand may be a file that is written, in whatever folder this is */
	bool writes = ib_word_is_listed(name, " dracut mkinitrd grub2-mkconfig grub2-editenv ");
	size_t i = 0;

	if (is_pending(judgement, command))
		return true;
	for (i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;

		if (!ib_word_is_operand(&command->words[i]) || !is_of_boot(word))
			return false;
		if (writes && *word && !strchr("-/0123456789", *word) &&
		    !(i > 2 && !strcmp(name, "grub2-editenv")))
			return false;
	}
	return true;
}
