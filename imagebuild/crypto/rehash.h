/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehash - the names under which OpenSSL looks for a trusted certificate.
 *
 * In a folder of certificates each has a link HASH.N: HASH is made from the
 * subject's canonical form, N counts certificates of the same subject
 * (openssl-rehash.1).
 */
#ifndef IB_CRYPTO_REHASH_H
#define IB_CRYPTO_REHASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* Of the first certificate in a PEM text; name is for errors. */
int ib_certificate_subject_hash(const void *pem, size_t size, const char *name, uint32_t *ret_hash,
				struct ib_error *err) IB_MUST_CHECK;

#endif
