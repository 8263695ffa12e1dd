/* SPDX-License-Identifier: Apache-2.0 */
/* Holding an image that was built against the rules, of a recipe or of none. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	{ "recipe", "FILE",
	  "allowances, budgets, forbidden programs, shares and profile of this recipe" },
	{ "format", "FORMAT", "text, json or sarif (SARIF 2.1.0)" },
	{ "all", NULL, "print findings that are allowed, too" },
	{ "rules", NULL, "list the rules" },
	IB_OPTION_THREADS,
};

static int print_rules(const struct ib_cli *cli)
{
	const struct ib_rule *rule = NULL;
	size_t i = 0;

	for (i = 0; (rule = ib_rule_at(i)); i++) {
		if (cli->json) {
			printf("%s{\"id\": \"%s\", \"severity\": \"%s\", \"title\": ",
			       i ? ",\n  " : "[\n  ", rule->id, ib_severity_name(rule->severity));
			ib_cli_print_json_text(rule->title);
			printf(", \"help\": ");
			ib_cli_print_json_text(rule->help);
			printf("}");
		} else {
			printf("%-8s %-22s %s\n", ib_severity_name(rule->severity), rule->id,
			       rule->title);
		}
	}
	if (cli->json)
		printf("\n]\n");
	return 0;
}

static void print_finding(const struct ib_finding *finding)
{
	printf("%-8s %-22s %s\n",
	       finding->allowed ? "allowed" : ib_severity_name(finding->severity),
	       finding->rule->id, finding->message);
	if (*finding->origin)
		printf("%-31s %s\n", "", finding->origin);
	printf("%-31s %s\n", "", finding->allowed ? finding->allowed : finding->rule->help);
}

static void print_shares(const struct ib_policy_report *report)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < IB_ELF_PROPERTY_COUNT; i++) {
		size_t with = 0;
		size_t of = 0;

		for (j = 0; j < report->elf_count; j++) {
			with += report->elf[j].has[i] == 1;
			of += report->elf[j].has[i] >= 0;
		}
		printf("ELF      %-22s %zu of %zu\n", ib_elf_property_name((enum ib_elf_property)i),
		       with, of);
	}
}

static void print_text(const struct ib_cli *cli, const struct ib_policy_report *report)
{
	bool all = ib_cli_option(cli, "all") != NULL;
	size_t i = 0;

	for (i = 0; i < report->finding_count; i++)
		if (all || !report->findings[i].allowed)
			print_finding(&report->findings[i]);
	print_shares(report);
	for (i = IB_COUNT(report->open); i > 0; i--)
		printf("%zu %s%s%s", report->open[i - 1],
		       ib_severity_name((enum ib_severity)(i - 1)),
		       ib_str_plural(report->open[i - 1]), i > 1 ? ", " : "; ");
	printf("%zu finding%s allowed with a reason\n", report->allowed,
	       ib_str_plural(report->allowed));
}

static int print_document(const struct ib_policy_report *report, const struct ib_built *built,
			  bool sarif, struct ib_error *err)
{
	const struct ib_policy_image image = { .root_hash = ib_built_root_hash(built),
					       .tool_version = IB_VERSION };
	IB_AUTO_BUFFER(text, IB_POLICY_MAX_DOCUMENT);

	if (sarif)
		IB_TRY(ib_policy_write_sarif(report, &image, &text, err));
	else
		IB_TRY(ib_policy_write_json(report, &image, &text, err));
	fwrite(text.data, 1, text.size, stdout);
	return 0;
}

static int choose_format(const struct ib_cli *cli, const char **ret_format, struct ib_error *err)
{
	const char *format = ib_cli_option(cli, "format");

	if (!format)
		format = cli->json ? "json" : "text";
	if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0 &&
	    strcmp(format, "sarif") != 0)
		return ib_fail(err, IB_INPUT,
			       "unrecognized value '%s' of '--format': text, json or sarif",
			       format);
	*ret_format = format;
	return 0;
}

static int check(const struct ib_cli *cli, const char *path, struct ib_built **ret_built,
		 struct ib_policy_report **ret_report, struct ib_error *err)
{
	const char *recipe_path = ib_cli_option(cli, "recipe");
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_built) built = NULL;
	struct ib_policy_settings settings = { .allowances = NULL };
	struct ib_policy_subject subject;
	struct ib_session session;

	IB_TRY(ib_cli_session(cli, &session, err));
	if (recipe_path) {
		IB_TRY(ib_recipe_read(recipe_path, &recipe, err));
		IB_TRY(ib_build_policy_settings(recipe, arena, &settings, err));
	}
	IB_TRY(ib_built_open(path, session.threads, &built, err));
	subject = ib_built_subject(built);
	IB_TRY(ib_policy_check(&subject, &settings, ret_report, err));
	*ret_built = ib_take(built);
	return 0;
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_policy_report) report = NULL;
	IB_AUTO(ib_built) built = NULL;
	const char *format = "text";

	if (ib_cli_option(cli, "rules"))
		return print_rules(cli);
	if (!count)
		return ib_fail(err, IB_INPUT, "no output folder or image given");
	IB_TRY(choose_format(cli, &format, err));
	IB_TRY(check(cli, args[0], &built, &report, err));
	if (strcmp(format, "text") != 0)
		IB_TRY(print_document(report, built, !strcmp(format, "sarif"), err));
	else
		print_text(cli, report);
	return ib_policy_verdict(report, err);
}

const struct ib_command ib_cmd_policy = {
	.name = "policy",
	.args = "DIR|IMAGE",
	.summary = "hold an image that was built against the rules",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 0,
	.max_args = 1,
	.run = run,
};
