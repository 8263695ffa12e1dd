/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

/* Naming a file that is none, or that may not be read, is a wrong command line, whatever the machine says of it. */
static int check_recipe(const char *path, struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		return 0;
	if (fd >= 0) {
		(void)ib_fail(err, IB_INPUT, "recipe '%s' is a folder", path);
		ib_error_hint(err, "Name a file in it.");
		return -IB_INPUT;
	}
	(void)ib_fail(err, IB_INPUT, "could not open recipe '%s': %s", path, strerror(errno));
	ib_error_hint(err, "%s",
		      errno == EACCES ? "Whoever it belongs to has to let you read it."
				      : "Name the YAML file that describes the image, like "
					"recipes/node.yaml.");
	return -IB_INPUT;
}

int ib_cli_read_recipe(const struct ib_cli *cli, const char *path, struct ib_recipe **ret_recipe,
		       struct ib_error *err)
{
	IB_TRY(check_recipe(path, err));
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
