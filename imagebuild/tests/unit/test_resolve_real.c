/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve_small.h"

#define IMAGES   "repos/osbuild_images/test/data/testrepo/repodata/"
#define OSBUILD  "repos/osbuild_osbuild/test/data/testrepos/appstream/repodata/"
#define MAX_TEXT 4000

struct real {
	struct ib_resolve_repository repositories[2];
	char paths[6][MAX_TEXT];
};

static const char *keep(struct real *real, size_t i, const char *path)
{
	const char *found = test_shared_data(path);

	if (!found)
		return NULL;
	snprintf(real->paths[i], MAX_TEXT, "%s", found);
	return real->paths[i];
}

/* CentOS Stream 9 BaseOS and AppStream; false, with a word, where they are absent. */
static bool find_real(struct real *real)
{
	real->repositories[0] = (struct ib_resolve_repository){
		.id = "baseos",
		.priority = 99,
		.repomd_sha256 = "0cbe8e69f4c634b7e7ec43a8e165ec92d43767a28f8d16a046026a679d3f8442",
		.primary = keep(real, 0,
				IMAGES "130494033cb9bffa40828ebc814d016920d9ce5d60041467af283ffcf38"
				       "adef0-primary.xml.gz"),
		.filelists = keep(real, 1,
				  IMAGES "7b99933643e8bff43d3d82180e7d678fac89b6a1b9b8f5f88ea93a5c3"
					 "b9b5dbd-filelists.xml.gz"),
		.comps = keep(real, 2,
			      IMAGES "2ac4e27794f840034a13bb60800aba194e89fcd2175c87f57cfbd649139fe"
				     "ff3-comps-BaseOS.x86_64.xml.gz"),
	};
	real->repositories[1] = (struct ib_resolve_repository){
		.id = "appstream",
		.priority = 99,
		.repomd_sha256 = "2179a32c06d7ef69660881462e53786ae604834ca782b19517c076f3c182e2be",
		.primary = keep(real, 3,
				OSBUILD "c03bb2ebc33bbee3046da091b45d90717273a43d3641a9d84e6eede056"
					"37bc8a-primary.xml.gz"),
		.filelists = keep(real, 4,
				  OSBUILD "45124768eff5c16dea32a9f2edbe69bd858f4f9e4dde8f5c9615dd32"
					  "101b7ef8-filelists.xml.gz"),
		.comps = keep(real, 5,
			      OSBUILD "db284c8c2444a36ecf2240107e338f559e4262792492818e4ebf8ccb7a4"
				      "24e8a-comps-AppStream.x86_64.xml"),
	};
	if (!real->repositories[0].primary || !real->repositories[1].primary)
		printf("passed over: ../shared/data is not here\n");
	return real->repositories[0].primary && real->repositories[1].primary;
}

/* The columns that an oracle has, from our answer. */
static char *as_oracle(const struct ib_resolution *resolution)
{
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	for (i = 0; i < resolution->package_count; i++) {
		const struct ib_resolved_package *p = &resolution->packages[i];

		ib_strings_addf(&lines, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%llu", p->name,
				p->epoch, p->version, p->release, p->arch, p->repository,
				p->checksum_kind, p->checksum, p->location,
				(unsigned long long)p->size);
	}
	ib_strings_sort_unique(&lines);
	return ib_strings_join(&lines, "\n");
}

static char *read_oracle(const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_strf("oracles/derived-oracles/%s.tsv", name);
	ib_autofree char *text = NULL;
	IB_AUTO_STRINGS(lines);
	IB_AUTO_STRINGS(kept);
	size_t i = 0;

	ck_ok(ib_file_read_text(test_shared_data(path), 1 << 20, &text, &err));
	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++)
		if (lines.items[i][0] != '#')
			ib_strings_add(&kept, lines.items[i]);
	ib_strings_sort_unique(&kept);
	return ib_strings_join(&kept, "\n");
}

static const struct {
	const char *name;
	const char *wishes;
	size_t repositories;
	bool multilib;
} oracles[] = {
	{ "c9-bash", "bash", 2, false },
	{ "c9-minimal", "filesystem,bash,coreutils,systemd,dbus-broker,util-linux,kmod,procps-ng",
	  2, false },
	{ "c9-static", "setup,filesystem,tzdata,ca-certificates", 2, false },
	{ "c9-i686", "glibc.i686,bash", 2, true },
	{ "c9b-distroless", "setup,filesystem,tzdata", 1, false },
	{ "c9b-systemd", "systemd", 1, false },
};

START_TEST(the_answer_is_dnfs)
{
	struct ib_error err = IB_ERROR_INIT;
	struct real real;
	struct ib_resolve_request request;
	IB_AUTO(ib_resolution) resolution = NULL;
	IB_AUTO_STRINGS(words);
	ib_autofree char *expected = NULL;
	ib_autofree char *got = NULL;

	if (!find_real(&real))
		return;
	request = request_for(real.repositories, oracles[_i].repositories);
	request.multilib = oracles[_i].multilib;
	ib_strings_split(&words, oracles[_i].wishes, ",");
	request.root = wishes_of(&words);
	ck_ok(ib_resolve(&request, NULL, &resolution, &err));
	expected = read_oracle(oracles[_i].name);
	got = as_oracle(resolution);
	ck_assert_str_eq(got, expected);
}
END_TEST

START_TEST(what_dnf_cannot_resolve_is_refused_with_its_reason)
{
	struct real real;
	struct ib_resolve_request request;

	if (!find_real(&real))
		return;
	request = request_for(real.repositories, 2);
	check_refused(&request, "dnf,rpm-build",
		      "nothing provides 'rpm = 4.16.1.3-36.el9', which package "
		      "'rpm-build-4.16.1.3-36.el9.x86_64'",
		      "Add a repository that provides 'rpm = 4.16.1.3-36.el9'");
}
END_TEST

/* Resolving exactly a set's packages adds nothing: the set is closed. */
static void check_closed(const struct ib_resolve_request *request,
			 const struct ib_resolution *resolution, bool initrd)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_resolve_request again = *request;
	ib_autofree char *names = names_of(resolution, !initrd, initrd);
	ib_autofree char *got = NULL;
	IB_AUTO(ib_resolution) answer = NULL;
	IB_AUTO_STRINGS(words);

	ib_strings_split(&words, names, " ");
	again.root = wishes_of(&words);
	again.initrd.count = 0;
	ck_ok(ib_resolve(&again, NULL, &answer, &err));
	got = names_of(answer, true, false);
	ck_assert_str_eq(got, names);
}

START_TEST(both_sets_of_a_real_system_are_closed_in_any_order_and_from_the_cache)
{
	struct ib_error err = IB_ERROR_INIT;
	struct real real;
	struct ib_resolve_repository turned[2];
	const char *const root[] = { "bash", "systemd", "@hardware-monitoring" };
	const char *const initrd[] = { "systemd-udev", "kmod", "cryptsetup-libs", "util-linux" };
	ib_autofree char *first = NULL;
	int round = 0;

	if (!find_real(&real))
		return;
	turned[0] = real.repositories[1];
	turned[1] = real.repositories[0];
	for (round = 0; round < 3; round++) {
		struct ib_resolve_request request =
			request_for(round ? turned : real.repositories, 2);
		IB_AUTO(ib_resolution) resolution = NULL;
		ib_autofree char *text = NULL;

		request.root = (struct ib_resolve_wishes){ root, IB_COUNT(root) };
		request.initrd = (struct ib_resolve_wishes){ initrd, IB_COUNT(initrd) };
		request.cache = test_dir;
		ck_ok(ib_resolve(&request, NULL, &resolution, &err));
		text = as_oracle(resolution);
		if (!first)
			first = ib_strdup(text);
		ck_assert_str_eq(text, first);
		check_closed(&request, resolution, false);
		check_closed(&request, resolution, true);
	}
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("resolve_real");
	TCase *tcase = tcase_create("resolve_real");

	tcase_add_checked_fixture(tcase, begin, finish);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, the_answer_is_dnfs, 0, (int)IB_COUNT(oracles));
	tcase_add_test(tcase, what_dnf_cannot_resolve_is_refused_with_its_reason);
	tcase_add_test(tcase,
		       both_sets_of_a_real_system_are_closed_in_any_order_and_from_the_cache);
	suite_add_tcase(suite, tcase);
	return suite;
}
