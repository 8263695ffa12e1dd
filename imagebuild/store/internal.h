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
};

#define IB_STORE_TRAILER_MAGIC "ib-derived-0001\n"
#define IB_STORE_TRAILER_SIZE  80

/* ROOT/FOLDER/ab/abcd…; the caller owns it. */
char *ib_store_place(const struct ib_store *store, const char *folder, const char *digest);
const char *ib_store_content_folder(enum ib_store_content content);
const char *ib_store_derived_folder(enum ib_store_derived derived);
/* SHA-256 of the first size bytes of fd, as hex; name is for the error. */
int ib_store_hash(int fd, uint64_t size, const char *name, char *hex, struct ib_error *err)
	IB_MUST_CHECK;
/* Removes what dead writers left behind more than a day ago; what cannot be removed stays. */
void ib_store_sweep(const struct ib_store *store);

#endif
