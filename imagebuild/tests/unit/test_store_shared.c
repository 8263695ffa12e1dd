/* SPDX-License-Identifier: Apache-2.0 */
/* Pruning a store that others use at the same time, and stores that may only be read. */
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

static struct ib_store *open_store(unsigned flags)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_store *store = NULL;
	ib_autofree char *path = ib_path_join(test_dir, "s");

	ck_ok(ib_store_open(path, flags, &store, &err));
	return store;
}

/* Puts content there through a store of its own, so that nobody uses it afterwards. */
static void put(const char *content, char hex[65])
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = open_store(0);
	IB_AUTO(ib_store_file) file = NULL;

	ck_ok(ib_store_begin(store, NULL, &file, &err));
	ck_ok(ib_fd_write(ib_store_file_fd(file), content, strlen(content), UINT64_MAX, "x", &err));
	ck_ok(ib_store_commit(file, IB_STORE_RPM, NULL, hex, &err));
}

static void make_old(const char *hex, int days)
{
	IB_AUTO(ib_store) store = open_store(0);
	ib_autofree char *path = ib_store_path(store, IB_STORE_RPM, hex);
	const struct utimbuf then = { ib_clock_now() - days * 86400,
				      ib_clock_now() - days * 86400 };

	ck_assert_int_eq(utime(path, &then), 0);
}

static void count_removed(void *context, const struct ib_store_entry *entry)
{
	size_t *count = context;

	(void)entry;
	(*count)++;
}

/* How many are, or would be, removed of what was not used for so many days. */
static size_t prune(int days, bool dry_run)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = open_store(0);
	size_t count = 0;
	/* a file's time may be some ticks ahead of the clock that tells the second */
	const struct ib_store_pruning pruning = { .unused_since = ib_clock_now() + 1 - days * 86400,
						  .dry_run = dry_run,
						  .context = &count,
						  .goes = count_removed };

	ck_ok(ib_store_prune(store, &pruning, &err));
	return count;
}

static bool is_there(const char *hex)
{
	IB_AUTO(ib_store) store = open_store(0);

	return ib_store_has(store, IB_STORE_RPM, hex);
}

START_TEST(what_was_not_used_for_long_goes)
{
	struct ib_error err = IB_ERROR_INIT;
	char old[65];
	char young[65];

	put("old", old);
	put("young", young);
	make_old(old, 40);
	make_old(young, 20);
	ck_assert_uint_eq(prune(30, true), 1);
	ck_assert(is_there(old)); /* and is used now */
	ck_assert_uint_eq(prune(30, false), 0);
	make_old(old, 40);
	ck_assert_uint_eq(prune(30, false), 1);
	ck_assert(!is_there(old));
	ck_assert(is_there(young));
	{
		IB_AUTO(ib_store) store = open_store(0);

		ck_ok(ib_store_put_derived(store, IB_STORE_FACTS, "k", "v", 1, &err));
	}
	ck_assert_uint_eq(prune(0, false), 2);
}
END_TEST

static bool keeps_name(void *context, const struct ib_store_entry *entry)
{
	return ib_str_equal(entry->name, context);
}

START_TEST(what_somebody_wants_to_keep_stays)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = open_store(0);
	char kept[65];
	char other[65];
	struct ib_store_pruning pruning = { .context = kept, .keeps = keeps_name };

	put("kept", kept);
	put("other", other);
	pruning.unused_since = ib_clock_now();
	ck_ok(ib_store_prune(store, &pruning, &err));
	ck_assert(is_there(kept));
	ck_assert(!is_there(other));
}
END_TEST

START_TEST(what_a_running_process_uses_stays)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_store *user = open_store(0);
	ib_autoclose int fd = -1;
	char found[65];
	char opened[65];
	char brought[65];
	struct ib_store_file *file = NULL;

	put("found", found);
	put("opened", opened);
	ck_assert(ib_store_has(user, IB_STORE_RPM, found));
	ck_ok(ib_store_open_blob(user, IB_STORE_RPM, opened, &fd, &err));
	ck_ok(ib_store_begin(user, NULL, &file, &err));
	ck_ok(ib_store_commit(file, IB_STORE_RPM, NULL, brought, &err));
	ib_store_file_free(file);
	ck_assert_uint_eq(prune(0, false), 0);
	ck_assert(ib_store_has(user, IB_STORE_RPM, found));
	ib_store_free(user);
	ck_assert_uint_eq(prune(0, false), 3);
}
END_TEST

START_TEST(what_a_killed_process_used_goes)
{
	char hex[65];
	pid_t child = 0;
	int status = 0;

	put("content", hex);
	child = fork();
	if (child == 0) {
		const struct ib_store *store = open_store(0);

		_exit(ib_store_has(store, IB_STORE_RPM, hex) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(prune(0, false), 1);
}
END_TEST

/* One brings and uses, the other one removes all it may: what was found can always be opened. */
START_TEST(pruning_beside_a_busy_process_never_takes_what_it_found)
{
	struct ib_error err = IB_ERROR_INIT;
	pid_t pruner = 0;
	size_t found = 0;
	int i = 0;

	ib_store_free(open_store(0));
	pruner = fork();
	if (pruner == 0)
		for (;;)
			prune(0, false);
	for (i = 0; i < 150; i++) {
		IB_AUTO(ib_store) store = open_store(0);
		ib_autofree char *content = ib_strf("content %d", i % 7);
		ib_autoclose int fd = -1;
		char hex[65];

		ib_sha256_hex(content, strlen(content), hex);
		if (i % 3)
			put(content, hex);
		if (!ib_store_has(store, IB_STORE_RPM, hex))
			continue;
		found++;
		usleep(500);
		ck_ok(ib_store_verify(store, IB_STORE_RPM, hex, NULL, &err));
	}
	kill(pruner, SIGKILL);
	waitpid(pruner, NULL, 0);
	ck_assert_uint_gt(found, 0);
}
END_TEST

START_TEST(nobody_prunes_while_somebody_reads_who_cannot_say_what)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = open_store(0);
	struct ib_store *reader = open_store(IB_STORE_READ_ONLY);
	const struct ib_store_pruning pruning = { .unused_since = INT64_MAX };

	ck_fails(ib_store_prune(store, &pruning, &err), IB_FAILED, "may only read it");
	ck_fails(ib_store_prune(reader, &pruning, &err), IB_FAILED, "it is read-only");
	ib_store_free(reader);
	ck_ok(ib_store_prune(store, &pruning, &err));
}
END_TEST

/* As another user: what root shares is used as it is. */
static int use_shared(const char *hex)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_store) store = NULL;
	IB_AUTO_BUFFER(b, 100);
	ib_autofree char *path = ib_path_join(test_dir, "s");

	if (setgid(65534) || setuid(65534))
		return 1;
	if (ib_store_open(path, 0, &store, &err))
		return 2;
	if (!ib_store_is_read_only(store) || !ib_store_has(store, IB_STORE_RPM, hex))
		return 3;
	if (ib_store_verify(store, IB_STORE_RPM, hex, NULL, &err))
		return 4;
	if (ib_store_put_derived(store, IB_STORE_FACTS, "new", "v", 1, &err))
		return 5;
	if (ib_store_get_derived(store, IB_STORE_FACTS, "new", &b) ||
	    !ib_store_get_derived(store, IB_STORE_FACTS, "old", &b))
		return 6;
	return 0;
}

START_TEST(a_store_that_root_shares_is_used_by_others)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "s");
	char hex[65];
	pid_t child = 0;
	int status = 0;

	if (geteuid() != 0)
		return; /* only root can become somebody else */
	put("shared", hex);
	{
		IB_AUTO(ib_store) store = open_store(0);

		ck_ok(ib_store_put_derived(store, IB_STORE_FACTS, "old", "v", 1, &err));
	}
	ck_assert_int_eq(chmod(test_dir, 0755), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	child = fork();
	if (child == 0)
		_exit(use_shared(hex));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("store_shared");
	TCase *prunes = tcase_create("prune");

	tcase_add_checked_fixture(prunes, test_dir_make, test_dir_remove);
	tcase_set_timeout(prunes, 60);
	tcase_add_test(prunes, what_was_not_used_for_long_goes);
	tcase_add_test(prunes, what_somebody_wants_to_keep_stays);
	tcase_add_test(prunes, what_a_running_process_uses_stays);
	tcase_add_test(prunes, what_a_killed_process_used_goes);
	tcase_add_test(prunes, pruning_beside_a_busy_process_never_takes_what_it_found);
	tcase_add_test(prunes, nobody_prunes_while_somebody_reads_who_cannot_say_what);
	tcase_add_test(prunes, a_store_that_root_shares_is_used_by_others);
	suite_add_tcase(suite, prunes);
	return suite;
}
