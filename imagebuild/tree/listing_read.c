/* SPDX-License-Identifier: Apache-2.0 */
/* The listing, read. Its lines may come from anywhere, so everything is checked. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tree/internal.h"

enum field {
	PATH,
	TYPE,
	MODE,
	UID,
	GID,
	SIZE,
	MTIME,
	LINKS,
	WHAT,
	XATTRS,
	ORIGIN,
	FIELD_COUNT,
};

struct reading {
	struct ib_tree *tree;
	unsigned line;
	char *fields[FIELD_COUNT]; /* inside one copy of the line */
};

static int refuse(const struct reading *reading, enum field field, const char *what,
		  struct ib_error *err)
{
	return ib_fail(err, IB_INPUT, "line %u: '%s' is not %s", reading->line,
		       reading->fields[field], what);
}

/* Turns \xHH into bytes, in place; false for any other use of a backslash. */
static bool unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		uint8_t byte = 0;
		char digits[3] = "";

		if (*text != '\\') {
			*to++ = *text;
			continue;
		}
		if (text[1] != 'x' || !text[2] || !text[3])
			return false;
		memcpy(digits, text + 2, 2);
		if (!ib_hex_read(digits, &byte, 1) || !byte)
			return false;
		*to++ = (char)byte;
		text += 3;
	}
	*to = '\0';
	return true;
}

static int split_line(struct reading *reading, char *line, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < FIELD_COUNT; i++) {
		reading->fields[i] = line;
		line += strcspn(line, "\t");
		if (!*line != (i == FIELD_COUNT - 1)) {
			ib_fail(err, IB_INPUT, "line %u: expected %d fields between tabs",
				reading->line, FIELD_COUNT);
			return -IB_INPUT; /* plain to the analyzer: not all fields are set */
		}
		if (*line)
			*line++ = '\0';
	}
	for (i = 0; i < FIELD_COUNT; i++)
		if (i != XATTRS && !unescape(reading->fields[i]))
			return ib_fail(err, IB_INPUT, "line %u: a backslash without xHH",
				       reading->line);
	return 0;
}

static int read_type(const struct reading *reading, uint32_t *ret_mode, struct ib_error *err)
{
	static const char letters[] = "fdlcbps";
	static const uint32_t types[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR,
					  S_IFBLK, S_IFIFO, S_IFSOCK };
	const char *text = reading->fields[TYPE];
	const char *mode = reading->fields[MODE];
	const char *found = strlen(text) == 1 ? strchr(letters, *text) : NULL;

	if (!found)
		return refuse(reading, TYPE, "one of f, d, l, c, b, p, s, h", err);
	if (!*mode || strlen(mode) > 4 || mode[strspn(mode, "01234567")])
		return refuse(reading, MODE, "an octal mode", err);
	*ret_mode = types[found - letters] | (uint32_t)strtoul(mode, NULL, 8);
	return 0;
}

static int read_number(const struct reading *reading, enum field field, uint64_t max,
		       uint64_t *ret_value, struct ib_error *err)
{
	if (!ib_str_to_u64(reading->fields[field], max, ret_value))
		return refuse(reading, field, "a number that fits", err);
	return 0;
}

static int read_owner(const struct reading *reading, enum field field, uint32_t *ret_number,
		      const char **ret_name, struct ib_error *err)
{
	const char *text = reading->fields[field];
	uint64_t number = 0;

	if (*text < '0' || *text > '9') {
		*ret_name = ib_tree_intern(reading->tree, text);
		return *text ? 0 : refuse(reading, field, "an owner", err);
	}
	IB_TRY(read_number(reading, field, UINT32_MAX, &number, err));
	*ret_number = (uint32_t)number;
	return 0;
}

static int read_device(const struct reading *reading, struct ib_inode *inode, struct ib_error *err)
{
	ib_autofree char *copy = ib_strdup(reading->fields[WHAT]);
	char *colon = strchr(copy, ':');
	uint64_t major = 0;
	uint64_t minor = 0;

	if (!colon)
		return refuse(reading, WHAT, "MAJOR:MINOR", err);
	*colon = '\0';
	if (!ib_str_to_u64(copy, 0xfff, &major) || !ib_str_to_u64(colon + 1, 0xfffff, &minor))
		return refuse(reading, WHAT, "MAJOR:MINOR", err);
	inode->rdev_major = (uint32_t)major;
	inode->rdev_minor = (uint32_t)minor;
	return 0;
}

static int read_what(const struct reading *reading, struct ib_inode *inode, struct ib_error *err)
{
	const char *text = reading->fields[WHAT];

	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		inode->content = inode->size ? IB_CONTENT_ABSENT : IB_CONTENT_EMPTY;
		inode->has_sha256 = strcmp(text, "-") != 0;
		if (inode->has_sha256 && !ib_hex_read(text, inode->sha256, 32))
			return refuse(reading, WHAT, "a SHA-256 digest", err);
		return 0;
	case S_IFLNK:
		if (!*text || strlen(text) > IB_MAX_PATH_BYTES)
			return refuse(reading, WHAT, "a link's target", err);
		inode->link = ib_arena_strdup(reading->tree->arena, text);
		inode->size = strlen(text);
		return 0;
	case S_IFCHR:
	case S_IFBLK:
		return read_device(reading, inode, err);
	default:
		return strcmp(text, "-") ? refuse(reading, WHAT, "'-'", err) : 0;
	}
}

static int read_xattr(const struct reading *reading, struct ib_inode *inode, char *pair,
		      struct ib_error *err)
{
	char *value = strchr(pair, '=');
	size_t size = value ? strlen(value + 1) / 2 : 0;
	ib_autofree uint8_t *bytes = ib_alloc(size + 1);

	if (!value || value == pair || size > UINT16_MAX)
		return refuse(reading, XATTRS, "NAME=HEX", err);
	*value = '\0';
	if (!unescape(pair) || !ib_hex_read(value + 1, bytes, size))
		return refuse(reading, XATTRS, "NAME=HEX", err);
	ib_inode_set_xattr(reading->tree, inode, pair, bytes, size);
	return 0;
}

static int read_xattrs(const struct reading *reading, struct ib_inode *inode, struct ib_error *err)
{
	IB_AUTO_STRINGS(pairs);
	size_t i = 0;

	if (!strcmp(reading->fields[XATTRS], "-"))
		return 0;
	ib_strings_split(&pairs, reading->fields[XATTRS], ",");
	for (i = 0; i < pairs.count; i++)
		IB_TRY(read_xattr(reading, inode, pairs.items[i], err));
	return 0;
}

static int read_origin(const struct reading *reading, struct ib_origin *origin,
		       struct ib_error *err)
{
	static const char *const kinds[] = {
		[IB_ORIGIN_NONE] = "-",
		[IB_ORIGIN_PACKAGE] = "package:",
		[IB_ORIGIN_OVERLAY] = "overlay:",
		[IB_ORIGIN_GENERATOR] = "generator:",
	};
	const char *text = reading->fields[ORIGIN];
	size_t i = 0;

	if (!strcmp(text, "-"))
		return 0;
	for (i = IB_ORIGIN_PACKAGE; i < IB_COUNT(kinds); i++) {
		if (!ib_str_starts(text, kinds[i]))
			continue;
		origin->kind = (enum ib_origin_kind)i;
		origin->name = ib_tree_intern(reading->tree, text + strlen(kinds[i]));
		return 0;
	}
	return refuse(reading, ORIGIN, "KIND:NAME", err);
}

static int read_time(const struct reading *reading, int64_t *ret_time, struct ib_error *err)
{
	const char *text = reading->fields[MTIME];
	bool is_negative = *text == '-';
	uint64_t seconds = 0;

	if (!ib_str_to_u64(text + is_negative, INT64_MAX, &seconds))
		return refuse(reading, MTIME, "a time in seconds", err);
	*ret_time = is_negative ? -(int64_t)seconds : (int64_t)seconds;
	return 0;
}

static int read_owners(const struct reading *reading, struct ib_inode *inode, struct ib_error *err)
{
	IB_TRY(read_owner(reading, UID, &inode->uid, &inode->user, err));
	return read_owner(reading, GID, &inode->gid, &inode->group, err);
}

static int read_inode(const struct reading *reading, struct ib_inode *inode, struct ib_error *err)
{
	uint64_t number = 0;

	IB_TRY(read_type(reading, &inode->mode, err));
	IB_TRY(read_owners(reading, inode, err));
	IB_TRY(read_number(reading, SIZE, INT64_MAX, &inode->size, err));
	IB_TRY(read_time(reading, &inode->mtime, err));
	IB_TRY(read_number(reading, LINKS, UINT32_MAX, &number, err));
	inode->number = number; /* kept here until all names are counted */
	IB_TRY(read_what(reading, inode, err));
	IB_TRY(read_xattrs(reading, inode, err));
	return read_origin(reading, &inode->origin, err);
}

/* The directory that the path lies in, which a line before must have listed. */
static int find_parent(const struct reading *reading, struct ib_node **ret_directory,
		       const char **ret_name, struct ib_error *err)
{
	const char *path = reading->fields[PATH];
	ib_autofree char *parent = NULL;
	struct ib_node *directory = NULL;

	if (*path != '/' || !ib_path_is_inside(path + 1) || strlen(path) > IB_MAX_PATH_BYTES ||
	    strlen(ib_path_name(path)) > IB_MAX_NAME_BYTES)
		return refuse(reading, PATH, "an absolute path in its plain form", err);
	parent = ib_path_directory(path);
	directory = ib_tree_find(reading->tree, parent);
	if (!directory || !ib_node_is_directory(directory))
		return refuse(reading, PATH, "below a directory that was listed before", err);
	*ret_name = ib_path_name(path);
	*ret_directory = directory;
	return 0;
}

static int read_line(struct reading *reading, struct ib_error *err)
{
	struct ib_tree *tree = reading->tree;
	struct ib_inode *inode = NULL;
	struct ib_node *directory = NULL;
	const struct ib_node *first = NULL;
	const char *name = "";

	if (!strcmp(reading->fields[PATH], "/")) {
		if (strcmp(reading->fields[TYPE], "d") != 0 || reading->line != 1)
			return refuse(reading, TYPE, "the type of '/' in the first line", err);
		return read_inode(reading, tree->root->inode, err);
	}
	IB_TRY(find_parent(reading, &directory, &name, err));
	if (!strcmp(reading->fields[TYPE], "h")) {
		first = ib_tree_find(tree, reading->fields[WHAT]);
		if (!first || ib_node_is_directory(first))
			return refuse(reading, WHAT, "a file that was listed before", err);
		inode = first->inode;
	} else {
		inode = ib_inode_new(tree, S_IFREG);
		IB_TRY(read_inode(reading, inode, err));
	}
	if (!ib_tree_add_name(tree, directory, name, inode, 0))
		return refuse(reading, PATH, "listed for the first time", err);
	return 0;
}

/* The newest time is the tree's, so that finishing it clamps nothing. */
static int restore_links(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_tree *tree = context;

	(void)err;
	tree->mtime = IB_MAX(tree->mtime, node->inode->mtime);
	node->inode->link_count = (uint32_t)node->inode->number;
	return 0;
}

int ib_tree_read_listing(const char *text, struct ib_tree **ret_tree, struct ib_error *err)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(INT64_MIN);
	struct reading reading = { .tree = tree };

	while (*text) {
		size_t length = strcspn(text, "\n");
		ib_autofree char *line = ib_strndup(text, length);

		reading.line++;
		IB_TRY(split_line(&reading, line, err));
		IB_TRY(read_line(&reading, err));
		text += length + (text[length] == '\n');
	}
	if (!reading.line)
		return ib_fail(err, IB_INPUT, "the listing is empty");
	IB_TRY(ib_tree_walk(tree, restore_links, tree, err));
	*ret_tree = ib_take(tree);
	return 0;
}
