/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw - public keys and signatures as bare numbers, as OpenPGP carries them.
 *
 * Numbers are big-endian bytes without sign; leading zeros do not matter. What a
 * key is called, how long it lives and what it may sign is the caller's business.
 */
#ifndef IB_CRYPTO_RAW_H
#define IB_CRYPTO_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

struct ib_number {
	const uint8_t *data;
	size_t size;
};

enum ib_curve { IB_CURVE_P256, IB_CURVE_P384, IB_CURVE_P521 };

struct ib_raw_key;

/* NULL when the numbers make no key (RSA: 2048 to 16384 bits). */
struct ib_raw_key *ib_raw_key_rsa(struct ib_number modulus, struct ib_number exponent);
struct ib_raw_key *ib_raw_key_ed25519(const uint8_t point[32]);
/* The point is SEC 1's uncompressed form: 04 x y. */
struct ib_raw_key *ib_raw_key_ec(enum ib_curve curve, const void *point, size_t size);
void ib_raw_key_free(struct ib_raw_key *key);

/*
 * Whether a signature over a digest verifies. algorithm is the digest's name
 * (crypto/digest.h). RSA (PKCS#1 v1.5): first is the signature; ECDSA and
 * Ed25519: r and s. Ed25519 signs the digest as its message.
 */
bool ib_raw_key_verify(const struct ib_raw_key *key, const char *algorithm, struct ib_number digest,
		       struct ib_number first, struct ib_number second);

IB_DEFINE_AUTO(ib_raw_key);

#endif
