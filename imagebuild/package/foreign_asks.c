/* SPDX-License-Identifier: Apache-2.0 */
/* rpms.in.yaml: what rpm-lockfile-prototype is asked. */
#include <string.h>

#include "package/foreign_draft.h"

/* ---- packages, some for certain architectures only ------------------------ */

static int mask_of_names(struct ib_draft *draft, const struct ib_yaml_node *node, unsigned *ret)
{
	size_t i = 0;

	if (node->kind == IB_YAML_SCALAR) {
		*ret = ib_draft_bit(draft, node->text);
		return 0;
	}
	IB_TRY(ib_draft_expect(draft, node, "arches", IB_YAML_SEQUENCE));
	for (i = 0; i < node->count; i++) {
		IB_TRY(ib_draft_expect(draft, node->values[i], "arches", IB_YAML_SCALAR));
		*ret |= ib_draft_bit(draft, node->values[i]->text);
	}
	return 0;
}

static int read_mask(struct ib_draft *draft, const struct ib_yaml_node *arches, unsigned *ret_mask)
{
	const struct ib_yaml_node *only = ib_foreign_get(arches, "only");
	const struct ib_yaml_node *not = ib_foreign_get(arches, "not");
	unsigned named = 0;

	if (arches->kind != IB_YAML_MAPPING || arches->count != 1 || (!only && !not ))
		return ib_draft_fail(draft, arches,
				     "'arches' of a package has one of 'only' and "
				     "'not'");
	IB_TRY(mask_of_names(draft, only ? only : not, &named));
	*ret_mask = only ? named : ib_draft_all(draft) & ~named;
	return 0;
}

static int read_package(struct ib_draft *draft, const struct ib_yaml_node *node,
			enum ib_draft_list list)
{
	const struct ib_yaml_node *name = node;
	unsigned mask = ib_draft_all(draft);
	size_t i = 0;

	if (node->kind == IB_YAML_MAPPING) {
		const struct ib_yaml_node *arches = ib_foreign_get(node, "arches");

		name = ib_foreign_get(node, "name");
		if (!name)
			return ib_draft_fail(draft, node, "a package has no 'name'");
		if (arches)
			IB_TRY(read_mask(draft, arches, &mask));
		for (i = 0; i < node->count; i++)
			if (strcmp(node->keys[i]->text, "name") != 0 &&
			    strcmp(node->keys[i]->text, "arches") != 0)
				ib_draft_leave_out(draft, node->keys[i], "'%s' of package '%s'",
						   node->keys[i]->text,
						   name->text ? name->text : "");
	}
	IB_TRY(ib_draft_expect(draft, name, "name", IB_YAML_SCALAR));
	ib_draft_read_item(draft, name, name->text, list, mask);
	return 0;
}

static int read_all(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name,
		    enum ib_draft_list list)
{
	size_t i = 0;

	IB_TRY(ib_draft_expect(draft, node, name, IB_YAML_SEQUENCE));
	for (i = 0; i < node->count; i++)
		IB_TRY(read_package(draft, node->values[i], list));
	return 0;
}

static int read_packages(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	return read_all(draft, node, name, IB_DRAFT_PACKAGES);
}

static int read_reinstall(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	IB_TRY(read_all(draft, node, name, IB_DRAFT_PACKAGES));
	if (node->count)
		ib_draft_leave_out(draft, node,
				   "%s: they are packages like others in the recipe, not at the "
				   "versions that the context has",
				   name);
	return 0;
}

static int read_upgrade(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	size_t i = 0;

	IB_TRY(ib_draft_expect(draft, node, name, IB_YAML_SEQUENCE));
	for (i = 0; i < node->count; i++) {
		const struct ib_yaml_node *item = node->values[i];
		const struct ib_yaml_node *package =
			item->kind == IB_YAML_MAPPING ? ib_foreign_get(item, "name") : item;

		ib_draft_leave_out(draft, item,
				   "%s: '%s' is not asked for where nothing is there to upgrade",
				   name, package && package->text ? package->text : "");
	}
	return 0;
}

static int read_modules(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	return read_all(draft, node, name, IB_DRAFT_MODULES);
}

static int read_exclude(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	return ib_draft_read_list(draft, node, name, IB_DRAFT_EXCLUDE);
}

static int read_weak(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	return ib_draft_read_flag(draft, node, name, &draft->weak_dependencies);
}

/* ---- variables ---------------------------------------------------------------- */

static int read_variables(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	size_t i = 0;

	IB_TRY(ib_draft_expect(draft, node, name, IB_YAML_SEQUENCE));
	for (i = 0; i < node->count; i++) {
		const struct ib_yaml_node *values = ib_foreign_get(node->values[i], "inline");

		if (!values || values->kind != IB_YAML_MAPPING)
			ib_draft_leave_out(draft, node->values[i], "variables that are not inline");
		else if (draft->variable_count == IB_COUNT(draft->variables))
			return ib_draft_fail(draft, node, "too many lists of variables");
		else
			draft->variables[draft->variable_count++] = values;
	}
	return 0;
}

/* ---- where packages come from --------------------------------------------------- */

static int read_repositories(struct ib_draft *draft, const struct ib_yaml_node *node,
			     const char *name)
{
	size_t i = 0;

	IB_TRY(ib_draft_expect(draft, node, name, IB_YAML_SEQUENCE));
	for (i = 0; i < node->count; i++)
		IB_TRY(ib_draft_read_repository(draft, node->values[i], "repoid"));
	return 0;
}

/* Each kind of origin other than "repos" is a plug-in of theirs. */
static int read_origin(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	size_t i = 0;

	IB_TRY(ib_draft_expect(draft, node, name, IB_YAML_MAPPING));
	for (i = 0; i < node->count; i++)
		if (!strcmp(node->keys[i]->text, "repos"))
			IB_TRY(read_repositories(draft, node->values[i], "repos"));
		else
			ib_draft_leave_out(
				draft, node->keys[i],
				"'contentOrigin.%s': what repositories it leads to is not "
				"in the file",
				node->keys[i]->text);
	return 0;
}

/* An image is bare, so that says nothing new. */
static int read_bare(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	bool bare = false;

	IB_TRY(ib_draft_read_flag(draft, node, name, &bare));
	if (!bare)
		ib_draft_leave_out(draft, node, "an image starts from nothing");
	return 0;
}

#define BASE "an image starts from nothing: what the base brings has to be in 'packages'"
static const struct ib_draft_key context_keys[] = {
	{ "bare", read_bare, NULL },
	{ "image", NULL, BASE },
	{ "containerfile", NULL, BASE },
	{ "rpmOstreeTreefile", NULL, "the packages of a tree file are not read" },
	{ "localSystem", NULL, BASE },
	{ "flatpak", NULL, "the packages of a container.yaml are not read" },
};

static int read_context(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	return ib_draft_read_keys(draft, node, context_keys, IB_COUNT(context_keys), name);
}

/* They were read before all else. */
static int read_nothing(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	(void)draft, (void)node, (void)name;
	return 0;
}

static const struct ib_draft_key keys[] = {
	/* variables first: the others use them */
	{ "arches", read_nothing, NULL },
	{ "variables", read_variables, NULL },
	{ "contentOrigin", read_origin, NULL },
	{ "context", read_context, NULL },
	{ "packages", read_packages, NULL },
	{ "reinstallPackages", read_reinstall, NULL },
	{ "upgradePackages", read_upgrade, NULL },
	{ "packagesFromContainerfile", NULL, "the packages of a container file are not read" },
	{ "excludePackages", read_exclude, NULL },
	{ "moduleEnable", read_modules, NULL },
	{ "moduleDisable", NULL, "a recipe names streams that count, none that do not" },
	{ "installWeakDeps", read_weak, NULL },
	{ "assumeProvides", NULL, "what an image requires must be in it" },
	{ "matchContextVersions", NULL, "there is no context; 'pins' say at which version" },
	{ "allowerasing", NULL, "nothing is there to be erased" },
	{ "noSources", NULL, "source packages are not locked in any case" },
};

bool ib_draft_is_rpms_in(const struct ib_yaml_node *root)
{
	return ib_yaml_get(root, "contentOrigin") != NULL;
}

int ib_draft_read_rpms_in(struct ib_draft *draft, const struct ib_yaml_node *root)
{
	draft->weak_dependencies = true; /* as for dnf, unless the file says otherwise */
	IB_TRY(ib_draft_read_architectures(draft, ib_foreign_get(root, "arches")));
	return ib_draft_read_keys(draft, root, keys, IB_COUNT(keys), "an rpms.in.yaml");
}
