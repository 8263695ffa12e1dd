/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import - a lock of another program decides which packages ours has (inside build/).
 *
 * The recipe says what is wished, as ever; the other lock says at which version
 * and with which bytes each package gets in. Both must name the same set: a
 * package that only one of them has is an error that says so, because a lock
 * that differs from what it was made from helps nobody. Signatures, digests and
 * scriptlets are judged as they always are.
 */
#ifndef IB_BUILD_IMPORT_H
#define IB_BUILD_IMPORT_H

#include "build/metadata.h"
#include "build/work.h"
#include "resolve/resolve.h"

/* A package of the other lock, for the architecture at hand. */
struct ib_imported {
	const struct ib_foreign_item *item;
	struct ib_resolve_sought sought;
};

struct ib_import {
	const struct ib_foreign *foreign;
	struct ib_imported *packages; /* in the work's arena */
	size_t count;
};

/*
 * Finds each package in the repositories and adds it to what the resolver keeps
 * and pins. IB_MISSING: no repository has it; IB_TRUST: with other bytes.
 */
int ib_work_plan_import(struct ib_work *work, const struct ib_foreign *foreign,
			const struct ib_metadata *metadata, struct ib_keeping *keeping,
			struct ib_import *ret_import, struct ib_error *err) IB_MUST_CHECK;

/* IB_INPUT unless the answer is exactly what the other lock names; IB_TRUST for other bytes. */
int ib_work_check_import(const struct ib_import *import, const struct ib_resolution *resolution,
			 struct ib_error *err) IB_MUST_CHECK;

#endif
