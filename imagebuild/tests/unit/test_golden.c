/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every golden/NAME.tree is a listing that becomes an image in each setting:
 * the bytes are those of NAME.sha256, fsck.erofs extracts it, and what is read
 * back is the listing again. Contents are made by the rules of golden.h.
 *
 * golden/refuse/NAME.tree must be refused, with the words in NAME.words.
 * UPDATE=1 fills in the digests of contents, and NAME.sha256. IB_GOLDEN_KEEP=DIR
 * leaves images and listings there, for tests of other programs.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compress/compress.h"
#include "crypto/crypto.h"
#include "golden.h"
#include "image/image.h"
#include "test.h"

#define BUILD_TIME 1700000000

static const struct setting {
	const char *name;
	enum ib_erofs_compression compression;
	int level;
	uint32_t cluster_bytes;
	bool pack_tails;
} settings[] = {
	{ "none", IB_EROFS_NONE, 0, 0, false },
	{ "lz4", IB_EROFS_LZ4, 0, 0, false },
	{ "lz4hc", IB_EROFS_LZ4HC, 0, 0, false },
	{ "lz4hc12", IB_EROFS_LZ4HC, 12, 4096, false },
	{ "lz4-8K", IB_EROFS_LZ4, 0, 8192, false },
	{ "lz4hc-64K", IB_EROFS_LZ4HC, 9, 65536, false },
	{ "lz4hc-1M", IB_EROFS_LZ4HC, 4, 1 << 20, false },
	{ "zstd", IB_EROFS_ZSTD, 0, 0, false },
	{ "zstd-64K", IB_EROFS_ZSTD, 9, 65536, false },
	{ "lz4-tails", IB_EROFS_LZ4, 0, 0, true },
	{ "lz4hc-tails", IB_EROFS_LZ4HC, 0, 0, true },
	{ "lz4hc12-64K-tails", IB_EROFS_LZ4HC, 12, 65536, true },
	{ "zstd-tails", IB_EROFS_ZSTD, 0, 0, true },
	{ "zstd-64K-tails", IB_EROFS_ZSTD, 9, 65536, true },
};

/* ---- the golden ones ---- */

static struct ib_strings golden_names;
static struct ib_strings refused_names;

/* Of all listings in folder, sorted. */
static void find_names(const char *folder, struct ib_strings *found)
{
	DIR *directory = opendir(folder);
	const struct dirent *entry = NULL;

	/* outside a test nothing can be asserted: a loop over no names shows in the count */
	while (directory && (entry = readdir(directory)))
		if (ib_str_ends(entry->d_name, ".tree"))
			ib_strings_addf(found, "%.*s", (int)strlen(entry->d_name) - 5,
					entry->d_name);
	if (directory)
		closedir(directory);
	ib_strings_sort_unique(found);
}

static char *read_file(const char *folder, const char *name, const char *suffix)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_strf("%s/%s.%s", folder, name, suffix);
	char *text = NULL;

	ck_ok(ib_file_read_text(path, MAX_BYTES, &text, &err));
	return text;
}

/* Origins are not in an image. */
static char *without_origins(const char *listing)
{
	IB_AUTO_BUFFER(out, MAX_BYTES);

	while (*listing) {
		size_t line = strcspn(listing, "\n");
		size_t kept = line;

		while (kept && listing[kept - 1] != '\t')
			kept--;
		ib_buffer_put(&out, listing, kept);
		ib_buffer_puts(&out, "-\n");
		listing += line + 1;
	}
	return ib_buffer_take_text(&out);
}

static char *listing_of(const struct ib_tree *tree)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(out, MAX_BYTES);

	ck_ok(ib_tree_write_listing(tree, &out, &err));
	return ib_buffer_take_text(&out);
}

static void write_image(const char *path, struct ib_tree *tree, const struct setting *setting,
			size_t threads)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_erofs_params params = {
		.compression = setting->compression,
		.level = setting->level,
		.cluster_bytes = setting->cluster_bytes,
		.pack_tails = setting->pack_tails,
		.build_time = BUILD_TIME,
		.volume_name = "golden",
		.threads = threads,
	};
	IB_AUTO(ib_erofs_writer) writer = NULL;
	uint64_t size = 0;

	memset(params.uuid, 0x42, sizeof(params.uuid));
	ck_ok(ib_erofs_open(path, &params, tree, &writer, &err));
	ck_ok(ib_erofs_finish(writer, &size, &err));
}

static void check_read_back(const char *path, const char *listing)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	ib_autofree char *expected = without_origins(listing);
	ib_autofree char *found = NULL;
	IB_AUTO(ib_tree) tree = NULL;
	struct ib_region image;

	ck_ok(ib_region_of_file(fd, path, &image, &err));
	ck_ok(ib_erofs_read_tree(&image, NULL, &tree, &err));
	found = listing_of(tree);
	ck_assert_str_eq(found, expected);
}

/*
 * Extracting decompresses everything; as root it makes devices, too. A fsck.erofs that does not
 * know an algorithm says so; then the reading back was all, and check-mount asks the kernel.
 */
static void check_fsck(const char *path)
{
	ib_autofree char *command = ib_strf(
		"command -v fsck.erofs >%s.which || { echo skipped: no fsck.erofs; exit 0; }; "
		"rm -rf %s.x && fsck.erofs --extract=%s.x %s >%s.out 2>&1 || "
		"{ grep -q 'unknown compression format 3' %s.out && echo skipped: no zstd; } || "
		"{ cat %s.out; exit 1; }; rm -rf %s.x",
		path, path, path, path, path, path, path, path);

	ck_assert_int_eq(system(command), 0);
}

static const char *library_of(const struct setting *setting)
{
	switch (setting->compression) {
	case IB_EROFS_NONE:
		return "-";
	case IB_EROFS_ZSTD:
		return ib_zstd_version();
	case IB_EROFS_LZ4HC:
		return ib_lz4_maker(setting->level ? setting->level : IB_LZ4HC_DEFAULT_LEVEL);
	default:
		return ib_lz4_version();
	}
}

/* The line of this setting in NAME.sha256, which also names the library that shaped it. */
static void note_digest(struct ib_buffer *out, const char *path, const struct setting *setting)
{
	struct ib_error err = IB_ERROR_INIT;
	char hex[65];

	ck_ok(ib_sha256_file(path, hex, NULL, &err));
	ib_buffer_putf(out, "%s %s %s\n", setting->name, library_of(setting), hex);
}

static void check_digests(const char *name, const char *found)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_strf(GOLDEN "/%s.sha256", name);
	ib_autofree char *expected = NULL;

	if (is_update()) {
		ck_ok(ib_file_write(path, found, strlen(found), 0644, &err));
		return;
	}
	expected = read_file(GOLDEN, name, "sha256");
	if (!strstr(expected, ib_lz4_version()) || !strstr(expected, ib_zstd_version())) {
		printf("skipped: digests of %s were made with another liblz4 or libzstd\n", name);
		return;
	}
	ck_assert_str_eq(found, expected);
}

static void keep(const char *path, const char *name, const char *compression, const char *listing)
{
	struct ib_error err = IB_ERROR_INIT;
	const char *folder = getenv("IB_GOLDEN_KEEP");
	ib_autofree char *image =
		ib_strf("%s/%s.%s.erofs", folder ? folder : "", name, compression);
	ib_autofree char *list = ib_strf("%s.listing", image);
	ib_autofree char *command = ib_strf("cp %s %s", path, image);

	if (!folder)
		return;
	ck_assert_int_eq(system(command), 0);
	ck_ok(ib_file_write(list, listing, strlen(listing), 0644, &err));
}

START_TEST(listings_become_images_and_come_back)
{
	const char *name = golden_names.items[_i];
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(digests, 4096);
	ib_autofree char *text = read_file(GOLDEN, name, "tree");
	ib_autofree char *path = ib_path_join(test_dir, "image");
	size_t i = 0;

	for (i = 0; i < IB_COUNT(settings); i++) {
		IB_AUTO(ib_tree) tree = NULL;
		ib_autofree char *listing = NULL;

		ck_ok(ib_tree_read_listing(text, &tree, &err));
		ck_ok(ib_tree_walk(tree, give_content, tree, &err));
		ib_tree_finish(tree);
		listing = listing_of(tree);
		if (is_update()) {
			ib_autofree char *tree_path = ib_strf(GOLDEN "/%s.tree", name);

			ck_ok(ib_file_write(tree_path, listing, strlen(listing), 0644, &err));
		} else {
			ck_assert_str_eq(listing, text);
		}
		write_image(path, tree, &settings[i], 1 + i % 3);
		note_digest(&digests, path, &settings[i]);
		check_read_back(path, listing);
		check_fsck(path);
		keep(path, name, settings[i].name, listing);
	}
	check_digests(name, ib_buffer_text(&digests));
}
END_TEST

/* ---- many names in one directory ---- */

#define CROWD_NAMES 100000
#define CROWD_LINKS 70000 /* of one file: more than 16 bits count */

static void add_crowd(struct ib_tree *tree)
{
	struct ib_node *root = ib_tree_root(tree);
	struct ib_inode *file = NULL;
	char name[32];
	int i = 0;

	for (i = 0; i < CROWD_NAMES; i++) {
		uint32_t mode = i < CROWD_LINKS ? S_IFREG | 0644 : S_IFDIR | 0755;
		struct ib_node *node = NULL;

		snprintf(name, sizeof(name), "name-%06d", i * 7919 % CROWD_NAMES);
		node = ib_tree_add_name(tree, root, name, i < CROWD_LINKS ? file : NULL, mode);
		ck_assert_ptr_nonnull(node);
		node->inode->mode = mode;
		node->inode->mtime = BUILD_TIME;
		if (!i)
			file = node->inode;
	}
	root->inode->mode = S_IFDIR | 0755;
	root->inode->mtime = BUILD_TIME;
}

START_TEST(a_directory_of_100000_entries_comes_back)
{
	ib_autofree char *path = ib_path_join(test_dir, "image");
	IB_AUTO(ib_tree) tree = ib_tree_new(BUILD_TIME);
	ib_autofree char *listing = NULL;

	add_crowd(tree);
	ib_tree_finish(tree);
	write_image(path, tree, &settings[1], 1);
	listing = listing_of(tree);
	check_read_back(path, listing);
	keep(path, "crowd", settings[1].name, listing);
}
END_TEST

/* ---- the refused ones ---- */

static int try_all(const char *text, struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(test_dir, "image");
	const struct ib_erofs_params params = { .build_time = BUILD_TIME };
	IB_AUTO(ib_tree) tree = NULL;
	IB_AUTO(ib_erofs_writer) writer = NULL;
	uint64_t size = 0;

	IB_TRY(ib_tree_read_listing(text, &tree, err));
	ib_tree_finish(tree);
	IB_TRY(ib_erofs_open(path, &params, tree, &writer, err));
	return ib_erofs_finish(writer, &size, err);
}

START_TEST(what_is_no_tree_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *text = read_file(GOLDEN "/refuse", refused_names.items[_i], "tree");
	ib_autofree char *words = read_file(GOLDEN "/refuse", refused_names.items[_i], "words");

	words[strcspn(words, "\n")] = '\0';
	ck_assert_int_lt(try_all(text, &err), 0);
	ck_assert_str_eq(err.text, words);
	ib_error_clear(&err);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("golden");
	TCase *golden = tcase_create("golden");
	TCase *refuse = tcase_create("refuse");

	tcase_add_checked_fixture(golden, test_dir_make, test_dir_remove);
	tcase_add_checked_fixture(refuse, test_dir_make, test_dir_remove);
	tcase_set_timeout(golden, 120);
	find_names(GOLDEN, &golden_names);
	find_names(GOLDEN "/refuse", &refused_names);
	tcase_add_loop_test(golden, listings_become_images_and_come_back, 0,
			    (int)golden_names.count);
	tcase_add_test(golden, a_directory_of_100000_entries_comes_back);
	tcase_add_loop_test(refuse, what_is_no_tree_is_refused, 0, (int)refused_names.count);
	suite_add_tcase(suite, golden);
	suite_add_tcase(suite, refuse);
	return suite;
}
