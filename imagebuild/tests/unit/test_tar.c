/* SPDX-License-Identifier: Apache-2.0 */
/* The door to libarchive: GNU tar sees in an archive what was put there, and nothing else is in it. */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "archive/archive.h"
#include "test.h"

#define MAX_ARCHIVE ((size_t)4 << 20)

static int put(void *context, const void *data, size_t size, struct ib_error *err)
{
	(void)err;
	ib_buffer_put(context, data, size);
	return 0;
}

static int refuse(void *context, const void *data, size_t size, struct ib_error *err)
{
	(void)context, (void)data, (void)size;
	return ib_fail(err, IB_FAILED, "the disk is full");
}

static const struct ib_tar_xattr attribute = { "user.hello", "a\0b", 3 };

#define LONG \
	"./aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct ib_tar_entry entries[] = {
	{ .path = "./", .mode = S_IFDIR | 0755, .user = "root", .group = "root", .mtime = 1 },
	{ .path = "./F\xc5\x91.pem",
	  .mode = S_IFREG | 04755,
	  .uid = 3000000,
	  .size = 5,
	  .mtime = 1700000000,
	  .xattrs = &attribute,
	  .xattr_count = 1 },
	{ .path = "./again",
	  .mode = S_IFREG | 04755,
	  .uid = 3000000,
	  .mtime = 1700000000,
	  .hard_link = "./F\xc5\x91.pem" },
	{ .path = "./link",
	  .mode = S_IFLNK | 0777,
	  .link = "F\xc5\x91.pem",
	  .group = "adm",
	  .gid = 4 },
	{ .path = "./null", .mode = S_IFCHR | 0666, .rdev_major = 1, .rdev_minor = 3 },
	{ .path = LONG, .mode = S_IFREG | 0600 },
};

static void write_all(struct ib_buffer *out)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tar) tar = NULL;
	size_t i = 0;

	ck_ok(ib_tar_new("made", put, out, &tar, &err));
	for (i = 0; i < IB_COUNT(entries); i++) {
		ck_ok(ib_tar_begin(tar, &entries[i], &err));
		if (entries[i].size)
			ck_ok(ib_tar_data(tar, "hello", 5, &err));
	}
	ck_ok(ib_tar_finish(tar, &err));
}

START_TEST(gnu_tar_reads_what_was_written)
{
	static const char expected[] =
		"drwxr-xr-x root/root         0 1970-01-01 00:00 ./\n"
		"-rwsr-xr-x 3000000/0         5 2023-11-14 22:13 ./F\xc5\x91.pem\n"
		"hrwsr-xr-x 3000000/0         0 2023-11-14 22:13 ./again link to ./F\xc5\x91.pem\n"
		"lrwxrwxrwx 0/adm             0 1970-01-01 00:00 ./link -> F\xc5\x91.pem\n"
		"crw-rw-rw- 0/0             1,3 1970-01-01 00:00 ./null\n"
		"-rw------- 0/0               0 1970-01-01 00:00 " LONG "\n";
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(archive, MAX_ARCHIVE);
	ib_autofree char *path = ib_path_join(test_dir, "made.tar");
	ib_autofree char *list = ib_path_join(test_dir, "list");
	ib_autofree char *command =
		ib_strf("TZ=UTC tar --quoting-style=literal -tvf %s >%s 2>&1", path, list);
	ib_autofree char *found = NULL;

	write_all(&archive);
	ck_ok(ib_file_write(path, archive.data, archive.size, 0644, &err));
	ck_assert_int_eq(system(command), 0);
	ck_ok(ib_file_read_text(list, MAX_ARCHIVE, &found, &err));
	ck_assert_str_eq(found, expected);
	ck_assert_ptr_nonnull(
		memmem(archive.data, archive.size, "SCHILY.xattr.user.hello=a\0b\n", 28));
	ck_assert_ptr_null(memmem(archive.data, archive.size, "LIBARCHIVE", 10));
}
END_TEST

START_TEST(the_locale_does_not_show)
{
	IB_AUTO_BUFFER(one, MAX_ARCHIVE);
	IB_AUTO_BUFFER(two, MAX_ARCHIVE);

	write_all(&one);
	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8"));
	write_all(&two);
	ck_assert_uint_eq(one.size, two.size);
	ck_assert_mem_eq(one.data, two.data, one.size);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	const struct ib_tar_entry socket = { .path = "./s", .mode = S_IFSOCK | 0600 };
	const struct ib_tar_entry latin = { .path = "./F\xfc", .mode = S_IFREG | 0600 };
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(out, MAX_ARCHIVE);
	IB_AUTO(ib_tar) tar = NULL;

	ck_ok(ib_tar_new("made", put, &out, &tar, &err));
	ck_fails(ib_tar_begin(tar, &socket, &err), IB_LIMIT, "'./s'");
	ck_fails(ib_tar_begin(tar, &latin, &err), IB_FAILED, "UTF-8");
	ck_ok(ib_tar_begin(tar, &entries[1], &err));
	ck_fails(ib_tar_data(tar, "hello!", 6, &err), IB_FAILED, "too long");
	ck_fails(ib_tar_begin(tar, &entries[0], &err), IB_FAILED, "too short");
	ck_fails(ib_tar_finish(tar, &err), IB_FAILED, "too short");
}
END_TEST

START_TEST(who_takes_the_bytes_says_why_not)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tar) tar = NULL;

	ck_ok(ib_tar_new("made", refuse, NULL, &tar, &err));
	ck_ok(ib_tar_begin(tar, &entries[0], &err));
	ck_fails(ib_tar_finish(tar, &err), IB_FAILED, "the disk is full");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("tar");
	TCase *all = tcase_create("tar");

	tcase_add_checked_fixture(all, test_dir_make, test_dir_remove);
	tcase_add_test(all, gnu_tar_reads_what_was_written);
	tcase_add_test(all, the_locale_does_not_show);
	tcase_add_test(all, what_does_not_fit_is_refused);
	tcase_add_test(all, who_takes_the_bytes_says_why_not);
	suite_add_tcase(suite, all);
	return suite;
}
