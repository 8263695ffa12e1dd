/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	IB_OPTION_LOCK,
	IB_OPTION_OFFLINE,
	IB_OPTION_ALLOW_OLDER,
	{ "check", NULL, "say whether the lock is current, and write nothing" },
	IB_OPTION_EXIT_CODE,
};

static int check(const struct ib_cli *cli, const struct ib_session *session,
		 const struct ib_recipe *recipe, struct ib_error *err)
{
	IB_AUTO(ib_lock) lock = NULL;
	IB_AUTO_STRINGS(changes);
	size_t i = 0;

	IB_TRY(ib_cli_read_lock(cli, recipe->path, &lock, err));
	IB_TRY(ib_build_check_lock(session, recipe, lock, &changes, err));
	for (i = 0; i < changes.count; i++)
		printf("%s\n", changes.items[i]);
	if (!changes.count && !cli->quiet)
		printf("the lock is current\n");
	return changes.count && ib_cli_option(cli, "exit-code") ? IB_CLI_CHANGED : 0;
}

/* The lock that stands there now, if it can be read: what it saw must not be undone. */
static int read_previous(const char *path, struct ib_lock **ret_lock, struct ib_error *err)
{
	if (!ib_file_exists(path))
		return 0;
	return ib_lock_read(path, ret_lock, err);
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_lock) previous = NULL;
	IB_AUTO(ib_lock) lock = NULL;
	ib_autofree char *path = ib_cli_lock_path(cli, args[0]);
	ib_autofree char *text = NULL;
	struct ib_session session;

	(void)count;
	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_recipe_read(args[0], &recipe, err));
	if (ib_cli_option(cli, "check"))
		return check(cli, &session, recipe, err);
	IB_TRY(read_previous(path, &previous, err));
	IB_TRY(ib_build_lock(&session, recipe, previous, ib_clock_now(), &lock, err));
	text = ib_lock_text(lock);
	IB_TRY(ib_file_write(path, text, strlen(text), 0644, err));
	if (!cli->quiet)
		printf("%s: %zu packages\n", path, lock->package_count);
	return 0;
}

const struct ib_command ib_cmd_lock = {
	.name = "lock",
	.args = "RECIPE",
	.summary = "resolve, fetch and examine the packages, and write the recipe's lock",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
