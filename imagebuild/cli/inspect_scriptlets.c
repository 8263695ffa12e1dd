/* SPDX-License-Identifier: Apache-2.0 */
/* Which scriptlets there are, and which family covers each or why none does. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/inspect.h"
#include "package/package.h"
#include "rpmfile/rpmfile.h"
#include "state/state.h"
#include "store/store.h"
#include "json/json.h"

#define DEPTH_MAX 32

struct table {
	const struct ib_cli *cli;
	struct ib_json_writer *json; /* NULL: text */
	size_t count, covered, packages, unread;
};

static void put_json(struct table *table, const struct ib_package *package,
		     const struct ib_scriptlet *scriptlet, const struct ib_verdict *verdict,
		     const struct ib_lock_scriptlet *locked)
{
	struct ib_json_writer *json = table->json;
	IB_AUTO_STRINGS(words);
	size_t i = 0;

	ib_json_begin_object(json);
	ib_json_member_string(json, "package", package->nevra);
	ib_json_member_string(json, "kind", ib_scriptlet_kind_name(scriptlet->kind));
	ib_json_member_string(json, "digest", scriptlet->digest);
	ib_json_member_string(json, "interpreter", scriptlet->interpreter);
	ib_json_member_bool(json, "covered", verdict->covered);
	if (locked)
		ib_json_member_string(json, "decision", locked->decision);
	ib_json_member_array(json, verdict->covered ? "families" : "not_understood");
	ib_strings_split(&words, verdict->covered ? verdict->families : verdict->not_covered,
			 verdict->covered ? "," : "\n");
	for (i = 0; i < words.count; i++)
		ib_json_put_string(json, words.items[i]);
	ib_json_end_array(json);
	ib_json_end_object(json);
}

static void put_text(const struct ib_package *package, const struct ib_scriptlet *scriptlet,
		     const struct ib_verdict *verdict, const struct ib_lock_scriptlet *locked)
{
	const char *words = verdict->not_covered;

	printf("%s  %-12s  %s  ", scriptlet->digest, ib_scriptlet_kind_name(scriptlet->kind),
	       package->nevra);
	if (locked)
		printf("%s\n", locked->decision);
	else if (verdict->covered)
		printf("native %s\n", verdict->families);
	else
		for (printf("not understood: "); *words; words++)
			printf(*words == '\n' ? "; " : "%c", *words);
	if (!locked && !verdict->covered)
		printf("\n");
}

static const struct ib_lock_scriptlet *decision_on(const struct ib_lock_package *line,
						   const struct ib_scriptlet *scriptlet)
{
	size_t i = 0;

	for (i = 0; line && i < line->scriptlet_count; i++)
		if (!strcmp(line->scriptlets[i].digest, scriptlet->digest))
			return &line->scriptlets[i];
	return NULL;
}

static void put_package(struct table *table, const struct ib_package *package,
			const struct ib_lock_package *line, struct ib_arena *arena)
{
	size_t i = 0;

	table->packages++;
	for (i = 0; i < package->scriptlet_count; i++) {
		const struct ib_scriptlet *scriptlet = &package->scriptlets[i];
		const struct ib_lock_scriptlet *locked = decision_on(line, scriptlet);
		struct ib_verdict verdict = { 0 };

		ib_ledger_judge(package, scriptlet, arena, &verdict);
		table->count++;
		table->covered += verdict.covered;
		if (table->json)
			put_json(table, package, scriptlet, &verdict, locked);
		else
			put_text(package, scriptlet, &verdict, locked);
	}
}

static int put_file(struct table *table, const char *path, const struct ib_lock_package *line,
		    struct ib_error *err)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	const struct ib_package *package = NULL;

	IB_TRY(ib_rpm_look(path, arena, &package, err));
	put_package(table, package, line, arena);
	return 0;
}

/* In a folder, what cannot be read is named and passed over: the table is about the others. */
static void put_found(struct table *table, const char *path)
{
	struct ib_error fault = IB_ERROR_INIT;

	if (put_file(table, path, NULL, &fault) == 0)
		return;
	ib_warn(table->cli->log, "%s; passed over", fault.text);
	table->unread++;
	ib_error_clear(&fault);
}

static int put_folder(struct table *table, const char *path, unsigned depth, struct ib_error *err)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, NULL, alphasort);
	int r = 0;
	int i = 0;

	if (count < 0)
		return ib_fail_errno(err, errno, "could not read folder '%s'", path);
	for (i = 0; i < count; i++) {
		ib_autofree char *inner = ib_path_join(path, entries[i]->d_name);
		struct stat st;

		if (r == 0 && *entries[i]->d_name != '.' && lstat(inner, &st) == 0) {
			if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
				r = put_folder(table, inner, depth + 1, err);
			else if (S_ISREG(st.st_mode) && ib_str_ends(inner, ".rpm"))
				put_found(table, inner);
		}
		ib_free(entries[i]);
	}
	ib_free(entries);
	return r;
}

static int put_part(struct table *table, const struct ib_store *store, const struct ib_lock *lock,
		    struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < lock->package_count; i++) {
		const struct ib_lock_package *line = &lock->packages[i];
		ib_autofree char *file = ib_store_path(store, IB_STORE_RPM, line->sha256);

		if (!ib_store_has(store, IB_STORE_RPM, line->sha256)) {
			(void)ib_fail(err, IB_MISSING, "package '%s' is not in the store",
				      line->nevra);
			ib_error_hint(err, "imagebuild fetch fills it.");
			return -IB_MISSING;
		}
		IB_TRY(put_file(table, file, line, err));
	}
	return 0;
}

static int put_lock(struct table *table, const char *path, struct ib_error *err)
{
	IB_AUTO(ib_locks) locks = NULL;
	IB_AUTO(ib_store) store = NULL;
	size_t i = 0;

	IB_TRY(ib_locks_read(path, &locks, err));
	if (!ib_file_exists(table->cli->store)) {
		(void)ib_fail(err, IB_MISSING, "there is no store '%s' with the packages of '%s'",
			      table->cli->store, path);
		ib_error_hint(err, "'imagebuild fetch' makes it.");
		return -IB_MISSING;
	}
	IB_TRY(ib_store_open(table->cli->store, 0, &store, err));
	for (i = 0; i < locks->count; i++)
		IB_TRY(put_part(table, store, locks->parts[i], err));
	return 0;
}

static int put(struct table *table, const char *path, struct ib_error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	if (S_ISDIR(st.st_mode))
		return put_folder(table, path, 0, err);
	if (ib_str_ends(path, ".lock"))
		return put_lock(table, path, err);
	return put_file(table, path, NULL, err);
}

int ib_inspect_scriptlets(const struct ib_cli *cli, size_t count, char *const *paths,
			  struct ib_error *err)
{
	IB_AUTO(ib_json_writer) json =
		cli->json ? ib_json_writer_to_fd(STDOUT_FILENO, "stdout", IB_JSON_LINES) : NULL;
	struct table table = { .cli = cli, .json = json };
	size_t i = 0;

	if (json) {
		ib_json_begin_object(json);
		ib_json_member_array(json, "scriptlets");
	}
	for (i = 0; i < count; i++)
		IB_TRY(put(&table, paths[i], err));
	if (!json) {
		if (!cli->quiet)
			printf("%zu scriptlets of %zu packages, %zu covered natively\n",
			       table.count, table.packages, table.covered);
		return 0;
	}
	ib_json_end_array(json);
	ib_json_member_integer(json, "packages", (int64_t)table.packages);
	ib_json_member_integer(json, "unread", (int64_t)table.unread);
	ib_json_member_integer(json, "count", (int64_t)table.count);
	ib_json_member_integer(json, "covered", (int64_t)table.covered);
	ib_json_end_object(json);
	return ib_json_finish(json, err);
}
