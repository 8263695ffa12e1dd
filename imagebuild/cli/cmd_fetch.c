/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = { IB_OPTION_LOCK, IB_OPTION_ARCH };

static int fetch_part(const struct ib_cli *cli, const struct ib_session *session, const char *path,
		      const char *architecture, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_lock) lock = NULL;

	IB_TRY(ib_recipe_read_for(path, architecture, &recipe, err));
	IB_TRY(ib_cli_read_lock(cli, recipe, &lock, err));
	return ib_build_fetch(session, recipe, lock, err);
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	struct ib_session session;
	size_t i = 0;

	(void)count;
	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_cli_read_recipe(cli, args[0], &recipe, err));
	if (ib_cli_option(cli, "arch"))
		return fetch_part(cli, &session, args[0], recipe->architecture, err);
	for (i = 0; i < recipe->architectures.count; i++)
		IB_TRY(fetch_part(cli, &session, args[0], recipe->architectures.items[i], err));
	return 0;
}

const struct ib_command ib_cmd_fetch = {
	.name = "fetch",
	.args = "RECIPE",
	.summary = "fill the store with what the lock names; afterwards --offline works",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
