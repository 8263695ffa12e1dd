/* SPDX-License-Identifier: Apache-2.0 */
/* check - what only the whole recipe can tell, and the defaults of what is not said. */
#ifndef IB_RECIPE_CHECK_H
#define IB_RECIPE_CHECK_H

#include "recipe/recipe.h"

/* That architecture, which must be one that the recipe is for; before the check. */
int ib_recipe_choose(struct ib_recipe *recipe, const char *architecture, struct ib_error *err)
	IB_MUST_CHECK;
int ib_recipe_check(const struct ib_recipe *recipe, struct ib_error *err) IB_MUST_CHECK;
/* Holds, pins and fast-tracks: each package in one of them only, each repository there. */
int ib_recipe_check_pins(const struct ib_recipe *recipe, struct ib_error *err) IB_MUST_CHECK;

/* recipe/root.c: the root's format, compression and level go together; what is not said, filled in. */
int ib_recipe_check_root(const struct ib_recipe *recipe, struct ib_error *err) IB_MUST_CHECK;
void ib_recipe_complete_root(struct ib_recipe *recipe);
/* After the check: default outputs, level and command line. */
void ib_recipe_complete(struct ib_recipe *recipe);

#endif
