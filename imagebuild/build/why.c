/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why something is not in the set, and where a path of the root comes from.
 *
 * For the latter the tree is made as for a build, with
 * overlays and generators, and no image is written: so the answer is the one
 * that the image would give. Facts are taken from the payloads in the store.
 */
#include <string.h>

#include "build/update.h"
#include "build/work.h"
#include "state/state.h"

static int learn(struct ib_work *work, const struct ib_members *members, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < members->count; i++) {
		ib_progress(work->session->log, "reading", i, members->count, "packages");
		IB_TRY(ib_work_learn(work, members->members[i], err));
	}
	return 0;
}

static int make_tree(struct ib_work *work, struct ib_error *err)
{
	struct ib_state_plan plan;

	IB_TRY(ib_recipe_check_files(work->recipe, IB_RECIPE_FILES_KEYS | IB_RECIPE_FILES_OVERLAYS,
				     err));
	IB_TRY(ib_work_open_store(work, err));
	IB_TRY(ib_work_open_keyrings(work, err));
	IB_TRY(ib_work_open_packages(work, err));
	IB_TRY(ib_work_lay_root(work, err));
	IB_TRY(learn(work, &work->root, err));
	ib_work_plan_state(work, &work->root, &plan);
	return ib_state_apply(work->root_tree, &plan, NULL, err);
}

/* What names the path itself, whether or not it is in the root: left out there, or in the initrd only. */
static void find_shippers(const struct ib_work *work, const char *path, struct ib_path_owner *owner)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < work->lock->package_count; i++) {
		const struct ib_package *package = work->opened[i].package;

		for (j = 0; j < package->file_count; j++)
			if (ib_str_equal(package->files[j].path, path)) {
				ib_strings_add(&owner->shippers, package->nevra);
				break;
			}
	}
}

static void describe(const struct ib_work *work, const char *path, struct ib_path_owner *owner)
{
	const struct ib_node *node = ib_tree_find(work->root_tree, path);

	if (!node)
		return;
	owner->path = ib_node_path(node);
	owner->kind = node->inode->origin.kind;
	owner->name = ib_strdup(node->inode->origin.name);
	owner->link = ib_strdup(node->inode->link);
}

void ib_path_owner_done(struct ib_path_owner *owner)
{
	ib_free(owner->path);
	ib_free(owner->name);
	ib_free(owner->link);
	ib_strings_done(&owner->shippers);
}

int ib_build_owner(const struct ib_session *session, const struct ib_recipe *recipe,
		   const struct ib_lock *lock, const char *path, struct ib_path_owner *ret_owner,
		   struct ib_error *err)
{
	struct ib_work work = {
		.session = session, .recipe = recipe, .lock = lock, .arena = ib_arena_new()
	};
	size_t i = 0;
	int r = 0;

	for (i = 0; i < recipe->languages.count; i++)
		ib_strings_add(&work.languages, recipe->languages.items[i]);
	r = make_tree(&work, err);
	if (r == 0) {
		*ret_owner = (struct ib_path_owner){ .kind = IB_ORIGIN_NONE };
		describe(&work, path, ret_owner);
		find_shippers(&work, path, ret_owner);
	}
	ib_work_done(&work);
	return r;
}

static int ask_why_not(struct ib_work *work, const struct ib_lock_request *request,
		       const struct ib_question *question, struct ib_why_nots **ret_answer,
		       struct ib_error *err)
{
	struct ib_metadata metadata = { 0 };
	struct ib_update_plan plan = { 0 };

	IB_TRY(ib_recipe_check_files(work->recipe, IB_RECIPE_FILES_KEYS, err));
	IB_TRY(ib_work_open_store(work, err));
	IB_TRY(ib_work_open_keyrings(work, err));
	IB_TRY(ib_work_open_metadata(work, work->lock, &metadata, err));
	IB_TRY(ib_work_plan_update(work, work->lock, request, &metadata, &plan, err));
	return ib_work_why_not(work, &metadata, &plan.keeping, question, ret_answer, err);
}

int ib_build_why_not(const struct ib_session *session, const struct ib_recipe *recipe,
		     const struct ib_lock *lock, const struct ib_question *question,
		     struct ib_why_nots **ret_answer, struct ib_error *err)
{
	const struct ib_lock_request request = { .moves = IB_LOCK_MOVES_NOTHING };
	struct ib_work work = {
		.session = session, .recipe = recipe, .lock = lock, .arena = ib_arena_new()
	};
	int r = ask_why_not(&work, &request, question, ret_answer, err);

	ib_work_done(&work);
	return r;
}
