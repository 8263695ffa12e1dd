/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "package/foreign_draft.h"
#include "test.h"

/* ---- users in URLs ---------------------------------------------------------- */

static const struct url {
	const char *written;
	const char *bare;
} urls[] = {
	{ "https://bob:secret@example.org/os", "https://example.org/os" },
	{ "https://bob@example.org", "https://example.org" },
	{ "https://b@b:s@c@example.org:8443/a@b", "https://example.org:8443/a@b" },
	{ "https://bob:it's@example.org/os", "https://example.org/os" },
	{ "https://example.org/os@9", "https://example.org/os@9" },
	{ "https://example.org?mail=a@b", "https://example.org?mail=a@b" },
	{ "https://example.org#a@b", "https://example.org#a@b" },
	{ "'https://a:b@h/' and 'ftp://c@i' of 'x@y'", "'https://h/' and 'ftp://i' of 'x@y'" },
	{ "https://h of 'x@y'", "https://h of 'x@y'" },
	{ "bash", "bash" },
};

START_TEST(a_url_loses_its_user_and_nothing_else)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	const char *bare = ib_foreign_without_users(arena, urls[_i].written);

	ck_assert_str_eq(bare, urls[_i].bare);
	ck_assert_int_eq(bare == urls[_i].written, !strcmp(urls[_i].written, urls[_i].bare));
}
END_TEST

/* ---- a draft and its text ----------------------------------------------------- */

struct fixture {
	struct ib_arena *arena;
	struct ib_strings left_out;
	struct ib_draft draft;
	struct ib_buffer text;
};

static void done(struct fixture *f)
{
	ib_draft_done(&f->draft);
	ib_strings_done(&f->left_out);
	ib_buffer_done(&f->text);
	ib_arena_free(f->arena);
}

/* Something in each place that a draft has. */
static void fill(struct fixture *f)
{
	static const struct ib_draft_repository base = { "base",  "url", "https://h/$basearch",
							 "noted", 10,    3 };
	static const struct ib_draft_repository more = { "more", "metalink", "https://h/m",
							 NULL,   0,          3 };
	struct ib_draft *draft = &f->draft;

	f->arena = ib_arena_new();
	f->text = IB_BUFFER_INIT(1 << 20);
	draft->path = "dir/theirs.yaml";
	draft->arena = f->arena;
	draft->left_out = &f->left_out;
	ck_assert(ib_draft_add_architecture(draft, NULL, "x86_64"));
	ck_assert(ib_draft_add_architecture(draft, NULL, "aarch64"));
	ib_draft_add_repository(draft, NULL, &base);
	ib_draft_add_repository(draft, NULL, &more);
	ib_draft_add(draft, IB_DRAFT_PACKAGES, "bash", 3);
	ib_draft_add(draft, IB_DRAFT_PACKAGES, "a\xe2\x80\xa8multilib: true", 3);
	ib_draft_add(draft, IB_DRAFT_PACKAGES, "grub", 1);
	ib_draft_add(draft, IB_DRAFT_EXCLUDE, "vim-*", 3);
	ib_draft_add(draft, IB_DRAFT_MODULES, "nodejs:18", 2);
	draft->weak_dependencies = true;
	ib_draft_leave_out(draft, NULL, "'x\xe2\x80\xa8multilib: true'");
	ib_draft_put(draft, &f->text);
}

START_TEST(a_draft_reads_as_it_was_meant)
{
	__attribute__((cleanup(done))) struct fixture f = { 0 };
	struct ib_error err = IB_ERROR_INIT;

	fill(&f);
	ck_assert_ptr_nonnull(
		strstr(ib_buffer_text(&f.text), "#   'x\\u{2028}multilib: true'\nformat: 1\n"));
	ck_ok(ib_draft_check(&f.draft, (const char *)f.text.data, f.text.size, &err));
}
END_TEST

static const struct change {
	const char *old; /* once in the text */
	const char *new;
	const char *error;
} changes[] = {
	{ "format: 1\n", "format: 1\nmultilib: true\n", "'keys that nobody meant'" },
	{ "format: 1\n", "format: 2\n", "'format'" },
	{ "  id: imported\n", "  id: other\n", "'id'" },
	{ "  id: imported\n", "  id: imported\n  variant: x\n", "'keys that nobody meant'" },
	{ "version: \"1\"", "version: \"2\"", "'version'" },
	{ "architecture: x86_64", "architecture: aarch64", "'architecture'" },
	{ "[x86_64, aarch64]", "[x86_64]", "'architectures'" },
	{ "[x86_64, aarch64]", "[aarch64, x86_64]", "'architectures'" },
	{ "  - bash\n", "  - dash\n", "'packages'" },
	{ "  - bash\n", "  - bash\n  - backdoor\n", "'packages'" },
	{ "  - bash\n", "", "'packages'" },
	{ "  - bash\n", "  - [bash]\n", "'packages'" },
	{ "exclude:\n  - \"vim-*\"\n", "", "'exclude'" },
	{ "weak-dependencies: true", "weak-dependencies: false", "'weak-dependencies'" },
	{ "id: more", "id: evil", "'id'" },
	{ "https://h/m", "https://evil/m", "'metalink'" },
	{ "metalink: ", "mirrorlist: ", "'metalink'" },
	{ "https://h/aarch64", "https://h/x86_64", "'url'" },
	{ "  - id: more\n", "  - id: more\n    trust: none\n", "'repositories'" },
	{ "  - id: more\n", "  - {id: x, url: y, keys: []}\n  - id: more\n", "'id'" },
	{ "      - grub\n", "      - grub\n      - evil\n", "'packages'" },
	{ "  x86_64:\n", "  x86_64:\n    multilib: true\n", "'keys that nobody meant'" },
	{ "architectures:\n  x86_64:\n", "architectures:\n  s390x: {}\n  x86_64:\n",
	  "'keys that nobody meant'" },
	{ "      - nodejs:18\n", "      - nodejs:20\n", "'modules'" },
	{ "format: 1\n", "format: [\n", "cannot be read" },
};

START_TEST(a_draft_that_says_something_else_is_a_failure)
{
	__attribute__((cleanup(done))) struct fixture f = { 0 };
	const struct change *change = &changes[_i];
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *text = NULL;
	const char *written = NULL;
	const char *at = NULL;

	fill(&f);
	written = ib_buffer_text(&f.text);
	at = strstr(written, change->old);
	ck_assert_ptr_nonnull(at);
	text = ib_strf("%.*s%s%s", (int)(at - written), written, change->new,
		       at + strlen(change->old));
	ck_fails(ib_draft_check(&f.draft, text, strlen(text), &err), IB_FAILED, change->error);
}
END_TEST

START_TEST(text_that_is_made_has_a_bound)
{
	__attribute__((cleanup(done))) struct fixture f = { 0 };
	size_t count = 0;

	fill(&f);
	count = f.left_out.count;
	ck_assert(ib_draft_spend(&f.draft, IB_FOREIGN_MAX_BYTES - f.draft.spent));
	ck_assert(!f.draft.is_over);
	ib_draft_leave_out(&f.draft, NULL, "x");
	ck_assert(f.draft.is_over);
	ck_assert(!ib_draft_spend(&f.draft, 0));
	ck_assert_uint_eq(f.left_out.count, count);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("foreign");
	TCase *tc = tcase_create("foreign");

	tcase_add_loop_test(tc, a_url_loses_its_user_and_nothing_else, 0, IB_COUNT(urls));
	tcase_add_test(tc, a_draft_reads_as_it_was_meant);
	tcase_add_loop_test(tc, a_draft_that_says_something_else_is_a_failure, 0,
			    IB_COUNT(changes));
	tcase_add_test(tc, text_that_is_made_has_a_bound);
	suite_add_tcase(suite, tc);
	return suite;
}
