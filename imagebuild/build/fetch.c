/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages into the store. What arrives is verified as a whole, by the keys
 * that the recipe pins for its repository, before it gets its name there.
 */
#include <string.h>

#include "fetch/fetch.h"

#include "build/metadata.h"

struct fetching {
	struct ib_work *work;
	const struct ib_wanted **wanted; /* what the store lacks */
};

static int begin(void *context, size_t i, void **ret_handle, int *ret_fd, struct ib_error *err)
{
	struct fetching *fetching = context;
	struct ib_store_file *file = NULL;

	IB_TRY(ib_store_begin(fetching->work->store, fetching->wanted[i]->sha256, &file, err));
	*ret_handle = file;
	*ret_fd = ib_store_file_fd(file);
	return 0;
}

static int commit(void *context, size_t i, void *handle, const char *sha256, struct ib_error *err)
{
	struct fetching *fetching = context;
	const struct ib_wanted *wanted = fetching->wanted[i];
	IB_AUTO(ib_store_file) file = handle;
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO(ib_rpm) rpm = NULL;
	struct ib_rpm_request request = { .path = ib_store_file_path(file),
					  .name = wanted->nevra,
					  .sha256 = wanted->sha256,
					  .depth = IB_RPM_WHOLE,
					  .arena = arena };
	size_t number = 0;

	(void)ib_work_repository(fetching->work, wanted->repository, &number);
	request.keyring = fetching->work->keyrings[number];
	IB_TRY(ib_rpm_open(&request, &rpm, err));
	return ib_store_commit(file, IB_STORE_RPM, sha256, NULL, err);
}

static void drop(void *context, size_t i, void *handle)
{
	(void)context, (void)i;
	ib_store_file_free(handle);
}

/* ---- where a package may be ---------------------------------------------- */

static bool is_local(const char *url)
{
	return !strstr(url, "://") || ib_str_starts(url, "file://");
}

/* How an origin may name the package: as the repository does, as an archive of ours, a store, a heap. */
static void name_places(struct ib_work *work, const struct ib_wanted *wanted, const char *origin,
			struct ib_fetch_place places[4])
{
	struct ib_arena *arena = work->arena;

	places[0] = (struct ib_fetch_place){ origin, wanted->location };
	places[1] =
		(struct ib_fetch_place){ origin, ib_arena_strf(arena, "%s/%s", wanted->repository,
							       wanted->location) };
	places[2] =
		(struct ib_fetch_place){ origin, ib_arena_strf(arena, "rpm/%.2s/%s", wanted->sha256,
							       wanted->sha256) };
	places[3] = (struct ib_fetch_place){ origin, ib_path_name(wanted->location) };
}

static bool is_there(const struct ib_fetch_place *place)
{
	const char *folder = place->folder;
	ib_autofree char *path =
		ib_path_join(ib_str_starts(folder, "file://") ? folder + strlen("file://") : folder,
			     place->location);

	return ib_file_exists(path);
}

/* Of a folder only the places that exist, or the first for the words; of a server all four. */
static void add_origin(struct ib_work *work, const struct ib_wanted *wanted, const char *origin,
		       struct ib_fetch_place *places, size_t *count)
{
	struct ib_fetch_place four[4];
	size_t before = *count;
	size_t i = 0;

	name_places(work, wanted, origin, four);
	for (i = 0; i < IB_COUNT(four); i++) {
		/* In a heap, and where the repository is one, two names are the same. */
		if (i == 3 && ib_str_equal(four[3].location, four[0].location))
			continue;
		if (!is_local(origin) || is_there(&four[i]))
			places[(*count)++] = four[i];
	}
	if (*count == before)
		places[(*count)++] = four[0];
}

/* Those of the command line first; those of the recipe are not for --offline. */
static void add_origins(struct ib_work *work, const struct ib_wanted *wanted,
			const struct ib_recipe_repository *repository, struct ib_fetch_file *file)
{
	const struct ib_session *session = work->session;
	size_t count = session->offline ? 0 : repository->origin_count;
	struct ib_fetch_place *places = ib_arena_alloc(
		work->arena, (4 * (session->origin_count + count) + 1) * sizeof(*places));
	size_t i = 0;

	for (i = 0; i < session->origin_count; i++)
		add_origin(work, wanted, session->origins[i], places, &file->more_count);
	for (i = 0; i < count; i++)
		add_origin(work, wanted, repository->origins[i], places, &file->more_count);
	file->more = places;
}

static int describe(struct ib_work *work, const struct ib_wanted *wanted,
		    struct ib_fetch_file *file, struct ib_error *err)
{
	size_t number = 0;
	const struct ib_recipe_repository *repository =
		ib_work_repository(work, wanted->repository, &number);

	if (!repository)
		return ib_fail(err, IB_INPUT,
			       "package '%s' is of repository '%s', which the recipe lacks",
			       wanted->nevra, wanted->repository);
	*file = (struct ib_fetch_file){ .name = ib_arena_strf(work->arena, "package '%s'",
							      wanted->nevra),
					.location = wanted->location,
					.size = wanted->size,
					.checksum_kind = "sha256",
					.checksum = wanted->sha256 };
	if (!work->session->offline)
		file->urls = ib_work_repository_urls(work, number, &file->url_count);
	add_origins(work, wanted, repository, file);
	return 0;
}

static int check_origins(const struct ib_session *session, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < session->origin_count; i++) {
		IB_TRY(ib_fetch_check_url(session->origins[i], err));
		if (session->offline && !is_local(session->origins[i]))
			return ib_fail(err, IB_INPUT,
				       "origin '%s' is not a folder, and --offline allows no other",
				       session->origins[i]);
	}
	return 0;
}

int ib_work_fetch(struct ib_work *work, const struct ib_wanted *wanted, size_t count,
		  struct ib_error *err)
{
	const struct ib_fetch_options options = { .log = work->session->log, .what = "packages" };
	struct ib_fetch_file *files = ib_arena_alloc(work->arena, count * sizeof(*files));
	struct fetching fetching = { work, ib_arena_alloc(work->arena, count * sizeof(void *)) };
	const struct ib_fetch_sink sink = { &fetching, begin, commit, drop };
	size_t missing = 0;
	size_t i = 0;

	IB_TRY(check_origins(work->session, err));
	for (i = 0; i < count; i++) {
		if (ib_store_has(work->store, IB_STORE_RPM, wanted[i].sha256))
			continue;
		IB_TRY(describe(work, &wanted[i], &files[missing], err));
		fetching.wanted[missing++] = &wanted[i];
	}
	if (!missing)
		return 0;
	if (work->session->offline && !work->session->origin_count) {
		(void)ib_fail(err, IB_MISSING, "%zu package%s not in the store, the first is '%s'",
			      missing, missing == 1 ? " is" : "s are", fetching.wanted[0]->nevra);
		ib_error_hint(err, "Run the command once without --offline.");
		return -IB_MISSING;
	}
	ib_step(work->session->log, "fetching %zu package%s", missing, ib_str_plural(missing));
	return ib_fetch_files(files, missing, &sink, &options, err);
}

/* Mirror lists and metalinks say only when asked where packages may be. */
static bool needs_metadata(const struct ib_recipe *recipe)
{
	size_t i = 0;

	for (i = 0; i < recipe->repository_count; i++)
		if (!recipe->repositories[i].url_count)
			return true;
	return false;
}

static bool has_origins(const struct ib_work *work)
{
	size_t i = 0;

	for (i = 0; !work->session->offline && i < work->recipe->repository_count; i++)
		if (work->recipe->repositories[i].origin_count)
			return true;
	return work->session->origin_count > 0;
}

/* Where there are origins, a repository that is gone is no reason to give up. */
static int ask_repositories(struct ib_work *work, struct ib_error *err)
{
	struct ib_error gone = IB_ERROR_INIT;
	struct ib_metadata metadata = { 0 };
	int r = 0;

	if (!needs_metadata(work->recipe) ||
	    (work->session->offline && work->session->origin_count))
		return 0;
	r = ib_work_open_metadata(work, NULL, &metadata, &gone);
	if (r == -IB_MISSING && has_origins(work)) {
		ib_warn(work->session->log, "%s; asking the origins only", gone.text);
		ib_error_clear(&gone);
		return 0;
	}
	if (r < 0)
		*err = gone;
	return r;
}

static int fetch_locked(struct ib_work *work, struct ib_error *err)
{
	const struct ib_lock *lock = work->lock;
	struct ib_wanted *wanted =
		ib_arena_alloc(work->arena, lock->package_count * sizeof(*wanted));
	bool is_complete = true;
	size_t i = 0;

	IB_TRY(ib_recipe_check_files(work->recipe, IB_RECIPE_FILES_KEYS, err));
	IB_TRY(ib_work_open_store(work, err));
	for (i = 0; i < lock->package_count; i++) {
		const struct ib_lock_package *line = &lock->packages[i];

		wanted[i] = (struct ib_wanted){ line->nevra, line->repository, line->location,
						line->sha256, line->size };
		is_complete = is_complete && ib_store_has(work->store, IB_STORE_RPM, line->sha256);
	}
	if (is_complete)
		return 0;
	IB_TRY(ib_work_open_keyrings(work, err));
	IB_TRY(ask_repositories(work, err));
	return ib_work_fetch(work, wanted, lock->package_count, err);
}

int ib_build_fetch(const struct ib_session *session, const struct ib_recipe *recipe,
		   const struct ib_lock *lock, struct ib_error *err)
{
	struct ib_work work = {
		.session = session, .recipe = recipe, .lock = lock, .arena = ib_arena_new()
	};
	int r = fetch_locked(&work, err);

	ib_work_done(&work);
	return r;
}
