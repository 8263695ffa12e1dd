/* SPDX-License-Identifier: Apache-2.0 */
/* internal - what the files of this room share. */
#ifndef IB_STORE_INTERNAL_H
#define IB_STORE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

struct ib_store {
	char *root;
	char *solv;
	bool read_only;
	int use_fd;     /* our own list of uses, locked; read-only: ROOT/readers, or -1 */
	char *use_path; /* NULL for a read-only one */
};

#define IB_STORE_SOLV_FOLDER   "solv"
#define IB_STORE_TRAILER_MAGIC "ib-derived-0001\n"
#define IB_STORE_TRAILER_SIZE  80

/* ROOT/FOLDER/ab/abcd…; the caller owns it. */
char *ib_store_place(const struct ib_store *store, const char *folder, const char *digest);
/* All but temporary/, sorted. */
void ib_store_folders(struct ib_strings *list);
bool ib_store_is_content(const char *folder);
const char *ib_store_content_folder(enum ib_store_content content);
const char *ib_store_derived_folder(enum ib_store_derived derived);
/* SHA-256 of the first size bytes of fd, as hex; name is for the error. */
int ib_store_hash(int fd, uint64_t size, const char *name, char *hex, struct ib_error *err)
	IB_MUST_CHECK;
/* The names in a folder, sorted, without hidden ones; no folder: none. */
int ib_store_list(const char *path, struct ib_strings *list, struct ib_error *err) IB_MUST_CHECK;
/* The bytes of a derived thing are those that its trailer names. */
bool ib_store_derived_holds(int fd, const char *path);

/* use.c */
int ib_store_begin_uses(struct ib_store *store, struct ib_error *err) IB_MUST_CHECK;
void ib_store_end_uses(struct ib_store *store);
/* Held while a use is noted and what is used looked at; exclusive: while things are removed. */
int ib_store_open_gate(const struct ib_store *store, bool exclusive, int *ret_fd,
		       struct ib_error *err) IB_MUST_CHECK;
/* A line in our list; the gate must be held. */
int ib_store_note_use(const struct ib_store *store, const char *digest, struct ib_error *err)
	IB_MUST_CHECK;
/* Whether it is there; if so it stays there until this store is freed. */
bool ib_store_take_use(const struct ib_store *store, const char *folder, const char *digest);
/* Makes a file that was last used then count as used now. */
void ib_store_touch(const struct ib_store *store, const char *path, int64_t used);
/* The digests that living processes use become keys of uses; the gate must be held exclusively. */
int ib_store_collect_uses(const struct ib_store *store, struct ib_map *uses, struct ib_error *err)
	IB_MUST_CHECK;
/* IB_FAILED when somebody reads who cannot note what; else nobody begins to until *ret_fd is closed. */
int ib_store_shut_readers_out(const struct ib_store *store, int *ret_fd, struct ib_error *err)
	IB_MUST_CHECK;

/* Removes what dead writers left behind more than a day ago; what cannot be removed stays. */
void ib_store_sweep(const struct ib_store *store);

#endif
