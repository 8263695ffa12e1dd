/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of recipes: a short one in pieces, read from the test's folder. */
#ifndef IB_TEST_RECIPE_TEXT_H
#define IB_TEST_RECIPE_TEXT_H

#include "base/base.h"
#include "recipe/recipe.h"
#include "test.h"

#define FPR      "2BC94FFF7015A5F28F1537AD0CD9FED33135CE90"
#define IMAGE    "image: {id: node, version: \"1.0\", architecture: x86_64}\n"
#define KEYS     "keys: [{file: key.asc, fingerprint: " FPR "}]"
#define BASE     "repositories: [{id: base, url: state1, " KEYS "}]\n"
#define PACKAGES "packages: [bash]\n"
#define HEAD     "format: 1\n" IMAGE
#define GOOD     HEAD BASE PACKAGES

static inline int read_text(const char *text, struct ib_recipe **ret_recipe, struct ib_error *err)
{
	ib_autofree char *path = NULL;

	test_file("r.yaml", text, &path);
	return ib_recipe_read(path, ret_recipe, err);
}

#endif
