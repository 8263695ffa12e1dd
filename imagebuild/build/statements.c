/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said about the image beside it: SBOM, lock, manifest, provenance,
 * sums. Each covers by digest what was written before it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/archive.h"
#include "boot/boot.h"
#include "build/work.h"
#include "compress/compress.h"
#include "evidence/evidence.h"
#include "image/image.h"
#include "state/state.h"

/* The value of KEY in os-release's text without quotes, or NULL (os-release(5)). */
static const char *os_release_value(struct ib_work *work, const char *key)
{
	IB_AUTO_STRINGS(lines);
	size_t length = strlen(key);
	size_t i = 0;

	if (!work->os_release.path)
		return NULL;
	ib_strings_split(&lines, ib_buffer_text(&work->os_release.data), "\n");
	for (i = 0; i < lines.count; i++) {
		char *value = lines.items[i] + length + 1;
		size_t size = 0;

		if (strncmp(lines.items[i], key, length) != 0 || lines.items[i][length] != '=')
			continue;
		size = strlen(value);
		if (size >= 2 && (*value == '"' || *value == '\'') && value[size - 1] == *value) {
			value[size - 1] = '\0';
			value++;
		}
		return ib_arena_strdup(work->arena, value);
	}
	return NULL;
}

static int gather_repositories(struct ib_work *work, struct ib_evidence *evidence,
			       struct ib_error *err)
{
	static const char *const trust[] = { "signed", "metalink", "none" };
	const struct ib_lock *lock = work->lock;
	struct ib_evidence_repository *repositories =
		ib_arena_alloc(work->arena, lock->repository_count * sizeof(*repositories));
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < lock->repository_count; i++) {
		size_t number = 0;
		const struct ib_recipe_repository *recipe =
			ib_work_repository(work, lock->repositories[i].id, &number);
		struct ib_evidence_key *keys = NULL;

		if (!recipe)
			return ib_fail(err, IB_INPUT,
				       "the lock has repository '%s', which the recipe lacks",
				       lock->repositories[i].id);
		keys = ib_arena_alloc(work->arena, recipe->key_count * sizeof(*keys));
		for (j = 0; j < recipe->key_count; j++) {
			keys[j].fingerprint = recipe->keys[j].fingerprint;
			IB_TRY(ib_sha256_file(recipe->keys[j].file, keys[j].sha256, NULL, err));
		}
		repositories[i] = (struct ib_evidence_repository){
			.id = lock->repositories[i].id,
			.url = recipe->url_count && strstr(recipe->urls[0], "://") &&
					       !ib_str_starts(recipe->urls[0], "file:")
				       ? recipe->urls[0]
				       : NULL,
			.trust = trust[recipe->trust],
			.repomd_sha256 = lock->repositories[i].repomd_sha256,
			.keys = keys,
			.key_count = recipe->key_count,
		};
	}
	evidence->repositories = repositories;
	evidence->repository_count = lock->repository_count;
	return 0;
}

static void gather_overlays(struct ib_work *work, struct ib_evidence *evidence)
{
	const struct ib_recipe *recipe = work->recipe;
	struct ib_evidence_overlay *overlays =
		ib_arena_alloc(work->arena, recipe->overlay_count * sizeof(*overlays));
	size_t i = 0;

	for (i = 0; i < recipe->overlay_count; i++) {
		overlays[i].name = recipe->overlays[i].name;
		memcpy(overlays[i].sha256, work->overlay_sha256[i], sizeof(overlays[i].sha256));
	}
	evidence->overlays = overlays;
	evidence->overlay_count = recipe->overlay_count;
}

static int gather_profile(struct ib_work *work, struct ib_evidence *evidence, struct ib_error *err)
{
	struct ib_evidence_file *profile = NULL;

	if (!work->recipe->hardening_profile)
		return 0;
	profile = ib_arena_alloc(work->arena, sizeof(*profile));
	profile->name = work->recipe->hardening_profile_written;
	evidence->profile = profile;
	return ib_sha256_file(work->recipe->hardening_profile, profile->sha256, &profile->size,
			      err);
}

/* The libraries whose versions decide bytes of the outputs. */
static void gather_libraries(struct ib_work *work, struct ib_evidence *evidence)
{
	const struct ib_evidence_pair libraries[] = {
		{ "liblz4", ib_lz4_version() },           { "librpm", ib_rpm_version() },
		{ "libarchive", ib_archive_version() },   { "libselinux", ib_selinux_version() },
		{ "libsquashfs", ib_squashfs_version() }, { "libzstd", ib_zstd_version() },
		{ "SQLite", ib_sqlite_version() },
	};

	evidence->libraries = ib_arena_memdup(work->arena, libraries, sizeof(libraries));
	evidence->library_count = IB_COUNT(libraries);
}

static char *join(const struct ib_recipe_list *list)
{
	IB_AUTO_STRINGS(copy);
	size_t i = 0;

	for (i = 0; i < list->count; i++)
		ib_strings_add(&copy, list->items[i]);
	return ib_strings_join(&copy, ",");
}

static void gather_options(struct ib_work *work, struct ib_evidence *evidence)
{
	const struct ib_recipe *recipe = work->recipe;
	ib_autofree char *joined = join(&recipe->outputs);
	const struct ib_evidence_pair options[] = {
		{ "outputs", ib_arena_strdup(work->arena, joined) },
		{ "root.format", recipe->root_format },
		{ "root.compression", recipe->root_compression },
		{ "root.level", ib_arena_strf(work->arena, "%u", recipe->root_level) },
		{ "root.cluster",
		  ib_arena_strf(work->arena, "%llu", (unsigned long long)recipe->root_cluster) },
		{ "initrd.level", ib_arena_strf(work->arena, "%u", recipe->initrd_level) },
		{ "root.pack-tails", recipe->root_pack_tails ? "true" : "false" },
		{ "root.slack", ib_arena_strf(work->arena, "%u", recipe->root_slack) },
	};

	evidence->options = ib_arena_memdup(work->arena, options, sizeof(options));
	evidence->option_count = IB_COUNT(options);
}

void ib_work_begin_digests(struct ib_work *work)
{
	const struct ib_strings *names = ib_outputs_names(work->outputs);
	size_t i = 0;

	if (!work->digests)
		work->digests = ib_output_digests_new(work->session->threads);
	for (i = 0; i < names->count; i++) {
		ib_autofree char *path =
			ib_path_join(ib_outputs_folder(work->outputs), names->items[i]);

		ib_output_digests_begin(work->digests, names->items[i], path);
	}
}

static int gather_image(struct ib_work *work, const char *suffix,
			const struct ib_evidence_file **ret_file, struct ib_error *err)
{
	const char *name = ib_path_name(ib_outputs_path(work->outputs, suffix));

	return ib_output_digests_wait_for(work->digests, name, ret_file, err);
}

/* The images alone: they are hashed long before the disk is. */
static int gather_images(struct ib_work *work, struct ib_evidence *evidence, struct ib_error *err)
{
	ib_work_begin_digests(work);
	IB_TRY(gather_image(work, ib_format_find(work->recipe->root_format)->suffix,
			    &evidence->root_image, err));
	if (work->initrd_tree)
		return gather_image(work, ".initrd", &evidence->initrd_image, err);
	return 0;
}

/* Every file that lies in the output folder by now, with size and digest. */
static int gather_files(struct ib_work *work, struct ib_evidence *evidence, struct ib_error *err)
{
	const struct ib_strings *names = ib_outputs_names(work->outputs);
	struct ib_evidence_file *files = ib_arena_alloc(work->arena, names->count * sizeof(*files));
	size_t i = 0;

	ib_work_begin_digests(work);
	IB_TRY(ib_output_digests_wait(work->digests, err));
	for (i = 0; i < names->count; i++)
		files[i] = *ib_output_digests_get(work->digests, names->items[i]);
	evidence->files = files;
	evidence->file_count = names->count;
	return 0;
}

static int gather(struct ib_work *work, struct ib_evidence *evidence, struct ib_error *err)
{
	const struct ib_recipe *recipe = work->recipe;
	ib_autofree char *canonical = ib_recipe_canonical(recipe);

	*evidence =
		(struct ib_evidence){ .image_id = recipe->id,
				      .image_version = recipe->version,
				      .architecture = recipe->architecture,
				      .os_id = os_release_value(work, "ID"),
				      .os_version_id = os_release_value(work, "VERSION_ID"),
				      .build_time = work->lock->build_time,
				      .tool_version = IB_VERSION,
				      .lock = work->lock,
				      .packages = work->packages,
				      .root = ib_tree_root(work->root_tree),
				      .initrd = work->initrd_tree ? ib_tree_root(work->initrd_tree)
								  : NULL,
				      .initrd_place = ib_microcode_place,
				      .root_hash = work->root_hash_hex,
				      .uki = work->uki_parts,
				      .uki_count = work->uki_part_count };
	if (!evidence->os_id)
		evidence->os_id = "linux"; /* os-release(5): what a missing ID stands for */
	ib_sha256_hex(canonical, strlen(canonical), evidence->recipe_sha256);
	memcpy(evidence->lock_sha256, work->lock_sha256, sizeof(evidence->lock_sha256));
	gather_overlays(work, evidence);
	gather_libraries(work, evidence);
	gather_options(work, evidence);
	IB_TRY(gather_profile(work, evidence, err));
	return gather_repositories(work, evidence, err);
}

typedef int (*write_fn)(int fd, const char *name, const struct ib_evidence *evidence,
			struct ib_error *err);

static int write_document(struct ib_work *work, const char *suffix, write_fn write,
			  const struct ib_evidence *evidence, struct ib_error *err)
{
	const char *path = ib_outputs_path(work->outputs, suffix);
	ib_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	return write(fd, path, evidence, err);
}

static int write_sbom(struct ib_work *work, struct ib_evidence *evidence, struct ib_error *err)
{
	IB_TRY(gather_images(work, evidence, err));
	return write_document(work, ".spdx.json", ib_spdx_write, evidence, err);
}

static int write_manifest(struct ib_work *work, struct ib_evidence *evidence, struct ib_error *err)
{
	/* what lies there before this document is what it covers */
	IB_TRY(gather_files(work, evidence, err));
	return write_document(work, ".manifest.json", ib_manifest_write, evidence, err);
}

static int write_provenance(struct ib_work *work, const struct ib_private_key *key,
			    struct ib_evidence *evidence, struct ib_error *err)
{
	IB_AUTO_BUFFER(statement, IB_DSSE_MAX_SIZE);
	IB_AUTO_BUFFER(envelope, 2 * (size_t)IB_DSSE_MAX_SIZE);

	IB_TRY(gather_files(work, evidence, err));
	IB_TRY(ib_provenance_write(&statement, evidence, err));
	IB_TRY(ib_dsse_sign(IB_STATEMENT_TYPE, statement.data, statement.size, key, &envelope,
			    err));
	return ib_outputs_write(work->outputs, ".intoto.jsonl", envelope.data, envelope.size, err);
}

static int write_sums(struct ib_work *work, const struct ib_private_key *key,
		      struct ib_evidence *evidence, struct ib_error *err)
{
	IB_AUTO_BUFFER(sums, 1 << 20);
	IB_AUTO_BUFFER(signature, IB_SIGNATURE_MAX_SIZE);

	IB_TRY(gather_files(work, evidence, err));
	ib_sums_write(&sums, evidence->files, evidence->file_count);
	IB_TRY(ib_private_key_sign(key, sums.data, sums.size, &signature, err));
	IB_TRY(ib_file_write(ib_outputs_named(work->outputs, "SHA256SUMS"), sums.data, sums.size,
			     0644, err));
	return ib_file_write(ib_outputs_named(work->outputs, "SHA256SUMS.sig"), signature.data,
			     signature.size, 0644, err);
}

static int write_lock(struct ib_work *work, struct ib_error *err)
{
	ib_autofree char *text = ib_lock_text(work->lock);

	return ib_outputs_write(work->outputs, ".lock", text, strlen(text), err);
}

int ib_work_make_statements(struct ib_work *work, struct ib_error *err)
{
	struct ib_evidence evidence;
	IB_AUTO(ib_private_key) key = NULL;

	ib_step(work->session->log, "writing SBOM, provenance and sums");
	IB_TRY(ib_private_key_read(work->recipe->statements.key, &key, err));
	IB_TRY(write_lock(work, err));
	IB_TRY(ib_work_write_policy(work, err));
	IB_TRY(gather(work, &evidence, err));
	if (ib_work_wants(work, "sbom"))
		IB_TRY(write_sbom(work, &evidence, err));
	IB_TRY(write_manifest(work, &evidence, err));
	if (ib_work_wants(work, "provenance"))
		IB_TRY(write_provenance(work, key, &evidence, err));
	return write_sums(work, key, &evidence, err);
}
