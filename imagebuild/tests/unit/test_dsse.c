/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "signing/signing.h"
#include "test.h"
#include "json/json.h"

#define TYPE "http://example.com/HelloWorld"

static struct ib_private_key *make(enum ib_key_kind kind)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_private_key *key = NULL;

	ck_ok(ib_private_key_generate(kind, 2048, &key, &err));
	return key;
}

/* ---- the vector of DSSE's protocol.md -------------------------------------*/

#define VECTOR \
	"{\"payload\": \"aGVsbG8gd29ybGQ=\", \"payloadType\": \"" TYPE "\", \"signatures\": " \
	"[{\"sig\": \"%s\"}]}"

/* Made of the numbers that stand there: X and Y as a PEM key; r and s as DER. */
static const char vector_key[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ805D3eqNZywjCI19lInBJOp7YMr\n"
	"CrzAH3CVTAOQ0jgMeCvVTiaRJaRPRDOv8UMs6U4SvKc6pnrIDOoSYI3fdA==\n"
	"-----END PUBLIC KEY-----\n";
static const char vector_signature[] =
	"MEQCIANyarEBrVbCdjtsaqyOSHJ14qeRk6CdxfhZ2fjvPEo7AiBR6rDAajabZKciJTfUiHqJPcIAriEGAHTV"
	"eCUjW2JIZA==";

START_TEST(what_is_signed_is_the_vectors_encoding)
{
	IB_AUTO_BUFFER(pae, 256);

	ib_dsse_pae(TYPE, "hello world", 11, &pae);
	ck_assert_str_eq(ib_buffer_text(&pae), "DSSEv1 29 " TYPE " 11 hello world");
	ib_buffer_clear(&pae);
	ib_dsse_pae("", "", 0, &pae);
	ck_assert_str_eq(ib_buffer_text(&pae), "DSSEv1 0  0 ");
}
END_TEST

START_TEST(the_vectors_signature_holds)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *text = ib_strf(VECTOR, vector_signature);
	IB_AUTO(ib_public_key) key = NULL;
	IB_AUTO(ib_dsse) envelope = NULL;
	const struct ib_public_key *keys[1];

	ck_ok(ib_public_key_parse(vector_key, strlen(vector_key), "the vector's key", &key, &err));
	ck_ok(ib_dsse_read(text, strlen(text), "vector", &envelope, &err));
	keys[0] = key;
	ck_ok(ib_dsse_verify(envelope, TYPE, keys, 1, NULL, &err));
	ck_assert_uint_eq(envelope->size, 11);
	ck_assert_mem_eq(envelope->payload, "hello world", 11);
	envelope->payload[0] ^= 1;
	ck_fails(ib_dsse_verify(envelope, TYPE, keys, 1, NULL, &err), IB_TRUST,
		 "vector: no trusted key signed it");
	envelope->payload[0] ^= 1;
	ck_fails(ib_dsse_verify(envelope, "text/plain", keys, 1, NULL, &err), IB_TRUST,
		 "holds '" TYPE "', not 'text/plain'");
}
END_TEST

/* An envelope that others made, and the certificate of its key beside it. */
START_TEST(an_envelope_of_sigstores_conformance_suite_holds)
{
	const char *path = test_shared_data(
		"attestations/sigstore_sigstore-conformance/test/assets/bundle-verify/"
		"happy-path-intoto-in-dsse-v3/bundle.sigstore.json");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_json) bundle = NULL;
	IB_AUTO(ib_certificate) certificate = NULL;
	IB_AUTO(ib_public_key) key = NULL;
	IB_AUTO(ib_dsse) envelope = NULL;
	ib_autofree uint8_t *der = NULL;
	ib_autofree char *text = NULL;
	const struct ib_public_key *keys[1];
	const struct ib_json *inner = NULL;
	size_t size = 0;

	if (!path) {
		puts("passed over: no bundle of sigstore's here");
		return;
	}
	ck_ok(ib_json_read(path, 1 << 20, &bundle, &err));
	inner = ib_json_get(ib_json_get(bundle, "verificationMaterial"), "certificate");
	ck_assert(ib_base64_read(ib_json_get_string(inner, "rawBytes"), &der, &size));
	ck_ok(ib_certificate_parse_der(der, size, "certificate", &certificate, &err));
	key = ib_certificate_public_key(certificate);
	keys[0] = key;
	inner = ib_json_get(bundle, "dsseEnvelope");
	text = ib_strf(
		"{\"payload\":\"%s\",\"payloadType\":\"%s\",\"signatures\":[{\"sig\":\"%s\"}]}",
		ib_json_get_string(inner, "payload"), ib_json_get_string(inner, "payloadType"),
		ib_json_get_string(ib_json_at(ib_json_get(inner, "signatures"), 0), "sig"));
	ck_ok(ib_dsse_read(text, strlen(text), "bundle", &envelope, &err));
	ck_ok(ib_dsse_verify(envelope, "application/vnd.in-toto+json", keys, 1, NULL, &err));
	envelope->payload[envelope->size / 2] ^= 1;
	ck_fails(ib_dsse_verify(envelope, "application/vnd.in-toto+json", keys, 1, NULL, &err),
		 IB_TRUST, "no trusted key");
}
END_TEST

/* ---- our own ------------------------------------------------------------- */

static const enum ib_key_kind kinds[] = { IB_KEY_RSA, IB_KEY_EC, IB_KEY_ED25519 };

START_TEST(one_of_the_trusted_keys_must_have_signed)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) mine = make(kinds[_i]);
	IB_AUTO(ib_private_key) other = make(IB_KEY_ED25519);
	IB_AUTO(ib_public_key) my_half = ib_private_key_public(mine);
	IB_AUTO(ib_public_key) other_half = ib_private_key_public(other);
	const struct ib_public_key *keys[] = { other_half, my_half };
	IB_AUTO_BUFFER(text, 1 << 16);
	IB_AUTO(ib_dsse) envelope = NULL;
	char key_id[65];
	size_t which = 9;

	ck_ok(ib_dsse_sign(TYPE, "some payload", 12, mine, &text, &err));
	ck_assert_int_eq(text.data[text.size - 1], '\n');
	ck_assert_ptr_eq(memchr(text.data, '\n', text.size), text.data + text.size - 1);
	ck_ok(ib_dsse_read(text.data, text.size, "ours", &envelope, &err));
	ck_ok(ib_dsse_verify(envelope, TYPE, keys, 2, &which, &err));
	ck_assert_uint_eq(which, 1);
	ib_dsse_key_id(my_half, key_id);
	ck_fails(ib_dsse_verify(envelope, TYPE, keys, 1, NULL, &err), IB_TRUST, key_id);
	ck_fails(ib_dsse_verify(envelope, TYPE, keys, 0, NULL, &err), IB_TRUST, key_id);
	/* What the signature calls its key is not believed. */
	ib_dsse_key_id(other_half, envelope->signatures[0].key_id);
	ck_fails(ib_dsse_verify(envelope, TYPE, keys, 1, NULL, &err), IB_TRUST, "no trusted key");
}
END_TEST

START_TEST(a_signature_made_elsewhere_gives_the_same_envelope)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) key = make(IB_KEY_ED25519);
	IB_AUTO(ib_public_key) half = ib_private_key_public(key);
	IB_AUTO_BUFFER(pae, 4096);
	IB_AUTO_BUFFER(value, IB_SIGNATURE_MAX_SIZE);
	IB_AUTO_BUFFER(once, 4096);
	IB_AUTO_BUFFER(twice, 4096);
	struct ib_dsse_signature signature = { .data = NULL };

	ck_ok(ib_dsse_sign(TYPE, "x", 1, key, &once, &err));
	ib_dsse_pae(TYPE, "x", 1, &pae);
	ck_ok(ib_private_key_sign(key, pae.data, pae.size, &value, &err));
	ib_dsse_key_id(half, signature.key_id);
	signature.data = value.data;
	signature.size = value.size;
	ib_dsse_write(TYPE, "x", 1, &signature, 1, &twice);
	ck_assert_str_eq(ib_buffer_text(&once), ib_buffer_text(&twice));
}
END_TEST

static void shell(const char *command)
{
	ib_autofree char *whole = ib_strf("cd '%s' && { %s; } >log 2>&1", test_dir, command);

	ck_assert_msg(system(whole) == 0, "failed: %s", command); /* NOLINT(cert-env33-c) */
}

static const struct {
	enum ib_key_kind kind;
	const char *verify;
} judges[] = {
	{ IB_KEY_ED25519,
	  "openssl pkeyutl -verify -rawin -pubin -inkey key.pub -in pae -sigfile sig" },
	{ IB_KEY_RSA, "openssl dgst -sha256 -verify key.pub -signature sig pae" },
	{ IB_KEY_EC, "openssl dgst -sha256 -verify key.pub -signature sig pae" },
};

/* Takes the envelope apart with base64 and sed alone, and lets openssl judge. */
START_TEST(openssl_accepts_our_envelopes)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) key = make(judges[_i].kind);
	ib_autofree char *path = ib_path_join(test_dir, "key.key");
	ib_autofree char *line = ib_path_join(test_dir, "line");
	IB_AUTO_BUFFER(text, 1 << 16);

	ck_ok(ib_private_key_save(key, path, &err));
	ck_ok(ib_dsse_sign("application/vnd.in-toto+json", "{\"a\":1}", 7, key, &text, &err));
	ck_ok(ib_file_write(line, text.data, text.size, 0644, &err));
	shell("openssl pkey -in key.key -pubout -out key.pub");
	shell("sed 's/.*\"payload\":\"\\([^\"]*\\)\".*/\\1/' line | base64 -d >payload");
	shell("sed 's/.*\"sig\":\"\\([^\"]*\\)\".*/\\1/' line | base64 -d >sig");
	shell("{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(stat -c %s payload); "
	      "cat payload; } >pae");
	shell(judges[_i].verify);
	shell("grep $(openssl pkey -pubin -in key.pub -outform der | sha256sum | cut -c1-64) line");
}
END_TEST

static const struct {
	const char *text;
	const char *words;
} refused[] = {
	{ "{}", "e: not a DSSE envelope with a signature" },
	{ "{\"payload\":\"eA==\",\"payloadType\":\"t\",\"signatures\":[]}", "not a DSSE envelope" },
	{ "{\"payload\":\"eA\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"eA==\"}]}",
	  "e: the payload of the envelope is not base64" },
	{ "{\"payload\":\"eA==\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"?\"}]}",
	  "e: a signature of the envelope is not base64" },
	{ "{\"payload\":\"eA==\",\"payload\":\"eQ==\",\"payloadType\":\"t\"}", "duplicate" },
	{ "not json", "e:1:" },
};

START_TEST(what_is_no_envelope_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_dsse) envelope = NULL;

	ck_fails(ib_dsse_read(refused[_i].text, strlen(refused[_i].text), "e", &envelope, &err),
		 IB_INPUT, refused[_i].words);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("dsse");
	TCase *tcase = tcase_create("dsse");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, what_is_signed_is_the_vectors_encoding);
	tcase_add_test(tcase, the_vectors_signature_holds);
	tcase_add_test(tcase, an_envelope_of_sigstores_conformance_suite_holds);
	tcase_add_loop_test(tcase, one_of_the_trusted_keys_must_have_signed, 0,
			    (int)IB_COUNT(kinds));
	tcase_add_test(tcase, a_signature_made_elsewhere_gives_the_same_envelope);
	tcase_add_loop_test(tcase, openssl_accepts_our_envelopes, 0, (int)IB_COUNT(judges));
	tcase_add_loop_test(tcase, what_is_no_envelope_is_refused, 0, (int)IB_COUNT(refused));
	suite_add_tcase(suite, tcase);
	return suite;
}
