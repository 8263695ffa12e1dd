/* SPDX-License-Identifier: Apache-2.0 */
#include "package/lock_chain.h"

#include <string.h>

/* What a map points to: a map's values are writable, a lock's packages are not. */
struct slot {
	const struct ib_lock_package *package;
};

struct ib_lock_index {
	const struct ib_lock *lock;
	struct slot *slots; /* by the lock's order of packages */
	struct ib_map *by_nevra;
};

struct ib_lock_index *ib_lock_index_new(const struct ib_lock *lock)
{
	struct ib_lock_index *index = ib_alloc(sizeof(*index));
	size_t i = 0;

	index->lock = lock;
	index->slots = ib_alloc_array(lock->package_count + 1, sizeof(*index->slots));
	index->by_nevra = ib_map_new();
	for (i = 0; i < lock->package_count; i++) {
		index->slots[i].package = &lock->packages[i];
		ib_map_set(index->by_nevra, lock->packages[i].nevra, &index->slots[i]);
	}
	return index;
}

void ib_lock_index_free(struct ib_lock_index *index)
{
	if (!index)
		return;
	ib_map_free(index->by_nevra);
	ib_free(index->slots);
	ib_free(index);
}

static const struct ib_lock_package *by_nevra(const struct ib_lock_index *index, const char *nevra)
{
	const struct slot *slot = nevra ? ib_map_get(index->by_nevra, nevra) : NULL;

	return slot ? slot->package : NULL;
}

/* ---- finding ------------------------------------------------------------- */

struct found {
	const struct ib_lock_package **items;
	size_t count;
};

static void add_found(struct found *found, const struct ib_lock_package *package)
{
	size_t i = 0;

	for (i = 0; i < found->count; i++)
		if (found->items[i] == package)
			return;
	ib_grow(found->items, found->count);
	found->items[found->count++] = package;
}

static bool is_named(const struct ib_lock_package *package, const char *word)
{
	size_t size = strlen(package->name);

	if (!strcmp(word, package->nevra) || !strcmp(word, package->name))
		return true;
	return !strncmp(word, package->name, size) && word[size] == '.' &&
	       !strcmp(word + size + 1, package->arch);
}

static void find_wanted(const struct ib_lock_index *index, const char *word, struct found *found)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < index->lock->package_count; i++)
		for (j = 0; j < index->lock->packages[i].edge_count; j++) {
			const struct ib_lock_edge *edge = &index->lock->packages[i].edges[j];
			const struct ib_lock_package *package = by_nevra(index, edge->package);

			if (package && !strcmp(edge->dependency, word))
				add_found(found, package);
		}
}

size_t ib_lock_index_find(const struct ib_lock_index *index, const char *word,
			  const struct ib_lock_package ***ret_found)
{
	struct found found = { 0 };
	size_t i = 0;

	for (i = 0; i < index->lock->package_count; i++)
		if (is_named(&index->lock->packages[i], word))
			add_found(&found, &index->lock->packages[i]);
	if (!found.count)
		find_wanted(index, word, &found);
	*ret_found = found.items;
	return found.count;
}

/* ---- chains -------------------------------------------------------------- */

static const struct ib_lock_why *why_of(const struct ib_lock_package *package, bool initrd)
{
	return initrd ? &package->initrd_why : &package->root_why;
}

/* The lock's reader has made sure that each chain ends; the count guards those made by hand. */
size_t ib_lock_index_chain(const struct ib_lock_index *index, const struct ib_lock_package *package,
			   bool initrd, struct ib_lock_step **ret_steps)
{
	const struct ib_lock_package *at = NULL;
	struct ib_lock_step *steps = NULL;
	size_t count = 0;
	size_t i = 0;

	if (initrd ? !package->initrd : !package->root)
		return 0;
	for (at = package; at && count <= index->lock->package_count;
	     at = by_nevra(index, why_of(at, initrd)->package))
		count++;
	steps = ib_alloc_array(count, sizeof(*steps));
	for (at = package, i = count; i-- > 0; at = by_nevra(index, why_of(at, initrd)->package))
		steps[i] = (struct ib_lock_step){ at, why_of(at, initrd)->reason,
						  why_of(at, initrd)->dependency };
	*ret_steps = steps;
	return count;
}

size_t ib_lock_index_wanting(const struct ib_lock_index *index,
			     const struct ib_lock_package *package,
			     struct ib_lock_wanting **ret_wanting)
{
	struct ib_lock_wanting *list = NULL;
	size_t count = 0;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < index->lock->package_count; i++)
		for (j = 0; j < index->lock->packages[i].edge_count; j++) {
			const struct ib_lock_package *other = &index->lock->packages[i];

			if (strcmp(other->edges[j].package, package->nevra) != 0)
				continue;
			ib_grow(list, count);
			list[count++] = (struct ib_lock_wanting){ other, &other->edges[j] };
		}
	*ret_wanting = list;
	return count;
}

const char *ib_lock_reason_name(enum ib_lock_reason reason)
{
	static const char *const names[] = {
		[IB_LOCK_ABSENT] = "absent",           [IB_LOCK_WISHED] = "wished",
		[IB_LOCK_REQUIRED] = "required",       [IB_LOCK_RECOMMENDED] = "recommended",
		[IB_LOCK_SUPPLEMENTS] = "supplements",
	};

	return names[reason];
}
