/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of trees: packages of files that are written down, and the listing of what became of them. */
#ifndef IB_TEST_TREE_PACKAGES_H
#define IB_TEST_TREE_PACKAGES_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "tree/tree.h"

#define FILE_MODE (S_IFREG | 0644)
#define DIR_MODE  (S_IFDIR | 0755)
#define LINK_MODE (S_IFLNK | 0777)

static const uint8_t digest_a[32] = "content a";
static const uint8_t digest_b[32] = "content b";

#define REGULAR(name, ...) \
	{ \
		.path = (name), .mode = FILE_MODE, .size = 5, .mtime = 7, .user = "root", \
		.group = "root", .digest = digest_a, __VA_ARGS__ \
	}
#define FOLDER(name, ...) \
	{ \
		.path = (name), .mode = DIR_MODE, .user = "root", .group = "root", __VA_ARGS__ \
	}
#define LINK(name, target) \
	{ \
		.path = (name), .mode = LINK_MODE, .user = "root", .group = "root", \
		.link = (target), \
	}

/* The macros that take more members are called without any, too. */
#pragma GCC diagnostic ignored "-Woverride-init"

static inline struct ib_package package_of(const char *nevra, const struct ib_package_file *files,
					   size_t count)
{
	return (struct ib_package){
		.name = nevra,
		.nevra = nevra,
		.digest_kind = IB_DIGEST_SHA256,
		.files = files,
		.file_count = count,
	};
}
#define PACKAGE(nevra, files) package_of(nevra, files, IB_COUNT(files))

static inline char *listing_of(const struct ib_tree *tree)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(out, 1 << 20);

	ck_ok(ib_tree_write_listing(tree, &out, &err));
	return ib_buffer_take_text(&out);
}

static inline void lay(struct ib_tree *tree, uint32_t number, const struct ib_package *package)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_tree_add_package(tree, number, package, NULL, &err));
}

#endif
