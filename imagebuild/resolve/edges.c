/* SPDX-License-Identifier: Apache-2.0 */
/* edges - which chosen package fulfils what another one asks for. */
#include <stdlib.h>
#include <string.h>

#include "resolve/internal.h"

struct builder {
	Pool *pool;
	struct ib_arena *arena;
	struct ib_resolved_package *packages;
	const size_t *index; /* by id: of the package, plus one; 0 for what was not chosen */
	struct ib_resolved_edge *edges; /* of the package at hand; grown */
	size_t count;
};

static bool in_same_set(const struct ib_resolved_package *one,
			const struct ib_resolved_package *other)
{
	return (one->root && other->root) || (one->initrd && other->initrd);
}

/* The order of the lock: required before recommended, then by package, then by dependency. */
static int compare_edges(const void *a, const void *b)
{
	const struct ib_resolved_edge *x = a;
	const struct ib_resolved_edge *y = b;

	if (x->recommended != y->recommended)
		return x->recommended ? 1 : -1;
	if (x->package != y->package)
		return x->package < y->package ? -1 : 1;
	return strcmp(x->dependency, y->dependency);
}

static void add_edges(struct builder *builder, size_t parent, Id dependency, bool recommended)
{
	Pool *pool = builder->pool;
	const char *text = NULL;
	Id p = 0;
	Id pp = 0;

	FOR_PROVIDES (p, pp, dependency) {
		size_t at = builder->index[p];

		if (!at || at - 1 == parent ||
		    !in_same_set(&builder->packages[parent], &builder->packages[at - 1]))
			continue;
		if (!text)
			text = ib_arena_strdup(builder->arena, pool_dep2str(pool, dependency));
		ib_grow(builder->edges, builder->count);
		builder->edges[builder->count++] =
			(struct ib_resolved_edge){ at - 1, text, recommended };
	}
}

static void add_all(struct builder *builder, size_t parent, Id id)
{
	const Id keys[] = { SOLVABLE_REQUIRES, SOLVABLE_RECOMMENDS };
	size_t k = 0;

	for (k = 0; k < IB_COUNT(keys); k++) {
		Queue wanted;
		int i = 0;

		queue_init(&wanted);
		/* 0: also what stands behind the marker, which is what scriptlets require. */
		solvable_lookup_deparray(pool_id2solvable(builder->pool, id), keys[k], &wanted, 0);
		for (i = 0; i < wanted.count; i++)
			if (wanted.elements[i] != SOLVABLE_PREREQMARKER)
				add_edges(builder, parent, wanted.elements[i], k == 1);
		queue_free(&wanted);
	}
}

/* Of several dependencies on the same package the first; a recommended one only where none is required. */
static void keep_edges(struct builder *builder, struct ib_resolved_package *package)
{
	IB_AUTO(ib_map) required = ib_map_new();
	struct ib_resolved_edge *edges = builder->edges;
	size_t count = 0;
	size_t i = 0;

	if (builder->count)
		qsort(edges, builder->count, sizeof(*edges), compare_edges);
	for (i = 0; i < builder->count; i++) {
		const char *nevra = builder->packages[edges[i].package].nevra;

		if (ib_map_set(required, nevra, builder))
			continue;
		edges[count++] = edges[i];
	}
	package->edges = ib_arena_memdup(builder->arena, edges, count * sizeof(*edges));
	package->edge_count = count;
}

void ib_resolve_fill_edges(Pool *pool, const Queue *ids, struct ib_resolved_package *packages,
			   struct ib_arena *arena)
{
	ib_autofree size_t *index = ib_alloc_array((size_t)pool->nsolvables, sizeof(*index));
	struct builder builder = { pool, arena, packages, index, NULL, 0 };
	int i = 0;

	for (i = 0; i < ids->count; i++)
		index[ids->elements[i]] = (size_t)i + 1;
	for (i = 0; i < ids->count; i++) {
		builder.count = 0;
		add_all(&builder, (size_t)i, ids->elements[i]);
		keep_edges(&builder, &packages[i]);
		ib_free(builder.edges);
		builder.edges = NULL;
	}
}
