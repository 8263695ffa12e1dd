/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/raw.h"

#include <assert.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "crypto/keys.h"

enum { MIN_RSA_BITS = 2048, MAX_RSA_BITS = 16384, ED25519_HALF = 32 };

struct ib_raw_key {
	EVP_PKEY *pkey;
	enum ib_key_kind kind;
};

static struct ib_raw_key *wrap(EVP_PKEY *pkey, enum ib_key_kind kind)
{
	struct ib_raw_key *key = NULL;

	ERR_clear_error();
	if (!pkey)
		return NULL;
	key = ib_alloc(sizeof(*key));
	key->pkey = pkey;
	key->kind = kind;
	return key;
}

/* A public key of that type from what was built; NULL when OpenSSL finds it is none. */
static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM_BLD *builder)
{
	OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	assert(parameters && context);
	if (EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(parameters);
	return pkey;
}

struct ib_raw_key *ib_raw_key_rsa(struct ib_number modulus, struct ib_number exponent)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *n = NULL;
	BIGNUM *e = NULL;
	EVP_PKEY *pkey = NULL;

	assert(builder);
	if (modulus.size <= MAX_RSA_BITS / 8 && exponent.size <= 8) {
		n = BN_bin2bn(modulus.data, (int)modulus.size, NULL);
		e = BN_bin2bn(exponent.data, (int)exponent.size, NULL);
		assert(n && e);
		if (BN_num_bits(n) >= MIN_RSA_BITS && BN_is_odd(n) && BN_is_odd(e) &&
		    !BN_is_one(e)) {
			OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
			OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
			pkey = from_parameters("RSA", builder);
		}
	}
	BN_free(n);
	BN_free(e);
	OSSL_PARAM_BLD_free(builder);
	return wrap(pkey, IB_KEY_RSA);
}

struct ib_raw_key *ib_raw_key_ed25519(const uint8_t point[32])
{
	return wrap(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point, ED25519_HALF),
		    IB_KEY_ED25519);
}

struct ib_raw_key *ib_raw_key_ec(enum ib_curve curve, const void *point, size_t size)
{
	static const char *const names[] = {
		[IB_CURVE_P256] = "P-256",
		[IB_CURVE_P384] = "P-384",
		[IB_CURVE_P521] = "P-521",
	};
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY *pkey = NULL;

	assert(builder);
	OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, names[curve], 0);
	OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, size);
	pkey = from_parameters("EC", builder);
	OSSL_PARAM_BLD_free(builder);
	return wrap(pkey, IB_KEY_EC);
}

void ib_raw_key_free(struct ib_raw_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	ib_free(key);
}

/* A number in exactly size bytes; false when it does not fit. */
static bool pad(struct ib_number number, uint8_t *bytes, size_t size)
{
	for (; number.size && !*number.data; number.size--)
		number.data++;
	if (number.size > size)
		return false;
	memset(bytes, 0, size - number.size);
	if (number.size)
		memcpy(bytes + size - number.size, number.data, number.size);
	return true;
}

static bool verify_with_context(EVP_PKEY *pkey, const char *algorithm, int padding,
				struct ib_number digest, struct ib_number signature)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pkey, NULL);
	const EVP_MD *md = EVP_get_digestbyname(algorithm);
	bool good = false;

	assert(context);
	good = md && EVP_PKEY_verify_init(context) == 1 &&
	       (!padding || EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1) &&
	       EVP_PKEY_CTX_set_signature_md(context, md) == 1 &&
	       EVP_PKEY_verify(context, signature.data, signature.size, digest.data, digest.size) ==
		       1;
	EVP_PKEY_CTX_free(context);
	return good;
}

static bool verify_rsa(EVP_PKEY *pkey, const char *algorithm, struct ib_number digest,
		       struct ib_number number)
{
	uint8_t padded[MAX_RSA_BITS / 8];
	struct ib_number signature = { padded, (size_t)EVP_PKEY_get_size(pkey) };

	if (signature.size > sizeof(padded) || !pad(number, padded, signature.size))
		return false;
	return verify_with_context(pkey, algorithm, RSA_PKCS1_PADDING, digest, signature);
}

static bool verify_ec(EVP_PKEY *pkey, const char *algorithm, struct ib_number digest,
		      struct ib_number r, struct ib_number s)
{
	enum { MAX_HALF = 66 }; /* P-521 */
	ECDSA_SIG *pair = NULL;
	uint8_t *der = NULL;
	int size = 0;
	bool good = false;

	if (r.size > MAX_HALF || s.size > MAX_HALF)
		return false;
	pair = ECDSA_SIG_new();
	assert(pair);
	(void)ECDSA_SIG_set0(pair, BN_bin2bn(r.data, (int)r.size, NULL),
			     BN_bin2bn(s.data, (int)s.size, NULL));
	size = i2d_ECDSA_SIG(pair, &der);
	if (size > 0)
		good = verify_with_context(pkey, algorithm, 0, digest,
					   (struct ib_number){ der, (size_t)size });
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
	return good;
}

static bool verify_ed25519(EVP_PKEY *pkey, struct ib_number digest, struct ib_number r,
			   struct ib_number s)
{
	uint8_t signature[2 * ED25519_HALF];
	EVP_MD_CTX *context = NULL;
	bool good = false;

	if (!pad(r, signature, ED25519_HALF) || !pad(s, signature + ED25519_HALF, ED25519_HALF))
		return false;
	context = EVP_MD_CTX_new();
	assert(context);
	good = EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
	       EVP_DigestVerify(context, signature, sizeof(signature), digest.data, digest.size) ==
		       1;
	EVP_MD_CTX_free(context);
	return good;
}

bool ib_raw_key_verify(const struct ib_raw_key *key, const char *algorithm, struct ib_number digest,
		       struct ib_number first, struct ib_number second)
{
	bool good = false;

	switch (key->kind) {
	case IB_KEY_RSA:
		good = verify_rsa(key->pkey, algorithm, digest, first);
		break;
	case IB_KEY_EC:
		good = verify_ec(key->pkey, algorithm, digest, first, second);
		break;
	case IB_KEY_ED25519:
		good = verify_ed25519(key->pkey, digest, first, second);
		break;
	}
	ERR_clear_error();
	return good;
}
