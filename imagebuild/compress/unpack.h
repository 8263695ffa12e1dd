/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack - small files that packages ship compressed: kernel modules, info
 * pages. Known by their first bytes, whatever their name says.
 *
 * gzip (RFC 1952), xz and Zstandard (RFC 8878); several streams one behind
 * another are one content. What comes out is limited by the buffer's room.
 */
#ifndef IB_COMPRESS_UNPACK_H
#define IB_COMPRESS_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

/* Whether these bytes begin like one of the formats. */
bool ib_unpack_is(const void *data, size_t size);
/* Appends the content; IB_INPUT: damaged, or none of the formats; IB_LIMIT: more than out has room for. */
int ib_unpack(const void *data, size_t size, struct ib_buffer *out, struct ib_error *err)
	IB_MUST_CHECK;

#endif
