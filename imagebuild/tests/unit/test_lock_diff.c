/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/base.h"
#include "package/package.h"
#include "test.h"
#include "json/json.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define KEY "2BC94FFF7015A5F28F1537AD0CD9FED33135CE90"
#define OLD "0000000000000000000000000000000000000000"

/* ---- locks in a few lines ------------------------------------------------ */

/* A package as most of a lock's are: the digest is that of its NEVRA, so to speak. */
static struct ib_lock_package package(struct ib_lock *lock, const char *nevra)
{
	const char *dot = strrchr(nevra, '.');
	const char *dash = dot;
	unsigned dashes = 0;
	unsigned sum = 7;
	const char *c = NULL;

	for (c = nevra; *c; c++)
		sum = sum * 31 + (unsigned char)*c;
	while (dashes < 2)
		dashes += *--dash == '-';
	return (struct ib_lock_package){
		.nevra = nevra,
		.name = ib_arena_strf(lock->arena, "%.*s", (int)(dash - nevra), nevra),
		.arch = dot + 1,
		.sha256 = ib_arena_strf(lock->arena, "%064x", sum),
		.size = 2048,
		.repository = "base",
		.location = "x.rpm",
		.source_rpm =
			ib_arena_strf(lock->arena, "%.*s-1-1.src.rpm", (int)(dash - nevra), nevra),
		.signer = KEY,
		.header_sha256 = B64,
		.root = true,
	};
}

static struct ib_lock *lock_of(const char *nevras)
{
	struct ib_lock *lock = ib_lock_new();
	struct ib_lock_repository *repository = ib_arena_alloc(lock->arena, sizeof(*repository));
	struct ib_lock_package *packages = NULL;
	IB_AUTO_STRINGS(words);
	size_t i = 0;

	ib_strings_split(&words, nevras, " ");
	packages = ib_arena_alloc(lock->arena, (words.count + 1) * sizeof(*packages));
	for (i = 0; i < words.count; i++)
		packages[i] = package(lock, ib_arena_strdup(lock->arena, words.items[i]));
	*repository = (struct ib_lock_repository){
		.id = "base", .repomd_sha256 = C64, .revision = "", .revision_time = 1700000000
	};
	lock->architecture = "x86_64";
	lock->repositories = repository;
	lock->repository_count = 1;
	lock->packages = packages;
	lock->package_count = words.count;
	return lock;
}

static struct ib_lock_package *find(struct ib_lock *lock, const char *name)
{
	size_t i = 0;

	for (i = 0; i < lock->package_count; i++)
		if (ib_str_equal(lock->packages[i].name, name))
			return (void *)(uintptr_t)&lock->packages[i];
	ck_abort_msg("the lock lacks %s", name);
	return NULL;
}

static struct ib_lock_diff *compare(const struct ib_lock *before, const struct ib_lock *after)
{
	struct ib_lock_diff *diff = ib_lock_diff_new();

	ib_lock_diff_add(diff, before, after);
	ib_lock_diff_finish(diff);
	return diff;
}

/* "up bash low | …" in the order told. */
static char *summary(const struct ib_lock_diff *diff)
{
	IB_AUTO_STRINGS(words);
	size_t i = 0;

	for (i = 0; i < diff->change_count; i++)
		ib_strings_addf(&words, "%s %s %s", ib_lock_change_kind_name(diff->changes[i].kind),
				diff->changes[i].name, ib_lock_risk_name(diff->changes[i].risk));
	return ib_strings_join(&words, " | ");
}

/* ---- kinds --------------------------------------------------------------- */

static const struct {
	const char *before;
	const char *after;
	const char *summary;
} pairs[] = {
	{ "a-1-1.x86_64", "a-1-1.x86_64", "" },
	{ "a-1-1.x86_64", "a-1-2.x86_64", "up a low" },
	{ "a-1.9-1.x86_64", "a-1.10-1.x86_64", "up a low" },
	{ "a-1.0~rc1-1.x86_64", "a-1.0-1.x86_64", "up a low" },
	{ "a-1-1.x86_64", "a-2-1.x86_64", "up a medium" },
	{ "a-9-1.x86_64", "a-1:1-1.x86_64", "up a medium" },
	{ "a-2-1.x86_64", "a-1-1.x86_64", "down a medium" },
	{ "a-1-1.x86_64", "a-1-1.x86_64 b-1-1.x86_64", "added b medium" },
	{ "a-1-1.x86_64 b-1-1.x86_64", "a-1-1.x86_64", "removed b low" },
	/* a package that is no longer built for one machine alone is the same one */
	{ "a-1-1.x86_64", "a-1-2.noarch", "up a low" },
	{ "a-1-1.x86_64", "a-1-1.noarch", "rebuilt a high" },
	/* two of a name: each finds the one nearest to it */
	{ "k-1-1.x86_64 k-2-1.x86_64", "k-2-1.x86_64 k-3-1.x86_64", "up k medium" },
	{ "k-1-1.x86_64", "k-1-1.x86_64 k-2-1.x86_64", "added k medium" },
	{ "a-1-1.i686 a-1-1.x86_64", "a-1-2.x86_64", "removed a low | up a low" },
	{ "a-1-1.x86_64", "a-1-1.i686 a-1-1.x86_64", "added a medium" },
	/* what could do harm stands first, then by name */
	{ "d-2-1.x86_64 c-1-1.x86_64 r-1-1.x86_64 b-1-1.x86_64",
	  "d-1-1.x86_64 c-1-2.x86_64 n-1-1.x86_64 b-1-2.x86_64",
	  "down d medium | added n medium | removed r low | up b low | up c low" },
};

START_TEST(packages_are_paired_and_ordered)
{
	IB_AUTO(ib_lock) before = lock_of(pairs[_i].before);
	IB_AUTO(ib_lock) after = lock_of(pairs[_i].after);
	IB_AUTO(ib_lock_diff) diff = compare(before, after);
	ib_autofree char *found = summary(diff);

	ck_assert_str_eq(found, pairs[_i].summary);
	ck_assert_int_eq(ib_lock_diff_is_empty(diff), !*found);
}
END_TEST

/* What one line says otherwise, and the facet that tells it. */
static void change_key(struct ib_lock_package *p)
{
	p->signer = OLD;
}
static void change_repository(struct ib_lock_package *p)
{
	p->repository = "other";
}
static void change_digest(struct ib_lock_package *p)
{
	p->sha256 = A64;
}
static void change_source(struct ib_lock_package *p)
{
	p->source_rpm = "another-1-1.src.rpm";
}
static void change_into(struct ib_lock_package *p)
{
	p->initrd = true;
}
static void change_scriptlet(struct ib_lock_package *p)
{
	static const struct ib_lock_scriptlet one = { .kind = "post",
						      .digest = A64,
						      .decision = "native ldconfig" };

	p->scriptlets = &one;
	p->scriptlet_count = 1;
}

static const struct {
	void (*change)(struct ib_lock_package *p);
	const char *summary;
	unsigned facets;
} lines[] = {
	{ change_key, "same a high", IB_LOCK_FACET_SIGNER },
	{ change_repository, "same a medium", IB_LOCK_FACET_REPOSITORY },
	{ change_digest, "rebuilt a high", 0 },
	{ change_source, "same a low", IB_LOCK_FACET_SOURCE },
	{ change_into, "same a low", IB_LOCK_FACET_INTO },
	{ change_scriptlet, "same a medium", IB_LOCK_FACET_SCRIPTLETS },
};

START_TEST(what_else_a_line_says_is_a_facet)
{
	IB_AUTO(ib_lock) before = lock_of("a-1-1.x86_64 z-1-1.x86_64");
	IB_AUTO(ib_lock) after = lock_of("a-1-1.x86_64 z-1-1.x86_64");
	IB_AUTO(ib_lock_diff) diff = NULL;
	ib_autofree char *found = NULL;

	lines[_i].change(find(after, "a"));
	diff = compare(before, after);
	found = summary(diff);
	ck_assert_str_eq(found, lines[_i].summary);
	ck_assert_uint_eq(diff->changes[0].facets, lines[_i].facets);
}
END_TEST

START_TEST(scriptlets_are_paired_by_digest_then_by_kind)
{
	static const struct ib_lock_scriptlet old[] = {
		{ .kind = "pre", .digest = A64, .decision = "native users" },
		{ .kind = "post", .digest = A64, .decision = "native ldconfig" },
		{ .kind = "preun", .digest = B64, .decision = "skip", .reason = "never removed" },
	};
	static const struct ib_lock_scriptlet new[] = {
		{ .kind = "pre", .digest = A64, .decision = "skip", .reason = "no users wanted" },
		{ .kind = "post", .digest = C64, .decision = "native ldconfig" },
		{ .kind = "posttrans", .digest = C64, .decision = "native depmod" },
	};
	IB_AUTO(ib_lock) before = lock_of("a-1-1.x86_64");
	IB_AUTO(ib_lock) after = lock_of("a-1-2.x86_64");
	IB_AUTO(ib_lock_diff) diff = NULL;
	const struct ib_lock_scriptlet_change *change = NULL;

	find(before, "a")->scriptlets = old;
	find(before, "a")->scriptlet_count = 3;
	find(after, "a")->scriptlets = new;
	find(after, "a")->scriptlet_count = 3;
	diff = compare(before, after);
	ck_assert_uint_eq(diff->changes[0].facets,
			  IB_LOCK_FACET_SCRIPTLETS | IB_LOCK_FACET_DECISIONS);
	ck_assert_uint_eq(diff->changes[0].scriptlet_count, 4);
	change = diff->changes[0].scriptlets;
	ck_assert(change[0].before == &old[0] && change[0].after == &new[0]);
	ck_assert(change[1].before == &old[1] && change[1].after == &new[1]);
	ck_assert(change[2].before == &old[2] && !change[2].after);
	ck_assert(!change[3].before && change[3].after == &new[2]);
}
END_TEST

/* ---- edges, wishes, accounts, repositories -------------------------------- */

START_TEST(an_edge_is_new_by_name_not_by_version)
{
	struct ib_lock_edge old = { .package = "z-1-1.x86_64", .dependency = "libz.so.1" };
	struct ib_lock_edge now[] = {
		{ .package = "z-1-2.x86_64", .dependency = "libz.so.1(Z_2)" },
		{ .package = "x-1-1.x86_64", .dependency = "liblzma.so.5" },
	};
	struct ib_lock_edge of_new = { .package = "z-1-2.x86_64", .dependency = "libz.so.1" };
	IB_AUTO(ib_lock) before = lock_of("s-1-1.x86_64 z-1-1.x86_64");
	IB_AUTO(ib_lock) after = lock_of("s-1-1.x86_64 x-1-1.x86_64 z-1-2.x86_64");
	IB_AUTO(ib_lock_diff) diff = NULL;
	IB_AUTO_BUFFER(text, 1 << 16);

	find(before, "s")->edges = &old;
	find(before, "s")->edge_count = 1;
	find(after, "s")->edges = now;
	find(after, "s")->edge_count = 2;
	find(after, "x")->edges = &of_new;
	find(after, "x")->edge_count = 1;
	diff = compare(before, after);
	ck_assert_uint_eq(diff->edge_count, 2);
	ck_assert_str_eq(diff->edges[0].from, "s");
	ck_assert_str_eq(diff->edges[0].to, "x");
	ck_assert(!diff->edges[0].from_is_new && diff->edges[0].to_is_new);
	ck_assert(diff->edges[1].from_is_new);
	ib_lock_diff_put_text(diff, &text);
	ck_assert_ptr_nonnull(strstr(ib_buffer_text(&text),
				     "new requirements\n"
				     "  s requires liblzma.so.5: x, which is new\n"
				     "  and 1 of packages that are new themselves\n"));
	/* the package that wants more is told, although its bytes are the same */
	ck_assert_ptr_nonnull(strstr(ib_buffer_text(&text), "changed  s 1-1"));
}
END_TEST

START_TEST(wishes_accounts_and_snapshots_are_told)
{
	IB_AUTO(ib_lock) before = lock_of("a-1-1.x86_64");
	IB_AUTO(ib_lock) after = lock_of("a-1-1.x86_64");
	struct ib_lock_repository *repository = (void *)(uintptr_t)after->repositories;
	IB_AUTO(ib_lock_diff) diff = NULL;
	IB_AUTO_BUFFER(text, 1 << 16);

	ib_strings_add(&before->wishes, "packages: a");
	ib_strings_add(&before->wishes, "packages: old");
	ib_strings_add(&after->wishes, "packages: a");
	ib_strings_add(&after->wishes, "packages: new");
	ib_strings_add(&before->accounts, "user sshd 998");
	ib_strings_add(&after->accounts, "user sshd 997");
	repository->repomd_sha256 = A64;
	repository->revision_time = 1800000000;
	diff = compare(before, after);
	ib_lock_diff_put_text(diff, &text);
	ck_assert_str_eq(
		ib_buffer_text(&text),
		"no package changed; 1 packages (1 before), 2.0 KiB (+0 B)\n"
		"\nwishes\n  - packages: old\n  + packages: new\n"
		"\naccounts\n  - user sshd 998\n  + user sshd 997\n"
		"\nrepositories\n  base: 2027-01-15T08:00:00Z (repomd.xml aaaaaaaaaaaa), was "
		"2023-11-14T22:13:20Z (repomd.xml cccccccccccc)\n");
	ck_assert(!ib_lock_diff_is_empty(diff));
}
END_TEST

/* ---- advisories ---------------------------------------------------------- */

static struct ib_advisories *advisories_of(const char *ids)
{
	struct ib_advisories *advisories = ib_advisories_new();
	static const struct ib_advisory_reference cve = { "cve", "CVE-2024-1", "" };
	IB_AUTO_STRINGS(words);
	size_t i = 0;

	/* ID:NAME:EVR:SEVERITY */
	ib_strings_split(&words, ids, " ");
	for (i = 0; i < words.count; i++) {
		IB_AUTO_STRINGS(parts);
		struct ib_advisory_fix fix = { .arch = "x86_64" };
		struct ib_advisory advisory = { .kind = "security",
						.title = "a [title] of `others`",
						.repository = "base",
						.references = &cve,
						.reference_count = 1,
						.fixes = &fix,
						.fix_count = 1 };

		ib_strings_split(&parts, words.items[i], ":");
		advisory.id = parts.items[0];
		fix.name = parts.items[1];
		fix.evr = parts.items[2];
		advisory.severity = parts.items[3];
		ib_advisories_add(advisories, &advisory);
	}
	ib_advisories_finish(advisories);
	return advisories;
}

START_TEST(advisories_are_fixed_opened_and_found_out)
{
	IB_AUTO(ib_lock) before =
		lock_of("d-2-1.x86_64 same-1-1.x86_64 u-1-1.x86_64 gone-1-1.x86_64");
	IB_AUTO(ib_lock) after = lock_of("d-1-1.x86_64 n-1-1.x86_64 same-1-1.x86_64 u-1-2.x86_64");
	IB_AUTO(ib_advisories) earlier = advisories_of("KNOWN:same:1-2:Low");
	IB_AUTO(ib_lock_diff) diff = ib_lock_diff_new();
	ib_autofree char *found = NULL;
	IB_AUTO_BUFFER(text, 1 << 16);
	const char *lines_told[] = {
		"opens BACK (security, Important) CVE-2024-1",
		"opens NEW (security, Critical)",
		"opens OUT (security, Moderate)",
		"fixes FIXED (security, Critical)",
		"fixes GONE (security, Low)",
	};
	size_t i = 0;

	ib_lock_diff_add(diff, before, after);
	ib_lock_diff_advise(
		diff, "x86_64", earlier,
		advisories_of("BACK:d:2-1:Important FIXED:u:1-2:Critical KNOWN:same:1-2:Low "
			      "NEW:n:1-3:Critical OUT:same:1-3:Moderate LATER:u:1-9:Low "
			      "GONE:gone:1-2:Low"));
	ib_lock_diff_finish(diff);
	found = summary(diff);
	ck_assert_str_eq(found, "down d high | added n high | same same high | removed gone low | "
				"up u low");
	ib_lock_diff_put_text(diff, &text);
	for (i = 0; i < IB_COUNT(lines_told); i++)
		ck_assert_ptr_nonnull(strstr(ib_buffer_text(&text), lines_told[i]));
	ck_assert_ptr_null(strstr(ib_buffer_text(&text), "KNOWN"));
	ck_assert_ptr_null(strstr(ib_buffer_text(&text), "LATER"));
}
END_TEST

/* ---- sameness, hostility, size -------------------------------------------- */

static void put_all(const struct ib_lock_diff *diff, struct ib_buffer *b)
{
	ib_lock_diff_put_text(diff, b);
	ib_lock_diff_put_markdown(diff, b);
	ib_lock_diff_put_json(diff, b);
}

START_TEST(the_order_in_which_locks_were_filled_does_not_matter)
{
	IB_AUTO(ib_lock) a =
		lock_of("b-1-1.x86_64 a-1-1.x86_64 c-1-1.x86_64 k-1-1.i686 k-1-1.x86_64");
	IB_AUTO(ib_lock) b =
		lock_of("k-1-2.x86_64 c-1-2.x86_64 n-1-1.x86_64 a-1-2.x86_64 k-1-2.i686");
	IB_AUTO(ib_lock) c =
		lock_of("k-1-1.x86_64 k-1-1.i686 c-1-1.x86_64 a-1-1.x86_64 b-1-1.x86_64");
	IB_AUTO(ib_lock) d =
		lock_of("a-1-2.x86_64 c-1-2.x86_64 k-1-2.i686 k-1-2.x86_64 n-1-1.x86_64");
	IB_AUTO(ib_lock_diff) one = compare(a, b);
	IB_AUTO(ib_lock_diff) other = compare(c, d);
	IB_AUTO_BUFFER(first, 1 << 16);
	IB_AUTO_BUFFER(second, 1 << 16);

	put_all(one, &first);
	put_all(other, &second);
	ck_assert_str_eq(ib_buffer_text(&first), ib_buffer_text(&second));
}
END_TEST

/* Names and words that want to be more than text. */
START_TEST(markdown_of_others_stays_text)
{
	static const struct ib_lock_scriptlet script = { .kind = "post",
							 .digest = A64,
							 .decision = "skip",
							 .reason =
								 "<img src=x> @team \xe2\x80\xae" };
	IB_AUTO(ib_lock) before = lock_of("a-1-1.x86_64");
	IB_AUTO(ib_lock) after = lock_of("a-1-1.x86_64 <b>`x|y`[l](//e)@me-1-1.x86_64");
	struct ib_lock_package *hostile = find(after, "<b>`x|y`[l](//e)@me");
	IB_AUTO(ib_lock_diff) diff = ib_lock_diff_new();
	IB_AUTO_BUFFER(text, 1 << 16);

	hostile->scriptlets = &script;
	hostile->scriptlet_count = 1;
	ib_lock_diff_add(diff, before, after);
	diff->changes[0].scriptlets[0].text_diff = "+```\n+</details> **x**\033[2J\n";
	ib_lock_diff_finish(diff);
	ib_lock_diff_put_markdown(diff, &text);
	ck_assert_str_eq(
		ib_buffer_text(&text),
		"**1 added**; 2 packages (1 before), 4.0 KiB (+2.0 KiB)\n\n"
		"| risk | change | package | before | after | size | also |\n"
		"| --- | --- | --- | --- | --- | ---: | --- |\n"
		"| medium | added | ``<b>`x\\|y`[l](//e)@me`` | | `1-1` | +2.0 KiB | |\n"
		"\n### Scriptlets\n\n"
		"- ``<b>`x|y`[l](//e)@me`` `%post`: decision `skip: <img src=x> @team \\u{202e}`, was "
		"`none`\n\n"
		"  ````diff\n  +```\n  +</details> **x**\\u{1b}[2J\n  ````\n\n");
}
END_TEST

START_TEST(json_is_what_its_reader_reads)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_lock) before = lock_of("a-1-1.x86_64");
	IB_AUTO(ib_lock) after = lock_of("a-2-1.x86_64 b-1-1.x86_64");
	IB_AUTO(ib_lock_diff) diff = compare(before, after);
	IB_AUTO(ib_json) json = NULL;
	IB_AUTO(ib_json) schema = NULL;
	const struct ib_json *first = NULL;
	IB_AUTO_BUFFER(text, 1 << 16);
	IB_AUTO_BUFFER(schema_text, 1 << 16);

	ib_lock_diff_put_json(diff, &text);
	ck_ok(ib_json_parse(text.data, text.size, "diff", &json, &err));
	first = ib_json_at(ib_json_get(json, "packages"), 0);
	ck_assert_str_eq(ib_json_get_string(first, "change"), "added");
	ck_assert_str_eq(ib_json_get_string(ib_json_get(first, "after"), "version"), "1-1");
	ck_assert_ptr_null(ib_json_get(first, "before"));
	ib_lock_diff_put_schema(&schema_text);
	ck_ok(ib_json_parse(schema_text.data, schema_text.size, "schema", &schema, &err));
}
END_TEST

/* A set as large as a workstation's: everything moves, and each needs ten others. */
START_TEST(two_thousand_packages_take_no_time)
{
	IB_AUTO_BUFFER(old, 1 << 20);
	IB_AUTO_BUFFER(new, 1 << 20);
	IB_AUTO_BUFFER(text, 64 << 20);
	IB_AUTO(ib_lock) before = NULL;
	IB_AUTO(ib_lock) after = NULL;
	IB_AUTO(ib_lock_diff) diff = NULL;
	clock_t start = 0;
	size_t i = 0;

	for (i = 0; i < 2000; i++) {
		ib_buffer_putf(&old, "package%04zu-1.0-1.x86_64 ", i);
		ib_buffer_putf(&new, "package%04zu-1.%zu-1.x86_64 ", i + 1, i % 2);
	}
	before = lock_of(ib_buffer_text(&old));
	after = lock_of(ib_buffer_text(&new));
	for (i = 0; i < 2000; i++) {
		struct ib_lock_package *p = (void *)(uintptr_t)&after->packages[i];
		struct ib_lock_edge *edges = ib_arena_alloc(after->arena, 10 * sizeof(*edges));
		size_t k = 0;

		for (k = 0; k < 10; k++)
			edges[k] = (struct ib_lock_edge){
				.package = after->packages[(i * 7 + k * 131) % 2000].nevra,
				.dependency = "something"
			};
		p->edges = edges;
		p->edge_count = 10;
	}
	start = clock();
	diff = compare(before, after);
	put_all(diff, &text);
	ck_assert_int_lt((clock() - start) * 2, CLOCKS_PER_SEC * 2);
	ck_assert_uint_eq(ib_lock_diff_count(diff, IB_LOCK_ADDED), 1);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("lock_diff");
	TCase *tcase = tcase_create("lock_diff");

	tcase_add_loop_test(tcase, packages_are_paired_and_ordered, 0, (int)IB_COUNT(pairs));
	tcase_add_loop_test(tcase, what_else_a_line_says_is_a_facet, 0, (int)IB_COUNT(lines));
	tcase_add_test(tcase, scriptlets_are_paired_by_digest_then_by_kind);
	tcase_add_test(tcase, an_edge_is_new_by_name_not_by_version);
	tcase_add_test(tcase, wishes_accounts_and_snapshots_are_told);
	tcase_add_test(tcase, advisories_are_fixed_opened_and_found_out);
	tcase_add_test(tcase, the_order_in_which_locks_were_filled_does_not_matter);
	tcase_add_test(tcase, markdown_of_others_stays_text);
	tcase_add_test(tcase, json_is_what_its_reader_reads);
	tcase_add_test(tcase, two_thousand_packages_take_no_time);
	suite_add_tcase(suite, tcase);
	return suite;
}
