/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in-toto Statement v1 with SLSA provenance v1; what the members mean is written
 * in buildtype.md. The same build has the same statement: no invocation, no
 * host, no moment.
 */
#include <string.h>

#include "evidence/evidence.h"
#include "json/json.h"

static void put_digest(struct ib_json_writer *out, const char *algorithm, const char *hex)
{
	ib_json_member_object(out, "digest");
	ib_json_member_string(out, algorithm, hex);
	ib_json_end_object(out);
}

static void put_subjects(struct ib_json_writer *out, const struct ib_evidence *evidence)
{
	size_t i = 0;

	ib_json_member_array(out, "subject");
	for (i = 0; i < evidence->file_count; i++) {
		ib_json_begin_object(out);
		ib_json_member_string(out, "name", evidence->files[i].name);
		put_digest(out, "sha256", evidence->files[i].sha256);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
}

static void put_pairs(struct ib_json_writer *out, const char *key,
		      const struct ib_evidence_pair *pairs, size_t count)
{
	size_t i = 0;

	ib_json_member_object(out, key);
	for (i = 0; i < count; i++)
		ib_json_member_string(out, pairs[i].name, pairs[i].value);
	ib_json_end_object(out);
}

/* Small on purpose: whoever judges a build reads these. */
static void put_external(struct ib_json_writer *out, const struct ib_evidence *evidence)
{
	ib_json_member_object(out, "externalParameters");
	ib_json_member_object(out, "image");
	ib_json_member_string(out, "id", evidence->image_id);
	ib_json_member_string(out, "version", evidence->image_version);
	ib_json_member_string(out, "architecture", evidence->architecture);
	ib_json_end_object(out);
	ib_json_member_object(out, "recipe");
	put_digest(out, "sha256", evidence->recipe_sha256);
	ib_json_end_object(out);
	ib_json_member_object(out, "lock");
	put_digest(out, "sha256", evidence->lock_sha256);
	ib_json_end_object(out);
	put_pairs(out, "options", evidence->options, evidence->option_count);
	ib_json_end_object(out);
}

static void put_scriptlets(struct ib_json_writer *out, const struct ib_lock_package *package)
{
	size_t i = 0;

	for (i = 0; i < package->scriptlet_count; i++) {
		const struct ib_lock_scriptlet *scriptlet = &package->scriptlets[i];

		ib_json_begin_object(out);
		ib_json_member_string(out, "package", package->nevra);
		ib_json_member_string(out, "kind", scriptlet->kind);
		put_digest(out, "imagebuildScriptlet", scriptlet->digest);
		ib_json_member_string(out, "decision", scriptlet->decision);
		ib_json_member_string(out, "reason", scriptlet->reason);
		if (scriptlet->effects) {
			ib_json_member_object(out, "effects");
			put_digest(out, "sha256", scriptlet->effects);
			ib_json_end_object(out);
		}
		ib_json_end_object(out);
	}
}

static void put_internal(struct ib_json_writer *out, const struct ib_evidence *evidence)
{
	size_t i = 0;

	ib_json_member_object(out, "internalParameters");
	ib_json_member_integer(out, "buildTime", evidence->build_time);
	put_pairs(out, "libraries", evidence->libraries, evidence->library_count);
	ib_json_member_array(out, "scriptlets");
	for (i = 0; i < evidence->lock->package_count; i++)
		put_scriptlets(out, &evidence->lock->packages[i]);
	ib_json_end_array(out);
	ib_json_end_object(out);
}

/* ---- what the build used ------------------------------------------------- */

/* The map's values are items, of the length of the set. */
static void index_packages(const struct ib_package_set *packages, const struct ib_package **items,
			   struct ib_map *index)
{
	size_t i = 0;

	for (i = 0; i < ib_package_set_count(packages); i++) {
		items[i] = ib_package_set_get(packages, i);
		ib_map_set(index, items[i]->nevra, &items[i]);
	}
}

static int put_package(struct ib_json_writer *out, const struct ib_evidence *evidence,
		       const struct ib_map *packages, const struct ib_lock_package *line,
		       struct ib_error *err)
{
	const struct ib_package *const *package = ib_map_get(packages, line->nevra);
	IB_AUTO_BUFFER(purl, 1 << 16);

	if (!package)
		return ib_fail(err, IB_FAILED, "package '%s' of the lock was not read",
			       line->nevra);
	ib_purl_write(&purl, *package, evidence->os_id, evidence->os_version_id);
	ib_json_begin_object(out);
	ib_json_member_string(out, "name", line->nevra);
	ib_json_member_string(out, "uri", ib_buffer_text(&purl));
	put_digest(out, "sha256", line->sha256);
	ib_json_member_string(out, "mediaType", "application/x-rpm");
	ib_json_member_object(out, "annotations");
	ib_json_member_string(out, "repository", line->repository);
	ib_json_member_string(out, "location", line->location);
	ib_json_member_string(out, "signer", line->signer);
	ib_json_member_string(out, "headerSha256", line->header_sha256);
	ib_json_end_object(out);
	ib_json_end_object(out);
	return 0;
}

static void put_repository(struct ib_json_writer *out,
			   const struct ib_evidence_repository *repository)
{
	const char *slash = repository->url && ib_str_ends(repository->url, "/") ? "" : "/";
	size_t i = 0;

	ib_json_begin_object(out);
	ib_json_member_stringf(out, "name", "repomd.xml of %s", repository->id);
	if (repository->url)
		ib_json_member_stringf(out, "uri", "%s%srepodata/repomd.xml", repository->url,
				       slash);
	put_digest(out, "sha256", repository->repomd_sha256);
	ib_json_member_object(out, "annotations");
	ib_json_member_string(out, "repository", repository->id);
	ib_json_member_string(out, "believedBy", repository->trust);
	ib_json_end_object(out);
	ib_json_end_object(out);
	for (i = 0; i < repository->key_count; i++) {
		ib_json_begin_object(out);
		ib_json_member_stringf(out, "name", "OpenPGP key %s",
				       repository->keys[i].fingerprint);
		put_digest(out, "sha256", repository->keys[i].sha256);
		ib_json_member_object(out, "annotations");
		ib_json_member_string(out, "repository", repository->id);
		ib_json_member_string(out, "fingerprint", repository->keys[i].fingerprint);
		ib_json_end_object(out);
		ib_json_end_object(out);
	}
}

/* What scriptlets did that ran once, in the sandbox: the build replayed it. */
static void put_effects(struct ib_json_writer *out, const struct ib_lock_package *package)
{
	size_t i = 0;

	for (i = 0; i < package->scriptlet_count; i++) {
		const struct ib_lock_scriptlet *scriptlet = &package->scriptlets[i];

		if (!scriptlet->effects)
			continue;
		ib_json_begin_object(out);
		ib_json_member_stringf(out, "name", "effects of %s of %s", scriptlet->kind,
				       package->nevra);
		put_digest(out, "sha256", scriptlet->effects);
		ib_json_end_object(out);
	}
}

static void put_profile(struct ib_json_writer *out, const struct ib_evidence_file *profile)
{
	ib_json_begin_object(out);
	ib_json_member_stringf(out, "name", "hardening profile %s", profile->name);
	put_digest(out, "sha256", profile->sha256);
	ib_json_end_object(out);
}

static int put_dependencies(struct ib_json_writer *out, const struct ib_evidence *evidence,
			    struct ib_error *err)
{
	ib_autofree const struct ib_package **items =
		ib_alloc_array(ib_package_set_count(evidence->packages) + 1, sizeof(void *));
	IB_AUTO(ib_map) packages = ib_map_new();
	size_t i = 0;

	index_packages(evidence->packages, items, packages);
	ib_json_member_array(out, "resolvedDependencies");
	for (i = 0; i < evidence->repository_count; i++)
		put_repository(out, &evidence->repositories[i]);
	for (i = 0; i < evidence->overlay_count; i++) {
		ib_json_begin_object(out);
		ib_json_member_stringf(out, "name", "overlay %s", evidence->overlays[i].name);
		put_digest(out, "imagebuildOverlay", evidence->overlays[i].sha256);
		ib_json_end_object(out);
	}
	if (evidence->profile)
		put_profile(out, evidence->profile);
	for (i = 0; i < evidence->lock->package_count; i++) {
		IB_TRY(put_package(out, evidence, packages, &evidence->lock->packages[i], err));
		put_effects(out, &evidence->lock->packages[i]);
	}
	ib_json_end_array(out);
	return 0;
}

static void put_run(struct ib_json_writer *out, const struct ib_evidence *evidence)
{
	ib_json_member_object(out, "runDetails");
	ib_json_member_object(out, "builder");
	ib_json_member_string(out, "id", IB_PROVENANCE_BUILDER);
	ib_json_member_object(out, "version");
	ib_json_member_string(out, "imagebuild", evidence->tool_version);
	ib_json_end_object(out);
	ib_json_end_object(out);
	ib_json_end_object(out);
}

int ib_provenance_write(struct ib_buffer *text, const struct ib_evidence *evidence,
			struct ib_error *err)
{
	IB_AUTO(ib_json_writer) out = ib_json_writer_to_buffer(text, IB_JSON_COMPACT);

	ib_json_begin_object(out);
	ib_json_member_string(out, "_type", IB_STATEMENT);
	put_subjects(out, evidence);
	ib_json_member_string(out, "predicateType", IB_PROVENANCE);
	ib_json_member_object(out, "predicate");
	ib_json_member_object(out, "buildDefinition");
	ib_json_member_string(out, "buildType", IB_PROVENANCE_BUILD);
	put_external(out, evidence);
	put_internal(out, evidence);
	IB_TRY(put_dependencies(out, evidence, err));
	ib_json_end_object(out);
	put_run(out, evidence);
	ib_json_end_object(out);
	ib_json_end_object(out);
	return ib_json_finish(out, err);
}
