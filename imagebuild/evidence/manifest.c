/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/evidence.h"
#include "json/json.h"

enum { MANIFEST_FORMAT = 1 };

static void put_packages(struct ib_json_writer *out, const struct ib_evidence *evidence)
{
	size_t i = 0;

	ib_json_member_array(out, "packages");
	for (i = 0; i < evidence->lock->package_count; i++) {
		const struct ib_lock_package *package = &evidence->lock->packages[i];

		ib_json_begin_object(out);
		ib_json_member_string(out, "name", package->name);
		ib_json_member_string(out, "nevra", package->nevra);
		ib_json_member_string(out, "source", package->source_rpm);
		ib_json_member_string(out, "sha256", package->sha256);
		ib_json_member_string(out, "signer", package->signer);
		ib_json_member_bool(out, "root", package->root);
		ib_json_member_bool(out, "initrd", package->initrd);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
}

static void put_outputs(struct ib_json_writer *out, const struct ib_evidence *evidence)
{
	size_t i = 0;

	ib_json_member_array(out, "outputs");
	for (i = 0; i < evidence->file_count; i++) {
		ib_json_begin_object(out);
		ib_json_member_string(out, "name", evidence->files[i].name);
		ib_json_member_integer(out, "size", (int64_t)evidence->files[i].size);
		ib_json_member_string(out, "sha256", evidence->files[i].sha256);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
}

int ib_manifest_write(int fd, const char *name, const struct ib_evidence *evidence,
		      struct ib_error *err)
{
	IB_AUTO(ib_json_writer) out = ib_json_writer_to_fd(fd, name, IB_JSON_LINES);

	ib_json_begin_object(out);
	ib_json_member_integer(out, "format", MANIFEST_FORMAT);
	ib_json_member_object(out, "image");
	ib_json_member_string(out, "id", evidence->image_id);
	ib_json_member_string(out, "version", evidence->image_version);
	ib_json_member_string(out, "architecture", evidence->architecture);
	ib_json_member_string(out, "osId", evidence->os_id);
	ib_json_member_string(out, "osVersionId", evidence->os_version_id);
	ib_json_member_integer(out, "buildTime", evidence->build_time);
	ib_json_member_string(out, "rootHash", evidence->root_hash);
	ib_json_end_object(out);
	ib_json_member_stringf(out, "tool", "imagebuild %s", evidence->tool_version);
	ib_json_member_string(out, "lockSha256", evidence->lock_sha256);
	put_packages(out, evidence);
	put_outputs(out, evidence);
	ib_json_end_object(out);
	return ib_json_finish(out, err);
}
