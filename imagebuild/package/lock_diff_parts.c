/* SPDX-License-Identifier: Apache-2.0 */
#include "package/lock_diff_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- scriptlets ---------------------------------------------------------- */

/* The scriptlets of both sides, in the lock's order; NULL once paired. */
struct sides {
	struct ib_lock_change *change;
	const struct ib_lock_scriptlet **before, **after;
	size_t before_count, after_count;
};

static const struct ib_lock_scriptlet **scriptlets_of(struct ib_arena *arena,
						      const struct ib_lock_package *package,
						      size_t *ret_count)
{
	size_t count = package ? package->scriptlet_count : 0;
	const struct ib_lock_scriptlet **list = ib_arena_alloc(arena, (count + 1) * sizeof(void *));
	size_t i = 0;

	for (i = 0; i < count; i++)
		list[i] = &package->scriptlets[i];
	*ret_count = count;
	return list;
}

static bool same_script(const struct ib_lock_scriptlet *a, const struct ib_lock_scriptlet *b)
{
	return !strcmp(a->kind, b->kind) && !strcmp(a->digest, b->digest);
}

static bool same_kind(const struct ib_lock_scriptlet *a, const struct ib_lock_scriptlet *b)
{
	return !strcmp(a->kind, b->kind);
}

static void add(struct ib_lock_change *change, const struct ib_lock_scriptlet *before,
		const struct ib_lock_scriptlet *after)
{
	change->scriptlets[change->scriptlet_count++] = (struct ib_lock_scriptlet_change){
		.kind = (after ? after : before)->kind, .before = before, .after = after
	};
}

/* As long as the bytes are the same, only what was decided can differ. */
static void note_pair(struct ib_lock_change *change, const struct ib_lock_scriptlet *before,
		      const struct ib_lock_scriptlet *after)
{
	bool same = same_script(before, after);

	if (same && ib_str_equal(before->decision, after->decision) &&
	    ib_str_equal(before->reason, after->reason) &&
	    ib_str_equal(before->effects, after->effects))
		return;
	change->facets |= same ? IB_LOCK_FACET_DECISIONS : IB_LOCK_FACET_SCRIPTLETS;
	add(change, before, after);
}

static void pair_up(struct sides *sides, bool (*fits)(const struct ib_lock_scriptlet *a,
						      const struct ib_lock_scriptlet *b))
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < sides->before_count; i++)
		for (j = 0; j < sides->after_count && sides->before[i]; j++) {
			if (!sides->after[j] || !fits(sides->before[i], sides->after[j]))
				continue;
			note_pair(sides->change, sides->before[i], sides->after[j]);
			sides->before[i] = NULL;
			sides->after[j] = NULL;
		}
}

static void add_left_over(struct sides *sides)
{
	size_t i = 0;

	for (i = 0; i < sides->before_count; i++)
		if (sides->before[i])
			add(sides->change, sides->before[i], NULL);
	for (i = 0; i < sides->after_count; i++)
		if (sides->after[i])
			add(sides->change, NULL, sides->after[i]);
}

void ib_lock_diff_scriptlets(struct ib_lock_diff *diff, struct ib_lock_change *change)
{
	struct sides sides = { .change = change };
	size_t told = 0;

	sides.before = scriptlets_of(diff->arena, change->before, &sides.before_count);
	sides.after = scriptlets_of(diff->arena, change->after, &sides.after_count);
	change->scriptlets = ib_arena_alloc(diff->arena, (sides.before_count + sides.after_count) *
								 sizeof(*change->scriptlets));
	pair_up(&sides, same_script);
	pair_up(&sides, same_kind);
	told = change->scriptlet_count;
	/* What went with its package needs no telling. */
	if (change->after)
		add_left_over(&sides);
	if (change->before && change->scriptlet_count > told)
		change->facets |= IB_LOCK_FACET_SCRIPTLETS;
}

/* ---- edges --------------------------------------------------------------- */

/* What a map points to: a package of the lock. */
struct named {
	const char *name;
};

struct graph {
	struct named *packages; /* owned */
	struct ib_map *names;   /* NEVRA to named; owned, as the next two */
	struct ib_map *known;   /* name to named */
	struct ib_map *edges;   /* "FROM TO recommended" */
};

static const char *name_of(const struct graph *graph, const char *nevra)
{
	const struct named *package = ib_map_get(graph->names, nevra);

	return package ? package->name : nevra;
}

static char *edge_key(const struct graph *graph, const struct ib_lock_package *from,
		      const struct ib_lock_edge *edge)
{
	return ib_strf("%s %s %d", from->name, name_of(graph, edge->package), edge->recommended);
}

static void fill_graph(const struct ib_lock *lock, struct graph *graph)
{
	size_t count = lock ? lock->package_count : 0;
	size_t i = 0;
	size_t j = 0;

	*graph = (struct graph){ ib_alloc_array(count + 1, sizeof(struct named)), ib_map_new(),
				 ib_map_new(), ib_map_new() };
	for (i = 0; i < count; i++) {
		graph->packages[i].name = lock->packages[i].name;
		ib_map_set(graph->names, lock->packages[i].nevra, &graph->packages[i]);
		ib_map_set(graph->known, lock->packages[i].name, &graph->packages[i]);
	}
	for (i = 0; i < count; i++)
		for (j = 0; j < lock->packages[i].edge_count; j++) {
			ib_autofree char *key =
				edge_key(graph, &lock->packages[i], &lock->packages[i].edges[j]);

			ib_map_set(graph->edges, key, graph);
		}
}

static void done_graph(struct graph *graph)
{
	ib_map_free(graph->names);
	ib_map_free(graph->known);
	ib_map_free(graph->edges);
	ib_free(graph->packages);
}

static void add_edge(struct ib_lock_diff *diff, const struct ib_lock_edge_change *edge)
{
	ib_grow(diff->edges, diff->edge_count);
	diff->edges[diff->edge_count++] = *edge;
}

static void compare_edges(struct ib_lock_diff *diff, const struct ib_lock *after,
			  const struct graph *old, const struct graph *new)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < after->package_count; i++)
		for (j = 0; j < after->packages[i].edge_count; j++) {
			const struct ib_lock_package *from = &after->packages[i];
			const struct ib_lock_edge *edge = &from->edges[j];
			ib_autofree char *key = edge_key(new, from, edge);
			const char *to = name_of(new, edge->package);

			/* Twice, for two architectures of one name, is told once. */
			if (ib_map_has(old->edges, key))
				continue;
			ib_map_set(old->edges, key, diff);
			add_edge(diff, &(struct ib_lock_edge_change){
					       .architecture = after->architecture,
					       .from = from->name,
					       .to = to,
					       .dependency = edge->dependency,
					       .recommended = edge->recommended,
					       .from_is_new = !ib_map_has(old->known, from->name),
					       .to_is_new = !ib_map_has(old->known, to) });
		}
}

void ib_lock_diff_edges(struct ib_lock_diff *diff, const struct ib_lock *before,
			const struct ib_lock *after, size_t first)
{
	IB_AUTO(ib_map) wanting = ib_map_new();
	struct graph old = { 0 };
	struct graph new = { 0 };
	size_t told = diff->edge_count;
	size_t i = 0;

	if (!before || !after)
		return;
	fill_graph(before, &old);
	fill_graph(after, &new);
	compare_edges(diff, after, &old, &new);
	done_graph(&old);
	done_graph(&new);
	for (i = told; i < diff->edge_count; i++)
		if (!diff->edges[i].from_is_new)
			ib_map_set(wanting, diff->edges[i].from, diff);
	for (i = first; i < diff->change_count; i++)
		if (diff->changes[i].after && ib_map_has(wanting, diff->changes[i].name))
			diff->changes[i].facets |= IB_LOCK_FACET_REQUIRES;
}

/* ---- wishes and accounts ------------------------------------------------- */

static void add_line(struct ib_lock_diff *diff, const struct ib_lock *part, const char *text,
		     bool is_account, bool is_added)
{
	ib_grow(diff->lines, diff->line_count);
	diff->lines[diff->line_count++] = (struct ib_lock_line_change){
		.architecture = part->architecture,
		.text = text,
		.is_account = is_account,
		.is_added = is_added,
	};
}

static void compare_lists(struct ib_lock_diff *diff, const struct ib_lock *part,
			  const struct ib_strings *before, const struct ib_strings *after,
			  bool is_account)
{
	IB_AUTO(ib_map) old = ib_map_new();
	IB_AUTO(ib_map) new = ib_map_new();
	size_t i = 0;

	for (i = 0; i < before->count; i++)
		ib_map_set(old, before->items[i], diff);
	for (i = 0; i < after->count; i++)
		ib_map_set(new, after->items[i], diff);
	for (i = 0; i < before->count; i++)
		if (!ib_map_has(new, before->items[i]))
			add_line(diff, part, before->items[i], is_account, false);
	for (i = 0; i < after->count; i++)
		if (!ib_map_has(old, after->items[i]))
			add_line(diff, part, after->items[i], is_account, true);
}

void ib_lock_diff_lines(struct ib_lock_diff *diff, const struct ib_lock *before,
			const struct ib_lock *after)
{
	static const struct ib_strings none = { NULL, 0 };

	compare_lists(diff, after ? after : before, before ? &before->wishes : &none,
		      after ? &after->wishes : &none, false);
	compare_lists(diff, after ? after : before, before ? &before->accounts : &none,
		      after ? &after->accounts : &none, true);
}

/* ---- repositories -------------------------------------------------------- */

static const struct ib_lock_repository *find_repository(const struct ib_lock *lock, const char *id)
{
	size_t i = 0;

	for (i = 0; lock && i < lock->repository_count; i++)
		if (!strcmp(lock->repositories[i].id, id))
			return &lock->repositories[i];
	return NULL;
}

static void add_repository(struct ib_lock_diff *diff, const char *architecture,
			   const struct ib_lock_repository *before,
			   const struct ib_lock_repository *after)
{
	if (before && after && !strcmp(before->repomd_sha256, after->repomd_sha256))
		return;
	ib_grow(diff->repositories, diff->repository_count);
	diff->repositories[diff->repository_count++] = (struct ib_lock_repository_change){
		.architecture = architecture,
		.id = (after ? after : before)->id,
		.before = before,
		.after = after,
	};
}

void ib_lock_diff_repositories(struct ib_lock_diff *diff, const struct ib_lock *before,
			       const struct ib_lock *after)
{
	const char *architecture = (after ? after : before)->architecture;
	size_t i = 0;

	for (i = 0; before && i < before->repository_count; i++)
		add_repository(diff, architecture, &before->repositories[i],
			       find_repository(after, before->repositories[i].id));
	for (i = 0; after && i < after->repository_count; i++)
		if (!find_repository(before, after->repositories[i].id))
			add_repository(diff, architecture, NULL, &after->repositories[i]);
}
