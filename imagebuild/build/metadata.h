/* SPDX-License-Identifier: Apache-2.0 */
/* metadata - the repositories of a recipe as the resolver reads them: fetched, believed, in the store. */
#ifndef IB_BUILD_METADATA_H
#define IB_BUILD_METADATA_H

#include "build/work.h"
#include "resolve/resolve.h"

struct ib_metadata {
	struct ib_resolve_repository
		*repositories;             /* by the recipe's order; strings in the work's arena */
	struct ib_lock_repository *locked; /* what the lock says of each; the same order */
	size_t count;
};

/*
 * Brings the metadata of all repositories (offline: as the store has it from
 * last time), each believed by what the recipe says. previous: a lock whose
 * repositories must not be newer than what is found now; NULL: none.
 */
int ib_work_open_metadata(struct ib_work *work, const struct ib_lock *previous,
			  struct ib_metadata *ret_metadata, struct ib_error *err) IB_MUST_CHECK;

/*
 * Brings their updateinfo into the store, unread, so that a diff of locks finds it
 * there later; offline, what the store lacks is left out.
 */
int ib_work_bring_advisories(struct ib_work *work, const struct ib_metadata *metadata,
			     struct ib_error *err) IB_MUST_CHECK;

/* What of a lock stays, and what of it moves: as resolve/resolve.h has them. */
struct ib_keeping {
	const struct ib_resolve_kept *keep;
	size_t keep_count;
	struct ib_resolve_wishes move;
	const struct ib_resolve_pin *pins;
	size_t pin_count;
};

/* The package set for the recipe's wishes; update.h makes the plan that keeping is a part of. */
int ib_work_resolve_keeping(struct ib_work *work, const struct ib_metadata *metadata,
			    const struct ib_keeping *keeping, struct ib_resolution **ret_resolution,
			    struct ib_error *err) IB_MUST_CHECK;

/* Fills in what the repositories have of these packages: ib_resolve_find(). */
int ib_work_find(struct ib_work *work, const struct ib_metadata *metadata,
		 struct ib_resolve_sought *sought, size_t count, struct ib_error *err)
	IB_MUST_CHECK;

/* Why what the words name is not in the set; keeping as above. */
int ib_work_why_not(struct ib_work *work, const struct ib_metadata *metadata,
		    const struct ib_keeping *keeping, const struct ib_question *question,
		    struct ib_why_nots **ret_answer, struct ib_error *err) IB_MUST_CHECK;

/* What the repositories say their builds mend: brings their updateinfo, which nothing else needs. */
int ib_work_advisories(struct ib_work *work, const struct ib_metadata *metadata,
		       struct ib_advisories **ret_advisories, struct ib_error *err) IB_MUST_CHECK;

/*
 * metadata.c: writes repomd.xml, its signature and those of its files that the
 * store has into folder, if it is the one with this digest that the store has kept.
 */
int ib_work_copy_metadata(struct ib_work *work, size_t number, const char *repomd_sha256,
			  const char *folder, bool *ret_done, struct ib_error *err) IB_MUST_CHECK;

/* A package that the store shall have. */
struct ib_wanted {
	const char *nevra;
	const char *repository;
	const char *location;
	const char *sha256;
	uint64_t size;
};

/* fetch.c: brings what the store lacks; each is verified as a whole before it gets its name. */
int ib_work_fetch(struct ib_work *work, const struct ib_wanted *wanted, size_t count,
		  struct ib_error *err) IB_MUST_CHECK;

#endif
