/* SPDX-License-Identifier: Apache-2.0 */
/* depmod - the kernel modules of each version in /lib/modules (depmod.8, modules.dep.5). */
#include "state/modules.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODULES_MAX 60000

struct search {
	struct ib_state *state;
	const char *folder; /* "/usr/lib/modules/VERSION" */
	struct ib_module_set *set;
	struct ib_map *by_name;
	struct ib_map *by_path;
};

/* "snd_hda_intel" of "kernel/…/snd-hda-intel.ko". */
static const char *module_name(struct ib_arena *arena, const char *path)
{
	const char *base = ib_path_name(path);
	size_t length = strcspn(base, ".");
	char *name = ib_arena_alloc(arena, length + 1);
	size_t i = 0;

	for (i = 0; i < length; i++)
		name[i] = (char)(base[i] == '-' ? '_' : base[i]);
	return name;
}

/* Of two modules of one name, one below updates/ wins, else the first by path. */
static bool replaces(const struct ib_module *known, const char *path)
{
	return ib_str_starts(path, "updates/") && !ib_str_starts(known->path, "updates/");
}

static int add_module(struct search *search, const struct ib_node *node, const char *path,
		      struct ib_error *err)
{
	struct ib_arena *arena = search->state->arena;
	const char *name = module_name(arena, path);
	struct ib_module *module = ib_map_get(search->by_name, name);
	const struct ib_fact *fact = ib_state_fact(search->state, node);

	if (!fact || !fact->module)
		return ib_fail(err, IB_INPUT, "kernel module '%s/%s' (%s): %s", search->folder,
			       path, node->inode->origin.name ? node->inode->origin.name : "?",
			       fact && fact->problem ? fact->problem : "it was not read");
	if (module && !replaces(module, path))
		return 0;
	if (!module) {
		if (search->set->count >= MODULES_MAX)
			return ib_fail(err, IB_LIMIT, "'%s' has more than %d modules",
				       search->folder, MODULES_MAX);
		module = ib_arena_alloc(arena, sizeof(*module));
		ib_grow(search->set->items, search->set->count);
		search->set->items[search->set->count++] = module;
		ib_map_set(search->by_name, name, module);
	}
	*module = (struct ib_module){ .path = ib_arena_strdup(arena, path),
				      .name = name,
				      .facts = fact->module,
				      .order = SIZE_MAX };
	return 0;
}

static bool is_module(const char *name)
{
	static const char *const ends[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(ends); i++)
		if (ib_str_ends(name, ends[i]))
			return true;
	return false;
}

static int search_folder(struct search *search, const struct ib_node *folder, const char *below,
			 struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < folder->child_count; i++) {
		const struct ib_node *child = folder->children[i];
		ib_autofree char *path = ib_strf("%s%s", below, child->name);

		if (S_ISDIR(child->inode->mode) && !ib_str_equal(child->name, "build") &&
		    !ib_str_equal(child->name, "source")) {
			ib_autofree char *inside = ib_strf("%s/", path);

			IB_TRY(search_folder(search, child, inside, err));
		}
		if (!S_ISREG(child->inode->mode))
			continue;
		if (is_module(child->name))
			IB_TRY(add_module(search, child, path, err));
	}
	return 0;
}

static int compare_modules(const void *a, const void *b)
{
	const struct ib_module *x = *(struct ib_module *const *)a;
	const struct ib_module *y = *(struct ib_module *const *)b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int sort_modules(struct search *search, struct ib_error *err)
{
	struct ib_module_set *set = search->set;
	ib_autofree char *path = ib_path_join(search->folder, "modules.order");
	const char *text = NULL;
	const char *line = NULL;
	size_t number = 0;
	size_t i = 0;

	/* the list was made before the modules were compressed */
	for (i = 0; i < set->count; i++) {
		const char *its = set->items[i]->path;
		const char *end = strstr(ib_path_name(its), ".ko");

		ib_map_set(search->by_path,
			   ib_arena_strf(search->state->arena, "%.*s", (int)(end + 3 - its), its),
			   set->items[i]);
	}
	IB_TRY(ib_state_read(search->state, path, &text, NULL, err));
	while (text && (line = ib_state_line(search->state->arena, &text))) {
		struct ib_module *module = ib_map_get(search->by_path, line);

		if (module)
			module->order = number;
		number++;
	}
	if (set->count)
		qsort(set->items, set->count, sizeof(struct ib_module *), compare_modules);
	for (i = 0; i < set->count; i++)
		set->items[i]->index = (uint32_t)i;
	return 0;
}

/* Who exports what; of two that export the same name, the later counts. */
static void collect_symbols(struct ib_module_set *set)
{
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < set->count; i++) {
		struct ib_module *module = set->items[i];

		for (n = 0; n < module->facts->exported_count; n++) {
			const char *name = module->facts->exported[n];

			if (!ib_map_set(set->symbols, name, module))
				ib_strings_add(&set->names, name);
		}
	}
	ib_strings_sort_unique(&set->names);
}

static void add_need(struct ib_module *module, struct ib_module *needed)
{
	size_t i = 0;

	for (i = 0; i < module->need_count; i++)
		if (module->needs[i] == needed)
			return;
	ib_grow(module->needs, module->need_count);
	module->needs[module->need_count++] = needed;
	needed->users++;
}

static void connect(struct ib_module_set *set)
{
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < set->count; i++) {
		struct ib_module *module = set->items[i];

		for (n = 0; n < module->facts->undefined_count; n++) {
			const char *name = module->facts->undefined[n];
			struct ib_module *owner =
				ib_map_get(set->symbols, *name == '.' ? name + 1 : name);

			if (owner && owner != module)
				add_need(module, owner);
		}
	}
}

static int compare_ranks(const void *a, const void *b)
{
	const struct ib_module *x = *(struct ib_module *const *)a;
	const struct ib_module *y = *(struct ib_module *const *)b;

	if (x->in_cycle != y->in_cycle)
		return x->in_cycle ? 1 : -1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/*
 * Ranks: modules that nobody uses first, then what only they use, and so on,
 * as depmod numbers them (it takes the last of those that are ready).
 */
static void rank(struct ib_module_set *set)
{
	ib_autofree struct ib_module **ready =
		ib_alloc_array(set->count + 1, sizeof(struct ib_module *));
	ib_autofree size_t *users = ib_alloc_array(set->count + 1, sizeof(*users));
	size_t ready_count = 0;
	size_t ranked = 0;
	size_t i = 0;

	for (i = 0; i < set->count; i++) {
		set->items[i]->in_cycle = true;
		users[i] = set->items[i]->users;
		if (!users[i])
			ready[ready_count++] = set->items[i];
	}
	while (ready_count) {
		struct ib_module *module = ready[--ready_count];

		module->in_cycle = false;
		module->rank = ranked++;
		for (i = 0; i < module->need_count; i++)
			if (!--users[module->needs[i]->index])
				ready[ready_count++] = module->needs[i];
	}
	for (i = 0; i < set->count; i++)
		if (set->items[i]->need_count)
			qsort(set->items[i]->needs, set->items[i]->need_count,
			      sizeof(struct ib_module *), compare_ranks);
}

static int run_version(struct search *search, const struct ib_node *node, struct ib_error *err)
{
	IB_TRY(search_folder(search, node, "", err));
	if (!search->set->count)
		return 0; /* a folder that was left over, or for other things */
	IB_TRY(sort_modules(search, err));
	collect_symbols(search->set);
	connect(search->set);
	rank(search->set);
	return ib_modules_write(search->state, search->folder, search->set, err);
}

static int make_version(struct ib_state *state, const struct ib_node *node, struct ib_error *err)
{
	IB_AUTO(ib_map) by_name = ib_map_new();
	IB_AUTO(ib_map) by_path = ib_map_new();
	IB_AUTO(ib_map) symbols = ib_map_new();
	ib_autofree char *folder = ib_node_path(node);
	struct ib_module_set set = { .symbols = symbols };
	struct search search = { state, folder, &set, by_name, by_path };
	int r = run_version(&search, node, err);
	size_t i = 0;

	for (i = 0; i < set.count; i++)
		ib_free(set.items[i]->needs);
	ib_free(set.items);
	ib_strings_done(&set.names);
	return r;
}

int ib_state_modules(struct ib_state *state, struct ib_error *err)
{
	const struct ib_node *folder = ib_tree_find_target(state->tree, "/lib/modules");
	IB_AUTO_STRINGS(versions);
	size_t i = 0;

	if (!folder)
		folder = ib_tree_find_target(state->tree, "/usr/lib/modules");
	for (i = 0; folder && S_ISDIR(folder->inode->mode) && i < folder->child_count; i++)
		if (S_ISDIR(folder->children[i]->inode->mode))
			ib_strings_adopt(&versions, ib_node_path(folder->children[i]));
	for (i = 0; i < versions.count; i++) {
		const struct ib_node *version = ib_tree_find(state->tree, versions.items[i]);

		IB_TRY(make_version(state, version, err));
	}
	return 0;
}
