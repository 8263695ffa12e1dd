/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pins - versions that alone count, and repositories that count only where a pin
 * names them.
 *
 * A pin that ends is looked at first: what others than its own repository have,
 * by their order, may have caught up with it.
 */
#include <string.h>

#include "resolve/internal.h"

static const struct ib_resolve_repository *repository_of(const struct ib_resolver *resolver,
							 const Repo *repo)
{
	size_t i = 0;

	for (i = 0; i < resolver->source_count; i++)
		if (ib_str_equal(resolver->sources[i].given->id, repo->name))
			return resolver->sources[i].given;
	return NULL;
}

static bool is_automatic(const struct ib_resolver *resolver, const Repo *repo)
{
	const struct ib_resolve_repository *repository = repository_of(resolver, repo);

	return !repository || !repository->not_automatic;
}

static bool is_kept(const struct ib_resolver *resolver, Id package)
{
	return ib_resolve_is_in(&resolver->kept_root, package) ||
	       ib_resolve_is_in(&resolver->kept_initrd, package);
}

/* What the pin lets through; false when that is nothing. */
static bool select_pinned(const struct ib_resolver *resolver, const struct ib_resolve_pin *pin,
			  Queue *packages)
{
	Pool *pool = resolver->pool;
	int count = 0;
	int i = 0;

	if (!ib_resolve_select_hidden(pool, pin->what, 0, packages))
		return false;
	for (i = 0; i < packages->count; i++) {
		const Repo *repo = pool->solvables[packages->elements[i]].repo;

		/* A kept package that no repository has any more stands for its own. */
		if (pin->repository ? ib_str_equal(repo->name, pin->repository)
				    : is_automatic(resolver, repo))
			packages->elements[count++] = packages->elements[i];
	}
	queue_truncate(packages, count);
	return count > 0;
}

/* ---- pins that end ------------------------------------------------------- */

/* Whether the package may be the one that catches up with the pin. */
static bool may_catch_up(const struct ib_resolver *resolver, const struct ib_resolve_pin *pin,
			 Id package)
{
	Pool *pool = resolver->pool;
	Solvable *s = pool_id2solvable(pool, package);

	return MAPTST(&resolver->considered, package) && !pool_badarch_solvable(pool, s) &&
	       !ib_resolve_is_gone(resolver, package) && is_automatic(resolver, s->repo) &&
	       !ib_str_equal(s->repo->name, pin->repository);
}

/* The repository that has the package, of those that are asked the first by priority; or NULL. */
static const Repo *first_repo(const struct ib_resolver *resolver, const struct ib_resolve_pin *pin,
			      const Queue *packages)
{
	const Repo *first = NULL;
	int i = 0;

	for (i = 0; i < packages->count; i++) {
		const Repo *repo = resolver->pool->solvables[packages->elements[i]].repo;

		if (may_catch_up(resolver, pin, packages->elements[i]) &&
		    (!first || repo->priority > first->priority))
			first = repo;
	}
	return first;
}

/* The newest package that has caught up with the pin; 0: none has. */
static Id find_successor(const struct ib_resolver *resolver, const struct ib_resolve_pin *pin)
{
	Pool *pool = resolver->pool;
	const char *sign = strstr(pin->what, " = ");
	ib_autofree char *name = ib_strndup(pin->what, (size_t)(sign - pin->what));
	ib_autofree char *newer = ib_strf("%s >= %s", name, sign + 3);
	const Repo *first = NULL;
	Queue packages;
	Id best = 0;
	int i = 0;

	queue_init(&packages);
	if (ib_resolve_select_hidden(pool, name, 0, &packages))
		first = first_repo(resolver, pin, &packages);
	ib_resolve_select_hidden(pool, newer, 0, &packages);
	for (i = 0; first && i < packages.count; i++) {
		Id package = packages.elements[i];

		if (may_catch_up(resolver, pin, package) &&
		    pool->solvables[package].repo->priority == first->priority &&
		    (!best || ib_resolve_compare(&package, &best, pool) > 0))
			best = package;
	}
	queue_free(&packages);
	return best;
}

void ib_resolve_tell_ended(const struct ib_resolver *resolver, struct ib_resolution *resolution)
{
	Pool *pool = resolver->pool;
	size_t count = (size_t)resolver->ended.count / 2;
	struct ib_resolved_end *ended =
		ib_arena_alloc(resolution->arena, (count + 1) * sizeof(*ended));
	size_t i = 0;

	for (i = 0; i < count; i++) {
		Id package = resolver->ended.elements[2 * i + 1];

		ended[i] = (struct ib_resolved_end){
			.pin = (size_t)resolver->ended.elements[2 * i],
			.nevra =
				ib_arena_strdup(resolution->arena, ib_resolve_nevra(pool, package)),
			.repository = ib_arena_strdup(resolution->arena,
						      pool->solvables[package].repo->name),
		};
	}
	resolution->ended = ended;
	resolution->ended_count = count;
}

static bool has_ended(const struct ib_resolver *resolver, size_t pin)
{
	int i = 0;

	for (i = 0; i < resolver->ended.count; i += 2)
		if (resolver->ended.elements[i] == (Id)pin)
			return true;
	return false;
}

static void end_pins(struct ib_resolver *resolver)
{
	const struct ib_resolve_request *request = resolver->request;
	size_t i = 0;

	for (i = 0; i < request->pin_count; i++) {
		Id successor =
			request->pins[i].ends ? find_successor(resolver, &request->pins[i]) : 0;

		if (successor)
			queue_push2(&resolver->ended, (Id)i, successor);
	}
}

/* ---- hiding -------------------------------------------------------------- */

static void hide(struct ib_resolver *resolver, Id package)
{
	map_clr(&resolver->considered, package);
	map_set(&resolver->pinned, package);
}

/* Hides all packages that have the name of one in fitting and are not in it themselves. */
static void hide_others(struct ib_resolver *resolver, const Queue *fitting)
{
	Pool *pool = resolver->pool;
	Map names;
	Map kept;
	int i = 0;
	Id p = 0;

	map_init(&names, pool->ss.nstrings);
	map_init(&kept, pool->nsolvables);
	for (i = 0; i < fitting->count; i++) {
		map_set(&kept, fitting->elements[i]);
		map_set(&names, pool->solvables[fitting->elements[i]].name);
	}
	FOR_POOL_SOLVABLES (p)
		if (MAPTST(&names, pool->solvables[p].name) && !MAPTST(&kept, p))
			hide(resolver, p);
	map_free(&names);
	map_free(&kept);
}

/* What lies in a repository that is not automatic, and neither is pinned from there nor kept. */
static void hide_manual(struct ib_resolver *resolver, const Map *pinned)
{
	Pool *pool = resolver->pool;
	bool all_automatic = true;
	size_t i = 0;
	Id p = 0;

	for (i = 0; i < resolver->source_count; i++)
		all_automatic = all_automatic && !resolver->sources[i].given->not_automatic;
	if (all_automatic)
		return;
	FOR_POOL_SOLVABLES (p)
		if (!is_automatic(resolver, pool->solvables[p].repo) && !MAPTST(pinned, p) &&
		    !is_kept(resolver, p))
			hide(resolver, p);
}

static int fail_pin(const struct ib_resolve_pin *pin, struct ib_error *err)
{
	ib_fail(err, IB_INPUT, "no package in %s%s%s fulfils the pin '%s'%s%s%s",
		pin->repository ? "repository '" : "any repository",
		pin->repository ? pin->repository : "", pin->repository ? "'" : "", pin->what,
		pin->reason ? " (" : "", pin->reason ? pin->reason : "", pin->reason ? ")" : "");
	ib_error_hint(err, "Pin a version that a repository has, or take the pin out.");
	return -IB_INPUT;
}

int ib_resolve_apply_pins(struct ib_resolver *resolver, struct ib_error *err)
{
	const struct ib_resolve_request *request = resolver->request;
	const struct ib_resolve_pin *empty = NULL;
	Queue packages;
	Map pinned;
	size_t i = 0;
	int j = 0;

	end_pins(resolver);
	queue_init(&packages);
	map_init(&pinned, resolver->pool->nsolvables);
	for (i = 0; i < request->pin_count && !empty; i++) {
		if (has_ended(resolver, i))
			continue;
		if (!select_pinned(resolver, &request->pins[i], &packages))
			empty = &request->pins[i];
		hide_others(resolver, &packages);
		for (j = 0; j < packages.count; j++)
			map_set(&pinned, packages.elements[j]);
	}
	hide_manual(resolver, &pinned);
	queue_free(&packages);
	map_free(&pinned);
	return empty ? fail_pin(empty, err) : 0;
}

const struct ib_resolve_pin *ib_resolve_pin_of(const struct ib_resolver *resolver, Id package)
{
	const struct ib_resolve_request *request = resolver->request;
	const Pool *pool = resolver->pool;
	const struct ib_resolve_pin *pin = NULL;
	Queue packages;
	size_t i = 0;
	int j = 0;

	queue_init(&packages);
	for (i = 0; i < request->pin_count && !pin; i++) {
		bool named = false;

		if (has_ended(resolver, i))
			continue;
		(void)select_pinned(resolver, &request->pins[i], &packages);
		for (j = 0; j < packages.count; j++)
			named |= pool->solvables[packages.elements[j]].name ==
				 pool->solvables[package].name;
		if (named && !ib_resolve_is_in(&packages, package))
			pin = &request->pins[i];
	}
	queue_free(&packages);
	return pin;
}
