/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signing - turns bytes into signatures, and knows nothing of images.
 *
 * A signature is made in two steps, so that the key may be elsewhere: what is
 * to be signed is written out (ib_cms_to_be_signed), a key signs it, and the
 * answer is put in (ib_cms_assemble). The size of the result depends on the
 * certificate and its key alone and is known before (ib_cms_size): whoever
 * embeds it can leave a slot. ib_cms_sign() does both steps with a key at hand.
 *
 * Nothing but RSA with SHA-256 is made or read, since firmware takes nothing
 * else; and no time is written, so the same content gives the same bytes.
 */
#ifndef IB_SIGNING_H
#define IB_SIGNING_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "signing/dsse.h"

/* No CMS of ours, and none that we read, is larger. */
#define IB_CMS_MAX_SIZE (1 << 20)

/* What a CMS (PKCS#7) is made over. */
struct ib_cms_content {
	/*
	 * NULL: plain data, signed as it is; neither data nor certificate nor attributes are inside
	 * (as `openssl smime -sign -nocerts -noattr -binary -outform der` does it).
	 * Else the content bytes of an object identifier: data is one DER element of that type,
	 * and goes inside together with the certificate and signed attributes.
	 */
	const uint8_t *type;
	size_t type_size;
	const void *data;
	size_t size;
};

/* Appends the bytes that the key has to sign (RSA PKCS#1 v1.5 with SHA-256). */
void ib_cms_to_be_signed(const struct ib_cms_content *content, struct ib_buffer *bytes);
/* Appends the CMS around a signature over these bytes. */
void ib_cms_assemble(const struct ib_cms_content *content, const struct ib_certificate *certificate,
		     const void *signature, size_t signature_size, struct ib_buffer *cms);
/* How large that is for a signature of this size. */
size_t ib_cms_size(const struct ib_cms_content *content, const struct ib_certificate *certificate,
		   size_t signature_size);
/* Both steps; IB_INPUT when the key is not RSA or does not belong to the certificate. */
int ib_cms_sign(const struct ib_cms_content *content, const struct ib_private_key *key,
		const struct ib_certificate *certificate, struct ib_buffer *cms,
		struct ib_error *err) IB_MUST_CHECK;

/* A CMS taken apart; its parts lie in the bytes it was read from. */
struct ib_cms {
	struct ib_der type;         /* of the content: an object identifier */
	struct ib_der content;      /* data == NULL: it is detached */
	struct ib_der certificates; /* elements one behind the other, perhaps none */
	struct ib_der issuer;       /* of the signer's certificate, as DER */
	struct ib_der serial;       /* as DER */
	struct ib_der attributes;   /* data == NULL: none are signed */
	struct ib_der signature;
};

/* Exactly one signer, RSA with SHA-256; anything else is IB_TRUST with name in front. */
int ib_cms_read(const void *data, size_t size, const char *name, struct ib_cms *ret_cms,
		struct ib_error *err) IB_MUST_CHECK;
/*
 * IB_TRUST unless the key of this very certificate signed it. data is the
 * detached content; NULL: what is inside. No certificate inside is believed.
 */
int ib_cms_verify(const struct ib_cms *cms, const void *data, size_t size,
		  const struct ib_certificate *certificate, const char *name, struct ib_error *err)
	IB_MUST_CHECK;
/* The certificate inside that the signer names, for telling people about it; NULL: there is none. */
struct ib_certificate *ib_cms_signer(const struct ib_cms *cms);

#endif
