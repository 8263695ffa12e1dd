/* SPDX-License-Identifier: Apache-2.0 */
/* policy - what of a recipe the rules of policy/ are given; inside build/ only. */
#ifndef IB_BUILD_POLICY_H
#define IB_BUILD_POLICY_H

#include "build/work.h"
#include "policy/policy.h"

/* Borrows from recipe and arena; a rule that does not exist is IB_INPUT with its line. */
int ib_build_policy_settings(const struct ib_recipe *recipe, struct ib_arena *arena,
			     struct ib_policy_settings *ret_settings, struct ib_error *err)
	IB_MUST_CHECK;

#endif
