/* SPDX-License-Identifier: Apache-2.0 */
/* advisories - updateinfo, read by libsolv, as plain data. */
#include <stdio.h>
#include <string.h>

#include <solv/repo.h>
#include <solv/repo_updateinfoxml.h>

#include "resolve/internal.h"

#define MAX_UPDATEINFO ((uint64_t)1 << 30)

/* One advisory while it is gathered; the texts are the pool's. */
struct gathered {
	Pool *pool;
	struct ib_advisory_reference *references; /* owned */
	size_t reference_count;
	struct ib_advisory_fix *fixes; /* owned */
	size_t fix_count;
	struct ib_arena *arena;
};

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static const char *id_text(Pool *pool, Id keyname)
{
	Id id = pool_lookup_id(pool, SOLVID_POS, keyname);

	return id ? pool_id2str(pool, id) : "";
}

static const char *str_at(Pool *pool, Id keyname)
{
	return text_or_empty(pool_lookup_str(pool, SOLVID_POS, keyname));
}

static void gather_references(struct gathered *gathered, Id advisory)
{
	Pool *pool = gathered->pool;
	Dataiterator di;

	dataiterator_init(&di, pool, NULL, advisory, UPDATE_REFERENCE, NULL, 0);
	while (dataiterator_step(&di)) {
		dataiterator_setpos(&di);
		ib_grow(gathered->references, gathered->reference_count);
		/* Texts may lie in a buffer that the next look-up uses again. */
		gathered->references[gathered->reference_count++] = (struct ib_advisory_reference){
			ib_arena_strdup(gathered->arena, str_at(pool, UPDATE_REFERENCE_TYPE)),
			ib_arena_strdup(gathered->arena, str_at(pool, UPDATE_REFERENCE_ID)),
			ib_arena_strdup(gathered->arena, str_at(pool, UPDATE_REFERENCE_HREF)),
		};
	}
	dataiterator_free(&di);
}

/* "name:stream" of the collection at the pool's position; NULL: it is of no module. */
static const char *module_at(struct gathered *gathered)
{
	Pool *pool = gathered->pool;
	const char *module = NULL;
	Dataiterator di;

	dataiterator_init(&di, pool, NULL, SOLVID_POS, UPDATE_MODULE, NULL, 0);
	if (dataiterator_step(&di)) {
		dataiterator_setpos(&di);
		module = ib_arena_strf(gathered->arena, "%s:%s", str_at(pool, UPDATE_MODULE_NAME),
				       str_at(pool, UPDATE_MODULE_STREAM));
	}
	dataiterator_free(&di);
	return module;
}

static void gather_builds(struct gathered *gathered, const char *module)
{
	Pool *pool = gathered->pool;
	Dataiterator di;

	dataiterator_init(&di, pool, NULL, SOLVID_POS, UPDATE_COLLECTION, NULL, 0);
	while (dataiterator_step(&di)) {
		const char *arch = NULL;

		dataiterator_setpos(&di);
		arch = id_text(pool, UPDATE_COLLECTION_ARCH);
		/* Sources are in no image. */
		if (ib_str_equal(arch, "src") || ib_str_equal(arch, "nosrc"))
			continue;
		ib_grow(gathered->fixes, gathered->fix_count);
		gathered->fixes[gathered->fix_count++] = (struct ib_advisory_fix){
			id_text(pool, UPDATE_COLLECTION_NAME),
			id_text(pool, UPDATE_COLLECTION_EVR),
			arch,
			module,
		};
	}
	dataiterator_free(&di);
}

static void gather_fixes(struct gathered *gathered, Id advisory)
{
	Pool *pool = gathered->pool;
	Dataiterator di;

	dataiterator_init(&di, pool, NULL, advisory, UPDATE_COLLECTIONLIST, NULL, 0);
	while (dataiterator_step(&di)) {
		const char *module = NULL;

		dataiterator_setpos(&di);
		module = module_at(gathered);
		dataiterator_setpos(&di);
		gather_builds(gathered, module);
	}
	dataiterator_free(&di);
}

static void add(struct ib_advisories *advisories, Pool *pool, Id id, const char *repository)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct gathered gathered = { .pool = pool, .arena = arena };
	Solvable *s = pool_id2solvable(pool, id);
	const char *name = pool_id2str(pool, s->name);
	const char *kind = NULL;
	const char *title = NULL;

	if (!ib_str_starts(name, "patch:") ||
	    ib_str_equal(solvable_lookup_str(s, UPDATE_STATUS), "retracted"))
		return;
	gather_references(&gathered, id);
	gather_fixes(&gathered, id);
	kind = ib_arena_strdup(arena, solvable_lookup_str(s, SOLVABLE_PATCHCATEGORY));
	title = ib_arena_strdup(arena, solvable_lookup_str(s, SOLVABLE_SUMMARY));
	ib_advisories_add(advisories,
			  &(struct ib_advisory){
				  .id = name + strlen("patch:"),
				  .kind = kind,
				  .severity = solvable_lookup_str(s, UPDATE_SEVERITY),
				  .title = title,
				  .repository = repository,
				  .date = (int64_t)solvable_lookup_num(s, SOLVABLE_BUILDTIME, 0),
				  .reboot_suggested = solvable_lookup_void(s, UPDATE_REBOOT) != 0,
				  .references = gathered.references,
				  .reference_count = gathered.reference_count,
				  .fixes = gathered.fixes,
				  .fix_count = gathered.fix_count,
			  });
	ib_free(gathered.references);
	ib_free(gathered.fixes);
}

static int read_updateinfo(Pool *pool, const struct ib_resolve_repository *repository,
			   struct ib_advisories *advisories, struct ib_error *err)
{
	Repo *repo = repo_create(pool, repository->id);
	struct ib_bounded bounded;
	Solvable *s = NULL;
	int failed = 0;
	Id p = 0;

	IB_TRY(ib_bounded_open(repository->updateinfo,
			       repository->updateinfo_size ? repository->updateinfo_size
							   : MAX_UPDATEINFO,
			       &bounded, err));
	failed = repo_add_updateinfoxml(repo, bounded.stream, 0);
	IB_TRY(ib_bounded_close(&bounded, repository->updateinfo, err));
	if (failed) {
		ib_fail(err, IB_INPUT, "cannot read the advisories of repository '%s': %s",
			repository->id, pool_errstr(pool));
		ib_error_hint(err, "The repository's metadata is damaged: ask its maker, or name "
				   "another mirror.");
		return -IB_INPUT;
	}
	FOR_REPO_SOLVABLES (repo, p, s)
		add(advisories, pool, p, repository->id);
	return 0;
}

int ib_resolve_advisories(const struct ib_resolve_repository *repositories, size_t count,
			  struct ib_advisories **ret_advisories, struct ib_error *err)
{
	IB_AUTO(ib_advisories) advisories = ib_advisories_new();
	size_t i = 0;

	for (i = 0; i < count; i++) {
		Pool *pool = NULL;
		int r = 0;

		if (!repositories[i].updateinfo)
			continue;
		pool = pool_create();
		pool_setdisttype(pool, DISTTYPE_RPM);
		r = read_updateinfo(pool, &repositories[i], advisories, err);
		pool_free(pool);
		IB_TRY(r);
	}
	ib_advisories_finish(advisories);
	*ret_advisories = ib_take(advisories);
	return 0;
}
