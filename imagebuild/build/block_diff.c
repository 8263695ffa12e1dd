/* SPDX-License-Identifier: Apache-2.0 */
#include "build/block_diff.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "build/built.h"
#include "image/image.h"
#include "json/json.h"

#define ID_BYTES sizeof(((struct ib_piece *)NULL)->id)

/* One of the two files. */
struct side {
	int fd;
	struct ib_region region;
	struct ib_pieces *blocks, *chunks;
};

static void done(struct side *side)
{
	ib_pieces_free(side->blocks);
	ib_pieces_free(side->chunks);
	ib_close_auto(&side->fd);
}

static int open_side(const char *path, size_t threads, struct side *side, struct ib_error *err)
{
	side->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (side->fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	IB_TRY(ib_region_of_file(side->fd, path, &side->region, err));
	IB_TRY(ib_pieces_blocks(&side->region, threads, &side->blocks, err));
	return ib_pieces_chunks(&side->region, threads, &side->chunks, err);
}

/* ---- counting ---- */

static uint64_t size_of(const struct ib_pieces *pieces, size_t number)
{
	return pieces->items[number].end - ib_piece_start(pieces, number);
}

static uint64_t count_in_place(const struct ib_pieces *before, const struct ib_pieces *after)
{
	uint64_t bytes = 0;
	size_t i = 0;

	for (i = 0; i < after->count; i++)
		if (i >= before->count ||
		    memcmp(after->items[i].id, before->items[i].id, ID_BYTES) != 0)
			bytes += size_of(after, i);
	return bytes;
}

/* Marks in is_new each piece that the older file has nowhere, once; returns their bytes. */
static uint64_t count_anywhere(const struct ib_pieces *before, const struct ib_pieces *after,
			       bool *is_new)
{
	IB_AUTO(ib_map) known = ib_map_new();
	static char yes[] = "";
	char hex[2 * ID_BYTES + 1];
	uint64_t bytes = 0;
	size_t i = 0;

	for (i = 0; i < before->count; i++) {
		ib_hex_write(before->items[i].id, ID_BYTES, hex);
		ib_map_set(known, hex, yes);
	}
	for (i = 0; i < after->count; i++) {
		ib_hex_write(after->items[i].id, ID_BYTES, hex);
		if (ib_map_set(known, hex, yes))
			continue;
		bytes += size_of(after, i);
		if (is_new)
			is_new[i] = true;
	}
	return bytes;
}

/* *ret_new may be NULL: which blocks are new. The caller owns it. */
static int compare(struct ib_block_costs *costs, size_t threads, bool **ret_new,
		   struct ib_error *err)
{
	struct side before __attribute__((cleanup(done))) = { .fd = -1 };
	struct side after __attribute__((cleanup(done))) = { .fd = -1 };

	IB_TRY(open_side(costs->before, threads, &before, err));
	IB_TRY(open_side(costs->after, threads, &after, err));
	assert(before.blocks && before.chunks && after.blocks && after.chunks);
	costs->before_bytes = before.region.size;
	costs->after_bytes = after.region.size;
	costs->in_place = count_in_place(before.blocks, after.blocks);
	costs->chunks = count_anywhere(before.chunks, after.chunks, NULL);
	if (ret_new)
		*ret_new = ib_alloc_array(after.blocks->count, sizeof(bool));
	costs->anywhere = count_anywhere(before.blocks, after.blocks, ret_new ? *ret_new : NULL);
	return 0;
}

/* ---- whose they are ---- */

struct attribution {
	struct ib_policy_subject subject; /* the image's own */
	const struct ib_built *built;
	bool *is_new; /* until a content has claimed it */
	uint64_t block_count;
};

static const struct ib_fact *fact_of(void *context, const struct ib_node *node)
{
	const struct attribution *attribution = context;

	return attribution->subject.fact(attribution->subject.context, node);
}

/* An ib_stored_fn that counts new blocks alone. */
static uint64_t claim(void *context, const struct ib_node *node)
{
	struct attribution *attribution = context;
	uint64_t first = 0;
	uint64_t count = 0;
	uint64_t bytes = 0;
	uint64_t i = 0;

	if (!ib_built_blocks(attribution->built, node, &first, &count))
		return 0;
	for (i = first; i < first + count && i < attribution->block_count; i++) {
		bytes += attribution->is_new[i] ? IB_PIECE_BLOCK : 0;
		attribution->is_new[i] = false;
	}
	return bytes;
}

static int compare_owners(const void *a, const void *b)
{
	const struct ib_block_owner *left = a;
	const struct ib_block_owner *right = b;

	if (left->bytes != right->bytes)
		return left->bytes > right->bytes ? -1 : 1;
	return strcmp(left->name, right->name);
}

static void keep_owners(struct ib_block_diff *diff, const struct ib_size_report *report)
{
	size_t i = 0;

	diff->owners =
		ib_arena_alloc(diff->arena, (report->package_count + 1) * sizeof(*diff->owners));
	for (i = 0; i < report->package_count; i++) {
		const struct ib_size_package *package = &report->packages[i];

		if (package->size.stored_bytes)
			diff->owners[diff->owner_count++] =
				(struct ib_block_owner){ ib_arena_strdup(diff->arena,
									 package->package->nevra),
							 package->size.stored_bytes };
	}
	qsort(diff->owners, diff->owner_count, sizeof(*diff->owners), compare_owners);
	diff->unpackaged_bytes = report->unpackaged.stored_bytes;
	diff->metadata_bytes = diff->root.anywhere - report->total.stored_bytes;
	diff->has_owners = true;
}

static int find_owners(struct ib_block_diff *diff, size_t threads, struct attribution *attribution,
		       struct ib_error *err)
{
	IB_AUTO(ib_built) built = NULL;
	IB_AUTO(ib_size_report) report = NULL;
	struct ib_policy_subject subject;

	IB_TRY(ib_built_open(diff->root.after, threads, &built, err));
	attribution->built = built;
	attribution->subject = ib_built_subject(built);
	subject = attribution->subject;
	subject.context = attribution;
	subject.fact = fact_of;
	if (!subject.package_count)
		return 0;
	IB_TRY(ib_size_measure(&subject, claim, NULL, &report, err));
	keep_owners(diff, report);
	return 0;
}

/* Only of EROFS is it known what lies in which block. */
static bool is_erofs(const char *path)
{
	struct ib_error ignored = IB_ERROR_INIT;
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct ib_region region;

	if (fd < 0 || ib_region_of_file(fd, path, &region, &ignored) < 0) {
		ib_error_clear(&ignored);
		return false;
	}
	return ib_erofs_is_image(&region);
}

/* ---- the whole ---- */

static const char *hash_tree_of(struct ib_arena *arena, const char *image)
{
	ib_autofree char *path = ib_built_name_beside(image, ".root.verity");

	return path && ib_file_exists(path) ? ib_arena_strdup(arena, path) : NULL;
}

int ib_build_block_diff(const char *before, const char *after, size_t threads,
			struct ib_block_diff **ret_diff, struct ib_error *err)
{
	IB_AUTO(ib_block_diff) diff = ib_alloc(sizeof(*diff));
	struct attribution attribution = { .is_new = NULL };
	ib_autofree bool *is_new = NULL;

	diff->arena = ib_arena_new();
	IB_TRY(ib_built_find(before, diff->arena, &diff->root.before, err));
	IB_TRY(ib_built_find(after, diff->arena, &diff->root.after, err));
	IB_TRY(compare(&diff->root, threads, &is_new, err));
	diff->verity.before = hash_tree_of(diff->arena, diff->root.before);
	diff->verity.after = hash_tree_of(diff->arena, diff->root.after);
	if (!diff->verity.before)
		diff->verity.after = NULL;
	if (diff->verity.after)
		IB_TRY(compare(&diff->verity, threads, NULL, err));
	attribution.is_new = is_new;
	attribution.block_count = diff->root.after_bytes / IB_PIECE_BLOCK;
	if (is_erofs(diff->root.after))
		IB_TRY(find_owners(diff, threads, &attribution, err));
	*ret_diff = ib_take(diff);
	return 0;
}

void ib_block_diff_free(struct ib_block_diff *diff)
{
	if (!diff)
		return;
	ib_arena_free(diff->arena);
	ib_free(diff);
}

/* ---- JSON ---- */

static void put_costs(struct ib_json_writer *json, const char *name,
		      const struct ib_block_costs *costs)
{
	ib_json_member_object(json, name);
	ib_json_member_integer(json, "before_bytes", (int64_t)costs->before_bytes);
	ib_json_member_integer(json, "after_bytes", (int64_t)costs->after_bytes);
	ib_json_member_integer(json, "in_place_bytes", (int64_t)costs->in_place);
	ib_json_member_integer(json, "anywhere_bytes", (int64_t)costs->anywhere);
	ib_json_member_integer(json, "chunk_bytes", (int64_t)costs->chunks);
	ib_json_end_object(json);
}

int ib_block_diff_write_json(const struct ib_block_diff *diff, struct ib_buffer *out,
			     struct ib_error *err)
{
	IB_AUTO(ib_json_writer) json = ib_json_writer_to_buffer(out, IB_JSON_LINES);
	size_t i = 0;

	ib_json_begin_object(json);
	ib_json_member_string(json, "format", "imagebuild-block-diff");
	ib_json_member_integer(json, "format_version", 1);
	put_costs(json, "root", &diff->root);
	if (diff->verity.after)
		put_costs(json, "hash_tree", &diff->verity);
	if (diff->has_owners) {
		ib_json_member_integer(json, "unpackaged_bytes", (int64_t)diff->unpackaged_bytes);
		ib_json_member_integer(json, "metadata_bytes", (int64_t)diff->metadata_bytes);
		ib_json_member_array(json, "packages");
		for (i = 0; i < diff->owner_count; i++) {
			ib_json_begin_object(json);
			ib_json_member_string(json, "nevra", diff->owners[i].name);
			ib_json_member_integer(json, "anywhere_bytes",
					       (int64_t)diff->owners[i].bytes);
			ib_json_end_object(json);
		}
		ib_json_end_array(json);
	}
	ib_json_end_object(json);
	return ib_json_finish(json, err);
}
