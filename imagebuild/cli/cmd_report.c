/* SPDX-License-Identifier: Apache-2.0 */
/* What an image is made of, and what it costs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/session.h"

#define ROWS 25

static const struct ib_option options[] = {
	{ "size", NULL, "what every package and folder costs, and what nothing else needs" },
	{ "rows", "N", "how many packages and folders are printed (0: all)" },
	IB_OPTION_LOCK,
	IB_OPTION_ARCH,
	IB_OPTION_OFFLINE,
	IB_OPTION_THREADS,
};

/* ---- text ---------------------------------------------------------------------- */

static void print_size(const struct ib_size *size, const char *name, const char *more)
{
	printf("%12" PRIu64 " %12" PRIu64 " %7" PRIu64 "  %s%s\n", size->stored_bytes,
	       size->installed_bytes, size->files, name, more);
}

static void print_head(const char *what)
{
	printf("\n%12s %12s %7s  %s\n", "stored", "installed", "files", what);
}

static void print_unneeded(const struct ib_size_report *report)
{
	size_t i = 0;

	print_head("packages that no other needs: no requirement, no ELF dependency, no script");
	for (i = 0; i < report->package_count; i++) {
		const struct ib_size_package *package = &report->packages[i];

		if (!package->needed_by)
			print_size(&package->size, package->package->name,
				   package->is_wished ? " (wished for)" : "");
	}
}

static void print_text(const struct ib_size_report *report, size_t rows)
{
	size_t i = 0;

	printf("%12" PRIu64 " bytes of image, for %" PRIu64 " bytes in %" PRIu64 " files\n",
	       report->image_bytes, report->total.installed_bytes, report->total.files);
	print_head("package");
	for (i = 0; i < report->package_count && i < rows; i++) {
		const struct ib_size_package *package = &report->packages[i];
		ib_autofree char *needs =
			ib_strf(" (required by %zu, linked by %zu, interprets for %zu)",
				package->required_by, package->linked_by, package->interprets_for);

		print_size(&package->size, package->package->name, needs);
	}
	if (i < report->package_count)
		printf("%35s… and %zu more\n", "", report->package_count - i);
	print_size(&report->unpackaged, "overlays and generators", "");
	print_head("folder");
	for (i = 0; i < report->folder_count && i < rows; i++)
		print_size(&report->folders[i].size, report->folders[i].path, "");
	if (i < report->folder_count)
		printf("%35s… and %zu more\n", "", report->folder_count - i);
	print_unneeded(report);
}

/* ---- measuring ------------------------------------------------------------------- */

/* Names of wishes in a lock: "packages: bash >= 5" is one for bash. */
static void add_wishes(const struct ib_lock *lock, struct ib_strings *names)
{
	static const char key[] = "packages: ";
	size_t i = 0;

	for (i = 0; i < lock->wishes.count; i++) {
		const char *wish = lock->wishes.items[i];

		if (ib_str_starts(wish, key))
			ib_strings_addf(names, "%.*s", (int)strcspn(wish + strlen(key), " "),
					wish + strlen(key));
	}
}

/* The lock beside an image; none is no fault. */
static void read_wishes(const struct ib_built *built, struct ib_strings *names)
{
	struct ib_error ignored = IB_ERROR_INIT;
	IB_AUTO(ib_lock) lock = NULL;
	ib_autofree char *path = ib_built_beside(built, ".lock");

	if (!path)
		return;
	if (ib_lock_read(path, NULL, &lock, &ignored) < 0)
		ib_error_clear(&ignored);
	else
		add_wishes(lock, names);
}

static int report_on(const struct ib_cli *cli, const char *path, struct ib_strings *wishes,
		     struct ib_error *err)
{
	const char *rows = ib_cli_option(cli, "rows");
	IB_AUTO(ib_built) built = NULL;
	IB_AUTO(ib_size_report) report = NULL;
	IB_AUTO_BUFFER(text, IB_POLICY_MAX_DOCUMENT);
	struct ib_policy_subject subject;
	struct ib_session session;
	uint64_t count = ROWS;

	if (rows && !ib_str_to_u64(rows, 1 << 30, &count))
		return ib_fail(err, IB_INPUT, "'--rows %s' is not a number", rows);
	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_built_open(path, session.threads, &built, err));
	subject = ib_built_subject(built);
	if (!subject.package_count) {
		(void)ib_fail(
			err, IB_INPUT,
			"'%s' has no package database, so that nothing says whose its files are",
			ib_built_path(built));
		ib_error_hint(err,
			      "Build with package-database: [rpmdb] to see what packages cost.");
		return -IB_INPUT;
	}
	read_wishes(built, wishes);
	IB_TRY(ib_size_measure(&subject, ib_built_stored, wishes, &report, err));
	if (!cli->json) {
		print_text(report, count ? (size_t)count : SIZE_MAX);
		return 0;
	}
	IB_TRY(ib_size_write_json(report, &text, err));
	fwrite(text.data, 1, text.size, stdout);
	return 0;
}

/* The root of a recipe, built for looking at it only. */
static int report_on_recipe(const struct ib_cli *cli, const char *recipe_path, const char *folder,
			    struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_lock) lock = NULL;
	IB_AUTO_STRINGS(names);
	IB_AUTO_STRINGS(wishes);
	ib_autofree char *output = ib_path_join(folder, "out");
	ib_autofree char *lock_path = ib_cli_lock_path(cli, recipe_path);
	const struct ib_build_options build = { .output = output,
						.lock_path = lock_path,
						.only_root = true };
	struct ib_session session;

	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_cli_read_recipe(cli, recipe_path, &recipe, err));
	IB_TRY(ib_cli_read_lock(cli, recipe, &lock, err));
	IB_TRY(ib_build_run(&session, recipe, lock, &build, &names, err));
	add_wishes(lock, &wishes);
	return report_on(cli, output, &wishes, err);
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	struct ib_error ignored = IB_ERROR_INIT;
	IB_AUTO_STRINGS(wishes);
	ib_autofree char *folder = NULL;
	int r = 0;

	(void)count;
	if (!ib_cli_option(cli, "size")) {
		(void)ib_fail(err, IB_INPUT, "no kind of report asked for");
		ib_error_hint(err, "There is one kind: --size.");
		return -IB_INPUT;
	}
	if (!ib_str_ends(args[0], ".yaml"))
		return report_on(cli, args[0], &wishes, err);
	folder = ib_strdup("/var/tmp/imagebuild-report.XXXXXX");
	if (!mkdtemp(folder))
		return ib_fail_errno(err, errno, "could not make a folder in '/var/tmp'");
	r = report_on_recipe(cli, args[0], folder, err);
	if (ib_file_remove_tree(folder, &ignored) < 0)
		ib_error_clear(&ignored); /* what was asked for is told already */
	return r;
}

const struct ib_command ib_cmd_report = {
	.name = "report",
	.args = "--size DIR|IMAGE|RECIPE",
	.summary = "say what an image is made of and what it costs",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
