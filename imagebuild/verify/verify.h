/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify - proves a folder of outputs, link by link.
 *
 * A link is one sentence about the folder that holds or does not, each
 * standing on earlier ones: the sums are signed by a key that is trusted, the
 * files are those of the sums, and so on down to every file inside the root
 * image. links.c has the table. A link is walked only when those that it
 * stands on hold: nothing is made of bytes that nobody vouches for.
 *
 * What a folder does not hold is no lie: such a link is absent. Whoever must have the evidence
 * demands links by name, and then their absence breaks them: else those who may sign statements could leave
 * out what speaks against them.
 *
 * What is trusted comes from outside (struct ib_trust), never from the folder
 * itself: a folder that was signed anew as a whole is refused.
 */
#ifndef IB_VERIFY_H
#define IB_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "verify/trust.h"

enum ib_link_state {
	IB_LINK_HOLDS,
	IB_LINK_BROKEN,
	IB_LINK_ABSENT,     /* the folder claims nothing of the kind */
	IB_LINK_NOT_WALKED, /* it stands on one that is broken */
};

struct ib_link_result {
	const char *name;  /* "sums-signature" */
	const char *claim; /* the sentence */
	enum ib_link_state state;
	const char *detail; /* what was seen, or what is wrong; or NULL */
	const char *hint;   /* what to do about it, or NULL */
};

struct ib_verification {
	struct ib_link_result *links;
	size_t count;
	struct ib_arena *arena; /* owned */
};

/*
 * Walks all links. Broken ones are no failure of this function: it fails only
 * when the machine does, or (IB_INPUT) when folder is none.
 */
int ib_verify(const char *folder, const struct ib_trust *trust, const struct ib_log *log,
	      struct ib_verification **ret_verification, struct ib_error *err) IB_MUST_CHECK;
void ib_verification_free(struct ib_verification *verification);
/*
 * Adds to *links, a set that begins as 0, those that names lists, separated by commas; "all" stands for
 * all but those of outputs that few recipes ask for. IB_INPUT for what is none.
 */
int ib_links_add(const char *names, uint32_t *links, struct ib_error *err) IB_MUST_CHECK;
/* Those of this set that are absent are broken from now on. */
void ib_verification_require(struct ib_verification *verification, uint32_t links);
/* IB_TRUST naming the first broken link. */
int ib_verification_verdict(const struct ib_verification *verification, struct ib_error *err)
	IB_MUST_CHECK;
const char *ib_link_state_name(enum ib_link_state state); /* "holds", "broken", … */

IB_DEFINE_AUTO(ib_verification);

#endif
