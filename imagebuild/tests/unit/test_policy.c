/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule with the fault that it is for, planted into a root that is in order without. */
#include "policy_root.h"

START_TEST(a_root_in_order_has_no_findings)
{
	struct ib_policy_settings settings = { .forbidden_count = 0 };
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_policy_report) report = check(&settings);

	ck_assert_msg(report->finding_count == 0, "%s: %s", report->findings[0].rule->id,
		      report->findings[0].message);
	ck_ok(ib_policy_verdict(report, &err));
	ck_assert_str_eq(report->profile_name, "profile.yaml");
	ck_assert_uint_eq(strlen(report->profile_sha256), 64);
}
END_TEST

static const struct plant {
	const char *rule;
	const char *path;
	uint32_t mode;
	uint32_t uid;
	const char *content;
	const char *where; /* NULL: path */
	const char *value; /* NULL: any */
} plants[] = {
	{ "setuid-file", "/usr/bin/x", S_IFREG | 04755, 0, "x", NULL, "4755" },
	{ "setgid-file", "/usr/bin/x", S_IFREG | 02755, 0, "x", NULL, "2755" },
	{ "world-writable", "/etc/x", S_IFREG | 0666, 0, "x", NULL, "0666" },
	{ "world-writable", "/var/x", S_IFDIR | 0777, 0, NULL, NULL, "0777" },
	{ "device-node", "/usr/x", S_IFBLK | 0600, 0, NULL, NULL, NULL },
	{ "program-owner", "/usr/bin/x", S_IFREG | 0755, 7, "x", NULL, NULL },
	{ "host-key", "/etc/ssh/ssh_host_ed25519_key", S_IFREG | 0600, 0, "k", NULL, NULL },
	{ "machine-id", "/etc/machine-id", S_IFREG | 0444, 0, "0123\n", NULL, NULL },
	{ "random-seed", "/var/lib/systemd/random-seed", S_IFREG | 0600, 0, "s", NULL, NULL },
	{ "password-empty", "/etc/shadow", S_IFREG | 0600, 0, "root:!:\nops::\n", "ops", NULL },
	{ "password-empty", "/etc/passwd", S_IFREG | 0644, 0, "ops::1000:1000::/:\n", "ops", NULL },
	{ "password-set", "/etc/shadow", S_IFREG | 0600, 0, "root:!:\nops:$6$a$b:1::\n", "ops",
	  NULL },
	{ "password-set", "/etc/gshadow", S_IFREG | 0600, 0, "root:*::\nops:$6$a$b::\n",
	  "group ops", NULL },
	{ "root-unlocked", "/etc/shadow", S_IFREG | 0600, 0, "root:$6$a$b:\nops:!:\n", "root",
	  NULL },
	{ "second-root", "/etc/passwd", S_IFREG | 0644, 0, "root:x:0:0::/:\ntoor:x:0:0::/:\n",
	  "toor", NULL },
	{ "sshd-config", "/etc/ssh/sshd_config", S_IFREG | 0600, 0, "permitrootlogin yes\n", NULL,
	  "PermitRootLogin" },
	{ "sshd-config", "/etc/ssh/sshd_config.d/a.conf", S_IFREG | 0600, 0,
	  " PermitEmptyPasswords=yes\n", NULL, "PermitEmptyPasswords" },
	{ "time-baked-in", "/usr/share/x.gz", S_IFREG | 0644, 0,
	  "\x1f\x8b\x08\x01\x01\x02\x03\x04------------", NULL, "gzip" },
	{ "missing-interpreter", "/usr/bin/x", S_IFREG | 0755, 0, "#! /usr/bin/python9 -E\n", NULL,
	  "/usr/bin/python9" },
	{ "forbidden-program", "/usr/bin/python3.11", S_IFREG | 0755, 0, "x", NULL,
	  "interpreters" },
	{ "kernel-config", "/usr/lib/modules/6.1/config", S_IFREG | 0644, 0,
	  "# CONFIG_A is not set\nCONFIG_AB=y\n", "CONFIG_A|CONFIG_NEW_A", "n" },
	{ "sysctl", "/usr/lib/sysctl.d/99-z.conf", S_IFREG | 0644, 0, "kernel.kptr_restrict=0\n",
	  "kernel.kptr_restrict", "0" },
	{ "sysctl", "/etc/sysctl.d/50-a.conf", S_IFREG | 0644, 0, "#\n", "kernel.kptr_restrict",
	  "not set" },
	{ "sysctl", "/usr/lib/sysctl.d/60-b.conf", S_IFREG | 0644, 0,
	  "net.ipv4.conf.*.rp_filter=0\n", "net.ipv4.conf.all.rp_filter", "0" },
};

START_TEST(a_planted_fault_is_found)
{
	static const char *const forbidden[] = { "interpreters" };
	const struct plant *plant = &plants[_i];
	struct ib_policy_settings settings = { .forbidden = forbidden, .forbidden_count = 1 };
	IB_AUTO(ib_policy_report) report = NULL;
	const struct ib_finding *finding = NULL;

	put(plant->path, plant->mode, plant->uid, plant->content,
	    plant->content ? strlen(plant->content) : 0);
	report = check(&settings);
	finding = find(report, plant->rule, plant->where ? plant->where : plant->path);
	ck_assert_msg(finding != NULL, "%s is not found", plant->rule);
	if (plant->value)
		ck_assert_str_eq(finding->value, plant->value);
	ck_assert_ptr_null(finding->allowed);
	ck_assert(*finding->message && *finding->rule->help);
	ck_assert_uint_ge(report->open[finding->severity], 1);
}
END_TEST

START_TEST(a_file_with_capabilities_is_found_by_their_names)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_policy_settings settings = { .forbidden_count = 0 };
	IB_AUTO(ib_policy_report) report = NULL;
	uint8_t value[IB_CAPABILITIES_XATTR_SIZE];

	ck_ok(ib_capabilities_to_xattr("cap_net_raw,cap_setfcap=ep", value, &err));
	ib_inode_set_xattr(tree, ib_tree_find(tree, "/usr/bin/tool")->inode, "security.capability",
			   value, sizeof(value));
	report = check(&settings);
	ck_assert_str_eq(find(report, "file-capability", "/usr/bin/tool")->value,
			 "cap_net_raw,cap_setfcap=ep");
}
END_TEST

/* ---- ELF ------------------------------------------------------------------------- */

static const char secret[] = "/home/a/rpmbuild/BUILD/thing-1.0/main.c";

/* Bytes of the program's own file: the program header of a type, or the dynamic entry of a tag. */
static size_t segment_at(uint32_t type)
{
	uint64_t table = ib_get_le64(self.data + 32);
	size_t i = 0;

	for (i = 0; i < ib_get_le16(self.data + 56); i++)
		if (ib_get_le32(self.data + table + i * 56) == type)
			return (size_t)(table + i * 56);
	return 0;
}

static void rename_tag(uint64_t from, uint32_t to)
{
	size_t at = (size_t)ib_get_le64(self.data + segment_at(2) + 8);

	while (ib_get_le64(self.data + at) && ib_get_le64(self.data + at) != from)
		at += 16;
	ib_buffer_set_le32(&self, at, to);
}

static const char *const elf_rules[] = { "elf-executable-stack", "elf-text-relocation",
					 "elf-missing-library", "build-path" };

START_TEST(what_an_elf_file_lacks_is_found)
{
	struct ib_policy_settings settings = { .forbidden_count = 0 };
	IB_AUTO(ib_policy_report) report = NULL;

	ck_assert_uint_eq(strlen(secret), 39);
	ib_buffer_set_le32(&self, segment_at(0x6474e551) + 4, 7);
	rename_tag(21, 22); /* DT_DEBUG becomes DT_TEXTREL */
	put("/usr/bin/program", S_IFREG | 0755, 0, self.data, self.size);
	report = check(&settings);
	ck_assert_msg(find(report, elf_rules[_i], "/usr/bin/program") != NULL, "%s", elf_rules[_i]);
	ck_assert_uint_eq(report->elf_count, 1);
	ck_assert_int_eq(report->elf[0].has[IB_ELF_PIE], 1);
	ck_assert_int_eq(report->elf[0].has[IB_ELF_NX], 0);
}
END_TEST

START_TEST(a_library_of_that_name_anywhere_will_do)
{
	struct ib_policy_settings settings = { .forbidden_count = 0 };
	IB_AUTO(ib_policy_report) before = NULL;
	IB_AUTO(ib_policy_report) after = NULL;

	put("/usr/bin/program", S_IFREG | 0755, 0, self.data, self.size);
	before = check(&settings);
	put("/usr/lib64/libc.so.6", S_IFREG | 0644, 0, "x", 1);
	after = check(&settings);
	ck_assert_uint_gt(before->finding_count, after->finding_count);
}
END_TEST

START_TEST(a_share_that_is_too_small_names_the_files)
{
	struct ib_policy_settings settings = { .elf_percent = { [IB_ELF_NX] = 51 } };
	IB_AUTO(ib_policy_report) good = NULL;
	IB_AUTO(ib_policy_report) bad = NULL;
	const struct ib_finding *finding = NULL;

	put("/usr/bin/a", S_IFREG | 0755, 0, self.data, self.size);
	ib_buffer_set_le32(&self, segment_at(0x6474e551) + 4, 7);
	put("/usr/bin/b", S_IFREG | 0755, 0, self.data, self.size);
	bad = check(&settings);
	finding = find(bad, "elf-share", "nx");
	ck_assert_ptr_nonnull(finding);
	ck_assert_str_eq(finding->value, "1 of 2");
	ck_assert_ptr_nonnull(strstr(finding->message, "/usr/bin/b"));
	settings.elf_percent[IB_ELF_NX] = 50;
	good = check(&settings);
	ck_assert_ptr_null(find(good, "elf-share", NULL));
}
END_TEST

/* ---- units ------------------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *text;
	const char *value; /* NULL: does not listen on the network */
} units[] = {
	{ "a.socket", "[Socket]\nListenStream=8080\n", "tcp 8080" },
	{ "a.socket", "[Socket]\nListenDatagram = [::]:53\n", "udp [::]:53" },
	{ "a.socket", "[Socket]\nListenStream=/run/a.sock\nListenStream=127.0.0.1:5\n", NULL },
	{ "a.socket", "[Socket]\nListenStream=@abstract\nListenStream=vsock:2:1\n", NULL },
	{ "a.service", "[Service]\nExecStart=-/usr/sbin/sshd -D\n", "tcp 22" },
	{ "a.service", "[Service]\n# ExecStart=/usr/sbin/sshd\nExecStart=/usr/bin/true\n", NULL },
	{ "a@b.service", "[Service]\nExecStart=/usr/sbin/rpcbind\n", "tcp 111, udp 111" },
};

START_TEST(an_enabled_unit_that_listens_is_found)
{
	struct ib_policy_settings settings = { .forbidden_count = 0 };
	IB_AUTO(ib_policy_report) disabled = NULL;
	IB_AUTO(ib_policy_report) report = NULL;
	ib_autofree char *unit =
		ib_strf("/usr/lib/systemd/system/%s",
			strchr(units[_i].name, '@') ? "a@.service" : units[_i].name);
	ib_autofree char *link =
		ib_strf("/etc/systemd/system/multi-user.target.wants/%s", units[_i].name);
	const struct ib_finding *finding = NULL;

	put_text(unit, units[_i].text);
	disabled = check(&settings);
	ck_assert_ptr_null(find(disabled, "listening-unit", NULL));
	put(link, S_IFLNK | 0777, 0, unit, 0);
	report = check(&settings);
	finding = find(report, "listening-unit", units[_i].name);
	ck_assert(!finding == !units[_i].value);
	if (finding)
		ck_assert_str_eq(finding->value, units[_i].value);
}
END_TEST

START_TEST(a_masked_unit_listens_to_nobody_and_a_drop_in_counts)
{
	struct ib_policy_settings settings = { .forbidden_count = 0 };
	IB_AUTO(ib_policy_report) report = NULL;

	put_text("/usr/lib/systemd/system/a.socket", "[Socket]\nListenStream=80\n");
	put_text("/usr/lib/systemd/system/b.socket", "[Socket]\nListenStream=/run/b\n");
	put_text("/etc/systemd/system/b.socket.d/more.conf", "[Socket]\nListenStream=81\n");
	put("/etc/systemd/system/a.socket", S_IFLNK | 0777, 0, "/dev/null", 0);
	put("/usr/lib/systemd/system/sockets.target.wants/a.socket", S_IFLNK | 0777, 0,
	    "../a.socket", 0);
	put("/usr/lib/systemd/system/sockets.target.wants/b.socket", S_IFLNK | 0777, 0,
	    "../b.socket", 0);
	report = check(&settings);
	ck_assert_ptr_null(find(report, "listening-unit", "a.socket"));
	ck_assert_str_eq(find(report, "listening-unit", "b.socket")->value, "tcp 81");
}
END_TEST

/* ---- allowing ------------------------------------------------------------------------ */

START_TEST(an_allowance_covers_its_rule_place_and_value_only)
{
	static const struct ib_allowance allowances[] = {
		{ "setuid-file", "/usr/bin/a*", "4755", "it has to" },
		{ "setuid-file", "/usr/bin/b", "4711", "not this mode" },
		{ "setgid-file", "/usr/bin/c", NULL, "not this rule" },
	};
	struct ib_policy_settings settings = { .allowances = allowances, .allowance_count = 3 };
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_policy_report) report = NULL;

	put("/usr/bin/ab", S_IFREG | 04755, 0, "x", 1);
	put("/usr/bin/b", S_IFREG | 04755, 0, "x", 1);
	put("/usr/bin/c", S_IFREG | 04755, 0, "x", 1);
	report = check(&settings);
	ck_assert_str_eq(find(report, "setuid-file", "/usr/bin/ab")->allowed, "it has to");
	ck_assert_ptr_null(find(report, "setuid-file", "/usr/bin/b")->allowed);
	ck_assert_ptr_null(find(report, "setuid-file", "/usr/bin/c")->allowed);
	ck_assert_uint_eq(report->open[IB_SEVERITY_ERROR], 2);
	ck_assert_uint_eq(report->allowed, 1);
	ck_assert_ptr_nonnull(find(report, "allowance-unused", "/usr/bin/b"));
	ck_assert_ptr_nonnull(find(report, "allowance-unused", "/usr/bin/c"));
	ck_fails(ib_policy_verdict(report, &err), IB_REFUSED,
		 "2 findings of the rules refuse this image: setuid-file: '/usr/bin/b' is setuid");
}
END_TEST

/* ---- documents ------------------------------------------------------------------------- */

START_TEST(documents_are_json_with_every_finding_and_the_same_each_time)
{
	static const struct ib_allowance allowances[] = { { "setuid-file", "*", NULL, "why not" } };
	struct ib_policy_settings settings = { .allowances = allowances, .allowance_count = 1 };
	const struct ib_policy_image image = { .id = "node", .tool_version = "1" };
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_policy_report) report = NULL;
	IB_AUTO(ib_json) ours = NULL;
	IB_AUTO(ib_json) sarif = NULL;
	IB_AUTO_BUFFER(a, 1 << 20);
	IB_AUTO_BUFFER(b, 1 << 20);
	IB_AUTO_BUFFER(c, 1 << 20);
	const struct ib_json *run = NULL;

	put("/usr/bin/x y", S_IFREG | 04755, 0, "x", 1);
	put("/etc/w", S_IFREG | 0666, 0, "x", 1);
	report = check(&settings);
	ck_ok(ib_policy_write_json(report, &image, &a, &err));
	ck_ok(ib_policy_write_json(report, &image, &b, &err));
	ck_assert_uint_eq(a.size, b.size);
	ck_assert_mem_eq(a.data, b.data, a.size);
	ck_ok(ib_json_parse(a.data, a.size, "a", &ours, &err));
	ck_assert_str_eq(ib_json_get_string(ours, "verdict"), "refused");
	ck_assert_uint_eq(ib_json_count(ib_json_get(ours, "findings")), 2);
	ck_ok(ib_policy_write_sarif(report, &image, &c, &err));
	ck_ok(ib_json_parse(c.data, c.size, "c", &sarif, &err));
	run = ib_json_at(ib_json_get(sarif, "runs"), 0);
	ck_assert_uint_eq(ib_json_count(ib_json_get(run, "results")), 2);
	ck_assert_ptr_nonnull(strstr(ib_buffer_text(&c), "\"uri\": \"usr/bin/x%20y\""));
	ck_assert_ptr_nonnull(strstr(ib_buffer_text(&c), "\"justification\": \"why not\""));
}
END_TEST

START_TEST(rules_are_sorted_and_stand_in_the_manual)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *page = NULL;
	size_t i = 0;

	ck_ok(ib_file_read_text("imagebuild/man/imagebuild-policy.5", 1 << 20, &page, &err));
	for (i = 0; ib_rule_at(i); i++) {
		ib_autofree char *item = ib_strf("\n.It Cm %s ", ib_rule_at(i)->id);

		if (i)
			ck_assert_int_lt(strcmp(ib_rule_at(i - 1)->id, ib_rule_at(i)->id), 0);
		ck_assert_msg(strstr(page, item) != NULL, "'%s' is not in the manual page",
			      ib_rule_at(i)->id);
	}
	ck_assert_uint_eq(i, 30);
}
END_TEST

START_TEST(a_profile_that_is_not_in_order_is_refused_with_its_line)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_policy_subject subject = { .tree = tree, .fact = fact_of };
	struct ib_policy_settings settings = { .profile_name = "p" };
	IB_AUTO(ib_policy_report) report = NULL;
	ib_autofree char *path = NULL;

	test_file("p.yaml", "sysctl:\n  - {name: a.b, is: \"1\", wy: x}\n", &path);
	settings.profile = path;
	ck_fails(ib_policy_check(&subject, &settings, &report, &err), IB_INPUT, "p.yaml:2:");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("policy");
	TCase *rules = tcase_create("rules");

	tcase_add_checked_fixture(rules, set_up, tear_down);
	tcase_add_test(rules, a_root_in_order_has_no_findings);
	tcase_add_loop_test(rules, a_planted_fault_is_found, 0, IB_COUNT(plants));
	tcase_add_test(rules, a_file_with_capabilities_is_found_by_their_names);
	tcase_add_loop_test(rules, what_an_elf_file_lacks_is_found, 0, IB_COUNT(elf_rules));
	tcase_add_test(rules, a_library_of_that_name_anywhere_will_do);
	tcase_add_test(rules, a_share_that_is_too_small_names_the_files);
	tcase_add_loop_test(rules, an_enabled_unit_that_listens_is_found, 0, IB_COUNT(units));
	tcase_add_test(rules, a_masked_unit_listens_to_nobody_and_a_drop_in_counts);
	tcase_add_test(rules, an_allowance_covers_its_rule_place_and_value_only);
	tcase_add_test(rules, documents_are_json_with_every_finding_and_the_same_each_time);
	tcase_add_test(rules, rules_are_sorted_and_stand_in_the_manual);
	tcase_add_test(rules, a_profile_that_is_not_in_order_is_refused_with_its_line);
	suite_add_tcase(suite, rules);
	return suite;
}
