/* SPDX-License-Identifier: Apache-2.0 */
/* Holds, pins and fast-tracks in a recipe. */
#include <stdlib.h>

#include "base/base.h"
#include "recipe/recipe.h"
#include "test.h"

#define FPR  "2BC94FFF7015A5F28F1537AD0CD9FED33135CE90"
#define KEYS "keys: [{file: key.asc, fingerprint: " FPR "}]"
#define GOOD \
	"format: 1\nimage: {id: node, version: \"1.0\", architecture: x86_64}\n" \
	"repositories: [{id: base, url: state1, " KEYS "}, {id: testing, url: t, not-automatic: " \
	"true, " KEYS "}]\n" \
	"packages: [bash]\n"

static int read_text(const char *text, struct ib_recipe **ret_recipe, struct ib_error *err)
{
	ib_autofree char *path = NULL;

	test_file("r.yaml", text, &path);
	return ib_recipe_read(path, ret_recipe, err);
}

START_TEST(each_reaches_its_member)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;

	ck_ok(read_text(GOOD
			"holds: [{package: kernel, reason: the driver knows this one only}]\n"
			"pins: [{package: openssl, evr: \"1:3.0.7-2.el9\", reason: certified}]\n"
			"fast-tracks: [{package: podman, evr: 5:5.2.5-1.fc40, repository: testing, "
			"advisory: FEDORA-2024-f0fd63c638, reason: a leak}]\n",
			&recipe, &err));
	ck_assert(!recipe->repositories[0].not_automatic && recipe->repositories[1].not_automatic);
	ck_assert_uint_eq(recipe->hold_count, 1);
	ck_assert_str_eq(recipe->holds[0].package, "kernel");
	ck_assert_str_eq(recipe->holds[0].reason, "the driver knows this one only");
	ck_assert_uint_eq(recipe->pin_count, 1);
	ck_assert_str_eq(recipe->pins[0].evr, "1:3.0.7-2.el9");
	ck_assert_ptr_null(recipe->pins[0].repository);
	ck_assert_uint_eq(recipe->pins[0].mark.line, 6);
	ck_assert_uint_eq(recipe->fast_track_count, 1);
	ck_assert_str_eq(recipe->fast_tracks[0].repository, "testing");
	ck_assert_str_eq(recipe->fast_tracks[0].advisory, "FEDORA-2024-f0fd63c638");
}
END_TEST

/* A lock fits with and without a hold, and with better words for a pin; not with another version. */
START_TEST(wishes_carry_what_decides_the_set)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO_STRINGS(wishes);
	ib_autofree char *joined = NULL;

	ck_ok(read_text(GOOD "holds: [{package: kernel, reason: why}]\n"
			     "pins: [{package: openssl, evr: 3.0.7, reason: certified}]\n"
			     "fast-tracks: [{package: podman, evr: 5:5.2.5-1, repository: testing, "
			     "reason: a leak}]\n",
			&recipe, &err));
	ib_recipe_wishes(recipe, &wishes);
	joined = ib_strings_join(&wishes, "\n");
	ck_assert(ib_strings_has(&wishes, "pins: openssl 3.0.7"));
	ck_assert(ib_strings_has(&wishes, "fast-tracks: podman 5:5.2.5-1 from testing"));
	ck_assert(ib_strings_has(&wishes, "repository testing: not automatic"));
	ck_assert_ptr_null(strstr(joined, "kernel"));
	ck_assert_ptr_null(strstr(joined, "certified"));
	ck_assert_ptr_null(strstr(joined, "repository base: not automatic"));
}
END_TEST

static const struct {
	const char *text;
	const char *error;
} refusals[] = {
	{ GOOD "pins: [{package: bash, evr: 5.2-1}]\n", "r.yaml:5:8: pin has no 'reason'" },
	{ GOOD "pins: [{package: bash, evr: 5.2-1, reason: \"\"}]\n",
	  "r.yaml:5:44: '' of 'reason' is not a reason" },
	{ GOOD "holds:\n  - package: bash\n", "r.yaml:6:5: hold has no 'reason'" },
	{ GOOD "fast-tracks: [{package: bash, evr: 5.2-1}]\n",
	  "r.yaml:5:15: fast-track has no 'reason'" },
	{ GOOD "pins: [{package: bash, reason: x}]\n", "r.yaml:5:8: pin has no 'evr'" },
	{ GOOD "pins: [{package: bash-5.2-1.x86_64 , evr: \"= 5\", reason: x}]\n",
	  "r.yaml:5:43: '= 5' of 'evr' is not a version" },
	{ GOOD "pins: [{package: \"bash >= 5\", evr: 5, reason: x}]\n",
	  "r.yaml:5:18: 'bash >= 5' of 'package' is not the name of a package" },
	{ GOOD "pins: [{package: bash, evr: 5, reason: x}, {package: bash, evr: 6, reason: x}]\n",
	  "r.yaml:5:44: pin 'bash' stands in the recipe twice" },
	{ GOOD "holds: [{package: bash, reason: x}]\npins: [{package: bash, evr: 5, reason: x}]\n",
	  "r.yaml:6:8: package 'bash' has a pin here and a hold at " },
	{ GOOD "fast-tracks: [{package: bash, evr: 5, repository: testin, reason: x}]\n",
	  "r.yaml:5:15: the fast-track of package 'bash' names repository 'testin', which the recipe "
	  "lacks" },
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_recipe *recipe = NULL;

	ck_fails(read_text(refusals[_i].text, &recipe, &err), IB_INPUT, refusals[_i].error);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("pins");
	TCase *tcase = tcase_create("pins");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, each_reaches_its_member);
	tcase_add_test(tcase, wishes_carry_what_decides_the_set);
	tcase_add_loop_test(tcase, what_is_wrong_is_told_with_its_place, 0,
			    (int)IB_COUNT(refusals));
	suite_add_tcase(suite, tcase);
	return suite;
}
