/* SPDX-License-Identifier: Apache-2.0 */
/* From a recipe to its lock: resolve, fetch, examine, judge, write down. */
#include <stdlib.h>
#include <string.h>

#include "build/accounts.h"
#include "build/import.h"
#include "build/known.h"
#include "build/metadata.h"
#include "build/scriptlets.h"
#include "build/update.h"
#include "state/state.h"

#define MAX_UNDECIDED_SHOWN 20

static int check_keys_now(struct ib_work *work, int64_t now, struct ib_error *err)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < work->recipe->repository_count; i++) {
		const struct ib_recipe_repository *repository = &work->recipe->repositories[i];
		IB_AUTO_STRINGS(allowed);

		for (j = 0; j < repository->key_count; j++)
			if (repository->keys[j].allow_expired)
				ib_strings_add(&allowed, repository->keys[j].fingerprint);
		if (ib_keyring_check_now(work->keyrings[i], now, &allowed, err) < 0)
			return ib_error_prefix(err, "repository '%s'", repository->id);
	}
	return 0;
}

static int check_choice(const struct ib_resolved_package *chosen, struct ib_error *err)
{
	if (!ib_str_equal(chosen->checksum_kind, "sha256") || !ib_hex_is(chosen->checksum, 64))
		return ib_fail(
			err, IB_TRUST,
			"repository '%s' gives package '%s' no SHA-256 but '%s': too weak to pin it by",
			chosen->repository, chosen->nevra, chosen->checksum_kind);
	if (chosen->base)
		return ib_fail(err, IB_INPUT,
			       "repository '%s' says that package '%s' lies elsewhere ('%s')",
			       chosen->repository, chosen->nevra, chosen->base);
	if (!ib_path_is_inside(chosen->location))
		return ib_fail(err, IB_TRUST, "repository '%s': location '%s' leads out of it",
			       chosen->repository, chosen->location);
	return 0;
}

static int fetch_chosen(struct ib_work *work, const struct ib_resolution *resolution,
			struct ib_error *err)
{
	struct ib_wanted *wanted =
		ib_arena_alloc(work->arena, resolution->package_count * sizeof(*wanted));
	size_t i = 0;

	for (i = 0; i < resolution->package_count; i++) {
		const struct ib_resolved_package *chosen = &resolution->packages[i];

		IB_TRY(check_choice(chosen, err));
		wanted[i] = (struct ib_wanted){ chosen->nevra, chosen->repository, chosen->location,
						chosen->checksum, chosen->size };
	}
	return ib_work_fetch(work, wanted, resolution->package_count, err);
}

/* What was seen of packages; what is undecided of them is told in one message at the end. */
struct examined {
	struct ib_strings lines;            /* undecided scriptlets: for people */
	struct ib_strings rows;             /* and for the recipe */
	const struct ib_package **packages; /* all that were examined, in order */
	size_t package_count;
	int64_t build_time; /* the newest */
};

/* What the recipe says of it, or NULL. */
static const struct ib_recipe_scriptlet *decision_on(const struct ib_recipe *recipe,
						     const char *digest)
{
	size_t i = 0;

	for (i = 0; i < recipe->scriptlet_count; i++)
		if (ib_str_equal(recipe->scriptlets[i].digest, digest))
			return &recipe->scriptlets[i];
	return NULL;
}

static void judge(struct ib_work *work, const struct ib_package *package, size_t i,
		  struct ib_lock_scriptlet *line, struct examined *examined)
{
	const struct ib_scriptlet *scriptlet = &package->scriptlets[i];
	const struct ib_recipe_scriptlet *decided = decision_on(work->recipe, scriptlet->digest);
	struct ib_verdict verdict = { 0 };

	line->kind = ib_scriptlet_kind_name(scriptlet->kind);
	line->digest = ib_arena_strdup(work->arena, scriptlet->digest);
	if (decided) {
		line->decision = decided->run ? "run" : "skip";
		line->reason =
			ib_arena_strdup(work->arena, decided->run ? decided->run : decided->skip);
		return;
	}
	ib_ledger_judge(package, scriptlet, work->arena, &verdict);
	if (verdict.covered) {
		line->decision = ib_arena_strf(work->arena, "native %s", verdict.families);
		return;
	}
	line->decision = "undecided";
	ib_strings_addf(&examined->lines, "package '%s' %%%s: not understood: %s", package->nevra,
			line->kind, verdict.not_covered);
	ib_strings_addf(&examined->rows, "  - {digest: %s, skip: \"why %s needs no %%%s\"}",
			line->digest, package->name, line->kind);
}

static int report_undecided(struct ib_work *work, struct examined *examined, struct ib_error *err)
{
	ib_autofree char *rows = NULL;
	size_t i = 0;

	if (!examined->lines.count)
		return 0;
	for (i = 0; i < IB_MIN(examined->lines.count, MAX_UNDECIDED_SHOWN); i++)
		ib_warn(work->session->log, "%s", examined->lines.items[i]);
	rows = ib_strings_join(&examined->rows, "\n");
	(void)ib_fail(
		err, IB_INPUT,
		"%zu scriptlets are covered by no family and decided by nobody; the first: %s",
		examined->lines.count, examined->lines.items[0]);
	ib_error_hint(err,
		      "Look at them, and put into the recipe what you decide ('run' instead of "
		      "'skip' runs one in a sandbox):\nscriptlets:\n%s",
		      rows);
	return -IB_INPUT;
}

static struct ib_lock_why why_of(struct ib_work *work, const struct ib_resolution *resolution,
				 bool is_there, const struct ib_resolved_why *why)
{
	static const enum ib_lock_reason reasons[] = {
		[IB_RESOLVE_WISHED] = IB_LOCK_WISHED,
		[IB_RESOLVE_REQUIRED] = IB_LOCK_REQUIRED,
		[IB_RESOLVE_RECOMMENDED] = IB_LOCK_RECOMMENDED,
		[IB_RESOLVE_SUPPLEMENTS] = IB_LOCK_SUPPLEMENTS,
	};
	struct ib_lock_why locked = { .reason = IB_LOCK_ABSENT };

	if (!is_there)
		return locked;
	locked.reason = reasons[why->reason];
	locked.dependency = ib_arena_strdup(work->arena, why->dependency);
	if (why->parent != SIZE_MAX)
		locked.package =
			ib_arena_strdup(work->arena, resolution->packages[why->parent].nevra);
	return locked;
}

/* Why it is there, and what it wants of others. */
static void explain(struct ib_work *work, const struct ib_resolution *resolution,
		    const struct ib_resolved_package *chosen, struct ib_lock_package *line)
{
	struct ib_lock_edge *edges =
		ib_arena_alloc(work->arena, (chosen->edge_count + 1) * sizeof(*edges));
	size_t i = 0;

	line->root_why = why_of(work, resolution, chosen->root, &chosen->root_why);
	line->initrd_why = why_of(work, resolution, chosen->initrd, &chosen->initrd_why);
	for (i = 0; i < chosen->edge_count; i++) {
		const struct ib_resolved_edge *edge = &chosen->edges[i];

		edges[i] = (struct ib_lock_edge){
			ib_arena_strdup(work->arena, resolution->packages[edge->package].nevra),
			ib_arena_strdup(work->arena, edge->dependency), edge->recommended
		};
	}
	line->edges = edges;
	line->edge_count = chosen->edge_count;
}

static int examine(struct ib_work *work, const struct ib_resolved_package *chosen, char (*keys)[65],
		   struct ib_lock_package *line, struct examined *examined, struct ib_error *err)
{
	struct ib_known_request request = { .nevra = chosen->nevra, .sha256 = chosen->checksum };
	const struct ib_package *package = NULL;
	struct ib_lock_scriptlet *scriptlets = NULL;
	size_t i = 0;

	if (!ib_work_repository(work, chosen->repository, &request.repository))
		return ib_fail(err, IB_INPUT, "the recipe lacks repository '%s'",
			       chosen->repository);
	request.keys = keys[request.repository];
	IB_TRY(ib_work_know_package(work, &request, &package, err));
	if (!ib_str_equal(package->nevra, chosen->nevra))
		return ib_fail(err, IB_TRUST,
			       "package '%s' of repository '%s' is '%s' by its header",
			       chosen->nevra, chosen->repository, package->nevra);
	examined->packages[examined->package_count++] = package;
	scriptlets = ib_arena_alloc(work->arena, package->scriptlet_count * sizeof(*scriptlets));
	for (i = 0; i < package->scriptlet_count; i++)
		judge(work, package, i, &scriptlets[i], examined);
	*line = (struct ib_lock_package){ .nevra = package->nevra,
					  .name = package->name,
					  .arch = package->arch,
					  .sha256 = ib_arena_strdup(work->arena, chosen->checksum),
					  .size = chosen->size,
					  .repository =
						  ib_arena_strdup(work->arena, chosen->repository),
					  .location =
						  ib_arena_strdup(work->arena, chosen->location),
					  .source_rpm = package->source_rpm,
					  .signer = package->signer,
					  .header_sha256 = package->header_sha256,
					  .root = chosen->root,
					  .initrd = chosen->initrd,
					  .scriptlets = scriptlets,
					  .scriptlet_count = package->scriptlet_count };
	examined->build_time = IB_MAX(examined->build_time, package->build_time);
	return 0;
}

static int compare_repositories(const void *a, const void *b)
{
	return strcmp(((const struct ib_lock_repository *)a)->id,
		      ((const struct ib_lock_repository *)b)->id);
}

/* The lock's text is made from what lies in the work's arena, and the lock is read back from it. */
static int assemble(struct ib_work *work, const struct ib_resolution *resolution,
		    struct ib_metadata *metadata, const struct ib_lock *previous,
		    struct ib_lock **ret_lock, struct ib_error *err)
{
	struct ib_lock_package *lines =
		ib_arena_alloc(work->arena, resolution->package_count * sizeof(*lines));
	struct ib_lock lock = { .architecture = work->recipe->architecture,
				.repositories = metadata->locked,
				.repository_count = metadata->count,
				.packages = lines,
				.package_count = resolution->package_count };
	struct examined examined = { 0 };
	char(*keys)[65] =
		ib_arena_alloc(work->arena, work->recipe->repository_count * sizeof(*keys));
	ib_autofree char *text = NULL;
	int r = 0;
	size_t i = 0;

	for (i = 0; i < work->recipe->repository_count; i++)
		IB_TRY(ib_work_keys_digest(&work->recipe->repositories[i], keys[i], err));
	examined.packages = ib_arena_alloc(work->arena, resolution->package_count * sizeof(void *));
	qsort(metadata->locked, metadata->count, sizeof(*metadata->locked), compare_repositories);
	for (i = 0; i < resolution->package_count && r == 0; i++) {
		ib_progress(work->session->log, "examining", i, resolution->package_count,
			    "packages");
		r = examine(work, &resolution->packages[i], keys, &lines[i], &examined, err);
		explain(work, resolution, &resolution->packages[i], &lines[i]);
	}
	lock.build_time = examined.build_time;
	if (r == 0)
		r = report_undecided(work, &examined, err);
	ib_strings_done(&examined.lines);
	ib_strings_done(&examined.rows);
	IB_TRY(r);
	IB_TRY(ib_work_assign_accounts(work, &lock, examined.packages, previous, &lock.accounts,
				       err));
	IB_TRY(ib_work_run_scriptlets(work, &lock, lines, err));
	ib_recipe_wishes(work->recipe, &lock.wishes);
	text = ib_lock_text(&lock);
	ib_strings_done(&lock.wishes);
	ib_strings_done(&lock.accounts);
	return ib_lock_parse(text, "the new lock", ret_lock, err);
}

/* What the previous lock says for the architecture of this work; or NULL. */
static const struct ib_lock *previous_part(const struct ib_work *work,
					   const struct ib_lock_request *request)
{
	return request->previous ? ib_locks_find(request->previous, work->recipe->architecture)
				 : NULL;
}

/* What the recipe names must be at hand before anything is fetched for it. */
static int open_store_and_keyrings(struct ib_work *work, struct ib_error *err)
{
	IB_TRY(ib_recipe_check_files(work->recipe, IB_RECIPE_FILES_KEYS, err));
	IB_TRY(ib_work_open_store(work, err));
	return ib_work_open_keyrings(work, err);
}

/* Solves with what must stay as it is and what a foreign file pins, and looks whether both held. */
static int choose(struct ib_work *work, const struct ib_lock *previous,
		  const struct ib_lock_request *request, struct ib_metadata *metadata,
		  struct ib_resolution **ret_resolution, struct ib_error *err)
{
	IB_AUTO(ib_resolution) resolution = NULL;
	struct ib_update_plan plan = { 0 };
	struct ib_import import = { 0 };

	IB_TRY(ib_work_plan_update(work, previous, request, metadata, &plan, err));
	if (request->import)
		IB_TRY(ib_work_plan_import(work, request->import, metadata, &plan.keeping, &import,
					   err));
	IB_TRY(ib_work_resolve_keeping(work, metadata, &plan.keeping, &resolution, err));
	IB_TRY(ib_work_check_update(work, previous, request, &plan, resolution, err));
	if (request->import)
		IB_TRY(ib_work_check_import(&import, resolution, err));
	*ret_resolution = ib_take(resolution);
	return 0;
}

static int lock_with(struct ib_work *work, const struct ib_lock_request *request,
		     struct ib_lock **ret_lock, struct ib_error *err)
{
	const struct ib_lock *previous = previous_part(work, request);
	IB_AUTO(ib_resolution) resolution = NULL;
	struct ib_metadata metadata = { 0 };

	IB_TRY(open_store_and_keyrings(work, err));
	IB_TRY(check_keys_now(work, request->now, err));
	IB_TRY(ib_work_open_metadata(work, previous, &metadata, err));
	IB_TRY(ib_work_bring_advisories(work, &metadata, err));
	IB_TRY(choose(work, previous, request, &metadata, &resolution, err));
	IB_TRY(fetch_chosen(work, resolution, err));
	return assemble(work, resolution, &metadata, previous, ret_lock, err);
}

static int lock_part(const struct ib_session *session, const struct ib_lock_request *request,
		     const char *architecture, struct ib_locks *locks, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_lock) lock = NULL;
	struct ib_work work = { .session = session, .arena = ib_arena_new(), .use_derived = true };
	int r = ib_recipe_read_for(request->recipe, architecture, &recipe, err);

	work.recipe = recipe;
	if (r == 0)
		r = lock_with(&work, request, &lock, err);
	ib_work_done(&work);
	IB_TRY(r);
	ib_locks_put(locks, ib_take(lock));
	return 0;
}

/* A part that is not made now and still belongs to the recipe stays as it is. */
static int keep_part(const struct ib_lock_request *request, const char *architecture,
		     struct ib_locks *locks, struct ib_error *err)
{
	const struct ib_lock *previous =
		request->previous ? ib_locks_find(request->previous, architecture) : NULL;
	ib_autofree char *text = NULL;
	struct ib_lock *copy = NULL;

	if (!previous)
		return 0;
	text = ib_lock_text(previous);
	IB_TRY(ib_lock_parse(text, "the lock", &copy, err));
	ib_locks_put(locks, copy);
	return 0;
}

int ib_build_locks(const struct ib_session *session, const struct ib_lock_request *request,
		   struct ib_locks **ret_locks, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_locks) locks = ib_locks_new();
	size_t i = 0;

	IB_TRY(ib_recipe_read_for(request->recipe, request->architecture, &recipe, err));
	IB_TRY(ib_update_check_names(request, recipe, err));
	for (i = 0; i < recipe->architectures.count; i++) {
		const char *architecture = recipe->architectures.items[i];
		bool wanted =
			!request->architecture || ib_str_equal(architecture, request->architecture);
		int r = wanted ? lock_part(session, request, architecture, locks, err)
			       : keep_part(request, architecture, locks, err);

		if (r < 0 && recipe->architectures.count > 1)
			return ib_error_prefix(err, "for %s", architecture);
		IB_TRY(r);
	}
	IB_TRY(ib_locks_check_sources(locks, "the new lock", err));
	*ret_locks = ib_take(locks);
	return 0;
}

static void compare_metadata(const struct ib_metadata *metadata, const struct ib_lock *lock,
			     struct ib_strings *changes)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < metadata->count; i++)
		for (j = 0; j < lock->repository_count; j++)
			if (ib_str_equal(metadata->locked[i].id, lock->repositories[j].id) &&
			    !ib_str_equal(metadata->locked[i].repomd_sha256,
					  lock->repositories[j].repomd_sha256))
				ib_strings_addf(
					changes,
					"repository '%s' has changed (repomd.xml is now %s)",
					lock->repositories[j].id,
					metadata->locked[i].repomd_sha256);
}

static void compare_packages(const struct ib_resolution *resolution, const struct ib_lock *lock,
			     struct ib_strings *changes)
{
	IB_AUTO(ib_map) locked = ib_map_new();
	IB_AUTO(ib_map) chosen = ib_map_new();
	size_t i = 0;

	for (i = 0; i < lock->package_count; i++) {
		ib_autofree char *sha256 = ib_strdup(lock->packages[i].sha256);

		ib_map_set(locked, sha256, changes);
	}
	for (i = 0; i < resolution->package_count; i++) {
		ib_map_set(chosen, resolution->packages[i].checksum, changes);
		if (!ib_map_has(locked, resolution->packages[i].checksum))
			ib_strings_addf(changes, "package '%s' would come in",
					resolution->packages[i].nevra);
	}
	for (i = 0; i < lock->package_count; i++)
		if (!ib_map_has(chosen, lock->packages[i].sha256))
			ib_strings_addf(changes, "package '%s' would go", lock->packages[i].nevra);
}

static int check_with(struct ib_work *work, struct ib_strings *changes, struct ib_error *err)
{
	IB_AUTO(ib_resolution) resolution = NULL;
	IB_AUTO_STRINGS(wishes);
	struct ib_metadata metadata = { 0 };
	struct ib_update_plan plan = { 0 };

	IB_TRY(open_store_and_keyrings(work, err));
	IB_TRY(ib_work_open_metadata(work, work->lock, &metadata, err));
	IB_TRY(ib_work_plan_update(work, work->lock, NULL, &metadata, &plan, err));
	IB_TRY(ib_work_resolve_keeping(work, &metadata, &plan.keeping, &resolution, err));
	IB_TRY(ib_work_check_update(work, work->lock, NULL, &plan, resolution, err));
	ib_recipe_wishes(work->recipe, &wishes);
	ib_lock_changes(work->lock, &wishes, changes);
	compare_metadata(&metadata, work->lock, changes);
	compare_packages(resolution, work->lock, changes);
	return 0;
}

int ib_build_check_lock(const struct ib_session *session, const struct ib_recipe *recipe,
			const struct ib_lock *lock, struct ib_strings *ret_changes,
			struct ib_error *err)
{
	struct ib_work work = {
		.session = session, .recipe = recipe, .lock = lock, .arena = ib_arena_new()
	};
	int r = check_with(&work, ret_changes, err);

	ib_work_done(&work);
	return r;
}
