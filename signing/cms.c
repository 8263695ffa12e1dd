/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cryptographic Message Syntax, RFC 2315 (PKCS#7 1.5) sections 9 and 14, which RFC 5652 reads as
 * version 1: the form that firmware, kernel and openssl smime agree on.
 */
#include <assert.h>
#include <string.h>

#include "signing/signing.h"

static const uint8_t oid_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01 };
static const uint8_t oid_signed_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
static const uint8_t oid_content_type[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03 };
static const uint8_t oid_message_digest[] = {
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04
};
static const uint8_t oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t oid_rsa_sha256[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b };
static const uint8_t oid_sha256[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 };

/* ---- writing ------------------------------------------------------------- */

static void put_attribute(struct ib_buffer *b, const uint8_t *oid, size_t oid_size, unsigned tag,
			  const void *value, size_t size)
{
	size_t attribute = ib_der_begin(b, IB_DER_SEQUENCE);
	size_t values = 0;

	ib_der_put(b, IB_DER_OID, oid, oid_size);
	values = ib_der_begin(b, IB_DER_SET);
	ib_der_put(b, tag, value, size);
	ib_der_end(b, values);
	ib_der_end(b, attribute);
}

/* The digest of an element's value: tag and length are left out (RFC 2315, 9.3). */
static void digest_value(const void *data, size_t size, uint8_t sha256[IB_SHA256_SIZE])
{
	struct ib_der in = { data, size };
	struct ib_der value = { NULL, 0 };
	bool ok = ib_der_next(&in, ib_der_tag(&in), &value, NULL);

	assert(ok && !in.size);
	ib_sha256(value.data, value.size, sha256);
}

static void put_attributes(struct ib_buffer *b, const struct ib_cms_content *content, unsigned tag)
{
	uint8_t sha256[IB_SHA256_SIZE];
	size_t set = ib_der_begin(b, tag);

	/* A SET OF is sorted by its encodings: the shorter attribute comes first. */
	assert(content->type_size < IB_SHA256_SIZE);
	digest_value(content->data, content->size, sha256);
	put_attribute(b, oid_content_type, sizeof(oid_content_type), IB_DER_OID, content->type,
		      content->type_size);
	put_attribute(b, oid_message_digest, sizeof(oid_message_digest), IB_DER_OCTET_STRING,
		      sha256, sizeof(sha256));
	ib_der_end(b, set);
}

void ib_cms_to_be_signed(const struct ib_cms_content *content, struct ib_buffer *bytes)
{
	if (content->type)
		put_attributes(bytes, content, IB_DER_SET);
	else
		ib_buffer_put(bytes, content->data, content->size);
}

static void put_content_info(struct ib_buffer *b, const struct ib_cms_content *content)
{
	size_t info = ib_der_begin(b, IB_DER_SEQUENCE);

	if (content->type) {
		ib_der_put(b, IB_DER_OID, content->type, content->type_size);
		ib_der_put(b, IB_DER_CONSTRUCTED | 0, content->data, content->size);
	} else {
		ib_der_put(b, IB_DER_OID, oid_data, sizeof(oid_data));
	}
	ib_der_end(b, info);
}

static void put_version(struct ib_buffer *b)
{
	ib_der_put(b, IB_DER_INTEGER, "\1", 1);
}

static void put_signer_info(struct ib_buffer *b, const struct ib_cms_content *content,
			    const struct ib_certificate *certificate, const void *signature,
			    size_t signature_size)
{
	size_t signer = ib_der_begin(b, IB_DER_SEQUENCE);
	const uint8_t *der = NULL;
	size_t size = 0;
	size_t identifier = 0;

	put_version(b);
	identifier = ib_der_begin(b, IB_DER_SEQUENCE);
	ib_certificate_issuer_der(certificate, &der, &size);
	ib_buffer_put(b, der, size);
	ib_certificate_serial_der(certificate, &der, &size);
	ib_buffer_put(b, der, size);
	ib_der_end(b, identifier);
	ib_der_put_algorithm(b, oid_sha256, sizeof(oid_sha256));
	if (content->type)
		put_attributes(b, content, IB_DER_CONSTRUCTED | 0);
	ib_der_put_algorithm(b, oid_rsa, sizeof(oid_rsa));
	ib_der_put(b, IB_DER_OCTET_STRING, signature, signature_size);
	ib_der_end(b, signer);
}

static void put_signed_data(struct ib_buffer *b, const struct ib_cms_content *content,
			    const struct ib_certificate *certificate, const void *signature,
			    size_t signature_size)
{
	size_t data = ib_der_begin(b, IB_DER_SEQUENCE);
	const uint8_t *der = NULL;
	size_t size = 0;
	size_t set = 0;

	put_version(b);
	set = ib_der_begin(b, IB_DER_SET);
	ib_der_put_algorithm(b, oid_sha256, sizeof(oid_sha256));
	ib_der_end(b, set);
	put_content_info(b, content);
	if (content->type) {
		ib_certificate_der(certificate, &der, &size);
		ib_der_put(b, IB_DER_CONSTRUCTED | 0, der, size);
	}
	set = ib_der_begin(b, IB_DER_SET);
	put_signer_info(b, content, certificate, signature, signature_size);
	ib_der_end(b, set);
	ib_der_end(b, data);
}

void ib_cms_assemble(const struct ib_cms_content *content, const struct ib_certificate *certificate,
		     const void *signature, size_t signature_size, struct ib_buffer *cms)
{
	size_t info = ib_der_begin(cms, IB_DER_SEQUENCE);
	size_t inner = 0;

	ib_der_put(cms, IB_DER_OID, oid_signed_data, sizeof(oid_signed_data));
	inner = ib_der_begin(cms, IB_DER_CONSTRUCTED | 0);
	put_signed_data(cms, content, certificate, signature, signature_size);
	ib_der_end(cms, inner);
	ib_der_end(cms, info);
}

size_t ib_cms_size(const struct ib_cms_content *content, const struct ib_certificate *certificate,
		   size_t signature_size)
{
	static const uint8_t blank[IB_SIGNATURE_MAX_SIZE];
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);

	assert(signature_size <= sizeof(blank));
	ib_cms_assemble(content, certificate, blank, signature_size, &cms);
	return cms.size;
}

int ib_cms_sign(const struct ib_cms_content *content, const struct ib_private_key *key,
		const struct ib_certificate *certificate, struct ib_buffer *cms,
		struct ib_error *err)
{
	IB_AUTO_BUFFER(bytes, IB_CMS_MAX_SIZE);
	IB_AUTO_BUFFER(signature, IB_SIGNATURE_MAX_SIZE);

	if (ib_private_key_kind(key) != IB_KEY_RSA) {
		(void)ib_fail(err, IB_INPUT,
			      "the key for certificate '%s' is not RSA, which firmware and kernel "
			      "ask for",
			      ib_certificate_subject(certificate));
		ib_error_hint(err, "Make an RSA key of 2048, 3072 or 4096 bits.");
		return -IB_INPUT;
	}
	IB_TRY(ib_certificate_check_key(certificate, key, err));
	ib_cms_to_be_signed(content, &bytes);
	IB_TRY(ib_private_key_sign(key, bytes.data, bytes.size, &signature, err));
	ib_cms_assemble(content, certificate, signature.data, signature.size, cms);
	return 0;
}

/* ---- reading ------------------------------------------------------------- */

/* SEQUENCE { OID, NULL or nothing } with one of two object identifiers. */
static bool take_algorithm(struct ib_der *in, const uint8_t *oid, const uint8_t *other)
{
	struct ib_der algorithm = { NULL, 0 };
	struct ib_der found = { NULL, 0 };

	if (!ib_der_next(in, IB_DER_SEQUENCE, &algorithm, NULL) ||
	    !ib_der_next(&algorithm, IB_DER_OID, &found, NULL))
		return false;
	if (algorithm.size && (!ib_der_next(&algorithm, IB_DER_NULL, NULL, NULL) || algorithm.size))
		return false;
	/* All identifiers that we know of algorithms have nine bytes. */
	return ib_der_equal(&found, oid, sizeof(oid_sha256)) ||
	       ib_der_equal(&found, other, sizeof(oid_sha256));
}

static bool read_content_info(struct ib_der *in, struct ib_cms *cms)
{
	struct ib_der info = { NULL, 0 };
	struct ib_der content = { NULL, 0 };

	if (!ib_der_next(in, IB_DER_SEQUENCE, &info, NULL) ||
	    !ib_der_next(&info, IB_DER_OID, &cms->type, NULL))
		return false;
	if (!info.size)
		return true;
	if (!ib_der_next(&info, IB_DER_CONSTRUCTED | 0, &content, NULL) || info.size)
		return false;
	return ib_der_next(&content, ib_der_tag(&content), NULL, &cms->content) && !content.size;
}

static bool read_signer_info(struct ib_der *in, struct ib_cms *cms)
{
	struct ib_der signer = { NULL, 0 };
	struct ib_der version = { NULL, 0 };
	struct ib_der identifier = { NULL, 0 };

	if (!ib_der_next(in, IB_DER_SEQUENCE, &signer, NULL) ||
	    !ib_der_next(&signer, IB_DER_INTEGER, &version, NULL) ||
	    !ib_der_equal(&version, "\1", 1) ||
	    !ib_der_next(&signer, IB_DER_SEQUENCE, &identifier, NULL) ||
	    !ib_der_next(&identifier, IB_DER_SEQUENCE, NULL, &cms->issuer) ||
	    !ib_der_next(&identifier, IB_DER_INTEGER, NULL, &cms->serial) || identifier.size ||
	    !take_algorithm(&signer, oid_sha256, oid_sha256))
		return false;
	if (ib_der_tag(&signer) == (IB_DER_CONSTRUCTED | 0) &&
	    !ib_der_next(&signer, IB_DER_CONSTRUCTED | 0, &cms->attributes, NULL))
		return false;
	/* What may follow is not signed (a time stamp, say) and not looked at. */
	return take_algorithm(&signer, oid_rsa, oid_rsa_sha256) &&
	       ib_der_next(&signer, IB_DER_OCTET_STRING, &cms->signature, NULL);
}

static bool read_signed_data(struct ib_der *in, struct ib_cms *cms)
{
	struct ib_der data = { NULL, 0 };
	struct ib_der version = { NULL, 0 };
	struct ib_der set = { NULL, 0 };

	if (!ib_der_next(in, IB_DER_SEQUENCE, &data, NULL) ||
	    !ib_der_next(&data, IB_DER_INTEGER, &version, NULL) ||
	    !ib_der_equal(&version, "\1", 1) || !ib_der_next(&data, IB_DER_SET, NULL, NULL) ||
	    !read_content_info(&data, cms))
		return false;
	if (ib_der_tag(&data) == (IB_DER_CONSTRUCTED | 0) &&
	    !ib_der_next(&data, IB_DER_CONSTRUCTED | 0, &cms->certificates, NULL))
		return false;
	return ib_der_next(&data, IB_DER_SET, &set, NULL) && !data.size &&
	       read_signer_info(&set, cms) && !set.size;
}

static bool read_outer(struct ib_der in, struct ib_cms *cms)
{
	struct ib_der outer = { NULL, 0 };
	struct ib_der type = { NULL, 0 };
	struct ib_der inner = { NULL, 0 };

	return ib_der_next(&in, IB_DER_SEQUENCE, &outer, NULL) && !in.size &&
	       ib_der_next(&outer, IB_DER_OID, &type, NULL) &&
	       ib_der_equal(&type, oid_signed_data, sizeof(oid_signed_data)) &&
	       ib_der_next(&outer, IB_DER_CONSTRUCTED | 0, &inner, NULL) && !outer.size &&
	       read_signed_data(&inner, cms) && !inner.size;
}

int ib_cms_read(const void *data, size_t size, const char *name, struct ib_cms *ret_cms,
		struct ib_error *err)
{
	struct ib_cms cms = { .signature = { NULL, 0 } };

	if (size > IB_CMS_MAX_SIZE)
		return ib_fail(err, IB_TRUST, "signature '%s' is larger than %d bytes", name,
			       IB_CMS_MAX_SIZE);
	if (!read_outer((struct ib_der){ data, size }, &cms))
		return ib_fail(err, IB_TRUST,
			       "'%s' is no PKCS#7 signature by one signer with RSA and SHA-256",
			       name);
	*ret_cms = cms;
	return 0;
}

/* The value of the one attribute with this identifier; false: none, or several. */
static bool find_attribute(struct ib_der in, const uint8_t *oid, unsigned tag,
			   struct ib_der *ret_value)
{
	struct ib_der attribute = { NULL, 0 };
	struct ib_der type = { NULL, 0 };
	struct ib_der values = { NULL, 0 };
	size_t found = 0;

	while (in.size) {
		if (!ib_der_next(&in, IB_DER_SEQUENCE, &attribute, NULL) ||
		    !ib_der_next(&attribute, IB_DER_OID, &type, NULL) ||
		    !ib_der_next(&attribute, IB_DER_SET, &values, NULL) || attribute.size)
			return false;
		if (!ib_der_equal(&type, oid, sizeof(oid_content_type)))
			continue;
		if (!ib_der_next(&values, tag, ret_value, NULL) || values.size)
			return false;
		found++;
	}
	return found == 1;
}

/* Whether the signed attributes are about this content. */
static bool attributes_match(const struct ib_cms *cms, const void *data, size_t size)
{
	uint8_t sha256[IB_SHA256_SIZE];
	struct ib_der type = { NULL, 0 };
	struct ib_der digest = { NULL, 0 };

	ib_sha256(data, size, sha256);
	return find_attribute(cms->attributes, oid_content_type, IB_DER_OID, &type) &&
	       ib_der_equal(&type, cms->type.data, cms->type.size) &&
	       find_attribute(cms->attributes, oid_message_digest, IB_DER_OCTET_STRING, &digest) &&
	       ib_der_equal(&digest, sha256, sizeof(sha256));
}

static bool is_signer(const struct ib_cms *cms, const struct ib_certificate *certificate)
{
	const uint8_t *issuer = NULL;
	const uint8_t *serial = NULL;
	size_t issuer_size = 0;
	size_t serial_size = 0;

	ib_certificate_issuer_der(certificate, &issuer, &issuer_size);
	ib_certificate_serial_der(certificate, &serial, &serial_size);
	return ib_der_equal(&cms->issuer, issuer, issuer_size) &&
	       ib_der_equal(&cms->serial, serial, serial_size);
}

static int verify_value(const struct ib_cms *cms, struct ib_der value,
			const struct ib_certificate *certificate, const char *name,
			struct ib_error *err)
{
	IB_AUTO(ib_public_key) key = ib_certificate_public_key(certificate);
	IB_AUTO_BUFFER(attributes, IB_CMS_MAX_SIZE + 16);
	int r = 0;

	if (cms->attributes.data) {
		if (!attributes_match(cms, value.data, value.size))
			return ib_fail(err, IB_TRUST,
				       "signature '%s' is for other content than this", name);
		/* What is signed is the set under its own tag (RFC 2315, 9.3). */
		ib_der_put(&attributes, IB_DER_SET, cms->attributes.data, cms->attributes.size);
		value = (struct ib_der){ attributes.data, attributes.size };
	}
	r = ib_public_key_verify(key, value.data, value.size, cms->signature.data,
				 cms->signature.size, err);
	return r < 0 ? ib_error_prefix(err, "signature '%s'", name) : 0;
}

int ib_cms_verify(const struct ib_cms *cms, const void *data, size_t size,
		  const struct ib_certificate *certificate, const char *name, struct ib_error *err)
{
	struct ib_der value = { data, size };
	struct ib_der inside = cms->content;

	if (!data && (!inside.data || !ib_der_next(&inside, ib_der_tag(&inside), &value, NULL)))
		return ib_fail(err, IB_TRUST, "signature '%s' has no content inside", name);
	if (data && cms->content.data)
		return ib_fail(err, IB_TRUST, "signature '%s' is not detached", name);
	if (!is_signer(cms, certificate))
		return ib_fail(err, IB_TRUST, "signature '%s' was not made by '%s'", name,
			       ib_certificate_subject(certificate));
	return verify_value(cms, value, certificate, name, err);
}

struct ib_certificate *ib_cms_signer(const struct ib_cms *cms)
{
	struct ib_der rest = cms->certificates;
	struct ib_der one = { NULL, 0 };

	while (ib_der_next(&rest, IB_DER_SEQUENCE, NULL, &one)) {
		struct ib_certificate *certificate = NULL;
		struct ib_error err = IB_ERROR_INIT;

		/* One that cannot be read is none that the signer names: go on. */
		if (ib_certificate_parse_der(one.data, one.size, "a certificate inside",
					     &certificate, &err) < 0) {
			ib_error_clear(&err);
			continue;
		}
		if (is_signer(cms, certificate))
			return certificate;
		ib_certificate_free(certificate);
	}
	return NULL;
}
