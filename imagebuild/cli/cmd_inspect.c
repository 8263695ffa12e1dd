/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into what was built: the tree of an image, with the digests of all contents. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/inspect.h"
#include "crypto/crypto.h"
#include "image/image.h"
#include "json/json.h"

#define MAX_LISTING_BYTES ((size_t)2 << 30)

static const char *type_name(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "character device";
	case S_IFBLK:
		return "block device";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "file";
	}
}

static void put_content(struct ib_json_writer *json, const struct ib_inode *inode)
{
	char hex[65];

	if (S_ISLNK(inode->mode))
		ib_json_member_string(json, "target", inode->link);
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		ib_json_member_stringf(json, "device", "%" PRIu32 ":%" PRIu32, inode->rdev_major,
				       inode->rdev_minor);
	if (!S_ISREG(inode->mode))
		return;
	ib_json_member_integer(json, "size", (int64_t)inode->size);
	ib_hex_write(inode->sha256, sizeof(inode->sha256), hex);
	ib_json_member_string(json, "sha256", hex);
	ib_hex_write(inode->sha1, sizeof(inode->sha1), hex);
	ib_json_member_string(json, "sha1", hex);
}

static int put_path(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_json_writer *json = context;
	const struct ib_inode *inode = node->inode;
	ib_autofree char *path = ib_node_path(node);
	size_t i = 0;

	(void)err;
	ib_json_begin_object(json);
	ib_json_member_string(json, "path", path);
	ib_json_member_string(json, "type", type_name(inode->mode));
	ib_json_member_stringf(json, "mode", "%04o", (unsigned)inode->mode & 07777);
	ib_json_member_integer(json, "uid", inode->uid);
	ib_json_member_integer(json, "gid", inode->gid);
	ib_json_member_integer(json, "mtime", inode->mtime);
	ib_json_member_integer(json, "links", inode->link_count);
	put_content(json, inode);
	if (inode->xattr_count)
		ib_json_member_object(json, "xattrs");
	for (i = 0; i < inode->xattr_count; i++) {
		ib_autofree char *value = ib_hex(inode->xattrs[i].value, inode->xattrs[i].size);

		ib_json_member_string(json, inode->xattrs[i].name, value);
	}
	if (inode->xattr_count)
		ib_json_end_object(json);
	ib_json_end_object(json);
	return 0;
}

static int print_json(const struct ib_image_info *info, const struct ib_tree *tree,
		      struct ib_error *err)
{
	IB_AUTO(ib_json_writer) json = ib_json_writer_to_fd(STDOUT_FILENO, "stdout", IB_JSON_LINES);
	char uuid[37];

	ib_uuid_format(info->uuid, uuid);
	ib_json_begin_object(json);
	ib_json_member_string(json, "format", info->format);
	if (info->has_uuid) {
		ib_json_member_string(json, "uuid", uuid);
		ib_json_member_string(json, "volume_name", info->volume_name);
	}
	ib_json_member_integer(json, "build_time", info->build_time);
	ib_json_member_integer(json, "size", (int64_t)info->size);
	ib_json_member_array(json, "paths");
	IB_TRY(ib_tree_walk(tree, put_path, json, err));
	ib_json_end_array(json);
	ib_json_end_object(json);
	return ib_json_finish(json, err);
}

static int print_listing(const struct ib_tree *tree, struct ib_error *err)
{
	IB_AUTO_BUFFER(out, MAX_LISTING_BYTES);

	IB_TRY(ib_tree_write_listing(tree, &out, err));
	fwrite(out.data, 1, out.size, stdout);
	return 0;
}

static int inspect_region(const struct ib_cli *cli, const struct ib_region *region,
			  struct ib_error *err)
{
	IB_AUTO(ib_image) image = NULL;
	IB_AUTO(ib_tree) tree = NULL;
	struct ib_image_info info;

	IB_TRY(ib_image_open(region, &image, err));
	IB_TRY(ib_image_info(image, &info, err));
	IB_TRY(ib_image_read_tree(image, NULL, &tree, err));
	return cli->json ? print_json(&info, tree, err) : print_listing(tree, err);
}

static int inspect_image(const struct ib_cli *cli, char *const *args, struct ib_error *err)
{
	ib_autoclose int fd = open(args[0], O_RDONLY | O_CLOEXEC);
	struct ib_region image;

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", args[0]);
	IB_TRY(ib_region_of_file(fd, args[0], &image, err));
	return inspect_region(cli, &image, err);
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	if (ib_cli_option(cli, "scriptlets"))
		return ib_inspect_scriptlets(cli, count, args, err);
	if (count > 1)
		return ib_fail(err, IB_INPUT, "one image at a time, not %zu", count);
	return inspect_image(cli, args, err);
}

static const struct ib_option options[] = {
	{ "scriptlets", NULL, "list what packages would run, and which family covers it" },
};

const struct ib_command ib_cmd_inspect = {
	.name = "inspect",
	.args = "IMAGE|PACKAGE…",
	.summary = "list the tree of an image, or the scriptlets of packages",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = SIZE_MAX,
	.run = run,
};
