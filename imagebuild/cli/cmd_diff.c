/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/formats.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	IB_OPTION_DIFF_FORMAT,
	{ "schema", NULL, "print the JSON Schema of --format json, and nothing else" },
	{ "blocks", NULL, "of two images: how many bytes an updater has to fetch" },
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

/* Files of an image lie beside its lock, and are easily named in its place. */
static int check_lock(const char *path, struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char start[4096];
	ssize_t size = fd < 0 ? -1 : pread(fd, start, sizeof(start), 0);

	if (size <= 0 || !memchr(start, '\0', (size_t)size))
		return 0; /* whoever reads it says what is wrong with it */
	(void)ib_fail(err, IB_INPUT, "'%s' is no lock, which is a text", path);
	ib_error_hint(err, "Name the .lock of that image, or the folder that it lies in; what an "
			   "updater of two images has to fetch tells 'imagebuild diff --blocks'.");
	return -IB_INPUT;
}

static int read_locks(const char *path, struct ib_locks **ret_locks, struct ib_error *err)
{
	ib_autofree char *inside = NULL;

	if (!is_folder(path)) {
		IB_TRY(check_lock(path, err));
		return ib_locks_read(path, ret_locks, err);
	}
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

/* ---- blocks of images ---- */

static void print_cost(const char *what, uint64_t bytes, uint64_t of)
{
	printf("%14" PRIu64 "  %5.1f %%  %s\n", bytes,
	       of ? 100.0 * (double)bytes / (double)of : 0.0, what);
}

static void print_costs(const char *what, const struct ib_block_costs *costs)
{
	printf("%14" PRIu64 " bytes of %s, %" PRIu64 " before; to fetch\n", costs->after_bytes,
	       what, costs->before_bytes);
	print_cost("as blocks of 4 KiB that differ from those at their places", costs->in_place,
		   costs->after_bytes);
	print_cost("as blocks of 4 KiB that are nowhere yet", costs->anywhere, costs->after_bytes);
	print_cost("as chunks of casync and desync that are nowhere yet", costs->chunks,
		   costs->after_bytes);
}

static void print_owners(const struct ib_block_diff *diff)
{
	size_t i = 0;

	printf("\nblocks that are nowhere yet, by package\n");
	for (i = 0; i < diff->owner_count; i++)
		print_cost(diff->owners[i].name, diff->owners[i].bytes, diff->root.after_bytes);
	print_cost("overlays and generators", diff->unpackaged_bytes, diff->root.after_bytes);
	print_cost("directories, inodes and indexes", diff->metadata_bytes, diff->root.after_bytes);
}

static int diff_blocks(const struct ib_cli *cli, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_block_diff) diff = NULL;
	IB_AUTO_BUFFER(text, SIZE_MAX / 2);
	struct ib_session session;

	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_build_block_diff(args[0], args[1], session.threads, &diff, err));
	if (cli->json) {
		IB_TRY(ib_block_diff_write_json(diff, &text, err));
		fwrite(text.data, 1, text.size, stdout);
	} else {
		print_costs("image", &diff->root);
		if (diff->verity.after)
			print_costs("hash tree", &diff->verity);
		if (diff->has_owners)
			print_owners(diff);
	}
	return (diff->root.in_place || diff->root.before_bytes != diff->root.after_bytes) &&
			       ib_cli_option(cli, "exit-code")
		       ? IB_CLI_CHANGED
		       : 0;
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
		return ib_fail(
			err, IB_INPUT,
			"two locks (with --blocks, two images) are needed: imagebuild diff A B");
	if (ib_cli_option(cli, "blocks") && ib_cli_option(cli, "format"))
		return ib_fail(err, IB_INPUT,
			       "'--format' is of two locks; with '--blocks' there is '--json'");
	if (ib_cli_option(cli, "blocks"))
		return diff_blocks(cli, args, err);
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
	.summary =
		"what changed between two locks, what could do harm first; or between two images",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 0,
	.max_args = 2,
	.run = run,
};
