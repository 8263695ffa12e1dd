/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An overlay is read once, by directory descriptors and single names, so that
 * nothing which changes meanwhile can lead out of its folder. How it was checked
 * out (modes, owners, times, order) reaches neither tree nor digest.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "tree/internal.h"

#define MAX_TABLE_BYTES   ((size_t)1 << 20)
#define MAX_OVERLAY_BYTES ((size_t)256 << 20)
#define MAX_DEPTH         100

struct table_row {
	char *path; /* normalised */
	uint32_t mode;
	char *user;
	char *group;
	bool has_capabilities;
	uint8_t capabilities[IB_CAPABILITIES_XATTR_SIZE];
	unsigned line;
	bool makes_directory; /* the path ended in a slash */
	bool used;
};

struct overlay {
	struct ib_tree *tree;
	const char *name;
	const char *table_path;
	struct ib_digest *digest;
	struct table_row *rows;
	size_t row_count;
	size_t bytes_left;
};

/* ---- the table ---- */

static void free_rows(struct overlay *overlay)
{
	size_t i = 0;

	for (i = 0; i < overlay->row_count; i++) {
		ib_free(overlay->rows[i].path);
		ib_free(overlay->rows[i].user);
		ib_free(overlay->rows[i].group);
	}
	ib_free(overlay->rows);
}

static bool parse_mode(const char *text, uint32_t *ret_mode)
{
	char *end = NULL;
	unsigned long mode = strtoul(text, &end, 8);

	if (text[0] < '0' || text[0] > '7' || *end || mode > 07777)
		return false;
	*ret_mode = (uint32_t)mode;
	return true;
}

static struct table_row *find_row(const struct overlay *overlay, const char *path)
{
	size_t i = 0;

	for (i = 0; i < overlay->row_count; i++)
		if (!strcmp(overlay->rows[i].path, path))
			return &overlay->rows[i];
	return NULL;
}

/* The fifth column and what stands behind it: cap_from_text(3) separates clauses by blanks. */
static int parse_capabilities(const struct overlay *overlay, const struct ib_strings *words,
			      struct table_row *row, struct ib_error *err)
{
	const struct ib_strings rest = { words->items + 4, words->count - 4 };
	ib_autofree char *text = NULL;

	if (!rest.count)
		return 0;
	text = ib_strings_join(&rest, " ");
	if (ib_capabilities_to_xattr(text, row->capabilities, err) < 0)
		return ib_error_prefix(err, "%s:%u", overlay->table_path, row->line);
	row->has_capabilities = true;
	return 0;
}

static int parse_row(struct overlay *overlay, const char *line, unsigned number,
		     struct ib_error *err)
{
	IB_AUTO_STRINGS(words);
	struct table_row row = { .line = number };
	ib_autofree char *path = NULL;

	ib_strings_split(&words, line, " \t\r");
	if (!words.count || words.items[0][0] == '#')
		return 0;
	if (words.count < 4)
		return ib_fail(err, IB_INPUT, "%s:%u: expected PATH MODE USER GROUP [CAPABILITIES]",
			       overlay->table_path, number);
	if (!parse_mode(words.items[1], &row.mode))
		return ib_fail(err, IB_INPUT, "%s:%u: '%s' is not an octal mode up to 7777",
			       overlay->table_path, number, words.items[1]);
	if (*words.items[0] != '/')
		return ib_fail(err, IB_INPUT, "%s:%u: '%s' is no path from the root of the image",
			       overlay->table_path, number, words.items[0]);
	path = ib_path_normalize(words.items[0]);
	if (find_row(overlay, path))
		return ib_fail(err, IB_INPUT, "%s:%u: '%s' stands in the table twice",
			       overlay->table_path, number, path);
	IB_TRY(parse_capabilities(overlay, &words, &row, err));
	row.makes_directory = ib_str_ends(words.items[0], "/");
	row.path = ib_take(path);
	row.user = ib_strdup(words.items[2]);
	row.group = ib_strdup(words.items[3]);
	ib_grow(overlay->rows, overlay->row_count);
	overlay->rows[overlay->row_count++] = row;
	return 0;
}

static int read_table(struct overlay *overlay, struct ib_error *err)
{
	ib_autofree char *text = NULL;
	char *line = NULL;
	unsigned number = 1;

	if (!overlay->table_path)
		return 0;
	IB_TRY(ib_file_read_text(overlay->table_path, MAX_TABLE_BYTES, &text, err));
	for (line = text; *line; number++) {
		char *end = line + strcspn(line, "\n");
		bool is_last = !*end;

		*end = '\0';
		IB_TRY(parse_row(overlay, line, number, err));
		line = is_last ? end : end + 1;
	}
	return 0;
}

/* ---- what enters tree and digest ---- */

/* Every field ends with a NUL, so that no two overlays read alike. */
static void digest_entry(struct overlay *overlay, const struct ib_tree_entry *entry,
			 bool has_own_mode)
{
	ib_autofree char *mode = ib_strf("%c%04o",
					 S_ISDIR(entry->mode)   ? 'd'
					 : S_ISLNK(entry->mode) ? 'l'
								: 'f',
					 has_own_mode ? (unsigned)entry->mode & 07777 : 0U);
	const char *const fields[] = { entry->path, mode, entry->user, entry->group,
				       entry->link ? entry->link : "" };
	char content[65];
	size_t i = 0;

	for (i = 0; i < IB_COUNT(fields); i++)
		ib_digest_update(overlay->digest, fields[i], strlen(fields[i]) + 1);
	ib_sha256_hex(entry->data ? entry->data : "", entry->size, content);
	ib_digest_update(overlay->digest, content, sizeof(content));
}

/* No path begins so: an overlay without capabilities has the digest that it always had. */
static void digest_capabilities(struct overlay *overlay, const struct table_row *row)
{
	char hex[2 * IB_CAPABILITIES_XATTR_SIZE + 1];

	ib_hex_write(row->capabilities, sizeof(row->capabilities), hex);
	ib_digest_update(overlay->digest, "capabilities", sizeof("capabilities"));
	ib_digest_update(overlay->digest, hex, sizeof(hex));
}

static int put_node(struct overlay *overlay, const struct ib_tree_entry *entry,
		    const struct table_row *row, struct ib_error *err)
{
	struct ib_node *node = NULL;

	if (!row || !row->has_capabilities)
		return ib_tree_put(overlay->tree, entry, NULL, err);
	if (!S_ISREG(entry->mode))
		return ib_fail(err, IB_INPUT,
			       "%s:%u: '%s' is no file, and has no capabilities therefore",
			       overlay->table_path, row->line, entry->path);
	digest_capabilities(overlay, row);
	IB_TRY(ib_tree_put(overlay->tree, entry, &node, err));
	ib_inode_set_xattr(overlay->tree, node->inode, "security.capability", row->capabilities,
			   sizeof(row->capabilities));
	return 0;
}

/*
 * A directory that is there already keeps mode and owner unless the table says
 * otherwise: an overlay that adds one file must not open up /root.
 */
static int put_entry(struct overlay *overlay, struct ib_tree_entry *entry, struct ib_error *err)
{
	struct table_row *row = find_row(overlay, entry->path);
	bool is_plain_directory = S_ISDIR(entry->mode) && !row;
	const struct ib_node *there = NULL;

	entry->user = row ? row->user : "root";
	entry->group = row ? row->group : "root";
	entry->origin = (struct ib_origin){ IB_ORIGIN_OVERLAY, overlay->name };
	if (row) {
		row->used = true;
		entry->mode = (entry->mode & S_IFMT) | row->mode;
	}
	digest_entry(overlay, entry, !is_plain_directory && !S_ISLNK(entry->mode));
	if (is_plain_directory)
		there = ib_tree_find_target(overlay->tree, entry->path);
	if (there && ib_node_is_directory(there) && there->inode->origin.kind != IB_ORIGIN_NONE)
		return 0;
	return put_node(overlay, entry, row, err);
}

/* Nobody means a file to stand where /bin or /usr/lib was, and an image with it does not work. */
static int check_type(const struct overlay *overlay, const struct ib_tree_entry *entry,
		      struct ib_error *err)
{
	const struct ib_node *there = NULL;

	if (!S_ISREG(entry->mode))
		return 0;
	there = ib_tree_find_target(overlay->tree, entry->path);
	if (!there || !ib_node_is_directory(there) || there->inode->origin.kind == IB_ORIGIN_NONE)
		return 0;
	(void)ib_fail(err, IB_INPUT, "the overlay has a file '%s' where a folder is", entry->path);
	ib_error_hint(err,
		      "Give the file another name, or make it a folder with what belongs there.");
	return -IB_INPUT;
}

/* ---- the folder ---- */

static int read_folder(struct overlay *overlay, int fd, const char *path, unsigned depth,
		       struct ib_error *err);

static int read_regular(struct overlay *overlay, int fd, const char *path, struct ib_error *err)
{
	struct ib_tree_entry entry = { .path = path, .mode = S_IFREG | 0644 };
	IB_AUTO_BUFFER(content, overlay->bytes_left + 1);
	struct stat st;

	if (fstat(fd, &st))
		return ib_fail_errno(err, errno, "could not examine '%s'", path);
	if (!S_ISREG(st.st_mode))
		return ib_fail(err, IB_INPUT, "'%s' changed while it was read", path);
	if ((uint64_t)st.st_size > overlay->bytes_left)
		return ib_fail(err, IB_LIMIT, "the overlay holds more than %zu bytes",
			       MAX_OVERLAY_BYTES);
	ib_buffer_reserve(&content, (size_t)st.st_size + 1);
	IB_TRY(ib_fd_read_at(fd, content.data, (size_t)st.st_size, 0, path, err));
	overlay->bytes_left -= (size_t)st.st_size;
	if (st.st_mode & S_IXUSR)
		entry.mode = S_IFREG | 0755;
	entry.data = content.data;
	entry.size = (size_t)st.st_size;
	IB_TRY(check_type(overlay, &entry, err));
	return put_entry(overlay, &entry, err);
}

/* Counted from the folder itself: how deep the link lies, and how far its target climbs. */
static bool leads_out(const char *path, const char *target)
{
	long depth = -1;
	const char *at = NULL;

	if (*target == '/')
		return false; /* from the image's root, wherever that is */
	for (at = path; *at; at++)
		depth += *at == '/';
	for (at = target; *at;) {
		size_t length = 0;

		at += strspn(at, "/");
		length = strcspn(at, "/");
		if (length == 2 && !memcmp(at, "..", 2))
			depth--;
		else if (length && !(length == 1 && *at == '.'))
			depth++;
		if (depth < 0)
			return true;
		at += length;
	}
	return false;
}

static int read_link(struct overlay *overlay, int directory, const char *name, const char *path,
		     struct ib_error *err)
{
	struct ib_tree_entry entry = { .path = path, .mode = S_IFLNK | 0777 };
	char target[IB_MAX_PATH_BYTES + 2] = "";
	ssize_t size = readlinkat(directory, name, target, sizeof(target) - 1);

	if (size < 0)
		return ib_fail_errno(err, errno, "could not read link '%s'", path);
	if (size > IB_MAX_PATH_BYTES)
		return ib_fail(err, IB_LIMIT, "the target of '%s' is longer than %d bytes", path,
			       IB_MAX_PATH_BYTES);
	if (leads_out(path, target))
		return ib_fail(err, IB_INPUT, "symbolic link '%s' leads out of the overlay: '%s'",
			       path, target);
	entry.link = target;
	return put_entry(overlay, &entry, err);
}

static int read_directory(struct overlay *overlay, int fd, const char *path, unsigned depth,
			  struct ib_error *err)
{
	struct ib_tree_entry entry = { .path = path, .mode = S_IFDIR | 0755 };

	if (depth > MAX_DEPTH)
		return ib_fail(err, IB_LIMIT, "'%s' lies more than %d folders deep", path,
			       MAX_DEPTH);
	IB_TRY(put_entry(overlay, &entry, err));
	return read_folder(overlay, fd, path, depth, err);
}

static int read_entry(struct overlay *overlay, int directory, const char *name, const char *path,
		      unsigned depth, struct ib_error *err)
{
	ib_autoclose int fd = -1;
	struct stat st;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW))
		return ib_fail_errno(err, errno, "could not examine '%s'", path);
	if (S_ISLNK(st.st_mode))
		return read_link(overlay, directory, name, path, err);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return ib_fail(err, IB_INPUT, "'%s' is neither file, directory nor symbolic link",
			       path);
	fd = openat(directory, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC |
			    (S_ISDIR(st.st_mode) ? O_DIRECTORY : 0));
	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	if (S_ISDIR(st.st_mode))
		return read_directory(overlay, fd, path, depth + 1, err);
	return read_regular(overlay, fd, path, err);
}

static int list_names(int fd, const char *path, struct ib_strings *names, struct ib_error *err)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry = NULL;

	if (!directory)
		return ib_fail_errno(err, errno, "could not read folder '%s'", path);
	errno = 0;
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ib_strings_add(names, entry->d_name);
	closedir(directory);
	if (errno)
		return ib_fail_errno(err, errno, "could not read folder '%s'", path);
	ib_strings_sort_unique(names);
	return 0;
}

static int read_folder(struct overlay *overlay, int fd, const char *path, unsigned depth,
		       struct ib_error *err)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	IB_TRY(list_names(fd, path, &names, err));
	for (i = 0; i < names.count; i++) {
		ib_autofree char *inner = ib_path_join(path, names.items[i]);

		IB_TRY(read_entry(overlay, fd, names.items[i], inner, depth, err));
	}
	return 0;
}

static int add_remaining_rows(struct overlay *overlay, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < overlay->row_count; i++) {
		struct table_row *row = &overlay->rows[i];
		struct ib_tree_entry entry = { .path = row->path, .mode = S_IFDIR | 0755 };

		if (row->used)
			continue;
		if (!row->makes_directory) {
			ib_fail(err, IB_INPUT, "%s:%u: '%s' is not in the overlay",
				overlay->table_path, row->line, row->path);
			ib_error_hint(err, "Write '%s/' if the table is to make this directory.",
				      row->path);
			return -IB_INPUT;
		}
		IB_TRY(put_entry(overlay, &entry, err));
	}
	return 0;
}

static int read_all(struct overlay *overlay, const char *folder, struct ib_error *err)
{
	ib_autoclose int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open folder '%s'", folder);
	IB_TRY(read_table(overlay, err));
	IB_TRY(read_folder(overlay, fd, "/", 0, err));
	return add_remaining_rows(overlay, err);
}

int ib_tree_add_overlay(struct ib_tree *tree, const char *name, const char *folder,
			const char *table_path, uint8_t ret_sha256[32], struct ib_error *err)
{
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	struct overlay overlay = {
		.tree = tree,
		.name = name,
		.table_path = table_path,
		.digest = digest,
		.bytes_left = MAX_OVERLAY_BYTES,
	};
	uint8_t value[IB_DIGEST_MAX_SIZE];
	int r = read_all(&overlay, folder, err);

	free_rows(&overlay);
	if (r < 0)
		return ib_error_prefix(err, "overlay '%s'", name);
	ib_digest_final(digest, value);
	memcpy(ret_sha256, value, IB_SHA256_SIZE);
	return 0;
}
