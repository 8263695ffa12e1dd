/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fec - forward error correction for a dm-verity device, as veritysetup writes it.
 *
 * dm-verity finds a damaged block; with these data beside it, the kernel can
 * also mend it. Data and hash tree (without its superblock) are taken as one
 * run of blocks, padded with zeros to 255 - roots columns of equal length; each
 * row of bytes across the columns is a word of the Reed-Solomon code over
 * GF(2^8) with the polynomial 0x11d, whose "roots" check bytes stand in the
 * file, row after row. A row survives roots / 2 damaged bytes, or roots where
 * the tree says which they are; neighbouring blocks lie in different rows.
 *
 * The file has no header: who opens the device says roots (fec-roots).
 */
#ifndef IB_IMAGE_FEC_H
#define IB_IMAGE_FEC_H

#include "base/base.h"
#include "image/region.h"

#define IB_FEC_MIN_ROOTS 2 /* the kernel's limits */
#define IB_FEC_MAX_ROOTS 24

struct ib_fec_params {
	struct ib_region data; /* whole blocks of 4096 bytes */
	struct ib_region
		tree; /* its hash tree with its superblock, as ib_verity_write() leaves it */
	unsigned roots;
	size_t threads; /* 0: as many as this process may use */
};

/* How many bytes the correction data of these has: about roots / (255 - roots) of them. */
uint64_t ib_fec_size(const struct ib_fec_params *params);

/* Replaces path by the correction data; the bytes are the same for any number of threads. */
int ib_fec_write(const struct ib_fec_params *params, const char *path, struct ib_error *err)
	IB_MUST_CHECK;

/*
 * Whether fec is what ib_fec_write() would write, for roots as its size says
 * (params->roots is not looked at); if not, IB_TRUST names the first row that differs.
 */
int ib_fec_verify(const struct ib_fec_params *params, const struct ib_region *fec,
		  unsigned *ret_roots, struct ib_error *err) IB_MUST_CHECK;

#endif
