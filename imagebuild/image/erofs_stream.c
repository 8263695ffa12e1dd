/* SPDX-License-Identifier: Apache-2.0 */
/* Contents come in: from the payloads of packages, and from buffers. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/writer.h"

#define SPOOL_BUFFER_BYTES ((size_t)1 << 20)
/* What a generator made and is smaller is compressed again sooner than it is found. */
#define LEAST_KEPT_BYTES ((uint64_t)256 << 10)
/* Beyond, what indexes take is more than the format's numbers and our memory hold. */
#define MAX_CONTENT_BYTES ((uint64_t)4 << 40)

/* Nothing has this content yet. */
static int prepare_node(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_inode *inode = node->inode;
	ib_autofree char *path = NULL;

	(void)context;
	inode->sink = NULL;
	if (!S_ISREG(inode->mode) || inode->size <= MAX_CONTENT_BYTES)
		return 0;
	path = ib_node_path(node);
	return ib_fail(err, IB_LIMIT,
		       "'%s' has %" PRIu64 " bytes: files of an EROFS image have 4 TiB at most",
		       path, inode->size);
}

static int check_levels(const struct ib_erofs_params *params, struct ib_error *err)
{
	static const struct {
		const char *name;
		int min, max;
	} levels[] = {
		[IB_EROFS_NONE] = { NULL, 0, 0 },
		[IB_EROFS_LZ4] = { NULL, 0, 0 },
		[IB_EROFS_LZ4HC] = { "LZ4HC", IB_LZ4HC_MIN_LEVEL, IB_LZ4HC_MAX_LEVEL },
		[IB_EROFS_ZSTD] = { "zstd", IB_ZSTD_FILL_MIN_LEVEL, IB_ZSTD_FILL_MAX_LEVEL },
	};
	const int min = levels[params->compression].min;
	const int max = levels[params->compression].max;

	if (!levels[params->compression].name || !params->level ||
	    (params->level >= min && params->level <= max))
		return 0;
	return ib_fail(err, IB_INPUT, "%s has no level %d: it goes from %d to %d",
		       levels[params->compression].name, params->level, min, max);
}

static int check_params(const struct ib_erofs_params *params, struct ib_error *err)
{
	uint32_t cluster = params->cluster_bytes;

	IB_TRY(check_levels(params, err));
	if (params->pack_tails && params->compression == IB_EROFS_NONE)
		return ib_fail(err, IB_INPUT,
			       "without compression there are no tails of clusters to pack");
	if (cluster && (cluster < EROFS_BLOCK || cluster & (cluster - 1) ||
			cluster > EROFS_MAX_CLUSTER_BLOCKS * EROFS_BLOCK))
		return ib_fail(err, IB_INPUT,
			       "EROFS has no clusters of %" PRIu32
			       " bytes: they are a power of two from 4 KiB to 1 MiB",
			       cluster);
	if (params->volume_name && strlen(params->volume_name) > 15)
		return ib_fail(err, IB_INPUT, "volume name '%s' is longer than 15 bytes",
			       params->volume_name);
	return 0;
}

int ib_erofs_open(const char *path, const struct ib_erofs_params *params, struct ib_tree *tree,
		  struct ib_erofs_writer **ret_writer, struct ib_error *err)
{
	IB_AUTO(ib_erofs_writer) writer = ib_alloc(sizeof(*writer));
	ib_autofree char *folder = NULL;

	writer->fd = -1;
	writer->spool = -1;
	IB_TRY(check_params(params, err));
	writer->path = ib_strdup(path);
	writer->tree = tree;
	writer->params = *params;
	if (!params->cluster_bytes)
		writer->params.cluster_bytes = EROFS_BLOCK;
	if (params->volume_name)
		memcpy(writer->volume_name, params->volume_name, strlen(params->volume_name));
	writer->params.volume_name = writer->volume_name;
	writer->next_block = 1;
	writer->region_start = 1;
	writer->compressors = ib_pool_new();
	writer->slots = ib_alloc_array(SLOT_COUNT, sizeof(*writer->slots));
	writer->by_sha256 = ib_by_sha256_new(offsetof(struct content, sha256));
	writer->spool_buffer = IB_BUFFER_INIT(SPOOL_BUFFER_BYTES);
	writer->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (writer->fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	folder = ib_path_directory(path);
	IB_TRY(ib_file_open_unnamed(folder, &writer->spool,
				    err)); /* tails may be too much for memory */
	IB_TRY(ib_tree_walk(tree, prepare_node, NULL, err));
	writer->threads = ib_threads_new(params->threads, SLOT_COUNT);
	writer->copier = ib_threads_new(1, SLOT_COUNT);
	writer->ring = ib_window_ring(ib_threads_count(writer->threads));
	*ret_writer = ib_take(writer);
	return 0;
}

static void free_window(struct ib_erofs_writer *writer)
{
	struct compressor *compressor = NULL;
	size_t i = 0;

	ib_threads_free(writer->threads); /* waits for what is in flight */
	ib_threads_free(writer->copier);
	for (i = 0; writer->slots && i < SLOT_COUNT; i++) {
		ib_segment_release(&writer->slots[i]);
		ib_turn_free(writer->slots[i].done);
	}
	ib_free(writer->slots);
	ib_ring_free(writer->ring);
	if (!writer->compressors)
		return;
	while ((compressor = ib_pool_take(writer->compressors)))
		ib_compressor_free(compressor);
	ib_pool_free(writer->compressors);
}

void ib_erofs_writer_free(struct ib_erofs_writer *writer)
{
	size_t i = 0;

	if (!writer)
		return;
	free_window(writer);
	ib_keepings_free(writer);
	ib_hashing_free(writer->current_hashing);
	for (i = 0; i < writer->content_count; i++) {
		ib_free(writer->contents[i]->extents);
		ib_free(writer->contents[i]);
	}
	ib_free(writer->contents);
	ib_by_sha256_free(writer->by_sha256);
	ib_buffer_done(&writer->spool_buffer);
	ib_close_auto(&writer->spool);
	ib_close_auto(&writer->fd);
	ib_free(writer->path);
	ib_free(writer);
}

int ib_erofs_fd(const struct ib_erofs_writer *writer)
{
	return writer->fd;
}

struct ib_erofs_totals ib_erofs_totals(const struct ib_erofs_writer *writer)
{
	return writer->totals;
}

void ib_erofs_use_cache(struct ib_erofs_writer *writer, const struct ib_block_cache *cache)
{
	writer->cache = cache;
}

char *ib_erofs_form(const struct ib_erofs_params *params)
{
	static const char *const names[] = { "none", "lz4", "lz4hc", "zstd" };
	bool is_zstd = params->compression == IB_EROFS_ZSTD;
	ib_autofree char *packed = ib_strf(" packed %u", IB_MAX_PACKED_TAIL);

	return ib_strf(
		"erofs-blocks-0003 %s level %d %s-%s block %u cluster %u segment %zu tail %u%s",
		names[params->compression], ib_erofs_level(params), is_zstd ? "zstd" : "lz4",
		is_zstd ? ib_zstd_version() : ib_lz4_maker(ib_erofs_level(params)), EROFS_BLOCK,
		params->cluster_bytes ? params->cluster_bytes : EROFS_BLOCK, SEGMENT_BYTES,
		IB_MAX_TAIL_BEHIND_BLOCKS, params->pack_tails ? packed : "");
}

/* ---- one content ---- */

struct content *ib_writer_find_content(const struct ib_erofs_writer *writer,
				       const uint8_t sha256[32])
{
	return ib_by_sha256_find(writer->by_sha256, sha256);
}

void ib_writer_add_content(struct ib_erofs_writer *writer, struct content *content)
{
	ib_grow(writer->contents, writer->content_count);
	writer->contents[writer->content_count++] = content;
	if (content->has_sha256)
		ib_by_sha256_add(writer->by_sha256, content);
}

/* sha256 is NULL where it is not known yet. False: the same bytes are stored already. */
static bool begin_content(struct ib_erofs_writer *writer, struct ib_inode *inode,
			  const uint8_t *sha256)
{
	struct content *content = sha256 ? ib_writer_find_content(writer, sha256) : NULL;

	if (content && content->size == inode->size) {
		writer->totals.shared_files++;
		inode->sink = content;
		return false;
	}
	content = ib_alloc(sizeof(*content));
	content->size = inode->size;
	if (sha256) {
		memcpy(content->sha256, sha256, sizeof(content->sha256));
		content->has_sha256 = true;
	}
	ib_writer_add_content(writer, content);
	if (content->size > SEGMENT_BYTES && !(sha256 && writer->params.without_sha1)) {
		writer->current_hashing = ib_alloc(sizeof(*writer->current_hashing));
		writer->current_hashing->turn = ib_turn_new();
		writer->current_hashing->sha256 = sha256 ? NULL : ib_digest_new("sha256");
		writer->current_hashing->sha1 =
			writer->params.without_sha1 ? NULL : ib_digest_new("sha1");
	}
	writer->current = content;
	writer->current_left = content->size;
	writer->current_number = 0;
	inode->sink = content;
	return true;
}

static int feed(struct ib_erofs_writer *writer, const uint8_t *data, size_t size,
		struct ib_error *err)
{
	if (size > writer->current_left)
		return ib_fail(err, IB_INPUT, "a content is longer than its header says");
	while (size) {
		size_t take = 0;

		if (!writer->input)
			IB_TRY(ib_window_reserve(
				writer,
				(size_t)IB_MIN(writer->current_left, (uint64_t)SEGMENT_BYTES),
				err));
		take = IB_MIN(size, writer->input_capacity - writer->input_size);
		memcpy(writer->input + writer->input_size, data, take);
		writer->input_size += take;
		writer->current_left -= take;
		data += take;
		size -= take;
		/* the last segment goes when its content proved right */
		if (writer->input_size == writer->input_capacity && writer->current_left)
			IB_TRY(ib_window_submit(writer, err));
	}
	return 0;
}

static int end_content(struct ib_erofs_writer *writer, struct ib_error *err)
{
	if (writer->current_left)
		return ib_fail(err, IB_INPUT, "a content is %" PRIu64 " bytes too short",
			       writer->current_left);
	IB_TRY(ib_window_submit(writer, err));
	writer->current = NULL;
	return 0;
}

static bool is_worth_keeping(const struct ib_erofs_writer *writer, const struct ib_inode *inode)
{
	return writer->cache && inode->size >= LEAST_KEPT_BYTES;
}

/* From its entry, where it is worth one and has one. */
static int find_generated(struct ib_erofs_writer *writer, struct ib_inode *inode,
			  const uint8_t *sha256, bool *ret_used, struct ib_error *err)
{
	struct lookup lookup = { .subject.sha256 = sha256, .generated = inode, .entry.fd = -1 };
	int r = 0;

	*ret_used = false;
	if (!is_worth_keeping(writer, inode) || ib_writer_find_content(writer, sha256))
		return 0;
	IB_TRY(ib_lookup_begin(writer, &lookup, err));
	r = ib_lookup_use(writer, &lookup, ret_used, err);
	ib_lookup_done(&lookup);
	*ret_used = *ret_used && inode->sink;
	writer->totals.cached_contents += *ret_used;
	return r;
}

int ib_writer_feed_buffer(struct ib_erofs_writer *writer, struct ib_inode *inode,
			  struct ib_error *err)
{
	uint8_t sha256[32];
	bool used = false;

	ib_sha256(inode->data, inode->size, sha256);
	IB_TRY(find_generated(writer, inode, sha256, &used, err));
	if (used || !begin_content(writer, inode, sha256))
		return 0;
	if (is_worth_keeping(writer, inode)) {
		const struct ib_block_subject subject = { .sha256 = writer->current->sha256 };

		ib_keeping_begin(writer, &subject);
		ib_keeping_note(writer, 0, writer->current);
	}
	IB_TRY(feed(writer, inode->data, inode->size, err));
	return end_content(writer, err);
}

/* ---- the sink ---- */

static int sink_begin(void *context, uint32_t package, uint32_t file, uint64_t size,
		      bool *ret_wanted, struct ib_error *err)
{
	struct ib_erofs_writer *writer = context;
	struct ib_inode *inode = ib_tree_payload_inode(writer->tree, package, file);
	bool wanted = false;

	writer->current = NULL;
	writer->observer_wants = writer->observer != NULL;
	if (writer->observer)
		IB_TRY(writer->observer->begin(writer->observer->context, package, file, size,
					       &writer->observer_wants, err));
	if (inode && size && inode->sink)
		return ib_fail(err, IB_INPUT, "the content of file %" PRIu32 " came twice", file);
	if (inode && inode->size != size)
		return ib_fail(err, IB_INPUT,
			       "file %" PRIu32 " has %" PRIu64 " bytes, its header says %" PRIu64,
			       file, size, inode->size);
	if (inode && size) {
		wanted = begin_content(writer, inode,
				       ib_tree_payload_sha256(writer->tree, package, file));
		ib_keeping_note(writer, file, inode->sink);
	}
	*ret_wanted = wanted || writer->observer_wants;
	return 0;
}

static int sink_data(void *context, const void *data, size_t size, struct ib_error *err)
{
	struct ib_erofs_writer *writer = context;

	if (writer->observer_wants)
		IB_TRY(writer->observer->data(writer->observer->context, data, size, err));
	return writer->current ? feed(writer, data, size, err) : 0;
}

static int sink_end(void *context, struct ib_error *err)
{
	struct ib_erofs_writer *writer = context;

	if (writer->observer_wants)
		IB_TRY(writer->observer->end(writer->observer->context, err));
	return writer->current ? end_content(writer, err) : 0;
}

/* How many entries of the cache are looked at ahead of the package that streams. */
#define LOOK_AHEAD 32U

static int stream_one(struct ib_erofs_writer *writer, const struct ib_content_source *source,
		      struct lookup *lookup, struct ib_error *err)
{
	const struct ib_content_sink sink = { writer, sink_begin, sink_data, sink_end };
	bool used = false;

	if (writer->cache)
		IB_TRY(ib_lookup_use(writer, lookup, &used, err));
	writer->totals.cached_packages += used;
	writer->totals.streamed_packages += !used;
	if (used)
		return 0;
	if (writer->cache)
		ib_keeping_begin(writer, &lookup->subject);
	return source->stream(source->context, lookup->subject.package, &sink, err);
}

/* The package at a place of the image. */
static uint32_t package_at(const struct ib_layout *layout, uint32_t place)
{
	return layout ? layout->order[place] : place;
}

static int stream_all(struct ib_erofs_writer *writer, const struct ib_content_source *source,
		      struct lookup *lookups, struct ib_error *err)
{
	const struct ib_layout *layout = writer->params.layout;
	uint32_t looked_up = 0;
	uint32_t i = 0;

	for (i = 0; i < source->package_count; i++) {
		for (; writer->cache && looked_up < source->package_count &&
		       looked_up < i + LOOK_AHEAD;
		     looked_up++)
			IB_TRY(ib_lookup_begin(writer, &lookups[looked_up], err));
		IB_TRY(stream_one(writer, source, &lookups[i], err));
		if (layout && layout->ends[i])
			IB_TRY(ib_window_end_region(writer, err));
	}
	return 0;
}

int ib_erofs_stream(struct ib_erofs_writer *writer, const struct ib_content_source *source,
		    const struct ib_content_sink *observer, struct ib_error *err)
{
	ib_autofree struct lookup *lookups =
		ib_alloc_array(source->package_count, sizeof(*lookups));
	uint32_t i = 0;
	int r = 0;

	assert(!writer->params.layout || writer->params.layout->count == source->package_count);
	writer->observer = observer;
	for (i = 0; i < source->package_count; i++)
		lookups[i] =
			(struct lookup){ .subject.package = package_at(writer->params.layout, i),
					 .entry.fd = -1 };
	r = stream_all(writer, source, lookups, err);
	for (i = 0; i < source->package_count; i++)
		ib_lookup_done(&lookups[i]);
	return r;
}
