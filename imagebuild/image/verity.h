/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verity - dm-verity hash trees, as veritysetup writes them (format 1, SHA-256,
 * data and hash blocks of 4096 bytes, salt in front).
 *
 * The hash file begins with the superblock in a block of its own; the levels
 * follow, the highest first. Work is spread over threads; the bytes are the same
 * for any number of them.
 *
 * Data that is still being written is hashed as far as it got, so that all processors have something
 * to do while somebody plans the rest of it.
 */
#ifndef IB_IMAGE_VERITY_H
#define IB_IMAGE_VERITY_H

#include <stdint.h>

#include "base/base.h"
#include "image/region.h"

#define IB_VERITY_SALT_BYTES 32
#define IB_VERITY_ROOT_BYTES 32

/* What of the data was hashed before all of it was written. */
struct ib_verity_ahead;

/*
 * For the file of that path, once it is there; the path is borrowed. Digests wait in a file without a
 * name in its folder. threads 0: as many as this process may use.
 */
int ib_verity_ahead_new(const char *path, const uint8_t salt[IB_VERITY_SALT_BYTES], size_t threads,
			struct ib_verity_ahead **ret_ahead, struct ib_error *err) IB_MUST_CHECK;
void ib_verity_ahead_free(struct ib_verity_ahead *ahead);
/*
 * What stands in front of end is written and changes no more, but for the first megabytes: a superblock may
 * come last. NULL is nobody who hashes ahead.
 */
void ib_verity_ahead_reach(struct ib_verity_ahead *ahead, uint64_t end);

struct ib_verity_params {
	struct ib_region data; /* whole blocks */
	uint8_t salt[IB_VERITY_SALT_BYTES];
	uint8_t uuid[16];
	size_t threads;                /* 0: as many as this process may use */
	struct ib_verity_ahead *ahead; /* of the same file and salt; borrowed; NULL: none */
};

/* Replaces path by the hash tree over the data. */
int ib_verity_write(const struct ib_verity_params *params, const char *path,
		    uint8_t ret_root[IB_VERITY_ROOT_BYTES], struct ib_error *err) IB_MUST_CHECK;

/* What a hash tree's superblock says. */
struct ib_verity_info {
	uint8_t uuid[16];
	uint8_t salt[256];
	size_t salt_size;
	uint64_t data_blocks;
};

/*
 * Checks all data and the whole tree against the root hash. IB_TRUST names the
 * first block that does not match; a superblock that is not veritysetup's, or
 * that speaks of more data than there is, is IB_INPUT.
 */
int ib_verity_verify(const struct ib_region *data, const struct ib_region *tree,
		     const uint8_t root[IB_VERITY_ROOT_BYTES], size_t threads, struct ib_error *err)
	IB_MUST_CHECK;
int ib_verity_read_info(const struct ib_region *tree, struct ib_verity_info *ret_info,
			struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_verity_ahead);

#endif
