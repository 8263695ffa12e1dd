/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tar outputs against the root image: what is extracted from them is what is mounted there.
 *
 * An archive is read once from front to back, whatever its order; of it nothing is kept but which paths came
 * by. A name of an owner is held against the image's own accounts, since whoever extracts as root goes by
 * names before numbers.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive.h"
#include "crypto/crypto.h"
#include "image/image.h"
#include "verify/chain.h"

struct comparison {
	const struct ib_chain *chain;
	struct ib_map *seen;  /* paths that came by */
	struct ib_map *files; /* inodes whose content came by */
	const char *name;     /* of the archive */
	int fd;
	uint64_t at;
	uint64_t size;
};

static int read_archive(void *context, void *data, size_t size, size_t *ret_got,
			struct ib_error *err)
{
	struct comparison *comparison = context;
	size_t part = (size_t)IB_MIN(size, comparison->size - comparison->at);

	IB_TRY(ib_fd_read_at(comparison->fd, data, part, comparison->at, comparison->name, err));
	comparison->at += part;
	*ret_got = part;
	return 0;
}

static int broken(const struct comparison *comparison, const char *path, const char *what,
		  struct ib_error *err)
{
	return ib_fail(err, IB_TRUST, "'%s' has '%s' with another %s than the root image",
		       comparison->name, path, what);
}

/* "./usr/bin/" → "/usr/bin"; NULL for names that are written in any other way. The caller owns it. */
static char *path_of(const char *name)
{
	size_t length = strlen(name);

	if (!strcmp(name, ".") || !strcmp(name, "./"))
		return ib_strdup("/");
	if (!ib_str_starts(name, "./") || name[2] == '/')
		return NULL;
	if (name[length - 1] == '/')
		length--;
	return ib_strndup(name + 1, length - 1);
}

/* The node of exactly this path, no link followed; or NULL. */
static const struct ib_node *find(const struct comparison *comparison, const char *path)
{
	const struct ib_node *node = path ? ib_tree_find(comparison->chain->root, path) : NULL;
	ib_autofree char *real = node ? ib_node_path(node) : NULL;

	return real && !strcmp(real, path) ? node : NULL;
}

static bool is_same_name(const char *given, const char *name)
{
	return !given || !*given || (name && !strcmp(given, name));
}

static bool are_xattrs_same(const struct ib_tar_entry *entry, const struct ib_inode *inode)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < inode->xattr_count; i++) {
		const struct ib_xattr *xattr = &inode->xattrs[i];

		for (j = 0; j < entry->xattr_count; j++)
			if (!strcmp(entry->xattrs[j].name, xattr->name) &&
			    entry->xattrs[j].size == xattr->size &&
			    !memcmp(entry->xattrs[j].value, xattr->value, xattr->size))
				break;
		if (j == entry->xattr_count)
			return false;
	}
	return entry->xattr_count == inode->xattr_count;
}

static bool is_same_device(const struct ib_tar_entry *entry, const struct ib_inode *inode)
{
	if (!S_ISCHR(inode->mode) && !S_ISBLK(inode->mode))
		return true;
	return entry->rdev_major == inode->rdev_major && entry->rdev_minor == inode->rdev_minor;
}

/* A further name says again what a header has room for, but for the type. */
static int compare_again(const struct comparison *comparison, const char *path,
			 const struct ib_tar_entry *entry, const struct ib_inode *inode,
			 struct ib_error *err)
{
	if ((entry->mode ^ inode->mode) & ~(uint32_t)S_IFMT)
		return broken(comparison, path, "mode", err);
	if (entry->uid != inode->uid || entry->gid != inode->gid)
		return broken(comparison, path, "owner", err);
	return 0;
}

/* What the entry of an inode's first name says. */
static int compare_facts(const struct comparison *comparison, const char *path,
			 const struct ib_tar_entry *entry, const struct ib_inode *inode,
			 struct ib_error *err)
{
	const struct ib_owners *owners = comparison->chain->owners;
	const char *link = S_ISLNK(inode->mode) ? inode->link : NULL;

	if (entry->mode != inode->mode)
		return broken(comparison, path, "type or mode", err);
	if (entry->uid != inode->uid || entry->gid != inode->gid ||
	    !is_same_name(entry->user, ib_owners_user(owners, inode->uid)) ||
	    !is_same_name(entry->group, ib_owners_group(owners, inode->gid)))
		return broken(comparison, path, "owner", err);
	if (entry->mtime != inode->mtime)
		return broken(comparison, path, "time", err);
	if (link && (!entry->link || strcmp(entry->link, link) != 0))
		return broken(comparison, path, "target", err);
	if (!is_same_device(entry, inode))
		return broken(comparison, path, "device", err);
	if (!are_xattrs_same(entry, inode))
		return broken(comparison, path, "set of extended attributes", err);
	return 0;
}

static int digest_piece(void *context, const void *data, size_t size, struct ib_error *err)
{
	(void)err;
	ib_digest_update(context, data, size);
	return 0;
}

static int compare_content(const struct comparison *comparison, struct ib_tar_reader *reader,
			   const char *path, uint64_t size, const struct ib_inode *inode,
			   struct ib_error *err)
{
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	uint8_t value[IB_DIGEST_MAX_SIZE];

	if (size != inode->size)
		return broken(comparison, path, "size", err);
	IB_TRY(ib_tar_content(reader, digest_piece, digest, err));
	ib_digest_final(digest, value);
	if (!inode->has_sha256 || memcmp(value, inode->sha256, IB_SHA256_SIZE) != 0)
		return broken(comparison, path, "content", err);
	return 0;
}

static int compare_entry(struct comparison *comparison, struct ib_tar_reader *reader,
			 const struct ib_tar_entry *entry, struct ib_error *err)
{
	ib_autofree char *path = path_of(entry->path);
	const struct ib_node *node = find(comparison, path);
	const struct ib_inode *inode = node ? node->inode : NULL;
	ib_autofree char *key = ib_strf("%p", (const void *)inode);
	bool is_again = inode && ib_map_has(comparison->files, key);

	if (!node)
		return ib_fail(err, IB_TRUST, "'%s' has '%s', which is not in the root image",
			       comparison->name, entry->path);
	if (ib_map_set(comparison->seen, path, comparison))
		return ib_fail(err, IB_TRUST, "'%s' has '%s' twice", comparison->name, path);
	if (entry->hard_link) {
		ib_autofree char *first = path_of(entry->hard_link);
		const struct ib_node *other = find(comparison, first);

		/* whoever extracts it makes one file of the two, which is there by now */
		if (!other || other->inode != inode || !is_again || entry->size ||
		    !ib_map_has(comparison->seen, first))
			return broken(comparison, path, "target as a hard link", err);
		return compare_again(comparison, path, entry, inode, err);
	}
	if (is_again)
		return ib_fail(err, IB_TRUST,
			       "'%s' has '%s' as a file of its own; in the root image it is a hard "
			       "link",
			       comparison->name, path);
	if (!S_ISDIR(inode->mode))
		ib_map_set(comparison->files, key, comparison);
	IB_TRY(compare_facts(comparison, path, entry, inode, err));
	if (!S_ISREG(inode->mode))
		return 0;
	return compare_content(comparison, reader, path, entry->size, inode, err);
}

static int find_missing(void *context, struct ib_node *node, struct ib_error *err)
{
	const struct comparison *comparison = context;
	ib_autofree char *path = ib_node_path(node);

	if (ib_map_has(comparison->seen, path))
		return 0;
	return ib_fail(err, IB_TRUST, "'%s' lacks '%s', which is in the root image",
		       comparison->name, path);
}

static int compare_archive(const struct ib_chain *chain, const struct ib_sum *sum,
			   struct ib_error *err)
{
	IB_AUTO(ib_tar_reader) reader = NULL;
	IB_AUTO(ib_map) seen = ib_map_new();
	IB_AUTO(ib_map) files = ib_map_new();
	ib_autoclose int fd = -1;
	struct comparison comparison = {
		.chain = chain, .seen = seen, .files = files, .name = sum->name
	};
	const struct ib_tar_entry *entry = NULL;

	IB_TRY(ib_chain_open(chain, sum, &fd, err));
	IB_TRY(ib_fd_size(fd, sum->name, &comparison.size, err));
	comparison.fd = fd;
	IB_TRY(ib_tar_open(sum->name, read_archive, &comparison, &reader, err));
	for (;;) {
		IB_TRY(ib_tar_next(reader, &entry, err));
		if (!entry)
			break;
		IB_TRY(compare_entry(&comparison, reader, entry, err));
	}
	return ib_tree_walk(chain->root, find_missing, &comparison, err);
}

int ib_prove_tar(struct ib_chain *chain, struct ib_error *err)
{
	size_t count = 0;
	size_t i = 0;

	for (i = 0; ib_chain_tars[i]; i++) {
		const struct ib_sum *sum = ib_chain_find(chain, ib_chain_tars[i]);

		if (!sum)
			continue;
		if (!chain->root)
			return ib_chain_absent(chain, "no root image was released to compare with");
		IB_TRY(compare_archive(chain, sum, err));
		count++;
	}
	if (!count)
		return ib_chain_absent(chain, "no tar was released");
	ib_chain_says(chain, "%zu paths%s", ib_tree_path_count(chain->root),
		      count > 1 ? " in each" : "");
	return 0;
}
