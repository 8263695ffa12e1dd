/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "recipe/fields.h"

/* A GPT label has 36 characters, and the longest of ours ends in "_verity_sig": UAPI.2. */
#define LABEL_MAX    36
#define LABEL_SUFFIX "_verity_sig"
/* zstd's own choice: a third of the time of level 6, for 7 % more bytes. */
#define INITRD_LEVEL 3

static const char *const default_words[] = {
	"systemd.gpt_auto=no",
	"systemd.import_credentials=no",
	"rd.shell=0",
	"rd.emergency=reboot",
	"panic=5",
};

static const char *const default_databases[] = { "rpmdb" };
static const char *const all_outputs[] = { "disk", "provenance", "root", "sbom", "uki" };

static int missing(const struct ib_recipe *recipe, const char *key, const char *example,
		   struct ib_error *err)
{
	(void)ib_fail(err, IB_INPUT, "%s: the recipe has no '%s'", recipe->path, key);
	ib_error_hint(err, "Write for example: %s", example);
	return -IB_INPUT;
}

static int check_image(const struct ib_recipe *recipe, struct ib_error *err)
{
	static const char example[] = "image: {id: node, version: \"1.0.0\", architecture: x86_64}";
	size_t room = LABEL_MAX - strlen("_" LABEL_SUFFIX);

	if (!recipe->id)
		return missing(recipe, "image.id", example, err);
	if (!recipe->version)
		return missing(recipe, "image.version", example, err);
	if (!recipe->architecture)
		return missing(recipe, "image.architecture", example, err);
	if (strlen(recipe->id) + strlen(recipe->version) <= room)
		return 0;
	(void)ib_recipe_fail(
		recipe->image_mark, err,
		"image id '%s' and version '%s' have more than %zu characters together", recipe->id,
		recipe->version, room);
	ib_error_hint(err, "A partition label '%s_%s" LABEL_SUFFIX "' would have more than %d.",
		      recipe->id, recipe->version, LABEL_MAX);
	return -IB_INPUT;
}

static int check_trust(const struct ib_recipe_repository *repository, struct ib_error *err)
{
	bool reason = repository->trust_reason != NULL;

	if (repository->trust == IB_METADATA_NONE && !reason) {
		(void)ib_recipe_fail(repository->mark, err,
				     "repository '%s' has trust: none without a 'trust-reason'",
				     repository->id);
		ib_error_hint(err, "Say why its metadata may be believed by nothing, or use trust: "
				   "signed.");
		return -IB_INPUT;
	}
	if (repository->trust != IB_METADATA_NONE && reason)
		return ib_recipe_fail(
			repository->mark, err,
			"repository '%s' has a 'trust-reason', which goes with trust: "
			"none only",
			repository->id);
	if (repository->trust != IB_METADATA_METALINK)
		return 0;
	if (!repository->metalink)
		return ib_recipe_fail(repository->mark, err,
				      "repository '%s' has trust: metalink and no 'metalink'",
				      repository->id);
	if (ib_str_starts(repository->metalink, "https://"))
		return 0;
	(void)ib_recipe_fail(repository->mark, err,
			     "the metalink of repository '%s' must be fetched with https to be "
			     "believed",
			     repository->id);
	ib_error_hint(err, "Write an https URL, or use trust: signed.");
	return -IB_INPUT;
}

static int check_repository(const struct ib_recipe_repository *repository, struct ib_error *err)
{
	int sources = (repository->url_count != 0) + (repository->mirrorlist != NULL) +
		      (repository->metalink != NULL);

	if (sources != 1)
		return ib_recipe_fail(
			repository->mark, err,
			"repository '%s' has %s of 'url', 'mirrorlist' and 'metalink', "
			"one is needed",
			repository->id, sources ? "several" : "none");
	if (!repository->key_count) {
		(void)ib_recipe_fail(repository->mark, err, "repository '%s' has no keys",
				     repository->id);
		ib_error_hint(err, "Name the key that signs its packages, with its fingerprint.");
		return -IB_INPUT;
	}
	return check_trust(repository, err);
}

static int check_wishes(const struct ib_recipe *recipe, struct ib_error *err)
{
	size_t i = 0;

	if (!recipe->repository_count)
		return missing(recipe, "repositories",
			       "repositories: [{id: base, url: …, keys: …}]", err);
	if (!recipe->packages.count)
		return missing(recipe, "packages", "packages: [bash, systemd]", err);
	for (i = 0; i < recipe->exclude.count; i++)
		if (ib_recipe_list_has(&recipe->packages, recipe->exclude.items[i]) ||
		    ib_recipe_list_has(&recipe->initrd_packages, recipe->exclude.items[i]))
			return ib_fail(err, IB_INPUT,
				       "%s: package '%s' is both asked for and excluded",
				       recipe->path, recipe->exclude.items[i]);
	return 0;
}

static int check_units(const struct ib_recipe *recipe, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < recipe->units_enable.count; i++) {
		const char *unit = recipe->units_enable.items[i];
		const char *other = ib_recipe_list_has(&recipe->units_mask, unit)      ? "masked"
				    : ib_recipe_list_has(&recipe->units_disable, unit) ? "disabled"
										       : NULL;

		if (other)
			return ib_fail(err, IB_INPUT, "%s: unit '%s' is both enabled and %s",
				       recipe->path, unit, other);
	}
	return 0;
}

/* What the build says itself: a second, other value would decide which root is booted. */
static int check_words(const struct ib_recipe *recipe, struct ib_error *err)
{
	static const char *const own[] = { "roothash=",
					   "usrhash=",
					   "systemd.verity=",
					   "systemd.verity_root_data=",
					   "systemd.verity_root_hash=",
					   "systemd.verity_root_options=",
					   "root=",
					   "init=",
					   "rdinit=" };
	size_t i = 0;

	for (i = 0; i < recipe->kernel_command_line.count; i++) {
		const char *word = recipe->kernel_command_line.items[i];
		size_t j = 0;

		for (j = 0; j < IB_COUNT(own); j++) {
			if (!ib_str_starts(word, own[j]))
				continue;
			(void)ib_fail(err, IB_INPUT,
				      "%s: '%s' cannot stand in the kernel command line",
				      recipe->path, word);
			ib_error_hint(err, "The build itself says which root is booted.");
			return -IB_INPUT;
		}
	}
	return 0;
}

static int check_scriptlets(const struct ib_recipe *recipe, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < recipe->scriptlet_count; i++)
		if (!recipe->scriptlets[i].skip == !recipe->scriptlets[i].run)
			return ib_recipe_fail(recipe->scriptlets[i].mark, err,
					      "a scriptlet has either 'skip' or 'run', and its "
					      "reason");
	return 0;
}

int ib_recipe_check(const struct ib_recipe *recipe, struct ib_error *err)
{
	size_t i = 0;

	IB_TRY(check_image(recipe, err));
	IB_TRY(check_wishes(recipe, err));
	for (i = 0; i < recipe->repository_count; i++)
		IB_TRY(check_repository(&recipe->repositories[i], err));
	IB_TRY(ib_recipe_check_pins(recipe, err));
	IB_TRY(check_units(recipe, err));
	IB_TRY(check_words(recipe, err));
	IB_TRY(check_scriptlets(recipe, err));
	return ib_recipe_check_root(recipe, err);
}

static int compare_texts(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

/* The list, sorted and each once; the default where it is empty. */
static struct ib_recipe_list sorted(const struct ib_recipe *recipe,
				    const struct ib_recipe_list *list,
				    struct ib_recipe_list otherwise)
{
	const char **items = NULL;
	size_t count = 0;
	size_t i = 0;

	if (!list->count)
		return otherwise;
	items = ib_arena_memdup(recipe->arena, list->items, list->count * sizeof(*items));
	qsort(items, list->count, sizeof(*items), compare_texts);
	for (i = 0; i < list->count; i++)
		if (!count || strcmp(items[count - 1], items[i]) != 0)
			items[count++] = items[i];
	return (struct ib_recipe_list){ items, count };
}

int ib_recipe_choose(struct ib_recipe *recipe, const char *architecture, struct ib_error *err)
{
	const struct ib_recipe_list alone = { &recipe->architecture, 1 };
	ib_autofree char *names = NULL;
	IB_AUTO_STRINGS(all);
	size_t i = 0;

	if (!recipe->architecture && !recipe->architectures.count)
		return 0; /* the check says so */
	if (!recipe->architecture)
		recipe->architecture = recipe->architectures.items[0];
	recipe->architectures = sorted(
		recipe, recipe->architectures.count ? &recipe->architectures : &alone, alone);
	for (i = 0; i < recipe->architectures.count; i++)
		ib_strings_add(&all, recipe->architectures.items[i]);
	names = ib_strings_join(&all, " and ");
	if (!ib_recipe_list_has(&recipe->architectures, recipe->architecture))
		return ib_recipe_fail(recipe->image_mark, err,
				      "architecture '%s' is none of 'architectures', which are %s",
				      recipe->architecture, names);
	recipe->architecture = architecture;
	if (ib_recipe_list_has(&recipe->architectures, architecture))
		return 0;
	(void)ib_recipe_fail(recipe->image_mark, err, "the recipe is for %s, not for %s", names,
			     architecture);
	ib_error_hint(err, "List it in 'image.architectures' to have an image for it, too.");
	return -IB_INPUT;
}

static struct ib_recipe_list whole_command_line(const struct ib_recipe *recipe)
{
	size_t count = IB_COUNT(default_words) + recipe->kernel_command_line.count;
	const char **items = ib_arena_alloc(recipe->arena, count * sizeof(*items));
	size_t i = 0;

	for (i = 0; i < IB_COUNT(default_words); i++)
		items[i] = default_words[i];
	for (i = 0; i < recipe->kernel_command_line.count; i++)
		items[IB_COUNT(default_words) + i] = recipe->kernel_command_line.items[i];
	return (struct ib_recipe_list){ items, count };
}

void ib_recipe_complete(struct ib_recipe *recipe)
{
	static const struct ib_recipe_list outputs = { all_outputs, IB_COUNT(all_outputs) };
	static const struct ib_recipe_list databases = { default_databases,
							 IB_COUNT(default_databases) };

	recipe->outputs = sorted(recipe, &recipe->outputs, outputs);
	recipe->package_database = sorted(recipe, &recipe->package_database, databases);
	if (recipe->command_line_defaults)
		recipe->kernel_command_line = whole_command_line(recipe);
	ib_recipe_complete_root(recipe);
	if (!recipe->initrd_level)
		recipe->initrd_level = INITRD_LEVEL;
}

/* ---- the files that a recipe names ---- */

static int check_file(struct ib_mark mark, const char *what, const char *path, const char *hint,
		      struct ib_error *err)
{
	const bool is_overlay = !strcmp(what, "overlay");
	struct stat st;

	if (!path)
		return 0;
	if (!stat(path, &st)) {
		if (S_ISDIR(st.st_mode) == is_overlay)
			return 0;
		return ib_recipe_fail(mark, err, "%s '%s' is %s", what, path,
				      is_overlay ? "no folder" : "a folder, not a file");
	}
	(void)ib_recipe_fail(mark, err, "there is no %s '%s'", what, path);
	ib_error_hint(err, "%s", hint);
	return -IB_INPUT;
}

static int check_repository_keys(const struct ib_recipe *recipe, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < recipe->repository_count; i++) {
		const struct ib_recipe_repository *repository = &recipe->repositories[i];
		size_t j = 0;

		for (j = 0; j < repository->key_count; j++)
			IB_TRY(check_file(repository->keys[j].mark, "key", repository->keys[j].file,
					  "Fetch it from the distribution, and compare its "
					  "fingerprint from a second source.",
					  err));
	}
	return 0;
}

static int check_overlays(const struct ib_recipe *recipe, struct ib_error *err)
{
	static const char hint[] = "Paths start from the file that names them.";
	size_t i = 0;

	for (i = 0; i < recipe->overlay_count; i++) {
		const struct ib_recipe_overlay *overlay = &recipe->overlays[i];

		IB_TRY(check_file(overlay->mark, "overlay", overlay->folder, hint, err));
		IB_TRY(check_file(overlay->mark, "table", overlay->table, hint, err));
	}
	return 0;
}

static int check_signing(const struct ib_recipe *recipe, struct ib_error *err)
{
	const struct ib_recipe_signer *const signers[] = { &recipe->secure_boot, &recipe->root_hash,
							   &recipe->statements };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(signers); i++) {
		ib_autofree char *folder = NULL;
		ib_autofree char *hint = NULL;

		if (!signers[i]->key)
			continue;
		folder = ib_path_directory(signers[i]->key);
		hint = ib_strf("'imagebuild keys %s' makes throw-away ones for trying out.",
			       folder);
		IB_TRY(check_file(signers[i]->mark, "key", signers[i]->key, hint, err));
		IB_TRY(check_file(signers[i]->mark, "certificate", signers[i]->certificate, hint,
				  err));
	}
	return 0;
}

static int check_profile(const struct ib_recipe *recipe, struct ib_error *err)
{
	if (!recipe->hardening_profile || ib_file_exists(recipe->hardening_profile))
		return 0;
	(void)ib_fail(err, IB_INPUT, "%s: there is no profile '%s'", recipe->path,
		      recipe->hardening_profile);
	ib_error_hint(err, "Paths start from the file that names them.");
	return -IB_INPUT;
}

int ib_recipe_check_files(const struct ib_recipe *recipe, unsigned kinds, struct ib_error *err)
{
	IB_TRY(check_profile(recipe, err));
	if (kinds & IB_RECIPE_FILES_KEYS)
		IB_TRY(check_repository_keys(recipe, err));
	if (kinds & IB_RECIPE_FILES_OVERLAYS)
		IB_TRY(check_overlays(recipe, err));
	if (kinds & IB_RECIPE_FILES_SIGNING)
		IB_TRY(check_signing(recipe, err));
	return 0;
}
