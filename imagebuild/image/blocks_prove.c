/* SPDX-License-Identifier: Apache-2.0 */
/* An entry that others made is held against the tree, and its blocks against the digests of the header. */
#include <stdlib.h>
#include <string.h>

#include "image/blocks.h"

/* The largest cluster; plain contents are read in as large pieces. */
#define PROVE_PIECE ((size_t)EROFS_MAX_CLUSTER_BLOCKS * EROFS_BLOCK)

/* ---- all files of the tree, each once ------------------------------------ */

static int compare_inodes(const void *a, const void *b)
{
	const struct ib_inode *const *x = a;
	const struct ib_inode *const *y = b;

	return (*x > *y) - (*x < *y);
}

/* An entry without one of the package's files would leave the image without its content. */
static bool covers(const struct ib_erofs_writer *writer, const struct ib_block_proof *proof,
		   const struct records *records)
{
	ib_autofree const struct ib_inode **inodes =
		ib_alloc_array(records->count + 1, sizeof(void *));
	size_t i = 0;

	for (i = 0; i < records->count; i++)
		inodes[i] = records->items[i].inode;
	qsort(inodes, records->count, sizeof(void *), compare_inodes);
	for (i = 1; i < records->count; i++)
		if (inodes[i] == inodes[i - 1])
			return false;
	for (i = 0; i < proof->file_count; i++) {
		const struct ib_inode *inode =
			ib_tree_payload_inode(writer->tree, proof->package, (uint32_t)i);

		if (inode && inode->size &&
		    !bsearch(&inode, inodes, records->count, sizeof(void *), compare_inodes))
			return false;
	}
	return true;
}

/* ---- what blocks hold ---------------------------------------------------- */

struct proving {
	const struct ib_erofs_writer *writer;
	const struct ib_block_proof *proof;
	const struct record *record;
	struct ib_digest *sha256, *sha1;
	uint8_t *piece; /* owned: PROVE_PIECE */
	uint8_t *out;   /* owned: SEGMENT_BYTES, which no extent exceeds */
};

static void hash(const struct proving *proving, const void *data, size_t size)
{
	ib_digest_update(proving->sha256, data, size);
	ib_digest_update(proving->sha1, data, size);
}

static bool is_zero(const uint8_t *data, size_t size)
{
	size_t i = 0;

	for (i = 0; i < size; i++)
		if (data[i])
			return false;
	return true;
}

/* A cluster's bytes, which end with its last block; what decodes them must use all of them. */
static bool expand(const struct proving *proving, const uint8_t *in, size_t in_size, size_t size)
{
	if (proving->writer->params.compression == IB_EROFS_ZSTD)
		return ib_zstd_expand(in, in_size, proving->out, size);
	return ib_lz4_expand_whole(in, in_size, proving->out, size);
}

static bool hash_extent(const struct proving *proving, uint32_t extent, size_t stored)
{
	size_t size = extent & EXTENT_SIZE;
	size_t skip = 0;

	if (extent & EXTENT_RAW) {
		hash(proving, proving->piece, size);
		return is_zero(proving->piece + size, stored - size);
	}
	/* a block's padding; what is packed has none */
	while (stored >= EROFS_BLOCK && skip < EROFS_BLOCK && !proving->piece[skip])
		skip++;
	if (!expand(proving, proving->piece + skip, stored - skip, size))
		return false;
	hash(proving, proving->out, size);
	return true;
}

static int hash_compressed(const struct proving *proving, bool *ret_good, struct ib_error *err)
{
	const struct record *record = proving->record;
	uint64_t at = record->first_block * EROFS_BLOCK;
	size_t i = 0;

	for (i = 0; i < record->content.extent_count && *ret_good; i++) {
		uint32_t extent = ib_get_le32(record->extents + 4 * i);
		bool is_tail = record->content.tail_size && i + 1 == record->content.extent_count;
		size_t stored = is_tail ? record->content.tail_size
					: (size_t)ib_extent_blocks(extent) * EROFS_BLOCK;

		/* no more than a cluster of this writer: is_shaped_right() */
		IB_TRY(ib_fd_read_at(proving->proof->entry.fd, proving->piece, stored,
				     is_tail ? record->tail_offset : at, "cache of blocks", err));
		*ret_good = hash_extent(proving, extent, stored);
		at += stored;
	}
	return 0;
}

/* Bytes as they are, then zeros to the end of the last block. */
static int hash_plain(const struct proving *proving, bool *ret_good, struct ib_error *err)
{
	const struct record *record = proving->record;
	uint64_t left = record->content.size - record->content.tail_size;
	uint64_t at = record->first_block * EROFS_BLOCK;
	uint64_t end = at + (uint64_t)record->content.block_count * EROFS_BLOCK;

	while (at < end && *ret_good) {
		size_t size = (size_t)IB_MIN(end - at, (uint64_t)PROVE_PIECE);
		size_t used = (size_t)IB_MIN(left, (uint64_t)size);

		IB_TRY(ib_fd_read_at(proving->proof->entry.fd, proving->piece, size, at,
				     "cache of blocks", err));
		hash(proving, proving->piece, used);
		*ret_good = is_zero(proving->piece + used, size - used);
		left -= used;
		at += size;
	}
	IB_TRY(ib_fd_read_at(proving->proof->entry.fd, proving->piece, record->content.tail_size,
			     record->tail_offset, "cache of blocks", err));
	hash(proving, proving->piece, record->content.tail_size);
	return 0;
}

/* One chunk: its bytes and zeros to the end of its last block, or nothing that stands for zeros. */
static int hash_chunk(const struct proving *proving, size_t size, bool is_hole, uint64_t *at,
		      bool *ret_good, struct ib_error *err)
{
	const size_t stored = (size + EROFS_BLOCK - 1) / EROFS_BLOCK * EROFS_BLOCK;

	if (is_hole) {
		memset(proving->piece, 0, size);
	} else {
		IB_TRY(ib_fd_read_at(proving->proof->entry.fd, proving->piece, stored, *at,
				     "cache of blocks", err));
		*ret_good = is_zero(proving->piece + size, stored - size);
		*at += stored;
	}
	hash(proving, proving->piece, size);
	return 0;
}

/* That runs have all chunks of the content and no more was seen when the index was read. */
static int hash_chunks(const struct proving *proving, bool *ret_good, struct ib_error *err)
{
	const struct record *record = proving->record;
	uint64_t left = record->content.size;
	uint64_t at = record->first_block * EROFS_BLOCK;
	size_t i = 0;
	uint32_t j = 0;

	for (i = 0; i < record->content.extent_count; i++) {
		const uint32_t run = ib_get_le32(record->extents + 4 * i);

		for (j = 0; j < (run & ~RUN_HOLE) && *ret_good; j++) {
			const size_t size = (size_t)IB_MIN(left, (uint64_t)IB_CHUNK_BYTES);

			IB_TRY(hash_chunk(proving, size, run & RUN_HOLE, &at, ret_good, err));
			left -= size;
		}
	}
	return 0;
}

static int hash_content(const struct proving *proving, bool *ret_good, struct ib_error *err)
{
	const struct content *content = &proving->record->content;

	if (content->is_compressed)
		return hash_compressed(proving, ret_good, err);
	if (content->is_chunked)
		return hash_chunks(proving, ret_good, err);
	return hash_plain(proving, ret_good, err);
}

static int prove_one(const struct proving *proving, bool *ret_good, struct ib_error *err)
{
	const struct content *content = &proving->record->content;
	uint8_t sha256[IB_DIGEST_MAX_SIZE];
	uint8_t sha1[IB_DIGEST_MAX_SIZE];

	*ret_good = true;
	IB_TRY(hash_content(proving, ret_good, err));
	(void)ib_digest_final(proving->sha256, sha256);
	(void)ib_digest_final(proving->sha1, sha1);
	/* that this is the digest which the header gives the file was seen when the index was read */
	*ret_good = *ret_good && !memcmp(sha256, content->sha256, sizeof(content->sha256)) &&
		    !memcmp(sha1, content->sha1, sizeof(content->sha1));
	return 0;
}

static int prove_contents(const struct ib_erofs_writer *writer, const struct ib_block_proof *proof,
			  const struct records *records, bool *ret_good, struct ib_error *err)
{
	IB_AUTO(ib_digest) sha256 = ib_digest_new("sha256");
	IB_AUTO(ib_digest) sha1 = ib_digest_new("sha1");
	ib_autofree uint8_t *piece = ib_realloc_array(NULL, PROVE_PIECE, 1);
	ib_autofree uint8_t *out = ib_realloc_array(NULL, SEGMENT_BYTES, 1);
	struct proving proving = { .writer = writer,
				   .proof = proof,
				   .sha256 = sha256,
				   .sha1 = sha1,
				   .piece = piece,
				   .out = out };
	size_t i = 0;

	for (i = 0; i < records->count && *ret_good; i++) {
		proving.record = &records->items[i];
		IB_TRY(prove_one(&proving, ret_good, err));
	}
	return 0;
}

int ib_erofs_prove(const struct ib_erofs_writer *writer, const struct ib_block_proof *proof,
		   bool *ret_good, struct ib_error *err)
{
	__attribute__((cleanup(ib_records_done))) struct records records = { 0 };
	const struct lookup lookup = { .subject.package = proof->package, .entry = proof->entry };

	IB_TRY(ib_records_read(writer, &lookup, &records, ret_good, err));
	*ret_good = *ret_good && covers(writer, proof, &records);
	return *ret_good && proof->contents ? prove_contents(writer, proof, &records, ret_good, err)
					    : 0;
}
