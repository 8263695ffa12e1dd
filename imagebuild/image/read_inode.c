/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "image/reader.h"

static int fail_inode(const struct reader *reader, uint64_t nid, const char *what,
		      struct ib_error *err)
{
	return ib_fail(err, IB_INPUT, "inode %" PRIu64 " of '%s' %s", nid, reader->image->name,
		       what);
}

static void fill_compact(const struct reader *reader, const uint8_t *b, struct disk_inode *disk)
{
	disk->links = ib_get_le16(b + 6);
	disk->size = ib_get_le32(b + 8);
	disk->word = ib_get_le32(b + 16);
	disk->uid = ib_get_le16(b + 24);
	disk->gid = ib_get_le16(b + 26);
	disk->mtime = reader->build_time;
}

static void fill_extended(const uint8_t *b, struct disk_inode *disk)
{
	disk->size = ib_get_le64(b + 8);
	disk->word = ib_get_le32(b + 16);
	disk->uid = ib_get_le32(b + 24);
	disk->gid = ib_get_le32(b + 28);
	disk->mtime = (int64_t)ib_get_le64(b + 32);
	disk->links = ib_get_le32(b + 44);
}

static bool is_known_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return true;
	default:
		return false;
	}
}

int ib_reader_inode(const struct reader *reader, uint64_t nid, struct disk_inode *ret_inode,
		    struct ib_error *err)
{
	struct disk_inode disk = { .nid = nid };
	uint8_t b[EROFS_INODE_EXTENDED_BYTES];
	uint16_t format = 0;
	uint16_t words = 0;
	size_t bytes = EROFS_INODE_COMPACT_BYTES;

	if (nid > reader->size / EROFS_SLOT)
		return fail_inode(reader, nid, "lies outside", err);
	disk.offset = reader->metadata + nid * EROFS_SLOT;
	IB_TRY(ib_reader_get(reader, b, EROFS_INODE_COMPACT_BYTES, disk.offset, err));
	format = ib_get_le16(b);
	if (format & 1) {
		bytes = EROFS_INODE_EXTENDED_BYTES;
		IB_TRY(ib_reader_get(reader, b, bytes, disk.offset, err));
	}
	if (format >> 1 > EROFS_LAYOUT_CHUNKS)
		return ib_fail(err, IB_LIMIT,
			       "inode %" PRIu64 " of '%s' has a layout that is not read here (%u)",
			       nid, reader->image->name, format);
	disk.layout = (enum erofs_layout)(format >> 1);
	words = ib_get_le16(b + 2);
	disk.mode = ib_get_le16(b + 4);
	if (format & 1)
		fill_extended(b, &disk);
	else
		fill_compact(reader, b, &disk);
	if (!is_known_type(disk.mode))
		return fail_inode(reader, nid, "has no type", err);
	if (disk.size > INT64_MAX)
		return fail_inode(reader, nid, "is too large", err);
	disk.xattr_offset = disk.offset + bytes;
	disk.extra_offset =
		disk.xattr_offset + (words ? EROFS_XATTR_HEADER_BYTES + 4 * (words - 1U) : 0);
	*ret_inode = disk;
	return 0;
}

/* ---- attributes ---- */

static const char *prefix_of(uint8_t number)
{
	static const char *const prefixes[] = {
		[1] = "user.",
		[2] = "system.posix_acl_access",
		[3] = "system.posix_acl_default",
		[4] = "trusted.",
		[6] = "security.",
	};

	return number < IB_COUNT(prefixes) ? prefixes[number] : NULL;
}

/* One entry at offset, which must end before end; returns where the next one begins. */
static int read_entry(struct reader *reader, const struct disk_inode *disk, struct ib_inode *inode,
		      uint64_t *offset, uint64_t end, struct ib_error *err)
{
	uint8_t head[EROFS_XATTR_ENTRY_BYTES];
	char name[UINT8_MAX + 1] = "";
	ib_autofree char *full = NULL;
	ib_autofree uint8_t *value = NULL;
	const char *prefix = NULL;
	size_t size = 0;
	uint64_t bytes = 0;

	IB_TRY(ib_reader_get(reader, head, sizeof(head), *offset, err));
	size = ib_get_le16(head + 2);
	bytes = (sizeof(head) + head[0] + size + 3) & ~(uint64_t)3;
	prefix = prefix_of(head[1]);
	if (!prefix || *offset + bytes > end)
		return fail_inode(reader, disk->nid, "has an attribute that makes no sense", err);
	if (reader->xattr_bytes_left < bytes)
		return ib_fail(err, IB_LIMIT, "'%s' has too many attributes", reader->image->name);
	reader->xattr_bytes_left -= bytes;
	value = ib_alloc(size + 1);
	IB_TRY(ib_reader_get(reader, name, head[0], *offset + sizeof(head), err));
	IB_TRY(ib_reader_get(reader, value, size, *offset + sizeof(head) + head[0], err));
	if (strlen(name) != head[0])
		return fail_inode(reader, disk->nid, "has an attribute with a NUL in its name",
				  err);
	full = ib_strf("%s%s", prefix, name);
	ib_inode_set_xattr(reader->tree, inode, full, value, size);
	*offset += bytes;
	return 0;
}

static int read_shared(struct reader *reader, const struct disk_inode *disk, struct ib_inode *inode,
		       uint64_t offset, struct ib_error *err)
{
	uint8_t id[4];
	uint64_t entry = 0;

	IB_TRY(ib_reader_get(reader, id, sizeof(id), offset, err));
	entry = reader->shared_xattrs + (uint64_t)ib_get_le32(id) * 4;
	return read_entry(reader, disk, inode, &entry, reader->size, err);
}

int ib_reader_xattrs(struct reader *reader, const struct disk_inode *disk, struct ib_inode *inode,
		     struct ib_error *err)
{
	uint8_t head[EROFS_XATTR_HEADER_BYTES];
	uint64_t offset = disk->xattr_offset + sizeof(head);
	unsigned i = 0;

	if (disk->extra_offset == disk->xattr_offset)
		return 0;
	IB_TRY(ib_reader_get(reader, head, sizeof(head), disk->xattr_offset, err));
	if (offset + (uint64_t)head[4] * 4 > disk->extra_offset)
		return fail_inode(reader, disk->nid, "has attributes beyond its own", err);
	for (i = 0; i < head[4]; i++, offset += 4)
		IB_TRY(read_shared(reader, disk, inode, offset, err));
	while (offset < disk->extra_offset)
		IB_TRY(read_entry(reader, disk, inode, &offset, disk->extra_offset, err));
	return 0;
}
