/* SPDX-License-Identifier: Apache-2.0 */
/* find - packages by what somebody else calls them, among all that repositories have. */
#include <string.h>

#include "resolve/internal.h"

struct finder {
	Pool *pool;
	struct ib_arena *arena;
	struct ib_map *by_nevra; /* struct ib_resolve_sought, as the next one */
	struct ib_map *by_file;
};

static void index_sought(struct finder *finder, struct ib_resolve_sought *sought, size_t count)
{
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (sought[i].nevra)
			ib_map_set(finder->by_nevra, sought[i].nevra, &sought[i]);
		else if (sought[i].file)
			ib_map_set(finder->by_file, sought[i].file, &sought[i]);
}

static void hold_against(const struct finder *finder, struct ib_resolve_sought *sought, Id package)
{
	Solvable *s = pool_id2solvable(finder->pool, package);
	Id kind = 0;
	const char *checksum = solvable_lookup_checksum(s, SOLVABLE_CHECKSUM, &kind);
	const char *sha256 = checksum && kind == REPOKEY_TYPE_SHA256 ? checksum : "";
	uint64_t size = solvable_lookup_num(s, SOLVABLE_DOWNLOADSIZE, 0);
	bool fits = (!sought->sha256 || ib_str_equal(sought->sha256, sha256)) &&
		    (!sought->size || sought->size == size);

	/* The first one counts: repositories come in the order of their ids. */
	if (sought->state == IB_SOUGHT_THERE || (sought->state == IB_SOUGHT_OTHER && !fits))
		return;
	sought->state = fits ? IB_SOUGHT_THERE : IB_SOUGHT_OTHER;
	sought->found_nevra =
		ib_arena_strdup(finder->arena, ib_resolve_nevra(finder->pool, package));
	sought->found_repository = ib_arena_strdup(finder->arena, s->repo->name);
	sought->found_sha256 = ib_arena_strdup(finder->arena, sha256);
	sought->found_size = size;
}

static void look_at(const struct finder *finder, Id package)
{
	struct ib_resolve_sought *sought =
		ib_map_get(finder->by_nevra, ib_resolve_nevra(finder->pool, package));
	const char *location = NULL;

	if (sought)
		hold_against(finder, sought, package);
	if (!ib_map_count(finder->by_file))
		return;
	location = solvable_lookup_location(pool_id2solvable(finder->pool, package), NULL);
	sought = location ? ib_map_get(finder->by_file, ib_path_name(location)) : NULL;
	if (sought)
		hold_against(finder, sought, package);
}

int ib_resolve_find(const struct ib_resolve_request *request, struct ib_resolve_sought *sought,
		    size_t count, struct ib_arena *arena, struct ib_error *err)
{
	struct ib_resolver resolver = { .request = request };
	struct ib_resolve_run root = { .jobs.count = 0 };
	struct ib_resolve_run initrd = { .jobs.count = 0 };
	IB_AUTO(ib_map) by_nevra = ib_map_new();
	IB_AUTO(ib_map) by_file = ib_map_new();
	struct finder finder = { NULL, arena, by_nevra, by_file };
	int r = 0;
	Id p = 0;

	ib_resolve_begin(&resolver, &root, &initrd);
	finder.pool = resolver.pool;
	index_sought(&finder, sought, count);
	r = ib_resolve_load_plain(&resolver, err);
	if (r == 0) {
		Pool *pool = resolver.pool;

		FOR_POOL_SOLVABLES (p)
			look_at(&finder, p);
	}
	ib_resolve_end(&resolver, &root, &initrd);
	return r;
}
