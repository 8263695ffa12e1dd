/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI 2.10, 5.3: the GUID partition table, read within bounds. */
#include "boot/gpt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADER_SIZE = 92,
	ENTRY_SIZE = 128,
	ENTRIES_SIZE = IB_DISK_MAX_PARTITIONS * ENTRY_SIZE,
	LABEL_LENGTH = 36,
};

/* One of the two copies. */
struct copy {
	uint8_t header[IB_SECTOR];
	uint8_t *entries; /* ENTRIES_SIZE bytes, owned */
	uint64_t other, first, last;
};

static void copy_done(struct copy *copy)
{
	ib_free(copy->entries);
}

#define AUTO_COPY(name) __attribute__((cleanup(copy_done))) struct copy name

/* CRC-32 as in IEEE 802.3, reflected. */
static uint32_t crc32(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xffffffff;
	size_t i = 0;

	for (i = 0; i < size; i++) {
		int bit = 0;

		crc ^= data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static int refuse(const char *name, const char *what, struct ib_error *err)
{
	return ib_fail(err, IB_INPUT, "'%s' is no GPT disk: %s", name, what);
}

static bool check_header(const struct copy *copy, uint64_t sector)
{
	uint8_t header[HEADER_SIZE];

	memcpy(header, copy->header, HEADER_SIZE);
	memset(header + 16, 0, 4);
	return !memcmp(header, "EFI PART", 8) && ib_get_le32(header + 8) == 0x00010000 &&
	       ib_get_le32(header + 12) == HEADER_SIZE &&
	       ib_get_le32(copy->header + 16) == crc32(header, HEADER_SIZE) &&
	       ib_get_le64(header + 24) == sector &&
	       ib_get_le32(header + 80) == IB_DISK_MAX_PARTITIONS &&
	       ib_get_le32(header + 84) == ENTRY_SIZE;
}

static int read_copy(int fd, const char *name, uint64_t sector, uint64_t sectors, struct copy *copy,
		     struct ib_error *err)
{
	uint64_t entries = 0;

	IB_TRY(ib_fd_read_at(fd, copy->header, IB_SECTOR, sector * IB_SECTOR, name, err));
	if (!check_header(copy, sector))
		return refuse(name, "a header of its partition table is damaged", err);
	copy->other = ib_get_le64(copy->header + 32);
	copy->first = ib_get_le64(copy->header + 40);
	copy->last = ib_get_le64(copy->header + 48);
	entries = ib_get_le64(copy->header + 72);
	if (entries >= sectors || sectors - entries < ENTRIES_SIZE / IB_SECTOR ||
	    copy->first > copy->last || copy->last >= sectors)
		return refuse(name, "its partition table lies outside", err);
	copy->entries = ib_alloc(ENTRIES_SIZE);
	IB_TRY(ib_fd_read_at(fd, copy->entries, ENTRIES_SIZE, entries * IB_SECTOR, name, err));
	if (crc32(copy->entries, ENTRIES_SIZE) != ib_get_le32(copy->header + 88))
		return refuse(name, "its partition table is damaged", err);
	return 0;
}

/* The first three groups of a GUID are stored little-endian. */
static void read_guid(const uint8_t *bytes, uint8_t uuid[16])
{
	static const uint8_t from[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	size_t i = 0;

	for (i = 0; i < 16; i++)
		uuid[i] = bytes[from[i]];
}

/* UTF-16 without surrogates (they become '?') as UTF-8. */
static void read_label(const uint8_t *bytes, char *text)
{
	size_t i = 0;

	for (i = 0; i < LABEL_LENGTH; i++) {
		unsigned c = ib_get_le16(bytes + 2 * i);

		if (!c)
			break;
		if (c >= 0xd800 && c < 0xe000)
			c = '?';
		if (c < 0x80) {
			*text++ = (char)c;
		} else if (c < 0x800) {
			*text++ = (char)(0xc0 | c >> 6);
			*text++ = (char)(0x80 | (c & 0x3f));
		} else {
			*text++ = (char)(0xe0 | c >> 12);
			*text++ = (char)(0x80 | (c >> 6 & 0x3f));
			*text++ = (char)(0x80 | (c & 0x3f));
		}
	}
	*text = '\0';
}

static int read_entry(const struct copy *copy, const uint8_t *entry, const char *name,
		      struct ib_disk_table *table, struct ib_error *err)
{
	struct ib_disk_partition *found = &table->partitions[table->partition_count];
	uint64_t first = ib_get_le64(entry + 32);
	uint64_t last = ib_get_le64(entry + 40);
	uint8_t type[16];
	size_t i = 0;

	if (first < copy->first || last > copy->last || first > last)
		return refuse(name, "a partition lies outside", err);
	read_guid(entry, type);
	ib_uuid_format(type, found->type);
	found->kind = ib_partition_kind_of(found->type);
	read_guid(entry + 16, found->uuid);
	read_label(entry + 56, found->label);
	found->attributes = ib_get_le64(entry + 48);
	found->offset = first * IB_SECTOR;
	found->size = (last - first + 1) * IB_SECTOR;
	for (i = 0; i < table->partition_count; i++) {
		const struct ib_disk_partition *other = &table->partitions[i];

		if (found->offset < other->offset + other->size &&
		    other->offset < found->offset + found->size)
			return refuse(name, "two partitions overlap", err);
	}
	table->partition_count++;
	return 0;
}

static int read_both(int fd, const char *name, struct copy *copy, struct copy *second,
		     struct ib_error *err)
{
	uint64_t sectors = 0;

	IB_TRY(ib_fd_size(fd, name, &sectors, err));
	sectors /= IB_SECTOR;
	if (sectors < 2 + ENTRIES_SIZE / IB_SECTOR)
		return refuse(name, "it is too small", err);
	IB_TRY(read_copy(fd, name, 1, sectors, copy, err));
	if (copy->other <= copy->last || copy->other >= sectors)
		return refuse(name, "its second partition table lies outside", err);
	IB_TRY(read_copy(fd, name, copy->other, sectors, second, err));
	if (memcmp(copy->entries, second->entries, ENTRIES_SIZE) != 0)
		return refuse(name, "its two partition tables differ", err);
	return 0;
}

int ib_disk_read(int fd, const char *name, struct ib_disk_table **ret_table, struct ib_error *err)
{
	static const uint8_t unused[16];
	ib_autofree struct ib_disk_table *table = ib_alloc(sizeof(*table));
	AUTO_COPY(copy) = { .entries = NULL };
	AUTO_COPY(second) = { .entries = NULL };
	size_t i = 0;

	IB_TRY(read_both(fd, name, &copy, &second, err));
	assert(copy.entries);
	read_guid(copy.header + 56, table->uuid);
	for (i = 0; i < IB_DISK_MAX_PARTITIONS; i++) {
		const uint8_t *entry = copy.entries + i * ENTRY_SIZE;

		if (memcmp(entry, unused, sizeof(unused)) != 0)
			IB_TRY(read_entry(&copy, entry, name, table, err));
	}
	*ret_table = ib_take(table);
	return 0;
}

const struct ib_disk_partition *ib_disk_find(const struct ib_disk_table *table,
					     enum ib_partition_kind kind)
{
	const struct ib_disk_partition *found = NULL;
	size_t i = 0;

	for (i = 0; i < table->partition_count; i++) {
		if (table->partitions[i].kind != kind)
			continue;
		if (found)
			return NULL;
		found = &table->partitions[i];
	}
	return found;
}
