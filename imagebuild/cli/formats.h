/* SPDX-License-Identifier: Apache-2.0 */
/* formats - how commands print the difference of two locks: diff, and update of what it moved. */
#ifndef IB_CLI_FORMATS_H
#define IB_CLI_FORMATS_H

#include "build/build.h"
#include "cli/cli.h"

#define IB_OPTION_DIFF_FORMAT \
	{ \
		"format", "FORMAT", "text, markdown (for a pull request) or json" \
	}

/* Whether --format names one; --json counts as json. */
int ib_cli_check_diff_format(const struct ib_cli *cli, struct ib_error *err) IB_MUST_CHECK;
/* On stdout, in the format asked for, which was checked. */
void ib_cli_print_diff(const struct ib_cli *cli, const struct ib_lock_diff *diff);

#endif
