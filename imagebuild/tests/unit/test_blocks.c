/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the cache of blocks that somebody else made: proved, or none. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/image.h"
#include "made_packages.h"
#include "test.h"

static const struct file first_files[] = {
	{ "/big", 30001, 1, 0, false },
	{ "/empty", 0, 1, 0, false },
	{ "/holes", 140000, 0, 0, false },
	{ "/small", 100, 2, 0, false },
};
static const struct file second_files[] = {
	{ "/other", 70000, 5, 0, false },
	{ "/twin", 100, 2, 0, false },
};

static const struct {
	enum ib_erofs_compression compression;
	uint32_t cluster_bytes;
	bool pack_tails;
} forms[] = {
	{ IB_EROFS_NONE, 0, false },    { IB_EROFS_LZ4, 0, false },
	{ IB_EROFS_LZ4HC, 0, false },   { IB_EROFS_ZSTD, 0, false },
	{ IB_EROFS_LZ4, 65536, false }, { IB_EROFS_ZSTD, 65536, false },
	{ IB_EROFS_LZ4HC, 0, true },    { IB_EROFS_ZSTD, 65536, true },
};

/* ---- a keeper of entries in memory --------------------------------------- */

static int entries[2];

static int find_none(void *context, const struct ib_block_subject *subject, bool *ret_found,
		     struct ib_block_entry *ret_entry, struct ib_error *err)
{
	(void)context, (void)subject, (void)ret_entry, (void)err;
	*ret_found = false;
	return 0;
}

static int begin_entry(void *context, const struct ib_block_subject *subject, void **ret_file,
		       int *ret_fd, struct ib_error *err)
{
	(void)context, (void)err;
	entries[subject->package] = memfd_create("entry", MFD_CLOEXEC);
	*ret_file = &entries[subject->package];
	*ret_fd = entries[subject->package];
	return 0;
}

static int commit_entry(void *context, const struct ib_block_subject *subject, void *file,
			struct ib_error *err)
{
	(void)context, (void)subject, (void)file, (void)err;
	return 0;
}

static void abandon_entry(void *context, void *file)
{
	(void)context, (void)file;
	ck_abort_msg("an entry was abandoned");
}

static const struct ib_block_cache keeper = {
	.find = find_none, .begin = begin_entry, .commit = commit_entry, .abandon = abandon_entry
};

/* ---- a writer that made them, and one that is offered them ---------------- */

static struct made made[2];

static struct ib_erofs_writer *open_writer(int form, struct ib_tree *tree, const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = ib_path_join(test_dir, name);
	const struct ib_erofs_params params = { .compression = forms[form].compression,
						.cluster_bytes = forms[form].cluster_bytes,
						.pack_tails = forms[form].pack_tails,
						.build_time = MADE_BUILD_TIME,
						.threads = 2 };
	struct ib_erofs_writer *writer = NULL;

	ck_ok(ib_erofs_open(path, &params, tree, &writer, &err));
	return writer;
}

static void make_entries(int form)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_content_source source = { made, IB_COUNT(made), stream_package };
	IB_AUTO(ib_tree) tree = lay_down_made(made, IB_COUNT(made), &err);
	IB_AUTO(ib_erofs_writer) writer = NULL;
	uint64_t size = 0;

	ck_assert_ptr_nonnull(tree);
	writer = open_writer(form, tree, "image");
	ib_erofs_use_cache(writer, &keeper);
	ck_ok(ib_erofs_stream(writer, &source, NULL, &err));
	ck_ok(ib_erofs_finish(writer, &size, &err));
}

static void set_up(void)
{
	test_dir_make();
	make_package(&made[0], "first-1-1.noarch", first_files, IB_COUNT(first_files));
	make_package(&made[1], "second-1-1.noarch", second_files, IB_COUNT(second_files));
}

struct offered {
	struct ib_tree *tree;
	struct ib_erofs_writer *writer;
};

static struct offered offer(int form)
{
	struct ib_error err = IB_ERROR_INIT;
	struct offered offered = { .tree = lay_down_made(made, IB_COUNT(made), &err) };

	ck_assert_ptr_nonnull(offered.tree);
	offered.writer = open_writer(form, offered.tree, "another");
	return offered;
}

static void offered_done(struct offered *offered)
{
	ib_erofs_writer_free(offered->writer);
	ib_tree_free(offered->tree);
}

static uint64_t size_of(int fd)
{
	struct ib_error err = IB_ERROR_INIT;
	uint64_t size = 0;

	ck_ok(ib_fd_size(fd, "entry", &size, &err));
	return size;
}

static bool holds(const struct offered *offered, uint32_t package, int fd, bool contents)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_block_proof proof = { .package = package,
					      .file_count = made[package].count,
					      .entry = { .fd = fd, .size = size_of(fd) },
					      .contents = contents };
	bool good = false;

	ck_ok(ib_erofs_prove(offered->writer, &proof, &good, &err));
	return good;
}

START_TEST(what_another_writer_made_holds)
{
	struct offered offered;

	make_entries(_i);
	offered = offer(_i);
	ck_assert(holds(&offered, 0, entries[0], true));
	ck_assert(holds(&offered, 1, entries[1], true));
	ck_assert(holds(&offered, 0, entries[0], false));
	/* of another package, or of another form, it is none */
	ck_assert(!holds(&offered, 1, entries[0], false));
	ck_assert(!holds(&offered, 0, entries[1], false));
	offered_done(&offered);
	offered = offer((_i + 1) % (int)IB_COUNT(forms));
	ck_assert(!holds(&offered, 0, entries[0], false));
	offered_done(&offered);
}
END_TEST

/* Two bits: zstd's frames have one that means nothing. */
#define CHANGE 0x11

/*
 * Blocks with their padding, tails, index, footer. Zeros can be compressed to the same length in many ways,
 * so where something is compressed it is not the package with the zeros.
 */
START_TEST(a_changed_byte_anywhere_makes_it_none)
{
	struct ib_error err = IB_ERROR_INIT;
	const uint32_t package = forms[_i].compression == IB_EROFS_NONE ? 0 : 1;
	struct offered offered;
	uint64_t size = 0;
	uint64_t at = 0;

	make_entries(_i);
	offered = offer(_i);
	size = size_of(entries[package]);
	/* steps that meet all of the end, and the rest here and there */
	for (at = 0; at < size; at += at + 1021 + 400 < size ? 1021 : 1) {
		uint8_t byte = 0;

		ck_ok(ib_fd_read_at(entries[package], &byte, 1, at, "entry", &err));
		byte ^= CHANGE;
		ck_ok(ib_fd_write(entries[package], &byte, 1, at, "entry", &err));
		ck_assert_msg(!holds(&offered, package, entries[package], true),
			      "byte %llu of %llu", (unsigned long long)at,
			      (unsigned long long)size);
		byte ^= CHANGE;
		ck_ok(ib_fd_write(entries[package], &byte, 1, at, "entry", &err));
	}
	ck_assert(holds(&offered, package, entries[package], true));
	offered_done(&offered);
}
END_TEST

START_TEST(what_is_cut_short_or_has_more_is_none)
{
	struct offered offered;
	uint64_t size = 0;

	make_entries(_i);
	offered = offer(_i);
	size = size_of(entries[0]);
	ck_assert_int_eq(ftruncate(entries[0], (off_t)size - 1), 0);
	ck_assert(!holds(&offered, 0, entries[0], true));
	ck_assert_int_eq(ftruncate(entries[0], (off_t)size + 4096), 0);
	ck_assert(!holds(&offered, 0, entries[0], true));
	ck_assert_int_eq(ftruncate(entries[0], 0), 0);
	ck_assert(!holds(&offered, 0, entries[0], true));
	offered_done(&offered);
}
END_TEST

/* ---- a packed tail that is none ------------------------------------------ */

#define PACKED_FORM 7 /* where /other, which is the first of its package, has a tail */

static uint32_t le32_at(int fd, uint64_t at)
{
	struct ib_error err = IB_ERROR_INIT;
	uint8_t b[4];

	ck_ok(ib_fd_read_at(fd, b, sizeof(b), at, "entry", &err));
	return ib_get_le32(b);
}

static void put_le32_at(int fd, uint64_t at, uint32_t value)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(b, 4);

	ib_buffer_put_le32(&b, value);
	ck_ok(ib_fd_write(fd, b.data, b.size, at, "entry", &err));
}

/* The same entry with more bytes of tail, said everywhere. */
static int with_longer_tail(int fd, uint32_t more, uint64_t *index)
{
	struct ib_error err = IB_ERROR_INIT;
	const uint64_t size = size_of(fd);
	const uint64_t blocks = le32_at(fd, size - 32);
	const uint32_t tails = le32_at(fd, size - 24);
	ib_autofree uint8_t *bytes = ib_alloc(size + more);
	int longer = memfd_create("longer", MFD_CLOEXEC);

	*index = blocks * 4096 + tails;
	ck_ok(ib_fd_read_at(fd, bytes, *index, 0, "entry", &err));
	ck_ok(ib_fd_read_at(fd, bytes + *index + more, size - *index, *index, "entry", &err));
	ck_ok(ib_fd_write(longer, bytes, size + more, 0, "longer", &err));
	put_le32_at(longer, size + more - 24, tails + more);
	*index += more;
	return longer;
}

static const struct {
	uint32_t more;  /* bytes of tail: up to so many in all; 0: as many as there are */
	uint32_t extra; /* of its extent */
	bool is_good;
} tails[] = {
	{ 0, 0, true },         { 4072, 0, true }, /* whether it decompresses is another question */
	{ 4073, 0, false },     { 8192, 0, false }, { 0, 1U << 22, false }, /* two blocks */
	{ 0, 1U << 31, false }, /* as it is, which is not as long */
};

/* Where the first record of an entry lies: behind the form's name and the count. */
static uint64_t first_record(int fd, uint64_t index)
{
	return index + 4 + le32_at(fd, index) + 4;
}

/* Whoever made an entry is believed, but not so that a tail would be where none can be. */
START_TEST(a_tail_that_no_writer_makes_is_none)
{
	struct offered offered;
	uint64_t index = 0;
	uint64_t record = 0;
	uint64_t last = 0;
	uint32_t tail = 0;
	uint32_t more = 0;
	int fd = -1;

	make_entries(PACKED_FORM);
	offered = offer(PACKED_FORM);
	fd = with_longer_tail(entries[1], 0, &index);
	record = first_record(fd, index);
	tail = le32_at(fd, record + 4 + 65);
	ck_assert_uint_gt(tail, 0);
	close(fd);
	more = tails[_i].more ? tails[_i].more - tail : 0;
	fd = with_longer_tail(entries[1], more, &index);
	record = first_record(fd, index);
	put_le32_at(fd, record + 4 + 65, tail + more);
	last = record + 4 + 73 + 4 * (uint64_t)(le32_at(fd, record + 4 + 69) - 1);
	put_le32_at(fd, last, le32_at(fd, last) | tails[_i].extra);
	ck_assert_int_eq(holds(&offered, 1, fd, false), tails[_i].is_good);
	close(fd);
	offered_done(&offered);
}
END_TEST

/* Padding is of blocks; what is packed begins with its first byte. */
START_TEST(a_padded_tail_is_none)
{
	struct ib_error err = IB_ERROR_INIT;
	struct offered offered;
	uint8_t all[8192] = { 0 }; /* tails, behind one more byte */
	uint64_t index = 0;
	uint64_t record = 0;
	uint64_t at = 0;
	int fd = -1;

	make_entries(PACKED_FORM);
	offered = offer(PACKED_FORM);
	fd = with_longer_tail(entries[1], 1, &index);
	record = first_record(fd, index);
	put_le32_at(fd, record + 4 + 65, le32_at(fd, record + 4 + 65) + 1);
	at = (uint64_t)le32_at(fd, size_of(fd) - 32) * 4096;
	ck_assert_uint_le(index - at, sizeof(all));
	ck_ok(ib_fd_read_at(fd, all + 1, index - at - 1, at, "longer", &err));
	ck_ok(ib_fd_write(fd, all, index - at, at, "longer", &err));
	ck_assert(holds(&offered, 1, fd, false));
	ck_assert(!holds(&offered, 1, fd, true));
	close(fd);
	offered_done(&offered);
}
END_TEST

/* ---- the content of a generator ------------------------------------------ */

/* A writer is offered this one for every content, and keeps what it made as the second. */
static int find_first(void *context, const struct ib_block_subject *subject, bool *ret_found,
		      struct ib_block_entry *ret_entry, struct ib_error *err)
{
	(void)context;
	*ret_found = subject->sha256 && entries[0] >= 0;
	if (!*ret_found)
		return 0;
	ret_entry->fd = dup(entries[0]);
	ret_entry->size = size_of(entries[0]);
	ck_assert_int_eq(lseek(entries[0], 0, SEEK_SET), 0);
	return ib_sha256_fd(ret_entry->fd, "entry", ret_entry->sha256, &ret_entry->size, err);
}

static int begin_second(void *context, const struct ib_block_subject *subject, void **ret_file,
			int *ret_fd, struct ib_error *err)
{
	const struct ib_block_subject second = { .package = 1, .sha256 = subject->sha256 };

	ck_assert_ptr_nonnull(subject->sha256);
	return begin_entry(context, &second, ret_file, ret_fd, err);
}

static const struct ib_block_cache generated_keeper = {
	.find = find_first, .begin = begin_second, .commit = commit_entry, .abandon = abandon_entry
};

/* An image with one generated file, and whether that came from the entry. */
static bool make_generated(int form, uint8_t seed, const char *name, char sha256[65])
{
	struct ib_error err = IB_ERROR_INIT;
	const struct file file = { "/generated", 600001, seed, 0, false };
	ib_autofree uint8_t *bytes = content_of(&file, file.size);
	const struct ib_tree_entry entry = { .path = file.path,
					     .mode = S_IFREG | 0644,
					     .data = bytes,
					     .size = file.size,
					     .origin = { IB_ORIGIN_GENERATOR, "test" } };
	const struct ib_accounts nobody = { 0 };
	ib_autofree char *path = ib_path_join(test_dir, name);
	IB_AUTO(ib_tree) tree = ib_tree_new(MADE_BUILD_TIME);
	struct ib_erofs_writer *writer = NULL;
	struct ib_erofs_totals totals;
	uint64_t size = 0;

	ck_ok(ib_tree_put(tree, &entry, NULL, &err));
	ck_ok(ib_tree_resolve_owners(tree, &nobody, &err));
	ib_tree_finish(tree);
	writer = open_writer(form, tree, name);
	ib_erofs_use_cache(writer, &generated_keeper);
	ck_ok(ib_erofs_finish(writer, &size, &err));
	totals = ib_erofs_totals(writer);
	ib_erofs_writer_free(writer);
	ck_ok(ib_sha256_file(path, sha256, &size, &err));
	return totals.cached_contents == 1;
}

START_TEST(a_generated_content_is_compressed_once)
{
	char cold[65];
	char warm[65];
	char other[65];
	char swapped[65];

	entries[0] = entries[1] = -1;
	ck_assert(!make_generated(_i, 3, "cold", cold));
	entries[0] = entries[1];
	entries[1] = -1;
	ck_assert(make_generated(_i, 3, "warm", warm));
	ck_assert_str_eq(cold, warm);
	ck_assert_int_eq(entries[1], -1); /* nothing more to keep */
	/* the entry of another content is none, and nothing of it gets into the image */
	ck_assert(!make_generated(_i, 4, "swapped", swapped));
	ck_assert_int_ge(entries[1], 0);
	entries[0] = -1;
	ck_assert(!make_generated(_i, 4, "other", other));
	ck_assert_str_eq(swapped, other);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("blocks");
	TCase *tcase = tcase_create("proof");

	tcase_add_checked_fixture(tcase, set_up, test_dir_remove);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, what_another_writer_made_holds, 0, (int)IB_COUNT(forms));
	tcase_add_loop_test(tcase, a_changed_byte_anywhere_makes_it_none, 0, (int)IB_COUNT(forms));
	tcase_add_loop_test(tcase, what_is_cut_short_or_has_more_is_none, 0, (int)IB_COUNT(forms));
	tcase_add_loop_test(tcase, a_tail_that_no_writer_makes_is_none, 0, (int)IB_COUNT(tails));
	tcase_add_test(tcase, a_padded_tail_is_none);
	tcase_add_loop_test(tcase, a_generated_content_is_compressed_once, 0, (int)IB_COUNT(forms));
	suite_add_tcase(suite, tcase);
	return suite;
}
