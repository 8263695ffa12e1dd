/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store as the cache of blocks that the image's writer asks for: which key a package's entry lies
 * under, and that its facts come with it, so that a package that is found needs no payload.
 */
#include <string.h>

#include "build/blocks.h"
#include "build/content.h"
#include "crypto/crypto.h"
#include "image/image.h"

/* Which of the package's files are in the tree, now, before contents are streamed. */
static void hash_selection(const struct ib_keeper *keeper, uint32_t package, char *hex)
{
	const struct ib_package *of = keeper->members->members[package]->package;
	IB_AUTO_BUFFER(numbers, SIZE_MAX / 2);
	size_t i = 0;

	for (i = 0; i < of->file_count; i++) {
		const struct ib_inode *inode =
			ib_tree_payload_inode(keeper->tree, package, (uint32_t)i);

		if (inode && inode->size)
			ib_buffer_put_le32(&numbers, (uint32_t)i);
	}
	ib_sha256_hex(numbers.size ? (const char *)numbers.data : "", numbers.size, hex);
}

char *ib_keeper_key(const struct ib_keeper *keeper, uint32_t package)
{
	char selection[65];

	hash_selection(keeper, package, selection);
	return ib_strf("blocks 1\npackage %s\nfiles %s\nform %s\n",
		       keeper->members->members[package]->line->sha256, selection, keeper->form);
}

static char *key_of_content(const struct ib_keeper *keeper, const uint8_t *sha256)
{
	ib_autofree char *hex = ib_hex(sha256, IB_SHA256_SIZE);

	return ib_strf("blocks 1\ncontent %s\nform %s\n", hex, keeper->form);
}

/* NULL: it has no entries; the caller owns it. */
static char *key_of(const struct ib_keeper *keeper, const struct ib_block_subject *subject)
{
	if (subject->sha256)
		return key_of_content(keeper, subject->sha256);
	return ib_strdup(keeper->keys[subject->package]);
}

/* Facts come with a package's entry, or it is of no use. */
static int recall_package(struct ib_keeper *keeper, uint32_t package, bool *ret_known,
			  struct ib_error *err)
{
	struct ib_opened *opened = keeper->members->members[package];

	*ret_known = false;
	/* without digests in its header nothing could be held against an entry */
	if (opened->package->digest_kind != IB_DIGEST_SHA256)
		return 0;
	keeper->keys[package] = ib_keeper_key(keeper, package);
	IB_TRY(ib_work_recall_facts(keeper->work, opened, err));
	*ret_known = opened->facts != NULL;
	return 0;
}

static int find(void *context, const struct ib_block_subject *subject, bool *ret_found,
		struct ib_block_entry *ret_entry, struct ib_error *err)
{
	struct ib_keeper *keeper = context;
	ib_autofree char *key = NULL;
	bool is_known = true;

	*ret_found = false;
	if (!subject->sha256)
		IB_TRY(recall_package(keeper, subject->package, &is_known, err));
	if (!is_known)
		return 0;
	key = key_of(keeper, subject);
	*ret_found = ib_store_open_derived(keeper->work->store, IB_STORE_BLOCKS, key,
					   &ret_entry->fd, &ret_entry->size, ret_entry->sha256);
	return 0;
}

static int begin(void *context, const struct ib_block_subject *subject, void **ret_file,
		 int *ret_fd, struct ib_error *err)
{
	struct ib_keeper *keeper = context;
	struct ib_store_file *file = NULL;

	*ret_file = NULL;
	if (!subject->sha256 && !keeper->keys[subject->package])
		return 0;
	IB_TRY(ib_store_begin(keeper->work->store, NULL, &file, err));
	*ret_file = file;
	*ret_fd = ib_store_file_fd(file);
	return 0;
}

/* The facts first: an entry without them is of no use. */
static int commit(void *context, const struct ib_block_subject *subject, void *file,
		  struct ib_error *err)
{
	struct ib_keeper *keeper = context;
	ib_autofree char *key = key_of(keeper, subject);
	int r = 0;

	if (!subject->sha256)
		r = ib_work_keep_facts(keeper->work, keeper->members->members[subject->package],
				       err);
	if (r == 0)
		r = ib_store_commit_derived(file, IB_STORE_BLOCKS, key, err);
	ib_store_file_free(file);
	return r;
}

static void abandon(void *context, void *file)
{
	(void)context;
	ib_store_file_free(file);
}

void ib_keeper_init(
	struct ib_keeper *keeper, struct ib_work *work, const struct ib_members *members,
	const struct ib_tree *tree,
	char *form) /* NOLINT(readability-non-const-parameter): it becomes the keeper's */
{
	*keeper = (struct ib_keeper){ .work = work,
				      .members = members,
				      .tree = tree,
				      .form = form,
				      .keys = ib_alloc_array(members->count, sizeof(char *)) };
	keeper->cache = (struct ib_block_cache){ .context = keeper,
						 .find = find,
						 .begin = begin,
						 .commit = commit,
						 .abandon = abandon };
}

void ib_keeper_done(struct ib_keeper *keeper)
{
	size_t i = 0;

	for (i = 0; keeper->keys && i < keeper->members->count; i++)
		ib_free(keeper->keys[i]);
	ib_free(keeper->keys);
	ib_free(keeper->form);
}
