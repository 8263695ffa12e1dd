/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source - the bytes of the tree's files, in one pass; and who takes them.
 *
 * A source is a row of packages in their order. Each is read once, front to
 * back: every regular file's content comes as begin, any number of data, end.
 * rpmfile/ implements it (and checks each file's digest against the signed
 * header before it calls end); sinks take what they want and skip the rest.
 */
#ifndef IB_TREE_SOURCE_H
#define IB_TREE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

struct ib_content_sink {
	void *context;
	/*
	 * File number `file` of package number `package` begins; sets *ret_wanted to false to be
	 * spared its data (its digest is checked all the same). Hard links: called for
	 * the one that carries the content.
	 */
	int (*begin)(void *context, uint32_t package, uint32_t file, uint64_t size,
		     bool *ret_wanted, struct ib_error *err);
	int (*data)(void *context, const void *data, size_t size, struct ib_error *err);
	/* All bytes were given and matched the header. */
	int (*end)(void *context, struct ib_error *err);
};

/* Streams all of package number `package` into sink; returns after its last byte was verified. */
struct ib_content_source {
	void *context;
	uint32_t package_count;
	int (*stream)(void *context, uint32_t package, const struct ib_content_sink *sink,
		      struct ib_error *err);
};

#endif
