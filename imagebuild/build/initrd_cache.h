/* SPDX-License-Identifier: Apache-2.0 */
/*
 * initrd_cache - an initrd that was compressed once is not compressed again.
 *
 * The store keeps the archive under everything that decides its bytes: the tree's listing with
 * the digests of what lies in memory, the packages by digest, compressor, library and level; in front of it
 * stand the digests of its files, which the SBOM wants. Those are held against the
 * signed headers; the archive itself is believed, as blocks are (image/block_cache.h).
 */
#ifndef IB_BUILD_INITRD_CACHE_H
#define IB_BUILD_INITRD_CACHE_H

#include "build/work.h"

/* The caller owns the key. The tree is complete, its buffers digested. */
int ib_initrd_key(const struct ib_work *work, char **ret_key, struct ib_error *err) IB_MUST_CHECK;
/* Writes the archive to path and gives the inodes their digests; false: the store has none that holds. */
int ib_initrd_recall(struct ib_work *work, const char *key, const char *path, bool *ret_found,
		     struct ib_error *err) IB_MUST_CHECK;
/* What cannot be kept is not. */
void ib_initrd_keep(struct ib_work *work, const char *key, const char *path);

#endif
