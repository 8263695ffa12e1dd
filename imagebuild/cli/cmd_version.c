/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/commands.h"

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	(void)count, (void)args, (void)err;
	printf(cli->json ? "{\"version\": \"%s\"}\n" : "imagebuild %s\n", IB_VERSION);
	return 0;
}

const struct ib_command ib_cmd_version = {
	.name = "version",
	.args = "",
	.summary = "print the version",
	.min_args = 0,
	.max_args = 0,
	.run = run,
};
