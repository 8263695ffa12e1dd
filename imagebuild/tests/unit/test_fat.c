/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "boot/boot.h"
#include "test.h"

#define MIB ((uint64_t)1 << 20)

static void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command);
}

static char big[3000001];

static int write_fat(const char *name, uint64_t size, const struct ib_fat_file *files, size_t count,
		     struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(test_dir, name);
	ib_autoclose int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct ib_fat fat = { files, count, 0x1234abcd, "ESP", 1700000001 };
	struct ib_range to = { fd, 0, name };

	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	return ib_fat_write(&fat, &to, size, err);
}

static const struct ib_fat_file files[] = {
	{ "loader/loader.conf", "timeout 0\n", -1, 10 },
	{ "EFI/BOOT/BOOTX64.EFI", big, -1, sizeof(big) },
	{ "EFI/Linux/node_1.2.3.efi", big, -1, 1000 },
	{ "EFI/Linux/node_1.2.4.efi", big, -1, 4096 },
	{ "EFI/Linux/NODE.EFI", big, -1, 4097 },
	{ "EFI/Linux/a-name-of-more-than-thirteen-characters-indeed.efi", "x", -1, 1 },
	{ "EFI/Linux/exactly-13-cc", "", -1, 0 },
};

START_TEST(others_read_what_was_written)
{
	static const struct {
		uint64_t size;
		const char *kind;
	} sizes[] = { { 4 * MIB, "FAT16" },    { 20 * MIB, "FAT16" },     { 63 * MIB, "FAT16" },
		      { 64 * MIB, "FAT32" },   { 100 * MIB, "FAT32" },    { 300 * MIB, "FAT32" },
		      { 1024 * MIB, "FAT32" }, { 9 * MIB + 512, "FAT16" } };
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *kind = ib_strf("minfo -i fat :: | grep 'disk type=\"%s'", sizes[_i].kind);
	size_t i = 0;

	for (i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 2654435761U >> 24);
	ck_ok(write_fat("fat", sizes[_i].size, files, IB_COUNT(files), &err));
	/* A version and a summary, and no complaint in between. */
	shell("fsck.vfat -n fat >fsck && cat fsck && [ $(wc -l <fsck) = 2 ]");
	shell(kind);
	shell("TZ=UTC mdir -i fat -a ::/EFI/Linux | tee dir && grep -F 'node_1.2.3.efi' dir && "
	      "grep 'NODE_1~2 EFI.*4096 2023-11-14  22:13  node_1.2.4.efi' dir && "
	      "grep 'NODE     EFI' dir && grep 'a-name-of-more-than-thirteen-characters-indeed.efi' dir");
	shell("mcopy -i fat -s :: out 2>&1 || (mkdir out && mcopy -i fat -s ::/EFI ::/loader out)");
	for (i = 0; i < IB_COUNT(files); i++) {
		ib_autofree char *path = ib_strf("%s/out/%s", test_dir, files[i].path);
		IB_AUTO_BUFFER(content, 4 * MIB);

		ck_ok(ib_file_read(path, &content, &err));
		ck_assert_uint_eq(content.size, files[i].size);
		ck_assert(!content.size || !memcmp(content.data, files[i].data, content.size));
	}
	shell("minfo -i fat :: | grep -i 'serial number: 1234ABCD'");
	shell("mlabel -i fat -s :: | grep 'ESP'");
}
END_TEST

START_TEST(the_order_of_files_and_the_surroundings_do_not_show)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_fat_file turned[IB_COUNT(files)];
	size_t i = 0;

	for (i = 0; i < IB_COUNT(files); i++)
		turned[i] = files[IB_COUNT(files) - 1 - i];
	ck_ok(write_fat("a", 8 * MIB, files, IB_COUNT(files), &err));
	ck_assert_int_eq(setenv("TZ", "Asia/Tokyo", 1), 0);
	ck_assert_int_eq(setenv("LC_ALL", "tr_TR.UTF-8", 1), 0);
	ck_ok(write_fat("b", 8 * MIB, turned, IB_COUNT(files), &err));
	shell("cmp a b");
}
END_TEST

START_TEST(the_smallest_size_fits_and_one_less_does_not)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *sparse_path = ib_path_join(test_dir, "sparse");
	ib_autoclose int fd = open(sparse_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	uint64_t sizes[] = { 10, 5 * MIB, 62 * MIB, 63 * MIB, 70 * MIB, 300 * MIB };
	struct ib_fat_file file = { "EFI/Linux/x.efi", NULL, fd, sizes[_i] };
	struct ib_fat fat = { &file, 1, 1, "ESP", 0 };
	uint64_t size = 0;

	ck_assert_int_eq(ftruncate(fd, (off_t)sizes[_i]), 0);
	ck_ok(ib_fat_size(&fat, &size, &err));
	ck_assert_uint_lt(size, sizes[_i] + 5 * MIB);
	ck_ok(write_fat("fat", size, &file, 1, &err));
	shell("fsck.vfat -n fat");
	if (sizes[_i] < MIB)
		return;
	ck_fails(write_fat("fat", size - MIB, &file, 1, &err), IB_LIMIT, "do not fit into");
}
END_TEST

START_TEST(names_that_fat_cannot_hold_are_refused)
{
	static const struct {
		const char *a, *b;
		const char *text;
	} cases[] = {
		{ "EFI/a:b", NULL, "'EFI/a:b' cannot be a path on a FAT file system" },
		{ "EFI/../x", NULL, "cannot be a path" },
		{ "/EFI", NULL, "cannot be a path" },
		{ "EFI/x.", NULL, "cannot be a path" },
		{ "EFI/\xc3\xa4", NULL, "cannot be a path" },
		{ "EFI/a", "efi/A", "two files are called" },
		{ "EFI/a", "EFI", "two files are called" },
	};
	struct ib_error err = IB_ERROR_INIT;
	struct ib_fat_file both[] = { { cases[_i].a, "", -1, 0 }, { cases[_i].b, "", -1, 0 } };

	ck_fails(write_fat("fat", 4 * MIB, both, cases[_i].b ? 2 : 1, &err), IB_INPUT,
		 cases[_i].text);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("fat");
	TCase *tcase = tcase_create("fat");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_loop_test(tcase, others_read_what_was_written, 0, 8);
	tcase_add_test(tcase, the_order_of_files_and_the_surroundings_do_not_show);
	tcase_add_loop_test(tcase, the_smallest_size_fits_and_one_less_does_not, 0, 6);
	tcase_add_loop_test(tcase, names_that_fat_cannot_hold_are_refused, 0, 7);
	suite_add_tcase(suite, tcase);
	return suite;
}
