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
extern const struct ib_lock_field ib_lock_repository_revision;
extern const struct ib_lock_field ib_lock_architecture;
extern const struct ib_lock_field ib_lock_effects;
extern const struct ib_lock_field ib_lock_dependency; /* offset: of struct ib_lock_why */

const char *const *ib_lock_field_of(const struct ib_lock_field *field, const void *item);
const char **ib_lock_member_of(const struct ib_lock_field *field, void *item);

/* Fills name and arch from nevra, which was checked. */
void ib_lock_split_nevra(struct ib_arena *arena, struct ib_lock_package *package);
/* By epoch, version and release of two NEVRAs. */
int ib_lock_compare_versions(const char *a, const char *b);

/* "user NAME NUMBER" or "group NAME NUMBER". */
bool ib_lock_is_account(const char *line);
/* The key that a reason stands under: "wish", "requires"...; NULL for ABSENT. */
const char *ib_lock_reason_key(enum ib_lock_reason reason);

/* lock.c: the order in which things are written. */
int ib_lock_compare_scriptlets(const void *a, const void *b);
int ib_lock_compare_packages(const void *a, const void *b);
int ib_lock_compare_repositories(const void *a, const void *b);
int ib_lock_compare_edges(const void *a, const void *b);
/* A sorted copy; the caller owns it. */
void *ib_lock_sorted(const void *items, size_t count, size_t size,
		     int (*compare)(const void *, const void *));

/* lock_read.c: a part being read, and where what is wrong with it is told. */
struct ib_yaml_node;
struct ib_lock_reader {
	const char *path;
	struct ib_lock *lock;
	struct ib_error *err;
};

/* "'VALUE' of 'KEY' is not WHAT". */
int ib_lock_fail_value(const struct ib_lock_reader *reader, const struct ib_yaml_node *node,
		       const char *key, const char *what);
/* The text of a key that must be there. */
int ib_lock_get_text(const struct ib_lock_reader *reader, const struct ib_yaml_node *node,
		     const struct ib_lock_field *field, const char **ret_text) IB_MUST_CHECK;
/* lock_why.c: reasons and edges, which name other packages: read when all packages are. */
int ib_lock_read_reasons(const struct ib_lock_reader *reader, const struct ib_yaml_node *list,
			 struct ib_lock_package *packages) IB_MUST_CHECK;

#endif
