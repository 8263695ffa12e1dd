/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purpose - what a certificate is trusted for: the extended key usage
 * (RFC 5280, 4.2.1.12) that it carries, or that is attached to it from outside.
 */
#ifndef IB_CRYPTO_PURPOSE_H
#define IB_CRYPTO_PURPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"

enum ib_purpose {
	IB_PURPOSE_SERVER = 1 << 0,
	IB_PURPOSE_CLIENT = 1 << 1,
	IB_PURPOSE_EMAIL = 1 << 2,
	IB_PURPOSE_CODE = 1 << 3,
	IB_PURPOSE_ANY = 15,
};

/*
 * Of the first certificate in a PEM text: its public key (SubjectPublicKeyInfo
 * as base64; the caller owns it) and the purposes that it names, all where it
 * names none. name is for errors.
 */
int ib_certificate_purposes(const void *pem, size_t size, const char *name, char **ret_key,
			    unsigned *ret_purposes, struct ib_error *err) IB_MUST_CHECK;
/* Of a whole Extension in DER whose value is a list of purposes; false where it is none. */
bool ib_extension_purposes(const void *der, size_t size, unsigned *ret_purposes);

#endif
