/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streams - which stream of each module counts.
 *
 * A stream's document lists alternatives of what it requires at run time; an
 * alternative names modules, each with the streams that will do (none: any), or
 * with a dash in front those that will not. "platform" is the distribution
 * itself, which whoever names the repositories has chosen.
 */
#include <string.h>

#include "resolve/modules.h"

static const char *default_stream(ModulemdModuleIndex *index, const char *name)
{
	ModulemdModule *module = modulemd_module_index_get_module(index, name);
	ModulemdDefaults *defaults = module ? modulemd_module_get_defaults(module) : NULL;

	return defaults && MODULEMD_IS_DEFAULTS_V1(defaults)
		       ? modulemd_defaults_v1_get_default_stream(MODULEMD_DEFAULTS_V1(defaults),
								 NULL)
		       : NULL;
}

/* Whether the stream is one of those that the alternative lets do. */
static bool will_do(ModulemdDependencies *alternative, const char *module, const char *stream)
{
	g_auto(GStrv) streams =
		modulemd_dependencies_get_runtime_streams_as_strv(alternative, module);
	bool any = true;
	size_t i = 0;

	for (i = 0; streams && streams[i]; i++) {
		if (*streams[i] == '-' && ib_str_equal(streams[i] + 1, stream))
			return false;
		if (*streams[i] != '-')
			any = false;
		if (ib_str_equal(streams[i], stream))
			return true;
	}
	return any;
}

/* The first module of the alternative that does not count as it should; NULL: all do. */
static char *lacking(const struct ib_resolve_modules *modules, ModulemdDependencies *alternative)
{
	g_auto(GStrv) wanted = modulemd_dependencies_get_runtime_modules_as_strv(alternative);
	size_t i = 0;

	for (i = 0; wanted && wanted[i]; i++) {
		const char *counts = ib_map_get(modules->wanted, wanted[i]);

		if (!ib_str_equal(wanted[i], "platform") &&
		    (!counts || !*counts || !will_do(alternative, wanted[i], counts)))
			return ib_strdup(wanted[i]);
	}
	return NULL;
}

static GPtrArray *alternatives_of(ModulemdModuleStream *stream)
{
	return modulemd_module_stream_v2_get_dependencies(MODULEMD_MODULE_STREAM_V2(stream));
}

bool ib_resolve_stream_fits(const struct ib_resolve_modules *modules, ModulemdModuleStream *stream)
{
	GPtrArray *all = alternatives_of(stream);
	guint i = 0;

	for (i = 0; all && i < all->len; i++) {
		ib_autofree char *lacks = lacking(modules, g_ptr_array_index(all, i));

		if (!lacks)
			return true;
	}
	return !all || !all->len;
}

static GPtrArray *builds_of(const struct ib_resolve_modules *modules, const char *name)
{
	ModulemdModule *module = modulemd_module_index_get_module(modules->index, name);

	return module ? modulemd_module_get_all_streams(module) : NULL;
}

/* "5 or 6": the streams of module that the alternative lets do, and that there are. */
static void candidates(const struct ib_resolve_modules *modules, ModulemdDependencies *alternative,
		       const char *module, struct ib_strings *ret_streams)
{
	GPtrArray *builds = builds_of(modules, module);
	guint i = 0;

	for (i = 0; builds && i < builds->len; i++) {
		const char *stream =
			modulemd_module_stream_get_stream_name(g_ptr_array_index(builds, i));

		if (will_do(alternative, module, stream))
			ib_strings_add(ret_streams, stream);
	}
	ib_strings_sort_unique(ret_streams);
}

char *ib_resolve_stream_lacks(const struct ib_resolve_modules *modules, const char *stream)
{
	const char *colon = strchr(stream, ':');
	ib_autofree char *name = ib_strndup(stream, (size_t)(colon - stream));
	GPtrArray *builds = builds_of(modules, name);
	guint i = 0;

	for (i = 0; builds && i < builds->len; i++) {
		ModulemdModuleStream *build = g_ptr_array_index(builds, i);
		GPtrArray *all = alternatives_of(build);
		ib_autofree char *module = NULL;
		ib_autofree char *text = NULL;
		IB_AUTO_STRINGS(streams);

		if (!ib_str_equal(modulemd_module_stream_get_stream_name(build), colon + 1) ||
		    !all || !all->len)
			continue;
		module = lacking(modules, g_ptr_array_index(all, 0));
		if (!module)
			continue;
		candidates(modules, g_ptr_array_index(all, 0), module, &streams);
		text = ib_strings_join(&streams, "' or '");
		return ib_strf("module '%s' in stream '%s'", module, *text ? text : "?");
	}
	return NULL;
}

/* ---- named streams and what they require ---------------------------------- */

static int fail_stream(const struct ib_resolve_modules *modules, const char *name,
		       const char *stream, struct ib_error *err)
{
	GPtrArray *builds = builds_of(modules, name);
	ib_autofree char *text = NULL;
	IB_AUTO_STRINGS(streams);
	guint i = 0;

	if (!builds || !builds->len) {
		ib_fail(err, IB_INPUT, "no repository has a module '%s'", name);
		ib_error_hint(err,
			      "Take '%s:%s' out of the recipe's modules, or add the "
			      "repository that has it.",
			      name, stream);
		return -IB_INPUT;
	}
	for (i = 0; i < builds->len; i++)
		ib_strings_add(&streams, modulemd_module_stream_get_stream_name(
						 g_ptr_array_index(builds, i)));
	ib_strings_sort_unique(&streams);
	text = ib_strings_join(&streams, ", ");
	ib_fail(err, IB_INPUT, "module '%s' has no stream '%s'", name, stream);
	ib_error_hint(err, "It has these: %s.", text);
	return -IB_INPUT;
}

static bool has_stream(const struct ib_resolve_modules *modules, const char *name,
		       const char *stream)
{
	GPtrArray *builds = builds_of(modules, name);
	guint i = 0;

	for (i = 0; builds && i < builds->len; i++)
		if (ib_str_equal(
			    modulemd_module_stream_get_stream_name(g_ptr_array_index(builds, i)),
			    stream))
			return true;
	return false;
}

static void want(struct ib_resolve_modules *modules, const char *name, const char *stream)
{
	/* The map borrows its values and never changes them. */
	ib_map_set(modules->wanted, name,
		   ib_arena_memdup(modules->arena, stream, strlen(stream) + 1));
}

/* Takes up "name:stream" of the request. */
static int name_stream(struct ib_resolve_modules *modules, struct ib_strings *named,
		       const char *item, struct ib_error *err)
{
	const char *colon = strchr(item, ':');
	ib_autofree char *name = ib_strndup(item, colon ? (size_t)(colon - item) : strlen(item));
	const char *before = ib_map_get(modules->wanted, name);

	if (!colon || !colon[1]) {
		ib_fail(err, IB_INPUT, "module '%s' is named without a stream", item);
		ib_error_hint(err, "Write MODULE:STREAM, as in 'nodejs:18'.");
		return -IB_INPUT;
	}
	if (before && !ib_str_equal(before, colon + 1)) {
		ib_fail(err, IB_INPUT, "two streams of module '%s' are named: '%s' and '%s'", name,
			before, colon + 1);
		ib_error_hint(err, "Only one stream of a module can count.");
		return -IB_INPUT;
	}
	if (!has_stream(modules, name, colon + 1))
		return fail_stream(modules, name, colon + 1, err);
	want(modules, name, colon + 1);
	ib_strings_add(named, item);
	return 0;
}

/* Lets a module that the alternative needs count, if only one stream of it will do. */
static bool settle(struct ib_resolve_modules *modules, ModulemdDependencies *alternative,
		   struct ib_strings *named)
{
	g_auto(GStrv) needed = modulemd_dependencies_get_runtime_modules_as_strv(alternative);
	size_t i = 0;

	for (i = 0; needed && needed[i]; i++) {
		const char *counts = ib_map_get(modules->wanted, needed[i]);
		const char *usual = default_stream(modules->index, needed[i]);
		IB_AUTO_STRINGS(streams);

		if (ib_str_equal(needed[i], "platform") ||
		    (counts && will_do(alternative, needed[i], counts)))
			continue;
		if (counts)
			return false;
		candidates(modules, alternative, needed[i], &streams);
		if (usual && ib_strings_has(&streams, usual)) {
			want(modules, needed[i], usual);
			continue;
		}
		if (streams.count != 1)
			return false;
		want(modules, needed[i], streams.items[0]);
		ib_strings_addf(named, "%s:%s", needed[i], streams.items[0]);
	}
	return true;
}

static guint64 newest_version(GPtrArray *builds, const char *stream)
{
	guint64 newest = 0;
	guint i = 0;

	for (i = 0; builds && i < builds->len; i++) {
		ModulemdModuleStream *build = g_ptr_array_index(builds, i);

		if (ib_str_equal(modulemd_module_stream_get_stream_name(build), stream))
			newest = MAX(newest, modulemd_module_stream_get_version(build));
	}
	return newest;
}

static int fail_requires(const struct ib_resolve_modules *modules, const char *item,
			 struct ib_error *err)
{
	ib_autofree char *lacks = ib_resolve_stream_lacks(modules, item);

	ib_fail(err, IB_INPUT, "module stream '%s' requires %s", item,
		lacks ? lacks : "what no repository has");
	ib_error_hint(err, "Name one of its streams under 'modules' in the recipe too.");
	return -IB_INPUT;
}

/* Of the newest version, whichever of its contexts can be had. */
static int settle_stream(struct ib_resolve_modules *modules, struct ib_strings *named,
			 const char *item, struct ib_error *err)
{
	const char *colon = strchr(item, ':');
	ib_autofree char *name = ib_strndup(item, (size_t)(colon - item));
	GPtrArray *builds = builds_of(modules, name);
	guint64 newest = newest_version(builds, colon + 1);
	guint b = 0;
	guint i = 0;

	for (b = 0; builds && b < builds->len; b++) {
		ModulemdModuleStream *build = g_ptr_array_index(builds, b);
		GPtrArray *all = alternatives_of(build);

		if (!ib_str_equal(modulemd_module_stream_get_stream_name(build), colon + 1) ||
		    modulemd_module_stream_get_version(build) != newest)
			continue;
		for (i = 0; all && i < all->len; i++)
			if (settle(modules, g_ptr_array_index(all, i), named))
				return 0;
		if (!all || !all->len)
			return 0;
	}
	return fail_requires(modules, item, err);
}

/* Defaults count where nothing else is named, unless what they require does not. */
static void want_defaults(struct ib_resolve_modules *modules)
{
	g_auto(GStrv) names = modulemd_module_index_get_module_names_as_strv(modules->index);
	bool changed = true;
	size_t i = 0;

	for (i = 0; names && names[i]; i++) {
		const char *usual = default_stream(modules->index, names[i]);

		if (usual && !ib_map_has(modules->wanted, names[i]))
			want(modules, names[i], usual);
	}
	while (changed) {
		changed = false;
		for (i = 0; names && names[i]; i++) {
			const char *counts = ib_map_get(modules->wanted, names[i]);
			GPtrArray *builds = builds_of(modules, names[i]);
			bool fits = false;
			guint b = 0;

			for (b = 0; counts && *counts && builds && b < builds->len; b++) {
				ModulemdModuleStream *build = g_ptr_array_index(builds, b);

				fits |= ib_str_equal(modulemd_module_stream_get_stream_name(build),
						     counts) &&
					ib_resolve_stream_fits(modules, build);
			}
			if (!counts || !*counts || fits)
				continue;
			want(modules, names[i], "");
			changed = true;
		}
	}
}

/* A named stream may require one that in turn lacks something. */
static int check_counts(const struct ib_resolve_modules *modules, const char *item,
			struct ib_error *err)
{
	ib_autofree char *name = ib_strndup(item, (size_t)(strchr(item, ':') - item));
	const char *counts = ib_map_get(modules->wanted, name);

	return *counts ? 0 : fail_requires(modules, item, err);
}

int ib_resolve_want_streams(struct ib_resolver *resolver, struct ib_resolve_modules *modules,
			    struct ib_error *err)
{
	const struct ib_resolve_wishes *given = &resolver->request->modules;
	IB_AUTO_STRINGS(named);
	IB_AUTO_STRINGS(sorted);
	size_t i = 0;

	for (i = 0; i < given->count; i++)
		ib_strings_add(&sorted, given->items[i]);
	ib_strings_sort_unique(&sorted);
	for (i = 0; i < sorted.count; i++)
		IB_TRY(name_stream(modules, &named, sorted.items[i], err));
	/* The list grows while it is walked: by what named streams require. */
	for (i = 0; i < named.count; i++) {
		ib_autofree char *item = ib_strdup(named.items[i]);

		IB_TRY(settle_stream(modules, &named, item, err));
	}
	want_defaults(modules);
	for (i = 0; i < sorted.count; i++)
		IB_TRY(check_counts(modules, sorted.items[i], err));
	return 0;
}
