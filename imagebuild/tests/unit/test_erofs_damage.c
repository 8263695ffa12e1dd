/* SPDX-License-Identifier: Apache-2.0 */
/* Images that are not what they should be. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "erofs_damaged.h"
#include "erofs_image.h"

#define BLOCK 4096
#define SUPER 1024

/* Directory d with f (compressed), s (a link) and x (an attribute), and a fifo. */
static void make_small_image(void)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(BUILD_TIME);
	ib_autofree char *text = ib_alloc(50001);
	const struct ib_tree_entry entries[] = {
		{ .path = "/d", .mode = S_IFDIR | 0755 },
		{ .path = "/d/f", .mode = S_IFREG | 0644, .data = text, .size = 50000 },
		{ .path = "/d/s", .mode = S_IFLNK, .link = "target" },
		{ .path = "/d/x", .mode = S_IFREG | 0644, .data = "abc", .size = 3 },
		{ .path = "/p", .mode = S_IFIFO | 0600 },
	};
	IB_AUTO(ib_erofs_writer) writer = NULL;
	struct ib_node *node = NULL;
	uint64_t size = 0;
	size_t i = 0;

	for (i = 0; i < 50000; i++)
		text[i] = (char)('a' + i * i / 97 % 20);
	for (i = 0; i < IB_COUNT(entries); i++)
		ck_ok(ib_tree_put(tree, &entries[i], &node, &err));
	ib_inode_set_xattr(tree, ib_tree_find(tree, "/d/x")->inode, "user.a", "12345", 5);
	ib_tree_finish(tree);
	writer = open_writer(tree, 1);
	ck_ok(ib_erofs_finish(writer, &size, &err));
}

struct image {
	uint8_t *data; /* owned */
	size_t size;
};

static struct image load(void)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_region region = open_image();
	struct image image = { ib_alloc(region.size), region.size };

	ck_ok(ib_region_read(&region, image.data, image.size, 0, &err));
	close(region.fd);
	return image;
}

/* Where a path's inode lies. */
static size_t inode_of(const struct image *image, const char *path)
{
	size_t metadata = (size_t)ib_get_le32(image->data + SUPER + 40) * BLOCK;
	/* as the writer numbers them: the root, then a directory at a time */
	static const char *const order[] = { "/", "/d", "/p", "/d/f", "/d/s", "/d/x" };
	size_t number = 1;
	size_t at = 0;

	while (strcmp(order[number - 1], path) != 0)
		number++;
	for (at = metadata + 32; at < image->size; at += 32)
		if (ib_get_le32(image->data + at + 20) == number &&
		    ib_get_le32(image->data + at + 12) == 0 && image->data[at + 5])
			return at;
	ck_abort_msg("no inode for %s", path);
	return 0;
}

enum width {
	W8 = 1,
	W16 = 2,
	W32 = 4,
};

static const struct patch {
	const char *inode; /* NULL: of the superblock */
	size_t offset;
	enum width width;
	uint32_t value;
	enum ib_kind kind;
	const char *words;
} patches[] = {
	{ NULL, 0, W32, 0, IB_INPUT, "'image' is not an EROFS image" },
	{ NULL, 12, W8, 16, IB_LIMIT, "has blocks of 2^16 bytes" },
	{ NULL, 14, W16, 0xffff, IB_INPUT, "inode 65535 of 'image' lies outside" },
	{ NULL, 36, W32, 100000, IB_INPUT, "bytes of the 409600000 it needs" },
	{ NULL, 36, W32, 1, IB_INPUT, "points outside itself" },
	{ NULL, 40, W32, 0xffffffff, IB_INPUT, "points outside itself" },
	{ NULL, 80, W32, 0x21, IB_LIMIT, "features of EROFS that are not read here (0x21)" },
	{ "/", 0, W16, 5 << 1, IB_LIMIT, "has a layout that is not read here" },
	{ "/", 0, W16, 4 << 1, IB_INPUT, "is compressed" },
	{ "/", 4, W16, S_IFREG | 0755, IB_INPUT, "the root of 'image' is not a directory" },
	{ "/", 4, W16, 0755, IB_INPUT, "has no type" },
	{ "/", 0, W16, 3 << 1, IB_INPUT, "is compressed" },
	{ "/", 8, W32, 5, IB_INPUT, "has a block that makes no sense" },
	{ "/", 8, W32, 0xf0000000, IB_INPUT, "is too large" },
	{ "/", 8, W32, 0x1fff, IB_INPUT, "crosses a block" },
	{ "/", 32, W32, 0, IB_INPUT, "does not lead to itself and to its parent" },
	{ "/", 32 + 8, W16, 13, IB_INPUT, "has a block that makes no sense" },
	{ "/", 32 + 8, W16, 0, IB_INPUT, "has a block that makes no sense" },
	{ "/", 32 + 20, W16, 2000, IB_INPUT, "has a name outside its block" },
	{ "/", 32 + 24, W32, 1, IB_INPUT, "leads to a directory that was reached before" },
	{ "/", 32 + 24, W32, 0xfffff, IB_INPUT, "lies outside" },
	{ "/", 32 + 34, W8, 1, IB_INPUT, "another type than its inode" },
	{ "/", 32 + 48 + 3, W8, 'q', IB_INPUT, "is not sorted" },
	{ "/", 32 + 48 + 3, W8, '/', IB_INPUT, "holds what is not a name" },
	{ "/d", 32, W32, 1, IB_INPUT, "does not lead to itself" },
	{ "/d/s", 8, W32, 0, IB_INPUT, "makes no sense" },
	{ "/d/s", 8, W32, 5000, IB_INPUT, "makes no sense" },
	{ "/d/s", 33, W8, 0, IB_INPUT, "holds a NUL" },
	{ "/d/x", 2, W16, 0xffff, IB_INPUT, "an attribute that makes no sense" },
	{ "/d/x", 32 + 4, W8, 9, IB_INPUT, "has attributes beyond its own" },
	{ "/d/x", 32 + 12, W8, 200, IB_INPUT, "an attribute that makes no sense" },
	{ "/d/x", 32 + 13, W8, 77, IB_INPUT, "an attribute that makes no sense" },
	{ "/d/x", 32 + 16, W8, 0, IB_INPUT, "a NUL in its name" },
	{ "/d/f", 32 + 4, W16, 2, IB_LIMIT, "compressed in a way that is not read here" },
	{ "/d/f", 32 + 6, W8, 3, IB_LIMIT, "compressed in a way that is not read here" },
	{ "/d/f", 32 + 4, W16, 7, IB_INPUT, "does not say how large its extent is" },
	/* the indexes: of 16 bits each, two to a pack, from byte 40 on */
	{ "/d/f", 40, W16, 1, IB_INPUT, "begins an extent where none can begin" },
	{ "/d/f", 40, W16, 2 << 12, IB_INPUT, "belongs to no extent" },
	{ "/d/f", 40, W16, 3 << 12, IB_INPUT, "is of an unrecognized type" },
	{ "/d/f", 44, W32, 0x00ffffff, IB_INPUT, "points outside itself" },
	{ "/d/f", 44, W32, 0xffffffff, IB_INPUT, "does not hold what inode" },
	{ "/d/f", 8, W32, 0x7fffffff, IB_LIMIT, "more content than is read" },
};

static void apply(const struct patch *patch, struct image *image)
{
	size_t at = (patch->inode ? inode_of(image, patch->inode) : SUPER) + patch->offset;
	size_t i = 0;

	for (i = 0; i < patch->width; i++)
		image->data[at + i] = (uint8_t)(patch->value >> (8 * i));
	fix_checksum(image->data);
}

START_TEST(what_does_not_hold_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct image image;

	make_small_image();
	image = load();
	ck_ok(read_bytes(image.data, image.size, NULL, &err));
	apply(&patches[_i], &image);
	ck_fails(read_bytes(image.data, image.size, NULL, &err), patches[_i].kind,
		 patches[_i].words);
	ib_free(image.data);
}
END_TEST

static const struct {
	uint32_t word, address;
	enum ib_kind kind;
	const char *words;
} chunks[] = {
	{ 0x40, 0, IB_LIMIT, "chunks of a kind that is not read here (0x40)" },
	{ 0x24, 0x10000, IB_LIMIT, "chunks on another device" },
	{ 0x04, 0x00ffffff, IB_INPUT, "points outside itself" },
};

/* The compressed file as one of chunks. */
START_TEST(chunks_that_do_not_hold_are_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct patch patches_of_chunks[] = {
		{ "/d/f", 0, W16, 4 << 1, IB_INPUT, NULL },
		{ "/d/f", 16, W32, chunks[_i].word, IB_INPUT, NULL },
		{ "/d/f", 32, W32, chunks[_i].address, IB_INPUT, NULL },
	};
	struct image image;
	size_t i = 0;

	make_small_image();
	image = load();
	for (i = 0; i < IB_COUNT(patches_of_chunks); i++)
		apply(&patches_of_chunks[i], &image);
	ck_fails(read_bytes(image.data, image.size, NULL, &err), chunks[_i].kind, chunks[_i].words);
	ib_free(image.data);
}
END_TEST

START_TEST(a_changed_superblock_is_noticed)
{
	struct ib_error err = IB_ERROR_INIT;
	struct image image;

	make_small_image();
	image = load();
	image.data[SUPER + 48] ^= 1;
	ck_fails(read_bytes(image.data, image.size, NULL, &err), IB_INPUT, "a wrong checksum");
	ib_free(image.data);
}
END_TEST

START_TEST(limits_hold)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_erofs_limits few = { .paths = 4 };
	const struct ib_erofs_limits little = { .bytes = 50002 };
	const struct ib_erofs_limits enough = { .paths = 5, .bytes = 50003 };
	struct image image;

	make_small_image();
	image = load();
	ck_fails(read_bytes(image.data, image.size, &few, &err), IB_LIMIT, "more paths");
	ck_fails(read_bytes(image.data, image.size, &little, &err), IB_LIMIT, "more content");
	ck_ok(read_bytes(image.data, image.size, &enough, &err));
	ib_free(image.data);
}
END_TEST

START_TEST(an_image_cut_anywhere_is_refused)
{
	struct image image;
	size_t size = 0;

	make_small_image();
	image = load();
	for (size = 0; size < image.size; size += 511) {
		struct ib_error err = IB_ERROR_INIT;

		ck_assert_int_lt(read_bytes(image.data, size, NULL, &err), 0);
		ib_error_clear(&err);
	}
	ib_free(image.data);
}
END_TEST

/* Whatever a damaged image says, it is read or refused, and nothing else happens. */
START_TEST(damage_is_survived)
{
	const struct ib_erofs_limits limits = { .paths = 1000, .bytes = 4 << 20, .threads = 1 };
	struct image image;
	size_t metadata = 0;
	uint32_t state = 99;
	unsigned round = 0;

	make_small_image();
	image = load();
	metadata = (size_t)ib_get_le32(image.data + SUPER + 40) * BLOCK;
	for (round = 0; round < 3000; round++) {
		struct ib_error err = IB_ERROR_INIT;
		ib_autofree uint8_t *copy = ib_memdup(image.data, image.size);
		unsigned i = 0;

		for (i = 0; i <= round % 4; i++) {
			size_t where = 0;

			state = state * 1664525U + 1013904223U;
			where = round % 8 ? metadata + (state >> 8) % 640
					  : (state >> 8) % image.size;
			copy[where] ^= (uint8_t)(1U << (state >> 29));
		}
		fix_checksum(copy);
		if (read_bytes(copy, image.size, &limits, &err) < 0)
			ib_error_clear(&err);
	}
	ib_free(image.data);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("erofs_damage");
	TCase *read = tcase_create("read");

	tcase_set_timeout(read, 120);
	tcase_add_checked_fixture(read, test_dir_make, test_dir_remove);
	tcase_add_loop_test(read, what_does_not_hold_is_refused, 0, (int)IB_COUNT(patches));
	tcase_add_loop_test(read, chunks_that_do_not_hold_are_refused, 0, (int)IB_COUNT(chunks));
	tcase_add_test(read, a_changed_superblock_is_noticed);
	tcase_add_test(read, limits_hold);
	tcase_add_test(read, an_image_cut_anywhere_is_refused);
	tcase_add_test(read, damage_is_survived);
	suite_add_tcase(suite, read);
	return suite;
}
