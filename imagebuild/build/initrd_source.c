/* SPDX-License-Identifier: Apache-2.0 */
#include "build/initrd_source.h"

#include <string.h>

#include "crypto/crypto.h"

#define IN_NO_ROOT UINT32_MAX
/* A content that is read back is in memory as a whole; what is larger streams. */
#define LARGEST_READ_BACK ((uint64_t)64 << 20)

/* The initrd's inode that this file of a package carries the content of, or NULL. */
static const struct ib_inode *wanted(const struct ib_initrd_source *source, uint32_t package,
				     uint32_t file)
{
	const struct ib_inode *inode =
		ib_tree_payload_inode(source->work->initrd_tree, package, file);

	return inode && inode->size && inode->file == file ? inode : NULL;
}

/* The same content in the root's image, or NULL. */
static const struct ib_inode *in_root(const struct ib_initrd_source *source, uint32_t package,
				      uint32_t file)
{
	const struct ib_inode *inode =
		ib_tree_payload_inode(source->work->root_tree, source->root_numbers[package], file);
	bool has_digest = ib_tree_payload_sha256(source->work->initrd_tree, package, file) != NULL;

	return inode && inode->size <= LARGEST_READ_BACK && has_digest ? inode : NULL;
}

static bool is_all_in_root(const struct ib_initrd_source *source, uint32_t package)
{
	const struct ib_package *of = source->work->initrd.members[package]->package;
	uint32_t file = 0;

	if (!source->format->read_back || source->root_numbers[package] == IN_NO_ROOT)
		return false;
	for (file = 0; file < of->file_count; file++)
		if (wanted(source, package, file) && !in_root(source, package, file))
			return false;
	return true;
}

static int read_back(const struct ib_initrd_source *source, uint32_t package, uint32_t file,
		     struct ib_buffer *content, struct ib_error *err)
{
	const uint8_t *stated = ib_tree_payload_sha256(source->work->initrd_tree, package, file);
	uint8_t found[IB_SHA256_SIZE];

	ib_buffer_clear(content);
	IB_TRY(source->format->read_back(&source->image, in_root(source, package, file), content,
					 err));
	ib_sha256(content->data, content->size, found);
	if (memcmp(found, stated, sizeof(found)) != 0)
		return ib_fail(err, IB_FAILED,
			       "'%s' does not hold what was written there: '%s' has another digest",
			       source->image.name,
			       source->work->initrd.members[package]->package->files[file].path);
	return 0;
}

/* The root's image took the digests of the same bytes already. */
static void take_over_digests(const struct ib_inode *in_root, struct ib_inode *inode)
{
	if (!in_root->has_sha256)
		return;
	memcpy(inode->sha256, in_root->sha256, sizeof(inode->sha256));
	memcpy(inode->sha1, in_root->sha1, sizeof(inode->sha1));
	inode->has_sha256 = true;
}

static int give(const struct ib_initrd_source *source, uint32_t package, uint32_t file,
		struct ib_buffer *content, const struct ib_content_sink *sink, struct ib_error *err)
{
	bool is_wanted = true;

	IB_TRY(read_back(source, package, file, content, err));
	take_over_digests(in_root(source, package, file),
			  ib_tree_payload_inode(source->work->initrd_tree, package, file));
	IB_TRY(sink->begin(sink->context, package, file, content->size, &is_wanted, err));
	if (is_wanted)
		IB_TRY(sink->data(sink->context, content->data, content->size, err));
	return sink->end(sink->context, err);
}

static int stream(void *context, uint32_t package, const struct ib_content_sink *sink,
		  struct ib_error *err)
{
	const struct ib_initrd_source *source = context;
	const struct ib_package *of = source->work->initrd.members[package]->package;
	IB_AUTO_BUFFER(content, LARGEST_READ_BACK);
	uint32_t file = 0;

	if (!is_all_in_root(source, package))
		return source->packages.stream(source->packages.context, package, sink, err);
	for (file = 0; file < of->file_count; file++)
		if (wanted(source, package, file))
			IB_TRY(give(source, package, file, &content, sink, err));
	return 0;
}

/* Both rows are in the lock's order. */
static void number_members(struct ib_initrd_source *source)
{
	const struct ib_members *root = &source->work->root;
	const struct ib_members *initrd = &source->work->initrd;
	size_t at = 0;
	size_t i = 0;

	for (i = 0; i < initrd->count; i++) {
		while (at < root->count && root->members[at] < initrd->members[i])
			at++;
		source->root_numbers[i] =
			at < root->count && root->members[at] == initrd->members[i] ? (uint32_t)at
										    : IN_NO_ROOT;
	}
}

void ib_initrd_source_init(struct ib_initrd_source *source, struct ib_work *work,
			   const struct ib_region *image)
{
	*source = (struct ib_initrd_source){
		.work = work,
		.format = ib_format_find(work->recipe->root_format),
		.image = *image,
		.packages = *ib_rpm_source_content(work->initrd.source),
		.root_numbers = ib_alloc_array(work->initrd.count, sizeof(uint32_t)),
		.content = { .context = source,
			     .package_count = (uint32_t)work->initrd.count,
			     .stream = stream },
	};
	number_members(source);
}

void ib_initrd_source_done(struct ib_initrd_source *source)
{
	ib_free(source->root_numbers);
}
