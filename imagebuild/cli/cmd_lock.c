/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	IB_OPTION_LOCK,
	IB_OPTION_ARCH,
	IB_OPTION_OFFLINE,
	IB_OPTION_ALLOW_OLDER,
	{ "check", NULL, "say whether the lock is current, and write nothing" },
	IB_OPTION_EXIT_CODE,
	{ "import", "FILE",
	  "lock exactly the packages that another program's lock names (rpms.lock.yaml, "
	  "packages.manifest.yaml)" },
	{ "print", NULL, "print the lock as it stands (with --json: as JSON), and lock nothing" },
	{ "schema", NULL, "print the JSON Schema of what --json prints, and nothing else" },
};

static int check_part(const struct ib_cli *cli, const struct ib_session *session, const char *path,
		      const char *architecture, struct ib_strings *changes, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_lock) lock = NULL;

	IB_TRY(ib_recipe_read_for(path, architecture, &recipe, err));
	IB_TRY(ib_cli_read_lock(cli, recipe, &lock, err));
	return ib_build_check_lock(session, recipe, lock, changes, err);
}

static int check(const struct ib_cli *cli, const struct ib_session *session,
		 const struct ib_recipe *recipe, struct ib_error *err)
{
	IB_AUTO_STRINGS(changes);
	size_t i = 0;

	for (i = 0; i < recipe->architectures.count; i++) {
		const char *architecture = recipe->architectures.items[i];
		size_t before = changes.count;

		if (ib_cli_option(cli, "arch") && !ib_str_equal(architecture, recipe->architecture))
			continue;
		IB_TRY(check_part(cli, session, recipe->path, architecture, &changes, err));
		for (; before < changes.count; before++)
			if (recipe->architectures.count > 1)
				printf("%s: %s\n", architecture, changes.items[before]);
			else
				printf("%s\n", changes.items[before]);
	}
	if (!changes.count && !cli->quiet)
		printf("the lock is current\n");
	return changes.count && ib_cli_option(cli, "exit-code") ? IB_CLI_CHANGED : 0;
}

/* The lock that stands there now, if it can be read: what it saw must not be undone. */
static int read_previous(const char *path, struct ib_locks **ret_locks, struct ib_error *err)
{
	if (!ib_file_exists(path))
		return 0;
	return ib_locks_read(path, ret_locks, err);
}

static void print_counts(const char *path, const struct ib_locks *locks)
{
	size_t i = 0;

	for (i = 0; i < locks->count; i++)
		printf("%s: %zu package%s%s%s\n", path, locks->parts[i]->package_count,
		       ib_str_plural(locks->parts[i]->package_count),
		       locks->count > 1 ? " for " : "",
		       locks->count > 1 ? locks->parts[i]->architecture : "");
}

static int print_json(const struct ib_locks *locks, struct ib_error *err)
{
	IB_AUTO_BUFFER(b, SIZE_MAX / 2);

	IB_TRY(ib_locks_put_json(locks, &b, err));
	(void)fwrite(b.data, 1, b.size, stdout);
	return 0;
}

static int print(const struct ib_cli *cli, const char *path, struct ib_error *err)
{
	IB_AUTO(ib_locks) locks = NULL;
	ib_autofree char *text = NULL;

	IB_TRY(ib_locks_read(path, &locks, err));
	if (cli->json)
		return print_json(locks, err);
	text = ib_locks_text(locks);
	(void)fputs(text, stdout);
	return 0;
}

static int print_schema(void)
{
	IB_AUTO_BUFFER(b, 1 << 20);

	ib_lock_put_schema(&b);
	(void)fputs(ib_buffer_text(&b), stdout);
	return 0;
}

static int make(const struct ib_cli *cli, const struct ib_session *session, const char *recipe,
		const char *path, struct ib_error *err)
{
	IB_AUTO(ib_locks) previous = NULL;
	IB_AUTO(ib_locks) locks = NULL;
	IB_AUTO(ib_foreign) import = NULL;
	ib_autofree char *text = NULL;
	struct ib_lock_request request = { .recipe = recipe,
					   .architecture = ib_cli_option(cli, "arch"),
					   .now = ib_clock_now() };

	IB_TRY(read_previous(path, &previous, err));
	request.previous = previous;
	if (ib_cli_option(cli, "import"))
		IB_TRY(ib_foreign_read(ib_cli_option(cli, "import"), &import, err));
	request.import = import;
	IB_TRY(ib_build_locks(session, &request, &locks, err));
	text = ib_locks_text(locks);
	IB_TRY(ib_file_write(path, text, strlen(text), 0644, err));
	if (cli->json)
		return print_json(locks, err);
	if (!cli->quiet)
		print_counts(path, locks);
	return 0;
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	ib_autofree char *path = NULL;
	struct ib_session session;

	if (ib_cli_option(cli, "schema"))
		return print_schema();
	if (!count)
		return ib_fail(err, IB_INPUT, "a recipe is needed: imagebuild lock RECIPE");
	path = ib_cli_lock_path(cli, args[0]);
	if (ib_cli_option(cli, "import") &&
	    (ib_cli_option(cli, "print") || ib_cli_option(cli, "check")))
		return ib_fail(err, IB_INPUT,
			       "'--import' makes a lock, and '--print' and '--check' make none");
	if (ib_cli_option(cli, "print"))
		return print(cli, path, err);
	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_cli_read_recipe(cli, args[0], &recipe, err));
	if (ib_cli_option(cli, "check"))
		return check(cli, &session, recipe, err);
	return make(cli, &session, args[0], path, err);
}

const struct ib_command ib_cmd_lock = {
	.name = "lock",
	.args = "RECIPE",
	.summary = "resolve, fetch and examine the packages, and write the recipe's lock",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 0,
	.max_args = 1,
	.run = run,
};
