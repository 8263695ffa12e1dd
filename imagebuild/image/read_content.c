/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "compress/compress.h"
#include "image/reader.h"

/* The kernel takes no larger ones. */
#define MAX_EXTENT_BYTES ((size_t)12 << 20)
#define FLAT_PIECE       ((size_t)64 * EROFS_BLOCK)

static int read_pieces(const struct reader *reader, uint64_t offset, uint64_t size,
		       ib_reader_take_fn take, void *context, struct ib_error *err)
{
	ib_autofree uint8_t *piece =
		ib_realloc_array(NULL, (size_t)IB_MIN(size, (uint64_t)FLAT_PIECE), 1);

	while (size) {
		size_t now = (size_t)IB_MIN(size, (uint64_t)FLAT_PIECE);

		IB_TRY(ib_reader_get(reader, piece, now, offset, err));
		IB_TRY(take(context, piece, now, err));
		offset += now;
		size -= now;
	}
	return 0;
}

int ib_reader_flat(const struct reader *reader, const struct disk_inode *disk,
		   ib_reader_take_fn take, void *context, struct ib_error *err)
{
	uint64_t tail = disk->layout == EROFS_LAYOUT_INLINE ? disk->size % EROFS_BLOCK : 0;
	uint64_t whole = disk->size - tail;

	if (tail && disk->extra_offset % EROFS_BLOCK + tail > EROFS_BLOCK)
		return ib_fail(err, IB_INPUT,
			       "the tail of inode %" PRIu64 " of '%s' crosses a block", disk->nid,
			       reader->image->name);
	IB_TRY(read_pieces(reader, (uint64_t)disk->word * EROFS_BLOCK, whole, take, context, err));
	return read_pieces(reader, disk->extra_offset, tail, take, context, err);
}

struct expanding {
	const struct reader *reader;
	const struct disk_inode *disk;
	ib_reader_take_fn take;
	void *context;
	uint8_t *in, *out; /* owned */
	size_t in_size, out_size;
};

static int fail_extent(const struct expanding *expanding, const struct disk_extent *extent,
		       struct ib_error *err)
{
	if (extent->tail_size)
		return ib_fail(err, IB_INPUT,
			       "the packed tail of inode %" PRIu64
			       " of '%s' does not hold what it has from byte %" PRIu64 " on",
			       expanding->disk->nid, expanding->reader->image->name, extent->start);
	return ib_fail(err, IB_INPUT,
		       "block %" PRIu32 " of '%s' does not hold what inode %" PRIu64
		       " has from byte %" PRIu64 " on",
		       extent->block, expanding->reader->image->name, expanding->disk->nid,
		       extent->start);
}

static void make_room(uint8_t **buffer, size_t *size, size_t needed)
{
	if (needed <= *size)
		return;
	*buffer = ib_realloc_array(*buffer, needed, 1);
	*size = needed;
}

static bool decompress(const struct expanding *expanding, const struct disk_extent *extent,
		       const uint8_t *in, size_t in_size, size_t out_size)
{
	if (extent->algorithm == EROFS_ALGORITHM_ZSTD)
		return ib_zstd_expand(in, in_size, expanding->out, out_size);
	return ib_lz4_expand(in, in_size, expanding->out, out_size);
}

static int give_zeros(const struct expanding *expanding, uint64_t size, struct ib_error *err)
{
	ib_autofree uint8_t *zeros = ib_alloc((size_t)IB_MIN(size, (uint64_t)FLAT_PIECE));

	while (size) {
		size_t now = (size_t)IB_MIN(size, (uint64_t)FLAT_PIECE);

		IB_TRY(expanding->take(expanding->context, zeros, now, err));
		size -= now;
	}
	return 0;
}

static int expand(void *context, const struct disk_extent *extent, struct ib_error *err)
{
	struct expanding *expanding = context;
	size_t stored =
		extent->tail_size ? extent->tail_size : (size_t)extent->block_count * EROFS_BLOCK;
	uint64_t size = extent->end - extent->start;
	uint64_t offset =
		extent->tail_size ? extent->tail_offset : (uint64_t)extent->block * EROFS_BLOCK;
	size_t skip = 0;

	if (extent->is_hole)
		return give_zeros(expanding, size, err);
	if (size > (extent->is_raw ? stored : MAX_EXTENT_BYTES))
		return fail_extent(expanding, extent, err);
	if (extent->is_raw)
		return read_pieces(expanding->reader, offset, size, expanding->take,
				   expanding->context, err);
	make_room(&expanding->in, &expanding->in_size, stored);
	IB_TRY(ib_reader_get(expanding->reader, expanding->in, stored, offset, err));
	make_room(&expanding->out, &expanding->out_size, (size_t)size);
	while (expanding->reader->is_padded && skip < IB_MIN(stored, (size_t)EROFS_BLOCK) &&
	       !expanding->in[skip])
		skip++;
	if (!decompress(expanding, extent, expanding->in + skip, stored - skip, (size_t)size))
		return fail_extent(expanding, extent, err);
	return expanding->take(expanding->context, expanding->out, (size_t)size, err);
}

int ib_reader_content(const struct reader *reader, const struct disk_inode *disk,
		      ib_reader_take_fn take, void *context, struct ib_error *err)
{
	struct expanding expanding = {
		.reader = reader, .disk = disk, .take = take, .context = context
	};
	int r = 0;

	if (disk->layout == EROFS_LAYOUT_PLAIN || disk->layout == EROFS_LAYOUT_INLINE)
		return ib_reader_flat(reader, disk, take, context, err);
	r = ib_reader_extents(reader, disk, expand, &expanding, err);
	ib_free(expanding.in);
	ib_free(expanding.out);
	return r;
}
