/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/formats.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	IB_OPTION_DIFF_FORMAT,
	{ "schema", NULL, "print the JSON Schema of --format json, and nothing else" },
	IB_OPTION_EXIT_CODE,
};

static bool is_folder(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The one lock in a folder of outputs; the caller owns it. */
static int find_lock(const char *folder, char **ret_path, struct ib_error *err)
{
	IB_AUTO_STRINGS(found);
	const struct dirent *entry = NULL;
	DIR *directory = opendir(folder);

	if (!directory)
		return ib_fail_errno(err, errno, "could not open '%s'", folder);
	while ((entry = readdir(directory)))
		if (ib_str_ends(entry->d_name, ".lock"))
			ib_strings_add(&found, entry->d_name);
	closedir(directory);
	if (found.count != 1) {
		(void)ib_fail(err, IB_INPUT, "folder '%s' holds %zu locks, one is needed", folder,
			      found.count);
		ib_error_hint(err, "Name the lock itself.");
		return -IB_INPUT;
	}
	*ret_path = ib_path_join(folder, found.items[0]);
	return 0;
}

static int read_locks(const char *path, struct ib_locks **ret_locks, struct ib_error *err)
{
	ib_autofree char *inside = NULL;

	if (!is_folder(path))
		return ib_locks_read(path, ret_locks, err);
	IB_TRY(find_lock(path, &inside, err));
	return ib_locks_read(inside, ret_locks, err);
}

static int print_schema(void)
{
	IB_AUTO_BUFFER(b, 1 << 20);

	ib_lock_diff_put_schema(&b);
	printf("%s", ib_buffer_text(&b));
	return 0;
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_locks) before = NULL;
	IB_AUTO(ib_locks) after = NULL;
	IB_AUTO(ib_lock_diff) diff = NULL;
	struct ib_session session;

	if (ib_cli_option(cli, "schema"))
		return print_schema();
	if (count != 2)
		return ib_fail(err, IB_INPUT, "two locks are needed: imagebuild diff A B");
	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_cli_check_diff_format(cli, err));
	IB_TRY(read_locks(args[0], &before, err));
	IB_TRY(read_locks(args[1], &after, err));
	IB_TRY(ib_build_diff(&session, before, after, &diff, err));
	ib_cli_print_diff(cli, diff);
	return !ib_lock_diff_is_empty(diff) && ib_cli_option(cli, "exit-code") ? IB_CLI_CHANGED : 0;
}

const struct ib_command ib_cmd_diff = {
	.name = "diff",
	.args = "A B",
	.summary = "what changed between two locks, what could do harm first",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 0,
	.max_args = 2,
	.run = run,
};
