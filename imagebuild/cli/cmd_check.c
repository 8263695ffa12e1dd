/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "recipe/recipe.h"

static const struct ib_option options[] = {
	{ "schema", NULL, "print the JSON Schema of recipes, for editors" },
	IB_OPTION_ARCH,
};

static void print_list(const char *title, const struct ib_recipe_list *list)
{
	size_t i = 0;

	if (!list->count)
		return;
	printf("%-14s", title);
	for (i = 0; i < list->count; i++)
		printf(" %s", list->items[i]);
	printf("\n");
}

static void print_repository(const struct ib_recipe_repository *repository)
{
	static const char *const trusts[] = { "signed metadata", "metadata by metalink",
					      "unsigned metadata" };
	const char *where = repository->mirrorlist ? repository->mirrorlist_written
			    : repository->metalink ? repository->metalink_written
						   : repository->urls_written[0];
	size_t i = 0;

	printf("%-14s %s, %s, priority %u: %s\n", "repository", repository->id,
	       trusts[repository->trust], repository->priority, where);
	for (i = 0; i < repository->key_count; i++)
		printf("%-14s   key %s%s\n", "", repository->keys[i].fingerprint,
		       repository->keys[i].allow_expired ? ", even if expired" : "");
}

static void print_signing(const struct ib_recipe *recipe)
{
	const struct ib_recipe_signer *const signers[] = { &recipe->secure_boot, &recipe->root_hash,
							   &recipe->statements };
	static const char *const names[] = { "secure-boot", "root-hash", "statements" };
	size_t i = 0;

	printf("%-14s", "signed");
	for (i = 0; i < IB_COUNT(signers); i++)
		printf(" %s%s", signers[i]->key ? "" : "no-", names[i]);
	printf("\n");
}

static void print_summary(const struct ib_recipe *recipe)
{
	size_t i = 0;

	printf("%-14s %s %s for %s\n", "image", recipe->id, recipe->version, recipe->architecture);
	for (i = 0; i < recipe->repository_count; i++)
		print_repository(&recipe->repositories[i]);
	printf("%-14s %zu wishes, %zu excluded, %s weak dependencies, %s documentation\n",
	       "packages", recipe->packages.count, recipe->exclude.count,
	       recipe->weak_dependencies ? "with" : "without",
	       recipe->documentation ? "with" : "without");
	print_list("languages", &recipe->languages);
	for (i = 0; i < recipe->overlay_count; i++)
		printf("%-14s %s\n", "overlay", recipe->overlays[i].name);
	printf("%-14s %zu users, %zu groups, %zu sysctl, units %zu enabled, %zu disabled, %zu "
	       "masked\n",
	       "system", recipe->user_count, recipe->group_count, recipe->sysctl_count,
	       recipe->units_enable.count, recipe->units_disable.count, recipe->units_mask.count);
	print_list("kernel", &recipe->kernel_command_line);
	printf("%-14s %zu wishes, %zu modules\n", "initrd", recipe->initrd_packages.count,
	       recipe->initrd_modules.count);
	printf("%-14s %s, %s", "root", recipe->root_format, recipe->root_compression);
	if (recipe->root_level)
		printf(" level %u", recipe->root_level);
	if (recipe->root_slack)
		printf(", slack %u %%", recipe->root_slack);
	if (recipe->root_cluster)
		printf(", clusters of %llu KiB", (unsigned long long)recipe->root_cluster >> 10);
	if (recipe->root_pack_tails)
		printf(", tails packed");
	printf("\n");
	print_list("outputs", &recipe->outputs);
	print_signing(recipe);
}

static int print_schema(void)
{
	ib_autofree char *schema = ib_recipe_schema();

	printf("%s\n", schema);
	return 0;
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	ib_autofree char *canonical = NULL;

	if (ib_cli_option(cli, "schema"))
		return print_schema();
	if (!count)
		return ib_fail(err, IB_INPUT, "no recipe given");
	IB_TRY(ib_cli_read_recipe(cli, args[0], &recipe, err));
	IB_TRY(ib_build_check(recipe, err));
	if (cli->json) {
		canonical = ib_recipe_canonical(recipe);
		printf("%s\n", canonical);
	} else {
		print_summary(recipe);
	}
	return 0;
}

const struct ib_command ib_cmd_check = {
	.name = "check",
	.args = "RECIPE",
	.summary = "validate a recipe and say what it asks for",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 0,
	.max_args = 1,
	.run = run,
};
