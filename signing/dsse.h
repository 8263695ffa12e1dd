/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dsse - statements in their envelopes: Dead Simple Signing Envelope, version 1.
 *
 * An envelope is one line of JSON: payload, its type, and signatures over both
 * (the PAE). A signature names its key by the SHA-256 of the public key's DER,
 * in hex; that name helps to find a key, and is never believed.
 *
 * As with CMS there are two steps: ib_dsse_pae() gives the bytes that a key
 * has to sign, ib_dsse_write() puts the answers in; ib_dsse_sign() does both.
 * When reading, what was verified is what is handed on: nobody parses the
 * envelope a second time.
 */
#ifndef IB_SIGNING_DSSE_H
#define IB_SIGNING_DSSE_H

#include "base/base.h"
#include "crypto/crypto.h"

/* A provenance with thousands of packages has a few megabytes. */
#define IB_DSSE_MAX_SIZE (64 << 20)

struct ib_dsse_signature {
	char key_id[65];
	const void *data;
	size_t size;
};

/* What is signed: appended to out. */
void ib_dsse_pae(const char *payload_type, const void *payload, size_t size, struct ib_buffer *out);
/* The name of a key in a signature. */
void ib_dsse_key_id(const struct ib_public_key *key, char key_id[65]);
/* Appends the envelope: one line with its newline. */
void ib_dsse_write(const char *payload_type, const void *payload, size_t size,
		   const struct ib_dsse_signature *signatures, size_t count, struct ib_buffer *out);
/* Both steps, with one key. */
int ib_dsse_sign(const char *payload_type, const void *payload, size_t size,
		 const struct ib_private_key *key, struct ib_buffer *out, struct ib_error *err)
	IB_MUST_CHECK;

/* An envelope as it was read; nothing in it is believed yet. */
struct ib_dsse {
	char *name; /* of the file, for errors */
	char *payload_type;
	uint8_t *payload;
	size_t size;
	struct ib_dsse_signature *signatures; /* their data is owned */
	size_t count;
};

/* Exactly one envelope; IB_INPUT with name in front when it is none. */
int ib_dsse_read(const void *text, size_t size, const char *name, struct ib_dsse **ret_envelope,
		 struct ib_error *err) IB_MUST_CHECK;
void ib_dsse_free(struct ib_dsse *envelope);
/*
 * One of the keys signed this payload as this type; IB_TRUST otherwise, naming
 * what the signatures say of their keys. ret_key (may be NULL): which.
 */
int ib_dsse_verify(const struct ib_dsse *envelope, const char *payload_type,
		   const struct ib_public_key *const *keys, size_t key_count, size_t *ret_key,
		   struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_dsse);

#endif
