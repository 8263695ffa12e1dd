/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/purpose.h"

#include <limits.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static unsigned purposes_of(const EXTENDED_KEY_USAGE *usage)
{
	static const struct {
		int nid;
		unsigned purpose;
	} known[] = {
		{ NID_server_auth, IB_PURPOSE_SERVER },      { NID_client_auth, IB_PURPOSE_CLIENT },
		{ NID_email_protect, IB_PURPOSE_EMAIL },     { NID_code_sign, IB_PURPOSE_CODE },
		{ NID_anyExtendedKeyUsage, IB_PURPOSE_ANY },
	};
	unsigned purposes = 0;
	size_t n = 0;
	int i = 0;

	for (i = 0; i < sk_ASN1_OBJECT_num(usage); i++)
		for (n = 0; n < IB_COUNT(known); n++)
			if (OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i)) == known[n].nid)
				purposes |= known[n].purpose;
	return purposes;
}

int ib_certificate_purposes(const void *pem, size_t size, const char *name, char **ret_key,
			    unsigned *ret_purposes, struct ib_error *err)
{
	BIO *bio = BIO_new_mem_buf(pem, size > INT_MAX ? 0 : (int)size);
	X509 *certificate = bio ? PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL) : NULL;
	EXTENDED_KEY_USAGE *usage = NULL;
	unsigned char *der = NULL;
	int length = 0;

	BIO_free(bio);
	ERR_clear_error();
	if (!certificate)
		return ib_fail(err, IB_INPUT, "'%s' holds no certificate", name);
	usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
	length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	*ret_purposes = usage ? purposes_of(usage) : IB_PURPOSE_ANY;
	*ret_key = ib_base64(der, length > 0 ? (size_t)length : 0);
	EXTENDED_KEY_USAGE_free(usage);
	OPENSSL_free(der);
	X509_free(certificate);
	ERR_clear_error();
	return 0;
}

bool ib_extension_purposes(const void *der, size_t size, unsigned *ret_purposes)
{
	const unsigned char *at = der;
	X509_EXTENSION *extension = d2i_X509_EXTENSION(NULL, &at, (long)IB_MIN(size, 1U << 20));
	const ASN1_OCTET_STRING *value = extension ? X509_EXTENSION_get_data(extension) : NULL;
	const unsigned char *inside = value ? ASN1_STRING_get0_data(value) : NULL;
	EXTENDED_KEY_USAGE *usage =
		inside ? d2i_EXTENDED_KEY_USAGE(NULL, &inside, ASN1_STRING_length(value)) : NULL;
	bool is_list = usage != NULL;

	if (is_list)
		*ret_purposes = purposes_of(usage);
	EXTENDED_KEY_USAGE_free(usage);
	X509_EXTENSION_free(extension);
	ERR_clear_error();
	return is_list;
}
