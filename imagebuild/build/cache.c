/* SPDX-License-Identifier: Apache-2.0 */
/* What the store holds: listed, checked, and pruned of what nobody names or used for long. */
#include <string.h>

#include "build/work.h"

#define DAY_SECONDS 86400

struct caching {
	struct ib_store *store;
	const struct ib_cache_request *request;
	struct ib_cache_list *list;
	struct ib_map *locked; /* digests that the request's locks name */
};

void ib_cache_list_free(struct ib_cache_list *list)
{
	if (!list)
		return;
	ib_free(list->items);
	ib_arena_free(list->arena);
	ib_free(list);
}

static bool is_asked_for(const struct caching *caching, const struct ib_store_entry *entry)
{
	return !caching->request->only || ib_str_equal(caching->request->only, entry->folder);
}

/* A package calls itself something, believed by nobody; other things are called by their digest. */
static const char *name_of(const struct ib_store_entry *entry, struct ib_arena *list_arena)
{
	struct ib_error ignored = IB_ERROR_INIT; /* a damaged one has no name; verify says so */
	IB_AUTO(ib_arena) arena = ib_arena_new();
	const struct ib_package *package = NULL;

	if (!ib_str_equal(entry->folder, "rpm"))
		return "";
	if (ib_rpm_look(entry->path, arena, &package, &ignored) < 0) {
		ib_error_clear(&ignored);
		return "";
	}
	return ib_arena_strdup(list_arena, package->nevra);
}

static struct ib_cache_item *add_item(struct caching *caching, const struct ib_store_entry *entry,
				      const char *name)
{
	struct ib_cache_list *list = caching->list;

	ib_grow(list->items, list->count);
	list->items[list->count] = (struct ib_cache_item){
		.kind = ib_arena_strdup(list->arena, entry->folder),
		.digest = ib_arena_strdup(list->arena, entry->name),
		.name = name,
		.damage = NULL,
		.size = entry->size,
		.used = entry->used,
	};
	return &list->items[list->count++];
}

static struct ib_cache_list *new_list(void)
{
	struct ib_cache_list *list = ib_alloc(sizeof(*list));

	list->arena = ib_arena_new();
	return list;
}

/* ---- list ---------------------------------------------------------------- */

static int list_one(void *context, const struct ib_store_entry *entry, struct ib_error *err)
{
	struct caching *caching = context;

	(void)err;
	if (is_asked_for(caching, entry))
		add_item(caching, entry,
			 caching->request->with_names ? name_of(entry, caching->list->arena) : "");
	return 0;
}

/* Who only asks, or takes away, makes no store: *ret_store stays NULL where there is none. */
static int open_existing(const struct ib_session *session, struct ib_store **ret_store,
			 struct ib_error *err)
{
	return ib_file_exists(session->store) ? ib_store_open(session->store, 0, ret_store, err)
					      : 0;
}

int ib_build_cache_list(const struct ib_session *session, const struct ib_cache_request *request,
			struct ib_cache_list **ret_list, struct ib_error *err)
{
	IB_AUTO(ib_store) store = NULL;
	IB_AUTO(ib_cache_list) list = new_list();
	struct caching caching = { .request = request, .list = list };

	IB_TRY(open_existing(session, &store, err));
	if (store)
		IB_TRY(ib_store_walk(store, list_one, &caching, err));
	*ret_list = ib_take(list);
	return 0;
}

/* ---- verify -------------------------------------------------------------- */

static int verify_one(void *context, const struct ib_store_entry *entry, struct ib_error *err)
{
	struct caching *caching = context;
	struct ib_error damage = IB_ERROR_INIT;
	struct ib_cache_item *item = NULL;
	int r = 0;

	if (!is_asked_for(caching, entry))
		return 0;
	caching->list->checked++;
	r = ib_store_check(caching->store, entry, &damage);
	if (r == 0)
		return 0;
	if (r != -IB_TRUST) {
		*err = damage;
		return r;
	}
	item = add_item(caching, entry, name_of(entry, caching->list->arena));
	item->damage = ib_arena_strdup(caching->list->arena, damage.text);
	ib_error_clear(&damage);
	return caching->request->remove ? ib_store_remove_entry(caching->store, entry, err) : 0;
}

int ib_build_cache_verify(const struct ib_session *session, const struct ib_cache_request *request,
			  struct ib_cache_list **ret_list, struct ib_error *err)
{
	IB_AUTO(ib_store) store = NULL;
	IB_AUTO(ib_cache_list) list = new_list();
	struct caching caching = { .request = request, .list = list };

	IB_TRY(open_existing(session, &store, err));
	caching.store = store;
	if (store)
		IB_TRY(ib_store_walk(store, verify_one, &caching, err));
	*ret_list = ib_take(list);
	return 0;
}

/* ---- prune --------------------------------------------------------------- */

static bool keeps(void *context, const struct ib_store_entry *entry)
{
	const struct caching *caching = context;

	return !is_asked_for(caching, entry) || ib_map_has(caching->locked, entry->name);
}

static void note_going(void *context, const struct ib_store_entry *entry)
{
	struct caching *caching = context;

	add_item(caching, entry, name_of(entry, caching->list->arena));
}

int ib_build_cache_prune(const struct ib_session *session, const struct ib_cache_request *request,
			 struct ib_cache_list **ret_list, struct ib_error *err)
{
	IB_AUTO(ib_store) store = NULL;
	IB_AUTO(ib_map) locked = ib_map_new();
	IB_AUTO(ib_cache_list) list = new_list();
	struct caching caching = { .request = request, .list = list, .locked = locked };
	const struct ib_store_pruning pruning = {
		.unused_since = request->now - (int64_t)request->age_days * DAY_SECONDS,
		.dry_run = request->dry_run,
		.context = &caching,
		.keeps = keeps,
		.goes = note_going,
	};
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < request->lock_count; i++)
		for (j = 0; j < request->locks[i]->package_count; j++)
			ib_map_set(locked, request->locks[i]->packages[j].sha256, list);
	IB_TRY(open_existing(session, &store, err));
	caching.store = store;
	if (store)
		IB_TRY(ib_store_prune(store, &pruning, err));
	*ret_list = ib_take(list);
	return 0;
}
