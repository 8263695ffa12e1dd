/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/boot.h"
#include "signing/signing.h"
#include "test.h"

#define MIB ((uint64_t)1 << 20)

static void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command);
}

static int open_new(const char *name)
{
	ib_autofree char *path = ib_path_join(test_dir, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static uint8_t root_hash[32];
static uint8_t root[5000000];
static uint8_t tree[70000];

/* What a disk is said to be made of, read before the partitions that are files are in it. */
static char made_sha256[65];

static void read_spans(void *context, const struct ib_span *spans, size_t count)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(whole, 64 << 20);
	size_t i = 0;

	(void)context;
	for (i = 0; i < count; i++) {
		ck_ok(ib_fd_read_at(spans[i].from.fd, ib_buffer_reserve(&whole, spans[i].size),
				    spans[i].size, spans[i].from.offset, spans[i].from.name, &err));
		whole.size += spans[i].size;
	}
	ib_sha256_hex(whole.data, whole.size, made_sha256);
}

/* A disk as the build makes it, with contents that are none. */
static int write_disk(const char *name, const char *architecture, struct ib_error *err)
{
	static const struct ib_fat_file files[] = { { "EFI/BOOT/BOOTX64.EFI", "MZ", -1, 2 } };
	static const struct ib_fat fat = { files, 1, 42, "ESP", 1700000000 };
	ib_autoclose int fd = open_new(name);
	ib_autoclose int root_fd = open_new("root");
	struct ib_partition partitions[] = {
		{ .kind = IB_PARTITION_ESP, .uuid = { 1 }, .label = "esp", .fat = &fat },
		{ .kind = IB_PARTITION_ROOT,
		  .label = "node_1.2",
		  .attributes = IB_PARTITION_READ_ONLY,
		  .fd = root_fd,
		  .content_size = sizeof(root),
		  .size = 7 * MIB },
		{ .kind = IB_PARTITION_ROOT_VERITY,
		  .label = "node_1.2_verity",
		  .attributes = IB_PARTITION_READ_ONLY,
		  .data = tree,
		  .content_size = sizeof(tree) },
		{ .kind = IB_PARTITION_ROOT_VERITY_SIG,
		  .uuid = { 4 },
		  .label = "node_1.2_verity_sig",
		  .attributes = IB_PARTITION_READ_ONLY | IB_PARTITION_NO_AUTO,
		  .data = "{}",
		  .content_size = 2 },
	};
	struct ib_disk disk = {
		.architecture = architecture,
		.uuid = { 0xd1, 0x5c },
		.partitions = partitions,
		.partition_count = IB_COUNT(partitions),
		.made = read_spans,
	};
	size_t i = 0;

	for (i = 0; i < sizeof(root_hash); i++)
		root_hash[i] = (uint8_t)(0xa0 + i);
	memset(root, 'r', sizeof(root));
	memset(tree, 't', sizeof(tree));
	ck_assert_int_eq(ib_fd_write(root_fd, root, sizeof(root), 0, "root", err), 0);
	ib_partition_root_uuids(root_hash, partitions[1].uuid, partitions[2].uuid);
	return ib_disk_write(&disk, fd, name, err);
}

START_TEST(sfdisk_and_mtools_read_what_was_written)
{
	static const char *const lines[] = {
		"label-id: D15C0000-0000-0000-0000-000000000000",
		"type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, "
		"uuid=01000000-0000-0000-0000-000000000000, name=\"esp\"",
		"start= *8192, size= *14336, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, "
		"uuid=A0A1A2A3-A4A5-A6A7-A8A9-AAABACADAEAF, name=\"node_1.2\", attrs=\"GUID:60\"",
		"type=2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5, "
		"uuid=B0B1B2B3-B4B5-B6B7-B8B9-BABBBCBDBEBF, name=\"node_1.2_verity\", "
		"attrs=\"GUID:60\"",
		"type=41092B05-9FC8-4523-994F-2DEF0408B176, "
		"uuid=04000000-0000-0000-0000-000000000000, name=\"node_1.2_verity_sig\", "
		"attrs=\"GUID:60,63\"",
	};
	struct ib_error err = IB_ERROR_INIT;
	size_t i = 0;

	ck_ok(write_disk("disk", "x86_64", &err));
	shell("sfdisk --verify disk && sfdisk -d disk >dump; cat dump");
	for (i = 0; i < IB_COUNT(lines); i++) {
		ib_autofree char *command = ib_strf("grep -e '%s' dump", lines[i]);

		shell(command);
	}
	shell("mdir -i disk@@1M ::/EFI/BOOT | grep BOOTX64");
	shell("dd if=disk bs=1M skip=4 count=7 status=none | head -c 5000000 | cmp - root");
}
END_TEST

START_TEST(a_disk_can_be_hashed_before_it_is_whole)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "disk");
	char sha256[65];
	uint64_t size = 0;

	ck_ok(write_disk("disk", "x86_64", &err));
	ck_ok(ib_sha256_file(path, sha256, &size, &err));
	ck_assert_str_eq(made_sha256, sha256);
}
END_TEST

/* More than is copied at a time, and no multiple of it; and one that has nothing. */
START_TEST(large_partitions_and_empty_ones)
{
	static const uint64_t marks[] = { 0,        16 * MIB - 1,   16 * MIB, 32 * MIB - 1,
					  32 * MIB, 33 * MIB + 4095 };
	const uint64_t size = 33 * MIB + 4096;
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = open_new("disk");
	ib_autoclose int big_fd = open_new("big");
	ib_autoclose int empty_fd = open_new("empty");
	struct ib_partition partitions[] = {
		{ .kind = IB_PARTITION_ROOT_VERITY,
		  .uuid = { 1 },
		  .label = "empty",
		  .fd = empty_fd },
		{ .kind = IB_PARTITION_ROOT,
		  .uuid = { 2 },
		  .label = "big",
		  .fd = big_fd,
		  .content_size = size },
	};
	struct ib_disk disk = { .architecture = "x86_64",
				.partitions = partitions,
				.partition_count = IB_COUNT(partitions),
				.made = read_spans };
	ib_autofree char *path = ib_path_join(test_dir, "disk");
	char sha256[65];
	uint64_t disk_size = 0;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(marks); i++)
		ck_ok(ib_fd_write(big_fd, &"abcdef"[i], 1, marks[i], "big", &err));
	ck_ok(ib_disk_write(&disk, fd, "disk", &err));
	shell("sfdisk --verify disk");
	shell("test $(stat -c %s disk) -eq $((37 << 20))");
	shell("cmp -n $((33 * 1048576 + 4096)) -i $((2 << 20)):0 disk big");
	shell("cmp -n $((1048576 - 4096)) -i $((35 * 1048576 + 4096)):0 disk /dev/zero");
	ck_ok(ib_sha256_file(path, sha256, &disk_size, &err));
	ck_assert_str_eq(made_sha256, sha256);
}
END_TEST

START_TEST(what_was_written_is_read_back)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree struct ib_disk_table *table = NULL;
	ib_autofree char *path = ib_path_join(test_dir, "disk");
	ib_autoclose int fd = -1;
	const struct ib_disk_partition *found = NULL;
	uint8_t byte = 0;

	ck_ok(write_disk("disk", "aarch64", &err));
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_ok(ib_disk_read(fd, "disk", &table, &err));
	ck_assert_uint_eq(table->partition_count, 4);
	ck_assert_uint_eq(table->uuid[1], 0x5c);
	found = ib_disk_find(table, IB_PARTITION_ROOT);
	ck_assert_str_eq(found->label, "node_1.2");
	ck_assert_str_eq(found->type, ib_partition_type(IB_PARTITION_ROOT, "aarch64"));
	ck_assert_mem_eq(found->uuid, root_hash, 16);
	ck_assert_uint_eq(found->attributes, IB_PARTITION_READ_ONLY);
	ck_assert_uint_eq(found->offset, 4 * MIB);
	ck_assert_uint_eq(found->size, 7 * MIB);
	ck_ok(ib_fd_read_at(fd, &byte, 1, found->offset, "disk", &err));
	ck_assert_uint_eq(byte, 'r');
	ck_assert_ptr_null(ib_disk_find(table, IB_PARTITION_OTHER));
}
END_TEST

START_TEST(the_surroundings_do_not_show)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(write_disk("a", "x86_64", &err));
	ck_assert_int_eq(setenv("TZ", "Asia/Tokyo", 1), 0);
	ck_assert_int_eq(setenv("LC_ALL", "de_DE.UTF-8", 1), 0);
	umask(077);
	ck_ok(write_disk("b", "x86_64", &err));
	shell("cmp a b");
}
END_TEST

/* Each byte of the table that means something, changed, is noticed. */
START_TEST(a_damaged_table_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "disk");
	ib_autoclose int fd = -1;
	uint64_t size = 0;
	uint64_t i = 0;

	ck_ok(write_disk("disk", "x86_64", &err));
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_ok(ib_fd_size(fd, "disk", &size, &err));
	for (i = 0; i < 2 * (92 + 4 * 128); i++) {
		ib_autofree struct ib_disk_table *table = NULL;
		uint64_t part = i % (92 + 4 * 128);
		bool is_second = i >= 92 + 4 * 128;
		uint64_t at = part < 92 ? 512 + part : 1024 + part - 92;
		uint8_t byte = 0;

		if (is_second)
			at = part < 92 ? size - 512 + part : size - 33 * 512 + part - 92;
		ck_ok(ib_fd_read_at(fd, &byte, 1, at, "disk", &err));
		byte ^= 0x10;
		ck_ok(ib_fd_write(fd, &byte, 1, at, "disk", &err));
		ck_fails(ib_disk_read(fd, "disk", &table, &err), IB_INPUT, "'disk' is no GPT disk");
		byte ^= 0x10;
		ck_ok(ib_fd_write(fd, &byte, 1, at, "disk", &err));
	}
	ck_assert_int_eq(ftruncate(fd, 4096), 0);
	ck_fails(ib_disk_read(fd, "disk", &(struct ib_disk_table *){ NULL }, &err), IB_INPUT,
		 "it is too small");
}
END_TEST

START_TEST(both_copies_of_the_table_must_be_whole_and_the_same)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "a");
	ib_autofree char *other = ib_path_join(test_dir, "b");
	ib_autofree struct ib_disk_table *table = NULL;
	ib_autoclose int a = -1;
	ib_autoclose int b = -1;
	uint8_t entries[33 * 512];
	uint64_t size = 0;

	ck_ok(write_disk("a", "x86_64", &err));
	ck_ok(write_disk("b", "aarch64", &err));
	a = open(path, O_RDWR | O_CLOEXEC);
	b = open(other, O_RDWR | O_CLOEXEC);
	ck_ok(ib_fd_size(a, "a", &size, &err));
	/* A second copy that is good in itself, but another disk's. */
	ck_ok(ib_fd_read_at(b, entries, sizeof(entries), size - sizeof(entries), "b", &err));
	ck_ok(ib_fd_write(a, entries, sizeof(entries), size - sizeof(entries), "a", &err));
	ck_fails(ib_disk_read(a, "a", &table, &err), IB_INPUT, "its two partition tables differ");
	/* The same change in both. */
	ck_ok(ib_fd_write(b, "X", 1, 1024 + 56, "b", &err));
	ck_ok(ib_fd_write(b, "X", 1, size - sizeof(entries) + 56, "b", &err));
	ck_fails(ib_disk_read(b, "b", &table, &err), IB_INPUT, "its partition table is damaged");
}
END_TEST

START_TEST(a_disk_that_cannot_be_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = open_new("disk");
	struct ib_partition partition = {
		.kind = IB_PARTITION_ROOT, .label = "x", .data = tree, .content_size = 10, .size = 9
	};
	struct ib_disk disk = { .architecture = "x86_64",
				.partitions = &partition,
				.partition_count = 1 };

	ck_fails(ib_disk_write(&disk, fd, "disk", &err), IB_LIMIT,
		 "partition 'x' of 9 bytes cannot hold 10 bytes");
	partition.label = "a label of more than thirty-six letters";
	ck_fails(ib_disk_write(&disk, fd, "disk", &err), IB_INPUT, "more than 36 characters");
	disk.architecture = "s390x";
	ck_fails(ib_disk_write(&disk, fd, "disk", &err), IB_INPUT, "on architecture 's390x'");
	disk.partition_count = 0;
	ck_fails(ib_disk_write(&disk, fd, "disk", &err), IB_INPUT, "has no partition");
}
END_TEST

START_TEST(the_signature_partition_is_json_that_systemd_reads)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) key = NULL;
	IB_AUTO(ib_certificate) certificate = NULL;
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);
	IB_AUTO_BUFFER(content, IB_CMS_MAX_SIZE);
	ib_autofree char *hash = ib_hex(root_hash, sizeof(root_hash));
	ib_autofree char *path = ib_path_join(test_dir, "json");
	struct ib_cms_content signed_content = { NULL, 0, hash, strlen(hash) };

	ck_ok(ib_private_key_generate(IB_KEY_RSA, 2048, &key, &err));
	ck_ok(ib_certificate_make(key, "root hash", &certificate, &err));
	ck_ok(ib_cms_sign(&signed_content, key, certificate, &cms, &err));
	ib_partition_signature(root_hash, &cms, certificate, &content);
	ck_assert_uint_eq(content.size, 4096);
	ck_ok(ib_file_write(path, content.data, content.size, 0644, &err));
	shell("tr -d '\\0' <json | python3 -c 'import json, sys, base64; d = json.load(sys.stdin); "
	      "assert sorted(d) == [\"certificateFingerprint\", \"rootHash\", \"signature\"]; "
	      "assert len(d[\"rootHash\"]) == 64 == len(d[\"certificateFingerprint\"]); "
	      "base64.b64decode(d[\"signature\"], validate=True)'");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("disk");
	TCase *tcase = tcase_create("disk");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, sfdisk_and_mtools_read_what_was_written);
	tcase_add_test(tcase, a_disk_can_be_hashed_before_it_is_whole);
	tcase_add_test(tcase, large_partitions_and_empty_ones);
	tcase_add_test(tcase, what_was_written_is_read_back);
	tcase_add_test(tcase, the_surroundings_do_not_show);
	tcase_add_test(tcase, a_damaged_table_is_refused);
	tcase_add_test(tcase, both_copies_of_the_table_must_be_whole_and_the_same);
	tcase_add_test(tcase, a_disk_that_cannot_be_is_refused);
	tcase_add_test(tcase, the_signature_partition_is_json_that_systemd_reads);
	suite_add_tcase(suite, tcase);
	return suite;
}
