/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "boot/boot.h"
#include "test.h"

/*
 * /usr/lib/firmware by hand:
 *   amd-ucode/b.bin       package 0, file 2: 5 bytes 'B'
 *   amd-ucode/a.bin       package 0, file 9: 7 bytes 'A', comes behind b.bin
 *   amd-ucode/a.bin.asc   package 0, file 3: 1 byte, no microcode
 *   intel-ucode/06-0f-0a  in memory: "intel"
 *   intel-ucode/06-0f-0b  the same inode
 *   other                 package 0, file 1: 6 bytes
 */
static struct ib_inode i_dir = { .mode = 040755, .link_count = 2 };
static struct ib_inode i_b = {
	.mode = 0100644, .size = 5, .content = IB_CONTENT_PAYLOAD, .package = 0, .file = 2
};
static struct ib_inode i_a = {
	.mode = 0100644, .size = 7, .content = IB_CONTENT_PAYLOAD, .package = 0, .file = 9
};
static struct ib_inode i_asc = {
	.mode = 0100644, .size = 1, .content = IB_CONTENT_PAYLOAD, .package = 0, .file = 3
};
static struct ib_inode i_intel = {
	.mode = 0100644, .size = 5, .content = IB_CONTENT_BUFFER, .data = "intel"
};
static struct ib_inode i_other = {
	.mode = 0100644, .size = 6, .content = IB_CONTENT_PAYLOAD, .package = 0, .file = 1
};

static struct ib_node n_root, n_usr, n_lib, n_firmware, n_amd, n_intel;
static struct ib_node n_a, n_asc, n_b, n_0a, n_0b, n_other;
static struct ib_node *in_root[] = { &n_usr };
static struct ib_node *in_usr[] = { &n_lib };
static struct ib_node *in_lib[] = { &n_firmware };
static struct ib_node *in_firmware[] = { &n_amd, &n_intel, &n_other };
static struct ib_node *in_amd[] = { &n_a, &n_asc, &n_b };
static struct ib_node *in_intel[] = { &n_0a, &n_0b };

static struct ib_node node(const char *name, struct ib_node *parent, struct ib_inode *inode,
			   struct ib_node **children, size_t count)
{
	return (struct ib_node){ name, parent, inode, children, count };
}

static void set_up(void)
{
	test_dir_make();
	n_root = node("", NULL, &i_dir, in_root, 1);
	n_usr = node("usr", &n_root, &i_dir, in_usr, 1);
	n_lib = node("lib", &n_usr, &i_dir, in_lib, 1);
	n_firmware = node("firmware", &n_lib, &i_dir, in_firmware, 3);
	n_amd = node("amd-ucode", &n_firmware, &i_dir, in_amd, 3);
	n_intel = node("intel-ucode", &n_firmware, &i_dir, in_intel, 2);
	n_a = node("a.bin", &n_amd, &i_a, NULL, 0);
	n_asc = node("a.bin.asc", &n_amd, &i_asc, NULL, 0);
	n_b = node("b.bin", &n_amd, &i_b, NULL, 0);
	n_0a = node("06-0f-0a", &n_intel, &i_intel, NULL, 0);
	n_0b = node("06-0f-0b", &n_intel, &i_intel, NULL, 0);
	n_other = node("other", &n_firmware, &i_other, NULL, 0);
}

static void tear_down(void)
{
	test_dir_remove();
}

static int stream(void *context, uint32_t package, const struct ib_content_sink *sink,
		  struct ib_error *err)
{
	static const struct {
		uint32_t file;
		const char *content;
	} files[] = { { 1, "others" }, { 2, "BBBBB" }, { 3, "s" }, { 9, "AAAAAAA" } };
	size_t i = 0;

	(void)context;
	for (i = 0; i < IB_COUNT(files); i++) {
		size_t size = strlen(files[i].content);
		bool wanted = false;
		size_t j = 0;

		IB_TRY(sink->begin(sink->context, package, files[i].file, size, &wanted, err));
		for (j = 0; wanted && j < size; j++)
			IB_TRY(sink->data(sink->context, files[i].content + j, 1, err));
		IB_TRY(sink->end(sink->context, err));
	}
	return 0;
}

static int write_initrd(const char *name, struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(test_dir, name);
	ib_autoclose int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct ib_content_source source = { NULL, 1, stream };
	struct ib_cpio_plan plan = { &n_root, 1, 1, fd, name };

	return ib_cpio_write(&plan, &source, err);
}

static void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command);
}

START_TEST(cpio_finds_microcode_in_front_and_the_rest_behind)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(write_initrd("initrd", &err));
	shell("mkdir early rest && (cd early && cpio -idm 2>../blocks) <initrd && cat blocks");
	shell("[ \"$(cd early/kernel/x86/microcode && echo *)\" = 'AuthenticAMD.bin GenuineIntel.bin' ]");
	shell("[ \"$(cat early/kernel/x86/microcode/AuthenticAMD.bin)\" = AAAAAAABBBBB ]");
	shell("[ \"$(cat early/kernel/x86/microcode/GenuineIntel.bin)\" = intel ]");
	shell("tail -c +$(($(cut -d' ' -f1 blocks) * 512 + 1)) initrd | zstd -dc >cpio");
	shell("(cd rest && cpio -idm) <cpio && [ \"$(cat rest/usr/lib/firmware/other)\" = others ]");
	shell("[ \"$(find rest -type f | sort | tr '\\n' ' ')\" = "
	      "'rest/usr/lib/firmware/amd-ucode/a.bin.asc rest/usr/lib/firmware/other ' ]");
}
END_TEST

/* Intel's manual: an update lies at a multiple of 16 in memory, as the kernel may use it where it is. */
START_TEST(contents_in_front_are_aligned)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(write_initrd("initrd", &err));
	shell("for word in AAAAAAA intel; do at=$(grep -abo $word initrd | head -n 1 | cut -d: -f1); "
	      "[ $((at % 16)) = 0 ] || exit 1; done");
	shell("[ $(grep -abo TRAILER initrd | wc -l) = 1 ]");
}
END_TEST

START_TEST(a_name_that_is_no_microcode_keeps_its_content)
{
	struct ib_error err = IB_ERROR_INIT;

	n_0b.name = "licence";
	ck_ok(write_initrd("initrd", &err));
	n_0b.name = "06-0f-0b";
	shell("mkdir early rest && (cd early && cpio -idm 2>../blocks) <initrd");
	shell("tail -c +$(($(cut -d' ' -f1 blocks) * 512 + 1)) initrd | zstd -dc | (cd rest && cpio -idm)");
	shell("[ \"$(cat early/kernel/x86/microcode/GenuineIntel.bin)\" = intel ]");
	shell("[ \"$(cat rest/usr/lib/firmware/intel-ucode/licence)\" = intel ] && "
	      "[ ! -e rest/usr/lib/firmware/intel-ucode/06-0f-0a ]");
}
END_TEST

START_TEST(without_microcode_there_is_nothing_in_front)
{
	struct ib_error err = IB_ERROR_INIT;

	n_firmware.name = "software";
	ck_ok(write_initrd("initrd", &err));
	n_firmware.name = "firmware";
	shell("[ \"$(head -c 4 initrd | od -An -tx1)\" = ' 28 b5 2f fd' ]");
	shell("[ $(zstd -dc initrd | cpio -it | grep -c -e ucode/) = 5 ]");
}
END_TEST

START_TEST(a_content_in_front_that_never_comes_is_an_error)
{
	struct ib_error err = IB_ERROR_INIT;

	i_a.file = 10;
	ck_fails(write_initrd("initrd", &err), IB_INPUT,
		 "the content of '/usr/lib/firmware/amd-ucode/a.bin' did not come by");
	i_a.file = 9;
	i_a.size = UINT32_MAX;
	ck_fails(write_initrd("initrd", &err), IB_LIMIT, "too large for 'initrd'");
	i_a.size = 7;
}
END_TEST

START_TEST(names_say_what_is_microcode)
{
	static const struct {
		const char *path;
		const char *place;
		bool is_compressed;
	} rows[] = {
		{ "/usr/lib/firmware/intel-ucode/06-9e-0a", "kernel/x86/microcode/GenuineIntel.bin",
		  false },
		{ "/lib/firmware/amd-ucode/microcode_amd.bin",
		  "kernel/x86/microcode/AuthenticAMD.bin", false },
		{ "/usr/lib/firmware/amd-ucode/microcode_amd.bin.asc", NULL, false },
		{ "/usr/lib/firmware/amd-ucode/microcode_amd.bin.xz", NULL, true },
		{ "/usr/lib/firmware/intel-ucode/06-9e-0a.zst", NULL, true },
		{ "/usr/lib/firmware/intel-ucode/LICENSE", NULL, false },
		{ "/usr/lib/firmware/intel-ucode/06-9e-0a/x", NULL, false },
		{ "/usr/lib/firmware/amdgpu/a.bin", NULL, false },
		{ "/usr/share/usr/lib/firmware/amd-ucode/a.bin", NULL, false },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(rows); i++) {
		const char *place = ib_microcode_place(rows[i].path);

		ck_assert_msg(ib_str_equal(place ? place : "", rows[i].place ? rows[i].place : ""),
			      "%s: %s", rows[i].path, place ? place : "none");
		ck_assert_int_eq(ib_microcode_is_compressed(rows[i].path), rows[i].is_compressed);
	}
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("microcode");
	TCase *tcase = tcase_create("microcode");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, cpio_finds_microcode_in_front_and_the_rest_behind);
	tcase_add_test(tcase, contents_in_front_are_aligned);
	tcase_add_test(tcase, a_name_that_is_no_microcode_keeps_its_content);
	tcase_add_test(tcase, without_microcode_there_is_nothing_in_front);
	tcase_add_test(tcase, a_content_in_front_that_never_comes_is_an_error);
	tcase_add_test(tcase, names_say_what_is_microcode);
	suite_add_tcase(suite, tcase);
	return suite;
}
