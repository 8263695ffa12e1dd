/* SPDX-License-Identifier: Apache-2.0 */
#include "build/accounts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build/content.h"
#include "package/package.h"

struct ib_state_names ib_work_locked_accounts(const struct ib_lock *lock)
{
	return (struct ib_state_names){ (const char *const *)lock->accounts.items,
					lock->accounts.count };
}

/* The facts of a package: known ones, or learnt now and kept. */
static int learn(struct ib_work *work, struct ib_opened *opened, struct ib_error *err)
{
	ib_autofree char *path = ib_store_path(work->store, IB_STORE_RPM, opened->line->sha256);
	IB_AUTO(ib_rpm) rpm = NULL;
	struct ib_rpm_request request = { .path = path,
					  .name = opened->line->nevra,
					  .sha256 = opened->line->sha256,
					  .depth = IB_RPM_HEADER,
					  .arena = work->arena };
	const struct ib_package *known = opened->package;
	size_t number = 0;
	int r = 0;

	IB_TRY(ib_work_recall_facts(work, opened, err));
	if (opened->facts)
		return 0;
	if (!ib_work_repository(work, opened->line->repository, &number))
		return ib_fail(err, IB_INPUT, "the recipe lacks repository '%s'",
			       opened->line->repository);
	request.keyring = work->keyrings[number];
	IB_TRY(ib_rpm_open(&request, &rpm, err));
	opened->rpm = rpm;
	opened->package = ib_rpm_package(rpm);
	r = ib_work_learn(work, opened, err);
	opened->rpm = NULL;
	opened->package = known;
	return r;
}

/* Whether accounts are named or numbered in this file; its path without aliases, else NULL. */
static const char *account_file(struct ib_work *work, const char *path)
{
	static const char *const files[] = { "/etc/passwd", "/etc/group", "/etc/shadow",
					     "/etc/gshadow", "/etc/login.defs" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(files); i++)
		if (!strcmp(path, files[i]))
			return path;
	if (ib_str_starts(path, "/lib/sysusers.d/"))
		return ib_arena_strf(work->arena, "/usr%s", path);
	if (ib_str_starts(path, "/usr/lib/sysusers.d/") || ib_str_starts(path, "/etc/sysusers.d/"))
		return path;
	return NULL;
}

static int put_files(struct ib_work *work, const struct ib_opened *opened, struct ib_tree *tree,
		     struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < ib_facts_count(opened->facts); i++) {
		const struct ib_fact *fact = ib_facts_get(opened->facts, i);
		const char *path = fact->data ? account_file(work, fact->path) : NULL;
		struct ib_tree_entry entry = { .path = path,
					       .mode = S_IFREG | 0644,
					       .data = fact->data,
					       .size = fact->size,
					       .origin = { IB_ORIGIN_PACKAGE,
							   opened->line->nevra } };

		if (path)
			IB_TRY(ib_tree_put(tree, &entry, NULL, err));
	}
	return 0;
}

static int fill(struct ib_work *work, struct ib_members *members, struct ib_tree *tree,
		struct ib_error *err)
{
	const struct ib_recipe *recipe = work->recipe;
	size_t i = 0;

	for (i = 0; i < members->count; i++) {
		ib_progress(work->session->log, "learning", i, members->count, "packages");
		IB_TRY(learn(work, members->members[i], err));
		IB_TRY(put_files(work, members->members[i], tree, err));
	}
	for (i = 0; i < recipe->overlay_count; i++) {
		uint8_t sha256[IB_SHA256_SIZE];

		IB_TRY(ib_tree_add_overlay(tree, recipe->overlays[i].name,
					   recipe->overlays[i].folder, recipe->overlays[i].table,
					   sha256, err));
	}
	return 0;
}

static int number(struct ib_work *work, struct ib_members *members, const struct ib_lock *previous,
		  struct ib_strings *ret_accounts, struct ib_error *err)
{
	IB_AUTO(ib_tree) tree = ib_tree_new(1);
	IB_AUTO(ib_state_accounts) accounts = NULL;
	ib_autofree char *text = NULL;
	const char *only = "sysusers";
	struct ib_state_plan plan;

	IB_TRY(fill(work, members, tree, err));
	ib_work_plan_state(work, members, &plan);
	plan.only = (struct ib_state_names){ &only, 1 };
	if (previous)
		plan.remembered = ib_work_locked_accounts(previous);
	IB_TRY(ib_state_apply(tree, &plan, &accounts, err));
	text = ib_state_accounts_text(accounts);
	ib_strings_split(ret_accounts, text, "\n");
	return 0;
}

static int compare_members(const void *a, const void *b)
{
	return strcmp((*(struct ib_opened *const *)a)->line->nevra,
		      (*(struct ib_opened *const *)b)->line->nevra);
}

int ib_work_assign_accounts(struct ib_work *work, struct ib_lock *lock,
			    const struct ib_package *const *packages,
			    const struct ib_lock *previous, struct ib_strings *ret_accounts,
			    struct ib_error *err)
{
	struct ib_opened *opened =
		ib_arena_alloc(work->arena, (lock->package_count + 1) * sizeof(*opened));
	struct ib_members members = {
		.members = ib_arena_alloc(work->arena, (lock->package_count + 1) * sizeof(void *)),
	};
	size_t i = 0;
	int r = 0;

	for (i = 0; i < lock->package_count; i++) {
		if (!lock->packages[i].root)
			continue;
		opened[i].line = &lock->packages[i];
		opened[i].package = packages[i];
		members.members[members.count++] = &opened[i];
	}
	if (members.count)
		qsort(members.members, members.count, sizeof(void *), compare_members);
	r = number(work, &members, previous, ret_accounts, err);
	for (i = 0; i < lock->package_count; i++)
		ib_facts_free(opened[i].facts);
	return r;
}
