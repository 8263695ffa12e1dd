/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content - who looks on while payloads stream into the image: the facts that
 * generators need, and the few files that later steps need whole.
 */
#ifndef IB_BUILD_CONTENT_H
#define IB_BUILD_CONTENT_H

#include "build/work.h"

/* A sink that learns; it may observe another one's stream, or be streamed to alone. */
struct ib_learner {
	struct ib_work *work;
	struct ib_members *members;
	struct ib_buffer data;
	uint32_t package; /* of the file that streams by now */
	uint32_t file;
};

/*
 * What a package taught, kept in the store and back from there: afterwards opened->facts is set, or still
 * NULL where the store has nothing that holds. Fails as learning from the payload would.
 */
int ib_work_keep_facts(struct ib_work *work, const struct ib_opened *opened, struct ib_error *err)
	IB_MUST_CHECK;
int ib_work_recall_facts(struct ib_work *work, struct ib_opened *opened, struct ib_error *err)
	IB_MUST_CHECK;
/* What they are kept under: the package, and all that decides what is learnt. The caller owns it. */
char *ib_work_facts_key(const struct ib_opened *opened);

/* Whether what lies there goes into the unified kernel image: a kernel, systemd's EFI stub. */
bool ib_work_is_kernel(const char *path);
bool ib_work_is_stub(const char *path);

/* Valid as long as learner. */
struct ib_content_sink ib_learner_sink(struct ib_learner *learner);
void ib_learner_done(struct ib_learner *learner);

#endif
