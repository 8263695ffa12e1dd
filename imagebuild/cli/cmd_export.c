/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	IB_OPTION_LOCK,
	IB_OPTION_ARCH,
	{ "format", "FORMAT", "rpms.lock or packages.manifest" },
	{ "base", "ID=URL",
	  "where a repository's packages are, if others shall not use the recipe's URL; $arch in "
	  "it is the architecture; may be repeated" },
};

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO_CLI_PARTS(parts);
	IB_AUTO_BUFFER(b, SIZE_MAX / 2);
	ib_autofree const char **bases = ib_alloc_array(cli->option_count + 1, sizeof(*bases));
	struct ib_archive_part rows[IB_CLI_MAX_PARTS];
	struct ib_export_options export = { .bases = bases, .log = cli->log };
	const char *format = ib_cli_option(cli, "format");
	size_t i = 0;

	(void)count;
	if (!format)
		return ib_fail(
			err, IB_INPUT,
			"say which format: --format rpms.lock or --format packages.manifest");
	IB_TRY(ib_foreign_format(format, &export.format, err));
	for (i = 0; i < cli->option_count; i++)
		if (!strcmp(cli->options[i].name, "base"))
			bases[export.base_count++] = cli->options[i].value;
	IB_TRY(ib_cli_read_parts(cli, args[0], &parts, err));
	for (i = 0; i < parts.count; i++)
		rows[i] = (struct ib_archive_part){ parts.recipes[i], parts.locks[i] };
	IB_TRY(ib_build_export(&export, rows, parts.count, &b, err));
	(void)fwrite(b.data, 1, b.size, stdout);
	return 0;
}

const struct ib_command ib_cmd_export = {
	.name = "export",
	.args = "RECIPE",
	.summary = "print the lock in a format of other programs",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
