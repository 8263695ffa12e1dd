/* SPDX-License-Identifier: Apache-2.0 */
/* Packed tails that are not what they should be. */
#include "erofs_damaged.h"
#include "erofs_tails.h"

static const struct ib_erofs_limits limits = { .paths = 1000, .bytes = 4 << 20, .threads = 1 };

static const struct {
	const char *path; /* NULL: of the superblock; else of the header in front of the indexes */
	size_t offset;
	uint16_t value;
	enum ib_kind kind;
	const char *words;
} patches[] = {
	{ NULL, 80, 1, IB_INPUT, "which the superblock does not know of" },
	{ "/text", 2, 0, IB_INPUT, "has a packed tail without a byte" },
	{ "/text", 2, 4097, IB_INPUT, "has a packed tail that crosses a block" },
	{ "/text", 2, 65535, IB_INPUT, "has a packed tail that crosses a block" },
	{ "/text", 2, 1, IB_INPUT, "the packed tail of inode" },
	{ "/noise", 2, 1, IB_INPUT, "the packed tail of inode" },
	{ "/noise", 4, 0x19, IB_LIMIT, "compressed in a way that is not read here" },
	{ "/noise", 4, 0x29, IB_LIMIT, "compressed in a way that is not read here" },
};

static struct image damage_base(uint64_t *ret_text, uint64_t *ret_noise)
{
	const struct shape text = { .text = 3500 };
	const struct shape noise = { .text = 20000, .noise = 6000 };
	struct made made = made_new();
	char hex[65];
	struct image image;

	(void)add(&made, "/noise", &noise, 3);
	(void)add(&made, "/text", &text, 4);
	write_image(&made, 0, true, 1, hex);
	image = load();
	*ret_text = nid_of(made.tree, "/text");
	*ret_noise = nid_of(made.tree, "/noise");
	ck_assert_uint_gt(extents_of(&image, *ret_noise).last.tail_size, 1);
	ck_assert(extents_of(&image, *ret_noise).last.is_raw);
	ck_assert(!extents_of(&image, *ret_text).last.is_raw);
	made_done(&made);
	return image;
}

START_TEST(a_tail_that_does_not_hold_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	uint64_t text = 0;
	uint64_t noise = 0;
	struct image image = damage_base(&text, &noise);
	uint64_t nid = ib_str_equal(patches[_i].path, "/text") ? text : noise;
	size_t at = SUPER;

	ck_ok(read_bytes(image.data, image.region.size, &limits, &err));
	/* inodes are compact, without attributes */
	if (patches[_i].path)
		at = ib_get_le32(image.data + SUPER + 40) * (size_t)BLOCK + nid * EROFS_SLOT +
		     EROFS_INODE_COMPACT_BYTES;
	image.data[at + patches[_i].offset] = (uint8_t)patches[_i].value;
	image.data[at + patches[_i].offset + 1] = (uint8_t)(patches[_i].value >> 8);
	fix_checksum(image.data);
	ck_fails(read_bytes(image.data, image.region.size, &limits, &err), patches[_i].kind,
		 patches[_i].words);
	unload(&image);
}
END_TEST

/* A size without the advice says nothing: mkfs.erofs leaves one where it had no room in the end. */
START_TEST(a_size_without_the_advice_is_no_tail)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct shape shape = { .text = 20000, .noise = 5000 };
	struct made made = made_new();
	char hex[65];
	struct image image;
	size_t at = 0;

	(void)add(&made, "/f", &shape, 3);
	write_image(&made, 0, false, 1, hex);
	image = load();
	at = ib_get_le32(image.data + SUPER + 40) * (size_t)BLOCK +
	     nid_of(made.tree, "/f") * EROFS_SLOT + EROFS_INODE_COMPACT_BYTES;
	image.data[at + 2] = 100;
	image.data[SUPER + 80] |= EROFS_INCOMPAT_PACKED_TAILS;
	fix_checksum(image.data);
	ck_ok(read_bytes(image.data, image.region.size, &limits, &err));
	unload(&image);
	made_done(&made);
}
END_TEST

/* All of it would be padding. */
START_TEST(a_tail_of_zeros_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	uint64_t text = 0;
	uint64_t noise = 0;
	struct image image = damage_base(&text, &noise);
	struct extents extents = extents_of(&image, text);

	memset(image.data + extents.last.tail_offset, 0, extents.last.tail_size);
	ck_fails(read_bytes(image.data, image.region.size, &limits, &err), IB_INPUT,
		 "the packed tail of inode");
	unload(&image);
}
END_TEST

/* Whatever a damaged image says, it is read or refused, and nothing else happens. */
START_TEST(damage_is_survived)
{
	uint64_t text = 0;
	uint64_t noise = 0;
	struct image image = damage_base(&text, &noise);
	size_t metadata = ib_get_le32(image.data + SUPER + 40) * (size_t)BLOCK;
	uint32_t state = 99;
	unsigned round = 0;

	for (round = 0; round < 3000; round++) {
		struct ib_error err = IB_ERROR_INIT;
		ib_autofree uint8_t *copy = ib_memdup(image.data, image.region.size);
		unsigned i = 0;

		for (i = 0; i <= round % 4; i++)
			copy[metadata + next_random(&state) % (image.region.size - metadata)] ^=
				(uint8_t)(1U << next_random(&state) % 8);
		if (read_bytes(copy, image.region.size, &limits, &err) < 0)
			ib_error_clear(&err);
	}
	unload(&image);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("erofs_tails_damage");
	TCase *read = tcase_create("read");

	tcase_set_timeout(read, 120);
	tcase_add_checked_fixture(read, test_dir_make, test_dir_remove);
	tcase_add_loop_test(read, a_tail_that_does_not_hold_is_refused, 0, (int)IB_COUNT(patches));
	tcase_add_test(read, a_size_without_the_advice_is_no_tail);
	tcase_add_test(read, a_tail_of_zeros_is_refused);
	tcase_add_test(read, damage_is_survived);
	suite_add_tcase(suite, read);
	return suite;
}
