/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "signing/signing.h"
#include "test.h"

/* Any type will do: 1.3.6.1.4.1.311.2.1.4 */
static const uint8_t type[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04 };
static const uint8_t inner[] = { 0x30, 0x05, 0x04, 0x03, 'a', 'b', 'c' };
static const char root_hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static const struct ib_cms_content detached = { NULL, 0, root_hash, sizeof(root_hash) - 1 };
static const struct ib_cms_content embedded = { type, sizeof(type), inner, sizeof(inner) };

static struct ib_private_key *key;
static struct ib_certificate *certificate;

static void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command);
}

static void write_file(const char *name, const struct ib_buffer *b)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, name);

	ck_ok(ib_file_write(path, b->data, b->size, 0644, &err));
}

static void set_up(void)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = NULL;
	IB_AUTO_BUFFER(pem, 1 << 16);

	test_dir_make();
	path = ib_path_join(test_dir, "key");
	ck_ok(ib_private_key_generate(IB_KEY_RSA, 2048, &key, &err));
	ck_ok(ib_private_key_save(key, path, &err));
	ck_ok(ib_certificate_make(key, "signer", &certificate, &err));
	ib_certificate_write(certificate, &pem);
	write_file("crt", &pem);
}

static void tear_down(void)
{
	ib_private_key_free(ib_take(key));
	ib_certificate_free(ib_take(certificate));
	test_dir_remove();
}

START_TEST(a_detached_signature_is_what_openssl_smime_makes)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);
	ib_autofree char *data = NULL;

	test_file("data", root_hash, &data);
	ck_ok(ib_cms_sign(&detached, key, certificate, &cms, &err));
	ck_assert_uint_eq(cms.size, ib_cms_size(&detached, certificate, 256));
	write_file("ours", &cms);
	shell("openssl smime -sign -nocerts -noattr -binary -outform der -inkey key -signer crt "
	      "-in data -out theirs");
	shell("cmp ours theirs");
	shell("openssl smime -verify -inform der -in ours -content data -certfile crt -nointern "
	      "-noverify -out out && cmp data out");
}
END_TEST

START_TEST(an_embedded_signature_is_verified_by_openssl_cms)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);
	IB_AUTO_BUFFER(again, IB_CMS_MAX_SIZE);

	ck_ok(ib_cms_sign(&embedded, key, certificate, &cms, &err));
	ck_ok(ib_cms_sign(&embedded, key, certificate, &again, &err));
	ck_assert_uint_eq(cms.size, ib_cms_size(&embedded, certificate, 256));
	ck_assert_uint_eq(cms.size, again.size);
	ck_assert_mem_eq(cms.data, again.data, cms.size);
	write_file("ours", &cms);
	shell("openssl pkcs7 -inform der -in ours -print_certs -noout | grep 'CN = signer'");
	shell("openssl asn1parse -inform der -in ours | grep 1.3.6.1.4.1.311.2.1.4");
}
END_TEST

START_TEST(what_was_signed_verifies)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(a, IB_CMS_MAX_SIZE);
	IB_AUTO_BUFFER(b, IB_CMS_MAX_SIZE);
	IB_AUTO(ib_certificate) signer = NULL;
	struct ib_cms cms;
	uint8_t wanted[IB_SHA256_SIZE];
	uint8_t found[IB_SHA256_SIZE];

	ck_ok(ib_cms_sign(&detached, key, certificate, &a, &err));
	ck_ok(ib_cms_read(a.data, a.size, "a", &cms, &err));
	ck_ok(ib_cms_verify(&cms, detached.data, detached.size, certificate, "a", &err));
	ck_assert_ptr_null(ib_cms_signer(&cms));
	ck_fails(ib_cms_verify(&cms, detached.data, detached.size - 1, certificate, "a", &err),
		 IB_TRUST, "signature 'a': the signature was not made with key");
	ck_fails(ib_cms_verify(&cms, NULL, 0, certificate, "a", &err), IB_TRUST,
		 "has no content inside");

	ck_ok(ib_cms_sign(&embedded, key, certificate, &b, &err));
	ck_ok(ib_cms_read(b.data, b.size, "b", &cms, &err));
	ck_ok(ib_cms_verify(&cms, NULL, 0, certificate, "b", &err));
	ck_assert(ib_der_equal(&cms.content, inner, sizeof(inner)));
	ck_fails(ib_cms_verify(&cms, "x", 1, certificate, "b", &err), IB_TRUST, "is not detached");
	signer = ib_cms_signer(&cms);
	ck_assert_ptr_nonnull(signer);
	ib_certificate_fingerprint(signer, found);
	ib_certificate_fingerprint(certificate, wanted);
	ck_assert_mem_eq(found, wanted, sizeof(wanted));
}
END_TEST

/* Each byte that means something, changed, is noticed: the signature holds all of it together. */
START_TEST(no_byte_of_a_signature_can_be_changed_unnoticed)
{
	const struct ib_cms_content *content = _i ? &embedded : &detached;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(b, IB_CMS_MAX_SIZE);
	struct ib_cms cms;
	const uint8_t *der = NULL;
	size_t der_size = 0;
	size_t unnoticed = 0;
	size_t i = 0;

	ck_ok(ib_cms_sign(content, key, certificate, &b, &err));
	ib_certificate_der(certificate, &der, &der_size);
	for (i = 0; i < b.size; i++) {
		b.data[i] ^= 0x01;
		if (ib_cms_read(b.data, b.size, "x", &cms, &err) == 0 &&
		    ib_cms_verify(&cms, _i ? NULL : content->data, content->size, certificate, "x",
				  &err) == 0)
			unnoticed++;
		else
			ck_assert_int_eq((int)err.kind, IB_TRUST);
		ib_error_clear(&err);
		b.data[i] ^= 0x01;
	}
	/*
	 * Not covered by any signature, here as everywhere: the outer list of
	 * digest algorithms, the type of detached content, and the certificate
	 * carried along, which nobody believes.
	 */
	ck_assert_uint_le(unnoticed, 15 + 9 + (_i ? der_size : 0));
}
END_TEST

START_TEST(a_signature_by_another_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) other = NULL;
	IB_AUTO(ib_certificate) same_name = NULL;
	IB_AUTO(ib_private_key) curve = NULL;
	IB_AUTO(ib_certificate) of_curve = NULL;
	IB_AUTO_BUFFER(b, IB_CMS_MAX_SIZE);
	IB_AUTO_BUFFER(bytes, 4096);
	IB_AUTO_BUFFER(signature, IB_SIGNATURE_MAX_SIZE);
	struct ib_cms cms;

	ck_ok(ib_private_key_generate(IB_KEY_RSA, 2048, &other, &err));
	ck_ok(ib_certificate_make(other, "signer", &same_name, &err));
	ck_fails(ib_cms_sign(&embedded, other, certificate, &b, &err), IB_INPUT,
		 "does not belong to private key");
	ck_ok(ib_cms_sign(&embedded, other, same_name, &b, &err));
	ck_ok(ib_cms_read(b.data, b.size, "x", &cms, &err));
	ck_fails(ib_cms_verify(&cms, NULL, 0, certificate, "x", &err), IB_TRUST,
		 "was not made by 'CN = signer'");
	/* One that only claims to be by the certificate. */
	ib_cms_to_be_signed(&embedded, &bytes);
	ck_ok(ib_private_key_sign(other, bytes.data, bytes.size, &signature, &err));
	ib_buffer_clear(&b);
	ib_cms_assemble(&embedded, certificate, signature.data, signature.size, &b);
	ck_ok(ib_cms_read(b.data, b.size, "x", &cms, &err));
	ck_fails(ib_cms_verify(&cms, NULL, 0, certificate, "x", &err), IB_TRUST,
		 "was not made with key");
	ck_ok(ib_private_key_generate(IB_KEY_EC, 0, &curve, &err));
	ck_ok(ib_certificate_make(curve, "curve", &of_curve, &err));
	ck_fails(ib_cms_sign(&embedded, curve, of_curve, &b, &err), IB_INPUT, "is not RSA");
}
END_TEST

/* Signed attributes are about the content that lies beside them, or nothing holds. */
START_TEST(content_swapped_inside_is_noticed)
{
	static const uint8_t swapped[] = { 0x30, 0x05, 0x04, 0x03, 'a', 'b', 'd' };
	struct ib_cms_content other = embedded;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(b, IB_CMS_MAX_SIZE);
	struct ib_cms cms;

	other.data = swapped;
	ck_ok(ib_cms_sign(&embedded, key, certificate, &b, &err));
	ck_ok(ib_cms_read(b.data, b.size, "x", &cms, &err));
	cms.content = (struct ib_der){ other.data, other.size };
	ck_fails(ib_cms_verify(&cms, NULL, 0, certificate, "x", &err), IB_TRUST,
		 "is for other content");
}
END_TEST

START_TEST(lengths_are_shortest_and_inside)
{
	static const struct {
		uint8_t bytes[6];
		size_t size;
		bool good;
	} cases[] = {
		{ { 0x30, 0x01, 0x00 }, 3, true },
		{ { 0x30, 0x00 }, 2, true },
		{ { 0x30 }, 1, false },
		{ { 0x30, 0x02, 0x00 }, 3, false },
		{ { 0x30, 0x81, 0x01, 0x00 }, 4, false },
		{ { 0x30, 0x80, 0x00, 0x00 }, 4, false },
		{ { 0x30, 0x84, 0xff, 0xff, 0xff, 0xff }, 6, false },
		{ { 0x30, 0x85, 0x01, 0x00, 0x00, 0x00 }, 6, false },
		{ { 0x31, 0x00 }, 2, false },
	};
	struct ib_der in = { cases[_i].bytes, cases[_i].size };

	ck_assert_int_eq(ib_der_next(&in, IB_DER_SEQUENCE, NULL, NULL), cases[_i].good);
}
END_TEST

START_TEST(written_lengths_are_read_back)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 70000 };
	IB_AUTO_BUFFER(content, 1 << 17);
	IB_AUTO_BUFFER(b, 1 << 17);
	struct ib_der in;
	struct ib_der found;

	ib_buffer_put_zeros(&content, sizes[_i]);
	ib_der_put(&b, IB_DER_OCTET_STRING, content.data, content.size);
	in = (struct ib_der){ b.data, b.size };
	ck_assert(ib_der_next(&in, IB_DER_OCTET_STRING, &found, NULL));
	ck_assert_uint_eq(found.size, sizes[_i]);
	ck_assert_uint_eq(in.size, 0);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("cms");
	TCase *tcase = tcase_create("cms");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_detached_signature_is_what_openssl_smime_makes);
	tcase_add_test(tcase, an_embedded_signature_is_verified_by_openssl_cms);
	tcase_add_test(tcase, what_was_signed_verifies);
	tcase_add_loop_test(tcase, no_byte_of_a_signature_can_be_changed_unnoticed, 0, 2);
	tcase_add_test(tcase, a_signature_by_another_is_refused);
	tcase_add_test(tcase, content_swapped_inside_is_noticed);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("der");
	tcase_add_loop_test(tcase, lengths_are_shortest_and_inside, 0, 9);
	tcase_add_loop_test(tcase, written_lengths_are_read_back, 0, 9);
	suite_add_tcase(suite, tcase);
	return suite;
}
