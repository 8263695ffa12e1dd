/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyring - the OpenPGP keys by which packages and repository metadata are
 * believed.
 *
 * A key gets in only by the fingerprint of its primary key; everything else
 * that its file holds is ignored. What the key says of itself (expiry,
 * revocation, subkeys) is read from its self-signatures when it is added, and
 * only from those that verify. Supported are version 4 keys with RSA (2048 bits
 * and more), Ed25519 (both spellings) and ECDSA over the NIST curves; others are
 * refused, each kind with its own words.
 *
 * A signature counts if it was made while its key was valid. A key revoked as
 * compromised, or without a reason that says otherwise, signs nothing; one that
 * was superseded or retired signs nothing from then on. No clock is asked:
 * whoever wants to know whether a key is good today passes the time to
 * ib_keyring_check_now().
 *
 * A keyring that is complete may be used by any number of threads at once.
 */
#ifndef IB_RPMFILE_KEYRING_H
#define IB_RPMFILE_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* Room for a fingerprint in hex (version 4: 40 digits; version 6: 64) and a NUL. */
#define IB_FINGERPRINT_TEXT 65

enum ib_key_revocation {
	IB_KEY_NOT_REVOKED,
	IB_KEY_RETIRED,     /* superseded or retired: counts from its date */
	IB_KEY_COMPROMISED, /* or without a reason: counts for all times */
};

/* What a primary key says of itself. Times are seconds since 1970. */
struct ib_key {
	char fingerprint[IB_FINGERPRINT_TEXT]; /* upper-case hex */
	unsigned version;                      /* of the key format: 3, 4, 6 */
	const char *algorithm; /* "RSA", "Ed25519", "DSA", "ML-DSA-65+Ed25519", … */
	const char *user_id;   /* the newest that is certified; "" if none */
	int64_t created;
	int64_t expires; /* 0: never */
	enum ib_key_revocation revocation;
	int64_t revoked;               /* when, if it is */
	const char *revocation_reason; /* what the owner wrote; "" */
	size_t subkey_count;           /* signing subkeys whose binding is complete */
	const char *unsupported;       /* why signatures by it cannot be checked, or NULL */
};

/* Bytes that belong to somebody else. */
struct ib_bytes {
	const uint8_t *data;
	size_t size;
};

struct ib_keyring;

struct ib_keyring *ib_keyring_new(void);
void ib_keyring_free(struct ib_keyring *keyring);

/*
 * Takes from a file (armoured or binary) the key whose primary key has this
 * fingerprint (hex, either case, blanks allowed). IB_INPUT when the file holds
 * no such key (the text names those it holds) or an unsupported one.
 */
int ib_keyring_add_file(struct ib_keyring *keyring, const char *path, const char *fingerprint,
			struct ib_error *err) IB_MUST_CHECK;
/* The same from memory; name is how errors call it. */
int ib_keyring_add(struct ib_keyring *keyring, const void *data, size_t size, const char *name,
		   const char *fingerprint, struct ib_error *err) IB_MUST_CHECK;
/* Takes every key of a file that can be used, whatever its fingerprint: to look at, not to believe. */
int ib_keyring_list_file(struct ib_keyring *keyring, const char *path, struct ib_error *err)
	IB_MUST_CHECK;

size_t ib_keyring_count(const struct ib_keyring *keyring);
/* Belongs to the keyring. */
const struct ib_key *ib_keyring_get(const struct ib_keyring *keyring, size_t i);
/* By the fingerprint of its primary key, or NULL. */
const struct ib_key *ib_keyring_find(const struct ib_keyring *keyring, const char *fingerprint);

/*
 * Whether every key is good at this time: IB_TRUST names the first that is
 * expired or revoked. allow_expired says for which fingerprints expiry alone is
 * no reason (may be NULL); a revoked key is never excused.
 */
int ib_keyring_check_now(const struct ib_keyring *keyring, int64_t now,
			 const struct ib_strings *allow_expired, struct ib_error *err)
	IB_MUST_CHECK;

/*
 * A detached signature (armoured or binary) over data, as beside repomd.xml.
 * One good signature by a key of the ring suffices, but one that claims to be by
 * such a key and does not verify is refused. name is how errors call what was
 * signed; ret_signer gets the primary key's fingerprint.
 */
int ib_keyring_verify_detached(const struct ib_keyring *keyring, struct ib_bytes data,
			       struct ib_bytes signature, const char *name,
			       char ret_signer[IB_FINGERPRINT_TEXT], struct ib_error *err)
	IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_keyring);

#endif
