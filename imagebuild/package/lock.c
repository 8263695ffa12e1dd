/* SPDX-License-Identifier: Apache-2.0 */
/* Locks as objects, and the order in which what they hold is written. */
#include "package/lock.h"

#include <stdlib.h>
#include <string.h>

#include "package/lock_fields.h"
#include "package/package.h"

struct ib_lock *ib_lock_new(void)
{
	struct ib_lock *lock = ib_alloc(sizeof(*lock));

	lock->arena = ib_arena_new();
	return lock;
}

void ib_lock_free(struct ib_lock *lock)
{
	if (!lock)
		return;
	ib_strings_done(&lock->wishes);
	ib_strings_done(&lock->accounts);
	ib_arena_free(lock->arena);
	ib_free(lock);
}

struct ib_locks *ib_locks_new(void)
{
	return ib_alloc(sizeof(struct ib_locks));
}

void ib_locks_free(struct ib_locks *locks)
{
	size_t i = 0;

	if (!locks)
		return;
	for (i = 0; i < locks->count; i++)
		ib_lock_free(locks->parts[i]);
	ib_free(locks->parts);
	ib_free(locks);
}

static int compare_parts(const void *a, const void *b)
{
	const struct ib_lock *const *x = a;
	const struct ib_lock *const *y = b;

	return strcmp((*x)->architecture, (*y)->architecture);
}

void ib_locks_put(struct ib_locks *locks, struct ib_lock *part)
{
	size_t i = 0;

	for (i = 0; i < locks->count; i++) {
		if (strcmp(locks->parts[i]->architecture, part->architecture) != 0)
			continue;
		ib_lock_free(locks->parts[i]);
		locks->parts[i] = part;
		return;
	}
	ib_grow(locks->parts, locks->count);
	locks->parts[locks->count++] = part;
	qsort(locks->parts, locks->count, sizeof(struct ib_lock *), compare_parts);
}

const struct ib_lock *ib_locks_find(const struct ib_locks *locks, const char *architecture)
{
	size_t i = 0;

	for (i = 0; i < locks->count; i++)
		if (!strcmp(locks->parts[i]->architecture, architecture))
			return locks->parts[i];
	return NULL;
}

bool ib_lock_account(const struct ib_lock *lock, bool is_user, const char *name, uint32_t *ret_id)
{
	ib_autofree char *start = ib_strf("%s %s ", is_user ? "user" : "group", name);
	size_t i = 0;

	for (i = 0; i < lock->accounts.count; i++) {
		uint64_t id = 0;

		if (!ib_str_starts(lock->accounts.items[i], start) ||
		    !ib_str_to_u64(lock->accounts.items[i] + strlen(start), UINT32_MAX, &id))
			continue;
		*ret_id = (uint32_t)id;
		return true;
	}
	return false;
}

/* ---- order ---- */

static int kind_index(const char *kind)
{
	int i = 0;

	for (i = 0; i <= IB_SCRIPTLET_TRANSACTION_TRIGGER; i++)
		if (!strcmp(kind, ib_scriptlet_kind_name((enum ib_scriptlet_kind)i)))
			return i;
	return -1;
}

int ib_lock_compare_scriptlets(const void *a, const void *b)
{
	const struct ib_lock_scriptlet *x = a;
	const struct ib_lock_scriptlet *y = b;
	int order = kind_index(x->kind) - kind_index(y->kind);

	if (!order)
		order = strcmp(x->digest, y->digest);
	return order ? order : strcmp(x->decision, y->decision);
}

int ib_lock_compare_packages(const void *a, const void *b)
{
	const struct ib_lock_package *x = a;
	const struct ib_lock_package *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = ib_lock_compare_versions(x->nevra, y->nevra);
	return order ? order : strcmp(x->nevra, y->nevra);
}

int ib_lock_compare_repositories(const void *a, const void *b)
{
	const struct ib_lock_repository *x = a;
	const struct ib_lock_repository *y = b;

	return strcmp(x->id, y->id);
}

int ib_lock_compare_edges(const void *a, const void *b)
{
	const struct ib_lock_edge *x = a;
	const struct ib_lock_edge *y = b;
	int order = (int)x->recommended - (int)y->recommended;

	return order ? order : strcmp(x->package, y->package);
}

void *ib_lock_sorted(const void *items, size_t count, size_t size,
		     int (*compare)(const void *, const void *))
{
	void *copy = ib_alloc_array(count ? count : 1, size);

	if (count) {
		memcpy(copy, items, count * size);
		qsort(copy, count, size, compare);
	}
	return copy;
}
