/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "resolve/resolve.h"
#include "json/json.h"

#define WANTING_SHOWN 20

static const struct ib_option options[] = {
	IB_OPTION_LOCK,
	IB_OPTION_ARCH,
	IB_OPTION_OFFLINE,
	IB_OPTION_ALLOW_OLDER,
	{ "not", NULL, "say why the package is not in the lock" },
	{ "initrd", NULL, "with --not: not in the initrd, instead of the root" },
};

/* ---- for people ---------------------------------------------------------- */

static void print_step(const struct ib_lock_step *step, const struct ib_lock_step *parent)
{
	switch (step->reason) {
	case IB_LOCK_ABSENT:
		break;
	case IB_LOCK_WISHED:
		printf("    the recipe asks for '%s': %s\n", step->dependency,
		       step->package->nevra);
		break;
	case IB_LOCK_REQUIRED:
		printf("    %s requires '%s': %s\n", parent->package->nevra, step->dependency,
		       step->package->nevra);
		break;
	case IB_LOCK_RECOMMENDED:
		printf("    %s recommends '%s': %s\n", parent->package->nevra, step->dependency,
		       step->package->nevra);
		break;
	case IB_LOCK_SUPPLEMENTS:
		printf("    %s supplements '%s'\n", step->package->nevra, step->dependency);
		break;
	}
}

static void print_chain(const struct ib_lock_index *index, const struct ib_lock_package *package,
			bool initrd)
{
	ib_autofree struct ib_lock_step *steps = NULL;
	size_t count = ib_lock_index_chain(index, package, initrd, &steps);
	size_t i = 0;

	if (count)
		printf("  in the %s, because\n", initrd ? "initrd" : "root");
	for (i = 0; i < count; i++)
		print_step(&steps[i], i ? &steps[i - 1] : NULL);
}

static void print_package(const struct ib_lock_index *index, const struct ib_lock_package *package)
{
	ib_autofree struct ib_lock_wanting *wanting = NULL;
	size_t count = ib_lock_index_wanting(index, package, &wanting);
	size_t i = 0;

	printf("%s\n", package->nevra);
	print_chain(index, package, false);
	print_chain(index, package, true);
	printf("  wanted by %zu package%s%s\n", count, count == 1 ? "" : "s", count ? ":" : "");
	for (i = 0; i < count && i < WANTING_SHOWN; i++)
		printf("    %s (%s%s)\n", wanting[i].package->nevra,
		       wanting[i].edge->recommended ? "recommends " : "",
		       wanting[i].edge->dependency);
	if (i < count)
		printf("    and %zu more\n", count - i);
}

static void print_owner(const char *path, const struct ib_path_owner *owner)
{
	size_t i = 0;

	if (owner->path && !ib_str_equal(path, owner->path))
		printf("%s is %s\n", path, owner->path);
	switch (owner->kind) {
	case IB_ORIGIN_NONE:
		if (owner->path)
			printf("%s is a folder that only holds what others put there\n",
			       owner->path);
		break;
	case IB_ORIGIN_PACKAGE:
		printf("%s is of package %s\n", owner->path, owner->name);
		break;
	case IB_ORIGIN_OVERLAY:
		printf("%s is of overlay %s\n", owner->path, owner->name);
		break;
	case IB_ORIGIN_GENERATOR:
		printf("%s is made by generator %s\n", owner->path, owner->name);
		break;
	}
	if (owner->link)
		printf("%s is a link to %s\n", owner->path, owner->link);
	for (i = 0; i < owner->shippers.count; i++)
		if (!ib_str_equal(owner->shippers.items[i], owner->name))
			printf("%s%s is in package %s, too\n", path,
			       owner->path ? "" : " is not in the root, but",
			       owner->shippers.items[i]);
}

/* ---- for machines -------------------------------------------------------- */

static void put_chain(struct ib_json_writer *out, const struct ib_lock_index *index,
		      const struct ib_lock_package *package, bool initrd)
{
	ib_autofree struct ib_lock_step *steps = NULL;
	size_t count = ib_lock_index_chain(index, package, initrd, &steps);
	size_t i = 0;

	if (!count)
		return;
	ib_json_member_array(out, initrd ? "initrd" : "root");
	for (i = 0; i < count; i++) {
		ib_json_begin_object(out);
		ib_json_member_string(out, "nevra", steps[i].package->nevra);
		ib_json_member_string(out, "reason", ib_lock_reason_name(steps[i].reason));
		ib_json_member_string(out, "dependency", steps[i].dependency);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
}

static void put_package(struct ib_json_writer *out, const struct ib_lock_index *index,
			const struct ib_lock_package *package)
{
	ib_autofree struct ib_lock_wanting *wanting = NULL;
	size_t count = ib_lock_index_wanting(index, package, &wanting);
	size_t i = 0;

	ib_json_begin_object(out);
	ib_json_member_string(out, "nevra", package->nevra);
	put_chain(out, index, package, false);
	put_chain(out, index, package, true);
	ib_json_member_array(out, "wantedBy");
	for (i = 0; i < count; i++) {
		ib_json_begin_object(out);
		ib_json_member_string(out, "nevra", wanting[i].package->nevra);
		ib_json_member_string(out, "dependency", wanting[i].edge->dependency);
		ib_json_member_bool(out, "recommended", wanting[i].edge->recommended);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
	ib_json_end_object(out);
}

static void put_owner(struct ib_json_writer *out, const char *path,
		      const struct ib_path_owner *owner)
{
	static const char *const kinds[] = {
		[IB_ORIGIN_NONE] = "none",
		[IB_ORIGIN_PACKAGE] = "package",
		[IB_ORIGIN_OVERLAY] = "overlay",
		[IB_ORIGIN_GENERATOR] = "generator",
	};
	size_t i = 0;

	ib_json_member_object(out, "path");
	ib_json_member_string(out, "asked", path);
	ib_json_member_string(out, "found", owner->path);
	ib_json_member_string(out, "kind", kinds[owner->kind]);
	ib_json_member_string(out, "owner", owner->name);
	ib_json_member_string(out, "link", owner->link);
	ib_json_member_array(out, "shippedBy");
	for (i = 0; i < owner->shippers.count; i++)
		ib_json_put_string(out, owner->shippers.items[i]);
	ib_json_end_array(out);
	ib_json_end_object(out);
}

/* ---- the command --------------------------------------------------------- */

/* What is told: a path (or not), and packages. */
struct answer {
	const char *path;
	const struct ib_path_owner *owner; /* NULL: no path was asked for */
	const struct ib_lock_index *index;
	const struct ib_lock_package **packages;
	size_t count;
};

static int print(const struct ib_cli *cli, const struct answer *answer, struct ib_error *err)
{
	IB_AUTO(ib_json_writer) out = NULL;
	size_t i = 0;

	if (!cli->json) {
		if (answer->owner)
			print_owner(answer->path, answer->owner);
		for (i = 0; i < answer->count; i++)
			print_package(answer->index, answer->packages[i]);
		return 0;
	}
	out = ib_json_writer_to_fd(STDOUT_FILENO, "standard output", IB_JSON_LINES);
	ib_json_begin_object(out);
	if (answer->owner)
		put_owner(out, answer->path, answer->owner);
	ib_json_member_array(out, "packages");
	for (i = 0; i < answer->count; i++)
		put_package(out, answer->index, answer->packages[i]);
	ib_json_end_array(out);
	ib_json_end_object(out);
	return ib_json_finish(out, err);
}

static int fail_absent(const struct ib_lock *lock, const char *recipe, const char *word,
		       struct ib_error *err)
{
	const char **names = ib_alloc_array(lock->package_count + 1, sizeof(*names));
	const char *near = NULL;
	size_t i = 0;

	for (i = 0; i < lock->package_count; i++)
		names[i] = lock->packages[i].name;
	near = ib_str_nearest(word, names, lock->package_count);
	ib_free(names);
	(void)ib_fail(err, IB_INPUT, "package '%s' is not in the lock", word);
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	else
		ib_error_hint(err, "'imagebuild why %s --not %s' says why.", recipe, word);
	return -IB_INPUT;
}

static int tell_package(const struct ib_cli *cli, const struct ib_recipe *recipe,
			const struct ib_lock *lock, const char *word, struct ib_error *err)
{
	IB_AUTO(ib_lock_index) index = ib_lock_index_new(lock);
	ib_autofree const struct ib_lock_package **found = NULL;
	struct answer answer = { .index = index };

	answer.count = ib_lock_index_find(index, word, &found);
	answer.packages = found;
	if (!answer.count)
		return fail_absent(lock, recipe->path, word, err);
	return print(cli, &answer, err);
}

static int not_there(const char *path, struct ib_error *err)
{
	(void)ib_fail(err, IB_INPUT, "'%s' is neither in the root nor in any package of the lock",
		      path);
	ib_error_hint(err, "Name the path from the root of the image, as it is installed; "
			   "'imagebuild inspect IMAGE' lists all of them.");
	return -IB_INPUT;
}

static int tell_owner(const struct ib_cli *cli, const struct ib_lock *lock, const char *path,
		      const struct ib_path_owner *owner, struct ib_error *err)
{
	IB_AUTO(ib_lock_index) index = ib_lock_index_new(lock);
	ib_autofree const struct ib_lock_package **found = NULL;
	struct answer answer = { .path = path, .owner = owner, .index = index };

	if (!owner->path && !owner->shippers.count)
		return not_there(path, err);
	if (owner->kind == IB_ORIGIN_PACKAGE)
		answer.count = ib_lock_index_find(index, owner->name, &found);
	else if (!owner->path)
		answer.count = ib_lock_index_find(index, owner->shippers.items[0], &found);
	answer.packages = found;
	return print(cli, &answer, err);
}

static int tell_path(const struct ib_cli *cli, const struct ib_recipe *recipe,
		     const struct ib_lock *lock, const char *word, struct ib_error *err)
{
	struct ib_path_owner owner = { .kind = IB_ORIGIN_NONE };
	struct ib_session session;
	int r = 0;

	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_build_owner(&session, recipe, lock, word, &owner, err));
	r = tell_owner(cli, lock, word, &owner, err);
	ib_path_owner_done(&owner);
	return r;
}

static int print_why_nots(const struct ib_cli *cli, const char *word,
			  const struct ib_why_nots *answer, struct ib_error *err)
{
	IB_AUTO(ib_json_writer) out = NULL;
	size_t i = 0;

	for (i = 0; !cli->json && i < answer->count; i++)
		printf("%s\n%s%s%s", answer->items[i].text,
		       *answer->items[i].hint ? "  hint: " : "", answer->items[i].hint,
		       *answer->items[i].hint ? "\n" : "");
	if (!cli->json)
		return 0;
	out = ib_json_writer_to_fd(STDOUT_FILENO, "standard output", IB_JSON_LINES);
	ib_json_begin_object(out);
	ib_json_member_string(out, "asked", word);
	ib_json_member_string(out, "set", ib_cli_option(cli, "initrd") ? "initrd" : "root");
	ib_json_member_array(out, "reasons");
	for (i = 0; i < answer->count; i++) {
		ib_json_begin_object(out);
		ib_json_member_string(out, "why", ib_absent_name(answer->items[i].why));
		ib_json_member_string(out, "nevra", answer->items[i].nevra);
		ib_json_member_string(out, "text", answer->items[i].text);
		ib_json_member_string(out, "hint", answer->items[i].hint);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
	ib_json_end_object(out);
	return ib_json_finish(out, err);
}

static int tell_why_not(const struct ib_cli *cli, const struct ib_recipe *recipe,
			const struct ib_lock *lock, const char *word, struct ib_error *err)
{
	IB_AUTO(ib_why_nots) answer = NULL;
	const struct ib_question question = { .words = word,
					      .initrd = ib_cli_option(cli, "initrd") != NULL };
	struct ib_session session;

	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_build_why_not(&session, recipe, lock, &question, &answer, err));
	return print_why_nots(cli, word, answer, err);
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_lock) lock = NULL;

	(void)count;
	if (ib_cli_option(cli, "initrd") && !ib_cli_option(cli, "not"))
		return ib_fail(err, IB_INPUT,
			       "'--initrd' goes with '--not' only: without it both root and initrd "
			       "are told");
	IB_TRY(ib_cli_read_recipe(cli, args[0], &recipe, err));
	IB_TRY(ib_cli_read_lock(cli, recipe, &lock, err));
	if (ib_cli_option(cli, "not"))
		return tell_why_not(cli, recipe, lock, args[1], err);
	if (*args[1] == '/')
		return tell_path(cli, recipe, lock, args[1], err);
	return tell_package(cli, recipe, lock, args[1], err);
}

const struct ib_command ib_cmd_why = {
	.name = "why",
	.args = "RECIPE PACKAGE|PATH",
	.summary = "why a package is in the lock, or where a path of the root comes from",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
