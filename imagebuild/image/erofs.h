/* SPDX-License-Identifier: Apache-2.0 */
/*
 * erofs - a tree as an EROFS image, in one pass over the packages.
 *
 * Writing goes open, stream (any number of sources), finish. Contents go into the image
 * in the order in which the source gives them, compressed by a crew of workers; directories,
 * inodes and attributes follow behind them, so that a tree may still grow, and
 * change modes, owners and attributes, while and after contents are streamed.
 * The bytes depend on tree, contents and parameters alone, never on the number of
 * threads. Memory is bounded by a window of contents in flight, plus some bytes
 * for each cluster and path.
 *
 * Layout: block 0 holds the superblock; then contents, packages as image/layout.h says; then blocks of large
 * directories; then shared attributes; then inodes with what is inline. Indexes are
 * compact. Files with the same SHA-256 are stored once. Without compression, 64 KiB
 * of zeros take no blocks. Where tails are packed, the last compressed bytes of a file stand
 * behind its index instead of in a block that they do not fill. An image has less than 2^32 blocks (16 TiB), a file no more than 4 TiB:
 * beyond is IB_LIMIT.
 *
 * What was streamed last is still being compressed when stream returns, while the caller
 * goes on. After finish, the inodes of the tree carry the digests of their contents, and the
 * number of each is its place in the image, which ib_erofs_read_content() takes.
 */
#ifndef IB_IMAGE_EROFS_H
#define IB_IMAGE_EROFS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "image/block_cache.h"
#include "image/layout.h"
#include "image/verity.h"
#include "tree/tree.h"

enum ib_erofs_compression {
	IB_EROFS_NONE,
	IB_EROFS_LZ4,
	IB_EROFS_LZ4HC,
	IB_EROFS_ZSTD, /* kernels from 6.10 */
};

struct ib_erofs_params {
	enum ib_erofs_compression compression;
	int level; /* LZ4HC: 1 to 12; 0: 9. zstd: 1 to 22; 0: 3. As mkfs.erofs has them */
	uint32_t
		cluster_bytes; /* most bytes of compressed data that are read at once: 4 KiB to 1 MiB, a power of two; 0: 4 KiB */
	bool pack_tails; /* only with a compression; kernels from 5.17 */
	uint8_t uuid[16];
	const char *volume_name; /* at most 15 bytes; NULL: none */
	int64_t build_time;      /* inodes with this time are half as large */
	size_t threads;          /* 0: as many as this process may use */
	bool without_sha1; /* inodes get no SHA-1; not together with a cache, which keeps it */
	/* Of the packages of one stream; borrowed; NULL: they lie as they are numbered. */
	const struct ib_layout *layout;
	/* Is told how far the image got; borrowed; NULL: nobody. */
	struct ib_verity_ahead *ahead;
};

struct ib_erofs_writer;

/* Replaces path; the tree must outlive the writer. The file is whole after ib_erofs_finish() only. */
int ib_erofs_open(const char *path, const struct ib_erofs_params *params, struct ib_tree *tree,
		  struct ib_erofs_writer **ret_writer, struct ib_error *err) IB_MUST_CHECK;
void ib_erofs_writer_free(struct ib_erofs_writer *writer);

/*
 * Takes the contents of packages 0 to package_count - 1, in the order of the layout. The observer, which may
 * be NULL, is asked and served as a sink of its own, also for files that are not
 * in the tree. After a failure only ib_erofs_writer_free() is left.
 */
int ib_erofs_stream(struct ib_erofs_writer *writer, const struct ib_content_source *source,
		    const struct ib_content_sink *observer, struct ib_error *err) IB_MUST_CHECK;
/*
 * From now on packages are looked up in cache before they are streamed (the observer sees nothing of
 * those that are found), and the others are put there by ib_erofs_finish(). cache must live as long as
 * the writer.
 */
void ib_erofs_use_cache(struct ib_erofs_writer *writer, const struct ib_block_cache *cache);
/* block_cache.h; false as well for what is no entry of this writer's form. */
int ib_erofs_prove(const struct ib_erofs_writer *writer, const struct ib_block_proof *proof,
		   bool *ret_good, struct ib_error *err) IB_MUST_CHECK;
/* What of the parameters, the library and this writer decides the bytes of a content: part of every key. */
char *ib_erofs_form(const struct ib_erofs_params *params);
/*
 * Writes contents that lie in buffers, and everything else; the tree must be
 * finished (ib_tree_finish) and its owners resolved. A file whose content never
 * came is IB_FAILED.
 */
int ib_erofs_finish(struct ib_erofs_writer *writer, uint64_t *ret_size, struct ib_error *err)
	IB_MUST_CHECK;
/* The image, open for reading and writing until ib_erofs_writer_free(). */
int ib_erofs_fd(const struct ib_erofs_writer *writer);

/* What went where: for reports. */
struct ib_erofs_totals {
	uint64_t content_bytes;     /* of all different contents */
	uint64_t stored_bytes;      /* the blocks that hold them */
	uint64_t inline_bytes;      /* tails beside inodes */
	uint64_t shared_files;      /* contents that were stored already */
	uint64_t cached_packages;   /* taken from the cache */
	uint64_t streamed_packages; /* not found there */
	uint64_t cached_contents;   /* of generators, taken from the cache */
};
struct ib_erofs_totals ib_erofs_totals(const struct ib_erofs_writer *writer);

IB_DEFINE_AUTO(ib_erofs_writer);

#endif
