/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scriptlets that a shell takes for something else than they look like: none of them is covered.
 * Beside them the honest texts next to each, which are.
 */
#include <time.h>

#include "ledger_judge.h"
#include "state/shell.h"

static const struct {
	const char *name;
	const char *interpreter;
	const char *text;
} deceiving[] = {
	{ "let", "/bin/sh", "let 'a[$(touch /tmp/mark-let)]=1'\n" },
	{ "dblbracket_eq", "/bin/sh", "[[ 'a[$(touch /tmp/mark-dblbracket_eq)]' -eq 1 ]]\n" },
	{ "test_v", "/bin/sh", "test -v 'a[$(touch /tmp/mark-test_v)]'\n" },
	{ "unset_idx", "/bin/sh", "unset 'a[$(touch /tmp/mark-unset_idx)]'\n" },
	{ "read_idx", "/bin/sh", "read 'a[$(touch /tmp/mark-read_idx)]' < /dev/null\n" },
	{ "printf_v", "/bin/sh", "printf -v 'a[$(touch /tmp/mark-printf_v)]' x\n" },
	{ "declare_idx", "/bin/sh", "declare 'a[$(touch /tmp/mark-declare_idx)]=1'\n" },
	{ "export_path", "/bin/sh",
	  "X=$(echo PATH=/tmp/bin:/usr/bin:/bin)\nexport $X\nldconfig\n" },
	{ "declare_path", "/bin/sh", "declare PATH=/tmp/bin:/usr/bin:/bin\nldconfig\n" },
	{ "read_path", "/bin/sh", "read PATH <<E\n/tmp/bin:/usr/bin:/bin\nE\nldconfig\n" },
	{ "printf_path", "/bin/sh", "printf -v PATH /tmp/bin\nldconfig\n" },
	{ "for_path", "/bin/sh", "for PATH in /tmp/bin; do ldconfig; done\n" },
	{ "default_path", "/bin/sh", "X=$(echo /tmp/bin)\nPATH=$X\nldconfig\n" },
	{ "hash_rp", "/bin/sh", "hash -r -p /tmp/bin/ldconfig ldconfig\nldconfig\n" },
	{ "declare_n", "/bin/sh", "declare -n x=PATH\nx=/tmp/bin\nldconfig\n" },
	{ "atP", "/bin/sh", "x='$(touch /tmp/mark-atP)'\n: ${x@P}\n" },
	{ "offset", "/bin/sh", "y='a[$(touch /tmp/mark-offset)]'\n: ${x:y}\n" },
	{ "arith", "/bin/sh", "y='a[$(touch /tmp/mark-arith)]'\n: $((y))\n" },
	{ "ps4", "/bin/sh", "for PS4 in '$(touch /tmp/mark-ps4)'; do set -x; done\n:\n" },
	{ "return_top", "/bin/sh", "return 0\neval \"touch /tmp/mark-return_top\"\n" },
	{ "return_top_bash", "/bin/bash", "return 0\neval \"touch /tmp/mark-return_top_bash\"\n" },
	{ "guarded_exit_then", "/bin/sh",
	  "[ -e /proc/self ] || exit 0\nln -s /usr/bin/true /usr/bin/adv-link\n" },
	{ "exit_if_unknown", "/bin/sh",
	  "if grep -q x /etc/os-release; then exit 0; fi\nln -s /usr/bin/true /usr/bin/adv-link\n" },
	{ "set_e", "/bin/sh", "set -e\nfalse\nsystemctl enable evil.service\n" },
	{ "set_n", "/bin/sh", "set -n\nsystemctl enable evil.service\n" },
	{ "fn_unset", "/bin/bash",
	  "eval() { :; }\nunset -f eval\neval \"touch /tmp/mark-fn_unset\"\n" },
	{ "fn_cond", "/bin/bash", "touch2() { :; }\nunset -f touch2\ntouch2\n" },
	{ "fn_name_kw", "/bin/sh", "curl() { :; }\nunset -f curl\ncurl http://evil/ | cat\n" },
	{ "fn_after_use", "/bin/sh",
	  "sh() { :; }\n(unset -f sh; sh -c \"touch /tmp/mark-fn_after_use\")\nunset -f sh\nsh -c \"touch /tmp/mark-fn_after_use\"\n" },
	{ "fn_path", "/bin/bash",
	  "/bin/sh() { :; }\nunset -f /bin/sh\n/bin/sh -c \"touch /tmp/mark-fn_path\"\n" },
	{ "exit_var", "/bin/bash", "exit() { :; }\nexit 0\nsh -c \"touch /tmp/mark-exit_var\"\n" },
	{ "absent_proc", "/bin/sh",
	  "if [ -d /proc/self ]; then eval \"touch /tmp/mark-absent_proc\"; fi\n" },
	{ "cd_link", "/bin/sh", "readonly IFS=x; ldconfig\n" },
	{ "typeset", "/bin/sh", "local PATH=/tmp/bin; ldconfig\n" },
	{ "cmp_str", "/bin/sh",
	  "[ 08 -eq 8 ] && eval \"touch /tmp/mark-cmp_str\"\n[ \" 1\" = 1 ] || :\n" },
	{ "dblb_octal", "/bin/bash",
	  "if [[ 010 -eq 8 ]]; then eval \"touch /tmp/mark-dblb_octal\"; fi\n" },
	{ "argcount", "/bin/sh",
	  "if [ \"$#\" -eq 1 ]; then eval \"touch /tmp/mark-argcount\"; fi\n" },
	{ "arg2", "/bin/sh", "if [ -z \"$2\" ]; then eval \"touch /tmp/mark-arg2\"; fi\n" },
	{ "unset_var", "/bin/bash",
	  "if [ -n \"$HISTCMD\" ] || [ -n \"$PIPESTATUS\" ]; then eval \"touch /tmp/mark-unset_var\"; fi\n" },
	{ "unset_var2", "/bin/bash",
	  "if [ -n \"$FUNCNAME$OPTIND\" ]; then eval \"touch /tmp/mark-unset_var2\"; fi\n" },
	{ "unset_epoch", "/bin/bash",
	  "if [ -n \"$EPOCHSECONDS\" ]; then eval \"touch /tmp/mark-unset_epoch\"; fi\n" },
	{ "unset_dirstack", "/bin/bash",
	  "if [ -n \"$DIRSTACK\" ]; then eval \"touch /tmp/mark-unset_dirstack\"; fi\n" },
	{ "unset_groups", "/bin/sh",
	  "if [ -n \"$GROUPS\" ]; then eval \"touch /tmp/mark-unset_groups\"; fi\n" },
	{ "unset_hosttype", "/bin/bash",
	  "if [ -n \"$SRANDOM\" ]; then eval \"touch /tmp/mark-unset_hosttype\"; fi\n" },
	{ "readonly_assign", "/bin/bash",
	  "readonly A=1\nA=2\nif [ $A = 1 ]; then eval \"touch /tmp/mark-readonly_assign\"; fi\n" },
	{ "uid_assign", "/bin/bash",
	  "UID=5\nif [ $UID = 0 ]; then eval \"touch /tmp/mark-uid_assign\"; fi\n" },
	{ "declare_i", "/bin/bash",
	  "declare -i A\nA=1+1\nif [ \"$A\" = 2 ]; then eval \"touch /tmp/mark-declare_i\"; fi\n" },
	{ "declare_l", "/bin/bash",
	  "declare -u A\nA=a\nif [ \"$A\" = A ]; then eval \"touch /tmp/mark-declare_l\"; fi\n" },
	{ "random_assign", "/bin/bash",
	  "SECONDS=x\nif [ \"$SECONDS\" = 0 ]; then eval \"touch /tmp/mark-random_assign\"; fi\n" },
	{ "plus_assign", "/bin/bash",
	  "declare -i A=1\nA=1; A+=1\nif [ \"$A\" = 2 ]; then eval \"touch /tmp/mark-plus_assign\"; fi\n" },
	{ "dollar_digit2", "/bin/sh",
	  "if [ \"$10\" = 10 ]; then eval \"touch /tmp/mark-dollar_digit2\"; fi\n" },
	{ "tilde", "/bin/sh",
	  "a=~\nif [ \"$a\" = \"~\" ]; then :; else eval \"touch /tmp/mark-tilde\"; fi\n" },
	{ "ansi_val", "/bin/sh",
	  "a=$'x'\nif [ \"$a\" = x ]; then eval \"touch /tmp/mark-ansi_val\"; fi\n" },
	{ "locale_q", "/bin/sh",
	  "a=$\"x\"\nif [ \"$a\" = x ]; then eval \"touch /tmp/mark-locale_q\"; fi\n" },
	{ "dblq_nl", "/bin/sh",
	  "a=\"x\\\ny\"\nif [ \"$a\" = xy ]; then eval \"touch /tmp/mark-dblq_nl\"; fi\n" },
	{ "glob_var", "/bin/sh",
	  "a='*'\nfor i in $a; do if [ \"$i\" = '*' ]; then :; else eval \"touch /tmp/mark-glob_var\"; fi; done\n" },
	{ "bracket_glob", "/bin/sh",
	  "cd /\nfor i in [t]mp; do if [ \"$i\" = '[t]mp' ]; then :; else eval \"touch /tmp/mark-bracket_glob\"; fi; done\n" },
	{ "lt_num", "/bin/bash",
	  "if [[ 9 -lt 010 ]]; then :; else eval \"touch /tmp/mark-lt_num\"; fi\n" },
	{ "arith_var_cmp", "/bin/bash",
	  "x=1\nif [[ x -eq 1 ]]; then eval \"touch /tmp/mark-arith_var_cmp\"; fi\n" },
	{ "bigint", "/bin/sh",
	  "if [ 9223372036854775808 -eq 9223372036854775807 ]; then :; else eval \"touch /tmp/mark-bigint\"; fi\n" },
	{ "virt_grep", "/bin/sh",
	  "if systemd-detect-virt | grep -q o; then eval \"touch /tmp/mark-virt_grep\"; fi\n" },
	{ "fn_unset_sh", "/bin/sh", "unlink_all() { :; }\nunset -f unlink_all\nunlink_all\n" },
	{ "dispatch_unset", "/bin/sh",
	  "python3() { :; }\nunset -f python3\npython3 -c \"open('/tmp/mark-dispatch_unset','w')\"\n" },
	{ "declare_f_un", "/bin/sh",
	  "python3() { :; }\nX='-f python3'\nunset $X\npython3 -c \"open('/tmp/mark-declare_f_un','w')\"\n" },
	{ "sub_unset", "/bin/sh",
	  "python3() { :; }\nif true; then unset -f python3; fi\npython3 -c \"open('/tmp/mark-sub_unset','w')\"\n" },
	{ "keyword_redef", "/bin/sh",
	  "python3() { true; }\n/usr/bin/env\nexport -f python3\nunset -f python3; python3 -c \"open('/tmp/mark-keyword_redef','w')\"\n" },
	{ "or_exit", "/bin/sh",
	  "true || exit 0\ngrep -q zzz /etc/os-release || exit 0\nsystemctl enable evil.service\n" },
	{ "tac_until", "/bin/sh", "set -u\n: $NOPE\nsystemctl enable evil.service\n" },
	{ "env_ssh", "/bin/sh",
	  "if [ -n \"$SSH_CONNECTION\" ]; then eval \"touch /tmp/mark-env_ssh\"; fi\n" },
	{ "old_arith", "/bin/bash", "y='a[$(touch /tmp/mark-old_arith)]'; : $[y]\n" },
	{ "old_arith2", "/bin/bash", ": $[a[$(touch /tmp/mark-old_arith2)]]\n" },
	{ "alias_dyn", "/bin/sh", ": ${x-$(touch /tmp/mark-alias_dyn)}\n" },
	{ "ansi_c", "/bin/sh", ": $'\\'' ; eval \"touch /tmp/mark-ansi_c\" ; : ' '\n" },
	{ "bt_esc_bt", "/bin/sh", "x=`: \\`touch /tmp/mark-bt_esc_bt\\``\n" },
	{ "offset_of_known", "/bin/sh", "x=abc; : ${x:1}\n" },
	{ "assign_in_loop_after_continue", "/bin/sh",
	  "for i in a; do\n getent group x && continue\n A=1\ndone\nif [ \"$A\" = 1 ]; then :; else frobnicate; fi\n" },
	{ "function_over_function", "/bin/sh",
	  "ldconfig() { frobnicate; }\n(ldconfig() { :; })\nldconfig\n" },
	{ "continued_dollar", "/bin/sh", ": \"$\\\n(touch /tmp/x)\"\n" },
	{ "continued_name", "/bin/sh", "fo=a; foo=b\n[ $fo\\\no = b ] && frobnicate\n" },
	{ "exit_with_a_redirection", "/bin/sh", "exit 0 < /nowhere\nfrobnicate\n" },
	{ "group_with_a_redirection", "/bin/sh", "{ exit 0; } < /nowhere\nfrobnicate\n" },
	{ "path_of_nothing", "/bin/sh", "PATH=\nldconfig\n" },
	{ "path_of_here", "/bin/sh", "PATH=/usr/bin:\nldconfig\n" },
	{ "exit_help", "/bin/sh", "exit --help\nfrobnicate\n" },
	{ "unset_path", "/bin/sh", "unset PATH\nldconfig\n" },
	{ "set_glob", "/bin/sh", "set -f\nrm -rf /tmp/*\n" },
	{ "arguments_of_unknown", "/bin/sh",
	  "f() { if [ \"$2\" = b ]; then :; else frobnicate; fi; }\nf $(getent x) b\n" },
	{ "sourced_may_end", "/bin/sh", ". /etc/sysconfig/x\nsystemctl enable x.service\n" },
	{ "wait_p", "/bin/sh", "wait -p 'a[$(touch /tmp/x)]'\n" },
	{ "here_arith", "/bin/sh", "cat <<E >/dev/null\n$[a]\nE\n" },
	{ "exit_in_a_condition", "/bin/sh",
	  "if getent x; then [ -f /etc/a ] && exit 0; fi; systemctl enable x.service" },
	{ "shell_e", "/bin/sh -e", "systemctl enable x.service\n" },
};

START_TEST(what_a_shell_reads_in_another_way_is_not_covered)
{
	struct ib_verdict verdict =
		judge(IB_SCRIPTLET_POST, deceiving[_i].interpreter, deceiving[_i].text);

	ck_assert_msg(!verdict.covered, "%s is covered by %s", deceiving[_i].name,
		      verdict.families);
}
END_TEST

static const char *const honest[] = {
	"if [ \"$1\" -eq 1 ]; then ldconfig; else frobnicate; fi",
	"[[ $? -ne 0 ]] && echo failed",
	"x=$((1 + 2)); echo ${x:-none} ${x%%.*} ${#x}",
	"export A=1 B; unset A; read -r x < /dev/null; hash -r",
	"PATH=/usr/bin:$PATH; export PATH; ldconfig",
	"set -x; systemctl enable x.service",
	"for i in a b; do [ $i = a ] && continue; groupadd -r $i; done",
	"for i in a b; do break; frobnicate; done; systemctl enable x.service",
	"f() { return 0; frobnicate; }; f; systemctl enable x.service",
	"f() { exit 0; }; f; frobnicate",
	"getent group a || exit 0; groupadd -r a",
	"systemd-detect-virt | grep -iq VMware && frobnicate",
	"x=\"a\\\nb\"; if [ $x = ab ]; then :; else frobnicate; fi",
};

START_TEST(honest_neighbours_are_covered)
{
	struct ib_verdict verdict = judge(IB_SCRIPTLET_POST, "/bin/sh", honest[_i]);

	ck_assert_msg(verdict.covered, "'%s': %s", honest[_i], verdict.not_covered);
}
END_TEST

START_TEST(what_follows_an_exit_for_a_file_hangs_on_that_file)
{
	struct ib_verdict verdict =
		judge(IB_SCRIPTLET_POST, "/bin/sh",
		      "ln -s /a /usr/a\n[ -f /etc/os-release ] && exit 0\n"
		      "ln -s /usr/bin/true /usr/bin/b\nsystemctl enable evil.service\n");

	ck_assert_msg(verdict.covered, "%s", verdict.not_covered);
	ck_assert_uint_eq(verdict.effect_count, 3);
	ck_assert_ptr_null(verdict.effects[0].guard);
	ck_assert_str_eq(verdict.effects[1].guard->tests, "-f /etc/os-release\n");
	ck_assert_str_eq(verdict.effects[2].guard->tests, "-f /etc/os-release\n");
}
END_TEST

START_TEST(arguments_are_those_of_the_kind)
{
	static const char one[] = "[ $# -eq 1 ] || frobnicate";
	static const char two[] = "[ $# = 2 ] && [ $2 = 1 ] || frobnicate";

	ck_assert(judge(IB_SCRIPTLET_POST, "/bin/sh", one).covered);
	ck_assert(judge(IB_SCRIPTLET_PRE, "/bin/sh", one).covered);
	ck_assert(!judge(IB_SCRIPTLET_TRIGGER, "/bin/sh", one).covered);
	ck_assert(!judge(IB_SCRIPTLET_POST, "/bin/sh", two).covered);
	ck_assert(!judge(IB_SCRIPTLET_FILE_TRIGGER, "/bin/sh", one).covered);
	ck_assert(!judge(IB_SCRIPTLET_FILE_TRIGGER, "/bin/sh", two).covered);
	ck_assert(!judge(IB_SCRIPTLET_POSTTRANS, "/bin/sh", "[ $1 = 1 ] || frobnicate").covered);
}
END_TEST

START_TEST(an_exit_that_prevents_the_installation_is_not_covered)
{
	ck_assert(!judge(IB_SCRIPTLET_PRE, "/bin/sh", "exit 1").covered);
	ck_assert(!judge(IB_SCRIPTLET_PRETRANS, "/bin/sh", "exit 1").covered);
	ck_assert(judge(IB_SCRIPTLET_PRE, "/bin/sh", "exit 0").covered);
	ck_assert(judge(IB_SCRIPTLET_POST, "/bin/sh", "exit 1").covered);
}
END_TEST

/* Texts that grow as they are read end soon, and are not covered. */
static void assert_ends(const char *text)
{
	clock_t start = clock();

	ck_assert(!judge(IB_SCRIPTLET_POST, "/bin/sh", text).covered);
	ck_assert_msg((double)(clock() - start) / CLOCKS_PER_SEC < 1, "'%.40s' takes long", text);
}

START_TEST(what_grows_without_end_is_given_up)
{
	IB_AUTO_BUFFER(text, 1 << 20);
	size_t i = 0;

	ib_buffer_puts(&text, "x=aaaaaaaaaaaaaaaa\n");
	for (i = 0; i < 15; i++)
		ib_buffer_puts(&text, "x=$x$x\n");
	for (i = 0; i < 3000; i++)
		ib_buffer_puts(&text, ": $x\n");
	assert_ends(ib_buffer_text(&text));
}
END_TEST

START_TEST(functions_that_call_others_often_are_given_up)
{
	IB_AUTO_BUFFER(text, 1 << 20);
	size_t i = 0;
	size_t n = 0;

	ib_buffer_puts(&text, "x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; f0() { : $x; }\n");
	for (i = 1; i < 14; i++) {
		ib_buffer_putf(&text, "f%zu() {\n", i);
		for (n = 0; n < 8; n++)
			ib_buffer_putf(&text, "f%zu $x\n", i - 1);
		ib_buffer_puts(&text, "}\n");
	}
	ib_buffer_puts(&text, "f13\n");
	assert_ends(ib_buffer_text(&text));
}
END_TEST

START_TEST(conditions_inside_conditions_are_no_bomb)
{
	IB_AUTO_BUFFER(text, 1 << 20);
	size_t i = 0;

	for (i = 0; i < 30; i++)
		ib_buffer_puts(&text, "if getent x; then A=1\n");
	ib_buffer_puts(&text, "frobnicate\n");
	for (i = 0; i < 30; i++)
		ib_buffer_puts(&text, "fi\n");
	assert_ends(ib_buffer_text(&text));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("ledger_sound");
	TCase *sound = tcase_create("sound");

	tcase_add_checked_fixture(sound, set_up, tear_down);
	tcase_add_loop_test(sound, what_a_shell_reads_in_another_way_is_not_covered, 0,
			    (int)IB_COUNT(deceiving));
	tcase_add_loop_test(sound, honest_neighbours_are_covered, 0, (int)IB_COUNT(honest));
	tcase_add_test(sound, what_follows_an_exit_for_a_file_hangs_on_that_file);
	tcase_add_test(sound, arguments_are_those_of_the_kind);
	tcase_add_test(sound, an_exit_that_prevents_the_installation_is_not_covered);
	tcase_add_test(sound, what_grows_without_end_is_given_up);
	tcase_add_test(sound, functions_that_call_others_often_are_given_up);
	tcase_add_test(sound, conditions_inside_conditions_are_no_bomb);
	suite_add_tcase(suite, sound);
	return suite;
}
