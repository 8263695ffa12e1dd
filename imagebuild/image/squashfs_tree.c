/* SPDX-License-Identifier: Apache-2.0 */
/* Directories become nodes, from the root on; then a crew reads all contents. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "image/inode_digests.h"
#include "image/squashfs_reader.h"

#define DEFAULT_PATHS    ((uint64_t)4 << 20)
#define MAX_BYTES        ((uint64_t)1 << 40)
#define MAX_EXPANSION    2048U
#define MAX_XATTR_BYTES  ((uint64_t)256 << 20)
#define MAX_DEPTH        1000U
#define MAX_TARGET_BYTES 4095U
#define MAX_NAME_BYTES   255U
#define QUEUE_LENGTH     64

/* A directory whose entries are still to be read. */
struct pending {
	struct ib_node *node;
	sqfs_inode_generic_t *inode; /* owned */
	unsigned depth;
};

/* A content that is still to be read, and the job that does. */
struct reading {
	struct listing *listing;
	struct ib_inode *inode;
	const sqfs_inode_generic_t *file;
	struct ib_digest *sha256;
	struct ib_digest *sha1;
	bool failed;
	struct ib_error err;
};

struct listing {
	struct squashfs_image *image;
	struct ib_tree *tree;
	struct ib_map *inodes; /* number → struct ib_inode */
	sqfs_dir_reader_t *entries;
	sqfs_id_table_t *owners;
	sqfs_xattr_reader_t *xattrs; /* NULL: there are none */
	uint64_t paths_left, bytes_left, xattr_bytes_left;

	struct pending *directories;
	size_t directory_count;
	struct reading *files;
	size_t file_count;
	struct ib_pool *views;

	struct pending current; /* the directory that is being read */
	char last_name[MAX_NAME_BYTES + 1];
};

static struct squashfs_file *file_of(const struct listing *listing)
{
	return &listing->image->view.file;
}

static int fail_directory(const struct listing *listing, const char *what, struct ib_error *err)
{
	return ib_fail(err, IB_INPUT, "directory inode %" PRIu32 " of '%s' %s",
		       listing->current.inode ? listing->current.inode->base.inode_number : 0,
		       listing->image->region.name, what);
}

/* ---- inodes ---- */

static int take_xattr(struct listing *listing, struct ib_inode *inode, struct ib_error *err)
{
	sqfs_xattr_entry_t *key = NULL;
	sqfs_xattr_value_t *value = NULL;
	int code = sqfs_xattr_reader_read_key(listing->xattrs, &key);

	if (code >= 0)
		code = sqfs_xattr_reader_read_value(listing->xattrs, key, &value);
	if (code >= 0 && value->size > listing->xattr_bytes_left)
		code = SQFS_ERROR_OVERFLOW;
	if (code >= 0) {
		listing->xattr_bytes_left -= value->size;
		ib_inode_set_xattr(listing->tree, inode, (const char *)key->key, value->value,
				   value->size);
	}
	sqfs_free(value);
	sqfs_free(key);
	SQFS_TRY(file_of(listing), code, "an attribute", err);
	return 0;
}

static int read_xattrs(struct listing *listing, const sqfs_inode_generic_t *disk,
		       struct ib_inode *inode, struct ib_error *err)
{
	sqfs_xattr_id_t places;
	sqfs_u32 index = SQUASHFS_NONE;
	sqfs_u32 i = 0;

	SQFS_TRY(file_of(listing), sqfs_inode_get_xattr_index(disk, &index), "an attribute", err);
	if (index == SQUASHFS_NONE)
		return 0;
	if (!listing->xattrs)
		return ib_fail(err, IB_INPUT, "an inode of '%s' has attributes, the image none",
			       listing->image->region.name);
	SQFS_TRY(file_of(listing), sqfs_xattr_reader_get_desc(listing->xattrs, index, &places),
		 "an attribute", err);
	SQFS_TRY(file_of(listing), sqfs_xattr_reader_seek_kv(listing->xattrs, &places),
		 "an attribute", err);
	for (i = 0; i < places.count; i++)
		IB_TRY(take_xattr(listing, inode, err));
	return 0;
}

static int read_link(const struct listing *listing, const sqfs_inode_generic_t *disk,
		     struct ib_inode *inode, struct ib_error *err)
{
	const char *target = (const char *)disk->extra;
	sqfs_u32 size = disk->base.type == SQFS_INODE_SLINK ? disk->data.slink.target_size
							    : disk->data.slink_ext.target_size;

	if (!size || size > MAX_TARGET_BYTES || memchr(target, '\0', size))
		return ib_fail(err, IB_INPUT,
			       "the target of symbolic link inode %" PRIu32
			       " of '%s' makes no sense",
			       disk->base.inode_number, listing->image->region.name);
	inode->link = ib_arena_strf(ib_tree_arena(listing->tree), "%.*s", (int)size, target);
	inode->size = size;
	return 0;
}

/* As the kernel's new_decode_dev(). */
static void read_device(const sqfs_inode_generic_t *disk, struct ib_inode *inode)
{
	/* the extended one begins alike */
	uint32_t word = disk->data.dev.devno;

	inode->rdev_major = (word & 0xfff00) >> 8;
	inode->rdev_minor = (word & 0xff) | (word >> 12 & 0xfff00);
}

/* Keeps disk for as long as the image is open. */
static int note_file(struct listing *listing, sqfs_inode_generic_t *disk, struct ib_inode *inode,
		     struct ib_error *err)
{
	struct squashfs_image *image = listing->image;
	sqfs_u64 size = 0;

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	ib_grow(image->files, image->file_count);
	image->files[image->file_count++] = disk;
	sqfs_inode_get_file_size(disk, &size);
	if (size > listing->bytes_left)
		return ib_fail(err, IB_LIMIT, "'%s' holds more content than is read",
			       image->region.name);
	listing->bytes_left -= size;
	inode->number = image->file_count;
	inode->size = size;
	inode->content = size ? IB_CONTENT_ABSENT : IB_CONTENT_EMPTY;
	ib_grow(listing->files, listing->file_count);
	listing->files[listing->file_count++] =
		(struct reading){ .listing = listing, .inode = inode, .file = disk };
	return 0;
}

static int fill_inode(struct listing *listing, const sqfs_inode_generic_t *disk,
		      struct ib_inode *inode, struct ib_error *err)
{
	inode->mode = disk->base.mode;
	inode->mtime = disk->base.mod_time;
	SQFS_TRY(file_of(listing),
		 sqfs_id_table_index_to_id(listing->owners, disk->base.uid_idx, &inode->uid),
		 "an owner", err);
	SQFS_TRY(file_of(listing),
		 sqfs_id_table_index_to_id(listing->owners, disk->base.gid_idx, &inode->gid),
		 "an owner", err);
	if (S_ISLNK(inode->mode))
		IB_TRY(read_link(listing, disk, inode, err));
	else if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		read_device(disk, inode);
	return read_xattrs(listing, disk, inode, err);
}

/* Names of an inode as it counts them itself; the kinds of inodes keep it in different places. */
static uint32_t link_count(const sqfs_inode_generic_t *disk)
{
	switch (disk->base.type) {
	case SQFS_INODE_DIR:
		return disk->data.dir.nlink;
	case SQFS_INODE_EXT_DIR:
		return disk->data.dir_ext.nlink;
	case SQFS_INODE_FILE:
		return 1;
	case SQFS_INODE_EXT_FILE:
		return disk->data.file_ext.nlink;
	default:
		return disk->data.ipc.nlink; /* the first word of all others */
	}
}

/* ---- entries ---- */

static int add_directory(struct listing *listing, struct ib_node *node, sqfs_inode_generic_t *disk,
			 struct ib_error *err)
{
	ib_grow(listing->directories, listing->directory_count);
	listing->directories[listing->directory_count++] =
		(struct pending){ node, disk, listing->current.depth + 1 };
	if (listing->current.depth + 1 > MAX_DEPTH)
		return ib_fail(err, IB_LIMIT, "'%s' has directories more than %u deep",
			       listing->image->region.name, MAX_DEPTH);
	return 0;
}

/* Whoever keeps disk takes it: *disk is NULL then. */
static int add_inode(struct listing *listing, struct ib_node *node, sqfs_inode_generic_t **disk,
		     struct ib_error *err)
{
	IB_TRY(fill_inode(listing, *disk, node->inode, err));
	if (S_ISREG(node->inode->mode))
		return note_file(listing, ib_take(*disk), node->inode, err);
	if (S_ISDIR(node->inode->mode))
		return add_directory(listing, node, ib_take(*disk), err);
	return 0;
}

static int check_name(struct listing *listing, const char *name, struct ib_error *err)
{
	size_t length = strlen(name);

	if (!length || length > MAX_NAME_BYTES || strchr(name, '/') || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return fail_directory(listing, "holds what is not a name", err);
	if (strcmp(listing->last_name, name) >= 0)
		return fail_directory(listing, "is not sorted", err);
	memcpy(listing->last_name, name, length + 1);
	if (!listing->paths_left)
		return ib_fail(err, IB_LIMIT, "'%s' has more paths than are read",
			       listing->image->region.name);
	listing->paths_left--;
	return 0;
}

static int add_entry(struct listing *listing, const char *name, sqfs_inode_generic_t **disk,
		     struct ib_error *err)
{
	struct ib_inode *known = NULL;
	struct ib_node *node = NULL;
	uint32_t links = link_count(*disk);
	char key[16];

	IB_TRY(check_name(listing, name, err));
	snprintf(key, sizeof(key), "%" PRIu32, (*disk)->base.inode_number);
	known = ib_map_get(listing->inodes, key);
	if (known && (S_ISDIR(known->mode) || known->mode != (*disk)->base.mode))
		return fail_directory(listing, "leads to an inode that was reached before", err);
	node = ib_tree_add_name(listing->tree, listing->current.node, name, known,
				(*disk)->base.mode);
	if (!node)
		return fail_directory(listing, "holds a name twice", err);
	/* what the inode says itself: whoever compares with the kernel's mount sees that */
	if (!known) {
		ib_map_set(listing->inodes, key, node->inode);
		IB_TRY(add_inode(listing, node, disk, err));
	}
	node->inode->link_count = links;
	return 0;
}

static int take_entry(struct listing *listing, const sqfs_dir_entry_t *entry, struct ib_error *err)
{
	ib_autofree char *name = ib_strndup((const char *)entry->name, (size_t)entry->size + 1);
	sqfs_inode_generic_t *disk = NULL;
	int r = 0;

	SQFS_TRY(file_of(listing), sqfs_dir_reader_get_inode(listing->entries, &disk), "an inode",
		 err);
	r = add_entry(listing, name, &disk, err);
	sqfs_free(disk);
	return r;
}

static int read_directory(struct listing *listing, const struct pending *pending,
			  struct ib_error *err)
{
	listing->current = *pending;
	listing->last_name[0] = '\0';
	SQFS_TRY(file_of(listing), sqfs_dir_reader_open_dir(listing->entries, pending->inode, 0),
		 "a directory", err);
	for (;;) {
		sqfs_dir_entry_t *entry = NULL;
		int code = sqfs_dir_reader_read(listing->entries, &entry);
		int r = 0;

		SQFS_TRY(file_of(listing), code, "a directory", err);
		if (code > 0)
			return 0;
		r = take_entry(listing, entry, err);
		sqfs_free(entry);
		IB_TRY(r);
	}
}

static int read_root(struct listing *listing, struct ib_error *err)
{
	struct ib_node *root = ib_tree_root(listing->tree);
	sqfs_inode_generic_t *disk = NULL;
	char key[16];
	int r = 0;

	SQFS_TRY(file_of(listing), sqfs_dir_reader_get_root_inode(listing->entries, &disk),
		 "the root", err);
	if (!S_ISDIR(disk->base.mode)) {
		sqfs_free(disk);
		return ib_fail(err, IB_INPUT, "the root of '%s' is not a directory",
			       listing->image->region.name);
	}
	snprintf(key, sizeof(key), "%" PRIu32, disk->base.inode_number);
	ib_map_set(listing->inodes, key, root->inode);
	root->inode->link_count = link_count(disk);
	r = add_inode(listing, root, &disk, err);
	sqfs_free(disk);
	return r;
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

static int digest_file(struct reading *reading, struct squashfs_view *view, struct ib_error *err)
{
	IB_AUTO(ib_digest) sha256 = ib_digest_new("sha256");
	IB_AUTO(ib_digest) sha1 = ib_digest_new("sha1");

	reading->sha256 = sha256;
	reading->sha1 = sha1;
	IB_TRY(ib_squashfs_content(view, reading->listing->image, reading->file, digest_piece,
				   reading, err));
	ib_inode_end_digests(reading->inode, sha256, sha1);
	return 0;
}

static void start_file(void *argument)
{
	struct reading *reading = argument;
	struct ib_pool *views = reading->listing->views;
	struct squashfs_view *view = ib_pool_take(views);
	int r = 0;

	if (!view) {
		view = ib_alloc(sizeof(*view));
		r = ib_squashfs_view_open(reading->listing->image, view, &reading->err);
	}
	if (r == 0)
		r = digest_file(reading, view, &reading->err);
	reading->failed = r < 0;
	if (r == 0) {
		ib_pool_give(views, view);
		return;
	}
	ib_squashfs_view_done(view);
	ib_free(view);
}

/* By fragment block, so that one is decompressed for all tails that lie in it. */
static int compare_places(const void *a, const void *b)
{
	const sqfs_inode_generic_t *files[] = { ((const struct reading *)a)->file,
						((const struct reading *)b)->file };
	sqfs_u32 fragments[2] = { 0, 0 };
	sqfs_u64 starts[2] = { 0, 0 };
	sqfs_u32 offset = 0;
	size_t i = 0;

	for (i = 0; i < 2; i++) {
		sqfs_inode_get_frag_location(files[i], &fragments[i], &offset);
		sqfs_inode_get_file_block_start(files[i], &starts[i]);
	}
	if (fragments[0] != fragments[1])
		return fragments[0] < fragments[1] ? -1 : 1;
	return starts[0] < starts[1] ? -1 : starts[0] > starts[1];
}

static int read_files(struct listing *listing, size_t threads, struct ib_error *err)
{
	IB_AUTO(ib_threads) crew = ib_threads_new(threads, QUEUE_LENGTH);
	bool failed = false;
	size_t i = 0;

	if (listing->file_count)
		qsort(listing->files, listing->file_count, sizeof(*listing->files), compare_places);
	for (i = 0; i < listing->file_count; i++)
		ib_threads_add(crew, start_file, &listing->files[i]);
	ib_threads_wait(crew);
	for (i = 0; i < listing->file_count; i++) {
		struct reading *reading = &listing->files[i];

		if (reading->failed && !failed) {
			failed = true;
			*err = reading->err;
		} else if (reading->failed) {
			ib_error_clear(&reading->err);
		}
	}
	return failed ? -(int)err->kind : 0;
}

/* ---- all of it ---- */

static int open_tables(struct listing *listing, struct ib_error *err)
{
	struct squashfs_image *image = listing->image;
	sqfs_file_t *file = &image->view.file.base;
	const sqfs_super_t *super = &image->super;

	listing->entries = sqfs_dir_reader_create(super, image->view.decompressor, file, 0);
	listing->owners = sqfs_id_table_create(0);
	if (!listing->entries || !listing->owners)
		return ib_squashfs_fail(file_of(listing), SQFS_ERROR_ALLOC, "the tables", err);
	SQFS_TRY(file_of(listing),
		 sqfs_id_table_read(listing->owners, file, super, image->view.decompressor),
		 "the table of owners", err);
	if ((super->flags & SQFS_FLAG_NO_XATTRS) || super->xattr_id_table_start == UINT64_MAX)
		return 0;
	listing->xattrs = sqfs_xattr_reader_create(0);
	if (!listing->xattrs)
		return ib_squashfs_fail(file_of(listing), SQFS_ERROR_ALLOC, "the tables", err);
	SQFS_TRY(file_of(listing),
		 sqfs_xattr_reader_load(listing->xattrs, super, file, image->view.decompressor),
		 "the attributes", err);
	return 0;
}

static int read_all(struct listing *listing, size_t threads, struct ib_error *err)
{
	size_t i = 0;

	IB_TRY(open_tables(listing, err));
	IB_TRY(read_root(listing, err));
	for (i = 0; i < listing->directory_count; i++) {
		struct pending pending = listing->directories[i];

		IB_TRY(read_directory(listing, &pending, err));
	}
	return read_files(listing, threads, err);
}

static void listing_done(struct listing *listing)
{
	struct squashfs_view *view = NULL;
	size_t i = 0;

	for (i = 0; i < listing->directory_count; i++)
		sqfs_free(listing->directories[i].inode);
	while ((view = ib_pool_take(listing->views))) {
		ib_squashfs_view_done(view);
		ib_free(view);
	}
	sqfs_destroy(listing->entries);
	sqfs_destroy(listing->xattrs);
	sqfs_destroy(listing->owners);
	ib_free(listing->directories);
	ib_free(listing->files);
}

int ib_squashfs_read_tree(struct squashfs_image *image, const struct ib_image_limits *limits,
			  struct ib_tree **ret_tree, struct ib_error *err)
{
	IB_AUTO(ib_map) inodes = ib_map_new();
	IB_AUTO(ib_pool) views = ib_pool_new();
	IB_AUTO(ib_tree) tree = ib_tree_new(image->super.modification_time);
	struct listing listing = { .image = image,
				   .tree = tree,
				   .inodes = inodes,
				   .views = views,
				   .paths_left = limits->paths ? limits->paths : DEFAULT_PATHS,
				   .bytes_left = limits->bytes,
				   .xattr_bytes_left = MAX_XATTR_BYTES };
	int r = 0;

	if (!listing.bytes_left)
		listing.bytes_left = IB_MIN(image->region.size * MAX_EXPANSION, MAX_BYTES);
	while (image->file_count)
		sqfs_free(image->files[--image->file_count]);
	r = read_all(&listing, limits->threads, err);
	listing_done(&listing);
	IB_TRY(r);
	*ret_tree = ib_take(tree);
	return 0;
}
