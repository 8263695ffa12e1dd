/* SPDX-License-Identifier: Apache-2.0 */
/* The listing, written. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "tree/internal.h"

/* The longest line apart from names, targets and xattrs. */
#define FIXED_LINE_BYTES 512

struct writing {
	struct ib_buffer *out;
	struct ib_map *first_names; /* inode's address in hex → its first node */
};

static void put_escaped(struct ib_buffer *out, const char *text, bool is_xattr)
{
	for (; *text; text++) {
		uint8_t byte = (uint8_t)*text;

		if (byte < 0x20 || byte > 0x7e || byte == '\\' ||
		    (is_xattr && (byte == ',' || byte == '=')))
			ib_buffer_putf(out, "\\x%02x", byte);
		else
			ib_buffer_put_u8(out, byte);
	}
}

static char type_letter(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	default:
		return 'f';
	}
}

static void put_owner(struct ib_buffer *out, const char *name, uint32_t number)
{
	if (name)
		put_escaped(out, name, false);
	else
		ib_buffer_putf(out, "%" PRIu32, number);
	ib_buffer_put_u8(out, '\t');
}

static void put_digest(struct ib_buffer *out, const struct ib_inode *inode)
{
	char hex[65] = "-";

	if (inode->has_sha256)
		ib_hex_write(inode->sha256, sizeof(inode->sha256), hex);
	else if (inode->content == IB_CONTENT_BUFFER)
		ib_sha256_hex(inode->data, inode->size, hex);
	else if (!inode->size)
		ib_sha256_hex("", 0, hex);
	ib_buffer_puts(out, hex);
}

static void put_what(struct ib_buffer *out, const struct ib_inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		put_digest(out, inode);
		break;
	case S_IFLNK:
		put_escaped(out, inode->link, false);
		break;
	case S_IFCHR:
	case S_IFBLK:
		ib_buffer_putf(out, "%" PRIu32 ":%" PRIu32, inode->rdev_major, inode->rdev_minor);
		break;
	default:
		ib_buffer_put_u8(out, '-');
		break;
	}
}

static void put_xattrs(struct ib_buffer *out, const struct ib_inode *inode)
{
	size_t i = 0;

	if (!inode->xattr_count)
		ib_buffer_put_u8(out, '-');
	for (i = 0; i < inode->xattr_count; i++) {
		ib_autofree char *hex = ib_hex(inode->xattrs[i].value, inode->xattrs[i].size);

		if (i)
			ib_buffer_put_u8(out, ',');
		put_escaped(out, inode->xattrs[i].name, true);
		ib_buffer_putf(out, "=%s", hex);
	}
}

static void put_origin(struct ib_buffer *out, const struct ib_origin *origin)
{
	static const char *const kinds[] = {
		[IB_ORIGIN_PACKAGE] = "package",
		[IB_ORIGIN_OVERLAY] = "overlay",
		[IB_ORIGIN_GENERATOR] = "generator",
	};

	if (origin->kind == IB_ORIGIN_NONE) {
		ib_buffer_put_u8(out, '-');
		return;
	}
	ib_buffer_putf(out, "%s:", kinds[origin->kind]);
	put_escaped(out, origin->name, false);
}

static size_t line_bound(const char *path, const char *first, const struct ib_inode *inode)
{
	size_t bound = FIXED_LINE_BYTES + 4 * strlen(path);
	size_t i = 0;

	bound += first ? 4 * strlen(first) : 0;
	bound += inode->link ? 4 * strlen(inode->link) : 0;
	bound += inode->origin.name ? 4 * strlen(inode->origin.name) : 0;
	bound += inode->user ? 4 * strlen(inode->user) : 0;
	bound += inode->group ? 4 * strlen(inode->group) : 0;
	for (i = 0; i < inode->xattr_count; i++)
		bound += 4 * strlen(inode->xattrs[i].name) + 2 * inode->xattrs[i].size + 2;
	return bound;
}

/* The node that had this inode before, or NULL after noting that node is the first. */
static struct ib_node *first_name(struct writing *writing, struct ib_node *node)
{
	ib_autofree char *key = NULL;
	struct ib_node *first = NULL;

	if (ib_node_is_directory(node) || node->inode->link_count < 2)
		return NULL;
	key = ib_strf("%p", (void *)node->inode);
	first = ib_map_get(writing->first_names, key);
	if (!first)
		ib_map_set(writing->first_names, key, node);
	return first;
}

static int write_line(void *context, struct ib_node *node, struct ib_error *err)
{
	struct writing *writing = context;
	struct ib_buffer *out = writing->out;
	const struct ib_inode *inode = node->inode;
	const struct ib_node *first = first_name(writing, node);
	ib_autofree char *path = ib_node_path(node);
	ib_autofree char *first_path = first ? ib_node_path(first) : NULL;

	if (ib_buffer_room(out) < line_bound(path, first_path, inode))
		return ib_fail(err, IB_LIMIT, "the listing is larger than %zu bytes",
			       out->max_size);
	put_escaped(out, path, false);
	ib_buffer_putf(out, "\t%c\t%04o\t", first ? 'h' : type_letter(inode->mode),
		       (unsigned)inode->mode & 07777);
	put_owner(out, inode->user, inode->uid);
	put_owner(out, inode->group, inode->gid);
	ib_buffer_putf(out, "%" PRIu64 "\t%" PRId64 "\t%" PRIu32 "\t",
		       ib_node_is_directory(node) ? 0 : inode->size, inode->mtime,
		       inode->link_count);
	if (first_path)
		put_escaped(out, first_path, false);
	else
		put_what(out, inode);
	ib_buffer_put_u8(out, '\t');
	put_xattrs(out, inode);
	ib_buffer_put_u8(out, '\t');
	put_origin(out, &inode->origin);
	ib_buffer_put_u8(out, '\n');
	return 0;
}

int ib_tree_write_listing(const struct ib_tree *tree, struct ib_buffer *out, struct ib_error *err)
{
	IB_AUTO(ib_map) first_names = ib_map_new();
	struct writing writing = { out, first_names };

	return ib_tree_walk(tree, write_line, &writing, err);
}
