/* SPDX-License-Identifier: Apache-2.0 */
/* Which compression goes with which file system of the root, and how hard it may try. */
#include <string.h>

#include "recipe/check.h"
#include "recipe/fields.h"

#define CLUSTER_MIN 4096U
#define CLUSTER_MAX (1U << 20)

/* The first row of a format is its default. */
struct choice {
	const char *format;
	const char *compression;
	uint32_t min, max, normal; /* levels; 0: there are none */
	bool has_clusters;         /* of CLUSTER_MIN to CLUSTER_MAX bytes; the least by default */
};

static const struct choice choices[] = {
	{ "erofs", "lz4hc", 1, 12, 9, true },     { "erofs", "lz4", 0, 0, 0, true },
	{ "erofs", "zstd", 1, 22, 3, true },      { "erofs", "none", 0, 0, 0, false },
	{ "squashfs", "zstd", 1, 22, 15, false }, { "squashfs", "gzip", 1, 9, 9, false },
	{ "squashfs", "xz", 1, 9, 6, false },     { "squashfs", "lz4", 0, 0, 0, false },
	{ "squashfs", "lz4hc", 0, 0, 0, false },
};

static const struct choice *find(const struct ib_recipe *recipe)
{
	const char *compression = recipe->root_compression;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(choices); i++)
		if (!strcmp(choices[i].format, recipe->root_format) &&
		    (!compression || !strcmp(choices[i].compression, compression)))
			return &choices[i];
	return NULL;
}

static int fail_compression(const struct ib_recipe *recipe, struct ib_error *err)
{
	IB_AUTO_STRINGS(known);
	ib_autofree char *words = NULL;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(choices); i++)
		if (!strcmp(choices[i].format, recipe->root_format))
			ib_strings_add(&known, choices[i].compression);
	words = ib_strings_join(&known, ", ");
	(void)ib_recipe_fail(recipe->root_mark, err, "%s has no compression '%s'",
			     recipe->root_format, recipe->root_compression);
	ib_error_hint(err, "It has: %s.", words);
	return -IB_INPUT;
}

static int check_cluster(const struct ib_recipe *recipe, const struct choice *choice,
			 struct ib_error *err)
{
	uint64_t cluster = recipe->root_cluster;

	if (!cluster)
		return 0;
	if (!choice->has_clusters)
		return ib_recipe_fail(recipe->root_mark, err, "%s of %s has no 'cluster'",
				      choice->compression, choice->format);
	if (cluster < CLUSTER_MIN || cluster > CLUSTER_MAX || cluster & (cluster - 1))
		return ib_recipe_fail(recipe->root_mark, err,
				      "'cluster' is a power of two from 4K to 1M");
	return 0;
}

int ib_recipe_check_root(const struct ib_recipe *recipe, struct ib_error *err)
{
	const struct choice *choice = find(recipe);

	if (!choice)
		return fail_compression(recipe, err);
	IB_TRY(check_cluster(recipe, choice, err));
	if (recipe->root_pack_tails && !choice->has_clusters)
		return ib_recipe_fail(recipe->root_mark, err, "%s of %s has no 'pack-tails'",
				      choice->compression, choice->format);
	if (recipe->root_slack && strcmp(recipe->root_format, "erofs") != 0)
		return ib_recipe_fail(recipe->root_mark, err, "%s has no 'slack'",
				      recipe->root_format);
	if (!recipe->root_level)
		return 0;
	if (!choice->max)
		return ib_recipe_fail(recipe->root_mark, err, "%s of %s has no 'level'",
				      choice->compression, choice->format);
	if (recipe->root_level < choice->min || recipe->root_level > choice->max)
		return ib_recipe_fail(recipe->root_mark, err,
				      "%s of %s has levels from %u to %u, not %u",
				      choice->compression, choice->format, choice->min, choice->max,
				      recipe->root_level);
	return 0;
}

void ib_recipe_complete_root(struct ib_recipe *recipe)
{
	const struct choice *choice = find(recipe);

	recipe->root_compression = choice->compression;
	if (!recipe->root_level)
		recipe->root_level = choice->normal;
	if (!recipe->root_cluster && choice->has_clusters)
		recipe->root_cluster = CLUSTER_MIN;
}
