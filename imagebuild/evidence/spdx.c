/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPDX 2.3, JSON. Where the text of the specification and its JSON schema
 * differ (OPERATING-SYSTEM, OPERATING_SYSTEM), the schema is followed: it is
 * what validators read.
 */
#include <string.h>

#include "crypto/crypto.h"
#include "evidence/components.h"
#include "evidence/licences.h"
#include "json/json.h"

#define IMAGE_ID  "SPDXRef-OperatingSystem"
#define INITRD_ID "SPDXRef-Initrd"
#define UKI_ID    "SPDXRef-UnifiedKernelImage"

struct spdx {
	const struct ib_evidence *evidence;
	const struct ib_components *components;
	struct ib_json_writer *out;
	char created[32];
	struct ib_strings
		references; /* licences that are not in SPDX's list: "LicenseRef-x\tWORDS" */
};

/* ---- pieces -------------------------------------------------------------- */

static void put_checksum(struct ib_json_writer *out, const char *algorithm, const char *hex)
{
	ib_json_begin_object(out);
	ib_json_member_string(out, "algorithm", algorithm);
	ib_json_member_string(out, "checksumValue", hex);
	ib_json_end_object(out);
}

static void put_checksums(struct ib_json_writer *out, const char *sha1, const char *sha256)
{
	ib_json_member_array(out, "checksums");
	if (sha1)
		put_checksum(out, "SHA1", sha1);
	put_checksum(out, "SHA256", sha256);
	ib_json_end_array(out);
}

static void put_relation(struct ib_json_writer *out, const char *from, const char *type,
			 const char *to)
{
	ib_json_begin_object(out);
	ib_json_member_string(out, "spdxElementId", from);
	ib_json_member_string(out, "relationshipType", type);
	ib_json_member_string(out, "relatedSpdxElement", to);
	ib_json_end_object(out);
}

static void put_annotation(struct spdx *spdx, const char *comment)
{
	ib_json_member_array(spdx->out, "annotations");
	ib_json_begin_object(spdx->out);
	ib_json_member_string(spdx->out, "annotationDate", spdx->created);
	ib_json_member_string(spdx->out, "annotationType", "OTHER");
	ib_json_member_stringf(spdx->out, "annotator", "Tool: imagebuild-%s",
			       spdx->evidence->tool_version);
	ib_json_member_string(spdx->out, "comment", comment);
	ib_json_end_object(spdx->out);
	ib_json_end_array(spdx->out);
}

/* Begins a package; what is not said of it is said to be not said. */
static void begin_package(struct spdx *spdx, const char *id, const char *name, const char *version)
{
	ib_json_begin_object(spdx->out);
	ib_json_member_string(spdx->out, "SPDXID", id);
	ib_json_member_string(spdx->out, "name", name);
	ib_json_member_string(spdx->out, "versionInfo", version);
}

/* files: whether the document lists what is in it; then code is over all of these. */
static void end_package(struct spdx *spdx, const char *download, const char *licence,
			const char *code)
{
	struct ib_json_writer *out = spdx->out;

	ib_json_member_string(out, "downloadLocation", download ? download : "NOASSERTION");
	ib_json_member_bool(out, "filesAnalyzed", code && *code);
	if (code && *code) {
		ib_json_member_object(out, "packageVerificationCode");
		ib_json_member_string(out, "packageVerificationCodeValue", code);
		ib_json_end_object(out);
	}
	ib_json_member_string(out, "licenseConcluded", "NOASSERTION");
	ib_json_member_string(out, "licenseDeclared", licence ? licence : "NOASSERTION");
	ib_json_member_string(out, "copyrightText", "NOASSERTION");
	ib_json_end_object(out);
}

/* The licence as SPDX wants it; words that are no expression get a name and stand at the end. */
static const char *licence_of(struct spdx *spdx, const struct ib_package *package)
{
	struct ib_arena *arena = spdx->components->arena;
	const char *id = NULL;

	if (!package->license || !*package->license)
		return "NOASSERTION";
	if (ib_licence_is_expression(package->license)) {
		const char *at = package->license;

		while ((at = strstr(at, "LicenseRef-"))) {
			size_t size = strcspn(at, " ()");

			ib_strings_addf(&spdx->references, "%.*s\t%.*s", (int)size, at, (int)size,
					at);
			at += size;
		}
		return package->license;
	}
	id = ib_spdx_id(arena, "Words", package->license);
	id = ib_arena_strf(arena, "LicenseRef-%s", id + strlen("SPDXRef-Words-"));
	ib_strings_addf(&spdx->references, "%s\t%s", id, package->license);
	return id;
}

static const struct ib_evidence_repository *repository_of(const struct ib_evidence *evidence,
							  const struct ib_lock_package *line)
{
	size_t i = 0;

	for (i = 0; line && i < evidence->repository_count; i++)
		if (!strcmp(evidence->repositories[i].id, line->repository))
			return &evidence->repositories[i];
	return NULL;
}

static char *download_of(const struct ib_evidence *evidence, const struct ib_lock_package *line)
{
	const struct ib_evidence_repository *repository = repository_of(evidence, line);
	ib_autofree char *location = NULL;

	if (!repository || !repository->url)
		return NULL;
	location = ib_path_to_url(line->location);
	return ib_strf("%s%s%s", repository->url, ib_str_ends(repository->url, "/") ? "" : "/",
		       location);
}

/* ---- packages ------------------------------------------------------------ */

static void put_supplier(struct ib_json_writer *out, const struct ib_package *package)
{
	const char *name = package->vendor ? package->vendor : package->packager;

	if (name && *name)
		ib_json_member_stringf(out, "supplier", "Organization: %s", name);
	else
		ib_json_member_string(out, "supplier", "NOASSERTION");
}

static void put_purl(struct spdx *spdx, const struct ib_package *package)
{
	IB_AUTO_BUFFER(purl, 1 << 16);

	ib_purl_write(&purl, package, spdx->evidence->os_id, spdx->evidence->os_version_id);
	ib_json_member_array(spdx->out, "externalRefs");
	ib_json_begin_object(spdx->out);
	ib_json_member_string(spdx->out, "referenceCategory", "PACKAGE-MANAGER");
	ib_json_member_string(spdx->out, "referenceType", "purl");
	ib_json_member_string(spdx->out, "referenceLocator", ib_buffer_text(&purl));
	ib_json_end_object(spdx->out);
	ib_json_end_array(spdx->out);
}

static void put_rpm_origin(struct spdx *spdx, const struct ib_component *component)
{
	const struct ib_package *package = component->package;
	const struct ib_lock_package *line = component->locked;
	ib_autofree char *source =
		line ? ib_strf("built from %s; %s of repository %s", package->source_rpm,
			       line->location, line->repository)
		     : ib_strf("built from %s", package->source_rpm);
	char built[32];

	ib_json_member_string(spdx->out, "sourceInfo", source);
	ib_clock_format(package->build_time, built);
	ib_json_member_string(spdx->out, "builtDate", built);
}

static void put_rpm(struct spdx *spdx, const struct ib_component *component)
{
	const struct ib_package *package = component->package;
	struct ib_json_writer *out = spdx->out;
	bool epoch = package->epoch && strcmp(package->epoch, "0") != 0;
	ib_autofree char *version = ib_strf("%s%s%s-%s", epoch ? package->epoch : "",
					    epoch ? ":" : "", package->version, package->release);
	ib_autofree char *download = download_of(spdx->evidence, component->locked);
	ib_autofree char *signer = ib_strf("header signed by OpenPGP key %s", package->signer);

	begin_package(spdx, component->id, package->name, version);
	ib_json_member_string(out, "packageFileName",
			      component->locked ? ib_path_name(component->locked->location) : NULL);
	put_supplier(out, package);
	ib_json_member_string(out, "summary", package->summary);
	if (package->url &&
	    (ib_str_starts(package->url, "http://") || ib_str_starts(package->url, "https://")))
		ib_json_member_string(out, "homepage", package->url);
	put_rpm_origin(spdx, component);
	put_checksums(out, NULL, package->sha256);
	put_purl(spdx, package);
	if (*package->signer)
		put_annotation(spdx, signer);
	end_package(spdx, download, licence_of(spdx, package), component->verification_code);
}

/* An overlay of the recipe, or a generator of this program. */
static void put_maker(struct spdx *spdx, const struct ib_component *component)
{
	bool overlay = component->kind == IB_ORIGIN_OVERLAY;
	ib_autofree char *words =
		overlay ? ib_strf("files of the recipe's own%s%s",
				  component->sha256 ? "; digest of the overlay: " : "",
				  component->sha256 ? component->sha256 : "")
			: ib_strf("made by imagebuild's generator '%s'", component->name);

	begin_package(spdx, component->id, component->name,
		      overlay ? spdx->evidence->image_version : spdx->evidence->tool_version);
	ib_json_member_string(spdx->out, "supplier", "NOASSERTION");
	ib_json_member_string(spdx->out, "sourceInfo", words);
	end_package(spdx, NULL, NULL, component->verification_code);
}

static void put_image(struct spdx *spdx)
{
	const struct ib_evidence *evidence = spdx->evidence;
	struct ib_json_writer *out = spdx->out;

	begin_package(spdx, IMAGE_ID, evidence->image_id, evidence->image_version);
	ib_json_member_string(out, "primaryPackagePurpose", "OPERATING_SYSTEM");
	if (evidence->root_image) {
		ib_json_member_string(out, "packageFileName", evidence->root_image->name);
		put_checksums(out, NULL, evidence->root_image->sha256);
	}
	ib_json_member_string(out, "supplier", "NOASSERTION");
	if (evidence->root_hash)
		ib_json_member_stringf(out, "comment", "dm-verity root hash %s",
				       evidence->root_hash);
	end_package(spdx, NULL, NULL, NULL);
}

static void put_initrd(struct spdx *spdx)
{
	const struct ib_evidence *evidence = spdx->evidence;
	ib_autofree char *name = ib_strf("%s-initrd", evidence->image_id);

	begin_package(spdx, INITRD_ID, name, evidence->image_version);
	ib_json_member_string(spdx->out, "primaryPackagePurpose", "ARCHIVE");
	if (evidence->initrd_image) {
		ib_json_member_string(spdx->out, "packageFileName", evidence->initrd_image->name);
		put_checksums(spdx->out, NULL, evidence->initrd_image->sha256);
	}
	ib_json_member_string(spdx->out, "supplier", "NOASSERTION");
	end_package(spdx, NULL, NULL, NULL);
}

static void put_uki(struct spdx *spdx)
{
	ib_autofree char *name = ib_strf("%s-uki", spdx->evidence->image_id);

	begin_package(spdx, UKI_ID, name, spdx->evidence->image_version);
	ib_json_member_string(spdx->out, "primaryPackagePurpose", "ARCHIVE");
	ib_json_member_string(spdx->out, "supplier", "NOASSERTION");
	ib_json_member_string(spdx->out, "comment",
			      "the unified kernel image: its sections are files of this document; "
			      "the provenance has the digest of the signed whole");
	end_package(spdx, NULL, NULL, NULL);
}

static void put_packages(struct spdx *spdx)
{
	size_t i = 0;

	ib_json_member_array(spdx->out, "packages");
	put_image(spdx);
	if (spdx->evidence->initrd)
		put_initrd(spdx);
	if (spdx->evidence->uki_count)
		put_uki(spdx);
	for (i = 0; i < spdx->components->count; i++) {
		const struct ib_component *component = &spdx->components->items[i];

		if (component->package)
			put_rpm(spdx, component);
		else
			put_maker(spdx, component);
	}
	ib_json_end_array(spdx->out);
}

/* ---- files --------------------------------------------------------------- */

static char *part_id(const struct ib_evidence_part *part)
{
	const char *name = part->name[0] == '.' ? part->name + 1 : part->name;

	return ib_strf("SPDXRef-uki-%s", name);
}

/* What becomes a part of another file stands in the document by its own name and digest. */
static void put_place(const struct spdx *spdx, const struct ib_component_file *file)
{
	const char *place =
		spdx->evidence->initrd_place ? spdx->evidence->initrd_place(file->path) : NULL;

	if (place)
		ib_json_member_stringf(spdx->out, "comment", "in the initrd, as %llu bytes of ./%s",
				       (unsigned long long)file->inode->size, place);
	else
		ib_json_member_string(spdx->out, "comment", "in the initrd");
}

static void put_file(const struct spdx *spdx, const struct ib_component_file *file)
{
	struct ib_json_writer *out = spdx->out;
	char sha1[2 * IB_SHA1_SIZE + 1];
	char sha256[2 * IB_SHA256_SIZE + 1];

	ib_hex_write(file->inode->sha1, IB_SHA1_SIZE, sha1);
	ib_hex_write(file->inode->sha256, IB_SHA256_SIZE, sha256);
	ib_json_begin_object(out);
	ib_json_member_string(out, "SPDXID", file->id);
	ib_json_member_stringf(out, "fileName", ".%s", file->path);
	put_checksums(out, sha1, sha256);
	if (file->in_initrd)
		put_place(spdx, file);
	ib_json_end_object(out);
}

static void put_part(struct ib_json_writer *out, const struct ib_evidence_part *part)
{
	ib_autofree char *id = part_id(part);

	ib_json_begin_object(out);
	ib_json_member_string(out, "SPDXID", id);
	ib_json_member_stringf(out, "fileName", "./%s", part->name);
	put_checksums(out, part->sha1, part->sha256);
	ib_json_member_string(out, "comment",
			      part->name[0] == '.' ? "section of the unified kernel image"
						   : "part of the unified kernel image");
	ib_json_end_object(out);
}

static void put_files(struct spdx *spdx)
{
	size_t i = 0;

	ib_json_member_array(spdx->out, "files");
	for (i = 0; i < spdx->components->file_count; i++)
		put_file(spdx, &spdx->components->files[i]);
	for (i = 0; i < spdx->evidence->uki_count; i++)
		put_part(spdx->out, &spdx->evidence->uki[i]);
	ib_json_end_array(spdx->out);
}

/* ---- relationships ------------------------------------------------------- */

static void relate_components(struct spdx *spdx)
{
	size_t i = 0;

	for (i = 0; i < spdx->components->count; i++) {
		const struct ib_component *component = &spdx->components->items[i];
		const struct ib_lock_package *line = component->locked;

		if (!line || line->root)
			put_relation(spdx->out, IMAGE_ID, "CONTAINS", component->id);
		if (line && line->initrd && spdx->evidence->initrd)
			put_relation(spdx->out, INITRD_ID, "CONTAINS", component->id);
	}
}

static void relate_files(struct spdx *spdx)
{
	size_t i = 0;

	for (i = 0; i < spdx->components->file_count; i++) {
		const struct ib_component_file *file = &spdx->components->files[i];

		put_relation(spdx->out, spdx->components->items[file->component].id, "CONTAINS",
			     file->id);
		if (file->in_initrd)
			put_relation(spdx->out, INITRD_ID, "CONTAINS", file->id);
	}
}

static int relate_parts(struct spdx *spdx, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < spdx->evidence->uki_count; i++) {
		const struct ib_evidence_part *part = &spdx->evidence->uki[i];
		ib_autofree char *id = part_id(part);
		const char *maker = part->origin.kind == IB_ORIGIN_NONE && spdx->evidence->initrd
					    ? INITRD_ID
					    : ib_components_id(spdx->components, &part->origin);

		if (!maker)
			return ib_fail(err, IB_FAILED,
				       "part '%s' of the unified kernel image belongs to no "
				       "package, overlay or generator",
				       part->name);
		put_relation(spdx->out, UKI_ID, "CONTAINS", id);
		put_relation(spdx->out, id, "GENERATED_FROM", maker);
	}
	return 0;
}

static int put_relations(struct spdx *spdx, struct ib_error *err)
{
	ib_json_member_array(spdx->out, "relationships");
	put_relation(spdx->out, "SPDXRef-DOCUMENT", "DESCRIBES", IMAGE_ID);
	if (spdx->evidence->initrd)
		put_relation(spdx->out, IMAGE_ID, "CONTAINS", INITRD_ID);
	if (spdx->evidence->uki_count)
		put_relation(spdx->out, IMAGE_ID, "CONTAINS", UKI_ID);
	relate_components(spdx);
	relate_files(spdx);
	IB_TRY(relate_parts(spdx, err));
	ib_json_end_array(spdx->out);
	return 0;
}

/* ---- the document -------------------------------------------------------- */

/* The same image has the same name, another image another: from what went in and came out. */
static void put_namespace(struct spdx *spdx)
{
	const struct ib_evidence *evidence = spdx->evidence;
	ib_autofree char *words = ib_strf("%s-%s-%s", evidence->image_id, evidence->image_version,
					  evidence->architecture);
	ib_autofree char *name = ib_path_to_url(words);
	uint8_t seed[IB_SHA256_SIZE];
	uint8_t uuid[16];
	char text[37];
	ib_autofree char *content = ib_strf(
		"%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n", evidence->image_id, evidence->image_version,
		evidence->architecture, evidence->tool_version, evidence->lock_sha256,
		evidence->recipe_sha256, evidence->root_image ? evidence->root_image->sha256 : "-",
		evidence->initrd_image ? evidence->initrd_image->sha256 : "-");

	ib_sha256(content, strlen(content), seed);
	ib_derive_uuid(seed, "SPDX document namespace", uuid);
	ib_uuid_format(uuid, text);
	ib_json_member_stringf(spdx->out, "documentNamespace", "https://spdx.org/spdxdocs/%s-%s",
			       name, text);
}

static void put_head(struct spdx *spdx)
{
	const struct ib_evidence *evidence = spdx->evidence;
	struct ib_json_writer *out = spdx->out;

	ib_json_member_string(out, "spdxVersion", "SPDX-2.3");
	ib_json_member_string(out, "dataLicense", "CC0-1.0");
	ib_json_member_string(out, "SPDXID", "SPDXRef-DOCUMENT");
	ib_json_member_stringf(out, "name", "%s-%s-%s", evidence->image_id, evidence->image_version,
			       evidence->architecture);
	put_namespace(spdx);
	ib_json_member_object(out, "creationInfo");
	ib_json_member_string(out, "created", spdx->created);
	ib_json_member_array(out, "creators");
	ib_json_put_stringf(out, "Tool: imagebuild-%s", evidence->tool_version);
	ib_json_end_array(out);
	ib_json_member_string(out, "licenseListVersion", IB_LICENCE_LIST_VERSION);
	ib_json_end_object(out);
}

static void put_licences(struct spdx *spdx)
{
	struct ib_json_writer *out = spdx->out;
	size_t i = 0;

	if (!spdx->references.count)
		return;
	ib_strings_sort_unique(&spdx->references);
	ib_json_member_array(out, "hasExtractedLicensingInfos");
	for (i = 0; i < spdx->references.count; i++) {
		char *id = spdx->references.items[i];
		char *words = strchr(id, '\t');

		*words++ = '\0';
		ib_json_begin_object(out);
		ib_json_member_string(out, "licenseId", id);
		ib_json_member_string(out, "name", words);
		ib_json_member_stringf(out, "extractedText",
				       "The package's header says of its licence: %s", words);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
}

int ib_spdx_write(int fd, const char *name, const struct ib_evidence *evidence,
		  struct ib_error *err)
{
	IB_AUTO(ib_components) components = NULL;
	IB_AUTO(ib_json_writer) out = NULL;
	struct spdx spdx = { .evidence = evidence };
	int r = 0;

	IB_TRY(ib_components_collect(evidence, &components, err));
	out = ib_json_writer_to_fd(fd, name, IB_JSON_LINES);
	spdx.components = components;
	spdx.out = out;
	ib_clock_format(evidence->build_time, spdx.created);
	ib_json_begin_object(out);
	put_head(&spdx);
	put_packages(&spdx);
	put_files(&spdx);
	r = put_relations(&spdx, err);
	if (r == 0) {
		put_licences(&spdx);
		ib_json_end_object(out);
		r = ib_json_finish(out, err);
	}
	ib_strings_done(&spdx.references);
	return r;
}
