/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = { IB_OPTION_LOCK };

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_lock) lock = NULL;
	struct ib_session session;

	(void)count;
	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_recipe_read(args[0], &recipe, err));
	IB_TRY(ib_cli_read_lock(cli, args[0], &lock, err));
	return ib_build_fetch(&session, recipe, lock, err);
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
