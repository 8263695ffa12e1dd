/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unzstd - one Zstandard frame (RFC 8878), read as a stream: what an initrd is packed in.
 *
 * Whoever made the frame may be hostile. Memory is that of a window of 128 MiB at most, which is what the Linux
 * kernel agrees to as well; how much comes out in all is for the caller to limit. Nothing may stand behind the
 * frame: another one, or anything else, is refused.
 */
#ifndef IB_COMPRESS_UNZSTD_H
#define IB_COMPRESS_UNZSTD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

/* Gives up to size bytes of what is compressed; *ret_got 0: it ends. */
typedef int (*ib_unzstd_get_fn)(void *context, void *data, size_t size, size_t *ret_got,
				struct ib_error *err);

struct ib_unzstd;

/* Whether these bytes begin like a frame. */
bool ib_unzstd_is(const void *data, size_t size);
/* name is what errors call the stream. */
struct ib_unzstd *ib_unzstd_new(const char *name, ib_unzstd_get_fn get, void *context);
void ib_unzstd_free(struct ib_unzstd *unzstd);
/*
 * Up to size bytes of the content; *ret_got 0: it ends, and its checksum fits. IB_INPUT: damaged, cut short, or
 * more than a frame; IB_LIMIT: its window is larger than we agree to.
 */
int ib_unzstd_read(struct ib_unzstd *unzstd, void *data, size_t size, size_t *ret_got,
		   struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_unzstd);

#endif
