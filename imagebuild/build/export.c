/* SPDX-License-Identifier: Apache-2.0 */
/* A lock for other programs: what it names, and where the recipe says that it is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build/work.h"

struct exporter {
	const struct ib_export_options *options;
	struct ib_arena *arena;
	bool *used; /* of the bases; owned by the arena */
};

/* What --base says of the repository, for this architecture; or NULL. */
static const char *given_base(const struct exporter *exporter, const char *id,
			      const char *architecture)
{
	size_t length = strlen(id);
	size_t i = 0;

	for (i = 0; i < exporter->options->base_count; i++) {
		const char *base = exporter->options->bases[i];

		if (strncmp(base, id, length) != 0 || base[length] != '=')
			continue;
		exporter->used[i] = true;
		return ib_foreign_expand(exporter->arena, base + length + 1, architecture);
	}
	return NULL;
}

/* A folder becomes a URL; others read the file from another place. */
static int url_of(struct ib_arena *arena, const char *url, const char **ret_url,
		  struct ib_error *err)
{
	ib_autofree char *encoded = NULL;
	char *real = NULL;

	if (strstr(url, "://")) {
		*ret_url = url;
		return 0;
	}
	real = realpath(url, NULL);
	if (!real)
		return ib_fail_errno(err, errno, "cannot find the folder '%s' of a repository",
				     url);
	encoded = ib_path_to_url(real);
	free(real);
	*ret_url = ib_arena_strf(arena, "file://%s", encoded);
	return 0;
}

/* Passwords of the recipe's are not for others. */
static const char *without_users(const struct exporter *exporter, const char *id, const char *url)
{
	const char *bare = url ? ib_foreign_without_users(exporter->arena, url) : NULL;

	if (bare != url)
		ib_warn(exporter->options->log,
			"left out: the user and the password in the URL of repository '%s'", id);
	return bare;
}

static int make_place(struct exporter *exporter, const struct ib_recipe *recipe,
		      const struct ib_recipe_repository *repository, struct ib_foreign_place *place,
		      struct ib_error *err)
{
	*place = (struct ib_foreign_place){ .id = repository->id };
	place->baseurl = without_users(exporter, place->id,
				       given_base(exporter, repository->id, recipe->architecture));
	if (place->baseurl)
		return 0;
	place->metalink = without_users(exporter, place->id, repository->metalink_written);
	place->mirrorlist = without_users(exporter, place->id, repository->mirrorlist_written);
	if (!repository->url_count)
		return 0;
	IB_TRY(url_of(exporter->arena, repository->urls[0], &place->baseurl, err));
	place->baseurl = without_users(exporter, place->id, place->baseurl);
	if (ib_str_starts(place->baseurl, "file://"))
		ib_warn(exporter->options->log,
			"repository '%s' is a folder of this machine (%s): --base %s=URL says where "
			"others find it",
			place->id, place->baseurl, place->id);
	return 0;
}

static int make_origin(struct exporter *exporter, const struct ib_archive_part *part,
		       struct ib_foreign_origin *origin, struct ib_error *err)
{
	const struct ib_recipe *recipe = part->recipe;
	struct ib_foreign_place *places =
		ib_arena_alloc(exporter->arena, (recipe->repository_count + 1) * sizeof(*places));
	size_t i = 0;

	for (i = 0; i < recipe->repository_count; i++)
		IB_TRY(make_place(exporter, recipe, &recipe->repositories[i], &places[i], err));
	*origin = (struct ib_foreign_origin){ part->lock, places, recipe->repository_count };
	return 0;
}

static int check_bases(const struct exporter *exporter, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < exporter->options->base_count; i++) {
		const char *base = exporter->options->bases[i];
		const char *equals = strchr(base, '=');

		if (!equals || equals == base || !strstr(equals, "://"))
			return ib_fail(err, IB_INPUT, "'--base %s' is not ID=URL", base);
		if (!exporter->used[i])
			return ib_fail(err, IB_INPUT,
				       "'--base %s': the recipe has no repository '%.*s'", base,
				       (int)(equals - base), base);
	}
	return 0;
}

static int export(struct exporter *exporter, const struct ib_archive_part *parts, size_t count,
		  struct ib_buffer *b, struct ib_error *err)
{
	struct ib_foreign_origin *origins =
		ib_arena_alloc(exporter->arena, (count + 1) * sizeof(*origins));
	IB_AUTO(ib_foreign) foreign = NULL;
	size_t i = 0;

	exporter->used = ib_arena_alloc(exporter->arena, (exporter->options->base_count + 1) *
								 sizeof(*exporter->used));
	for (i = 0; i < count; i++)
		IB_TRY(make_origin(exporter, &parts[i], &origins[i], err));
	IB_TRY(check_bases(exporter, err));
	IB_TRY(ib_foreign_from_lock(exporter->options->format, origins, count, &foreign, err));
	ib_foreign_put(foreign, b);
	return 0;
}

int ib_build_export(const struct ib_export_options *options, const struct ib_archive_part *parts,
		    size_t part_count, struct ib_buffer *b, struct ib_error *err)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct exporter exporter = { options, arena, NULL };

	return export(&exporter, parts, part_count, b, err);
}
