/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IB_TEST_OUTPUT=FOLDER leaves the sample's documents there, for check-evidence to
 * hold against other people's schemas.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "evidence/evidence.h"
#include "test.h"
#include "json/json.h"

/* ---- a small image, by hand ---------------------------------------------- */

#define KERNEL "kernel-6.1-2.x86_64"
#define BASH   "bash-1:5.2+b1~rc1-3.ib1.x86_64"

static const struct ib_package packages[] = {
	{ .name = "bash",
	  .version = "5.2+b1~rc1",
	  .release = "3.ib1",
	  .arch = "x86_64",
	  .epoch = "1",
	  .nevra = BASH,
	  .source_rpm = "bash-5.2-3.ib1.src.rpm",
	  .license = "GPLv3+ and public domain",
	  .vendor = "Example, Inc.",
	  .url = "https://example.org/bash",
	  .summary = "the shell \"bash\"",
	  .build_time = 1700000000,
	  .sha256 = "1111111111111111111111111111111111111111111111111111111111111111",
	  .signer = "2BC94FFF7015A5F28F1537AD0CD9FED33135CE90" },
	{ .name = "kernel",
	  .version = "6.1",
	  .release = "2",
	  .arch = "x86_64",
	  .nevra = KERNEL,
	  .source_rpm = "kernel-6.1-2.src.rpm",
	  .license = "GPL-2.0-only WITH Linux-syscall-note AND LicenseRef-Fedora-Public-Domain",
	  .summary = "the kernel",
	  .build_time = 1700000001,
	  .sha256 = "2222222222222222222222222222222222222222222222222222222222222222",
	  .signer = "2BC94FFF7015A5F28F1537AD0CD9FED33135CE90" },
};

static const struct ib_lock_scriptlet scriptlets[] = {
	{ "post", "3333333333333333333333333333333333333333333333333333333333333333",
	  "native shells", NULL, NULL },
	{ "postun", "4444444444444444444444444444444444444444444444444444444444444444", "skip",
	  "nothing is ever removed", NULL },
	{ "posttrans", "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd", "run",
	  "makes a table", "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" },
};

static const struct ib_evidence_file profile = {
	"profile.yaml", 5, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
};

static const struct ib_lock_package lines[] = {
	{ .nevra = BASH,
	  .name = "bash",
	  .arch = "x86_64",
	  .sha256 = packages[0].sha256,
	  .repository = "base",
	  .location = "Packages/bash-5.2+b1~rc1-3.x86_64.rpm",
	  .source_rpm = "bash-5.2-3.ib1.src.rpm",
	  .signer = packages[0].signer,
	  .header_sha256 = "5555555555555555555555555555555555555555555555555555555555555555",
	  .root = true,
	  .initrd = true,
	  .scriptlets = scriptlets,
	  .scriptlet_count = IB_COUNT(scriptlets) },
	{ .nevra = KERNEL,
	  .name = "kernel",
	  .arch = "x86_64",
	  .sha256 = packages[1].sha256,
	  .repository = "local",
	  .location = "kernel-6.1-2.x86_64.rpm",
	  .source_rpm = "kernel-6.1-2.src.rpm",
	  .signer = packages[1].signer,
	  .header_sha256 = "6666666666666666666666666666666666666666666666666666666666666666",
	  .root = true },
};

static const struct ib_evidence_key keys[] = {
	{ "2BC94FFF7015A5F28F1537AD0CD9FED33135CE90",
	  "7777777777777777777777777777777777777777777777777777777777777777" },
};

static const struct ib_evidence_repository repositories[] = {
	{ "base", "https://example.org/repo", "signed",
	  "8888888888888888888888888888888888888888888888888888888888888888", keys, 1 },
	{ "local", NULL, "none", "9999999999999999999999999999999999999999999999999999999999999999",
	  keys, 1 },
};

static const struct ib_evidence_overlay overlays[] = {
	{ "overlays/node files",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
};

static const struct ib_evidence_pair options[] = { { "rootFormat", "erofs" } };
static const struct ib_evidence_pair libraries[] = { { "liblz4", "1.9.4" },
						     { "librpm", "4.18.0" } };

static const struct ib_evidence_file files[] = {
	{ "node_1.0_x86_64.initrd", 20,
	  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" },
	{ "node_1.0_x86_64.root.erofs", 10,
	  "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" },
};

struct image {
	struct ib_arena *arena;
	struct ib_lock lock;
	struct ib_package_set *set;
	struct ib_evidence_part uki[3];
	struct ib_evidence evidence;
};

static struct ib_node *node(struct image *image, struct ib_node *parent, const char *name,
			    uint32_t mode)
{
	struct ib_node *made = ib_arena_alloc(image->arena, sizeof(*made));

	made->name = name;
	made->inode = ib_arena_alloc(image->arena, sizeof(*made->inode));
	made->inode->mode = mode;
	if (!S_ISREG(mode))
		made->children = ib_arena_alloc(image->arena, 8 * sizeof(*made->children));
	if (parent)
		parent->children[parent->child_count++] = made;
	return made;
}

static struct ib_node *file(struct image *image, struct ib_node *parent, const char *name,
			    struct ib_origin origin, const char *content)
{
	struct ib_node *made = node(image, parent, name, S_IFREG | 0644);
	IB_AUTO(ib_digest) sha1 = ib_digest_new("sha1");
	uint8_t value[IB_DIGEST_MAX_SIZE];

	ib_digest_update(sha1, content, strlen(content));
	ib_digest_final(sha1, value);
	memcpy(made->inode->sha1, value, IB_SHA1_SIZE);
	ib_sha256(content, strlen(content), made->inode->sha256);
	made->inode->has_sha256 = true;
	made->inode->origin = origin;
	return made;
}

static struct ib_evidence_part part(const char *name, struct ib_origin origin)
{
	struct ib_evidence_part made = { .name = name, .size = strlen(name), .origin = origin };

	ib_sha256_hex(name, strlen(name), made.sha256);
	memcpy(made.sha1, made.sha256, 40);
	made.sha1[40] = '\0';
	return made;
}

static void image_init(struct image *image)
{
	struct ib_origin bash = { IB_ORIGIN_PACKAGE, BASH };
	struct ib_origin kernel = { IB_ORIGIN_PACKAGE, KERNEL };
	struct ib_origin overlay = { IB_ORIGIN_OVERLAY, "overlays/node files" };
	struct ib_origin generator = { IB_ORIGIN_GENERATOR, "sysusers" };
	struct ib_node *root = NULL;
	struct ib_node *etc = NULL;
	struct ib_node *initrd = NULL;

	*image = (struct image){ .arena = ib_arena_new(), .set = ib_package_set_new() };
	ib_package_set_add(image->set, &packages[1]);
	ib_package_set_add(image->set, &packages[0]);
	ib_package_set_sort(image->set);
	image->lock = (struct ib_lock){ .architecture = "x86_64",
					.build_time = 1700000001,
					.packages = lines,
					.package_count = 2 };
	root = node(image, NULL, "", S_IFDIR | 0755);
	etc = node(image, root, "etc", S_IFDIR | 0755);
	file(image, etc, "motd\xff", overlay, "welcome\n");
	file(image, etc, "passwd", generator, "root:x:0:0::/root:/bin/bash\n");
	node(image, etc, "link", S_IFLNK | 0777)->inode->origin =
		(struct ib_origin){ IB_ORIGIN_GENERATOR, "presets" };
	file(image, root, "bash", bash, "#!");
	file(image, root, "vmlinuz", kernel, "MZ");
	initrd = node(image, NULL, "", S_IFDIR | 0755);
	file(image, initrd, "bash", bash, "#!");
	image->uki[0] = part(".linux", kernel);
	image->uki[1] = part(".cmdline", (struct ib_origin){ IB_ORIGIN_GENERATOR, "command-line" });
	image->uki[2] = part(".initrd", (struct ib_origin){ IB_ORIGIN_NONE, NULL });
	image->evidence = (struct ib_evidence){
		.image_id = "node",
		.image_version = "1.0",
		.architecture = "x86_64",
		.os_id = "IBnode",
		.os_version_id = "12",
		.build_time = 1700000001,
		.tool_version = "0.1.0",
		.recipe_sha256 = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
		.lock_sha256 = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
		.lock = &image->lock,
		.packages = image->set,
		.repositories = repositories,
		.repository_count = 2,
		.overlays = overlays,
		.overlay_count = 1,
		.profile = &profile,
		.options = options,
		.option_count = IB_COUNT(options),
		.libraries = libraries,
		.library_count = IB_COUNT(libraries),
		.root = root,
		.initrd = initrd,
		.root_hash = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		.uki = image->uki,
		.uki_count = IB_COUNT(image->uki),
		.root_image = &files[1],
		.initrd_image = &files[0],
		.files = files,
		.file_count = IB_COUNT(files),
	};
}

static void image_done(struct image *image)
{
	ib_package_set_free(image->set);
	ib_arena_free(image->arena);
}

/* In IB_TEST_OUTPUT's folder or the scratch folder. */
static char *place(const char *name)
{
	const char *keep = getenv("IB_TEST_OUTPUT");

	return ib_path_join(keep ? keep : test_dir, name);
}

static char *write_spdx(const struct image *image)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = place("sample.spdx.json");
	ib_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	char *text = NULL;

	ck_assert_int_ge(fd, 0);
	ck_ok(ib_spdx_write(fd, path, &image->evidence, &err));
	ck_ok(ib_file_read_text(path, 1 << 20, &text, &err));
	return text;
}

static struct ib_json *parse(const char *text)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_json *value = NULL;

	ck_ok(ib_json_parse(text, strlen(text), "document", &value, &err));
	return value;
}

static const struct ib_json *with(const struct ib_json *array, const char *key, const char *value)
{
	size_t i = 0;

	for (i = 0; i < ib_json_count(array); i++)
		if (ib_str_equal(ib_json_get_string(ib_json_at(array, i), key), value))
			return ib_json_at(array, i);
	ck_abort_msg("no element whose %s is %s", key, value);
	return NULL;
}

static bool related(const struct ib_json *document, const char *from, const char *type,
		    const char *to)
{
	const struct ib_json *all = ib_json_get(document, "relationships");
	size_t i = 0;

	for (i = 0; i < ib_json_count(all); i++) {
		const struct ib_json *one = ib_json_at(all, i);

		if (ib_str_equal(ib_json_get_string(one, "spdxElementId"), from) &&
		    ib_str_equal(ib_json_get_string(one, "relationshipType"), type) &&
		    ib_str_equal(ib_json_get_string(one, "relatedSpdxElement"), to))
			return true;
	}
	return false;
}

/* ---- SPDX ---------------------------------------------------------------- */

START_TEST(a_package_stands_in_the_sbom_with_all_that_is_known_of_it)
{
	struct image image;
	ib_autofree char *text = NULL;
	IB_AUTO(ib_json) document = NULL;
	const struct ib_json *bash = NULL;

	image_init(&image);
	text = write_spdx(&image);
	document = parse(text);
	bash = with(ib_json_get(document, "packages"), "name", "bash");
	ck_assert_str_eq(ib_json_get_string(bash, "versionInfo"), "1:5.2+b1~rc1-3.ib1");
	ck_assert_str_eq(ib_json_get_string(bash, "supplier"), "Organization: Example, Inc.");
	ck_assert_str_eq(ib_json_get_string(bash, "downloadLocation"),
			 "https://example.org/repo/Packages/bash-5.2%2Bb1~rc1-3.x86_64.rpm");
	ck_assert_str_eq(ib_json_get_string(ib_json_at(ib_json_get(bash, "externalRefs"), 0),
					    "referenceLocator"),
			 "pkg:rpm/ibnode/bash@5.2%2Bb1~rc1-3.ib1?arch=x86_64&distro=IBnode-12&"
			 "epoch=1&upstream=bash-5.2-3.ib1.src.rpm");
	ck_assert_str_eq(
		ib_json_get_string(ib_json_at(ib_json_get(bash, "checksums"), 0), "checksumValue"),
		packages[0].sha256);
	ck_assert_ptr_nonnull(strstr(
		ib_json_get_string(ib_json_at(ib_json_get(bash, "annotations"), 0), "comment"),
		packages[0].signer));
	/* What lies on this machine only has no place to download it from. */
	ck_assert_str_eq(
		ib_json_get_string(with(ib_json_get(document, "packages"), "name", "kernel"),
				   "downloadLocation"),
		"NOASSERTION");
	image_done(&image);
}
END_TEST

START_TEST(every_file_belongs_to_a_package_an_overlay_or_a_generator)
{
	struct image image;
	ib_autofree char *text = NULL;
	IB_AUTO(ib_json) document = NULL;
	const struct ib_json *all = NULL;
	ib_autofree char *name = NULL;
	const char *id = NULL;

	image_init(&image);
	text = write_spdx(&image);
	document = parse(text);
	all = ib_json_get(document, "files");
	ck_assert_uint_eq(ib_json_count(all), 5 + 3);
	id = ib_json_get_string(with(all, "fileName", "./etc/passwd"), "SPDXID");
	ck_assert(related(document, "SPDXRef-Generator-sysusers", "CONTAINS", id));
	id = ib_json_get_string(with(all, "fileName", "./vmlinuz"), "SPDXID");
	ck_assert(
		related(document, "SPDXRef-Package-kernel-6.1-2.x86-64-58c1645b", "CONTAINS", id));
	ck_assert(related(document, "SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-OperatingSystem"));
	ck_assert(related(document, "SPDXRef-uki-initrd", "GENERATED_FROM", "SPDXRef-Initrd"));
	ck_assert(related(document, "SPDXRef-uki-cmdline", "GENERATED_FROM",
			  "SPDXRef-Generator-command-line"));
	/* A name that is not UTF-8 comes back as it was. */
	name = ib_json_decode_bytes(ib_json_get_string(ib_json_at(all, 0), "fileName"));
	ck_assert_str_eq(name, "./etc/motd\xff");
	image_done(&image);
}
END_TEST

START_TEST(verification_codes_are_those_of_the_specification)
{
	struct image image;
	ib_autofree char *text = NULL;
	IB_AUTO(ib_json) document = NULL;
	const struct ib_json *code = NULL;

	image_init(&image);
	text = write_spdx(&image);
	document = parse(text);
	code = ib_json_get(with(ib_json_get(document, "packages"), "name", "kernel"),
			   "packageVerificationCode");
	/* printf MZ | sha1sum | cut -c1-40 | tr -d '\n' | sha1sum */
	ck_assert_str_eq(ib_json_get_string(code, "packageVerificationCodeValue"),
			 "bb9b6bdecd72da70491ad5c7e0d85535c8bea627");
	code = ib_json_get(with(ib_json_get(document, "packages"), "name", "bash"),
			   "packageVerificationCode");
	/* The same file in root and initrd: its digest twice. */
	ck_assert_str_eq(ib_json_get_string(code, "packageVerificationCodeValue"),
			 "487e24d145df6da852828164b7a319bff5155038");
	ck_assert(!ib_json_is_true(ib_json_get(
		with(ib_json_get(document, "packages"), "name", "presets"), "filesAnalyzed")));
	image_done(&image);
}
END_TEST

START_TEST(licences_of_other_lists_keep_their_own_words)
{
	struct image image;
	ib_autofree char *text = NULL;
	IB_AUTO(ib_json) document = NULL;
	const struct ib_json *all = NULL;
	const char *id = NULL;

	image_init(&image);
	text = write_spdx(&image);
	document = parse(text);
	all = ib_json_get(document, "packages");
	id = ib_json_get_string(with(all, "name", "bash"), "licenseDeclared");
	ck_assert(ib_str_starts(id, "LicenseRef-GPLv3--and-public-domain-"));
	ck_assert_str_eq(
		ib_json_get_string(
			with(ib_json_get(document, "hasExtractedLicensingInfos"), "licenseId", id),
			"name"),
		"GPLv3+ and public domain");
	ck_assert_str_eq(ib_json_get_string(with(all, "name", "kernel"), "licenseDeclared"),
			 packages[1].license);
	with(ib_json_get(document, "hasExtractedLicensingInfos"), "licenseId",
	     "LicenseRef-Fedora-Public-Domain");
	image_done(&image);
}
END_TEST

START_TEST(the_document_is_named_after_what_it_describes)
{
	struct image image;
	ib_autofree char *first = NULL;
	ib_autofree char *second = NULL;
	ib_autofree char *other = NULL;
	IB_AUTO(ib_json) a = NULL;
	IB_AUTO(ib_json) b = NULL;

	image_init(&image);
	first = write_spdx(&image);
	second = write_spdx(&image);
	ck_assert_str_eq(first, second);
	image.evidence.image_version = "1.1^x";
	other = write_spdx(&image);
	a = parse(first);
	b = parse(other);
	ck_assert_str_ne(ib_json_get_string(a, "documentNamespace"),
			 ib_json_get_string(b, "documentNamespace"));
	ck_assert_ptr_nonnull(strstr(ib_json_get_string(b, "documentNamespace"), "/node-1.1%5Ex-"));
	ck_assert_str_eq(ib_json_get_string(ib_json_get(a, "creationInfo"), "created"),
			 "2023-11-14T22:13:21Z");
	image_done(&image);
}
END_TEST

START_TEST(a_file_that_nobody_claims_is_refused)
{
	struct image image;
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "x.json");
	ib_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	struct ib_inode *inode = NULL;

	image_init(&image);
	inode = image.evidence.root->children[1]->inode;
	inode->origin = (struct ib_origin){ IB_ORIGIN_NONE, NULL };
	ck_fails(ib_spdx_write(fd, path, &image.evidence, &err), IB_FAILED,
		 "'/bash' belongs to no package, overlay or generator");
	inode->origin = (struct ib_origin){ IB_ORIGIN_PACKAGE, "stranger-1-1.noarch" };
	ck_fails(ib_spdx_write(fd, path, &image.evidence, &err), IB_FAILED,
		 "'/bash' belongs to no");
	inode->origin = (struct ib_origin){ IB_ORIGIN_PACKAGE, BASH };
	inode->has_sha256 = false;
	ck_fails(ib_spdx_write(fd, path, &image.evidence, &err), IB_FAILED,
		 "nobody computed the digest of '/bash'");
	image_done(&image);
}
END_TEST

/* ---- provenance and manifest --------------------------------------------- */

static void keep(const char *name, const struct ib_buffer *text)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = place(name);

	ck_ok(ib_file_write(path, text->data, text->size, 0644, &err));
}

START_TEST(the_provenance_names_every_input_and_every_output_by_digest)
{
	struct image image;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(text, 1 << 20);
	IB_AUTO_BUFFER(again, 1 << 20);
	IB_AUTO(ib_json) statement = NULL;
	const struct ib_json *definition = NULL;
	const struct ib_json *inputs = NULL;
	const struct ib_json *one = NULL;

	image_init(&image);
	ck_ok(ib_provenance_write(&text, &image.evidence, &err));
	ck_ok(ib_provenance_write(&again, &image.evidence, &err));
	ck_assert_str_eq(ib_buffer_text(&text), ib_buffer_text(&again));
	ck_assert_ptr_null(memchr(text.data, '\n', text.size));
	keep("sample.statement.json", &text);
	statement = parse(ib_buffer_text(&text));
	ck_assert_str_eq(
		ib_json_get_string(with(ib_json_get(statement, "subject"), "name", files[1].name),
				   "name"),
		files[1].name);
	definition = ib_json_get(ib_json_get(statement, "predicate"), "buildDefinition");
	one = ib_json_get(ib_json_get(definition, "externalParameters"), "lock");
	ck_assert_str_eq(ib_json_get_string(ib_json_get(one, "digest"), "sha256"),
			 image.evidence.lock_sha256);
	inputs = ib_json_get(definition, "resolvedDependencies");
	ck_assert_uint_eq(ib_json_count(inputs), 2 + 2 + 1 + 1 + 1 + 2);
	one = with(inputs, "name", "effects of posttrans of " BASH);
	ck_assert_str_eq(ib_json_get_string(ib_json_get(one, "digest"), "sha256"),
			 scriptlets[2].effects);
	one = with(inputs, "name", "hardening profile profile.yaml");
	ck_assert_str_eq(ib_json_get_string(ib_json_get(one, "digest"), "sha256"), profile.sha256);
	one = with(inputs, "name", BASH);
	ck_assert_str_eq(ib_json_get_string(ib_json_get(one, "digest"), "sha256"),
			 packages[0].sha256);
	one = with(inputs, "name", "repomd.xml of base");
	ck_assert_str_eq(ib_json_get_string(one, "uri"),
			 "https://example.org/repo/repodata/repomd.xml");
	with(inputs, "name", "overlay overlays/node files");
	one = ib_json_get(ib_json_get(definition, "internalParameters"), "scriptlets");
	ck_assert_str_eq(ib_json_get_string(ib_json_at(one, 1), "reason"),
			 "nothing is ever removed");
	ck_assert_ptr_null(ib_json_get(ib_json_at(one, 1), "effects"));
	one = ib_json_get(ib_json_get(ib_json_at(one, 2), "effects"), "digest");
	ck_assert_str_eq(ib_json_get_string(one, "sha256"), scriptlets[2].effects);
	one = ib_json_get(ib_json_get(definition, "internalParameters"), "libraries");
	ck_assert_str_eq(ib_json_get_string(one, "liblz4"), "1.9.4");
	image_done(&image);
}
END_TEST

START_TEST(a_package_of_the_lock_that_was_not_read_stops_the_provenance)
{
	struct image image;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_package_set) less = ib_package_set_new();
	IB_AUTO_BUFFER(text, 1 << 20);

	image_init(&image);
	ib_package_set_add(less, &packages[0]);
	image.evidence.packages = less;
	ck_fails(ib_provenance_write(&text, &image.evidence, &err), IB_FAILED,
		 "package '" KERNEL "' of the lock was not read");
	image_done(&image);
}
END_TEST

START_TEST(the_manifest_says_it_in_short)
{
	struct image image;
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = place("sample.manifest.json");
	ib_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	IB_AUTO(ib_json) manifest = NULL;

	image_init(&image);
	ck_ok(ib_manifest_write(fd, path, &image.evidence, &err));
	ck_ok(ib_json_read(path, 1 << 20, &manifest, &err));
	with(ib_json_get(manifest, "packages"), "nevra", KERNEL);
	with(ib_json_get(manifest, "outputs"), "sha256", files[0].sha256);
	ck_assert_str_eq(ib_json_get_string(ib_json_get(manifest, "image"), "rootHash"),
			 image.evidence.root_hash);
	image_done(&image);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("evidence");
	TCase *tcase = tcase_create("evidence");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, a_package_stands_in_the_sbom_with_all_that_is_known_of_it);
	tcase_add_test(tcase, every_file_belongs_to_a_package_an_overlay_or_a_generator);
	tcase_add_test(tcase, verification_codes_are_those_of_the_specification);
	tcase_add_test(tcase, licences_of_other_lists_keep_their_own_words);
	tcase_add_test(tcase, the_document_is_named_after_what_it_describes);
	tcase_add_test(tcase, a_file_that_nobody_claims_is_refused);
	tcase_add_test(tcase, the_provenance_names_every_input_and_every_output_by_digest);
	tcase_add_test(tcase, a_package_of_the_lock_that_was_not_read_stops_the_provenance);
	tcase_add_test(tcase, the_manifest_says_it_in_short);
	suite_add_tcase(suite, tcase);
	return suite;
}
