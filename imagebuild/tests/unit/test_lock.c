/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/base.h"
#include "package/lock.h"
#include "test.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define KEY "2BC94FFF7015A5F28F1537AD0CD9FED33135CE90"

static const struct ib_lock_scriptlet scriptlets[] = {
	{ "preun", B64, "skip", "nothing to stop: the image is never changed" },
	{ "post", A64, "native users,ldconfig", NULL },
};

static struct ib_lock_package package(const char *nevra, const char *name)
{
	return (struct ib_lock_package){
		.nevra = nevra,
		.name = name,
		.arch = "x86_64",
		.sha256 = A64,
		.size = 1234,
		.repository = "base",
		.location = "Packages/x.rpm",
		.source_rpm = "x-1-1.src.rpm",
		.signer = KEY,
		.header_sha256 = B64,
		.root = true,
	};
}

static struct ib_lock *example(void)
{
	struct ib_lock *lock = ib_lock_new();
	struct ib_lock_repository *repository = ib_arena_alloc(lock->arena, sizeof(*repository));
	struct ib_lock_package *packages = ib_arena_alloc(lock->arena, 4 * sizeof(*packages));

	lock->architecture = "x86_64";
	lock->build_time = 1700000000;
	ib_strings_add(&lock->wishes, "weak-dependencies: false");
	ib_strings_add(&lock->wishes, "packages: bash");
	ib_strings_add(&lock->wishes, "packages: dbus");
	*repository = (struct ib_lock_repository){ "base", C64, 1700000001 };
	lock->repositories = repository;
	lock->repository_count = 1;
	packages[0] = package("kernel-6.10-1.x86_64", "kernel");
	packages[1] = package("dbus-1:1.14-1.x86_64", "dbus");
	packages[1].initrd = true;
	packages[1].scriptlets = scriptlets;
	packages[1].scriptlet_count = IB_COUNT(scriptlets);
	packages[2] = package("kernel-6.9-1.x86_64", "kernel");
	packages[3] = package("bash-5.2-1.x86_64", "bash");
	packages[3].source_rpm = "";
	lock->packages = packages;
	lock->package_count = 4;
	return lock;
}

#define PACKAGE(nevra, source, more) \
	"  - {nevra: " nevra ", sha256: " A64 ", repository: base, location: Packages/x.rpm, " \
	"source: " source ", signer: " KEY ", header: " B64 ", size: 1234, into: " more "}\n"

static const char text[] =
	"# The package set that a build obeys: imagebuild-lock(5). Written by 'imagebuild lock', "
	"not by hand.\n"
	"format: 1\n"
	"architecture: x86_64\n"
	"build-time: 1700000000\n"
	"wishes:\n"
	"  - \"packages: bash\"\n"
	"  - \"packages: dbus\"\n"
	"  - \"weak-dependencies: false\"\n"
	"repositories:\n"
	"  - {id: base, repomd: " C64 ", newest: 1700000001}\n"
	"packages:\n" PACKAGE("bash-5.2-1.x86_64", "\"\"", "[root]")
		PACKAGE("dbus-1:1.14-1.x86_64", "x-1-1.src.rpm",
			"[root, initrd], scriptlets: [\n"
			"      {kind: post, digest: " A64
			", decision: \"native users,ldconfig\"},\n"
			"      {kind: preun, digest: " B64
			", decision: skip, reason: \"nothing to stop: the image is never "
			"changed\"},\n"
			"    ]") PACKAGE("kernel-6.9-1.x86_64", "x-1-1.src.rpm", "[root]")
			PACKAGE("kernel-6.10-1.x86_64", "x-1-1.src.rpm", "[root]");

START_TEST(a_lock_has_one_text)
{
	IB_AUTO(ib_lock) lock = example();
	ib_autofree char *written = ib_lock_text(lock);

	ck_assert_str_eq(written, text);
}
END_TEST

START_TEST(what_was_written_is_read_back)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_lock) lock = NULL;
	ib_autofree char *again = NULL;

	ck_ok(ib_lock_parse(text, "node.lock", &lock, &err));
	ck_assert_uint_eq(lock->package_count, 4);
	ck_assert_str_eq(lock->packages[1].name, "dbus");
	ck_assert_str_eq(lock->packages[1].arch, "x86_64");
	ck_assert(lock->packages[1].root && lock->packages[1].initrd);
	ck_assert(!lock->packages[0].initrd);
	ck_assert_uint_eq(lock->packages[1].scriptlet_count, 2);
	ck_assert_ptr_null(lock->packages[1].scriptlets[0].reason);
	ck_assert_str_eq(lock->packages[1].scriptlets[1].decision, "skip");
	ck_assert_int_eq(lock->repositories[0].revision_time, 1700000001);
	ck_assert_uint_eq(lock->wishes.count, 3);
	again = ib_lock_text(lock);
	ck_assert_str_eq(again, text);
}
END_TEST

START_TEST(a_lock_of_nothing_reads_back_too)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_lock) lock = ib_lock_new();
	IB_AUTO(ib_lock) again = NULL;
	ib_autofree char *written = NULL;

	lock->architecture = "aarch64";
	written = ib_lock_text(lock);
	ck_ok(ib_lock_parse(written, "node.lock", &again, &err));
	ck_assert_uint_eq(again->package_count, 0);
}
END_TEST

/* Each takes one place of the good lock and writes something else there. */
static const struct edit {
	const char *from;
	const char *to;
	const char *error;
} edits[] = {
	{ "format: 1\n", "format: 2\n", "node.lock:2:9: '2' of 'format' is not one" },
	{ "architecture: x86_64", "architecture: sparc", "'sparc' of 'architecture' is not" },
	{ "build-time: 1700000000", "build-time: soon", "'soon' of 'build-time' is not a number" },
	{ "build-time: 1700000000", "build-time: 01700000000", "node.lock:4: not as" },
	{ "size: 1234", "size: -1", "'-1' of 'size' is not a number" },
	{ "sha256: a", "sha256: A", "of 'sha256' is not a SHA-256" },
	{ "header: b", "header: z", "of 'header' is not a SHA-256" },
	{ "signer: 2B", "signer: 2b", "of 'signer' is not a fingerprint" },
	{ "location: Packages/x.rpm", "location: ../x.rpm",
	  "'../x.rpm' of 'location' is not a path inside the repository" },
	{ "location: Packages/x.rpm", "location: /x.rpm", "is not a path inside the repository" },
	{ "source: x-1-1.src.rpm", "source: x", "'x' of 'source' is not the file name" },
	{ "nevra: bash-5.2-1.x86_64", "nevra: bash", "'bash' of 'nevra' is not name-" },
	{ "nevra: bash-5.2-1.x86_64", "nevra: zbash-5.2-1.x86_64",
	  "node.lock:13:5: package 'dbus-1:1.14-1.x86_64' stands here out of order" },
	{ "nevra: kernel-6.9-1.x86_64", "nevra: kernel-6.10-1.x86_64",
	  "package 'kernel-6.10-1.x86_64' stands here a second time" },
	{ "repository: base", "repository: other",
	  "package 'bash-5.2-1.x86_64' is of repository 'other', which the lock does not list" },
	{ "into: [root]", "into: []", "package 'bash-5.2-1.x86_64' goes into nothing" },
	{ "into: [root]", "into: [boot]", "'boot' of 'into' is not root or initrd" },
	{ "into: [root, initrd]", "into: [initrd, root]", "node.lock:13: not as" },
	{ "kind: post,", "kind: past,", "'past' of 'kind' is not a kind of scriptlet" },
	{ "decision: skip", "decision: run", "'run' of 'decision' is not 'skip'" },
	{ "decision: skip, reason: \"nothing to stop: the image is never changed\"",
	  "decision: skip", "'reason' goes with decision skip" },
	{ "decision: skip,", "decision: native users,", "'reason' goes with decision skip" },
	{ "  - {id: base", "  - {id:  base", "node.lock:10: not as 'imagebuild lock' writes it" },
	{ "into: [root]}", "into: [root], more: x}", "node.lock:12: not as" },
	{ "\"packages: bash\"", "'packages: bash'", "node.lock:6: not as" },
	{ "\"packages: bash\"", "\"packages: zsh\"", "node.lock:6: not as" },
	{ "\"packages: bash\"", "bash", "'bash' of 'wishes' is not a line" },
	{ "packages:\n", "parcels:\n", "node.lock:2:1: there is no 'packages'" },
	{ "wishes:\n", "wishes: x\nmore:\n", "'x' of 'wishes' is not a list" },
	{ "# The", "# the", "node.lock:1: not as" },
};

static char *edited(const struct edit *edit)
{
	const char *at = strstr(text, edit->from);

	ck_assert_ptr_nonnull(at);
	return ib_strf("%.*s%s%s", (int)(at - text), text, edit->to, at + strlen(edit->from));
}

START_TEST(a_lock_edited_by_hand_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_lock *lock = NULL;
	ib_autofree char *changed = edited(&edits[_i]);

	ck_fails(ib_lock_parse(changed, "node.lock", &lock, &err), IB_INPUT, edits[_i].error);
	ck_assert_ptr_null(lock);
}
END_TEST

START_TEST(a_newline_more_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_lock *lock = NULL;
	ib_autofree char *longer = ib_strf("%s\n", text);

	ck_fails(ib_lock_parse(longer, "node.lock", &lock, &err), IB_INPUT, "node.lock:19: not as");
}
END_TEST

START_TEST(a_lock_that_is_not_there_says_how_to_make_it)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_lock *lock = NULL;

	ck_assert_int_eq(ib_lock_read("/nowhere/node.lock", &lock, &err), -IB_INPUT);
	ck_assert_str_eq(err.text, "there is no lock '/nowhere/node.lock'");
	ck_assert_str_eq(err.hint, "'imagebuild lock RECIPE' makes it.");
	ib_error_clear(&err);
}
END_TEST

START_TEST(a_lock_fits_the_wishes_that_it_was_made_for)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_lock) lock = NULL;
	IB_AUTO_STRINGS(wishes);

	ck_ok(ib_lock_parse(text, "node.lock", &lock, &err));
	ib_strings_add(&wishes, "packages: bash");
	ib_strings_add(&wishes, "packages: dbus");
	ib_strings_add(&wishes, "weak-dependencies: false");
	ck_ok(ib_lock_fits(lock, "node.lock", &wishes, &err));
}
END_TEST

START_TEST(a_lock_that_no_longer_fits_says_what_changed)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_lock) lock = NULL;
	IB_AUTO_STRINGS(wishes);

	ck_ok(ib_lock_parse(text, "node.lock", &lock, &err));
	ib_strings_add(&wishes, "initrd-packages: %s");
	ib_strings_add(&wishes, "packages: bash");
	ib_strings_add(&wishes, "weak-dependencies: true");
	ck_assert_int_eq(ib_lock_fits(lock, "node.lock", &wishes, &err), -IB_INPUT);
	ck_assert_str_eq(err.text,
			 "node.lock no longer fits: "
			 "the recipe now also asks for package '%s' in the initrd; the lock was "
			 "made without it; "
			 "the recipe no longer asks for package 'dbus'; the lock was made with it; "
			 "the recipe no longer says 'weak-dependencies: false'; the lock was made "
			 "with it; "
			 "the recipe now says 'weak-dependencies: true'; the lock was made without "
			 "it");
	ck_assert_str_eq(err.hint, "Run 'imagebuild lock' and look at what changes.");
	ib_error_clear(&err);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("lock");
	TCase *tcase = tcase_create("lock");

	tcase_add_test(tcase, a_lock_has_one_text);
	tcase_add_test(tcase, what_was_written_is_read_back);
	tcase_add_test(tcase, a_lock_of_nothing_reads_back_too);
	tcase_add_loop_test(tcase, a_lock_edited_by_hand_is_refused, 0, IB_COUNT(edits));
	tcase_add_test(tcase, a_newline_more_is_refused);
	tcase_add_test(tcase, a_lock_that_is_not_there_says_how_to_make_it);
	tcase_add_test(tcase, a_lock_fits_the_wishes_that_it_was_made_for);
	tcase_add_test(tcase, a_lock_that_no_longer_fits_says_what_changed);
	suite_add_tcase(suite, tcase);
	return suite;
}
