/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock - the package set that a build obeys.
 *
 * Canonical YAML: one spelling for one lock, any other is refused when it is
 * read, so that the digest of the file is the digest of what it says. Packages
 * are sorted by name, version, architecture, one a line; what it requires of
 * others and each of its scriptlets have lines of their own below. The wishes
 * and options that led to the set are kept, so that a lock which no longer fits
 * its recipe can say what changed.
 *
 * A recipe for several architectures has one file for all of them: struct
 * ib_locks, in which each struct ib_lock is the part for one. A part is a whole
 * lock: a build takes its own, and what lies beside an image is that part in a
 * file of its own, so that nothing changes for one architecture when another
 * one moves. Sources that are in several parts must be there at the same
 * versions, unless the recipe allows it by name.
 *
 * Whoever fills a lock need not sort: ib_lock_text() does, on a copy. Strings
 * and arrays lie in the arena, but for wishes and accounts.
 */
#ifndef IB_PACKAGE_LOCK_H
#define IB_PACKAGE_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

#define IB_LOCK_FORMAT 2

struct ib_lock_scriptlet {
	const char *kind;   /* "post", … (ib_scriptlet_kind_name); sorted by kind, then digest */
	const char *digest; /* hex sha256 */
	const char *decision; /* "native FAMILY[,FAMILY…]", "skip" or "run" */
	const char *reason;   /* from the recipe: of skip; of run where it gives one; else NULL */
	const char *effects;  /* of run: SHA-256 of what it did in the sandbox; else NULL */
};

/* Why a package is in a set. */
enum ib_lock_reason {
	IB_LOCK_ABSENT,      /* it is not */
	IB_LOCK_WISHED,      /* the recipe asks for "dependency" */
	IB_LOCK_REQUIRED,    /* "package" requires "dependency" */
	IB_LOCK_RECOMMENDED, /* "package" recommends it */
	IB_LOCK_SUPPLEMENTS, /* it supplements "dependency" itself */
};

struct ib_lock_why {
	enum ib_lock_reason reason;
	const char *dependency;
	const char *package; /* NEVRA, of the same set; for REQUIRED and RECOMMENDED, else NULL */
};

/* What a package wants of another one that is locked. */
struct ib_lock_edge {
	const char *package;    /* NEVRA of the other one */
	const char *dependency; /* the first, by byte, of those that it fulfils */
	bool recommended;       /* not required */
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
	/* The shortest chain up to a wish: the package there has its own reason. */
	struct ib_lock_why root_why, initrd_why;
	const struct ib_lock_edge *edges; /* at most one to each other package */
	size_t edge_count;
	const struct ib_lock_scriptlet *scriptlets;
	size_t scriptlet_count;
};

struct ib_lock_repository {
	const char *id;
	const char *repomd_sha256;
	const char *revision; /* as repomd.xml has it; "" where it has none */
	/* The snapshot's time: the newest in repomd.xml; for "older than the last lock saw". */
	int64_t revision_time;
};

struct ib_lock {
	const char *architecture;
	int64_t build_time; /* newest BUILDTIME of the packages */
	/* "key: value", sorted, as ib_recipe_wishes() makes them: "packages: bash" */
	struct ib_strings wishes;
	/* Numbers given to users and groups, as ib_state_accounts_text() tells them: "user sshd 998" */
	struct ib_strings accounts;
	const struct ib_lock_repository *repositories; /* sorted by id */
	size_t repository_count;
	const struct ib_lock_package *packages;
	size_t package_count;
	struct ib_arena *arena; /* owned */
};

/* The locks of all architectures of a recipe: what one file holds. */
struct ib_locks {
	struct ib_lock **parts; /* sorted by architecture; owned */
	size_t count;
};

/* Empty, with its arena. */
struct ib_lock *ib_lock_new(void);
void ib_lock_free(struct ib_lock *lock);
struct ib_locks *ib_locks_new(void);
void ib_locks_free(struct ib_locks *locks);

/* Takes the part over; it replaces the one of the same architecture. */
void ib_locks_put(struct ib_locks *locks, struct ib_lock *part);
/* NULL: there is none of that architecture. */
const struct ib_lock *ib_locks_find(const struct ib_locks *locks, const char *architecture);

/* The canonical text of a file with that part, or with all of them; the caller owns it. */
char *ib_lock_text(const struct ib_lock *lock);
char *ib_locks_text(const struct ib_locks *locks);
/* The same keys and values as JSON, appended, with a newline at the end, and its JSON Schema. */
int ib_locks_put_json(const struct ib_locks *locks, struct ib_buffer *b, struct ib_error *err)
	IB_MUST_CHECK;
void ib_lock_put_schema(struct ib_buffer *b);
/* path is for errors; anything but the canonical spelling is IB_INPUT with its line. */
int ib_locks_parse(const char *text, const char *path, struct ib_locks **ret_locks,
		   struct ib_error *err) IB_MUST_CHECK;
/* A lock that is not there is IB_INPUT: it has to be made first. */
int ib_locks_read(const char *path, struct ib_locks **ret_locks, struct ib_error *err)
	IB_MUST_CHECK;
/* The same for a file with one part only; several are IB_INPUT. */
int ib_lock_parse(const char *text, const char *path, struct ib_lock **ret_lock,
		  struct ib_error *err) IB_MUST_CHECK;
/* The part for that architecture; NULL: the only one. */
int ib_lock_read(const char *path, const char *architecture, struct ib_lock **ret_lock,
		 struct ib_error *err) IB_MUST_CHECK;

/*
 * IB_INPUT when a source package is there at one version for one architecture
 * and at another for another, and no wish "differing-sources: NAME" allows it.
 * Reading checks it too.
 */
int ib_locks_check_sources(const struct ib_locks *locks, const char *path, struct ib_error *err)
	IB_MUST_CHECK;

/* The number that an account was given; false: the lock has none. */
bool ib_lock_account(const struct ib_lock *lock, bool is_user, const char *name, uint32_t *ret_id);

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
IB_DEFINE_AUTO(ib_locks);

#endif
