/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of EROFS: an image below the test's folder, written and opened again. */
#ifndef IB_TEST_EROFS_IMAGE_H
#define IB_TEST_EROFS_IMAGE_H

#include <fcntl.h>

#include "image/image.h"
#include "test.h"

#define BUILD_TIME 1700000000

static inline struct ib_erofs_writer *open_writer(struct ib_tree *tree, size_t threads)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	const struct ib_erofs_params params = { .compression = IB_EROFS_LZ4,
						.build_time = BUILD_TIME,
						.threads = threads };
	struct ib_erofs_writer *writer = NULL;

	ck_ok(ib_erofs_open(path, &params, tree, &writer, &err));
	return writer;
}

static inline struct ib_region open_image(void)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	struct ib_region image;

	ck_ok(ib_region_of_file(open(path, O_RDWR | O_CLOEXEC), "image", &image, &err));
	return image;
}

#endif
