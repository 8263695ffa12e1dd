/* SPDX-License-Identifier: Apache-2.0 */
/*
 * initrd_source - the contents of the initrd, each package read once.
 *
 * What a package of the initrd brought into the root as well lies in the root's image by now, and is
 * read back from there, held against the digest that the package's signed header states: expanding
 * blocks costs a fraction of what a package's payload does. A package of which the root lacks
 * something that the initrd has is streamed. Contents come in the order of the files in their packages either way.
 */
#ifndef IB_BUILD_INITRD_SOURCE_H
#define IB_BUILD_INITRD_SOURCE_H

#include "build/work.h"
#include "image/image.h"

struct ib_initrd_source {
	struct ib_work *work;
	const struct ib_format *format;
	struct ib_region image;
	struct ib_content_source packages; /* of the initrd, as they lie in the store */
	uint32_t *root_numbers; /* owned; by the initrd's members: their number among the root's */
	struct ib_content_source content;
};

/* image: of the root, finished; it and the trees must outlive the source. */
void ib_initrd_source_init(struct ib_initrd_source *source, struct ib_work *work,
			   const struct ib_region *image);
void ib_initrd_source_done(struct ib_initrd_source *source);

#endif
