/* SPDX-License-Identifier: Apache-2.0 */
/* Repositories in a folder: what is believed of their metadata. */
#include "fetch_sink.h"

/* ---- repositories in a folder -------------------------------------------------- */

static const char primary_text[] = "the primary metadata";

/* repodata/repomd.xml with one record; the location may be a bad one. */
static void make_repository(const char *location, const char *size, const char *signature)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = ib_strf("%s/repo/repodata", test_dir);
	ib_autofree char *repomd = ib_strf("%s/repomd.xml", folder);
	ib_autofree char *asc = ib_strf("%s/repomd.xml.asc", folder);
	ib_autofree char *primary = ib_strf("%s/primary.xml", folder);
	ib_autofree char *text = NULL;
	char digest[65];

	ib_sha256_hex(primary_text, strlen(primary_text), digest);
	text = ib_strf("<?xml version=\"1.0\"?>\n"
		       "<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">"
		       "<revision>5</revision><data type=\"primary\">"
		       "<checksum type=\"sha256\">%s</checksum><location href=\"%s\"/>"
		       "<timestamp>1234567890</timestamp><size>%s</size></data></repomd>\n",
		       digest, location, size);
	ck_ok(ib_file_make_directory(folder, 0700, &err));
	ck_ok(ib_file_write(repomd, text, strlen(text), 0600, &err));
	ck_ok(ib_file_write(primary, primary_text, strlen(primary_text), 0600, &err));
	ck_ok(ib_file_remove_tree(asc, &err));
	if (signature)
		ck_ok(ib_file_write(asc, signature, strlen(signature), 0600, &err));
}

/* Believes the signature "good", over bytes that have not been touched. */
static int verify(void *context, const void *repomd, size_t repomd_size, const void *signature,
		  size_t signature_size, struct ib_error *err)
{
	(void)context;
	ck_assert(repomd_size > 5 && !memcmp(repomd, "<?xml", 5));
	if (signature_size != 4 || memcmp(signature, "good", 4) != 0)
		return ib_fail(err, IB_TRUST, "the signature is wrong");
	return 0;
}

static int open_repository(const char *url, bool is_signed, struct ib_fetch_index **ret_index,
			   struct ib_error *err)
{
	struct ib_fetch_repository repository = { .id = "base",
						  .urls = &url,
						  .url_count = 1,
						  .is_signed = is_signed,
						  .verify = is_signed ? verify : NULL };

	return ib_fetch_repomd(&repository, &quick, ret_index, err);
}

START_TEST(a_folder_is_a_repository)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_strf("%s/repo", test_dir);
	ib_autofree char *url = ib_strf("file://%s/", path);
	const char *const urls[] = { path, url };
	size_t i = 0;

	make_repository("repodata/primary.xml", "20", "good");
	for (i = 0; i < IB_COUNT(urls); i++) {
		struct folder folder = { .fds = { 0 } };
		const struct ib_fetch_sink sink = { &folder, sink_begin, sink_commit, sink_drop };
		IB_AUTO(ib_fetch_index) index = NULL;
		IB_AUTO(ib_fetch_index) again = NULL;
		struct ib_fetch_repository offline = { .id = "base",
						       .is_signed = true,
						       .verify = verify };
		struct ib_fetch_kept kept;
		struct ib_fetch_file file;

		ck_ok(open_repository(urls[i], true, &index, &err));
		ck_assert_int_eq(index->revision_time, 1234567890);
		ck_assert_uint_eq(index->record_count, 1);
		ck_assert_ptr_null(ib_fetch_index_find(index, "filelists"));
		file = ib_fetch_index_file(index, ib_fetch_index_find(index, "primary"));
		ck_ok(ib_fetch_files(&file, 1, &sink, &quick, &err));
		ck_assert(arrived(0));
		kept = (struct ib_fetch_kept){ index->repomd, index->repomd_size, index->signature,
					       index->signature_size };
		ck_ok(ib_fetch_index_read(&offline, &kept, &again, &err));
		ck_assert_str_eq(index->repomd_sha256, again->repomd_sha256);
	}
}
END_TEST

START_TEST(metadata_that_is_not_believed_is_refused)
{
	static const struct {
		const char *location;
		const char *size;
		const char *signature;
		enum ib_kind kind;
		const char *words;
	} cases[] = {
		{ "repodata/primary.xml", "20", "bad!", IB_TRUST, "the signature is wrong" },
		{ "repodata/primary.xml", "20", NULL, IB_TRUST, "must be signed" },
		{ "../primary.xml", "20", "good", IB_TRUST, "leaves it" },
		{ "/etc/passwd", "20", "good", IB_TRUST, "leaves it" },
		{ "repodata/primary.xml", "99999999999", "good", IB_LIMIT, "more than is taken" },
		{ "repodata/primary.xml", "0", "good", IB_INPUT, "does not fully describe" },
	};
	struct ib_error err = IB_ERROR_INIT;
	struct ib_fetch_index *index = NULL;
	ib_autofree char *path = ib_strf("%s/repo", test_dir);

	make_repository(cases[_i].location, cases[_i].size, cases[_i].signature);
	ck_fails(open_repository(path, true, &index, &err), cases[_i].kind, cases[_i].words);
}
END_TEST

START_TEST(kept_metadata_without_its_signature_is_not_believed)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_fetch_index *again = NULL;
	IB_AUTO(ib_fetch_index) index = NULL;
	ib_autofree char *path = ib_strf("%s/repo", test_dir);
	struct ib_fetch_repository repository = { .id = "base",
						  .is_signed = true,
						  .verify = verify };
	struct ib_fetch_kept kept = { .repomd = NULL };

	make_repository("repodata/primary.xml", "20", "good");
	ck_ok(open_repository(path, true, &index, &err));
	kept.repomd = index->repomd;
	kept.repomd_size = index->repomd_size;
	ck_fails(ib_fetch_index_read(&repository, &kept, &again, &err), IB_TRUST,
		 "no signature of its metadata is there");
	kept.signature = "evil";
	kept.signature_size = 4;
	ck_fails(ib_fetch_index_read(&repository, &kept, &again, &err), IB_TRUST,
		 "the signature is wrong");
}
END_TEST

START_TEST(a_signed_repository_without_a_judge_is_not_believed)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_fetch_index *index = NULL;
	ib_autofree char *path = ib_strf("%s/repo", test_dir);
	const char *const urls[] = { path };
	struct ib_fetch_repository repository = {
		.id = "base", .urls = urls, .url_count = 1, .is_signed = true
	};

	make_repository("repodata/primary.xml", "20", "good");
	ck_fails(ib_fetch_repomd(&repository, &quick, &index, &err), IB_TRUST, "nobody judges");
}
END_TEST

START_TEST(a_metadata_file_with_other_bytes_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_fetch_index) index = NULL;
	struct folder folder = { .fds = { 0 } };
	const struct ib_fetch_sink sink = { &folder, sink_begin, sink_commit, sink_drop };
	ib_autofree char *path = ib_strf("%s/repo", test_dir);
	ib_autofree char *primary = ib_strf("%s/repodata/primary.xml", path);
	struct ib_fetch_file file;

	make_repository("repodata/primary.xml", "20", NULL);
	ck_ok(ib_file_write(primary, "The primary metadata", 20, 0600, &err));
	ck_ok(open_repository(path, false, &index, &err));
	file = ib_fetch_index_file(index, ib_fetch_index_find(index, "primary"));
	ck_fails(ib_fetch_files(&file, 1, &sink, &quick, &err), IB_TRUST, "has the sha256 ");
	ck_assert(!arrived(0));
	ck_ok(ib_file_remove_tree(primary, &err));
	ck_fails(ib_fetch_files(&file, 1, &sink, &quick, &err), IB_MISSING, "no such file");
}
END_TEST

START_TEST(mirrors_and_metalinks_are_read_and_held_to)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_fetch_repository repository = { .id = "base" };
	ib_autofree char *list = NULL;
	ib_autofree char *metalink = NULL;
	ib_autofree char *repomd = ib_strf("%s/repo/repodata/repomd.xml", test_dir);
	ib_autofree char *text =
		ib_strf("# mirrors\nftp://nowhere/\nfile://%s/nothing\nfile://%s/repo\n", test_dir,
			test_dir);
	char digest[65];
	int round = 0;

	make_repository("repodata/primary.xml", "20", NULL);
	test_file("mirrors", text, &list);
	{
		IB_AUTO(ib_fetch_index) index = NULL;

		repository.mirrorlist = list;
		ck_ok(ib_fetch_repomd(&repository, &quick, &index, &err));
		ck_assert_uint_eq(index->url_count, 2);
		ck_assert(ib_str_ends(index->urls[0], "/repo"));
		repository.mirrorlist = NULL;
	}
	ck_ok(ib_sha256_file(repomd, digest, NULL, &err));
	for (round = 0; round < 2; round++) {
		struct ib_fetch_index *index = NULL;
		ib_autofree char *xml = NULL;

		digest[0] = round ? (digest[0] == 'f' ? 'e' : 'f') : digest[0];
		xml = ib_strf("<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\">"
			      "<files><file name=\"repomd.xml\"><size>1</size><verification>"
			      "<hash type=\"sha256\">%s</hash></verification><resources>"
			      "<url protocol=\"file\" type=\"file\" preference=\"100\">"
			      "file://%s/repo/repodata/repomd.xml</url></resources></file></files>"
			      "</metalink>",
			      digest, test_dir);
		ib_free(metalink);
		test_file("metalink.xml", xml, &metalink);
		repository.metalink = metalink;
		if (round) {
			ck_fails(ib_fetch_repomd(&repository, &quick, &index, &err), IB_TRUST,
				 "which its metalink does not name");
		} else {
			ck_ok(ib_fetch_repomd(&repository, &quick, &index, &err));
			ib_fetch_index_free(index);
		}
	}
	{
		struct ib_fetch_index *index = NULL;

		repository.metalink = "http://127.0.0.1:1/metalink";
		ck_fails(ib_fetch_repomd(&repository, &quick, &index, &err), IB_TRUST,
			 "it comes over http");
	}
}
END_TEST

START_TEST(a_real_repository_is_read)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_fetch_index) index = NULL;
	const char *path = test_shared_data("repos/osbuild_images/test/data/testrepo");
	struct folder folder = { .fds = { 0 } };
	const struct ib_fetch_sink sink = { &folder, sink_begin, sink_commit, sink_drop };
	struct ib_fetch_file files[3];
	const char *const types[] = { "primary", "filelists", "group_gz" };
	size_t i = 0;

	if (!path) {
		printf("passed over: ../shared/data is not here\n");
		return;
	}
	ck_ok(open_repository(path, false, &index, &err));
	ck_assert_str_eq(index->repomd_sha256,
			 "0cbe8e69f4c634b7e7ec43a8e165ec92d43767a28f8d16a046026a679d3f8442");
	for (i = 0; i < IB_COUNT(types); i++) {
		const struct ib_fetch_record *record = ib_fetch_index_find(index, types[i]);

		if (!record)
			record = ib_fetch_index_find(index, "group");
		files[i] = ib_fetch_index_file(index, record);
	}
	ck_ok(ib_fetch_files(files, IB_COUNT(files), &sink, &quick, &err));
	ck_assert(arrived(0) && arrived(1) && arrived(2));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("fetch_folder");
	TCase *tcase = tcase_create("fetch_folder");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, a_folder_is_a_repository);
	tcase_add_loop_test(tcase, metadata_that_is_not_believed_is_refused, 0, 6);
	tcase_add_test(tcase, kept_metadata_without_its_signature_is_not_believed);
	tcase_add_test(tcase, a_signed_repository_without_a_judge_is_not_believed);
	tcase_add_test(tcase, a_metadata_file_with_other_bytes_is_refused);
	tcase_add_test(tcase, mirrors_and_metalinks_are_read_and_held_to);
	tcase_add_test(tcase, a_real_repository_is_read);
	suite_add_tcase(suite, tcase);
	return suite;
}
