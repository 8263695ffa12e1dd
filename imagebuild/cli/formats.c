/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/formats.h"

#include <stdio.h>

static const struct {
	const char *name;
	void (*put)(const struct ib_lock_diff *diff, struct ib_buffer *b);
} formats[] = {
	{ "text", ib_lock_diff_put_text },
	{ "markdown", ib_lock_diff_put_markdown },
	{ "json", ib_lock_diff_put_json },
};

static const char *asked(const struct ib_cli *cli)
{
	const char *name = ib_cli_option(cli, "format");

	return name ? name : cli->json ? "json" : "text";
}

int ib_cli_check_diff_format(const struct ib_cli *cli, struct ib_error *err)
{
	const char *names[IB_COUNT(formats)];
	const char *near = NULL;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(formats); i++) {
		names[i] = formats[i].name;
		if (ib_str_equal(names[i], asked(cli)))
			return 0;
	}
	near = ib_str_nearest(asked(cli), names, IB_COUNT(names));
	(void)ib_fail(err, IB_INPUT, "unrecognized format '%s'", asked(cli));
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	else
		ib_error_hint(err, "It is one of: text, markdown, json.");
	return -IB_INPUT;
}

void ib_cli_print_diff(const struct ib_cli *cli, const struct ib_lock_diff *diff)
{
	IB_AUTO_BUFFER(b, SIZE_MAX / 2);
	size_t i = 0;

	for (i = 0; i < IB_COUNT(formats); i++)
		if (ib_str_equal(formats[i].name, asked(cli)))
			formats[i].put(diff, &b);
	(void)fwrite(b.data, 1, b.size, stdout);
}
