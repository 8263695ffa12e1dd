/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock - the package set that a build obeys.
 *
 * Canonical YAML: one spelling for one lock, any other is refused by
 * ib_lock_read(), so that the digest of the file is the digest of what it
 * says. Packages are sorted by name, version, architecture, one a line; each
 * scriptlet has a line of its own below its package. The wishes and options
 * that led to the set are kept, so that a lock which no longer fits its recipe
 * can say what changed.
 *
 * Whoever fills a lock need not sort: ib_lock_text() does, on a copy. Strings
 * and arrays lie in the arena, but for the wishes.
 */
#ifndef IB_PACKAGE_LOCK_H
#define IB_PACKAGE_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

#define IB_LOCK_FORMAT 1

struct ib_lock_scriptlet {
	const char *kind;   /* "post", … (ib_scriptlet_kind_name); sorted by kind, then digest */
	const char *digest; /* hex sha256 */
	const char *decision; /* "native FAMILY[,FAMILY…]" or "skip" */
	const char *reason;   /* for skip, from the recipe; else NULL */
};

struct ib_lock_package {
	const char *nevra;
	const char *name; /* the first part of nevra */
	const char *arch; /* its last part */
	const char *sha256;
	uint64_t size;
	const char *repository; /* id */
	const char *location;   /* relative to the repository, no ".." */
	const char *source_rpm; /* "" where the header names none */
	const char *signer;     /* fingerprint, upper-case hex */
	const char *header_sha256;
	bool root;   /* goes into the root file system */
	bool initrd; /* goes into the initrd */
	const struct ib_lock_scriptlet *scriptlets;
	size_t scriptlet_count;
};

struct ib_lock_repository {
	const char *id;
	const char *repomd_sha256;
	int64_t revision_time; /* newest timestamp in repomd.xml; for "older than the last lock saw" */
};

struct ib_lock {
	const char *architecture;
	int64_t build_time; /* newest BUILDTIME of the packages */
	/* "key: value", sorted, as ib_recipe_wishes() makes them: "packages: bash" */
	struct ib_strings wishes;
	const struct ib_lock_repository *repositories; /* sorted by id */
	size_t repository_count;
	const struct ib_lock_package *packages;
	size_t package_count;
	struct ib_arena *arena; /* owned */
};

/* Empty, with its arena. */
struct ib_lock *ib_lock_new(void);
void ib_lock_free(struct ib_lock *lock);

/* The canonical text; the caller owns it. */
char *ib_lock_text(const struct ib_lock *lock);
/* path is for errors; anything but the canonical spelling is IB_INPUT with its line. */
int ib_lock_parse(const char *text, const char *path, struct ib_lock **ret_lock,
		  struct ib_error *err) IB_MUST_CHECK;
/* A lock that is not there is IB_INPUT: it has to be made first. */
int ib_lock_read(const char *path, struct ib_lock **ret_lock, struct ib_error *err) IB_MUST_CHECK;

/*
 * What the recipe's wishes now say otherwise than when the lock was made: one
 * sentence for each change, in the order of the wishes; none: the lock fits.
 */
void ib_lock_changes(const struct ib_lock *lock, const struct ib_strings *wishes,
		     struct ib_strings *ret_sentences);
/* IB_INPUT with those sentences if there is any; path is the lock's, for the error. */
int ib_lock_fits(const struct ib_lock *lock, const char *path, const struct ib_strings *wishes,
		 struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_lock);

#endif
