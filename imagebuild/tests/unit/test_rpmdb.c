/* SPDX-License-Identifier: Apache-2.0 */
/* The package database, judged by rpm itself, and made where little is allowed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "rpmfile/rpmfile.h"
#include "test.h"

#define PACKAGES "base/centos7/Packages/"
#define KEY      "keys/rpm-software-management_distribution-gpg-keys/keys/centos/RPM-GPG-KEY-CentOS-7"
#define CENTOS_7 "6341AB2753D78A78A7C27BB124C6A8A7F4A80EB5"

enum { BUILD_TIME = 1700000000, COUNT = 4 };

static const char *const names[COUNT] = {
	"basesystem-10.0-7.el7.centos.noarch.rpm",
	"bash-4.2.46-31.el7.x86_64.rpm",
	"libverto-0.2.5-4.el7.x86_64.rpm",
	"popt-1.13-16.el7.x86_64.rpm",
};

static struct ib_arena *arena;
static struct ib_rpm *rpms[COUNT]; /* NULL without the shared data */

static void set_up(void)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	size_t i = 0;

	test_dir_make();
	ck_assert_int_eq(chmod(test_dir, 0777), 0);
	arena = ib_arena_new();
	if (!test_shared_data(KEY)) {
		puts("skipped: no shared data");
		return;
	}
	ck_ok(ib_keyring_add_file(keyring, test_shared_data(KEY), CENTOS_7, &err));
	for (i = 0; i < COUNT; i++) {
		ib_autofree char *relative = ib_strf(PACKAGES "%s", names[i]);
		struct ib_rpm_request request = { .path = test_shared_data(relative),
						  .keyring = keyring,
						  .arena = arena };

		ck_ok(ib_rpm_open(&request, &rpms[i], &err));
	}
}

static void tear_down(void)
{
	size_t i = 0;

	for (i = 0; i < COUNT; i++)
		ib_rpm_free(ib_take(rpms[i]));
	ib_arena_free(ib_take(arena));
	test_dir_remove();
}

static int write_database(const bool *left_out, struct ib_buffer *database, struct ib_error *err)
{
	struct ib_rpmdb_row rows[COUNT] = { 0 };
	size_t i = 0;

	for (i = 0; i < COUNT; i++)
		rows[i].rpm = rpms[i];
	rows[1].left_out = left_out;
	return ib_rpmdb_write(rows, COUNT, BUILD_TIME, test_dir, database, err);
}

/* What a command prints; the caller owns it. */
static char *output_of(const char *command)
{
	FILE *pipe = popen(command, "r");
	IB_AUTO_BUFFER(text, 1 << 20);
	char line[4096];

	ck_assert_ptr_nonnull(pipe);
	while (fgets(line, sizeof(line), pipe))
		ib_buffer_puts(&text, line);
	ck_assert_int_eq(pclose(pipe), 0);
	return ib_buffer_take_text(&text);
}

/* Writes the database into a folder of its own, which is then not writable. */
static char *place_database(const struct ib_buffer *database)
{
	struct ib_error err = IB_ERROR_INIT;
	char *folder = ib_path_join(test_dir, "db");
	ib_autofree char *path = ib_path_join(folder, "rpmdb.sqlite");

	ck_ok(ib_file_make_directory(folder, 0755, &err));
	ck_ok(ib_file_write(path, database->data, database->size, 0444, &err));
	return folder;
}

START_TEST(rpm_reads_what_was_written)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(database, 1 << 26);
	ib_autofree char *folder = NULL;
	ib_autofree char *command = NULL;
	ib_autofree char *listed = NULL;

	if (!rpms[0])
		return;
	ck_ok(write_database(NULL, &database, &err));
	/* Rollback journal, for writing and for reading: no -wal file is looked for. */
	ck_assert_uint_eq(database.data[18], 1);
	ck_assert_uint_eq(database.data[19], 1);
	folder = place_database(&database);
	command = ib_strf(
		"TZ=UTC rpm --dbpath '%s' -q --qf '%%{NEVRA} %%{INSTALLTIME} %%{INSTALLTID} "
		"%%{SIGMD5} %%{RSAHEADER:pgpsig}\\n' basesystem bash libverto popt",
		folder);
	listed = output_of(command);
	ck_assert_str_eq(listed,
			 "basesystem-10.0-7.el7.centos.noarch 1700000000 1700000000 "
			 "778eb3d19a934f42d1354ed795d06b4f RSA/SHA256, Fri Jul  4 00:46:57 2014, "
			 "Key ID 24c6a8a7f4a80eb5\n"
			 "bash-4.2.46-31.el7.x86_64 1700000000 1700000000 "
			 "ed4d986a9753c79474e6ab726f40d864 RSA/SHA256, Mon Nov 12 14:21:49 2018, "
			 "Key ID 24c6a8a7f4a80eb5\n"
			 "libverto-0.2.5-4.el7.x86_64 1700000000 1700000000 "
			 "341bae036f22ce087486f4d9e180caee RSA/SHA256, Fri Jul  4 03:23:48 2014, "
			 "Key ID 24c6a8a7f4a80eb5\n"
			 "popt-1.13-16.el7.x86_64 1700000000 1700000000 "
			 "87f5d6bac8f205fb14e2072e4b47ce23 RSA/SHA256, Fri Jul  4 04:33:04 2014, "
			 "Key ID 24c6a8a7f4a80eb5\n");
}
END_TEST

/* The same as `rpm -i --justdb` of the same files, tag for tag, but for the times of installing. */
START_TEST(every_tag_is_as_rpm_itself_records_it)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(database, 1 << 26);
	ib_autofree char *folder = NULL;
	ib_autofree char *theirs = ib_path_join(test_dir, "theirs");
	ib_autofree char *command = NULL;
	ib_autofree char *differences = NULL;
	const char *packages = test_shared_data(PACKAGES);

	if (!rpms[0])
		return;
	ck_ok(write_database(NULL, &database, &err));
	folder = place_database(&database);
	command = ib_strf(
		"cd '%s' && SOURCE_DATE_EPOCH=%d rpm --dbpath '%s' -i --justdb --nodeps "
		"--noscripts --notriggers --ignoresize --ignorearch --force %s %s %s %s "
		"2>/dev/null && cd '%s' && for d in db theirs; do for p in basesystem bash "
		"libverto popt; do rpm --dbpath $PWD/$d -q --xml $p; done | grep -v "
		"'<integer>17000000[0-9][0-9]</integer>' >$d.xml; done; cmp db.xml theirs.xml "
		"&& wc -l <db.xml",
		packages, (int)BUILD_TIME, theirs, names[0], names[1], names[2], names[3],
		test_dir);
	differences = output_of(command);
	ck_assert_int_gt(atoi(differences), 1000);
}
END_TEST

START_TEST(files_that_were_left_out_are_recorded_as_not_installed)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(database, 1 << 26);
	ib_autofree bool *left_out = NULL;
	ib_autofree char *folder = NULL;
	ib_autofree char *command = NULL;
	ib_autofree char *states = NULL;
	const struct ib_package *bash = NULL;
	size_t docs = 0;
	size_t i = 0;

	if (!rpms[0])
		return;
	bash = ib_rpm_package(rpms[1]);
	left_out = ib_alloc_array(bash->file_count, sizeof(bool));
	for (i = 0; i < bash->file_count; i++) {
		left_out[i] = bash->files[i].flags & IB_FILE_DOC;
		docs += left_out[i];
	}
	ck_assert_uint_gt(docs, 0);
	ck_ok(write_database(left_out, &database, &err));
	folder = place_database(&database);
	command = ib_strf("rpm --dbpath '%s' -qs bash | grep -c '^not installed'", folder);
	states = output_of(command);
	ck_assert_uint_eq(strtoul(states, NULL, 10), docs);
}
END_TEST

START_TEST(what_was_written_comes_back_as_the_same_packages)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(database, 1 << 26);
	IB_AUTO(ib_arena) own = ib_arena_new();
	const struct ib_package *const *packages = NULL;
	size_t count = 0;
	size_t i = 0;

	if (!rpms[0])
		return;
	ck_ok(write_database(NULL, &database, &err));
	ck_ok(ib_rpmdb_read(&database, own, &packages, &count, &err));
	ck_assert_uint_eq(count, COUNT);
	for (i = 0; i < count; i++) {
		const struct ib_package *original = ib_rpm_package(rpms[i]);

		ck_assert_str_eq(packages[i]->nevra, original->nevra);
		ck_assert_uint_eq(packages[i]->file_count, original->file_count);
		ck_assert_uint_eq(packages[i]->requires.count, original->requires.count);
		ck_assert_uint_eq(packages[i]->provides.count, original->provides.count);
	}
}
END_TEST

START_TEST(what_is_no_package_database_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(database, 1 << 26);
	IB_AUTO(ib_arena) own = ib_arena_new();
	const struct ib_package *const *packages = NULL;
	size_t count = 0;
	size_t i = 0;

	ib_buffer_puts(&database, "SQLite format 3, or so they say");
	ck_fails(ib_rpmdb_read(&database, own, &packages, &count, &err), IB_INPUT,
		 "package database");
	if (!rpms[0])
		return;
	/* damage anywhere is refused or changes nothing that is read; it never breaks the reader */
	ib_buffer_clear(&database);
	ck_ok(write_database(NULL, &database, &err));
	for (i = 200; i < database.size; i += database.size / 40) {
		uint8_t before = database.data[i];

		database.data[i] ^= 0x55;
		if (ib_rpmdb_read(&database, own, &packages, &count, &err) < 0)
			ib_error_clear(&err);
		database.data[i] = before;
	}
}
END_TEST

START_TEST(the_bytes_depend_on_the_packages_alone)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(first, 1 << 26);
	IB_AUTO_BUFFER(second, 1 << 26);
	ib_autofree char *macros = NULL;

	if (!rpms[0])
		return;
	ck_ok(write_database(NULL, &first, &err));
	test_file(".rpmmacros",
		  "%_dbpath /nowhere\n%_db_backend dummy\n%_transaction_color 7\n"
		  "%_install_langs de\n",
		  &macros);
	setenv("HOME", test_dir, 1);
	setenv("TZ", "Pacific/Chatham", 1);
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	setenv("SOURCE_DATE_EPOCH", "1", 1);
	umask(0077);
	ck_ok(write_database(NULL, &second, &err));
	ck_assert_mem_eq(first.data, second.data, first.size);
	ck_assert_uint_eq(first.size, second.size);
}
END_TEST

/* The header is read once more, and has to be the one that was believed. */
START_TEST(a_package_that_was_replaced_is_not_recorded)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *from = ib_strf(PACKAGES "%s", names[0]);
	ib_autofree char *other = ib_strf(PACKAGES "%s", names[3]);
	ib_autofree char *copy = ib_path_join(test_dir, "copy.rpm");
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	IB_AUTO(ib_rpm) rpm = NULL;
	IB_AUTO_BUFFER(bytes, 1 << 20);
	IB_AUTO_BUFFER(database, 1 << 26);
	struct ib_rpm_request request = { .path = copy, .keyring = keyring, .arena = arena };
	struct ib_rpmdb_row row = { 0 };

	if (!rpms[0])
		return;
	ck_ok(ib_keyring_add_file(keyring, test_shared_data(KEY), CENTOS_7, &err));
	ck_ok(ib_file_read(test_shared_data(from), &bytes, &err));
	ck_ok(ib_file_write(copy, bytes.data, bytes.size, 0644, &err));
	ck_ok(ib_rpm_open(&request, &rpm, &err));
	row.rpm = rpm;
	ck_ok(ib_rpmdb_write(&row, 1, BUILD_TIME, test_dir, &database, &err));
	ib_buffer_clear(&bytes);
	ck_ok(ib_file_read(test_shared_data(other), &bytes, &err));
	ck_ok(ib_file_write(copy, bytes.data, bytes.size, 0644, &err));
	ck_fails(ib_rpmdb_write(&row, 1, BUILD_TIME, test_dir, &database, &err), IB_TRUST,
		 "was replaced by another package");
	ck_assert_int_eq(unlink(copy), 0);
	ck_fails(ib_rpmdb_write(&row, 1, BUILD_TIME, test_dir, &database, &err), IB_MISSING,
		 "could not open");
}
END_TEST

/* ---- little is allowed --------------------------------------------------- */

/* What a locked-down process must not even try. */
static const int forbidden[] = {
	SYS_unshare,   SYS_mount,     SYS_umount2,   SYS_pivot_root, SYS_chroot,
	SYS_chown,     SYS_fchown,    SYS_lchown,    SYS_fchownat,   SYS_setxattr,
	SYS_lsetxattr, SYS_fsetxattr, SYS_mknod,     SYS_mknodat,    SYS_ptrace,
	SYS_setuid,    SYS_setgid,    SYS_setresuid, SYS_setresgid,  SYS_setgroups,
};

static void forbid(void)
{
	enum { HEAD = 2, LENGTH = HEAD + IB_COUNT(forbidden) + 2 };
	struct sock_filter code[LENGTH] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
	};
	struct sock_fprog program = { LENGTH, code };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(forbidden); i++)
		code[HEAD + i] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)forbidden[i],
			(uint8_t)(IB_COUNT(forbidden) - i), 0);
	code[LENGTH - 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[LENGTH - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(77);
}

START_TEST(an_ordinary_user_who_may_do_nothing_can_write_it)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(first, 1 << 26);
	int status = 0;
	pid_t child = 0;

	if (!rpms[0])
		return;
	ck_ok(write_database(NULL, &first, &err));
	child = fork();
	if (!child) {
		IB_AUTO_BUFFER(second, 1 << 26);

		if (!geteuid() && (setgid(65534) || setuid(65534)))
			_exit(76);
		forbid();
		if (write_database(NULL, &second, &err) < 0)
			_exit(75);
		_exit(second.size == first.size && !memcmp(first.data, second.data, first.size)
			      ? 0
			      : 74);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "status %#x", (unsigned)status);
}
END_TEST

/* Run by the next test under strace, with a hostile home. */
START_TEST(traced)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(database, 1 << 26);

	if (rpms[0])
		ck_ok(write_database(NULL, &database, &err));
}
END_TEST

START_TEST(nothing_of_the_hosts_rpm_is_opened)
{
	ib_autofree char *macros = NULL;
	ib_autofree char *command = NULL;
	ib_autofree char *found = NULL;
	ib_autofree char *data = NULL;
	char self[4096] = "";

	if (!rpms[0])
		return;
	if (system("command -v strace >/dev/null")) {
		puts("skipped: no strace");
		return;
	}
	test_file(".rpmmacros", "%_dbpath /nowhere\n", &macros);
	data = realpath(test_shared_data(""), NULL);
	ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
	command = ib_strf("cd '%s' && HOME=$PWD CK_RUN_CASE=traced IB_SHARED_DATA='%s' strace -f "
			  "-e trace=%%file -o trace '%s' >/dev/null; grep -q rpmdb.sqlite trace || "
			  "echo nothing traced; grep -E '\\.rpmmacros|rpmrc|/etc/rpm|/usr/lib/rpm/|"
			  "/var/lib/rpm|\\.rpmdb' trace; true",
			  test_dir, data, self);
	found = output_of(command);
	ck_assert_str_eq(found, "");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("rpmdb");
	TCase *written = tcase_create("written");
	TCase *bounds = tcase_create("bounds");
	TCase *trace = tcase_create("traced");

	tcase_add_checked_fixture(written, set_up, tear_down);
	tcase_set_timeout(written, 120);
	tcase_add_test(written, rpm_reads_what_was_written);
	tcase_add_test(written, every_tag_is_as_rpm_itself_records_it);
	tcase_add_test(written, files_that_were_left_out_are_recorded_as_not_installed);
	tcase_add_test(written, what_was_written_comes_back_as_the_same_packages);
	tcase_add_test(written, what_is_no_package_database_is_refused);
	tcase_add_test(written, the_bytes_depend_on_the_packages_alone);
	tcase_add_test(written, a_package_that_was_replaced_is_not_recorded);
	suite_add_tcase(suite, written);
	tcase_add_checked_fixture(bounds, set_up, tear_down);
	tcase_set_timeout(bounds, 120);
	tcase_add_test(bounds, an_ordinary_user_who_may_do_nothing_can_write_it);
	tcase_add_test(bounds, nothing_of_the_hosts_rpm_is_opened);
	suite_add_tcase(suite, bounds);
	tcase_add_checked_fixture(trace, set_up, tear_down);
	tcase_add_test(trace, traced);
	suite_add_tcase(suite, trace);
	return suite;
}
