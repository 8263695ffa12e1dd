/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scriptlets of public spec files (tests/state/scriptlets/expanded.txt): how many are covered,
 * and that none of them stays covered with a command more that is not understood, wherever it
 * stands and however it is wrapped.
 */
#include <stdio.h>
#include <stdlib.h>

#include "state/ledger.h"
#include "test.h"

#define PUBLIC "imagebuild/tests/state/scriptlets/expanded.txt"

struct record {
	enum ib_scriptlet_kind kind;
	char *interpreter;
	char *text;
	bool removes; /* a trigger for what is removed */
};

static struct record records[1024];
static size_t record_count;
static char *content;

static enum ib_scriptlet_kind kind_of(const char *name)
{
	static const struct {
		const char *name;
		enum ib_scriptlet_kind kind;
	} kinds[] = {
		{ "pre", IB_SCRIPTLET_PRE },           { "post", IB_SCRIPTLET_POST },
		{ "preun", IB_SCRIPTLET_PREUN },       { "postun", IB_SCRIPTLET_POSTUN },
		{ "pretrans", IB_SCRIPTLET_PRETRANS }, { "posttrans", IB_SCRIPTLET_POSTTRANS },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].kind;
	if (strstr(name, "trigger"))
		return !strncmp(name, "transfile", 9) ? IB_SCRIPTLET_TRANSACTION_TRIGGER
		       : !strncmp(name, "file", 4)    ? IB_SCRIPTLET_FILE_TRIGGER
						      : IB_SCRIPTLET_TRIGGER;
	ck_abort_msg("kind %s", name);
	return IB_SCRIPTLET_POST;
}

/* "=== DISTRIBUTION PACKAGE KIND INTERPRETER | ORIGIN", then the text. */
static void set_up(void)
{
	FILE *file = fopen(PUBLIC, "r");
	size_t size = 0;
	char *line = NULL;
	char *next = NULL;
	struct record *last = NULL;

	ck_assert_ptr_nonnull(file);
	content = ib_alloc(1 << 20);
	size = fread(content, 1, (1 << 20) - 1, file);
	content[size] = '\0';
	ck_assert_int_eq(fclose(file), 0);
	record_count = 0;
	for (line = content; line && *line; line = next) {
		char kind[32] = "";
		char interpreter[128] = "";

		next = strchr(line, '\n');
		if (strncmp(line, "=== ", 4) != 0) {
			next = next ? next + 1 : NULL;
			continue;
		}
		*line = '\0'; /* the text before ends here */
		ck_assert_ptr_nonnull(next);
		if (sscanf(line + 4, "%*s %*s %31s %127[^|]", kind, interpreter) != 2)
			break; /* the last line, with their number */
		interpreter[strcspn(interpreter, " ")] = '\0';
		last = &records[record_count++];
		ck_assert_uint_lt(record_count, IB_COUNT(records));
		*last = (struct record){ kind_of(kind), ib_strdup(interpreter), next + 1,
					 strstr(kind, "triggerun") ||
						 strstr(kind, "triggerpostun") };
		next++;
	}
}

static void tear_down(void)
{
	size_t i = 0;

	for (i = 0; i < record_count; i++)
		ib_free(records[i].interpreter);
	ib_free(content);
}

static bool is_covered(const struct record *record, const char *text)
{
	const struct ib_package package = {
		.name = "sample", .nevra = "sample-1-1.noarch", .version = "1", .release = "1"
	};
	const struct ib_dependency on = { .name = "other",
					  .flags = 1U << (record->removes ? 17 : 16) };
	const struct ib_scriptlet scriptlet = { .kind = record->kind,
						.interpreter = record->interpreter,
						.text = text,
						.on = { &on,
							record->kind >= IB_SCRIPTLET_TRIGGER } };
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct ib_verdict verdict = { 0 };

	ib_ledger_judge(&package, &scriptlet, arena, &verdict);
	return verdict.covered;
}

START_TEST(nearly_all_of_them_are_covered)
{
	size_t covered = 0;
	size_t i = 0;

	for (i = 0; i < record_count; i++)
		covered += is_covered(&records[i], records[i].text);
	ck_assert_uint_ge(record_count, 300);
	ck_assert_msg(covered * 100 >= record_count * 95, "%zu of %zu", covered, record_count);
}
END_TEST

/* Each does something that nobody understands, or that no scriptlet may do unseen. */
static const char *const mutations[] = {
	"frobnicate --x",
	"rm -rf /etc",
	"rm -rf /etc/*",
	"echo x > /etc/passwd",
	"echo x >> /etc/shadow",
	"echo x > /dev/../etc/passwd",
	"echo x > /dev/sda",
	"echo x > /tmp/a > /etc/passwd",
	": > /etc/passwd",
	"> /etc/passwd",
	"true 2> /etc/passwd",
	"true &> /etc/passwd",
	"{ true; } > /etc/passwd",
	"( true ) > /etc/passwd",
	"f() { true; }; f > /etc/passwd",
	"for i in a; do true; done > /etc/passwd",
	": \"$(frobnicate)\"",
	": `frobnicate`",
	": \"`frobnicate`\"",
	": ${x:-$(frobnicate)}",
	": \"${x:-$(frobnicate)}\"",
	": ${x:-`frobnicate`}",
	": $((1 + $(frobnicate)))",
	"x=$(frobnicate)",
	"x=a$(frobnicate)b true",
	"true < $(frobnicate)",
	"for i in $(frobnicate); do true; done",
	"case $(frobnicate) in a) true;; esac",
	"case a in $(frobnicate)) true;; esac",
	"[ -n \"$(frobnicate)\" ]",
	"[[ a = $(frobnicate) ]]",
	"cat /etc/os-release | sh",
	"cat /etc/os-release | bash -s",
	"sh -c 'rm -rf /etc'",
	"bash <<X\nfrobnicate\nX",
	"cat <<X >/dev/null\n$(frobnicate)\nX",
	"cat <<X >/dev/null\n`frobnicate`\nX",
	"eval frobnicate",
	"eval \"$x\"",
	"$x --y",
	"frob\"\"nicate",
	"\\frobnicate",
	"exec frobnicate",
	"env frobnicate",
	"env A=b rm -rf /etc",
	"command frobnicate",
	"command rm -rf /etc",
	"builtin eval frobnicate",
	"trap frobnicate EXIT",
	"trap 'rm -rf /etc' 0",
	"systemd-cat frobnicate",
	"nohup frobnicate",
	"chroot / frobnicate",
	"xargs frobnicate",
	". /tmp/frobnicate",
	"source /usr/share/frobnicate.sh",
	"alias true=frobnicate",
	"shopt -s expand_aliases",
	"function f { frobnicate; }; f",
	"f() { frobnicate; }; f",
	"f() (\nfrobnicate\n); f",
	"if [ -d /etc ]; then true() { frobnicate; }; fi; true",
	"if [ -d /etc ]; then frobnicate() { true; }; fi; frobnicate",
	"( frobnicate() { true; } ); frobnicate",
	"frobnicate() { true; } | true; frobnicate",
	"if [ -d /etc ]; then frobnicate; fi",
	"if [ -d /etc ]; then true; else frobnicate; fi",
	"if false; then true; elif [ -d /etc ]; then frobnicate; fi",
	"if frobnicate; then true; fi",
	"while frobnicate; do true; done",
	"while [ -d /etc ]; do frobnicate; done",
	"until [ -d /etc ]; do frobnicate; done",
	"for i in 1 2; do frobnicate; done",
	"for i in /etc/*; do frobnicate $i; done",
	"case a in a) frobnicate;; esac",
	"case a in \"a\") frobnicate;; esac",
	"case ab in \"a\"*) frobnicate;; esac",
	"case ab in a*) frobnicate;; esac",
	"case a in b) true;; *) frobnicate;; esac",
	"y=a; case a in $y) frobnicate;; esac",
	"case a in [ab]) frobnicate;; esac",
	"case a in a) true;& b) frobnicate;; esac",
	"case a in a) true;;& *) frobnicate;; esac",
	"true && frobnicate",
	"false || frobnicate",
	"false && true || frobnicate",
	"! frobnicate",
	"{ frobnicate; }",
	"( frobnicate )",
	"( ( frobnicate ) )",
	"frobnicate &",
	"true & frobnicate",
	"true | frobnicate",
	"frobnicate | true",
	"true |& frobnicate",
	"true; frobnicate",
	"true;frobnicate",
	"true # x\nfrobnicate",
	"true \\\n&& frobnicate",
	"( exit 0 ); frobnicate",
	"exit 0 | cat; frobnicate",
	"exit 0 & frobnicate",
	"x=$(exit 0); frobnicate",
	"f() { return 0; }; f; frobnicate",
	"[ -d /etc ] && exit 0; frobnicate",
	"x=1; ( x=0 ); [ $x = 1 ] && frobnicate",
	"x=1; x=0 | cat; [ $x = 1 ] && frobnicate",
	"x=1; x=0 & [ $x = 1 ] && frobnicate",
	"x=1; x=0 true; [ $x = 1 ] && frobnicate",
	"x=1; f() { local x=0; }; f; [ $x = 1 ] && frobnicate",
	"x=0; read x; [ $x = 1 ] && frobnicate",
	"x=0; . /etc/sysconfig/x; [ $x = 1 ] && frobnicate",
	"x=0; let x=1; [ $x = 1 ] && frobnicate",
	"x=0; let x++; [ $x = 1 ] && frobnicate",
	"x=0; declare x=1; [ $x = 1 ] && frobnicate",
	"x=0; printf -v x 1; [ $x = 1 ] && frobnicate",
	"x=0; : $((x=1)); [ $x = 1 ] && frobnicate",
	"x=0; : $((x++)); [ $x = 1 ] && frobnicate",
	"x=0; ((x=1)); [ $x = 1 ] && frobnicate",
	"unset x; : ${x:=1}; [ $x = 1 ] && frobnicate",
	"x=0; while [ -d /etc ]; do [ $x = 1 ] && frobnicate; x=1; done",
	"x=0; for i in /etc/*; do [ $x = 1 ] && frobnicate; x=1; done",
	"x=0; if [ -d /etc ]; then x=1; fi; [ $x = 1 ] && frobnicate",
	"[ -d /etc ] && x=1; [ -n \"$x\" ] && frobnicate",
	"set -- 7; [ $1 -eq 7 ] && frobnicate",
	"set 7; [ $1 -eq 7 ] && frobnicate",
	"shift 9; [ -z \"$1\" ] && frobnicate",
	"f() { [ $1 -eq 7 ] && frobnicate; }; f 7",
	"[[ b < a ]] || frobnicate",
	"[[ b = [ab] ]] && frobnicate",
	"[[ a =~ a ]] && frobnicate",
	"[[ -d /etc && -d /usr ]] && frobnicate",
	"[ -d /run/../etc ] && frobnicate",
	"test -d /proc/../etc && frobnicate",
	"[ \"$HOME\" ] && frobnicate",
	"[ -n \"$PATH\" ] && frobnicate",
	"PATH=/tmp:$PATH",
	"export PATH=/opt/x",
	"LD_PRELOAD=/tmp/x true",
	"IFS=:",
	"BASH_ENV=/tmp/x",
	"/tmp/true",
	"./true",
	"../bin/true",
	"/usr/share/x/systemctl daemon-reload",
	"sed -i s/a/b/ /etc/passwd",
	"sed -ni p /etc/passwd",
	"sed -n -i.bak p /etc/passwd",
	"sed --in-place=x p /etc/passwd",
	"sed -n 'w /etc/passwd' /etc/group",
	"sed 's/a/b/w /etc/passwd' /etc/group",
	"sed 's/a/rm/e' /etc/group",
	"sed '1e frobnicate' /etc/group",
	"sed -n -e p -e '1e frobnicate' /etc/group",
	"sed -f /tmp/x /etc/group",
	"find /etc -delete",
	"find /etc -exec rm {} +",
	"find /etc -execdir rm {} +",
	"find /etc -okdir rm {} +",
	"find /etc -fprintf /etc/passwd x",
	"find /etc -fls /etc/passwd",
	"find /etc | xargs rm",
	"awk 'BEGIN { system(\"frobnicate\") }'",
	"awk 'BEGIN { print 1 > \"/etc/passwd\" }'",
	"awk 'BEGIN { print 1 | \"sh\" }'",
	"awk -f /tmp/x",
	"sort -o /etc/passwd /dev/null",
	"sort -uo /etc/passwd /dev/null",
	"sort --output=/etc/passwd /dev/null",
	"sort --compress-program=frobnicate /dev/null",
	"uniq /etc/group /etc/passwd",
	"tee /etc/passwd",
	"dd of=/etc/passwd",
	"truncate -s0 /etc/passwd",
	"mv /etc/shadow /etc/passwd",
	"cp /etc/shadow /etc/passwd",
	"ln -f /etc/shadow /etc/passwd",
	"chmod -R 777 /etc",
	"chmod u+s /bin/sh",
	"rpm -e glibc --quiet",
	"rpm -Uvh x.rpm --quiet",
	"rpm --import /tmp/key --quiet",
	"rpm --eval '%(frobnicate)'",
	"rpm -q --pipe frobnicate bash",
	"rpm -q --define 'x %(frobnicate)' bash",
	"dpkg -i x",
	"hash -p /tmp/x true",
	"umask 077",
	"umask 0",
	"systemd-tmpfiles --create /tmp/x.conf",
	"systemd-tmpfiles --remove x.conf",
	"systemd-tmpfiles --root=/x --create",
	"systemd-sysusers /tmp/x.conf",
	"systemctl mask sshd.service",
	"systemctl --root=/x enable a.service",
	"systemctl link /tmp/x.service",
	"systemctl edit x.service",
	"systemctl enable $x.service",
	"loginctl enable-linger root",
	"service iptables save",
	"usermod -p x root",
	"usermod -u 0 nobody",
	"useradd -o -u 0 -p x evil",
	"passwd -d root",
	"chpasswd",
	"update-alternatives --set sh /tmp/x",
	"setcap cap_sys_admin=ep $x",
	"true\001frobnicate",
};

static void insert(struct ib_buffer *out, const char *text, size_t at, const char *line)
{
	ib_buffer_clear(out);
	ib_buffer_put(out, text, at);
	ib_buffer_putf(out, "\n%s\n", line);
	ib_buffer_puts(out, text + at);
}

/*
 * Wherever one word that is not understood is seen, everything else of the list is seen too; it is
 * seen at the beginning of each scriptlet that runs, and at its end when nothing can leave it.
 */
START_TEST(no_command_more_stays_unseen)
{
	IB_AUTO_BUFFER(text, 1 << 20);
	IB_AUTO_BUFFER(unseen, 1 << 16);
	bool is_unseen[IB_COUNT(mutations)] = { false };
	size_t places = 0;
	size_t seen = 0;
	size_t i = 0;

	for (i = 0; i < record_count; i++) {
		const struct record *record = &records[i];
		const char *at = record->text;

		if (strcmp(record->interpreter, "/bin/sh") != 0 ||
		    record->kind == IB_SCRIPTLET_PREUN || record->kind == IB_SCRIPTLET_POSTUN ||
		    record->removes || !is_covered(record, record->text))
			continue;
		insert(&text, record->text, 0, "frobnicate --x");
		ck_assert_msg(!is_covered(record, ib_buffer_text(&text)), "%s", record->text);
		insert(&text, record->text, strlen(record->text), "frobnicate --x");
		ck_assert_msg(strstr(record->text, "exit") ||
				      !is_covered(record, ib_buffer_text(&text)),
			      "%s", ib_buffer_text(&text));
		while (at) {
			bool runs = false;
			size_t n = 0;

			places++;
			insert(&text, record->text, (size_t)(at - record->text), "frobnicate --x");
			runs = !is_covered(record, ib_buffer_text(&text));
			seen += runs;
			for (n = 0; runs && n < IB_COUNT(mutations); n++) {
				insert(&text, record->text, (size_t)(at - record->text),
				       mutations[n]);
				if (is_unseen[n] || !is_covered(record, ib_buffer_text(&text)))
					continue;
				ib_buffer_putf(&unseen, "%s\n", mutations[n]);
				is_unseen[n] = true;
			}
			at = strchr(at, '\n');
			at = at && at[1] ? at + 1 : NULL;
		}
	}
	/* what nobody sees stands where nothing runs */
	ck_assert_str_eq(ib_buffer_text(&unseen), "");
	ck_assert_uint_gt(places, 500);
	ck_assert_msg(seen * 100 >= places * 60, "%zu of %zu places", seen, places);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("ledger_public");
	TCase *all = tcase_create("public");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 120);
	tcase_add_test(all, nearly_all_of_them_are_covered);
	tcase_add_test(all, no_command_more_stays_unseen);
	suite_add_tcase(suite, all);
	return suite;
}
