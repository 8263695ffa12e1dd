/* SPDX-License-Identifier: Apache-2.0 */
#include "image/format.h"

#include <string.h>

#include "image/erofs.h"
#include "image/erofs_read.h"
#include "image/squashfs.h"

/* ---- EROFS ---- */

/* In the order of enum ib_erofs_compression. */
static const char *const erofs_compressions[] = { "none", "lz4", "lz4hc", "zstd", NULL };

static struct ib_erofs_params erofs_params(const struct ib_format_params *params)
{
	struct ib_erofs_params erofs = { .level = params->level,
					 .cluster_bytes = params->cluster_bytes,
					 .pack_tails = params->pack_tails,
					 .build_time = params->build_time,
					 .threads = params->threads,
					 .without_sha1 = params->without_sha1,
					 .layout = params->layout,
					 .ahead = params->ahead };
	unsigned i = 0;

	for (i = 0; erofs_compressions[i]; i++)
		if (ib_str_equal(erofs_compressions[i], params->compression))
			erofs.compression = (enum ib_erofs_compression)i;
	memcpy(erofs.uuid, params->uuid, sizeof(erofs.uuid));
	return erofs;
}

static int erofs_open(const char *path, const struct ib_format_params *params, struct ib_tree *tree,
		      void **ret_writer, struct ib_error *err)
{
	const struct ib_erofs_params erofs = erofs_params(params);
	struct ib_erofs_writer *writer = NULL;

	IB_TRY(ib_erofs_open(path, &erofs, tree, &writer, err));
	*ret_writer = writer;
	return 0;
}

static int erofs_stream(void *writer, const struct ib_content_source *source,
			const struct ib_content_sink *observer, struct ib_error *err)
{
	return ib_erofs_stream(writer, source, observer, err);
}

static int erofs_finish(void *writer, uint64_t *ret_size, struct ib_error *err)
{
	return ib_erofs_finish(writer, ret_size, err);
}

static void erofs_free(void *writer)
{
	ib_erofs_writer_free(writer);
}

static char *erofs_form(const struct ib_format_params *params)
{
	const struct ib_erofs_params erofs = erofs_params(params);

	return ib_erofs_form(&erofs);
}

static void erofs_use_cache(void *writer, const struct ib_block_cache *cache)
{
	ib_erofs_use_cache(writer, cache);
}

static struct ib_format_cached erofs_cached(const void *writer)
{
	const struct ib_erofs_totals totals = ib_erofs_totals(writer);

	return (struct ib_format_cached){ totals.cached_packages, totals.cached_contents };
}

static int erofs_prove(const void *writer, const struct ib_block_proof *proof, bool *ret_good,
		       struct ib_error *err)
{
	return ib_erofs_prove(writer, proof, ret_good, err);
}

/* ---- squashfs ---- */

static int squashfs_open(const char *path, const struct ib_format_params *params,
			 struct ib_tree *tree, void **ret_writer, struct ib_error *err)
{
	const struct ib_squashfs_params squashfs = { .compression = params->compression,
						     .level = params->level,
						     .build_time = params->build_time,
						     .threads = params->threads };
	struct ib_squashfs_writer *writer = NULL;

	IB_TRY(ib_squashfs_open(path, &squashfs, tree, &writer, err));
	*ret_writer = writer;
	return 0;
}

static int squashfs_stream(void *writer, const struct ib_content_source *source,
			   const struct ib_content_sink *observer, struct ib_error *err)
{
	return ib_squashfs_stream(writer, source, observer, err);
}

static int squashfs_finish(void *writer, uint64_t *ret_size, struct ib_error *err)
{
	return ib_squashfs_finish(writer, ret_size, err);
}

static void squashfs_free(void *writer)
{
	ib_squashfs_writer_free(writer);
}

/* ---- the table ---- */

static const struct ib_format formats[] = {
	{
		.name = "erofs",
		.suffix = ".root.erofs",
		.compressions = erofs_compressions,
		.open = erofs_open,
		.stream = erofs_stream,
		.finish = erofs_finish,
		.free = erofs_free,
		.form = erofs_form,
		.use_cache = erofs_use_cache,
		.cached = erofs_cached,
		.prove = erofs_prove,
		.reader = &ib_erofs_reader,
		.read_back = ib_erofs_read_content,
	},
	{
		.name = "squashfs",
		.suffix = ".root.squashfs",
		.compressions = ib_squashfs_compressions,
		.open = squashfs_open,
		.stream = squashfs_stream,
		.finish = squashfs_finish,
		.free = squashfs_free,
		.reader = &ib_squashfs_reader,
	},
};

const struct ib_format *ib_format_at(size_t index)
{
	return index < IB_COUNT(formats) ? &formats[index] : NULL;
}

const struct ib_format *ib_format_find(const char *name)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(formats); i++)
		if (ib_str_equal(formats[i].name, name))
			return &formats[i];
	return NULL;
}

int ib_format_check(const struct ib_format *format, const char *compression, struct ib_error *err)
{
	IB_AUTO_BUFFER(known, 4096);
	ib_autofree char *words = NULL;
	size_t i = 0;

	for (i = 0; format->compressions[i]; i++) {
		if (ib_str_equal(format->compressions[i], compression))
			return 0;
		ib_buffer_putf(&known, "%s%s", i ? ", " : "", format->compressions[i]);
	}
	(void)ib_fail(err, IB_INPUT, "%s has no compression '%s'", format->name, compression);
	words = ib_buffer_take_text(&known);
	ib_error_hint(err, "It has: %s.", words);
	return -IB_INPUT;
}
