/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "package/package.h"
#include "test.h"

static const struct ib_dependency waits[] = { { "/usr/lib/systemd", "", 65536 },
					      { "bash", "5-1", 2 } };
static const struct ib_package_file files[] = {
	{ .path = "/usr/bin/x", .mode = 0100755 },
	{ .path = "/usr/bin/y", .mode = 0120777, .link = "x" },
};
static struct ib_scriptlet scriptlets[] = {
	{ IB_SCRIPTLET_POST, "/bin/sh", "true\n", { NULL, 0 }, "" },
	{ IB_SCRIPTLET_FILE_TRIGGER, "<lua>", "", { waits, 2 }, "" },
};

static struct ib_package example(void)
{
	struct ib_package package = { .name = "x",
				      .version = "1",
				      .release = "2",
				      .arch = "noarch",
				      .nevra = "x-1-2.noarch",
				      .source_rpm = "x-1-2.src.rpm",
				      .build_time = 1700000000,
				      .size = 4321,
				      .sha256 = "aa",
				      .header_sha256 = "bb",
				      .signer = "CC",
				      .files = files,
				      .file_count = 2,
				      .scriptlets = scriptlets,
				      .scriptlet_count = 2 };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(scriptlets); i++)
		ib_scriptlet_digest(&scriptlets[i]);
	return package;
}

START_TEST(what_was_packed_is_unpacked)
{
	struct ib_package package = example();
	struct ib_package again = { .name = NULL };
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO_BUFFER(b, 1 << 20);
	IB_AUTO_BUFFER(second, 1 << 20);

	ib_package_pack(&package, &b);
	ck_assert(ib_package_unpack(b.data, b.size, arena, &again));
	ck_assert_str_eq(again.nevra, "x-1-2.noarch");
	ck_assert_ptr_null(again.epoch);
	ck_assert_int_eq(again.build_time, 1700000000);
	ck_assert_uint_eq(again.size, 4321);
	ck_assert_str_eq(again.signer, "CC");
	ck_assert_str_eq(again.scriptlets[0].text, "true\n");
	ck_assert_str_eq(again.scriptlets[1].on.items[0].name, "/usr/lib/systemd");
	ck_assert_str_eq(again.scriptlets[1].digest, scriptlets[1].digest);
	ck_assert_str_eq(again.files[1].link, "x");
	ck_assert_ptr_null(again.files[0].link);
	ib_package_pack(&again, &second);
	ck_assert_uint_eq(b.size, second.size);
	ck_assert_mem_eq(b.data, second.data, b.size);
}
END_TEST

START_TEST(what_is_cut_or_longer_is_refused)
{
	struct ib_package package = example();
	struct ib_package again = { .name = "untouched" };
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO_BUFFER(b, 1 << 20);
	size_t size = 0;

	ib_package_pack(&package, &b);
	for (size = 0; size < b.size; size++) {
		ib_autofree uint8_t *cut = ib_memdup(b.data, size ? size : 1);

		ck_assert(!ib_package_unpack(cut, size, arena, &again));
	}
	ib_buffer_put_u8(&b, 0);
	ck_assert(!ib_package_unpack(b.data, b.size, arena, &again));
	ck_assert_str_eq(again.name, "untouched");
}
END_TEST

/* Any byte may be wrong: refused or another package, never a crash; a scriptlet's digest is its text's. */
START_TEST(a_wrong_byte_never_gives_another_scriptlet)
{
	struct ib_package package = example();
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO_BUFFER(b, 1 << 20);
	size_t i = 0;

	ib_package_pack(&package, &b);
	for (i = 0; i < b.size; i++) {
		struct ib_package again = { .name = NULL };

		b.data[i] ^= 0x41;
		if (ib_package_unpack(b.data, b.size, arena, &again) && again.scriptlet_count == 2)
			ck_assert_str_eq(again.scriptlets[0].text, "true\n");
		b.data[i] ^= 0x41;
	}
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("facts_header");
	TCase *tcase = tcase_create("facts_header");

	tcase_add_test(tcase, what_was_packed_is_unpacked);
	tcase_add_test(tcase, what_is_cut_or_longer_is_refused);
	tcase_add_test(tcase, a_wrong_byte_never_gives_another_scriptlet);
	suite_add_tcase(suite, tcase);
	return suite;
}
