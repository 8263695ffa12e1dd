/* SPDX-License-Identifier: Apache-2.0 */
#include "build/import.h"

#include <string.h>

#include "base/visible.h"

#define SHOWN 5

static int fail_at(const struct ib_import *import, const struct ib_foreign_item *item,
		   enum ib_kind kind, struct ib_error *err, const char *words)
{
	return ib_fail(err, kind, "%s:%u:%u: %s", import->foreign->path, item->line, item->column,
		       words);
}

/* ---- what the other lock names ------------------------------------------------ */

static const char *file_of(const struct ib_foreign_item *item)
{
	const char *path = item->url ? item->url : item->location;

	return path ? ib_path_name(path) : NULL;
}

/* From the end of its file's name, or from the part of a manifest that it is in; or NULL. */
static const char *architecture_of(struct ib_work *work, const struct ib_foreign_part *part,
				   const struct ib_foreign_item *item)
{
	const char *file = file_of(item);
	const char *name = NULL;
	const char *dot = NULL;

	if (!item->url)
		return part->architecture;
	if (!ib_str_ends(file, ".rpm"))
		return NULL;
	name = ib_arena_strf(work->arena, "%.*s", (int)(strlen(file) - strlen(".rpm")), file);
	dot = strrchr(name, '.');
	return dot ? dot + 1 : NULL;
}

static int read_checksum(struct ib_work *work, const struct ib_import *import,
			 const struct ib_foreign_item *item, const char **ret_sha256,
			 struct ib_error *err)
{
	static const char prefix[] = "sha256:";
	char *hex = NULL;
	size_t i = 0;

	if (!item->checksum)
		return 0;
	hex = ib_arena_memdup(work->arena, item->checksum, strlen(item->checksum) + 1);
	for (i = 0; hex[i]; i++)
		if (hex[i] >= 'A' && hex[i] <= 'Z')
			hex[i] = (char)(hex[i] - 'A' + 'a');
	if (!ib_str_starts(hex, prefix) || !ib_hex_is(hex + strlen(prefix), 64))
		return fail_at(import, item, IB_TRUST, err,
			       ib_arena_strf(work->arena,
					     "checksum '%s' is no SHA-256, so nothing can be held "
					     "against it",
					     item->checksum));
	*ret_sha256 = hex + strlen(prefix);
	return 0;
}

static int add_item(struct ib_work *work, const struct ib_foreign_part *part,
		    const struct ib_foreign_item *item, struct ib_import *import,
		    struct ib_error *err)
{
	struct ib_imported *new = &import->packages[import->count++];
	const char *architecture = architecture_of(work, part, item);
	const char *evr = item->evr;

	*new = (struct ib_imported){ .item = item };
	new->sought.file = file_of(item);
	new->sought.size = item->size == IB_FOREIGN_NO_SIZE ? 0 : item->size;
	if (evr && ib_str_starts(evr, "0:"))
		evr += 2;
	if (item->name && evr && architecture)
		new->sought.nevra =
			ib_arena_strf(work->arena, "%s-%s.%s", item->name, evr, architecture);
	return read_checksum(work, import, item, &new->sought.sha256, err);
}

/* Whether what a manifest lists under this architecture is for that machine. */
static bool is_for(const struct ib_foreign_part *part, const struct ib_foreign_item *item,
		   const char *machine)
{
	size_t i = 0;

	for (i = 0; i < item->parent_count; i++)
		if (ib_str_equal(item->parents[i], machine))
			return true;
	if (item->parent_count)
		return false;
	return ib_str_equal(part->architecture, machine) ||
	       ib_str_equal(part->architecture, "noarch") ||
	       (ib_str_equal(part->architecture, "i686") && ib_str_equal(machine, "x86_64"));
}

static int collect(struct ib_work *work, struct ib_import *import, struct ib_error *err)
{
	const struct ib_foreign *foreign = import->foreign;
	const char *machine = work->recipe->architecture;
	size_t total = 0;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < foreign->part_count; i++)
		total += foreign->parts[i].lists[IB_FOREIGN_PACKAGES].count;
	import->packages = ib_arena_alloc(work->arena, (total + 1) * sizeof(*import->packages));
	for (i = 0; i < foreign->part_count; i++) {
		const struct ib_foreign_part *part = &foreign->parts[i];
		const struct ib_foreign_items *list = &part->lists[IB_FOREIGN_PACKAGES];

		for (j = 0; j < list->count; j++)
			if (is_for(part, &list->items[j], machine))
				IB_TRY(add_item(work, part, &list->items[j], import, err));
	}
	if (!import->count)
		return ib_fail(err, IB_INPUT, "%s names no package for %s", foreign->path, machine);
	return 0;
}

/* ---- what repositories have of it ----------------------------------------------- */

static const char *called(const struct ib_imported *imported)
{
	return imported->sought.nevra ? imported->sought.nevra : imported->sought.file;
}

static int fail_absent(struct ib_work *work, const struct ib_import *import,
		       const struct ib_imported *imported, struct ib_error *err)
{
	IB_AUTO_STRINGS(ids);
	ib_autofree char *list = NULL;
	size_t i = 0;

	for (i = 0; i < work->recipe->repository_count; i++)
		ib_strings_add(&ids, work->recipe->repositories[i].id);
	list = ib_strings_join(&ids, "', '");
	(void)fail_at(import, imported->item, IB_MISSING, err,
		      ib_arena_strf(work->arena,
				    "package '%s' is in no repository of the recipe: "
				    "it was looked for in '%s'",
				    called(imported), list));
	if (imported->item->url) {
		const char *bare = ib_foreign_without_users(work->arena, imported->item->url);
		ib_autofree char *line = ib_visible(bare, false);

		ib_error_hint(err, "It was at '%s' when the other lock was made.", line);
	}
	return -IB_MISSING;
}

static int fail_other(struct ib_work *work, const struct ib_import *import,
		      const struct ib_imported *imported, struct ib_error *err)
{
	const struct ib_resolve_sought *sought = &imported->sought;
	bool digest = sought->sha256 && !ib_str_equal(sought->sha256, sought->found_sha256);
	const char *words =
		digest ? ib_arena_strf(work->arena, "SHA-256 %s there, and %s here",
				       *sought->found_sha256 ? sought->found_sha256 : "not told",
				       sought->sha256)
		       : ib_arena_strf(work->arena, "%llu bytes there, and %llu here",
				       (unsigned long long)sought->found_size,
				       (unsigned long long)sought->size);

	return fail_at(import, imported->item, IB_TRUST, err,
		       ib_arena_strf(work->arena,
				     "package '%s' of repository '%s' has other bytes: %s",
				     called(imported), sought->found_repository, words));
}

static int find(struct ib_work *work, const struct ib_metadata *metadata, struct ib_import *import,
		struct ib_error *err)
{
	struct ib_resolve_sought *sought =
		ib_arena_alloc(work->arena, import->count * sizeof(*sought));
	size_t unchecked = 0;
	size_t i = 0;

	for (i = 0; i < import->count; i++)
		sought[i] = import->packages[i].sought;
	IB_TRY(ib_work_find(work, metadata, sought, import->count, err));
	for (i = 0; i < import->count; i++) {
		struct ib_imported *imported = &import->packages[i];

		imported->sought = sought[i];
		if (sought[i].state == IB_SOUGHT_ABSENT)
			return fail_absent(work, import, imported, err);
		if (sought[i].state == IB_SOUGHT_OTHER)
			return fail_other(work, import, imported, err);
		unchecked += !sought[i].sha256;
	}
	if (unchecked)
		ib_warn(work->session->log,
			"%s has no checksum for %zu package%s: taken by name and version alone",
			import->foreign->path, unchecked, unchecked > 1 ? "s" : "");
	return 0;
}

/* ---- what the resolver is told ---------------------------------------------------- */

static const char *pin_of(struct ib_work *work, const char *nevra)
{
	const char *release = strrchr(nevra, '-');
	const char *version = release;
	const char *dot = strrchr(nevra, '.');

	while (version > nevra && version[-1] != '-')
		version--;
	return ib_arena_strf(work->arena, "%.*s = %.*s", (int)(version - 1 - nevra), nevra,
			     (int)(dot - version), version);
}

struct keeper {
	struct ib_work *work;
	const struct ib_import *import;
	struct ib_resolve_kept *keep; /* the arena's, with room for all, as the next one */
	size_t keep_count;
	struct ib_resolve_pin *pins;
	size_t pin_count;
	struct ib_map *pinned; /* name → what */
};

static void keep_one(struct keeper *keeper, const struct ib_resolve_sought *sought)
{
	keeper->keep[keeper->keep_count++] =
		(struct ib_resolve_kept){ .nevra = sought->found_nevra,
					  .sha256 = sought->found_sha256,
					  .repository = sought->found_repository,
					  .size = sought->found_size,
					  .root = true,
					  .initrd = true };
}

/* One pin for a name, whatever the architectures: an image has one version of it. */
static int pin_one(struct keeper *keeper, const struct ib_imported *imported, struct ib_error *err)
{
	struct ib_arena *arena = keeper->work->arena;
	const char *what = pin_of(keeper->work, imported->sought.found_nevra);
	ib_autofree char *name = ib_strndup(what, strcspn(what, " "));
	const char *before = ib_map_get(keeper->pinned, name);

	if (before && ib_str_equal(before, what))
		return 0;
	if (before)
		return fail_at(keeper->import, imported->item, IB_INPUT, err,
			       ib_arena_strf(arena,
					     "package '%s' is there at two versions: '%s' and '%s'",
					     name, before, what));
	ib_map_set(keeper->pinned, name, ib_arena_memdup(arena, what, strlen(what) + 1));
	keeper->pins[keeper->pin_count++] =
		(struct ib_resolve_pin){ .what = what,
					 .reason = ib_arena_strf(arena, "named by %s:%u",
								 keeper->import->foreign->path,
								 imported->item->line) };
	return 0;
}

static int keep(struct ib_work *work, const struct ib_import *import, struct ib_keeping *keeping,
		struct ib_error *err)
{
	struct keeper keeper = { work, import, NULL, keeping->keep_count, NULL, keeping->pin_count,
				 NULL };
	IB_AUTO(ib_map) pinned = ib_map_new();
	size_t i = 0;

	keeper.pinned = pinned;
	keeper.keep = ib_arena_alloc(work->arena,
				     (keeper.keep_count + import->count) * sizeof(*keeper.keep));
	keeper.pins = ib_arena_alloc(work->arena,
				     (keeper.pin_count + import->count) * sizeof(*keeper.pins));
	if (keeper.keep_count)
		memcpy(keeper.keep, keeping->keep, keeper.keep_count * sizeof(*keeper.keep));
	if (keeper.pin_count)
		memcpy(keeper.pins, keeping->pins, keeper.pin_count * sizeof(*keeper.pins));
	for (i = 0; i < import->count; i++) {
		keep_one(&keeper, &import->packages[i].sought);
		IB_TRY(pin_one(&keeper, &import->packages[i], err));
	}
	keeping->keep = keeper.keep;
	keeping->keep_count = keeper.keep_count;
	keeping->pins = keeper.pins;
	keeping->pin_count = keeper.pin_count;
	return 0;
}

int ib_work_plan_import(struct ib_work *work, const struct ib_foreign *foreign,
			const struct ib_metadata *metadata, struct ib_keeping *keeping,
			struct ib_import *ret_import, struct ib_error *err)
{
	struct ib_import import = { .foreign = foreign };

	IB_TRY(collect(work, &import, err));
	IB_TRY(find(work, metadata, &import, err));
	IB_TRY(keep(work, &import, keeping, err));
	*ret_import = import;
	return 0;
}

/* ---- what came of it ------------------------------------------------------------------ */

static int tell_list(const struct ib_strings *names, const char *words, const char *hint,
		     struct ib_error *err)
{
	IB_AUTO_STRINGS(shown);
	ib_autofree char *list = NULL;
	size_t i = 0;

	if (!names->count)
		return 0;
	for (i = 0; i < names->count && i < SHOWN; i++)
		ib_strings_addf(&shown, "'%s'", names->items[i]);
	if (i < names->count)
		ib_strings_addf(&shown, "and %zu more", names->count - i);
	list = ib_strings_join(&shown, ", ");
	(void)ib_fail(err, IB_INPUT, "%s: %s", words, list);
	ib_error_hint(err, "%s", hint);
	return -IB_INPUT;
}

/* In the answer but not in the other lock; what is in both must have the same bytes. */
static int find_more(const struct ib_import *import, const struct ib_resolution *resolution,
		     struct ib_map *chosen, struct ib_strings *more, struct ib_error *err)
{
	IB_AUTO(ib_map) named = ib_map_new();
	size_t i = 0;

	for (i = 0; i < import->count; i++)
		ib_map_set(named, import->packages[i].sought.found_nevra, &import->packages[i]);
	for (i = 0; i < resolution->package_count; i++) {
		const struct ib_resolved_package *package = &resolution->packages[i];
		const struct ib_imported *imported = ib_map_get(named, package->nevra);

		ib_map_set(chosen, package->nevra, chosen);
		if (!imported)
			ib_strings_add(more, package->nevra);
		else if (!ib_str_equal(imported->sought.found_sha256, package->checksum))
			return ib_fail(
				err, IB_TRUST,
				"package '%s' is taken from repository '%s', which has other "
				"bytes than %s names: SHA-256 %s, not %s",
				package->nevra, package->repository, import->foreign->path,
				package->checksum, imported->sought.found_sha256);
	}
	return 0;
}

int ib_work_check_import(const struct ib_import *import, const struct ib_resolution *resolution,
			 struct ib_error *err)
{
	IB_AUTO(ib_map) chosen = ib_map_new();
	IB_AUTO_STRINGS(more);
	IB_AUTO_STRINGS(less);
	ib_autofree char *more_words = ib_strf("the recipe leads to packages that %s does not name",
					       import->foreign->path);
	ib_autofree char *less_words = ib_strf("%s names packages that the recipe does not lead to",
					       import->foreign->path);
	size_t i = 0;

	IB_TRY(find_more(import, resolution, chosen, &more, err));
	for (i = 0; i < import->count; i++)
		if (!ib_map_has(chosen, import->packages[i].sought.found_nevra))
			ib_strings_add(&less, import->packages[i].sought.found_nevra);
	IB_TRY(tell_list(&more, more_words,
			 "The other lock may be for packages on top of a base image; lock without "
			 "--import, or leave out what asks for these.",
			 err));
	return tell_list(
		&less, less_words,
		"Put them into 'packages'; 'imagebuild import' makes a recipe that asks for "
		"all of them.",
		err);
}
