/* SPDX-License-Identifier: Apache-2.0 */
/*
 * by_sha256 - finds things by the SHA-256 that lies in each of them.
 *
 * Like a map (base/map.h), but for the many: a thing takes the room of a pointer or
 * two, because its key is its own. Things are borrowed and stay where they are, and
 * their digests as they are, as long as the table lives. It is asked, never walked.
 */
#ifndef IB_CRYPTO_BY_SHA256_H
#define IB_CRYPTO_BY_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

struct ib_by_sha256;

/* digest_offset: where in a thing its 32 bytes lie, as offsetof() says. */
struct ib_by_sha256 *ib_by_sha256_new(size_t digest_offset);
void ib_by_sha256_free(struct ib_by_sha256 *table);

/* Of several things with one digest the first is found. */
void ib_by_sha256_add(struct ib_by_sha256 *table, void *thing);
/* NULL: there is none. */
void *ib_by_sha256_find(const struct ib_by_sha256 *table, const uint8_t sha256[32]);

IB_DEFINE_AUTO(ib_by_sha256);

#endif
