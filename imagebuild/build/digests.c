/* SPDX-License-Identifier: Apache-2.0 */
#include "build/digests.h"

#include <string.h>
#include <sys/stat.h>

static int begin(void *context, uint32_t package, uint32_t file, uint64_t size, bool *ret_wanted,
		 struct ib_error *err)
{
	struct ib_digester *digester = context;

	IB_TRY(digester->inner->begin(digester->inner->context, package, file, size, ret_wanted,
				      err));
	digester->inode = *ret_wanted ? ib_tree_payload_inode(digester->tree, package, file) : NULL;
	if (digester->inode && digester->inode->has_sha256)
		digester->inode = NULL;
	return 0;
}

static int data(void *context, const void *bytes, size_t size, struct ib_error *err)
{
	struct ib_digester *digester = context;

	if (digester->inode) {
		ib_digest_update(digester->sha256, bytes, size);
		ib_digest_update(digester->sha1, bytes, size);
	}
	return digester->inner->data(digester->inner->context, bytes, size, err);
}

static void finish(struct ib_digester *digester, struct ib_inode *inode)
{
	uint8_t value[IB_DIGEST_MAX_SIZE];

	(void)ib_digest_final(digester->sha256, value);
	memcpy(inode->sha256, value, IB_SHA256_SIZE);
	(void)ib_digest_final(digester->sha1, value);
	memcpy(inode->sha1, value, IB_SHA1_SIZE);
	inode->has_sha256 = true;
}

static int end(void *context, struct ib_error *err)
{
	struct ib_digester *digester = context;

	if (digester->inode)
		finish(digester, digester->inode);
	return digester->inner->end(digester->inner->context, err);
}

struct ib_content_sink ib_digester_sink(struct ib_digester *digester)
{
	digester->sha256 = ib_digest_new("sha256");
	digester->sha1 = ib_digest_new("sha1");
	return (struct ib_content_sink){
		.context = digester, .begin = begin, .data = data, .end = end
	};
}

void ib_digester_done(struct ib_digester *digester)
{
	ib_digest_free(digester->sha256);
	ib_digest_free(digester->sha1);
}

static int digest_node(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_digester *digester = context;
	struct ib_inode *inode = node->inode;

	(void)err;
	if (!S_ISREG(inode->mode) || inode->has_sha256)
		return 0;
	if (inode->content == IB_CONTENT_BUFFER) {
		ib_digest_update(digester->sha256, inode->data, inode->size);
		ib_digest_update(digester->sha1, inode->data, inode->size);
	} else if (inode->size) {
		return 0;
	}
	finish(digester, inode);
	return 0;
}

int ib_digest_buffers(struct ib_tree *tree, struct ib_error *err)
{
	struct ib_digester digester = { .tree = tree };
	int r = 0;

	(void)ib_digester_sink(&digester);
	r = ib_tree_walk(tree, digest_node, &digester, err);
	ib_digester_done(&digester);
	return r;
}
