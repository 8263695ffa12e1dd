/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft FAT Specification, 2005; sections 3 (BPB), 4 (FAT), 6 and 7 (directories, long names). */
#include "boot/fat.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "boot/fat_name.h"

#define SECTOR ((uint64_t)512)
#define ENTRY  ((uint64_t)32) /* of a folder */

enum {
	FATS = 2,
	ROOT_ENTRIES = 512,          /* of FAT16, whose root has a place of its own */
	MIN_CLUSTERS_16 = 4085 + 16, /* the margins that the specification asks for */
	MAX_CLUSTERS_16 = 65525 - 16,
	MIN_CLUSTERS_32 = 65525 + 16,
	MAX_CLUSTERS_32 = 0x0ffffff0,
	ATTRIBUTE_LABEL = 0x08,
	ATTRIBUTE_DIRECTORY = 0x10,
	ATTRIBUTE_ARCHIVE = 0x20,
	MEDIA = 0xf8,
	BACKUP = 6, /* the sector where the boot sector of FAT32 stands again */
	MAX_TABLE = 64 << 20,
	MAX_DIRECTORY = 8 << 20,
};

#define FAT32_FROM ((uint64_t)64 << 20)

/* A file or folder, in the order of paths; the root is the first. */
struct entry {
	char *path; /* "" for the root */
	const char *name;
	size_t parent;
	const struct ib_fat_file *file; /* NULL: a folder */
	char short_name[12];
	uint64_t bytes; /* of content, or of the folder's entries */
	uint32_t cluster;
	uint32_t clusters;
};

struct writer {
	const struct ib_fat *fat;
	const struct ib_range *to;
	struct entry *entries;
	size_t count;
	bool is_32;
	uint32_t sectors;
	uint32_t sectors_per_cluster;
	uint32_t reserved;
	uint32_t table_sectors;
	uint32_t cluster_count;
	uint32_t data_sector;
	uint32_t used; /* clusters */
};

static void writer_done(struct writer *w)
{
	size_t i = 0;

	for (i = 0; i < w->count; i++)
		ib_free(w->entries[i].path);
	ib_free(w->entries);
}

#define AUTO_WRITER(name) __attribute__((cleanup(writer_done))) struct writer name

/* ---- files and folders --------------------------------------------------- */

/* NOLINTNEXTLINE(readability-non-const-parameter): it is owned from here on */
static void add_entry(struct writer *w, char *path, const struct ib_fat_file *file)
{
	struct entry *entry = NULL;

	ib_grow(w->entries, w->count);
	entry = &w->entries[w->count++];
	*entry = (struct entry){ .path = path, .file = file };
	entry->name = ib_path_name(entry->path);
	if (file)
		entry->bytes = file->size;
}

static bool has_folder(const struct writer *w, const char *path)
{
	size_t i = 0;

	for (i = 0; i < w->count; i++)
		if (!w->entries[i].file && !strcasecmp(w->entries[i].path, path))
			return true;
	return false;
}

static int add_file(struct writer *w, const struct ib_fat_file *file, struct ib_error *err)
{
	const char *at = file->path;

	if (!ib_path_is_inside(file->path) || !ib_fat_name_is_possible(file->path))
		return ib_fail(err, IB_INPUT, "'%s' cannot be a path on a FAT file system",
			       file->path);
	if (file->size > UINT32_MAX)
		return ib_fail(err, IB_LIMIT, "'%s' is larger than 4 GiB, which FAT cannot hold",
			       file->path);
	while ((at = strchr(at, '/'))) {
		ib_autofree char *folder = ib_strndup(file->path, (size_t)(at - file->path));

		if (!has_folder(w, folder))
			add_entry(w, ib_take(folder), NULL);
		at++;
	}
	add_entry(w, ib_strdup(file->path), file);
	return 0;
}

/* Folders before what is in them; case does not count. */
static int compare_entries(const void *a, const void *b)
{
	return strcasecmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static size_t find_parent(const struct writer *w, const struct entry *entry)
{
	ib_autofree char *folder = ib_path_directory(entry->path);
	size_t i = 0;

	for (i = 0; i < w->count; i++)
		if (!w->entries[i].file && !strcasecmp(w->entries[i].path, folder))
			return i;
	return 0; /* "." is the root */
}

/* A short name that no earlier entry of the folder has. */
static int choose_short_name(struct writer *w, size_t number, struct ib_error *err)
{
	struct entry *entry = &w->entries[number];
	unsigned attempt = 0;

	for (attempt = 0; attempt < 100; attempt++) {
		size_t i = 1;

		ib_fat_short_name(entry->name, attempt, entry->short_name);
		while (i < number && (w->entries[i].parent != entry->parent ||
				      memcmp(w->entries[i].short_name, entry->short_name, 11) != 0))
			i++;
		if (i == number)
			return 0;
	}
	return ib_fail(err, IB_LIMIT, "too many names like '%s' in one folder", entry->path);
}

static int collect(struct writer *w, struct ib_error *err)
{
	size_t i = 0;

	add_entry(w, ib_strdup(""), NULL);
	for (i = 0; i < w->fat->file_count; i++)
		IB_TRY(add_file(w, &w->fat->files[i], err));
	qsort(w->entries, w->count, sizeof(*w->entries), compare_entries);
	w->entries[0].bytes = ENTRY; /* the label */
	for (i = 1; i < w->count; i++) {
		struct entry *entry = &w->entries[i];

		if (!compare_entries(entry, &w->entries[i - 1]))
			return ib_fail(err, IB_INPUT, "two files are called '%s'", entry->path);
		entry->parent = find_parent(w, entry);
		IB_TRY(choose_short_name(w, i, err));
		if (!entry->file)
			entry->bytes = 2 * ENTRY; /* . and .. */
		w->entries[entry->parent].bytes +=
			ENTRY * (1 + ib_fat_long_entries(entry->name, entry->short_name));
	}
	return 0;
}

/* ---- the layout ---------------------------------------------------------- */

static uint32_t divide_up(uint64_t value, uint64_t by)
{
	return (uint32_t)((value + by - 1) / by);
}

/* Sectors of each table, and how many clusters remain; a table a little too large is allowed. */
static void size_tables(struct writer *w)
{
	uint32_t root = w->is_32 ? 0 : (uint32_t)(ROOT_ENTRIES * ENTRY / SECTOR);
	uint32_t rest = w->sectors - w->reserved - root;
	uint32_t entry_size = w->is_32 ? 4 : 2;
	uint64_t clusters = 0;

	assert(w->sectors_per_cluster);
	clusters = rest / w->sectors_per_cluster + 2;
	w->table_sectors = divide_up(clusters * entry_size, SECTOR);
	/* The data starts at a multiple of 4 KiB, so that content can be shared with its file. */
	while ((w->reserved + FATS * w->table_sectors + root) % 8)
		w->reserved++;
	w->data_sector = w->reserved + FATS * w->table_sectors + root;
	w->cluster_count = w->data_sector >= w->sectors
				   ? 0
				   : (w->sectors - w->data_sector) / w->sectors_per_cluster;
}

static int lay_out(struct writer *w, uint64_t size, struct ib_error *err)
{
	uint32_t limit = 0;

	assert(size % SECTOR == 0);
	if (size / SECTOR > UINT32_MAX)
		return ib_fail(err, IB_LIMIT, "a FAT file system cannot have 2 TiB");
	w->sectors = (uint32_t)(size / SECTOR);
	w->is_32 = size >= FAT32_FROM;
	/* The largest clusters, up to 4 KiB, that are still many enough for the kind. */
	limit = w->is_32 ? MIN_CLUSTERS_32 : MIN_CLUSTERS_16;
	for (w->sectors_per_cluster = 8; w->sectors_per_cluster; w->sectors_per_cluster /= 2) {
		w->reserved = w->is_32 ? 32 : 1;
		if (w->sectors <= w->reserved + 64)
			break;
		size_tables(w);
		if (w->cluster_count >= limit)
			break;
	}
	if (!w->sectors_per_cluster || w->cluster_count < limit)
		return ib_fail(err, IB_LIMIT, "%llu bytes are too small for a FAT file system",
			       (unsigned long long)size);
	assert(w->cluster_count <= (w->is_32 ? MAX_CLUSTERS_32 : MAX_CLUSTERS_16));
	return 0;
}

static bool has_own_place(const struct writer *w, size_t number)
{
	return !number && !w->is_32; /* the root of FAT16 */
}

static int place_entries(struct writer *w, struct ib_error *err)
{
	uint64_t next = 2;
	size_t i = 0;

	for (i = 0; i < w->count; i++) {
		struct entry *entry = &w->entries[i];

		entry->clusters = 0;
		entry->cluster = 0;
		if (has_own_place(w, i)) {
			if (entry->bytes > ROOT_ENTRIES * ENTRY)
				return ib_fail(err, IB_LIMIT, "too many files in one folder");
			continue;
		}
		entry->clusters = divide_up(entry->bytes, w->sectors_per_cluster * SECTOR);
		if (entry->clusters)
			entry->cluster = (uint32_t)next;
		next += entry->clusters;
		if (next - 2 > w->cluster_count)
			return ib_fail(err, IB_LIMIT,
				       "the files do not fit into the %llu bytes of the EFI "
				       "system partition",
				       (unsigned long long)w->sectors * SECTOR);
	}
	w->used = (uint32_t)(next - 2);
	return 0;
}

/* ---- writing ------------------------------------------------------------- */

static int put(const struct writer *w, uint64_t sector, const struct ib_buffer *b,
	       struct ib_error *err)
{
	return ib_fd_write(w->to->fd, b->data, b->size, w->to->offset + sector * SECTOR,
			   w->to->name, err);
}

static void pad_label(const char *text, char label[11])
{
	memset(label, ' ', 11);
	memcpy(label, text, strnlen(text, 11));
}

static void put_boot_sector(const struct writer *w, struct ib_buffer *b)
{
	size_t start = b->size;
	char label[11];

	ib_buffer_put(b, w->is_32 ? "\xeb\x58\x90" : "\xeb\x3c\x90", 3);
	ib_buffer_put(b, "MSWIN4.1", 8); /* what the specification says is best understood */
	ib_buffer_put_le16(b, SECTOR);
	ib_buffer_put_u8(b, (uint8_t)w->sectors_per_cluster);
	ib_buffer_put_le16(b, (uint16_t)w->reserved);
	ib_buffer_put_u8(b, FATS);
	ib_buffer_put_le16(b, w->is_32 ? 0 : ROOT_ENTRIES);
	ib_buffer_put_le16(b, !w->is_32 && w->sectors < 65536 ? (uint16_t)w->sectors : 0);
	ib_buffer_put_u8(b, MEDIA);
	ib_buffer_put_le16(b, w->is_32 ? 0 : (uint16_t)w->table_sectors);
	ib_buffer_put_le16(b, 32); /* sectors a track and heads: nobody asks any more */
	ib_buffer_put_le16(b, 8);
	ib_buffer_put_le32(b, 0); /* hidden sectors */
	ib_buffer_put_le32(b, !w->is_32 && w->sectors < 65536 ? 0 : w->sectors);
	if (w->is_32) {
		ib_buffer_put_le32(b, w->table_sectors);
		ib_buffer_put_le16(b, 0); /* both tables are kept */
		ib_buffer_put_le16(b, 0); /* version */
		ib_buffer_put_le32(b, w->entries[0].cluster);
		ib_buffer_put_le16(b, 1); /* FSInfo */
		ib_buffer_put_le16(b, BACKUP);
		ib_buffer_put_zeros(b, 12);
	}
	ib_buffer_put_u8(b, 0x80); /* drive */
	ib_buffer_put_u8(b, 0);
	ib_buffer_put_u8(b, 0x29); /* the next three are there */
	ib_buffer_put_le32(b, w->fat->serial);
	pad_label(w->fat->label, label);
	ib_buffer_put(b, label, sizeof(label));
	ib_buffer_puts(b, w->is_32 ? "FAT32   " : "FAT16   ");
	ib_buffer_put_zeros(b, start + SECTOR - 2 - b->size);
	ib_buffer_put_le16(b, 0xaa55);
}

static void put_info_sector(const struct writer *w, struct ib_buffer *b)
{
	ib_buffer_put_le32(b, 0x41615252);
	ib_buffer_put_zeros(b, 480);
	ib_buffer_put_le32(b, 0x61417272);
	ib_buffer_put_le32(b, w->cluster_count - w->used); /* free */
	ib_buffer_put_le32(b, 2 + w->used);                /* the next free one */
	ib_buffer_put_zeros(b, 12);
	ib_buffer_put_le32(b, 0xaa550000);
}

static int write_boot_sectors(const struct writer *w, struct ib_error *err)
{
	IB_AUTO_BUFFER(b, 2 * SECTOR);

	put_boot_sector(w, &b);
	if (w->is_32) {
		put_info_sector(w, &b);
		IB_TRY(put(w, BACKUP, &b, err));
	}
	return put(w, 0, &b, err);
}

static void put_link(const struct writer *w, struct ib_buffer *b, uint32_t value)
{
	if (w->is_32)
		ib_buffer_put_le32(b, value & 0x0fffffff);
	else
		ib_buffer_put_le16(b, (uint16_t)value);
}

static int write_tables(const struct writer *w, struct ib_error *err)
{
	IB_AUTO_BUFFER(b, MAX_TABLE);
	size_t i = 0;

	put_link(w, &b, 0xffffff00 | MEDIA);
	put_link(w, &b, 0xffffffff);
	for (i = 0; i < w->count; i++) {
		uint32_t j = 0;

		for (j = 1; j < w->entries[i].clusters; j++)
			put_link(w, &b, w->entries[i].cluster + j);
		if (w->entries[i].clusters)
			put_link(w, &b, 0xffffffff);
	}
	for (i = 0; i < FATS; i++)
		IB_TRY(put(w, w->reserved + (uint64_t)i * w->table_sectors, &b, err));
	return 0;
}

static void put_entry(const struct writer *w, struct ib_buffer *b, const char short_name[11],
		      unsigned attributes, const struct entry *entry)
{
	uint16_t date = 0;
	uint16_t time = 0;
	uint32_t cluster = entry ? entry->cluster : 0;

	ib_fat_time(w->fat->time, &date, &time);
	ib_buffer_put(b, short_name, 11);
	ib_buffer_put_u8(b, (uint8_t)attributes);
	ib_buffer_put_u8(b, 0); /* case of the short name: upper */
	ib_buffer_put_u8(b, 0); /* made: hundredths, time, date */
	ib_buffer_put_le16(b, time);
	ib_buffer_put_le16(b, date);
	ib_buffer_put_le16(b, date); /* read */
	ib_buffer_put_le16(b, (uint16_t)(cluster >> 16));
	ib_buffer_put_le16(b, time); /* written */
	ib_buffer_put_le16(b, date);
	ib_buffer_put_le16(b, (uint16_t)cluster);
	ib_buffer_put_le32(b, entry && entry->file ? (uint32_t)entry->file->size : 0);
}

static uint64_t sector_of(const struct writer *w, size_t number)
{
	if (has_own_place(w, number))
		return w->reserved + (uint64_t)FATS * w->table_sectors;
	return w->data_sector + (uint64_t)(w->entries[number].cluster - 2) * w->sectors_per_cluster;
}

static int write_folder(const struct writer *w, size_t number, struct ib_error *err)
{
	const struct entry *folder = &w->entries[number];
	IB_AUTO_BUFFER(b, MAX_DIRECTORY);
	size_t i = 0;

	if (folder->bytes > MAX_DIRECTORY)
		return ib_fail(err, IB_LIMIT, "too many files in folder '%s'", folder->path);
	if (!number) {
		char label[11];

		pad_label(w->fat->label, label);
		put_entry(w, &b, label, ATTRIBUTE_LABEL, NULL);
	} else {
		const struct entry *parent = folder->parent ? &w->entries[folder->parent] : NULL;

		put_entry(w, &b, ".          ", ATTRIBUTE_DIRECTORY, folder);
		put_entry(w, &b, "..         ", ATTRIBUTE_DIRECTORY, parent);
	}
	for (i = 1; i < w->count; i++) {
		const struct entry *entry = &w->entries[i];

		if (entry->parent != number)
			continue;
		ib_fat_put_long_name(&b, entry->name, entry->short_name);
		put_entry(w, &b, entry->short_name,
			  entry->file ? ATTRIBUTE_ARCHIVE : ATTRIBUTE_DIRECTORY, entry);
	}
	assert(b.size == folder->bytes);
	return put(w, sector_of(w, number), &b, err);
}

static int write_content(const struct writer *w, size_t number, struct ib_error *err)
{
	const struct ib_fat_file *file = w->entries[number].file;
	struct ib_range from = { file->fd, 0, file->path };
	struct ib_range to = *w->to;

	if (!file->size)
		return 0;
	to.offset += sector_of(w, number) * SECTOR;
	if (file->data)
		return ib_fd_write(to.fd, file->data, (size_t)file->size, to.offset, to.name, err);
	return ib_fd_copy(&from, &to, file->size, err);
}

static int write_all(const struct writer *w, struct ib_error *err)
{
	size_t i = 0;

	IB_TRY(write_boot_sectors(w, err));
	IB_TRY(write_tables(w, err));
	for (i = 0; i < w->count; i++) {
		if (w->entries[i].file)
			IB_TRY(write_content(w, i, err));
		else
			IB_TRY(write_folder(w, i, err));
	}
	return 0;
}

int ib_fat_size(const struct ib_fat *fat, uint64_t *ret_size, struct ib_error *err)
{
	const uint64_t step = 1 << 20;
	AUTO_WRITER(w) = { .fat = fat };
	uint64_t size = 0;
	size_t i = 0;

	IB_TRY(collect(&w, err));
	for (i = 0; i < w.count; i++)
		size += w.entries[i].bytes;
	/* Three hold the fewest clusters that make it FAT16. */
	size = IB_MAX(size / step * step, 3 * step);
	while (true) {
		struct ib_error none = IB_ERROR_INIT;

		IB_TRY(lay_out(&w, size, err));
		if (place_entries(&w, &none) == 0)
			break;
		ib_error_clear(&none);
		size += step;
	}
	*ret_size = size;
	return 0;
}

int ib_fat_write(const struct ib_fat *fat, const struct ib_range *to, uint64_t size,
		 struct ib_error *err)
{
	AUTO_WRITER(w) = { .fat = fat, .to = to };

	IB_TRY(collect(&w, err));
	IB_TRY(lay_out(&w, size, err));
	IB_TRY(place_entries(&w, err));
	return write_all(&w, err);
}
