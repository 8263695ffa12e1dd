/* SPDX-License-Identifier: Apache-2.0 */
/* Directories become nodes, from the root on; then the crew reads all contents. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "image/inode_digests.h"
#include "image/reader.h"

#define DEFAULT_PATHS       ((uint64_t)4 << 20)
#define MAX_BYTES           ((uint64_t)1 << 40)
#define MAX_EXPANSION       2048U
#define MAX_XATTR_BYTES     ((uint64_t)256 << 20)
#define MAX_DIRECTORY_BYTES ((uint64_t)1 << 30)
#define MAX_DEPTH           1000U
#define MAX_TARGET_BYTES    4095U
#define MAX_NAME_BYTES      255U
#define QUEUE_LENGTH        64

/* A directory whose entries are still to be read. */
struct pending {
	struct ib_node *node;
	struct disk_inode disk;
	uint64_t parent; /* nid */
	unsigned depth;
};

/* A content that is still to be read, and the job that does. */
struct reading {
	const struct reader *reader;
	struct ib_inode *inode;
	struct disk_inode disk;
	struct ib_digest *sha256;
	struct ib_digest *sha1;
	bool failed;
	struct ib_error err;
};

struct listing {
	struct reader *reader;
	struct pending *directories;
	size_t directory_count;
	struct reading *files;
	size_t file_count;

	/* the directory that is being read */
	struct pending current;
	struct ib_buffer last_name;
	bool has_dot, has_dots;
	uint64_t number; /* of the block */
};

static int fail_directory(const struct listing *listing, const char *what, struct ib_error *err)
{
	return ib_fail(err, IB_INPUT, "directory inode %" PRIu64 " of '%s' %s",
		       listing->current.disk.nid, listing->reader->image->name, what);
}

/* ---- inodes ---- */

static int append(void *context, const void *data, size_t size, struct ib_error *err)
{
	(void)err;
	ib_buffer_put(context, data, size);
	return 0;
}

static int read_link(struct reader *reader, const struct disk_inode *disk, struct ib_inode *inode,
		     struct ib_error *err)
{
	IB_AUTO_BUFFER(target, MAX_TARGET_BYTES + 1);

	if (!disk->size || disk->size > MAX_TARGET_BYTES ||
	    (disk->layout != EROFS_LAYOUT_PLAIN && disk->layout != EROFS_LAYOUT_INLINE))
		return ib_fail(err, IB_INPUT,
			       "the target of symbolic link inode %" PRIu64
			       " of '%s' makes no sense",
			       disk->nid, reader->image->name);
	IB_TRY(ib_reader_flat(reader, disk, append, &target, err));
	if (memchr(target.data, '\0', target.size))
		return ib_fail(err, IB_INPUT,
			       "the target of symbolic link inode %" PRIu64 " of '%s' holds a NUL",
			       disk->nid, reader->image->name);
	inode->link = ib_arena_strdup(ib_tree_arena(reader->tree), ib_buffer_text(&target));
	inode->size = disk->size;
	return 0;
}

/* As the kernel's new_decode_dev(). */
static void decode_device(uint32_t word, struct ib_inode *inode)
{
	inode->rdev_major = (word & 0xfff00) >> 8;
	inode->rdev_minor = (word & 0xff) | (word >> 12 & 0xfff00);
}

static int note_file(struct listing *listing, const struct disk_inode *disk, struct ib_inode *inode,
		     struct ib_error *err)
{
	struct reader *reader = listing->reader;

	if (disk->size > reader->bytes_left)
		return ib_fail(err, IB_LIMIT, "'%s' holds more content than is read",
			       reader->image->name);
	reader->bytes_left -= disk->size;
	inode->size = disk->size;
	inode->content = disk->size ? IB_CONTENT_ABSENT : IB_CONTENT_EMPTY;
	ib_grow(listing->files, listing->file_count);
	listing->files[listing->file_count++] =
		(struct reading){ .reader = reader, .inode = inode, .disk = *disk };
	return 0;
}

static int fill_inode(struct listing *listing, const struct disk_inode *disk,
		      struct ib_inode *inode, struct ib_error *err)
{
	struct reader *reader = listing->reader;

	inode->mode = disk->mode;
	inode->uid = disk->uid;
	inode->gid = disk->gid;
	inode->mtime = disk->mtime;
	inode->number = disk->links; /* kept here until all names are there */
	IB_TRY(ib_reader_xattrs(reader, disk, inode, err));
	switch (disk->mode & S_IFMT) {
	case S_IFREG:
		return note_file(listing, disk, inode, err);
	case S_IFLNK:
		return read_link(reader, disk, inode, err);
	case S_IFCHR:
	case S_IFBLK:
		decode_device(disk->word, inode);
		return 0;
	default:
		return 0;
	}
}

/* ---- entries ---- */

static int add_directory(struct listing *listing, struct ib_node *node,
			 const struct disk_inode *disk, struct ib_error *err)
{
	struct pending pending = { node, *disk, listing->current.disk.nid,
				   listing->current.depth + 1 };

	if (pending.depth > MAX_DEPTH)
		return ib_fail(err, IB_LIMIT, "'%s' has directories more than %u deep",
			       listing->reader->image->name, MAX_DEPTH);
	ib_grow(listing->directories, listing->directory_count);
	listing->directories[listing->directory_count++] = pending;
	return 0;
}

static uint8_t type_of(uint32_t mode)
{
	static const uint8_t types[] = {
		[S_IFREG >> 12] = EROFS_TYPE_REGULAR,   [S_IFDIR >> 12] = EROFS_TYPE_DIRECTORY,
		[S_IFCHR >> 12] = EROFS_TYPE_CHARACTER, [S_IFBLK >> 12] = EROFS_TYPE_BLOCK,
		[S_IFIFO >> 12] = EROFS_TYPE_FIFO,      [S_IFSOCK >> 12] = EROFS_TYPE_SOCKET,
		[S_IFLNK >> 12] = EROFS_TYPE_LINK,
	};

	return types[(mode & S_IFMT) >> 12];
}

static int add_entry(struct listing *listing, uint64_t nid, uint8_t type, const char *name,
		     struct ib_error *err)
{
	struct reader *reader = listing->reader;
	struct ib_inode *known = NULL;
	struct ib_node *node = NULL;
	struct disk_inode disk;
	char key[24];

	if (!reader->paths_left)
		return ib_fail(err, IB_LIMIT, "'%s' has more paths than are read",
			       reader->image->name);
	reader->paths_left--;
	snprintf(key, sizeof(key), "%" PRIu64, nid);
	known = ib_map_get(reader->inodes, key);
	IB_TRY(ib_reader_inode(reader, nid, &disk, err));
	if (type_of(disk.mode) != type)
		return fail_directory(listing, "gives an entry another type than its inode", err);
	if (known && S_ISDIR(known->mode))
		return fail_directory(listing, "leads to a directory that was reached before", err);
	node = ib_tree_add_name(reader->tree, listing->current.node, name, known, disk.mode);
	if (!node)
		return fail_directory(listing, "holds a name twice", err);
	if (known)
		return 0;
	ib_map_set(reader->inodes, key, node->inode);
	IB_TRY(fill_inode(listing, &disk, node->inode, err));
	return S_ISDIR(disk.mode) ? add_directory(listing, node, &disk, err) : 0;
}

/* The two dots are checked and left out. */
static int take_entry(struct listing *listing, uint64_t nid, uint8_t type, const char *name,
		      struct ib_error *err)
{
	struct ib_buffer *last = &listing->last_name;
	size_t length = strlen(name);

	if (!length || length > MAX_NAME_BYTES || strchr(name, '/'))
		return fail_directory(listing, "holds what is not a name", err);
	if (last->size && strcmp(ib_buffer_text(last), name) >= 0)
		return fail_directory(listing, "is not sorted", err);
	ib_buffer_clear(last);
	ib_buffer_puts(last, name);
	if (!strcmp(name, ".")) {
		listing->has_dot = nid == listing->current.disk.nid;
		return 0;
	}
	if (!strcmp(name, "..")) {
		listing->has_dots = nid == listing->current.parent;
		return 0;
	}
	return add_entry(listing, nid, type, name, err);
}

static int take_block(struct listing *listing, const uint8_t *block, size_t size,
		      struct ib_error *err)
{
	size_t names = size >= EROFS_DIRENT_BYTES ? ib_get_le16(block + 8) : 0;
	size_t count = names / EROFS_DIRENT_BYTES;
	size_t i = 0;

	if (!count || names % EROFS_DIRENT_BYTES || names > size)
		return fail_directory(listing, "has a block that makes no sense", err);
	for (i = 0; i < count; i++) {
		const uint8_t *entry = block + i * EROFS_DIRENT_BYTES;
		size_t start = ib_get_le16(entry + 8);
		size_t end = i + 1 < count ? ib_get_le16(entry + EROFS_DIRENT_BYTES + 8) : size;
		ib_autofree char *name = NULL;

		if (start < names || start >= end || end > size)
			return fail_directory(listing, "has a name outside its block", err);
		/* the last name of a block may be followed by zeros */
		name = ib_strndup((const char *)block + start, end - start);
		if (i + 1 < count && strlen(name) != end - start)
			return fail_directory(listing, "has a name with a NUL inside", err);
		IB_TRY(take_entry(listing, ib_get_le64(entry), entry[10], name, err));
	}
	return 0;
}

static int take_piece(void *context, const void *data, size_t size, struct ib_error *err)
{
	const uint8_t *bytes = data;

	while (size) {
		size_t now = IB_MIN(size, (size_t)EROFS_BLOCK);

		IB_TRY(take_block(context, bytes, now, err));
		bytes += now;
		size -= now;
	}
	return 0;
}

static int read_directory(struct listing *listing, const struct pending *pending,
			  struct ib_error *err)
{
	const struct disk_inode *disk = &pending->disk;

	listing->current = *pending;
	listing->has_dot = false;
	listing->has_dots = false;
	ib_buffer_clear(&listing->last_name);
	if (disk->layout != EROFS_LAYOUT_PLAIN && disk->layout != EROFS_LAYOUT_INLINE)
		return fail_directory(listing, "is compressed", err);
	if (disk->size > MAX_DIRECTORY_BYTES)
		return fail_directory(listing, "is too large", err);
	IB_TRY(ib_reader_flat(listing->reader, disk, take_piece, listing, err));
	if (!listing->has_dot || !listing->has_dots)
		return fail_directory(listing, "does not lead to itself and to its parent", err);
	return 0;
}

/* ---- contents ---- */

static int digest_piece(void *context, const void *data, size_t size, struct ib_error *err)
{
	const struct reading *reading = context;

	(void)err;
	ib_digest_update(reading->sha256, data, size);
	ib_digest_update(reading->sha1, data, size);
	return 0;
}

static int read_file(struct reading *reading, struct ib_error *err)
{
	IB_AUTO(ib_digest) sha256 = ib_digest_new("sha256");
	IB_AUTO(ib_digest) sha1 = ib_digest_new("sha1");

	reading->sha256 = sha256;
	reading->sha1 = sha1;
	IB_TRY(ib_reader_content(reading->reader, &reading->disk, digest_piece, reading, err));
	ib_inode_end_digests(reading->inode, sha256, sha1);
	return 0;
}

static void start_file(void *argument)
{
	struct reading *reading = argument;

	reading->failed = read_file(reading, &reading->err) < 0;
}

static int read_files(struct listing *listing, size_t threads, struct ib_error *err)
{
	IB_AUTO(ib_threads) crew = ib_threads_new(threads, QUEUE_LENGTH);
	bool failed = false;
	size_t i = 0;

	for (i = 0; i < listing->file_count; i++)
		ib_threads_add(crew, start_file, &listing->files[i]);
	ib_threads_wait(crew);
	for (i = 0; i < listing->file_count; i++) {
		struct reading *reading = &listing->files[i];

		if (reading->failed && !failed) {
			failed = true;
			*err = reading->err;
		} else {
			ib_error_clear(&reading->err);
		}
	}
	return failed ? -(int)err->kind : 0;
}

/* ---- all of it ---- */

static int restore_links(void *context, struct ib_node *node, struct ib_error *err)
{
	(void)context, (void)err;
	node->inode->link_count = (uint32_t)node->inode->number;
	return 0;
}

static int read_root(struct listing *listing, struct ib_error *err)
{
	struct reader *reader = listing->reader;
	struct ib_node *root = ib_tree_root(reader->tree);
	struct disk_inode disk;
	char key[24];

	IB_TRY(ib_reader_inode(reader, reader->root, &disk, err));
	if (!S_ISDIR(disk.mode))
		return ib_fail(err, IB_INPUT, "the root of '%s' is not a directory",
			       reader->image->name);
	snprintf(key, sizeof(key), "%" PRIu64, reader->root);
	ib_map_set(reader->inodes, key, root->inode);
	IB_TRY(fill_inode(listing, &disk, root->inode, err));
	listing->current.disk.nid = reader->root; /* its own parent */
	return add_directory(listing, root, &disk, err);
}

static int read_all(struct listing *listing, size_t threads, struct ib_error *err)
{
	size_t i = 0;

	IB_TRY(read_root(listing, err));
	for (i = 0; i < listing->directory_count; i++) {
		struct pending pending = listing->directories[i];

		IB_TRY(read_directory(listing, &pending, err));
	}
	IB_TRY(read_files(listing, threads, err));
	IB_TRY(ib_tree_walk(listing->reader->tree, restore_links, NULL, err));
	for (i = 0; i < listing->file_count; i++)
		listing->files[i].inode->number = listing->files[i].disk.nid;
	return 0;
}

int ib_erofs_read_tree(const struct ib_region *image, const struct ib_erofs_limits *limits,
		       struct ib_tree **ret_tree, struct ib_error *err)
{
	static const struct ib_erofs_limits none = { 0 };
	IB_AUTO(ib_map) inodes = ib_map_new();
	IB_AUTO(ib_tree) tree = NULL;
	struct reader reader = { .inodes = inodes, .xattr_bytes_left = MAX_XATTR_BYTES };
	struct listing listing = { .reader = &reader,
				   .last_name = IB_BUFFER_INIT(MAX_NAME_BYTES + 1) };
	int r = 0;

	limits = limits ? limits : &none;
	IB_TRY(ib_reader_open(&reader, image, err));
	tree = ib_tree_new(reader.build_time);
	reader.tree = tree;
	reader.paths_left = limits->paths ? limits->paths : DEFAULT_PATHS;
	reader.bytes_left = limits->bytes;
	if (!reader.bytes_left)
		reader.bytes_left = IB_MIN(reader.size * MAX_EXPANSION, MAX_BYTES);
	r = read_all(&listing, limits->threads, err);
	ib_buffer_done(&listing.last_name);
	ib_free(listing.directories);
	ib_free(listing.files);
	IB_TRY(r);
	*ret_tree = ib_take(tree);
	return 0;
}
