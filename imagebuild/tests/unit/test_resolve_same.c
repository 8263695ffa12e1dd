/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>

#include "resolve_small.h"

/* Full of choices between equals, where an order that leaks would show. */
static const char one[] = "w 1-1 noarch r:x r:y w:z\n"
			  "a 1-1 noarch p:x\nm 1-1 noarch p:x p:y\nq 1-1 noarch p:x c:m\n"
			  "y-b 1-1 noarch p:y\ny-a 1-1 noarch p:y r:x\ny-I 1-1 noarch p:y\n"
			  "z-1 1-1 noarch p:z\nz-2 1-1 noarch p:z\nz-i 1-1 noarch p:z\n"
			  "v 1-1 noarch r:(z_or_x) r:y\n";
static const char two[] = "q 1-1 noarch p:x c:m\na 1-1 noarch p:x\ny-a 1-1 noarch p:y r:x\n"
			  "n 1-1 noarch p:z p:x\n";

/* The lines in another order, a different one for each seed. */
static char *shuffled(const char *text, uint32_t seed)
{
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ib_strings_split(&lines, text, "\n");
	for (i = lines.count; i > 1; i--) {
		size_t j = 0;
		char *kept = lines.items[i - 1];

		seed = seed * 1103515245 + 12345;
		j = (seed >> 8) % i;
		lines.items[i - 1] = lines.items[j];
		lines.items[j] = kept;
	}
	return ib_strings_join(&lines, "\n");
}

static char *answer(const struct ib_resolve_request *request)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_resolution) resolution = NULL;
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ck_ok(ib_resolve(request, NULL, &resolution, &err));
	for (i = 0; i < resolution->package_count; i++) {
		const struct ib_resolved_package *p = &resolution->packages[i];

		ib_strings_addf(&lines, "%s %s %s", p->nevra, p->repository,
				p->root_why.dependency ? p->root_why.dependency : "-");
		ib_resolution_explain(resolution, i, !p->root, &lines);
	}
	return ib_strings_join(&lines, "\n");
}

START_TEST(no_order_locale_or_cache_changes_the_answer)
{
	static const char *const locales[] = { "C", "C.UTF-8", "tr_TR.UTF-8", "" };
	const char *const wishes[] = { "w", "v", "y" };
	const char *const turned[] = { "y", "w", "v" };
	ib_autofree char *first = NULL;
	uint32_t seed = 0;

	for (seed = 0; seed < 24; seed++) {
		ib_autofree char *text_one = shuffled(one, seed);
		ib_autofree char *text_two = shuffled(two, seed + 7);
		struct ib_resolve_repository repositories[2];
		struct ib_resolve_request request = request_for(repositories, 2);
		char digests[2][65];
		int warm = 0;

		repositories[seed % 2] = small("one", text_one);
		repositories[1 - seed % 2] = small("two", text_two);
		snprintf(digests[0], 65, "%064u", 2 * seed);
		snprintf(digests[1], 65, "%064u", 2 * seed + 1);
		repositories[0].repomd_sha256 = digests[0];
		repositories[1].repomd_sha256 = digests[1];
		request.root = (struct ib_resolve_wishes){ seed % 3 ? wishes : turned, 3 };
		request.initrd = (struct ib_resolve_wishes){ wishes, 1 };
		request.weak_dependencies = true;
		request.cache = seed % 4 ? test_dir : NULL;
		setlocale(LC_ALL, locales[seed % IB_COUNT(locales)]);
		for (warm = 0; warm < 2; warm++) {
			ib_autofree char *got = answer(&request);

			if (!first)
				first = ib_strdup(got);
			ck_assert_str_eq(got, first);
		}
	}
	setlocale(LC_ALL, "C");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("resolve_same");
	TCase *tcase = tcase_create("same");

	tcase_add_checked_fixture(tcase, begin, finish);
	tcase_add_test(tcase, no_order_locale_or_cache_changes_the_answer);
	suite_add_tcase(suite, tcase);
	return suite;
}
