/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep - packages that shall stay as they are.
 *
 * Each is looked for among the repositories' packages by its NEVRA and digest.
 * One that is in none any more becomes a package of its own, made from its
 * header, in a repository of the same id and priority.
 */
#include <stdlib.h>
#include <string.h>

#include <solv/pool_parserpmrichdep.h>

#include "resolve/internal.h"

struct slot {
	const struct ib_resolve_kept *kept;
};

struct keeper {
	struct ib_resolver *resolver;
	struct slot *sorted;     /* owned list, by NEVRA */
	struct ib_map *by_nevra; /* of sorted; values are pointers into it */
	Id *found;               /* by the order of sorted; owned */
};

static int compare_kept(const void *a, const void *b)
{
	const struct slot *x = a;
	const struct slot *y = b;
	int order = strcmp(x->kept->nevra, y->kept->nevra);

	return order ? order : strcmp(x->kept->sha256, y->kept->sha256);
}

static bool has_digest(Solvable *s, const char *sha256)
{
	Id kind = 0;
	const char *checksum = solvable_lookup_checksum(s, SOLVABLE_CHECKSUM, &kind);

	return checksum && kind == REPOKEY_TYPE_SHA256 && ib_str_equal(checksum, sha256);
}

/* Marks the names that matter, so that only their packages are looked at. */
static void mark_names(const struct keeper *keeper, size_t count, Map *names)
{
	Pool *pool = keeper->resolver->pool;
	size_t i = 0;

	map_init(names, pool->ss.nstrings);
	for (i = 0; i < count; i++) {
		ib_autofree char *name = ib_resolve_name_of(keeper->sorted[i].kept->nevra);
		Id id = pool_str2id(pool, name, 0);

		if (id)
			map_set(names, id);
	}
}

/* The repository that it came from has it still, or another one has the very same. */
static void find(struct keeper *keeper, size_t count)
{
	Pool *pool = keeper->resolver->pool;
	Map names;
	Id p = 0;

	mark_names(keeper, count, &names);
	FOR_POOL_SOLVABLES (p) {
		Solvable *s = pool_id2solvable(pool, p);
		const struct slot *slot = NULL;
		Id *found = NULL;

		if (!MAPTST(&names, s->name))
			continue;
		slot = ib_map_get(keeper->by_nevra, ib_resolve_nevra(pool, p));
		if (!slot || !has_digest(s, slot->kept->sha256))
			continue;
		found = &keeper->found[slot - keeper->sorted];
		if (!*found || ib_str_equal(s->repo->name, slot->kept->repository))
			*found = p;
	}
	map_free(&names);
}

static Repo *repo_for(struct ib_resolver *resolver, const char *id)
{
	Pool *pool = resolver->pool;
	Repo *repo = NULL;
	int i = 0;

	FOR_REPOS (i, repo)
		if (repo->appdata == resolver && ib_str_equal(repo->name, id))
			return repo;
	/* The pool's copy of the id lives as long as the repository. */
	repo = repo_create(pool, pool_id2str(pool, pool_str2id(pool, id, 1)));
	repo->appdata = resolver;
	for (i = 0; i < (int)resolver->source_count; i++)
		if (ib_str_equal(resolver->sources[i].given->id, id))
			repo->priority = resolver->sources[i].repo->priority;
	return repo;
}

static Id dependency_id(Pool *pool, const struct ib_dependency *dependency)
{
	int flags = (dependency->flags & IB_SENSE_LESS ? REL_LT : 0) |
		    (dependency->flags & IB_SENSE_GREATER ? REL_GT : 0) |
		    (dependency->flags & IB_SENSE_EQUAL ? REL_EQ : 0);
	Id name = 0;

	if (*dependency->name == '(')
		return pool_parserpmrichdep(pool, dependency->name);
	name = pool_str2id(pool, dependency->name, 1);
	if (!flags || !*dependency->evr)
		return name;
	return pool_rel2id(pool, name, pool_str2id(pool, dependency->evr, 1), flags, 1);
}

/* What rpm itself provides is in no repository's metadata either. */
static Offset add_dependencies(Repo *repo, Offset old, const struct ib_dependencies *list)
{
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		Id id = ib_str_starts(list->items[i].name, "rpmlib(")
				? 0
				: dependency_id(repo->pool, &list->items[i]);

		if (id)
			old = repo_addid_dep(repo, old, id, 0);
	}
	return old;
}

static void add_files(Repodata *data, Id p, const struct ib_package *package)
{
	size_t i = 0;

	for (i = 0; i < package->file_count; i++) {
		const char *path = package->files[i].path;
		const char *slash = strrchr(path, '/');
		ib_autofree char *folder = NULL;

		if (!slash)
			continue;
		folder = ib_strndup(path, slash == path ? 1 : (size_t)(slash - path));
		repodata_add_dirstr(data, p, SOLVABLE_FILELIST, repodata_str2dir(data, folder, 1),
				    slash + 1);
	}
}

static void add_data(Repo *repo, Id p, const struct ib_resolve_kept *kept)
{
	const struct ib_package *package = kept->package;
	Repodata *data = repo_add_repodata(repo, 0);

	repodata_set_checksum(data, p, SOLVABLE_CHECKSUM, REPOKEY_TYPE_SHA256, kept->sha256);
	repodata_set_location(data, p, 0, NULL, kept->location);
	repodata_set_num(data, p, SOLVABLE_DOWNLOADSIZE, kept->size);
	repodata_set_num(data, p, SOLVABLE_INSTALLSIZE, package->installed_size);
	repodata_set_num(data, p, SOLVABLE_BUILDTIME, (unsigned long long)package->build_time);
	if (package->source_rpm)
		repodata_set_sourcepkg(data, p, package->source_rpm);
	add_files(data, p, package);
	repodata_internalize(data);
}

static Id add_gone(struct ib_resolver *resolver, const struct ib_resolve_kept *kept)
{
	const struct ib_package *package = kept->package;
	Pool *pool = resolver->pool;
	Repo *repo = repo_for(resolver, kept->repository);
	Id p = repo_add_solvable(repo);
	Solvable *s = pool_id2solvable(pool, p);
	bool epoch = package->epoch && !ib_str_equal(package->epoch, "0");
	ib_autofree char *evr = ib_strf("%s%s%s-%s", epoch ? package->epoch : "", epoch ? ":" : "",
					package->version, package->release);

	s->name = pool_str2id(pool, package->name, 1);
	s->evr = pool_str2id(pool, evr, 1);
	s->arch = pool_str2id(pool, package->arch, 1);
	s->provides = repo_addid_dep(repo, 0, pool_rel2id(pool, s->name, s->evr, REL_EQ, 1), 0);
	s->provides = add_dependencies(repo, s->provides, &package->provides);
	s->requires = add_dependencies(repo, 0, &package->requires);
	s->conflicts = add_dependencies(repo, 0, &package->conflicts);
	s->obsoletes = add_dependencies(repo, 0, &package->obsoletes);
	s->recommends = add_dependencies(repo, 0, &package->recommends);
	s->suggests = add_dependencies(repo, 0, &package->suggests);
	s->supplements = add_dependencies(repo, 0, &package->supplements);
	s->enhances = add_dependencies(repo, 0, &package->enhances);
	add_data(repo, p, kept);
	return p;
}

static void settle(struct keeper *keeper, size_t i)
{
	struct ib_resolver *resolver = keeper->resolver;
	const struct ib_resolve_kept *kept = keeper->sorted[i].kept;
	Id p = keeper->found[i];

	if (!p && kept->package)
		p = add_gone(resolver, kept);
	if (!p) {
		ib_debug(resolver->request->log,
			 "package '%s' is in no repository any more and will move", kept->nevra);
		return;
	}
	if (kept->root)
		queue_push(&resolver->kept_root, p);
	if (kept->initrd)
		queue_push(&resolver->kept_initrd, p);
}

void ib_resolve_load_kept(struct ib_resolver *resolver)
{
	const struct ib_resolve_request *request = resolver->request;
	IB_AUTO(ib_map) by_nevra = ib_map_new();
	ib_autofree struct slot *sorted = ib_alloc_array(request->keep_count + 1, sizeof(*sorted));
	ib_autofree Id *found = ib_alloc_array(request->keep_count + 1, sizeof(*found));
	struct keeper keeper = { resolver, sorted, by_nevra, found };
	size_t i = 0;

	for (i = 0; i < request->keep_count; i++)
		sorted[i].kept = &request->keep[i];
	qsort(sorted, request->keep_count, sizeof(*sorted), compare_kept);
	for (i = 0; i < request->keep_count; i++)
		ib_map_set(by_nevra, sorted[i].kept->nevra, &sorted[i]);
	find(&keeper, request->keep_count);
	for (i = 0; i < request->keep_count; i++)
		settle(&keeper, i);
}

bool ib_resolve_is_gone(const struct ib_resolver *resolver, Id package)
{
	return resolver->pool->solvables[package].repo->appdata == resolver;
}
