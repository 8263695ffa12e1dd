/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same source at the same version on every architecture. What differs is
 * either a repository that lags behind or a mistake: images that are meant to
 * be the same are then not, and only one of them has yesterday's fix.
 */
#include <string.h>

#include "package/lock.h"

#define ALLOWED "differing-sources: "

/* "name-version-release.src.rpm": where the version begins; NULL for anything else. */
static const char *version_of(const char *source)
{
	const char *at = source + strlen(source);
	unsigned dashes = 0;

	while (at > source && dashes < 2)
		dashes += *--at == '-';
	return dashes == 2 && at > source ? at + 1 : NULL;
}

/* The versions of each source package by its name, and the names in their order. */
struct sources {
	struct ib_strings names; /* sorted */
	struct ib_map *versions; /* struct ib_strings, owned, sorted */
};

static void done_sources(struct sources *sources)
{
	size_t i = 0;

	for (i = 0; i < sources->names.count; i++) {
		struct ib_strings *versions =
			ib_map_get(sources->versions, sources->names.items[i]);

		ib_strings_done(versions);
		ib_free(versions);
	}
	ib_strings_done(&sources->names);
	ib_map_free(sources->versions);
}

static void add_source(struct sources *sources, const char *source)
{
	const char *version = version_of(source);
	ib_autofree char *name = NULL;
	struct ib_strings *versions = NULL;

	if (!version)
		return;
	name = ib_strndup(source, (size_t)(version - 1 - source));
	versions = ib_map_get(sources->versions, name);
	if (!versions) {
		versions = ib_alloc(sizeof(*versions));
		ib_map_set(sources->versions, name, versions);
		ib_strings_add(&sources->names, name);
	}
	ib_strings_addf(versions, "%.*s", (int)(strlen(version) - strlen(".src.rpm")), version);
}

static void collect(const struct ib_lock *lock, struct sources *sources)
{
	size_t i = 0;

	sources->versions = ib_map_new();
	for (i = 0; i < lock->package_count; i++)
		add_source(sources, lock->packages[i].source_rpm);
	ib_strings_sort_unique(&sources->names);
	for (i = 0; i < sources->names.count; i++)
		ib_strings_sort_unique(ib_map_get(sources->versions, sources->names.items[i]));
}

/* Joined; NULL: there is none of that name. */
static char *versions_in(const struct sources *sources, const char *name)
{
	const struct ib_strings *versions = ib_map_get(sources->versions, name);

	return versions ? ib_strings_join(versions, " and ") : NULL;
}

static bool is_allowed(const struct ib_lock *lock, const char *name)
{
	ib_autofree char *wish = ib_strf(ALLOWED "%s", name);
	size_t i = 0;

	for (i = 0; i < lock->wishes.count; i++) {
		const char *line = lock->wishes.items[i];

		if (ib_str_starts(line, wish) && (!line[strlen(wish)] || line[strlen(wish)] == ' '))
			return true;
	}
	return false;
}

struct comparison {
	const struct ib_lock *left, *right;
	struct sources left_sources, right_sources;
	const char *path;
};

static int compare_source(const struct comparison *comparison, const char *name,
			  struct ib_error *err)
{
	ib_autofree char *left = versions_in(&comparison->left_sources, name);
	ib_autofree char *right = versions_in(&comparison->right_sources, name);

	if (!right || ib_str_equal(left, right) || is_allowed(comparison->left, name) ||
	    is_allowed(comparison->right, name))
		return 0;
	(void)ib_fail(err, IB_INPUT, "%s: source package '%s' is at %s for %s, but at %s for %s",
		      comparison->path, name, left, comparison->left->architecture, right,
		      comparison->right->architecture);
	ib_error_hint(err,
		      "Lock again when both have it, or allow it in the recipe:\n"
		      "differing-sources:\n  - {source: %s, reason: \"why they may differ\"}",
		      name);
	return -IB_INPUT;
}

static int compare_parts(const struct ib_lock *left, const struct ib_lock *right, const char *path,
			 struct ib_error *err)
{
	struct comparison comparison = { .left = left, .right = right, .path = path };
	int r = 0;
	size_t i = 0;

	collect(left, &comparison.left_sources);
	collect(right, &comparison.right_sources);
	for (i = 0; i < comparison.left_sources.names.count && r == 0; i++)
		r = compare_source(&comparison, comparison.left_sources.names.items[i], err);
	done_sources(&comparison.left_sources);
	done_sources(&comparison.right_sources);
	return r;
}

int ib_locks_check_sources(const struct ib_locks *locks, const char *path, struct ib_error *err)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < locks->count; i++)
		for (j = i + 1; j < locks->count; j++)
			IB_TRY(compare_parts(locks->parts[i], locks->parts[j], path, err));
	return 0;
}
