/* SPDX-License-Identifier: Apache-2.0 */
#include "build/metadata.h"
#include "build/update.h"

#include <assert.h>
#include <string.h>

#include "fetch/fetch.h"

/* repomd.xml with its signature, as the store keeps them for working offline. */
#define MAX_INDEX (32 << 20)

struct ib_metadata_one {
	struct ib_work *work;
	const struct ib_recipe_repository *recipe;
	const struct ib_keyring *keyring;
	struct ib_fetch_repository fetch;
	struct ib_fetch_index *index; /* owned */
	const char *filelists;
};

/* ---- believing ----------------------------------------------------------- */

static int verify_repomd(void *context, const void *repomd, size_t repomd_size,
			 const void *signature, size_t signature_size, struct ib_error *err)
{
	const struct ib_metadata_one *one = context;
	char signer[IB_FINGERPRINT_TEXT];

	if (one->recipe->trust != IB_METADATA_SIGNED)
		return 0;
	if (!signature)
		return ib_fail(err, IB_TRUST, "repository '%s': repomd.xml has no signature",
			       one->recipe->id);
	if (ib_keyring_verify_detached(one->keyring, (struct ib_bytes){ repomd, repomd_size },
				       (struct ib_bytes){ signature, signature_size }, "repomd.xml",
				       signer, err) < 0)
		return ib_error_prefix(err, "repository '%s'", one->recipe->id);
	return 0;
}

/* Metadata older than what was seen before would bring back what was mended since. */
static int check_age(const struct ib_metadata_one *one, const struct ib_lock *previous,
		     struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; previous && i < previous->repository_count; i++) {
		const struct ib_lock_repository *seen = &previous->repositories[i];
		char then[32];
		char now[32];

		if (!ib_str_equal(seen->id, one->recipe->id) ||
		    one->index->revision_time >= seen->revision_time)
			continue;
		ib_clock_format(seen->revision_time, then);
		ib_clock_format(one->index->revision_time, now);
		(void)ib_fail(
			err, IB_TRUST,
			"repository '%s': its metadata is of %s, older than that of %s which the lock has seen",
			one->recipe->id, now, then);
		ib_error_hint(
			err,
			"A mirror may lag behind, or somebody replays old metadata; --allow-older "
			"accepts it.");
		return -IB_TRUST;
	}
	return 0;
}

/* ---- the index: repomd.xml ----------------------------------------------- */

/* What names this repository in the store: its id and where it is. */
static char *index_key(const struct ib_metadata_one *one)
{
	IB_AUTO_BUFFER(key, 1 << 20);
	size_t i = 0;

	ib_buffer_putf(&key, "repomd 1\n%s\n", one->recipe->id);
	for (i = 0; i < one->recipe->url_count; i++)
		ib_buffer_putf(&key, "url %s\n", one->recipe->urls[i]);
	if (one->recipe->mirrorlist)
		ib_buffer_putf(&key, "mirrorlist %s\n", one->recipe->mirrorlist);
	if (one->recipe->metalink)
		ib_buffer_putf(&key, "metalink %s\n", one->recipe->metalink);
	return ib_buffer_take_text(&key);
}

/* By its digest too: that is how a lock names it, and how a diff of locks finds its advisories. */
static int keep_repomd(const struct ib_metadata_one *one, struct ib_error *err)
{
	const struct ib_fetch_index *index = one->index;
	struct ib_store *store = one->work->store;
	IB_AUTO(ib_store_file) file = NULL;

	if (ib_store_has(store, IB_STORE_METADATA, index->repomd_sha256))
		return 0;
	IB_TRY(ib_store_begin(store, NULL, &file, err));
	IB_TRY(ib_fd_write(ib_store_file_fd(file), index->repomd, index->repomd_size, UINT64_MAX,
			   "repomd.xml", err));
	return ib_store_commit(file, IB_STORE_METADATA, index->repomd_sha256, NULL, err);
}

static int keep_index(const struct ib_metadata_one *one, struct ib_error *err)
{
	const struct ib_fetch_index *index = one->index;
	ib_autofree char *key = index_key(one);
	IB_AUTO_BUFFER(kept, 2 * (size_t)MAX_INDEX);

	ib_buffer_put_le32(&kept, (uint32_t)index->repomd_size);
	ib_buffer_put(&kept, index->repomd, index->repomd_size);
	ib_buffer_put(&kept, index->signature, index->signature_size);
	IB_TRY(ib_store_put_derived(one->work->store, IB_STORE_FACTS, key, kept.data, kept.size,
				    err));
	return keep_repomd(one, err);
}

static int read_kept_index(struct ib_metadata_one *one, struct ib_error *err)
{
	ib_autofree char *key = index_key(one);
	IB_AUTO_BUFFER(kept, 2 * (size_t)MAX_INDEX);
	struct ib_fetch_kept index = { 0 };
	size_t size = 0;

	if (!ib_store_get_derived(one->work->store, IB_STORE_FACTS, key, &kept) || kept.size < 4) {
		(void)ib_fail(err, IB_MISSING, "the store has no metadata of repository '%s'",
			      one->recipe->id);
		ib_error_hint(err, "Run the command once without --offline.");
		return -IB_MISSING;
	}
	size = ib_get_le32(kept.data);
	if (size > kept.size - 4)
		return ib_fail(err, IB_TRUST, "the store's metadata of repository '%s' is damaged",
			       one->recipe->id);
	index.repomd = kept.data + 4;
	index.repomd_size = size;
	index.signature_size = kept.size - size - 4;
	index.signature = index.signature_size ? kept.data + 4 + size : NULL;
	return ib_fetch_index_read(&one->fetch, &index, &one->index, err);
}

static int open_index(struct ib_metadata_one *one, struct ib_error *err)
{
	const struct ib_fetch_options options = { .log = one->work->session->log };

	if (one->work->session->offline)
		return read_kept_index(one, err);
	IB_TRY(ib_fetch_repomd(&one->fetch, &options, &one->index, err));
	if (one->index->repomd_size + one->index->signature_size > MAX_INDEX)
		return ib_fail(err, IB_LIMIT, "repository '%s': repomd.xml is larger than %d bytes",
			       one->recipe->id, MAX_INDEX);
	return keep_index(one, err);
}

/* ---- the files that it names --------------------------------------------- */

/* One file of the metadata; what came of it is continued by the next who wants the same bytes. */
struct bringing {
	const struct ib_metadata_one *one;
	const struct ib_fetch_record *record;
};

static int sink_begin(void *context, size_t i, void **ret_handle, int *ret_fd, struct ib_error *err)
{
	const struct bringing *bringing = context;
	struct ib_store_file *file = NULL;

	(void)i;
	IB_TRY(ib_store_begin(bringing->one->work->store, bringing->record->checksum, &file, err));
	*ret_handle = file;
	*ret_fd = ib_store_file_fd(file);
	return 0;
}

static int sink_commit(void *context, size_t i, void *handle, const char *sha256,
		       struct ib_error *err)
{
	IB_AUTO(ib_store_file) file = handle;

	(void)context, (void)i;
	return ib_store_commit(file, IB_STORE_METADATA, sha256, NULL, err);
}

static void sink_drop(void *context, size_t i, void *handle)
{
	(void)context, (void)i;
	ib_store_file_free(handle);
}

/* Where the file of that record lies in the store, brought there if need be; NULL: no such record. */
static int open_record(struct ib_metadata_one *one, const char *type, const char **ret_path,
		       struct ib_error *err)
{
	const struct ib_fetch_options options = { .log = one->work->session->log,
						  .what = "metadata" };
	const struct ib_fetch_record *record = ib_fetch_index_find(one->index, type);
	struct bringing bringing = { one, record };
	const struct ib_fetch_sink sink = { &bringing, sink_begin, sink_commit, sink_drop };
	struct ib_store *store = one->work->store;
	ib_autofree char *path = NULL;
	struct ib_fetch_file file;

	if (!record)
		return 0;
	file = ib_fetch_index_file(one->index, record);
	if (ib_str_equal(record->checksum_kind, "sha256") &&
	    ib_store_has(store, IB_STORE_METADATA, record->checksum)) {
		struct ib_error stale = IB_ERROR_INIT;

		/* a damaged copy is only absent */
		if (ib_store_verify(store, IB_STORE_METADATA, record->checksum, NULL, &stale) ==
		    0) {
			path = ib_store_path(store, IB_STORE_METADATA, record->checksum);
			*ret_path = ib_arena_strdup(one->work->arena, path);
			return 0;
		}
		ib_error_clear(&stale);
	}
	if (one->work->session->offline) {
		(void)ib_fail(err, IB_MISSING, "the store lacks '%s' of repository '%s'",
			      record->location, one->recipe->id);
		ib_error_hint(err, "Run the command once without --offline.");
		return -IB_MISSING;
	}
	IB_TRY(ib_fetch_files(&file, 1, &sink, &options, err));
	path = ib_store_path(store, IB_STORE_METADATA, file.sha256);
	*ret_path = ib_arena_strdup(one->work->arena, path);
	return 0;
}

/* How large it is when decompressed, as repomd.xml says: no more of it is decompressed. */
static uint64_t open_size(const struct ib_metadata_one *one, const char *type)
{
	const struct ib_fetch_record *record = ib_fetch_index_find(one->index, type);

	return record ? record->open_size : 0;
}

static int open_repository(struct ib_metadata_one *one, const struct ib_lock *previous,
			   struct ib_resolve_repository *resolve, struct ib_lock_repository *locked,
			   struct ib_error *err)
{
	IB_TRY(open_index(one, err));
	if (!one->work->session->allow_older)
		IB_TRY(check_age(one, previous, err));
	locked->id = one->recipe->id;
	locked->repomd_sha256 = ib_arena_strdup(one->work->arena, one->index->repomd_sha256);
	locked->revision_time = one->index->revision_time;
	locked->revision = ib_arena_strdup(one->work->arena, one->index->revision);
	resolve->id = one->recipe->id;
	resolve->priority = one->recipe->priority;
	resolve->not_automatic = one->recipe->not_automatic;
	resolve->repomd_sha256 = locked->repomd_sha256;
	IB_TRY(open_record(one, "primary", &resolve->primary, err));
	if (!resolve->primary && ib_fetch_index_find(one->index, "primary_zck")) {
		(void)ib_fail(err, IB_INPUT,
			      "repository '%s' has its metadata as zchunk alone, which cannot be "
			      "read here",
			      one->recipe->id);
		ib_error_hint(err, "Ask its maker for gz, xz or zst beside it, or name a mirror "
				   "that has it.");
		return -IB_INPUT;
	}
	if (!resolve->primary)
		return ib_fail(err, IB_INPUT,
			       "repository '%s': repomd.xml names no primary metadata",
			       one->recipe->id);
	resolve->primary_size = open_size(one, "primary");
	resolve->filelists_size = open_size(one, "filelists"); /* opened when they are needed */
	/* As dnf does: where comps come twice, the compressed ones. */
	IB_TRY(open_record(one, "group_gz", &resolve->comps, err));
	if (!resolve->comps)
		IB_TRY(open_record(one, "group", &resolve->comps, err));
	return open_record(one, "modules", &resolve->modules, err);
}

static void prepare(struct ib_work *work, size_t i, struct ib_metadata_one *one)
{
	const struct ib_recipe_repository *recipe = &work->recipe->repositories[i];

	one->work = work;
	one->recipe = recipe;
	one->keyring = work->keyrings[i];
	one->fetch = (struct ib_fetch_repository){
		.id = recipe->id,
		.urls = recipe->urls,
		.url_count = recipe->url_count,
		.mirrorlist = recipe->mirrorlist,
		.metalink = recipe->metalink,
		.is_signed = recipe->trust == IB_METADATA_SIGNED,
		.verify = verify_repomd,
		.verify_context = one,
	};
}

int ib_work_open_metadata(struct ib_work *work, const struct ib_lock *previous,
			  struct ib_metadata *ret_metadata, struct ib_error *err)
{
	size_t count = work->recipe->repository_count;
	size_t i = 0;

	work->metadata = ib_alloc_array(count, sizeof(*work->metadata));
	*ret_metadata = (struct ib_metadata){
		.repositories =
			ib_arena_alloc(work->arena, count * sizeof(*ret_metadata->repositories)),
		.locked = ib_arena_alloc(work->arena, count * sizeof(*ret_metadata->locked)),
		.count = count,
	};
	for (i = 0; i < count; i++) {
		prepare(work, i, &work->metadata[i]);
		IB_TRY(open_repository(&work->metadata[i], previous, &ret_metadata->repositories[i],
				       &ret_metadata->locked[i], err));
	}
	return 0;
}

void ib_work_close_metadata(struct ib_work *work)
{
	size_t i = 0;

	for (i = 0; work->metadata && i < work->recipe->repository_count; i++)
		ib_fetch_index_free(work->metadata[i].index);
	ib_free(work->metadata);
}

const char *const *ib_work_repository_urls(const struct ib_work *work, size_t number,
					   size_t *ret_count)
{
	if (work->metadata && work->metadata[number].index) {
		*ret_count = work->metadata[number].index->url_count;
		return work->metadata[number].index->urls;
	}
	*ret_count = work->recipe->repositories[number].url_count;
	return work->recipe->repositories[number].urls;
}

/* ---- copying ------------------------------------------------------------- */

static int copy_record(struct ib_metadata_one *one, const struct ib_fetch_record *record,
		       const char *folder, struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(folder, record->location);
	ib_autofree char *directory = ib_path_directory(path);
	IB_AUTO_BUFFER(bytes, (size_t)1 << 30);
	ib_autofree char *from = NULL;

	if (!ib_str_equal(record->checksum_kind, "sha256") ||
	    !ib_store_has(one->work->store, IB_STORE_METADATA, record->checksum))
		return 0;
	IB_TRY(ib_store_verify(one->work->store, IB_STORE_METADATA, record->checksum, NULL, err));
	from = ib_store_path(one->work->store, IB_STORE_METADATA, record->checksum);
	IB_TRY(ib_file_read(from, &bytes, err));
	IB_TRY(ib_file_make_directory(directory, 0755, err));
	return ib_file_write(path, bytes.data, bytes.size, 0644, err);
}

static int copy_index(struct ib_metadata_one *one, const char *folder, struct ib_error *err)
{
	ib_autofree char *directory = ib_path_join(folder, "repodata");
	ib_autofree char *repomd = ib_path_join(directory, "repomd.xml");
	ib_autofree char *signature = ib_path_join(directory, "repomd.xml.asc");
	const struct ib_fetch_index *index = one->index;
	size_t i = 0;

	assert(index);
	IB_TRY(ib_file_make_directory(directory, 0755, err));
	for (i = 0; i < index->record_count; i++)
		IB_TRY(copy_record(one, &index->records[i], folder, err));
	if (index->signature)
		IB_TRY(ib_file_write(signature, index->signature, index->signature_size, 0644,
				     err));
	return ib_file_write(repomd, index->repomd, index->repomd_size, 0644, err);
}

int ib_work_copy_metadata(struct ib_work *work, size_t number, const char *repomd_sha256,
			  const char *folder, bool *ret_done, struct ib_error *err)
{
	struct ib_error absent = IB_ERROR_INIT; /* what was not kept cannot be copied */
	struct ib_metadata_one one = { 0 };
	bool is_same = false;
	int r = 0;

	prepare(work, number, &one);
	if (read_kept_index(&one, &absent) < 0) {
		ib_error_clear(&absent);
		*ret_done = false;
		return 0;
	}
	is_same = ib_str_equal(one.index->repomd_sha256, repomd_sha256);
	if (is_same)
		r = copy_index(&one, folder, err);
	ib_fetch_index_free(one.index);
	if (r == 0)
		*ret_done = is_same;
	return r;
}

/* ---- resolving ----------------------------------------------------------- */

static int open_filelists(void *context, size_t repository, const char **ret_path,
			  struct ib_error *err)
{
	struct ib_work *work = context;
	struct ib_metadata_one *one = &work->metadata[repository];

	if (!one->filelists)
		IB_TRY(open_record(one, "filelists", &one->filelists, err));
	*ret_path = one->filelists;
	return 0;
}

static struct ib_resolve_wishes wishes_of(const struct ib_recipe_list *list)
{
	return (struct ib_resolve_wishes){ list->items, list->count };
}

static struct ib_resolve_request request_of(struct ib_work *work,
					    const struct ib_metadata *metadata,
					    const struct ib_keeping *keeping)
{
	const struct ib_keeping none = { 0 };
	const struct ib_recipe *recipe = work->recipe;
	const struct ib_keeping *kept = keeping ? keeping : &none;

	return (struct ib_resolve_request){
		.repositories = metadata->repositories,
		.repository_count = metadata->count,
		.architecture = recipe->architecture,
		.multilib = recipe->multilib,
		.weak_dependencies = recipe->weak_dependencies,
		.root = wishes_of(&recipe->packages),
		.initrd = wishes_of(&recipe->initrd_packages),
		.exclude = wishes_of(&recipe->exclude),
		.modules = wishes_of(&recipe->modules),
		.keep = kept->keep,
		.keep_count = kept->keep_count,
		.move = kept->move,
		.pins = kept->pins,
		.pin_count = kept->pin_count,
		.cache = ib_store_solv_folder(work->store),
		.open_filelists = open_filelists,
		.open_context = work,
		.log = work->session->log,
	};
}

int ib_work_resolve_keeping(struct ib_work *work, const struct ib_metadata *metadata,
			    const struct ib_keeping *keeping, struct ib_resolution **ret_resolution,
			    struct ib_error *err)
{
	const struct ib_resolve_request request = request_of(work, metadata, keeping);
	IB_AUTO_STRINGS(problems);
	size_t i = 0;
	int r = ib_resolve(&request, &problems, ret_resolution, err);

	for (i = 0; r < 0 && problems.count > 1 && i < problems.count; i++)
		ib_warn(work->session->log, "%s", problems.items[i]);
	return r;
}

int ib_work_find(struct ib_work *work, const struct ib_metadata *metadata,
		 struct ib_resolve_sought *sought, size_t count, struct ib_error *err)
{
	const struct ib_resolve_request request = request_of(work, metadata, NULL);

	return ib_resolve_find(&request, sought, count, work->arena, err);
}

int ib_work_why_not(struct ib_work *work, const struct ib_metadata *metadata,
		    const struct ib_keeping *keeping, const struct ib_question *question,
		    struct ib_why_nots **ret_answer, struct ib_error *err)
{
	const struct ib_resolve_request request = request_of(work, metadata, keeping);

	return ib_resolve_why_not(&request, question->words, question->initrd, ret_answer, err);
}

static int bring_updateinfo(struct ib_metadata_one *one, struct ib_resolve_repository *repository,
			    struct ib_error *err)
{
	const struct ib_fetch_record *record = ib_fetch_index_find(one->index, "updateinfo");

	if (!record || repository->updateinfo)
		return 0;
	IB_TRY(open_record(one, "updateinfo", &repository->updateinfo, err));
	repository->updateinfo_size = record->open_size;
	return 0;
}

int ib_work_bring_advisories(struct ib_work *work, const struct ib_metadata *metadata,
			     struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < metadata->count; i++) {
		int r = bring_updateinfo(&work->metadata[i], &metadata->repositories[i], err);

		/* who needs them asks again, and is told */
		if (r == -IB_MISSING && work->session->offline)
			ib_error_clear(err);
		else
			IB_TRY(r);
	}
	return 0;
}

int ib_work_advisories(struct ib_work *work, const struct ib_metadata *metadata,
		       struct ib_advisories **ret_advisories, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < metadata->count; i++)
		IB_TRY(bring_updateinfo(&work->metadata[i], &metadata->repositories[i], err));
	return ib_resolve_advisories(metadata->repositories, metadata->count, ret_advisories, err);
}

/* ---- the commands -------------------------------------------------------- */

static const char *why(const struct ib_resolution *resolution,
		       const struct ib_resolved_package *package, struct ib_arena *arena)
{
	const struct ib_resolved_why *reason =
		package->root ? &package->root_why : &package->initrd_why;

	if (reason->parent == SIZE_MAX)
		return ib_arena_strf(arena, "requested: %s", reason->dependency);
	return ib_arena_strf(arena, "for %s: %s", resolution->packages[reason->parent].name,
			     reason->dependency);
}

static struct ib_choices *choices_of(const struct ib_resolution *resolution)
{
	struct ib_choices *choices = ib_alloc(sizeof(*choices));
	size_t i = 0;

	choices->arena = ib_arena_new();
	choices->count = resolution->package_count;
	choices->items = ib_alloc_array(choices->count, sizeof(*choices->items));
	for (i = 0; i < choices->count; i++) {
		const struct ib_resolved_package *package = &resolution->packages[i];

		choices->items[i] = (struct ib_choice){
			.nevra = ib_arena_strdup(choices->arena, package->nevra),
			.name = ib_arena_strdup(choices->arena, package->name),
			.repository = ib_arena_strdup(choices->arena, package->repository),
			.why = why(resolution, package, choices->arena),
			.size = package->size,
			.root = package->root,
			.initrd = package->initrd
		};
	}
	return choices;
}

static int resolve_with(struct ib_work *work, struct ib_choices **ret_choices, struct ib_error *err)
{
	IB_AUTO(ib_resolution) resolution = NULL;
	struct ib_metadata metadata = { 0 };
	struct ib_update_plan plan = { 0 };

	IB_TRY(ib_recipe_check_files(work->recipe, IB_RECIPE_FILES_KEYS, err));
	IB_TRY(ib_work_open_store(work, err));
	IB_TRY(ib_work_open_keyrings(work, err));
	IB_TRY(ib_work_open_metadata(work, NULL, &metadata, err));
	IB_TRY(ib_work_plan_update(work, NULL, NULL, &metadata, &plan, err));
	IB_TRY(ib_work_resolve_keeping(work, &metadata, &plan.keeping, &resolution, err));
	IB_TRY(ib_work_check_update(work, NULL, NULL, &plan, resolution, err));
	*ret_choices = choices_of(resolution);
	return 0;
}

int ib_build_resolve(const struct ib_session *session, const struct ib_recipe *recipe,
		     struct ib_choices **ret_choices, struct ib_error *err)
{
	struct ib_work work = { .session = session, .recipe = recipe, .arena = ib_arena_new() };
	int r = resolve_with(&work, ret_choices, err);

	ib_work_done(&work);
	return r;
}
