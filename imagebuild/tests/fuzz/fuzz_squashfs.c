/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a squashfs image: read or refused, never more. The superblock's magic is put right first. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void); /* NOLINT(bugprone-reserved-identifier) */

/*
 * libsquashfs asks for as much memory as the list of blocks of a file has by its size, before it reads that list:
 * what is not to be had is an error that it returns, and what is had is not touched.
 */
const char *__asan_default_options(void) /* NOLINT(bugprone-reserved-identifier) */
{
	return "allocator_may_return_null=1:max_allocation_size_mb=256";
}

/* What verify and report ask for on top of the tree; refusing is all right. */
static int ask(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_error refused = IB_ERROR_INIT;
	uint64_t block = 0;
	uint64_t bytes = 0;

	(void)err;
	if (node->inode->has_sha256 &&
	    ib_image_stored(context, node->inode, &block, &bytes, &refused) < 0)
		ib_error_clear(&refused);
	return 0;
}

static int read_all(const struct ib_region *region, struct ib_error *err)
{
	const struct ib_image_limits limits = { .paths = 1000, .bytes = 4 << 20, .threads = 1 };
	IB_AUTO(ib_image) image = NULL;
	IB_AUTO(ib_tree) tree = NULL;

	IB_TRY(ib_image_open(region, &image, err));
	IB_TRY(ib_image_read_tree(image, &limits, &tree, err));
	return ib_tree_walk(tree, ask, image, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = memfd_create("image", MFD_CLOEXEC);
	ib_autofree uint8_t *copy = ib_memdup(data, size);
	struct ib_region image = { fd, 0, size, "image" };

	if (size >= 4)
		memcpy(copy, "hsqs", 4);
	if (write(fd, copy, size) != (ssize_t)size || read_all(&image, &err) < 0)
		ib_error_clear(&err);
	return 0;
}
