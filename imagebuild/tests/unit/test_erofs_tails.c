/* SPDX-License-Identifier: Apache-2.0 */
/* Tails that are packed beside their inodes: where they are, and where they cannot be. */
#include "erofs_tails.h"

/* ---- how long a tail may be ---- */

/* Text and noise behind it, the noise that does not fill a block being rest bytes. */
static struct shape with_rest(int setting, size_t rest)
{
	struct shape shape = { .text = 20000, .noise = 3 * settings[setting].cluster_bytes };
	char hex[65];
	struct made made = made_new();
	struct image image;
	struct extents extents;

	(void)add(&made, "/f", &shape, 7);
	write_image(&made, setting, false, 1, hex);
	image = load();
	extents = extents_of(&image, nid_of(made.tree, "/f"));
	ck_assert(extents.last.is_raw);
	shape.noise -= extents.last.end - extents.last.start;
	shape.noise += rest;
	unload(&image);
	made_done(&made);
	return shape;
}

static const struct {
	size_t rest;
	bool is_packed;
} rests[] = {
	{ 1, true },
	{ 2, true },
	{ IB_MAX_PACKED_TAIL, true },
	{ IB_MAX_PACKED_TAIL + 1, false },
	{ BLOCK - 1, false },
	{ BLOCK, false },
};

START_TEST(a_rest_that_does_not_compress_is_packed_up_to_a_limit)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(rests); i++) {
		const struct shape shape = with_rest(_i, rests[i].rest);
		struct made made = made_new();
		struct image image;
		struct extents extents;
		char hex[65];

		(void)add(&made, "/f", &shape, 7);
		write_image(&made, _i, true, 1, hex);
		image = load();
		check_contents(&image, &made);
		extents = extents_of(&image, nid_of(made.tree, "/f"));
		ck_assert_uint_gt(extents.count, 1);
		ck_assert_uint_eq(extents.last.end - extents.last.start, rests[i].rest);
		ck_assert(extents.last.is_raw);
		ck_assert_uint_eq(extents.last.tail_size, rests[i].is_packed ? rests[i].rest : 0);
		ck_assert_uint_eq(extents.word, extents.blocks + rests[i].is_packed);
		unload(&image);
		made_done(&made);
	}
}
END_TEST

/* ---- what is packed and what is not ---- */

/* Of a long content it is the compressor's affair whether its end is short enough. */
enum kind { FLAT, COMPRESSED, PACKED };

static const struct {
	const char *path;
	struct shape shape;
	enum kind kind;
	bool has_blocks;
} kinds[] = {
	{ "/one", { 1, 0, 0, 0 }, FLAT, false },
	{ "/few", { 20, 0, 0, 0 }, FLAT, false },
	{ "/small", { 3000, 0, 0, 0 }, PACKED, false },
	{ "/cluster", { BLOCK, 0, 0, 0 }, PACKED, false },
	{ "/more", { BLOCK + 1, 0, 0, 0 }, PACKED, false },
	{ "/zeros", { 0, BLOCK, 0, 0 }, PACKED, false },
	{ "/hole", { 9000, 300000, 0, 9000 }, COMPRESSED, true },
	{ "/zeros-last", { 100000, 100000, 0, 0 }, COMPRESSED, true },
	{ "/noise", { 0, 0, 3000, 0 }, FLAT, false },
	{ "/noise-cluster", { 0, 0, BLOCK, 0 }, FLAT, true },
	/* what its tail saves is less than what the index takes */
	{ "/noise-text", { 0, 0, 3 * MIB, 2000 }, FLAT, true },
	{ "/text-noise", { 20000, 0, 30000, 0 }, COMPRESSED, true },
	{ "/segment", { 2 * MIB, 0, 0, 0 }, COMPRESSED, true },
	{ "/segment-and", { 2 * MIB + 3000, 0, 0, 0 }, COMPRESSED, true },
	{ "/segments", { 4 * MIB + 17, 0, 0, 0 }, COMPRESSED, true },
};

START_TEST(tails_are_packed_where_that_is_less)
{
	struct made made = made_new();
	char hex[2][65];
	struct image image;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(kinds); i++)
		(void)add(&made, kinds[i].path, &kinds[i].shape, (uint32_t)i);
	write_image(&made, _i, true, 1, hex[0]);
	write_image(&made, _i, true, 3, hex[1]);
	ck_assert_str_eq(hex[0], hex[1]);
	image = load();
	check_contents(&image, &made);
	ck_assert(ib_get_le32(image.data + SUPER + 80) & EROFS_INCOMPAT_PACKED_TAILS);
	for (i = 0; i < IB_COUNT(kinds); i++) {
		struct extents extents = extents_of(&image, nid_of(made.tree, kinds[i].path));

		if (kinds[i].kind == FLAT) {
			ck_assert_msg(!extents.count, "%s is compressed", kinds[i].path);
			continue;
		}
		ck_assert_msg(extents.count > 0, "%s is not compressed", kinds[i].path);
		if (kinds[i].kind == PACKED)
			ck_assert_msg(extents.last.tail_size > 0, "%s has no tail", kinds[i].path);
		ck_assert_msg((extents.blocks > 0) == kinds[i].has_blocks, "%s: %llu blocks",
			      kinds[i].path, (unsigned long long)extents.blocks);
		ck_assert_uint_le(extents.last.tail_size, IB_MAX_PACKED_TAIL);
		ck_assert_uint_eq(extents.word, extents.blocks + (extents.last.tail_size != 0));
	}
	unload(&image);
	made_done(&made);
}
END_TEST

/* Many lengths of one kind of content, of which hardly one fills its last cluster: packed they take less. */
START_TEST(an_image_with_packed_tails_is_smaller)
{
	struct made made = made_new();
	char hex[65];
	uint64_t size[2];
	size_t packed = 0;
	struct image image;
	char path[16];
	int i = 0;

	for (i = 0; i < 60; i++) {
		const struct shape shape = { .text = 9000 + (size_t)i * 1777 };

		snprintf(path, sizeof(path), "/%02d", i);
		(void)add(&made, path, &shape, (uint32_t)i);
	}
	for (i = 0; i < 2; i++) {
		write_image(&made, _i, i, 2, hex);
		image = load();
		check_contents(&image, &made);
		size[i] = image.region.size;
		if (!i) {
			ck_assert(!(ib_get_le32(image.data + SUPER + 80) &
				    EROFS_INCOMPAT_PACKED_TAILS));
			unload(&image);
		}
	}
	for (i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "/%02d", i);
		packed += extents_of(&image, nid_of(made.tree, path)).last.tail_size > 0;
	}
	unload(&image);
	made_done(&made);
	/* most of them, whatever the cluster: it leaves what does not fill its blocks */
	ck_assert_uint_gt(packed, 40);
	/* on average a tail saves half a block, less what an index takes */
	ck_assert_uint_lt(size[1] + packed * BLOCK / 4, size[0]);
}
END_TEST

START_TEST(an_image_without_a_tail_asks_for_no_newer_kernel)
{
	const struct shape noise = { .noise = 10000 };
	struct made made = made_new();
	struct image image;
	char hex[2][65];

	(void)add(&made, "/noise", &noise, 1);
	write_image(&made, _i, true, 1, hex[0]);
	image = load();
	ck_assert(!(ib_get_le32(image.data + SUPER + 80) & EROFS_INCOMPAT_PACKED_TAILS));
	unload(&image);
	write_image(&made, _i, false, 1, hex[1]);
	ck_assert_str_eq(hex[0], hex[1]);
	made_done(&made);
}
END_TEST

/* ---- beside their inodes ---- */

/* Attributes of all lengths put indexes everywhere in their blocks; none of the tails crosses one. */
START_TEST(tails_find_their_place_whatever_is_between)
{
	struct made made = made_new();
	char hex[65];
	struct image image;
	char path[16];
	bool crosses = false; /* an inode, that is, whose tail is in the next block */
	int i = 0;

	for (i = 0; i < 60; i++) {
		const struct shape shape = { .text = (size_t)(i % 3) * 700000, .noise = 6000 };
		ib_autofree char *value = ib_alloc(4000);
		struct ib_inode *inode = NULL;

		snprintf(path, sizeof(path), "/%02d", i);
		inode = add(&made, path, &shape, (uint32_t)i);
		memset(value, 'a' + i % 26, 4000);
		if (i % 4)
			ib_inode_set_xattr(made.tree, inode, "user.a", value,
					   (size_t)(i * 61 % 3900));
	}
	write_image(&made, _i, true, 2, hex);
	image = load();
	check_contents(&image, &made);
	for (i = 0; i < 60; i++) {
		struct disk_extent last;

		snprintf(path, sizeof(path), "/%02d", i);
		last = extents_of(&image, nid_of(made.tree, path)).last;
		if (!last.tail_size)
			continue;
		ck_assert_uint_le(last.tail_offset % BLOCK + last.tail_size, BLOCK);
		crosses |= last.tail_offset % BLOCK < 32;
	}
	ck_assert(crosses);
	unload(&image);
	made_done(&made);
}
END_TEST

START_TEST(links_share_an_inode_and_twins_the_blocks)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct shape shape = with_rest(_i, 500);
	struct made made = made_new();
	char hex[65];
	struct image image;
	struct extents first;
	struct extents twin;
	struct ib_inode *inode = add(&made, "/a", &shape, 5);
	uint64_t block = 0;
	uint64_t bytes = 0;

	ck_assert_ptr_nonnull(ib_tree_add_name(made.tree, ib_tree_root(made.tree), "link", inode,
					       S_IFREG | 0644));
	(void)add(&made, "/twin", &shape, 5);
	write_image(&made, _i, true, 1, hex);
	image = load();
	check_contents(&image, &made);
	ck_assert_uint_eq(nid_of(made.tree, "/a"), nid_of(made.tree, "/link"));
	ck_assert_uint_ne(nid_of(made.tree, "/a"), nid_of(made.tree, "/twin"));
	first = extents_of(&image, nid_of(made.tree, "/a"));
	twin = extents_of(&image, nid_of(made.tree, "/twin"));
	ck_assert_uint_gt(first.last.tail_size, 0);
	ck_assert_uint_eq(first.first_block, twin.first_block);
	ck_assert_uint_eq(first.last.tail_size, twin.last.tail_size);
	ck_assert_uint_ne(first.last.tail_offset, twin.last.tail_offset);
	/* what a report says of it */
	ck_ok(ib_erofs_stored(&image.region, inode, &block, &bytes, &err));
	ck_assert_uint_eq(block, first.first_block);
	ck_assert_uint_eq(bytes, first.blocks * BLOCK + first.last.tail_size);
	unload(&image);
	made_done(&made);
}
END_TEST

START_TEST(without_compression_there_is_nothing_to_pack)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	const struct ib_erofs_params params = { .pack_tails = true };
	IB_AUTO(ib_tree) tree = ib_tree_new(BUILD_TIME);
	struct ib_erofs_writer *writer = NULL;

	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "no tails of clusters to pack");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("erofs_tails");
	TCase *write = tcase_create("write");
	const int count = (int)IB_COUNT(settings);

	tcase_set_timeout(write, 120);
	tcase_add_checked_fixture(write, test_dir_make, test_dir_remove);
	tcase_add_loop_test(write, a_rest_that_does_not_compress_is_packed_up_to_a_limit, 0, count);
	tcase_add_loop_test(write, tails_are_packed_where_that_is_less, 0, count);
	tcase_add_loop_test(write, an_image_with_packed_tails_is_smaller, 0, count);
	tcase_add_loop_test(write, an_image_without_a_tail_asks_for_no_newer_kernel, 0, count);
	tcase_add_loop_test(write, tails_find_their_place_whatever_is_between, 0, count);
	tcase_add_loop_test(write, links_share_an_inode_and_twins_the_blocks, 0, count);
	tcase_add_test(write, without_compression_there_is_nothing_to_pack);
	suite_add_tcase(suite, write);
	return suite;
}
