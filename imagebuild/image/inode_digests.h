/* SPDX-License-Identifier: Apache-2.0 */
/* inode_digests - a file's SHA-256 and SHA-1 go to its inode together, whatever the format. */
#ifndef IB_IMAGE_INODE_DIGESTS_H
#define IB_IMAGE_INODE_DIGESTS_H

#include "crypto/crypto.h"
#include "tree/tree.h"

/* Both are known. */
void ib_inode_give_digests(struct ib_inode *inode, const uint8_t *sha256, const uint8_t *sha1);
/* Ends both, which were given all of the content; they can begin the next one. */
void ib_inode_end_digests(struct ib_inode *inode, struct ib_digest *sha256, struct ib_digest *sha1);
/* Those of a file without content. */
void ib_inode_empty_digests(struct ib_inode *inode);

#endif
