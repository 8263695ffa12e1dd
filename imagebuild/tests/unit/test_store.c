/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "base/base.h"
#include "crypto/crypto.h"
#include "store/store.h"
#include "test.h"

static struct ib_store *open_store(const char *name, unsigned flags)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_store *store = NULL;
	ib_autofree char *path = ib_path_join(test_dir, name);

	ck_ok(ib_store_open(path, flags, &store, &err));
	return store;
}

/* Writes content into a new file of the store, not yet committed. */
static struct ib_store_file *write_new(struct ib_store *store, const char *resume,
				       const char *content)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_store_file *file = NULL;

	ck_ok(ib_store_begin(store, resume, &file, &err));
	ck_ok(ib_fd_write(ib_store_file_fd(file), content, strlen(content), UINT64_MAX, "x", &err));
	return file;
}

static size_t count_temporary(const struct ib_store *store)
{
	ib_autofree char *command =
		ib_strf("exit $(ls '%s/temporary' | grep -vc '^use\\.')", ib_store_root(store));
	int status = system(command);

	ck_assert(WIFEXITED(status));
	return (size_t)WEXITSTATUS(status);
}

START_TEST(content_is_found_under_its_digest)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = open_store("s", 0);
	IB_AUTO(ib_store_file) file = write_new(store, NULL, "hello");
	uint64_t size = 0;
	char hex[65];
	char found[65];

	ib_sha256_hex("hello", 5, hex);
	ck_assert(!ib_store_has(store, IB_STORE_RPM, hex));
	ck_ok(ib_store_commit(file, IB_STORE_RPM, hex, found, &err));
	ck_assert_str_eq(hex, found);
	ck_assert(ib_store_has(store, IB_STORE_RPM, hex));
	ck_assert(!ib_store_has(store, IB_STORE_METADATA, hex));
	ck_ok(ib_store_verify(store, IB_STORE_RPM, hex, &size, &err));
	ck_assert_uint_eq(size, 5);
	ck_assert_uint_eq(count_temporary(store), 0);
}
END_TEST

START_TEST(other_bytes_than_expected_are_refused_and_nothing_remains)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = open_store("s", 0);
	const char *const resumes[] = { NULL, "key" };
	size_t i = 0;
	char hex[65];

	ib_sha256_hex("hello", 5, hex);
	for (i = 0; i < IB_COUNT(resumes); i++) {
		struct ib_store_file *file = write_new(store, resumes[i], "hellO");

		ck_fails(ib_store_commit(file, IB_STORE_RPM, hex, NULL, &err), IB_TRUST,
			 "what was written has the SHA-256 ");
		ib_store_file_free(file);
		ck_assert(!ib_store_has(store, IB_STORE_RPM, hex));
		ck_assert_uint_eq(count_temporary(store), 0);
	}
}
END_TEST

START_TEST(content_that_rotted_is_noticed)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = open_store("s", 0);
	IB_AUTO(ib_store_file) file = write_new(store, NULL, "hello");
	ib_autofree char *path = NULL;
	char hex[65];

	ck_ok(ib_store_commit(file, IB_STORE_RPM, NULL, hex, &err));
	path = ib_store_path(store, IB_STORE_RPM, hex);
	ck_ok(ib_file_write(path, "hellO", 5, 0600, &err));
	ck_fails(ib_store_verify(store, IB_STORE_RPM, hex, NULL, &err), IB_TRUST,
		 "not the one it is named by");
}
END_TEST

START_TEST(a_store_that_others_can_write_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_store *store = NULL;
	ib_autofree char *path = ib_path_join(test_dir, "s");
	ib_autofree char *inner = ib_path_join(path, "rpm");
	const unsigned modes[] = { 0777, 0702, 0770, 01777 };
	size_t i = 0;

	ib_store_free(open_store("s", 0));
	for (i = 0; i < IB_COUNT(modes); i++) {
		ck_assert_int_eq(chmod(path, modes[i]), 0);
		ck_fails(ib_store_open(path, 0, &store, &err), IB_TRUST,
			 "can be written by others");
		ck_fails(ib_store_open(path, IB_STORE_READ_ONLY, &store, &err), IB_TRUST,
			 "can be written by others");
	}
	ck_assert_int_eq(chmod(path, 0755), 0);
	ck_assert_int_eq(chmod(inner, 0777), 0);
	ck_fails(ib_store_open(path, 0, &store, &err), IB_TRUST, "can be written by others");
	ck_assert_int_eq(chmod(inner, 0755), 0);
	ib_store_free(open_store("s", 0));
}
END_TEST

START_TEST(a_store_of_another_user_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_store *store = NULL;
	ib_autofree char *path = ib_path_join(test_dir, "s");

	if (geteuid() != 0)
		return; /* only root can give a folder away */
	ib_store_free(open_store("s", 0));
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
	ck_fails(ib_store_open(path, 0, &store, &err), IB_TRUST, "belongs to another user");
	ck_fails(ib_store_open(path, IB_STORE_READ_ONLY, &store, &err), IB_TRUST,
		 "belongs to another user");
}
END_TEST

START_TEST(a_read_only_store_is_read_and_never_written)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) writable = open_store("s", 0);
	IB_AUTO(ib_store_file) file = write_new(writable, NULL, "hello");
	IB_AUTO(ib_store) store = NULL;
	struct ib_store_file *more = NULL;
	char hex[65];

	ck_ok(ib_store_commit(file, IB_STORE_RPM, NULL, hex, &err));
	store = open_store("s", IB_STORE_READ_ONLY);
	ck_ok(ib_store_verify(store, IB_STORE_RPM, hex, NULL, &err));
	ck_fails(ib_store_begin(store, NULL, &more, &err), IB_FAILED, "it is read-only");
	ck_fails(ib_store_remove(store, IB_STORE_RPM, hex, &err), IB_FAILED, "is read-only");
	ck_fails(ib_store_verify(store, IB_STORE_METADATA, hex, NULL, &err), IB_MISSING,
		 "could not open");
}
END_TEST

START_TEST(an_interrupted_file_is_resumed_by_its_key)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = open_store("s", 0);
	struct ib_store_file *first = write_new(store, "key", "hel");
	struct ib_store_file *beside = NULL;
	struct ib_store_file *second = NULL;
	uint64_t size = 0;
	char hex[65];
	char found[65];

	/* While the first writes, another one begins afresh. */
	ck_ok(ib_store_begin(store, "key", &beside, &err));
	ck_ok(ib_fd_size(ib_store_file_fd(beside), "x", &size, &err));
	ck_assert_uint_eq(size, 0);
	ib_store_file_free(beside);
	ib_store_file_free(first);

	ck_ok(ib_store_begin(store, "key", &second, &err));
	ck_ok(ib_fd_size(ib_store_file_fd(second), "x", &size, &err));
	ck_assert_uint_eq(size, 3);
	ck_ok(ib_fd_write(ib_store_file_fd(second), "lo", 2, 3, "x", &err));
	ib_sha256_hex("hello", 5, hex);
	ck_ok(ib_store_commit(second, IB_STORE_RPM, hex, found, &err));
	ib_store_file_free(second);
	ck_assert_uint_eq(count_temporary(store), 0);
}
END_TEST

START_TEST(what_dead_writers_left_goes_after_a_day_and_what_the_living_hold_stays)
{
	IB_AUTO(ib_store) store = open_store("s", 0);
	IB_AUTO(ib_store_file) living = write_new(store, NULL, "living");
	IB_AUTO(ib_store) again = NULL;
	IB_AUTO(ib_store) later = NULL;
	ib_autofree char *dead = ib_strf("%s/temporary/new.dead00", ib_store_root(store));
	const struct utimbuf old = { 1000000000, 1000000000 };
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_file_write(dead, "dead", 4, 0600, &err));
	again = open_store("s", 0);
	ck_assert(ib_file_exists(dead));
	ck_assert_int_eq(utime(dead, &old), 0);
	ck_assert_int_eq(utime(ib_store_file_path(living), &old), 0);
	later = open_store("s", 0);
	ck_assert(!ib_file_exists(dead));
	ck_assert(ib_file_exists(ib_store_file_path(living)));
}
END_TEST

START_TEST(derived_things_come_back_by_key_and_damaged_ones_are_absent)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = open_store("s", 0);
	IB_AUTO_BUFFER(b, 100);
	IB_AUTO_BUFFER(small, 3);
	ib_autofree char *path = NULL;
	char name[65];
	int fd = -1;

	ck_assert(!ib_store_get_derived(store, IB_STORE_FACTS, "k", &b));
	ck_ok(ib_store_put_derived(store, IB_STORE_FACTS, "k", "value", 5, &err));
	ck_assert(!ib_store_get_derived(store, IB_STORE_BLOCKS, "k", &b));
	ck_assert(!ib_store_get_derived(store, IB_STORE_FACTS, "k", &small));
	ck_assert(ib_store_get_derived(store, IB_STORE_FACTS, "k", &b));
	ck_assert_str_eq(ib_buffer_text(&b), "value");

	ib_sha256_hex("k", 1, name);
	path = ib_strf("%s/facts/%.2s/%s", ib_store_root(store), name, name);
	ck_assert_int_eq(chmod(path, 0600), 0);
	fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "V", 1, 0), 1);
	ck_assert(!ib_store_get_derived(store, IB_STORE_FACTS, "k", &b));
	ck_assert_int_eq(ftruncate(fd, 50), 0);
	ck_assert(!ib_store_get_derived(store, IB_STORE_FACTS, "k", &b));
	close(fd);
	ck_ok(ib_store_put_derived(store, IB_STORE_FACTS, "k", "again", 5, &err));
	ib_buffer_clear(&b);
	ck_assert(ib_store_get_derived(store, IB_STORE_FACTS, "k", &b));
	ck_ok(ib_store_remove_derived(store, IB_STORE_FACTS, "k", &err));
	ck_assert(!ib_store_get_derived(store, IB_STORE_FACTS, "k", &b));
}
END_TEST

/* Writes and commits content after content until it is killed; a byte into told for each. */
static void write_until_killed(const char *path, uint64_t seed, int told)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_store *store = NULL;
	ib_autofree char *data = ib_alloc(300000);
	uint64_t i = 0;

	if (ib_store_open(path, 0, &store, &err))
		_exit(1);
	for (i = 0;; i++) {
		struct ib_store_file *file = NULL;
		size_t size = 1000 + (size_t)(i * 7919 % 299000);
		int failed = 0;

		memcpy(data, &i, sizeof(i));
		memcpy(data + sizeof(i), &seed, sizeof(seed));
		failed = ib_store_begin(store, NULL, &file, &err) ||
			 ib_fd_write(ib_store_file_fd(file), data, size, UINT64_MAX, "x", &err) ||
			 ib_store_commit(file, IB_STORE_RPM, NULL, NULL, &err) ||
			 ib_store_put_derived(store, IB_STORE_BLOCKS, "same key", data, size, &err);
		if (failed || write(told, "", 1) != 1)
			_exit(1);
		ib_store_file_free(file);
	}
}

static int check_entry(void *context, const struct ib_store_entry *entry, struct ib_error *err)
{
	struct {
		struct ib_store *store;
		size_t count;
	} *seen = context;

	if (ib_str_equal(entry->folder, "rpm"))
		IB_TRY(ib_store_verify(seen->store, IB_STORE_RPM, entry->name, NULL, err));
	seen->count++;
	return 0;
}

START_TEST(killed_at_any_moment_nothing_half_written_is_found)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = open_store("s", 0);
	struct {
		struct ib_store *store;
		size_t count;
	} seen = { store, 0 };
	IB_AUTO_BUFFER(b, 400000);
	int round = 0;

	for (round = 0; round < 25; round++) {
		pid_t writers[2] = { 0, 0 };
		int told[2] = { -1, -1 };
		char byte = 0;
		size_t i = 0;

		ck_assert_int_eq(pipe(told), 0);
		for (i = 0; i < IB_COUNT(writers); i++) {
			writers[i] = fork();
			if (writers[i] == 0)
				write_until_killed(ib_store_root(store), (uint64_t)round * 2 + i,
						   told[1]);
		}
		/* Both are at work once something is committed; then any moment will do. */
		ck_assert_int_eq(read(told[0], &byte, 1), 1);
		usleep((useconds_t)(round * 977 % 15000));
		for (i = 0; i < IB_COUNT(writers); i++) {
			int status = 0;

			kill(writers[i], SIGKILL);
			ck_assert_int_eq(waitpid(writers[i], &status, 0), writers[i]);
			ck_assert(WIFSIGNALED(status));
		}
		close(told[0]);
		close(told[1]);
	}
	ck_ok(ib_store_walk(store, check_entry, &seen, &err));
	ck_assert_uint_gt(seen.count, 25);
	ck_assert(ib_store_get_derived(store, IB_STORE_BLOCKS, "same key", &b));
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("store");
	TCase *store = tcase_create("store");

	tcase_add_checked_fixture(store, test_dir_make, test_dir_remove);
	tcase_set_timeout(store, 60);
	tcase_add_test(store, content_is_found_under_its_digest);
	tcase_add_test(store, other_bytes_than_expected_are_refused_and_nothing_remains);
	tcase_add_test(store, content_that_rotted_is_noticed);
	tcase_add_test(store, a_store_that_others_can_write_is_refused);
	tcase_add_test(store, a_store_of_another_user_is_refused);
	tcase_add_test(store, a_read_only_store_is_read_and_never_written);
	tcase_add_test(store, an_interrupted_file_is_resumed_by_its_key);
	tcase_add_test(store,
		       what_dead_writers_left_goes_after_a_day_and_what_the_living_hold_stays);
	tcase_add_test(store, derived_things_come_back_by_key_and_damaged_ones_are_absent);
	tcase_add_test(store, killed_at_any_moment_nothing_half_written_is_found);
	suite_add_tcase(suite, store);
	return suite;
}
