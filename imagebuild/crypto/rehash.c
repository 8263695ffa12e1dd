/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rehash.h"

#include <limits.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

int ib_certificate_subject_hash(const void *pem, size_t size, const char *name, uint32_t *ret_hash,
				struct ib_error *err)
{
	BIO *bio = BIO_new_mem_buf(pem, size > INT_MAX ? 0 : (int)size);
	X509 *certificate = bio ? PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	if (!certificate)
		return ib_fail(err, IB_INPUT, "'%s' holds no certificate", name);
	*ret_hash = (uint32_t)X509_subject_name_hash(certificate);
	X509_free(certificate);
	return 0;
}
