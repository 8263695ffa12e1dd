/* SPDX-License-Identifier: Apache-2.0 */
/* The recipe's words as the plain arguments that the generators of state/ take. */
#include "build/accounts.h"
#include "build/work.h"
#include "state/state.h"

static struct ib_state_names names_of(const struct ib_recipe_list *list)
{
	return (struct ib_state_names){ list->items, list->count };
}

static void plan_accounts(struct ib_work *work, struct ib_state_plan *plan)
{
	const struct ib_recipe *recipe = work->recipe;
	struct ib_state_user *users =
		ib_arena_alloc(work->arena, recipe->user_count * sizeof(*users));
	struct ib_state_group *groups =
		ib_arena_alloc(work->arena, recipe->group_count * sizeof(*groups));
	size_t i = 0;

	for (i = 0; i < recipe->user_count; i++) {
		const struct ib_recipe_user *user = &recipe->users[i];

		users[i] = (struct ib_state_user){ .name = user->name,
						   .uid = user->uid,
						   .group = user->group,
						   .comment = user->comment,
						   .home = user->home,
						   .shell = user->shell,
						   .groups = user->groups,
						   .group_count = user->group_count,
						   .ssh_keys = user->ssh_keys,
						   .ssh_key_count = user->ssh_key_count,
						   .place = ib_arena_strf(
							   work->arena, "%s:%u:%u", user->mark.file,
							   user->mark.line, user->mark.column) };
	}
	for (i = 0; i < recipe->group_count; i++)
		groups[i] =
			(struct ib_state_group){ recipe->groups[i].name, recipe->groups[i].gid };
	plan->users = users;
	plan->user_count = recipe->user_count;
	plan->groups = groups;
	plan->group_count = recipe->group_count;
}

static void plan_sysctl(struct ib_work *work, struct ib_state_plan *plan)
{
	const struct ib_recipe *recipe = work->recipe;
	struct ib_state_sysctl *sysctl =
		ib_arena_alloc(work->arena, recipe->sysctl_count * sizeof(*sysctl));
	size_t i = 0;

	for (i = 0; i < recipe->sysctl_count; i++)
		sysctl[i] =
			(struct ib_state_sysctl){ recipe->sysctl[i].name, recipe->sysctl[i].value };
	plan->sysctl = sysctl;
	plan->sysctl_count = recipe->sysctl_count;
}

struct effects {
	struct ib_effect *items;
	size_t count;
};

static void add_effects(struct ib_work *work, const struct ib_opened *opened,
			const struct ib_scriptlet *scriptlet, struct effects *effects)
{
	const struct ib_lock_scriptlet *locked = ib_work_locked_scriptlet(opened->line, scriptlet);
	struct ib_verdict verdict = { 0 };
	size_t i = 0;

	if (!locked || !ib_str_starts(locked->decision, "native"))
		return;
	ib_ledger_judge(opened->package, scriptlet, work->arena, &verdict);
	for (i = 0; i < verdict.effect_count; i++) {
		ib_grow(effects->items, effects->count);
		effects->items[effects->count++] = verdict.effects[i];
	}
}

/* What the covered scriptlets of these packages ask of the generators, in package order. */
static void plan_effects(struct ib_work *work, const struct ib_members *members,
			 struct ib_state_plan *plan)
{
	struct effects effects = { NULL, 0 };
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < members->count; i++) {
		const struct ib_opened *opened = members->members[i];

		for (j = 0; j < opened->package->scriptlet_count; j++)
			add_effects(work, opened, &opened->package->scriptlets[j], &effects);
	}
	plan->effects =
		ib_arena_memdup(work->arena, effects.items, effects.count * sizeof(*effects.items));
	plan->effect_count = effects.count;
	ib_free(effects.items);
}

static bool recall(void *context, const char *key, struct ib_buffer *ret_content)
{
	const struct ib_work *work = context;

	return ib_store_get_derived(work->store, IB_STORE_FACTS, key, ret_content);
}

static void keep(void *context, const char *key, const struct ib_buffer *content)
{
	const struct ib_work *work = context;
	struct ib_error ignored = IB_ERROR_INIT; /* what cannot be kept is made again */

	if (ib_store_put_derived(work->store, IB_STORE_FACTS, key, content->data, content->size,
				 &ignored) < 0)
		ib_error_clear(&ignored);
}

void ib_work_plan_state(struct ib_work *work, const struct ib_members *members,
			struct ib_state_plan *ret_plan)
{
	const struct ib_facts **facts =
		ib_arena_alloc(work->arena, members->count * sizeof(void *));
	size_t i = 0;

	for (i = 0; i < members->count; i++)
		facts[i] = members->members[i]->facts;
	*ret_plan = (struct ib_state_plan){ .facts = facts,
					    .fact_count = members->count,
					    .image_id = work->recipe->id,
					    .image_version = work->recipe->version,
					    .enable = names_of(&work->recipe->units_enable),
					    .disable = names_of(&work->recipe->units_disable),
					    .mask = names_of(&work->recipe->units_mask),
					    .log = work->session->log };
	if (work->use_derived) {
		const struct ib_state_memory memory = { work, recall, keep };

		ret_plan->memory = ib_arena_memdup(work->arena, &memory, sizeof(memory));
	}
	if (work->lock)
		ret_plan->remembered = ib_work_locked_accounts(work->lock);
	plan_effects(work, members, ret_plan);
	plan_accounts(work, ret_plan);
	plan_sysctl(work, ret_plan);
}

int ib_work_prepare_tree(struct ib_work *work, const struct ib_members *members,
			 struct ib_tree *tree, struct ib_error *err)
{
	struct ib_state_plan plan = { 0 };

	plan_effects(work, members, &plan);
	return ib_state_prepare(tree, plan.effects, plan.effect_count, err);
}
