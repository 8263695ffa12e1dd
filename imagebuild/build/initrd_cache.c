/* SPDX-License-Identifier: Apache-2.0 */
#include "build/initrd_cache.h"

#include <string.h>

#include "compress/compress.h"

#define MAX_ARCHIVE ((size_t)1 << 30)
/* SHA-256 and SHA-1 of a file. */
#define RECORD_BYTES ((size_t)(IB_SHA256_SIZE + IB_SHA1_SIZE))

int ib_initrd_key(const struct ib_work *work, char **ret_key, struct ib_error *err)
{
	IB_AUTO_BUFFER(listing, SIZE_MAX / 2);
	IB_AUTO_BUFFER(key, SIZE_MAX / 2);
	char hex[65];
	size_t i = 0;

	IB_TRY(ib_tree_write_listing(work->initrd_tree, &listing, err));
	ib_sha256_hex(listing.data, listing.size, hex);
	ib_buffer_putf(&key, "initrd 2\nzstd %s level %u\ntree %s\n", ib_zstd_version(),
		       work->recipe->initrd_level, hex);
	for (i = 0; i < work->initrd.count; i++)
		ib_buffer_putf(&key, "package %s\n", work->initrd.members[i]->line->sha256);
	*ret_key = ib_buffer_take_text(&key);
	return 0;
}

/* ---- the digests in front ------------------------------------------------ */

/* A walk over the inodes whose contents come from packages, each once. */
struct records {
	const struct ib_tree *tree;
	struct ib_map *seen;
	struct ib_buffer *bytes;
	size_t at; /* reading: how far */
	bool is_bad;
};

static bool is_first_sight(struct records *records, const struct ib_inode *inode)
{
	ib_autofree char *id = ib_strf("%u %u", inode->package, inode->file);

	if (inode->content != IB_CONTENT_PAYLOAD || !inode->size)
		return false;
	return !ib_map_set(records->seen, id, records);
}

static int put_record(void *context, struct ib_node *node, struct ib_error *err)
{
	struct records *records = context;
	const struct ib_inode *inode = node->inode;

	(void)err;
	if (!is_first_sight(records, inode))
		return 0;
	records->is_bad |= !inode->has_sha256;
	ib_buffer_put(records->bytes, inode->sha256, IB_SHA256_SIZE);
	ib_buffer_put(records->bytes, inode->sha1, IB_SHA1_SIZE);
	return 0;
}

/* The record that the walk is at, of an inode whose content the header states to be that. */
static const uint8_t *next_record(struct records *records, const struct ib_inode *inode)
{
	const uint8_t *at = records->bytes->data + records->at;
	const uint8_t *stated = ib_tree_payload_sha256(records->tree, inode->package, inode->file);

	if (records->bytes->size - records->at < RECORD_BYTES || !stated ||
	    memcmp(stated, at, IB_SHA256_SIZE) != 0)
		return NULL;
	records->at += RECORD_BYTES;
	return at;
}

static int check_record(void *context, struct ib_node *node, struct ib_error *err)
{
	struct records *records = context;

	(void)err;
	if (is_first_sight(records, node->inode) && !records->is_bad)
		records->is_bad = !next_record(records, node->inode);
	return 0;
}

static int take_record(void *context, struct ib_node *node, struct ib_error *err)
{
	struct records *records = context;
	struct ib_inode *inode = node->inode;
	const uint8_t *at = NULL;

	(void)err;
	if (!is_first_sight(records, inode))
		return 0;
	at = next_record(records, inode);
	memcpy(inode->sha256, at, IB_SHA256_SIZE);
	memcpy(inode->sha1, at + IB_SHA256_SIZE, IB_SHA1_SIZE);
	inode->has_sha256 = true;
	return 0;
}

/* ---- keeping and finding ------------------------------------------------- */

static int keep(struct ib_work *work, const char *key, const char *path, struct ib_error *err)
{
	IB_AUTO_BUFFER(bytes, MAX_ARCHIVE);
	IB_AUTO(ib_map) seen = ib_map_new();
	struct records records = { .tree = work->initrd_tree, .seen = seen, .bytes = &bytes };

	IB_TRY(ib_tree_walk(work->initrd_tree, put_record, &records, err));
	if (records.is_bad)
		return 0;
	IB_TRY(ib_file_read(path, &bytes, err));
	/* the archive's bytes stand behind the records: see ib_initrd_recall() */
	return ib_store_put_derived(work->store, IB_STORE_BLOCKS, key, bytes.data, bytes.size, err);
}

void ib_initrd_keep(struct ib_work *work, const char *key, const char *path)
{
	struct ib_error ignored = IB_ERROR_INIT; /* it is made again */

	if (keep(work, key, path, &ignored) < 0)
		ib_error_clear(&ignored);
}

int ib_initrd_recall(struct ib_work *work, const char *key, const char *path, bool *ret_found,
		     struct ib_error *err)
{
	IB_AUTO_BUFFER(bytes, MAX_ARCHIVE);
	IB_AUTO(ib_map) checked = ib_map_new();
	IB_AUTO(ib_map) taken = ib_map_new();
	struct records records = { .tree = work->initrd_tree, .seen = checked, .bytes = &bytes };

	*ret_found = false;
	if (!ib_store_get_derived(work->store, IB_STORE_BLOCKS, key, &bytes))
		return 0;
	/* all or none: what an inode has been given is not taken from its content any more */
	IB_TRY(ib_tree_walk(work->initrd_tree, check_record, &records, err));
	if (records.is_bad)
		return 0;
	records.seen = taken;
	records.at = 0;
	IB_TRY(ib_tree_walk(work->initrd_tree, take_record, &records, err));
	*ret_found = true;
	return ib_file_write(path, bytes.data + records.at, bytes.size - records.at, 0644, err);
}
