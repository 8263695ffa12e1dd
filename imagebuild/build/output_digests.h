/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_digests - the digests of the output folder's files, taken in the background.
 *
 * A file is hashed from the moment on at which it is whole, while the rest of the image is still
 * being made; whoever writes statements waits for what is not yet done.
 */
#ifndef IB_BUILD_OUTPUT_DIGESTS_H
#define IB_BUILD_OUTPUT_DIGESTS_H

#include "base/base.h"
#include "evidence/evidence.h"

struct ib_output_digests;

/* threads 0: as many as this process may use. */
struct ib_output_digests *ib_output_digests_new(size_t threads);
/* Waits for what has begun. */
void ib_output_digests_free(struct ib_output_digests *digests);

/* The file at path, which changes no more, is hashed under this name; a name that has begun already stays. */
void ib_output_digests_begin(struct ib_output_digests *digests, const char *name, const char *path);
/*
 * The same for a file that is still being written, from bytes that lie elsewhere already: the files of the
 * spans change no more there, and may be closed.
 */
void ib_output_digests_begin_spans(struct ib_output_digests *digests, const char *name,
				   const struct ib_span *spans, size_t count);
/* Waits for all that has begun; of several faults the one of the name that began first is told. */
int ib_output_digests_wait(struct ib_output_digests *digests, struct ib_error *err) IB_MUST_CHECK;
/* Waits for one that has begun; *ret_file is owned by digests. */
int ib_output_digests_wait_for(struct ib_output_digests *digests, const char *name,
			       const struct ib_evidence_file **ret_file, struct ib_error *err)
	IB_MUST_CHECK;
/* After a wait that did not fail; NULL: it never began. Owned by digests. */
const struct ib_evidence_file *ib_output_digests_get(const struct ib_output_digests *digests,
						     const char *name);

IB_DEFINE_AUTO(ib_output_digests);

#endif
