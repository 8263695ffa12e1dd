/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft's FAT specification ("FAT: General Overview of On-Disk Format", 1.03). */
#include "boot/fat_read.h"

#include <stdlib.h>
#include <string.h>

enum {
	SECTOR = 512,
	ENTRY_SIZE = 32,
	MAX_TABLE = 64 << 20,
	MAX_FOLDERS = 16 << 20, /* all together, so that a folder inside itself ends */
	MAX_FILES = 65536,
	MAX_DEPTH = 16,
	MAX_NAME = 255,
	ATTRIBUTE_LABEL = 0x08,
	ATTRIBUTE_FOLDER = 0x10,
	ATTRIBUTE_LONG_NAME = 0x0f,
	FIRST_FAT16 = 4085,  /* fewer clusters: FAT12 */
	FIRST_FAT32 = 65525, /* fewer clusters: FAT16 */
};

struct ib_fat_reader {
	struct ib_range from;
	uint64_t size;
	struct ib_arena *arena;
	bool is_fat32;
	uint32_t cluster_size;
	uint32_t cluster_count;
	uint64_t data_offset; /* of cluster 2 */
	uint64_t root_offset; /* FAT16: of the root folder */
	uint32_t root_size;
	uint32_t root_cluster; /* FAT32 */
	uint8_t *table;
	size_t table_size;
	size_t folder_bytes; /* read so far */
	struct ib_fat_entry *files;
	size_t count;
};

static int read_at(const struct ib_fat_reader *reader, uint64_t offset, void *data, size_t size,
		   struct ib_error *err)
{
	if (offset > reader->size || size > reader->size - offset)
		return ib_fail(err, IB_INPUT, "%s: the file system leads out of its partition",
			       reader->from.name);
	return ib_fd_read_at(reader->from.fd, data, size, reader->from.offset + offset,
			     reader->from.name, err);
}

/* ---- the boot sector and the table --------------------------------------- */

struct geometry {
	uint32_t reserved, tables, table_sectors, root_entries, total, per_cluster;
};

static int read_geometry(const struct ib_fat_reader *reader, const uint8_t boot[SECTOR],
			 struct geometry *ret_geometry, struct ib_error *err)
{
	struct geometry g = {
		.per_cluster = boot[13],
		.reserved = ib_get_le16(boot + 14),
		.tables = boot[16],
		.root_entries = ib_get_le16(boot + 17),
		.total = ib_get_le16(boot + 19),
		.table_sectors = ib_get_le16(boot + 22),
	};

	if (!g.total)
		g.total = ib_get_le32(boot + 32);
	if (!g.table_sectors)
		g.table_sectors = ib_get_le32(boot + 36);
	if (ib_get_le16(boot + 510) != 0xaa55 || ib_get_le16(boot + 11) != SECTOR ||
	    !g.per_cluster || (g.per_cluster & (g.per_cluster - 1)) || !g.reserved || !g.tables ||
	    g.tables > 2 || !g.table_sectors || g.table_sectors > MAX_TABLE / SECTOR)
		return ib_fail(err, IB_INPUT, "%s: not a FAT file system with sectors of %d bytes",
			       reader->from.name, SECTOR);
	if ((uint64_t)g.total * SECTOR > reader->size)
		return ib_fail(err, IB_INPUT, "%s: the file system is larger than its partition",
			       reader->from.name);
	*ret_geometry = g;
	return 0;
}

static int apply_geometry(struct ib_fat_reader *reader, const struct geometry *g,
			  const uint8_t boot[SECTOR], struct ib_error *err)
{
	uint64_t root = g->reserved + (uint64_t)g->tables * g->table_sectors;
	uint64_t data = root + ((uint64_t)g->root_entries * ENTRY_SIZE + SECTOR - 1) / SECTOR;
	size_t width = 0;

	if (data >= g->total)
		return ib_fail(err, IB_INPUT, "%s: the file system has no room for data",
			       reader->from.name);
	reader->cluster_size = g->per_cluster * SECTOR;
	reader->cluster_count = (uint32_t)((g->total - data) / g->per_cluster);
	reader->is_fat32 = reader->cluster_count >= FIRST_FAT32;
	if (reader->cluster_count < FIRST_FAT16)
		return ib_fail(err, IB_INPUT, "%s: FAT12 is not read here", reader->from.name);
	reader->root_offset = root * SECTOR;
	reader->root_size = g->root_entries * ENTRY_SIZE;
	reader->root_cluster = ib_get_le32(boot + 44);
	reader->data_offset = data * SECTOR;
	width = reader->is_fat32 ? 4 : 2;
	reader->table_size = ((size_t)reader->cluster_count + 2) * width;
	if (reader->table_size > (size_t)g->table_sectors * SECTOR)
		return ib_fail(err, IB_INPUT, "%s: the allocation table is too short",
			       reader->from.name);
	return 0;
}

static int read_tables(struct ib_fat_reader *reader, const struct geometry *g, struct ib_error *err)
{
	ib_autofree uint8_t *copy = ib_alloc(reader->table_size);
	uint64_t first = (uint64_t)g->reserved * SECTOR;
	uint64_t second = first + (uint64_t)g->table_sectors * SECTOR;

	reader->table = ib_alloc(reader->table_size);
	IB_TRY(read_at(reader, first, reader->table, reader->table_size, err));
	if (g->tables == 1)
		return 0;
	IB_TRY(read_at(reader, second, copy, reader->table_size, err));
	if (memcmp(reader->table, copy, reader->table_size) != 0)
		return ib_fail(err, IB_INPUT, "%s: the two copies of the allocation table differ",
			       reader->from.name);
	return 0;
}

/* ---- chains -------------------------------------------------------------- */

/* The one behind this cluster; 0: it was the last. */
static int next_cluster(const struct ib_fat_reader *reader, uint32_t cluster, uint32_t *ret_next,
			struct ib_error *err)
{
	uint32_t end = reader->is_fat32 ? 0x0ffffff8 : 0xfff8;
	uint32_t next = reader->is_fat32
				? ib_get_le32(reader->table + 4 * (size_t)cluster) & 0x0fffffff
				: ib_get_le16(reader->table + 2 * (size_t)cluster);

	if (next >= end) {
		*ret_next = 0;
		return 0;
	}
	if (next < 2 || next - 2 >= reader->cluster_count)
		return ib_fail(err, IB_INPUT, "%s: a chain of clusters leads nowhere",
			       reader->from.name);
	*ret_next = next;
	return 0;
}

typedef int (*take_fn)(void *context, const uint8_t *data, size_t size, struct ib_error *err);

/* A file has a size, a folder is as long as its chain and at most size. */
struct chain {
	uint32_t cluster;
	uint64_t size;
	bool is_folder;
};

static int walk_chain(const struct ib_fat_reader *reader, const struct chain *chain, take_fn take,
		      void *context, struct ib_error *err)
{
	ib_autofree uint8_t *data = ib_alloc(reader->cluster_size);
	uint32_t cluster = chain->cluster;
	uint64_t size = chain->size;
	uint32_t steps = 0;

	if (size && (cluster < 2 || cluster - 2 >= reader->cluster_count))
		return ib_fail(err, IB_INPUT, "%s: a file begins nowhere", reader->from.name);
	while (size && cluster) {
		size_t part = (size_t)IB_MIN(size, (uint64_t)reader->cluster_size);

		if (steps++ > reader->cluster_count)
			return ib_fail(err, IB_INPUT, "%s: a chain of clusters runs in a circle",
				       reader->from.name);
		IB_TRY(read_at(reader,
			       reader->data_offset + (uint64_t)(cluster - 2) * reader->cluster_size,
			       data, part, err));
		IB_TRY(take(context, data, part, err));
		size -= part;
		IB_TRY(next_cluster(reader, cluster, &cluster, err));
	}
	if (chain->is_folder && cluster)
		return ib_fail(err, IB_LIMIT, "%s: the folders are too large", reader->from.name);
	if (size && !chain->is_folder)
		return ib_fail(err, IB_INPUT, "%s: a file ends too early", reader->from.name);
	return 0;
}

/* ---- folders ------------------------------------------------------------- */

/* A long name while its pieces come by, the last piece first. */
struct long_name {
	uint16_t units[MAX_NAME + 14];
	unsigned pieces; /* how many the first entry announced */
	unsigned left;
	uint8_t checksum; /* of the short name that it belongs to */
};

static void take_piece(struct long_name *name, const uint8_t *entry)
{
	static const uint8_t places[13] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	unsigned number = entry[0] & 0x3f;
	size_t i = 0;

	if (entry[0] & 0x40) {
		name->pieces = name->left = number;
		name->checksum = entry[13];
	}
	if (!number || number != name->left || number > (MAX_NAME + 12) / 13 ||
	    entry[13] != name->checksum) {
		name->pieces = name->left = 0;
		return;
	}
	name->left--;
	for (i = 0; i < IB_COUNT(places); i++)
		name->units[(size_t)(number - 1) * 13 + i] = ib_get_le16(entry + places[i]);
}

static uint8_t short_checksum(const uint8_t *entry)
{
	uint8_t sum = 0;
	size_t i = 0;

	for (i = 0; i < 11; i++)
		sum = (uint8_t)((uint8_t)(sum << 7 | sum >> 1) + entry[i]);
	return sum;
}

/* A character that cannot stand in a path, or that we do not write, gives false. */
static bool put_unit(char *text, size_t *length, uint32_t unit)
{
	if (unit < 0x20 || unit >= 0x7f || unit == '/' || unit == '\\' || *length >= MAX_NAME)
		return false;
	text[(*length)++] = (char)unit;
	return true;
}

static bool short_name(const uint8_t *entry, char text[MAX_NAME + 1])
{
	size_t length = 0;
	size_t i = 0;

	for (i = 0; i < 11; i++) {
		bool lower = entry[12] & (i < 8 ? 0x08 : 0x10);
		uint8_t c = entry[i];

		if (c == ' ')
			continue;
		if (i >= 8 && !memchr(text, '.', length) && !put_unit(text, &length, '.'))
			return false;
		if (lower && c >= 'A' && c <= 'Z')
			c = (uint8_t)(c - 'A' + 'a');
		if (!put_unit(text, &length, c))
			return false;
	}
	text[length] = '\0';
	return length > 0;
}

static bool entry_name(const struct long_name *name, const uint8_t *entry, char text[MAX_NAME + 1])
{
	size_t length = 0;
	size_t i = 0;

	if (!name->pieces || name->left || name->checksum != short_checksum(entry))
		return short_name(entry, text);
	for (i = 0; i < (size_t)name->pieces * 13 && name->units[i]; i++)
		if (!put_unit(text, &length, name->units[i]))
			return false;
	text[length] = '\0';
	return length > 0;
}

static int take_bytes(void *context, const uint8_t *data, size_t size, struct ib_error *err)
{
	struct ib_buffer *buffer = context;

	(void)err;
	ib_buffer_put(buffer, data, size);
	return 0;
}

static int read_folder(struct ib_fat_reader *reader, uint32_t cluster, const char *path,
		       unsigned depth, struct ib_error *err);

static int take_entry(struct ib_fat_reader *reader, const struct long_name *name,
		      const uint8_t *entry, const char *path, unsigned depth, struct ib_error *err)
{
	uint32_t cluster = (uint32_t)ib_get_le16(entry + 20) << 16 | ib_get_le16(entry + 26);
	char text[MAX_NAME + 1] = "";
	ib_autofree char *below = NULL;

	if (!reader->is_fat32)
		cluster &= 0xffff;
	if (!entry_name(name, entry, text))
		return ib_fail(err, IB_INPUT, "%s: a name in folder '%s' is not read here",
			       reader->from.name, path);
	if (!strcmp(text, ".") || !strcmp(text, ".."))
		return 0;
	below = ib_strf("%s%s%s", path, *path ? "/" : "", text);
	if (entry[11] & ATTRIBUTE_FOLDER)
		return read_folder(reader, cluster, below, depth + 1, err);
	if (reader->count == MAX_FILES)
		return ib_fail(err, IB_LIMIT, "%s: more than %d files", reader->from.name,
			       MAX_FILES);
	ib_grow(reader->files, reader->count);
	reader->files[reader->count++] = (struct ib_fat_entry){
		.path = ib_arena_strdup(reader->arena, below),
		.size = ib_get_le32(entry + 28),
		.cluster = cluster,
	};
	return 0;
}

static int take_entries(struct ib_fat_reader *reader, const struct ib_buffer *folder,
			const char *path, unsigned depth, struct ib_error *err)
{
	struct long_name name = { .pieces = 0 };
	size_t at = 0;

	for (at = 0; at + ENTRY_SIZE <= folder->size; at += ENTRY_SIZE) {
		const uint8_t *entry = folder->data + at;

		if (!entry[0])
			return 0;
		if (entry[0] == 0xe5)
			continue;
		if ((entry[11] & 0x3f) == ATTRIBUTE_LONG_NAME) {
			take_piece(&name, entry);
			continue;
		}
		if (!(entry[11] & ATTRIBUTE_LABEL))
			IB_TRY(take_entry(reader, &name, entry, path, depth, err));
		name.pieces = 0;
	}
	return 0;
}

static int read_folder(struct ib_fat_reader *reader, uint32_t cluster, const char *path,
		       unsigned depth, struct ib_error *err)
{
	IB_AUTO_BUFFER(folder, MAX_FOLDERS);
	const struct chain chain = { cluster, MAX_FOLDERS - reader->folder_bytes, true };

	if (depth > MAX_DEPTH)
		return ib_fail(err, IB_LIMIT, "%s: folders are nested too deeply",
			       reader->from.name);
	IB_TRY(walk_chain(reader, &chain, take_bytes, &folder, err));
	reader->folder_bytes += folder.size;
	return take_entries(reader, &folder, path, depth, err);
}

static int read_root(struct ib_fat_reader *reader, struct ib_error *err)
{
	IB_AUTO_BUFFER(folder, MAX_FOLDERS);

	if (reader->is_fat32)
		return read_folder(reader, reader->root_cluster, "", 0, err);
	if (!reader->root_size)
		return ib_fail(err, IB_INPUT, "%s: there is no root folder", reader->from.name);
	ib_buffer_put_zeros(&folder, reader->root_size);
	IB_TRY(read_at(reader, reader->root_offset, folder.data, folder.size, err));
	return take_entries(reader, &folder, "", 0, err);
}

/* ---- the reader ---------------------------------------------------------- */

static int compare_entries(const void *a, const void *b)
{
	const struct ib_fat_entry *first = a;
	const struct ib_fat_entry *second = b;

	return strcmp(first->path, second->path);
}

int ib_fat_reader_open(const struct ib_range *from, uint64_t size,
		       struct ib_fat_reader **ret_reader, struct ib_error *err)
{
	IB_AUTO(ib_fat_reader) reader = ib_alloc(sizeof(*reader));
	uint8_t boot[SECTOR] = { 0 };
	struct geometry geometry = { 0 };

	reader->from = *from;
	reader->size = size;
	reader->arena = ib_arena_new();
	IB_TRY(read_at(reader, 0, boot, sizeof(boot), err));
	IB_TRY(read_geometry(reader, boot, &geometry, err));
	IB_TRY(apply_geometry(reader, &geometry, boot, err));
	IB_TRY(read_tables(reader, &geometry, err));
	IB_TRY(read_root(reader, err));
	if (reader->count)
		qsort(reader->files, reader->count, sizeof(*reader->files), compare_entries);
	*ret_reader = ib_take(reader);
	return 0;
}

void ib_fat_reader_free(struct ib_fat_reader *reader)
{
	if (!reader)
		return;
	ib_arena_free(reader->arena);
	ib_free(reader->files);
	ib_free(reader->table);
	ib_free(reader);
}

size_t ib_fat_reader_count(const struct ib_fat_reader *reader)
{
	return reader->count;
}

const struct ib_fat_entry *ib_fat_reader_get(const struct ib_fat_reader *reader, size_t i)
{
	return &reader->files[i];
}

static int write_bytes(void *context, const uint8_t *data, size_t size, struct ib_error *err)
{
	const int *fd = context;

	return ib_fd_write(*fd, data, size, UINT64_MAX, "a copy of a file", err);
}

int ib_fat_reader_copy(const struct ib_fat_reader *reader, const struct ib_fat_entry *entry, int fd,
		       struct ib_error *err)
{
	const struct chain chain = { entry->cluster, entry->size, false };

	return walk_chain(reader, &chain, write_bytes, &fd, err);
}
