/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every real package of the shared data, judged beside rpmkeys with the same keys:
 * what we believe, rpmkeys believes; where we are stricter, the reason stands in
 * the table.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpmfile/rpmfile.h"
#include "test.h"

/*
 * What rpmkeys takes with a signature and we do not, package by package, in our words and with the
 * reason. Besides these there is one rule: where rpmkeys names digests and no signature, it vouches
 * for the file being whole and for nobody having made it; we say that it is not signed.
 */
static const struct {
	const char *path, *words, *why;
} stricter[] = {
	{ "rpm/xz-compressed-cpio.rpm", "over SHA-1",
	  "two headers with one SHA-1 can be made on purpose" },
	{ "header/libproxy-bin-0.3.0-4.el6_3.x86_64.rpm", "over SHA-1", "the same" },
	/* Version 6 signatures: rpm 4.18 does not see them, and names digests only. */
	{ "rpm-basic-multiple-signatures-2.3.4-5.el9.noarch.rpm", "of OpenPGP version 6",
	  "what cannot be checked is not believed" },
	{ "v6/signed/rpm-basic-with-ed25519-2.3.4-5.el9.noarch.rpm", "of OpenPGP version 6",
	  "the same" },
	{ "v6/signed/rpm-basic-with-mldsa65-ed25519-2.3.4-5.el9.noarch.rpm", "of OpenPGP version 6",
	  "the same" },
	{ "v6/signed/rpm-basic-with-rsa4k-2.3.4-5.el9.noarch.rpm", "of OpenPGP version 6",
	  "the same" },
	{ "history/55b05901-libhello-1.0.1-1.x86_64.rpm", "which is not pinned",
	  "its one signature lies in a tag that rpm 4.18 does not read" },
	{ "history/9a575f56-foo.i386.rpm", "nothing in it can be signed",
	  "its header is of a time before headers were signed" },
	{ "RPMS/hello-1.0-1.x86_64.rpm-v3", "nothing in it can be signed", "the same" },
};

/* Faults that real packages have: each is refused for what it is, whatever else there might be. */
static const struct {
	const char *path;
	enum ib_kind kind;
	const char *words;
} faults[] = {
	{ "RpmPkgSigCheck/signed_broken.rpm", IB_TRUST, "has 1 bytes behind its end" },
	{ "RpmPkgSigCheck/signed_broken_header.rpm", IB_TRUST, "has 1 bytes behind its end" },
	{ "archive/rpm/rpm_trailing.rpm", IB_TRUST, "bytes behind its end" },
	{ "rpm/header/broken.rpm", IB_TRUST, "lead of" },
	{ "RPMS/hello-2.0-1.x86_64-corrupted.rpm", IB_TRUST,
	  "does not have the digest that the signed header states" },
	{ "centos-release-as-2.1AS-4.noarch.rpm", IB_TRUST, "only an old one over the whole" },
	{ "v4/signed/rpm-basic-with-ecdsa-2.3.4-5.el9.noarch.rpm", IB_TRUST,
	  "is signed with ECDSA" },
	/* Deltas: what was signed is the package that they lead to, so their payload is another. */
	{ "1.2.1_1.2.2-bp156.3.6_lp156.4.3.1.aarch64.drpm", IB_TRUST,
	  "only an old one over the whole" },
	{ "1.2.1_1.2.2-bp156.3.6_lp156.4.3.1.x86_64.drpm", IB_TRUST,
	  "only an old one over the whole" },
	{ "1.2.2-bp156.4.3.1_lp156.4.3.1.x86_64.drpm", IB_TRUST, "only an old one over the whole" },
};

static struct ib_strings packages, key_files;

static int collect(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)walk;
	if (kind != FTW_F)
		return 0;
	if (strstr(path, ".rpm") || ib_str_ends(path, ".drpm"))
		ib_strings_add(&packages, path);
	else if (strstr(path, "/keys/") || strstr(path, "KEY") || ib_str_ends(path, ".key") ||
		 strstr(path, "signing_keys/") || ib_str_ends(path, ".pub"))
		ib_strings_add(&key_files, path);
	return 0;
}

static void collect_all(void)
{
	static const char *const folders[] = { "keys", "rpms", "repos", "base" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(folders); i++) {
		const char *path = test_shared_data(folders[i]);

		if (path)
			(void)nftw(path, collect, 16, FTW_PHYS);
	}
	ib_strings_sort_unique(&packages);
	ib_strings_sort_unique(&key_files);
}

/* ---- rpmkeys ------------------------------------------------------------- */

static void write_list(const char *name, const struct ib_strings *list, char **ret_path)
{
	ib_autofree char *lines = ib_strings_join(list, "\n");
	ib_autofree char *text = ib_strf("%s\n", lines);

	test_file(name, text, ret_path);
}

/*
 * Imports the key files that rpmkeys takes, which become ret_taken, and asks it for
 * every package: "PATH:\n    line: OK\n…".
 */
static char *ask_rpmkeys(struct ib_strings *ret_taken)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *keys = NULL;
	ib_autofree char *list = NULL;
	ib_autofree char *command = NULL;
	ib_autofree char *answer = ib_path_join(test_dir, "answer");
	ib_autofree char *taken = ib_path_join(test_dir, "taken");
	ib_autofree char *taken_text = NULL;
	char *text = NULL;

	write_list("keys", &key_files, &keys);
	write_list("list", &packages, &list);
	command = ib_strf(
		"export LC_ALL=C; mkdir '%s/db'; while read -r key; do rpmkeys --dbpath "
		"'%s/db' --import \"$key\" && echo \"$key\" >>'%s'; done <'%s' 2>/dev/null; "
		"tr '\\n' '\\0' <'%s' | xargs -0 -n 60 rpmkeys --dbpath '%s/db' -Kv >'%s' 2>&1; "
		"true",
		test_dir, test_dir, taken, keys, list, test_dir, answer);
	ck_assert_int_eq(system(command), 0);
	ck_ok(ib_file_read_text(taken, 1 << 20, &taken_text, &err));
	ib_strings_split(ret_taken, taken_text, "\n");
	ck_ok(ib_file_read_text(answer, 1 << 24, &text, &err));
	return text;
}

/* Whether every line about the package ends in OK, and whether one is about a signature. */
static bool rpmkeys_believes(const char *answer, const char *path, bool *ret_signed)
{
	ib_autofree char *head = ib_strf("%s:\n", path);
	const char *at = strstr(answer, head);
	bool any = false;

	*ret_signed = false;
	if (!at)
		return false;
	for (at += strlen(head); ib_str_starts(at, "    "); at = strchr(at, '\n') + 1) {
		ib_autofree char *line = ib_strndup(at, strcspn(at, "\n"));

		any = true;
		if (strstr(line, "Signature"))
			*ret_signed = true;
		if (!ib_str_ends(line, ": OK"))
			return false;
	}
	return any;
}

/* ---- we ------------------------------------------------------------------ */

static int take(void *context, const void *data, size_t size, struct ib_error *err)
{
	(void)context;
	(void)data;
	(void)size;
	(void)err;
	return 0;
}

static int begin(void *context, uint32_t package, uint32_t file, uint64_t size, bool *ret_wanted,
		 struct ib_error *err)
{
	(void)context;
	(void)package;
	(void)file;
	(void)size;
	(void)err;
	*ret_wanted = false;
	return 0;
}

static int end(void *context, struct ib_error *err)
{
	(void)context;
	(void)err;
	return 0;
}

static int judge(const struct ib_keyring *keyring, const char *path, struct ib_error *err)
{
	static const struct ib_content_sink sink = { NULL, begin, take, end };
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO(ib_rpm) rpm = NULL;
	struct ib_rpm_request request = {
		.path = path, .keyring = keyring, .depth = IB_RPM_WHOLE, .arena = arena
	};

	IB_TRY(ib_rpm_open(&request, &rpm, err));
	return ib_rpm_stream(rpm, 0, &sink, err);
}

static struct ib_keyring *load_keys(const struct ib_strings *files)
{
	struct ib_keyring *keyring = ib_keyring_new();
	struct ib_error err = IB_ERROR_INIT;
	size_t i = 0;

	for (i = 0; i < files->count; i++) {
		/* not every file that looks like one holds a key; rpmkeys passes them over too */
		if (ib_keyring_list_file(keyring, files->items[i], &err) < 0)
			ib_error_clear(&err);
	}
	return keyring;
}

static bool is_named(const char *path, const char *words)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(stricter); i++)
		if (ib_str_ends(path, stricter[i].path) && strstr(words, stricter[i].words))
			return true;
	return false;
}

/* rpmkeys says OK to every line; we refused. */
static void judge_strictness(const char *path, bool is_signed, const struct ib_error *err)
{
	if (is_named(path, err->text) || (!is_signed && ib_str_ends(err->text, "is not signed")))
		return;
	ck_abort_msg("rpmkeys believes %s; we say, and the table does not: %s", path, err->text);
}

START_TEST(we_believe_what_rpmkeys_believes_or_less)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_keyring) keyring = NULL;
	IB_AUTO_STRINGS(taken);
	ib_autofree char *answer = NULL;
	size_t believed = 0;
	size_t i = 0;

	collect_all();
	if (!packages.count) {
		puts("skipped: no shared data");
		return;
	}
	answer = ask_rpmkeys(&taken);
	keyring = load_keys(&taken);
	for (i = 0; i < packages.count; i++) {
		const char *path = packages.items[i];
		bool is_signed = false;
		bool they = rpmkeys_believes(answer, path, &is_signed);
		int r = judge(keyring, path, &err);

		if (r < 0 && they)
			judge_strictness(path, is_signed, &err);
		else if (r == 0)
			ck_assert_msg(they && is_signed, "we believe %s, rpmkeys does not", path);
		ck_assert_int_ne(err.kind, IB_FAILED);
		believed += r == 0;
		ib_error_clear(&err);
	}
	ck_assert_uint_gt(packages.count, 400);
	ck_assert_uint_gt(believed, 130);
	ib_strings_done(&packages);
	ib_strings_done(&key_files);
}
END_TEST

static const char *find_package(const char *suffix)
{
	size_t i = 0;

	for (i = 0; i < packages.count; i++)
		if (ib_str_ends(packages.items[i], suffix))
			return packages.items[i];
	ck_abort_msg("no package %s", suffix);
	return NULL;
}

START_TEST(real_faults_are_refused_for_what_they_are)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_keyring) keyring = NULL;
	size_t i = 0;

	collect_all();
	if (!packages.count) {
		puts("skipped: no shared data");
		return;
	}
	keyring = load_keys(&key_files);
	for (i = 0; i < IB_COUNT(faults); i++)
		ck_fails(judge(keyring, find_package(faults[i].path), &err), faults[i].kind,
			 faults[i].words);
	ib_strings_done(&packages);
	ib_strings_done(&key_files);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("verdicts");
	TCase *verdicts = tcase_create("verdicts");

	tcase_add_checked_fixture(verdicts, test_dir_make, test_dir_remove);
	tcase_set_timeout(verdicts, 300);
	tcase_add_test(verdicts, we_believe_what_rpmkeys_believes_or_less);
	tcase_add_test(verdicts, real_faults_are_refused_for_what_they_are);
	suite_add_tcase(suite, verdicts);
	return suite;
}
