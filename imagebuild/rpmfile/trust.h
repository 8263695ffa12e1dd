/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust - how a pinned key and a signature are judged. Inside this folder only.
 *
 * A pinned key collects what its own verified signatures say, from however many
 * packets and files, and settles it whenever something was added.
 */
#ifndef IB_RPMFILE_TRUST_H
#define IB_RPMFILE_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "rpmfile/keyring.h"
#include "rpmfile/openpgp.h"

/* What a self-signature says of the key or user that it covers. */
struct ib_statement {
	int64_t created; /* 0: none was made */
	int64_t expires; /* 0: never */
	bool may_sign;
};

struct ib_revocation {
	enum ib_key_revocation kind;
	int64_t when;
	const char *reason; /* in the arena */
};

struct ib_subkey {
	struct ib_public public;
	struct ib_statement bound;
	struct ib_revocation revocation;
};

struct ib_user {
	struct ib_bytes body;
	bool is_attribute;
	struct ib_statement certified;
	int64_t revoked;
};

struct ib_pinned {
	struct ib_key info; /* settled */
	struct ib_public primary;
	struct ib_statement direct;
	struct ib_statement settled;
	struct ib_revocation revocation;
	struct ib_user *users;
	size_t user_count;
	struct ib_subkey *subkeys;
	size_t subkey_count;
	unsigned checked;       /* how many signatures were verified: limited */
	struct ib_arena *arena; /* owned; bodies and texts */
};

struct ib_keyring {
	struct ib_pinned **items;
	size_t count;
};

/* A pinned key without any statement yet; the body is copied. */
struct ib_pinned *ib_pinned_new(const struct ib_public *primary);
void ib_pinned_free(struct ib_pinned *pinned);
/*
 * Takes what follows the primary key's packet in packets, up to the next primary
 * key, and takes it off packets. IB_LIMIT for more signatures than a key has.
 */
int ib_pinned_read(struct ib_pinned *pinned, struct ib_bytes *packets, const char *name,
		   struct ib_error *err) IB_MUST_CHECK;

/* Whether a key of the ring has the name that the signature gives as its maker's. */
bool ib_keyring_knows(const struct ib_keyring *keyring, const struct ib_signature *signature);
/*
 * Whether the signature over what digest holds counts; digest starts over. name
 * is how errors call what was signed. Fails with IB_TRUST and the reason.
 */
int ib_keyring_judge(const struct ib_keyring *keyring, const struct ib_signature *signature,
		     struct ib_digest *digest, const char *name,
		     char ret_signer[IB_FINGERPRINT_TEXT], struct ib_error *err) IB_MUST_CHECK;
/*
 * A digest for the data that the signature covers, or IB_TRUST when it is of a
 * kind that is not believed: for callers who feed the data themselves.
 */
int ib_signature_begin(const struct ib_signature *signature, const char *name,
		       struct ib_digest **ret_digest, struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_pinned);

#endif
