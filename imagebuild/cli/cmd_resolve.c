/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = { IB_OPTION_ARCH, IB_OPTION_OFFLINE };

static void print_json(const struct ib_choices *choices)
{
	size_t i = 0;

	printf("[");
	for (i = 0; i < choices->count; i++) {
		const struct ib_choice *choice = &choices->items[i];

		printf("%s\n  {\"nevra\": ", i ? "," : "");
		ib_cli_print_json_text(choice->nevra);
		printf(", \"repository\": ");
		ib_cli_print_json_text(choice->repository);
		printf(", \"size\": %llu, \"root\": %s, \"initrd\": %s, \"why\": ",
		       (unsigned long long)choice->size, choice->root ? "true" : "false",
		       choice->initrd ? "true" : "false");
		ib_cli_print_json_text(choice->why);
		printf("}");
	}
	printf("\n]\n");
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_choices) choices = NULL;
	struct ib_session session;
	size_t i = 0;

	(void)count;
	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_cli_read_recipe(cli, args[0], &recipe, err));
	IB_TRY(ib_build_resolve(&session, recipe, &choices, err));
	if (cli->json) {
		print_json(choices);
		return 0;
	}
	for (i = 0; i < choices->count; i++)
		printf("%s\n", choices->items[i].nevra);
	return 0;
}

const struct ib_command ib_cmd_resolve = {
	.name = "resolve",
	.args = "RECIPE",
	.summary = "print the package set, from metadata alone",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
