/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The 71 signed packages of a CentOS 7 base root (../shared/data), opened and
 * laid down: what tests of trees and images share.
 */
#ifndef IB_TEST_CENTOS_ROOT_H
#define IB_TEST_CENTOS_ROOT_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpmfile/rpmfile.h"
#include "test.h"
#include "tree/tree.h"

#define CENTOS_PACKAGES "base/centos7/Packages"
#define CENTOS_KEY \
	"keys/rpm-software-management_distribution-gpg-keys/keys/centos/RPM-GPG-KEY-CentOS-7"
#define CENTOS_FINGERPRINT "6341AB2753D78A78A7C27BB124C6A8A7F4A80EB5"
#define CENTOS_TIME        1700000000 /* later than any of their files */

struct centos_root {
	struct ib_arena *arena;
	struct ib_keyring *keyring;
	struct ib_rpm **rpms;
	size_t count;
	struct ib_rpm_source *source;
};

static inline bool centos_account(void *context, const char *name, uint32_t *ret_number)
{
	static const struct {
		const char *name;
		uint32_t number;
	} accounts[] = {
		{ "bin", 1 },   { "tty", 5 },     { "lock", 54 }, { "mail", 12 },
		{ "utmp", 22 }, { "floppy", 19 }, { "ftp", 50 },  { "utempter", 35 },
	};
	size_t i = 0;

	(void)context;
	for (i = 0; i < IB_COUNT(accounts); i++) {
		if (strcmp(accounts[i].name, name) != 0)
			continue;
		*ret_number = accounts[i].number;
		return true;
	}
	return false;
}

static inline void centos_add(struct centos_root *root, const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *relative = ib_strf(CENTOS_PACKAGES "/%s", name);
	const struct ib_rpm_request request = {
		.path = test_shared_data(relative),
		.keyring = root->keyring,
		.depth = IB_RPM_HEADER,
		.arena = root->arena,
	};

	if (!ib_str_ends(name, ".rpm"))
		return;
	ib_grow(root->rpms, root->count);
	ck_ok(ib_rpm_open(&request, &root->rpms[root->count], &err));
	ib_rpm_source_add(root->source, root->rpms[root->count]);
	root->count++;
}

/* False, and a word about it, where the data are absent. */
static inline bool centos_open(struct centos_root *root)
{
	struct ib_error err = IB_ERROR_INIT;
	const char *key = test_shared_data(CENTOS_KEY);
	struct dirent **names = NULL;
	int count = 0;
	int i = 0;

	*root = (struct centos_root){ 0 };
	if (!key) {
		puts("skipped: no shared data");
		return false;
	}
	root->arena = ib_arena_new();
	root->keyring = ib_keyring_new();
	root->source = ib_rpm_source_new();
	ck_ok(ib_keyring_add_file(root->keyring, key, CENTOS_FINGERPRINT, &err));
	count = scandir(test_shared_data(CENTOS_PACKAGES), &names, NULL, alphasort);
	ck_assert_int_gt(count, 0);
	for (i = 0; i < count; i++) {
		centos_add(root, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return true;
}

static inline void centos_close(struct centos_root *root)
{
	size_t i = 0;

	ib_rpm_source_free(root->source);
	for (i = 0; i < root->count; i++)
		ib_rpm_free(root->rpms[i]);
	ib_free(root->rpms);
	ib_keyring_free(root->keyring);
	ib_arena_free(root->arena);
}

/* In their order, or backwards. */
static inline struct ib_tree *centos_lay(const struct centos_root *root, int64_t mtime,
					 bool backwards)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_tree *tree = ib_tree_new(mtime);
	const struct ib_accounts accounts = { NULL, centos_account, centos_account };
	size_t i = 0;

	for (i = 0; i < root->count; i++) {
		size_t number = backwards ? root->count - 1 - i : i;

		ck_ok(ib_tree_add_package(tree, (uint32_t)number,
					  ib_rpm_package(root->rpms[number]), NULL, &err));
	}
	ck_ok(ib_tree_resolve_owners(tree, &accounts, &err));
	ib_tree_finish(tree);
	return tree;
}

#endif
