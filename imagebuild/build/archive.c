/* SPDX-License-Identifier: Apache-2.0 */
/* A repository of exactly what a lock names, for the day when the others have dropped it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/metadata.h"
#include "build/repodata.h"

struct archiving {
	const struct ib_session *session;
	const char *folder; /* under its temporary name */
	struct ib_arena *arena;
	struct ib_map *known; /* locations that are there already, with their digest */
	struct ib_repodata_package *packages;
	size_t count;
	int64_t newest;
};

/* Of a file in the form that rpm gives packages: lead, signature header (padded), header. */
static int find_header(int fd, const char *name, size_t header_size,
		       struct ib_repodata_package *item, struct ib_error *err)
{
	enum { LEAD = 96, INTRO = 16, ENTRY = 16 };
	uint8_t intro[INTRO] = { 0 };
	uint64_t size = 0;

	IB_TRY(ib_fd_read_at(fd, intro, sizeof(intro), LEAD, name, err));
	size = INTRO + (uint64_t)ENTRY * ib_get_be32(intro + 8) + ib_get_be32(intro + 12);
	item->header_start = LEAD + (size + 7) / 8 * 8;
	item->header_end = item->header_start + header_size;
	return 0;
}

/* The copy is hashed, not what it was made from: what lies in the archive is what counts. */
static int copy_package(int from, const struct ib_lock_package *line, const char *path,
			struct ib_error *err)
{
	ib_autofree char *directory = ib_path_directory(path);
	IB_AUTO(ib_output) output = NULL;
	char sha256[65];

	IB_TRY(ib_file_make_directory(directory, 0755, err));
	IB_TRY(ib_output_open(path, &output, err));
	{
		const struct ib_range source = { from, 0, line->nevra };
		const struct ib_range target = { ib_output_fd(output), 0, path };

		IB_TRY(ib_fd_copy(&source, &target, line->size, err));
	}
	IB_TRY(ib_sha256_file(ib_output_temporary(output), sha256, NULL, err));
	if (!ib_str_equal(sha256, line->sha256))
		return ib_fail(err, IB_TRUST,
			       "package '%s' in the store has the SHA-256 %s, but the lock says %s",
			       line->nevra, sha256, line->sha256);
	return ib_output_commit(output, 0644, err);
}

static int describe_package(struct archiving *archiving, struct ib_work *work, int fd,
			    const struct ib_lock_package *line, struct ib_repodata_package *item,
			    struct ib_error *err)
{
	ib_autofree char *path = ib_store_path(work->store, IB_STORE_RPM, line->sha256);
	IB_AUTO(ib_rpm) rpm = NULL;
	struct ib_rpm_request request = { .path = path,
					  .name = line->nevra,
					  .sha256 = line->sha256,
					  .depth = IB_RPM_HEADER,
					  .arena = archiving->arena };
	size_t number = 0;

	if (!ib_work_repository(work, line->repository, &number))
		return ib_fail(err, IB_INPUT,
			       "package '%s' is of repository '%s', which the recipe lacks",
			       line->nevra, line->repository);
	request.keyring = work->keyrings[number];
	IB_TRY(ib_rpm_open(&request, &rpm, err));
	item->package = ib_rpm_package(rpm);
	return find_header(fd, line->nevra, ib_rpm_header_size(rpm), item, err);
}

static int add_package(struct archiving *archiving, struct ib_work *work,
		       const struct ib_lock_package *line, struct ib_error *err)
{
	struct ib_repodata_package item = { .location = ib_arena_strf(archiving->arena, "%s/%s",
								      line->repository,
								      line->location) };
	ib_autofree char *path = ib_path_join(archiving->folder, item.location);
	const char *known = ib_map_get(archiving->known, item.location);
	ib_autoclose int fd = -1;

	if (known && ib_str_equal(known, line->sha256))
		return 0; /* another architecture has it too */
	if (known)
		return ib_fail(err, IB_INPUT, "the lock has two packages at '%s': %s and %s",
			       item.location, known, line->sha256);
	IB_TRY(ib_store_open_blob(work->store, IB_STORE_RPM, line->sha256, &fd, err));
	IB_TRY(describe_package(archiving, work, fd, line, &item, err));
	IB_TRY(copy_package(fd, line, path, err));
	ib_map_set(archiving->known, item.location,
		   ib_arena_memdup(archiving->arena, line->sha256, strlen(line->sha256) + 1));
	ib_grow(archiving->packages, archiving->count);
	archiving->packages[archiving->count++] = item;
	return 0;
}

/* Each repository's own metadata, where what the lock saw is still known. */
static int add_metadata(struct archiving *archiving, struct ib_work *work, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < work->lock->repository_count; i++) {
		const struct ib_lock_repository *locked = &work->lock->repositories[i];
		ib_autofree char *folder = ib_path_join(archiving->folder, locked->id);
		bool done = false;
		size_t number = 0;

		if (!ib_work_repository(work, locked->id, &number))
			continue;
		IB_TRY(ib_work_copy_metadata(work, number, locked->repomd_sha256, folder, &done,
					     err));
		if (!done)
			ib_warn(work->session->log,
				"the store no longer has the metadata of repository '%s' that the "
				"lock saw, using the archive's own",
				locked->id);
	}
	return 0;
}

static int add_part_with(struct archiving *archiving, struct ib_work *work, struct ib_error *err)
{
	size_t i = 0;

	IB_TRY(ib_recipe_check_files(work->recipe, IB_RECIPE_FILES_KEYS, err));
	IB_TRY(ib_work_open_store(work, err));
	IB_TRY(ib_work_open_keyrings(work, err));
	for (i = 0; i < work->lock->package_count; i++) {
		ib_progress(work->session->log, "archiving", i, work->lock->package_count,
			    "packages");
		IB_TRY(add_package(archiving, work, &work->lock->packages[i], err));
	}
	archiving->newest = IB_MAX(archiving->newest, work->lock->build_time);
	return add_metadata(archiving, work, err);
}

static int add_part(struct archiving *archiving, const struct ib_archive_part *part,
		    struct ib_error *err)
{
	struct ib_work work = { .session = archiving->session,
				.recipe = part->recipe,
				.lock = part->lock,
				.arena = ib_arena_new() };
	int r = 0;

	r = add_part_with(archiving, &work, err);
	ib_work_done(&work);
	return r;
}

static int compare_items(const void *a, const void *b)
{
	const struct ib_repodata_package *x = a;
	const struct ib_repodata_package *y = b;
	int order = ib_package_compare(x->package, y->package);

	return order ? order : strcmp(x->location, y->location);
}

static int copy_lock(const char *lock_path, const char *folder, struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(folder, ib_path_name(lock_path));
	IB_AUTO_BUFFER(text, (size_t)256 << 20);

	IB_TRY(ib_file_read(lock_path, &text, err));
	return ib_file_write(path, text.data, text.size, 0644, err);
}

static int fill(struct archiving *archiving, const struct ib_archive_part *parts, size_t count,
		const char *lock_path, struct ib_error *err)
{
	size_t i = 0;

	IB_TRY(ib_file_make_directory(archiving->folder, 0755, err));
	for (i = 0; i < count; i++)
		IB_TRY(add_part(archiving, &parts[i], err));
	if (archiving->count)
		qsort(archiving->packages, archiving->count, sizeof(*archiving->packages),
		      compare_items);
	IB_TRY(ib_repodata_write(archiving->folder, archiving->packages, archiving->count,
				 archiving->newest, err));
	return copy_lock(lock_path, archiving->folder, err);
}

static char *without_slashes(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return ib_strndup(path, length);
}

/* partial ends in XXXXXX, and names the folder afterwards. */
static int make_temporary(const char *target, char *partial, struct ib_error *err)
{
	ib_autofree char *parent = ib_path_directory(target);

	IB_TRY(ib_file_make_directory(parent, 0755, err));
	if (!mkdtemp(partial) || chmod(partial, 0755))
		return ib_fail_errno(err, errno, "could not make a temporary folder in '%s'",
				     parent);
	return 0;
}

int ib_build_archive(const struct ib_session *session, const struct ib_archive_part *parts,
		     size_t part_count, const char *lock_path, const char *folder,
		     struct ib_error *err)
{
	ib_autofree char *target = without_slashes(folder);
	ib_autofree char *partial = ib_strf("%s.XXXXXX", target); /* nobody's but ours */
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO(ib_map) known = ib_map_new();
	struct archiving archiving = {
		.session = session, .folder = partial, .arena = arena, .known = known
	};
	struct ib_error ignored = IB_ERROR_INIT; /* the first failure is told */
	int r = 0;

	/* An empty target may be replaced; what somebody keeps there may not. */
	if (rmdir(target) && errno != ENOENT) {
		(void)ib_fail(err, IB_INPUT, "'%s' is there already", target);
		ib_error_hint(err, "Name a folder that is not there yet, or remove this one.");
		return -IB_INPUT;
	}
	IB_TRY(make_temporary(target, partial, err));
	r = fill(&archiving, parts, part_count, lock_path, err);
	ib_free(archiving.packages);
	if (r == 0)
		return ib_file_rename(partial, target, err);
	if (ib_file_remove_tree(partial, &ignored) < 0)
		ib_error_clear(&ignored);
	return r;
}
