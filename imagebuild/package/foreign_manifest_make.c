/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock of ours as packages.manifest.yaml: by the architecture that packages
 * are built for. What is built for all is there once, with those that it is for.
 */
#include <stdlib.h>
#include <string.h>

#include "package/foreign_fields.h"
#include "package/lock_diff.h"
#include "package/lock_fields.h"

#define MANIFEST_VERSION "0.2.2" /* of the schema that this follows */

/* ---- repositories: one entry for all architectures ----------------------- */

static const struct ib_foreign_place *place_of(const struct ib_foreign_origin *origin,
					       const char *id)
{
	size_t i = 0;

	for (i = 0; i < origin->place_count; i++)
		if (ib_str_equal(origin->places[i].id, id))
			return &origin->places[i];
	return NULL;
}

/* The URL with $arch wherever the architecture stands. */
static const char *generalize(struct ib_arena *arena, const char *url, const char *architecture)
{
	IB_AUTO_BUFFER(b, SIZE_MAX / 2);
	const char *found = NULL;

	for (; (found = strstr(url, architecture)); url = found + strlen(architecture)) {
		ib_buffer_put(&b, url, (size_t)(found - url));
		ib_buffer_puts(&b, "$arch");
	}
	ib_buffer_puts(&b, url);
	return ib_arena_strdup(arena, ib_buffer_text(&b));
}

struct url {
	const char *text;
	const char *general;
};

/* False when the two say different things, whatever the architecture. */
static bool merge_url(struct ib_arena *arena, struct url *url, const char *text,
		      const char *architecture)
{
	const char *general = text ? generalize(arena, text, architecture) : NULL;

	if (!url->text) {
		*url = (struct url){ text, general };
		return true;
	}
	if (ib_str_equal(url->text, text))
		return true;
	url->text = url->general;
	return ib_str_equal(url->general, general);
}

static int make_repository(struct ib_foreign *foreign, const struct ib_foreign_origin *origins,
			   size_t count, struct ib_foreign_repository *repository,
			   struct ib_error *err)
{
	struct ib_arena *arena = foreign->arena;
	struct url urls[3] = { { NULL, NULL } };
	bool same = true;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		const struct ib_foreign_place *place = place_of(&origins[i], repository->id);
		const char *architecture = origins[i].lock->architecture;

		if (!place)
			continue;
		same = merge_url(arena, &urls[0], place->baseurl, architecture) && same;
		same = merge_url(arena, &urls[1], place->metalink, architecture) && same;
		same = merge_url(arena, &urls[2], place->mirrorlist, architecture) && same;
	}
	if (!same)
		return ib_fail(err, IB_INPUT,
			       "repository '%s' is elsewhere for each architecture, which "
			       "packages.manifest.yaml cannot say",
			       repository->id);
	repository->baseurl = urls[0].text;
	repository->metalink = urls[1].text;
	repository->mirrorlist = urls[2].text;
	if (!urls[0].text && !urls[1].text && !urls[2].text)
		return ib_fail(err, IB_INPUT, "the recipe lacks repository '%s' of the lock",
			       repository->id);
	return 0;
}

static int make_repositories(struct ib_foreign *foreign, const struct ib_foreign_origin *origins,
			     size_t count, struct ib_error *err)
{
	struct ib_foreign_repository *repositories = NULL;
	IB_AUTO_STRINGS(ids);
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < count; i++)
		for (j = 0; j < origins[i].lock->repository_count; j++)
			ib_strings_add(&ids, origins[i].lock->repositories[j].id);
	ib_strings_sort_unique(&ids);
	repositories = ib_arena_alloc(foreign->arena, (ids.count + 1) * sizeof(*repositories));
	for (i = 0; i < ids.count; i++) {
		repositories[i].id = ib_arena_strdup(foreign->arena, ids.items[i]);
		IB_TRY(make_repository(foreign, origins, count, &repositories[i], err));
	}
	foreign->repositories = repositories;
	foreign->repository_count = ids.count;
	return 0;
}

/* ---- packages -------------------------------------------------------------- */

struct row {
	const struct ib_lock_package *line;
	const char *architecture; /* of the lock's part */
};

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a;
	const struct row *y = b;
	int order = strcmp(x->line->arch, y->line->arch);

	order = order ? order : ib_lock_compare_packages(x->line, y->line);
	order = order ? order : strcmp(x->line->sha256, y->line->sha256);
	return order ? order : strcmp(x->architecture, y->architecture);
}

static bool is_same(const struct row *a, const struct row *b)
{
	return ib_str_equal(a->line->nevra, b->line->nevra) &&
	       ib_str_equal(a->line->sha256, b->line->sha256);
}

/* Told as dnf5 tells it, though the schema knows no capital letter at its beginning (NetworkManager). */
static const char *source_of(struct ib_arena *arena, const struct ib_lock_package *line)
{
	size_t size = strlen(line->source_rpm);

	if (!size)
		return NULL;
	if (ib_str_ends(line->source_rpm, ".rpm"))
		size -= strlen(".rpm");
	return ib_arena_strf(arena, "%.*s", (int)size, line->source_rpm);
}

/* Of rows that are the same package; the parents are told for what is built for all. */
static void make_item(struct ib_arena *arena, const struct row *rows, size_t count,
		      struct ib_foreign_item *item)
{
	const struct ib_lock_package *line = rows->line;
	const char **parents = ib_arena_alloc(arena, count * sizeof(*parents));
	size_t i = 0;

	*item = (struct ib_foreign_item){
		.name = line->name,
		.evr = ib_lock_version_of(arena, line),
		.repository = line->repository,
		.location = line->location,
		.checksum = ib_arena_strf(arena, "sha256:%s", line->sha256),
		.source_rpm = source_of(arena, line),
		.size = line->size,
	};
	if (!ib_str_equal(line->arch, "noarch"))
		return;
	for (i = 0; i < count; i++)
		parents[i] = rows[i].architecture;
	item->parents = parents;
	item->parent_count = count;
}

static void make_parts(struct ib_foreign *foreign, const struct row *rows, size_t count)
{
	struct ib_foreign_part *parts =
		ib_arena_alloc(foreign->arena, (count + 1) * sizeof(*parts));
	struct ib_foreign_item *items =
		ib_arena_alloc(foreign->arena, (count + 1) * sizeof(*items));
	size_t item_count = 0;
	size_t i = 0;
	size_t end = 0;

	for (i = 0; i < count; i = end) {
		struct ib_foreign_part *part = &parts[foreign->part_count];
		struct ib_foreign_items *list = NULL;

		if (!i || !ib_str_equal(rows[i].line->arch, rows[i - 1].line->arch)) {
			foreign->part_count++;
			part->architecture = rows[i].line->arch;
			part->lists[IB_FOREIGN_PACKAGES] =
				(struct ib_foreign_items){ &items[item_count], 0, true };
		}
		for (end = i + 1; end < count && is_same(&rows[end], &rows[i]); end++)
			;
		make_item(foreign->arena, &rows[i], end - i, &items[item_count++]);
		list = &parts[foreign->part_count - 1].lists[IB_FOREIGN_PACKAGES];
		list->count++;
	}
	foreign->parts = parts;
}

int ib_foreign_make_manifest(struct ib_foreign *foreign, const struct ib_foreign_origin *origins,
			     size_t count, struct ib_error *err)
{
	struct row *rows = NULL;
	size_t total = 0;
	size_t filled = 0;
	size_t i = 0;
	size_t j = 0;

	foreign->version = MANIFEST_VERSION;
	IB_TRY(make_repositories(foreign, origins, count, err));
	for (i = 0; i < count; i++)
		total += origins[i].lock->package_count;
	rows = ib_arena_alloc(foreign->arena, (total + 1) * sizeof(*rows));
	for (i = 0; i < count; i++)
		for (j = 0; j < origins[i].lock->package_count; j++)
			rows[filled++] = (struct row){ &origins[i].lock->packages[j],
						       origins[i].lock->architecture };
	qsort(rows, total, sizeof(*rows), compare_rows);
	make_parts(foreign, rows, total);
	return 0;
}
