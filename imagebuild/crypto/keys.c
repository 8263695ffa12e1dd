/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keys.h"

#include <assert.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/openssl.h"

enum { MAX_PEM = 1 << 18, MIN_RSA_BITS = 2048, MAX_RSA_BITS = 16384 };

const char *ib_openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return reason ? reason : "no reason given";
}

/* Without it OpenSSL would ask on the terminal. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is OpenSSL's */
int ib_openssl_no_passphrase(char *buffer, int size, int writing, void *asked)
{
	(void)buffer;
	(void)size;
	(void)writing;
	if (asked)
		*(bool *)asked = true;
	return -1;
}

int ib_openssl_check_kind(EVP_PKEY *pkey, const char *name, enum ib_key_kind *ret_kind,
			  struct ib_error *err)
{
	const char *type = EVP_PKEY_get0_type_name(pkey);
	int bits = EVP_PKEY_get_bits(pkey);

	if (EVP_PKEY_is_a(pkey, "RSA")) {
		if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS)
			return ib_fail(err, IB_INPUT, "RSA key '%s' has %d bits, not %d to %d",
				       name, bits, MIN_RSA_BITS, MAX_RSA_BITS);
		*ret_kind = IB_KEY_RSA;
	} else if (EVP_PKEY_is_a(pkey, "EC")) {
		if (bits < 256)
			return ib_fail(err, IB_INPUT, "EC key '%s' has only %d bits", name, bits);
		*ret_kind = IB_KEY_EC;
	} else if (EVP_PKEY_is_a(pkey, "ED25519")) {
		*ret_kind = IB_KEY_ED25519;
	} else {
		(void)ib_fail(err, IB_INPUT, "key '%s' is of the unsupported kind %s", name,
			      type ? type : "?");
		ib_error_hint(err, "Use an RSA, EC or Ed25519 key.");
		return -IB_INPUT;
	}
	return 0;
}

/* ---- private keys -------------------------------------------------------- */

static struct ib_private_key *wrap_private(EVP_PKEY *pkey, enum ib_key_kind kind, const char *name)
{
	struct ib_private_key *key = ib_alloc(sizeof(*key));

	key->pkey = pkey;
	key->kind = kind;
	key->name = ib_strdup(name);
	return key;
}

static int fail_private(bool asked, const char *path, struct ib_error *err)
{
	const char *reason = ib_openssl_reason();

	if (asked) {
		(void)ib_fail(err, IB_INPUT, "private key '%s' is protected by a passphrase", path);
		ib_error_hint(err,
			      "Write it without one, to a place that only you can read: "
			      "openssl pkey -in '%s' -out KEY.",
			      path);
		return -IB_INPUT;
	}
	return ib_fail(err, IB_INPUT, "'%s' holds no private key in PEM form: %s", path, reason);
}

int ib_private_key_read(const char *path, struct ib_private_key **ret_key, struct ib_error *err)
{
	IB_AUTO_BUFFER(pem, MAX_PEM);
	enum ib_key_kind kind = IB_KEY_RSA;
	EVP_PKEY *pkey = NULL;
	bool asked = false;
	BIO *bio = NULL;
	int r = 0;

	r = ib_file_read(path, &pem, err);
	if (r < 0)
		return ib_error_prefix(err, "private key");
	bio = BIO_new_mem_buf(pem.data ? (const void *)pem.data : "", (int)pem.size);
	assert(bio);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, ib_openssl_no_passphrase, &asked);
	BIO_free(bio);
	OPENSSL_cleanse(pem.data, pem.size);
	if (!pkey)
		return fail_private(asked, path, err);
	r = ib_openssl_check_kind(pkey, path, &kind, err);
	if (r < 0) {
		EVP_PKEY_free(pkey);
		return r;
	}
	*ret_key = wrap_private(pkey, kind, path);
	return 0;
}

void ib_private_key_free(struct ib_private_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	ib_free(key->name);
	ib_free(key);
}

enum ib_key_kind ib_private_key_kind(const struct ib_private_key *key)
{
	return key->kind;
}

size_t ib_private_key_signature_size(const struct ib_private_key *key)
{
	return (size_t)EVP_PKEY_get_size(key->pkey);
}

struct ib_public_key *ib_private_key_public(const struct ib_private_key *key)
{
	struct ib_public_key *half = NULL;
	struct ib_error err = IB_ERROR_INIT;
	char *text = NULL;
	long size = 0;
	BIO *bio = BIO_new(BIO_s_mem());
	int r = 0;

	assert(bio && PEM_write_bio_PUBKEY(bio, key->pkey) == 1);
	size = BIO_get_mem_data(bio, &text);
	r = ib_public_key_parse(text, (size_t)size, key->name, &half, &err);
	assert(r == 0);
	BIO_free(bio);
	return half;
}

/* ECDSA and RSA hash first; Ed25519 takes the whole message. */
static const EVP_MD *hash_of(enum ib_key_kind kind)
{
	return kind == IB_KEY_ED25519 ? NULL : EVP_sha256();
}

int ib_private_key_sign(const struct ib_private_key *key, const void *data, size_t size,
			struct ib_buffer *signature, struct ib_error *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t value[IB_SIGNATURE_MAX_SIZE];
	size_t value_size = sizeof(value);
	bool ok = false;

	assert(context);
	ok = EVP_DigestSignInit(context, NULL, hash_of(key->kind), NULL, key->pkey) == 1 &&
	     EVP_DigestSign(context, value, &value_size, data, size) == 1;
	EVP_MD_CTX_free(context);
	if (!ok)
		return ib_fail(err, IB_FAILED, "could not sign with key '%s': %s", key->name,
			       ib_openssl_reason());
	ib_buffer_put(signature, value, value_size);
	return 0;
}

static EVP_PKEY *generate(enum ib_key_kind kind, unsigned bits)
{
	switch (kind) {
	case IB_KEY_RSA:
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
	case IB_KEY_EC:
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	case IB_KEY_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

int ib_private_key_generate(enum ib_key_kind kind, unsigned bits, struct ib_private_key **ret_key,
			    struct ib_error *err)
{
	EVP_PKEY *pkey = NULL;

	if (kind == IB_KEY_RSA && (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS))
		return ib_fail(err, IB_INPUT, "cannot make an RSA key of %u bits, only of %d to %d",
			       bits, MIN_RSA_BITS, MAX_RSA_BITS);
	pkey = generate(kind, bits);
	if (!pkey)
		return ib_fail(err, IB_FAILED, "could not make a key: %s", ib_openssl_reason());
	*ret_key = wrap_private(pkey, kind, "a new key");
	return 0;
}

int ib_private_key_save(const struct ib_private_key *key, const char *path, struct ib_error *err)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;
	long size = 0;
	int r = 0;

	assert(bio);
	if (PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
		BIO_free(bio);
		return ib_fail(err, IB_FAILED, "could not write key '%s': %s", path,
			       ib_openssl_reason());
	}
	size = BIO_get_mem_data(bio, &text);
	r = ib_file_write(path, text, (size_t)size, 0600, err);
	BIO_free(bio);
	return r;
}

/* ---- public keys --------------------------------------------------------- */

struct ib_public_key *ib_openssl_public_key(EVP_PKEY *pkey, enum ib_key_kind kind, const char *name)
{
	struct ib_public_key *key = ib_alloc(sizeof(*key));

	key->pkey = pkey;
	key->kind = kind;
	key->name = ib_strdup(name);
	return key;
}

static EVP_PKEY *parse_public(BIO *bio)
{
	EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, ib_openssl_no_passphrase, NULL);
	X509 *x509 = NULL;

	if (pkey)
		return pkey;
	ERR_clear_error();
	(void)BIO_reset(bio);
	x509 = PEM_read_bio_X509(bio, NULL, ib_openssl_no_passphrase, NULL);
	pkey = x509 ? X509_get_pubkey(x509) : NULL;
	X509_free(x509);
	return pkey;
}

int ib_public_key_parse(const void *pem, size_t size, const char *name,
			struct ib_public_key **ret_key, struct ib_error *err)
{
	enum ib_key_kind kind = IB_KEY_RSA;
	EVP_PKEY *pkey = NULL;
	BIO *bio = NULL;
	int r = 0;

	if (size > MAX_PEM)
		return ib_fail(err, IB_LIMIT, "'%s' is larger than %d bytes", name, MAX_PEM);
	bio = BIO_new_mem_buf(size ? pem : "", (int)size);
	assert(bio);
	pkey = parse_public(bio);
	BIO_free(bio);
	if (!pkey)
		return ib_fail(err, IB_INPUT,
			       "'%s' holds no public key and no certificate in PEM form: %s", name,
			       ib_openssl_reason());
	r = ib_openssl_check_kind(pkey, name, &kind, err);
	if (r < 0) {
		EVP_PKEY_free(pkey);
		return r;
	}
	*ret_key = ib_openssl_public_key(pkey, kind, name);
	return 0;
}

int ib_public_key_read(const char *path, struct ib_public_key **ret_key, struct ib_error *err)
{
	IB_AUTO_BUFFER(pem, MAX_PEM);
	int r = ib_file_read(path, &pem, err);

	if (r < 0)
		return ib_error_prefix(err, "public key");
	return ib_public_key_parse(pem.data, pem.size, path, ret_key, err);
}

void ib_public_key_free(struct ib_public_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	ib_free(key->name);
	ib_free(key);
}

enum ib_key_kind ib_public_key_kind(const struct ib_public_key *key)
{
	return key->kind;
}

void ib_public_key_der(const struct ib_public_key *key, struct ib_buffer *der)
{
	unsigned char *bytes = NULL;
	int size = i2d_PUBKEY(key->pkey, &bytes);

	assert(size > 0);
	ib_buffer_put(der, bytes, (size_t)size);
	OPENSSL_free(bytes);
}

void ib_public_key_fingerprint(const struct ib_public_key *key, uint8_t sha256[IB_SHA256_SIZE])
{
	IB_AUTO_BUFFER(der, MAX_PEM);

	ib_public_key_der(key, &der);
	ib_sha256(der.data, der.size, sha256);
}

bool ib_public_key_equal(const struct ib_public_key *a, const struct ib_public_key *b)
{
	return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

void ib_public_key_write(const struct ib_public_key *key, struct ib_buffer *pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long size = 0;

	assert(bio && PEM_write_bio_PUBKEY(bio, key->pkey) == 1);
	size = BIO_get_mem_data(bio, &text);
	ib_buffer_put(pem, text, (size_t)size);
	BIO_free(bio);
}

int ib_public_key_verify(const struct ib_public_key *key, const void *data, size_t size,
			 const void *signature, size_t signature_size, struct ib_error *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = false;

	assert(context);
	ok = EVP_DigestVerifyInit(context, NULL, hash_of(key->kind), NULL, key->pkey) == 1 &&
	     EVP_DigestVerify(context, signature, signature_size, data, size) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	if (!ok)
		return ib_fail(err, IB_TRUST, "the signature was not made with key '%s'",
			       key->name);
	return 0;
}
