/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/keys.h"
#include "crypto/openssl.h"

enum { MAX_PEM = 1 << 18, MAX_DER = 1 << 18 };

struct ib_certificate {
	X509 *x509;
	enum ib_key_kind kind;
	char *name;
	char *subject;
	struct ib_buffer der;
	struct ib_buffer issuer;
	struct ib_buffer serial;
};

static char *subject_text(X509 *x509)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	char *text = NULL;
	long size = 0;

	assert(bio);
	X509_NAME_print_ex(bio, X509_get_subject_name(x509), 0,
			   XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
	size = BIO_get_mem_data(bio, &data);
	text = ib_strndup(size > 0 ? data : "", size > 0 ? (size_t)size : 0);
	BIO_free(bio);
	return text;
}

static void keep_der(struct ib_buffer *buffer, unsigned char *der, int size)
{
	assert(size > 0 && size <= MAX_DER);
	*buffer = IB_BUFFER_INIT(MAX_DER);
	ib_buffer_put(buffer, der, (size_t)size);
	OPENSSL_free(der);
}

static struct ib_certificate *wrap(X509 *x509, enum ib_key_kind kind, const char *name)
{
	struct ib_certificate *certificate = ib_alloc(sizeof(*certificate));
	unsigned char *der = NULL;
	int size = 0;

	certificate->x509 = x509;
	certificate->kind = kind;
	certificate->name = ib_strdup(name);
	certificate->subject = subject_text(x509);
	size = i2d_X509(x509, &der);
	keep_der(&certificate->der, der, size);
	der = NULL;
	size = i2d_X509_NAME(X509_get_issuer_name(x509), &der);
	keep_der(&certificate->issuer, der, size);
	der = NULL;
	size = i2d_ASN1_INTEGER(X509_get_serialNumber(x509), &der);
	keep_der(&certificate->serial, der, size);
	return certificate;
}

/* Takes ownership of x509, also when it fails. */
static int check_and_wrap(X509 *x509, const char *name, struct ib_certificate **ret_certificate,
			  struct ib_error *err)
{
	EVP_PKEY *pkey = X509_get0_pubkey(x509);
	enum ib_key_kind kind = IB_KEY_RSA;
	int r = 0;

	if (pkey)
		r = ib_openssl_check_kind(pkey, name, &kind, err);
	else
		r = ib_fail(err, IB_INPUT, "cannot read the key of certificate '%s': %s", name,
			    ib_openssl_reason());
	if (r < 0) {
		X509_free(x509);
		return r;
	}
	*ret_certificate = wrap(x509, kind, name);
	return 0;
}

int ib_certificate_read(const char *path, struct ib_certificate **ret_certificate,
			struct ib_error *err)
{
	IB_AUTO_BUFFER(pem, MAX_PEM);
	X509 *x509 = NULL;
	BIO *bio = NULL;
	int r = ib_file_read(path, &pem, err);

	if (r < 0)
		return ib_error_prefix(err, "certificate");
	bio = BIO_new_mem_buf(pem.data ? (const void *)pem.data : "", (int)pem.size);
	assert(bio);
	x509 = PEM_read_bio_X509(bio, NULL, ib_openssl_no_passphrase, NULL);
	BIO_free(bio);
	if (!x509)
		return ib_fail(err, IB_INPUT, "'%s' holds no certificate in PEM form: %s", path,
			       ib_openssl_reason());
	return check_and_wrap(x509, path, ret_certificate, err);
}

int ib_certificate_parse_der(const void *der, size_t size, const char *name,
			     struct ib_certificate **ret_certificate, struct ib_error *err)
{
	const unsigned char *at = der;
	X509 *x509 = NULL;

	if (size > MAX_DER)
		return ib_fail(err, IB_LIMIT, "certificate '%s' is larger than %d bytes", name,
			       MAX_DER);
	x509 = d2i_X509(NULL, &at, (long)size);
	if (!x509 || at != (const unsigned char *)der + size) {
		X509_free(x509);
		return ib_fail(err, IB_INPUT, "'%s' is no certificate: %s", name,
			       ib_openssl_reason());
	}
	return check_and_wrap(x509, name, ret_certificate, err);
}

void ib_certificate_free(struct ib_certificate *certificate)
{
	if (!certificate)
		return;
	X509_free(certificate->x509);
	ib_free(certificate->name);
	ib_free(certificate->subject);
	ib_buffer_done(&certificate->der);
	ib_buffer_done(&certificate->issuer);
	ib_buffer_done(&certificate->serial);
	ib_free(certificate);
}

void ib_certificate_fingerprint(const struct ib_certificate *certificate,
				uint8_t sha256[IB_SHA256_SIZE])
{
	ib_sha256(certificate->der.data, certificate->der.size, sha256);
}

const char *ib_certificate_subject(const struct ib_certificate *certificate)
{
	return certificate->subject;
}

void ib_certificate_der(const struct ib_certificate *certificate, const uint8_t **ret_der,
			size_t *ret_size)
{
	*ret_der = certificate->der.data;
	*ret_size = certificate->der.size;
}

void ib_certificate_issuer_der(const struct ib_certificate *certificate, const uint8_t **ret_der,
			       size_t *ret_size)
{
	*ret_der = certificate->issuer.data;
	*ret_size = certificate->issuer.size;
}

void ib_certificate_serial_der(const struct ib_certificate *certificate, const uint8_t **ret_der,
			       size_t *ret_size)
{
	*ret_der = certificate->serial.data;
	*ret_size = certificate->serial.size;
}

struct ib_public_key *ib_certificate_public_key(const struct ib_certificate *certificate)
{
	EVP_PKEY *pkey = X509_get_pubkey(certificate->x509);

	assert(pkey);
	return ib_openssl_public_key(pkey, certificate->kind, certificate->name);
}

void ib_certificate_write(const struct ib_certificate *certificate, struct ib_buffer *pem)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long size = 0;

	assert(bio && PEM_write_bio_X509(bio, certificate->x509) == 1);
	size = BIO_get_mem_data(bio, &text);
	ib_buffer_put(pem, text, (size_t)size);
	BIO_free(bio);
}

int ib_certificate_check_key(const struct ib_certificate *certificate,
			     const struct ib_private_key *key, struct ib_error *err)
{
	if (EVP_PKEY_eq(X509_get0_pubkey(certificate->x509), key->pkey) == 1)
		return 0;
	return ib_fail(err, IB_INPUT, "certificate '%s' does not belong to private key '%s'",
		       certificate->name, key->name);
}

static void must(int ok)
{
	assert(ok == 1);
}

static void add_extension(X509 *x509, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension = NULL;

	memset(&context, 0, sizeof(context)); /* no configuration stands behind it */
	X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert(extension);
	must(X509_add_ext(x509, extension, -1));
	X509_EXTENSION_free(extension);
}

static void set_serial(X509 *x509, const struct ib_private_key *key)
{
	IB_AUTO(ib_public_key) half = ib_private_key_public(key);
	uint8_t fingerprint[IB_SHA256_SIZE];
	BIGNUM *number = NULL;

	ib_public_key_fingerprint(half, fingerprint);
	/* RFC 5280, 4.1.2.2: positive, at most 20 bytes. */
	fingerprint[0] = (uint8_t)((fingerprint[0] & 0x3f) | 0x40);
	number = BN_bin2bn(fingerprint, 16, NULL);
	assert(number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)));
	BN_free(number);
}

int ib_certificate_make(const struct ib_private_key *key, const char *common_name,
			struct ib_certificate **ret_certificate, struct ib_error *err)
{
	X509 *x509 = X509_new();
	X509_NAME *subject = NULL;

	assert(x509);
	subject = X509_get_subject_name(x509);
	if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const void *)common_name, -1,
				       -1, 0) != 1) {
		X509_free(x509);
		return ib_fail(err, IB_INPUT, "cannot put '%s' into a certificate: %s", common_name,
			       ib_openssl_reason());
	}
	must(X509_set_version(x509, X509_VERSION_3));
	set_serial(x509, key);
	must(X509_set_issuer_name(x509, subject));
	must(ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), "20200101000000Z"));
	must(ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "20991231235959Z"));
	must(X509_set_pubkey(x509, key->pkey));
	add_extension(x509, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(x509, NID_key_usage, "critical,digitalSignature");
	add_extension(x509, NID_subject_key_identifier, "hash");
	if (!X509_sign(x509, key->pkey, key->kind == IB_KEY_ED25519 ? NULL : EVP_sha256())) {
		X509_free(x509);
		return ib_fail(err, IB_FAILED, "could not sign a certificate: %s",
			       ib_openssl_reason());
	}
	return check_and_wrap(x509, common_name, ret_certificate, err);
}
