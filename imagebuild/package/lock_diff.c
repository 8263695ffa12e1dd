/* SPDX-License-Identifier: Apache-2.0 */
/* Pairing the packages of two locks, and what is another about each pair. */
#include "package/lock_diff.h"

#include <stdlib.h>
#include <string.h>

#include "package/lock_diff_parts.h"
#include "package/lock_fields.h"
#include "package/package.h"

struct ib_lock_diff *ib_lock_diff_new(void)
{
	struct ib_lock_diff *diff = ib_alloc(sizeof(*diff));

	diff->arena = ib_arena_new();
	return diff;
}

void ib_lock_diff_free(struct ib_lock_diff *diff)
{
	size_t i = 0;

	if (!diff)
		return;
	for (i = 0; i < diff->advisories_count; i++)
		ib_advisories_free(diff->advisories[i]);
	ib_free(diff->advisories);
	ib_free(diff->changes);
	ib_free(diff->edges);
	ib_free(diff->lines);
	ib_free(diff->repositories);
	ib_arena_free(diff->arena);
	ib_free(diff);
}

/* ---- facets -------------------------------------------------------------- */

/* "name-[epoch:]version-release.arch": the part between name and architecture. */
const char *ib_lock_version_of(struct ib_arena *arena, const struct ib_lock_package *package)
{
	size_t start = strlen(package->name) + 1;
	size_t end = strlen(package->nevra) - strlen(package->arch) - 1;

	return ib_arena_strf(arena, "%.*s", (int)(end - start), package->nevra + start);
}

/* The epoch and the version up to its first dot, dash or the like. */
static const char *generation(struct ib_arena *arena, const struct ib_lock_package *package)
{
	const char *evr = ib_lock_version_of(arena, package);
	size_t epoch = strspn(evr, "0123456789");

	epoch = evr[epoch] == ':' ? epoch + 1 : 0;
	return ib_arena_strf(arena, "%.*s", (int)(epoch + strcspn(evr + epoch, ".-~^+_")), evr);
}

/* The name of a source package's file: all in front of the last but one dash. */
static size_t source_name_size(const char *source_rpm)
{
	const char *dash = source_rpm + strlen(source_rpm);
	unsigned dashes = 0;

	while (dash > source_rpm && dashes < 2)
		dashes += *--dash == '-';
	return (size_t)(dash - source_rpm);
}

static bool same_source(const char *a, const char *b)
{
	size_t size = source_name_size(a);

	return size == source_name_size(b) && !strncmp(a, b, size);
}

static unsigned facets_of(struct ib_arena *arena, const struct ib_lock_package *a,
			  const struct ib_lock_package *b)
{
	unsigned facets = 0;

	if (!ib_str_equal(a->signer, b->signer))
		facets |= IB_LOCK_FACET_SIGNER;
	if (!ib_str_equal(a->repository, b->repository))
		facets |= IB_LOCK_FACET_REPOSITORY;
	if (!same_source(a->source_rpm, b->source_rpm))
		facets |= IB_LOCK_FACET_SOURCE;
	if (!ib_str_equal(a->arch, b->arch))
		facets |= IB_LOCK_FACET_ARCHITECTURE;
	if (a->root != b->root || a->initrd != b->initrd)
		facets |= IB_LOCK_FACET_INTO;
	if (!ib_str_equal(generation(arena, a), generation(arena, b)))
		facets |= IB_LOCK_FACET_LEAP;
	return facets;
}

static enum ib_lock_change_kind kind_of(const struct ib_lock_package *before,
					const struct ib_lock_package *after)
{
	int order = 0;

	if (!before || !after)
		return before ? IB_LOCK_REMOVED : IB_LOCK_ADDED;
	order = ib_lock_compare_versions(before->nevra, after->nevra);
	if (order)
		return order < 0 ? IB_LOCK_UP : IB_LOCK_DOWN;
	return strcmp(before->sha256, after->sha256) != 0 ? IB_LOCK_REBUILT : IB_LOCK_SAME;
}

/* ---- pairs --------------------------------------------------------------- */

/* The packages of one name in both locks. */
struct group {
	struct ib_lock_diff *diff;
	const char *architecture;
	const struct ib_lock_package **before, **after; /* NULL once paired */
	size_t before_count, after_count;
};

static void add_change(const struct group *group, const struct ib_lock_package *before,
		       const struct ib_lock_package *after)
{
	struct ib_lock_diff *diff = group->diff;
	struct ib_lock_change change = { .architecture = group->architecture,
					 .name = after ? after->name : before->name,
					 .kind = kind_of(before, after),
					 .before = before,
					 .after = after };

	if (before && after)
		change.facets = facets_of(diff->arena, before, after);
	ib_lock_diff_scriptlets(diff, &change);
	ib_grow(diff->changes, diff->change_count);
	diff->changes[diff->change_count++] = change;
}

static bool same_bytes(const struct ib_lock_package *a, const struct ib_lock_package *b)
{
	return !strcmp(a->sha256, b->sha256) && !strcmp(a->nevra, b->nevra);
}

static bool same_nevra(const struct ib_lock_package *a, const struct ib_lock_package *b)
{
	return !strcmp(a->nevra, b->nevra);
}

static bool same_arch(const struct ib_lock_package *a, const struct ib_lock_package *b)
{
	return !strcmp(a->arch, b->arch);
}

static bool any(const struct ib_lock_package *a, const struct ib_lock_package *b)
{
	(void)a, (void)b;
	return true;
}

static void pair_up(const struct group *group,
		    bool (*fits)(const struct ib_lock_package *a, const struct ib_lock_package *b))
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < group->before_count; i++)
		for (j = 0; j < group->after_count && group->before[i]; j++) {
			if (!group->after[j] || !fits(group->before[i], group->after[j]))
				continue;
			add_change(group, group->before[i], group->after[j]);
			group->before[i] = NULL;
			group->after[j] = NULL;
		}
}

/* The nearest relation first: what is left over by all of them came or went. */
static void compare_group(const struct group *group)
{
	size_t i = 0;

	pair_up(group, same_bytes);
	pair_up(group, same_nevra);
	pair_up(group, same_arch);
	pair_up(group, any);
	for (i = 0; i < group->before_count; i++)
		if (group->before[i])
			add_change(group, group->before[i], NULL);
	for (i = 0; i < group->after_count; i++)
		if (group->after[i])
			add_change(group, NULL, group->after[i]);
}

static int compare_lines(const void *a, const void *b)
{
	const struct ib_lock_package *const *x = a;
	const struct ib_lock_package *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);

	if (!order)
		order = ib_lock_compare_versions((*x)->nevra, (*y)->nevra);
	return order ? order : strcmp((*x)->nevra, (*y)->nevra);
}

static const struct ib_lock_package **sorted_lines(const struct ib_lock *lock)
{
	size_t count = lock ? lock->package_count : 0;
	const struct ib_lock_package **lines = ib_alloc_array(count + 1, sizeof(void *));
	size_t i = 0;

	for (i = 0; i < count; i++)
		lines[i] = &lock->packages[i];
	qsort(lines, count, sizeof(void *), compare_lines);
	return lines;
}

static size_t run_of(const struct ib_lock_package **lines, size_t i, size_t count, const char *name)
{
	size_t first = i;

	while (i < count && !strcmp(lines[i]->name, name))
		i++;
	return i - first;
}

static void compare_packages(struct ib_lock_diff *diff, const struct ib_lock *before,
			     const struct ib_lock *after)
{
	ib_autofree const struct ib_lock_package **a = sorted_lines(before);
	ib_autofree const struct ib_lock_package **b = sorted_lines(after);
	size_t a_count = before ? before->package_count : 0;
	size_t b_count = after ? after->package_count : 0;
	size_t i = 0;
	size_t j = 0;

	while (i < a_count || j < b_count) {
		const char *name = i == a_count                          ? b[j]->name
				   : j == b_count                        ? a[i]->name
				   : strcmp(a[i]->name, b[j]->name) <= 0 ? a[i]->name
									 : b[j]->name;
		struct group group = { .diff = diff,
				       .architecture = (after ? after : before)->architecture,
				       .before = a + i,
				       .after = b + j,
				       .before_count = run_of(a, i, a_count, name),
				       .after_count = run_of(b, j, b_count, name) };

		i += group.before_count;
		j += group.after_count;
		compare_group(&group);
	}
}

static void count_part(const struct ib_lock *lock, size_t *packages, uint64_t *size)
{
	size_t i = 0;

	for (i = 0; lock && i < lock->package_count; i++)
		*size += lock->packages[i].size;
	*packages += lock ? lock->package_count : 0;
}

void ib_lock_diff_add(struct ib_lock_diff *diff, const struct ib_lock *before,
		      const struct ib_lock *after)
{
	size_t first = diff->change_count;

	if (!before && !after)
		return;
	diff->part_count++;
	count_part(before, &diff->packages_before, &diff->size_before);
	count_part(after, &diff->packages_after, &diff->size_after);
	compare_packages(diff, before, after);
	ib_lock_diff_edges(diff, before, after, first);
	ib_lock_diff_lines(diff, before, after);
	ib_lock_diff_repositories(diff, before, after);
}
