/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a build in their order, and what they leave behind. */
#include "build/work.h"

#include <stdio.h>
#include <string.h>

void ib_choices_free(struct ib_choices *choices)
{
	if (!choices)
		return;
	ib_free(choices->items);
	ib_arena_free(choices->arena);
	ib_free(choices);
}

bool ib_work_wants(const struct ib_work *work, const char *output)
{
	size_t i = 0;

	for (i = 0; i < work->recipe->outputs.count; i++)
		if (!strcmp(work->recipe->outputs.items[i], output))
			return true;
	return false;
}

static void free_kept(struct ib_kept *kept)
{
	ib_buffer_done(&kept->data);
	ib_free(kept->path);
}

static void free_members(struct ib_members *members)
{
	ib_rpm_source_free(members->source);
	ib_free(members->members);
}

void ib_work_done(struct ib_work *work)
{
	size_t i = 0;

	ib_work_close_metadata(work);
	free_members(&work->root);
	free_members(&work->initrd);
	ib_policy_report_free(work->policy);
	ib_tree_free(work->root_tree);
	ib_tree_free(work->initrd_tree);
	for (i = 0; work->opened && i < work->lock->package_count; i++) {
		ib_rpm_free(work->opened[i].rpm);
		ib_facts_free(work->opened[i].facts);
	}
	ib_free(work->opened);
	ib_package_set_free(work->packages);
	for (i = 0; work->keyrings && i < work->recipe->repository_count; i++)
		ib_keyring_free(work->keyrings[i]);
	ib_free(work->keyrings);
	ib_free(work->overlay_sha256);
	ib_map_free(work->files);
	ib_strings_done(&work->languages);
	free_kept(&work->kernel);
	free_kept(&work->stub);
	free_kept(&work->os_release);
	ib_store_free(work->store);
	ib_arena_free(work->arena);
}

static int check_inputs(struct ib_work *work, const char *lock_path, bool only_root,
			struct ib_error *err)
{
	IB_AUTO_STRINGS(wishes);
	unsigned files = IB_RECIPE_FILES_KEYS | IB_RECIPE_FILES_OVERLAYS;

	if (!only_root)
		files |= IB_RECIPE_FILES_SIGNING;
	IB_TRY(ib_recipe_check_files(work->recipe, files, err));
	ib_recipe_wishes(work->recipe, &wishes);
	return ib_lock_fits(work->lock, lock_path, &wishes, err);
}

static int run_steps(struct ib_work *work, const struct ib_build_options *options,
		     struct ib_error *err)
{
	IB_TRY(check_inputs(work, options->lock_path, options->only_root, err));
	IB_TRY(ib_work_open_store(work, err));
	work->use_derived = !options->no_cache;
	IB_TRY(ib_work_open_keyrings(work, err));
	IB_TRY(ib_work_open_packages(work, err));
	IB_TRY(ib_work_make_root(work, err));
	if (options->only_root)
		return 0;
	if (ib_work_wants(work, "uki") || ib_work_wants(work, "disk")) {
		IB_TRY(ib_work_make_initrd(work, err));
		IB_TRY(ib_work_make_boot(work, err));
	}
	return ib_work_make_statements(work, err);
}

int ib_build_run(const struct ib_session *session, const struct ib_recipe *recipe,
		 const struct ib_lock *lock, const struct ib_build_options *options,
		 struct ib_strings *ret_names, struct ib_error *err)
{
	ib_autofree char *stem =
		ib_strf("%s_%s_%s", recipe->id, recipe->version, recipe->architecture);
	ib_autofree char *lock_text = ib_lock_text(lock);
	IB_AUTO(ib_outputs) outputs = NULL;
	struct ib_work work = { .session = session, .recipe = recipe, .lock = lock };
	const struct ib_strings *names = NULL;
	size_t i = 0;
	int r = 0;

	if (!session->offline)
		IB_TRY(ib_build_fetch(session, recipe, lock, err));
	IB_TRY(ib_outputs_open(options->output, stem, &outputs, err));
	work.outputs = outputs;
	work.arena = ib_arena_new();
	for (i = 0; i < recipe->languages.count; i++)
		ib_strings_add(&work.languages, recipe->languages.items[i]);
	ib_sha256_hex(lock_text, strlen(lock_text), work.lock_sha256);
	r = run_steps(&work, options, err);
	ib_work_done(&work);
	IB_TRY(r);
	names = ib_outputs_names(outputs);
	for (i = 0; i < names->count; i++)
		ib_strings_add(ret_names, names->items[i]);
	return ib_outputs_commit(outputs, err);
}
