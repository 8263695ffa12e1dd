/* SPDX-License-Identifier: Apache-2.0 */
#include "build/update.h"

#include <fnmatch.h>
#include <string.h>

#define BACK_SHOWN 5

/* ---- what the recipe says of a package ----------------------------------- */

static const struct ib_recipe_hold *hold_of(const struct ib_recipe *recipe, const char *name)
{
	size_t i = 0;

	for (i = 0; i < recipe->hold_count; i++)
		if (ib_str_equal(recipe->holds[i].package, name))
			return &recipe->holds[i];
	return NULL;
}

/* Whether a pin or a fast-track says at which version the package is. */
static bool is_pinned(const struct ib_recipe *recipe, const char *name)
{
	size_t i = 0;

	for (i = 0; i < recipe->pin_count; i++)
		if (ib_str_equal(recipe->pins[i].package, name))
			return true;
	for (i = 0; i < recipe->fast_track_count; i++)
		if (ib_str_equal(recipe->fast_tracks[i].package, name))
			return true;
	return false;
}

/* ---- what moves ---------------------------------------------------------- */

struct planner {
	struct ib_work *work;
	const struct ib_lock *previous; /* never NULL */
	const struct ib_lock_request *request;
	struct ib_update_plan *plan;
	bool *moves; /* by the lock's order of packages; owned */
};

static int refuse_held(const struct planner *planner, const char *name, struct ib_error *err)
{
	const struct ib_recipe_hold *hold = hold_of(planner->work->recipe, name);

	if (!hold)
		return 0;
	(void)ib_fail(err, IB_INPUT, "package '%s' is held at %s:%u:%u: %s", name, hold->mark.file,
		      hold->mark.line, hold->mark.column, hold->reason);
	ib_error_hint(err, "Take the hold out of the recipe to let it move.");
	return -IB_INPUT;
}

/* A plain name that is held is refused; a pattern passes by what is held. */
static int mark_named(struct planner *planner, struct ib_error *err)
{
	const struct ib_lock_request *request = planner->request;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < request->name_count; i++) {
		IB_TRY(refuse_held(planner, request->names[i], err));
		for (j = 0; j < planner->previous->package_count; j++)
			if (!fnmatch(request->names[i], planner->previous->packages[j].name, 0))
				planner->moves[j] = true;
	}
	return 0;
}

static const char *evr_of(struct ib_arena *arena, const struct ib_lock_package *line)
{
	return ib_lock_version_of(arena, line);
}

/* The security advisories that are open for this line, in words; or NULL. */
static char *open_advisories(const struct ib_work *work, const struct ib_advisories *advisories,
			     const struct ib_lock_package *line)
{
	const struct ib_advisory_move move = { .name = line->name,
					       .arch = line->arch,
					       .have = evr_of(work->arena, line) };
	ib_autofree const struct ib_advisory **found = NULL;
	size_t count = ib_advisories_find(advisories, &move, &found);
	IB_AUTO_STRINGS(ids);
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (ib_advisory_is_security(found[i]))
			ib_strings_add(&ids, found[i]->id);
	return ids.count ? ib_strings_join(&ids, ", ") : NULL;
}

static int mark_advised(struct planner *planner, const struct ib_metadata *metadata,
			struct ib_error *err)
{
	struct ib_work *work = planner->work;
	IB_AUTO(ib_advisories) advisories = NULL;
	size_t i = 0;

	IB_TRY(ib_work_advisories(work, metadata, &advisories, err));
	for (i = 0; i < planner->previous->package_count; i++) {
		const struct ib_lock_package *line = &planner->previous->packages[i];
		const struct ib_recipe_hold *hold = hold_of(work->recipe, line->name);
		ib_autofree char *ids = open_advisories(work, advisories, line);

		if (ids && hold)
			ib_warn(work->session->log, "package '%s' is held (%s), so %s stays open",
				line->nevra, hold->reason, ids);
		planner->moves[i] = ids != NULL;
	}
	return 0;
}

static int mark_moves(struct planner *planner, const struct ib_metadata *metadata,
		      struct ib_error *err)
{
	size_t i = 0;

	switch (planner->request ? planner->request->moves : IB_LOCK_MOVES_ALL) {
	case IB_LOCK_MOVES_ALL:
		for (i = 0; i < planner->previous->package_count; i++)
			planner->moves[i] = true;
		return 0;
	case IB_LOCK_MOVES_NAMED:
		return mark_named(planner, err);
	case IB_LOCK_MOVES_SECURITY:
		return mark_advised(planner, metadata, err);
	case IB_LOCK_MOVES_NOTHING:
		return 0;
	}
	return 0;
}

/* ---- what stays ---------------------------------------------------------- */

/* The header from the store; NULL when the store lacks the package, or the recipe its repository. */
static int open_header(struct ib_work *work, const struct ib_lock_package *line,
		       const struct ib_package **ret_package, struct ib_error *err)
{
	ib_autofree char *path = ib_store_path(work->store, IB_STORE_RPM, line->sha256);
	struct ib_rpm_request request = { .path = path,
					  .name = line->nevra,
					  .sha256 = line->sha256,
					  .depth = IB_RPM_HEADER,
					  .arena = work->arena };
	IB_AUTO(ib_rpm) rpm = NULL;
	size_t number = 0;

	if (!ib_work_repository(work, line->repository, &number) ||
	    !ib_store_has(work->store, IB_STORE_RPM, line->sha256))
		return 0;
	request.keyring = work->keyrings[number];
	IB_TRY(ib_rpm_open(&request, &rpm, err));
	if (!ib_str_equal(ib_rpm_package(rpm)->header_sha256, line->header_sha256))
		return ib_fail(err, IB_TRUST,
			       "the store's package '%s' has another header than the lock says",
			       line->nevra);
	*ret_package = ib_rpm_package(rpm);
	return 0;
}

static int keep(struct planner *planner, const struct ib_lock_package *line, struct ib_error *err)
{
	struct ib_update_plan *plan = planner->plan;
	struct ib_resolve_kept *kept = &plan->keep[plan->keep_count];

	*kept = (struct ib_resolve_kept){ .nevra = line->nevra,
					  .sha256 = line->sha256,
					  .repository = line->repository,
					  .location = line->location,
					  .size = line->size,
					  .root = line->root,
					  .initrd = line->initrd };
	IB_TRY(open_header(planner->work, line, &kept->package, err));
	plan->kept_lines[plan->keep_count++] = line;
	return 0;
}

static void move(struct ib_update_plan *plan, const char *name)
{
	size_t i = 0;

	for (i = 0; i < plan->move_count; i++)
		if (ib_str_equal(plan->move[i], name))
			return;
	plan->move[plan->move_count++] = name;
}

static void add_pin(struct planner *planner, const char *what, const char *repository,
		    const char *reason)
{
	struct ib_update_plan *plan = planner->plan;

	plan->pins[plan->pin_count++] =
		(struct ib_resolve_pin){ .what = what, .repository = repository, .reason = reason };
}

/* A hold is stronger than keeping: nothing may force the package to move. */
static void hold(struct planner *planner, const struct ib_lock_package *line,
		 const struct ib_recipe_hold *recipe)
{
	struct ib_work *work = planner->work;
	const char *what =
		ib_arena_strf(work->arena, "%s = %s", line->name, evr_of(work->arena, line));
	size_t i = 0;

	for (i = 0; i < planner->plan->pin_count; i++)
		if (ib_str_equal(planner->plan->pins[i].what, what))
			return; /* of two architectures */
	add_pin(planner, what, NULL, ib_arena_strf(work->arena, "held: %s", recipe->reason));
}

static int settle(struct planner *planner, size_t i, struct ib_error *err)
{
	const struct ib_lock_package *line = &planner->previous->packages[i];
	const struct ib_recipe_hold *held = hold_of(planner->work->recipe, line->name);
	bool pinned = is_pinned(planner->work->recipe, line->name);
	bool all = !planner->request || planner->request->moves == IB_LOCK_MOVES_ALL;

	if (held)
		hold(planner, line, held);
	/* What is pinned stays for the case that the pin says so and no repository has it. */
	if (!planner->moves[i] || held || pinned)
		IB_TRY(keep(planner, line, err));
	if (planner->moves[i] && !held && (pinned || !all))
		move(planner->plan, line->name);
	return 0;
}

static int plan_lines(struct planner *planner, const struct ib_metadata *metadata,
		      struct ib_error *err)
{
	size_t i = 0;

	IB_TRY(mark_moves(planner, metadata, err));
	for (i = 0; i < planner->previous->package_count; i++)
		IB_TRY(settle(planner, i, err));
	return 0;
}

static void plan_pins(struct planner *planner)
{
	const struct ib_recipe *recipe = planner->work->recipe;
	struct ib_arena *arena = planner->work->arena;
	size_t i = 0;

	for (i = 0; i < recipe->pin_count; i++)
		add_pin(planner,
			ib_arena_strf(arena, "%s = %s", recipe->pins[i].package,
				      recipe->pins[i].evr),
			recipe->pins[i].repository,
			ib_arena_strf(arena, "pinned: %s", recipe->pins[i].reason));
}

static void plan_fast_tracks(struct planner *planner)
{
	const struct ib_recipe *recipe = planner->work->recipe;
	struct ib_arena *arena = planner->work->arena;
	struct ib_update_plan *plan = planner->plan;
	size_t i = 0;

	plan->first_fast_track = plan->pin_count;
	for (i = 0; i < recipe->fast_track_count; i++) {
		add_pin(planner,
			ib_arena_strf(arena, "%s = %s", recipe->fast_tracks[i].package,
				      recipe->fast_tracks[i].evr),
			recipe->fast_tracks[i].repository,
			ib_arena_strf(arena, "fast-tracked: %s", recipe->fast_tracks[i].reason));
		plan->pins[plan->pin_count - 1].ends = true;
	}
}

int ib_work_plan_update(struct ib_work *work, const struct ib_lock *previous,
			const struct ib_lock_request *request, const struct ib_metadata *metadata,
			struct ib_update_plan *ret_plan, struct ib_error *err)
{
	static const struct ib_lock nothing = { .package_count = 0 };
	const struct ib_lock *lock = previous ? previous : &nothing;
	size_t lines = lock->package_count;
	struct planner planner = { work, lock, request, ret_plan, NULL };
	ib_autofree bool *moves = ib_alloc_array(lines + 1, sizeof(*moves));

	planner.moves = moves;
	*ret_plan = (struct ib_update_plan){
		.keep = ib_arena_alloc(work->arena, (lines + 1) * sizeof(*ret_plan->keep)),
		.kept_lines = ib_arena_alloc(work->arena, (lines + 1) * sizeof(void *)),
		.move = ib_arena_alloc(work->arena, (lines + 1) * sizeof(char *)),
		.pins = ib_arena_alloc(work->arena, (lines + work->recipe->pin_count +
						     work->recipe->fast_track_count + 1) *
							    sizeof(*ret_plan->pins)),
	};
	plan_pins(&planner);
	plan_fast_tracks(&planner);
	IB_TRY(plan_lines(&planner, metadata, err));
	ret_plan->keeping = (struct ib_keeping){ .keep = ret_plan->keep,
						 .keep_count = ret_plan->keep_count,
						 .move = { ret_plan->move, ret_plan->move_count },
						 .pins = ret_plan->pins,
						 .pin_count = ret_plan->pin_count };
	return 0;
}

/* ---- what came of it ----------------------------------------------------- */

static void tell_ended(struct ib_work *work, const struct ib_update_plan *plan,
		       const struct ib_resolution *resolution)
{
	size_t i = 0;

	for (i = 0; i < resolution->ended_count; i++) {
		const struct ib_resolved_end *end = &resolution->ended[i];
		const struct ib_recipe_fast_track *track =
			&work->recipe->fast_tracks[end->pin - plan->first_fast_track];

		ib_warn(work->session->log,
			"%s:%u:%u: the fast-track of '%s' to %s has been reached (repository '%s' has "
			"'%s') and counts no longer: take it out of the recipe",
			track->mark.file, track->mark.line, track->mark.column, track->package,
			track->evr, end->repository, end->nevra);
	}
}

/* What should have stayed, and is nowhere to be had. */
static void tell_lost(struct ib_work *work, const struct ib_update_plan *plan,
		      const struct ib_resolution *resolution)
{
	IB_AUTO(ib_map) present = ib_map_new();
	size_t i = 0;

	for (i = 0; i < resolution->package_count; i++) {
		ib_map_set(present, resolution->packages[i].checksum, work);
		ib_map_set(present, resolution->packages[i].name, work);
	}
	for (i = 0; i < plan->keep_count; i++)
		if (!plan->keep[i].package && !ib_map_has(present, plan->keep[i].sha256) &&
		    ib_map_has(present, plan->kept_lines[i]->name))
			ib_warn(work->session->log,
				"package '%s' would have stayed, but neither a repository nor the "
				"store has it any more: another version is taken",
				plan->keep[i].nevra);
}

/* The newest line of that name in the lock, of that architecture where there is one. */
static const struct ib_lock_package *newest(const struct ib_lock *lock,
					    const struct ib_resolved_package *package)
{
	const struct ib_lock_package *best = NULL;
	bool exact = false;
	size_t i = 0;

	/* Sorted by name, version, architecture. */
	for (i = 0; i < lock->package_count; i++) {
		const struct ib_lock_package *line = &lock->packages[i];
		bool same = ib_str_equal(line->arch, package->arch);

		if (!ib_str_equal(line->name, package->name) || (exact && !same))
			continue;
		best = line;
		exact = exact || same;
	}
	return best;
}

static void find_back(struct ib_work *work, const struct ib_lock *previous,
		      const struct ib_resolution *resolution, struct ib_strings *back)
{
	size_t i = 0;

	for (i = 0; i < resolution->package_count; i++) {
		const struct ib_resolved_package *package = &resolution->packages[i];
		const struct ib_lock_package *line = newest(previous, package);
		bool epoch = !ib_str_equal(package->epoch, "0");
		ib_autofree char *evr =
			ib_strf("%s%s%s-%s", epoch ? package->epoch : "", epoch ? ":" : "",
				package->version, package->release);

		if (!line || is_pinned(work->recipe, package->name) ||
		    ib_evr_compare(evr, evr_of(work->arena, line)) >= 0)
			continue;
		ib_strings_addf(back, "'%s' from %s to %s (repository '%s')", package->name,
				evr_of(work->arena, line), evr, package->repository);
	}
}

static int refuse_back(struct ib_work *work, const struct ib_lock *previous,
		       const struct ib_resolution *resolution, struct ib_error *err)
{
	IB_AUTO_STRINGS(back);
	IB_AUTO_STRINGS(shown);
	ib_autofree char *text = NULL;
	size_t i = 0;

	find_back(work, previous, resolution, &back);
	if (!back.count)
		return 0;
	for (i = 0; i < back.count && i < BACK_SHOWN; i++)
		ib_strings_add(&shown, back.items[i]);
	if (i < back.count)
		ib_strings_addf(&shown, "and %zu more", back.count - i);
	text = ib_strings_join(&shown, ", ");
	(void)ib_fail(err, IB_INPUT, "%zu package%s would go back: %s", back.count,
		      back.count > 1 ? "s" : "", text);
	ib_error_hint(err, "--allow-downgrade accepts it; a hold in the recipe keeps what the lock "
			   "has, a pin says which version is wanted.");
	return -IB_INPUT;
}

int ib_work_check_update(struct ib_work *work, const struct ib_lock *previous,
			 const struct ib_lock_request *request, const struct ib_update_plan *plan,
			 const struct ib_resolution *resolution, struct ib_error *err)
{
	tell_ended(work, plan, resolution);
	tell_lost(work, plan, resolution);
	if (!previous || !request || !request->refuse_downgrade)
		return 0;
	return refuse_back(work, previous, resolution, err);
}

/* ---- names --------------------------------------------------------------- */

/* Everything that could be meant: what is locked, and what the recipe asks for. */
static void collect_names(const struct ib_lock_request *request, const struct ib_recipe *recipe,
			  struct ib_strings *names)
{
	const struct ib_recipe_list *const lists[] = { &recipe->packages,
						       &recipe->initrd_packages };
	size_t i = 0;
	size_t j = 0;

	for (i = 0; request->previous && i < request->previous->count; i++)
		for (j = 0; j < request->previous->parts[i]->package_count; j++)
			ib_strings_add(names, request->previous->parts[i]->packages[j].name);
	for (i = 0; i < IB_COUNT(lists); i++)
		for (j = 0; j < lists[i]->count; j++)
			ib_strings_add(names, lists[i]->items[j]);
	ib_strings_sort_unique(names);
}

static bool matches_any(const char *pattern, const struct ib_strings *names)
{
	size_t i = 0;

	for (i = 0; i < names->count; i++)
		if (ib_str_equal(pattern, names->items[i]) || !fnmatch(pattern, names->items[i], 0))
			return true;
	return false;
}

int ib_update_check_names(const struct ib_lock_request *request, const struct ib_recipe *recipe,
			  struct ib_error *err)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	collect_names(request, recipe, &names);
	for (i = 0; i < request->name_count; i++) {
		const char *near = NULL;

		if (matches_any(request->names[i], &names))
			continue;
		near = ib_str_nearest(request->names[i], (const char *const *)names.items,
				      names.count);
		(void)ib_fail(err, IB_INPUT,
			      "package '%s' is neither in the lock nor asked for by the recipe",
			      request->names[i]);
		if (near)
			ib_error_hint(err, "Did you mean '%s'?", near);
		else
			ib_error_hint(err, "Name a package as the lock does, without version and "
					   "architecture; '*' and '?' match as in a shell.");
		return -IB_INPUT;
	}
	return 0;
}
