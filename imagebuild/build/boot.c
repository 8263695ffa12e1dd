/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What firmware and initrd start from: the signature over the root hash, the
 * unified kernel image with the root hash in its command line, and the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "boot/boot.h"
#include "build/work.h"
#include "image/image.h"
#include "signing/signing.h"

#define CHUNK_BYTES ((size_t)1 << 20)

/* A key with its certificate, opened. */
struct signer {
	struct ib_private_key *key;
	struct ib_certificate *certificate;
};

static void signer_done(struct signer *signer)
{
	ib_private_key_free(signer->key);
	ib_certificate_free(signer->certificate);
}

static int open_signer(const struct ib_recipe_signer *recipe, struct signer *signer,
		       struct ib_error *err)
{
	IB_TRY(ib_private_key_read(recipe->key, &signer->key, err));
	IB_TRY(ib_certificate_read(recipe->certificate, &signer->certificate, err));
	return ib_certificate_check_key(signer->certificate, signer->key, err);
}

/* CONVENTIONS.md: what is signed is the hex root hash without a newline. */
static int sign_root_hash(struct ib_work *work, struct ib_buffer *cms, struct ib_buffer *partition,
			  struct ib_error *err)
{
	const struct ib_cms_content content = { .data = work->root_hash_hex,
						.size = strlen(work->root_hash_hex) };
	struct signer signer = { 0 };
	int r = open_signer(&work->recipe->root_hash, &signer, err);

	if (r == 0)
		r = ib_cms_sign(&content, signer.key, signer.certificate, cms, err);
	if (r == 0)
		ib_partition_signature(work->root_hash, cms, signer.certificate, partition);
	signer_done(&signer);
	IB_TRY(r);
	return ib_outputs_write(work->outputs, ".roothash.p7s", cms->data, cms->size, err);
}

int ib_work_sign_root_hash(struct ib_work *work, struct ib_error *err)
{
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);
	IB_AUTO_BUFFER(partition, 2 * (size_t)IB_CMS_MAX_SIZE);

	return sign_root_hash(work, &cms, &partition, err);
}

/* "…/6.1.0-56-cloud-amd64/vmlinuz" or "/boot/vmlinuz-6.1…" → the version. */
static char *kernel_version(const char *path)
{
	const char *name = ib_path_name(path);
	ib_autofree char *folder = ib_path_directory(path);

	if (ib_str_starts(name, "vmlinuz-"))
		return ib_strdup(name + strlen("vmlinuz-"));
	return ib_strdup(ib_path_name(folder));
}

struct uki {
	struct ib_uki_section sections[5];
	size_t count;
};

static void add_section(struct uki *uki, const char *name, const void *data, size_t size)
{
	uki->sections[uki->count++] =
		(struct ib_uki_section){ .name = name, .data = data, .fd = -1, .size = size };
}

/* Digests of a part for the SBOM; a part that lies in a file is read from it. */
static int describe(struct ib_work *work, const struct ib_uki_section *section, const char *package,
		    struct ib_error *err)
{
	struct ib_evidence_part *part = &work->uki_parts[work->uki_part_count++];
	IB_AUTO(ib_digest) sha1 = ib_digest_new("sha1");
	IB_AUTO(ib_digest) sha256 = ib_digest_new("sha256");
	ib_autofree uint8_t *chunk = ib_alloc(CHUNK_BYTES);
	uint8_t value[IB_DIGEST_MAX_SIZE];
	uint64_t at = 0;

	while (at < section->size) {
		size_t size = (size_t)IB_MIN(section->size - at, (uint64_t)CHUNK_BYTES);

		if (section->data)
			memcpy(chunk, (const uint8_t *)section->data + at, size);
		else
			IB_TRY(ib_fd_read_at(section->fd, chunk, size, at, section->name, err));
		ib_digest_update(sha1, chunk, size);
		ib_digest_update(sha256, chunk, size);
		at += size;
	}
	part->name = section->name;
	part->size = section->size;
	if (package)
		part->origin = (struct ib_origin){ IB_ORIGIN_PACKAGE, package };
	else if (section->data)
		part->origin = (struct ib_origin){ IB_ORIGIN_GENERATOR, "uki" };
	(void)ib_digest_final(sha256, value);
	ib_hex_write(value, IB_SHA256_SIZE, part->sha256);
	(void)ib_digest_final(sha1, value);
	ib_hex_write(value, IB_SHA1_SIZE, part->sha1);
	return 0;
}

/* While the parts are written, in the background. */
struct describing {
	struct ib_work *work;
	const struct uki *uki;
	struct ib_error err;
	int result;
};

static int describe_parts(struct ib_work *work, const struct uki *uki, struct ib_error *err)
{
	const struct ib_uki_section stub = { .name = "stub",
					     .data = work->stub.data.data,
					     .size = work->stub.data.size };
	size_t i = 0;

	for (i = 0; i < uki->count; i++) {
		bool is_kernel = ib_str_equal(uki->sections[i].name, ".linux");

		IB_TRY(describe(work, &uki->sections[i], is_kernel ? work->kernel.package : NULL,
				err));
	}
	return describe(work, &stub, work->stub.package, err);
}

static void run_describing(void *argument)
{
	struct describing *describing = argument;

	describing->result = describe_parts(describing->work, describing->uki, &describing->err);
}

static int write_uki(struct ib_work *work, const struct uki *uki, const char *path,
		     struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	const struct ib_uki plan = { .stub = work->stub.data.data,
				     .stub_size = work->stub.data.size,
				     .sections = uki->sections,
				     .section_count = uki->count };
	struct signer signer = { 0 };
	int r = 0;

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	IB_TRY(ib_uki_build(&plan, fd, path, err));
	r = open_signer(&work->recipe->secure_boot, &signer, err);
	if (r == 0)
		r = ib_authenticode_sign(fd, path, signer.key, signer.certificate, err);
	signer_done(&signer);
	return r;
}

static int write_described_uki(struct ib_work *work, const struct uki *uki, const char *path,
			       struct ib_error *err)
{
	struct describing describing = { .work = work, .uki = uki, .err = IB_ERROR_INIT };
	struct ib_threads *threads = ib_threads_new(1, 1);
	int r = 0;

	work->uki_parts = ib_arena_alloc(work->arena, (uki->count + 1) * sizeof(*work->uki_parts));
	ib_threads_add(threads, run_describing, &describing);
	r = write_uki(work, uki, path, err);
	ib_threads_free(threads);
	if (r < 0)
		ib_error_clear(&describing.err);
	else if (describing.result < 0)
		*err = describing.err;
	return r < 0 ? r : describing.result;
}

static int make_uki(struct ib_work *work, const char *path, struct ib_error *err)
{
	const struct ib_recipe_list *words = &work->recipe->kernel_command_line;
	const char *initrd = ib_outputs_path(work->outputs, ".initrd");
	ib_autoclose int initrd_fd = open(initrd, O_RDONLY | O_CLOEXEC);
	ib_autofree char *version = kernel_version(work->kernel.path);
	ib_autofree char *line = NULL;
	struct uki uki = { .count = 0 };
	uint64_t initrd_size = 0;

	if (initrd_fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", initrd);
	IB_TRY(ib_fd_size(initrd_fd, initrd, &initrd_size, err));
	IB_TRY(ib_command_line(words->items, words->count, work->root_hash_hex, &line, err));
	add_section(&uki, ".linux", work->kernel.data.data, work->kernel.data.size);
	add_section(&uki, ".osrel", work->os_release.data.data, work->os_release.data.size);
	add_section(&uki, ".cmdline", line, strlen(line));
	add_section(&uki, ".initrd", NULL, (size_t)initrd_size);
	uki.sections[uki.count - 1].fd = initrd_fd;
	add_section(&uki, ".uname", version, strlen(version));
	return write_described_uki(work, &uki, path, err);
}

/* ---- the disk ------------------------------------------------------------ */

/* The firmware's fall-back path (UEFI, 3.5.1.1), and where boot loaders look (UAPI.5). */
static const char *removable_path(const char *architecture)
{
	return ib_str_equal(architecture, "aarch64") ? "EFI/BOOT/BOOTAA64.EFI"
						     : "EFI/BOOT/BOOTX64.EFI";
}

struct disk {
	struct ib_partition partitions[4];
	size_t count;
	char labels[3][37];
};

static int check_labels(struct ib_work *work, struct disk *disk, struct ib_error *err)
{
	static const char *const tails[] = { "", "_verity", "_verity_sig" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(tails); i++) {
		int length = snprintf(disk->labels[i], sizeof(disk->labels[i]), "%s_%s%s",
				      work->recipe->id, work->recipe->version, tails[i]);

		if (length < 0 || (size_t)length >= sizeof(disk->labels[i]))
			return ib_fail(
				err, IB_INPUT,
				"partition label '%s_%s%s' is longer than 36 characters: shorten the image's id",
				work->recipe->id, work->recipe->version, tails[i]);
	}
	return 0;
}

static struct ib_partition *add_partition(struct disk *disk, enum ib_partition_kind kind,
					  const char *label)
{
	struct ib_partition *partition = &disk->partitions[disk->count++];

	partition->kind = kind;
	partition->label = label;
	partition->fd = -1;
	if (kind != IB_PARTITION_ESP)
		partition->attributes = IB_PARTITION_READ_ONLY;
	return partition;
}

static int add_file_partition(struct disk *disk, enum ib_partition_kind kind, const char *label,
			      const char *path, int fd, struct ib_error *err)
{
	struct ib_partition *partition = add_partition(disk, kind, label);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	partition->fd = fd;
	return ib_fd_size(fd, path, &partition->content_size, err);
}

static void add_signature(struct ib_work *work, struct disk *disk, const struct ib_buffer *content)
{
	struct ib_partition *partition =
		add_partition(disk, IB_PARTITION_ROOT_VERITY_SIG, disk->labels[2]);

	ib_derive_uuid(work->seed, "verity-signature-partition-uuid", partition->uuid);
	partition->data = content->data;
	partition->content_size = content->size;
}

/* The disk is hashed while its largest partitions are being copied: their files are there already. */
static void begin_disk_digest(void *context, const struct ib_span *spans, size_t count)
{
	const struct ib_work *work = context;

	ib_output_digests_begin_spans(
		work->digests, ib_path_name(ib_outputs_path(work->outputs, ".raw")), spans, count);
}

static int write_disk(struct ib_work *work, const struct disk *parts, struct ib_error *err)
{
	const char *path = ib_outputs_path(work->outputs, ".raw");
	ib_autoclose int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct ib_disk disk = { .architecture = work->recipe->architecture,
				.partitions = parts->partitions,
				.partition_count = parts->count,
				.made = begin_disk_digest,
				.context = work };

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	ib_derive_uuid(work->seed, "disk-uuid", disk.uuid);
	return ib_disk_write(&disk, fd, path, err);
}

static int make_disk(struct ib_work *work, const char *uki, const struct ib_buffer *signature,
		     struct ib_error *err)
{
	const char *root =
		ib_outputs_path(work->outputs, ib_format_find(work->recipe->root_format)->suffix);
	const char *verity = ib_outputs_path(work->outputs, ".root.verity");
	ib_autoclose int root_fd = open(root, O_RDONLY | O_CLOEXEC);
	ib_autoclose int verity_fd = open(verity, O_RDONLY | O_CLOEXEC);
	ib_autoclose int uki_fd = open(uki, O_RDONLY | O_CLOEXEC);
	/*
	 * The image itself is what firmware starts. A second copy under EFI/Linux, which only a
	 * boot loader would look at, would double the partition; with A/B updates it comes in.
	 */
	struct ib_fat_file files[1] = { { .path = removable_path(work->recipe->architecture),
					  .fd = uki_fd } };
	struct ib_fat fat = {
		.files = files, .file_count = 1, .label = "ESP", .time = work->lock->build_time
	};
	struct disk disk = { .count = 0 };
	uint8_t serial[IB_SHA256_SIZE];

	if (uki_fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", uki);
	IB_TRY(check_labels(work, &disk, err));
	IB_TRY(ib_fd_size(uki_fd, uki, &files[0].size, err));
	ib_derive(work->seed, "esp-serial", serial);
	fat.serial = ib_get_le32(serial);
	ib_derive_uuid(work->seed, "esp-uuid", add_partition(&disk, IB_PARTITION_ESP, "esp")->uuid);
	disk.partitions[0].fat = &fat;
	IB_TRY(add_file_partition(&disk, IB_PARTITION_ROOT, disk.labels[0], root, root_fd, err));
	IB_TRY(add_file_partition(&disk, IB_PARTITION_ROOT_VERITY, disk.labels[1], verity,
				  verity_fd, err));
	ib_partition_root_uuids(work->root_hash, disk.partitions[1].uuid, disk.partitions[2].uuid);
	add_signature(work, &disk, signature);
	return write_disk(work, &disk, err);
}

int ib_work_make_boot(struct ib_work *work, struct ib_error *err)
{
	const char *uki = ib_outputs_path(work->outputs, ".efi");
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);
	IB_AUTO_BUFFER(content, 2 * (size_t)IB_CMS_MAX_SIZE);

	if (!work->kernel.path || !work->stub.path)
		return ib_fail(err, IB_INPUT, "the content of the %s did not come by",
			       work->kernel.path ? "EFI stub" : "kernel");
	if (!work->os_release.path)
		return ib_fail(err, IB_INPUT, "the image has no /usr/lib/os-release");
	ib_step(work->session->log,
		"signing the root hash, making the unified kernel image and the disk");
	IB_TRY(sign_root_hash(work, &cms, &content, err));
	IB_TRY(make_uki(work, uki, err));
	ib_work_begin_digests(work);
	if (!ib_work_wants(work, "disk"))
		return 0;
	return make_disk(work, uki, &content, err);
}
