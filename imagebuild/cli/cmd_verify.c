/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/visible.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "verify/verify.h"
#include "json/json.h"

static const struct ib_option options[] = {
	{ "trust", "FILE|DIR", "believe this key or certificate, or all in this folder" },
	{ "require", "LINK,…", "these links must hold, not be absent; all: of every image" },
};

/* $XDG_CONFIG_HOME/imagebuild/trust.d (else below ~/.config) and /etc/imagebuild/trust.d. */
static int add_default(struct ib_trust *trust, struct ib_error *err)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	ib_autofree char *own = NULL;

	if (config && *config == '/')
		own = ib_path_join(config, "imagebuild/trust.d");
	else if (home && *home == '/')
		own = ib_path_join(home, ".config/imagebuild/trust.d");
	if (own && ib_file_exists(own))
		IB_TRY(ib_trust_add(trust, own, err));
	if (ib_file_exists("/etc/imagebuild/trust.d"))
		IB_TRY(ib_trust_add(trust, "/etc/imagebuild/trust.d", err));
	return 0;
}

/* Every --trust counts; only without one the usual folders do. */
static int gather_trust(const struct ib_cli *cli, struct ib_trust *trust, struct ib_error *err)
{
	bool given = false;
	size_t i = 0;

	for (i = 0; i < cli->option_count; i++) {
		if (strcmp(cli->options[i].name, "trust") != 0)
			continue;
		given = true;
		IB_TRY(ib_trust_add(trust, cli->options[i].value, err));
	}
	return given ? 0 : add_default(trust, err);
}

static int gather_required(const struct ib_cli *cli, uint32_t *links, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < cli->option_count; i++)
		if (!strcmp(cli->options[i].name, "require"))
			IB_TRY(ib_links_add(cli->options[i].value, links, err));
	return 0;
}

static void print_text(const struct ib_verification *verification)
{
	IB_AUTO_STRINGS(rest);
	ib_autofree char *names = NULL;
	size_t i = 0;

	for (i = 0; i < verification->count; i++) {
		const struct ib_link_result *link = &verification->links[i];
		/* it holds names of files, which anybody may have chosen */
		ib_autofree char *detail = ib_visible(link->detail ? link->detail : "", false);

		if (link->state == IB_LINK_NOT_WALKED)
			ib_strings_add(&rest, link->name);
		else
			printf("%-6s  %-20s  %s%s%s%s\n", ib_link_state_name(link->state),
			       link->name, link->claim, *detail ? " (" : "", detail,
			       *detail ? ")" : "");
	}
	names = ib_strings_join(&rest, ", ");
	if (rest.count)
		printf("not walked, since they stand on what is broken: %s\n", names);
}

static int print_json(const char *folder, const struct ib_verification *verification, bool verified,
		      struct ib_error *err)
{
	IB_AUTO_BUFFER(text, 1 << 20);
	IB_AUTO(ib_json_writer) out = ib_json_writer_to_buffer(&text, IB_JSON_LINES);
	size_t i = 0;

	ib_json_begin_object(out);
	ib_json_member_string(out, "folder", folder);
	ib_json_member_bool(out, "verified", verified);
	ib_json_member_array(out, "links");
	for (i = 0; i < verification->count; i++) {
		const struct ib_link_result *link = &verification->links[i];

		ib_json_begin_object(out);
		ib_json_member_string(out, "name", link->name);
		ib_json_member_string(out, "claim", link->claim);
		ib_json_member_string(out, "state", ib_link_state_name(link->state));
		ib_json_member_string(out, "detail", link->detail);
		ib_json_member_string(out, "hint", link->hint);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
	ib_json_end_object(out);
	IB_TRY(ib_json_finish(out, err));
	fputs(ib_buffer_text(&text), stdout);
	return 0;
}

static int verify_one(const struct ib_cli *cli, const struct ib_trust *trust, uint32_t required,
		      const char *folder, struct ib_error *err)
{
	IB_AUTO(ib_verification) verification = NULL;
	struct ib_error verdict = IB_ERROR_INIT;
	int r = 0;

	IB_TRY(ib_verify(folder, trust, cli->log, &verification, err));
	ib_verification_require(verification, required);
	r = ib_verification_verdict(verification, &verdict);
	if (cli->json && print_json(folder, verification, r == 0, err) < 0) {
		ib_error_clear(&verdict);
		return -(int)err->kind;
	}
	if (!cli->json && (!cli->quiet || r < 0))
		print_text(verification);
	if (r < 0) {
		*err = verdict;
		return ib_error_prefix(err, "'%s' is not what it says to be", folder);
	}
	return 0;
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_trust) trust = ib_trust_new();
	uint32_t required = 0;
	size_t i = 0;

	IB_TRY(gather_required(cli, &required, err));
	IB_TRY(gather_trust(cli, trust, err));
	for (i = 0; i < count; i++)
		IB_TRY(verify_one(cli, trust, required, args[i], err));
	return 0;
}

const struct ib_command ib_cmd_verify = {
	.name = "verify",
	.args = "DIR…",
	.summary = "prove outputs, link by link, against keys that you trust",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = SIZE_MAX,
	.run = run,
};
