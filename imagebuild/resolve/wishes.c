/* SPDX-License-Identifier: Apache-2.0 */
/* wishes - what a recipe's words mean among the packages that there are. */
#include <string.h>

#include <solv/evr.h>
#include <solv/pool_parserpmrichdep.h>
#include <solv/selection.h>

#include "resolve/internal.h"

void ib_resolve_jobs_done(struct ib_resolve_jobs *jobs)
{
	queue_free(&jobs->queue);
	ib_free(ib_take(jobs->wishes));
	jobs->count = 0;
}

void ib_resolve_jobs_add(struct ib_resolve_jobs *jobs, Id how, Id what, const char *wish)
{
	queue_push2(&jobs->queue, how, what);
	ib_grow(jobs->wishes, jobs->count);
	jobs->wishes[jobs->count++] = wish;
}

/* Whether a package that shall stay is one of these. */
static bool has_kept(Pool *pool, const Queue *kept, Id how, Id what)
{
	Id select = how & SOLVER_SELECTMASK;
	bool found = false;
	Id p = 0;
	Id pp = 0;

	if (!kept || !kept->count)
		return false;
	FOR_JOB_SELECT(p, pp, select, what)
	found |= ib_resolve_is_in(kept, p);
	return found;
}

static void add_selection(Pool *pool, struct ib_resolve_jobs *jobs, const Queue *selection,
			  const char *wish)
{
	int i = 0;

	for (i = 0; i < selection->count; i += 2) {
		Id how = selection->elements[i];
		Id what = selection->elements[i + 1];

		how |= SOLVER_INSTALL;
		if (!has_kept(pool, jobs->kept, selection->elements[i], what))
			how |= SOLVER_FORCEBEST;
		ib_resolve_jobs_add(jobs, how, what, wish);
	}
}

/* Whether one of the packages counts. */
static bool has_visible(const struct ib_resolver *resolver, Queue *selection)
{
	bool visible = false;
	Queue packages;
	int i = 0;

	queue_init(&packages);
	if (selection->count)
		selection_solvables(resolver->pool, selection, &packages);
	for (i = 0; i < packages.count; i++)
		visible |= MAPTST(&resolver->considered, packages.elements[i]);
	queue_free(&packages);
	return visible;
}

/*
 * One job for all that a wish means, as dnf asks. The flags say that whoever
 * wished has seen to architecture and version; else libsolv would put the
 * 64-bit namesake beside a 32-bit package.
 */
static void ask_for(Pool *pool, Queue *packages, Queue *ret_selection)
{
	queue_empty(ret_selection);
	queue_push2(ret_selection, SOLVER_SOLVABLE_ONE_OF | SOLVER_SETARCH | SOLVER_SETEVR,
		    pool_queuetowhatprovides(pool, packages));
}

static void as_packages(Pool *pool, Queue *selection)
{
	Queue packages;

	queue_init(&packages);
	selection_solvables(pool, selection, &packages);
	ask_for(pool, &packages, selection);
	queue_free(&packages);
}

/* Name first, then path, then what is provided: the order in which dnf reads a wish. */
static void select_packages(Pool *pool, const char *wish, int flags, Queue *selection)
{
	if (*wish == '/')
		selection_make(pool, selection, wish, SELECTION_FILELIST | flags);
	else
		selection_make(pool, selection, wish, IB_RESOLVE_BY_NAME | flags);
	if (!selection->count)
		selection_make(pool, selection, wish, SELECTION_PROVIDES | SELECTION_REL | flags);
	if (selection->count)
		as_packages(pool, selection);
}

const char *ib_resolve_nearest(Pool *pool, const char *wish)
{
	IB_AUTO_STRINGS(names);
	const char *near = NULL;
	Id p = 0;

	FOR_POOL_SOLVABLES (p)
		ib_strings_add(&names, pool_id2str(pool, pool->solvables[p].name));
	ib_strings_sort_unique(&names);
	near = ib_str_nearest(wish, (const char *const *)names.items, names.count);
	/* The pool keeps it; the list goes away. */
	return near ? pool_id2str(pool, pool_str2id(pool, near, 0)) : NULL;
}

/* Whether the package is one that the wish means, had it been built for this machine. */
static bool is_meant(Pool *pool, Id package, const char *wish, Id provided)
{
	Solvable *s = pool_id2solvable(pool, package);
	const char *name = pool_id2str(pool, s->name);

	if (ib_str_equal(wish, name) || ib_str_equal(wish, ib_resolve_nevra(pool, package)) ||
	    ib_str_equal(wish, pool_tmpjoin(pool, name, ".", pool_id2str(pool, s->arch))))
		return true;
	return provided && solvable_matchesdep(s, SOLVABLE_PROVIDES, provided, -1);
}

void ib_resolve_select_all(Pool *pool, const char *words, Queue *packages)
{
	Id provided = pool_str2id(pool, words, 0);
	Queue found;
	Id p = 0;

	queue_init(&found);
	select_packages(pool, words, SELECTION_WITH_DISABLED, &found);
	if (found.count)
		selection_solvables(pool, &found, packages);
	queue_free(&found);
	if (packages->count)
		return;
	FOR_POOL_SOLVABLES (p)
		if (is_meant(pool, p, words, provided))
			queue_push(packages, p);
}

/* The first package that the wish would mean, excluded or built for another machine; or 0. */
static Id find_hidden(struct ib_resolver *resolver, const char *wish)
{
	Queue packages;
	Id first = 0;

	queue_init(&packages);
	ib_resolve_select_all(resolver->pool, wish, &packages);
	if (packages.count)
		first = packages.elements[0];
	queue_free(&packages);
	return first;
}

/* Nobody fulfils it: perhaps because it is excluded, or built for another machine. */
static int fail_wish(struct ib_resolver *resolver, const char *wish, struct ib_error *err)
{
	Pool *pool = resolver->pool;
	Id hidden = find_hidden(resolver, wish);
	struct ib_resolve_words words = { .text = NULL };
	const char *near = NULL;

	if (hidden && ib_resolve_tell_hidden(resolver, hidden, &words)) {
		ib_fail(err, IB_INPUT, "no package fulfils '%s': %s", wish, words.text);
		ib_error_hint(err, "%s", words.hint);
		ib_resolve_words_done(&words);
		return -IB_INPUT;
	}
	ib_fail(err, IB_INPUT, "no package in any repository fulfils '%s'", wish);
	near = ib_resolve_nearest(pool, wish);
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	else
		ib_error_hint(err, "Correct the name, or add the repository that has it.");
	return -IB_INPUT;
}

static int add_rich(struct ib_resolver *resolver, const char *text, const char *wish,
		    struct ib_resolve_jobs *jobs, struct ib_error *err)
{
	Id dependency = pool_parserpmrichdep(resolver->pool, text);

	if (!dependency) {
		ib_fail(err, IB_INPUT, "cannot read the rich dependency '%s'", text);
		ib_error_hint(err, "Write it as rpm does: (a or b), (a and b >= 2), (a if b).");
		return -IB_INPUT;
	}
	ib_resolve_jobs_add(jobs, SOLVER_INSTALL | SOLVER_SOLVABLE_PROVIDES, dependency, wish);
	return 0;
}

/* A member is a name, or "(name if other)" where it comes only beside another. */
static int add_member(struct ib_resolver *resolver, const char *wish, const char *member,
		      struct ib_resolve_jobs *jobs, struct ib_error *err)
{
	Queue selection;

	if (*member == '(')
		return add_rich(resolver, member, wish, jobs, err);
	queue_init(&selection);
	selection_make(resolver->pool, &selection, member, SELECTION_NAME);
	if (has_visible(resolver, &selection))
		add_selection(resolver->pool, jobs, &selection, wish);
	else
		ib_warn(resolver->request->log, "group '%s' names package '%s', which %s: left out",
			wish + 1, member, selection.count ? "is hidden" : "no repository has");
	queue_free(&selection);
	return 0;
}

static int add_group(struct ib_resolver *resolver, const char *wish, struct ib_resolve_jobs *jobs,
		     struct ib_error *err)
{
	IB_AUTO_STRINGS(members);
	bool found = false;
	size_t i = 0;

	IB_TRY(ib_resolve_group_members(resolver, wish + 1, &members, &found, err));
	if (!found) {
		ib_fail(err, IB_INPUT, "no repository has a group '%s'", wish + 1);
		ib_error_hint(err, "A group is named by its id in comps, as in '@core'.");
		return -IB_INPUT;
	}
	for (i = 0; i < members.count; i++)
		IB_TRY(add_member(resolver, wish, members.items[i], jobs, err));
	return 0;
}

/* The best package of the selection, as far as versions go; 0 for none that counts. */
static Id newest_of(const struct ib_resolver *resolver, const Queue *packages)
{
	Pool *pool = resolver->pool;
	Id newest = 0;
	int i = 0;

	for (i = 0; i < packages->count; i++) {
		Id p = packages->elements[i];

		if (MAPTST(&resolver->considered, p) &&
		    (!newest || pool_evrcmp(pool, pool->solvables[newest].evr,
					    pool->solvables[p].evr, EVRCMP_COMPARE) < 0))
			newest = p;
	}
	return newest;
}

static bool obsoletes(Pool *pool, Id package, Id other)
{
	bool found = false;
	Queue list;
	int i = 0;

	if (!pool->solvables[package].obsoletes)
		return false;
	queue_init(&list);
	solvable_lookup_deparray(pool_id2solvable(pool, package), SOLVABLE_OBSOLETES, &list, -1);
	for (i = 0; i < list.count && !found; i++)
		found = pool_match_nevr(pool, pool_id2solvable(pool, other), list.elements[i]);
	queue_free(&list);
	return found;
}

/*
 * A bare name also means what obsoletes the newest package of that name, as for
 * dnf: distributions rename packages so. *selection is then all of them.
 */
static void add_obsoleters(const struct ib_resolver *resolver, const char *wish, Queue *selection)
{
	Pool *pool = resolver->pool;
	Queue packages;
	Id newest = 0;
	Id p = 0;
	int before = 0;

	queue_init(&packages);
	if (selection->count)
		selection_solvables(pool, selection, &packages);
	newest = newest_of(resolver, &packages);
	before = packages.count;
	if (!newest || !ib_str_equal(pool_id2str(pool, pool->solvables[newest].name), wish)) {
		queue_free(&packages);
		return;
	}
	FOR_POOL_SOLVABLES (p)
		if (MAPTST(&resolver->considered, p) &&
		    !pool_badarch_solvable(pool, pool_id2solvable(pool, p)) &&
		    obsoletes(pool, p, newest))
			queue_push(&packages, p);
	if (packages.count > before)
		ask_for(pool, &packages, selection);
	queue_free(&packages);
}

static int add_wish(struct ib_resolver *resolver, const char *wish, struct ib_resolve_jobs *jobs,
		    struct ib_error *err)
{
	Queue selection;
	bool found = false;

	if (*wish == '@')
		return add_group(resolver, wish, jobs, err);
	if (*wish == '(')
		return add_rich(resolver, wish, wish, jobs, err);
	queue_init(&selection);
	select_packages(resolver->pool, wish, 0, &selection);
	add_obsoleters(resolver, wish, &selection);
	found = has_visible(resolver, &selection);
	add_selection(resolver->pool, jobs, &selection, wish);
	queue_free(&selection);
	return found ? 0 : fail_wish(resolver, wish, err);
}

int ib_resolve_add_wishes(struct ib_resolver *resolver, const struct ib_resolve_wishes *wishes,
			  struct ib_resolve_jobs *jobs, struct ib_error *err)
{
	IB_AUTO_STRINGS(sorted);
	size_t i = 0;

	for (i = 0; i < wishes->count; i++)
		ib_strings_add(&sorted, wishes->items[i]);
	ib_strings_sort_unique(&sorted);
	for (i = 0; i < sorted.count; i++) {
		/* The pool's copy lives as long as the jobs. */
		Id kept = pool_str2id(resolver->pool, sorted.items[i], 1);

		IB_TRY(add_wish(resolver, pool_id2str(resolver->pool, kept), jobs, err));
	}
	return 0;
}
