/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "state/accounts.h"
#include "state/context.h"

struct generator {
	const char *name;
	int (*run)(struct ib_state *state, struct ib_error *err);
};

/*
 * In the order in which they run: who is first makes what others read. The
 * caches come last: they look at everything. Labels come behind them, in a call of
 * their own (state/labels.h): the package database needs one too.
 */
static const struct generator generators[] = {
	{ "os-release", ib_state_identity },
	{ "sysusers", ib_state_sysusers },
	{ "scriptlet-paths", ib_state_scriptlet_paths },
	{ "tmpfiles", ib_state_tmpfiles },
	{ "alternatives", ib_state_alternatives },
	{ "shells", ib_state_shells },
	{ "info", ib_state_info },
	{ "crypto-policies", ib_state_crypto_policies },
	{ "machine-id", ib_state_machine_id },
	{ "sysctl", ib_state_sysctl_file },
	{ "presets", ib_state_presets },
	{ "ca-certificates", ib_state_certificates },
	{ "hwdb", ib_state_hwdb },
	{ "depmod", ib_state_modules },
	{ "ldconfig", ib_state_loader_cache },
};

const char *ib_state_generator_name(size_t i)
{
	return i < IB_COUNT(generators) ? generators[i].name : NULL;
}

static bool is_wanted(const struct ib_state_plan *plan, const char *name)
{
	size_t i = 0;

	for (i = 0; i < plan->only.count; i++)
		if (!strcmp(plan->only.items[i], name))
			return true;
	return !plan->only.count;
}

int ib_state_prepare(struct ib_tree *tree, const struct ib_effect *effects, size_t effect_count,
		     struct ib_error *err)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	const struct ib_state_plan plan = { .effects = effects, .effect_count = effect_count };
	struct ib_state state = { tree, &plan, arena, "pretrans", NULL };
	size_t i = 0;

	for (i = 0; i < effect_count; i++)
		if (effects[i].early)
			IB_TRY(ib_state_scriptlet_path(&state, &effects[i], err));
	return 0;
}

int ib_state_apply(struct ib_tree *tree, const struct ib_state_plan *plan,
		   struct ib_state_accounts **ret_accounts, struct ib_error *err)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO(ib_state_accounts) accounts = ib_accounts_new();
	struct ib_state state = { tree, plan, arena, NULL, accounts };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(generators); i++) {
		if (!is_wanted(plan, generators[i].name))
			continue;
		ib_debug(plan->log, "generating %s", generators[i].name);
		state.generator = generators[i].name;
		IB_TRY(generators[i].run(&state, err));
	}
	if (ret_accounts)
		*ret_accounts = ib_take(accounts);
	return 0;
}
