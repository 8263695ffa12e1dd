/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each inode goes. They stand in the order in which a walk meets them, all of a
 * directory together; what is inline may not cross a block, nor may a packed tail, and the gaps that
 * this leaves are filled with inodes that come later and fit.
 */
#include <assert.h>
#include <string.h>
#include <sys/stat.h>

#include "image/writer.h"

/* Gaps that are remembered; older ones stay empty. Packed tails leave many, and fit into many. */
#define MAX_GAPS          64U
#define MAX_GAPS_OF_TAILS 1024U

struct gap {
	uint64_t position;
	uint64_t size;
};

struct placing {
	uint64_t end;
	struct gap gaps[MAX_GAPS_OF_TAILS]; /* oldest first */
	size_t gap_count, max_gaps;
};

struct planned *ib_plan_of(const struct plan *plan, const struct ib_inode *inode)
{
	return &plan->inodes[inode->number - 1];
}

uint64_t ib_plan_nid(const struct plan *plan, const struct ib_node *node)
{
	return ib_plan_of(plan, node->inode)->position / EROFS_SLOT;
}

static uint32_t inode_bytes(const struct planned *planned)
{
	return planned->is_extended ? EROFS_INODE_EXTENDED_BYTES : EROFS_INODE_COMPACT_BYTES;
}

/* A compact inode has no time of its own, and narrow numbers. */
static bool needs_extended(const struct ib_erofs_writer *writer, const struct planned *planned)
{
	const struct ib_inode *inode = planned->inode;

	return inode->mtime != writer->params.build_time || inode->uid > UINT16_MAX ||
	       inode->gid > UINT16_MAX || inode->link_count > UINT16_MAX ||
	       planned->size > UINT32_MAX;
}

static void plan_inline(struct planned *planned, uint64_t size)
{
	planned->layout = EROFS_LAYOUT_PLAIN;
	planned->extra_bytes = 0;
	if (size && inode_bytes(planned) + planned->xattr_bytes + size <= EROFS_BLOCK) {
		planned->layout = EROFS_LAYOUT_INLINE;
		planned->extra_bytes = (uint32_t)size;
	}
}

static int plan_directory(struct plan *plan, struct planned *planned, struct ib_error *err)
{
	IB_AUTO_BUFFER(data, ib_directory_bound(planned->node));
	struct ib_erofs_writer *writer = plan->writer;
	uint64_t blocks = 0;

	ib_directory_put(plan, planned->node, false, &data);
	planned->size = data.size;
	planned->is_extended = needs_extended(writer, planned);
	plan_inline(planned, data.size % EROFS_BLOCK);
	blocks = (data.size - planned->extra_bytes + EROFS_BLOCK - 1) / EROFS_BLOCK;
	planned->first_block = (uint32_t)writer->next_block;
	if (writer->next_block + blocks >= UINT32_MAX)
		return ib_fail(err, IB_LIMIT, "image '%s' would need more than 2^32 blocks",
			       writer->path);
	writer->next_block += blocks;
	return 0;
}

/*
 * A tail for which there is no room beside the inode (its attributes are large)
 * goes behind the content's blocks, which therefore move to the end.
 */
static int relocate(struct ib_erofs_writer *writer, struct content *content, struct ib_error *err)
{
	uint8_t block[EROFS_BLOCK];
	uint64_t from = (uint64_t)content->start_block * EROFS_BLOCK;
	uint64_t start = writer->next_block;
	uint32_t i = 0;

	for (i = 0; i < content->block_count; i++) {
		IB_TRY(ib_fd_read_at(writer->fd, block, EROFS_BLOCK,
				     from + (uint64_t)i * EROFS_BLOCK, writer->path, err));
		IB_TRY(ib_writer_append(writer, block, EROFS_BLOCK, err));
	}
	IB_TRY(ib_spool_read(writer, block, content->tail_size, content->tail_offset, err));
	IB_TRY(ib_writer_append(writer, block, content->tail_size, err));
	content->start_block = (uint32_t)start;
	content->block_count++;
	content->tail_size = 0;
	return 0;
}

static int plan_file(struct plan *plan, struct planned *planned, struct ib_error *err)
{
	struct content *content = planned->content;

	planned->size = planned->inode->size;
	planned->is_extended = needs_extended(plan->writer, planned);
	planned->layout = EROFS_LAYOUT_PLAIN;
	if (!content)
		return 0;
	if (content->is_compressed) {
		planned->layout = EROFS_LAYOUT_COMPRESSED_COMPACT;
		planned->extra_bytes =
			(uint32_t)ib_index_size(content,
						inode_bytes(planned) + planned->xattr_bytes) +
			content->tail_size;
		plan->has_packed_tails |= content->tail_size != 0;
		return 0;
	}
	if (content->is_chunked) {
		planned->layout = EROFS_LAYOUT_CHUNKS;
		planned->extra_bytes = (uint32_t)ib_chunks_size(content);
		plan->has_chunks = true;
		return 0;
	}
	plan_inline(planned, content->tail_size);
	if (content->tail_size && planned->layout == EROFS_LAYOUT_PLAIN)
		return relocate(plan->writer, content, err);
	return 0;
}

/* Targets that do not fit beside their inode get a block like a file's content. */
static int plan_link(struct plan *plan, struct planned *planned, struct ib_error *err)
{
	const struct ib_inode *inode = planned->inode;

	planned->size = inode->size;
	planned->is_extended = needs_extended(plan->writer, planned);
	plan_inline(planned, inode->size);
	if (planned->layout == EROFS_LAYOUT_INLINE)
		return 0;
	planned->first_block = (uint32_t)plan->writer->next_block;
	return ib_writer_append(plan->writer, inode->link, inode->size, err);
}

static int plan_inode(struct plan *plan, struct planned *planned, struct ib_error *err)
{
	planned->xattr_bytes = ib_xattr_bytes(plan, planned->inode);
	if (planned->xattr_bytes > UINT16_MAX * 4U) {
		ib_autofree char *path = ib_node_path(planned->node);

		return ib_fail(err, IB_LIMIT, "the attributes of '%s' take %u bytes", path,
			       (unsigned)planned->xattr_bytes);
	}
	switch (planned->inode->mode & S_IFMT) {
	case S_IFDIR:
		return plan_directory(plan, planned, err);
	case S_IFREG:
		return plan_file(plan, planned, err);
	case S_IFLNK:
		return plan_link(plan, planned, err);
	default:
		planned->layout = EROFS_LAYOUT_PLAIN;
		planned->is_extended = needs_extended(plan->writer, planned);
		return 0;
	}
}

/* ---- positions ---- */

static void remember_gap(struct placing *placing, uint64_t position, uint64_t size)
{
	if (size < EROFS_SLOT)
		return;
	if (placing->gap_count == placing->max_gaps) {
		placing->gap_count--;
		memmove(placing->gaps, placing->gaps + 1, placing->gap_count * sizeof(struct gap));
	}
	placing->gaps[placing->gap_count++] = (struct gap){ position, size };
}

static bool place_in_gap(struct placing *placing, struct planned *planned, uint64_t size)
{
	size_t i = 0;

	for (i = 0; i < placing->gap_count; i++) {
		struct gap *gap = &placing->gaps[i];

		if (gap->size < size)
			continue;
		planned->position = gap->position;
		gap->position += size;
		gap->size -= size;
		if (gap->size >= EROFS_SLOT)
			return true;
		placing->gap_count--;
		memmove(gap, gap + 1, (placing->gap_count - i) * sizeof(*gap));
		return true;
	}
	return false;
}

static uint64_t whole_slots(uint64_t bytes)
{
	return (bytes + EROFS_SLOT - 1) / EROFS_SLOT * EROFS_SLOT;
}

/* How much later than at position an inode begins, so that nothing crosses a block that may not. */
static uint64_t delay_of(const struct planned *planned, uint64_t position, uint64_t size)
{
	uint64_t whole = 0; /* how much at its end has to lie within one… */
	uint64_t at = 0;    /* …and where in it that would begin */

	if (planned->layout == EROFS_LAYOUT_INLINE)
		whole = size;
	if (planned->layout == EROFS_LAYOUT_COMPRESSED_COMPACT)
		whole = planned->content->tail_size;
	at = (position + size - whole) % EROFS_BLOCK;
	return at + whole <= EROFS_BLOCK ? 0 : whole_slots(EROFS_BLOCK - at);
}

/* What lies between two inodes becomes gaps of one block each: whatever fits into one may lie there. */
static void skip(struct placing *placing, uint64_t size)
{
	uint64_t in_block = IB_MIN(size, EROFS_BLOCK - placing->end % EROFS_BLOCK);

	remember_gap(placing, placing->end, in_block);
	remember_gap(placing, placing->end + in_block, size - in_block);
	placing->end += size;
}

static void place(struct placing *placing, struct planned *planned)
{
	uint64_t size = inode_bytes(planned) + planned->xattr_bytes + planned->extra_bytes;

	if (place_in_gap(placing, planned, whole_slots(size)))
		return;
	skip(placing, delay_of(planned, placing->end, size));
	planned->position = placing->end;
	placing->end += whole_slots(size);
}

int ib_plan_layout(struct plan *plan, struct ib_error *err)
{
	struct placing placing = { 0 };
	size_t i = 0;

	/* twice: a content that was moved looks different to those who share it */
	for (i = 0; i < plan->inode_count; i++)
		if (S_ISREG(plan->inodes[i].inode->mode))
			IB_TRY(plan_inode(plan, &plan->inodes[i], err));
	for (i = 0; i < plan->inode_count; i++)
		IB_TRY(plan_inode(plan, &plan->inodes[i], err));
	placing.max_gaps = plan->has_packed_tails ? MAX_GAPS_OF_TAILS : MAX_GAPS;
	/* nid 0 stays free: the kernel takes it for no inode */
	placing.end = IB_MAX((uint64_t)EROFS_SLOT, plan->shared.size);
	placing.end = (placing.end + EROFS_SLOT - 1) / EROFS_SLOT * EROFS_SLOT;
	for (i = 0; i < plan->inode_count; i++)
		place(&placing, &plan->inodes[i]);
	assert(plan->inodes[0].position / EROFS_SLOT <= UINT16_MAX);
	ib_writer_pad_region(plan->writer);
	plan->metadata_block = plan->writer->next_block;
	plan->metadata_size = (placing.end + EROFS_BLOCK - 1) / EROFS_BLOCK * EROFS_BLOCK;
	if (plan->metadata_block + plan->metadata_size / EROFS_BLOCK >= UINT32_MAX)
		return ib_fail(err, IB_LIMIT, "image '%s' would need more than 2^32 blocks",
			       plan->writer->path);
	return 0;
}
