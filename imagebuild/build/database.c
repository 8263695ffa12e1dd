/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tells in the image which packages it was made of, and which of their files
 * were left out: rpm's own database, or the ten-field manifest that scanners read
 * where rpm itself is gone.
 */
#include <sys/stat.h>

#include "build/work.h"

#define DATABASE_NAME "/usr/lib/sysimage/rpm/rpmdb.sqlite"
#define MANIFEST_NAME "/var/lib/rpmmanifest/container-manifest-2"

static bool keeps(void *context, const char *path)
{
	return ib_prune_keeps(context, path);
}

struct ib_tree_filter ib_work_root_filter(const struct ib_work *work)
{
	const struct ib_recipe *recipe = work->recipe;
	const struct ib_prune_rules rules = {
		.kinds = recipe->prune_kinds.items,
		.kind_count = recipe->prune_kinds.count,
		.paths = recipe->prune_paths.items,
		.path_count = recipe->prune_paths.count,
		.keep = recipe->prune_keep.items,
		.keep_count = recipe->prune_keep.count,
		.languages = recipe->languages.items,
		.language_count = recipe->languages.count,
	};
	struct ib_tree_filter filter = ib_work_filter(work);

	filter.wants = keeps;
	filter.context = ib_arena_memdup(work->arena, &rules, sizeof(rules));
	return filter;
}

static int put(struct ib_work *work, const char *path, struct ib_buffer *content,
	       struct ib_error *err)
{
	const struct ib_tree_entry entry = { .path = path,
					     .mode = S_IFREG | 0644,
					     .content = content,
					     .origin = { IB_ORIGIN_GENERATOR, "rpmdb" } };

	return ib_tree_put(work->root_tree, &entry, NULL, err);
}

static struct ib_rpmdb_row *make_rows(struct ib_work *work)
{
	struct ib_tree_filter filter = ib_work_root_filter(work);
	struct ib_rpmdb_row *rows = ib_arena_alloc(work->arena, work->root.count * sizeof(*rows));
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < work->root.count; i++) {
		const struct ib_package *package = work->root.members[i]->package;
		bool *left_out =
			ib_arena_alloc(work->arena, package->file_count * sizeof(*left_out));
		bool *lost = ib_arena_alloc(work->arena, package->file_count * sizeof(*lost));
		ib_autofree bool *selected = ib_tree_select_files(package, &filter);

		for (j = 0; j < package->file_count; j++) {
			left_out[j] = !selected[j] && !(package->files[j].flags & IB_FILE_GHOST);
			lost[j] = ib_tree_has_lost(work->root_tree, (uint32_t)i, (uint32_t)j);
		}
		rows[i] = (struct ib_rpmdb_row){ work->root.members[i]->rpm, left_out, lost };
	}
	return rows;
}

/* All that decides the database's bytes: see rpmfile/rpmdb.h. */
static char *database_key(const struct ib_work *work, const struct ib_rpmdb_row *rows)
{
	IB_AUTO_BUFFER(key, SIZE_MAX / 2);
	size_t i = 0;

	ib_buffer_putf(&key, "rpmdb 1\nlibrpm %s SQLite %s\ntime %lld\n", ib_rpm_version(),
		       ib_sqlite_version(), (long long)work->lock->build_time);
	for (i = 0; i < work->root.count; i++) {
		size_t count = work->root.members[i]->package->file_count;
		char left_out[65];
		char wrong_color[65];

		ib_sha256_hex(rows[i].left_out, count * sizeof(bool), left_out);
		ib_sha256_hex(rows[i].wrong_color, count * sizeof(bool), wrong_color);
		ib_buffer_putf(&key, "package %s left out %s wrong colour %s\n",
			       work->root.members[i]->line->sha256, left_out, wrong_color);
	}
	return ib_buffer_take_text(&key);
}

/*
 * rpm's database takes as long as all generators together and needs nothing of them: it is made
 * in the background while payloads stream by and generators run. Of librpm nothing else may be
 * used meanwhile but the reading of payloads: that shares no more with it than the figures of a
 * stopwatch, which nobody asks for, and logs nothing. Signals are blocked in this thread alone.
 */
struct ib_databases {
	struct ib_work *work;
	struct ib_threads *threads; /* NULL: no rpm database is made */
	const struct ib_rpmdb_row *rows;
	char *key;
	struct ib_buffer rpmdb; /* from the store, or made */
	bool is_known;
	struct ib_error err;
	int failed;
};

static void write_rpmdb(void *argument)
{
	struct ib_databases *databases = argument;
	const struct ib_work *work = databases->work;

	databases->failed = ib_rpmdb_write(databases->rows, work->root.count,
					   work->lock->build_time, ib_outputs_folder(work->outputs),
					   &databases->rpmdb, &databases->err);
}

static bool wants(const struct ib_work *work, const char *name)
{
	return ib_recipe_list_has(&work->recipe->package_database, name);
}

struct ib_databases *ib_databases_begin(struct ib_work *work)
{
	struct ib_databases *databases = ib_alloc(sizeof(*databases));

	databases->work = work;
	databases->rpmdb.max_size = IB_RPMDB_MAX;
	if (!wants(work, "rpmdb"))
		return databases;
	databases->rows = make_rows(work);
	databases->key = database_key(work, databases->rows);
	databases->is_known =
		work->use_derived && ib_store_get_derived(work->store, IB_STORE_FACTS,
							  databases->key, &databases->rpmdb);
	if (databases->is_known)
		return databases;
	databases->threads = ib_threads_new(1, 1);
	ib_threads_add(databases->threads, write_rpmdb, databases);
	return databases;
}

void ib_databases_free(struct ib_databases *databases)
{
	if (!databases)
		return;
	ib_threads_free(databases->threads);
	ib_buffer_done(&databases->rpmdb);
	ib_error_clear(&databases->err);
	ib_free(databases->key);
	ib_free(databases);
}

static int put_rpmdb(struct ib_databases *databases, struct ib_error *err)
{
	struct ib_work *work = databases->work;
	struct ib_buffer *rpmdb = &databases->rpmdb;
	struct ib_error ignored = IB_ERROR_INIT; /* what cannot be kept is made again */

	if (databases->threads)
		ib_threads_wait(databases->threads);
	if (databases->failed < 0) {
		*err = databases->err;
		databases->err = (struct ib_error)IB_ERROR_INIT;
		return databases->failed;
	}
	if (work->use_derived && !databases->is_known &&
	    ib_store_put_derived(work->store, IB_STORE_FACTS, databases->key, rpmdb->data,
				 rpmdb->size, &ignored) < 0)
		ib_error_clear(&ignored);
	return put(work, DATABASE_NAME, rpmdb, err);
}

/* A field of the manifest, as rpm's query formats print it. */
static const char *field(const char *text)
{
	return text && *text ? text : "(none)";
}

/* CONVENTIONS of scanners: exactly ten fields between tabs, one package a line, sorted. */
static int put_manifest(struct ib_work *work, struct ib_error *err)
{
	IB_AUTO_BUFFER(text, 64 << 20);
	size_t i = 0;

	for (i = 0; i < work->root.count; i++) {
		const struct ib_package *package = work->root.members[i]->package;

		ib_buffer_putf(&text, "%s\t%s-%s\t%lld\t%lld\t%s\t%s\t%llu\t%s\t%s\t%s\n",
			       package->name, package->version, package->release,
			       (long long)work->lock->build_time, (long long)package->build_time,
			       field(package->vendor), field(package->epoch),
			       (unsigned long long)package->installed_size, package->arch,
			       package->epoch ? package->epoch : "0", field(package->source_rpm));
	}
	return put(work, MANIFEST_NAME, &text, err);
}

int ib_databases_put(struct ib_databases *databases, struct ib_error *err)
{
	if (wants(databases->work, "rpmdb"))
		IB_TRY(put_rpmdb(databases, err));
	return wants(databases->work, "manifest") ? put_manifest(databases->work, err) : 0;
}
