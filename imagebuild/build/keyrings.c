/* SPDX-License-Identifier: Apache-2.0 */
#include "build/work.h"

int ib_work_open_store(struct ib_work *work, struct ib_error *err)
{
	return ib_store_open(work->session->store, 0, &work->store, err);
}

const struct ib_recipe_repository *ib_work_repository(const struct ib_work *work, const char *id,
						      size_t *ret_number)
{
	size_t i = 0;

	for (i = 0; i < work->recipe->repository_count; i++) {
		if (ib_str_equal(work->recipe->repositories[i].id, id)) {
			*ret_number = i;
			return &work->recipe->repositories[i];
		}
	}
	return NULL;
}

static int open_keyring(const struct ib_recipe_repository *repository, struct ib_keyring *keyring,
			struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < repository->key_count; i++) {
		const struct ib_recipe_key *key = &repository->keys[i];

		if (ib_keyring_add_file(keyring, key->file, key->fingerprint, err) < 0)
			return ib_error_prefix(err, "%s:%u:%u", key->mark.file, key->mark.line,
					       key->mark.column);
	}
	return 0;
}

int ib_work_open_keyrings(struct ib_work *work, struct ib_error *err)
{
	size_t i = 0;

	work->keyrings = ib_alloc_array(work->recipe->repository_count, sizeof(void *));
	for (i = 0; i < work->recipe->repository_count; i++) {
		work->keyrings[i] = ib_keyring_new();
		IB_TRY(open_keyring(&work->recipe->repositories[i], work->keyrings[i], err));
	}
	return 0;
}
