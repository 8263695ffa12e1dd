/* SPDX-License-Identifier: Apache-2.0 */
/* What a recipe is turned into as text: canonical JSON, wishes; and the schema of all recipes. */
#include <string.h>

#include "recipe/fields.h"

#define JSON_MAX (64U << 20)

char *ib_recipe_canonical(const struct ib_recipe *recipe)
{
	IB_AUTO_BUFFER(json, JSON_MAX);

	ib_recipe_write_fields(&ib_recipe_table_root, recipe, &json);
	return ib_buffer_take_text(&json);
}

char *ib_recipe_schema(void)
{
	IB_AUTO_BUFFER(json, JSON_MAX);
	IB_AUTO_BUFFER(table, JSON_MAX);

	ib_buffer_puts(&json, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
			      "\"title\":\"recipe of imagebuild\",");
	ib_recipe_describe_table(&ib_recipe_table_root, false, &table);
	ib_buffer_put(&json, table.data + 1, table.size - 1);
	return ib_buffer_take_text(&json);
}

static bool is_list(const struct ib_recipe_field *field)
{
	return field->type == &ib_recipe_mappings || field->type == &ib_recipe_mappings_aside;
}

static void add_names(const struct ib_recipe_table *table, const char *prefix,
		      struct ib_strings *names)
{
	size_t i = 0;

	for (i = 0; i < table->count; i++) {
		const struct ib_recipe_field *field = &table->fields[i];
		ib_autofree char *name = ib_strf("%s%s", prefix, field->name);
		ib_autofree char *inner = ib_strf("%s%s.", name, is_list(field) ? "[]" : "");

		ib_strings_add(names, name);
		if (field->table)
			add_names(field->table, inner, names);
	}
}

void ib_recipe_key_names(struct ib_strings *ret_names)
{
	add_names(&ib_recipe_table_root, "", ret_names);
	ib_strings_sort_unique(ret_names);
}

/* ---- wishes ---- */

static void add_list(struct ib_strings *wishes, const char *key, const struct ib_recipe_list *list)
{
	size_t i = 0;

	for (i = 0; i < list->count; i++)
		ib_strings_addf(wishes, "%s: %s", key, list->items[i]);
}

static void add_repository(struct ib_strings *wishes, const struct ib_recipe_repository *repository)
{
	static const char *const trusts[] = { "signed", "metalink", "none" };
	const char *id = repository->id;
	size_t i = 0;

	for (i = 0; i < repository->url_written_count; i++)
		ib_strings_addf(wishes, "repository %s: url %s", id, repository->urls_written[i]);
	if (repository->mirrorlist)
		ib_strings_addf(wishes, "repository %s: mirrorlist %s", id,
				repository->mirrorlist_written);
	if (repository->metalink)
		ib_strings_addf(wishes, "repository %s: metalink %s", id,
				repository->metalink_written);
	for (i = 0; i < repository->key_count; i++)
		ib_strings_addf(wishes, "repository %s: key %s", id,
				repository->keys[i].fingerprint);
	ib_strings_addf(wishes, "repository %s: trust %s", id, trusts[repository->trust]);
	ib_strings_addf(wishes, "repository %s: priority %u", id, repository->priority);
	if (repository->not_automatic)
		ib_strings_addf(wishes, "repository %s: not automatic", id);
}

/* Without their reasons: a lock need not be made again for better words. */
static void add_pins(struct ib_strings *wishes, const struct ib_recipe *recipe)
{
	size_t i = 0;

	for (i = 0; i < recipe->pin_count; i++)
		ib_strings_addf(wishes, "pins: %s %s%s%s", recipe->pins[i].package,
				recipe->pins[i].evr, recipe->pins[i].repository ? " from " : "",
				recipe->pins[i].repository ? recipe->pins[i].repository : "");
	for (i = 0; i < recipe->fast_track_count; i++)
		ib_strings_addf(
			wishes, "fast-tracks: %s %s%s%s", recipe->fast_tracks[i].package,
			recipe->fast_tracks[i].evr,
			recipe->fast_tracks[i].repository ? " from " : "",
			recipe->fast_tracks[i].repository ? recipe->fast_tracks[i].repository : "");
}

void ib_recipe_wishes(const struct ib_recipe *recipe, struct ib_strings *ret_wishes)
{
	size_t i = 0;

	ib_strings_addf(ret_wishes, "architecture: %s", recipe->architecture);
	add_list(ret_wishes, "packages", &recipe->packages);
	add_list(ret_wishes, "exclude", &recipe->exclude);
	add_list(ret_wishes, "initrd-packages", &recipe->initrd_packages);
	ib_strings_addf(ret_wishes, "weak-dependencies: %s",
			recipe->weak_dependencies ? "true" : "false");
	/* Only where they say something, so that locks from before there were these still fit. */
	if (recipe->multilib)
		ib_strings_add(ret_wishes, "multilib: true");
	add_list(ret_wishes, "modules", &recipe->modules);
	for (i = 0; i < recipe->repository_count; i++)
		add_repository(ret_wishes, &recipe->repositories[i]);
	for (i = 0; i < recipe->scriptlet_count; i++)
		ib_strings_addf(ret_wishes, "scriptlets: %s %s %s", recipe->scriptlets[i].digest,
				recipe->scriptlets[i].run ? "run" : "skip",
				recipe->scriptlets[i].run ? recipe->scriptlets[i].run
							  : recipe->scriptlets[i].skip);
	for (i = 0; i < recipe->difference_count; i++)
		ib_strings_addf(ret_wishes, "differing-sources: %s %s",
				recipe->differences[i].source, recipe->differences[i].reason);
	add_pins(ret_wishes, recipe);
	ib_strings_sort_unique(ret_wishes);
}
