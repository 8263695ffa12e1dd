/* SPDX-License-Identifier: Apache-2.0 */
/* facts_internal - facts as facts.c and facts_bytes.c know them. */
#ifndef IB_PACKAGE_FACTS_INTERNAL_H
#define IB_PACKAGE_FACTS_INTERNAL_H

#include "package/facts.h"

/* Raise the number when what is read of a file, or how it is written down, changes. */
#define IB_FACTS_MAGIC "ib-facts-0002"

struct ib_facts {
	struct ib_arena *arena;
	struct ib_map *by_path;
	struct ib_fact **by_file; /* file_count of them, NULL where nothing was learnt */
	size_t file_count;
	struct ib_fact **items;
	size_t count;
	size_t kept;            /* bytes */
	struct ib_buffer bytes; /* what they were read from, and lie in; or empty */
};

/* Takes a fact that lives in the arena. */
void ib_facts_insert(struct ib_facts *facts, struct ib_fact *fact);

#endif
