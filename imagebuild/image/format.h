/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format - the kinds of file system that a tree can become: rows of one table.
 *
 * A row says how a format is called in a recipe, what its file's name ends in, which
 * compressions it knows, and who opens, feeds and finishes a writer. Whoever builds an
 * image looks the row up by its name and goes through it alone, so that every format
 * gets the same tree, the same source of contents and the same promises: one pass over the
 * packages, bytes that depend on tree, contents and parameters only.
 */
#ifndef IB_IMAGE_FORMAT_H
#define IB_IMAGE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "image/block_cache.h"
#include "image/image_file.h"
#include "image/layout.h"
#include "image/verity.h"
#include "tree/tree.h"

struct ib_format_params {
	const char *compression; /* one of the row's words */
	int level;               /* 0: the compression's own default */
	uint32_t
		cluster_bytes; /* of compressed data that belongs together; 0: the format's default */
	bool pack_tails; /* the end of compressed contents beside their inodes; of erofs, not with "none" */
	uint8_t uuid[16];
	int64_t build_time;
	size_t threads;    /* 0: as many as this process may use */
	bool without_sha1; /* nobody wants it of files, so that it may be left out; no cache is used */
	const struct ib_layout
		*layout; /* borrowed; NULL: packages lie as they are numbered; of erofs */
	struct ib_verity_ahead *ahead; /* borrowed; NULL: nobody hashes ahead; of erofs */
};

/* What came from the cache of blocks. */
struct ib_format_cached {
	uint64_t packages;
	uint64_t contents; /* of generators */
};

struct ib_format {
	const char *name;
	const char *suffix;              /* of the image's file: ".root.erofs" */
	const char *const *compressions; /* ends with NULL */

	/* A writer of the format's own; what they do is said at the functions behind them. */
	int (*open)(const char *path, const struct ib_format_params *params, struct ib_tree *tree,
		    void **ret_writer, struct ib_error *err);
	int (*stream)(void *writer, const struct ib_content_source *source,
		      const struct ib_content_sink *observer, struct ib_error *err);
	int (*finish)(void *writer, uint64_t *ret_size, struct ib_error *err);
	void (*free)(void *writer); /* NULL is no writer */

	/* The cache of blocks; all of these are NULL where a format has none. */
	char *(*form)(const struct ib_format_params *params);
	void (*use_cache)(void *writer, const struct ib_block_cache *cache);
	struct ib_format_cached (*cached)(const void *writer);
	/* Before any package was streamed; from any thread. */
	int (*prove)(const void *writer, const struct ib_block_proof *proof, bool *ret_good,
		     struct ib_error *err);

	const struct ib_image_reader *reader;
	/*
	 * Appends to out what a file of the finished tree has in its image (more than out has room for is
	 * IB_LIMIT); NULL where a format cannot tell.
	 */
	int (*read_back)(const struct ib_region *image, const struct ib_inode *inode,
			 struct ib_buffer *out, struct ib_error *err);
};

extern const struct ib_image_reader ib_erofs_reader;
extern const struct ib_image_reader ib_squashfs_reader;

/* NULL: there is no such format. */
const struct ib_format *ib_format_find(const char *name);
/* The rows in their order; NULL behind the last. */
const struct ib_format *ib_format_at(size_t index);
/* A compression that the format does not know is IB_INPUT, naming those that it knows. */
int ib_format_check(const struct ib_format *format, const char *compression, struct ib_error *err)
	IB_MUST_CHECK;

#endif
