/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include <stdio.h>
#include <string.h>

int ib_cli_session(const struct ib_cli *cli, struct ib_session *ret_session, struct ib_error *err)
{
	const char *threads = ib_cli_option(cli, "threads");
	uint64_t count = 0;

	if (threads && (!ib_str_to_u64(threads, 256, &count) || !count))
		return ib_fail(err, IB_INPUT, "'--threads %s' is not a number from 1 to 256",
			       threads);
	*ret_session = (struct ib_session){
		.store = cli->store,
		.offline = ib_cli_option(cli, "offline") != NULL,
		.allow_older = ib_cli_option(cli, "allow-older") != NULL,
		.threads = (size_t)count,
		.log = cli->log,
	};
	return 0;
}

char *ib_cli_lock_path(const struct ib_cli *cli, const char *recipe)
{
	const char *given = ib_cli_option(cli, "lock");
	size_t length = strlen(recipe);

	if (given)
		return ib_strdup(given);
	if (ib_str_ends(recipe, ".yaml"))
		length -= strlen(".yaml");
	return ib_strf("%.*s.lock", (int)length, recipe);
}

int ib_cli_read_recipe(const struct ib_cli *cli, const char *path, struct ib_recipe **ret_recipe,
		       struct ib_error *err)
{
	return ib_recipe_read_for(path, ib_cli_option(cli, "arch"), ret_recipe, err);
}

int ib_cli_read_lock(const struct ib_cli *cli, const struct ib_recipe *recipe,
		     struct ib_lock **ret_lock, struct ib_error *err)
{
	ib_autofree char *path = ib_cli_lock_path(cli, recipe->path);

	return ib_lock_read(path, recipe->architecture, ret_lock, err);
}

void ib_cli_parts_done(struct ib_cli_parts *parts)
{
	size_t i = 0;

	for (i = 0; i < IB_CLI_MAX_PARTS; i++) {
		ib_recipe_free(parts->recipes[i]);
		ib_lock_free(parts->locks[i]);
	}
}

static int read_part(const struct ib_cli *cli, const char *path, const char *architecture,
		     struct ib_cli_parts *parts, struct ib_error *err)
{
	size_t i = parts->count;

	if (i == IB_CLI_MAX_PARTS)
		return ib_fail(err, IB_LIMIT, "more than %d architectures", (int)IB_CLI_MAX_PARTS);
	IB_TRY(ib_recipe_read_for(path, architecture, &parts->recipes[i], err));
	parts->count++;
	return ib_cli_read_lock(cli, parts->recipes[i], &parts->locks[i], err);
}

int ib_cli_read_parts(const struct ib_cli *cli, const char *path, struct ib_cli_parts *ret_parts,
		      struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	size_t i = 0;

	IB_TRY(ib_cli_read_recipe(cli, path, &recipe, err));
	if (ib_cli_option(cli, "arch"))
		return read_part(cli, path, recipe->architecture, ret_parts, err);
	for (i = 0; i < recipe->architectures.count; i++)
		IB_TRY(read_part(cli, path, recipe->architectures.items[i], ret_parts, err));
	return 0;
}

void ib_cli_print_json_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			printf("\\u%04x", (unsigned)(unsigned char)*text);
		else
			putchar(*text);
	}
	putchar('"');
}
