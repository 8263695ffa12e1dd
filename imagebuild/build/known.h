/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known - packages whose header was verified before, from the store's facts.
 *
 * A lock needs of a package what its verified header says. That depends on its
 * bytes, on the keys that the recipe pins for its repository, and on the rules
 * of this program; all three are in the name under which it is kept, so that
 * another key, another state of a key (a revocation) or another version of the
 * program asks the package itself again. What depends on the clock is no part of
 * it and is checked each time. Only the own store is believed, and what is
 * damaged there is made anew.
 */
#ifndef IB_BUILD_KNOWN_H
#define IB_BUILD_KNOWN_H

#include "build/work.h"

/* A package of the answer, by what names it there. */
struct ib_known_request {
	const char *nevra;
	const char *sha256;
	size_t repository; /* number, by the recipe's order */
	const char *keys;  /* ib_work_keys_digest() of that repository */
};

/* SHA-256 over the pinned keys of a repository: their fingerprints and the bytes of their files. */
int ib_work_keys_digest(const struct ib_recipe_repository *repository, char ret_sha256[65],
			struct ib_error *err) IB_MUST_CHECK;

/*
 * What its header says, as far as package/facts_header.h tells it: from the
 * facts, or from the package in the store, whose facts are then kept.
 */
int ib_work_know_package(struct ib_work *work, const struct ib_known_request *request,
			 const struct ib_package **ret_package, struct ib_error *err) IB_MUST_CHECK;

#endif
