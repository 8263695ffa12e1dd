/* SPDX-License-Identifier: Apache-2.0 */
/* openssl - what the files of this folder share, and nobody outside it sees. */
#ifndef IB_CRYPTO_OPENSSL_H
#define IB_CRYPTO_OPENSSL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/keys.h"

struct ib_private_key {
	EVP_PKEY *pkey;
	enum ib_key_kind kind;
	char *name; /* the file, for errors */
};

struct ib_public_key {
	EVP_PKEY *pkey;
	enum ib_key_kind kind;
	char *name;
};

/* The newest reason of OpenSSL's queue, which is emptied. */
const char *ib_openssl_reason(void);
/* A pem_password_cb that has none, and sets the bool at `asked` (which may be NULL). */
int ib_openssl_no_passphrase(char *buffer, int size, int writing, void *asked);
/* IB_INPUT unless the key is of a kind and strength that we handle. */
int ib_openssl_check_kind(EVP_PKEY *pkey, const char *name, enum ib_key_kind *ret_kind,
			  struct ib_error *err) IB_MUST_CHECK;
/* Wraps a key that was checked; takes ownership of pkey. */
struct ib_public_key *ib_openssl_public_key(EVP_PKEY *pkey, enum ib_key_kind kind,
					    const char *name);

#endif
