/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	{ "output", "DIR", "where the outputs go (also -o DIR)" },
	{ "only", "WHAT", "root: the root file system, its hash tree and root hash, nothing else" },
	{ "check", NULL, "where nothing has changed since the last build, hash what lies there" },
	{ "no-cache", NULL, "use nothing that earlier builds left in the store but packages" },
	IB_OPTION_LOCK,
	IB_OPTION_ARCH,
	IB_OPTION_OFFLINE,
	IB_OPTION_THREADS,
};

static void print_names(const struct ib_cli *cli, const char *folder,
			const struct ib_strings *names)
{
	size_t i = 0;

	if (cli->json)
		printf("[");
	for (i = 0; i < names->count; i++) {
		ib_autofree char *path = ib_path_join(folder, names->items[i]);
		struct stat st = { 0 };

		if (stat(path, &st))
			continue;
		if (cli->json) {
			printf("%s\n  {\"size\": %lld, \"path\": ", i ? "," : "",
			       (long long)st.st_size);
			ib_cli_print_json_text(path);
			printf("}");
		} else {
			printf("%12lld  %s\n", (long long)st.st_size, path);
		}
	}
	if (cli->json)
		printf("\n]\n");
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_lock) lock = NULL;
	IB_AUTO_STRINGS(names);
	ib_autofree char *lock_path = ib_cli_lock_path(cli, args[0]);
	const char *only = ib_cli_option(cli, "only");
	struct ib_build_options build = { .output = ib_cli_option(cli, "output"),
					  .lock_path = lock_path,
					  .only_root = only != NULL,
					  .check = ib_cli_option(cli, "check") != NULL,
					  .no_cache = ib_cli_option(cli, "no-cache") != NULL };
	struct ib_session session;

	(void)count;
	if (!build.output) {
		(void)ib_fail(err, IB_INPUT, "no output folder given");
		ib_error_hint(err, "Name one with -o DIR.");
		return -IB_INPUT;
	}
	if (only && strcmp(only, "root") != 0)
		return ib_fail(err, IB_INPUT, "unrecognized value '%s' of '--only': root", only);
	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_cli_read_recipe(cli, args[0], &recipe, err));
	IB_TRY(ib_cli_read_lock(cli, recipe, &lock, err));
	IB_TRY(ib_build_run(&session, recipe, lock, &build, &names, err));
	print_names(cli, build.output, &names);
	return 0;
}

const struct ib_command ib_cmd_build = {
	.name = "build",
	.args = "RECIPE -o DIR",
	.summary = "build the image that recipe and lock describe",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
