/* SPDX-License-Identifier: Apache-2.0 */
/* digests - fills the digests of a tree's inodes while another sink takes the contents. */
#ifndef IB_BUILD_DIGESTS_H
#define IB_BUILD_DIGESTS_H

#include "crypto/crypto.h"
#include "tree/tree.h"

/* A sink in front of another; inner decides what is wanted. */
struct ib_digester {
	struct ib_tree *tree;
	const struct ib_content_sink *inner;
	struct ib_inode
		*inode; /* of the file that streams by; NULL: not in the tree, or digested */
	struct ib_digest *sha256;
	struct ib_digest *sha1;
};

/* Valid as long as digester. */
struct ib_content_sink ib_digester_sink(struct ib_digester *digester);
void ib_digester_done(struct ib_digester *digester);
/* The digests of contents that lie in memory. */
int ib_digest_buffers(struct ib_tree *tree, struct ib_error *err) IB_MUST_CHECK;

#endif
