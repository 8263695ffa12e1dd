/* SPDX-License-Identifier: Apache-2.0 */
/* Programs and libraries: what defends them, what they need, what may not be there. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/internal.h"

/* ---- programs that a recipe may forbid ---------------------------------------- */

static const struct kind {
	const char *name;
	const char *patterns[28]; /* of names; then NULL */
} kinds[] = {
	{ "compilers", { "gcc",    "gcc-[0-9]*", "*-gcc",  "*-gcc-[0-9]*", "cc",     "c[89]9",
			 "g++*",   "c++",        "clang*", "tcc",          "rustc",  "go",
			 "javac",  "as",         "*-as",   "ld",           "ld.bfd", "ld.gold",
			 "ld.lld", "*-ld",       "make",   "gmake",        "cmake",  "ninja" } },
	{ "debuggers", { "gdb", "gdbserver", "lldb*", "strace", "ltrace", "perf", "valgrind*" } },
	{ "interpreters",
	  { "python*", "pypy*",  "perl",   "perl[0-9]*", "ruby", "ruby[0-9]*", "lua",  "lua[0-9]*",
	    "luajit*", "rpmlua", "tclsh*", "wish*",      "node", "nodejs",     "php*", "guile*",
	    "expect",  "java",   "mono",   "deno",       "bun",  "Rscript",    "gjs*", "qjs" } },
	{ "package-managers",
	  { "rpm", "dnf", "dnf[0-9]*", "dnf-*", "microdnf", "yum", "tdnf", "zypper", "apt", "apt-*",
	    "dpkg", "pip", "pip[0-9]*", "gem", "npm", "cpan", "snap", "flatpak" } },
	{ "shells",
	  { "sh", "bash", "dash", "zsh", "ksh*", "mksh", "fish", "tcsh", "csh", "busybox" } },
};

const char *ib_forbidden_kind(size_t i)
{
	return i < IB_COUNT(kinds) ? kinds[i].name : NULL;
}

static bool is_of(const struct kind *kind, const char *name)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(kind->patterns) && kind->patterns[i]; i++)
		if (!fnmatch(kind->patterns[i], name, 0))
			return true;
	return false;
}

static bool is_in_program_folder(const char *path)
{
	static const char *const folders[] = { "/usr/bin/", "/usr/sbin/",      "/bin/",
					       "/sbin/",    "/usr/local/bin/", "/usr/local/sbin/",
					       "/opt/" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(folders); i++)
		if (ib_str_starts(path, folders[i]))
			return true;
	return false;
}

static void check_forbidden(struct ib_examination *examination, const struct ib_node *node,
			    const char *path)
{
	const struct ib_policy_settings *settings = examination->settings;
	uint32_t mode = node->inode->mode;
	size_t i = 0;
	size_t j = 0;

	if (!(S_ISLNK(mode) || (S_ISREG(mode) && mode & 0111)) || !is_in_program_folder(path))
		return;
	for (i = 0; i < settings->forbidden_count; i++)
		for (j = 0; j < IB_COUNT(kinds); j++)
			if (!strcmp(kinds[j].name, settings->forbidden[i]) &&
			    is_of(&kinds[j], node->name))
				ib_found(examination, "forbidden-program", node, path,
					 kinds[j].name,
					 "'%s' is one of the %s, which are forbidden", path,
					 kinds[j].name);
}

/* ---- libraries ------------------------------------------------------------------ */

void ib_note_library(struct ib_examination *examination, const struct ib_node *node,
		     const char *path)
{
	if (S_ISDIR(node->inode->mode) || !strstr(node->name, ".so"))
		return;
	if (ib_str_starts(path, "/usr/") || ib_str_starts(path, "/lib") ||
	    ib_str_starts(path, "/opt/"))
		ib_map_set(examination->names, node->name, node->inode);
}

static void check_needed(struct ib_examination *examination, const struct ib_node *node,
			 const char *path, const struct ib_elf *elf)
{
	size_t i = 0;

	for (i = 0; i < elf->needed_count; i++)
		if (!ib_map_has(examination->names, ib_path_name(elf->needed[i])))
			ib_found(examination, "elf-missing-library", node, path, elf->needed[i],
				 "'%s' needs %s, which is nowhere in the image", path,
				 elf->needed[i]);
}

/* ---- defences -------------------------------------------------------------------- */

static void judge(const struct ib_elf *elf, int has[IB_ELF_PROPERTY_COUNT])
{
	bool is_program = elf->type == IB_ELF_EXECUTABLE || elf->interpreter || elf->is_pie;
	bool has_branches = elf->machine == IB_ELF_X86_64 || elf->machine == IB_ELF_AARCH64;

	has[IB_ELF_PIE] = is_program ? elf->is_pie : -1;
	has[IB_ELF_RELRO] = elf->has_relro;
	has[IB_ELF_BIND_NOW] = elf->is_dynamic ? elf->binds_now : -1;
	has[IB_ELF_NX] = !elf->has_executable_stack;
	has[IB_ELF_CANARY] = elf->has_symbols && !elf->is_go ? elf->has_canary : -1;
	has[IB_ELF_BRANCH_PROTECTION] = -1;
	if (has_branches && !elf->is_go)
		has[IB_ELF_BRANCH_PROTECTION] = elf->machine == IB_ELF_X86_64
							? (elf->branch_protection & 3) == 3
							: (elf->branch_protection & 1) == 1;
}

static void check_elf(struct ib_examination *examination, const struct ib_node *node,
		      const char *path, const struct ib_fact *fact)
{
	struct ib_policy_report *report = examination->report;
	const struct ib_elf *elf = fact->elf;
	struct ib_elf_verdict *verdict = NULL;

	if (elf->type != IB_ELF_EXECUTABLE && elf->type != IB_ELF_SHARED)
		return;
	ib_grow(report->elf, report->elf_count);
	verdict = &report->elf[report->elf_count++];
	verdict->path = ib_arena_strdup(examination->arena, path);
	judge(elf, verdict->has);
	if (elf->has_executable_stack)
		ib_found(examination, "elf-executable-stack", node, path, NULL,
			 "'%s' asks for an executable stack", path);
	if (elf->has_text_relocations)
		ib_found(examination, "elf-text-relocation", node, path, NULL,
			 "code of '%s' is relocated", path);
	if (fact->build_path)
		ib_found(examination, "build-path", node, path, fact->build_path,
			 "'%s' holds the path '%s'", path, fact->build_path);
	check_needed(examination, node, path, elf);
}

static void check_script(struct ib_examination *examination, const struct ib_node *node,
			 const char *path, const char *line)
{
	IB_AUTO_STRINGS(words);

	ib_strings_split(&words, line + 2, " \t\r\n");
	if (!words.count || !(node->inode->mode & 0111) || !is_in_program_folder(path))
		return;
	if (*words.items[0] == '/' &&
	    !ib_tree_find_target(examination->subject->tree, words.items[0]))
		ib_found(examination, "missing-interpreter", node, path, words.items[0],
			 "the script '%s' needs %s, which the image lacks", path, words.items[0]);
}

void ib_check_program(struct ib_examination *examination, const struct ib_node *node,
		      const char *path)
{
	const struct ib_fact *fact = ib_policy_fact(examination, node);

	check_forbidden(examination, node, path);
	if (fact && fact->elf)
		check_elf(examination, node, path, fact);
	else if (fact && fact->data && ib_str_starts(fact->data, "#!"))
		check_script(examination, node, path, fact->data);
}

/* ---- shares ------------------------------------------------------------------------ */

#define NAMED 5 /* files without a defence that a finding names */

static void check_share(struct ib_examination *examination, enum ib_elf_property property)
{
	const struct ib_policy_report *report = examination->report;
	uint32_t least = examination->settings->elf_percent[property];
	IB_AUTO_STRINGS(without);
	ib_autofree char *list = NULL;
	ib_autofree char *value = NULL;
	size_t with = 0;
	size_t lack = 0;
	size_t i = 0;

	for (i = 0; i < report->elf_count; i++) {
		with += report->elf[i].has[property] == 1;
		lack += report->elf[i].has[property] == 0;
		if (!report->elf[i].has[property] && without.count < NAMED)
			ib_strings_add(&without, report->elf[i].path);
	}
	if (!least || with * 100 >= least * (with + lack))
		return;
	list = ib_strings_join(&without, ", ");
	value = ib_strf("%zu of %zu", with, with + lack);
	ib_found(examination, "elf-share", NULL, ib_elf_property_name(property), value,
		 "%s of the ELF files have %s, the recipe wants %u %%; without it are %s%s", value,
		 ib_elf_property_name(property), least, list, lack > NAMED ? " and others" : "");
}

void ib_check_elf_shares(struct ib_examination *examination)
{
	size_t i = 0;

	for (i = 0; i < IB_ELF_PROPERTY_COUNT; i++)
		check_share(examination, (enum ib_elf_property)i);
}
