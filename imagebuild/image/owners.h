/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owners - how an image calls its owners: the names of numbers in its own /etc/passwd and /etc/group.
 */
#ifndef IB_IMAGE_OWNERS_H
#define IB_IMAGE_OWNERS_H

#include <stdint.h>

#include "base/base.h"
#include "image/image_file.h"

struct ib_owners;

/* tree: the one that was read last from the image. Without the files nobody has a name. */
int ib_owners_read(struct ib_image *image, const struct ib_tree *tree,
		   struct ib_owners **ret_owners, struct ib_error *err) IB_MUST_CHECK;
void ib_owners_free(struct ib_owners *owners);
/* Live as long as the owners; NULL: the number has no name. */
const char *ib_owners_user(const struct ib_owners *owners, uint32_t number);
const char *ib_owners_group(const struct ib_owners *owners, uint32_t number);

IB_DEFINE_AUTO(ib_owners);

#endif
