/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - content by its SHA-256 on disk, and what was derived from it.
 *
 *     ROOT/rpm/ab/abcd…        packages, each under the SHA-256 of its bytes
 *     ROOT/metadata/ab/abcd…   files of repositories, the same way
 *     ROOT/blocks/ab/abcd…     derived things, under the SHA-256 of their key's
 *     ROOT/facts/ab/abcd…        text; the last 80 bytes are a trailer with the
 *     ROOT/outputs/ab/abcd…      SHA-256 of what stands before it
 *     ROOT/solv/               the resolver's cache, which checks itself
 *     ROOT/temporary/          what is being written, and lists of what is in use
 *     ROOT/gate, ROOT/readers  empty; locked while uses are noted (see use.c)
 *
 * A name under rpm/ or metadata/ appears only when the bytes below it have
 * been hashed and are on disk: commit hashes what was written, syncs it and
 * renames. A process killed at any moment leaves at most a file in temporary/,
 * which is locked (flock) as long as its writer lives; what nobody holds any
 * more is removed after a day. Any number of processes may use one store.
 *
 * Whoever reads hashes again: a name is a promise of the one who wrote it,
 * and disks fail. Derived things can be made again, so that a damaged one is
 * only absent.
 *
 * What a process has found here, or brought, stays until it frees its store or
 * dies, whoever prunes meanwhile; derived things may go, they can be made again.
 * A store that may not be written (a read-only mount, one that root shares) is
 * opened read-only by itself: what is there is used, nothing derived is kept.
 * While somebody reads so, nobody can prune.
 *
 * The root must belong to the user (read-only: or to root) and may be
 * writable by nobody else; the same holds for the folders in it.
 */
#ifndef IB_STORE_H
#define IB_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

enum ib_store_flag {
	IB_STORE_READ_ONLY = 1 << 0, /* nothing is made or changed; begin is refused */
};

/* Content by digest. */
enum ib_store_content { IB_STORE_RPM, IB_STORE_METADATA };

/* Derived things by key. */
enum ib_store_derived { IB_STORE_BLOCKS, IB_STORE_FACTS, IB_STORE_OUTPUTS };

struct ib_store;

/* Makes the folder (mode 0700) where it is missing; IB_TRUST when others can write to it. */
int ib_store_open(const char *path, unsigned flags, struct ib_store **ret_store,
		  struct ib_error *err) IB_MUST_CHECK;
void ib_store_free(struct ib_store *store);
bool ib_store_is_read_only(const struct ib_store *store);
const char *ib_store_root(const struct ib_store *store);
/* Where the resolver keeps its cache; NULL for a read-only store without one. */
const char *ib_store_solv_folder(const struct ib_store *store);

/* Where that content lies or would lie; the caller owns the text. */
char *ib_store_path(const struct ib_store *store, enum ib_store_content content,
		    const char *sha256);
/* What is there is not pruned while this store is open. */
bool ib_store_has(const struct ib_store *store, enum ib_store_content content, const char *sha256);
/* IB_MISSING when it is not there. The caller owns *ret_fd and hashes what it reads. */
int ib_store_open_blob(const struct ib_store *store, enum ib_store_content content,
		       const char *sha256, int *ret_fd, struct ib_error *err) IB_MUST_CHECK;
/*
 * Hashes it: IB_TRUST when the bytes are not what the name says, IB_MISSING
 * when they are not there. ret_size may be NULL.
 */
int ib_store_verify(const struct ib_store *store, enum ib_store_content content, const char *sha256,
		    uint64_t *ret_size, struct ib_error *err) IB_MUST_CHECK;
/* Nothing there is success. */
int ib_store_remove(struct ib_store *store, enum ib_store_content content, const char *sha256,
		    struct ib_error *err) IB_MUST_CHECK;

/*
 * A file being written. Freed before a commit it is gone, unless it was begun
 * with a resume key: then it waits for the next one who begins with that key.
 */
struct ib_store_file;

/*
 * resume: NULL, or what names the same bytes again (their expected digest): an
 * earlier part may then be there already, and the file's size says how much.
 * When another process is at it just now, an empty file is begun beside it.
 */
int ib_store_begin(struct ib_store *store, const char *resume, struct ib_store_file **ret_file,
		   struct ib_error *err) IB_MUST_CHECK;
void ib_store_file_free(struct ib_store_file *file);
int ib_store_file_fd(const struct ib_store_file *file);
const char *ib_store_file_path(const struct ib_store_file *file);
/*
 * Hashes what was written; other bytes than sha256 are IB_TRUST and nothing
 * of them remains. sha256 NULL: whatever it is. ret_sha256 (room for 65) may
 * be NULL. Content that is there already is replaced by equal bytes.
 */
int ib_store_commit(struct ib_store_file *file, enum ib_store_content content, const char *sha256,
		    char *ret_sha256, struct ib_error *err) IB_MUST_CHECK;
/* Puts it under key; a trailer is appended. */
int ib_store_commit_derived(struct ib_store_file *file, enum ib_store_derived derived,
			    const char *key, struct ib_error *err) IB_MUST_CHECK;

int ib_store_put_derived(struct ib_store *store, enum ib_store_derived derived, const char *key,
			 const void *data, size_t size, struct ib_error *err) IB_MUST_CHECK;
/* Appends it to b and says so; what is absent, damaged or larger than b's room is not found. */
bool ib_store_get_derived(const struct ib_store *store, enum ib_store_derived derived,
			  const char *key, struct ib_buffer *b);
/*
 * Opens it for reading in pieces: content is the first *ret_size bytes, whose
 * SHA-256 the reader compares with sha256 (room for 65). False when absent.
 */
bool ib_store_open_derived(const struct ib_store *store, enum ib_store_derived derived,
			   const char *key, int *ret_fd, uint64_t *ret_size, char *sha256);
int ib_store_remove_derived(struct ib_store *store, enum ib_store_derived derived, const char *key,
			    struct ib_error *err) IB_MUST_CHECK;

/* One file of the store, for listing, checking and pruning. */
struct ib_store_entry {
	const char *folder; /* "rpm", "metadata", "blocks", "facts", "outputs", "solv" */
	const char *name;   /* the digest it lies under; "solv": a file name */
	const char *path;
	uint64_t size;
	int64_t used; /* about when it was last used: to the hour */
};

typedef int (*ib_store_entry_fn)(void *context, const struct ib_store_entry *entry,
				 struct ib_error *err);

/* Calls visit for each file, sorted by folder and name; its failure ends the walk. */
int ib_store_walk(const struct ib_store *store, ib_store_entry_fn visit, void *context,
		  struct ib_error *err) IB_MUST_CHECK;
/* Reads all of it: IB_TRUST when it is damaged. */
int ib_store_check(const struct ib_store *store, const struct ib_store_entry *entry,
		   struct ib_error *err) IB_MUST_CHECK;
int ib_store_remove_entry(struct ib_store *store, const struct ib_store_entry *entry,
			  struct ib_error *err) IB_MUST_CHECK;

struct ib_store_pruning {
	int64_t unused_since; /* what was used after that stays */
	bool dry_run;
	void *context;
	/* What else stays; may be NULL. */
	bool (*keeps)(void *context, const struct ib_store_entry *entry);
	/* Told of each just before it is, or with dry_run would be, removed; may be NULL. */
	void (*goes)(void *context, const struct ib_store_entry *entry);
};

/* Nothing that a living process uses goes. Others wait meanwhile before they look anything up. */
int ib_store_prune(struct ib_store *store, const struct ib_store_pruning *pruning,
		   struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_store);
IB_DEFINE_AUTO(ib_store_file);

#endif
