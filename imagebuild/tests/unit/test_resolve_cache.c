/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "resolve_small.h"

START_TEST(the_cache_is_used_and_a_damaged_one_is_not)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);
	ib_autofree char *cached = ib_strf("%s/%064d-primary.solv", test_dir, 7);
	char digest[65];
	IB_AUTO_BUFFER(good, 1 << 20);
	size_t at = 0;

	snprintf(digest, sizeof(digest), "%064d", 7);
	repository.repomd_sha256 = digest;
	request.cache = test_dir;
	check_answer(&request, "deep", "", "deep-1-1.noarch rare-1-1.noarch", "");
	ck_ok(ib_file_read(cached, &good, &err));

	/* From the cache alone: the XML is gone, both of it. */
	drop(&repository);
	check_answer(&request, "deep", "", "deep-1-1.noarch rare-1-1.noarch", "");

	/* Any flipped byte: made again from XML, which would fail if it were believed. */
	for (at = 0; at < good.size; at += 97) {
		struct ib_resolution *resolution = NULL;
		const char *const wish[] = { "lib" };

		good.data[at] ^= 0x40;
		ck_ok(ib_file_write(cached, good.data, good.size, 0600, &err));
		good.data[at] ^= 0x40;
		request.root = (struct ib_resolve_wishes){ wish, 1 };
		ck_fails(ib_resolve(&request, NULL, &resolution, &err), IB_MISSING,
			 "could not open metadata");
	}

	/* Metadata that changed has another digest, and so another cache. */
	repository = small("base", "lib 9-1 x86_64\n");
	snprintf(digest, sizeof(digest), "%064d", 8);
	repository.repomd_sha256 = digest;
	check_answer(&request, "lib", "", "lib-9-1.x86_64", "");
	/* A file of one digest under the name of another is not believed. */
	ck_assert_int_eq(rename(cached, cached), 0);
	snprintf(digest, sizeof(digest), "%064d", 9);
	{
		ib_autofree char *renamed = ib_strf("%s/%064d-primary.solv", test_dir, 9);

		ck_ok(ib_file_write(renamed, good.data, good.size, 0600, &err));
		check_answer(&request, "lib", "", "lib-9-1.x86_64", "");
	}
}
END_TEST

START_TEST(file_lists_are_read_only_when_they_matter)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);
	static const struct {
		const char *wish;
		bool read;
	} cases[] = { { "app", false }, { "/usr/bin/app", false },        { "deep", true },
		      { "new", false }, { "/usr/share/rare/file", true }, { "webserver", false } };
	IB_AUTO(ib_resolution) resolution = NULL;

	request.root = (struct ib_resolve_wishes){ &cases[_i].wish, 1 };
	ck_ok(ib_resolve(&request, NULL, &resolution, &err));
	ck_assert_int_eq(resolution->filelists_read, cases[_i].read);
}
END_TEST

START_TEST(what_has_to_be_there_before_needs_file_lists_too)
{
	static const char text[] = "deep 1-1 noarch r:!/usr/share/rare/file\n"
				   "rare 1-1 noarch l:/usr/share/rare/file\n";
	struct ib_resolve_repository repository = small("base", text);
	struct ib_resolve_request request = request_for(&repository, 1);

	check_answer(&request, "deep", "", "deep-1-1.noarch rare-1-1.noarch", "");
}
END_TEST

START_TEST(metadata_longer_than_it_was_said_to_be_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = small("base", base_text);
	struct ib_resolve_request request = request_for(&repository, 1);
	struct ib_resolution *resolution = NULL;
	const char *const wish[] = { "/usr/share/rare/file" };
	struct stat primary;
	struct stat lists;

	ck_assert_int_eq(stat(repository.primary, &primary), 0);
	ck_assert_int_eq(stat(repository.filelists, &lists), 0);
	request.root = (struct ib_resolve_wishes){ wish, 1 };
	repository.primary_size = (uint64_t)primary.st_size;
	repository.filelists_size = (uint64_t)lists.st_size;
	check_answer(&request, wish[0], "", "rare-1-1.noarch", "");
	request.root = (struct ib_resolve_wishes){ wish, 1 };
	request.initrd.count = 0;
	repository.filelists_size--;
	ck_fails(ib_resolve(&request, NULL, &resolution, &err), IB_LIMIT, "longer, decompressed");
	repository.primary_size--;
	ck_fails(ib_resolve(&request, NULL, &resolution, &err), IB_LIMIT, "longer, decompressed");
}
END_TEST

static void copy(const char *from, const char *to)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(b, 1 << 20);

	ck_ok(ib_file_read(from, &b, &err));
	ck_ok(ib_file_write(to, b.data, b.size, 0600, &err));
}

/* A good file of the cache in the place of another: of other metadata, or of another kind. */
START_TEST(a_swapped_or_replayed_cache_is_not_believed)
{
	struct ib_resolve_repository before = small("base", "lib 1-1 x86_64\n");
	struct ib_resolve_request request = request_for(&before, 1);
	ib_autofree char *old = ib_strf("%s/%064d-primary.solv", test_dir, 1);
	ib_autofree char *new = ib_strf("%s/%064d-primary.solv", test_dir, 2);
	ib_autofree char *lists = ib_strf("%s/%064d-filelists.solv", test_dir, 2);
	char one[65];
	char two[65];

	snprintf(one, sizeof(one), "%064d", 1);
	snprintf(two, sizeof(two), "%064d", 2);
	request.cache = test_dir;
	before.repomd_sha256 = one;
	check_answer(&request, "lib", "", "lib-1-1.x86_64", "");
	before = small("base",
		       "lib 2-1 x86_64 r:/usr/share/rare\nrare 1-1 noarch l:/usr/share/rare\n");
	before.repomd_sha256 = two;
	check_answer(&request, "lib", "", "lib-2-1.x86_64 rare-1-1.noarch", "");

	/* Replayed: yesterday's under today's name. */
	copy(old, new);
	check_answer(&request, "lib", "", "lib-2-1.x86_64 rare-1-1.noarch", "");
	/* Swapped: file lists for packages, and the other way round. */
	copy(lists, new);
	check_answer(&request, "lib", "", "lib-2-1.x86_64 rare-1-1.noarch", "");
	copy(new, lists);
	check_answer(&request, "lib", "", "lib-2-1.x86_64 rare-1-1.noarch", "");
	/* Empty, and cut short. */
	ck_assert_int_eq(truncate(new, 0), 0);
	check_answer(&request, "lib", "", "lib-2-1.x86_64 rare-1-1.noarch", "");
	ck_assert_int_eq(truncate(new, 100), 0);
	check_answer(&request, "lib", "", "lib-2-1.x86_64 rare-1-1.noarch", "");
}
END_TEST

START_TEST(zchunk_is_refused_in_words)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_repository repository = small("base", "lib 1-1 x86_64\n");
	struct ib_resolve_request request = request_for(&repository, 1);
	struct ib_resolution *resolution = NULL;
	const char *const wish[] = { "lib" };
	ib_autofree char *path = NULL;

	test_file("primary.xml.zck", "-ZCK1 and more", &path);
	{
		IB_AUTO_BUFFER(b, 100);

		ck_ok(ib_file_read(path, &b, &err));
		b.data[0] = '\0';
		ck_ok(ib_file_write(path, b.data, b.size, 0600, &err));
	}
	repository.primary = path;
	request.root = (struct ib_resolve_wishes){ wish, 1 };
	ck_fails(ib_resolve(&request, NULL, &resolution, &err), IB_INPUT,
		 "is compressed as zchunk, which cannot be read here");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("resolve_cache");
	TCase *tcase = tcase_create("resolve_cache");

	tcase_add_checked_fixture(tcase, begin, finish);
	tcase_add_test(tcase, the_cache_is_used_and_a_damaged_one_is_not);
	tcase_add_test(tcase, a_swapped_or_replayed_cache_is_not_believed);
	tcase_add_test(tcase, zchunk_is_refused_in_words);
	tcase_add_loop_test(tcase, file_lists_are_read_only_when_they_matter, 0, 6);
	tcase_add_test(tcase, what_has_to_be_there_before_needs_file_lists_too);
	tcase_add_test(tcase, metadata_longer_than_it_was_said_to_be_is_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}
