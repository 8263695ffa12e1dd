/* SPDX-License-Identifier: Apache-2.0 */
/* needs - whose a file is, and which package needs which; inside policy/ only. */
#ifndef IB_POLICY_NEEDS_H
#define IB_POLICY_NEEDS_H

#include "policy/policy.h"

struct ib_needs;

/* Borrows the subject. */
struct ib_needs *ib_needs_new(const struct ib_policy_subject *subject);
void ib_needs_free(struct ib_needs *needs);

/* The number of the package that an inode belongs to; false: none. */
bool ib_needs_owner(const struct ib_needs *needs, const struct ib_inode *inode, size_t *ret_number);
/* Fills the evidence of each package (by the subject's order). */
int ib_needs_find(struct ib_needs *needs, struct ib_size_package *packages, struct ib_error *err)
	IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_needs);

#endif
