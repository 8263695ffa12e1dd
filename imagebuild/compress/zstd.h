/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd - a stream as one Zstandard frame (RFC 8878) with a checksum.
 *
 * Work is cut into jobs of a fixed size, also with one worker, and input is
 * collected into pieces of a fixed size: so the frame depends neither on the number of workers nor on
 * how the input was cut.
 */
#ifndef IB_COMPRESS_ZSTD_H
#define IB_COMPRESS_ZSTD_H

#include <stddef.h>

#include "base/base.h"

/* Takes compressed bytes. */
typedef int (*ib_zstd_put_fn)(void *context, const void *data, size_t size, struct ib_error *err);

struct ib_zstd;

/* level: 1 to 19, else IB_INPUT. workers 0: as many as this process may run on. */
int ib_zstd_new(int level, size_t workers, ib_zstd_put_fn put, void *context,
		struct ib_zstd **ret_zstd, struct ib_error *err) IB_MUST_CHECK;
/* Without ib_zstd_finish() the frame is cut off. */
void ib_zstd_free(struct ib_zstd *zstd);
int ib_zstd_write(struct ib_zstd *zstd, const void *data, size_t size, struct ib_error *err)
	IB_MUST_CHECK;
/* Ends the frame; nothing can be written afterwards. */
int ib_zstd_finish(struct ib_zstd *zstd, struct ib_error *err) IB_MUST_CHECK;
/* The library's version, "1.5.4": it shapes bytes. */
const char *ib_zstd_version(void);

IB_DEFINE_AUTO(ib_zstd);

#endif
