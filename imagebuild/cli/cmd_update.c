/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/formats.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	IB_OPTION_LOCK,
	IB_OPTION_ARCH,
	IB_OPTION_OFFLINE,
	IB_OPTION_ALLOW_OLDER,
	{ "security", NULL, "move what a security advisory concerns, and what that forces" },
	{ "keep", NULL, "move only what the recipe forces by now" },
	{ "allow-downgrade", NULL, "let packages go back, too" },
	{ "dry-run", NULL, "print what would move, and write nothing" },
	IB_OPTION_DIFF_FORMAT,
	IB_OPTION_EXIT_CODE,
};

static int read_moves(const struct ib_cli *cli, size_t names, enum ib_lock_moves *ret_moves,
		      struct ib_error *err)
{
	bool security = ib_cli_option(cli, "security") != NULL;
	bool keep = ib_cli_option(cli, "keep") != NULL;

	if (security + keep + (names > 0) > 1)
		return ib_fail(err, IB_INPUT, "only one of --security, --keep and packages goes");
	*ret_moves = security ? IB_LOCK_MOVES_SECURITY
		     : keep   ? IB_LOCK_MOVES_NOTHING
		     : names  ? IB_LOCK_MOVES_NAMED
			      : IB_LOCK_MOVES_ALL;
	return 0;
}

/* Only what differs is written, so that an unchanged lock keeps its time. */
static int write_lock(const struct ib_cli *cli, const char *path, const struct ib_locks *before,
		      const struct ib_locks *after, struct ib_error *err)
{
	ib_autofree char *old = ib_locks_text(before);
	ib_autofree char *new = ib_locks_text(after);

	if (ib_cli_option(cli, "dry-run") || !strcmp(old, new))
		return 0;
	return ib_file_write(path, new, strlen(new), 0644, err);
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	struct ib_lock_request request = { .recipe = args[0],
					   .architecture = ib_cli_option(cli, "arch"),
					   .now = ib_clock_now(),
					   .names = (const char *const *)args + 1,
					   .name_count = count - 1,
					   .refuse_downgrade =
						   !ib_cli_option(cli, "allow-downgrade") };
	ib_autofree char *path = ib_cli_lock_path(cli, args[0]);
	IB_AUTO(ib_locks) before = NULL;
	IB_AUTO(ib_locks) after = NULL;
	IB_AUTO(ib_lock_diff) diff = NULL;
	struct ib_session session;

	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_cli_check_diff_format(cli, err));
	IB_TRY(read_moves(cli, count - 1, &request.moves, err));
	IB_TRY(ib_locks_read(path, &before, err));
	request.previous = before;
	IB_TRY(ib_build_locks(&session, &request, &after, err));
	IB_TRY(ib_build_diff(&session, before, after, &diff, err));
	IB_TRY(write_lock(cli, path, before, after, err));
	ib_cli_print_diff(cli, diff);
	return !ib_lock_diff_is_empty(diff) && ib_cli_option(cli, "exit-code") ? IB_CLI_CHANGED : 0;
}

const struct ib_command ib_cmd_update = {
	.name = "update",
	.args = "RECIPE [PACKAGE...]",
	.summary = "move all packages of the lock, or these and what they force; print what moved",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = SIZE_MAX,
	.run = run,
};
