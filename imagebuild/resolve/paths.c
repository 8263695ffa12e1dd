/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paths - whether file lists are needed.
 *
 * Primary metadata carries the paths that matter most; another path, in a wish
 * or required by anything that could come along, needs the whole lists. What
 * could come along is every package that provides what a reachable package
 * requires: more than the solver takes, so that its answer is the same as if
 * the lists had always been there.
 */
#include <string.h>

#include "resolve/internal.h"

/* createrepo's rule, which all makers of rpm-md follow. */
bool ib_resolve_path_is_primary(const char *path)
{
	return ib_str_starts(path, "/etc/") || strstr(path, "bin/") ||
	       ib_str_equal(path, "/usr/lib/sendmail");
}

static bool dependency_needs_lists(Pool *pool, Id dependency)
{
	while (ISRELDEP(dependency)) {
		const Reldep *rel = GETRELDEP(pool, dependency);
		bool versioned = rel->flags <= 7;

		if (!versioned && dependency_needs_lists(pool, rel->evr))
			return true;
		dependency = rel->name;
	}
	return *pool_id2str(pool, dependency) == '/' &&
	       !ib_resolve_path_is_primary(pool_id2str(pool, dependency));
}

static void reach(Id package, Map *seen, Queue *todo)
{
	if (MAPTST(seen, package))
		return;
	map_set(seen, package);
	queue_push(todo, package);
}

/* Adds who provides what the package wants; true when one of the wants needs file lists. */
static bool follow(Pool *pool, Id package, Id keyname, Map *seen, Queue *todo)
{
	bool needs = false;
	Queue wanted;
	int i = 0;
	Id p = 0;
	Id pp = 0;

	queue_init(&wanted);
	solvable_lookup_deparray(pool_id2solvable(pool, package), keyname, &wanted, 0);
	for (i = 0; i < wanted.count && !needs; i++) {
		needs = dependency_needs_lists(pool, wanted.elements[i]);
		FOR_PROVIDES (p, pp, wanted.elements[i])
			reach(p, seen, todo);
	}
	queue_free(&wanted);
	return needs;
}

bool ib_resolve_needs_filelists(struct ib_resolver *resolver, const struct ib_resolve_jobs *jobs)
{
	const Id always[] = { SOLVABLE_REQUIRES, SOLVABLE_CONFLICTS, SOLVABLE_RECOMMENDS };
	size_t keys = IB_COUNT(always) - (resolver->request->weak_dependencies ? 0 : 1);
	Pool *pool = resolver->pool;
	bool needs = false;
	Queue todo;
	Map seen;
	size_t k = 0;
	int i = 0;

	queue_init(&todo);
	map_init(&seen, pool->nsolvables);
	for (i = 0; i < jobs->queue.count; i += 2) {
		Id select = jobs->queue.elements[i] & SOLVER_SELECTMASK;
		Id what = jobs->queue.elements[i + 1];
		Id p = 0;
		Id pp = 0;

		if (select == SOLVER_SOLVABLE_PROVIDES)
			needs |= dependency_needs_lists(pool, what);
		FOR_JOB_SELECT(p, pp, select, what)
		reach(p, &seen, &todo);
	}
	while (todo.count && !needs) {
		Id package = queue_pop(&todo);

		for (k = 0; k < keys && !needs; k++)
			needs = follow(pool, package, always[k], &seen, &todo);
	}
	queue_free(&todo);
	map_free(&seen);
	return needs;
}

int ib_resolve_read_filelists(struct ib_resolver *resolver, struct ib_error *err)
{
	size_t i = 0;

	if (resolver->filelists_read)
		return 0;
	ib_debug(resolver->request->log, "reading the file lists of all repositories");
	for (i = 0; i < resolver->source_count; i++)
		IB_TRY(ib_resolve_load_filelists(resolver, &resolver->sources[i], err));
	resolver->filelists_read = true;
	pool_addfileprovides(resolver->pool);
	pool_createwhatprovides(resolver->pool);
	return 0;
}
