/* SPDX-License-Identifier: Apache-2.0 */
/* How the rows of the tables of keys are written: inside recipe/keys*.c only. */
#ifndef IB_RECIPE_KEYS_H
#define IB_RECIPE_KEYS_H

#include "recipe/fields.h"

#define WORDS_RULE(name, list) \
	static const struct ib_recipe_rule name = { \
		.words = (list), \
	}

#define FIELDS(list) .fields = (list), .count = IB_COUNT(list)
#define NO_LIST      .mark = IB_RECIPE_NOWHERE, .identity = IB_RECIPE_NOWHERE
#define MEMBER(type, member) \
	.size = sizeof(struct type), .mark = offsetof(struct type, mark), \
	.identity = offsetof(struct type, member)
#define AT(member) offsetof(struct ib_recipe, member)

/* Why something is as it is: one line, wherever a recipe gives a reason. */
extern const struct ib_recipe_rule ib_recipe_rule_reason;

/* ---- keys_policy.c ---- */

extern const struct ib_recipe_table ib_recipe_table_hardening;
extern const struct ib_recipe_table ib_recipe_table_budgets;

#endif
