/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of verification: who signs, and a stranger who does so, too. */
#ifndef IB_TEST_VERIFY_SIGNERS_H
#define IB_TEST_VERIFY_SIGNERS_H

#include "signing/signing.h"
#include "test.h"

enum signer { MAKER, STRANGER, NOBODY };

static struct {
	struct ib_private_key *boot, *hash, *statements;
	struct ib_certificate *boot_certificate, *hash_certificate;
} signers[2];

static inline void make_signer(enum signer who, const char *name)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_private_key_generate(IB_KEY_RSA, 2048, &signers[who].boot, &err));
	ck_ok(ib_private_key_generate(IB_KEY_RSA, 2048, &signers[who].hash, &err));
	ck_ok(ib_private_key_generate(IB_KEY_ED25519, 0, &signers[who].statements, &err));
	ck_ok(ib_certificate_make(signers[who].boot, name, &signers[who].boot_certificate, &err));
	ck_ok(ib_certificate_make(signers[who].hash, name, &signers[who].hash_certificate, &err));
}

/* Once for all tests: they are forked afterwards. */
static inline void make_signers(void)
{
	make_signer(MAKER, "the maker");
	make_signer(STRANGER, "a stranger");
}

static inline void free_signers(void)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(signers); i++) {
		ib_private_key_free(signers[i].boot);
		ib_private_key_free(signers[i].hash);
		ib_private_key_free(signers[i].statements);
		ib_certificate_free(signers[i].boot_certificate);
		ib_certificate_free(signers[i].hash_certificate);
	}
}

#endif
