/* SPDX-License-Identifier: Apache-2.0 */
/* inspect - the ways of looking that fill files of their own. */
#ifndef IB_CLI_INSPECT_H
#define IB_CLI_INSPECT_H

#include "cli/cli.h"

/*
 * The scriptlets of packages (files, folders of them, or what a lock names, from
 * the store) and what the ledger says of each. Nothing is verified and nothing
 * runs: packages may be anybody's.
 */
int ib_inspect_scriptlets(const struct ib_cli *cli, size_t count, char *const *paths,
			  struct ib_error *err) IB_MUST_CHECK;

#endif
