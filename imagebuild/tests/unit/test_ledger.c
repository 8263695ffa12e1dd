/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "ledger_judge.h"

/* A script, the families that cover it, and the texts of its effects ("|" between). */
static const struct {
	const char *text;
	const char *families;
	const char *effects;
} covered[] = {
	{ "", "nothing", "" },
	{ "[\n[[\ntest\n[ ]", "nothing", "" },
	{ ":\n# comment only\nexit 0\n", "nothing", "" },
	{ "/sbin/ldconfig\n", "ldconfig", "" },
	{ "/sbin/ldconfig >/dev/null 2>&1 || :", "ldconfig", "" },
	{ "if [ $1 -eq 1 ] && [ -x \"/usr/lib/systemd/systemd-update-helper\" ]; then \n"
	  "    # Initial installation \n"
	  "    /usr/lib/systemd/systemd-update-helper install-system-units a.service || : \nfi\n",
	  "presets", "" },
	{ "if [ $1 -eq 1 ] ; then\n systemctl --no-reload preset x.service &>/dev/null || :\nfi",
	  "presets", "" },
	{ "getent group abrt >/dev/null || groupadd -f -g 173 --system abrt\n"
	  "getent passwd abrt >/dev/null || useradd --system -g abrt -u 173 -d /etc/abrt "
	  "-s /sbin/nologin abrt\nexit 0\n",
	  "accounts", "g abrt 173|u abrt 173:abrt - /etc/abrt /sbin/nologin" },
	{ "if ! getent passwd \"a\" >/dev/null; then\n"
	  "  useradd --system --user-group --home \"/var/lib/a\" --comment 'A B' a\nfi",
	  "accounts", "u a - \"A B\" /var/lib/a -" },
	{ "usermod -a -G audio,video someone", "accounts", "m someone audio|m someone video" },
	{ "systemd-sysusers --replace=/usr/lib/sysusers.d/a.conf - <<EOF || :\n"
	  "u a 77 \"An account\"\n#x\nEOF\n",
	  "accounts", "u a 77 \"An account\"" },
	{ "pfx=/usr/sbin/iptables\n/usr/sbin/update-alternatives --install \\\n"
	  "\t$pfx iptables ${pfx}-legacy 10 \\\n\t--slave $pfx-save iptables-save $pfx-legacy-save",
	  "alternatives",
	  "/usr/sbin/iptables iptables /usr/sbin/iptables-legacy 10\n"
	  "/usr/sbin/iptables-save iptables-save /usr/sbin/iptables-legacy-save\n" },
	{ "grep -q '^/bin/bash$' /etc/shells || echo '/bin/bash' >> /etc/shells", "shells",
	  "/bin/bash" },
	{ "if [ \"$1\" -eq 1 ]; then /bin/systemctl enable --now ly.service >/dev/null 2>&1 || :; fi",
	  "units", "ly.service" },
	/* what only an upgrade does is not looked at */
	{ "if [ $1 -gt 1 ] ; then\n  mv -f /etc/a /etc/b\nfi\n", "nothing", "" },
	{ "if [ \"$1\" = 2 ]; then frobnicate; else :; fi", "nothing", "" },
	{ "[ $1 -gt 1 ] && frobnicate || :", "nothing", "" },
	{ "case \"$1\" in\n2) frobnicate ;;\n1|3) /sbin/ldconfig;;\nesac", "ldconfig", "" },
	{ "exit 0\nfrobnicate\n", "nothing", "" },
	/* no system runs while an image is made */
	{ "if test -d \"/run/systemd/system\"; then\n frobnicate\nfi", "nothing", "" },
	{ "run() {\n  \"$@\" || true\n}\ntrue && /sbin/ldconfig", "ldconfig", "" },
	{ "for u in a b; do groupadd -r $u; done", "accounts", "g a -|g b -" },
	{ "/sbin/depmod -aeF /boot/System.map-6 6 > /dev/null || :", "depmod", "" },
	{ "mkdir -p -m 0750 /var/lib/a", "paths", "/var/lib/a 0750" },
	{ "touch /var/log/a && chmod 600 /var/log/a\nchown -R a:b /var/log/a || :", "files",
	  "f /var/log/a 0644 - -|z /var/log/a 600 - -|Z /var/log/a - a b" },
	{ "chgrp b /var/a; chown 5 /var/a", "files", "z /var/a - - b|z /var/a - 5 -" },
	{ "ln -sf ../a /usr/b", "paths", "L+ /usr/b - - - - ../a" },
	{ "setcap cap_net_raw+ep /usr/bin/ping", "files", "/usr/bin/ping cap_net_raw+ep" },
	{ "cat > /etc/x <<'EOF'\n$a b\nEOF\necho -n c >> /etc/x", "files",
	  "/etc/x\n$a b\n|/etc/x\nc" },
	{ "rm -f /usr/share/x", "cleanup", "/usr/share/x sample-1-1.noarch" },
	{ "[ -f /etc/x.rpmsave ] && frobnicate; [ -S /run/x ] && frobnicate || :", "nothing", "" },
	{ ". /etc/selinux/config; [ -n \"$SELINUXTYPE\" ] && restorecon -R /var/x || :", "labels",
	  "" },
	{ "install-info --info-dir=/usr/share/info /usr/share/info/a.info.gz || :", "info",
	  "/usr/share/info/dir /usr/share/info/a.info.gz" },
	{ "install-info /a.info /dir --entry='* a: (a).  A page'", "info",
	  "/dir /a.info\n* a: (a).  A page" },
	{ "fc-cache -f; gtk-update-icon-cache /usr/share/icons/x &>/dev/null", "caches", "" },
	{ "update-crypto-policies --no-check >/dev/null 2>/dev/null || :", "crypto-policies", "" },
	{ "chkconfig --add sample", "units", "" },
	{ "touch --no-create /usr/share/icons/hicolor &>/dev/null || :", "nothing", "" },
	{ "service abrtd condrestart >/dev/null 2>&1 || :", "running-system", "" },
};

START_TEST(what_is_understood_is_covered)
{
	struct ib_verdict verdict = judge(IB_SCRIPTLET_POST, "/bin/sh", covered[_i].text);
	IB_AUTO_STRINGS(effects);
	ib_autofree char *joined = NULL;
	size_t i = 0;

	ck_assert_msg(verdict.covered, "'%s': %s", covered[_i].text,
		      verdict.not_covered ? verdict.not_covered : "?");
	ck_assert_str_eq(verdict.families, covered[_i].families);
	for (i = 0; i < verdict.effect_count; i++)
		ib_strings_add(&effects, verdict.effects[i].text);
	joined = ib_strings_join(&effects, "|");
	ck_assert_str_eq(joined, covered[_i].effects);
}
END_TEST

/* A script, and the words for which it is not covered. */
static const struct {
	const char *text;
	const char *words;
} refused[] = {
	{ "frobnicate --all\n", "frobnicate --all" },
	{ "/sbin/ldconfig\nfrobnicate\n", "frobnicate" },
	{ "/sbin/ldconfig > /etc/x", "/sbin/ldconfig > /etc/x" },
	{ "[ -x /usr/bin/frobnicate ] && frobnicate || :", "frobnicate" },
	{ "if [ $1 -eq 1 ]; then frobnicate; fi", "frobnicate" },
	{ "x=$(frobnicate)", "frobnicate" },
	{ "echo \"`frobnicate`\"", "frobnicate" },
	{ "echo evil >> /etc/passwd", "echo evil >> /etc/passwd" },
	{ "echo /bin/a > /etc/shells", "echo /bin/a > /etc/shells" },
	{ "cat /a > /etc/b", "cat /a > /etc/b" },
	{ "{ true; } > /etc/b", "{ > /etc/b" },
	{ "> /etc/b", ": > /etc/b" },
	{ "useradd -r $NAME", "useradd -r $NAME" },
	{ "useradd -p secret root2", "useradd -p secret root2" },
	{ "groupadd a; groupmod -g 7 a", "groupmod -g 7 a" },
	{ "$CMD x", "$CMD x" },
	{ "rm -rf /usr/share/x*", "rm -rf /usr/share/x*" },
	{ "rm -rf /", "rm -rf /" },
	{ "rm -f $FILE", "rm -f $FILE" },
	{ "rm -f /run/../etc/passwd", "rm -f /run/../etc/passwd" },
	{ "ln -f a /usr/b", "ln -f a /usr/b" },
	{ "ln -sr /usr/a /usr/b", "ln -sr /usr/a /usr/b" },
	{ "chmod u+s /usr/bin/x", "chmod u+s /usr/bin/x" },
	{ "chmod -R 0755 /usr/x", "chmod -R 0755 /usr/x" },
	{ "chown a: /var/x", "chown a: /var/x" },
	{ "chown a /var/$X", "chown a /var/$X" },
	{ "setcap -r /usr/bin/x", "setcap -r /usr/bin/x" },
	{ "touch /usr/x*", "touch /usr/x*" },
	{ "echo -e 'a\\tb' > /etc/x", "echo -e a\\tb > /etc/x" },
	{ "[ -f /etc/y ] && echo a > /etc/x", "echo a > /etc/x" },
	{ "echo evil > /etc/sudoers.d/x", "echo evil > /etc/sudoers.d/x" },
	{ "echo x > /etc/a/../passwd", "echo x > /etc/a/../passwd" },
	{ "cat > /etc/x <<EOF\n$(id)\nEOF", "inside a here-document" },
	{ "install-info --calign=3 /usr/share/info/a /usr/share/info/dir", "--calign" },
	{ "cp /a /run/b; mv /etc/shadow /run/b", "mv /etc/shadow /run/b" },
	{ "exec frobnicate", "exec frobnicate" },
	{ ". /tmp/x", ". /tmp/x" },
	{ ". /etc/sysconfig/../x", ". /etc/sysconfig/../x" },
	{ "update-crypto-policies --set LEGACY", "update-crypto-policies --set LEGACY" },
	{ "ca-legacy disable", "ca-legacy disable" },
	{ "chkconfig x on", "chkconfig x on" },
	{ "sed -i s/a/b/ /etc/x", "sed -i s/a/b/ /etc/x" },
	{ "find / -delete", "find / -delete" },
	{ "eval frobnicate", "eval frobnicate" },
	{ "systemctl mask x.service", "systemctl mask x.service" },
	{ "if true; then", "'fi' is missing" },
	{ "echo 'x", "not understood" },
	{ "a=(1 2)", "not understood" },
	{ "cat <<EOF\nx\n", "a here-document does not end" },
	{ "f() { f; }; f", "functions are nested too deeply" },
};

START_TEST(one_word_that_is_not_understood_is_enough)
{
	struct ib_verdict verdict = judge(IB_SCRIPTLET_POST, "/bin/sh", refused[_i].text);

	ck_assert_msg(!verdict.covered, "'%s' is covered by %s", refused[_i].text,
		      verdict.families);
	ck_assert_msg(strstr(verdict.not_covered, refused[_i].words) != NULL, "'%s': %s",
		      refused[_i].text, verdict.not_covered);
	ck_assert_uint_eq(verdict.effect_count, 0);
}
END_TEST

START_TEST(what_runs_on_removal_only_is_covered)
{
	ck_assert_str_eq(judge(IB_SCRIPTLET_PREUN, "/bin/sh", "frobnicate").families,
			 "removal-only");
	ck_assert_str_eq(judge(IB_SCRIPTLET_POSTUN, "<lua>", "frobnicate").families,
			 "removal-only");
	ck_assert_str_eq(judge(IB_SCRIPTLET_VERIFY, "/bin/sh", "frobnicate").families,
			 "verify-only");
	ck_assert(!judge(IB_SCRIPTLET_PRETRANS, "/bin/sh", "frobnicate").covered);
	ck_assert(!judge(IB_SCRIPTLET_TRANSACTION_TRIGGER, "/bin/sh", "frobnicate").covered);
}
END_TEST

START_TEST(a_program_alone_is_a_command)
{
	ck_assert_str_eq(judge(IB_SCRIPTLET_POST, "/sbin/ldconfig", "").families, "ldconfig");
	ck_assert(!judge(IB_SCRIPTLET_POST, "/usr/bin/python3", "").covered);
	ck_assert(!judge(IB_SCRIPTLET_POST, "/sbin/ldconfig", "print(1)").covered);
}
END_TEST

START_TEST(lua_is_known_by_digest_whatever_its_comments)
{
	const char *text = "-- base folders\n  posix.symlink(\"../run\", \"/var/run\")  \n\n"
			   "posix.symlink(\"../run/lock\", \"/var/lock\")\n";
	struct ib_verdict verdict = judge(IB_SCRIPTLET_POST, "<lua>", text);

	ck_assert(verdict.covered);
	ck_assert_str_eq(verdict.families, "base-folders");
	ck_assert_uint_eq(verdict.effect_count, 2);
	ck_assert_str_eq(verdict.effects[0].text, "/var/run ../run");
	ck_assert(!judge(IB_SCRIPTLET_POST, "<lua>", "posix.symlink(\"/a\", \"/b\")").covered);
}
END_TEST

START_TEST(what_replaces_folders_is_known_with_any_path)
{
	static const char text[] = "path = \"/usr/share/%s\"\nst = posix.stat(path)\n"
				   "if st and st.type == \"link\" then\n  os.remove(path)\nend\n%s";
	ib_autofree char *one = ib_strf(text, "a b", "");
	ib_autofree char *two = ib_strf(text, "a", one);
	ib_autofree char *more = ib_strf(text, "a", "os.execute(\"x\")\n");
	ib_autofree char *inside = ib_strf(text, "a\" .. os.execute(\"x", "");

	ck_assert_str_eq(judge(IB_SCRIPTLET_PRETRANS, "<lua>", one).families, "cleanup");
	ck_assert_str_eq(judge(IB_SCRIPTLET_PRETRANS, "<lua>", two).families, "cleanup");
	ck_assert(!judge(IB_SCRIPTLET_PRETRANS, "<lua>", more).covered);
	ck_assert(!judge(IB_SCRIPTLET_PRETRANS, "<lua>", inside).covered);
	ck_assert(!judge(IB_SCRIPTLET_POST, "<lua>", one).covered);
}
END_TEST

START_TEST(a_trigger_for_an_older_self_never_runs)
{
	const struct ib_package package = { .name = "sample", .version = "2", .release = "1" };
	struct ib_dependency on = { "sample", "2", 1U << 1 };
	const struct ib_scriptlet scriptlet = { .kind = IB_SCRIPTLET_TRIGGER,
						.interpreter = "/bin/sh",
						.text = "frobnicate",
						.on = { &on, 1 } };
	struct ib_verdict verdict = { 0 };

	ib_ledger_judge(&package, &scriptlet, arena, &verdict);
	ck_assert_str_eq(verdict.families, "upgrade-only");
	on.evr = "3";
	ib_ledger_judge(&package, &scriptlet, arena, &verdict);
	ck_assert(!verdict.covered);
	on.name = "other";
	on.evr = "2";
	ib_ledger_judge(&package, &scriptlet, arena, &verdict);
	ck_assert(!verdict.covered);
}
END_TEST

START_TEST(every_family_says_what_stands_for_it)
{
	size_t i = 0;

	for (i = 0; ib_ledger_family_name(i); i++)
		ck_assert_uint_gt(strlen(ib_ledger_family_summary(i)), 10);
	ck_assert_uint_gt(i, 10);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("ledger");
	TCase *ledger = tcase_create("ledger");

	tcase_add_checked_fixture(ledger, set_up, tear_down);
	tcase_add_loop_test(ledger, what_is_understood_is_covered, 0, (int)IB_COUNT(covered));
	tcase_add_loop_test(ledger, one_word_that_is_not_understood_is_enough, 0,
			    (int)IB_COUNT(refused));
	tcase_add_test(ledger, what_runs_on_removal_only_is_covered);
	tcase_add_test(ledger, a_program_alone_is_a_command);
	tcase_add_test(ledger, lua_is_known_by_digest_whatever_its_comments);
	tcase_add_test(ledger, what_replaces_folders_is_known_with_any_path);
	tcase_add_test(ledger, a_trigger_for_an_older_self_never_runs);
	tcase_add_test(ledger, every_family_says_what_stands_for_it);
	suite_add_tcase(suite, ledger);
	return suite;
}
