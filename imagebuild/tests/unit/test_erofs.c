/* SPDX-License-Identifier: Apache-2.0 */
/* Contents that come as a stream, and images that are not what they should be. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "image/crc32c.h"
#include "image/image.h"
#include "test.h"

#define BLOCK      4096
#define SUPER      1024
#define BUILD_TIME 1700000000
#define MIB        ((size_t)1 << 20)

/* ---- a source of made-up packages ---- */

struct file {
	const char *path;
	size_t size;
	uint8_t seed;   /* files with the same seed and size hold the same */
	long announced; /* how much more or less than size really comes */
	bool twice;
};

static const struct file first_files[] = {
	{ "/big", 5 * MIB + 123, 1, 0, false },
	{ "/small", 100, 2, 0, false },
	{ "/same", 70000, 3, 0, false },
	{ "/exact", 2 * MIB, 4, 0, false },
};
static const struct file second_files[] = {
	{ "/again", 70000, 3, 0, false },
	{ "/bigger", 5 * MIB + 123, 1, 0, false },
	{ "/other", 70000, 5, 0, false },
	{ "/left-out", 9000, 6, 0, false },
};

struct made {
	struct ib_package package;
	struct ib_package_file files[8];
	uint8_t digests[8][32];
	const struct file *from;
	size_t count;
};

static uint8_t *content_of(const struct file *file, size_t size)
{
	uint8_t *bytes = ib_alloc(size + 1);
	uint32_t state = file->seed;
	size_t i = 0;

	for (i = 0; i < size; i++) {
		state = state * 1664525U + 1013904223U;
		bytes[i] = (uint8_t)(i / 3000 % 2 ? state >> 24 : state >> 30);
	}
	return bytes;
}

static void make_package(struct made *made, const char *nevra, const struct file *files,
			 size_t count)
{
	size_t i = 0;

	*made = (struct made){ .from = files, .count = count };
	for (i = 0; i < count; i++) {
		ib_autofree uint8_t *bytes = content_of(&files[i], files[i].size);

		ib_sha256(bytes, files[i].size, made->digests[i]);
		made->files[i] = (struct ib_package_file){
			.path = files[i].path,
			.mode = S_IFREG | 0644,
			.size = files[i].size,
			.user = "root",
			.group = "root",
			.digest = made->digests[i],
		};
	}
	made->package = (struct ib_package){
		.nevra = nevra,
		.files = made->files,
		.file_count = count,
		.digest_kind = IB_DIGEST_SHA256,
	};
}

static int stream_file(const struct file *file, uint32_t package, uint32_t number,
		       const struct ib_content_sink *sink, struct ib_error *err)
{
	size_t size = (size_t)((long)file->size + file->announced);
	ib_autofree uint8_t *bytes = content_of(file, size);
	bool wanted = true;
	size_t at = 0;

	IB_TRY(sink->begin(sink->context, package, number, file->size, &wanted, err));
	/* pieces of a length that fits nothing */
	for (at = 0; wanted && at < size; at += 7777)
		IB_TRY(sink->data(sink->context, bytes + at, IB_MIN(size - at, (size_t)7777), err));
	return wanted ? sink->end(sink->context, err) : 0;
}

static int stream_package(void *context, uint32_t number, const struct ib_content_sink *sink,
			  struct ib_error *err)
{
	const struct made *made = &((const struct made *)context)[number];
	size_t i = 0;

	for (i = 0; i < made->count; i++) {
		IB_TRY(stream_file(&made->from[i], number, (uint32_t)i, sink, err));
		if (made->from[i].twice)
			IB_TRY(stream_file(&made->from[i], number, (uint32_t)i, sink, err));
	}
	return 0;
}

static bool not_left_out(void *context, const char *path)
{
	(void)context;
	return strcmp(path, "/left-out") != 0;
}

static struct ib_tree *lay_down(const struct made *made, uint32_t count)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_tree_filter filter = { .wants = not_left_out };
	const struct ib_accounts nobody = { 0 };
	struct ib_tree *tree = ib_tree_new(BUILD_TIME);
	uint32_t i = 0;

	for (i = 0; i < count; i++)
		ck_ok(ib_tree_add_package(tree, i, &made[i].package, &filter, &err));
	ck_ok(ib_tree_resolve_owners(tree, &nobody, &err));
	ib_tree_finish(tree);
	return tree;
}

static struct ib_erofs_writer *open_writer(struct ib_tree *tree, size_t threads)
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

static struct ib_region open_image(void)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, "image");
	struct ib_region image;

	ck_ok(ib_region_of_file(open(path, O_RDWR | O_CLOEXEC), "image", &image, &err));
	return image;
}

/* ---- streaming ---- */

struct observed {
	uint64_t bytes;
	size_t begun, ended;
};

static int observe_begin(void *context, uint32_t package, uint32_t file, uint64_t size,
			 bool *ret_wanted, struct ib_error *err)
{
	struct observed *observed = context;

	(void)package, (void)file, (void)err;
	observed->begun++;
	*ret_wanted = size < 80000;
	return 0;
}

static int observe_data(void *context, const void *data, size_t size, struct ib_error *err)
{
	(void)data, (void)err;
	((struct observed *)context)->bytes += size;
	return 0;
}

static int observe_end(void *context, struct ib_error *err)
{
	(void)err;
	((struct observed *)context)->ended++;
	return 0;
}

START_TEST(contents_are_stored_once_digested_and_observed)
{
	struct ib_error err = IB_ERROR_INIT;
	struct made made[2];
	struct observed observed = { 0 };
	const struct ib_content_sink observer = { &observed, observe_begin, observe_data,
						  observe_end };
	const struct ib_content_source source = { made, 2, stream_package };
	IB_AUTO(ib_tree) tree = NULL;
	IB_AUTO(ib_tree) back = NULL;
	IB_AUTO(ib_erofs_writer) writer = NULL;
	IB_AUTO_BUFFER(content, 16 << 20);
	struct ib_region image;
	uint64_t size = 0;
	uint64_t blocks[2] = { 0, 0 };
	char hex[65];
	char expected[65];
	size_t i = 0;

	make_package(&made[0], "a", first_files, IB_COUNT(first_files));
	make_package(&made[1], "b", second_files, IB_COUNT(second_files));
	tree = lay_down(made, 2);
	writer = open_writer(tree, 3);
	ck_ok(ib_erofs_stream(writer, &source, &observer, &err));
	ck_assert_uint_eq(observed.begun, 8);
	ck_assert_uint_eq(observed.ended, 5);
	ck_assert_uint_eq(observed.bytes, 100 + 3 * 70000 + 9000);
	ck_assert_uint_eq(ib_erofs_totals(writer).shared_files, 2);
	ck_ok(ib_erofs_finish(writer, &size, &err));
	for (i = 0; i < IB_COUNT(first_files); i++) {
		const struct ib_node *node = ib_tree_find(tree, first_files[i].path);

		ck_assert(node->inode->has_sha256);
		ck_assert_mem_eq(node->inode->sha256, made[0].digests[i], 32);
	}
	image = open_image();
	ck_ok(ib_erofs_read_tree(&image, NULL, &back, &err));
	ck_assert_mem_eq(ib_tree_find(back, "/bigger")->inode->sha256, made[0].digests[0], 32);
	ck_assert_mem_eq(ib_tree_find(back, "/again")->inode->sha1,
			 ib_tree_find(tree, "/same")->inode->sha1, 20);
	ck_assert_mem_eq(ib_tree_find(back, "/big")->inode->sha1,
			 ib_tree_find(tree, "/bigger")->inode->sha1, 20);
	ck_ok(ib_erofs_read_content(&image, ib_tree_find(back, "/bigger")->inode, &content, &err));
	ck_assert_uint_eq(content.size, ib_tree_find(back, "/bigger")->inode->size);
	ib_sha256_hex(content.data, content.size, hex);
	ib_hex_write(made[0].digests[0], 32, expected);
	ck_assert_str_eq(hex, expected);
	ck_ok(ib_erofs_stored(&image, ib_tree_find(back, "/bigger")->inode, &blocks[0], &size,
			      &err));
	ck_assert_uint_gt(size, 0);
	ck_ok(ib_erofs_stored(&image, ib_tree_find(back, "/big")->inode, &blocks[1], &size, &err));
	ck_assert_uint_eq(blocks[0], blocks[1]); /* one content, stored once */
	close(image.fd);
}
END_TEST

static const struct {
	struct file file;
	const char *words;
} bad_streams[] = {
	{ { "/x", 3 * MIB, 1, 1, false }, "longer than its header says" },
	{ { "/x", 3 * MIB, 1, -1, false }, "1 bytes too short" },
	{ { "/x", 5000, 1, -5000, false }, "5000 bytes too short" },
	{ { "/x", 5000, 1, 0, true }, "came twice" },
};

START_TEST(a_stream_that_does_not_keep_its_word_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct made made[1];
	const struct ib_content_source source = { made, 1, stream_package };
	IB_AUTO(ib_tree) tree = NULL;
	IB_AUTO(ib_erofs_writer) writer = NULL;

	make_package(&made[0], "a", &bad_streams[_i].file, 1);
	tree = lay_down(made, 1);
	writer = open_writer(tree, 2);
	ck_fails(ib_erofs_stream(writer, &source, NULL, &err), IB_INPUT, bad_streams[_i].words);
}
END_TEST

START_TEST(parameters_beyond_the_format_are_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(0);
	ib_autofree char *path = ib_path_join(test_dir, "image");
	ib_autofree char *nowhere = ib_path_join(test_dir, "no/image");
	struct ib_erofs_params params = { .compression = IB_EROFS_LZ4HC, .level = 13 };
	struct ib_erofs_writer *writer = NULL;

	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "LZ4HC has no level 13");
	params = (struct ib_erofs_params){ .compression = IB_EROFS_ZSTD, .level = 23 };
	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "zstd has no level 23");
	params.level = 9;
	params.cluster_bytes = 5000;
	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "no clusters of 5000 bytes");
	params.cluster_bytes = 2 << 20;
	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "no clusters of 2097152 bytes");
	params.cluster_bytes = 2048;
	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "no clusters of 2048 bytes");
	params.cluster_bytes = 0;
	params.volume_name = "sixteen bytes :)";
	ck_fails(ib_erofs_open(path, &params, tree, &writer, &err), IB_INPUT,
		 "longer than 15 bytes");
	params.volume_name = "fifteen bytes..";
	ck_fails(ib_erofs_open(nowhere, &params, tree, &writer, &err), IB_MISSING,
		 "could not open");
}
END_TEST

/* ---- reading what is wrong ---- */

/* Directory d with f (compressed), s (a link) and x (an attribute), and a fifo. */
static void make_small_image(void)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_tree) tree = ib_tree_new(BUILD_TIME);
	ib_autofree char *text = ib_alloc(50001);
	const struct ib_tree_entry entries[] = {
		{ .path = "/d", .mode = S_IFDIR | 0755 },
		{ .path = "/d/f", .mode = S_IFREG | 0644, .data = text, .size = 50000 },
		{ .path = "/d/s", .mode = S_IFLNK, .link = "target" },
		{ .path = "/d/x", .mode = S_IFREG | 0644, .data = "abc", .size = 3 },
		{ .path = "/p", .mode = S_IFIFO | 0600 },
	};
	IB_AUTO(ib_erofs_writer) writer = NULL;
	struct ib_node *node = NULL;
	uint64_t size = 0;
	size_t i = 0;

	for (i = 0; i < 50000; i++)
		text[i] = (char)('a' + i * i / 97 % 20);
	for (i = 0; i < IB_COUNT(entries); i++)
		ck_ok(ib_tree_put(tree, &entries[i], &node, &err));
	ib_inode_set_xattr(tree, ib_tree_find(tree, "/d/x")->inode, "user.a", "12345", 5);
	ib_tree_finish(tree);
	writer = open_writer(tree, 1);
	ck_ok(ib_erofs_finish(writer, &size, &err));
}

struct image {
	uint8_t *data; /* owned */
	size_t size;
};

static struct image load(void)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_region region = open_image();
	struct image image = { ib_alloc(region.size), region.size };

	ck_ok(ib_region_read(&region, image.data, image.size, 0, &err));
	close(region.fd);
	return image;
}

static void fix_checksum(uint8_t *data)
{
	uint32_t crc = 0;
	int i = 0;

	memset(data + SUPER + 4, 0, 4);
	crc = ib_crc32c(UINT32_MAX, data + SUPER, BLOCK - SUPER);
	for (i = 0; i < 4; i++)
		data[SUPER + 4 + i] = (uint8_t)(crc >> (8 * i));
}

static int read_bytes(const uint8_t *data, size_t size, const struct ib_erofs_limits *limits,
		      struct ib_error *err)
{
	IB_AUTO(ib_tree) tree = NULL;
	ib_autoclose int fd = memfd_create("image", MFD_CLOEXEC);
	struct ib_region region = { fd, 0, size, "image" };

	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	return ib_erofs_read_tree(&region, limits, &tree, err);
}

/* Where a path's inode lies. */
static size_t inode_of(const struct image *image, const char *path)
{
	size_t metadata = (size_t)ib_get_le32(image->data + SUPER + 40) * BLOCK;
	/* as the writer numbers them: the root, then a directory at a time */
	static const char *const order[] = { "/", "/d", "/p", "/d/f", "/d/s", "/d/x" };
	size_t number = 1;
	size_t at = 0;

	while (strcmp(order[number - 1], path) != 0)
		number++;
	for (at = metadata + 32; at < image->size; at += 32)
		if (ib_get_le32(image->data + at + 20) == number &&
		    ib_get_le32(image->data + at + 12) == 0 && image->data[at + 5])
			return at;
	ck_abort_msg("no inode for %s", path);
	return 0;
}

enum width {
	W8 = 1,
	W16 = 2,
	W32 = 4,
};

static const struct patch {
	const char *inode; /* NULL: of the superblock */
	size_t offset;
	enum width width;
	uint32_t value;
	enum ib_kind kind;
	const char *words;
} patches[] = {
	{ NULL, 0, W32, 0, IB_INPUT, "'image' is not an EROFS image" },
	{ NULL, 12, W8, 16, IB_LIMIT, "has blocks of 2^16 bytes" },
	{ NULL, 14, W16, 0xffff, IB_INPUT, "inode 65535 of 'image' lies outside" },
	{ NULL, 36, W32, 100000, IB_INPUT, "bytes of the 409600000 it needs" },
	{ NULL, 36, W32, 1, IB_INPUT, "points outside itself" },
	{ NULL, 40, W32, 0xffffffff, IB_INPUT, "points outside itself" },
	{ NULL, 80, W32, 0x11, IB_LIMIT, "features of EROFS that are not read here (0x11)" },
	{ "/", 0, W16, 8, IB_LIMIT, "has a layout that is not read here" },
	{ "/", 4, W16, S_IFREG | 0755, IB_INPUT, "the root of 'image' is not a directory" },
	{ "/", 4, W16, 0755, IB_INPUT, "has no type" },
	{ "/", 0, W16, 3 << 1, IB_INPUT, "is compressed" },
	{ "/", 8, W32, 5, IB_INPUT, "has a block that makes no sense" },
	{ "/", 8, W32, 0xf0000000, IB_INPUT, "is too large" },
	{ "/", 8, W32, 0x1fff, IB_INPUT, "crosses a block" },
	{ "/", 32, W32, 0, IB_INPUT, "does not lead to itself and to its parent" },
	{ "/", 32 + 8, W16, 13, IB_INPUT, "has a block that makes no sense" },
	{ "/", 32 + 8, W16, 0, IB_INPUT, "has a block that makes no sense" },
	{ "/", 32 + 20, W16, 2000, IB_INPUT, "has a name outside its block" },
	{ "/", 32 + 24, W32, 1, IB_INPUT, "leads to a directory that was reached before" },
	{ "/", 32 + 24, W32, 0xfffff, IB_INPUT, "lies outside" },
	{ "/", 32 + 34, W8, 1, IB_INPUT, "another type than its inode" },
	{ "/", 32 + 48 + 3, W8, 'q', IB_INPUT, "is not sorted" },
	{ "/", 32 + 48 + 3, W8, '/', IB_INPUT, "holds what is not a name" },
	{ "/d", 32, W32, 1, IB_INPUT, "does not lead to itself" },
	{ "/d/s", 8, W32, 0, IB_INPUT, "makes no sense" },
	{ "/d/s", 8, W32, 5000, IB_INPUT, "makes no sense" },
	{ "/d/s", 33, W8, 0, IB_INPUT, "holds a NUL" },
	{ "/d/x", 2, W16, 0xffff, IB_INPUT, "an attribute that makes no sense" },
	{ "/d/x", 32 + 4, W8, 9, IB_INPUT, "has attributes beyond its own" },
	{ "/d/x", 32 + 12, W8, 200, IB_INPUT, "an attribute that makes no sense" },
	{ "/d/x", 32 + 13, W8, 77, IB_INPUT, "an attribute that makes no sense" },
	{ "/d/x", 32 + 16, W8, 0, IB_INPUT, "a NUL in its name" },
	{ "/d/f", 32 + 4, W16, 2, IB_LIMIT, "compressed in a way that is not read here" },
	{ "/d/f", 32 + 6, W8, 3, IB_LIMIT, "compressed in a way that is not read here" },
	/* the indexes: of 16 bits each, two to a pack, from byte 40 on */
	{ "/d/f", 40, W16, 1, IB_INPUT, "begins an extent where none can begin" },
	{ "/d/f", 40, W16, 2 << 12, IB_INPUT, "belongs to no extent" },
	{ "/d/f", 40, W16, 3 << 12, IB_INPUT, "is of an unrecognized type" },
	{ "/d/f", 44, W32, 0x00ffffff, IB_INPUT, "points outside itself" },
	{ "/d/f", 44, W32, 0xffffffff, IB_INPUT, "does not hold what inode" },
	{ "/d/f", 8, W32, 0x7fffffff, IB_LIMIT, "more content than is read" },
};

static void apply(const struct patch *patch, struct image *image)
{
	size_t at = (patch->inode ? inode_of(image, patch->inode) : SUPER) + patch->offset;
	size_t i = 0;

	for (i = 0; i < patch->width; i++)
		image->data[at + i] = (uint8_t)(patch->value >> (8 * i));
	fix_checksum(image->data);
}

START_TEST(what_does_not_hold_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct image image;

	make_small_image();
	image = load();
	ck_ok(read_bytes(image.data, image.size, NULL, &err));
	apply(&patches[_i], &image);
	ck_fails(read_bytes(image.data, image.size, NULL, &err), patches[_i].kind,
		 patches[_i].words);
	ib_free(image.data);
}
END_TEST

START_TEST(a_changed_superblock_is_noticed)
{
	struct ib_error err = IB_ERROR_INIT;
	struct image image;

	make_small_image();
	image = load();
	image.data[SUPER + 48] ^= 1;
	ck_fails(read_bytes(image.data, image.size, NULL, &err), IB_INPUT, "a wrong checksum");
	ib_free(image.data);
}
END_TEST

START_TEST(limits_hold)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_erofs_limits few = { .paths = 4 };
	const struct ib_erofs_limits little = { .bytes = 50002 };
	const struct ib_erofs_limits enough = { .paths = 5, .bytes = 50003 };
	struct image image;

	make_small_image();
	image = load();
	ck_fails(read_bytes(image.data, image.size, &few, &err), IB_LIMIT, "more paths");
	ck_fails(read_bytes(image.data, image.size, &little, &err), IB_LIMIT, "more content");
	ck_ok(read_bytes(image.data, image.size, &enough, &err));
	ib_free(image.data);
}
END_TEST

START_TEST(an_image_cut_anywhere_is_refused)
{
	struct image image;
	size_t size = 0;

	make_small_image();
	image = load();
	for (size = 0; size < image.size; size += 511) {
		struct ib_error err = IB_ERROR_INIT;

		ck_assert_int_lt(read_bytes(image.data, size, NULL, &err), 0);
		ib_error_clear(&err);
	}
	ib_free(image.data);
}
END_TEST

/* Whatever a damaged image says, it is read or refused, and nothing else happens. */
START_TEST(damage_is_survived)
{
	const struct ib_erofs_limits limits = { .paths = 1000, .bytes = 4 << 20, .threads = 1 };
	struct image image;
	size_t metadata = 0;
	uint32_t state = 99;
	unsigned round = 0;

	make_small_image();
	image = load();
	metadata = (size_t)ib_get_le32(image.data + SUPER + 40) * BLOCK;
	for (round = 0; round < 3000; round++) {
		struct ib_error err = IB_ERROR_INIT;
		ib_autofree uint8_t *copy = ib_memdup(image.data, image.size);
		unsigned i = 0;

		for (i = 0; i <= round % 4; i++) {
			size_t where = 0;

			state = state * 1664525U + 1013904223U;
			where = round % 8 ? metadata + (state >> 8) % 640
					  : (state >> 8) % image.size;
			copy[where] ^= (uint8_t)(1U << (state >> 29));
		}
		fix_checksum(copy);
		if (read_bytes(copy, image.size, &limits, &err) < 0)
			ib_error_clear(&err);
	}
	ib_free(image.data);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("erofs");
	TCase *stream = tcase_create("stream");
	TCase *read = tcase_create("read");

	tcase_add_checked_fixture(stream, test_dir_make, test_dir_remove);
	tcase_add_checked_fixture(read, test_dir_make, test_dir_remove);
	tcase_set_timeout(stream, 60);
	tcase_set_timeout(read, 120);
	tcase_add_test(stream, contents_are_stored_once_digested_and_observed);
	tcase_add_loop_test(stream, a_stream_that_does_not_keep_its_word_is_refused, 0,
			    (int)IB_COUNT(bad_streams));
	tcase_add_test(stream, parameters_beyond_the_format_are_refused);
	tcase_add_loop_test(read, what_does_not_hold_is_refused, 0, (int)IB_COUNT(patches));
	tcase_add_test(read, a_changed_superblock_is_noticed);
	tcase_add_test(read, limits_hold);
	tcase_add_test(read, an_image_cut_anywhere_is_refused);
	tcase_add_test(read, damage_is_survived);
	suite_add_tcase(suite, stream);
	suite_add_tcase(suite, read);
	return suite;
}
