/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verity - dm-verity hash trees, as veritysetup writes them (format 1, SHA-256,
 * data and hash blocks of 4096 bytes, salt in front).
 *
 * The hash file begins with the superblock in a block of its own; the levels
 * follow, the highest first. Work is spread over threads; the bytes are the same
 * for any number of them.
 */
#ifndef IB_IMAGE_VERITY_H
#define IB_IMAGE_VERITY_H

#include <stdint.h>

#include "base/base.h"
#include "image/region.h"

#define IB_VERITY_SALT_BYTES 32
#define IB_VERITY_ROOT_BYTES 32

struct ib_verity_params {
	struct ib_region data; /* whole blocks */
	uint8_t salt[IB_VERITY_SALT_BYTES];
	uint8_t uuid[16];
	size_t threads; /* 0: as many as this process may use */
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

#endif
