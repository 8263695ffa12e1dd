/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts_header - what a lock needs to know of a package's header, as bytes that
 * the store keeps: name and version, digest, signer, times, every scriptlet with
 * its text, and of each file path, mode and link target.
 *
 * What was read back says no more than that: dependencies, descriptions and
 * whatever else a header holds are absent. Nothing here is proof of anything;
 * whoever keeps it says under which keys it was verified, and where it lies.
 */
#ifndef IB_PACKAGE_FACTS_HEADER_H
#define IB_PACKAGE_FACTS_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

struct ib_package;

void ib_package_pack(const struct ib_package *package, struct ib_buffer *b);
/* False when the bytes are not exactly what ib_package_pack() writes; all lies in the arena. */
bool ib_package_unpack(const void *data, size_t size, struct ib_arena *arena,
		       struct ib_package *ret_package);

#endif
