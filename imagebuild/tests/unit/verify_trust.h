/* SPDX-License-Identifier: Apache-2.0 */
/* verify_trust - whom a test trusts, and which link it expects to break. */
#ifndef IB_TESTS_VERIFY_TRUST_H
#define IB_TESTS_VERIFY_TRUST_H

#include "verify_outputs.h"

/* ---- who is trusted ------------------------------------------------------ */

static inline void save_certificate(const struct ib_certificate *certificate, const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, name);
	IB_AUTO_BUFFER(pem, 1 << 16);

	ib_certificate_write(certificate, &pem);
	ck_ok(ib_file_write(path, pem.data, pem.size, 0644, &err));
}

static inline void save_key(const struct ib_private_key *key, const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, name);
	IB_AUTO(ib_public_key) half = ib_private_key_public(key);
	IB_AUTO_BUFFER(pem, 1 << 16);

	ib_public_key_write(half, &pem);
	ck_ok(ib_file_write(path, pem.data, pem.size, 0644, &err));
}

/* test_dir/trust, as `imagebuild keys` lays it out. */
static inline struct ib_trust *make_trust(enum signer who)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = ib_path_join(test_dir, "trust");
	struct ib_trust *trust = ib_trust_new();

	shell("mkdir -p trust");
	save_certificate(signers[who].boot_certificate, "trust/secure-boot.crt");
	save_certificate(signers[who].hash_certificate, "trust/root-hash.crt");
	save_key(signers[who].statements, "trust/statements.pub");
	ck_ok(ib_trust_add(trust, folder, &err));
	return trust;
}

/* The first link that is broken, or "". */
static inline const char *first_broken(const struct ib_verification *verification,
				       const char **ret_detail)
{
	size_t i = 0;

	for (i = 0; i < verification->count; i++) {
		if (verification->links[i].state != IB_LINK_BROKEN)
			continue;
		*ret_detail = verification->links[i].detail;
		return verification->links[i].name;
	}
	*ret_detail = "";
	return "";
}

static inline void expect(const char *folder, const struct ib_trust *trust, const char *link,
			  const char *words)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_verification) verification = NULL;
	const char *detail = NULL;
	const char *broken = NULL;

	ck_ok(ib_verify(folder, trust, NULL, &verification, &err));
	broken = first_broken(verification, &detail);
	ck_assert_msg(!strcmp(broken, link), "link '%s' was to break, not '%s' (%s)", link, broken,
		      detail);
	ck_assert_msg(strstr(detail, words) != NULL, "'%s' is not in '%s'", words, detail);
	if (*link)
		ck_fails(ib_verification_verdict(verification, &err), IB_TRUST, link);
	else
		ck_ok(ib_verification_verdict(verification, &err));
}

#endif
