/* SPDX-License-Identifier: Apache-2.0 */
/* A root that its own kernel cannot mount. */
#include "build/work.h"
#include "test.h"

#define ZSTD  "cannot mount an EROFS root with zstd"
#define TAILS "cannot mount an EROFS root with packed tails"

static const struct {
	const char *format, *compression;
	bool pack_tails;
	const char *version;
	const char *words; /* NULL: it can */
} cases[] = {
	{ "erofs", "zstd", false, "6.9.12-200.fc40.x86_64", ZSTD },
	{ "erofs", "zstd", false, "5.18.0", ZSTD },
	{ "erofs", "zstd", false, "6.10.0-1", NULL },
	{ "erofs", "zstd", true, "6.1.0-38-amd64", ZSTD },
	{ "erofs", "zstd", true, "6.10.0", NULL },
	{ "erofs", "lz4hc", true, "5.14.0-503.el9.x86_64", TAILS },
	{ "erofs", "lz4hc", true, "5.16.20", TAILS },
	{ "erofs", "lz4", true, "4.18.0", TAILS },
	{ "erofs", "lz4hc", true, "5.17.0", NULL },
	{ "erofs", "lz4hc", true, "6.1.0-38-amd64", NULL },
	{ "erofs", "lz4hc", true, "generic", NULL },
	{ "erofs", "lz4hc", false, "5.14.0-503.el9.x86_64", NULL },
	{ "squashfs", "zstd", false, "5.14.0-503.el9.x86_64", NULL },
};

START_TEST(a_kernel_is_held_against_what_the_root_has)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_recipe recipe = { .root_format = cases[_i].format,
					  .root_compression = cases[_i].compression,
					  .root_pack_tails = cases[_i].pack_tails };
	const char *version = cases[_i].version;
	ib_autofree char *words = ib_strf("the kernel %s of a-1-1.noarch %s", version,
					  cases[_i].words ? cases[_i].words : "");

	if (!cases[_i].words)
		ck_ok(ib_work_check_kernel_version(&recipe, version, "a-1-1.noarch", &err));
	else
		ck_fails(ib_work_check_kernel_version(&recipe, version, "a-1-1.noarch", &err),
			 IB_INPUT, words);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("kernel_version");
	TCase *tcase = tcase_create("mount");

	tcase_add_loop_test(tcase, a_kernel_is_held_against_what_the_root_has, 0,
			    (int)IB_COUNT(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}
