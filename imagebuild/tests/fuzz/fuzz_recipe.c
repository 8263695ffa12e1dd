/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a recipe: read or refused; what was read can be told again. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "recipe/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct ib_recipe *recipe)
{
	ib_autofree char *canonical = ib_recipe_canonical(recipe);
	IB_AUTO_STRINGS(wishes);

	ib_recipe_wishes(recipe, &wishes);
	if (!ib_str_is_utf8(canonical, strlen(canonical)) || !wishes.count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ib_autoclose int fd = memfd_create("recipe", MFD_CLOEXEC);
	ib_autofree char *path = ib_strf("/proc/self/fd/%d", fd);
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;

	if (ib_fd_write(fd, data, size, 0, path, &err) < 0 ||
	    ib_recipe_read(path, &recipe, &err) < 0)
		ib_error_clear(&err);
	else
		use(recipe);
	return 0;
}
