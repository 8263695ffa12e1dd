/* SPDX-License-Identifier: Apache-2.0 */
/* packages.input.yaml: what libpkgmanifest and dnf5's manifest plug-in are asked. */
#include <string.h>

#include "package/foreign_draft.h"

static int read_nothing(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	(void)draft, (void)node, (void)name;
	return 0;
}

static int read_repositories(struct ib_draft *draft, const struct ib_yaml_node *node,
			     const char *name)
{
	size_t i = 0;

	IB_TRY(ib_draft_expect(draft, node, name, IB_YAML_SEQUENCE));
	for (i = 0; i < node->count; i++)
		IB_TRY(ib_draft_read_repository(draft, node->values[i], "id"));
	return 0;
}

static int read_install(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	return ib_draft_read_list(draft, node, name, IB_DRAFT_PACKAGES);
}

static int read_reinstall(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	IB_TRY(ib_draft_read_list(draft, node, name, IB_DRAFT_PACKAGES));
	if (node->count)
		ib_draft_leave_out(draft, node,
				   "%s: they are packages like others in the recipe, not at the "
				   "versions that a system has",
				   name);
	return 0;
}

static int read_enable(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	return ib_draft_read_list(draft, node, name, IB_DRAFT_MODULES);
}

static const struct ib_draft_key action_keys[] = {
	{ "install", read_install, NULL },
	{ "reinstall", read_reinstall, NULL },
};
static const struct ib_draft_key module_keys[] = {
	{ "enable", read_enable, NULL },
	{ "disable", NULL, "a recipe names streams that count, none that do not" },
};
static const struct ib_draft_key option_keys[] = {
	{ "allow_erasing", NULL, "nothing is there to be erased" },
};

static int read_packages(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	return ib_draft_read_keys(draft, node, action_keys, IB_COUNT(action_keys), name);
}

static int read_modules(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	return ib_draft_read_keys(draft, node, module_keys, IB_COUNT(module_keys), name);
}

static int read_options(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name)
{
	return ib_draft_read_keys(draft, node, option_keys, IB_COUNT(option_keys), name);
}

static const struct ib_draft_key keys[] = {
	{ "document", read_nothing, NULL },
	{ "version", read_nothing, NULL },
	{ "archs", read_nothing, NULL }, /* it was read before all else */
	{ "repositories", read_repositories, NULL },
	{ "packages", read_packages, NULL },
	{ "modules", read_modules, NULL },
	{ "options", read_options, NULL },
};

bool ib_draft_is_input(const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *document = ib_yaml_get(root, "document");

	return document && document->kind == IB_YAML_SCALAR &&
	       !strcmp(document->text, "rpm-package-input");
}

int ib_draft_read_input(struct ib_draft *draft, const struct ib_yaml_node *root)
{
	draft->weak_dependencies = true; /* as for dnf */
	IB_TRY(ib_draft_read_architectures(draft, ib_foreign_get(root, "archs")));
	return ib_draft_read_keys(draft, root, keys, IB_COUNT(keys), "a packages.input.yaml");
}
