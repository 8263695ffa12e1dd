/* SPDX-License-Identifier: Apache-2.0 */
/* One real package, read, streamed, and damaged in every place. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "rpmfile/rpmfile.h"
#include "test.h"

#define PACKAGES "base/centos7/Packages/"
#define KEYS     "keys/rpm-software-management_distribution-gpg-keys/keys/"
#define CENTOS_7 "6341AB2753D78A78A7C27BB124C6A8A7F4A80EB5"
#define ROCKY_8  "7051C470A929F454CEBE37B715AF5DAC6D745A60"

static struct ib_keyring *keyring;
static struct ib_arena *arena;

static void set_up(void)
{
	struct ib_error err = IB_ERROR_INIT;
	const char *path = test_shared_data(KEYS "centos/RPM-GPG-KEY-CentOS-7");

	test_dir_make();
	keyring = ib_keyring_new();
	arena = ib_arena_new();
	if (path)
		ck_ok(ib_keyring_add_file(keyring, path, CENTOS_7, &err));
	path = test_shared_data(KEYS "rocky/RPM-GPG-KEY-rockyofficial");
	if (path)
		ck_ok(ib_keyring_add_file(keyring, path, ROCKY_8, &err));
}

static void tear_down(void)
{
	ib_keyring_free(ib_take(keyring));
	ib_arena_free(ib_take(arena));
	test_dir_remove();
}

/* The path of a shared package, or NULL and a word about it. */
static char *package_path(const char *name)
{
	ib_autofree char *relative = ib_strf("%s%s", strchr(name, '/') ? "" : PACKAGES, name);
	const char *path = test_shared_data(relative);

	if (!path)
		puts("skipped: no shared data");
	return ib_strdup(path);
}

static int open_with(const char *path, const char *sha256, enum ib_rpm_depth depth,
		     struct ib_rpm **ret_rpm, struct ib_error *err)
{
	struct ib_rpm_request request = {
		.path = path,
		.keyring = keyring,
		.sha256 = sha256,
		.depth = depth,
		.arena = arena,
	};

	return ib_rpm_open(&request, ret_rpm, err);
}

/* ---- a sink that counts and remembers ------------------------------------ */

struct seen {
	size_t begun, ended;
	uint64_t bytes, announced;
	bool refuse;
	struct ib_digest *digest; /* over everything, in order */
};

static int see_begin(void *context, uint32_t package, uint32_t file, uint64_t size,
		     bool *ret_wanted, struct ib_error *err)
{
	struct seen *seen = context;

	(void)package;
	(void)file;
	(void)err;
	*ret_wanted = !seen->refuse;
	seen->begun++;
	seen->announced += size;
	return 0;
}

static int see_data(void *context, const void *data, size_t size, struct ib_error *err)
{
	struct seen *seen = context;

	(void)err;
	seen->bytes += size;
	if (seen->digest)
		ib_digest_update(seen->digest, data, size);
	return 0;
}

static int see_end(void *context, struct ib_error *err)
{
	struct seen *seen = context;

	(void)err;
	seen->ended++;
	return 0;
}

static struct ib_content_sink sink_for(struct seen *seen)
{
	return (struct ib_content_sink){ seen, see_begin, see_data, see_end };
}

static int open_and_stream(const char *path, struct ib_error *err)
{
	IB_AUTO(ib_rpm) rpm = NULL;
	struct seen seen = { 0 };
	struct ib_content_sink sink = sink_for(&seen);

	IB_TRY(open_with(path, NULL, IB_RPM_WHOLE, &rpm, err));
	return ib_rpm_stream(rpm, 0, &sink, err);
}

/* ---- what a package says ------------------------------------------------- */

START_TEST(a_signed_package_is_believed_and_says_what_it_is)
{
	ib_autofree char *path = package_path("bash-4.2.46-31.el7.x86_64.rpm");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_rpm) rpm = NULL;
	const struct ib_package *package = NULL;

	if (!path)
		return;
	ck_ok(open_with(path, NULL, IB_RPM_WHOLE, &rpm, &err));
	package = ib_rpm_package(rpm);
	ck_assert_str_eq(package->nevra, "bash-4.2.46-31.el7.x86_64");
	ck_assert_str_eq(package->source_rpm, "bash-4.2.46-31.el7.src.rpm");
	ck_assert_str_eq(package->license, "GPLv3+");
	ck_assert_str_eq(package->signer, CENTOS_7);
	ck_assert_str_eq(package->sha256, "f039143f1dac2eeca74f19b392f78d66ba1ffaa171f6c272bf5e646"
					  "c9aae26b2");
	ck_assert_uint_eq(package->size, 1036848);
	ck_assert_uint_eq(package->build_time, 1540919373);
	ck_assert_int_eq(package->digest_kind, IB_DIGEST_SHA256);
	ck_assert_str_eq(package->scriptlets[0].interpreter, "<lua>");
	ck_assert_str_eq(ib_scriptlet_kind_name(package->scriptlets[0].kind), "post");
}
END_TEST

START_TEST(a_stream_gives_every_file_once)
{
	ib_autofree char *path = package_path("bash-4.2.46-31.el7.x86_64.rpm");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_rpm) rpm = NULL;
	IB_AUTO(ib_rpm_source) source = ib_rpm_source_new();
	struct seen seen = { 0 };
	struct seen blind = { .refuse = true };
	struct ib_content_sink sink = sink_for(&seen);
	struct ib_content_sink blind_sink = sink_for(&blind);
	const struct ib_content_source *content = NULL;

	if (!path)
		return;
	ck_ok(open_with(path, NULL, IB_RPM_HEADER, &rpm, &err));
	ib_rpm_source_add(source, rpm);
	content = ib_rpm_source_content(source);
	ck_assert_uint_eq(content->package_count, 1);
	ck_ok(content->stream(content->context, 0, &sink, &err));
	ck_assert_uint_eq(seen.begun, seen.ended);
	ck_assert_uint_eq(seen.bytes, seen.announced);
	ck_assert_uint_gt(seen.begun, 60);
	ck_ok(ib_rpm_stream(rpm, 0, &blind_sink, &err));
	ck_assert_uint_eq(blind.begun, seen.begun);
	ck_assert_uint_eq(blind.bytes, 0);
}
END_TEST

START_TEST(hard_links_come_once_with_their_content)
{
	ib_autofree char *path = package_path("tzdata-2019b-1.el7.noarch.rpm");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_rpm) rpm = NULL;
	struct seen seen = { 0 };
	struct ib_content_sink sink = sink_for(&seen);
	const struct ib_package *package = NULL;
	size_t names = 0;
	size_t inodes = 0;
	size_t i = 0;

	if (!path)
		return;
	ck_ok(open_with(path, NULL, IB_RPM_HEADER, &rpm, &err));
	package = ib_rpm_package(rpm);
	for (i = 0; i < package->file_count; i++) {
		if (!S_ISREG(package->files[i].mode) || !package->files[i].size)
			continue;
		names++;
		inodes += package->files[i].inode == i + 1;
	}
	ck_ok(ib_rpm_stream(rpm, 0, &sink, &err));
	ck_assert_uint_eq(seen.begun, inodes);
	ck_assert_uint_gt(names, inodes);
}
END_TEST

START_TEST(the_expected_digest_is_compared)
{
	ib_autofree char *path = package_path("libverto-0.2.5-4.el7.x86_64.rpm");
	static const char other[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	struct ib_error err = IB_ERROR_INIT;
	struct seen seen = { 0 };
	struct ib_content_sink sink = sink_for(&seen);
	IB_AUTO(ib_rpm) rpm = NULL;

	if (!path)
		return;
	ck_fails(open_with(path, other, IB_RPM_WHOLE, &rpm, &err), IB_TRUST, "has the SHA-256");
	ck_ok(open_with(path, other, IB_RPM_HEADER, &rpm, &err));
	ck_fails(ib_rpm_stream(rpm, 0, &sink, &err), IB_TRUST, "has the SHA-256");
	ck_assert_uint_eq(seen.begun, 0);
}
END_TEST

/* ---- refusals ------------------------------------------------------------ */

static void write_bytes(const char *path, const struct ib_buffer *bytes, size_t size)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_file_write(path, bytes->data, size, 0644, &err));
}

START_TEST(without_its_key_a_package_is_refused)
{
	ib_autofree char *path = package_path("libverto-0.2.5-4.el7.x86_64.rpm");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_keyring) empty = ib_keyring_new();
	struct ib_rpm_request request = { .path = path, .keyring = empty, .arena = arena };
	IB_AUTO(ib_rpm) rpm = NULL;

	if (!path)
		return;
	ck_fails(ib_rpm_open(&request, &rpm, &err), IB_TRUST,
		 "is signed by key 24C6A8A7F4A80EB5, which is not pinned");
	ck_assert_ptr_null(rpm);
}
END_TEST

START_TEST(an_unsigned_package_is_refused)
{
	ib_autofree char *path = package_path(
		"rpms/rpm-software-management_rpm/tests/data/RPMS/hello-2.0-1.x86_64.rpm");
	struct ib_error err = IB_ERROR_INIT;

	if (path)
		ck_fails(open_and_stream(path, &err), IB_TRUST, "is not signed");
}
END_TEST

START_TEST(a_package_that_is_replaced_before_it_is_streamed_is_refused)
{
	ib_autofree char *path = package_path("libverto-0.2.5-4.el7.x86_64.rpm");
	ib_autofree char *other = package_path("popt-1.13-16.el7.x86_64.rpm");
	ib_autofree char *copy = ib_path_join(test_dir, "copy.rpm");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(bytes, 1 << 20);
	IB_AUTO(ib_rpm) rpm = NULL;
	struct seen seen = { 0 };
	struct ib_content_sink sink = sink_for(&seen);

	if (!path || !other)
		return;
	ck_ok(ib_file_read(path, &bytes, &err));
	write_bytes(copy, &bytes, bytes.size);
	ck_ok(open_with(copy, NULL, IB_RPM_HEADER, &rpm, &err));
	ib_buffer_clear(&bytes);
	ck_ok(ib_file_read(other, &bytes, &err));
	write_bytes(copy, &bytes, bytes.size);
	ck_fails(ib_rpm_stream(rpm, 0, &sink, &err), IB_TRUST, "was replaced by another package");
	ck_assert_uint_eq(seen.begun, 0);
	/* One byte of the header, all lengths the same. */
	ib_buffer_clear(&bytes);
	ck_ok(ib_file_read(path, &bytes, &err));
	*(char *)memmem(bytes.data + 200, bytes.size - 200, "libverto", 8) ^= 1;
	write_bytes(copy, &bytes, bytes.size);
	ck_fails(ib_rpm_stream(rpm, 0, &sink, &err), IB_TRUST, "was replaced by another package");
	ck_assert_uint_eq(seen.begun, 0);
}
END_TEST

/* Even where the file's own MD5 and the lock are not asked, the signed header knows the payload. */
START_TEST(the_payload_has_the_digest_of_the_signed_header)
{
	ib_autofree char *path = package_path(
		"repos/flytux_kb-paas/repo/libnetfilter_cttimeout-1.0.0-11.el8.x86_64.rpm");
	ib_autofree char *copy = ib_path_join(test_dir, "copy.rpm");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(bytes, 1 << 20);
	IB_AUTO(ib_rpm) rpm = NULL;
	struct seen seen = { 0 };
	struct ib_content_sink sink = sink_for(&seen);

	if (!path)
		return;
	ck_ok(ib_file_read(path, &bytes, &err));
	bytes.data[bytes.size - 100] ^= 1;
	write_bytes(copy, &bytes, bytes.size);
	ck_fails(open_and_stream(copy, &err), IB_TRUST, "digest that the signed header states");
	ck_ok(open_with(copy, NULL, IB_RPM_HEADER, &rpm, &err));
	ck_fails(ib_rpm_stream(rpm, 0, &sink, &err), IB_TRUST,
		 "digest that the signed header states");
	ck_assert_uint_eq(seen.begun, 0);
}
END_TEST

START_TEST(too_short_and_too_long_are_refused)
{
	ib_autofree char *path = package_path("libverto-0.2.5-4.el7.x86_64.rpm");
	ib_autofree char *copy = ib_path_join(test_dir, "copy.rpm");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(bytes, 1 << 20);

	if (!path)
		return;
	ck_ok(ib_file_read(path, &bytes, &err));
	write_bytes(copy, &bytes, bytes.size - 1);
	ck_fails(open_and_stream(copy, &err), IB_TRUST, "is cut short: 1 bytes are missing");
	write_bytes(copy, &bytes, 2000);
	ck_fails(open_and_stream(copy, &err), IB_TRUST, "ends after 2000 bytes");
	write_bytes(copy, &bytes, 0);
	ck_fails(open_and_stream(copy, &err), IB_TRUST, "ends after 0 bytes");
	ib_buffer_put_u8(&bytes, 0);
	write_bytes(copy, &bytes, bytes.size);
	ck_fails(open_and_stream(copy, &err), IB_TRUST, "has 1 bytes behind its end");
}
END_TEST

START_TEST(huge_claims_are_refused_before_they_are_believed)
{
	ib_autofree char *path = package_path("libverto-0.2.5-4.el7.x86_64.rpm");
	ib_autofree char *copy = ib_path_join(test_dir, "copy.rpm");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(bytes, 1 << 20);

	if (!path)
		return;
	ck_ok(ib_file_read(path, &bytes, &err));
	bytes.data[96 + 8] = 0x7f; /* number of entries */
	write_bytes(copy, &bytes, bytes.size);
	ck_fails(open_and_stream(copy, &err), IB_LIMIT, "more than we handle");
	bytes.data[96 + 8] = 0;
	bytes.data[96 + 12] = 0x7f; /* bytes of data */
	write_bytes(copy, &bytes, bytes.size);
	ck_fails(open_and_stream(copy, &err), IB_LIMIT, "more than we handle");
}
END_TEST

/* A signature tag that is there and holds nothing: "signed" to a careless reader. */
START_TEST(a_signature_without_a_value_is_refused)
{
	enum { LEAD = 96, INTRO = 16, ENTRY = 16 };
	ib_autofree char *path = package_path("libverto-0.2.5-4.el7.x86_64.rpm");
	ib_autofree char *copy = ib_path_join(test_dir, "copy.rpm");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(bytes, 1 << 20);
	size_t count = 0;
	size_t i = 0;

	if (!path)
		return;
	ck_ok(ib_file_read(path, &bytes, &err));
	count = ib_get_be32(bytes.data + LEAD + 8);
	for (i = 1; i < count; i++) {
		uint8_t *number = bytes.data + LEAD + INTRO + i * ENTRY + 12;
		ib_autofree uint8_t *kept = ib_memdup(number, 4);

		memset(number, 0, 4);
		write_bytes(copy, &bytes, bytes.size);
		ck_fails(open_and_stream(copy, &err), IB_TRUST, "has no values");
		memcpy(number, kept, 4);
	}
}
END_TEST

/*
 * What may change without anybody noticing, because nothing reads it: most of the
 * lead (librpm does not read it either), tag numbers in the signature header (what
 * is then called otherwise is not looked at, and the rest suffices), the archive's
 * size, which the signed header's own sizes say better, space reserved for later
 * signatures, and in a signature's unhashed part the type of the note that repeats the
 * key's name. The lock's SHA-256 of the file covers these as well.
 */
static bool is_irrelevant_value(uint32_t tag, size_t offset, size_t size)
{
	enum { RSA = 268, PGP = 1002, PAYLOAD_SIZE = 1007, RESERVED = 1008, NOTE_TYPE = 41 };

	if (tag == RSA || tag == PGP)
		return offset == NOTE_TYPE;
	return (tag == PAYLOAD_SIZE && offset < 4) || (tag == RESERVED && offset < size);
}

static bool is_irrelevant(const struct ib_buffer *bytes, size_t offset)
{
	enum { LEAD = 96, INTRO = 16, ENTRY = 16, RESERVED = 1008 };
	size_t count = ib_get_be32(bytes->data + LEAD + 8);
	size_t entries = LEAD + INTRO;
	size_t data = entries + count * ENTRY;
	size_t i = 0;

	if (offset < LEAD)
		return offset == 5 || offset == 7 || (offset >= 8 && offset < 78) || offset >= 80;
	if (offset >= entries + ENTRY && offset < data && (offset - entries) % ENTRY < 4)
		return true;
	for (i = 0; i < count; i++) {
		const uint8_t *entry = bytes->data + entries + i * ENTRY;
		size_t at = data + ib_get_be32(entry + 8);
		size_t start = (size_t)(entry - bytes->data);

		/* How much is reserved, too. */
		if (ib_get_be32(entry) == RESERVED && offset >= start && offset < start + ENTRY)
			return true;
		if (offset >= at &&
		    is_irrelevant_value(ib_get_be32(entry), offset - at, ib_get_be32(entry + 12)))
			return true;
	}
	return false;
}

static void flip_all(const char *name, size_t first, size_t step)
{
	ib_autofree char *path = package_path(name);
	ib_autofree char *copy = ib_path_join(test_dir, "copy.rpm");
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(bytes, 1 << 20);
	ib_autoclose int fd = -1;
	size_t i = 0;

	if (!path)
		return;
	ck_ok(ib_file_read(path, &bytes, &err));
	write_bytes(copy, &bytes, bytes.size);
	fd = open(copy, O_WRONLY | O_CLOEXEC);
	for (i = first; i < bytes.size; i += step) {
		uint8_t flipped = bytes.data[i] ^ (uint8_t)(1U << (i % 8));
		int r = 0;

		ck_assert_int_eq(pwrite(fd, &flipped, 1, (off_t)i), 1);
		r = open_and_stream(copy, &err);
		ck_assert_int_eq(pwrite(fd, &bytes.data[i], 1, (off_t)i), 1);
		if (r < 0)
			ck_assert_int_ne(err.kind, IB_FAILED);
		else
			ck_assert_msg(is_irrelevant(&bytes, i), "byte %zu of %s", i, name);
		ib_error_clear(&err);
	}
	ck_ok(open_and_stream(copy, &err));
}

START_TEST(a_flipped_bit_anywhere_in_the_headers_is_refused)
{
	flip_all("basesystem-10.0-7.el7.centos.noarch.rpm", 0, 1);
}
END_TEST

START_TEST(a_flipped_bit_in_the_payload_is_refused)
{
	flip_all("libverto-0.2.5-4.el7.x86_64.rpm", 50, 97);
}
END_TEST

/* Of rpm 4.14: with digests of header and payload that the older one lacks. */
START_TEST(a_flipped_bit_in_a_newer_package_is_refused)
{
	static const char name[] =
		"repos/flytux_kb-paas/repo/libnetfilter_cttimeout-1.0.0-11.el8.x86_64.rpm";

	flip_all(name, 96, 3);
}
END_TEST

/* ---- threads ------------------------------------------------------------- */

struct job {
	const struct ib_rpm *rpm;
	struct seen seen;
	struct ib_error err;
	uint8_t digest[IB_DIGEST_MAX_SIZE];
};

static void stream_job(void *argument)
{
	struct job *job = argument;
	struct ib_content_sink sink = sink_for(&job->seen);

	job->seen.digest = ib_digest_new("sha256");
	job->err = IB_ERROR_INIT;
	(void)!ib_rpm_stream(job->rpm, 0, &sink, &job->err);
	(void)ib_digest_final(job->seen.digest, job->digest);
	ib_digest_free(ib_take(job->seen.digest));
}

START_TEST(many_threads_stream_at_once_and_see_the_same)
{
	static const char *const names[] = { "bash-4.2.46-31.el7.x86_64.rpm",
					     "tzdata-2019b-1.el7.noarch.rpm" };
	struct ib_error err = IB_ERROR_INIT;
	struct ib_rpm *rpms[2] = { NULL, NULL };
	struct job jobs[16] = { 0 };
	IB_AUTO(ib_threads) threads = ib_threads_new(4, IB_COUNT(jobs));
	size_t i = 0;

	for (i = 0; i < 2; i++) {
		ib_autofree char *path = package_path(names[i]);

		if (!path)
			return;
		ck_ok(open_with(path, NULL, IB_RPM_HEADER, &rpms[i], &err));
	}
	for (i = 0; i < IB_COUNT(jobs); i++) {
		jobs[i].rpm = rpms[i % 2];
		ib_threads_add(threads, stream_job, &jobs[i]);
	}
	ib_threads_wait(threads);
	for (i = 0; i < IB_COUNT(jobs); i++) {
		ck_assert_msg(jobs[i].err.kind == IB_OK, "%s", jobs[i].err.text);
		ck_assert_mem_eq(jobs[i].digest, jobs[i % 2].digest, IB_SHA256_SIZE);
		ck_assert_uint_eq(jobs[i].seen.bytes, jobs[i % 2].seen.bytes);
	}
	ib_rpm_free(rpms[0]);
	ib_rpm_free(rpms[1]);
}
END_TEST

/* Without any key: by the digest that a lock has, and by no other. */
START_TEST(a_header_is_believed_by_its_digest)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = package_path("bash-4.2.46-31.el7.x86_64.rpm");
	struct ib_rpm_request request = { .path = path, .depth = IB_RPM_HEADER, .arena = arena };
	IB_AUTO(ib_rpm) by_key = NULL;
	IB_AUTO(ib_rpm) rpm = NULL;
	char wrong[65];

	if (!path)
		return;
	ck_ok(open_with(path, NULL, IB_RPM_HEADER, &by_key, &err));
	request.header_sha256 = ib_rpm_package(by_key)->header_sha256;
	ck_ok(ib_rpm_open(&request, &rpm, &err));
	ck_assert_str_eq(ib_rpm_package(rpm)->signer, "");
	memcpy(wrong, request.header_sha256, sizeof(wrong));
	wrong[0] = wrong[0] == '0' ? '1' : '0';
	request.header_sha256 = wrong;
	ib_rpm_free(ib_take(rpm));
	ck_fails(ib_rpm_open(&request, &rpm, &err), IB_TRUST, "the header of '");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("rpm");
	TCase *reading = tcase_create("reading");
	TCase *refusing = tcase_create("refusing");

	tcase_add_checked_fixture(reading, set_up, tear_down);
	tcase_add_test(reading, a_header_is_believed_by_its_digest);
	tcase_add_test(reading, a_signed_package_is_believed_and_says_what_it_is);
	tcase_add_test(reading, a_stream_gives_every_file_once);
	tcase_add_test(reading, hard_links_come_once_with_their_content);
	tcase_add_test(reading, the_expected_digest_is_compared);
	tcase_add_test(reading, many_threads_stream_at_once_and_see_the_same);
	suite_add_tcase(suite, reading);
	tcase_add_checked_fixture(refusing, set_up, tear_down);
	tcase_set_timeout(refusing, 240);
	tcase_add_test(refusing, without_its_key_a_package_is_refused);
	tcase_add_test(refusing, an_unsigned_package_is_refused);
	tcase_add_test(refusing, a_package_that_is_replaced_before_it_is_streamed_is_refused);
	tcase_add_test(refusing, the_payload_has_the_digest_of_the_signed_header);
	tcase_add_test(refusing, too_short_and_too_long_are_refused);
	tcase_add_test(refusing, a_signature_without_a_value_is_refused);
	tcase_add_test(refusing, huge_claims_are_refused_before_they_are_believed);
	tcase_add_test(refusing, a_flipped_bit_anywhere_in_the_headers_is_refused);
	tcase_add_test(refusing, a_flipped_bit_in_the_payload_is_refused);
	tcase_add_test(refusing, a_flipped_bit_in_a_newer_package_is_refused);
	suite_add_tcase(suite, refusing);
	return suite;
}
