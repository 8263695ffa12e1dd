/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock_fields - the texts of a lock as a table: name, member, what they must
 * look like (inside package/ only). Writing and reading both walk it.
 */
#ifndef IB_PACKAGE_LOCK_FIELDS_H
#define IB_PACKAGE_LOCK_FIELDS_H

#include "package/lock.h"

struct ib_lock_field {
	const char *name;
	size_t offset;
	bool (*is_good)(const char *text);
	const char *what; /* follows "is not" */
};

extern const struct ib_lock_field ib_lock_package_fields[]; /* in the order written */
extern const size_t ib_lock_package_field_count;
extern const struct ib_lock_field ib_lock_scriptlet_fields[];
extern const size_t ib_lock_scriptlet_field_count;
extern const struct ib_lock_field ib_lock_repository_id;
extern const struct ib_lock_field ib_lock_repository_repomd;
extern const struct ib_lock_field ib_lock_architecture;

const char *const *ib_lock_field_of(const struct ib_lock_field *field, const void *item);
const char **ib_lock_member_of(const struct ib_lock_field *field, void *item);

/* Fills name and arch from nevra, which was checked. */
void ib_lock_split_nevra(struct ib_arena *arena, struct ib_lock_package *package);
/* By epoch, version and release of two NEVRAs. */
int ib_lock_compare_versions(const char *a, const char *b);

#endif
