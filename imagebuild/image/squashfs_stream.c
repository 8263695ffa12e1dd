/* SPDX-License-Identifier: Apache-2.0 */
/* Contents come in, from the payloads of packages and from buffers, and go to libsquashfs. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "image/inode_digests.h"
#include "image/squashfs_writer.h"

/* Blocks in flight for each worker: enough that none waits, few enough to be no memory. */
#define BACKLOG 10U

/* ---- opening ---- */

static const struct {
	const char *name;
	SQFS_COMPRESSOR id;
	sqfs_u16 flags;
} compressors[] = {
	{ "zstd", SQFS_COMP_ZSTD, 0 },
	{ "gzip", SQFS_COMP_GZIP, 0 },
	{ "xz", SQFS_COMP_XZ, 0 },
	{ "lz4", SQFS_COMP_LZ4, 0 },
	{ "lz4hc", SQFS_COMP_LZ4, SQFS_COMP_FLAG_LZ4_HC },
};

const char *const ib_squashfs_compressions[] = { "zstd", "gzip", "xz", "lz4", "lz4hc", NULL };

const char *ib_squashfs_version(void)
{
	return IB_SQUASHFS_VERSION;
}

static int configure(const struct ib_squashfs_params *params, sqfs_compressor_config_t *ret_config,
		     struct ib_error *err)
{
	size_t i = 0;

	while (i < IB_COUNT(compressors) && !ib_str_equal(compressors[i].name, params->compression))
		i++;
	if (i == IB_COUNT(compressors) ||
	    sqfs_compressor_config_init(ret_config, compressors[i].id, SQUASHFS_BLOCK,
					compressors[i].flags) < 0)
		return ib_fail(err, IB_INPUT, "squashfs has no compression '%s'",
			       params->compression);
	if (params->level)
		ret_config->level = (sqfs_u32)params->level;
	return 0;
}

static int make_compressors(struct ib_squashfs_writer *writer, struct ib_error *err)
{
	sqfs_compressor_config_t config;

	IB_TRY(configure(&writer->params, &config, err));
	if (sqfs_compressor_create(&config, &writer->compressor) < 0)
		return ib_fail(err, IB_INPUT, "libsquashfs has no compression %s of level %d",
			       writer->params.compression, writer->params.level);
	config.flags |= SQFS_COMP_FLAG_UNCOMPRESS;
	SQFS_TRY(&writer->file, sqfs_compressor_create(&config, &writer->decompressor),
		 "the compression", err);
	SQFS_TRY(&writer->file,
		 sqfs_super_init(&writer->super, SQUASHFS_BLOCK,
				 (sqfs_u32)writer->params.build_time, (SQFS_COMPRESSOR)config.id),
		 "the superblock", err);
	return 0;
}

/* The superblock, which is written again at the end, and the compression's settings. */
static int write_head(struct ib_squashfs_writer *writer, struct ib_error *err)
{
	int size = 0;

	SQFS_TRY(&writer->file, sqfs_super_write(&writer->super, &writer->file.base),
		 "the superblock", err);
	size = writer->compressor->write_options(writer->compressor, &writer->file.base);
	SQFS_TRY(&writer->file, size, "the compression", err);
	if (size > 0)
		writer->super.flags |= SQFS_FLAG_COMPRESSOR_OPTIONS;
	return 0;
}

static int make_processor(struct ib_squashfs_writer *writer, struct ib_error *err)
{
	size_t workers = ib_threads_usable(writer->params.threads);
	sqfs_block_processor_desc_t plan = {
		.size = sizeof(plan),
		.max_block_size = SQUASHFS_BLOCK,
		.num_workers = (sqfs_u32)workers,
		.max_backlog = (sqfs_u32)workers * BACKLOG,
		.cmp = writer->compressor,
		.file = &writer->file.base,
		.uncmp = writer->decompressor,
	};

	writer->blocks = sqfs_block_writer_create(&writer->file.base, SQUASHFS_DEVICE_BLOCK, 0);
	writer->fragments = sqfs_frag_table_create(0);
	plan.wr = writer->blocks;
	plan.tbl = writer->fragments;
	SQFS_TRY(&writer->file,
		 writer->blocks && writer->fragments
			 ? sqfs_block_processor_create_ex(&plan, &writer->processor)
			 : SQFS_ERROR_ALLOC,
		 "the crew", err);
	return 0;
}

static int forget_sink(void *context, struct ib_node *node, struct ib_error *err)
{
	(void)context, (void)err;
	node->inode->sink = NULL;
	return 0;
}

int ib_squashfs_open(const char *path, const struct ib_squashfs_params *params,
		     struct ib_tree *tree, struct ib_squashfs_writer **ret_writer,
		     struct ib_error *err)
{
	IB_AUTO(ib_squashfs_writer) writer = ib_alloc(sizeof(*writer));
	struct ib_region region = { 0 };

	writer->path = ib_strdup(path);
	writer->tree = tree;
	writer->params = *params;
	writer->by_sha256 = ib_by_sha256_new(offsetof(struct squashfs_content, sha256));
	writer->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (writer->fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	if (params->build_time < 0 || params->build_time > UINT32_MAX)
		return ib_fail(err, IB_LIMIT, "squashfs has no time %" PRId64, params->build_time);
	region = (struct ib_region){ .fd = writer->fd, .name = writer->path };
	ib_squashfs_file_init(&writer->file, &region, true);
	IB_TRY(make_compressors(writer, err));
	IB_TRY(write_head(writer, err));
	IB_TRY(make_processor(writer, err));
	IB_TRY(ib_tree_walk(tree, forget_sink, NULL, err));
	*ret_writer = ib_take(writer);
	return 0;
}

void ib_squashfs_writer_free(struct ib_squashfs_writer *writer)
{
	size_t i = 0;

	if (!writer)
		return;
	sqfs_destroy(writer->processor); /* waits for its workers */
	sqfs_destroy(writer->fragments);
	sqfs_destroy(writer->blocks);
	sqfs_destroy(writer->decompressor);
	sqfs_destroy(writer->compressor);
	for (i = 0; i < writer->content_count; i++) {
		sqfs_free(writer->contents[i]->blocks);
		ib_free(writer->contents[i]);
	}
	ib_free(writer->contents);
	ib_by_sha256_free(writer->by_sha256);
	ib_digest_free(writer->sha256);
	ib_digest_free(writer->sha1);
	ib_squashfs_file_done(&writer->file);
	ib_close_auto(&writer->fd);
	ib_free(writer->path);
	ib_free(writer);
}

/* ---- one content ---- */

/* True: the same bytes are stored already, and the inode has them. */
static bool is_known(const struct ib_squashfs_writer *writer, struct ib_inode *inode,
		     const uint8_t sha256[32])
{
	struct squashfs_content *content = ib_by_sha256_find(writer->by_sha256, sha256);

	if (!content || content->size != inode->size)
		return false;
	inode->sink = content;
	ib_inode_give_digests(inode, content->sha256, content->sha1);
	return true;
}

/* sha256 is NULL where it is not known yet. */
static int begin_content(struct ib_squashfs_writer *writer, struct ib_inode *inode,
			 const uint8_t *sha256, struct ib_error *err)
{
	struct squashfs_content *content = NULL;

	if (sha256 && is_known(writer, inode, sha256))
		return 0;
	content = ib_alloc(sizeof(*content));
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	ib_grow(writer->contents, writer->content_count);
	writer->contents[writer->content_count++] = content;
	content->size = inode->size;
	writer->has_sha256 = sha256 != NULL;
	if (sha256)
		memcpy(content->sha256, sha256, sizeof(content->sha256));
	else
		writer->sha256 = ib_digest_new("sha256");
	writer->sha1 = ib_digest_new("sha1");
	writer->current = content;
	writer->inode = inode;
	writer->left = inode->size;
	SQFS_TRY(&writer->file,
		 sqfs_block_processor_begin_file(writer->processor, &content->blocks, NULL, 0),
		 "a content", err);
	inode->sink = content;
	return 0;
}

static int feed(struct ib_squashfs_writer *writer, const void *data, size_t size,
		struct ib_error *err)
{
	if (size > writer->left)
		return ib_fail(err, IB_INPUT, "a content is longer than its header says");
	writer->left -= size;
	if (writer->sha256)
		ib_digest_update(writer->sha256, data, size);
	ib_digest_update(writer->sha1, data, size);
	SQFS_TRY(&writer->file, sqfs_block_processor_append(writer->processor, data, size),
		 "a content", err);
	return 0;
}

static void take_digest(struct ib_digest **digest, uint8_t *value, size_t size)
{
	uint8_t all[IB_DIGEST_MAX_SIZE];

	if (!*digest)
		return;
	ib_digest_final(*digest, all);
	memcpy(value, all, size);
	ib_digest_free(*digest);
	*digest = NULL;
}

static int end_content(struct ib_squashfs_writer *writer, struct ib_error *err)
{
	struct squashfs_content *content = writer->current;

	if (writer->left)
		return ib_fail(err, IB_INPUT, "a content is %" PRIu64 " bytes too short",
			       writer->left);
	writer->current = NULL;
	SQFS_TRY(&writer->file, sqfs_block_processor_end_file(writer->processor), "a content", err);
	take_digest(&writer->sha256, content->sha256, sizeof(content->sha256));
	take_digest(&writer->sha1, content->sha1, sizeof(content->sha1));
	ib_inode_give_digests(writer->inode, content->sha256, content->sha1);
	ib_by_sha256_add(writer->by_sha256, content);
	return 0;
}

int ib_squashfs_feed_buffer(struct ib_squashfs_writer *writer, struct ib_inode *inode,
			    struct ib_error *err)
{
	uint8_t sha256[32];

	ib_sha256(inode->data, inode->size, sha256);
	IB_TRY(begin_content(writer, inode, sha256, err));
	if (!writer->current)
		return 0;
	IB_TRY(feed(writer, inode->data, inode->size, err));
	return end_content(writer, err);
}

/* ---- the sink ---- */

static int sink_begin(void *context, uint32_t package, uint32_t file, uint64_t size,
		      bool *ret_wanted, struct ib_error *err)
{
	struct ib_squashfs_writer *writer = context;
	struct ib_inode *inode = ib_tree_payload_inode(writer->tree, package, file);

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
	if (inode && size)
		IB_TRY(begin_content(writer, inode,
				     ib_tree_payload_sha256(writer->tree, package, file), err));
	*ret_wanted = writer->current || writer->observer_wants;
	return 0;
}

static int sink_data(void *context, const void *data, size_t size, struct ib_error *err)
{
	struct ib_squashfs_writer *writer = context;

	if (writer->observer_wants)
		IB_TRY(writer->observer->data(writer->observer->context, data, size, err));
	return writer->current ? feed(writer, data, size, err) : 0;
}

static int sink_end(void *context, struct ib_error *err)
{
	struct ib_squashfs_writer *writer = context;

	if (writer->observer_wants)
		IB_TRY(writer->observer->end(writer->observer->context, err));
	return writer->current ? end_content(writer, err) : 0;
}

int ib_squashfs_stream(struct ib_squashfs_writer *writer, const struct ib_content_source *source,
		       const struct ib_content_sink *observer, struct ib_error *err)
{
	const struct ib_content_sink sink = { writer, sink_begin, sink_data, sink_end };
	uint32_t i = 0;

	writer->observer = observer;
	for (i = 0; i < source->package_count; i++)
		IB_TRY(source->stream(source->context, i, &sink, err));
	return 0;
}
