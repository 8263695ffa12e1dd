/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "test.h"

/* Runs a command with $D as the scratch folder; the test fails when the command does. */
static void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command);
}

static struct ib_private_key *make(enum ib_key_kind kind, const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, name);
	struct ib_private_key *key = NULL;
	struct ib_private_key *again = NULL;

	ck_ok(ib_private_key_generate(kind, 2048, &key, &err));
	ck_ok(ib_private_key_save(key, path, &err));
	ib_private_key_free(key);
	ck_ok(ib_private_key_read(path, &again, &err));
	return again;
}

static const enum ib_key_kind kinds[] = { IB_KEY_RSA, IB_KEY_EC, IB_KEY_ED25519 };

START_TEST(what_one_key_signs_only_its_other_half_confirms)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) key = make(kinds[_i], "a.key");
	IB_AUTO(ib_private_key) other = make(kinds[_i], "b.key");
	IB_AUTO(ib_public_key) half = ib_private_key_public(key);
	IB_AUTO(ib_public_key) wrong = ib_private_key_public(other);
	IB_AUTO_BUFFER(signature, IB_SIGNATURE_MAX_SIZE);
	IB_AUTO_BUFFER(again, IB_SIGNATURE_MAX_SIZE);

	ck_assert_int_eq(ib_private_key_kind(key), kinds[_i]);
	ck_ok(ib_private_key_sign(key, "hello", 5, &signature, &err));
	ck_ok(ib_public_key_verify(half, "hello", 5, signature.data, signature.size, &err));
	ck_fails(ib_public_key_verify(half, "hellO", 5, signature.data, signature.size, &err),
		 IB_TRUST, "was not made with key");
	ck_fails(ib_public_key_verify(wrong, "hello", 5, signature.data, signature.size, &err),
		 IB_TRUST, "was not made with key");
	ck_fails(ib_public_key_verify(half, "hello", 5, signature.data, signature.size - 1, &err),
		 IB_TRUST, "was not made with key");
	ck_fails(ib_public_key_verify(half, "hello", 5, "", 0, &err), IB_TRUST,
		 "was not made with key");
	ck_assert(ib_public_key_equal(half, half));
	ck_assert(!ib_public_key_equal(half, wrong));
	if (kinds[_i] == IB_KEY_EC)
		return;
	ck_ok(ib_private_key_sign(key, "hello", 5, &again, &err));
	ck_assert_uint_eq(signature.size, ib_private_key_signature_size(key));
	ck_assert_uint_eq(signature.size, again.size);
	ck_assert_mem_eq(signature.data, again.data, again.size);
}
END_TEST

START_TEST(openssl_accepts_our_signatures_and_names_our_fingerprints)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) rsa = make(IB_KEY_RSA, "rsa.key");
	IB_AUTO(ib_private_key) ed = make(IB_KEY_ED25519, "ed.key");
	IB_AUTO(ib_public_key) half = ib_private_key_public(rsa);
	IB_AUTO(ib_certificate) certificate = NULL;
	IB_AUTO_BUFFER(rsa_signature, IB_SIGNATURE_MAX_SIZE);
	IB_AUTO_BUFFER(ed_signature, IB_SIGNATURE_MAX_SIZE);
	IB_AUTO_BUFFER(pem, 1 << 16);
	ib_autofree char *path = ib_path_join(test_dir, "rsa.sig");
	ib_autofree char *ed_path = ib_path_join(test_dir, "ed.sig");
	ib_autofree char *certificate_path = ib_path_join(test_dir, "rsa.crt");
	ib_autofree char *data = NULL;
	ib_autofree char *command = NULL;
	uint8_t spki[IB_SHA256_SIZE];
	uint8_t der[IB_SHA256_SIZE];
	char spki_hex[65];
	char der_hex[65];

	test_file("data", "hello", &data);
	ck_ok(ib_private_key_sign(rsa, "hello", 5, &rsa_signature, &err));
	ck_ok(ib_private_key_sign(ed, "hello", 5, &ed_signature, &err));
	ck_ok(ib_file_write(path, rsa_signature.data, rsa_signature.size, 0644, &err));
	ck_ok(ib_file_write(ed_path, ed_signature.data, ed_signature.size, 0644, &err));
	ck_ok(ib_certificate_make(rsa, "imagebuild test", &certificate, &err));
	ib_certificate_write(certificate, &pem);
	ck_ok(ib_file_write(certificate_path, pem.data, pem.size, 0644, &err));
	ib_public_key_fingerprint(half, spki);
	ib_certificate_fingerprint(certificate, der);
	ib_hex_write(spki, sizeof(spki), spki_hex);
	ib_hex_write(der, sizeof(der), der_hex);

	shell("openssl pkey -in rsa.key -pubout -out rsa.pub");
	shell("openssl pkey -in ed.key -pubout -out ed.pub");
	shell("openssl dgst -sha256 -verify rsa.pub -signature rsa.sig data");
	shell("openssl pkeyutl -verify -rawin -pubin -inkey ed.pub -in data -sigfile ed.sig");
	command = ib_strf("openssl pkey -pubin -in rsa.pub -outform der | sha256sum | grep %s && "
			  "openssl x509 -in rsa.crt -outform der | sha256sum | grep %s && "
			  "openssl verify -check_ss_sig -CAfile rsa.crt rsa.crt && "
			  "openssl x509 -in rsa.crt -noout -subject | grep 'CN = imagebuild test'",
			  spki_hex, der_hex);
	shell(command);
}
END_TEST

START_TEST(a_certificate_is_a_function_of_key_and_name)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) key = make(IB_KEY_RSA, "a.key");
	IB_AUTO(ib_private_key) other = make(IB_KEY_RSA, "b.key");
	IB_AUTO(ib_certificate) first = NULL;
	IB_AUTO(ib_certificate) second = NULL;
	IB_AUTO(ib_certificate) copy = NULL;
	IB_AUTO(ib_certificate) none = NULL;
	IB_AUTO(ib_public_key) half = ib_private_key_public(key);
	IB_AUTO(ib_public_key) inside = NULL;
	const uint8_t *der = NULL;
	uint8_t a[IB_SHA256_SIZE];
	uint8_t b[IB_SHA256_SIZE];
	size_t size = 0;

	ck_ok(ib_certificate_make(key, "n", &first, &err));
	ck_ok(ib_certificate_make(key, "n", &second, &err));
	ib_certificate_fingerprint(first, a);
	ib_certificate_fingerprint(second, b);
	ck_assert_mem_eq(a, b, sizeof(a));
	ck_assert_str_eq(ib_certificate_subject(first), "CN = n");
	inside = ib_certificate_public_key(first);
	ck_assert(ib_public_key_equal(inside, half));
	ck_ok(ib_certificate_check_key(first, key, &err));
	ck_fails(ib_certificate_check_key(first, other, &err), IB_INPUT,
		 "does not belong to private key");
	ib_certificate_der(first, &der, &size);
	ck_ok(ib_certificate_parse_der(der, size, "copy", &copy, &err));
	ck_fails(ib_certificate_parse_der(der, size - 1, "cut", &none, &err), IB_INPUT,
		 "'cut' is no certificate");
	ib_certificate_serial_der(first, &der, &size);
	ck_assert_uint_eq(size, 18);
	ck_assert_uint_eq(der[0], 2);
}
END_TEST

START_TEST(keys_that_cannot_be_used_are_refused_with_their_reason)
{
	static const struct {
		const char *command;
		const char *text;
	} cases[] = {
		{ "openssl genrsa -out k 1024", "has 1024 bits, not 2048" },
		{ "openssl genrsa -aes256 -passout pass:x -out k 2048",
		  "protected by a passphrase" },
		{ "openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out k",
		  "unsupported kind RSA-PSS" },
		{ "openssl genpkey -algorithm X25519 -out k", "unsupported kind X25519" },
		{ "echo nothing >k", "holds no private key in PEM form" },
		{ ": >k", "holds no private key in PEM form" },
	};
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) key = NULL;
	IB_AUTO(ib_public_key) half = NULL;
	ib_autofree char *path = ib_path_join(test_dir, "k");

	shell(cases[_i].command);
	ck_fails(ib_private_key_read(path, &key, &err), IB_INPUT, cases[_i].text);
	ck_fails(ib_public_key_read(path, &half, &err), IB_INPUT, "holds no public key");
	ck_fails(ib_private_key_read("/nonexistent", &key, &err), IB_MISSING,
		 "private key: could not open '/nonexistent'");
}
END_TEST

START_TEST(a_saved_key_is_only_for_its_owner)
{
	IB_AUTO(ib_private_key) key = make(IB_KEY_ED25519, "k");
	ib_autofree char *path = ib_path_join(test_dir, "k");
	struct stat st;

	ck_assert_ptr_nonnull(key);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

/* Many that differ in one byte or another, some of them with the digest of one that came before. */
START_TEST(things_are_found_by_the_digest_that_lies_in_them)
{
	enum { COUNT = 1000, TWINS = 100 };
	static struct {
		int number;
		uint8_t sha256[32];
	} things[COUNT];
	const uint8_t unknown[32] = { 0 };
	IB_AUTO(ib_by_sha256)
	table = ib_by_sha256_new((size_t)((char *)things[0].sha256 - (char *)&things[0]));
	size_t i = 0;

	for (i = 0; i < COUNT; i++) {
		int number = (int)(i < COUNT - TWINS ? i : i - TWINS);

		things[i].number = (int)i;
		ib_sha256(&number, sizeof(number), things[i].sha256);
		if (i % 2) /* the same first bytes, which is where looking begins */
			memset(things[i].sha256, 7, 8);
		ib_by_sha256_add(table, &things[i]);
	}
	for (i = 0; i < COUNT; i++)
		ck_assert_ptr_eq(ib_by_sha256_find(table, things[i].sha256),
				 &things[i < COUNT - TWINS ? i : i - TWINS]);
	ck_assert_ptr_null(ib_by_sha256_find(table, unknown));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("keys");
	TCase *tcase = tcase_create("keys");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_loop_test(tcase, what_one_key_signs_only_its_other_half_confirms, 0,
			    (int)IB_COUNT(kinds));
	tcase_add_test(tcase, openssl_accepts_our_signatures_and_names_our_fingerprints);
	tcase_add_test(tcase, a_certificate_is_a_function_of_key_and_name);
	tcase_add_loop_test(tcase, keys_that_cannot_be_used_are_refused_with_their_reason, 0, 6);
	tcase_add_test(tcase, a_saved_key_is_only_for_its_owner);
	tcase_add_test(tcase, things_are_found_by_the_digest_that_lies_in_them);
	suite_add_tcase(suite, tcase);
	return suite;
}
