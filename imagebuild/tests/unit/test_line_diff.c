/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/visible.h"
#include "package/line_diff.h"
#include "test.h"

static const struct {
	const char *before;
	const char *after;
	const char *diff;
} pairs[] = {
	{ "", "", "" },
	{ "a\nb\n", "a\nb\n", "" },
	{ NULL, "a\n", "@@ -0,0 +1,1 @@\n+a\n" },
	{ "a\n", NULL, "@@ -1,1 +0,0 @@\n-a\n" },
	{ "a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n" },
	{ "a", "a\n", "@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
	  "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n" },
	{ "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
	  "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n" },
	{ "a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
	  "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n" },
};

START_TEST(lines_are_compared_as_diff_does)
{
	ib_autofree char *diff = ib_line_diff(pairs[_i].before, pairs[_i].after);

	ck_assert_str_eq(diff, pairs[_i].diff);
}
END_TEST

/* Random texts of few different lines; what patch(1) makes of the diff is the other text. */
START_TEST(patch_makes_the_other_text_of_it)
{
	static const char *const words[] = { "a\n", "b\n", "c\n", "d\n" };
	uint64_t state = 88172645463325252ULL + (uint64_t)_i;
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *before = NULL;
	ib_autofree char *after = NULL;
	ib_autofree char *patch = NULL;
	ib_autofree char *result = NULL;
	ib_autofree char *command = NULL;
	ib_autofree char *diff = NULL;
	struct ib_buffer texts[2] = { IB_BUFFER_INIT(1 << 16), IB_BUFFER_INIT(1 << 16) };
	size_t i = 0;

	if (system("command -v patch >/dev/null") != 0)
		return;
	for (i = 0; i < 60; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		ib_buffer_puts(&texts[i % 2], words[(state >> 20) % 4]);
		if (state >> 33 & 1)
			ib_buffer_puts(&texts[(i + 1) % 2], words[(state >> 20) % 4]);
	}
	diff = ib_line_diff(ib_buffer_text(&texts[0]), ib_buffer_text(&texts[1]));
	test_file("text", ib_buffer_text(&texts[0]), &before);
	test_file("patch", diff, &patch);
	command = ib_strf("patch -s %s %s", before, patch);
	if (*diff)
		ck_assert_int_eq(system(command), 0);
	ck_ok(ib_file_read_text(before, 1 << 16, &result, &err));
	ck_assert_str_eq(result, ib_buffer_text(&texts[1]));
	ib_buffer_done(&texts[0]);
	ib_buffer_done(&texts[1]);
}
END_TEST

START_TEST(texts_too_long_to_compare_are_replaced)
{
	IB_AUTO_BUFFER(before, 1 << 20);
	IB_AUTO_BUFFER(after, 1 << 20);
	ib_autofree char *diff = NULL;
	int i = 0;

	for (i = 0; i < 3000; i++) {
		ib_buffer_putf(&before, "%d\n", i);
		ib_buffer_putf(&after, "%d\n", 2999 - i);
	}
	diff = ib_line_diff(ib_buffer_text(&before), ib_buffer_text(&after));
	ck_assert(ib_str_starts(diff, "@@ -1,3000 +1,3000 @@\n-0\n"));
}
END_TEST

static const struct {
	const char *text;
	const char *line;
	const char *code;
	const char *cell;
} looks[] = {
	{ "bash-5.2", "bash-5.2", "`bash-5.2`", "`bash-5.2`" },
	{ "a\nb\tc", "a\\u{a}b\\u{9}c", "`a\\u{a}b\\u{9}c`", "`a\\u{a}b\\u{9}c`" },
	{ "\033[31mred", "\\u{1b}[31mred", "`\\u{1b}[31mred`", "`\\u{1b}[31mred`" },
	{ "\xc2\x9b", "\\u{9b}", "`\\u{9b}`", "`\\u{9b}`" },
	{ "a\xe2\x80\xae"
	  "b",
	  "a\\u{202e}b", "`a\\u{202e}b`", "`a\\u{202e}b`" },
	{ "\xff\xc3", "\\x{ff}\\x{c3}", "`\\x{ff}\\x{c3}`", "`\\x{ff}\\x{c3}`" },
	{ "\xf3\xa0\x81\x81", "\\u{e0041}", "`\\u{e0041}`", "`\\u{e0041}`" },
	{ "M\xc3\xbcller", "M\xc3\xbcller", "`M\xc3\xbcller`", "`M\xc3\xbcller`" },
	{ "a`b", "a`b", "``a`b``", "``a`b``" },
	{ "`", "`", "`` ` ``", "`` ` ``" },
	{ "a``` b", "a``` b", "````a``` b````", "````a``` b````" },
	{ "x | y", "x | y", "`x | y`", "`x \\| y`" },
	{ "<script>@all #1 [l](u) www.x.y", "<script>@all #1 [l](u) www.x.y",
	  "`<script>@all #1 [l](u) www.x.y`", "`<script>@all #1 [l](u) www.x.y`" },
	{ "", "", "`   `", "`   `" },
};

START_TEST(what_others_wrote_is_made_visible)
{
	IB_AUTO_BUFFER(line, 1 << 10);
	IB_AUTO_BUFFER(code, 1 << 10);
	IB_AUTO_BUFFER(cell, 1 << 10);

	ib_visible_put(&line, looks[_i].text);
	ib_visible_put_code(&code, looks[_i].text, false);
	ib_visible_put_code(&cell, looks[_i].text, true);
	ck_assert_str_eq(ib_buffer_text(&line), looks[_i].line);
	ck_assert_str_eq(ib_buffer_text(&code), looks[_i].code);
	ck_assert_str_eq(ib_buffer_text(&cell), looks[_i].cell);
}
END_TEST

START_TEST(a_block_ends_where_it_should)
{
	IB_AUTO_BUFFER(b, 1 << 10);

	ib_visible_put_block(&b, "+echo\n````\n\n</details>\033x", "diff", "  ");
	ck_assert_str_eq(ib_buffer_text(&b),
			 "  `````diff\n  +echo\n  ````\n\n  </details>\\u{1b}x\n"
			 "  `````\n");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("line_diff");
	TCase *tcase = tcase_create("line_diff");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_loop_test(tcase, lines_are_compared_as_diff_does, 0, (int)IB_COUNT(pairs));
	tcase_add_loop_test(tcase, patch_makes_the_other_text_of_it, 0, 20);
	tcase_add_test(tcase, texts_too_long_to_compare_are_replaced);
	tcase_add_loop_test(tcase, what_others_wrote_is_made_visible, 0, (int)IB_COUNT(looks));
	tcase_add_test(tcase, a_block_ends_where_it_should);
	suite_add_tcase(suite, tcase);
	return suite;
}
