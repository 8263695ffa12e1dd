/* SPDX-License-Identifier: Apache-2.0 */
#include "state/families.h"

#include <string.h>

struct family {
	const char *name;
	const char *summary;
};

static const struct family families[] = {
	{ "accounts", "users and groups: sysusers makes them, locked, with stable numbers" },
	{ "alternatives", "the links that update-alternatives would make" },
	{ "base-folders", "folders and links that must be there before all packages" },
	{ "boot-entries",
	  "kernel-install and the like: the image has its own unified kernel image" },
	{ "ca-certificates", "the bundle of trusted authorities" },
	{ "catalog", "the journal's catalog: its service makes it on /var at each first boot" },
	{ "cleanup", "removes leftovers that a new image does not have" },
	{ "depmod", "the indexes of kernel modules" },
	{ "hwdb", "udev's hardware database in its binary form" },
	{ "ldconfig", "the loader's cache and the links by which it finds libraries" },
	{ "nothing", "no command has an effect on files" },
	{ "paths", "folders, links and empty files" },
	{ "presets", "units enabled as the presets say" },
	{ "removal-only", "never runs on a first installation" },
	{ "running-system", "speaks to services of a running system; an image has none" },
	{ "shells", "lines of /etc/shells" },
	{ "tmpfiles", "what tmpfiles.d says of /etc and /var" },
	{ "units", "units enabled by name" },
	{ "verify-only", "runs only when rpm verifies a package" },
};

const char *ib_ledger_family_name(size_t i)
{
	return i < IB_COUNT(families) ? families[i].name : NULL;
}

const char *ib_ledger_family_summary(size_t i)
{
	return i < IB_COUNT(families) ? families[i].summary : NULL;
}

void ib_judgement_family(struct ib_judgement *judgement, const char *family)
{
	if (!ib_strings_has(&judgement->families, family))
		ib_strings_add(&judgement->families, family);
}

void ib_judgement_effect(struct ib_judgement *judgement, enum ib_effect_kind kind, const char *fmt,
			 ...)
{
	ib_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = ib_vstrf(fmt, ap);
	va_end(ap);
	ib_grow(judgement->effects, judgement->effect_count);
	judgement->effects[judgement->effect_count++] =
		(struct ib_effect){ kind, ib_arena_strdup(judgement->arena, text) };
}

bool ib_command_writes(const struct ib_shell_command *command, const char **ret_operation,
		       const struct ib_shell_word **ret_target)
{
	size_t i = 0;

	for (i = 0; i < command->redirection_count; i++) {
		const struct ib_shell_redirection *redirection = &command->redirections[i];
		const char *target = redirection->target.text;
		bool is_number = strspn(target, "0123456789-") == strlen(target);

		if (!strchr(redirection->operation, '>') || ib_str_starts(target, "/dev/") ||
		    (strchr(redirection->operation, '&') && is_number))
			continue;
		if (ret_operation)
			*ret_operation = redirection->operation;
		if (ret_target)
			*ret_target = &redirection->target;
		return true;
	}
	return false;
}

static bool has_word(const struct ib_shell_command *command, const char *text)
{
	size_t i = 0;

	for (i = 1; i < command->count; i++)
		if (!strcmp(command->words[i].text, text))
			return true;
	return false;
}

/* sed without -i, find without an action, and the like: reading only. */
static bool match_reading(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char *const changing[] = { "-i",       "--in-place", "-delete", "-exec",
						"-execdir", "-ok",        "-fprint", "-o" };
	bool is_sed = ib_str_ends(command->words[0].text, "sed");
	size_t i = 0;
	size_t n = 0;

	(void)judgement;
	for (i = 1; i < command->count; i++) {
		for (n = 0; n < IB_COUNT(changing); n++)
			if (!strcmp(command->words[i].text, changing[n]) &&
			    !(n == IB_COUNT(changing) - 1 && is_sed))
				return false;
		if (is_sed && (ib_str_starts(command->words[i].text, "-i") ||
			       ib_str_starts(command->words[i].text, "--in-place")))
			return false;
	}
	return true;
}

static bool match_rpm(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char *const asking[] = { "-q",      "-qa",     "-ql",       "--eval", "-E",
					      "--query", "--quiet", "--version", "-qf",    "-V" };
	size_t i = 0;

	(void)judgement;
	for (i = 0; i < IB_COUNT(asking); i++)
		if (has_word(command, asking[i]))
			return true;
	return false;
}

static bool match_ldconfig(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return command->count == 1 || (command->count == 2 && has_word(command, "-X"));
}

static bool match_tmpfiles(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	size_t i = 0;

	(void)judgement;
	for (i = 1; i < command->count; i++)
		if (ib_str_starts(command->words[i].text, "--root") ||
		    !strcmp(command->words[i].text, "-"))
			return false;
	return has_word(command, "--create");
}

static bool match_journalctl(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return command->count == 2 && has_word(command, "--update-catalog");
}

static bool match_hwdb(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return has_word(command, "update") && !has_word(command, "--root") &&
	       !has_word(command, "-r");
}

static bool match_add_shell(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		if (!command->words[i].known)
			return false;
		ib_judgement_effect(judgement, IB_EFFECT_SHELL, "%s", command->words[i].text);
	}
	return true;
}

/* "passwd -l NAME": accounts are locked as they are made. */
static bool match_passwd(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return command->count == 3 && has_word(command, "-l");
}

static bool match_update_ca(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return command->count == 1 || has_word(command, "extract");
}

struct row {
	const char *names; /* with blanks around and between */
	const char *family;
	bool (*match)(struct ib_judgement *judgement, const struct ib_shell_command *command);
	bool writes; /* its matcher has looked at what it writes to */
};

static const struct row rows[] = {
	{ " : true false exit return test [ [[ getent id uname arch basename dirname readlink "
	  "realpath command which type hash cat head tail cut tr wc sort uniq grep egrep fgrep "
	  "cmp diff expr let read shift set unset export local readonly umask wait sleep sync cd "
	  "pushd popd ls stat file date seq sleep getconf lsmod pidof pgrep ps logger env trap "
	  "break continue selinuxenabled mountpoint systemd-detect-virt dpkg md5sum sha256sum "
	  "hostname whoami tty printenv { ",
	  "nothing", NULL, false },
	{ " sed find awk gawk ", "nothing", match_reading, false },
	{ " echo printf ", "nothing", ib_match_echo, true },
	{ " rpm rpmquery ", "nothing", match_rpm, false },
	{ " ldconfig ", "ldconfig", match_ldconfig, false },
	{ " depmod ", "depmod", NULL, false },
	{ " groupadd ", "accounts", ib_match_groupadd, false },
	{ " useradd ", "accounts", ib_match_useradd, false },
	{ " usermod ", "accounts", ib_match_usermod, false },
	{ " passwd ", "accounts", match_passwd, false },
	{ " systemd-sysusers ", "accounts", ib_match_sysusers, false },
	{ " systemd-tmpfiles ", "tmpfiles", match_tmpfiles, false },
	{ " systemctl ", NULL, ib_match_systemctl, false },
	{ " systemd-update-helper ", NULL, ib_match_update_helper, false },
	{ " update-alternatives alternatives ", "alternatives", ib_match_alternatives, false },
	{ " update-ca-trust update-ca-certificates ", "ca-certificates", match_update_ca, false },
	{ " journalctl ", "catalog", match_journalctl, false },
	{ " systemd-hwdb ", "hwdb", match_hwdb, false },
	{ " add-shell ", "shells", match_add_shell, false },
	{ " kernel-install new-kernel-pkg grubby weak-modules installkernel ", "boot-entries", NULL,
	  false },
	{ " udevadm service invoke-rc.d kill killall pkill telinit init modprobe rmmod sysctl "
	  "dbus-send busctl loginctl nscd systemd-cat initctl load_policy ",
	  "running-system", NULL, false },
	{ " mkdir ", "paths", ib_match_mkdir, false },
	{ " install ", "paths", ib_match_install, false },
	{ " ln ", "paths", ib_match_ln, false },
	{ " touch ", NULL, ib_match_touch, false },
	{ " rm rmdir unlink ", "cleanup", ib_match_rm, false },
};

bool ib_family_match(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	ib_autofree char *name = ib_strf(" %s ", ib_path_name(command->words[0].text));
	size_t i = 0;

	if (!command->words[0].known)
		return false;
	for (i = 0; i < IB_COUNT(rows); i++) {
		if (!strstr(rows[i].names, name))
			continue;
		if (!rows[i].writes && ib_command_writes(command, NULL, NULL))
			return false;
		if (rows[i].match && !rows[i].match(judgement, command))
			return false;
		if (rows[i].family)
			ib_judgement_family(judgement, rows[i].family);
		return true;
	}
	return false;
}
