/* SPDX-License-Identifier: Apache-2.0 */
/* Directories: entries sorted by name, "." and ".." among them, as many to a block as fit. */
#include <string.h>
#include <sys/stat.h>

#include "image/writer.h"

struct entry {
	const char *name;
	size_t length;
	const struct ib_node *node;
};

static uint8_t type_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return EROFS_TYPE_DIRECTORY;
	case S_IFLNK:
		return EROFS_TYPE_LINK;
	case S_IFCHR:
		return EROFS_TYPE_CHARACTER;
	case S_IFBLK:
		return EROFS_TYPE_BLOCK;
	case S_IFIFO:
		return EROFS_TYPE_FIFO;
	case S_IFSOCK:
		return EROFS_TYPE_SOCKET;
	default:
		return EROFS_TYPE_REGULAR;
	}
}

/* The children with the two dots where they sort; the caller frees it. */
static struct entry *list_entries(const struct ib_node *node, size_t *ret_count)
{
	const struct entry dots[] = { { ".", 1, node },
				      { "..", 2, node->parent ? node->parent : node } };
	size_t count = node->child_count + IB_COUNT(dots);
	struct entry *entries = ib_alloc_array(count, sizeof(*entries));
	size_t child = 0;
	size_t dot = 0;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		if (dot < IB_COUNT(dots) &&
		    (child == node->child_count ||
		     strcmp(dots[dot].name, node->children[child]->name) < 0)) {
			entries[i] = dots[dot++];
			continue;
		}
		entries[i].node = node->children[child++];
		entries[i].name = entries[i].node->name;
		entries[i].length = strlen(entries[i].name);
	}
	*ret_count = count;
	return entries;
}

static size_t count_that_fit(const struct entry *entries, size_t count)
{
	size_t bytes = 0;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		bytes += EROFS_DIRENT_BYTES + entries[i].length;
		if (bytes > EROFS_BLOCK)
			break;
	}
	return i;
}

static void put_block(const struct plan *plan, const struct entry *entries, size_t count,
		      bool is_real, struct ib_buffer *out)
{
	size_t name = count * EROFS_DIRENT_BYTES;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		ib_buffer_put_le64(out, is_real ? ib_plan_nid(plan, entries[i].node) : 0);
		ib_buffer_put_le16(out, (uint16_t)name);
		ib_buffer_put_u8(out, type_of(entries[i].node->inode->mode));
		ib_buffer_put_u8(out, 0);
		name += entries[i].length;
	}
	for (i = 0; i < count; i++)
		ib_buffer_put(out, entries[i].name, entries[i].length);
}

size_t ib_directory_bound(const struct ib_node *node)
{
	/* a block holds at least 15 of the longest names */
	return (node->child_count / 15 + 2) * EROFS_BLOCK;
}

void ib_directory_put(const struct plan *plan, const struct ib_node *node, bool is_real,
		      struct ib_buffer *out)
{
	size_t count = 0;
	size_t at = 0;
	ib_autofree struct entry *entries = list_entries(node, &count);

	while (at < count) {
		size_t fit = count_that_fit(entries + at, count - at);

		ib_buffer_align(out, EROFS_BLOCK);
		put_block(plan, entries + at, fit, is_real, out);
		at += fit;
	}
}
