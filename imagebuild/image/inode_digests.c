/* SPDX-License-Identifier: Apache-2.0 */
#include "image/inode_digests.h"

#include <string.h>

void ib_inode_give_digests(struct ib_inode *inode, const uint8_t *sha256, const uint8_t *sha1)
{
	memcpy(inode->sha256, sha256, sizeof(inode->sha256));
	memcpy(inode->sha1, sha1, sizeof(inode->sha1));
	inode->has_sha256 = true;
}

void ib_inode_end_digests(struct ib_inode *inode, struct ib_digest *sha256, struct ib_digest *sha1)
{
	uint8_t value[IB_DIGEST_MAX_SIZE];

	(void)ib_digest_final(sha256, value);
	memcpy(inode->sha256, value, sizeof(inode->sha256));
	(void)ib_digest_final(sha1, value);
	memcpy(inode->sha1, value, sizeof(inode->sha1));
	inode->has_sha256 = true;
}

void ib_inode_empty_digests(struct ib_inode *inode)
{
	IB_AUTO(ib_digest) sha256 = ib_digest_new("sha256");
	IB_AUTO(ib_digest) sha1 = ib_digest_new("sha1");

	ib_inode_end_digests(inode, sha256, sha1);
}
