/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads that are not what the header says, as only somebody with a pinned key
 * could sign them: each is refused before the sink hears that a file is complete.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rpmfile/internal.h"
#include "test.h"

enum { MAX_PAYLOAD = 1 << 16 };

/* "/a" and "/b" are one file, "/l" points to "a", "/d" is a folder, "/e" is empty, "/g" a ghost. */
static struct ib_package_file files[] = {
	{ .path = "/a", .mode = S_IFREG | 0644, .size = 6, .inode = 1, .link_count = 2 },
	{ .path = "/b", .mode = S_IFREG | 0644, .size = 6, .inode = 1, .link_count = 2 },
	{ .path = "/d", .mode = S_IFDIR | 0755, .inode = 3, .link_count = 1 },
	{ .path = "/e", .mode = S_IFREG | 0644, .inode = 4, .link_count = 1 },
	{ .path = "/f", .mode = S_IFREG | 0644, .size = 3, .inode = 5, .link_count = 1 },
	{ .path = "/g", .mode = S_IFREG, .flags = IB_FILE_GHOST, .inode = 6, .link_count = 1 },
	{ .path = "/l", .mode = S_IFLNK | 0777, .link = "a", .inode = 7, .link_count = 1 },
};

static uint32_t by_path[] = { 0, 1, 2, 3, 4, 5, 6 };
static uint8_t hello_digest[IB_SHA256_SIZE], abc_digest[IB_SHA256_SIZE];
static struct ib_package package = {
	.files = files,
	.file_count = IB_COUNT(files),
	.digest_kind = IB_DIGEST_SHA256,
};

/* ---- writing cpio -------------------------------------------------------- */

struct entry {
	const char *name; /* NULL: stripped */
	uint32_t mode;    /* stripped: the file's number */
	const char *data; /* NULL: none */
	uint32_t stated;  /* size, when it is not data's own */
};

static void put_entry(struct ib_buffer *payload, const struct entry *entry)
{
	uint32_t size = entry->data ? (uint32_t)strlen(entry->data) : 0;

	/* 13 fields: inode, mode, owners, links, time, size, devices, length of the name, sum. */
	if (entry->name)
		ib_buffer_putf(payload, "070701%08x%08x%016x%08x%08x%08x%032x%08x%08x", 0U,
			       entry->mode, 0U, 1U, 0U, entry->stated ? entry->stated : size, 0U,
			       (unsigned)strlen(entry->name) + 1, 0U);
	else
		ib_buffer_putf(payload, "07070X%08x", entry->mode);
	if (entry->name)
		ib_buffer_put(payload, entry->name, strlen(entry->name) + 1);
	ib_buffer_align(payload, 4);
	ib_buffer_put(payload, entry->data ? entry->data : "", size);
	ib_buffer_align(payload, 4);
}

/* ---- the sink ------------------------------------------------------------ */

static struct ib_buffer heard; /* "0:hello|5:abc|", a file's end as '|' */

static int begin(void *context, uint32_t number, uint32_t file, uint64_t size, bool *ret_wanted,
		 struct ib_error *err)
{
	(void)context;
	(void)number;
	(void)size;
	(void)err;
	*ret_wanted = true;
	ib_buffer_putf(&heard, "%u:", file);
	return 0;
}

static int take(void *context, const void *data, size_t size, struct ib_error *err)
{
	(void)context;
	(void)err;
	ib_buffer_put(&heard, data, size);
	return 0;
}

static int end(void *context, struct ib_error *err)
{
	(void)context;
	(void)err;
	ib_buffer_puts(&heard, "|");
	return 0;
}

static int stream(const struct ib_buffer *payload, struct ib_error *err)
{
	static const struct ib_content_sink sink = { NULL, begin, take, end };
	char name[] = "test";
	struct ib_rpm rpm = { .name = name, .package = &package, .by_path = by_path };
	ib_autoclose int fd = memfd_create("payload", MFD_CLOEXEC);

	ib_sha256("hello\n", 6, hello_digest);
	ib_sha256("abc", 3, abc_digest);
	files[0].digest = hello_digest;
	files[1].digest = hello_digest;
	files[4].digest = abc_digest;
	ib_buffer_done(&heard);
	heard = IB_BUFFER_INIT(256);
	ck_assert_int_eq(write(fd, payload->data, payload->size), (ssize_t)payload->size);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return ib_rpm_stream_payload(fd, &rpm, 0, &sink, err);
}

/* ---- what holds ---------------------------------------------------------- */

static const struct entry good[] = {
	{ "./a", S_IFREG | 0644, NULL, 0 },  { "./b", S_IFREG | 0644, "hello\n", 0 },
	{ "./d", S_IFDIR | 0755, NULL, 0 },  { "./e", S_IFREG | 0644, NULL, 0 },
	{ "./f", S_IFREG | 0644, "abc", 0 }, { "./l", S_IFLNK | 0777, "a", 0 },
	{ "TRAILER!!!", 0, NULL, 0 },
};

static void put_all(struct ib_buffer *payload, const struct entry *entries, size_t count)
{
	size_t i = 0;

	for (i = 0; i < count; i++)
		put_entry(payload, &entries[i]);
}

START_TEST(what_the_header_says_comes_once_and_whole)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(payload, MAX_PAYLOAD);

	put_all(&payload, good, IB_COUNT(good));
	ck_ok(stream(&payload, &err));
	ck_assert_str_eq(ib_buffer_text(&heard), "1:hello\n|4:abc|");
}
END_TEST

START_TEST(the_order_of_entries_and_the_form_of_names_do_not_matter)
{
	static const struct entry entries[] = {
		{ "l", S_IFLNK | 0777, "a", 0 },       { "/f", S_IFREG | 0644, "abc", 0 },
		{ "e", S_IFREG | 0644, NULL, 0 },      { "d", S_IFDIR | 0755, NULL, 0 },
		{ "b", S_IFREG | 0644, "hello\n", 0 }, { "./a", S_IFREG | 0644, "hello\n", 0 },
		{ "TRAILER!!!", 0, NULL, 0 },
	};
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(payload, MAX_PAYLOAD);

	put_all(&payload, entries, IB_COUNT(entries));
	ck_ok(stream(&payload, &err));
	ck_assert_str_eq(ib_buffer_text(&heard), "4:abc|1:hello\n|");
}
END_TEST

START_TEST(stripped_entries_take_everything_from_the_header)
{
	static const struct entry entries[] = {
		{ NULL, 0, NULL, 0 },         { NULL, 1, "hello\n", 0 }, { NULL, 2, NULL, 0 },
		{ NULL, 3, NULL, 0 },         { NULL, 4, "abc", 0 },     { NULL, 6, "a", 0 },
		{ "TRAILER!!!", 0, NULL, 0 },
	};
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(payload, MAX_PAYLOAD);

	put_all(&payload, entries, IB_COUNT(entries));
	ck_ok(stream(&payload, &err));
	ck_assert_str_eq(ib_buffer_text(&heard), "1:hello\n|4:abc|");
}
END_TEST

/* ---- what does not ------------------------------------------------------- */

/* One entry of the good ones replaced. */
static const struct {
	size_t replaced;
	struct entry by;
	const char *words;
} wrong[] = {
	{ 4, { "./f", S_IFREG | 0644, "abd", 0 }, "'/f' has another digest" },
	{ 1, { "./b", S_IFREG | 0644, "Hello\n", 0 }, "'/b' has another digest" },
	{ 4, { "./f", S_IFREG | 0644, "abcd", 0 }, "'/f' has another size" },
	{ 4, { "./f", S_IFREG | 0644, NULL, 0 }, "'/f' has another size" },
	{ 3, { "./e", S_IFREG | 0644, "x", 0 }, "'/e' has another size" },
	{ 1, { "./b", S_IFREG | 0644, NULL, 0 }, "'/a' has no content" },
	{ 4, { "./f", S_IFLNK | 0777, "abc", 0 }, "'/f' is of another type" },
	{ 5, { "./l", S_IFLNK | 0777, "b", 0 }, "'/l' has another target" },
	{ 5, { "./l", S_IFLNK | 0777, "a/../../x", 0 }, "'/l' has another target" },
	{ 2, { "./d", S_IFDIR | 0755, "x", 0 }, "'/d' has content" },
	{ 2, { "./f", S_IFREG | 0644, "abc", 0 }, "'/f' comes twice" },
	{ 2, { "./g", S_IFREG | 0644, NULL, 0 }, "'/g' is a ghost" },
	{ 2, { "./x", S_IFREG | 0644, NULL, 0 }, "holds '/x', which its header does not" },
	{ 2, { "../d", S_IFDIR | 0755, NULL, 0 }, "holds '/../d', which its header does not" },
	{ 2, { NULL, 7, NULL, 0 }, "holds file number 7" },
	{ 2, { NULL, 1, "hello\n", 0 }, "'/b' comes twice" },
	{ 5, { "TRAILER!!!", 0, NULL, 0 }, "'/l' is missing" },
	{ 5, { "./l", S_IFLNK | 0777, "a", UINT32_MAX }, "'/l' has another target" },
	{ 4, { "./f", S_IFREG | 0644, "abc", UINT32_MAX }, "'/f' has another size" },
};

START_TEST(what_the_header_does_not_say_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(payload, MAX_PAYLOAD);
	struct entry entries[IB_COUNT(good)];

	memcpy(entries, good, sizeof(good));
	entries[wrong[_i].replaced] = wrong[_i].by;
	put_all(&payload, entries, IB_COUNT(entries));
	ck_fails(stream(&payload, &err), IB_TRUST, wrong[_i].words);
}
END_TEST

START_TEST(an_archive_that_breaks_off_anywhere_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(payload, MAX_PAYLOAD);
	size_t whole = 0;

	put_all(&payload, good, IB_COUNT(good));
	whole = payload.size;
	for (payload.size = 0; payload.size < whole - 3; payload.size++)
		ck_fails(stream(&payload, &err), IB_TRUST, "is cut short");
}
END_TEST

START_TEST(a_file_without_a_digest_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(payload, MAX_PAYLOAD);

	package.digest_kind = IB_DIGEST_NONE;
	put_all(&payload, good, IB_COUNT(good));
	ck_fails(stream(&payload, &err), IB_TRUST, "has no digest");
}
END_TEST

static void tear_down(void)
{
	ib_buffer_done(&heard);
}

Suite *ib_suite(void)
{
	Suite *suite = suite_create("payload");
	TCase *payload = tcase_create("payload");

	tcase_add_checked_fixture(payload, NULL, tear_down);
	tcase_add_test(payload, what_the_header_says_comes_once_and_whole);
	tcase_add_test(payload, the_order_of_entries_and_the_form_of_names_do_not_matter);
	tcase_add_test(payload, stripped_entries_take_everything_from_the_header);
	tcase_add_loop_test(payload, what_the_header_does_not_say_is_refused, 0, IB_COUNT(wrong));
	tcase_add_test(payload, an_archive_that_breaks_off_anywhere_is_refused);
	tcase_add_test(payload, a_file_without_a_digest_is_refused);
	suite_add_tcase(suite, payload);
	return suite;
}
