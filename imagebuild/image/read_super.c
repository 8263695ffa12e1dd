/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "image/crc32c.h"
#include "image/reader.h"

bool ib_erofs_is_image(const struct ib_region *image)
{
	struct ib_error err = IB_ERROR_INIT;
	uint8_t magic[4];

	/* what cannot be read is no image, whatever the reason */
	if (ib_region_read(image, magic, sizeof(magic), EROFS_SUPER_OFFSET, &err) < 0) {
		ib_error_clear(&err);
		return false;
	}
	return ib_get_le32(magic) == EROFS_MAGIC;
}

int ib_reader_get(const struct reader *reader, void *data, size_t size, uint64_t offset,
		  struct ib_error *err)
{
	if (offset > reader->size || size > reader->size - offset)
		return ib_fail(err, IB_INPUT, "'%s' points outside itself, to byte %" PRIu64,
			       reader->image->name, offset);
	return ib_region_read(reader->image, data, size, offset, err);
}

static int check_sum(const struct ib_region *image, uint8_t *block, struct ib_error *err)
{
	uint32_t found = ib_get_le32(block + EROFS_SUPER_OFFSET + 4);

	memset(block + EROFS_SUPER_OFFSET + 4, 0, 4);
	if (ib_crc32c(UINT32_MAX, block + EROFS_SUPER_OFFSET, EROFS_BLOCK - EROFS_SUPER_OFFSET) !=
	    found)
		return ib_fail(err, IB_INPUT, "the superblock of '%s' has a wrong checksum",
			       image->name);
	return 0;
}

static int check_features(const struct ib_region *image, const uint8_t *super, struct ib_error *err)
{
	uint32_t incompatible = ib_get_le32(super + 80);

	if (super[12] != EROFS_BLOCK_BITS)
		return ib_fail(err, IB_LIMIT, "'%s' has blocks of 2^%u bytes: only 4096 are read",
			       image->name, super[12]);
	if (incompatible & ~(EROFS_INCOMPAT_LZ4_0PADDING | EROFS_INCOMPAT_CONFIGURED |
			     EROFS_INCOMPAT_CHUNKS | EROFS_INCOMPAT_PACKED_TAILS))
		return ib_fail(err, IB_LIMIT,
			       "'%s' uses features of EROFS that are not read here (0x%" PRIx32 ")",
			       image->name, incompatible);
	return 0;
}

static void fill_info(const uint8_t *super, struct ib_erofs_info *info)
{
	info->inode_count = ib_get_le64(super + 16);
	info->build_time = (int64_t)ib_get_le64(super + 24);
	info->size = (uint64_t)ib_get_le32(super + 36) * EROFS_BLOCK;
	memcpy(info->uuid, super + 48, sizeof(info->uuid));
	memcpy(info->volume_name, super + 64, sizeof(info->volume_name) - 1);
}

int ib_reader_open(struct reader *reader, const struct ib_region *image, struct ib_error *err)
{
	uint8_t block[EROFS_BLOCK];
	const uint8_t *super = block + EROFS_SUPER_OFFSET;

	IB_TRY(ib_region_read(image, block, sizeof(block), 0, err));
	if (ib_get_le32(super) != EROFS_MAGIC)
		return ib_fail(err, IB_INPUT, "'%s' is not an EROFS image", image->name);
	if (ib_get_le32(super + 8) & EROFS_COMPAT_CHECKSUM)
		IB_TRY(check_sum(image, block, err));
	IB_TRY(check_features(image, super, err));
	reader->image = image;
	fill_info(super, &reader->info);
	reader->size = reader->info.size;
	if (reader->size > image->size)
		return ib_fail(err, IB_INPUT,
			       "'%s' has %" PRIu64 " bytes of the %" PRIu64 " it needs",
			       image->name, image->size, reader->size);
	reader->build_time = reader->info.build_time;
	reader->root = ib_get_le16(super + 14);
	reader->metadata = (uint64_t)ib_get_le32(super + 40) * EROFS_BLOCK;
	reader->shared_xattrs = (uint64_t)ib_get_le32(super + 44) * EROFS_BLOCK;
	reader->is_padded = ib_get_le32(super + 80) & EROFS_INCOMPAT_LZ4_0PADDING;
	reader->has_packed_tails = ib_get_le32(super + 80) & EROFS_INCOMPAT_PACKED_TAILS;
	reader->algorithms = 1U << EROFS_ALGORITHM_LZ4;
	if (ib_get_le32(super + 80) & EROFS_INCOMPAT_CONFIGURED)
		reader->algorithms = ib_get_le16(super + 84);
	return 0;
}

int ib_erofs_read_info(const struct ib_region *image, struct ib_erofs_info *ret_info,
		       struct ib_error *err)
{
	struct reader reader = { 0 };

	IB_TRY(ib_reader_open(&reader, image, err));
	*ret_info = reader.info;
	return 0;
}
