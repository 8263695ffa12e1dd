/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Should-fail: a small but whole set of outputs, in which one thing is wrong,
 * and the link that has to say so. The root image and its hash tree are made
 * by mkfs.erofs and veritysetup, so that nobody here judges their own work.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/boot.h"
#include "evidence/evidence.h"
#include "signing/signing.h"
#include "test.h"
#include "verify/chain.h"
#include "verify/verify.h"

#define STUB_PATH "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
#define STEM      "node_1.0_x86_64"
#define NEVRA     "all-1-1.x86_64"
#define D64       "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
/* So that the root image has several blocks, and a hash tree. */
#define TEN(text) text text text text text text text text text text
#define MIB       ((uint64_t)1 << 20)

/* ---- who signs ----------------------------------------------------------- */

enum signer { MAKER, STRANGER, NOBODY };

static struct {
	struct ib_private_key *boot, *hash, *statements;
	struct ib_certificate *boot_certificate, *hash_certificate;
} signers[2];

static void make_signer(enum signer who, const char *name)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_private_key_generate(IB_KEY_RSA, 2048, &signers[who].boot, &err));
	ck_ok(ib_private_key_generate(IB_KEY_RSA, 2048, &signers[who].hash, &err));
	ck_ok(ib_private_key_generate(IB_KEY_ED25519, 0, &signers[who].statements, &err));
	ck_ok(ib_certificate_make(signers[who].boot, name, &signers[who].boot_certificate, &err));
	ck_ok(ib_certificate_make(signers[who].hash, name, &signers[who].hash_certificate, &err));
}

/* Once for all tests: they are forked afterwards. */
static void make_signers(void)
{
	make_signer(MAKER, "the maker");
	make_signer(STRANGER, "a stranger");
}

static void free_signers(void)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(signers); i++) {
		ib_private_key_free(signers[i].boot);
		ib_private_key_free(signers[i].hash);
		ib_private_key_free(signers[i].statements);
		ib_certificate_free(signers[i].boot_certificate);
		ib_certificate_free(signers[i].hash_certificate);
	}
}

/* ---- one set of outputs -------------------------------------------------- */

typedef void (*damage_fn)(const char *folder);

/* What is wrong with it; all zero: nothing. */
struct fault {
	enum signer sums, provenance, hash, uki;
	damage_fn before_provenance, before_sums, afterwards;
	/* of the unified kernel image */
	const char *policy;       /* the report of the rules; %s: the root hash */
	const char *command_line; /* %s: the root hash */
	const char *uki_initrd, *uki_kernel;
	/* of the disk */
	bool garble_root; /* before its hash is taken */
	bool wrong_uuid, other_signature, no_uki_on_esp, stranger_on_esp, other_architecture;
	/* of the statements */
	bool other_image, other_lock, lock_lacks_input;
	bool sbom_lacks_package, sbom_wrong_file, sbom_lacks_file, sbom_extra_file;
	bool sbom_wrong_section, sbom_wrong_root;
};

/* The files of the root: what is in them, and where they come from. */
static const struct {
	const char *folder, *name, *content;
} contents[] = {
	{ "etc", "passwd", "root:x:0:0::/root:/bin/bash\n" },
	{ "usr", "bash", TEN(TEN(TEN("#!/bin/sh "))) },
	{ "usr", "empty", "" },
	{ "usr", "vmlinuz", "MZ kernel" },
};

struct outputs {
	const struct fault *fault;
	char *folder;
	char root_hash[65];
	struct ib_arena *arena;
	struct ib_lock *lock;
	struct ib_package_set *set;
	struct ib_evidence evidence;
	struct ib_evidence_part parts[3];
};

static void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >>log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command); /* NOLINT(cert-env33-c) */
}

static char *path_of(const struct outputs *outputs, const char *suffix)
{
	return ib_strf("%s/" STEM "%s", outputs->folder, suffix);
}

static void put(const struct outputs *outputs, const char *suffix, const void *data, size_t size)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = path_of(outputs, suffix);

	ck_ok(ib_file_write(path, data, size, 0644, &err));
}

static void get(const struct outputs *outputs, const char *suffix, struct ib_buffer *data)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = path_of(outputs, suffix);

	ck_ok(ib_file_read(path, data, &err));
}

static void make_root(struct outputs *outputs)
{
	IB_AUTO_BUFFER(hash, 128);
	ib_autofree char *line = NULL;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(contents); i++) {
		line = ib_strf("mkdir -p root/%s && printf %%s '%s' >root/%s/%s",
			       contents[i].folder, contents[i].content, contents[i].folder,
			       contents[i].name);
		shell(line);
		ib_free(ib_take(line));
	}
	shell("mkfs.erofs -T 1700000000 -U 00000000-0000-0000-0000-000000000001 "
	      "out/" STEM ".root.erofs root");
	if (outputs->fault->garble_root)
		shell("printf X | dd of=out/" STEM ".root.erofs bs=1 seek=1100 conv=notrunc");
	shell("veritysetup format out/" STEM ".root.erofs out/" STEM ".root.verity --salt " D64
	      " --fec-device out/" STEM
	      ".root.fec --fec-roots 2 | sed -n 's/^Root hash:[[:space:]]*//p' | tr -d '\\n' >out/" STEM
	      ".roothash");
	get(outputs, ".roothash", &hash);
	ck_assert_uint_eq(hash.size, 64);
	memcpy(outputs->root_hash, hash.data, 64);
	put(outputs, ".initrd", "cpio", 4);
}

static void sign_hash(const struct outputs *outputs)
{
	const struct ib_cms_content content = { .data = outputs->root_hash, .size = 64 };
	enum signer who = outputs->fault->hash;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);

	ck_ok(ib_cms_sign(&content, signers[who].hash, signers[who].hash_certificate, &cms, &err));
	put(outputs, ".roothash.p7s", cms.data, cms.size);
}

static int create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void set_part(struct ib_evidence_part *part, const char *name, const char *content,
		     struct ib_origin origin)
{
	*part = (struct ib_evidence_part){ .name = name,
					   .size = strlen(content),
					   .origin = origin };
	ib_sha256_hex(content, strlen(content), part->sha256);
	memcpy(part->sha1, part->sha256, 40);
}

static void make_uki(struct outputs *outputs)
{
	const struct fault *fault = outputs->fault;
	const struct ib_origin package = { IB_ORIGIN_PACKAGE, NEVRA };
	const struct ib_origin generator = { IB_ORIGIN_GENERATOR, "command-line" };
	const char *kernel = fault->uki_kernel ? fault->uki_kernel : contents[3].content;
	const char *initrd = fault->uki_initrd ? fault->uki_initrd : "cpio";
	const char *format = fault->command_line ? fault->command_line : "quiet roothash=%s";
	ib_autofree char *path = path_of(outputs, ".efi");
	ib_autoclose int fd = create(path);
	IB_AUTO_BUFFER(stub, IB_UKI_MAX_STUB);
	struct ib_error err = IB_ERROR_INIT;
	const char *hash = strstr(format, "%s");
	const char *line = hash ? ib_arena_strf(outputs->arena, "%.*s%s%s", (int)(hash - format),
						format, outputs->root_hash, hash + 2)
				: format;
	const struct ib_uki_section sections[] = {
		{ .name = ".linux", .data = kernel, .fd = -1, .size = strlen(kernel) },
		{ .name = ".cmdline", .data = line, .fd = -1, .size = strlen(line) },
		{ .name = ".initrd", .data = initrd, .fd = -1, .size = strlen(initrd) },
	};

	ck_ok(ib_file_read(STUB_PATH, &stub, &err));
	ck_ok(ib_uki_build(&(struct ib_uki){ stub.data, stub.size, sections, IB_COUNT(sections) },
			   fd, path, &err));
	if (fault->uki != NOBODY)
		ck_ok(ib_authenticode_sign(fd, path, signers[fault->uki].boot,
					   signers[fault->uki].boot_certificate, &err));
	set_part(&outputs->parts[0], ".linux", kernel, package);
	set_part(&outputs->parts[1], ".cmdline", line, generator);
	set_part(&outputs->parts[2], ".initrd", initrd, (struct ib_origin){ IB_ORIGIN_NONE, NULL });
	if (fault->sbom_wrong_section)
		memset(outputs->parts[1].sha256, '0', 64);
}

static void make_disk(struct outputs *outputs)
{
	const struct fault *fault = outputs->fault;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(uki, 64 << 20);
	IB_AUTO_BUFFER(root, 64 << 20);
	IB_AUTO_BUFFER(tree, 64 << 20);
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);
	IB_AUTO_BUFFER(signature, 1 << 20);
	IB_AUTO_BUFFER(stub, IB_UKI_MAX_STUB);
	ib_autofree char *path = path_of(outputs, ".raw");
	ib_autoclose int fd = create(path);
	uint8_t hash[32];
	struct ib_fat_file files[2] = { { .path = "EFI/Linux/node_1.0.efi", .fd = -1 },
					{ .path = "EFI/extra.EFI", .fd = -1 } };
	struct ib_fat fat = { files, fault->stranger_on_esp ? 2 : 1, 1, "ESP", 1700000000 };
	struct ib_partition partitions[] = {
		{ .kind = IB_PARTITION_ESP, .label = "esp", .uuid = { 1 }, .fat = &fat },
		{ .kind = IB_PARTITION_ROOT, .label = "node_1.0", .fd = -1 },
		{ .kind = IB_PARTITION_ROOT_VERITY, .label = "node_1.0_verity", .fd = -1 },
		{ .kind = IB_PARTITION_ROOT_VERITY_SIG,
		  .label = "node_1.0_verity_sig",
		  .uuid = { 4 },
		  .fd = -1 },
	};
	struct ib_disk disk = { "x86_64", { 9 }, partitions, IB_COUNT(partitions) };

	get(outputs, ".efi", &uki);
	get(outputs, ".root.erofs", &root);
	get(outputs, ".root.verity", &tree);
	get(outputs, ".roothash.p7s", &cms);
	ck_ok(ib_file_read(STUB_PATH, &stub, &err));
	files[0].data = fault->no_uki_on_esp ? "x" : (const char *)uki.data;
	files[0].size = fault->no_uki_on_esp ? 1 : uki.size;
	if (fault->no_uki_on_esp)
		files[0].path = "EFI/Linux/note.txt";
	files[1].data = stub.data;
	files[1].size = stub.size;
	ck_assert(ib_hex_read(outputs->root_hash, hash, sizeof(hash)));
	if (fault->other_signature)
		cms.data[cms.size - 1] ^= 1;
	ib_partition_signature(hash, &cms, signers[fault->hash].hash_certificate, &signature);
	if (fault->wrong_uuid)
		hash[31] ^= 1;
	ib_partition_root_uuids(hash, partitions[1].uuid, partitions[2].uuid);
	partitions[1].data = root.data;
	partitions[1].content_size = root.size;
	partitions[2].data = tree.data;
	partitions[2].content_size = tree.size;
	partitions[3].data = signature.data;
	partitions[3].content_size = signature.size;
	if (fault->other_architecture)
		disk.architecture = "aarch64";
	ck_ok(ib_disk_write(&disk, fd, path, &err));
}

/* ---- what is said about it ----------------------------------------------- */

static const struct ib_package package = {
	.name = "all",
	.version = "1",
	.release = "1",
	.arch = "x86_64",
	.nevra = NEVRA,
	.source_rpm = "all-1-1.src.rpm",
	.license = "MIT",
	.summary = "everything",
	.sha256 = D64,
};

#define POLICY(verdict, finding) \
	"{\"image\": {\"root_hash\": \"%s\"}, \"verdict\": \"" verdict "\", \"findings\": " \
	"[{\"severity\": \"error\", \"message\": " finding "}]}\n"

static void make_policy(struct outputs *outputs)
{
	const char *format = outputs->fault->policy;
	const char *at = NULL;
	ib_autofree char *text = NULL;

	if (!format)
		format = POLICY("passed", "\"su\", \"allowed\": \"it has to\"");
	at = strstr(format, "%s");
	text = at ? ib_strf("%.*s%s%s", (int)(at - format), format, outputs->root_hash, at + 2)
		  : ib_strdup(format);
	put(outputs, ".policy.json", text, strlen(text));
}

static void make_lock(struct outputs *outputs)
{
	struct ib_lock *lock = ib_lock_new();
	struct ib_lock_repository *repository = ib_arena_alloc(lock->arena, sizeof(*repository));
	struct ib_lock_package *line = ib_arena_alloc(lock->arena, 2 * sizeof(*line));
	ib_autofree char *text = NULL;

	*repository = (struct ib_lock_repository){ .id = "base", .repomd_sha256 = D64 };
	line[0] = (struct ib_lock_package){ .nevra = NEVRA,
					    .name = "all",
					    .arch = "x86_64",
					    .sha256 = D64,
					    .size = 1,
					    .repository = "base",
					    .location = "all.rpm",
					    .source_rpm = "all-1-1.src.rpm",
					    .signer = "2BC94FFF7015A5F28F1537AD0CD9FED33135CE90",
					    .header_sha256 = D64,
					    .root = true,
					    .root_why = { IB_LOCK_WISHED, "all", NULL } };
	line[1] = line[0];
	line[1].nevra = "more-1-1.x86_64";
	line[1].name = "more";
	line[1].sha256 = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
	lock->architecture = "x86_64";
	lock->build_time = 1700000000;
	lock->repositories = repository;
	lock->repository_count = 1;
	lock->packages = line;
	lock->package_count = 1;
	outputs->lock = lock;
	if (outputs->fault->lock_lacks_input)
		lock->package_count = 2;
	text = ib_lock_text(lock);
	put(outputs, ".lock", text, strlen(text));
	ib_sha256_hex(text, strlen(text), outputs->evidence.lock_sha256);
	lock->package_count = 1;
	if (outputs->fault->other_lock) {
		ib_free(ib_take(text));
		lock->build_time++;
		text = ib_lock_text(lock);
		put(outputs, ".lock", text, strlen(text));
	}
}

static struct ib_node *node(struct outputs *outputs, struct ib_node *parent, const char *name,
			    uint32_t mode)
{
	struct ib_node *made = ib_arena_alloc(outputs->arena, sizeof(*made));

	made->name = name;
	made->inode = ib_arena_alloc(outputs->arena, sizeof(*made->inode));
	made->inode->mode = mode;
	made->children = ib_arena_alloc(outputs->arena, 8 * sizeof(*made->children));
	if (parent)
		parent->children[parent->child_count++] = made;
	return made;
}

static void add_file(struct outputs *outputs, struct ib_node *folder, const char *name,
		     const char *content)
{
	struct ib_inode *inode = node(outputs, folder, name, S_IFREG | 0644)->inode;

	inode->origin = (struct ib_origin){ IB_ORIGIN_PACKAGE, NEVRA };
	inode->has_sha256 = true;
	ib_sha256(content, strlen(content), inode->sha256);
}

/* The tree as the SBOM is told of it. */
static struct ib_node *make_tree(struct outputs *outputs)
{
	const struct fault *fault = outputs->fault;
	struct ib_node *root = node(outputs, NULL, "", S_IFDIR | 0755);
	struct ib_node *folder = NULL;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(contents); i++) {
		bool wrong = fault->sbom_wrong_file && i == 1;

		if (!folder || strcmp(folder->name, contents[i].folder) != 0)
			folder = node(outputs, root, contents[i].folder, S_IFDIR | 0755);
		if (!fault->sbom_lacks_file || i != 2)
			add_file(outputs, folder, contents[i].name,
				 wrong ? "other" : contents[i].content);
	}
	if (fault->sbom_extra_file)
		add_file(outputs, folder, "zzz", "");
	return root;
}

static int select_outputs(const struct dirent *entry)
{
	return ib_str_starts(entry->d_name, "node");
}

static size_t list_files(const struct outputs *outputs, struct ib_evidence_file files[16])
{
	struct ib_error err = IB_ERROR_INIT;
	struct dirent **entries = NULL;
	int count = scandir(outputs->folder, &entries, select_outputs, alphasort);
	int i = 0;

	ck_assert_int_gt(count, 0);
	for (i = 0; i < count; i++) {
		ib_autofree char *path = ib_path_join(outputs->folder, entries[i]->d_name);

		files[i].name = ib_arena_strdup(outputs->arena, entries[i]->d_name);
		ck_ok(ib_sha256_file(path, files[i].sha256, &files[i].size, &err));
		free(entries[i]);
	}
	free(entries);
	return (size_t)count;
}

static void make_sbom(struct outputs *outputs)
{
	struct ib_evidence *evidence = &outputs->evidence;
	struct ib_error err = IB_ERROR_INIT;
	struct ib_evidence_file files[16];
	size_t count = list_files(outputs, files);
	ib_autofree char *path = path_of(outputs, ".spdx.json");
	ib_autoclose int fd = create(path);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		if (ib_str_ends(files[i].name, ".root.erofs"))
			evidence->root_image = &files[i];
		if (ib_str_ends(files[i].name, ".initrd"))
			evidence->initrd_image = &files[i];
	}
	if (outputs->fault->sbom_wrong_root)
		memset(files[evidence->root_image - files].sha256, '0', 64);
	evidence->root = make_tree(outputs);
	evidence->initrd = node(outputs, NULL, "", S_IFDIR | 0755);
	ck_ok(ib_spdx_write(fd, path, evidence, &err));
	if (outputs->fault->sbom_lacks_package)
		shell("sed -i '/\"pkg:rpm/s/pkg:rpm/pkg:deb/' out/" STEM ".spdx.json");
	ib_free(ib_take(path));
	path = path_of(outputs, ".manifest.json");
	close(fd);
	fd = create(path);
	evidence->files = files;
	evidence->file_count = count;
	evidence->root_hash = outputs->root_hash;
	ck_ok(ib_manifest_write(fd, path, evidence, &err));
}

static void make_provenance(struct outputs *outputs)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_evidence_file files[16];
	IB_AUTO_BUFFER(statement, 1 << 20);
	IB_AUTO_BUFFER(envelope, 1 << 20);

	if (outputs->fault->other_image)
		outputs->evidence.image_id = "other";
	outputs->evidence.files = files;
	outputs->evidence.file_count = list_files(outputs, files);
	ck_ok(ib_provenance_write(&statement, &outputs->evidence, &err));
	ck_ok(ib_dsse_sign(IB_STATEMENT_TYPE, statement.data, statement.size,
			   signers[outputs->fault->provenance].statements, &envelope, &err));
	put(outputs, ".intoto.jsonl", envelope.data, envelope.size);
}

static void make_sums(const struct outputs *outputs)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_evidence_file files[16];
	size_t count = list_files(outputs, files);
	ib_autofree char *path = ib_path_join(outputs->folder, "SHA256SUMS");
	ib_autofree char *signature_path = ib_path_join(outputs->folder, "SHA256SUMS.sig");
	IB_AUTO_BUFFER(sums, 1 << 20);
	IB_AUTO_BUFFER(signature, IB_SIGNATURE_MAX_SIZE);

	ib_sums_write(&sums, files, count);
	ck_ok(ib_private_key_sign(signers[outputs->fault->sums].statements, sums.data, sums.size,
				  &signature, &err));
	ck_ok(ib_file_write(path, sums.data, sums.size, 0644, &err));
	ck_ok(ib_file_write(signature_path, signature.data, signature.size, 0644, &err));
}

/* test_dir/out, with this one fault. */
static char *make_outputs(const struct fault *fault)
{
	struct outputs outputs = { .fault = fault, .arena = ib_arena_new() };

	outputs.folder = ib_path_join(test_dir, "out");
	shell("mkdir out");
	outputs.set = ib_package_set_new();
	ib_package_set_add(outputs.set, &package);
	make_root(&outputs);
	sign_hash(&outputs);
	make_uki(&outputs);
	make_disk(&outputs);
	make_lock(&outputs);
	make_policy(&outputs);
	outputs.evidence.image_id = "node";
	outputs.evidence.image_version = "1.0";
	outputs.evidence.architecture = "x86_64";
	outputs.evidence.os_id = "ibnode";
	outputs.evidence.tool_version = "0.1.0";
	outputs.evidence.build_time = 1700000000;
	outputs.evidence.lock = outputs.lock;
	outputs.evidence.packages = outputs.set;
	outputs.evidence.uki = outputs.parts;
	outputs.evidence.uki_count = IB_COUNT(outputs.parts);
	make_sbom(&outputs);
	if (fault->before_provenance)
		fault->before_provenance(outputs.folder);
	make_provenance(&outputs);
	if (fault->before_sums)
		fault->before_sums(outputs.folder);
	make_sums(&outputs);
	if (fault->afterwards)
		fault->afterwards(outputs.folder);
	ib_lock_free(outputs.lock);
	ib_package_set_free(outputs.set);
	ib_arena_free(outputs.arena);
	return outputs.folder;
}

/* ---- who is trusted ------------------------------------------------------ */

static void save_certificate(const struct ib_certificate *certificate, const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, name);
	IB_AUTO_BUFFER(pem, 1 << 16);

	ib_certificate_write(certificate, &pem);
	ck_ok(ib_file_write(path, pem.data, pem.size, 0644, &err));
}

static void save_key(const struct ib_private_key *key, const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, name);
	IB_AUTO(ib_public_key) half = ib_private_key_public(key);
	IB_AUTO_BUFFER(pem, 1 << 16);

	ib_public_key_write(half, &pem);
	ck_ok(ib_file_write(path, pem.data, pem.size, 0644, &err));
}

/* test_dir/trust, as `imagebuild keys` lays it out. */
static struct ib_trust *make_trust(enum signer who)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = ib_path_join(test_dir, "trust");
	struct ib_trust *trust = ib_trust_new();

	shell("mkdir -p trust");
	save_certificate(signers[who].boot_certificate, "trust/secure-boot.crt");
	save_certificate(signers[who].hash_certificate, "trust/root-hash.crt");
	save_key(signers[who].statements, "trust/statements.pub");
	ck_ok(ib_trust_add(trust, folder, &err));
	return trust;
}

/* The first link that is broken, or "". */
static const char *first_broken(const struct ib_verification *verification, const char **ret_detail)
{
	size_t i = 0;

	for (i = 0; i < verification->count; i++) {
		if (verification->links[i].state != IB_LINK_BROKEN)
			continue;
		*ret_detail = verification->links[i].detail;
		return verification->links[i].name;
	}
	*ret_detail = "";
	return "";
}

static void expect(const char *folder, const struct ib_trust *trust, const char *link,
		   const char *words)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_verification) verification = NULL;
	const char *detail = NULL;
	const char *broken = NULL;

	ck_ok(ib_verify(folder, trust, NULL, &verification, &err));
	broken = first_broken(verification, &detail);
	ck_assert_msg(!strcmp(broken, link), "link '%s' was to break, not '%s' (%s)", link, broken,
		      detail);
	ck_assert_msg(strstr(detail, words) != NULL, "'%s' is not in '%s'", words, detail);
	if (*link)
		ck_fails(ib_verification_verdict(verification, &err), IB_TRUST, link);
	else
		ck_ok(ib_verification_verdict(verification, &err));
}

START_TEST(what_is_right_holds_link_by_link)
{
	static const struct fault none;
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(&none);
	IB_AUTO(ib_trust) trust = make_trust(MAKER);
	IB_AUTO(ib_verification) verification = NULL;
	size_t i = 0;

	ck_ok(ib_verify(folder, trust, NULL, &verification, &err));
	for (i = 0; i < verification->count; i++)
		ck_assert_msg(verification->links[i].state == IB_LINK_HOLDS, "%s: %s: %s",
			      verification->links[i].name,
			      ib_link_state_name(verification->links[i].state),
			      verification->links[i].detail);
	/* And what the usual tools say of it. */
	shell("cd out && sha256sum --check SHA256SUMS");
	shell("openssl pkeyutl -verify -rawin -pubin -inkey trust/statements.pub -in out/SHA256SUMS "
	      "-sigfile out/SHA256SUMS.sig");
	shell("sbverify --cert trust/secure-boot.crt out/" STEM ".efi");
	shell("openssl smime -verify -binary -inform der -in out/" STEM ".roothash.p7s "
	      "-content out/" STEM ".roothash -certfile trust/root-hash.crt -nointern -noverify");
}
END_TEST

/* ---- a byte anywhere ----------------------------------------------------- */

static const char *const released[] = {
	".efi",       ".initrd",      ".intoto.jsonl", ".lock",     ".manifest.json",
	".raw",       ".root.erofs",  ".root.verity",  ".roothash", ".roothash.p7s",
	".spdx.json", ".policy.json", ".root.fec",
};

static void flip(const char *path, double where)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = open(path, O_RDWR | O_CLOEXEC);
	uint64_t size = 0;
	uint64_t at = 0;
	uint8_t byte = 0;

	ck_ok(ib_fd_size(fd, path, &size, &err));
	at = (uint64_t)((double)(size - 1) * where);
	ck_ok(ib_fd_read_at(fd, &byte, 1, at, path, &err));
	byte ^= 0x01;
	ck_ok(ib_fd_write(fd, &byte, 1, at, path, &err));
}

START_TEST(a_changed_byte_anywhere_is_found)
{
	static const struct fault none;
	static const double places[] = { 0, 0.25, 0.5, 0.9, 1 };
	ib_autofree char *folder = make_outputs(&none);
	ib_autofree char *sums = ib_path_join(folder, "SHA256SUMS");
	ib_autofree char *signature = ib_path_join(folder, "SHA256SUMS.sig");
	IB_AUTO(ib_trust) trust = make_trust(MAKER);
	size_t i = 0;
	size_t j = 0;

	for (j = 0; j < IB_COUNT(places); j++) {
		for (i = 0; i < IB_COUNT(released); i++) {
			ib_autofree char *path = ib_strf("%s/" STEM "%s", folder, released[i]);

			flip(path, places[j]);
			expect(folder, trust, "digests", released[i]);
			flip(path, places[j]);
		}
		flip(sums, places[j]);
		expect(folder, trust, "sums-signature", "was not signed by");
		flip(sums, places[j]);
		flip(signature, places[j]);
		expect(folder, trust, "sums-signature", "was not signed by");
		flip(signature, places[j]);
	}
	expect(folder, trust, "", "");
}
END_TEST

/* ---- the table ----------------------------------------------------------- */

static void in_folder(const char *folder, const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && %s", folder, command);

	ck_assert_msg(system(line) == 0, "%s", command); /* NOLINT(cert-env33-c) */
}

#define DAMAGE(name, command) \
	static void name(const char *folder) \
	{ \
		in_folder(folder, command); \
	}

/* Another byte at an offset of a file. */
#define FLIP(file, offset) \
	"printf X | dd of=" STEM file " bs=1 seek=" offset " conv=notrunc 2>/dev/null"

DAMAGE(remove_lock, "rm " STEM ".lock")
DAMAGE(remove_signature, "rm SHA256SUMS.sig")
DAMAGE(add_file_unlisted, "touch unlisted")
DAMAGE(add_hidden, "touch .hidden")
DAMAGE(add_listed, "echo x >node_1.0_x86_64.extra")
DAMAGE(make_link, "mv " STEM ".lock ../lock && ln -s ../lock " STEM ".lock")
DAMAGE(make_folder, "mkdir unlisted")
DAMAGE(add_stray, "echo x >node-stray")
DAMAGE(garble_manifest, "sed -i 's/\"sha256\": \"./\"sha256\": \"x/' " STEM ".manifest.json")
DAMAGE(change_manifest, "sed -i 's/\"rootHash\": \"./\"rootHash\": \"x/' " STEM ".manifest.json")
DAMAGE(change_lock, "sed -i s/1700000000/1700000001/ " STEM ".lock")
DAMAGE(change_envelope,
       "sed -i 's/\"sig\":\"A/\"sig\":\"B/; t; s/\"sig\":\"./\"sig\":\"A/' " STEM ".intoto.jsonl")
DAMAGE(cut_envelope, "truncate -s -1 " STEM ".intoto.jsonl")
DAMAGE(empty_envelope, ": >" STEM ".intoto.jsonl")
DAMAGE(twice_envelope,
       "cat " STEM ".intoto.jsonl " STEM ".intoto.jsonl >x && mv x " STEM ".intoto.jsonl")
DAMAGE(garble_lock, "echo garbage >" STEM ".lock")
DAMAGE(other_hash, "printf %064d 7 >" STEM ".roothash")
DAMAGE(no_hash, "echo none >" STEM ".roothash")
DAMAGE(garble_signature, "echo garbage >" STEM ".roothash.p7s")
DAMAGE(change_root, FLIP(".root.erofs", "1500"))
DAMAGE(change_tree, FLIP(".root.verity", "5000"))
DAMAGE(change_correction, FLIP(".root.fec", "5000"))
DAMAGE(cut_correction, "truncate -s 4096 " STEM ".root.fec")
DAMAGE(remove_tree, "rm " STEM ".root.verity")
DAMAGE(change_uki, FLIP(".efi", "70000"))
DAMAGE(change_disk_root,
       "o=$(sfdisk -J " STEM ".raw | grep -o '\"start\": *[0-9]*' | sed -n '2s/.* //p'); "
       "o=${o##*:}; printf X | dd of=" STEM
       ".raw bs=1 seek=$((o * 512 + 1500)) conv=notrunc 2>/dev/null")
DAMAGE(change_disk_slack,
       "o=$(sfdisk -J " STEM ".raw | grep -o '\"start\": *[0-9]*' | sed -n '2s/.* //p'); "
       "o=${o##*:}; printf X | dd of=" STEM
       ".raw bs=1 seek=$((o * 512 + 1000000)) conv=notrunc 2>/dev/null")
DAMAGE(change_type, "sfdisk -q --part-type " STEM ".raw 4 0FC63DAF-8483-4772-8E79-3D69D8477DE4")
DAMAGE(change_table, "printf X | dd of=" STEM ".raw bs=1 seek=1060 conv=notrunc 2>/dev/null")
DAMAGE(garble_sbom, "echo '{' >" STEM ".spdx.json")

static const struct {
	const char *link;
	const char *words;
	struct fault fault;
} table[] = {
	/* signed by others */
	{ "sums-signature", "a key that calls itself", { .sums = STRANGER } },
	{ "sums-signature",
	  "was not signed by",
	  { .sums = STRANGER, .provenance = STRANGER, .hash = STRANGER, .uki = STRANGER } },
	{ "provenance-signature", "no trusted key signed it", { .provenance = STRANGER } },
	{ "root-hash-signature", "was not signed by", { .hash = STRANGER } },
	{ "uki-signature", "'CN = a stranger' with fingerprint", { .uki = STRANGER } },
	{ "uki-signature", "was not signed by", { .uki = NOBODY } },
	/* files that came, went or changed after signing */
	{ "sums-signature", "SHA256SUMS.sig", { .afterwards = remove_signature } },
	{ "files", "'" STEM ".lock' is in SHA256SUMS, but not", { .afterwards = remove_lock } },
	{ "files", "'unlisted' is in the folder, but not", { .afterwards = add_file_unlisted } },
	{ "files", "'.hidden' is in the folder, but not", { .afterwards = add_hidden } },
	{ "files", "'unlisted' is in the folder, but not", { .afterwards = make_folder } },
	{ "files", "is not a regular file", { .afterwards = make_link } },
	{ "files", "'node-stray' is no file of image '" STEM "'", { .before_sums = add_stray } },
	/* the sums were signed anew, the provenance was not */
	{ "provenance-signature", "no trusted key signed it", { .before_sums = change_envelope } },
	{ "provenance-signature", "the last line is cut off", { .before_sums = cut_envelope } },
	{ "provenance-signature", "no provenance is in it", { .before_sums = empty_envelope } },
	{ "provenance-signature", "more than one provenance", { .before_sums = twice_envelope } },
	{ "provenance-subjects", "another '" STEM ".lock'", { .before_sums = change_lock } },
	{ "provenance-subjects",
	  "'" STEM ".lock', which is not here",
	  { .before_sums = remove_lock } },
	{ "provenance-subjects",
	  "does not speak of '" STEM ".extra'",
	  { .before_sums = add_listed } },
	{ "provenance-subjects", "is of image 'other_1.0_x86_64'", { .other_image = true } },
	/* everything was signed anew, and something is still wrong */
	{ "lock", "another lock", { .other_lock = true } },
	{ "lock", "does not name package 'more-1-1.x86_64'", { .lock_lacks_input = true } },
	{ "lock", STEM ".lock", { .before_provenance = garble_lock } },
	{ "root-hash-signature", "was not signed by", { .before_provenance = other_hash } },
	{ "root-hash-signature", "is not a SHA-256 in hex", { .before_provenance = no_hash } },
	{ "root-hash-signature", "", { .before_provenance = garble_signature } },
	{ "verity", "", { .before_provenance = change_root } },
	{ "verity", "", { .before_provenance = change_tree } },
	{ "error-correction",
	  "does not fit the image and its hash tree",
	  { .before_provenance = change_correction } },
	{ "error-correction",
	  "which is not what corrects",
	  { .before_provenance = cut_correction } },
	{ "manifest", "names the root hash x", { .before_provenance = change_manifest } },
	{ "manifest",
	  "speaks of another '" STEM ".efi'",
	  { .before_provenance = garble_manifest } },
	{ "policy", "names the root hash x", { .policy = "{\"image\": {\"root_hash\": \"x\"}}" } },
	{ "policy",
	  "a finding that refuses the image: su",
	  { .policy = POLICY("refused", "\"su\"") } },
	{ "policy",
	  "does not say that the image passed",
	  { .policy = POLICY("refused", "\"su\", \"allowed\": \"it has to\"") } },
	{ "root-image", "", { .garble_root = true } },
	{ "verity", "no hash tree", { .before_provenance = remove_tree } },
	{ "uki-signature", "was not signed by", { .before_provenance = change_uki } },
	{ "uki-command-line", "does not name one root hash", { .command_line = "quiet" } },
	{ "uki-command-line", "the root hash " D64, { .command_line = "roothash=" D64 } },
	{ "uki-command-line",
	  "does not name one root hash",
	  { .command_line = "roothash=%s roothash=" D64 } },
	{ "uki-kernel", "is no file of the root image", { .uki_kernel = "MZ other" } },
	{ "uki-initrd", "the initrd inside has SHA-256", { .uki_initrd = "evil" } },
	{ "disk", "differs from '" STEM ".root.erofs'", { .before_provenance = change_disk_root } },
	{ "disk",
	  "differs from '" STEM ".root.erofs'",
	  { .before_provenance = change_disk_slack } },
	{ "disk", "", { .before_provenance = change_table } },
	{ "disk",
	  "has a partition 'node_1.0_verity_sig' of type",
	  { .before_provenance = change_type } },
	{ "disk", "for another architecture", { .other_architecture = true } },
	{ "disk", "not that of the root hash", { .wrong_uuid = true } },
	{ "disk", "another signature", { .other_signature = true } },
	{ "disk-esp", "does not hold the unified kernel image", { .no_uki_on_esp = true } },
	{ "disk-esp", "EFI/extra.EFI was not signed", { .stranger_on_esp = true } },
	{ "sbom-packages", "lacks package '" NEVRA "'", { .sbom_lacks_package = true } },
	{ "sbom-packages", "another '" STEM ".root.erofs'", { .sbom_wrong_root = true } },
	{ "sbom-packages", STEM ".spdx.json:", { .before_provenance = garble_sbom } },
	{ "sbom-files", "'/usr/bash' has SHA-256", { .sbom_wrong_file = true } },
	{ "sbom-files",
	  "'/usr/empty' is in the root image, but not in the SBOM",
	  { .sbom_lacks_file = true } },
	{ "sbom-files",
	  "the SBOM has 5 files of the root image, which holds 4",
	  { .sbom_extra_file = true } },
	{ "sbom-uki", "section .cmdline", { .sbom_wrong_section = true } },
};

START_TEST(what_is_wrong_breaks_its_link)
{
	ib_autofree char *folder = make_outputs(&table[_i].fault);
	IB_AUTO(ib_trust) trust = make_trust(MAKER);

	expect(folder, trust, table[_i].link, table[_i].words);
}
END_TEST

/* Between the link that hashed it and the one that reads it, somebody may have been at it. */
START_TEST(a_file_is_hashed_again_when_it_is_read)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_chain chain = { .folder = test_dir, .arena = ib_arena_new() };
	struct ib_sum sum = { .name = "file" };
	ib_autofree char *path = NULL;
	IB_AUTO_BUFFER(data, 64);

	test_file("file", "x", &path);
	ib_sha256_hex("x", 1, sum.sha256);
	ck_ok(ib_chain_read(&chain, &sum, &data, &err));
	ib_free(ib_take(path));
	test_file("file", "y", &path);
	ck_fails(ib_chain_read(&chain, &sum, &data, &err), IB_TRUST,
		 "'file' changed while it was being verified");
	ib_arena_free(chain.arena);
}
END_TEST

/* ---- trust --------------------------------------------------------------- */

START_TEST(whoever_trusts_others_believes_nothing)
{
	static const struct fault none;
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(&none);
	IB_AUTO(ib_trust) stranger = make_trust(STRANGER);
	IB_AUTO(ib_trust) empty = ib_trust_new();
	IB_AUTO(ib_public_key) half = ib_private_key_public(signers[MAKER].statements);
	IB_AUTO(ib_verification) verification = NULL;
	char key_id[65];

	ib_dsse_key_id(half, key_id);
	expect(folder, stranger, "sums-signature", key_id);
	expect(folder, empty, "sums-signature", "nobody is trusted to sign SHA256SUMS");
	expect(folder, empty, "sums-signature", key_id);
	ck_ok(ib_verify(folder, empty, NULL, &verification, &err));
	ck_assert_int_eq(ib_verification_verdict(verification, &err), -IB_TRUST);
	ck_assert_ptr_nonnull(strstr(err.hint, "imagebuild verify --trust statements.pub"));
	ib_error_clear(&err);
}
END_TEST

START_TEST(a_key_is_believed_only_for_what_its_name_says)
{
	static const struct fault none;
	static const struct {
		const char *move, *link;
	} moves[] = {
		{ "mv trust/secure-boot.crt trust/root-hash2.crt", "uki-signature" },
		{ "mv trust/root-hash.crt trust/platform-key.crt", "root-hash-signature" },
		{ "mv trust/statements.pub trust/exchange-key.pub", "sums-signature" },
		{ "mv trust/statements.pub trust/acme.pub; mv trust/root-hash.crt trust/a.crt",
		  "" },
	};
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(&none);
	ib_autofree char *trust_folder = ib_path_join(test_dir, "trust");
	IB_AUTO(ib_trust) trust = ib_trust_new();

	ib_trust_free(make_trust(MAKER));
	shell(moves[_i].move);
	ck_ok(ib_trust_add(trust, trust_folder, &err));
	expect(folder, trust, moves[_i].link, "");
}
END_TEST

START_TEST(no_key_of_the_folder_itself_is_believed)
{
	static const struct fault none;
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(&none);
	ib_autofree char *inside = ib_path_join(folder, "statements.pub");
	ib_autofree char *link = ib_path_join(test_dir, "link.pub");
	IB_AUTO(ib_trust) trust = ib_trust_new();
	IB_AUTO(ib_trust) linked = ib_trust_new();
	IB_AUTO(ib_verification) verification = NULL;

	save_key(signers[MAKER].statements, "out/statements.pub");
	ck_ok(ib_trust_add(trust, inside, &err));
	ck_fails(ib_verify(folder, trust, NULL, &verification, &err), IB_TRUST,
		 "lies in the folder that is to be verified");
	ck_assert_int_eq(symlink(inside, link), 0);
	ck_ok(ib_trust_add(linked, link, &err));
	ck_fails(ib_verify(folder, linked, NULL, &verification, &err), IB_TRUST,
		 "lies in the folder that is to be verified");
}
END_TEST

START_TEST(a_folder_without_keys_is_no_trust)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_trust) trust = ib_trust_new();
	IB_AUTO(ib_verification) verification = NULL;
	ib_autofree char *file = NULL;

	test_file("bad.pub", "no key", &file);
	ck_fails(ib_trust_add(trust, file, &err), IB_INPUT, "bad.pub");
	shell("mkdir empty");
	ib_free(ib_take(file));
	file = ib_path_join(test_dir, "empty");
	ck_fails(ib_trust_add(trust, file, &err), IB_INPUT, "holds no *.crt and no *.pub");
	ck_fails(ib_trust_add(trust, "/nowhere", &err), IB_MISSING, "/nowhere");
	ck_fails(ib_verify("/nowhere", trust, NULL, &verification, &err), IB_MISSING, "/nowhere");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("verify");
	TCase *tcase = tcase_create("verify");

	tcase_set_timeout(tcase, 120);
	tcase_add_unchecked_fixture(tcase, make_signers, free_signers);
	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, what_is_right_holds_link_by_link);
	tcase_add_test(tcase, a_changed_byte_anywhere_is_found);
	tcase_add_loop_test(tcase, what_is_wrong_breaks_its_link, 0, (int)IB_COUNT(table));
	tcase_add_test(tcase, a_file_is_hashed_again_when_it_is_read);
	tcase_add_test(tcase, whoever_trusts_others_believes_nothing);
	tcase_add_loop_test(tcase, a_key_is_believed_only_for_what_its_name_says, 0, 4);
	tcase_add_test(tcase, no_key_of_the_folder_itself_is_believed);
	tcase_add_test(tcase, a_folder_without_keys_is_no_trust);
	suite_add_tcase(suite, tcase);
	return suite;
}
