/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock_chain - why a package is in a lock, from the lock alone.
 *
 * A chain leads from what the recipe asks for down to the package: its first
 * step is there for a wish, each further one for the step before it. Beside the
 * chain there may be others who want the package.
 */
#ifndef IB_PACKAGE_LOCK_CHAIN_H
#define IB_PACKAGE_LOCK_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"
#include "package/lock.h"

struct ib_lock_step {
	const struct ib_lock_package *package;
	enum ib_lock_reason reason; /* why this package is there */
	const char *dependency;
};

/* Who wants a package, and what it calls it. */
struct ib_lock_wanting {
	const struct ib_lock_package *package;
	const struct ib_lock_edge *edge;
};

struct ib_lock_index;

/* Borrows from the lock. */
struct ib_lock_index *ib_lock_index_new(const struct ib_lock *lock);
void ib_lock_index_free(struct ib_lock_index *index);

/*
 * The packages that a word means: a NEVRA, name.architecture, a name, or else what
 * some package of the lock asks another one for ("libz.so.1"). The list belongs to the caller.
 */
size_t ib_lock_index_find(const struct ib_lock_index *index, const char *word,
			  const struct ib_lock_package ***ret_found);
/* The chain of the package in one of the two sets; 0: it is not in that one. */
size_t ib_lock_index_chain(const struct ib_lock_index *index, const struct ib_lock_package *package,
			   bool initrd, struct ib_lock_step **ret_steps);
/* In the lock's order. */
size_t ib_lock_index_wanting(const struct ib_lock_index *index,
			     const struct ib_lock_package *package,
			     struct ib_lock_wanting **ret_wanting);
/* "required", …: for machines. */
const char *ib_lock_reason_name(enum ib_lock_reason reason);

IB_DEFINE_AUTO(ib_lock_index);

#endif
