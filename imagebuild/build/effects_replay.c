/* SPDX-License-Identifier: Apache-2.0 */
/* From the document to the tree: what was there keeps its owner, and its origin where it is unchanged. */
#include <string.h>
#include <sys/stat.h>

#include "build/effects.h"
#include "crypto/crypto.h"
#include "json/json.h"

struct replay {
	struct ib_tree *tree;
	const char *origin;
};

static int put(struct replay *replay, struct ib_tree_entry *entry, const struct ib_node *there,
	       struct ib_error *err)
{
	if (there) {
		entry->user = there->inode->user;
		entry->group = there->inode->group;
		entry->uid = there->inode->uid;
		entry->gid = there->inode->gid;
	}
	entry->origin = (struct ib_origin){ IB_ORIGIN_GENERATOR, replay->origin };
	return ib_tree_put(replay->tree, entry, NULL, err);
}

static int read_mode(const struct ib_json *item, uint32_t most, uint32_t *ret_mode,
		     struct ib_error *err)
{
	int64_t mode = 0;

	if (!ib_json_integer(ib_json_get(item, "mode"), &mode) || mode < 0 || mode > most)
		return ib_fail(err, IB_INPUT,
			       "recorded effects: a path has no mode that it may have");
	*ret_mode = (uint32_t)mode;
	return 0;
}

static int replay_directory(struct replay *replay, const char *path, const struct ib_json *item,
			    struct ib_error *err)
{
	struct ib_node *there = ib_tree_find(replay->tree, path);
	struct ib_tree_entry entry = { .path = path };
	uint32_t mode = 0;

	IB_TRY(read_mode(item, 01777, &mode, err));
	if (there && S_ISDIR(there->inode->mode)) {
		/* the sandbox saw its lower bits only */
		there->inode->mode = S_IFDIR | (there->inode->mode & 06000) | mode;
		return 0;
	}
	entry.mode = S_IFDIR | mode;
	return put(replay, &entry, NULL, err);
}

static bool has_content(const struct ib_tree *tree, const struct ib_inode *inode,
			const uint8_t *data, size_t size)
{
	const uint8_t *its = NULL;
	uint8_t sha256[IB_SHA256_SIZE];

	if (!S_ISREG(inode->mode) || inode->size != size)
		return false;
	if (inode->content == IB_CONTENT_BUFFER)
		return !size || !memcmp(inode->data, data, size);
	if (!size)
		return true;
	if (inode->content == IB_CONTENT_PAYLOAD)
		its = ib_tree_payload_sha256(tree, inode->package, inode->file);
	ib_sha256(data, size, sha256);
	return its && !memcmp(its, sha256, sizeof(sha256));
}

static int replay_file(struct replay *replay, const char *path, const struct ib_json *item,
		       struct ib_error *err)
{
	const char *base64 = ib_json_get_string(item, "content");
	struct ib_node *there = ib_tree_find(replay->tree, path);
	ib_autofree uint8_t *data = NULL;
	struct ib_tree_entry entry = { .path = path };
	uint32_t mode = 0;

	IB_TRY(read_mode(item, 0777, &mode, err));
	if (!base64 || !ib_base64_read(base64, &data, &entry.size))
		return ib_fail(err, IB_INPUT, "recorded effects: '%s' has no content", path);
	if (there && has_content(replay->tree, there->inode, data, entry.size)) {
		there->inode->mode = (there->inode->mode & (S_IFMT | 07000)) | mode;
		return 0;
	}
	entry.mode = S_IFREG | mode;
	entry.data = data;
	return put(replay, &entry, there, err);
}

static int replay_path(struct replay *replay, const struct ib_json *item, struct ib_error *err)
{
	const char *text = ib_json_get_string(item, "path");
	const char *type = ib_json_get_string(item, "type");
	const char *target = ib_json_get_string(item, "target");
	ib_autofree char *path = text ? ib_json_decode_bytes(text) : NULL;
	ib_autofree char *link = target ? ib_json_decode_bytes(target) : NULL;
	struct ib_tree_entry entry = { .path = path, .mode = S_IFLNK | 0777, .link = link };

	if (!path || !type || *path != '/' || !ib_path_is_inside(path + 1))
		return ib_fail(err, IB_INPUT, "recorded effects: '%s' is no path of an image",
			       text ? text : "");
	if (!strcmp(type, "directory"))
		return replay_directory(replay, path, item, err);
	if (!strcmp(type, "file"))
		return replay_file(replay, path, item, err);
	if (!strcmp(type, "absent")) {
		ib_tree_remove(replay->tree, path);
		return 0;
	}
	if (strcmp(type, "link") != 0 || !link || !*link)
		return ib_fail(err, IB_INPUT, "recorded effects: '%s' is of an unrecognized kind",
			       path);
	return put(replay, &entry, NULL, err);
}

int ib_effects_replay(const void *data, size_t size, const char *origin, struct ib_tree *tree,
		      struct ib_error *err)
{
	IB_AUTO(ib_json) document = NULL;
	struct replay replay = { tree, origin };
	const struct ib_json *paths = NULL;
	size_t i = 0;

	IB_TRY(ib_json_parse(data, size, "recorded effects", &document, err));
	paths = ib_json_get(document, "paths");
	if (!ib_str_equal(ib_json_get_string(document, "format"), "imagebuild effects 1") ||
	    ib_json_kind(paths) != IB_JSON_ARRAY)
		return ib_fail(err, IB_INPUT,
			       "recorded effects: not a document that this version can read");
	for (i = 0; i < ib_json_count(paths); i++)
		if (replay_path(&replay, ib_json_at(paths, i), err) < 0)
			return ib_error_prefix(err, "%s", origin);
	return 0;
}
