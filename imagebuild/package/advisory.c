/* SPDX-License-Identifier: Apache-2.0 */
#include "package/advisory.h"

#include <stdlib.h>
#include <string.h>

#include "package/package.h"

struct entry {
	const char *name;
	size_t advisory;
	const struct ib_advisory_fix *fix;
};

/* All fixes by name, then in the order of the advisories. */
struct ib_advisory_index {
	struct entry *entries;
	size_t count;
};

struct ib_advisories *ib_advisories_new(void)
{
	struct ib_advisories *advisories = ib_alloc(sizeof(*advisories));

	advisories->arena = ib_arena_new();
	advisories->index = ib_alloc(sizeof(*advisories->index));
	return advisories;
}

void ib_advisories_free(struct ib_advisories *advisories)
{
	if (!advisories)
		return;
	ib_free(advisories->index->entries);
	ib_free(advisories->index);
	ib_free(advisories->items);
	ib_arena_free(advisories->arena);
	ib_free(advisories);
}

static const char *keep(struct ib_arena *arena, const char *text)
{
	return ib_arena_strdup(arena, text ? text : "");
}

static const struct ib_advisory_reference *keep_references(struct ib_arena *arena,
							   const struct ib_advisory *advisory)
{
	struct ib_advisory_reference *kept =
		ib_arena_alloc(arena, (advisory->reference_count + 1) * sizeof(*kept));
	size_t i = 0;

	for (i = 0; i < advisory->reference_count; i++)
		kept[i] = (struct ib_advisory_reference){
			keep(arena, advisory->references[i].kind),
			keep(arena, advisory->references[i].id),
			keep(arena, advisory->references[i].url),
		};
	return kept;
}

static const struct ib_advisory_fix *keep_fixes(struct ib_arena *arena,
						const struct ib_advisory *advisory)
{
	struct ib_advisory_fix *kept =
		ib_arena_alloc(arena, (advisory->fix_count + 1) * sizeof(*kept));
	size_t i = 0;

	for (i = 0; i < advisory->fix_count; i++)
		kept[i] = (struct ib_advisory_fix){
			keep(arena, advisory->fixes[i].name),
			keep(arena, advisory->fixes[i].evr),
			keep(arena, advisory->fixes[i].arch),
			ib_arena_strdup(arena, advisory->fixes[i].module),
		};
	return kept;
}

void ib_advisories_add(struct ib_advisories *advisories, const struct ib_advisory *advisory)
{
	struct ib_arena *arena = advisories->arena;
	struct ib_advisory kept = *advisory;

	kept.id = keep(arena, advisory->id);
	kept.kind = keep(arena, advisory->kind);
	kept.severity = keep(arena, advisory->severity);
	kept.title = keep(arena, advisory->title);
	kept.repository = keep(arena, advisory->repository);
	kept.references = keep_references(arena, advisory);
	kept.fixes = keep_fixes(arena, advisory);
	ib_grow(advisories->items, advisories->count);
	advisories->items[advisories->count++] = kept;
}

static int compare_advisories(const void *a, const void *b)
{
	const struct ib_advisory *x = a;
	const struct ib_advisory *y = b;
	int order = strcmp(x->id, y->id);

	return order ? order : strcmp(x->repository, y->repository);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = (x->advisory > y->advisory) - (x->advisory < y->advisory);
	return order ? order : (x->fix > y->fix) - (x->fix < y->fix);
}

void ib_advisories_finish(struct ib_advisories *advisories)
{
	struct ib_advisory_index *index = advisories->index;
	size_t i = 0;
	size_t j = 0;

	if (advisories->count)
		qsort(advisories->items, advisories->count, sizeof(*advisories->items),
		      compare_advisories);
	index->count = 0;
	for (i = 0; i < advisories->count; i++)
		for (j = 0; j < advisories->items[i].fix_count; j++) {
			const struct ib_advisory_fix *fix = &advisories->items[i].fixes[j];

			ib_grow(index->entries, index->count);
			index->entries[index->count++] = (struct entry){ fix->name, i, fix };
		}
	if (index->count)
		qsort(index->entries, index->count, sizeof(*index->entries), compare_entries);
}

/* The first entry of that name, or where it would stand. */
static size_t first_of(const struct ib_advisory_index *index, const char *name)
{
	size_t low = 0;
	size_t high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(index->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A package may change between noarch and an architecture without becoming another. */
static bool is_for(const struct ib_advisory_fix *fix, const char *arch)
{
	return ib_str_equal(fix->arch, arch) || ib_str_equal(fix->arch, "noarch") ||
	       ib_str_equal(arch, "noarch");
}

static bool counts(const struct ib_advisory_fix *fix, const struct ib_advisory_move *move)
{
	size_t i = 0;

	for (i = 0; fix->module && i < move->stream_count; i++)
		if (ib_str_equal(fix->module, move->streams[i]))
			return true;
	return !fix->module;
}

static bool concerns(const struct ib_advisory_fix *fix, const struct ib_advisory_move *move)
{
	return is_for(fix, move->arch) && counts(fix, move) &&
	       ib_evr_compare(move->have, fix->evr) < 0 &&
	       (!move->get || ib_evr_compare(move->get, fix->evr) >= 0);
}

size_t ib_advisories_find(const struct ib_advisories *advisories,
			  const struct ib_advisory_move *move,
			  const struct ib_advisory ***ret_found)
{
	const struct ib_advisory_index *index = advisories->index;
	const struct ib_advisory **found = NULL;
	size_t count = 0;
	size_t i = 0;

	for (i = move->have ? first_of(index, move->name) : index->count;
	     i < index->count && ib_str_equal(index->entries[i].name, move->name); i++) {
		const struct ib_advisory *advisory = &advisories->items[index->entries[i].advisory];

		if (!concerns(index->entries[i].fix, move) ||
		    (count && ib_str_equal(found[count - 1]->id, advisory->id)))
			continue;
		ib_grow(found, count);
		found[count++] = advisory;
	}
	*ret_found = found;
	return count;
}

unsigned ib_advisory_severity(const struct ib_advisory *advisory)
{
	/* "Low" to "Critical" are Red Hat's words; openSUSE and Fedora write them small. */
	static const char *const words[] = { "none", "low", "moderate", "important", "critical" };
	unsigned i = 0;

	for (i = 0; i < IB_COUNT(words); i++)
		if (!strcasecmp(advisory->severity, words[i]))
			return i;
	return 0;
}

bool ib_advisory_is_security(const struct ib_advisory *advisory)
{
	return ib_str_equal(advisory->kind, "security");
}
