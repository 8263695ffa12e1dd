/* SPDX-License-Identifier: Apache-2.0 */
/* Whose keys are believed, and for what. */
#include "verify_trust.h"

START_TEST(whoever_trusts_others_believes_nothing)
{
	static const struct fault none;
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(&none);
	IB_AUTO(ib_trust) stranger = make_trust(STRANGER);
	IB_AUTO(ib_trust) empty = ib_trust_new();
	IB_AUTO(ib_public_key) half = ib_private_key_public(signers[MAKER].statements);
	IB_AUTO(ib_verification) verification = NULL;
	char key_id[65];

	ib_dsse_key_id(half, key_id);
	expect(folder, stranger, "sums-signature", key_id);
	expect(folder, empty, "sums-signature", "nobody is trusted to sign SHA256SUMS");
	expect(folder, empty, "sums-signature", key_id);
	ck_ok(ib_verify(folder, empty, NULL, &verification, &err));
	ck_assert_int_eq(ib_verification_verdict(verification, &err), -IB_TRUST);
	ck_assert_ptr_nonnull(strstr(err.hint, "imagebuild verify --trust statements.pub"));
	ib_error_clear(&err);
}
END_TEST

START_TEST(a_key_is_believed_only_for_what_its_name_says)
{
	static const struct fault none;
	static const struct {
		const char *move, *link;
	} moves[] = {
		{ "mv trust/secure-boot.crt trust/root-hash2.crt", "uki-signature" },
		{ "mv trust/root-hash.crt trust/platform-key.crt", "root-hash-signature" },
		{ "mv trust/statements.pub trust/exchange-key.pub", "sums-signature" },
		{ "mv trust/statements.pub trust/acme.pub; mv trust/root-hash.crt trust/a.crt",
		  "" },
	};
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(&none);
	ib_autofree char *trust_folder = ib_path_join(test_dir, "trust");
	IB_AUTO(ib_trust) trust = ib_trust_new();

	ib_trust_free(make_trust(MAKER));
	shell(moves[_i].move);
	ck_ok(ib_trust_add(trust, trust_folder, &err));
	expect(folder, trust, moves[_i].link, "");
}
END_TEST

START_TEST(no_key_of_the_folder_itself_is_believed)
{
	static const struct fault none;
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(&none);
	ib_autofree char *inside = ib_path_join(folder, "statements.pub");
	ib_autofree char *link = ib_path_join(test_dir, "link.pub");
	IB_AUTO(ib_trust) trust = ib_trust_new();
	IB_AUTO(ib_trust) linked = ib_trust_new();
	IB_AUTO(ib_verification) verification = NULL;

	save_key(signers[MAKER].statements, "out/statements.pub");
	ck_ok(ib_trust_add(trust, inside, &err));
	ck_fails(ib_verify(folder, trust, NULL, &verification, &err), IB_TRUST,
		 "lies in the folder that is to be verified");
	ck_assert_int_eq(symlink(inside, link), 0);
	ck_ok(ib_trust_add(linked, link, &err));
	ck_fails(ib_verify(folder, linked, NULL, &verification, &err), IB_TRUST,
		 "lies in the folder that is to be verified");
}
END_TEST

START_TEST(a_folder_without_keys_is_no_trust)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_trust) trust = ib_trust_new();
	IB_AUTO(ib_verification) verification = NULL;
	ib_autofree char *file = NULL;

	test_file("bad.pub", "no key", &file);
	ck_fails(ib_trust_add(trust, file, &err), IB_INPUT, "bad.pub");
	shell("mkdir empty");
	ib_free(ib_take(file));
	file = ib_path_join(test_dir, "empty");
	ck_fails(ib_trust_add(trust, file, &err), IB_INPUT, "holds no *.crt and no *.pub");
	ck_fails(ib_trust_add(trust, "/nowhere", &err), IB_MISSING, "/nowhere");
	ck_fails(ib_verify("/nowhere", trust, NULL, &verification, &err), IB_MISSING, "/nowhere");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("verify_trust");
	TCase *tcase = tcase_create("trust");

	tcase_set_timeout(tcase, 120);
	tcase_add_unchecked_fixture(tcase, make_signers, free_signers);
	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, whoever_trusts_others_believes_nothing);
	tcase_add_loop_test(tcase, a_key_is_believed_only_for_what_its_name_says, 0, 4);
	tcase_add_test(tcase, no_key_of_the_folder_itself_is_believed);
	tcase_add_test(tcase, a_folder_without_keys_is_no_trust);
	suite_add_tcase(suite, tcase);
	return suite;
}
