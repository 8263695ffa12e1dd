/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of commands: help, dispatch and the manual's test read it. */
#include "cli/commands.h"
#include "cli/cli.h"

const struct ib_command *const ib_commands[] = {
	&ib_cmd_check, /* in the order in which people meet them */
	&ib_cmd_keys,   &ib_cmd_resolve, &ib_cmd_lock,   &ib_cmd_update,
	&ib_cmd_diff,   &ib_cmd_why,     &ib_cmd_export, &ib_cmd_import,
	&ib_cmd_fetch,  &ib_cmd_build,   &ib_cmd_verify, &ib_cmd_inspect,
	&ib_cmd_policy, &ib_cmd_report,  &ib_cmd_cache,  &ib_cmd_version,
};

const size_t ib_command_count = IB_COUNT(ib_commands);
