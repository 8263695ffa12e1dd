/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest - message digests, HMAC, and what is derived from a seed.
 *
 * OpenSSL runs out of memory or lacks an algorithm only when the process is
 * beyond help: these functions do not fail.
 */
#ifndef IB_CRYPTO_DIGEST_H
#define IB_CRYPTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

#define IB_SHA256_SIZE     32
#define IB_SHA1_SIZE       20
#define IB_DIGEST_MAX_SIZE 64

struct ib_digest;

/* "sha256", "sha1", "sha384", "sha512", "sha224", "md5", "sha512-256"; NULL for what is not recognized. */
struct ib_digest *ib_digest_new(const char *algorithm);
void ib_digest_free(struct ib_digest *digest);
void ib_digest_update(struct ib_digest *digest, const void *data, size_t size);
/* Writes the value, returns its size, and starts over. */
size_t ib_digest_final(struct ib_digest *digest, uint8_t value[IB_DIGEST_MAX_SIZE]);

IB_DEFINE_AUTO(ib_digest);

void ib_sha256(const void *data, size_t size, uint8_t value[IB_SHA256_SIZE]);
/* As lower-case hex; text has room for 65. */
void ib_sha256_hex(const void *data, size_t size, char *text);
/* The whole file; the caller has room for 65 in hex and may pass NULL for ret_size. */
int ib_sha256_file(const char *path, char *hex, uint64_t *ret_size, struct ib_error *err)
	IB_MUST_CHECK;
/* The same of what is open, from its position on; path is what errors call it. */
int ib_sha256_fd(int fd, const char *path, char *hex, uint64_t *ret_size, struct ib_error *err)
	IB_MUST_CHECK;
void ib_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
		    uint8_t value[IB_SHA256_SIZE]);

/*
 * What differs between images but not between machines: HMAC-SHA-256 of label
 * under the image's seed (DESIGN.md, decision 5).
 */
void ib_derive(const uint8_t seed[IB_SHA256_SIZE], const char *label,
	       uint8_t value[IB_SHA256_SIZE]);
/* The first 16 bytes of that as a UUID (version 8, variant RFC 9562), in network byte order. */
void ib_derive_uuid(const uint8_t seed[IB_SHA256_SIZE], const char *label, uint8_t uuid[16]);
/* "xxxxxxxx-xxxx-…", lower case; text has room for 37. */
void ib_uuid_format(const uint8_t uuid[16], char *text);

#endif
