/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust - the public keys and certificates that somebody chose to believe.
 *
 * They come from files and folders that the caller names: of a folder every
 * *.crt and *.pub counts, by the order of names. The beginning of a file's name
 * says what it is believed for: secure-boot, root-hash, statements (and
 * platform-key, exchange-key: for nothing, since they sign no image); with
 * any other name a certificate is believed for the first two and a bare public
 * key for statements.
 */
#ifndef IB_VERIFY_TRUST_H
#define IB_VERIFY_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"
#include "crypto/crypto.h"

enum ib_trust_role {
	IB_TRUST_SECURE_BOOT = 1 << 0,
	IB_TRUST_ROOT_HASH = 1 << 1,
	IB_TRUST_STATEMENTS = 1 << 2,
};

struct ib_trusted {
	const char *path;
	unsigned roles;                           /* enum ib_trust_role */
	const struct ib_public_key *key;          /* of a certificate as well */
	const struct ib_certificate *certificate; /* or NULL */
};

struct ib_trust;

struct ib_trust *ib_trust_new(void);
void ib_trust_free(struct ib_trust *trust);
/* Adds a file, or all of a folder; IB_INPUT when there is nothing of use in it. */
int ib_trust_add(struct ib_trust *trust, const char *path, struct ib_error *err) IB_MUST_CHECK;
size_t ib_trust_count(const struct ib_trust *trust);
const struct ib_trusted *ib_trust_get(const struct ib_trust *trust, size_t i);
/* IB_TRUST when one of its files lies in this folder: who is judged does not bring the judge. */
int ib_trust_check_outside(const struct ib_trust *trust, const char *folder, struct ib_error *err)
	IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_trust);

#endif
