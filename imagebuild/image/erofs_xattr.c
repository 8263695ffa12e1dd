/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes: what several inodes have is stored once, all else beside its inode. */
#include <string.h>

#include "image/writer.h"

/* The root's nid has 16 bits, and the root stands behind the shared attributes. */
#define MAX_SHARED_BYTES ((size_t)1 << 20)
#define MAX_SHARED_COUNT 255U

static const struct {
	const char *prefix;
	uint8_t number;
	bool is_whole;
} prefixes[] = {
	{ "user.", 1, false },
	{ "system.posix_acl_access", 2, true },
	{ "system.posix_acl_default", 3, true },
	{ "trusted.", 4, false },
	{ "security.", 6, false },
};

/* The number of the name's prefix, and what of the name is written; 0 for none. */
static uint8_t split_name(const char *name, const char **ret_rest)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(prefixes); i++) {
		const char *rest = name + strlen(prefixes[i].prefix);

		if (!ib_str_starts(name, prefixes[i].prefix) || !*rest != prefixes[i].is_whole)
			continue;
		*ret_rest = rest;
		return prefixes[i].number;
	}
	return 0;
}

static size_t entry_bytes(const struct ib_xattr *xattr)
{
	const char *rest = "";

	split_name(xattr->name, &rest);
	return (EROFS_XATTR_ENTRY_BYTES + strlen(rest) + xattr->size + 3) & ~(size_t)3;
}

static void put_entry(const struct ib_xattr *xattr, struct ib_buffer *out)
{
	const char *rest = "";
	uint8_t number = split_name(xattr->name, &rest);
	size_t end = out->size + entry_bytes(xattr);

	ib_buffer_put_u8(out, (uint8_t)strlen(rest));
	ib_buffer_put_u8(out, number);
	ib_buffer_put_le16(out, (uint16_t)xattr->size);
	ib_buffer_puts(out, rest);
	ib_buffer_put(out, xattr->value, xattr->size);
	/* not ib_buffer_align(): out is a window that begins anywhere */
	ib_buffer_put_zeros(out, end - out->size);
}

static char *key_of(const struct ib_xattr *xattr)
{
	ib_autofree char *hex = ib_hex(xattr->value, xattr->size);

	return ib_strf("%s=%s", xattr->name, hex);
}

static struct shared_xattr *shared_of(const struct plan *plan, const struct ib_xattr *xattr)
{
	ib_autofree char *key = key_of(xattr);
	struct shared_xattr *shared = ib_map_get(plan->xattrs, key);

	return shared && shared->is_placed ? shared : NULL;
}

static int check_xattr(const struct planned *planned, const struct ib_xattr *xattr,
		       struct ib_error *err)
{
	const char *rest = "";
	ib_autofree char *path = NULL;

	if (split_name(xattr->name, &rest) && strlen(rest) <= UINT8_MAX &&
	    xattr->size <= UINT16_MAX)
		return 0;
	path = ib_node_path(planned->node);
	return ib_fail(err, IB_INPUT, "EROFS cannot hold attribute '%s' (%zu bytes) of '%s'",
		       xattr->name, xattr->size, path);
}

static int count_uses(struct plan *plan, const struct planned *planned, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < planned->inode->xattr_count; i++) {
		const struct ib_xattr *xattr = &planned->inode->xattrs[i];
		ib_autofree char *key = key_of(xattr);
		struct shared_xattr *shared = ib_map_get(plan->xattrs, key);

		IB_TRY(check_xattr(planned, xattr, err));
		if (!shared) {
			shared = ib_arena_alloc(plan->arena, sizeof(*shared));
			shared->xattr = xattr;
			ib_map_set(plan->xattrs, key, shared);
		}
		shared->uses++;
	}
	return 0;
}

static void place_shared(struct plan *plan, const struct ib_inode *inode)
{
	size_t i = 0;

	for (i = 0; i < inode->xattr_count; i++) {
		ib_autofree char *key = key_of(&inode->xattrs[i]);
		struct shared_xattr *shared = ib_map_get(plan->xattrs, key);

		if (shared->is_placed || shared->uses < 2 || i >= MAX_SHARED_COUNT ||
		    plan->shared.size + entry_bytes(shared->xattr) > MAX_SHARED_BYTES)
			continue;
		shared->is_placed = true;
		shared->id = (uint32_t)(plan->shared.size / 4);
		put_entry(shared->xattr, &plan->shared);
	}
}

int ib_plan_xattrs(struct plan *plan, struct ib_error *err)
{
	size_t i = 0;

	plan->shared = IB_BUFFER_INIT(MAX_SHARED_BYTES + EROFS_BLOCK);
	for (i = 0; i < plan->inode_count; i++)
		IB_TRY(count_uses(plan, &plan->inodes[i], err));
	for (i = 0; i < plan->inode_count; i++)
		place_shared(plan, plan->inodes[i].inode);
	return 0;
}

uint32_t ib_xattr_bytes(const struct plan *plan, const struct ib_inode *inode)
{
	size_t bytes = inode->xattr_count ? EROFS_XATTR_HEADER_BYTES : 0;
	size_t i = 0;

	for (i = 0; i < inode->xattr_count; i++)
		bytes += shared_of(plan, &inode->xattrs[i]) ? 4 : entry_bytes(&inode->xattrs[i]);
	return (uint32_t)bytes;
}

void ib_xattr_put(const struct plan *plan, const struct ib_inode *inode, struct ib_buffer *out)
{
	size_t header = out->size;
	uint8_t count = 0;
	size_t i = 0;

	if (!inode->xattr_count)
		return;
	ib_buffer_put_zeros(out, EROFS_XATTR_HEADER_BYTES);
	for (i = 0; i < inode->xattr_count; i++) {
		const struct shared_xattr *shared = shared_of(plan, &inode->xattrs[i]);

		if (!shared)
			continue;
		ib_buffer_put_le32(out, shared->id);
		count++;
	}
	ib_buffer_set(out, header + 4, &count, 1);
	for (i = 0; i < inode->xattr_count; i++)
		if (!shared_of(plan, &inode->xattrs[i]))
			put_entry(&inode->xattrs[i], out);
}
