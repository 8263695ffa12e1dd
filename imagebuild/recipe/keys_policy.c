/* SPDX-License-Identifier: Apache-2.0 */
/* What an image is held against: the keys below hardening and budgets. */
#include "recipe/keys.h"

static const char *const forbidden_kinds[] = { "compilers",        "debuggers", "interpreters",
					       "package-managers", "shells",    NULL };
WORDS_RULE(rule_forbidden, forbidden_kinds);
static const struct ib_recipe_rule rule_rule = {
	.pattern = "^[a-z]+(-[a-z]+)*$",
	.what = "the id of a rule",
	.hint = "'imagebuild policy --rules' lists them.",
};
static const struct ib_recipe_rule rule_where = {
	.pattern = "^[!-~]+( [!-~]+)*$",
	.what = "a place",
	.hint = "Write a path or a pattern of paths, or the unit, package or setting that the finding "
		"names.",
};

#define ALLOWANCE(member) offsetof(struct ib_recipe_allowance, member)
static const struct ib_recipe_field allowance[] = {
	{ "rule", ALLOWANCE(rule), &ib_recipe_text, "Id of the rule.", .rule = &rule_rule,
	  .required = true },
	{ "where", ALLOWANCE(where), &ib_recipe_text,
	  "Pattern of paths, or the unit, package or setting.", .rule = &rule_where,
	  .required = true },
	{ "value", ALLOWANCE(value), &ib_recipe_text,
	  "What is found there must be exactly this; anything by default.", .rule = &rule_where },
	{ "reason", ALLOWANCE(reason), &ib_recipe_text, "Why it has to be so.",
	  .rule = &ib_recipe_rule_reason, .required = true },
};
static const struct ib_recipe_table table_allowance = {
	"allowance",
	FIELDS(allowance),
	.size = sizeof(struct ib_recipe_allowance),
	.mark = ALLOWANCE(mark),
	.identity = IB_RECIPE_NOWHERE,
};

#define SHARE(name, number, what) \
	{ \
		name, AT(elf_percent[number]), &ib_recipe_number, what, .max = 100 \
	}
static const struct ib_recipe_field elf[] = {
	SHARE("pie", 0, "Least share in percent of programs that may be loaded anywhere."),
	SHARE("relro", 1, "Least share of files with relocations read-only."),
	SHARE("bind-now", 2, "Least share of files that bind all symbols when they start."),
	SHARE("nx", 3, "Least share of files without an executable stack."),
	SHARE("stack-protector", 4, "Least share of files with the compiler's stack protector."),
	SHARE("branch-protection", 5, "Least share of files with CET or BTI notes."),
};
static const struct ib_recipe_table table_elf = { "elf", FIELDS(elf), NO_LIST };

static const struct ib_recipe_field hardening[] = {
	{ "profile", AT(hardening_profile), &ib_recipe_path,
	  "File with kernel options and settings to hold the image against.",
	  .written = AT(hardening_profile_written) },
	{ "forbid", AT(forbidden), &ib_recipe_texts,
	  "Kinds of programs that must not be in the image.", .rule = &rule_forbidden },
	{ "elf", 0, &ib_recipe_mapping, "Least shares of ELF files with each defence.",
	  .table = &table_elf },
	{ "allow", AT(allowances), &ib_recipe_mappings,
	  "What rules may find all the same, with the reason.", .table = &table_allowance },
};
const struct ib_recipe_table ib_recipe_table_hardening = { "hardening", FIELDS(hardening),
							   NO_LIST };

static const struct ib_recipe_field budgets[] = {
	{ "root-image", AT(budget_root_image), &ib_recipe_size,
	  .summary = "Most bytes of the root image." },
	{ "package", AT(budget_package), &ib_recipe_size,
	  .summary = "Most bytes that the files of one package take, installed." },
	{ "packages", AT(budget_packages), &ib_recipe_number, "Most packages of the root.",
	  .min = 1, .max = 100000 },
	{ "setuid", AT(budget_setuid), &ib_recipe_number,
	  "Most files that are setuid or setgid or have capabilities.", .min = 1, .max = 100000 },
};
const struct ib_recipe_table ib_recipe_table_budgets = { "budgets", FIELDS(budgets), NO_LIST };
