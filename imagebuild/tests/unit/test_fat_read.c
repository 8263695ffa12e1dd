/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "boot/boot.h"
#include "test.h"

static void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command); /* NOLINT(cert-env33-c) */
}

static int open_fat(struct ib_range *from, struct ib_fat_reader **ret_reader, struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(test_dir, "fat");
	uint64_t size = 0;

	*from = (struct ib_range){ open(path, O_RDWR | O_CLOEXEC), 0, "fat" };
	ck_assert_int_ge(from->fd, 0);
	size = (uint64_t)lseek(from->fd, 0, SEEK_END);
	return ib_fat_reader_open(from, size, ret_reader, err);
}

static const struct {
	const char *size;
	const char *kind;
} systems[] = { { "8M", "16 -s 1" }, { "40M", "16" }, { "64M", "32" }, { "300M", "32" } };

/* mkfs.vfat and mcopy write; what we find is what was put in. */
START_TEST(what_others_wrote_is_read)
{
	static const char *const names[] = {
		"EFI/BOOT/BOOTX64.EFI", "EFI/Linux/Node_1.2.3+4.efi",
		"EFI/Linux/a name with spaces and more than 26 letters.efi", "EFI/Linux/empty",
		"loader/lower.cnf"
	};
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *make = ib_strf("truncate -s %s fat && mkfs.vfat -F %s fat",
					 systems[_i].size, systems[_i].kind);
	IB_AUTO(ib_fat_reader) reader = NULL;
	struct ib_range from;
	size_t i = 0;

	shell(make);
	shell("mkdir -p tree/EFI/BOOT tree/EFI/Linux tree/loader");
	shell("head -c 3000001 /dev/urandom >tree/EFI/BOOT/BOOTX64.EFI; echo a >tree/loader/lower.cnf");
	shell("head -c 4096 /dev/urandom >tree/EFI/Linux/Node_1.2.3+4.efi; : >tree/EFI/Linux/empty");
	shell("echo b >'tree/EFI/Linux/a name with spaces and more than 26 letters.efi'");
	shell("mcopy -s -i fat tree/EFI tree/loader :: && mmd -i fat ::/gone && mrd -i fat ::/gone");
	ck_ok(open_fat(&from, &reader, &err));
	ck_assert_uint_eq(ib_fat_reader_count(reader), IB_COUNT(names));
	for (i = 0; i < IB_COUNT(names); i++) {
		const struct ib_fat_entry *entry = ib_fat_reader_get(reader, i);
		ib_autofree char *copy = ib_path_join(test_dir, "copy");
		ib_autofree char *compare = ib_strf("cmp copy 'tree/%s'", names[i]);
		ib_autoclose int fd = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		ck_assert_str_eq(entry->path, names[i]);
		ck_ok(ib_fat_reader_copy(reader, entry, fd, &err));
		shell(compare);
	}
	close(from.fd);
}
END_TEST

/* A small FAT16 by our own writer, and where things lie in it. */
static void make_small(void)
{
	static const struct ib_fat_file files[] = { { "A", "x", -1, 1 },
						    { "EFI/B", "0123456789", -1, 10 } };
	const struct ib_fat fat = { files, IB_COUNT(files), 1, "ESP", 1700000001 };
	struct ib_error err = IB_ERROR_INIT;
	struct ib_range to = { -1, 0, "fat" };
	ib_autofree char *path = ib_path_join(test_dir, "fat");

	shell("truncate -s 4M fat");
	to.fd = open(path, O_RDWR | O_CLOEXEC);
	ck_ok(ib_fat_write(&fat, &to, 4 << 20, &err));
	close(to.fd);
}

/* FOLDER: the entry of EFI in the root folder; BOTH_TABLES: what they say of EFI's cluster. */
enum { BOOT, FIRST_TABLE, BOTH_TABLES, FOLDER, PLACES, ITSELF = 0x7777 };

static const struct {
	int where;
	unsigned offset;
	uint16_t value;
	enum ib_kind kind;
	const char *words;
} damages[] = {
	{ BOOT, 510, 0, IB_INPUT, "fat: not a FAT file system" },
	{ BOOT, 11, 1024, IB_INPUT, "fat: not a FAT file system" },
	{ BOOT, 14, 0, IB_INPUT, "fat: not a FAT file system" },
	{ BOOT, 17, 0, IB_INPUT, "there is no root folder" },
	{ BOOT, 19, 0xffff, IB_INPUT, "larger than its partition" },
	{ BOOT, 22, 1, IB_INPUT, "the allocation table is too short" },
	{ FIRST_TABLE, 4, 5, IB_INPUT, "the two copies of the allocation table differ" },
	{ BOTH_TABLES, 0, ITSELF, IB_INPUT, "runs in a circle" },
	{ BOTH_TABLES, 0, 0xfff0, IB_INPUT, "a chain of clusters leads nowhere" },
	{ FOLDER, 26, 0, IB_INPUT, "a file begins nowhere" }, /* of EFI in the root folder */
	{ FOLDER, 0, 0x0141, IB_INPUT, "a name in folder '' is not read here" },
};

/* Offsets of this very file system: what its boot sector says. */
static void poke(const struct ib_range *range, int where, unsigned offset, uint16_t value)
{
	struct ib_error err = IB_ERROR_INIT;
	uint64_t places[PLACES] = { 0 };
	uint64_t second = 0;
	uint8_t boot[512];
	uint8_t entry[32] = { 0 };
	uint8_t bytes[2];

	ck_ok(ib_fd_read_at(range->fd, boot, sizeof(boot), 0, "fat", &err));
	places[FIRST_TABLE] = ib_get_le16(boot + 14) * 512ULL;
	second = places[FIRST_TABLE] + ib_get_le16(boot + 22) * 512ULL;
	places[FOLDER] = second + ib_get_le16(boot + 22) * 512ULL - 32;
	while (entry[11] != 0x10) {
		places[FOLDER] += 32;
		ck_ok(ib_fd_read_at(range->fd, entry, 32, places[FOLDER], "fat", &err));
	}
	places[BOTH_TABLES] = places[FIRST_TABLE] + 2 * (uint64_t)ib_get_le16(entry + 26);
	if (value == ITSELF)
		value = ib_get_le16(entry + 26);
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
	ck_ok(ib_fd_write(range->fd, bytes, 2, places[where] + offset, "fat", &err));
	if (where == BOTH_TABLES)
		ck_ok(ib_fd_write(range->fd, bytes, 2, places[where] - places[FIRST_TABLE] + second,
				  "fat", &err));
}

START_TEST(damage_is_refused_with_its_reason)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_fat_reader) reader = NULL;
	struct ib_range from;

	make_small();
	ck_ok(open_fat(&from, &reader, &err));
	ck_assert_uint_eq(ib_fat_reader_count(reader), 2);
	ib_fat_reader_free(ib_take(reader));
	poke(&from, damages[_i].where, damages[_i].offset, damages[_i].value);
	close(from.fd);
	ck_fails(open_fat(&from, &reader, &err), damages[_i].kind, damages[_i].words);
	close(from.fd);
}
END_TEST

START_TEST(a_file_whose_chain_is_too_short_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_fat_reader) reader = NULL;
	struct ib_range from;
	struct ib_fat_entry entry;

	make_small();
	ck_ok(open_fat(&from, &reader, &err));
	entry = *ib_fat_reader_get(reader, 1);
	entry.size = 1 << 20;
	ck_fails(ib_fat_reader_copy(reader, &entry, -1, &err), IB_FAILED, "could not write");
	entry.cluster = 0x7fffffff;
	ck_fails(ib_fat_reader_copy(reader, &entry, -1, &err), IB_INPUT, "a file begins nowhere");
	close(from.fd);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("fat_read");
	TCase *tcase = tcase_create("fat_read");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_loop_test(tcase, what_others_wrote_is_read, 0, (int)IB_COUNT(systems));
	tcase_add_loop_test(tcase, damage_is_refused_with_its_reason, 0, (int)IB_COUNT(damages));
	tcase_add_test(tcase, a_file_whose_chain_is_too_short_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
