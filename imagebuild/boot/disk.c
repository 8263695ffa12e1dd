/* SPDX-License-Identifier: Apache-2.0 */
/* UAPI.2, Discoverable Partitions Specification; UEFI 2.10, 5.3 through libfdisk. */
#include "boot/disk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libfdisk/libfdisk.h>

#include "boot/gpt.h"

#define MIB   ((uint64_t)1 << 20)
#define PIECE (16 * MIB)

static const struct {
	enum ib_partition_kind kind;
	const char *architecture; /* NULL: any */
	const char *type;
} types[] = {
	{ IB_PARTITION_ESP, NULL, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" },
	{ IB_PARTITION_ROOT, "x86_64", "4f68bce3-e8cd-4db1-96e7-fbcaf984b709" },
	{ IB_PARTITION_ROOT_VERITY, "x86_64", "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5" },
	{ IB_PARTITION_ROOT_VERITY_SIG, "x86_64", "41092b05-9fc8-4523-994f-2def0408b176" },
	{ IB_PARTITION_ROOT, "aarch64", "b921b045-1df0-41c3-af44-4c6f280d3fae" },
	{ IB_PARTITION_ROOT_VERITY, "aarch64", "df3300ce-d69f-4c92-978c-9bfb0f38d820" },
	{ IB_PARTITION_ROOT_VERITY_SIG, "aarch64", "6db69de6-29f4-4758-a7a5-962190f00ce3" },
};

const char *ib_partition_type(enum ib_partition_kind kind, const char *architecture)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(types); i++)
		if (types[i].kind == kind &&
		    (!types[i].architecture || ib_str_equal(types[i].architecture, architecture)))
			return types[i].type;
	return NULL;
}

enum ib_partition_kind ib_partition_kind_of(const char *type)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(types); i++)
		if (!strcmp(types[i].type, type))
			return types[i].kind;
	return IB_PARTITION_OTHER;
}

void ib_partition_root_uuids(const uint8_t root_hash[IB_SHA256_SIZE], uint8_t data[16],
			     uint8_t verity[16])
{
	memcpy(data, root_hash, 16);
	memcpy(verity, root_hash + IB_SHA256_SIZE - 16, 16);
}

void ib_partition_signature(const uint8_t root_hash[IB_SHA256_SIZE], const struct ib_buffer *cms,
			    const struct ib_certificate *certificate, struct ib_buffer *content)
{
	ib_autofree char *hash = ib_hex(root_hash, IB_SHA256_SIZE);
	ib_autofree char *signature = ib_base64(cms->data, cms->size);
	uint8_t fingerprint[IB_SHA256_SIZE];
	char hex[2 * IB_SHA256_SIZE + 1];
	size_t start = content->size;

	ib_certificate_fingerprint(certificate, fingerprint);
	ib_hex_write(fingerprint, sizeof(fingerprint), hex);
	/* Nothing in it needs an escape. */
	ib_buffer_putf(content,
		       "{\"rootHash\":\"%s\",\"certificateFingerprint\":\"%s\","
		       "\"signature\":\"%s\"}",
		       hash, hex, signature);
	ib_buffer_put_zeros(content, -(content->size - start) & 4095);
}

/* ---- writing ------------------------------------------------------------- */

/* Where each partition goes, in bytes. */
struct layout {
	uint64_t offsets[IB_DISK_MAX_PARTITIONS];
	uint64_t sizes[IB_DISK_MAX_PARTITIONS];
	uint64_t total;
};

static int content_size(const struct ib_partition *partition, uint64_t *ret_size,
			struct ib_error *err)
{
	if (partition->fat)
		return ib_fat_size(partition->fat, ret_size, err);
	*ret_size = partition->content_size;
	return 0;
}

static int lay_out(const struct ib_disk *disk, const char *name, struct layout *layout,
		   struct ib_error *err)
{
	uint64_t next = MIB; /* the table and what protects it come first */
	size_t i = 0;

	if (!disk->partition_count || disk->partition_count > IB_DISK_MAX_PARTITIONS)
		return ib_fail(err, IB_INPUT, "'%s' has no partition, or more than %d", name,
			       IB_DISK_MAX_PARTITIONS);
	for (i = 0; i < disk->partition_count; i++) {
		const struct ib_partition *partition = &disk->partitions[i];
		uint64_t size = 0;

		IB_TRY(content_size(partition, &size, err));
		if (partition->size && size > partition->size)
			return ib_fail(err, IB_LIMIT,
				       "partition '%s' of %llu bytes cannot hold %llu bytes",
				       partition->label, (unsigned long long)partition->size,
				       (unsigned long long)size);
		size = IB_MAX(IB_MAX(size, partition->size), 1);
		if (size > (uint64_t)INT64_MAX - next - 4 * MIB)
			return ib_fail(err, IB_LIMIT, "partition '%s' is too large",
				       partition->label);
		layout->offsets[i] = next;
		layout->sizes[i] = (size + MIB - 1) / MIB * MIB;
		next += layout->sizes[i];
	}
	layout->total = next + MIB; /* the second copy of the table */
	return 0;
}

static int failed(int r, const char *what, const char *name, struct ib_error *err)
{
	return ib_fail_errno(err, -r, "could not %s of '%s'", what, name);
}

static void write_attributes(uint64_t attributes, char *text, size_t size)
{
	size_t used = 0;
	unsigned bit = 0;

	text[0] = '\0';
	for (bit = 48; bit < 64; bit++)
		if (attributes & 1ULL << bit)
			used += (size_t)snprintf(text + used, size - used, "%s%u",
						 used ? "," : "GUID:", bit);
}

static int add_partition(struct fdisk_context *context, const struct ib_disk *disk, size_t number,
			 const struct layout *layout)
{
	const struct ib_partition *partition = &disk->partitions[number];
	const char *type = ib_partition_type(partition->kind, disk->architecture);
	struct fdisk_label *label = fdisk_get_label(context, "gpt");
	struct fdisk_parttype *parttype = fdisk_label_get_parttype_from_string(label, type);
	struct fdisk_partition *row = fdisk_new_partition();
	char attributes[64];
	char uuid[37];
	int r = 0;

	if (!row || !parttype) {
		fdisk_unref_partition(row);
		fdisk_unref_parttype(parttype);
		return -ENOMEM;
	}
	write_attributes(partition->attributes, attributes, sizeof(attributes));
	ib_uuid_format(partition->uuid, uuid);
	fdisk_partition_set_partno(row, number);
	fdisk_partition_set_start(row, layout->offsets[number] / IB_SECTOR);
	fdisk_partition_set_size(row, layout->sizes[number] / IB_SECTOR);
	fdisk_partition_size_explicit(row, 1);
	fdisk_partition_set_type(row, parttype);
	fdisk_partition_set_name(row, partition->label);
	fdisk_partition_set_uuid(row, uuid);
	if (*attributes)
		fdisk_partition_set_attrs(row, attributes);
	r = fdisk_add_partition(context, row, NULL);
	fdisk_unref_parttype(parttype);
	fdisk_unref_partition(row);
	return r;
}

static int write_table(struct fdisk_context *context, const struct ib_disk *disk,
		       const struct layout *layout, const char *name, struct ib_error *err)
{
	char uuid[37];
	size_t i = 0;
	int r = fdisk_create_disklabel(context, "gpt");

	ib_uuid_format(disk->uuid, uuid);
	if (!r)
		r = fdisk_set_disklabel_id_from_string(context, uuid);
	if (r)
		return failed(r, "start the partition table", name, err);
	for (i = 0; i < disk->partition_count; i++) {
		r = add_partition(context, disk, i, layout);
		if (r)
			return failed(r, "add a partition to the table", name, err);
	}
	r = fdisk_write_disklabel(context);
	return r ? failed(r, "write the partition table", name, err) : 0;
}

static int write_table_to(int fd, const struct ib_disk *disk, const struct layout *layout,
			  const char *name, struct ib_error *err)
{
	struct fdisk_context *context = fdisk_new_context();
	int r = 0;

	if (!context)
		return failed(-ENOMEM, "start the partition table", name, err);
	fdisk_disable_dialogs(context, 1);
	/* Both are what it takes by itself for a file, unless the surroundings say otherwise. */
	fdisk_save_user_sector_size(context, IB_SECTOR, IB_SECTOR);
	fdisk_save_user_grain(context, MIB);
	r = fdisk_assign_device_by_fd(context, fd, name, 0);
	if (r) {
		fdisk_unref_context(context);
		return failed(r, "start the partition table", name, err);
	}
	r = write_table(context, disk, layout, name, err);
	fdisk_deassign_device(context, 1);
	fdisk_unref_context(context);
	return r;
}

/* Piece by piece, and on to the disk: these are most of its bytes. */
static int copy_content(const struct ib_partition *partition, const struct ib_range *to,
			struct ib_error *err)
{
	uint64_t at = 0;

	while (at < partition->content_size) {
		const uint64_t size = IB_MIN(partition->content_size - at, PIECE);
		const struct ib_range from = { partition->fd, at, partition->label };
		const struct ib_range piece = { to->fd, to->offset + at, to->name };

		IB_TRY(ib_fd_copy(&from, &piece, size, err));
		ib_fd_begin_writeback(to->fd, piece.offset, size);
		at += size;
	}
	return 0;
}

static int write_content(const struct ib_partition *partition, const struct ib_range *to,
			 uint64_t size, struct ib_error *err)
{
	if (partition->fat)
		return ib_fat_write(partition->fat, to, size, err);
	if (partition->data)
		return ib_fd_write(to->fd, partition->data, (size_t)partition->content_size,
				   to->offset, to->name, err);
	return copy_content(partition, to, err);
}

static int check_partitions(const struct ib_disk *disk, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < disk->partition_count; i++) {
		const struct ib_partition *partition = &disk->partitions[i];

		if (!ib_partition_type(partition->kind, disk->architecture))
			return ib_fail(err, IB_INPUT,
				       "no partition type is known for '%s' on architecture '%s'",
				       partition->label, disk->architecture);
		if (strlen(partition->label) > 36)
			return ib_fail(err, IB_INPUT,
				       "partition label '%s' has more than 36 characters",
				       partition->label);
	}
	return 0;
}

static bool is_file(const struct ib_partition *partition)
{
	return !partition->fat && !partition->data;
}

/* The partitions whose contents are files, or all others. */
static int write_contents(const struct ib_disk *disk, const struct layout *layout, bool files,
			  const struct ib_range *whole, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < disk->partition_count; i++) {
		const struct ib_range to = { whole->fd, layout->offsets[i], whole->name };

		if (is_file(&disk->partitions[i]) == files)
			IB_TRY(write_content(&disk->partitions[i], &to, layout->sizes[i], err));
	}
	return 0;
}

static void tell_spans(const struct ib_disk *disk, const struct layout *layout,
		       const struct ib_range *whole)
{
	struct ib_span spans[2 * IB_DISK_MAX_PARTITIONS + 1];
	uint64_t at = 0;
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < disk->partition_count; i++) {
		const struct ib_partition *partition = &disk->partitions[i];

		if (!is_file(partition))
			continue;
		spans[count++] =
			(struct ib_span){ { whole->fd, at, whole->name }, layout->offsets[i] - at };
		spans[count++] = (struct ib_span){ { partition->fd, 0, partition->label },
						   partition->content_size };
		at = layout->offsets[i] + partition->content_size;
	}
	spans[count++] = (struct ib_span){ { whole->fd, at, whole->name }, layout->total - at };
	disk->made(disk->context, spans, count);
}

int ib_disk_write(const struct ib_disk *disk, int fd, const char *name, struct ib_error *err)
{
	struct layout layout = { .total = 0 };
	const struct ib_range whole = { fd, 0, name };

	IB_TRY(check_partitions(disk, err));
	IB_TRY(lay_out(disk, name, &layout, err));
	if (ftruncate(fd, (off_t)layout.total))
		return ib_fail_errno(err, errno, "could not set the size of '%s'", name);
	IB_TRY(write_table_to(fd, disk, &layout, name, err));
	IB_TRY(write_contents(disk, &layout, false, &whole, err));
	if (disk->made)
		tell_spans(disk, &layout, &whole);
	return write_contents(disk, &layout, true, &whole, err);
}
