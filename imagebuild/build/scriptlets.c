/* SPDX-License-Identifier: Apache-2.0 */
#include "build/scriptlets.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/effects.h"
#include "build/sandbox.h"
#include "build/unfold.h"
#include "state/state.h"

#define SECONDS_MAX  120
#define MEMORY_MAX   ((uint64_t)2 << 30)
#define FILE_MAX     ((uint64_t)128 << 20)
#define FOLDERS_OPEN 16

/* ---- a folder to work in ---- */

static int open_up(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)where;
	if (kind == FTW_D || kind == FTW_DNR)
		return chmod(path, (st->st_mode & 07777) | 0700) < 0 ? -1 : 0;
	return 0;
}

/* What lies in it may have modes that keep its own owner out. */
static void remove_folder(char **folder)
{
	struct ib_error ignored = IB_ERROR_INIT;

	if (*folder) {
		(void)nftw(*folder, open_up, FOLDERS_OPEN, FTW_PHYS);
		/* left behind it is swept with the store's other temporary things */
		if (ib_file_remove_tree(*folder, &ignored) < 0)
			ib_error_clear(&ignored);
	}
	ib_free(*folder);
}

static int make_folder(const struct ib_work *work, char **ret_folder, struct ib_error *err)
{
	ib_autofree char *resolved = NULL;
	char *folder = ib_strf("%s/temporary/run-XXXXXX", ib_store_root(work->store));

	if (!mkdtemp(folder)) {
		ib_free(folder);
		return ib_fail_errno(err, errno, "could not make a folder in the store '%s'",
				     ib_store_root(work->store));
	}
	/* mounts want names without links in them */
	resolved = realpath(folder, NULL);
	if (resolved) {
		ib_free(folder);
		folder = ib_strdup(resolved);
	}
	*ret_folder = folder;
	return 0;
}

static int make_inside(const char *folder, const char *name, const char **ret_path,
		       struct ib_arena *arena, struct ib_error *err)
{
	*ret_path = ib_arena_strf(arena, "%s/%s", folder, name);
	if (mkdir(*ret_path, 0755) < 0)
		return ib_fail_errno(err, errno, "could not make folder '%s'", *ret_path);
	return 0;
}

/* ---- the root ---- */

static int fill_tree(struct ib_work *work, struct ib_tree *tree, struct ib_error *err)
{
	struct ib_tree_filter filter = ib_work_root_filter(work);
	const struct ib_recipe *recipe = work->recipe;
	size_t i = 0;

	IB_TRY(ib_work_prepare_tree(work, &work->root, tree, err));
	for (i = 0; i < work->root.count; i++)
		IB_TRY(ib_tree_add_package(tree, (uint32_t)i, work->root.members[i]->package,
					   &filter, err));
	for (i = 0; i < recipe->overlay_count; i++) {
		uint8_t sha256[IB_SHA256_SIZE];

		IB_TRY(ib_tree_add_overlay(tree, recipe->overlays[i].name,
					   recipe->overlays[i].folder, recipe->overlays[i].table,
					   sha256, err));
	}
	for (i = 0; i < work->root.count; i++)
		IB_TRY(ib_work_learn(work, work->root.members[i], err));
	return 0;
}

/* The root as a build makes it, without what is only for the image: labels, databases. */
static int unfold_root(struct ib_work *work, const char *folder, struct ib_error *err)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(work->lock->build_time);
	IB_AUTO(ib_state_accounts) accounts = NULL;
	struct ib_state_plan plan;
	struct ib_accounts lookup;

	IB_TRY(fill_tree(work, tree, err));
	ib_work_plan_state(work, &work->root, &plan);
	IB_TRY(ib_state_apply(tree, &plan, &accounts, err));
	lookup = ib_state_accounts_lookup(accounts);
	IB_TRY(ib_tree_resolve_owners(tree, &lookup, err));
	ib_tree_finish(tree);
	return ib_unfold(tree, ib_rpm_source_content(work->root.source), folder, err);
}

/* ---- running ---- */

struct run {
	struct ib_work *work;
	const char *folder;
	const char **layers; /* the topmost first: room for all that may come */
	size_t layer_count;
	size_t most;
};

static bool is_run(const struct ib_lock_scriptlet *scriptlet)
{
	return ib_str_equal(scriptlet->decision, "run");
}

static int store_effects(struct ib_work *work, const struct ib_buffer *effects, char sha256[65],
			 struct ib_error *err)
{
	IB_AUTO(ib_store_file) file = NULL;

	IB_TRY(ib_store_begin(work->store, NULL, &file, err));
	IB_TRY(ib_fd_write(ib_store_file_fd(file), effects->data, effects->size, UINT64_MAX,
			   ib_store_file_path(file), err));
	return ib_store_commit(file, IB_STORE_METADATA, NULL, sha256, err);
}

static int run_one(struct run *run, const struct ib_opened *opened,
		   const struct ib_scriptlet *scriptlet, struct ib_lock_scriptlet *line,
		   struct ib_error *err)
{
	struct ib_arena *arena = run->work->arena;
	IB_AUTO_BUFFER(effects, IB_EFFECTS_MAX * 2);
	struct ib_sandbox sandbox = {
		.layers = run->layers + (run->most - run->layer_count),
		.layer_count = run->layer_count,
		.scriptlet = scriptlet,
		.name = ib_arena_strf(arena, "package '%s' %%%s", opened->line->nevra, line->kind),
		.seconds = SECONDS_MAX,
		.memory_bytes = MEMORY_MAX,
		.file_bytes = FILE_MAX,
	};
	const char *name = ib_arena_strf(arena, "layer%zu", run->layer_count);
	const char *upper = NULL;
	char sha256[65];

	ib_step(run->work->session->log, "running %s in a sandbox", sandbox.name);
	if (scriptlet->kind == IB_SCRIPTLET_PRETRANS)
		return ib_fail(err, IB_INPUT,
			       "%s cannot be run: it expects a root in which nothing is yet",
			       sandbox.name);
	IB_TRY(make_inside(run->folder, name, &sandbox.scratch, arena, err));
	IB_TRY(ib_sandbox_run(&sandbox, err));
	upper = ib_arena_strf(arena, "%s/upper", sandbox.scratch);
	IB_TRY(ib_effects_record(upper, sandbox.name, &effects, err));
	IB_TRY(store_effects(run->work, &effects, sha256, err));
	line->effects = ib_arena_strdup(arena, sha256);
	run->layer_count++;
	run->layers[run->most - run->layer_count] = upper;
	return 0;
}

/* The scriptlet that a line of the lock means. */
static const struct ib_scriptlet *scriptlet_of(const struct ib_opened *opened,
					       const struct ib_lock_scriptlet *line)
{
	size_t i = 0;

	for (i = 0; i < opened->package->scriptlet_count; i++) {
		const struct ib_scriptlet *scriptlet = &opened->package->scriptlets[i];

		if (!strcmp(scriptlet->digest, line->digest) &&
		    !strcmp(ib_scriptlet_kind_name(scriptlet->kind), line->kind))
			return scriptlet;
	}
	return NULL;
}

static int run_package(struct run *run, const struct ib_opened *opened,
		       struct ib_lock_package *line, struct ib_error *err)
{
	struct ib_lock_scriptlet *scriptlets = ib_arena_memdup(
		run->work->arena, line->scriptlets, line->scriptlet_count * sizeof(*scriptlets));
	size_t i = 0;

	for (i = 0; i < line->scriptlet_count; i++) {
		const struct ib_scriptlet *scriptlet = scriptlet_of(opened, &scriptlets[i]);

		if (scriptlet && is_run(&scriptlets[i]))
			IB_TRY(run_one(run, opened, scriptlet, &scriptlets[i], err));
	}
	line->scriptlets = scriptlets;
	return 0;
}

static size_t count_runs(const struct ib_lock *lock)
{
	size_t count = 0;
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < lock->package_count; i++)
		for (n = 0; n < lock->packages[i].scriptlet_count; n++)
			count += is_run(&lock->packages[i].scriptlets[n]);
	return count;
}

static int run_all(struct run *run, struct ib_lock_package *lines, struct ib_error *err)
{
	struct ib_work *work = run->work;
	const char *root = NULL;
	size_t i = 0;

	IB_TRY(make_inside(run->folder, "root", &root, work->arena, err));
	IB_TRY(unfold_root(work, root, err));
	run->layers[run->most - 1] = root;
	run->layer_count = 1;
	for (i = 0; i < work->lock->package_count; i++) {
		if (lines[i].initrd && !lines[i].root)
			continue; /* the initrd is made of files alone */
		IB_TRY(run_package(run, &work->opened[i], &lines[i], err));
	}
	return 0;
}

int ib_work_run_scriptlets(struct ib_work *work, struct ib_lock *lock,
			   struct ib_lock_package *lines, struct ib_error *err)
{
	__attribute__((cleanup(remove_folder))) char *folder = NULL;
	size_t runs = count_runs(lock);
	struct run run = { .work = work, .most = runs + 1 };

	if (!runs)
		return 0;
	run.layers = ib_arena_alloc(work->arena, run.most * sizeof(*run.layers));
	/* the work looks at it until it is done, and the caller may not keep it so long */
	work->lock = ib_arena_memdup(work->arena, lock, sizeof(*lock));
	IB_TRY(ib_work_open_packages(work, err));
	IB_TRY(make_folder(work, &folder, err));
	run.folder = folder;
	return run_all(&run, lines, err);
}

/* ---- replaying ---- */

static int read_effects(struct ib_work *work, const char *package,
			const struct ib_lock_scriptlet *line, struct ib_buffer *out,
			struct ib_error *err)
{
	ib_autofree char *path = ib_store_path(work->store, IB_STORE_METADATA, line->effects);
	char sha256[65];

	if (!ib_store_has(work->store, IB_STORE_METADATA, line->effects)) {
		(void)ib_fail(err, IB_MISSING,
			      "what package '%s' %%%s did in the sandbox (sha256 %s) is not in the "
			      "store",
			      package, line->kind, line->effects);
		ib_error_hint(err, "Run 'imagebuild lock' with this store, where sandboxes are "
				   "allowed, or use the store with which the lock was made.");
		return -IB_MISSING;
	}
	IB_TRY(ib_file_read(path, out, err));
	ib_sha256_hex(out->data, out->size, sha256);
	if (strcmp(sha256, line->effects) != 0)
		return ib_fail(err, IB_TRUST, "the store's '%s' has the SHA-256 %s", path, sha256);
	return 0;
}

int ib_work_replay_scriptlets(struct ib_work *work, struct ib_tree *tree, struct ib_error *err)
{
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < work->root.count; i++) {
		const struct ib_lock_package *line = work->root.members[i]->line;

		for (n = 0; n < line->scriptlet_count; n++) {
			IB_AUTO_BUFFER(effects, IB_EFFECTS_MAX * 2);
			const char *origin = NULL;

			if (!is_run(&line->scriptlets[n]))
				continue;
			origin = ib_arena_strf(work->arena, "%%%s of %s", line->scriptlets[n].kind,
					       line->nevra);
			IB_TRY(read_effects(work, line->nevra, &line->scriptlets[n], &effects,
					    err));
			IB_TRY(ib_effects_replay(effects.data, effects.size, origin, tree, err));
		}
	}
	return 0;
}
