/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules - packages of streams that do not count are as good as not there.
 *
 * As dnf does: of each module one stream counts, in all builds whose
 * requirements of other modules are met. Its packages hide others of the same names, and others that provide these names;
 * packages of all other streams and builds are hidden. The documents of all
 * repositories are one index.
 */
#include "resolve/modules.h"

#include <stdio.h>
#include <string.h>

#define MAX_MODULES ((size_t)64 << 20)

static int read_text(const char *path, char **ret_text, struct ib_error *err)
{
	IB_AUTO_BUFFER(b, MAX_MODULES + 1);
	struct ib_bounded bounded;
	size_t got = 0;

	IB_TRY(ib_bounded_open(path, MAX_MODULES, &bounded, err));
	do {
		uint8_t *room = ib_buffer_reserve(&b, IB_MIN((size_t)65536, ib_buffer_room(&b)));

		got = fread(room, 1, IB_MIN((size_t)65536, ib_buffer_room(&b)), bounded.stream);
		b.size += got;
	} while (got);
	IB_TRY(ib_bounded_close(&bounded, path, err));
	*ret_text = ib_strndup((const char *)b.data, b.size);
	return 0;
}

static int parse(struct ib_resolver *resolver, const struct ib_resolve_repository *repository,
		 ModulemdModuleIndex *index, struct ib_error *err)
{
	ib_autofree char *text = NULL;
	g_autoptr(GPtrArray) failures = NULL;
	g_autoptr(GError) why = NULL;

	IB_TRY(read_text(repository->modules, &text, err));
	if (!modulemd_module_index_update_from_string(index, text, FALSE, &failures, &why))
		ib_warn(resolver->request->log,
			"repository '%s' has %u module documents that cannot be read: left out",
			repository->id, failures ? failures->len : 0);
	g_clear_error(&why);
	if (!modulemd_module_index_upgrade_streams(index, MD_MODULESTREAM_VERSION_TWO, &why)) {
		ib_fail(err, IB_INPUT, "cannot read the modules of repository '%s': %s",
			repository->id, why ? why->message : "no reason");
		ib_error_hint(err, "The repository's metadata is damaged: ask its maker, or name "
				   "another mirror.");
		return -IB_INPUT;
	}
	return 0;
}

/* ---- what belongs to which stream ------------------------------------------ */

static void note_artifacts(struct ib_resolve_modules *modules, ModulemdModuleStream *build,
			   const struct ib_resolve_artifact *kind)
{
	g_auto(GStrv) artifacts = modulemd_module_stream_v2_get_rpm_artifacts_as_strv(
		MODULEMD_MODULE_STREAM_V2(build));
	size_t i = 0;

	for (i = 0; artifacts && artifacts[i]; i++) {
		const struct ib_resolve_artifact *before =
			ib_map_get(modules->artifacts, artifacts[i]);
		struct ib_resolve_artifact *note = NULL;

		/* In two builds: one that counts wins. */
		if (before && !kind->shown)
			continue;
		note = ib_arena_memdup(modules->arena, kind, sizeof(*kind));
		ib_map_set(modules->artifacts, artifacts[i], note);
		if (kind->shown && !ib_str_ends(artifacts[i], ".src")) {
			ib_autofree char *name = ib_resolve_name_of(artifacts[i]);

			ib_map_set(modules->names, name, note);
		}
	}
}

static bool is_for(const struct ib_resolver *resolver, ModulemdModuleStream *build)
{
	const char *arch = modulemd_module_stream_get_arch(build);

	return !arch || ib_str_equal(arch, resolver->request->architecture) ||
	       ib_str_equal(arch, "noarch");
}

static void note_module(const struct ib_resolver *resolver, struct ib_resolve_modules *modules,
			const char *name)
{
	ModulemdModule *module = modulemd_module_index_get_module(modules->index, name);
	GPtrArray *builds = modulemd_module_get_all_streams(module);
	const char *counts = ib_map_get(modules->wanted, name);
	guint i = 0;

	for (i = 0; i < builds->len; i++) {
		ModulemdModuleStream *build = g_ptr_array_index(builds, i);
		const char *stream = modulemd_module_stream_get_stream_name(build);
		struct ib_resolve_artifact kind = {
			.stream = ib_arena_strf(modules->arena, "%s:%s", name, stream),
		};

		kind.shown = ib_str_equal(stream, counts) && is_for(resolver, build) &&
			     ib_resolve_stream_fits(modules, build);
		if (kind.shown)
			ib_strings_add(&modules->streams, kind.stream);
		note_artifacts(modules, build, &kind);
	}
}

/* ---- hiding ------------------------------------------------------------------ */

static const struct ib_resolve_artifact *artifact_of(const struct ib_resolve_modules *modules,
						     Pool *pool, Id package)
{
	const Solvable *s = pool_id2solvable(pool, package);
	const char *evr = pool_id2str(pool, s->evr);
	ib_autofree char *nevra =
		ib_strf("%s-%s%s.%s", pool_id2str(pool, s->name), strchr(evr, ':') ? "" : "0:", evr,
			pool_id2str(pool, s->arch));

	return ib_map_get(modules->artifacts, nevra);
}

/* A package that counts and whose name this one has or provides; NULL: there is none. */
static const struct ib_resolve_artifact *shadow_of(const struct ib_resolve_modules *modules,
						   Pool *pool, Id package)
{
	Solvable *s = pool_id2solvable(pool, package);
	const struct ib_resolve_artifact *found =
		ib_map_get(modules->names, pool_id2str(pool, s->name));
	Queue provides;
	int i = 0;

	queue_init(&provides);
	solvable_lookup_deparray(s, SOLVABLE_PROVIDES, &provides, 0);
	for (i = 0; i < provides.count && !found; i++) {
		Id name = provides.elements[i];

		while (ISRELDEP(name))
			name = GETRELDEP(pool, name)->name;
		found = ib_map_get(modules->names, pool_id2str(pool, name));
	}
	queue_free(&provides);
	return found;
}

static void hide(struct ib_resolver *resolver)
{
	const struct ib_resolve_modules *modules = resolver->modules;
	Pool *pool = resolver->pool;
	Id p = 0;

	FOR_POOL_SOLVABLES (p) {
		const struct ib_resolve_artifact *artifact = artifact_of(modules, pool, p);

		/* What a lock has kept counted when it was locked. */
		if ((!artifact && ib_resolve_is_gone(resolver, p)) ||
		    (artifact ? artifact->shown : !shadow_of(modules, pool, p)))
			continue;
		map_clr(&resolver->considered, p);
		map_set(&resolver->modular, p);
	}
}

static struct ib_resolve_modules *modules_new(void)
{
	struct ib_resolve_modules *modules = ib_alloc(sizeof(*modules));

	modules->index = modulemd_module_index_new();
	modules->wanted = ib_map_new();
	modules->artifacts = ib_map_new();
	modules->names = ib_map_new();
	modules->arena = ib_arena_new();
	return modules;
}

void ib_resolve_modules_free(struct ib_resolve_modules *modules)
{
	if (!modules)
		return;
	g_object_unref(modules->index);
	ib_map_free(modules->wanted);
	ib_map_free(modules->artifacts);
	ib_map_free(modules->names);
	ib_strings_done(&modules->streams);
	ib_arena_free(modules->arena);
	ib_free(modules);
}

int ib_resolve_apply_modules(struct ib_resolver *resolver, struct ib_error *err)
{
	g_auto(GStrv) names = NULL;
	bool any = resolver->request->modules.count > 0;
	size_t i = 0;

	for (i = 0; i < resolver->source_count; i++)
		any |= resolver->sources[i].given->modules != NULL;
	if (!any)
		return 0;
	resolver->modules = modules_new();
	for (i = 0; i < resolver->source_count; i++)
		if (resolver->sources[i].given->modules)
			IB_TRY(parse(resolver, resolver->sources[i].given, resolver->modules->index,
				     err));
	IB_TRY(ib_resolve_want_streams(resolver, resolver->modules, err));
	names = modulemd_module_index_get_module_names_as_strv(resolver->modules->index);
	for (i = 0; names && names[i]; i++)
		note_module(resolver, resolver->modules, names[i]);
	ib_strings_sort_unique(&resolver->modules->streams);
	hide(resolver);
	return 0;
}

/* ---- words -------------------------------------------------------------------- */

const char *ib_resolve_stream_of(const struct ib_resolver *resolver, Id package)
{
	const struct ib_resolve_artifact *artifact =
		resolver->modules ? artifact_of(resolver->modules, resolver->pool, package) : NULL;

	return artifact ? artifact->stream : NULL;
}

const struct ib_strings *ib_resolve_streams(const struct ib_resolver *resolver)
{
	return resolver->modules ? &resolver->modules->streams : NULL;
}

/* A package of a stream that does not count: which one does, or what stands in its way. */
static void tell_stream(const struct ib_resolve_modules *modules, const char *who,
			const struct ib_resolve_artifact *artifact, struct ib_resolve_words *words)
{
	const char *colon = strchr(artifact->stream, ':');
	ib_autofree char *module = ib_strndup(artifact->stream, (size_t)(colon - artifact->stream));
	ib_autofree char *lacks = ib_resolve_stream_lacks(modules, artifact->stream);
	const char *counts = ib_map_get(modules->wanted, module);

	if (counts && ib_str_equal(counts, colon + 1)) {
		words->text = ib_strf("%s is of a build of module stream '%s' that does not count",
				      who, artifact->stream);
		words->hint =
			ib_strdup("It is for another architecture, or requires module streams "
				  "that do not count: ask for another version.");
	} else if (counts && *counts) {
		words->text = ib_strf("%s is of module stream '%s', of which '%s:%s' counts", who,
				      artifact->stream, module, counts);
		words->hint = ib_strf("Say '%s' under 'modules' in the recipe to have that stream "
				      "instead.",
				      artifact->stream);
	} else if (lacks && counts) {
		words->text = ib_strf("%s is of module stream '%s', which requires %s", who,
				      artifact->stream, lacks);
		words->hint = ib_strdup("Name that stream under 'modules' in the recipe.");
	} else {
		words->text = ib_strf("%s is of module stream '%s', and of that module no stream "
				      "counts by default",
				      who, artifact->stream);
		words->hint = ib_strf("Say '%s' under 'modules' in the recipe.", artifact->stream);
	}
}

void ib_resolve_tell_modular(const struct ib_resolver *resolver, Id package, const char *who,
			     struct ib_resolve_words *words)
{
	const struct ib_resolve_modules *modules = resolver->modules;
	const struct ib_resolve_artifact *artifact = artifact_of(modules, resolver->pool, package);
	const struct ib_resolve_artifact *shadow = NULL;

	words->why = IB_ABSENT_MODULE;
	if (artifact) {
		tell_stream(modules, who, artifact, words);
		return;
	}
	shadow = shadow_of(modules, resolver->pool, package);
	words->text =
		ib_strf("%s is hidden by module stream '%s', which has a package of that name", who,
			shadow ? shadow->stream : "?");
	words->hint =
		ib_strdup("Ask for the module's package, or name another of its streams under "
			  "'modules' in the recipe.");
}
