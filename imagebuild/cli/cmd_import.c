/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	{ "format", "FORMAT", "recipe (the default), or the lock's own format to write it anew" },
};

static int print_recipe(const struct ib_cli *cli, const char *path, struct ib_error *err)
{
	IB_AUTO_STRINGS(left_out);
	IB_AUTO_BUFFER(b, SIZE_MAX / 2);
	size_t i = 0;

	IB_TRY(ib_foreign_recipe(path, &b, &left_out, err));
	for (i = 0; i < left_out.count; i++)
		ib_warn(cli->log, "left out: %s", left_out.items[i]);
	(void)fwrite(b.data, 1, b.size, stdout);
	return 0;
}

/* Only the format that it is of: another one asks for what the file does not say. */
static int print_anew(const char *path, const char *name, struct ib_error *err)
{
	const struct ib_foreign_format *format = NULL;
	IB_AUTO(ib_foreign) foreign = NULL;
	IB_AUTO_BUFFER(b, SIZE_MAX / 2);

	IB_TRY(ib_foreign_format(name, &format, err));
	IB_TRY(ib_foreign_read(path, &foreign, err));
	if (foreign->format != format)
		return ib_fail(err, IB_INPUT, "'%s' is of format %s, not %s", path,
			       ib_foreign_format_name(foreign->format), name);
	ib_foreign_put(foreign, &b);
	(void)fwrite(b.data, 1, b.size, stdout);
	return 0;
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	const char *format = ib_cli_option(cli, "format");

	(void)count;
	if (!format || ib_str_equal(format, "recipe"))
		return print_recipe(cli, args[0], err);
	return print_anew(args[0], format, err);
}

const struct ib_command ib_cmd_import = {
	.name = "import",
	.args = "FILE",
	.summary = "read what other programs lock or ask for, and print a recipe",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
