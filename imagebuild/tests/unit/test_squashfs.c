/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every golden/NAME.tree as a squashfs image in each compression: when it is read back, it
 * is the listing again, and its bytes are those of NAME.squashfs.sha256 (UPDATE=1 makes that). IB_GOLDEN_KEEP=DIR leaves images and listings there, for tests of other programs.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compress/compress.h"
#include "golden.h"
#include "image/image.h"
#include "test.h"

#define BUILD_TIME 1700000000

static struct ib_strings names;

static void find_names(void)
{
	DIR *directory = opendir(GOLDEN);
	const struct dirent *entry = NULL;

	while (directory && (entry = readdir(directory)))
		if (ib_str_ends(entry->d_name, ".tree"))
			ib_strings_addf(&names, "%.*s", (int)strlen(entry->d_name) - 5,
					entry->d_name);
	if (directory)
		closedir(directory);
	ib_strings_sort_unique(&names);
}

static char *listing_of(const struct ib_tree *tree)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(out, MAX_BYTES);

	ck_ok(ib_tree_write_listing(tree, &out, &err));
	return ib_buffer_take_text(&out);
}

/* What the format has no place for is tested on its own. */
static int fit(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_inode *inode = node->inode;
	size_t i = 0;

	(void)err;
	inode->mtime = IB_MAX(inode->mtime, 0);
	for (i = 0; i < inode->xattr_count; i++)
		if (ib_str_starts(inode->xattrs[i].name, "system."))
			inode->xattrs[i].name =
				ib_arena_strf(ib_tree_arena(context), "trusted..%zu", i);
	return 0;
}

static struct ib_tree *golden_tree(const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_strf(GOLDEN "/%s.tree", name);
	ib_autofree char *text = NULL;
	struct ib_tree *tree = NULL;

	ck_ok(ib_file_read_text(path, MAX_BYTES, &text, &err));
	ck_ok(ib_tree_read_listing(text, &tree, &err));
	ck_ok(ib_tree_walk(tree, give_content, tree, &err));
	ck_ok(ib_tree_walk(tree, fit, tree, &err));
	ib_tree_finish(tree);
	return tree;
}

/* What takes the least time; what the level does is the library's. */
static int level_of(const char *compression)
{
	return ib_str_starts(compression, "lz4") ? 0 : 1;
}

static int try_image(const char *path, struct ib_tree *tree, const char *compression,
		     size_t threads, struct ib_error *err)
{
	const struct ib_squashfs_params params = {
		.compression = compression,
		.level = level_of(compression),
		.build_time = BUILD_TIME,
		.threads = threads,
	};
	IB_AUTO(ib_squashfs_writer) writer = NULL;
	struct stat st;
	uint64_t size = 0;

	IB_TRY(ib_squashfs_open(path, &params, tree, &writer, err));
	IB_TRY(ib_squashfs_finish(writer, &size, err));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq((uint64_t)st.st_size, size);
	ck_assert_uint_eq(size % 4096, 0);
	return 0;
}

static char *digest_of(const char *path)
{
	struct ib_error err = IB_ERROR_INIT;
	char hex[65];

	ck_ok(ib_sha256_file(path, hex, NULL, &err));
	return ib_strdup(hex);
}

static struct ib_tree *read_back(const char *path)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	IB_AUTO(ib_image) image = NULL;
	struct ib_image_info info;
	struct ib_region region;
	struct ib_tree *tree = NULL;

	ck_ok(ib_region_of_file(fd, path, &region, &err));
	ck_ok(ib_image_open(&region, &image, &err));
	ck_ok(ib_image_info(image, &info, &err));
	ck_assert_str_eq(info.format, "squashfs");
	ck_assert_int_eq(info.build_time, BUILD_TIME);
	ck_ok(ib_image_read_tree(image, NULL, &tree, &err));
	return tree;
}

/* Origins are not in an image: what stands behind the last tab of each line. */
static char *without_origins(const char *listing)
{
	IB_AUTO_BUFFER(out, MAX_BYTES);
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ib_strings_split(&lines, listing, "\n");
	for (i = 0; i < lines.count; i++)
		ib_buffer_putf(&out, "%.*s\n",
			       (int)(strrchr(lines.items[i], '\t') - lines.items[i]),
			       lines.items[i]);
	return ib_buffer_take_text(&out);
}

static void keep(const char *path, const char *name, const char *compression, const char *listing)
{
	struct ib_error err = IB_ERROR_INIT;
	const char *folder = getenv("IB_GOLDEN_KEEP");
	ib_autofree char *image =
		ib_strf("%s/%s.%s.squashfs", folder ? folder : "", name, compression);
	ib_autofree char *list = ib_strf("%s.listing", image);
	ib_autofree char *command = ib_strf("cp %s %s", path, image);

	if (!folder)
		return;
	ck_assert_int_eq(system(command), 0);
	ck_ok(ib_file_write(list, listing, strlen(listing), 0644, &err));
}

/* A whole listing is too long for a message: the first line that differs. */
static void check_same(const char *found, const char *expected)
{
	IB_AUTO_STRINGS(left);
	IB_AUTO_STRINGS(right);
	size_t i = 0;

	ib_strings_split(&left, found, "\n");
	ib_strings_split(&right, expected, "\n");
	for (i = 0; i < left.count && i < right.count; i++)
		if (strcmp(left.items[i], right.items[i]) != 0)
			ck_abort_msg("line %zu: '%.1000s' instead of '%.1000s'", i + 1,
				     left.items[i], right.items[i]);
	ck_assert_uint_eq(left.count, right.count);
}

static const char *library_of(const char *compression)
{
	if (ib_str_starts(compression, "lz4"))
		return ib_lz4_version();
	return ib_str_equal(compression, "zstd") ? ib_zstd_version() : "-";
}

/* The line of this image in NAME.squashfs.sha256, with the versions that shaped it. */
static void note_digest(struct ib_buffer *out, const char *path, const char *compression)
{
	ib_autofree char *hex = digest_of(path);

	ib_buffer_putf(out, "%s %s %s\n", compression, library_of(compression), hex);
}

static void check_digests(const char *name, const char *found)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_strf(GOLDEN "/%s.squashfs.sha256", name);
	ib_autofree char *text = ib_strf("libsquashfs %s\n%s", ib_squashfs_version(), found);
	ib_autofree char *expected = NULL;

	if (is_update()) {
		ck_ok(ib_file_write(path, text, strlen(text), 0644, &err));
		return;
	}
	ck_ok(ib_file_read_text(path, MAX_BYTES, &expected, &err));
	if (strncmp(expected, text, strcspn(text, "\n") + 1) != 0 ||
	    !strstr(expected, ib_lz4_version()) || !strstr(expected, ib_zstd_version())) {
		printf("skipped: digests of %s were made with other libraries\n", name);
		return;
	}
	ck_assert_str_eq(text, expected);
}

START_TEST(listings_become_images_and_come_back)
{
	const char *name = names.items[_i];
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	IB_AUTO_BUFFER(digests, 4096);
	size_t i = 0;

	for (i = 0; ib_squashfs_compressions[i]; i++) {
		const char *compression = ib_squashfs_compressions[i];
		IB_AUTO(ib_tree) tree = golden_tree(name);
		IB_AUTO(ib_tree) read = NULL;
		ib_autofree char *listing = listing_of(tree);
		ib_autofree char *expected = without_origins(listing);
		ib_autofree char *read_listing = NULL;
		ib_autofree char *found = NULL;

		ck_ok(try_image(path, tree, compression, 1 + i, &err));
		note_digest(&digests, path, compression);
		read = read_back(path);
		read_listing = listing_of(read);
		found = without_origins(read_listing);
		check_same(found, expected);
		keep(path, name, compression, listing);
	}
	check_digests(name, ib_buffer_text(&digests));
}
END_TEST

/* Blocks come back from workers in another order than they went. */
START_TEST(the_number_of_workers_does_not_show)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	ib_autofree char *first = NULL;
	size_t threads = 0;

	for (threads = 1; threads <= 4; threads++) {
		IB_AUTO(ib_tree) tree = golden_tree("sizes");
		ib_autofree char *digest = NULL;

		ck_ok(try_image(path, tree, _i ? "gzip" : "zstd", threads, &err));
		digest = digest_of(path);
		if (first)
			ck_assert_str_eq(digest, first);
		else
			first = ib_take(digest);
	}
}
END_TEST

static struct ib_tree *tree_of(const struct ib_tree_entry *entry, struct ib_node **ret_node)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_tree *tree = ib_tree_new(BUILD_TIME);

	ck_ok(ib_tree_put(tree, entry, ret_node, &err));
	return tree;
}

START_TEST(what_squashfs_has_no_place_for_is_refused)
{
	const struct ib_tree_entry file = { .path = "/f", .mode = S_IFREG | 0644 };
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	struct ib_node *node = NULL;
	IB_AUTO(ib_tree) old = tree_of(&file, &node);
	IB_AUTO(ib_tree) odd = NULL;

	ib_tree_finish(old);
	node->inode->mtime = -1;
	ck_fails(try_image(path, old, "zstd", 1, &err), IB_LIMIT, "'/f'");
	odd = tree_of(&file, &node);
	ib_inode_set_xattr(odd, node->inode, "system.posix_acl_access", "x", 1);
	ib_tree_finish(odd);
	ck_fails(try_image(path, odd, "zstd", 1, &err), IB_LIMIT, "system.posix_acl_access");
	ck_fails(try_image(path, odd, "bzip2", 1, &err), IB_INPUT, "'bzip2'");
}
END_TEST

/* A byte here, a byte there: whatever it says, it says it, and nothing else happens. */
START_TEST(damaged_images_are_told)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	const struct ib_image_limits limits = { .threads = 1 };
	IB_AUTO(ib_tree) tree = golden_tree("basics");
	struct stat st;
	size_t told = 0;
	off_t at = 0;
	int fd = -1;

	ck_ok(try_image(path, tree, "gzip", 1, &err));
	ck_assert_int_eq(stat(path, &st), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	for (at = 4; at < st.st_size; at += at < 96 ? 1 : 1 + st.st_size / 200) {
		IB_AUTO(ib_image) image = NULL;
		IB_AUTO(ib_tree) read = NULL;
		struct ib_region region;
		uint8_t was = 0;
		uint8_t is = 0;
		int r = 0;

		ck_assert_int_eq(pread(fd, &was, 1, at), 1);
		is = (uint8_t)(was ^ 0x81);
		ck_assert_int_eq(pwrite(fd, &is, 1, at), 1);
		ck_ok(ib_region_of_file(fd, path, &region, &err));
		r = ib_image_open(&region, &image, &err);
		if (r == 0)
			r = ib_image_read_tree(image, &limits, &read, &err);
		told += r < 0;
		if (r < 0)
			ib_error_clear(&err);
		ck_assert_int_eq(pwrite(fd, &was, 1, at), 1);
	}
	close(fd);
	ck_assert_uint_gt(told, 100);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("squashfs");
	TCase *all = tcase_create("squashfs");

	find_names();
	tcase_add_checked_fixture(all, test_dir_make, test_dir_remove);
	tcase_set_timeout(all, 120);
	tcase_add_loop_test(all, listings_become_images_and_come_back, 0, (int)names.count);
	tcase_add_loop_test(all, the_number_of_workers_does_not_show, 0, 2);
	tcase_add_test(all, what_squashfs_has_no_place_for_is_refused);
	tcase_add_test(all, damaged_images_are_told);
	suite_add_tcase(suite, all);
	return suite;
}
