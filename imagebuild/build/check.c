/* SPDX-License-Identifier: Apache-2.0 */
/* What of a recipe is wrong in files that it names: before a build finds it, after minutes. */
#include "build/work.h"
#include "signing/signing.h"

static int open_signer(const struct ib_recipe_signer *signer, struct ib_error *err)
{
	IB_AUTO(ib_private_key) key = NULL;
	IB_AUTO(ib_certificate) certificate = NULL;

	IB_TRY(ib_private_key_read(signer->key, &key, err));
	if (!signer->certificate)
		return 0;
	IB_TRY(ib_certificate_read(signer->certificate, &certificate, err));
	return ib_certificate_check_key(certificate, key, err);
}

static int check_signers(const struct ib_recipe *recipe, struct ib_error *err)
{
	const struct ib_recipe_signer *const signers[] = { &recipe->secure_boot, &recipe->root_hash,
							   &recipe->statements };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(signers); i++)
		if (signers[i]->key && open_signer(signers[i], err) < 0)
			return ib_error_prefix(err, "%s:%u:%u", signers[i]->mark.file,
					       signers[i]->mark.line, signers[i]->mark.column);
	return 0;
}

static int check_keyrings(const struct ib_recipe *recipe, struct ib_error *err)
{
	struct ib_work work = { .recipe = recipe };
	int r = ib_work_open_keyrings(&work, err);
	size_t i = 0;

	for (i = 0; i < recipe->repository_count; i++)
		ib_keyring_free(work.keyrings[i]);
	ib_free(work.keyrings);
	return r;
}

int ib_build_check(const struct ib_recipe *recipe, struct ib_error *err)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct ib_policy_settings settings;

	IB_TRY(ib_recipe_check_files(recipe, IB_RECIPE_FILES_ALL, err));
	IB_TRY(ib_build_policy_settings(recipe, arena, &settings, err));
	IB_TRY(check_keyrings(recipe, err));
	return check_signers(recipe, err);
}
