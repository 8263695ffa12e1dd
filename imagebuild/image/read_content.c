/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "compress/compress.h"
#include "image/reader.h"

/* LZ4 cannot hold more in a block. */
#define MAX_EXTENT_BYTES ((size_t)256 * EROFS_BLOCK)
#define FLAT_PIECE       ((size_t)64 * EROFS_BLOCK)

static int read_pieces(const struct reader *reader, uint64_t offset, uint64_t size,
		       ib_reader_take_fn take, void *context, struct ib_error *err)
{
	ib_autofree uint8_t *piece = ib_realloc_array(NULL, FLAT_PIECE, 1);

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
	struct disk_extent extent; /* whose end is not known yet */
	bool has_extent;
	uint8_t *out; /* MAX_EXTENT_BYTES */
};

static int fail_extent(const struct expanding *expanding, struct ib_error *err)
{
	return ib_fail(err, IB_INPUT,
		       "block %" PRIu32 " of '%s' does not hold what inode %" PRIu64
		       " has from byte %" PRIu64 " on",
		       expanding->extent.block, expanding->reader->image->name,
		       expanding->disk->nid, expanding->extent.start);
}

/* The extent that was begun reaches to end. */
static int expand(const struct expanding *expanding, uint64_t end, struct ib_error *err)
{
	const struct disk_extent *extent = &expanding->extent;
	uint8_t block[EROFS_BLOCK];
	uint64_t size = end - extent->start;
	size_t skip = 0;

	if (!size)
		return 0;
	if (size > (extent->is_raw ? EROFS_BLOCK : MAX_EXTENT_BYTES))
		return fail_extent(expanding, err);
	IB_TRY(ib_reader_get(expanding->reader, block, sizeof(block),
			     (uint64_t)extent->block * EROFS_BLOCK, err));
	if (extent->is_raw)
		return expanding->take(expanding->context, block, (size_t)size, err);
	while (expanding->reader->is_padded && skip < sizeof(block) && !block[skip])
		skip++;
	if (!ib_lz4_expand(block + skip, sizeof(block) - skip, expanding->out, (size_t)size))
		return fail_extent(expanding, err);
	return expanding->take(expanding->context, expanding->out, (size_t)size, err);
}

static int next_extent(void *context, const struct disk_extent *extent, struct ib_error *err)
{
	struct expanding *expanding = context;

	if (expanding->has_extent)
		IB_TRY(expand(expanding, extent->start, err));
	expanding->extent = *extent;
	expanding->has_extent = true;
	return 0;
}

int ib_reader_content(const struct reader *reader, const struct disk_inode *disk,
		      ib_reader_take_fn take, void *context, struct ib_error *err)
{
	struct expanding expanding = { reader, disk, take, context, { 0 }, false, NULL };
	ib_autofree uint8_t *out = NULL;

	if (disk->layout == EROFS_LAYOUT_PLAIN || disk->layout == EROFS_LAYOUT_INLINE)
		return ib_reader_flat(reader, disk, take, context, err);
	out = ib_realloc_array(NULL, MAX_EXTENT_BYTES, 1);
	expanding.out = out;
	IB_TRY(ib_reader_extents(reader, disk, next_extent, &expanding, err));
	return expanding.has_extent ? expand(&expanding, disk->size, err) : 0;
}
