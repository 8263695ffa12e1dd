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
	{ "preun", B64, "skip", "nothing to stop: the image is never changed", NULL },
	{ "post", A64, "native users,ldconfig", NULL, NULL },
	{ "posttrans", C64, "run", NULL, A64 },
};

/* Out of order, and dbus named where there are two kernels. */
static const struct ib_lock_edge edges[] = {
	{ "kernel-6.9-1.x86_64", "kernel", true },
	{ "dbus-1:1.14-1.x86_64", "libdbus-1.so.3()(64bit)", false },
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
		.root_why = { IB_LOCK_WISHED, name, NULL },
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
	ib_strings_add(&lock->accounts, "user dbus 998");
	ib_strings_add(&lock->accounts, "group dbus 997");
	*repository = (struct ib_lock_repository){ "base", C64, "1699999999", 1700000001 };
	lock->repositories = repository;
	lock->repository_count = 1;
	packages[0] = package("kernel-6.10-1.x86_64", "kernel");
	packages[1] = package("dbus-1:1.14-1.x86_64", "dbus");
	packages[1].initrd = true;
	packages[1].initrd_why = (struct ib_lock_why){ IB_LOCK_SUPPLEMENTS, "systemd", NULL };
	packages[1].root_why = (struct ib_lock_why){ IB_LOCK_REQUIRED, "libdbus-1.so.3()(64bit)",
						     "bash-5.2-1.x86_64" };
	packages[1].scriptlets = scriptlets;
	packages[1].scriptlet_count = IB_COUNT(scriptlets);
	packages[2] = package("kernel-6.9-1.x86_64", "kernel");
	packages[3] = package("bash-5.2-1.x86_64", "bash");
	packages[2].root_why =
		(struct ib_lock_why){ IB_LOCK_RECOMMENDED, "kernel", "bash-5.2-1.x86_64" };
	packages[3].source_rpm = "";
	packages[3].edges = edges;
	packages[3].edge_count = IB_COUNT(edges);
	lock->packages = packages;
	lock->package_count = 4;
	return lock;
}

#define PACKAGE(nevra, source, more) \
	"      - {nevra: " nevra ", sha256: " A64 ", repository: base, " \
	"location: Packages/x.rpm, source: " source ", signer: " KEY ", header: " B64 \
	", size: 1234, into: " more "}\n"

static const char text[] =
	"# The package set that a build obeys: imagebuild-lock(5). Written by 'imagebuild lock', "
	"not by hand.\n"
	"format: 2\n"
	"architectures:\n"
	"  - architecture: x86_64\n"
	"    build-time: 1700000000\n"
	"    wishes:\n"
	"      - \"packages: bash\"\n"
	"      - \"packages: dbus\"\n"
	"      - \"weak-dependencies: false\"\n"
	"    repositories:\n"
	"      - {id: base, repomd: " C64 ", revision: \"1699999999\", newest: 1700000001}\n"
	"    accounts:\n"
	"      - group dbus 997\n"
	"      - user dbus 998\n"
	"    packages:\n" PACKAGE("bash-5.2-1.x86_64", "\"\"",
				  "[root], why: {wish: bash},\n"
				  "        requires: {dbus: libdbus-1.so.3()(64bit)},\n"
				  "        recommends: {kernel-6.9-1.x86_64: kernel}")
		PACKAGE("dbus-1:1.14-1.x86_64", "x-1-1.src.rpm",
			"[root, initrd], why: {package: bash, requires: libdbus-1.so.3()(64bit)}, "
			"initrd-why: {supplements: systemd},\n"
			"        scriptlets: [\n"
			"          {kind: post, digest: " A64
			", decision: \"native users,ldconfig\"},\n"
			"          {kind: preun, digest: " B64
			", decision: skip, reason: \"nothing to stop: the image is never "
			"changed\"},\n"
			"          {kind: posttrans, digest: " C64 ", decision: run, effects: " A64
			"},\n"
			"        ]") PACKAGE("kernel-6.9-1.x86_64", "x-1-1.src.rpm",
					     "[root], why: {package: bash, recommends: kernel}")
			PACKAGE("kernel-6.10-1.x86_64", "x-1-1.src.rpm",
				"[root], why: {wish: kernel}");

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
	uint32_t id = 0;

	ck_ok(ib_lock_parse(text, "node.lock", &lock, &err));
	ck_assert_uint_eq(lock->package_count, 4);
	ck_assert_str_eq(lock->packages[1].name, "dbus");
	ck_assert_str_eq(lock->packages[1].arch, "x86_64");
	ck_assert(lock->packages[1].root && lock->packages[1].initrd);
	ck_assert(!lock->packages[0].initrd);
	ck_assert_uint_eq(lock->packages[1].scriptlet_count, 3);
	ck_assert_str_eq(lock->packages[1].scriptlets[2].effects, A64);
	ck_assert_str_eq(lock->packages[1].root_why.package, "bash-5.2-1.x86_64");
	ck_assert_int_eq(lock->packages[1].initrd_why.reason, IB_LOCK_SUPPLEMENTS);
	ck_assert_int_eq(lock->packages[0].initrd_why.reason, IB_LOCK_ABSENT);
	ck_assert_uint_eq(lock->packages[0].edge_count, 2);
	ck_assert_str_eq(lock->packages[0].edges[0].package, "dbus-1:1.14-1.x86_64");
	ck_assert_str_eq(lock->packages[0].edges[1].package, "kernel-6.9-1.x86_64");
	ck_assert(lock->packages[0].edges[1].recommended);
	ck_assert(ib_lock_account(lock, true, "dbus", &id));
	ck_assert_uint_eq(id, 998);
	ck_assert(ib_lock_account(lock, false, "dbus", &id));
	ck_assert_uint_eq(id, 997);
	ck_assert(!ib_lock_account(lock, true, "dbu", &id));
	ck_assert_str_eq(lock->repositories[0].revision, "1699999999");
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
	{ "format: 2\n", "format: 1\n", "node.lock:2:9: '1' of 'format' is not the one" },
	{ "format: 2\n", "format: 1\nimage: {id: node}\n", "this is a recipe, not a lock" },
	{ "format: 2\n", "format: 3\n", "node.lock:2:9: '3' of 'format' is not the one" },
	{ "architecture: x86_64", "architecture: sparc", "'sparc' of 'architecture' is not" },
	{ "build-time: 1700000000", "build-time: soon", "'soon' of 'build-time' is not a number" },
	{ "build-time: 1700000000", "build-time: 01700000000", "node.lock:5: not as" },
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
	  "node.lock:19:9: package 'dbus-1:1.14-1.x86_64' stands here out of order" },
	{ "nevra: kernel-6.9-1.x86_64", "nevra: kernel-6.10-1.x86_64",
	  "package 'kernel-6.10-1.x86_64' stands here a second time" },
	{ "repository: base", "repository: other",
	  "package 'bash-5.2-1.x86_64' is of repository 'other', which the lock does not list" },
	{ "into: [root]", "into: []", "package 'bash-5.2-1.x86_64' goes into nothing" },
	{ "into: [root]", "into: [boot]", "'boot' of 'into' is not root or initrd" },
	{ "into: [root, initrd]", "into: [initrd, root]", "node.lock:19: not as" },
	{ "kind: post,", "kind: past,", "'past' of 'kind' is not a kind of scriptlet" },
	{ "decision: skip", "decision: ran", "'ran' of 'decision' is not 'skip'" },
	{ "decision: skip, reason: \"nothing to stop: the image is never changed\"",
	  "decision: skip", "'reason' goes with decision skip" },
	{ "decision: skip,", "decision: native users,", "'reason' goes with decision skip" },
	{ "  - {id: base", "  - {id:  base", "node.lock:11: not as 'imagebuild lock' writes it" },
	{ "why: {wish: bash}", "why: {wish: bash}, more: x", "node.lock:16: not as" },
	{ "\"packages: bash\"", "'packages: bash'", "node.lock:7: not as" },
	{ "\"packages: bash\"", "\"packages: zsh\"", "node.lock:7: not as" },
	{ "\"packages: bash\"", "bash", "'bash' of 'wishes' is not a line" },
	{ "    packages:\n", "    parcels:\n", "node.lock:4:5: there is no 'packages'" },
	{ "    wishes:\n", "    wishes: x\n    more:\n", "'x' of 'wishes' is not a list" },
	{ "# The", "# the", "node.lock:1: not as" },
	{ "revision: \"1699999999\"", "revision: \"a\\nb\"", "of 'revision' is not one line" },
	{ "user dbus 998", "user dbus", "'user dbus' of 'accounts' is not a line" },
	{ "user dbus 998", "user dbus -1", "'user dbus -1' of 'accounts' is not a line" },
	{ "user dbus 998", "owner dbus 998", "'owner dbus 998' of 'accounts' is not a line" },
	{ "user dbus 998", "group dbus 998", "'group dbus 998' stands here a second time" },
	{ "group dbus 997", "user zdbus 997", "node.lock:13: not as" },
	{ "decision: run, effects: " A64, "decision: run", "'effects' goes with decision run" },
	{ "decision: run, effects: a", "decision: skip, reason: x, effects: a",
	  "'effects' goes with decision run" },
	{ "decision: run, effects: a", "decision: run, effects: z",
	  "of 'effects' is not a SHA-256" },
	{ "why: {wish: bash},", "why: {},",
	  "'why' of package 'bash-5.2-1.x86_64' gives no reason" },
	{ " why: {wish: bash},", "", "package 'bash-5.2-1.x86_64' has no 'why'" },
	{ "why: {wish: bash}", "why: {package: bash, requires: x}",
	  "why package 'bash-5.2-1.x86_64' is there leads back to itself" },
	{ "why: {wish: bash}", "why: {package: dbus, requires: x}", "leads back to itself" },
	{ "why: {wish: bash}", "why: {requires: x}", "there is no 'package'" },
	{ "why: {wish: bash}", "why: {wish: \"\"}", "'' of 'wish' is not what a package asks for" },
	{ "{supplements: systemd}", "{package: bash, requires: x}",
	  "package 'dbus-1:1.14-1.x86_64' is there for 'bash-5.2-1.x86_64', which goes elsewhere" },
	{ "{package: bash, requires", "{package: zsh, requires",
	  "'zsh' of 'package' is not a package of this lock" },
	{ "{package: bash, recommends", "{package: bash-5.2-1.x86_64, recommends",
	  "node.lock:25: not as" },
	{ "requires: {dbus:", "requires: {kernel:", "'kernel' of 'package' is not a package" },
	{ "requires: {dbus: libdbus-1.so.3()(64bit)}", "requires: {}",
	  "of 'requires' is not a mapping" },
	{ "recommends: {kernel-6.9-1.x86_64: kernel}",
	  "recommends: {kernel-6.9-1.x86_64: [kernel]}",
	  "'a list' of 'kernel-6.9-1.x86_64' is not what a package asks for" },
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

	ck_fails(ib_lock_parse(longer, "node.lock", &lock, &err), IB_INPUT, "node.lock:27: not as");
}
END_TEST

START_TEST(a_lock_that_is_not_there_says_how_to_make_it)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_lock *lock = NULL;

	ck_assert_int_eq(ib_lock_read("/nowhere/node.lock", NULL, &lock, &err), -IB_INPUT);
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

/* ---- several architectures ---- */

static struct ib_lock *part(const char *architecture, const char *source)
{
	struct ib_lock *lock = ib_lock_new();
	struct ib_lock_repository *repository = ib_arena_alloc(lock->arena, sizeof(*repository));
	struct ib_lock_package *packages = ib_arena_alloc(lock->arena, sizeof(*packages));

	lock->architecture = architecture;
	*repository = (struct ib_lock_repository){ "base", C64, "", 1 };
	lock->repositories = repository;
	lock->repository_count = 1;
	packages[0] = package("bash-5.2-1.noarch", "bash");
	packages[0].source_rpm = source;
	lock->packages = packages;
	lock->package_count = 1;
	return lock;
}

START_TEST(a_lock_holds_a_part_for_each_architecture)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_locks) locks = ib_locks_new();
	IB_AUTO(ib_locks) again = NULL;
	IB_AUTO(ib_lock) alone = NULL;
	struct ib_lock *none = NULL;
	ib_autofree char *written = NULL;
	ib_autofree char *second = NULL;
	ib_autofree char *one = NULL;

	ib_locks_put(locks, part("x86_64", "bash-5.2-1.src.rpm"));
	ib_locks_put(locks, part("aarch64", "bash-5.2-1.src.rpm"));
	written = ib_locks_text(locks);
	ck_ok(ib_locks_parse(written, "node.lock", &again, &err));
	second = ib_locks_text(again);
	ck_assert_str_eq(written, second);
	ck_assert_uint_eq(again->count, 2);
	ck_assert_str_eq(again->parts[0]->architecture, "aarch64");
	ck_assert_ptr_eq(ib_locks_find(again, "x86_64"), again->parts[1]);
	ck_fails(ib_lock_parse(written, "node.lock", &none, &err), IB_INPUT,
		 "node.lock is the lock for aarch64 and x86_64, and one architecture is needed");
	/* What lies beside an image: its own part, a whole lock. */
	one = ib_lock_text(again->parts[1]);
	ck_ok(ib_lock_parse(one, "node.lock", &alone, &err));
	ck_assert_str_eq(alone->architecture, "x86_64");
}
END_TEST

START_TEST(parts_out_of_order_or_twice_are_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_lock) one = part("x86_64", "");
	IB_AUTO(ib_lock) other = part("aarch64", "");
	ib_autofree char *first = ib_lock_text(one);
	ib_autofree char *second = ib_lock_text(other);
	const char *more = strstr(second, "  - arch");
	ib_autofree char *reversed = ib_strf("%s%s", first, more);
	ib_autofree char *twice = ib_strf("%s%s", second, more);
	struct ib_locks *locks = NULL;

	ck_fails(ib_locks_parse(reversed, "node.lock", &locks, &err), IB_INPUT,
		 "node.lock:4: not as");
	ck_fails(ib_locks_parse(twice, "node.lock", &locks, &err), IB_INPUT,
		 "architecture 'aarch64' stands here a second time");
}
END_TEST

START_TEST(one_source_at_two_versions_is_refused_unless_allowed)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_locks) locks = ib_locks_new();
	IB_AUTO(ib_locks) again = NULL;
	ib_autofree char *refused = NULL;
	ib_autofree char *near = NULL;
	ib_autofree char *allowed = NULL;
	struct ib_lock *arm = part("aarch64", "bash-5.1-7.src.rpm");

	ib_locks_put(locks, part("x86_64", "bash-5.2-1.src.rpm"));
	ib_locks_put(locks, arm);
	refused = ib_locks_text(locks);
	ck_fails(
		ib_locks_parse(refused, "node.lock", &again, &err), IB_INPUT,
		"node.lock: source package 'bash' is at 5.1-7 for aarch64, but at 5.2-1 for x86_64");
	ib_strings_add(&arm->wishes, "differing-sources: bash-completion not the same");
	near = ib_locks_text(locks);
	ck_fails(ib_locks_parse(near, "node.lock", &again, &err), IB_INPUT, "'bash' is at 5.1-7");
	ib_strings_add(&arm->wishes, "differing-sources: bash the mirror lags behind");
	allowed = ib_locks_text(locks);
	ck_ok(ib_locks_parse(allowed, "node.lock", &again, &err));
}
END_TEST

START_TEST(a_part_that_is_missing_says_how_to_add_it)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_lock *lock = NULL;
	ib_autofree char *path = NULL;

	test_file("node.lock", text, &path);
	ck_assert_int_eq(ib_lock_read(path, "aarch64", &lock, &err), -IB_INPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "is the lock for x86_64, not for aarch64"));
	ck_assert_str_eq(err.hint, "'imagebuild lock RECIPE --arch aarch64' adds it.");
	ib_error_clear(&err);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("lock");
	TCase *tcase = tcase_create("lock");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, a_lock_has_one_text);
	tcase_add_test(tcase, what_was_written_is_read_back);
	tcase_add_test(tcase, a_lock_of_nothing_reads_back_too);
	tcase_add_loop_test(tcase, a_lock_edited_by_hand_is_refused, 0, IB_COUNT(edits));
	tcase_add_test(tcase, a_newline_more_is_refused);
	tcase_add_test(tcase, a_lock_that_is_not_there_says_how_to_make_it);
	tcase_add_test(tcase, a_lock_fits_the_wishes_that_it_was_made_for);
	tcase_add_test(tcase, a_lock_that_no_longer_fits_says_what_changed);
	tcase_add_test(tcase, a_lock_holds_a_part_for_each_architecture);
	tcase_add_test(tcase, parts_out_of_order_or_twice_are_refused);
	tcase_add_test(tcase, one_source_at_two_versions_is_refused_unless_allowed);
	tcase_add_test(tcase, a_part_that_is_missing_says_how_to_add_it);
	suite_add_tcase(suite, tcase);
	return suite;
}
