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

/* The file names of one source, by its name: "a-1-1.src.rpm a-2-1.src.rpm", sorted. */
static void collect(const struct ib_lock *lock, struct ib_strings *sources)
{
	size_t i = 0;

	for (i = 0; i < lock->package_count; i++)
		if (version_of(lock->packages[i].source_rpm))
			ib_strings_add(sources, lock->packages[i].source_rpm);
	ib_strings_sort_unique(sources);
}

/* What the list has of that source, in its order, joined. */
static char *versions_in(const struct ib_strings *sources, const char *name, size_t name_size)
{
	IB_AUTO_STRINGS(versions);
	size_t i = 0;

	for (i = 0; i < sources->count; i++) {
		const char *version = version_of(sources->items[i]);
		size_t size = (size_t)(version - 1 - sources->items[i]);

		if (size == name_size && !strncmp(sources->items[i], name, size))
			ib_strings_addf(&versions, "%.*s",
					(int)(strlen(version) - strlen(".src.rpm")), version);
	}
	ib_strings_sort_unique(&versions);
	return versions.count ? ib_strings_join(&versions, " and ") : NULL;
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
	struct ib_strings left_sources, right_sources;
	const char *path;
};

static int compare_source(const struct comparison *comparison, const char *source,
			  struct ib_error *err)
{
	size_t size = (size_t)(version_of(source) - 1 - source);
	ib_autofree char *name = ib_strndup(source, size);
	ib_autofree char *left = versions_in(&comparison->left_sources, name, size);
	ib_autofree char *right = versions_in(&comparison->right_sources, name, size);

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
	for (i = 0; i < comparison.left_sources.count && r == 0; i++)
		r = compare_source(&comparison, comparison.left_sources.items[i], err);
	ib_strings_done(&comparison.left_sources);
	ib_strings_done(&comparison.right_sources);
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
