/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root file system: packages and overlays make the tree; payloads stream
 * by once, into the image and past those who learn from them; generators make
 * what scriptlets would have made; then the image's metadata, the hash tree and
 * the root hash.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "build/accounts.h"
#include "build/blocks.h"
#include "build/content.h"
#include "build/remote.h"
#include "build/scriptlets.h"
#include "build/work.h"
#include "image/image.h"
#include "state/state.h"

struct ib_tree_filter ib_work_filter(const struct ib_work *work)
{
	return (struct ib_tree_filter){ .without_documentation = !work->recipe->documentation,
					.languages = work->recipe->languages.count
							     ? &work->languages
							     : NULL };
}

static int add_packages(struct ib_work *work, struct ib_error *err)
{
	struct ib_tree_filter filter = ib_work_root_filter(work);
	size_t i = 0;

	for (i = 0; i < work->root.count; i++)
		IB_TRY(ib_tree_add_package(work->root_tree, (uint32_t)i,
					   work->root.members[i]->package, &filter, err));
	return 0;
}

static int add_overlays(struct ib_work *work, struct ib_error *err)
{
	const struct ib_recipe *recipe = work->recipe;
	size_t i = 0;

	work->overlay_sha256 = ib_alloc_array(recipe->overlay_count, sizeof(*work->overlay_sha256));
	for (i = 0; i < recipe->overlay_count; i++) {
		const struct ib_recipe_overlay *overlay = &recipe->overlays[i];
		uint8_t sha256[IB_SHA256_SIZE];

		if (ib_tree_add_overlay(work->root_tree, overlay->name, overlay->folder,
					overlay->table, sha256, err) < 0)
			return ib_error_prefix(err, "%s:%u:%u", overlay->mark.file,
					       overlay->mark.line, overlay->mark.column);
		ib_hex_write(sha256, sizeof(sha256), work->overlay_sha256[i]);
	}
	return 0;
}

/* DESIGN.md, decision 5: what salts, UUIDs and serials derive from. */
static void compute_seed(struct ib_work *work)
{
	const struct ib_recipe *recipe = work->recipe;
	ib_autofree char *canonical = ib_recipe_canonical(recipe);
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	IB_AUTO_BUFFER(text, SIZE_MAX / 2);
	uint8_t value[IB_DIGEST_MAX_SIZE];
	size_t i = 0;

	ib_buffer_putf(&text, "imagebuild seed 1\nlock %s\nid %s\nversion %s\narchitecture %s\n",
		       work->lock_sha256, recipe->id, recipe->version, recipe->architecture);
	for (i = 0; i < recipe->overlay_count; i++)
		ib_buffer_putf(&text, "overlay %s\n", work->overlay_sha256[i]);
	ib_buffer_putf(&text, "recipe\n%s", canonical);
	ib_digest_update(digest, text.data, text.size);
	(void)ib_digest_final(digest, value);
	memcpy(work->seed, value, sizeof(work->seed));
}

/* The image's own os-release, for the initrd and the unified kernel image. */
static void keep_os_release(struct ib_work *work)
{
	const struct ib_node *node = ib_tree_find_target(work->root_tree, "/usr/lib/os-release");

	if (!node || node->inode->content != IB_CONTENT_BUFFER)
		return;
	work->os_release.path = ib_node_path(node);
	work->os_release.data.max_size = node->inode->size + 1;
	ib_buffer_put(&work->os_release.data, node->inode->data, node->inode->size);
}

static int apply_state(struct ib_work *work, struct ib_databases *databases, struct ib_error *err)
{
	IB_AUTO(ib_state_accounts) accounts = NULL;
	struct ib_state_plan plan;
	struct ib_accounts lookup;

	ib_work_plan_state(work, &work->root, &plan);
	IB_TRY(ib_state_apply(work->root_tree, &plan, &accounts, err));
	if (work->lock->accounts.count) {
		struct ib_state_names locked = ib_work_locked_accounts(work->lock);

		IB_TRY(ib_state_accounts_check(accounts, &locked, err));
	}
	IB_TRY(ib_work_replay_scriptlets(work, work->root_tree, err));
	IB_TRY(ib_databases_put(databases, err));
	lookup = ib_state_accounts_lookup(accounts);
	IB_TRY(ib_tree_resolve_owners(work->root_tree, &lookup, err));
	keep_os_release(work);
	IB_TRY(ib_work_label(work, &plan, err));
	ib_tree_finish(work->root_tree);
	return 0;
}

static const struct ib_format *format_of(const struct ib_work *work)
{
	return ib_format_find(work->recipe->root_format);
}

static void fill_params(const struct ib_work *work, struct ib_format_params *params)
{
	*params = (struct ib_format_params){
		.compression = work->recipe->root_compression,
		.level = (int)work->recipe->root_level,
		.cluster_bytes = (uint32_t)work->recipe->root_cluster,
		.pack_tails = work->recipe->root_pack_tails,
		.threads = work->session->threads,
		/* the SBOM names it, and entries of the cache keep it for one */
		.without_sha1 = work->only_root && !work->use_derived,
		.build_time = work->lock->build_time,
	};
	ib_derive_uuid(work->seed, "root-uuid", params->uuid);
}

/* A function of the lock's sizes and the recipe's slack: see image/layout.h. */
static struct ib_layout *make_layout(const struct ib_work *work)
{
	ib_autofree uint64_t *sizes = ib_alloc_array(work->root.count, sizeof(*sizes));
	size_t i = 0;

	for (i = 0; i < work->root.count; i++)
		sizes[i] = work->root.members[i]->line->size;
	return ib_layout_new(sizes, work->root.count, work->recipe->root_slack);
}

static int stream_packages(struct ib_work *work, void *writer, struct ib_error *err)
{
	struct ib_learner learner = { .work = work, .members = &work->root };
	struct ib_content_sink observer = ib_learner_sink(&learner);
	int r = format_of(work)->stream(writer, ib_rpm_source_content(work->root.source), &observer,
					err);
	size_t i = 0;

	ib_learner_done(&learner);
	for (i = 0; i < work->root.count; i++)
		if (!work->root.members[i]->facts)
			work->root.members[i]->facts = ib_facts_new();
	return r;
}

static void tell_cached(const struct ib_work *work, const void *writer)
{
	const struct ib_format *format = format_of(work);
	struct ib_format_cached cached = { 0 };

	if (!format->cached)
		return;
	cached = format->cached(writer);
	ib_step(work->session->log,
		"the image has the blocks of %llu of %zu package%s from the store, and of %llu generated file%s",
		(unsigned long long)cached.packages, work->root.count,
		ib_str_plural(work->root.count), (unsigned long long)cached.contents,
		ib_str_plural(cached.contents));
}

static int fill_image(struct ib_work *work, void *writer, struct ib_error *err)
{
	const struct ib_format *format = format_of(work);
	IB_AUTO(ib_databases) databases = ib_databases_begin(work);
	uint64_t size = 0;

	IB_TRY(stream_packages(work, writer, err));
	IB_TRY(apply_state(work, databases, err));
	IB_TRY(format->finish(writer, &size, err));
	tell_cached(work, writer);
	return ib_work_check_policy(work, size, err);
}

/* Packages that somebody else has compressed are not compressed here, and the other way round. */
static int fill_with_remote(struct ib_work *work, struct ib_keeper *keeper, void **writer,
			    struct ib_error *err)
{
	const struct ib_format *format = format_of(work);
	IB_AUTO(ib_remote) remote = NULL;

	IB_TRY(ib_remote_open(keeper, format, *writer, &remote, err));
	IB_TRY(ib_remote_take(remote, err));
	IB_TRY(fill_image(work, *writer, err));
	format->free(ib_take(*writer)); /* with it the last entry is in the store */
	ib_remote_give(remote);
	return 0;
}

static bool has_remote(const struct ib_work *work)
{
	if (work->remote && ib_store_is_read_only(work->store))
		ib_warn(work->session->log, "store '%s' is read-only: the remote cache is not used",
			ib_store_root(work->store));
	return work->remote && !ib_store_is_read_only(work->store) && format_of(work)->prove;
}

static int fill_with_cache(struct ib_work *work, void *writer,
			   const struct ib_format_params *params, struct ib_error *err)
{
	const struct ib_format *format = format_of(work);
	struct ib_keeper keeper;
	int r = 0;

	ib_keeper_init(&keeper, work, &work->root, work->root_tree, format->form(params));
	format->use_cache(writer, &keeper.cache);
	r = has_remote(work) ? fill_with_remote(work, &keeper, &writer, err)
			     : fill_image(work, writer, err);
	format->free(writer);
	ib_keeper_done(&keeper);
	return r;
}

static int write_image(struct ib_work *work, struct ib_verity_ahead *ahead, struct ib_error *err)
{
	const struct ib_format *format = format_of(work);
	IB_AUTO(ib_layout) layout = make_layout(work);
	struct ib_format_params params;
	void *writer = NULL;
	int r = 0;

	fill_params(work, &params);
	params.layout = layout;
	params.ahead = ahead;
	IB_TRY(ib_format_check(format, params.compression, err));
	IB_TRY(format->open(ib_outputs_path(work->outputs, format->suffix), &params,
			    work->root_tree, &writer, err));
	if (work->remote && !format->prove)
		ib_warn(work->session->log,
			"%s has no blocks to exchange: the remote cache is not used", format->name);
	if (work->use_derived && format->use_cache)
		return fill_with_cache(work, writer, &params, err);
	r = fill_image(work, writer, err);
	format->free(writer);
	return r;
}

static int write_hash_tree(struct ib_work *work, struct ib_verity_ahead *ahead,
			   struct ib_error *err)
{
	const char *image = ib_outputs_path(work->outputs, format_of(work)->suffix);
	const char *verity = ib_outputs_path(work->outputs, ".root.verity");
	struct ib_verity_params params = { .threads = work->session->threads, .ahead = ahead };
	ib_autoclose int fd = open(image, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", image);
	IB_TRY(ib_region_of_file(fd, image, &params.data, err));
	ib_derive(work->seed, "verity-salt", params.salt);
	ib_derive_uuid(work->seed, "verity-uuid", params.uuid);
	IB_TRY(ib_verity_write(&params, verity, work->root_hash, err));
	ib_hex_write(work->root_hash, sizeof(work->root_hash), work->root_hash_hex);
	return ib_outputs_write(work->outputs, ".roothash", work->root_hash_hex,
				strlen(work->root_hash_hex), err);
}

/* The image, and its hash tree, which grows while the image does. */
static int write_hashed_image(struct ib_work *work, struct ib_error *err)
{
	const struct ib_format *format = format_of(work);
	IB_AUTO(ib_verity_ahead) ahead = NULL;
	uint8_t salt[IB_VERITY_SALT_BYTES];

	if (!format)
		return ib_fail(err, IB_INPUT, "there is no format '%s' for a root file system",
			       work->recipe->root_format);
	ib_derive(work->seed, "verity-salt", salt);
	IB_TRY(ib_verity_ahead_new(ib_outputs_path(work->outputs, format->suffix), salt,
				   work->session->threads, &ahead, err));
	IB_TRY(write_image(work, ahead, err));
	return write_hash_tree(work, ahead, err);
}

static int write_error_correction(struct ib_work *work, struct ib_error *err)
{
	const char *image = ib_outputs_path(work->outputs, format_of(work)->suffix);
	const char *verity = ib_outputs_path(work->outputs, ".root.verity");
	struct ib_fec_params params = { .roots = work->recipe->root_error_correction,
					.threads = work->session->threads };
	ib_autoclose int image_fd = open(image, O_RDONLY | O_CLOEXEC);
	ib_autoclose int verity_fd = open(verity, O_RDONLY | O_CLOEXEC);

	if (image_fd < 0 || verity_fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'",
				     image_fd < 0 ? image : verity);
	IB_TRY(ib_region_of_file(image_fd, image, &params.data, err));
	IB_TRY(ib_region_of_file(verity_fd, verity, &params.tree, err));
	return ib_fec_write(&params, ib_outputs_path(work->outputs, ".root.fec"), err);
}

/* What casync and desync find the chunks of the image by. */
static int write_block_index(struct ib_work *work, struct ib_error *err)
{
	const char *image = ib_outputs_path(work->outputs, format_of(work)->suffix);
	ib_autoclose int fd = open(image, O_RDONLY | O_CLOEXEC);
	IB_AUTO(ib_pieces) chunks = NULL;
	IB_AUTO_BUFFER(index, SIZE_MAX / 2);
	struct ib_region region;

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", image);
	IB_TRY(ib_region_of_file(fd, image, &region, err));
	IB_TRY(ib_pieces_chunks(&region, work->session->threads, &chunks, err));
	ib_pieces_put_index(chunks, &index);
	return ib_outputs_write(work->outputs, ".root.caibx", index.data, index.size, err);
}

int ib_work_lay_root(struct ib_work *work, struct ib_error *err)
{
	work->root_tree = ib_tree_new(work->lock->build_time);
	IB_TRY(ib_work_prepare_tree(work, &work->root, work->root_tree, err));
	IB_TRY(add_packages(work, err));
	return add_overlays(work, err);
}

int ib_work_make_root(struct ib_work *work, struct ib_error *err)
{
	ib_step(work->session->log, "making the root file system from %zu package%s",
		work->root.count, ib_str_plural(work->root.count));
	IB_TRY(ib_work_lay_root(work, err));
	compute_seed(work);
	IB_TRY(write_hashed_image(work, err));
	if (work->recipe->root_error_correction)
		IB_TRY(write_error_correction(work, err));
	if (ib_work_wants(work, "block-index"))
		IB_TRY(write_block_index(work, err));
	return ib_work_write_tars(work, err);
}
