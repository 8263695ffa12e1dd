/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root as a tar: what the written image holds, in the order of paths.
 *
 * Contents come from the image and not from packages, since those come in another order;
 * so whatever a reader of the image sees is what the tar has.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/archive.h"
#include "build/work.h"
#include "compress/compress.h"
#include "image/image.h"

#define ZSTD_LEVEL 9

struct tarring {
	struct ib_image *image;
	struct ib_tar *tar;
	const struct ib_owners *owners;
	struct ib_map *first; /* of hard links: the number → path of the first */
	struct ib_arena *arena;
	/* where the bytes go */
	const char *path;
	int fd;
	struct ib_zstd *zstd; /* NULL: as they are */
};

static int put_fd(void *context, const void *data, size_t size, struct ib_error *err)
{
	const struct tarring *tarring = context;

	return ib_fd_write(tarring->fd, data, size, UINT64_MAX, tarring->path, err);
}

static int put_archive(void *context, const void *data, size_t size, struct ib_error *err)
{
	const struct tarring *tarring = context;

	if (tarring->zstd)
		return ib_zstd_write(tarring->zstd, data, size, err);
	return put_fd(context, data, size, err);
}

/* ---- entries ---- */

static int put_content(void *context, const void *data, size_t size, struct ib_error *err)
{
	return ib_tar_data(context, data, size, err);
}

/* The path of an inode's first name when this is a further one, else NULL. */
static const char *first_name(struct tarring *tarring, const struct ib_inode *inode,
			      const char *path)
{
	ib_autofree char *key = NULL;
	const char *first = NULL;

	if (S_ISDIR(inode->mode) || inode->link_count < 2)
		return NULL;
	key = ib_strf("%p", (const void *)inode);
	first = ib_map_get(tarring->first, key);
	if (!first)
		ib_map_set(tarring->first, key,
			   ib_arena_memdup(tarring->arena, path, strlen(path) + 1));
	return first;
}

static int put_node(void *context, struct ib_node *node, struct ib_error *err)
{
	struct tarring *tarring = context;
	const struct ib_inode *inode = node->inode;
	ib_autofree char *absolute = ib_node_path(node);
	ib_autofree char *path =
		ib_strf(".%s%s", absolute, S_ISDIR(inode->mode) && node->parent ? "/" : "");
	ib_autofree struct ib_tar_xattr *xattrs =
		ib_alloc_array(inode->xattr_count + 1, sizeof(*xattrs));
	const char *first = first_name(tarring, inode, path);
	const struct ib_tar_entry entry = {
		.path = path,
		.hard_link = first,
		.link = first ? NULL : inode->link,
		.mode = inode->mode,
		.uid = inode->uid,
		.gid = inode->gid,
		.user = ib_owners_user(tarring->owners, inode->uid),
		.group = ib_owners_group(tarring->owners, inode->gid),
		.mtime = inode->mtime,
		.size = S_ISREG(inode->mode) && !first ? inode->size : 0,
		.rdev_major = inode->rdev_major,
		.rdev_minor = inode->rdev_minor,
		.xattrs = xattrs,
		.xattr_count = first ? 0 : inode->xattr_count,
	};
	size_t i = 0;

	for (i = 0; i < inode->xattr_count; i++)
		xattrs[i] = (struct ib_tar_xattr){ inode->xattrs[i].name, inode->xattrs[i].value,
						   inode->xattrs[i].size };
	IB_TRY(ib_tar_begin(tarring->tar, &entry, err));
	if (!entry.size)
		return 0;
	return ib_image_stream_content(tarring->image, inode, put_content, tarring->tar, err);
}

static int write_entries(struct tarring *tarring, size_t threads, struct ib_error *err)
{
	const struct ib_image_limits limits = { .threads = threads };
	IB_AUTO(ib_tree) tree = NULL;
	IB_AUTO(ib_owners) owners = NULL;
	IB_AUTO(ib_tar) tar = NULL;

	IB_TRY(ib_image_read_tree(tarring->image, &limits, &tree, err));
	IB_TRY(ib_owners_read(tarring->image, tree, &owners, err));
	tarring->owners = owners;
	IB_TRY(ib_tar_new(tarring->path, put_archive, tarring, &tar, err));
	tarring->tar = tar;
	IB_TRY(ib_tree_walk(tree, put_node, tarring, err));
	return ib_tar_finish(tar, err);
}

static int write_tar(struct ib_work *work, struct ib_image *image, const char *suffix,
		     struct ib_error *err)
{
	const char *path = ib_outputs_path(work->outputs, suffix);
	ib_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	IB_AUTO(ib_map) first = ib_map_new();
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO(ib_zstd) zstd = NULL;
	struct tarring tarring = {
		.image = image, .first = first, .arena = arena, .path = path, .fd = fd
	};

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	if (ib_str_ends(suffix, ".zst"))
		IB_TRY(ib_zstd_new(ZSTD_LEVEL, work->session->threads, put_fd, &tarring, &zstd,
				   err));
	tarring.zstd = zstd;
	IB_TRY(write_entries(&tarring, work->session->threads, err));
	return zstd ? ib_zstd_finish(zstd, err) : 0;
}

int ib_work_write_tars(struct ib_work *work, struct ib_error *err)
{
	static const struct {
		const char *output;
		const char *suffix;
	} kinds[] = { { "tar", ".root.tar" }, { "tar.zst", ".root.tar.zst" } };
	const char *path =
		ib_outputs_path(work->outputs, ib_format_find(work->recipe->root_format)->suffix);
	IB_AUTO(ib_image) image = NULL;
	ib_autoclose int fd = -1;
	struct ib_region region;
	size_t i = 0;

	if (!ib_work_wants(work, "tar") && !ib_work_wants(work, "tar.zst"))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	IB_TRY(ib_region_of_file(fd, path, &region, err));
	IB_TRY(ib_image_open(&region, &image, err));
	for (i = 0; i < IB_COUNT(kinds); i++)
		if (ib_work_wants(work, kinds[i].output))
			IB_TRY(write_tar(work, image, kinds[i].suffix, err));
	return 0;
}
