/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verify.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "verify/chain.h"

const char *ib_link_state_name(enum ib_link_state state)
{
	switch (state) {
	case IB_LINK_HOLDS:
		return "holds";
	case IB_LINK_BROKEN:
		return "broken";
	case IB_LINK_ABSENT:
		return "absent";
	case IB_LINK_NOT_WALKED:
		return "not walked";
	}
	return "";
}

/* The first link that this one stands on and that does not hold, or NULL. */
static const char *missing_ground(const struct ib_verification *verification, unsigned needs)
{
	size_t i = 0;

	for (i = 0; i < verification->count; i++) {
		enum ib_link_state state = verification->links[i].state;

		if ((needs >> i & 1) && state != IB_LINK_HOLDS && state != IB_LINK_ABSENT)
			return verification->links[i].name;
	}
	return NULL;
}

/* What is wrong with the folder is a result; what is wrong with the machine is a failure. */
static int walk_link(struct ib_chain *chain, const struct ib_link *link,
		     struct ib_link_result *result, struct ib_error *err)
{
	struct ib_error problem = IB_ERROR_INIT;

	ib_debug(chain->log, "verifying: %s", link->claim);
	chain->detail = NULL;
	chain->absent = false;
	if (link->prove(chain, &problem) == 0) {
		result->state = chain->absent ? IB_LINK_ABSENT : IB_LINK_HOLDS;
		result->detail = chain->detail;
		return 0;
	}
	if (problem.kind == IB_FAILED) {
		*err = problem;
		return ib_error_prefix(err, "link '%s'", link->name);
	}
	result->state = IB_LINK_BROKEN;
	result->detail = ib_arena_strdup(chain->arena, problem.text);
	result->hint = ib_arena_strdup(chain->arena, problem.hint);
	ib_error_clear(&problem);
	return 0;
}

static int walk(struct ib_chain *chain, struct ib_verification *verification, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < IB_PROVE_COUNT; i++) {
		const struct ib_link *link = &ib_links[i];
		struct ib_link_result *result = &verification->links[i];
		const char *ground = missing_ground(verification, link->needs);

		result->name = link->name;
		result->claim = link->claim;
		result->state = IB_LINK_NOT_WALKED;
		if (ground)
			result->detail = ib_arena_strf(chain->arena, "it stands on '%s'", ground);
		else
			IB_TRY(walk_link(chain, link, result, err));
		verification->count = i + 1;
	}
	return 0;
}

int ib_verify(const char *folder, const struct ib_trust *trust, const struct ib_log *log,
	      struct ib_verification **ret_verification, struct ib_error *err)
{
	IB_AUTO(ib_verification) verification = ib_alloc(sizeof(*verification));
	struct ib_chain chain = { .folder = folder, .trust = trust, .log = log };
	struct stat st;
	int r = 0;

	if (stat(folder, &st))
		return ib_fail_errno(err, errno, "could not examine '%s'", folder);
	if (!S_ISDIR(st.st_mode))
		return ib_fail(err, IB_INPUT, "'%s' is not a folder of outputs", folder);
	IB_TRY(ib_trust_check_outside(trust, folder, err));
	verification->arena = ib_arena_new();
	verification->links = ib_alloc_array(IB_PROVE_COUNT, sizeof(*verification->links));
	chain.arena = verification->arena;
	r = walk(&chain, verification, err);
	ib_json_free(chain.statement);
	ib_lock_free(chain.lock);
	ib_owners_free(chain.owners);
	ib_tree_free(chain.root);
	ib_json_free(chain.sbom);
	if (r == 0)
		*ret_verification = ib_take(verification);
	return r;
}

void ib_verification_free(struct ib_verification *verification)
{
	if (!verification)
		return;
	ib_free(verification->links);
	ib_arena_free(verification->arena);
	ib_free(verification);
}

/* ---- what is demanded ---------------------------------------------------- */

static int add_link(const char *name, uint32_t *links, struct ib_error *err)
{
	const char *names[IB_PROVE_COUNT];
	const char *near = NULL;
	bool all = !strcmp(name, "all");
	bool found = all;
	size_t i = 0;

	for (i = 0; i < IB_PROVE_COUNT; i++) {
		names[i] = ib_links[i].name;
		if (all ? ib_links[i].is_optional : strcmp(name, names[i]) != 0)
			continue;
		*links |= 1U << i;
		found = true;
	}
	if (found)
		return 0;
	near = ib_str_nearest(name, names, IB_PROVE_COUNT);
	(void)ib_fail(err, IB_INPUT, "there is no link '%s' to be required", name);
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	else
		ib_error_hint(err, "'all' requires those that every image has; without it verify "
				   "lists their names.");
	return -IB_INPUT;
}

int ib_links_add(const char *names, uint32_t *links, struct ib_error *err)
{
	IB_AUTO_STRINGS(list);
	size_t i = 0;

	ib_strings_split(&list, names, ",");
	if (!list.count)
		return ib_fail(err, IB_INPUT, "no link is named that is to be required");
	for (i = 0; i < list.count; i++)
		IB_TRY(add_link(list.items[i], links, err));
	return 0;
}

void ib_verification_require(struct ib_verification *verification, uint32_t links)
{
	size_t i = 0;

	for (i = 0; i < verification->count; i++) {
		struct ib_link_result *link = &verification->links[i];

		if (!(links >> i & 1) || link->state != IB_LINK_ABSENT)
			continue;
		link->state = IB_LINK_BROKEN;
		link->detail =
			ib_arena_strf(verification->arena, "it is required, but %s", link->detail);
	}
}

int ib_verification_verdict(const struct ib_verification *verification, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < verification->count; i++) {
		const struct ib_link_result *link = &verification->links[i];

		if (link->state != IB_LINK_BROKEN)
			continue;
		(void)ib_fail(err, IB_TRUST, "link '%s' is broken: %s", link->name, link->detail);
		if (link->hint)
			ib_error_hint(err, "%s", link->hint);
		return -IB_TRUST;
	}
	return 0;
}
