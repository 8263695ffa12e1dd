/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of packed tails: contents of given shapes, images of them, and what their indexes say. */
#ifndef IB_TEST_EROFS_TAILS_H
#define IB_TEST_EROFS_TAILS_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "image/image.h"
#include "image/reader.h"
#include "image/writer.h"
#include "test.h"

#define BUILD_TIME 1700000000
#define BLOCK      4096U
#define SUPER      1024U
#define MIB        ((size_t)1 << 20)

static const struct {
	enum ib_erofs_compression compression;
	int level;
	uint32_t cluster_bytes;
} settings[] = {
	{ IB_EROFS_LZ4, 0, 4096 },      { IB_EROFS_LZ4HC, 0, 4096 }, { IB_EROFS_LZ4HC, 10, 16384 },
	{ IB_EROFS_LZ4, 0, 65536 },     { IB_EROFS_ZSTD, 0, 4096 },  { IB_EROFS_ZSTD, 3, 65536 },
	{ IB_EROFS_LZ4HC, 4, 1 << 18 },
};

/* ---- contents ---- */

/* So many bytes of text, of zeros, of noise, and of text again. */
struct shape {
	size_t text, zeros, noise, more;
};

static inline uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

static inline void put_text(struct ib_buffer *out, size_t size, uint32_t seed)
{
	static const char *const words[] = { "root ", "tree ", "node ", "block\n", "hash ", "of " };
	const size_t end = out->size + size;

	while (out->size < end) {
		uint32_t number = next_random(&seed) % 1024;

		ib_buffer_puts(out, words[next_random(&seed) % IB_COUNT(words)]);
		for (; number; number >>= 5)
			ib_buffer_put_u8(out, (uint8_t)('0' + number % 32));
	}
	out->size = end;
}

static inline void put_noise(struct ib_buffer *out, size_t size, uint32_t seed)
{
	size_t i = 0;

	for (i = 0; i < size; i++)
		ib_buffer_put_u8(out, (uint8_t)next_random(&seed));
}

static inline void put_shape(struct ib_buffer *out, const struct shape *shape, uint32_t seed)
{
	put_text(out, shape->text, seed);
	ib_buffer_put_zeros(out, shape->zeros);
	put_noise(out, shape->noise, seed);
	put_text(out, shape->more, seed + 1);
}

/* ---- images ---- */

/* A tree whose contents lie in buffers, which it keeps until it is freed. */
struct made {
	struct ib_tree *tree;
	struct ib_buffer contents[64];
	size_t count;
};

static inline struct made made_new(void)
{
	return (struct made){ .tree = ib_tree_new(BUILD_TIME) };
}

static inline void made_done(struct made *made)
{
	ib_tree_free(made->tree);
	while (made->count)
		ib_buffer_done(&made->contents[--made->count]);
}

static inline struct ib_inode *add(struct made *made, const char *path, const struct shape *shape,
				   uint32_t seed)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_buffer *content = &made->contents[made->count++];
	struct ib_tree_entry entry = { .path = path, .mode = S_IFREG | 0644 };
	struct ib_node *node = NULL;

	ck_assert_uint_le(made->count, IB_COUNT(made->contents));
	*content = IB_BUFFER_INIT(16 * MIB);
	put_shape(content, shape, seed);
	entry.data = content->data;
	entry.size = content->size;
	ck_ok(ib_tree_put(made->tree, &entry, &node, &err));
	return node->inode;
}

static inline void write_image(struct made *made, int setting, bool pack_tails, size_t threads,
			       char sha256[65])
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	const struct ib_erofs_params params = { .compression = settings[setting].compression,
						.level = settings[setting].level,
						.cluster_bytes = settings[setting].cluster_bytes,
						.pack_tails = pack_tails,
						.build_time = BUILD_TIME,
						.threads = threads };
	IB_AUTO(ib_erofs_writer) writer = NULL;
	uint64_t size = 0;

	ib_tree_finish(made->tree);
	ck_ok(ib_erofs_open(path, &params, made->tree, &writer, &err));
	ck_ok(ib_erofs_finish(writer, &size, &err));
	ck_ok(ib_sha256_file(path, sha256, &size, &err));
}

/* The image in memory, as what is read. */
struct image {
	uint8_t *data; /* owned */
	struct ib_region region;
};

static inline struct image load(void)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	struct image image = { 0 };

	ck_ok(ib_region_of_file(open(path, O_RDWR | O_CLOEXEC), "image", &image.region, &err));
	image.data = ib_alloc(image.region.size);
	ck_ok(ib_region_read(&image.region, image.data, image.region.size, 0, &err));
	return image;
}

static inline void unload(struct image *image)
{
	close(image->region.fd);
	ib_free(image->data);
}

/* What the indexes of a file say. */
struct extents {
	size_t count;
	uint64_t blocks;
	struct disk_extent last;
	uint32_t first_block;
	uint32_t word; /* of the inode */
};

static inline int note_extent(void *context, const struct disk_extent *extent, struct ib_error *err)
{
	struct extents *extents = context;

	(void)err;
	if (!extents->count++)
		extents->first_block = extent->block;
	extents->blocks += extent->block_count;
	extents->last = *extent;
	return 0;
}

static inline uint64_t nid_of(const struct ib_tree *tree, const char *path)
{
	const struct ib_node *node = ib_tree_find(tree, path);

	ck_assert_msg(node != NULL, "no %s", path);
	return node->inode->number;
}

static inline struct extents extents_of(const struct image *image, uint64_t nid)
{
	struct ib_error err = IB_ERROR_INIT;
	struct reader reader = { .image = NULL };
	struct disk_inode disk;
	struct extents extents = { 0 };

	ck_ok(ib_reader_open(&reader, &image->region, &err));
	ck_ok(ib_reader_inode(&reader, nid, &disk, &err));
	extents.word = disk.word;
	if (disk.layout == EROFS_LAYOUT_COMPRESSED_COMPACT)
		ck_ok(ib_reader_extents(&reader, &disk, note_extent, &extents, &err));
	return extents;
}

/* Everything that was put in comes out. */
static inline void check_contents(const struct image *image, struct made *made)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) back = NULL;
	ib_autofree char *expected = NULL;
	ib_autofree char *found = NULL;
	IB_AUTO_BUFFER(put, MIB);
	IB_AUTO_BUFFER(got, MIB);

	ck_ok(ib_erofs_read_tree(&image->region, NULL, &back, &err));
	ck_ok(ib_tree_write_listing(made->tree, &put, &err));
	ck_ok(ib_tree_write_listing(back, &got, &err));
	expected = ib_buffer_take_text(&put);
	found = ib_buffer_take_text(&got);
	ck_assert_str_eq(found, expected);
}

#endif
