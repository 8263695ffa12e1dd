/* SPDX-License-Identifier: Apache-2.0 */
/* built - what else of build/ asks of images that were built; inside build/ only. */
#ifndef IB_BUILD_BUILT_H
#define IB_BUILD_BUILT_H

#include "build/build.h"

/* The root image in a folder of outputs, or path itself; in the arena. */
int ib_built_find(const char *path, struct ib_arena *arena, const char **ret_image,
		  struct ib_error *err) IB_MUST_CHECK;
/* ib_built_beside() for an image that is not open. */
char *ib_built_name_beside(const char *image, const char *suffix);
/* The blocks of 4 KiB that a file's content lies in; false: in none of its own, or its format has no such blocks. */
bool ib_built_blocks(const struct ib_built *built, const struct ib_node *node, uint64_t *ret_first,
		     uint64_t *ret_count);

#endif
