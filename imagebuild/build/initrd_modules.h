/* SPDX-License-Identifier: Apache-2.0 */
/* initrd_modules - which kernel modules the initrd carries: the recipe's and what they need. */
#ifndef IB_BUILD_INITRD_MODULES_H
#define IB_BUILD_INITRD_MODULES_H

#include "build/work.h"

/*
 * *ret_paths gets each module's path as its package lists it, as keys. A name
 * that is neither a module nor built into the kernel is IB_INPUT. Facts of the
 * packages must have been learnt.
 */
int ib_work_choose_modules(struct ib_work *work, struct ib_map *ret_paths, struct ib_error *err)
	IB_MUST_CHECK;

/* Whether a path is below /lib/modules/VERSION/ (also through /usr). */
bool ib_is_module_path(const char *path);

#endif
