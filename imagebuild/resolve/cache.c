/* SPDX-License-Identifier: Apache-2.0 */
/* cache - a repository from its cached .solv file, or from XML, which then is cached. */
#include <string.h>

#include "crypto/crypto.h"
#include "resolve/internal.h"

#include <solv/solvversion.h>

/* What a cached file must have been made from: the same for the same bytes in and out. */
static char *cookie_of(const struct ib_resolve_repository *repository, const char *what)
{
	return ib_strf("%s %s libsolv-%s", repository->repomd_sha256, what, solv_version);
}

/* NULL when this repository is not cached. */
static char *cache_path(const struct ib_resolver *resolver,
			const struct ib_resolve_repository *repository, const char *what)
{
	if (!resolver->request->cache || !repository->repomd_sha256)
		return NULL;
	return ib_strf("%s/%s-%s.solv", resolver->request->cache, repository->repomd_sha256, what);
}

/* A cache that cannot be written is a slow one, not a fault. */
static void keep(const struct ib_resolver *resolver, const char *path,
		 const struct ib_solv_file *file)
{
	struct ib_error err = IB_ERROR_INIT;

	if (ib_file_write(path, file->buffer.data, file->buffer.size, 0600, &err)) {
		ib_debug(resolver->request->log, "%s", err.text);
		ib_error_clear(&err);
	}
}

static int get_primary(const struct ib_resolver *resolver,
		       const struct ib_resolve_repository *repository,
		       struct ib_solv_file *ret_file, struct ib_error *err)
{
	ib_autofree char *cookie = cookie_of(repository, "primary");
	ib_autofree char *path = cache_path(resolver, repository, "primary");

	if (path && ib_solv_file_read(path, cookie, ret_file))
		return 0;
	IB_TRY(ib_resolve_parse_primary(repository, cookie, ret_file, err));
	if (path)
		keep(resolver, path, ret_file);
	return 0;
}

/* Hands all names to the pool in one sorted sequence, whichever repository has them. */
static void intern_names(Pool *pool, const struct ib_solv_file *files, size_t count)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		ib_autofree char *text = ib_strndup(files[i].names, files[i].names_size);

		ib_strings_split(&names, text, "\n");
	}
	ib_strings_sort_unique(&names);
	for (i = 0; i < names.count; i++)
		pool_str2id(pool, names.items[i], 1);
}

static int add_all(struct ib_resolver *resolver, struct ib_resolve_source *sources,
		   struct ib_solv_file *files, size_t count, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < count; i++)
		IB_TRY(get_primary(resolver, sources[i].given, &files[i], err));
	intern_names(resolver->pool, files, count);
	for (i = 0; i < count; i++) {
		Repo *repo = repo_create(resolver->pool, sources[i].given->id);

		/* libsolv prefers the larger number. */
		repo->priority = -(int)IB_MIN(sources[i].given->priority, (uint32_t)1000000);
		sources[i].repo = repo;
		IB_TRY(ib_resolve_add_solv(repo, &files[i], false, err));
	}
	return 0;
}

int ib_resolve_load_primary(struct ib_resolver *resolver, struct ib_resolve_source *sources,
			    size_t count, struct ib_error *err)
{
	ib_autofree struct ib_solv_file *files = ib_alloc_array(count + 1, sizeof(*files));
	int r = add_all(resolver, sources, files, count, err);
	size_t i = 0;

	for (i = 0; i < count; i++)
		ib_solv_file_done(&files[i]);
	return r;
}

/* Asks for the file lists only when the cache lacks them; NULL: the repository has none. */
static int find_filelists(const struct ib_resolver *resolver,
			  const struct ib_resolve_source *source, const char **ret_path,
			  struct ib_error *err)
{
	const struct ib_resolve_request *request = resolver->request;

	*ret_path = source->given->filelists;
	if (*ret_path || !request->open_filelists)
		return 0;
	return request->open_filelists(request->open_context, source->index, ret_path, err);
}

static int parse_filelists(const struct ib_resolver *resolver,
			   const struct ib_resolve_source *source, const char *cookie,
			   struct ib_solv_file *ret_file, struct ib_error *err)
{
	struct ib_solv_file primary = { .names = NULL };
	const char *given = NULL;
	int r = 0;

	IB_TRY(find_filelists(resolver, source, &given, err));
	if (!given)
		return 0;
	IB_TRY(get_primary(resolver, source->given, &primary, err));
	r = ib_resolve_parse_filelists(source->given, given, &primary, cookie, ret_file, err);
	ib_solv_file_done(&primary);
	return r;
}

int ib_resolve_load_filelists(struct ib_resolver *resolver, struct ib_resolve_source *source,
			      struct ib_error *err)
{
	ib_autofree char *cookie = cookie_of(source->given, "filelists");
	ib_autofree char *path = cache_path(resolver, source->given, "filelists");
	struct ib_solv_file file = { .names = NULL };
	int r = 0;

	if (!path || !ib_solv_file_read(path, cookie, &file)) {
		IB_TRY(parse_filelists(resolver, source, cookie, &file, err));
		if (!file.solv)
			return 0;
		if (path)
			keep(resolver, path, &file);
	}
	r = ib_resolve_add_solv(source->repo, &file, true, err);
	ib_solv_file_done(&file);
	return r;
}
