/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of verification: one set of outputs, made small and signed, with a fault where one is wanted. */
#ifndef IB_TEST_VERIFY_OUTPUTS_H
#define IB_TEST_VERIFY_OUTPUTS_H

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
#include "verify_signers.h"

#define STUB_PATH "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
#define STEM      "node_1.0_x86_64"
#define NEVRA     "all-1-1.x86_64"
#define D64       "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
/* So that the root image has several blocks, and a hash tree. */
#define TEN(text) text text text text text text text text text text
#define MIB       ((uint64_t)1 << 20)

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
	/* of the initrd: commands, before it is packed and afterwards (file $I) */
	const char *initrd_tree, *initrd_packed;
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

/* The files of the initrd; those of the same content are one, and the last two are microcode. */
static const struct {
	const char *folder, *name, *content;
} initrd_contents[] = {
	{ "etc", "initrd-release", "ID=node\n" },
	{ "bin", "again", "#!/bin/sh" },
	{ "bin", "tool", "#!/bin/sh" },
	{ "usr/lib/firmware/intel-ucode", "06-0f-0b", "core" },
	{ "usr/lib/firmware/intel-ucode", "06-9e-0a", "coffee" },
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

static inline void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >>log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command); /* NOLINT(cert-env33-c) */
}

static inline char *path_of(const struct outputs *outputs, const char *suffix)
{
	return ib_strf("%s/" STEM "%s", outputs->folder, suffix);
}

static inline void put(const struct outputs *outputs, const char *suffix, const void *data,
		       size_t size)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = path_of(outputs, suffix);

	ck_ok(ib_file_write(path, data, size, 0644, &err));
}

static inline void get(const struct outputs *outputs, const char *suffix, struct ib_buffer *data)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = path_of(outputs, suffix);

	ck_ok(ib_file_read(path, data, &err));
}

static inline void make_root(struct outputs *outputs)
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
	shell("ln -s bash root/usr/sh && ln -s ../etc root/usr/conf && chmod 4711 root/usr/bash");
	shell("mkfs.erofs -T 1700000000 -U 00000000-0000-0000-0000-000000000001 "
	      "out/" STEM ".root.erofs root");
	shell("tar --format=pax --numeric-owner --mtime=@1700000000 -C root -cf out/" STEM
	      ".root.tar . && zstd -q out/" STEM ".root.tar");
	if (outputs->fault->garble_root)
		shell("printf X | dd of=out/" STEM ".root.erofs bs=1 seek=1100 conv=notrunc");
	shell("veritysetup format out/" STEM ".root.erofs out/" STEM ".root.verity --salt " D64
	      " --fec-device out/" STEM
	      ".root.fec --fec-roots 2 | sed -n 's/^Root hash:[[:space:]]*//p' | tr -d '\\n' >out/" STEM
	      ".roothash");
	get(outputs, ".roothash", &hash);
	ck_assert_uint_eq(hash.size, 64);
	memcpy(outputs->root_hash, hash.data, 64);
}

#define PACK "LC_ALL=C sort | cpio -o -H newc --reproducible --quiet"

/* By GNU cpio and zstd. */
static inline void make_initrd(const struct outputs *outputs)
{
	const struct fault *fault = outputs->fault;

	shell("mkdir -p initrd/etc initrd/bin initrd/usr/lib/firmware front/kernel/x86/microcode && "
	      "echo ID=node >initrd/etc/initrd-release && printf '#!/bin/sh' >initrd/bin/tool && "
	      "ln initrd/bin/tool initrd/bin/again && ln -s bin/tool initrd/init && "
	      "printf corecoffee >front/kernel/x86/microcode/GenuineIntel.bin");
	if (fault->initrd_tree)
		shell(fault->initrd_tree);
	shell("(cd front && find * | " PACK ") >out/" STEM ".initrd && "
	      "(cd initrd && find . | " PACK " | zstd -q) >>out/" STEM ".initrd");
	if (fault->initrd_packed) {
		ib_autofree char *line = ib_strf("I=out/" STEM ".initrd; %s", fault->initrd_packed);

		shell(line);
	}
}

static inline void sign_hash(const struct outputs *outputs)
{
	const struct ib_cms_content content = { .data = outputs->root_hash, .size = 64 };
	enum signer who = outputs->fault->hash;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);

	ck_ok(ib_cms_sign(&content, signers[who].hash, signers[who].hash_certificate, &cms, &err));
	put(outputs, ".roothash.p7s", cms.data, cms.size);
}

static inline int create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static inline void set_part(struct ib_evidence_part *part, const struct ib_uki_section *section,
			    struct ib_origin origin)
{
	*part = (struct ib_evidence_part){ .name = section->name,
					   .size = section->size,
					   .origin = origin };
	ib_sha256_hex(section->data, section->size, part->sha256);
	memcpy(part->sha1, part->sha256, 40);
}

static inline void make_uki(struct outputs *outputs)
{
	const struct fault *fault = outputs->fault;
	const struct ib_origin package = { IB_ORIGIN_PACKAGE, NEVRA };
	const struct ib_origin generator = { IB_ORIGIN_GENERATOR, "command-line" };
	const char *kernel = fault->uki_kernel ? fault->uki_kernel : contents[3].content;
	IB_AUTO_BUFFER(initrd, 1 << 20);
	const char *format = fault->command_line ? fault->command_line : "quiet roothash=%s";
	ib_autofree char *path = path_of(outputs, ".efi");
	ib_autoclose int fd = create(path);
	IB_AUTO_BUFFER(stub, IB_UKI_MAX_STUB);
	struct ib_error err = IB_ERROR_INIT;
	const char *hash = strstr(format, "%s");
	const char *line = hash ? ib_arena_strf(outputs->arena, "%.*s%s%s", (int)(hash - format),
						format, outputs->root_hash, hash + 2)
				: format;
	struct ib_uki_section sections[] = {
		{ .name = ".linux", .data = kernel, .fd = -1, .size = strlen(kernel) },
		{ .name = ".cmdline", .data = line, .fd = -1, .size = strlen(line) },
		{ .name = ".initrd", .fd = -1 },
	};

	if (fault->uki_initrd)
		ib_buffer_puts(&initrd, fault->uki_initrd);
	else
		get(outputs, ".initrd", &initrd);
	sections[2].data = initrd.data;
	sections[2].size = initrd.size;
	ck_ok(ib_file_read(STUB_PATH, &stub, &err));
	ck_ok(ib_uki_build(&(struct ib_uki){ stub.data, stub.size, sections, IB_COUNT(sections) },
			   fd, path, &err));
	if (fault->uki != NOBODY)
		ck_ok(ib_authenticode_sign(fd, path, signers[fault->uki].boot,
					   signers[fault->uki].boot_certificate, &err));
	set_part(&outputs->parts[0], &sections[0], package);
	set_part(&outputs->parts[1], &sections[1], generator);
	set_part(&outputs->parts[2], &sections[2], (struct ib_origin){ IB_ORIGIN_NONE, NULL });
	if (fault->sbom_wrong_section)
		memset(outputs->parts[1].sha256, '0', 64);
}

static inline void make_disk(struct outputs *outputs)
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
	struct ib_disk disk = { .architecture = "x86_64",
				.uuid = { 9 },
				.partitions = partitions,
				.partition_count = IB_COUNT(partitions) };

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

static inline void make_policy(struct outputs *outputs)
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

static inline void make_lock(struct outputs *outputs)
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

static inline struct ib_node *node(struct outputs *outputs, struct ib_node *parent,
				   const char *name, uint32_t mode)
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

static inline void add_file(struct outputs *outputs, struct ib_node *folder, const char *name,
			    const char *content)
{
	struct ib_inode *inode = node(outputs, folder, name, S_IFREG | 0644)->inode;

	inode->origin = (struct ib_origin){ IB_ORIGIN_PACKAGE, NEVRA };
	inode->has_sha256 = true;
	inode->size = strlen(content);
	ib_sha256(content, strlen(content), inode->sha256);
}

/* The tree as the SBOM is told of it. */
static inline struct ib_node *make_tree(struct outputs *outputs)
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

/* The same of the initrd. */
static inline struct ib_node *make_initrd_tree(struct outputs *outputs)
{
	struct ib_node *root = node(outputs, NULL, "", S_IFDIR | 0755);
	struct ib_node *folder = NULL;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(initrd_contents); i++) {
		bool is_new = !folder || strcmp(folder->name, initrd_contents[i].folder) != 0;

		if (is_new)
			folder = node(outputs, root, initrd_contents[i].folder, S_IFDIR | 0755);
		add_file(outputs, folder, initrd_contents[i].name, initrd_contents[i].content);
	}
	return root;
}

static inline int select_outputs(const struct dirent *entry)
{
	return ib_str_starts(entry->d_name, "node");
}

static inline size_t list_files(const struct outputs *outputs, struct ib_evidence_file files[24])
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

static inline void make_sbom(struct outputs *outputs)
{
	struct ib_evidence *evidence = &outputs->evidence;
	struct ib_error err = IB_ERROR_INIT;
	struct ib_evidence_file files[24];
	struct ib_evidence_file named[24]; /* by the manifest */
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
	evidence->initrd = make_initrd_tree(outputs);
	evidence->initrd_place = ib_microcode_place;
	ck_ok(ib_spdx_write(fd, path, evidence, &err));
	if (outputs->fault->sbom_lacks_package)
		shell("sed -i '/\"pkg:rpm/s/pkg:rpm/pkg:deb/' out/" STEM ".spdx.json");
	ib_free(ib_take(path));
	path = path_of(outputs, ".manifest.json");
	close(fd);
	evidence->files = named;
	evidence->file_count = list_files(outputs, named);
	fd = create(path);
	evidence->root_hash = outputs->root_hash;
	ck_ok(ib_manifest_write(fd, path, evidence, &err));
}

static inline void make_provenance(struct outputs *outputs)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_evidence_file files[24];
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

static inline void make_sums(const struct outputs *outputs)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_evidence_file files[24];
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
static inline char *make_outputs(const struct fault *fault)
{
	struct outputs outputs = { .fault = fault, .arena = ib_arena_new() };

	outputs.folder = ib_path_join(test_dir, "out");
	shell("mkdir out");
	outputs.set = ib_package_set_new();
	ib_package_set_add(outputs.set, &package);
	make_root(&outputs);
	sign_hash(&outputs);
	make_initrd(&outputs);
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

#endif
