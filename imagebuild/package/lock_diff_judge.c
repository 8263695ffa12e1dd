/* SPDX-License-Identifier: Apache-2.0 */
/* How much each change deserves a look, what advisories say of it, and the order of reading. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "package/lock_diff.h"
#include "package/package.h"

/* Sums of weights from which on the words change. */
#define WEIGHT_MEDIUM 25
#define WEIGHT_HIGH   60

static const struct {
	const char *name;
	unsigned weight;
} kinds[] = {
	[IB_LOCK_SAME] = { "same", 0 },        [IB_LOCK_ADDED] = { "added", 30 },
	[IB_LOCK_REMOVED] = { "removed", 15 }, [IB_LOCK_UP] = { "up", 10 },
	[IB_LOCK_DOWN] = { "down", 40 },       [IB_LOCK_REBUILT] = { "rebuilt", 60 },
};

static const struct {
	const char *name;
	unsigned facet;
	unsigned weight;
} facets[IB_LOCK_FACET_COUNT] = {
	{ "signing key", IB_LOCK_FACET_SIGNER, 80 },
	{ "advisory opened", IB_LOCK_FACET_OPENED, 50 },
	{ "repository", IB_LOCK_FACET_REPOSITORY, 40 },
	{ "scriptlets", IB_LOCK_FACET_SCRIPTLETS, 30 },
	{ "decision on scriptlets", IB_LOCK_FACET_DECISIONS, 30 },
	{ "source package", IB_LOCK_FACET_SOURCE, 20 },
	{ "major version", IB_LOCK_FACET_LEAP, 15 },
	{ "new requirement", IB_LOCK_FACET_REQUIRES, 15 },
	{ "where it goes", IB_LOCK_FACET_INTO, 10 },
	{ "architecture", IB_LOCK_FACET_ARCHITECTURE, 5 },
};

const char *ib_lock_change_kind_name(enum ib_lock_change_kind kind)
{
	return kinds[kind].name;
}

const char *ib_lock_facet_name(unsigned facet)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(facets); i++)
		if (facets[i].facet == facet)
			return facets[i].name;
	return NULL;
}

const char *ib_lock_risk_name(enum ib_lock_risk risk)
{
	static const char *const names[] = { "low", "medium", "high" };

	return names[risk];
}

/* ---- advisories ---------------------------------------------------------- */

static const struct ib_advisory *const *find(struct ib_lock_diff *diff,
					     const struct ib_advisories *advisories,
					     const struct ib_advisory_move *move, size_t *ret_count)
{
	ib_autofree const struct ib_advisory **found = NULL;

	*ret_count = ib_advisories_find(advisories, move, &found);
	return *ret_count ? ib_arena_memdup(diff->arena, found, *ret_count * sizeof(void *)) : NULL;
}

static void advise_move(struct ib_lock_diff *diff, struct ib_lock_change *change,
			const struct ib_advisories *now)
{
	const char *old = change->before ? ib_lock_version_of(diff->arena, change->before) : NULL;
	const char *new = change->after ? ib_lock_version_of(diff->arena, change->after) : NULL;
	struct ib_advisory_move move = { .name = change->name, .have = old, .get = new };

	assert(change->before || change->after);
	move.arch = (change->before ? change->before : change->after)->arch;
	if (old)
		change->fixed = find(diff, now, &move, &change->fixed_count);
	move = (struct ib_advisory_move){ .name = change->name, .have = new, .get = old };
	move.arch = (change->after ? change->after : change->before)->arch;
	if (new)
		change->opened = find(diff, now, &move, &change->opened_count);
}

/* Those of now that were not known before, by id. */
static void drop_known(const struct ib_advisory *const *known, size_t known_count,
		       const struct ib_advisory **list, size_t *count)
{
	size_t kept = 0;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < *count; i++) {
		for (j = 0; j < known_count && strcmp(known[j]->id, list[i]->id) != 0; j++)
			;
		if (j == known_count)
			list[kept++] = list[i];
	}
	*count = kept;
}

/* Of what did not move a mended flaw is no news, only that there is an update. */
static void keep_security(const struct ib_advisory **list, size_t *count)
{
	size_t kept = 0;
	size_t i = 0;

	for (i = 0; i < *count; i++)
		if (ib_advisory_is_security(list[i]))
			list[kept++] = list[i];
	*count = kept;
}

/* A package that did not move, and something that was found out about it since. */
static void advise_unmoved(struct ib_lock_diff *diff, struct ib_lock_change *change,
			   const struct ib_advisories *earlier, const struct ib_advisories *now)
{
	const struct ib_lock_package *package = change->after;
	struct ib_advisory_move move = { .name = package->name,
					 .arch = package->arch,
					 .have = ib_lock_version_of(diff->arena, package) };
	ib_autofree const struct ib_advisory **known = NULL;
	ib_autofree const struct ib_advisory **found = NULL;
	size_t count = ib_advisories_find(now, &move, &found);
	size_t known_count = count ? ib_advisories_find(earlier, &move, &known) : 0;

	keep_security(found, &count);
	drop_known(known, known_count, found, &count);
	if (!count)
		return;
	change->opened = ib_arena_memdup(diff->arena, found, count * sizeof(void *));
	change->opened_count = count;
}

void ib_lock_diff_advise(struct ib_lock_diff *diff, const char *architecture,
			 const struct ib_advisories *earlier, struct ib_advisories *now)
{
	size_t i = 0;

	ib_grow(diff->advisories, diff->advisories_count);
	diff->advisories[diff->advisories_count++] = now;
	for (i = 0; i < diff->change_count; i++) {
		struct ib_lock_change *change = &diff->changes[i];

		if (strcmp(change->architecture, architecture) != 0)
			continue;
		if (change->kind != IB_LOCK_SAME)
			advise_move(diff, change, now);
		else if (earlier)
			advise_unmoved(diff, change, earlier, now);
	}
}

/* ---- judging and sorting ------------------------------------------------- */

static void judge(struct ib_lock_change *change)
{
	size_t i = 0;

	for (i = 0; i < change->opened_count; i++)
		if (ib_advisory_is_security(change->opened[i]))
			change->facets |= IB_LOCK_FACET_OPENED;
	change->weight = kinds[change->kind].weight;
	for (i = 0; i < IB_COUNT(facets); i++)
		if (change->facets & facets[i].facet)
			change->weight += facets[i].weight;
	for (i = 0; i < change->opened_count; i++)
		change->weight += 5 * ib_advisory_severity(change->opened[i]);
	change->risk = change->weight >= WEIGHT_HIGH     ? IB_LOCK_RISK_HIGH
		       : change->weight >= WEIGHT_MEDIUM ? IB_LOCK_RISK_MEDIUM
							 : IB_LOCK_RISK_LOW;
}

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static const char *sha256_of(const struct ib_lock_package *package)
{
	return package ? package->sha256 : "";
}

static int compare_changes(const void *a, const void *b)
{
	const struct ib_lock_change *x = a;
	const struct ib_lock_change *y = b;
	int order = (x->weight < y->weight) - (x->weight > y->weight);

	if (!order)
		order = strcmp(x->name, y->name);
	if (!order)
		order = strcmp(x->architecture, y->architecture);
	if (!order)
		order = (int)x->kind - (int)y->kind;
	if (!order)
		order = strcmp(sha256_of(x->after), sha256_of(y->after));
	return order ? order : strcmp(sha256_of(x->before), sha256_of(y->before));
}

/* What was there already and wants more is looked at first. */
static int compare_edges(const void *a, const void *b)
{
	const struct ib_lock_edge_change *x = a;
	const struct ib_lock_edge_change *y = b;
	int order = x->from_is_new - y->from_is_new;

	if (!order)
		order = y->to_is_new - x->to_is_new;
	if (!order)
		order = x->recommended - y->recommended;
	if (!order)
		order = strcmp(x->from, y->from);
	if (!order)
		order = strcmp(x->to, y->to);
	if (!order)
		order = strcmp(x->architecture, y->architecture);
	return order ? order : compare_texts(x->dependency, y->dependency);
}

static int compare_lines(const void *a, const void *b)
{
	const struct ib_lock_line_change *x = a;
	const struct ib_lock_line_change *y = b;
	int order = x->is_account - y->is_account;

	if (!order)
		order = x->is_added - y->is_added;
	if (!order)
		order = strcmp(x->text, y->text);
	return order ? order : strcmp(x->architecture, y->architecture);
}

static int compare_repositories(const void *a, const void *b)
{
	const struct ib_lock_repository_change *x = a;
	const struct ib_lock_repository_change *y = b;
	int order = strcmp(x->id, y->id);

	return order ? order : strcmp(x->architecture, y->architecture);
}

/* What is the same, was looked at, and turned out to have nothing to tell. */
static void drop_silent(struct ib_lock_diff *diff)
{
	size_t kept = 0;
	size_t i = 0;

	for (i = 0; i < diff->change_count; i++)
		if (diff->changes[i].kind != IB_LOCK_SAME || diff->changes[i].facets)
			diff->changes[kept++] = diff->changes[i];
	diff->change_count = kept;
}

static void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	if (count)
		qsort(items, count, size, compare);
}

void ib_lock_diff_finish(struct ib_lock_diff *diff)
{
	size_t i = 0;

	for (i = 0; i < diff->change_count; i++)
		judge(&diff->changes[i]);
	drop_silent(diff);
	sort(diff->changes, diff->change_count, sizeof(*diff->changes), compare_changes);
	sort(diff->edges, diff->edge_count, sizeof(*diff->edges), compare_edges);
	sort(diff->lines, diff->line_count, sizeof(*diff->lines), compare_lines);
	sort(diff->repositories, diff->repository_count, sizeof(*diff->repositories),
	     compare_repositories);
}

bool ib_lock_diff_is_empty(const struct ib_lock_diff *diff)
{
	return !diff->change_count && !diff->edge_count && !diff->line_count &&
	       !diff->repository_count;
}

size_t ib_lock_diff_count(const struct ib_lock_diff *diff, enum ib_lock_change_kind kind)
{
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < diff->change_count; i++)
		count += diff->changes[i].kind == kind;
	return count;
}
