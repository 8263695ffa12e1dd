/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_file.h"

#include "image/format.h"

struct ib_image {
	const struct ib_format *format;
	void *context;
};

static const struct ib_format *format_of(const struct ib_region *region)
{
	const struct ib_format *format = NULL;
	size_t i = 0;

	for (i = 0; (format = ib_format_at(i)); i++)
		if (format->reader->is_image(region))
			return format;
	return NULL;
}

static int fail_unknown(const struct ib_region *region, struct ib_error *err)
{
	IB_AUTO_STRINGS(names);
	ib_autofree char *words = NULL;
	size_t i = 0;

	for (i = 0; ib_format_at(i); i++)
		ib_strings_addf(&names, "%s (*%s)", ib_format_at(i)->name, ib_format_at(i)->suffix);
	words = ib_strings_join(&names, ", ");
	(void)ib_fail(err, IB_INPUT, "'%s' is not an image of a recognized kind", region->name);
	ib_error_hint(err, "Recognized are root file systems of an output directory: %s.", words);
	return -IB_INPUT;
}

int ib_image_open(const struct ib_region *region, struct ib_image **ret_image, struct ib_error *err)
{
	const struct ib_format *format = format_of(region);
	struct ib_image *image = NULL;
	void *context = NULL;

	if (!format)
		return fail_unknown(region, err);
	IB_TRY(format->reader->open(region, &context, err));
	image = ib_alloc(sizeof(*image));
	image->format = format;
	image->context = context;
	*ret_image = image;
	return 0;
}

void ib_image_free(struct ib_image *image)
{
	if (!image)
		return;
	image->format->reader->free(image->context);
	ib_free(image);
}

int ib_image_info(struct ib_image *image, struct ib_image_info *ret_info, struct ib_error *err)
{
	struct ib_image_info info = { .format = image->format->name };

	IB_TRY(image->format->reader->info(image->context, &info, err));
	*ret_info = info;
	return 0;
}

int ib_image_read_tree(struct ib_image *image, const struct ib_image_limits *limits,
		       struct ib_tree **ret_tree, struct ib_error *err)
{
	static const struct ib_image_limits none = { 0 };

	return image->format->reader->read_tree(image->context, limits ? limits : &none, ret_tree,
						err);
}

int ib_image_stream_content(struct ib_image *image, const struct ib_inode *inode, ib_piece_fn take,
			    void *context, struct ib_error *err)
{
	return image->format->reader->stream_content(image->context, inode, take, context, err);
}

static int append(void *context, const void *data, size_t size, struct ib_error *err)
{
	struct ib_buffer *out = context;

	if (size > ib_buffer_room(out))
		return ib_fail(err, IB_LIMIT, "a content is larger than %zu bytes", out->max_size);
	ib_buffer_put(out, data, size);
	return 0;
}

int ib_image_read_content(struct ib_image *image, const struct ib_inode *inode,
			  struct ib_buffer *out, struct ib_error *err)
{
	return ib_image_stream_content(image, inode, append, out, err);
}

int ib_image_stored(struct ib_image *image, const struct ib_inode *inode, uint64_t *ret_block,
		    uint64_t *ret_bytes, struct ib_error *err)
{
	return image->format->reader->stored(image->context, inode, ret_block, ret_bytes, err);
}
