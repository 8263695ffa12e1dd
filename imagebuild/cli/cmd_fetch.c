/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	IB_OPTION_LOCK,
	IB_OPTION_ARCH,
	{ "origin", "URL|DIR",
	  "where else packages may be: a repository, an archive, another store; may be repeated" },
	{ "archive", "DIR", "also make a repository of exactly the locked packages in DIR" },
	{ "offline", NULL, "ask no network: the folders of --origin only" },
};

static int archive(const struct ib_cli *cli, const struct ib_session *session,
		   const struct ib_cli_parts *parts, const char *recipe, struct ib_error *err)
{
	const char *folder = ib_cli_option(cli, "archive");
	ib_autofree char *lock_path = ib_cli_lock_path(cli, recipe);
	struct ib_archive_part rows[IB_CLI_MAX_PARTS];
	size_t i = 0;

	if (!folder)
		return 0;
	if (!*folder)
		return ib_fail(err, IB_INPUT, "'--archive' names no folder");
	for (i = 0; i < parts->count; i++)
		rows[i] = (struct ib_archive_part){ parts->recipes[i], parts->locks[i] };
	IB_TRY(ib_build_archive(session, rows, parts->count, lock_path, folder, err));
	if (!cli->quiet)
		printf("%s\n", folder);
	return 0;
}

static int fetch(const struct ib_cli *cli, const struct ib_session *session, const char *recipe,
		 struct ib_cli_parts *parts, struct ib_error *err)
{
	size_t i = 0;

	IB_TRY(ib_cli_read_parts(cli, recipe, parts, err));
	for (i = 0; i < parts->count; i++)
		IB_TRY(ib_build_fetch(session, parts->recipes[i], parts->locks[i], err));
	return archive(cli, session, parts, recipe, err);
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO_CLI_PARTS(parts);
	ib_autofree const char **origins = ib_alloc_array(cli->option_count + 1, sizeof(*origins));
	struct ib_session session;
	size_t i = 0;

	(void)count;
	IB_TRY(ib_cli_session(cli, &session, err));
	for (i = 0; i < cli->option_count; i++)
		if (!strcmp(cli->options[i].name, "origin"))
			origins[session.origin_count++] = cli->options[i].value;
	session.origins = origins;
	return fetch(cli, &session, args[0], &parts, err);
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
