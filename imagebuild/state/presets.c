/* SPDX-License-Identifier: Apache-2.0 */
/*
 * presets - which units start at boot: systemd.preset.5, and what
 * "systemctl preset-all" makes of it; then the plan's own wishes.
 *
 * Links that an overlay put stay: they are a wish. Those of packages go where
 * a preset or the plan disables their unit.
 */
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "state/units.h"

/* A line of a preset file. */
struct rule {
	bool enables;
	const char *pattern;
	const char *instances; /* for templates: the rest of the line */
};

struct rules {
	struct rule *items;
	size_t count;
};

static int read_rules_file(const struct ib_state *state, const char *path, struct rules *rules,
			   struct ib_error *err)
{
	const char *text = NULL;
	const char *line = NULL;

	IB_TRY(ib_state_read(state, path, &text, NULL, err));
	while (text && (line = ib_state_line(state->arena, &text))) {
		const char *action = ib_state_word(state->arena, &line);
		const char *pattern = NULL;

		if (!action ||
		    (!ib_str_equal(action, "enable") && !ib_str_equal(action, "disable")))
			continue;
		pattern = ib_state_word(state->arena, &line);
		if (!pattern)
			continue;
		ib_grow(rules->items, rules->count);
		rules->items[rules->count++] =
			(struct rule){ !strcmp(action, "enable"), pattern, line };
	}
	return 0;
}

static int read_rules(const struct ib_state *state, const struct ib_unit_world *world,
		      struct rules *rules, struct ib_error *err)
{
	IB_AUTO_STRINGS(paths);
	size_t i = 0;

	ib_state_config_files(state, world->presets, ".preset", &paths);
	for (i = 0; i < paths.count; i++)
		IB_TRY(read_rules_file(state, paths.items[i], rules, err));
	return 0;
}

/* Enabling one unit can ask for others (Also=): they wait here, each once. */
struct work {
	struct ib_state *state;
	const struct ib_unit_world *world;
	struct ib_map *done;
	struct ib_strings waiting;
	size_t next;
};

static void work_add(struct work *work, const char *name)
{
	if (ib_map_has(work->done, name))
		return;
	ib_map_set(work->done, name, work);
	ib_strings_add(&work->waiting, name);
}

/* A link that enables; one that is there already stays. */
static int put_enabling_link(struct work *work, const char *where, const char *name,
			     const char *target, struct ib_error *err)
{
	ib_autofree char *path = ib_strf("%s/%s%s", work->world->folders[0], where, name);

	if (ib_tree_find(work->state->tree, path))
		return 0;
	return ib_state_put_link(work->state, path, target, err);
}

static int put_wants(struct work *work, const struct ib_strings *units, const char *suffix,
		     const char *name, const char *target, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < units->count; i++) {
		ib_autofree char *where = NULL;

		if (!ib_unit_is_name(units->items[i]))
			continue;
		where = ib_strf("%s.%s/", units->items[i], suffix);
		IB_TRY(put_enabling_link(work, where, name, target, err));
	}
	return 0;
}

static int put_aliases(struct work *work, const struct ib_unit_install *install, const char *name,
		       const char *target, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < install->alias.count; i++) {
		const char *alias = install->alias.items[i];

		if (!ib_unit_is_name(alias) || !strcmp(alias, name))
			continue;
		IB_TRY(put_enabling_link(work, "", alias, target, err));
	}
	return 0;
}

static int enable_one(struct work *work, const char *name, struct ib_error *err)
{
	__attribute__((cleanup(ib_unit_install_done))) struct ib_unit_install install = { 0 };
	const char *target = ib_unit_find(work->state, work->world, name);
	ib_autofree char *instance = NULL;
	const char *its_name = name;
	size_t i = 0;

	if (!target)
		return 0;
	IB_TRY(ib_unit_read_install(work->state, work->world, name, &install, err));
	for (i = 0; i < install.also.count; i++)
		work_add(work, install.also.items[i]);
	IB_TRY(put_aliases(work, &install, name, target, err));
	if (ib_unit_is_template(name)) {
		if (!install.default_instance)
			return 0; /* nothing to start */
		instance = ib_unit_instance(name, install.default_instance);
		its_name = instance;
	}
	IB_TRY(put_wants(work, &install.wanted_by, "wants", its_name, target, err));
	IB_TRY(put_wants(work, &install.required_by, "requires", its_name, target, err));
	return put_wants(work, &install.upheld_by, "upholds", its_name, target, err);
}

static int enable_all(struct work *work, struct ib_error *err)
{
	while (work->next < work->waiting.count) {
		ib_autofree char *name = ib_strdup(work->waiting.items[work->next++]);

		IB_TRY(enable_one(work, name, err));
	}
	return 0;
}

/* Whether a link enables this unit: its own name, or a link to its file. */
static bool is_link_to(const struct ib_node *node, const char *unit)
{
	return S_ISLNK(node->inode->mode) && !ib_str_equal(node->inode->link, "/dev/null") &&
	       (!strcmp(node->name, unit) || !strcmp(ib_path_name(node->inode->link), unit));
}

/* Collects links below the folder of links; those of overlays only when all are meant. */
static void collect_links(const struct ib_node *folder, const char *unit, bool all,
			  struct ib_strings *ret_paths)
{
	size_t i = 0;

	for (i = 0; i < folder->child_count; i++) {
		const struct ib_node *child = folder->children[i];

		if (S_ISDIR(child->inode->mode))
			collect_links(child, unit, all, ret_paths);
		else if (is_link_to(child, unit) &&
			 (all || child->inode->origin.kind == IB_ORIGIN_PACKAGE))
			ib_strings_adopt(ret_paths, ib_node_path(child));
	}
}

static void disable(struct ib_state *state, const struct ib_unit_world *world, const char *unit,
		    bool all)
{
	const struct ib_node *folder = ib_tree_find_target(state->tree, world->folders[0]);
	IB_AUTO_STRINGS(paths);
	size_t i = 0;

	if (!folder || !S_ISDIR(folder->inode->mode))
		return;
	collect_links(folder, unit, all, &paths);
	for (i = 0; i < paths.count; i++)
		ib_tree_remove(state->tree, paths.items[i]);
}

static bool is_listed(const struct ib_state_names *names, const char *name)
{
	size_t i = 0;

	for (i = 0; i < names->count; i++)
		if (!strcmp(names->items[i], name))
			return true;
	return false;
}

/* What the first matching rule says of a unit; without any, it is enabled. */
static void apply_rules(struct work *work, const struct rules *rules, const char *name)
{
	const struct rule *rule = NULL;
	const char *instances = NULL;
	const char *word = NULL;
	size_t i = 0;

	for (i = 0; i < rules->count && !rule; i++)
		if (!fnmatch(rules->items[i].pattern, name, FNM_NOESCAPE))
			rule = &rules->items[i];
	if (is_listed(&work->state->plan->disable, name))
		return;
	if (rule && !rule->enables) {
		disable(work->state, work->world, name, false);
		return;
	}
	instances = rule && ib_unit_is_template(name) ? rule->instances : "";
	if (!*instances)
		work_add(work, name);
	while ((word = ib_state_word(work->state->arena, &instances))) {
		ib_autofree char *instance = ib_unit_instance(name, word);

		work_add(work, instance);
	}
}

/* Every unit of the world once, aliases (links to another name) left out. */
static void list_units(const struct ib_state *state, const struct ib_unit_world *world,
		       struct ib_strings *ret_names)
{
	size_t i = 0;
	size_t n = 0;

	for (i = 0; world->folders[i]; i++) {
		const struct ib_node *folder = ib_tree_find_target(state->tree, world->folders[i]);

		for (n = 0; folder && S_ISDIR(folder->inode->mode) && n < folder->child_count;
		     n++) {
			const struct ib_node *child = folder->children[n];

			if (S_ISDIR(child->inode->mode) || !ib_unit_is_name(child->name))
				continue;
			if (S_ISLNK(child->inode->mode) &&
			    !ib_str_equal(ib_path_name(child->inode->link), child->name))
				continue;
			ib_strings_add(ret_names, child->name);
		}
	}
	ib_strings_sort_unique(ret_names);
}

static int preset_all(struct work *work, struct ib_error *err)
{
	IB_AUTO_STRINGS(units);
	struct rules rules = { NULL, 0 };
	size_t i = 0;
	int r = read_rules(work->state, work->world, &rules, err);

	if (r == 0) {
		list_units(work->state, work->world, &units);
		for (i = 0; i < units.count; i++)
			if (ib_unit_find(work->state, work->world, units.items[i]))
				apply_rules(work, &rules, units.items[i]);
		r = enable_all(work, err);
	}
	ib_free(rules.items);
	return r;
}

static int no_such_unit(const char *name, struct ib_error *err)
{
	ib_fail(err, IB_INPUT, "unit '%s' is to be enabled, and no package has it", name);
	ib_error_hint(err, "Check its name (with .service or the like), or add the package.");
	return -(int)err->kind;
}

/* What the plan and the scriptlets say by name, for the system's units. */
static int apply_wishes(struct work *work, struct ib_error *err)
{
	struct ib_state *state = work->state;
	const struct ib_state_plan *plan = state->plan;
	size_t i = 0;

	for (i = 0; i < plan->effect_count; i++)
		if (plan->effects[i].kind == IB_EFFECT_ENABLE &&
		    !is_listed(&plan->disable, plan->effects[i].text) &&
		    ib_state_guard_holds(state, plan->effects[i].guard))
			work_add(work, plan->effects[i].text);
		else if (plan->effects[i].kind == IB_EFFECT_DISABLE &&
			 ib_state_guard_holds(state, plan->effects[i].guard))
			disable(state, work->world, plan->effects[i].text, true);
	for (i = 0; i < plan->disable.count; i++)
		disable(state, work->world, plan->disable.items[i], true);
	for (i = 0; i < plan->enable.count; i++) {
		if (!ib_unit_find(state, work->world, plan->enable.items[i]))
			return no_such_unit(plan->enable.items[i], err);
		work_add(work, plan->enable.items[i]);
	}
	IB_TRY(enable_all(work, err));
	for (i = 0; i < plan->mask.count; i++) {
		ib_autofree char *path = ib_path_join(work->world->folders[0], plan->mask.items[i]);

		IB_TRY(ib_state_put_link(state, path, "/dev/null", err));
	}
	return 0;
}

int ib_state_presets(struct ib_state *state, struct ib_error *err)
{
	static const char *const system_folders[] = { "/etc/systemd/system",
						      "/usr/local/lib/systemd/system",
						      "/usr/lib/systemd/system",
						      "/lib/systemd/system", NULL };
	static const char *const user_folders[] = { "/etc/systemd/user",
						    "/usr/local/lib/systemd/user",
						    "/usr/lib/systemd/user", NULL };
	static const struct ib_unit_world worlds[] = {
		{ "system", system_folders, "systemd/system-preset" },
		{ "user", user_folders, "systemd/user-preset" },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(worlds); i++) {
		IB_AUTO(ib_map) done = ib_map_new();
		struct work work = { .state = state, .world = &worlds[i], .done = done };
		int r = preset_all(&work, err);

		if (r == 0 && i == 0)
			r = apply_wishes(&work, err);
		ib_strings_done(&work.waiting);
		IB_TRY(r);
	}
	return 0;
}
