/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/boot.h"
#include "compress/compress.h"
#include "test.h"

/*
 * A small root by hand:
 *   /bin/a, /bin/b   one file of package 1, file 3
 *   /bin/sh -> a
 *   /dev/null        a device
 *   /etc/c           in memory, mode 0600, owner 12:34
 *   /lib/d           package 0, file 7, large
 *   /lib/e           empty
 */
static struct ib_inode i_root = { .mode = 040755, .link_count = 6, .mtime = 1000 };
static struct ib_inode i_bin = { .mode = 040755, .link_count = 2, .mtime = 1001 };
static struct ib_inode i_dev = { .mode = 040755, .link_count = 2 };
static struct ib_inode i_etc = { .mode = 040700, .link_count = 2 };
static struct ib_inode i_lib = { .mode = 041777, .link_count = 2 };
static struct ib_inode i_ab = {
	.mode = 0104755, .size = 5, .content = IB_CONTENT_PAYLOAD, .package = 1, .file = 3
};
static struct ib_inode i_sh = { .mode = 0120777, .link = "a", .size = 1 };
static struct ib_inode i_null = { .mode = 020666, .rdev_major = 1, .rdev_minor = 3 };
static struct ib_inode i_c = { .mode = 0100600,
			       .mtime = 1234567890,
			       .uid = 12,
			       .gid = 34,
			       .size = 3,
			       .content = IB_CONTENT_BUFFER,
			       .data = "ccc" };
static struct ib_inode i_d = {
	.mode = 0100644, .size = 20000003, .content = IB_CONTENT_PAYLOAD, .package = 0, .file = 7
};
static struct ib_inode i_e = { .mode = 0100644, .content = IB_CONTENT_EMPTY };

static struct ib_node n_root, n_bin, n_dev, n_etc, n_lib, n_a, n_b, n_sh, n_null, n_c, n_d, n_e;
static struct ib_node *in_root[] = { &n_bin, &n_dev, &n_etc, &n_lib };
static struct ib_node *in_bin[] = { &n_a, &n_b, &n_sh };
static struct ib_node *in_dev[] = { &n_null };
static struct ib_node *in_etc[] = { &n_c };
static struct ib_node *in_lib[] = { &n_d, &n_e };

static struct ib_node node(const char *name, struct ib_node *parent, struct ib_inode *inode,
			   struct ib_node **children, size_t count)
{
	return (struct ib_node){ name, parent, inode, children, count };
}

static void set_up(void)
{
	test_dir_make();
	n_root = node("", NULL, &i_root, in_root, 4);
	n_bin = node("bin", &n_root, &i_bin, in_bin, 3);
	n_dev = node("dev", &n_root, &i_dev, in_dev, 1);
	n_etc = node("etc", &n_root, &i_etc, in_etc, 1);
	n_lib = node("lib", &n_root, &i_lib, in_lib, 2);
	n_a = node("a", &n_bin, &i_ab, NULL, 0);
	n_b = node("b", &n_bin, &i_ab, NULL, 0);
	n_sh = node("sh", &n_bin, &i_sh, NULL, 0);
	n_null = node("null", &n_dev, &i_null, NULL, 0);
	n_c = node("c", &n_etc, &i_c, NULL, 0);
	n_d = node("d", &n_lib, &i_d, NULL, 0);
	n_e = node("e", &n_lib, &i_e, NULL, 0);
}

static void tear_down(void)
{
	test_dir_remove();
}

struct packages {
	size_t piece;     /* bytes given at a time */
	uint32_t without; /* package whose wanted file does not come */
};

static int give(const struct ib_content_sink *sink, const struct packages *packages,
		uint32_t package, uint32_t file, uint64_t size, struct ib_error *err)
{
	ib_autofree uint8_t *data = ib_alloc(packages->piece);
	bool wanted = false;
	uint64_t at = 0;

	IB_TRY(sink->begin(sink->context, package, file, size, &wanted, err));
	while (wanted && at < size) {
		size_t part = (size_t)IB_MIN(size - at, packages->piece);
		size_t i = 0;

		for (i = 0; i < part; i++)
			data[i] = (uint8_t)((at + i) * 2654435761U >> 24);
		IB_TRY(sink->data(sink->context, data, part, err));
		at += part;
	}
	return sink->end(sink->context, err);
}

static int stream(void *context, uint32_t package, const struct ib_content_sink *sink,
		  struct ib_error *err)
{
	const struct packages *packages = context;

	IB_TRY(give(sink, packages, package, 1, 1000, err));
	if (package == packages->without)
		return 0;
	if (package == 0)
		return give(sink, packages, 0, 7, 20000003, err);
	return give(sink, packages, 1, 3, 5, err);
}

static int write_initrd(const char *name, size_t workers, size_t piece, uint32_t without,
			struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(test_dir, name);
	ib_autoclose int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct packages packages = { piece, without };
	struct ib_content_source source = { &packages, 2, stream };
	struct ib_cpio_plan plan = { &n_root, 1, workers, fd, name };

	return ib_cpio_write(&plan, &source, err);
}

static void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command);
}

START_TEST(cpio_lists_what_the_tree_says)
{
	struct ib_error err = IB_ERROR_INIT;
	static const char *const lines[] = {
		"drwxr-xr-x   6 0        0               0 Jan  1  1970 .",
		"drwxr-xr-x   2 0        0               0 Jan  1  1970 bin",
		"crw-rw-rw-   1 0        0          1,   3 Jan  1  1970 dev/null",
		"drwx------   2 0        0               0 Jan  1  1970 etc",
		"-rw-------   1 12       34              3 Feb 13  2009 etc/c",
		"drwxrwxrwt   2 0        0               0 Jan  1  1970 lib",
		"-rw-r--r--   1 0        0        20000003 Jan  1  1970 lib/d",
		"lrwxrwxrwx   1 0        0               1 Jan  1  1970 bin/sh -> a",
	};
	size_t i = 0;

	ck_ok(write_initrd("initrd", 1, 4096, 9, &err));
	shell("zstd -dc initrd >cpio && test $(($(stat -c %s cpio) % 512)) = 0");
	shell("TZ=UTC LC_ALL=C cpio -itv --numeric-uid-gid <cpio >list 2>errors");
	shell("mkdir out && cd out && cpio -idm --no-absolute-filenames <../cpio");
	for (i = 0; i < IB_COUNT(lines); i++) {
		ib_autofree char *command = ib_strf("grep -xF -e '%s' list", lines[i]);

		shell(command);
	}
	shell("[ $(wc -l <list) = 12 ]");
	shell("[ $(stat -c %i out/bin/a) = $(stat -c %i out/bin/b) ] && "
	      "[ $(stat -c %h.%s.%a out/bin/a) = 2.5.4755 ] && "
	      "[ $(stat -c %Y out/etc/c) = 1234567890 ] && [ \"$(cat out/etc/c)\" = ccc ]");
}
END_TEST

START_TEST(contents_are_the_ones_streamed)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(content, 1 << 25);
	ib_autofree char *path = ib_path_join(test_dir, "out/lib/d");
	size_t wrong = 0;
	size_t i = 0;

	ck_ok(write_initrd("initrd", 2, 65536, 9, &err));
	shell("mkdir out && cd out && zstd -dc ../initrd | cpio -idm --no-absolute-filenames");
	ck_ok(ib_file_read(path, &content, &err));
	ck_assert_uint_eq(content.size, 20000003);
	for (i = 0; i < content.size; i++)
		wrong += content.data[i] != (uint8_t)(i * 2654435761U >> 24);
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(the_bytes_are_the_same_whatever_the_threads_and_pieces)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(write_initrd("a", 1, 4096, 9, &err));
	ck_ok(setenv("TZ", "Asia/Tokyo", 1) ? ib_fail(&err, IB_FAILED, "setenv") : 0);
	umask(077);
	ck_ok(write_initrd("b", 2, 1000003, 9, &err));
	ck_ok(write_initrd("c", 7, 17, 9, &err));
	shell("cmp a b && cmp a c && zstd -l a | grep -q '1 *0.*XXH64'");
}
END_TEST

START_TEST(a_content_that_never_comes_is_an_error)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_fails(write_initrd("a", 1, 4096, 1, &err), IB_INPUT,
		 "the content of '/bin/a' did not come by for 'a'");
	ck_assert_ptr_null(i_ab.sink);
	i_d.size++;
	ck_fails(write_initrd("a", 1, 4096, 9, &err), IB_INPUT,
		 "'/lib/d' has 20000003 bytes in its package, not 20000004");
	i_d.size--;
}
END_TEST

START_TEST(what_the_format_cannot_hold_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *name = ib_alloc(5000);

	memset(name, 'n', 4999);
	n_e.name = name;
	ck_fails(write_initrd("a", 1, 4096, 9, &err), IB_LIMIT, "is too long for 'a'");
	n_e.name = "e";
	i_d.size = 1ULL << 32;
	ck_assert_int_lt(write_initrd("a", 1, 4096, 9, &err), 0);
	ib_error_clear(&err);
	i_d.size = 20000003;
	ck_fails(ib_zstd_new(20, 1, NULL, NULL, &(struct ib_zstd *){ NULL }, &err), IB_INPUT,
		 "zstd has levels 1 to 19, not 20");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("cpio");
	TCase *tcase = tcase_create("cpio");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, cpio_lists_what_the_tree_says);
	tcase_add_test(tcase, contents_are_the_ones_streamed);
	tcase_add_test(tcase, the_bytes_are_the_same_whatever_the_threads_and_pieces);
	tcase_add_test(tcase, a_content_that_never_comes_is_an_error);
	tcase_add_test(tcase, what_the_format_cannot_hold_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
