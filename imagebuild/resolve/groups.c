/* SPDX-License-Identifier: Apache-2.0 */
/* groups - comps: which names a group brings. */
#include <stdio.h>
#include <string.h>

#include <solv/repo.h>
#include <solv/repo_comps.h>

#include "resolve/internal.h"

#define MAX_COMPS ((uint64_t)256 << 20)

/* Adds the ids of one dependency list of a group; conditions ("a if b") are kept as rich text. */
static void add_names(Pool *pool, Id group, Id keyname, struct ib_strings *members)
{
	Queue names;
	int i = 0;

	queue_init(&names);
	solvable_lookup_deparray(pool_id2solvable(pool, group), keyname, &names, -1);
	for (i = 0; i < names.count; i++)
		ib_strings_add(members, pool_dep2str(pool, names.elements[i]));
	queue_free(&names);
}

/*
 * libsolv reads a group as a package "group:ID": mandatory members are its
 * requirements, default ones its recommendations. An environment is a package
 * "environment:ID", whose groups are requirements "group:ID"; those that are
 * optional are not asked for.
 */
static bool search(Pool *pool, const char *kind, const char *name, struct ib_strings *members)
{
	ib_autofree char *wanted = ib_strf("%s:%s", kind, name);
	bool found = false;
	Id p = 0;

	FOR_POOL_SOLVABLES (p) {
		if (!ib_str_equal(pool_id2str(pool, pool->solvables[p].name), wanted))
			continue;
		found = true;
		add_names(pool, p, SOLVABLE_REQUIRES, members);
		add_names(pool, p, SOLVABLE_RECOMMENDS, members);
	}
	return found;
}

static int read_comps(Pool *pool, const struct ib_resolve_repository *repository,
		      struct ib_error *err)
{
	Repo *repo = repo_create(pool, repository->id);
	struct ib_bounded bounded;
	int failed = 0;

	IB_TRY(ib_bounded_open(repository->comps, MAX_COMPS, &bounded, err));
	failed = repo_add_comps(repo, bounded.stream, 0);
	IB_TRY(ib_bounded_close(&bounded, repository->comps, err));
	if (failed)
		return ib_fail(err, IB_INPUT, "cannot read comps '%s' of repository '%s': %s",
			       repository->comps, repository->id, pool_errstr(pool));
	return 0;
}

static int find_members(struct ib_resolver *resolver, Pool *pool, const char *group,
			struct ib_strings *members, bool *ret_found, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < resolver->source_count; i++)
		if (resolver->sources[i].given->comps)
			IB_TRY(read_comps(pool, resolver->sources[i].given, err));
	*ret_found =
		search(pool, "group", group, members) | search(pool, "environment", group, members);
	for (i = 0; i < members->count; i++)
		if (ib_str_starts(members->items[i], "group:")) {
			ib_autofree char *inner = ib_strdup(members->items[i] + strlen("group:"));

			search(pool, "group", inner, members);
		}
	return 0;
}

int ib_resolve_group_members(struct ib_resolver *resolver, const char *group,
			     struct ib_strings *members, bool *ret_found, struct ib_error *err)
{
	Pool *pool = pool_create();
	IB_AUTO_STRINGS(all);
	size_t i = 0;
	int r = 0;

	pool_setdisttype(pool, DISTTYPE_RPM);
	r = find_members(resolver, pool, group, &all, ret_found, err);
	pool_free(pool);
	IB_TRY(r);
	for (i = 0; i < all.count; i++)
		if (!ib_str_starts(all.items[i], "group:"))
			ib_strings_add(members, all.items[i]);
	ib_strings_sort_unique(members);
	return 0;
}
