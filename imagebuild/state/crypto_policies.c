/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto-policies - what each library reads of the chosen policy (update-crypto-policies.8).
 *
 * /etc/crypto-policies/config names the policy (DEFAULT where it says nothing);
 * /etc/crypto-policies/back-ends/NAME.config leads to what the policy says for
 * that library, /usr/share/crypto-policies/POLICY/NAME.txt. A policy with
 * modules ("DEFAULT:NO-SHA1") would have to be computed, and is refused.
 */
#include <string.h>
#include <sys/stat.h>

#include "state/context.h"

#define ETC    "/etc/crypto-policies"
#define SHARE  "/usr/share/crypto-policies"
#define SUFFIX ".txt"

static const char *policy_of(struct ib_state *state, const char *text)
{
	const char *line = NULL;

	while (text && (line = ib_state_line(state->arena, &text))) {
		const char *word = NULL;

		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		word = ib_state_word(state->arena, &line);
		if (word)
			return word;
	}
	return "DEFAULT";
}

static int link_library(struct ib_state *state, const char *policy, const char *name,
			struct ib_error *err)
{
	size_t length = strlen(name) - strlen(SUFFIX);
	ib_autofree char *link = ib_strf(ETC "/back-ends/%.*s.config", (int)length, name);
	ib_autofree char *target = ib_strf(SHARE "/%s/%s", policy, name);

	if (ib_tree_find(state->tree, link))
		return 0;
	return ib_state_put_link(state, link, target, err);
}

int ib_state_crypto_policies(struct ib_state *state, struct ib_error *err)
{
	const struct ib_node *shared = ib_tree_find_target(state->tree, SHARE);
	const struct ib_node *folder = NULL;
	const char *text = NULL;
	const char *policy = NULL;
	ib_autofree char *path = NULL;
	size_t i = 0;

	if (!shared || !ib_tree_find_target(state->tree, ETC))
		return 0;
	IB_TRY(ib_state_read(state, ETC "/config", &text, NULL, err));
	policy = policy_of(state, text);
	path = ib_strf(SHARE "/%s", policy);
	folder = strchr(policy, '/') ? NULL : ib_tree_find_target(state->tree, path);
	if (!folder || !S_ISDIR(folder->inode->mode)) {
		(void)ib_fail(err, IB_INPUT,
			      "the crypto policy '%s' has no ready-made settings in '%s'", policy,
			      SHARE);
		ib_error_hint(err,
			      "Name one of the folders there in " ETC "/config, or lay the links "
			      "in " ETC "/back-ends down in an overlay.");
		return -IB_INPUT;
	}
	for (i = 0; i < folder->child_count; i++)
		if (ib_str_ends(folder->children[i]->name, SUFFIX))
			IB_TRY(link_library(state, policy, folder->children[i]->name, err));
	text = ib_arena_strf(state->arena, "%s\n", policy);
	return ib_state_put_text(state, ETC "/state/current", 0644, text, err);
}
