/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and signatures: the distributions' own keys, judged beside gpg, and keys
 * made on the spot with every fault that a key can have.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rpmfile/rpmfile.h"
#include "test.h"

#define KEYS     "keys/rpm-software-management_distribution-gpg-keys/keys/"
#define V6_KEYS  "rpms/rpm-rs_rpm/tests/assets/signing_keys/v6/"
#define CENTOS_7 "6341AB2753D78A78A7C27BB124C6A8A7F4A80EB5"

enum { NOW = 1795478400 }; /* 2026-11-24 */

/* What a command prints; the caller owns it. */
static char *output_of(const char *command)
{
	FILE *pipe = popen(command, "r");
	IB_AUTO_BUFFER(text, 1 << 22);
	char line[4096];

	ck_assert_ptr_nonnull(pipe);
	while (fgets(line, sizeof(line), pipe))
		ib_buffer_puts(&text, line);
	ck_assert_msg(pclose(pipe) == 0, "%s", command);
	return ib_buffer_take_text(&text);
}

/* ---- the distributions' keys --------------------------------------------- */

/* All key files of the shared data in one ring; false where they are absent. */
static bool load_all(struct ib_keyring *keyring, size_t *ret_files)
{
	static const char *const not_openpgp = "RPM-GPG-KEY-EPEL-10-IMA"; /* a certificate */
	struct ib_error err = IB_ERROR_INIT;
	const char *folder = test_shared_data(KEYS);
	ib_autofree char *pattern = folder ? ib_strf("%s*/*", folder) : NULL;
	glob_t found = { 0 };
	size_t i = 0;

	if (!folder) {
		puts("skipped: no shared data");
		return false;
	}
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++) {
		if (strstr(found.gl_pathv[i], not_openpgp))
			ck_fails(ib_keyring_list_file(keyring, found.gl_pathv[i], &err), IB_INPUT,
				 "holds nothing of OpenPGP");
		else
			ck_ok(ib_keyring_list_file(keyring, found.gl_pathv[i], &err));
	}
	*ret_files = found.gl_pathc;
	globfree(&found);
	return true;
}

/* Which keys of the ring are unsupported for this reason. */
static size_t count_unsupported(const struct ib_keyring *keyring, const char *why)
{
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < ib_keyring_count(keyring); i++) {
		const char *reason = ib_keyring_get(keyring, i)->unsupported;

		count += why ? reason && strstr(reason, why) : !reason;
	}
	return count;
}

START_TEST(every_key_of_the_distributions_has_its_verdict)
{
	static const char *const expired[] = {
		"0830F43C928AA5A8A6F1AF970B132C3FFE837F6F", /* CentOS 6 Security */
		"22C07BA534178CD02EFE22AAB88B2FD43DBDC284", /* openSUSE */
		"42339C298BC4352CA4F97504119C1A87EF1D6DB8", /* CentOS 6 Testing */
		"5E9B8F5617B5066CE92057C3488FCF7C3ABB34F8", /* AlmaLinux 8 */
		"637B32FF3D83F07A7AE1C40A9C214D4065176565", /* openSUSE Backports */
		"69B30F26BA2B3AA4C27CE4F53B75CF79D0FF3D16", /* CentOS 6 Debug */
		"BFC3D8F20D15F4FD46281D7FAA650F52D6C094FA", /* Rocky infrastructure */
		"C1DAC52D1664E8A4386DBA430946FCA2C105B9DE", /* CentOS 6 */
		"DE15B14486CD377B9E876E1A234654DA9A296436", /* Kubernetes */
	};
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	size_t files = 0;
	size_t count = 0;
	size_t i = 0;

	if (!load_all(keyring, &files))
		return;
	ck_assert_uint_eq(files, 215);
	ck_assert_uint_eq(count_unsupported(keyring, "DSA is not believed"), 18);
	ck_assert_uint_eq(count_unsupported(keyring, "fewer than 2048 bits"), 1);
	ck_assert_uint_eq(count_unsupported(keyring, "post-quantum"), 2);
	ck_assert_uint_eq(count_unsupported(keyring, NULL), ib_keyring_count(keyring) - 21);
	for (i = 0; i < ib_keyring_count(keyring); i++) {
		const struct ib_key *key = ib_keyring_get(keyring, i);

		ck_assert_int_eq(key->revocation, IB_KEY_NOT_REVOKED);
		count += !key->unsupported && key->expires && key->expires <= NOW;
	}
	ck_assert_uint_eq(count, IB_COUNT(expired));
	for (i = 0; i < IB_COUNT(expired); i++) {
		const struct ib_key *key = ib_keyring_find(keyring, expired[i]);

		ck_assert_ptr_nonnull(key);
		ck_assert_msg(key->expires && key->expires <= NOW, "%s", expired[i]);
	}
}
END_TEST

START_TEST(gpg_knows_the_same_keys_and_the_same_ends)
{
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	ib_autofree char *command = NULL;
	ib_autofree char *shown = NULL;
	char *line = NULL;
	char *rest = NULL;
	size_t files = 0;
	size_t compared = 0;

	if (!load_all(keyring, &files))
		return;
	/* Oracle's key stands in two files, with an older and a newer end. */
	command =
		ib_strf("mkdir -m 700 '%s/g' && for f in '%s'*/*; do gpg --homedir '%s/g' "
			"--show-keys --with-colons \"$f\" 2>/dev/null; done | awk -F: '$1 == "
			"\"pub\" { e = $7 ? $7 : 0 } $1 == \"fpr\" && e != \"\" { print $10, e; e "
			"= \"\" }' | sort -k1,1 -k2,2nr | awk '!seen[$1]++'",
			test_dir, test_shared_data(KEYS), test_dir);
	shown = output_of(command);
	for (line = strtok_r(shown, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const struct ib_key *key = NULL;
		char fingerprint[41] = "";
		long long end = 0;

		ck_assert_int_eq(sscanf(line, "%40s %lld", fingerprint, &end), 2);
		key = ib_keyring_find(keyring, fingerprint);
		ck_assert_msg(key != NULL, "%s", fingerprint);
		if (key->unsupported)
			continue;
		ck_assert_msg(key->expires == end, "%s: %lld, not %lld", fingerprint,
			      (long long)key->expires, end);
		compared++;
	}
	ck_assert_uint_gt(compared, 170);
}
END_TEST

START_TEST(a_key_comes_in_by_its_fingerprint_only)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	const char *path = test_shared_data(KEYS "centos/RPM-GPG-KEY-CentOS-7");

	if (!path)
		return;
	ck_fails(ib_keyring_add_file(keyring, path, "0000000000000000000000000000000000000000",
				     &err),
		 IB_INPUT, ", but " CENTOS_7);
	ck_fails(ib_keyring_add_file(keyring, path, "F4A80EB5", &err), IB_INPUT,
		 "is no fingerprint");
	ck_assert_uint_eq(ib_keyring_count(keyring), 0);
	ck_ok(ib_keyring_add_file(keyring, path,
				  "6341 ab27 53d7 8a78 a7c2  7bb1 24c6 a8a7 f4a8 0eb5", &err));
	ck_assert_uint_eq(ib_keyring_count(keyring), 1);
	ck_assert_str_eq(ib_keyring_get(keyring, 0)->fingerprint, CENTOS_7);
	/* The same again changes nothing. */
	ck_ok(ib_keyring_add_file(keyring, path, CENTOS_7, &err));
	ck_assert_uint_eq(ib_keyring_count(keyring), 1);
}
END_TEST

START_TEST(unsupported_keys_each_have_their_own_words)
{
	static const struct {
		const char *path, *fingerprint, *words;
	} rows[] = {
		{ KEYS "centos/RPM-GPG-KEY-CentOS-5", "473D66D5212271FD51CC17B1A8A447DCE8562897",
		  "DSA is not believed any more" },
		{ KEYS "centos/RPM-GPG-KEY-centosofficial-PQC", NULL, "post-quantum" },
		{ V6_KEYS "rpm-testkey-v6-mldsa65-ed25519.asc", NULL, "post-quantum" },
		{ V6_KEYS "rpm-testkey-v6-ed25519.asc", NULL,
		  "OpenPGP version 6 keys are not supported yet" },
		{ V6_KEYS "rpm-testkey-v6-rsa4k.asc", NULL,
		  "OpenPGP version 6 keys are not supported yet" },
	};
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	IB_AUTO(ib_keyring) all = ib_keyring_new();
	ib_autofree char *path = ib_strdup(test_shared_data(rows[_i].path));
	const char *fingerprint = rows[_i].fingerprint;

	if (!path)
		return;
	ck_ok(ib_keyring_list_file(all, path, &err));
	if (!fingerprint)
		fingerprint = ib_keyring_get(all, ib_keyring_count(all) - 1)->fingerprint;
	ck_fails(ib_keyring_add_file(keyring, path, fingerprint, &err), IB_INPUT, rows[_i].words);
	ck_assert_uint_eq(ib_keyring_count(keyring), 0);
}
END_TEST

START_TEST(an_expired_key_is_refused_now_unless_that_is_allowed)
{
	static const char alma_8[] = "5E9B8F5617B5066CE92057C3488FCF7C3ABB34F8";
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	IB_AUTO_STRINGS(allowed);
	const char *path = test_shared_data(KEYS "alma/RPM-GPG-KEY-AlmaLinux-8");

	if (!path)
		return;
	ck_ok(ib_keyring_add_file(keyring, path, alma_8, &err));
	ck_fails(ib_keyring_check_now(keyring, NOW, NULL, &err), IB_TRUST,
		 "expired on 2024-01-12T11:33:34Z");
	ck_ok(ib_keyring_check_now(keyring, 1600000000, NULL, &err));
	ib_strings_add(&allowed, alma_8);
	ck_ok(ib_keyring_check_now(keyring, NOW, &allowed, &err));
}
END_TEST

/* CVE-2021-3521: subkeys that were put beside a key without its owner's word. */
START_TEST(a_subkey_that_the_primary_never_bound_is_none)
{
#define RPM_KEYS "rpms/rpm-software-management_rpm/tests/data/keys/"
	static const struct {
		const char *path;
		size_t subkeys;
	} rows[] = {
		{ RPM_KEYS "CVE-2021-3521-badbind.asc", 0 },
		{ RPM_KEYS "CVE-2021-3521-nosubsig.asc", 0 },
		{ RPM_KEYS "CVE-2021-3521-nosubsig-last.asc", 0 },
		{ RPM_KEYS "rpm.org-rsa-2048-add-subkey.asc", 1 },
	};
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	const char *path = test_shared_data(rows[_i].path);

	if (!path)
		return;
	ck_ok(ib_keyring_add_file(keyring, path, "771B18D3D7BAA28734333C424344591E1964C5FC", &err));
	ck_assert_uint_eq(ib_keyring_get(keyring, 0)->subkey_count, rows[_i].subkeys);
}
END_TEST

/* ---- keys made on the spot ----------------------------------------------- */

/* Runs gpg with a home of the test's own, at the given day of 2020. */
static char *gpg(int day, const char *arguments)
{
	ib_autofree char *command = ib_strf(
		"exec 2>/dev/null; cd '%s' && mkdir -p -m 700 gpg && gpg --homedir gpg --quiet --batch --yes "
		"--no-tty --pinentry-mode loopback --passphrase '' "
		"--faked-system-time 202001%02dT000000 %s",
		test_dir, day, arguments);

	return output_of(command);
}

static void stop_gpg(void)
{
	ib_autofree char *command =
		ib_strf("gpgconf --homedir '%s/gpg' --kill all 2>/dev/null; true", test_dir);
	ib_autofree char *nothing = output_of(command);

	(void)nothing;
	test_dir_remove();
}

/* Makes a key on day 1; the caller owns its fingerprint. */
static char *make_key(const char *algorithm, const char *usage, const char *expires)
{
	ib_autofree char *make = ib_strf("--quick-generate-key 'Test <t@example.org>' %s %s %s",
					 algorithm, usage, expires);
	ib_autofree char *nothing = gpg(1, make);
	ib_autofree char *shown =
		gpg(1, "--list-keys --with-colons | awk -F: '$1 == \"fpr\" { print $10; exit }'");

	(void)nothing;
	return ib_strndup(shown, 40);
}

/* Signs "hello" on that day into the file `signature`. */
static void sign(int day, const char *options)
{
	ib_autofree char *line = ib_strf("%s --output signature --detach-sign data", options);
	ib_autofree char *data = NULL;
	ib_autofree char *nothing = NULL;

	test_file("data", "hello\nworld\n", &data);
	nothing = gpg(day, line);
}

/* Loads the key as it is now in gpg's ring, and checks the file `signature`. */
static int check(const char *fingerprint, const char *text, struct ib_error *err)
{
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	IB_AUTO_BUFFER(signature, 1 << 16);
	ib_autofree char *key = ib_path_join(test_dir, "key");
	ib_autofree char *path = ib_path_join(test_dir, "signature");
	ib_autofree char *nothing = gpg(28, "--armor --output key --export");
	char signer[IB_FINGERPRINT_TEXT] = "";

	(void)nothing;
	IB_TRY(ib_keyring_add_file(keyring, key, fingerprint, err));
	IB_TRY(ib_file_read(path, &signature, err));
	IB_TRY(ib_keyring_verify_detached(
		keyring, (struct ib_bytes){ (const uint8_t *)text, strlen(text) },
		(struct ib_bytes){ signature.data, signature.size }, "data", signer, err));
	ck_assert_str_eq(signer, fingerprint);
	return 0;
}

START_TEST(a_good_signature_is_good_in_every_algorithm_and_form)
{
	static const char *const algorithms[] = { "rsa2048",  "rsa3072",  "ed25519",
						  "nistp256", "nistp384", "nistp521" };
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *key = make_key(algorithms[_i], "sign", "never");

	sign(2, "");
	ck_ok(check(key, "hello\nworld\n", &err));
	ck_fails(check(key, "hello\nWorld\n", &err), IB_TRUST, "does not match its signature");
	ck_fails(check(key, "", &err), IB_TRUST, "does not match its signature");
	sign(2, "--armor --textmode");
	ck_ok(check(key, "hello\nworld\n", &err));
	ck_ok(check(key, "hello\r\nworld\r\n", &err));
	ck_fails(check(key, "hello world\n", &err), IB_TRUST, "does not match its signature");
	sign(2, "--armor --digest-algo sha512");
	ck_ok(check(key, "hello\nworld\n", &err));
	if (!strncmp(algorithms[_i], "rsa", 3)) {
		sign(2, "--digest-algo sha1");
		ck_fails(check(key, "hello\nworld\n", &err), IB_TRUST, "over SHA-1");
	}
}
END_TEST

START_TEST(a_signature_counts_if_it_was_made_while_the_key_was_valid)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *key = make_key("ed25519", "sign", "2020-01-10");
	ib_autofree char *prolong = NULL;
	ib_autofree char *nothing = NULL;

	sign(5, "");
	ck_ok(check(key, "hello\nworld\n", &err)); /* and the key is exported on day 28 */
	/* A signature from day 12 needs the key prolonged; then it is shortened again. */
	prolong = ib_strf("--quick-set-expire %s 2020-01-20", key);
	nothing = gpg(6, prolong);
	sign(12, "");
	ck_ok(check(key, "hello\nworld\n", &err));
	ib_free(ib_take(prolong));
	ib_free(ib_take(nothing));
	prolong = ib_strf("--quick-set-expire %s 2020-01-11", key);
	nothing = gpg(7, prolong);
	ck_fails(check(key, "hello\nworld\n", &err), IB_TRUST, "had expired before, on 2020-01-11");
}
END_TEST

static void revoke_key(const char *key, int day, int reason)
{
	ib_autofree char *line =
		ib_strf("--no-batch --command-fd 0 --output revocation --generate-revocation %s "
			"<answers && gpg --homedir gpg --batch --quiet --import revocation",
			key);
	ib_autofree char *answers = ib_strf("y\n%d\nwhy it was\n\ny\n", reason);
	ib_autofree char *path = NULL;
	ib_autofree char *nothing = NULL;

	test_file("answers", answers, &path);
	nothing = gpg(day, line);
}

START_TEST(a_retired_key_signs_nothing_from_then_on)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *key = make_key("ed25519", "sign", "never");
	ib_autofree char *early = ib_path_join(test_dir, "signature");
	ib_autofree char *late = ib_path_join(test_dir, "late");

	sign(12, "");
	ck_assert_int_eq(rename(early, late), 0);
	sign(5, "");
	revoke_key(key, 10, 2 + _i); /* superseded, no longer used */
	ck_ok(check(key, "hello\nworld\n", &err));
	ck_assert_int_eq(rename(late, early), 0);
	ck_fails(check(key, "hello\nworld\n", &err), IB_TRUST, "had retired before, on 2020-01-10");
}
END_TEST

START_TEST(a_compromised_key_signs_nothing_at_all)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *key = make_key("ed25519", "sign", "never");
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	ib_autofree char *path = ib_path_join(test_dir, "key");

	sign(5, "");
	revoke_key(key, 10, _i); /* 0: no reason, 1: compromised */
	ck_fails(check(key, "hello\nworld\n", &err), IB_TRUST, "was revoked as compromised");
	ck_ok(ib_keyring_add_file(keyring, path, key, &err));
	ck_assert_int_eq(ib_keyring_get(keyring, 0)->revocation, IB_KEY_COMPROMISED);
	ck_assert_str_eq(ib_keyring_get(keyring, 0)->revocation_reason, "why it was");
	ck_fails(ib_keyring_check_now(keyring, NOW, NULL, &err), IB_TRUST,
		 "was revoked on 2020-01-10T00:00:00Z: why it was");
}
END_TEST

START_TEST(a_signing_subkey_signs_for_its_primary)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *key = make_key("rsa2048", "cert", "never");
	ib_autofree char *add = ib_strf("--quick-add-key %s ed25519 sign 2020-01-15", key);
	ib_autofree char *nothing = gpg(2, add);

	(void)nothing;
	sign(5, "");
	ck_ok(check(key, "hello\nworld\n", &err));
	sign(14, "");
	ck_ok(check(key, "hello\nworld\n", &err));
}
END_TEST

/* It could sign once, and its owner has since said that it is for something else. */
START_TEST(a_subkey_that_is_not_for_signing_signs_nothing)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *key = make_key("rsa2048", "cert", "never");
	ib_autofree char *add = ib_strf("--quick-add-key %s rsa2048 sign never", key);
	ib_autofree char *edit = ib_strf("--no-batch --command-fd 0 --edit-key %s <answers", key);
	ib_autofree char *answers = NULL;
	ib_autofree char *nothing = gpg(2, add);
	ib_autofree char *changed = NULL;

	(void)nothing;
	sign(5, "");
	ck_ok(check(key, "hello\nworld\n", &err));
	test_file("answers", "key 1\nchange-usage\nA\nS\nQ\nsave\n", &answers);
	changed = gpg(6, edit);
	ck_fails(check(key, "hello\nworld\n", &err), IB_TRUST, "which is not for signing");
}
END_TEST

/* A subkey that signed, whose key file then lacks what ties it to the primary. */
START_TEST(a_subkey_without_its_binding_signs_nothing)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *key = make_key("rsa2048", "cert", "never");
	ib_autofree char *add = ib_strf("--quick-add-key %s ed25519 sign never", key);
	ib_autofree char *nothing = gpg(2, add);
	ib_autofree char *stripped = NULL;
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	IB_AUTO_BUFFER(packets, 1 << 16);
	IB_AUTO_BUFFER(signature, 1 << 16);
	ib_autofree char *key_path = ib_path_join(test_dir, "key");
	ib_autofree char *path = ib_path_join(test_dir, "signature");
	char signer[IB_FINGERPRINT_TEXT] = "";

	(void)nothing;
	sign(5, "");
	stripped = gpg(6, "--output key --export");
	ck_ok(ib_file_read(key_path, &packets, &err));
	ck_ok(ib_file_read(path, &signature, &err));
	/* Cut short, it leaves nothing behind in the ring. */
	ck_fails(ib_keyring_add(keyring, packets.data, packets.size - 1, "key", key, &err),
		 IB_INPUT, "its packets do not hold");
	ck_assert_uint_eq(ib_keyring_count(keyring), 0);
	/* Damages the last packet, which is the binding: its last byte is of the signature. */
	packets.data[packets.size - 1] ^= 1;
	ck_ok(ib_keyring_add(keyring, packets.data, packets.size, "key", key, &err));
	ck_assert_uint_eq(ib_keyring_get(keyring, 0)->subkey_count, 0);
	ck_fails(ib_keyring_verify_detached(
			 keyring, (struct ib_bytes){ (const uint8_t *)"hello\nworld\n", 12 },
			 (struct ib_bytes){ signature.data, signature.size }, "data", signer, &err),
		 IB_TRUST, "which its primary key does not own to");
	ck_assert_str_eq(signer, "");
}
END_TEST

START_TEST(another_key_is_not_this_key)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *key = make_key("ed25519", "sign", "never");
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	IB_AUTO_BUFFER(signature, 1 << 16);
	ib_autofree char *path = ib_path_join(test_dir, "signature");
	const char *centos = test_shared_data(KEYS "centos/RPM-GPG-KEY-CentOS-7");
	char signer[IB_FINGERPRINT_TEXT] = "";

	if (!centos)
		return;
	sign(5, "");
	ck_ok(ib_file_read(path, &signature, &err));
	ck_ok(ib_keyring_add_file(keyring, centos, CENTOS_7, &err));
	ck_fails(ib_keyring_verify_detached(
			 keyring, (struct ib_bytes){ (const uint8_t *)"hello\nworld\n", 12 },
			 (struct ib_bytes){ signature.data, signature.size }, "data", signer, &err),
		 IB_TRUST, key);
}
END_TEST

/* ---- repositories of others ---------------------------------------------- */

START_TEST(the_metadata_of_a_real_repository_is_signed)
{
#define LIBREPO "repos/rpm-software-management_librepo/tests/test_data/repo_yum_01/repodata/"
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	IB_AUTO_BUFFER(data, 1 << 20);
	IB_AUTO_BUFFER(signature, 1 << 16);
	struct ib_bytes signed_data = { NULL, 0 };
	struct ib_bytes armour = { NULL, 0 };
	char signer[IB_FINGERPRINT_TEXT] = "";

	if (!test_shared_data(LIBREPO "repomd.xml"))
		return;
	ck_ok(ib_keyring_add_file(keyring, test_shared_data(LIBREPO "repomd.xml.key"),
				  "F4FC5B6AC58696023B9DBFB197BDB7906441EDF5", &err));
	ck_ok(ib_file_read(test_shared_data(LIBREPO "repomd.xml"), &data, &err));
	ck_ok(ib_file_read(test_shared_data(LIBREPO "repomd.xml.asc"), &signature, &err));
	signed_data = (struct ib_bytes){ data.data, data.size };
	armour = (struct ib_bytes){ signature.data, signature.size };
	ck_ok(ib_keyring_verify_detached(keyring, signed_data, armour, "repomd.xml", signer, &err));
	ck_assert_str_eq(signer, "F4FC5B6AC58696023B9DBFB197BDB7906441EDF5");
	data.data[data.size / 2] ^= 1;
	ck_fails(ib_keyring_verify_detached(keyring, signed_data, armour, "repomd.xml", signer,
					    &err),
		 IB_TRUST, "does not match its signature");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("keyring");
	TCase *real = tcase_create("real");
	TCase *made = tcase_create("made");

	tcase_add_checked_fixture(real, test_dir_make, test_dir_remove);
	tcase_set_timeout(real, 120);
	tcase_add_test(real, every_key_of_the_distributions_has_its_verdict);
	tcase_add_test(real, gpg_knows_the_same_keys_and_the_same_ends);
	tcase_add_test(real, a_key_comes_in_by_its_fingerprint_only);
	tcase_add_loop_test(real, unsupported_keys_each_have_their_own_words, 0, 5);
	tcase_add_test(real, an_expired_key_is_refused_now_unless_that_is_allowed);
	tcase_add_test(real, the_metadata_of_a_real_repository_is_signed);
	tcase_add_loop_test(real, a_subkey_that_the_primary_never_bound_is_none, 0, 4);
	suite_add_tcase(suite, real);
	tcase_add_checked_fixture(made, test_dir_make, stop_gpg);
	tcase_set_timeout(made, 120);
	tcase_add_loop_test(made, a_good_signature_is_good_in_every_algorithm_and_form, 0, 6);
	tcase_add_test(made, a_signature_counts_if_it_was_made_while_the_key_was_valid);
	tcase_add_loop_test(made, a_retired_key_signs_nothing_from_then_on, 0, 2);
	tcase_add_loop_test(made, a_compromised_key_signs_nothing_at_all, 0, 2);
	tcase_add_test(made, a_signing_subkey_signs_for_its_primary);
	tcase_add_test(made, a_subkey_that_is_not_for_signing_signs_nothing);
	tcase_add_test(made, a_subkey_without_its_binding_signs_nothing);
	tcase_add_test(made, another_key_is_not_this_key);
	suite_add_tcase(suite, made);
	return suite;
}
