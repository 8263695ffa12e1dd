/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a build in their order, and what they leave behind. */
#include "build/remote.h"
#include "build/unchanged.h"
#include "build/work.h"

#include <stdio.h>
#include <stdlib.h>
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
	return ib_recipe_list_has(&work->recipe->outputs, output);
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

	ib_output_digests_free(work->digests);
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
	ib_strings_done(&work->languages);
	free_kept(&work->kernel);
	free_kept(&work->stub);
	free_kept(&work->os_release);
	ib_store_free(work->store);
	ib_arena_free(work->arena);
}

/* Asked for before anything is made, not after minutes of work. */
static int check_signers(const struct ib_work *work, struct ib_error *err)
{
	const bool boots = ib_work_wants(work, "uki") || ib_work_wants(work, "disk");
	const struct {
		const struct ib_recipe_signer *signer;
		const char *name;
		const char *what;
		bool wanted;
	} signers[] = {
		{ &work->recipe->secure_boot, "secure-boot", "the unified kernel image", boots },
		{ &work->recipe->root_hash, "root-hash", "the root hash", boots },
		{ &work->recipe->statements, "statements", "the statements", true },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(signers); i++) {
		if (!signers[i].wanted || signers[i].signer->key)
			continue;
		(void)ib_fail(err, IB_INPUT,
			      "nothing signs %s: there is no key under 'signing: %s'",
			      signers[i].what, signers[i].name);
		ib_error_hint(err, "Name one in the recipe ('imagebuild keys DIR' makes keys for "
				   "trying out), or make what needs none with --only root.");
		return -IB_INPUT;
	}
	return 0;
}

static int check_inputs(struct ib_work *work, const char *lock_path, bool only_root,
			struct ib_error *err)
{
	IB_AUTO_STRINGS(wishes);
	unsigned files = IB_RECIPE_FILES_KEYS | IB_RECIPE_FILES_OVERLAYS;

	if (!only_root)
		files |= IB_RECIPE_FILES_SIGNING;
	if (!only_root)
		IB_TRY(check_signers(work, err));
	IB_TRY(ib_recipe_check_files(work->recipe, files, err));
	ib_recipe_wishes(work->recipe, &wishes);
	return ib_lock_fits(work->lock, lock_path, &wishes, err);
}

/* All that is made of a root file system. */
static int make_rest(struct ib_work *work, struct ib_error *err)
{
	ib_work_begin_digests(work);
	if (ib_work_wants(work, "uki") || ib_work_wants(work, "disk")) {
		IB_TRY(ib_work_make_initrd(work, err));
		ib_work_begin_digests(work);
		IB_TRY(ib_work_make_boot(work, err));
	} else if (work->recipe->root_hash.key) {
		IB_TRY(ib_work_sign_root_hash(work, err));
	}
	return ib_work_make_statements(work, err);
}

static int run_steps(struct ib_work *work, const struct ib_build_options *options,
		     struct ib_error *err)
{
	IB_TRY(check_inputs(work, options->lock_path, options->only_root, err));
	if (options->remote)
		IB_TRY(ib_remote_check(options->remote, err));
	IB_TRY(ib_work_open_store(work, err));
	work->only_root = options->only_root;
	work->use_derived = !options->no_cache;
	work->remote = options->remote;
	IB_TRY(ib_work_open_keyrings(work, err));
	IB_TRY(ib_work_open_packages(work, err));
	if (!options->only_root && (ib_work_wants(work, "uki") || ib_work_wants(work, "disk")))
		IB_TRY(ib_work_check_boot(work, err));
	IB_TRY(ib_work_make_root(work, err));
	return options->only_root ? 0 : make_rest(work, err);
}

static void add_recipe_languages(struct ib_work *work)
{
	size_t i = 0;

	for (i = 0; i < work->recipe->languages.count; i++)
		ib_strings_add(&work->languages, work->recipe->languages.items[i]);
}

static void add_names(const struct ib_strings *names, struct ib_strings *ret_names)
{
	size_t i = 0;

	for (i = 0; i < names->count; i++)
		ib_strings_add(ret_names, names->items[i]);
}

static void begin_work(struct ib_work *work)
{
	ib_autofree char *lock_text = ib_lock_text(work->lock);

	work->arena = ib_arena_new();
	add_recipe_languages(work);
	ib_sha256_hex(lock_text, strlen(lock_text), work->lock_sha256);
}

/* *ret_inputs is left empty where outputs are not to be recorded. */
static bool is_done_already(struct ib_work *work, const struct ib_build_options *options,
			    char *ret_inputs, struct ib_strings *ret_names)
{
	struct ib_error ignored = IB_ERROR_INIT; /* then the build will say it, if it matters */
	IB_AUTO(ib_store) store = NULL;
	IB_AUTO_STRINGS(names);

	if (options->no_cache)
		return false;
	if (ib_store_open(work->session->store, 0, &store, &ignored) < 0 ||
	    ib_inputs_digest(work, options, ret_inputs, &ignored) < 0) {
		ib_error_clear(&ignored);
		ret_inputs[0] = '\0';
		return false;
	}
	/* the report is made as the image is */
	if (options->report || !ib_outputs_unchanged(store, options, ret_inputs, &names))
		return false;
	ib_step(work->session->log, "'%s' is what recipe and lock describe already",
		options->output);
	add_names(&names, ret_names);
	return true;
}

static int commit(struct ib_work *work, const struct ib_build_options *options, const char *inputs,
		  struct ib_error *err)
{
	struct ib_error ignored = IB_ERROR_INIT; /* without a record the next build builds again */
	const struct ib_strings *names = ib_outputs_names(work->outputs);

	IB_TRY(ib_outputs_commit(work->outputs, work->session->log, err));
	if (*inputs &&
	    ib_outputs_record(work->store, options, inputs, names, work->digests, &ignored) < 0)
		ib_error_clear(&ignored);
	return 0;
}

/* What the rules found, for whoever asked, also of an image that comes to nothing. */
static int report(const struct ib_work *work, const struct ib_build_options *options, bool refused,
		  struct ib_error *err)
{
	IB_AUTO_BUFFER(text, IB_POLICY_MAX_DOCUMENT);

	if (!options->report && !(refused && options->refusal))
		return 0;
	IB_TRY(ib_work_policy_text(work, &text, err));
	if (refused && options->refusal)
		ib_buffer_put(options->refusal, text.data, text.size);
	if (!options->report)
		return 0;
	return ib_file_write(options->report, text.data, text.size, 0644, err);
}

/* The refusal stays what is told, even where its report cannot be written. */
static void report_refusal(const struct ib_work *work, const struct ib_build_options *options)
{
	struct ib_error problem = IB_ERROR_INIT;

	if (report(work, options, true, &problem) < 0) {
		ib_warn(work->session->log, "there is no report of the refusal: %s", problem.text);
		ib_error_clear(&problem);
	}
}

static bool is_within(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length > 1 && folder[length - 1] == '/')
		length--;
	return !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

/* However both are spelt, where both are there. */
static bool is_really_within(const char *path, const char *folder)
{
	ib_autofree char *parent = ib_path_directory(path);
	ib_autofree char *real_parent = realpath(parent, NULL);
	ib_autofree char *real_folder = realpath(folder, NULL);

	return real_parent && real_folder && is_within(real_parent, real_folder);
}

/* An output folder holds what builds release: whatever else lies there stops the next one. */
static int check_report(const struct ib_build_options *options, struct ib_error *err)
{
	if (!options->report || (!is_within(options->report, options->output) &&
				 !is_really_within(options->report, options->output)))
		return 0;
	(void)ib_fail(err, IB_INPUT, "the report '%s' would lie in the output folder",
		      options->report);
	ib_error_hint(err,
		      "Name a place beside it; an image that passed has its own .policy.json.");
	return -IB_INPUT;
}

static int run(struct ib_work *work, const struct ib_build_options *options, const char *inputs,
	       struct ib_strings *ret_names, struct ib_error *err)
{
	const struct ib_recipe *recipe = work->recipe;
	ib_autofree char *stem =
		ib_strf("%s_%s_%s", recipe->id, recipe->version, recipe->architecture);
	IB_AUTO(ib_outputs) outputs = NULL;
	int r = 0;

	if (!work->session->offline)
		IB_TRY(ib_build_fetch(work->session, recipe, work->lock, err));
	IB_TRY(ib_outputs_open(options->output, stem, &outputs, err));
	work->outputs = outputs;
	r = run_steps(work, options, err);
	if (r == -IB_REFUSED && work->policy)
		report_refusal(work, options);
	IB_TRY(r);
	IB_TRY(report(work, options, false, err));
	add_names(ib_outputs_names(outputs), ret_names);
	return commit(work, options, inputs, err);
}

int ib_build_run(const struct ib_session *session, const struct ib_recipe *recipe,
		 const struct ib_lock *lock, const struct ib_build_options *options,
		 struct ib_strings *ret_names, struct ib_error *err)
{
	struct ib_work work = { .session = session, .recipe = recipe, .lock = lock };
	char inputs[65] = "";
	int r = 0;

	IB_TRY(check_report(options, err));
	begin_work(&work);
	if (!is_done_already(&work, options, inputs, ret_names))
		r = run(&work, options, inputs, ret_names, err);
	ib_work_done(&work);
	return r;
}
