/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of rules. Ids never change their meaning; manual, JSON and SARIF read it. */
#include <string.h>

#include "policy/policy.h"

#define N IB_SEVERITY_NOTE
#define W IB_SEVERITY_WARNING
#define E IB_SEVERITY_ERROR

static const struct ib_rule rules[] = {
	{ "allowance-unused", N, "an allowance covers nothing",
	  "Take it out of the recipe, so that it cannot cover something else one day." },
	{ "budget-package", E, "a package is larger than its budget",
	  "Leave out parts of it with prune, replace it, or raise budgets.package." },
	{ "budget-packages", E, "there are more packages than the budget allows",
	  "Take wishes out of the recipe, or raise budgets.packages." },
	{ "budget-root-image", E, "the root image is larger than its budget",
	  "Leave out what is not needed (report --size says what that is), or raise "
	  "budgets.root-image." },
	{ "budget-setuid", E, "more files carry privileges than the budget allows",
	  "Take the bits away with an overlay's table, or raise budgets.setuid." },
	{ "build-path", W, "a path of the build machine is baked in",
	  "Build the package with -ffile-prefix-map or -trimpath." },
	{ "device-node", W, "a device node lies in the image",
	  "Leave it out: devtmpfs and udev make devices." },
	{ "elf-executable-stack", W, "an ELF file asks for an executable stack",
	  "Build it with -z noexecstack; assembler files need a .note.GNU-stack section." },
	{ "elf-missing-library", W, "an ELF file needs a library that the image lacks",
	  "Add the package that holds the library, or leave the file out with prune." },
	{ "elf-share", E, "too few ELF files have a defence",
	  "Rebuild the packages of the files named, or lower the share under hardening.elf." },
	{ "elf-text-relocation", W, "code of an ELF file is written to when it is loaded",
	  "Build it with -fPIC." },
	{ "file-capability", E, "a file has capabilities",
	  "Take them away with an overlay's table, or allow the file with a reason." },
	{ "forbidden-program", E, "a program is there that the recipe forbids",
	  "Take its package out of the recipe, or leave it out with prune." },
	{ "host-key", E, "a private key of a host lies in the image",
	  "Every machine would have the same one: leave it out and make it at first boot." },
	{ "kernel-config", W, "the kernel is built otherwise than the profile wants",
	  "Use a kernel that is, or allow it with a reason." },
	{ "listening-unit", E, "a unit that listens on the network is enabled",
	  "Disable the unit, or allow it with a reason." },
	{ "machine-id", E, "the image has a machine id",
	  "Every machine would have the same one: make the file empty." },
	{ "missing-interpreter", W, "a script needs an interpreter that the image lacks",
	  "Add the package that holds it, or leave the script out with prune." },
	{ "password-empty", E, "an account has no password and is not locked",
	  "Lock it: write ! or * into the second field of /etc/shadow." },
	{ "password-set", E, "an account has a password that every machine would share",
	  "Lock it, and let people in with keys." },
	{ "program-owner", E, "a program belongs to a user other than root",
	  "Give it to root with an overlay's table: its owner could change it." },
	{ "random-seed", E, "a random seed or a secret of a machine lies in the image",
	  "Every machine would have the same one: leave it out." },
	{ "root-unlocked", E, "root can log in with a password", "Lock root in /etc/shadow." },
	{ "second-root", E, "an account other than root has the number 0",
	  "Give it a number of its own." },
	{ "setgid-file", E, "a program runs with the rights of its group",
	  "Take the bit away with an overlay's table, or allow the file with a reason." },
	{ "setuid-file", E, "a program runs with the rights of its owner",
	  "Take the bit away with an overlay's table, or allow the file with a reason." },
	{ "sshd-config", E, "sshd lets in whom it should not",
	  "Set it to no in an overlay's /etc/ssh/sshd_config.d." },
	{ "sysctl", W, "a kernel setting is otherwise than the profile wants",
	  "Set it under sysctl in the recipe, or allow it with a reason." },
	{ "time-baked-in", N, "a file carries a time of its own",
	  "Pack with gzip -n; compile Python by hash (--invalidation-mode unchecked-hash)." },
	{ "world-writable", E, "everybody may write there",
	  "Take the bit away with an overlay's table; folders may have the sticky bit instead." },
};

const struct ib_rule *ib_rule_at(size_t i)
{
	return i < IB_COUNT(rules) ? &rules[i] : NULL;
}

const struct ib_rule *ib_rule_find(const char *id)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(rules); i++)
		if (!strcmp(rules[i].id, id))
			return &rules[i];
	return NULL;
}

const char *ib_severity_name(enum ib_severity severity)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[severity];
}

const char *ib_elf_property_name(enum ib_elf_property property)
{
	static const char *const names[IB_ELF_PROPERTY_COUNT] = {
		[IB_ELF_PIE] = "pie",
		[IB_ELF_RELRO] = "relro",
		[IB_ELF_BIND_NOW] = "bind-now",
		[IB_ELF_NX] = "nx",
		[IB_ELF_CANARY] = "stack-protector",
		[IB_ELF_BRANCH_PROTECTION] = "branch-protection",
	};

	return names[property];
}
