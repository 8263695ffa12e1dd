/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse - XML metadata to .solv, with the packages in canonical order.
 *
 * libsolv's choice between equals depends on the order in which it met names
 * and packages. Here packages are sorted before they are written, whatever
 * order the repository's maker had, and what resolving does not need
 * (summaries, licences, changelogs) is left out.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <solv/chksum.h>
#include <solv/evr.h>
#include <solv/repo.h>
#include <solv/repo_rpmmd.h>
#include <solv/repo_solv.h>
#include <solv/repo_write.h>
#include <solv/solv_xfopen.h>

#include "resolve/internal.h"

struct sorter {
	Pool *pool;
	Repodata *data;
};

static Pool *new_pool(void)
{
	Pool *pool = pool_create();

	pool_setdisttype(pool, DISTTYPE_RPM);
	return pool;
}

/* The package's digest, for two with one NEVRA in one repository; "" when it has none. */
static const char *checksum_of(const struct sorter *sorter, Id id, size_t *ret_size)
{
	KeyValue kv;
	Repokey *key = repodata_lookup_kv_uninternalized(sorter->data, id, SOLVABLE_CHECKSUM, &kv);

	*ret_size = key ? (size_t)solv_chksum_len(key->type) : 0;
	return *ret_size ? kv.str : "";
}

static int compare_checksums(const struct sorter *sorter, Id a, Id b)
{
	size_t size_a = 0;
	size_t size_b = 0;
	const char *value_a = checksum_of(sorter, a, &size_a);
	const char *value_b = checksum_of(sorter, b, &size_b);
	int order = memcmp(value_a, value_b, IB_MIN(size_a, size_b));

	return order ? order : (size_a > size_b) - (size_a < size_b);
}

static int compare(const void *a, const void *b, void *context)
{
	const struct sorter *sorter = context;
	Id id_a = *(const Id *)a;
	Id id_b = *(const Id *)b;
	int order = ib_resolve_compare(a, b, sorter->pool);

	if (!order)
		order = compare_checksums(sorter, id_a, id_b);
	return order ? order : id_a - id_b;
}

static void swap(const struct sorter *sorter, Id a, Id b)
{
	Solvable kept = sorter->pool->solvables[a];

	sorter->pool->solvables[a] = sorter->pool->solvables[b];
	sorter->pool->solvables[b] = kept;
	repodata_swap_attrs(sorter->data, a, b);
}

/* Moves each package to its place; the repository's packages are one block from start. */
static void sort_packages(Repo *repo, Repodata *data)
{
	struct sorter sorter = { repo->pool, data };
	size_t count = (size_t)repo->nsolvables;
	Id start = repo->start;
	ib_autofree Id *wanted = ib_alloc_array(count + 1, sizeof(*wanted)); /* who comes where */
	ib_autofree Id *place = ib_alloc_array(count + 1, sizeof(*place));   /* where one is now */
	ib_autofree Id *holder = ib_alloc_array(count + 1, sizeof(*holder)); /* who is where now */
	size_t i = 0;

	for (i = 0; i < count; i++)
		wanted[i] = place[i] = holder[i] = start + (Id)i;
	qsort_r(wanted, count, sizeof(*wanted), compare, &sorter);
	for (i = 0; i < count; i++) {
		Id here = start + (Id)i;
		Id from = place[wanted[i] - start];
		Id displaced = holder[i];

		if (from == here)
			continue;
		swap(&sorter, here, from);
		place[displaced - start] = from;
		holder[from - start] = displaced;
		holder[i] = wanted[i];
	}
}

/* What neither the solver nor the result asks for. */
static int filter_key(Repo *repo, Repokey *key, void *context)
{
	static const Id dropped[] = { SOLVABLE_SUMMARY,   SOLVABLE_DESCRIPTION, SOLVABLE_URL,
				      SOLVABLE_GROUP,     SOLVABLE_LICENSE,     SOLVABLE_PACKAGER,
				      SOLVABLE_HEADEREND, SOLVABLE_BUILDHOST,   SOLVABLE_HDRID };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(dropped); i++)
		if (key->name == dropped[i])
			return KEY_STORAGE_DROPPED;
	return repo_write_stdkeyfilter(repo, key, context);
}

/* The .solv bytes of repo's repodata from first on; the caller frees *ret_bytes. */
static int write_solv(Repo *repo, int first, char **ret_bytes, size_t *ret_size,
		      struct ib_error *err)
{
	FILE *stream = open_memstream(ret_bytes, ret_size);
	Repowriter *writer = NULL;
	int failed = 0;

	if (!stream)
		return ib_fail_errno(err, errno, "could not write a solver cache");
	writer = repowriter_create(repo);
	repowriter_set_keyfilter(writer, filter_key, NULL);
	if (first > 1) {
		repowriter_set_repodatarange(writer, first, repo->nrepodata);
		repowriter_set_flags(writer, REPOWRITER_NO_STORAGE_SOLVABLE);
	}
	failed = repowriter_write(writer, stream);
	repowriter_free(writer);
	if (fclose(stream) || failed) {
		free(*ret_bytes);
		*ret_bytes = NULL;
		return ib_fail(err, IB_FAILED, "could not write a solver cache: %s",
			       pool_errstr(repo->pool));
	}
	return 0;
}

static void list_names(Repo *repo, struct ib_strings *names)
{
	Id p = 0;
	Solvable *s = NULL;

	FOR_REPO_SOLVABLES (repo, p, s) {
		const char *name = pool_id2str(repo->pool, s->name);

		/* They are sorted by name, so that equal ones are neighbours. */
		if (!names->count || !ib_str_equal(names->items[names->count - 1], name))
			ib_strings_add(names, name);
	}
}

static int add_xml(Repo *repo, const char *path, uint64_t limit, bool lists, struct ib_error *err)
{
	struct ib_bounded bounded;
	int failed = 0;

	IB_TRY(ib_bounded_open(path, limit, &bounded, err));
	failed = lists ? repo_add_rpmmd(repo, bounded.stream, "FL", REPO_EXTEND_SOLVABLES)
		       : repo_add_rpmmd(repo, bounded.stream, NULL, REPO_NO_INTERNALIZE);
	IB_TRY(ib_bounded_close(&bounded, path, err));
	if (failed) {
		ib_fail(err, IB_INPUT, "cannot read metadata '%s' of repository '%s': %s", path,
			repo->name, pool_errstr(repo->pool));
		ib_error_hint(err, "The repository's metadata is damaged: ask its maker, "
				   "or name another mirror.");
		return -IB_INPUT;
	}
	return 0;
}

static int parse_primary(Repo *repo, const struct ib_resolve_repository *repository,
			 const char *cookie, struct ib_solv_file *ret_file, struct ib_error *err)
{
	IB_AUTO_STRINGS(names);
	ib_autofree char *text = NULL;
	char *bytes = NULL;
	size_t size = 0;

	IB_TRY(add_xml(repo, repository->primary, repository->primary_size, false, err));
	sort_packages(repo, repo_last_repodata(repo));
	repo_internalize(repo);
	list_names(repo, &names);
	ib_strings_add(&names, "");
	text = ib_strings_join(&names, "\n");
	IB_TRY(write_solv(repo, 1, &bytes, &size, err));
	ib_solv_file_make(cookie, text, strlen(text), bytes, size, ret_file);
	free(bytes);
	return 0;
}

int ib_resolve_parse_primary(const struct ib_resolve_repository *repository, const char *cookie,
			     struct ib_solv_file *ret_file, struct ib_error *err)
{
	Pool *pool = new_pool();
	Repo *repo = repo_create(pool, repository->id);
	int r = parse_primary(repo, repository, cookie, ret_file, err);

	pool_free(pool);
	return r;
}

static int parse_filelists(Repo *repo, const struct ib_resolve_repository *repository,
			   const struct ib_solv_file *primary, const char *cookie,
			   struct ib_solv_file *ret_file, struct ib_error *err)
{
	char *bytes = NULL;
	size_t size = 0;
	int first = 0;

	IB_TRY(ib_resolve_add_solv(repo, primary, false, err));
	first = repo->nrepodata;
	IB_TRY(add_xml(repo, repository->filelists, repository->filelists_size, true, err));
	IB_TRY(write_solv(repo, first, &bytes, &size, err));
	ib_solv_file_make(cookie, "", 0, bytes, size, ret_file);
	free(bytes);
	return 0;
}

int ib_resolve_parse_filelists(const struct ib_resolve_repository *repository, const char *path,
			       const struct ib_solv_file *primary, const char *cookie,
			       struct ib_solv_file *ret_file, struct ib_error *err)
{
	Pool *pool = new_pool();
	Repo *repo = repo_create(pool, repository->id);
	struct ib_resolve_repository given = *repository;
	int r = 0;

	given.filelists = path;
	r = parse_filelists(repo, &given, primary, cookie, ret_file, err);

	pool_free(pool);
	return r;
}

int ib_resolve_add_solv(Repo *repo, const struct ib_solv_file *file, bool extend,
			struct ib_error *err)
{
	FILE *stream = solv_fmemopen(file->solv, file->solv_size, "r");
	int failed = 0;

	if (!stream)
		return ib_fail_errno(err, errno, "could not read a solver cache");
	failed = repo_add_solv(repo, stream, extend ? REPO_EXTEND_SOLVABLES | REPO_LOCALPOOL : 0);
	fclose(stream);
	if (failed)
		return ib_fail(err, IB_FAILED,
			       "could not read the solver cache of repository '%s': %s", repo->name,
			       pool_errstr(repo->pool));
	return 0;
}
