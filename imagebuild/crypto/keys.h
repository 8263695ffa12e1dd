/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys - private keys, public keys and X.509 certificates, as PEM files.
 *
 * Kinds: RSA (2048 bits and more; PKCS#1 v1.5 with SHA-256), Ed25519 (pure),
 * and elliptic curves (ECDSA with SHA-256). RSA and Ed25519 give the same
 * signature each time; ECDSA does not, so outputs signed with it differ from
 * run to run. Keys under a passphrase are refused with a hint. Nothing here
 * looks at a certificate's dates or extensions: what a key is trusted for is decided
 * by who pins it.
 */
#ifndef IB_CRYPTO_KEYS_H
#define IB_CRYPTO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "crypto/digest.h"

enum ib_key_kind { IB_KEY_RSA, IB_KEY_EC, IB_KEY_ED25519 };

/* No signature of ours is larger: RSA with 16384 bits. */
#define IB_SIGNATURE_MAX_SIZE 2048

struct ib_private_key;
struct ib_public_key;
struct ib_certificate;

/* PEM, PKCS#8 or the kind's own form. */
int ib_private_key_read(const char *path, struct ib_private_key **ret_key, struct ib_error *err)
	IB_MUST_CHECK;
void ib_private_key_free(struct ib_private_key *key);
enum ib_key_kind ib_private_key_kind(const struct ib_private_key *key);
/* How many bytes a signature has: exactly for RSA and Ed25519, at most for EC. */
size_t ib_private_key_signature_size(const struct ib_private_key *key);
/* The half that may be shown; the caller owns it. */
struct ib_public_key *ib_private_key_public(const struct ib_private_key *key);
/* Appends the signature over data. */
int ib_private_key_sign(const struct ib_private_key *key, const void *data, size_t size,
			struct ib_buffer *signature, struct ib_error *err) IB_MUST_CHECK;

/* A PEM file with a public key or with a certificate. */
int ib_public_key_read(const char *path, struct ib_public_key **ret_key, struct ib_error *err)
	IB_MUST_CHECK;
/* name: how errors call it. */
int ib_public_key_parse(const void *pem, size_t size, const char *name,
			struct ib_public_key **ret_key, struct ib_error *err) IB_MUST_CHECK;
void ib_public_key_free(struct ib_public_key *key);
enum ib_key_kind ib_public_key_kind(const struct ib_public_key *key);
/* SHA-256 of the DER SubjectPublicKeyInfo. */
void ib_public_key_fingerprint(const struct ib_public_key *key, uint8_t sha256[IB_SHA256_SIZE]);
bool ib_public_key_equal(const struct ib_public_key *a, const struct ib_public_key *b);
/* Appends it as PEM. */
void ib_public_key_write(const struct ib_public_key *key, struct ib_buffer *pem);
/* Appends the DER SubjectPublicKeyInfo. */
void ib_public_key_der(const struct ib_public_key *key, struct ib_buffer *der);
/* IB_TRUST when the signature over data was not made with this key. */
int ib_public_key_verify(const struct ib_public_key *key, const void *data, size_t size,
			 const void *signature, size_t signature_size, struct ib_error *err)
	IB_MUST_CHECK;

/* The first certificate of a PEM file. */
int ib_certificate_read(const char *path, struct ib_certificate **ret_certificate,
			struct ib_error *err) IB_MUST_CHECK;
int ib_certificate_parse_der(const void *der, size_t size, const char *name,
			     struct ib_certificate **ret_certificate, struct ib_error *err)
	IB_MUST_CHECK;
void ib_certificate_free(struct ib_certificate *certificate);
/* SHA-256 of the DER certificate, as `openssl x509 -fingerprint -sha256` shows it. */
void ib_certificate_fingerprint(const struct ib_certificate *certificate,
				uint8_t sha256[IB_SHA256_SIZE]);
/* One line, "CN = example"; belongs to the certificate. */
const char *ib_certificate_subject(const struct ib_certificate *certificate);
/* The whole, and two parts that name it in signatures, as DER; they belong to the certificate. */
void ib_certificate_der(const struct ib_certificate *certificate, const uint8_t **ret_der,
			size_t *ret_size);
void ib_certificate_issuer_der(const struct ib_certificate *certificate, const uint8_t **ret_der,
			       size_t *ret_size);
/* An ASN.1 INTEGER with tag and length. */
void ib_certificate_serial_der(const struct ib_certificate *certificate, const uint8_t **ret_der,
			       size_t *ret_size);
/* The caller owns it. */
struct ib_public_key *ib_certificate_public_key(const struct ib_certificate *certificate);
void ib_certificate_write(const struct ib_certificate *certificate, struct ib_buffer *pem);
/* IB_INPUT naming both files when the certificate is for another key. */
int ib_certificate_check_key(const struct ib_certificate *certificate,
			     const struct ib_private_key *key, struct ib_error *err) IB_MUST_CHECK;

/* A new key; bits are for RSA only. EC is P-256. */
int ib_private_key_generate(enum ib_key_kind kind, unsigned bits, struct ib_private_key **ret_key,
			    struct ib_error *err) IB_MUST_CHECK;
/* Writes it as PKCS#8 PEM, mode 0600. */
int ib_private_key_save(const struct ib_private_key *key, const char *path, struct ib_error *err)
	IB_MUST_CHECK;
/*
 * A self-signed certificate for the key, a function of key and common name
 * alone: the serial number is taken from the key's fingerprint, the validity
 * is 2020 to 2099. Good for signing only, not for issuing.
 */
int ib_certificate_make(const struct ib_private_key *key, const char *common_name,
			struct ib_certificate **ret_certificate, struct ib_error *err)
	IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_private_key);
IB_DEFINE_AUTO(ib_public_key);
IB_DEFINE_AUTO(ib_certificate);

#endif
