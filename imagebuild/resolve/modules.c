/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules - which packages of module streams count.
 *
 * As dnf does where nobody has enabled a stream: of each module the default
 * stream's newest version counts, and hides packages of the same names that
 * belong to no module; packages of all other streams and versions are hidden.
 */
#include <stdio.h>
#include <string.h>

#include <modulemd.h>

#include "resolve/internal.h"

#define MAX_MODULES ((size_t)64 << 20)

/* What one repository's modules.yaml says. */
struct modules {
	ModulemdModuleIndex *index;
	struct ib_map *artifacts; /* NEVRA with epoch -> shown or hidden */
	struct ib_map *names;     /* of shown ones */
	char shown;               /* values of the maps are the addresses of these two */
	char hidden;
};

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

static const char *default_stream(ModulemdModuleIndex *index, const char *name)
{
	ModulemdModule *module = modulemd_module_index_get_module(index, name);
	ModulemdDefaults *defaults = module ? modulemd_module_get_defaults(module) : NULL;

	return defaults && MODULEMD_IS_DEFAULTS_V1(defaults)
		       ? modulemd_defaults_v1_get_default_stream(MODULEMD_DEFAULTS_V1(defaults),
								 NULL)
		       : NULL;
}

/* Whether each module that this alternative wants at run time has a fitting default stream. */
static bool is_satisfied(ModulemdModuleIndex *index, ModulemdDependencies *dependencies)
{
	g_auto(GStrv) wanted = modulemd_dependencies_get_runtime_modules_as_strv(dependencies);
	size_t i = 0;

	for (i = 0; wanted && wanted[i]; i++) {
		g_auto(GStrv) streams = NULL;
		const char *active = default_stream(index, wanted[i]);

		if (ib_str_equal(wanted[i], "platform"))
			continue;
		streams =
			modulemd_dependencies_get_runtime_streams_as_strv(dependencies, wanted[i]);
		/* No streams named: any will do. */
		if (!active || (streams && streams[0] &&
				!g_strv_contains((const char *const *)streams, active)))
			return false;
	}
	return true;
}

static bool fits(ModulemdModuleIndex *index, ModulemdModuleStream *stream)
{
	GPtrArray *all =
		modulemd_module_stream_v2_get_dependencies(MODULEMD_MODULE_STREAM_V2(stream));
	guint i = 0;

	for (i = 0; all && i < all->len; i++)
		if (is_satisfied(index, g_ptr_array_index(all, i)))
			return true;
	return !all || !all->len;
}

/* The newest version of the default stream that fits; 0 where there is none. */
static guint64 newest_version(ModulemdModuleIndex *index, GPtrArray *streams, const char *wanted)
{
	guint64 newest = 0;
	guint i = 0;

	for (i = 0; i < streams->len; i++) {
		ModulemdModuleStream *stream = g_ptr_array_index(streams, i);

		if (wanted &&
		    ib_str_equal(modulemd_module_stream_get_stream_name(stream), wanted) &&
		    fits(index, stream))
			newest = MAX(newest, modulemd_module_stream_get_version(stream));
	}
	return newest;
}

/* "name-epoch:version-release.arch" up to the second dash from the right. */
static char *name_of(const char *artifact)
{
	const char *release = strrchr(artifact, '-');
	const char *version = release;

	while (version && version > artifact && version[-1] != '-')
		version--;
	return version && version > artifact
		       ? ib_strndup(artifact, (size_t)(version - 1 - artifact))
		       : ib_strdup(artifact);
}

static void note_artifacts(struct modules *modules, ModulemdModuleStream *stream, bool active)
{
	g_auto(GStrv) artifacts = modulemd_module_stream_v2_get_rpm_artifacts_as_strv(
		MODULEMD_MODULE_STREAM_V2(stream));
	size_t i = 0;

	for (i = 0; artifacts && artifacts[i]; i++) {
		if (active) {
			ib_autofree char *name = name_of(artifacts[i]);

			ib_map_set(modules->artifacts, artifacts[i], &modules->shown);
			ib_map_set(modules->names, name, &modules->shown);
		} else if (!ib_map_has(modules->artifacts, artifacts[i])) {
			ib_map_set(modules->artifacts, artifacts[i], &modules->hidden);
		}
	}
}

static void note_module(struct modules *modules, const char *name)
{
	ModulemdModule *module = modulemd_module_index_get_module(modules->index, name);
	GPtrArray *streams = modulemd_module_get_all_streams(module);
	const char *wanted = default_stream(modules->index, name);
	guint64 newest = newest_version(modules->index, streams, wanted);
	guint i = 0;

	for (i = 0; i < streams->len; i++) {
		ModulemdModuleStream *stream = g_ptr_array_index(streams, i);
		bool active =
			newest && modulemd_module_stream_get_version(stream) == newest &&
			ib_str_equal(modulemd_module_stream_get_stream_name(stream), wanted) &&
			fits(modules->index, stream);

		note_artifacts(modules, stream, active);
	}
}

static bool is_hidden(const struct modules *modules, Pool *pool, const Solvable *s)
{
	const char *evr = pool_id2str(pool, s->evr);
	ib_autofree char *artifact =
		ib_strf("%s-%s%s.%s", pool_id2str(pool, s->name), strchr(evr, ':') ? "" : "0:", evr,
			pool_id2str(pool, s->arch));
	const char *noted = ib_map_get(modules->artifacts, artifact);

	if (noted)
		return noted == &modules->hidden;
	return ib_map_has(modules->names, pool_id2str(pool, s->name));
}

static void hide(struct ib_resolver *resolver, const struct modules *modules, const Repo *own)
{
	Pool *pool = resolver->pool;
	Id p = 0;

	FOR_POOL_SOLVABLES (p) {
		const Solvable *s = pool_id2solvable(pool, p);
		bool counts =
			s->repo == own || ib_map_has(modules->names, pool_id2str(pool, s->name));

		if (counts && is_hidden(modules, pool, s)) {
			map_clr(&resolver->considered, p);
			map_set(&resolver->modular, p);
		}
	}
}

static int apply(struct ib_resolver *resolver, const struct ib_resolve_source *source,
		 struct modules *modules, struct ib_error *err)
{
	g_auto(GStrv) names = NULL;
	size_t i = 0;

	IB_TRY(parse(resolver, source->given, modules->index, err));
	names = modulemd_module_index_get_module_names_as_strv(modules->index);
	for (i = 0; names && names[i]; i++)
		note_module(modules, names[i]);
	hide(resolver, modules, source->repo);
	return 0;
}

int ib_resolve_apply_modules(struct ib_resolver *resolver, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < resolver->source_count; i++) {
		IB_AUTO(ib_map) artifacts = ib_map_new();
		IB_AUTO(ib_map) names = ib_map_new();
		struct modules modules = { .artifacts = artifacts, .names = names };
		int r = 0;

		if (!resolver->sources[i].given->modules)
			continue;
		modules.index = modulemd_module_index_new();
		r = apply(resolver, &resolver->sources[i], &modules, err);
		g_object_unref(modules.index);
		IB_TRY(r);
	}
	return 0;
}
