/* SPDX-License-Identifier: Apache-2.0 */
/* The disk image: the same bytes as the files beside it, found by the same names. */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "boot/boot.h"
#include "verify/chain.h"

enum { COPY_SIZE = 1 << 18, MAX_SIGNATURE_PARTITION = 1 << 20 };

/* A disk that is open, and its table. */
struct disk {
	struct ib_chain *chain;
	const char *name;
	int fd;
	const struct ib_disk_table *table;
};

/* NULL: the error is pending. */
static const struct ib_disk_partition *find_partition(const struct disk *disk,
						      enum ib_partition_kind kind, const char *what,
						      struct ib_error *err)
{
	const struct ib_disk_partition *partition = ib_disk_find(disk->table, kind);

	if (!partition)
		(void)ib_fail(err, IB_TRUST, "'%s' has no partition, or several, for %s",
			      disk->name, what);
	return partition;
}

/* The partition begins with the file, and zeros follow. */
static int compare_content(const struct disk *disk, const struct ib_disk_partition *partition,
			   const struct ib_sum *sum, struct ib_error *err)
{
	ib_autofree uint8_t *on_disk = ib_alloc(COPY_SIZE);
	ib_autofree uint8_t *in_file = ib_alloc(COPY_SIZE);
	ib_autoclose int fd = -1;
	uint64_t size = 0;
	uint64_t at = 0;

	IB_TRY(ib_chain_open(disk->chain, sum, &fd, err));
	IB_TRY(ib_fd_size(fd, sum->name, &size, err));
	if (size > partition->size)
		return ib_fail(err, IB_TRUST, "partition '%s' is smaller than '%s'",
			       partition->label, sum->name);
	while (at < partition->size) {
		size_t part = (size_t)IB_MIN(partition->size - at, (uint64_t)COPY_SIZE);
		size_t of_file = at < size ? (size_t)IB_MIN(size - at, (uint64_t)part) : 0;

		IB_TRY(ib_fd_read_at(disk->fd, on_disk, part, partition->offset + at, disk->name,
				     err));
		memset(in_file, 0, part);
		if (of_file)
			IB_TRY(ib_fd_read_at(fd, in_file, of_file, at, sum->name, err));
		if (memcmp(on_disk, in_file, part) != 0)
			return ib_fail(err, IB_TRUST,
				       "partition '%s' differs from '%s' (after byte %llu)",
				       partition->label, sum->name, (unsigned long long)at);
		at += part;
	}
	return 0;
}

static int check_uuid(const struct ib_disk_partition *partition, const uint8_t uuid[16],
		      struct ib_error *err)
{
	char text[37];

	ib_uuid_format(partition->uuid, text);
	if (memcmp(partition->uuid, uuid, 16) != 0)
		return ib_fail(err, IB_TRUST,
			       "partition '%s' has UUID %s, not that of the root hash",
			       partition->label, text);
	return 0;
}

static int check_root(const struct disk *disk, struct ib_error *err)
{
	const struct ib_sum *data = ib_chain_find_root(disk->chain);
	const struct ib_sum *tree = ib_chain_find(disk->chain, ".root.verity");
	const struct ib_disk_partition *root = NULL;
	const struct ib_disk_partition *verity = NULL;
	uint8_t hash[IB_SHA256_SIZE];
	uint8_t data_uuid[16];
	uint8_t verity_uuid[16];

	if (!data || !tree || !ib_hex_read(disk->chain->root_hash, hash, sizeof(hash)))
		return ib_fail(err, IB_TRUST,
			       "there is a disk, but no root image, hash tree and root hash");
	ib_partition_root_uuids(hash, data_uuid, verity_uuid);
	root = find_partition(disk, IB_PARTITION_ROOT, "the root", err);
	if (!root)
		return -IB_TRUST;
	verity = find_partition(disk, IB_PARTITION_ROOT_VERITY, "the hash tree", err);
	if (!verity)
		return -IB_TRUST;
	IB_TRY(check_uuid(root, data_uuid, err));
	IB_TRY(check_uuid(verity, verity_uuid, err));
	IB_TRY(compare_content(disk, root, data, err));
	return compare_content(disk, verity, tree, err);
}

/* ---- the signature of the root hash -------------------------------------- */

static int check_signer(const struct ib_chain *chain, const char *fingerprint,
			const struct ib_json *value, struct ib_error *err)
{
	const char *text = ib_json_get_string(value, "signature");
	ib_autofree uint8_t *signature = NULL;
	const struct ib_sum *sum = ib_chain_find(chain, ".roothash.p7s");
	IB_AUTO_BUFFER(released, IB_CMS_MAX_SIZE);
	size_t size = 0;

	if (!text || !ib_base64_read(text, &signature, &size))
		return ib_fail(err, IB_TRUST, "the signature partition holds no signature");
	if (!sum)
		return ib_fail(err, IB_TRUST, "the disk holds a signature that was not released");
	IB_TRY(ib_chain_read(chain, sum, &released, err));
	if (released.size != size || memcmp(released.data, signature, size) != 0)
		return ib_fail(err, IB_TRUST,
			       "the signature partition holds another signature "
			       "than '%s'",
			       sum->name);
	if (!ib_str_equal(ib_json_get_string(value, "certificateFingerprint"), fingerprint))
		return ib_fail(err, IB_TRUST,
			       "the signature partition names another certificate than the one "
			       "that signed");
	return 0;
}

static int check_signature(const struct disk *disk, struct ib_error *err)
{
	const struct ib_disk_partition *partition = NULL;
	const struct ib_chain *chain = disk->chain;
	ib_autofree char *text = NULL;
	IB_AUTO(ib_json) value = NULL;
	size_t size = 0;
	size_t i = 0;

	if (!*chain->root_hash_signer && !ib_disk_find(disk->table, IB_PARTITION_ROOT_VERITY_SIG))
		return 0;
	partition = find_partition(disk, IB_PARTITION_ROOT_VERITY_SIG, "the root hash's signature",
				   err);
	if (!partition)
		return -IB_TRUST;
	if (partition->size > MAX_SIGNATURE_PARTITION * 4ULL)
		return ib_fail(err, IB_LIMIT, "the signature partition has %llu bytes",
			       (unsigned long long)partition->size);
	size = (size_t)partition->size;
	text = ib_alloc(size + 1);
	IB_TRY(ib_fd_read_at(disk->fd, text, size, partition->offset, disk->name, err));
	for (i = strlen(text); i < size; i++)
		if (text[i])
			return ib_fail(err, IB_TRUST,
				       "the signature partition holds more than its JSON");
	IB_TRY(ib_json_parse(text, strlen(text), "signature partition", &value, err));
	if (!ib_str_equal(ib_json_get_string(value, "rootHash"), chain->root_hash))
		return ib_fail(err, IB_TRUST, "the signature partition is for another root hash");
	return check_signer(chain, chain->root_hash_signer, value, err);
}

/* ---- the whole ----------------------------------------------------------- */

/* No partition is there but the image's own, and firmware and systemd take them for what they are. */
static int check_types(const struct disk *disk, struct ib_error *err)
{
	const struct ib_lock *lock = disk->chain->lock;
	size_t i = 0;

	for (i = 0; i < disk->table->partition_count; i++) {
		const struct ib_disk_partition *partition = &disk->table->partitions[i];

		if (partition->kind == IB_PARTITION_OTHER)
			return ib_fail(err, IB_TRUST, "'%s' has a partition '%s' of type %s",
				       disk->name, partition->label, partition->type);
		if (lock && strcasecmp(partition->type,
				       ib_partition_type(partition->kind, lock->architecture)) != 0)
			return ib_fail(err, IB_TRUST,
				       "partition '%s' is of type %s, for another architecture",
				       partition->label, partition->type);
	}
	return 0;
}

static int open_disk(struct ib_chain *chain, struct disk *disk, struct ib_disk_table **ret_table,
		     int *ret_fd, struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find(chain, ".raw");

	if (!sum)
		return ib_chain_absent(chain, "no disk was released");
	IB_TRY(ib_chain_open(chain, sum, ret_fd, err));
	IB_TRY(ib_disk_read(*ret_fd, sum->name, ret_table, err));
	*disk = (struct disk){ chain, sum->name, *ret_fd, *ret_table };
	return 0;
}

int ib_prove_disk(struct ib_chain *chain, struct ib_error *err)
{
	ib_autofree struct ib_disk_table *table = NULL;
	ib_autoclose int fd = -1;
	struct disk disk;

	IB_TRY(open_disk(chain, &disk, &table, &fd, err));
	if (!table)
		return 0;
	IB_TRY(check_types(&disk, err));
	IB_TRY(check_root(&disk, err));
	IB_TRY(check_signature(&disk, err));
	ib_chain_says(chain, "%zu partition%s", table->partition_count,
		      ib_str_plural(table->partition_count));
	return 0;
}

/* ---- the EFI system partition -------------------------------------------- */

/* Copies one of its files to an empty file in memory, and says its digest. */
static int copy_out(const struct ib_fat_reader *reader, const struct ib_fat_entry *entry, int fd,
		    char hex[65], struct ib_error *err)
{
	ib_autofree char *path = ib_strf("/proc/self/fd/%d", fd);

	IB_TRY(ib_fat_reader_copy(reader, entry, fd, err));
	return ib_sha256_file(path, hex, NULL, err);
}

static bool is_executable(const char *path)
{
	size_t length = strlen(path);

	return length > 4 && !strcasecmp(path + length - 4, ".efi");
}

/* Whatever firmware might run: the released image itself, or signed by somebody trusted. */
static int check_executable(const struct disk *disk, const struct ib_fat_reader *reader,
			    const struct ib_fat_entry *entry, bool *ret_is_uki,
			    struct ib_error *err)
{
	const struct ib_sum *uki = ib_chain_find(disk->chain, ".efi");
	ib_autoclose int fd = memfd_create("esp", MFD_CLOEXEC);
	char hex[65];

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not make a file in memory");
	IB_TRY(copy_out(reader, entry, fd, hex, err));
	*ret_is_uki = uki && !strcmp(uki->sha256, hex);
	return *ret_is_uki ? 0 : ib_chain_check_executable(disk->chain, fd, entry->path, err);
}

static int check_files(const struct disk *disk, const struct ib_fat_reader *reader,
		       struct ib_error *err)
{
	const char *found = NULL;
	size_t i = 0;

	for (i = 0; i < ib_fat_reader_count(reader); i++) {
		const struct ib_fat_entry *entry = ib_fat_reader_get(reader, i);
		bool is_uki = false;

		if (is_executable(entry->path))
			IB_TRY(check_executable(disk, reader, entry, &is_uki, err));
		if (is_uki)
			found = entry->path;
	}
	if (!found && ib_chain_find(disk->chain, ".efi"))
		return ib_fail(err, IB_TRUST,
			       "the EFI system partition does not hold the unified kernel image");
	ib_chain_says(disk->chain, "%zu file%s, the unified kernel image as '%s'",
		      ib_fat_reader_count(reader), ib_str_plural(ib_fat_reader_count(reader)),
		      found ? found : "(none)");
	return 0;
}

int ib_prove_esp(struct ib_chain *chain, struct ib_error *err)
{
	ib_autofree struct ib_disk_table *table = NULL;
	ib_autoclose int fd = -1;
	const struct ib_disk_partition *esp = NULL;
	IB_AUTO(ib_fat_reader) reader = NULL;
	struct ib_range from;
	struct disk disk;

	IB_TRY(open_disk(chain, &disk, &table, &fd, err));
	if (!table)
		return 0;
	esp = find_partition(&disk, IB_PARTITION_ESP, "the firmware (ESP)", err);
	if (!esp)
		return -IB_TRUST;
	from = (struct ib_range){ fd, esp->offset, "EFI system partition" };
	IB_TRY(ib_fat_reader_open(&from, esp->size, &reader, err));
	return check_files(&disk, reader, err);
}
