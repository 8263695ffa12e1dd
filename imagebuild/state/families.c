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
	{ "caches",
	  "icons, fonts, modules of GIO and gconv: who looks for them reads the folders where no cache is" },
	{ "catalog", "the journal's catalog: its service makes it on /var at each first boot" },
	{ "cleanup", "removes leftovers that a new image does not have" },
	{ "crypto-policies", "the links to what the chosen policy says for each library" },
	{ "depmod", "the indexes of kernel modules" },
	{ "files", "small files, modes, owners and capabilities set by name" },
	{ "hwdb", "udev's hardware database in its binary form" },
	{ "info", "the directory of info pages" },
	{ "labels", "SELinux labels: every path of the image has its own from file_contexts" },
	{ "ldconfig", "the loader's cache and the links by which it finds libraries" },
	{ "machine-id", "the image has no identity of a machine; it is made at its first boot" },
	{ "nothing", "no command has an effect on files" },
	{ "paths", "folders, links and empty files" },
	{ "presets", "units enabled as the presets say" },
	{ "removal-only", "never runs on a first installation" },
	{ "running-system", "speaks to services of a running system; an image has none" },
	{ "shells", "lines of /etc/shells" },
	{ "tmpfiles", "what tmpfiles.d says of /etc and /var" },
	{ "units", "units enabled by name" },
	{ "upgrade-only", "waits for an older version of its own package; a new image has one" },
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
	/* that an account, a shell or a page is there or not there is seen by its generator */
	if (judgement->command && judgement->command->vague && kind != IB_EFFECT_ACCOUNT &&
	    kind != IB_EFFECT_SHELL && kind != IB_EFFECT_INFO && kind != IB_EFFECT_ABSENT &&
	    kind != IB_EFFECT_VACANT)
		judgement->is_vague = true;
	ib_grow(judgement->effects, judgement->effect_count);
	judgement->effects[judgement->effect_count++] =
		(struct ib_effect){ kind, ib_arena_strdup(judgement->arena, text),
				    judgement->scriptlet->kind == IB_SCRIPTLET_PRETRANS,
				    judgement->command ? judgement->command->guard : NULL };
}

/* Where what is written goes to no file. */
static bool is_stream(const char *path)
{
	static const char *const streams[] = { "/dev/null", "/dev/stdout",  "/dev/stderr",
					       "/dev/tty",  "/dev/console", "/dev/kmsg" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(streams); i++)
		if (!strcmp(path, streams[i]))
			return true;
	return ib_str_starts(path, "/dev/fd/") && path[8] &&
	       strspn(path + 8, "0123456789") == strlen(path + 8);
}

bool ib_command_writes(const struct ib_shell_command *command, const char **ret_operation,
		       const struct ib_shell_word **ret_target)
{
	size_t i = 0;

	for (i = 0; i < command->redirection_count; i++) {
		const struct ib_shell_redirection *redirection = &command->redirections[i];
		const char *target = redirection->target.text;
		bool is_number = strspn(target, "0123456789-") == strlen(target);

		if (!strchr(redirection->operation, '>') || is_stream(target) ||
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

static bool match_ldconfig(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return command->count == 1 || (command->count == 2 && has_word(command, "-X"));
}

static bool match_tmpfiles(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	size_t i = 0;

	(void)judgement;
	for (i = 1; i < command->count; i++) {
		const char *word = command->words[i].text;

		if (!command->words[i].known)
			return false;
		if (*word != '-' && !ib_word_is_configuration(&command->words[i], "/tmpfiles.d/"))
			return false;
		if (*word == '-' && strcmp(word, "--create") != 0 && strcmp(word, "--boot") != 0 &&
		    strcmp(word, "--graceful") != 0)
			return false;
	}
	return has_word(command, "--create");
}

bool ib_word_is_configuration(const struct ib_shell_word *word, const char *folder)
{
	const char *at = strstr(word->text, folder);

	if (!word->known || strstr(word->text, ".."))
		return false;
	if (!strchr(word->text, '/'))
		return ib_str_ends(word->text, ".conf");
	return at && !strchr(at + strlen(folder), '/') &&
	       (at == word->text + 4 || at == word->text + 8) &&
	       (ib_str_starts(word->text, "/etc/") || ib_str_starts(word->text, "/run/") ||
		ib_str_starts(word->text, "/usr/lib/"));
}

/* What a service is asked for while nothing runs; "save" and the like are no such. */
static bool match_service(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char *const verbs[] = { "start",        "stop",        "restart",
					     "reload",       "condrestart", "condstop",
					     "status",       "try-restart", "condreload",
					     "force-reload", "rotate" };
	size_t i = 0;

	(void)judgement;
	for (i = 0; command->count == 3 && i < IB_COUNT(verbs); i++)
		if (!strcmp(command->words[2].text, verbs[i]))
			return true;
	return false;
}

/* udev rules and devices are of a running system; its database is made by the same generator. */
static bool match_udevadm(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	if (command->count < 2 || !ib_command_is_listed(command) ||
	    !ib_word_is_listed(command->words[1].text, " control trigger settle hwdb info "))
		return false;
	if (has_word(command, "hwdb"))
		ib_judgement_family(judgement, "hwdb");
	return true;
}

/* What a pattern without a match becomes; names that are known stay what they are. */
static bool match_shopt(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return command->count == 3 && has_word(command, "nullglob") &&
	       (has_word(command, "-s") || has_word(command, "-u"));
}

static bool match_loginctl(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return command->count > 1 &&
	       ib_word_is_listed(command->words[1].text,
				 " list-users list-sessions list-seats show-user show-session "
				 "terminate-user terminate-session kill-user kill-session ");
}

/* Programs are known by their names, in the folders where a distribution keeps such. */
static bool is_in_its_folder(const char *path)
{
	static const char *const folders[] = {
		"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/lib/systemd/", "/lib/systemd/"
	};
	size_t length = (size_t)(ib_path_name(path) - path);
	size_t i = 0;

	if (!length)
		return true;
	if (!strcmp(path, "/usr/lib/rpm/rpmdb_stat"))
		return true;
	for (i = 0; i < IB_COUNT(folders); i++)
		if (strlen(folders[i]) == length && !strncmp(path, folders[i], length))
			return true;
	return false;
}

static bool match_journalctl(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return command->count == 2 && has_word(command, "--update-catalog");
}

static bool match_hwdb(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return has_word(command, "update") && ib_command_is_listed(command);
}

static bool match_add_shell(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	size_t i = 0;

	for (i = 1; i < command->count; i++) {
		if (!ib_word_is_path(&command->words[i]))
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
	return command->count == 1 || (command->count == 2 && has_word(command, "extract"));
}

/* ". FILE" of those that hold assignments only; what they assign is not known afterwards. */
static bool match_source(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	static const char files[] = " /etc/selinux/config /etc/os-release /usr/lib/os-release "
				    "/etc/sysconfig/iptables-config "
				    "/etc/sysconfig/ip6tables-config ";
	const struct ib_package *package = judgement->package;
	const char *file = command->count == 2 ? command->words[1].text : "";
	size_t i = 0;

	if (!command->words[command->count - 1].known || !ib_word_is_listed(file, files))
		return false;
	for (i = 0; i < package->file_count; i++)
		if (!strcmp(package->files[i].path, file))
			return false; /* then it says what it wants */
	return true;
}

static bool match_listed(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return ib_command_is_listed(command);
}

static bool match_alone(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	return command->count == 1;
}

/* ca-legacy.8: the default is to trust what its own list holds. */
static bool match_ca_legacy(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	if (command->count != 2 || !has_word(command, "install"))
		return false;
	ib_judgement_effect(judgement, IB_EFFECT_TMPFILES,
			    "L /etc/pki/ca-trust/source/ca-bundle.legacy.crt - - - - "
			    "/usr/share/pki/ca-trust-legacy/ca-bundle.legacy.default.crt");
	return true;
}

/* Without a name it renews the links of the policy that is configured. */
static bool match_crypto_policies(struct ib_judgement *judgement,
				  const struct ib_shell_command *command)
{
	size_t i = 0;

	(void)judgement;
	for (i = 1; i < command->count; i++)
		if (strcmp(command->words[i].text, "--no-check") != 0 &&
		    strcmp(command->words[i].text, "--no-reload") != 0)
			return false;
	return true;
}

static bool match_machine_id(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	(void)judgement;
	if (!strcmp(ib_path_name(command->words[0].text), "dbus-uuidgen"))
		return command->count == 2 && has_word(command, "--ensure");
	return command->count == 1;
}

struct row {
	const char *names; /* with blanks around and between */
	const char *family;
	bool (*match)(struct ib_judgement *judgement, const struct ib_shell_command *command);
	bool writes; /* its matcher has looked at what it writes to */
};

static const struct row rows[] = {
	{ " : true false exit return test [ [[ getent id uname arch basename dirname readlink "
	  "realpath which type head tail cut tr wc grep egrep fgrep "
	  "cmp diff expr let read set unset export local readonly wait sleep sync cd "
	  "pushd popd ls stat seq getconf lsmod pidof pgrep ps logger "
	  "break continue selinuxenabled mountpoint systemd-detect-virt md5sum sha256sum "
	  "whoami tty printenv getsebool matchpathcon declare { ",
	  "nothing", NULL, false },
	{ " file date hostname ", "nothing", match_listed, false },
	{ " sed ", "nothing", ib_match_sed, false },
	{ " find ", "nothing", ib_match_find, false },
	{ " awk gawk ", "nothing", ib_match_awk, false },
	{ " sort uniq ", "nothing", ib_match_sort, false },
	{ " command hash trap umask dpkg env exec ", "nothing", ib_match_prefix, false },
	{ " printf ", "nothing", NULL, false },
	{ " echo cat ", NULL, ib_match_write, true },
	{ " . source ", "nothing", match_source, false },
	{ " rpm rpmquery ", "nothing", ib_match_rpm, false },
	{ " rpmdb_stat ", "nothing", match_listed, false },
	{ " ldconfig ", "ldconfig", match_ldconfig, false },
	{ " glibc_post_upgrade glibc_post_upgrade.x86_64 glibc_post_upgrade.aarch64 "
	  "glibc_post_upgrade.i686 ",
	  "ldconfig", match_alone, false },
	{ " depmod ", "depmod", match_listed, false },
	{ " groupadd ", "accounts", ib_match_groupadd, false },
	{ " useradd ", "accounts", ib_match_useradd, false },
	{ " usermod ", "accounts", ib_match_usermod, false },
	{ " passwd ", "accounts", match_passwd, false },
	{ " systemd-sysusers ", "accounts", ib_match_sysusers, false },
	{ " systemd-tmpfiles ", "tmpfiles", match_tmpfiles, false },
	{ " systemctl ", NULL, ib_match_systemctl, false },
	{ " systemd-update-helper ", NULL, ib_match_update_helper, false },
	{ " chkconfig ", "units", ib_match_chkconfig, false },
	{ " update-alternatives alternatives ", "alternatives", ib_match_alternatives, false },
	{ " update-ca-trust update-ca-certificates ", "ca-certificates", match_update_ca, false },
	{ " ca-legacy ", "ca-certificates", match_ca_legacy, false },
	{ " update-crypto-policies ", "crypto-policies", match_crypto_policies, false },
	{ " journalctl ", "catalog", match_journalctl, false },
	{ " systemd-hwdb ", "hwdb", match_hwdb, false },
	{ " add-shell ", "shells", match_add_shell, false },
	{ " restorecon fixfiles ", "labels", match_listed, false },
	{ " gtk-update-icon-cache gtk-update-icon-cache-3.0 gtk4-update-icon-cache fc-cache "
	  "gio-querymodules gio-querymodules-32 gio-querymodules-64 iconvconfig "
	  "iconvconfig.x86_64 ",
	  "caches", match_listed, false },
	{ " install-info ", "info", ib_match_install_info, false },
	{ " systemd-machine-id-setup dbus-uuidgen ", "machine-id", match_machine_id, false },
	{ " kernel-install new-kernel-pkg grubby weak-modules installkernel dracut mkinitrd "
	  "grub2-mkconfig grub2-probe grub2-editenv grub2-switch-to-blscfg bootctl ",
	  "boot-entries", ib_match_boot, false },
	{ " kill killall pkill telinit init modprobe rmmod sysctl systemd-sysctl "
	  "dbus-send busctl nscd initctl load_policy issue-generator getcert ",
	  "running-system", NULL, false },
	{ " udevadm ", "running-system", match_udevadm, false },
	{ " service invoke-rc.d ", "running-system", match_service, false },
	{ " loginctl ", "running-system", match_loginctl, false },
	{ " cp mv ", NULL, ib_match_copy, false },
	{ " git ", "files", ib_match_git, false },
	{ " shopt ", "nothing", match_shopt, false },
	{ " mkdir ", "paths", ib_match_mkdir, false },
	{ " install ", "paths", ib_match_install, false },
	{ " ln ", "paths", ib_match_ln, false },
	{ " touch ", NULL, ib_match_touch, false },
	{ " chmod ", "files", ib_match_chmod, false },
	{ " chown chgrp ", "files", ib_match_chown, false },
	{ " setcap ", "files", ib_match_setcap, false },
	{ " rm rmdir unlink ", "cleanup", ib_match_rm, false },
};

bool ib_family_match(struct ib_judgement *judgement, const struct ib_shell_command *command)
{
	ib_autofree char *name = ib_strf(" %s ", ib_path_name(command->words[0].text));
	size_t i = 0;

	if (!command->words[0].known || strpbrk(command->words[0].text, " \t\n") ||
	    !is_in_its_folder(command->words[0].text))
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
