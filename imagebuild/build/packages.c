/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From lines of the lock to opened packages. The lock is obeyed: what the
 * header says is compared with the line, field by field, and so is each
 * scriptlet; a package that the lock lacks is never looked at.
 */
#include <string.h>

#include "build/work.h"

/* So many packages a job: few enough for all cores to have some, enough to fill an arena. */
#define SHARE 8

static int differs(const struct ib_lock_package *line, const char *what, const char *lock,
		   const char *package, struct ib_error *err)
{
	(void)ib_fail(err, IB_TRUST, "package '%s': its %s is '%s', but the lock says '%s'",
		      line->nevra, what, package, lock);
	ib_error_hint(err,
		      "If the change is wanted, run 'imagebuild lock' and review the lock's diff.");
	return -IB_TRUST;
}

const struct ib_lock_scriptlet *ib_work_locked_scriptlet(const struct ib_lock_package *line,
							 const struct ib_scriptlet *scriptlet)
{
	size_t i = 0;

	for (i = 0; i < line->scriptlet_count; i++)
		if (ib_str_equal(line->scriptlets[i].digest, scriptlet->digest) &&
		    ib_str_equal(line->scriptlets[i].kind, ib_scriptlet_kind_name(scriptlet->kind)))
			return &line->scriptlets[i];
	return NULL;
}

/* As many as the lock lists, and each of them listed: none can be there unseen. */
static int compare_scriptlets(const struct ib_lock_package *line, const struct ib_package *package,
			      struct ib_error *err)
{
	size_t i = 0;

	if (package->scriptlet_count != line->scriptlet_count)
		return ib_fail(
			err, IB_TRUST,
			"package '%s' has %zu scriptlets and triggers, but the lock lists %zu",
			line->nevra, package->scriptlet_count, line->scriptlet_count);
	for (i = 0; i < package->scriptlet_count; i++) {
		const struct ib_scriptlet *scriptlet = &package->scriptlets[i];

		if (ib_work_locked_scriptlet(line, scriptlet))
			continue;
		(void)ib_fail(
			err, IB_TRUST, "package '%s': its %%%s with digest %s is not in the lock",
			line->nevra, ib_scriptlet_kind_name(scriptlet->kind), scriptlet->digest);
		ib_error_hint(
			err,
			"If the change is wanted, run 'imagebuild lock' and review the lock's diff.");
		return -IB_TRUST;
	}
	return 0;
}

static int compare_with_line(const struct ib_lock_package *line, const struct ib_package *package,
			     struct ib_error *err)
{
	const struct {
		const char *what;
		const char *lock;
		const char *package;
	} fields[] = {
		{ "name, version and architecture", line->nevra, package->nevra },
		{ "source RPM", line->source_rpm, package->source_rpm },
		{ "header digest", line->header_sha256, package->header_sha256 },
		{ "signing key", line->signer, package->signer },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(fields); i++)
		if (!ib_str_equal(fields[i].lock, fields[i].package))
			return differs(line, fields[i].what, fields[i].lock,
				       fields[i].package ? fields[i].package : "", err);
	if (line->size != package->size)
		return ib_fail(err, IB_TRUST, "package '%s' has %llu bytes, but the lock says %llu",
			       line->nevra, (unsigned long long)package->size,
			       (unsigned long long)line->size);
	return compare_scriptlets(line, package, err);
}

static int open_package(const struct ib_work *work, const struct ib_lock_package *line,
			struct ib_arena *arena, struct ib_opened *opened, struct ib_error *err)
{
	ib_autofree char *path = ib_store_path(work->store, IB_STORE_RPM, line->sha256);
	struct ib_rpm_request request = { .path = path,
					  .name = line->nevra,
					  .sha256 = line->sha256,
					  .depth = IB_RPM_HEADER,
					  .arena = arena };
	size_t number = 0;

	if (!ib_work_repository(work, line->repository, &number)) {
		(void)ib_fail(err, IB_INPUT,
			      "package '%s' is locked from repository '%s', which the recipe lacks",
			      line->nevra, line->repository);
		ib_error_hint(err, "Run 'imagebuild lock %s' again.", work->recipe->path);
		return -IB_INPUT;
	}
	if (!ib_store_has(work->store, IB_STORE_RPM, line->sha256)) {
		(void)ib_fail(err, IB_MISSING, "package '%s' (sha256 %s) is not in the store '%s'",
			      line->nevra, line->sha256, work->session->store);
		ib_error_hint(err, "'imagebuild fetch %s' brings it.", work->recipe->path);
		return -IB_MISSING;
	}
	request.keyring = work->keyrings[number];
	IB_TRY(ib_rpm_open(&request, &opened->rpm, err));
	opened->line = line;
	opened->package = ib_rpm_package(opened->rpm);
	return compare_with_line(line, opened->package, err);
}

static void add_member(struct ib_members *members, struct ib_opened *opened)
{
	if (!members->source)
		members->source = ib_rpm_source_new();
	ib_grow(members->members, members->count);
	members->members[members->count++] = opened;
	ib_rpm_source_add(members->source, opened->rpm);
}

/* Some of the lock's packages, one after the other, which are opened beside the others. */
struct share {
	const struct ib_work *work;
	struct ib_arena *arena;
	size_t first, end;
	struct ib_error err;
	bool failed;
};

static void open_share(void *argument)
{
	struct share *share = argument;
	const struct ib_work *work = share->work;
	size_t i = 0;

	for (i = share->first; i < share->end && !share->failed; i++)
		share->failed = open_package(work, &work->lock->packages[i], share->arena,
					     &work->opened[i], &share->err) < 0;
}

/* The first failure in the lock's order is told, whichever came first. */
static int join_shares(struct ib_work *work, struct share *shares, size_t count,
		       struct ib_error *err)
{
	int r = 0;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		ib_arena_adopt(work->arena, shares[i].arena);
		if (shares[i].failed && r == 0) {
			*err = shares[i].err;
			r = -(int)err->kind;
		} else {
			ib_error_clear(&shares[i].err);
		}
	}
	return r;
}

static int open_all(struct ib_work *work, struct ib_error *err)
{
	const size_t packages = work->lock->package_count;
	const size_t count = (packages + SHARE - 1) / SHARE;
	ib_autofree struct share *shares = ib_alloc_array(count, sizeof(*shares));
	struct ib_threads *threads = ib_threads_new(work->session->threads, count + 1);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		shares[i] = (struct share){ .work = work,
					    .arena = ib_arena_new(),
					    .first = i * SHARE,
					    .end = IB_MIN((i + 1) * SHARE, packages),
					    .err = IB_ERROR_INIT };
		ib_threads_add(threads, open_share, &shares[i]);
	}
	ib_threads_free(threads);
	return join_shares(work, shares, count, err);
}

int ib_work_open_packages(struct ib_work *work, struct ib_error *err)
{
	const struct ib_lock *lock = work->lock;
	size_t i = 0;

	work->opened = ib_alloc_array(lock->package_count, sizeof(*work->opened));
	work->packages = ib_package_set_new();
	IB_TRY(open_all(work, err));
	for (i = 0; i < lock->package_count; i++) {
		struct ib_opened *opened = &work->opened[i];

		ib_package_set_add(work->packages, opened->package);
		if (opened->line->root)
			add_member(&work->root, opened);
		if (opened->line->initrd)
			add_member(&work->initrd, opened);
	}
	ib_package_set_sort(work->packages);
	return 0;
}
