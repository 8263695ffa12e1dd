/* SPDX-License-Identifier: Apache-2.0 */
/* result - what the solver chose as plain data, and why each package is there. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <solv/chksum.h>
#include <solv/evr.h>

#include "resolve/internal.h"

struct collector {
	struct ib_resolver *resolver;
	struct ib_resolution *resolution;
	struct ib_resolved_package *packages; /* in the arena */
	Queue ids;                            /* of the packages, in their order */
	Map set;                              /* the one whose reasons are looked for */
	Map told;                             /* those whose reason is known */
};

void ib_resolve_run_done(struct ib_resolve_run *run)
{
	queue_free(&run->chosen);
	ib_resolve_jobs_done(&run->jobs);
}

/* By name, version, architecture, then repository: the order of all outputs. */
int ib_resolve_compare(const void *a, const void *b, void *context)
{
	Pool *pool = context;
	const Solvable *sa = pool_id2solvable(pool, *(const Id *)a);
	const Solvable *sb = pool_id2solvable(pool, *(const Id *)b);
	int order = strcmp(pool_id2str(pool, sa->name), pool_id2str(pool, sb->name));

	if (!order)
		order = pool_evrcmp(pool, sa->evr, sb->evr, EVRCMP_COMPARE);
	if (!order)
		order = strcmp(pool_id2str(pool, sa->arch), pool_id2str(pool, sb->arch));
	if (!order)
		order = strcmp(sa->repo->name, sb->repo->name);
	return order;
}

static void split_evr(struct ib_arena *arena, const char *evr, struct ib_resolved_package *package)
{
	const char *colon = strchr(evr, ':');
	const char *rest = colon ? colon + 1 : evr;
	const char *dash = strrchr(rest, '-');

	package->epoch = colon ? ib_arena_strf(arena, "%.*s", (int)(colon - evr), evr) : "0";
	package->version = dash ? ib_arena_strf(arena, "%.*s", (int)(dash - rest), rest)
				: ib_arena_strdup(arena, rest);
	package->release = ib_arena_strdup(arena, dash ? dash + 1 : "");
}

static void fill(struct collector *collector, Id id, struct ib_resolved_package *package)
{
	Pool *pool = collector->resolver->pool;
	struct ib_arena *arena = collector->resolution->arena;
	Solvable *s = pool_id2solvable(pool, id);
	Id kind = 0;
	const char *checksum = solvable_lookup_checksum(s, SOLVABLE_CHECKSUM, &kind);
	const char *source = solvable_lookup_sourcepkg(s);
	const char *location = NULL;

	package->nevra = ib_arena_strdup(arena, ib_resolve_nevra(pool, id));
	package->name = ib_arena_strdup(arena, pool_id2str(pool, s->name));
	split_evr(arena, pool_id2str(pool, s->evr), package);
	package->arch = ib_arena_strdup(arena, pool_id2str(pool, s->arch));
	package->repository = ib_arena_strdup(arena, s->repo->name);
	package->checksum_kind = checksum ? ib_arena_strdup(arena, solv_chksum_type2str(kind)) : "";
	package->checksum = ib_arena_strdup(arena, checksum ? checksum : "");
	location = solvable_lookup_location(s, NULL);
	package->location = ib_arena_strdup(arena, location ? location : "");
	package->base = ib_arena_strdup(arena, solvable_lookup_str(s, SOLVABLE_MEDIABASE));
	package->size = solvable_lookup_num(s, SOLVABLE_DOWNLOADSIZE, 0);
	package->installed_size = solvable_lookup_num(s, SOLVABLE_INSTALLSIZE, 0);
	package->source_rpm = ib_arena_strdup(arena, source ? source : "");
	package->module = ib_arena_strdup(arena, ib_resolve_stream_of(collector->resolver, id));
	package->gone = ib_resolve_is_gone(collector->resolver, id);
	package->kept = package->gone || ib_resolve_is_in(&collector->resolver->kept_root, id) ||
			ib_resolve_is_in(&collector->resolver->kept_initrd, id);
	package->build_time = (int64_t)solvable_lookup_num(s, SOLVABLE_BUILDTIME, 0);
}

static size_t index_of(const struct collector *collector, Id id)
{
	int i = 0;

	for (i = 0; i < collector->ids.count; i++)
		if (collector->ids.elements[i] == id)
			return (size_t)i;
	return SIZE_MAX;
}

static struct ib_resolved_why *why_of(struct collector *collector, size_t i, bool initrd)
{
	return initrd ? &collector->packages[i].initrd_why : &collector->packages[i].root_why;
}

/* Notes the reason of each member of the set in list that has none yet, and queues it. */
static void tell_why(struct collector *collector, bool initrd, Id id, struct ib_resolved_why why,
		     Queue *todo)
{
	if (!MAPTST(&collector->set, id) || MAPTST(&collector->told, id))
		return;
	map_set(&collector->told, id);
	why.dependency = ib_arena_strdup(collector->resolution->arena, why.dependency);
	*why_of(collector, index_of(collector, id), initrd) = why;
	queue_push(todo, id);
}

static void tell_wished(struct collector *collector, bool initrd,
			const struct ib_resolve_jobs *jobs, Queue *todo)
{
	Pool *pool = collector->resolver->pool;
	size_t i = 0;

	for (i = 0; i < jobs->count; i++) {
		Id select = jobs->queue.elements[2 * i] & SOLVER_SELECTMASK;
		Id what = jobs->queue.elements[2 * i + 1];
		struct ib_resolved_why why = { IB_RESOLVE_WISHED, jobs->wishes[i], SIZE_MAX };
		Id p = 0;
		Id pp = 0;

		if (!jobs->wishes[i])
			continue;
		FOR_JOB_SELECT(p, pp, select, what)
		tell_why(collector, initrd, p, why, todo);
	}
}

static void tell_dependencies(struct collector *collector, bool initrd, Id parent, Id keyname,
			      Queue *todo)
{
	Pool *pool = collector->resolver->pool;
	Queue wanted;
	int i = 0;
	Id p = 0;
	Id pp = 0;

	queue_init(&wanted);
	/* 0: also what stands behind the marker, which is what scriptlets require. */
	solvable_lookup_deparray(pool_id2solvable(pool, parent), keyname, &wanted, 0);
	for (i = 0; i < wanted.count; i++) {
		ib_autofree char *text = ib_strdup(pool_dep2str(pool, wanted.elements[i]));
		struct ib_resolved_why why = { keyname == SOLVABLE_REQUIRES
						       ? IB_RESOLVE_REQUIRED
						       : IB_RESOLVE_RECOMMENDED,
					       text, index_of(collector, parent) };

		if (wanted.elements[i] == SOLVABLE_PREREQMARKER)
			continue;
		FOR_PROVIDES (p, pp, wanted.elements[i])
			tell_why(collector, initrd, p, why, todo);
	}
	queue_free(&wanted);
}

/* Whoever nobody asked for came because it supplements what is there. */
static void tell_supplements(struct collector *collector, bool initrd, Queue *todo)
{
	Pool *pool = collector->resolver->pool;
	int i = 0;

	for (i = 0; i < collector->ids.count && !todo->count; i++) {
		struct ib_resolved_why why = { IB_RESOLVE_SUPPLEMENTS, "what is installed",
					       SIZE_MAX };
		ib_autofree char *text = NULL;
		Queue list;

		queue_init(&list);
		solvable_lookup_deparray(pool_id2solvable(pool, collector->ids.elements[i]),
					 SOLVABLE_SUPPLEMENTS, &list, -1);
		if (list.count) {
			text = ib_strdup(pool_dep2str(pool, list.elements[0]));
			why.dependency = text;
		}
		tell_why(collector, initrd, collector->ids.elements[i], why, todo);
		queue_free(&list);
	}
}

/* Breadth first from the wishes: the reason found is the shortest chain. */
static void find_reasons(struct collector *collector, struct ib_resolve_run *run, bool initrd)
{
	const Id keys[] = { SOLVABLE_REQUIRES, SOLVABLE_RECOMMENDS };
	Queue todo;
	int i = 0;

	queue_init(&todo);
	map_empty(&collector->set);
	map_empty(&collector->told);
	for (i = 0; i < run->chosen.count; i++)
		map_set(&collector->set, run->chosen.elements[i]);
	tell_wished(collector, initrd, &run->jobs, &todo);
	do {
		while (todo.count) {
			Id parent = queue_shift(&todo);
			size_t k = 0;

			for (k = 0; k < IB_COUNT(keys); k++)
				tell_dependencies(collector, initrd, parent, keys[k], &todo);
		}
		tell_supplements(collector, initrd, &todo);
	} while (todo.count);
	queue_free(&todo);
}

/* Both sets in one list, each package once. */
static void merge(struct collector *collector, const struct ib_resolve_run *root,
		  const struct ib_resolve_run *initrd)
{
	Pool *pool = collector->resolver->pool;
	int i = 0;

	for (i = 0; i < root->chosen.count; i++)
		queue_pushunique(&collector->ids, root->chosen.elements[i]);
	for (i = 0; i < initrd->chosen.count; i++)
		queue_pushunique(&collector->ids, initrd->chosen.elements[i]);
	qsort_r(collector->ids.elements, (size_t)collector->ids.count, sizeof(Id),
		ib_resolve_compare, pool);
	collector->resolution->package_count = (size_t)collector->ids.count;
	collector->packages =
		ib_arena_alloc(collector->resolution->arena,
			       (size_t)(collector->ids.count + 1) * sizeof(*collector->packages));
	for (i = 0; i < collector->ids.count; i++)
		fill(collector, collector->ids.elements[i], &collector->packages[i]);
	for (i = 0; i < root->chosen.count; i++)
		collector->packages[index_of(collector, root->chosen.elements[i])].root = true;
	for (i = 0; i < initrd->chosen.count; i++)
		collector->packages[index_of(collector, initrd->chosen.elements[i])].initrd = true;
	collector->resolution->packages = collector->packages;
}

static void keep_streams(struct collector *collector)
{
	const struct ib_strings *streams = ib_resolve_streams(collector->resolver);
	struct ib_resolution *resolution = collector->resolution;
	size_t count = streams ? streams->count : 0;
	const char **kept = ib_arena_alloc(resolution->arena, (count + 1) * sizeof(*kept));
	size_t i = 0;

	for (i = 0; i < count; i++)
		kept[i] = ib_arena_strdup(resolution->arena, streams->items[i]);
	resolution->streams = kept;
	resolution->stream_count = count;
}

int ib_resolve_collect(struct ib_resolver *resolver, struct ib_resolve_run *root,
		       struct ib_resolve_run *initrd, struct ib_resolution **ret_resolution,
		       struct ib_error *err)
{
	IB_AUTO(ib_resolution) resolution = ib_alloc(sizeof(*resolution));
	struct collector collector = { .resolver = resolver, .resolution = resolution };

	(void)err;
	resolution->arena = ib_arena_new();
	resolution->filelists_read = resolver->filelists_read;
	queue_init(&collector.ids);
	map_init(&collector.set, resolver->pool->nsolvables);
	map_init(&collector.told, resolver->pool->nsolvables);
	merge(&collector, root, initrd);
	keep_streams(&collector);
	ib_resolve_tell_ended(resolver, resolution);
	find_reasons(&collector, root, false);
	find_reasons(&collector, initrd, true);
	ib_resolve_fill_edges(resolver->pool, &collector.ids, collector.packages,
			      resolution->arena);
	map_free(&collector.set);
	map_free(&collector.told);
	queue_free(&collector.ids);
	*ret_resolution = ib_take(resolution);
	return 0;
}

void ib_resolution_free(struct ib_resolution *resolution)
{
	if (!resolution)
		return;
	ib_arena_free(resolution->arena);
	ib_free(resolution);
}

static void explain_one(const struct ib_resolution *resolution, const struct ib_resolved_why *why,
			const char *nevra, struct ib_strings *lines)
{
	const char *parent =
		why->parent == SIZE_MAX ? NULL : resolution->packages[why->parent].nevra;

	switch (why->reason) {
	case IB_RESOLVE_WISHED:
		ib_strings_addf(lines, "%s is wished: %s", nevra, why->dependency);
		break;
	case IB_RESOLVE_REQUIRED:
		ib_strings_addf(lines, "%s requires %s: %s", parent, why->dependency, nevra);
		break;
	case IB_RESOLVE_RECOMMENDED:
		ib_strings_addf(lines, "%s recommends %s: %s", parent, why->dependency, nevra);
		break;
	case IB_RESOLVE_SUPPLEMENTS:
		ib_strings_addf(lines, "%s supplements %s", nevra, why->dependency);
		break;
	}
}

void ib_resolution_explain(const struct ib_resolution *resolution, size_t i, bool initrd,
			   struct ib_strings *lines)
{
	const struct ib_resolved_package *package = &resolution->packages[i];
	const struct ib_resolved_why *why = initrd ? &package->initrd_why : &package->root_why;

	/* The wish is the end of every chain: those above it come first. */
	if (why->parent != SIZE_MAX)
		ib_resolution_explain(resolution, why->parent, initrd, lines);
	explain_one(resolution, why, package->nevra, lines);
}
