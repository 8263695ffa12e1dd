/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A written draft is read again and held against what was meant: whatever a file of
 * others brings, it becomes no key and no value that nobody put there.
 */
#include <string.h>

#include "package/foreign_draft.h"

struct draft_check {
	const struct ib_draft *draft;
	const struct ib_yaml_node *part; /* the mapping that is looked at */
	const char *architecture;        /* NULL: at the top */
	size_t keys;                     /* that were meant and are there */
	struct ib_error *err;
};

static int differs(const struct draft_check *check, const struct ib_yaml_node *node,
		   const char *key)
{
	(void)ib_fail(check->err, IB_FAILED,
		      "the recipe made of '%s' says something else than was meant (line %u, '%s')",
		      check->draft->path, node ? node->line : check->part->line, key);
	ib_error_hint(check->err, "This is a mistake in imagebuild: nothing was written. Please "
				  "report it with the file.");
	return -IB_FAILED;
}

static bool is_text(const struct ib_yaml_node *node, const char *text)
{
	return node && node->kind == IB_YAML_SCALAR && ib_str_equal(node->text, text);
}

static int check_text(struct draft_check *check, const struct ib_yaml_node *node, const char *key,
		      const char *text)
{
	const struct ib_yaml_node *value = ib_yaml_get(node, key);

	return is_text(value, text) ? 0 : differs(check, value, key);
}

static int check_flag(struct draft_check *check, const char *key, bool flag)
{
	if (!flag)
		return 0;
	check->keys++;
	return check_text(check, check->part, key, "true");
}

/* As many as were meant; a list of none is not there. */
static int check_count(struct draft_check *check, const struct ib_yaml_node *list, const char *key,
		       size_t count)
{
	check->keys += count > 0;
	if (!count && !list)
		return 0;
	if (!list || list->kind != IB_YAML_SEQUENCE || list->count != count)
		return differs(check, list, key);
	return 0;
}

static int check_list(struct draft_check *check, enum ib_draft_list list)
{
	const struct ib_draft_items *items = &check->draft->lists[list];
	const char *key = ib_draft_list_key(list);
	const struct ib_yaml_node *node = ib_yaml_get(check->part, key);
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < items->count; i++) {
		if (!ib_draft_belongs(check->draft, items->items[i].mask, check->architecture))
			continue;
		if (node && count < node->count &&
		    !is_text(node->values[count], items->items[i].text))
			return differs(check, node->values[count], key);
		count++;
	}
	return check_count(check, node, key, count);
}

static int check_repository(struct draft_check *check, const struct ib_yaml_node *node,
			    const struct ib_draft_repository *repository)
{
	const struct ib_draft *draft = check->draft;
	const char *architecture =
		check->architecture ? check->architecture : draft->architectures[0];
	const struct ib_yaml_node *keys = ib_yaml_get(node, "keys");
	ib_autofree char *priority = ib_strf("%llu", (unsigned long long)repository->priority);

	if (node->kind != IB_YAML_MAPPING || node->count != (repository->priority ? 4 : 3))
		return differs(check, node, "repositories");
	IB_TRY(check_text(check, node, "id", repository->id));
	IB_TRY(check_text(check, node, repository->kind,
			  ib_foreign_expand(draft->arena, repository->url, architecture)));
	if (repository->priority)
		IB_TRY(check_text(check, node, "priority", priority));
	if (!keys || keys->kind != IB_YAML_SEQUENCE || keys->count)
		return differs(check, keys, "keys");
	return 0;
}

static int check_repositories(struct draft_check *check)
{
	const struct ib_draft *draft = check->draft;
	const struct ib_yaml_node *node = ib_yaml_get(check->part, "repositories");
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < draft->repository_count; i++) {
		const struct ib_draft_repository *repository = &draft->repositories[i];

		if (!ib_draft_belongs(draft, ib_draft_mask_of(draft, repository),
				      check->architecture))
			continue;
		if (node && count < node->count)
			IB_TRY(check_repository(check, node->values[count], repository));
		count++;
	}
	return check_count(check, node, "repositories", count);
}

/* What may stand at the top and in the part of an architecture; and nothing else does. */
static int check_lists(struct draft_check *check)
{
	size_t i = 0;

	IB_TRY(check_repositories(check));
	for (i = 0; i < IB_DRAFT_LISTS; i++)
		IB_TRY(check_list(check, (enum ib_draft_list)i));
	return 0;
}

static int check_no_more(const struct draft_check *check, const struct ib_yaml_node *node,
			 size_t keys)
{
	if (node->kind == IB_YAML_MAPPING && node->count == keys)
		return 0;
	return differs(check, node, "keys that nobody meant");
}

static int check_image(struct draft_check *check)
{
	const struct ib_draft *draft = check->draft;
	const struct ib_yaml_node *image = ib_yaml_get(check->part, "image");
	const struct ib_yaml_node *list = NULL;
	bool several = draft->architecture_count > 1;
	size_t i = 0;

	check->keys += 2;
	IB_TRY(check_text(check, check->part, "format", "1"));
	if (!image)
		return differs(check, NULL, "image");
	list = ib_yaml_get(image, "architectures");
	IB_TRY(check_text(check, image, "id", "imported"));
	IB_TRY(check_text(check, image, "version", "1"));
	IB_TRY(check_text(check, image, "architecture", draft->architectures[0]));
	if (several && (!list || list->count != draft->architecture_count))
		return differs(check, list, "architectures");
	for (i = 0; several && i < list->count; i++)
		if (!is_text(list->values[i], draft->architectures[i]))
			return differs(check, list, "architectures");
	return check_no_more(check, image, several ? 4 : 3);
}

/* Each part is there when something is for it alone. */
static int check_parts(struct draft_check *check)
{
	const struct ib_yaml_node *parts = ib_yaml_get(check->part, "architectures");
	struct draft_check inner = *check;
	size_t found = 0;
	unsigned i = 0;

	for (i = 0; i < check->draft->architecture_count; i++) {
		static const struct ib_yaml_node nothing = { .kind = IB_YAML_MAPPING };

		inner.architecture = check->draft->architectures[i];
		inner.part = parts ? ib_yaml_get(parts, inner.architecture) : NULL;
		found += inner.part != NULL;
		inner.part = inner.part ? inner.part : &nothing;
		inner.keys = 0;
		IB_TRY(check_lists(&inner));
		IB_TRY(check_no_more(&inner, inner.part, inner.keys));
	}
	check->keys += parts != NULL;
	return parts ? check_no_more(check, parts, found) : 0;
}

int ib_draft_check(const struct ib_draft *draft, const char *text, size_t size,
		   struct ib_error *err)
{
	struct draft_check check = { .draft = draft, .err = err };
	IB_AUTO(ib_yaml) yaml = NULL;

	if (ib_yaml_parse(text, size, "recipe", &yaml, err) < 0) {
		(void)ib_error_prefix(err, "the recipe made of '%s' cannot be read", draft->path);
		err->kind = IB_FAILED;
		return -IB_FAILED;
	}
	check.part = yaml->root;
	IB_TRY(check_image(&check));
	IB_TRY(check_lists(&check));
	IB_TRY(check_flag(&check, "weak-dependencies", draft->weak_dependencies));
	IB_TRY(check_flag(&check, "multilib", draft->multilib));
	IB_TRY(check_parts(&check));
	return check_no_more(&check, yaml->root, check.keys);
}
