/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openpgp - packets, signatures and public keys as they lie in files
 * (RFC 9580; RFC 4880 for version 3 signatures). Inside this folder only.
 *
 * Nothing here decides what is believed. What is parsed points into the bytes
 * that were given, which must live as long.
 */
#ifndef IB_RPMFILE_OPENPGP_H
#define IB_RPMFILE_OPENPGP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "crypto/crypto.h"
#include "package/package.h"
#include "rpmfile/keyring.h"

enum ib_packet_tag {
	IB_PACKET_SIGNATURE = 2,
	IB_PACKET_KEY = 6,
	IB_PACKET_USER_ID = 13,
	IB_PACKET_SUBKEY = 14,
	IB_PACKET_USER_ATTRIBUTE = 17,
};

enum ib_signature_type {
	IB_SIGNATURE_BINARY = 0x00,
	IB_SIGNATURE_TEXT = 0x01,
	IB_SIGNATURE_CERTIFY = 0x10, /* to 0x13 */
	IB_SIGNATURE_SUBKEY = 0x18,
	IB_SIGNATURE_PRIMARY = 0x19, /* by a subkey, that it belongs to the primary */
	IB_SIGNATURE_DIRECT = 0x1f,
	IB_SIGNATURE_REVOKE_KEY = 0x20,
	IB_SIGNATURE_REVOKE_SUBKEY = 0x28,
	IB_SIGNATURE_REVOKE_CERTIFICATION = 0x30,
};

enum ib_openpgp_algorithm {
	IB_OPENPGP_RSA = 1, /* 2 and 3 are the same numbers */
	IB_OPENPGP_DSA = 17,
	IB_OPENPGP_ECDSA = 19,
	IB_OPENPGP_EDDSA = 22,
	IB_OPENPGP_ED25519 = 27,
};

struct ib_packet {
	unsigned tag;
	struct ib_bytes body;
};

/* The next packet, which is taken off bytes; false when they hold no whole one. */
bool ib_packet_next(struct ib_bytes *bytes, struct ib_packet *ret_packet);

/* The next number (3.2), which is taken off bytes. */
bool ib_number_take(struct ib_bytes *bytes, struct ib_number *ret_number);

/* Text armour, all blocks of it, or the binary form as it is, appended to packets. */
int ib_armor_read(const void *data, size_t size, const char *name, struct ib_buffer *packets,
		  struct ib_error *err) IB_MUST_CHECK;

struct ib_signature {
	unsigned version; /* 3 or 4; others: nothing below is filled */
	unsigned type;
	unsigned algorithm;
	enum ib_digest_kind digest;
	int64_t created;
	uint64_t lifetime;      /* of the signature, in seconds; 0: for ever */
	struct ib_bytes hashed; /* what of the packet is hashed behind the data */
	uint8_t left[2];        /* the digest's first bytes */
	struct ib_number first, second;

	bool has_issuer, has_issuer_fingerprint;
	uint8_t issuer[8];
	uint8_t issuer_fingerprint[20];
	bool has_key_lifetime, has_flags, has_reason;
	uint64_t key_lifetime;
	uint8_t flags;
	uint8_t reason;
	struct ib_bytes reason_text;
	struct ib_bytes embedded; /* a signature packet's body */
	bool critical_unknown;    /* a part that must be understood is not */
};

/* From a packet's body; false when it is malformed. */
bool ib_signature_parse(struct ib_bytes body, struct ib_signature *ret_signature);
/*
 * Ends the digest of data with what the signature says of itself, and gives its
 * value; digest starts over.
 */
struct ib_number ib_signature_finish(const struct ib_signature *signature, struct ib_digest *digest,
				     uint8_t value[IB_DIGEST_MAX_SIZE]);

struct ib_public {
	unsigned version;
	unsigned algorithm;
	int64_t created;
	struct ib_bytes body;
	char fingerprint[IB_FINGERPRINT_TEXT];
	uint8_t id[8];
	const char *unsupported; /* why key is NULL, or NULL */
	struct ib_raw_key *key;  /* owned */
};

/* From a key's or subkey's packet body; false when it is malformed. */
bool ib_public_parse(struct ib_bytes body, struct ib_public *ret_public);
void ib_public_done(struct ib_public *key);
/* "RSA", "DSA", …; NULL for what is not recognized. */
const char *ib_openpgp_algorithm_name(unsigned algorithm);
/* Hashes the key as signatures over keys do. */
void ib_public_hash(struct ib_bytes body, struct ib_digest *digest);
/* Whether signature over data with this digest (see ib_signature_finish()) was made by key. */
bool ib_public_verify(const struct ib_public *key, const struct ib_signature *signature,
		      struct ib_number digest);

#endif
