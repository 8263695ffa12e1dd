/* SPDX-License-Identifier: Apache-2.0 */
/* What of the initrd is read back from the root, and what is not. */
#include <check.h>
#include <sys/stat.h>

#include "build/initrd_source.h"
#include "crypto/crypto.h"
#include "tests/unit/test.h"

static const char *const contents[] = { "first", "second one" };

/* A package with two files, in the root behind another one, and alone in the initrd. */
struct made {
	uint8_t digests[2][IB_SHA256_SIZE];
	struct ib_package_file files[2];
	struct ib_package package, other;
	struct ib_opened opened[2];
	struct ib_opened *root[2], *initrd[1];
	struct ib_recipe recipe;
	struct ib_work work;
	struct ib_initrd_source source;
	struct ib_buffer taken; /* "NUMBER:CONTENT;" for each content that the sink got */
};

/* A format that reads back what is above, or something else. */
static int read_right(const struct ib_region *image, const struct ib_inode *inode,
		      struct ib_buffer *out, struct ib_error *err)
{
	(void)image, (void)err;
	ck_assert_uint_eq(inode->package, 1); /* the root's inode, not the initrd's */
	ib_buffer_puts(out, contents[inode->file]);
	return 0;
}

static int read_wrong(const struct ib_region *image, const struct ib_inode *inode,
		      struct ib_buffer *out, struct ib_error *err)
{
	IB_TRY(read_right(image, inode, out, err));
	out->data[0] ^= 1;
	return 0;
}

static const struct ib_format right = { .read_back = read_right };
static const struct ib_format wrong = { .read_back = read_wrong };
static const struct ib_format blind = { .read_back = NULL };

static int take_begin(void *context, uint32_t package, uint32_t file, uint64_t size,
		      bool *ret_wanted, struct ib_error *err)
{
	struct made *made = context;

	(void)package, (void)err;
	ck_assert_uint_eq(size, strlen(contents[file]));
	ib_buffer_putf(&made->taken, "%u:", file);
	*ret_wanted = true;
	return 0;
}

static int take_data(void *context, const void *data, size_t size, struct ib_error *err)
{
	struct made *made = context;

	(void)err;
	ib_buffer_put(&made->taken, data, size);
	return 0;
}

static int take_end(void *context, struct ib_error *err)
{
	struct made *made = context;

	(void)err;
	ib_buffer_puts(&made->taken, ";");
	return 0;
}

static void make_packages(struct made *made)
{
	static const char *const paths[] = { "/usr/bin/first", "/usr/bin/second" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(paths); i++) {
		ib_sha256(contents[i], strlen(contents[i]), made->digests[i]);
		made->files[i] = (struct ib_package_file){ .path = paths[i],
							   .mode = S_IFREG | 0755,
							   .size = strlen(contents[i]),
							   .user = "root",
							   .group = "root",
							   .digest = made->digests[i],
							   .inode = (uint32_t)i + 1,
							   .link_count = 1 };
	}
	made->package = (struct ib_package){ .name = "p",
					     .nevra = "p-1-1.noarch",
					     .digest_kind = IB_DIGEST_SHA256,
					     .files = made->files,
					     .file_count = 2 };
	made->other = (struct ib_package){ .name = "o", .nevra = "o-1-1.noarch" };
}

/* without: a path that the root loses again. */
static void make(struct made *made, const struct ib_format *format, const char *without)
{
	static const struct ib_region image = { .name = "image" };
	struct ib_work *work = &made->work;
	struct ib_error err = IB_ERROR_INIT;

	*made = (struct made){ .recipe = { .root_format = "erofs" },
			       .taken = IB_BUFFER_INIT(4096) };
	make_packages(made);
	made->opened[0].package = &made->other;
	made->opened[1].package = &made->package;
	made->root[0] = &made->opened[0];
	made->root[1] = made->initrd[0] = &made->opened[1];
	work->recipe = &made->recipe;
	work->root = (struct ib_members){ .members = made->root, .count = 2 };
	work->initrd = (struct ib_members){ .members = made->initrd,
					    .count = 1,
					    .source = ib_rpm_source_new() };
	work->root_tree = ib_tree_new(0);
	work->initrd_tree = ib_tree_new(0);
	ck_ok(ib_tree_add_package(work->root_tree, 1, &made->package, NULL, &err));
	ck_ok(ib_tree_add_package(work->initrd_tree, 0, &made->package, NULL, &err));
	if (without) {
		const struct ib_tree_entry entry = { .path = without,
						     .mode = S_IFREG | 0644,
						     .data = "x",
						     .size = 1,
						     .origin = { IB_ORIGIN_GENERATOR, "g" } };

		ck_ok(ib_tree_put(work->root_tree, &entry, NULL, &err));
	}
	ib_tree_finish(work->root_tree);
	ib_tree_finish(work->initrd_tree);
	ib_initrd_source_init(&made->source, work, &image);
	made->source.format = format;
}

static void done(struct made *made)
{
	ib_initrd_source_done(&made->source);
	ib_rpm_source_free(made->work.initrd.source);
	ib_tree_free(made->work.root_tree);
	ib_tree_free(made->work.initrd_tree);
	ib_buffer_done(&made->taken);
}

static int stream(struct made *made, struct ib_error *err)
{
	const struct ib_content_sink sink = { made, take_begin, take_data, take_end };

	return made->source.content.stream(made->source.content.context, 0, &sink, err);
}

START_TEST(contents_come_back_from_the_root_in_the_order_of_the_package)
{
	struct ib_error err = IB_ERROR_INIT;
	struct made made;

	make(&made, &right, NULL);
	ck_ok(stream(&made, &err));
	ck_assert_str_eq(ib_buffer_text(&made.taken), "0:first;1:second one;");
	done(&made);
}
END_TEST

START_TEST(a_content_with_another_digest_never_comes_to_its_end)
{
	struct ib_error err = IB_ERROR_INIT;
	struct made made;

	make(&made, &wrong, NULL);
	ck_fails(stream(&made, &err), IB_FAILED, "'/usr/bin/first' has another digest");
	ck_assert_uint_eq(made.taken.size, 0);
	done(&made);
}
END_TEST

/* A package that streams, seen from the outside. */
static int note_stream(void *context, uint32_t package, const struct ib_content_sink *sink,
		       struct ib_error *err)
{
	const uint32_t *expected = context;

	(void)sink, (void)err;
	ck_assert_uint_eq(package, *expected);
	return 1;
}

START_TEST(a_package_streams_where_the_root_lacks_one_of_its_files_or_cannot_tell)
{
	const struct {
		const struct ib_format *format;
		const char *without;
	} cases[] = { { &right, "/usr/bin/second" }, { &blind, NULL } };
	struct ib_error err = IB_ERROR_INIT;
	uint32_t expected = 0;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(cases); i++) {
		struct made made;

		make(&made, cases[i].format, cases[i].without);
		made.source.packages =
			(struct ib_content_source){ .context = &expected, .stream = note_stream };
		ck_assert_int_eq(stream(&made, &err), 1);
		ck_assert_uint_eq(made.taken.size, 0);
		done(&made);
	}
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("initrd_source");
	TCase *cases = tcase_create("initrd_source");

	tcase_add_test(cases, contents_come_back_from_the_root_in_the_order_of_the_package);
	tcase_add_test(cases, a_content_with_another_digest_never_comes_to_its_end);
	tcase_add_test(cases,
		       a_package_streams_where_the_root_lacks_one_of_its_files_or_cannot_tell);
	suite_add_tcase(suite, cases);
	return suite;
}
