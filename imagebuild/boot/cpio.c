/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/cpio.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "boot/microcode.h"
#include "boot/newc.h"
#include "compress/compress.h"

/* A regular file: all its names in this tree, but for those that are microcode's. */
struct file {
	struct ib_inode *inode;
	struct ib_strings paths; /* none: it is microcode alone */
	char *shown;             /* the first name of all, for errors */
	uint64_t early;          /* where its content stands in front of the archive; or 0 */
	bool is_written;
};

struct ib_cpio {
	struct ib_zstd *zstd;
	struct ib_microcode *microcode;
	int fd;
	char *name;
	uint64_t size; /* bytes of the archive so far */
	uint32_t number;
	struct file **files; /* in the order of the walk */
	size_t file_count;
	struct file **payloads; /* those of them with a payload, by package and file */
	size_t payload_count;
	struct file *current; /* whose content is coming, or NULL */
	uint32_t package;     /* the last that was streamed */
	uint64_t left;
	uint64_t early_at; /* where the next of it goes in front, or 0 */
};

static int put_compressed(void *context, const void *data, size_t size, struct ib_error *err)
{
	struct ib_cpio *cpio = context;

	return ib_fd_write(cpio->fd, data, size, UINT64_MAX, cpio->name, err);
}

static int put(struct ib_cpio *cpio, const void *data, size_t size, struct ib_error *err)
{
	cpio->size += size;
	return ib_zstd_write(cpio->zstd, data, size, err);
}

static int pad(struct ib_cpio *cpio, uint64_t alignment, struct ib_error *err)
{
	static const uint8_t zeros[IB_NEWC_BLOCK];

	return put(cpio, zeros, (size_t)(-cpio->size & (alignment - 1)), err);
}

/* An entry without its content; number is the inode's, size the content's. */
static int put_header(struct ib_cpio *cpio, const char *path, const struct ib_inode *inode,
		      uint32_t links, uint64_t size, struct ib_error *err)
{
	IB_AUTO_BUFFER(header, (size_t)2 * PATH_MAX);
	const struct ib_newc entry = { path, inode, cpio->number, links, size, 0 };

	IB_TRY(ib_newc_put(&header, &entry, cpio->size, cpio->name, err));
	return put(cpio, header.data, header.size, err);
}

/* All names of a file; the content comes behind the last. */
static int begin_file(struct ib_cpio *cpio, struct file *file, struct ib_error *err)
{
	uint32_t links = (uint32_t)file->paths.count;
	size_t i = 0;

	cpio->number++;
	file->is_written = true;
	for (i = 0; i < links; i++)
		IB_TRY(put_header(cpio, file->paths.items[i], file->inode, links,
				  i + 1 < links ? 0 : file->inode->size, err));
	return 0;
}

static struct file *file_of(struct ib_cpio *cpio, struct ib_inode *inode, const char *path)
{
	struct file *file = inode->sink;

	if (file)
		return file;
	file = ib_alloc(sizeof(*file));
	file->inode = inode;
	file->shown = ib_strdup(path);
	file->early = ib_microcode_offset(cpio->microcode, inode);
	inode->sink = file;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	ib_grow(cpio->files, cpio->file_count);
	cpio->files[cpio->file_count++] = file;
	return file;
}

static void add_name(struct ib_cpio *cpio, struct ib_inode *inode, const char *path)
{
	struct file *file = file_of(cpio, inode, path);
	ib_autofree char *absolute = ib_strf("/%s", path);

	if (!file->early || !ib_microcode_place(absolute))
		ib_strings_add(&file->paths, path);
}

/* Writes what is no regular file, and collects the names of what is. */
static int visit(struct ib_cpio *cpio, const struct ib_node *node, const char *path,
		 struct ib_error *err)
{
	struct ib_inode *inode = node->inode;
	size_t i = 0;

	if (S_ISREG(inode->mode)) {
		add_name(cpio, inode, path);
		return 0;
	}
	cpio->number++;
	if (S_ISLNK(inode->mode)) {
		size_t length = strlen(inode->link);

		if (length >= PATH_MAX)
			return ib_fail(err, IB_LIMIT, "the target of link '/%s' is too long", path);
		IB_TRY(put_header(cpio, path, inode, 1, length, err));
		IB_TRY(put(cpio, inode->link, length, err));
		return pad(cpio, 4, err);
	}
	IB_TRY(put_header(cpio, path, inode,
			  S_ISDIR(inode->mode) ? IB_MAX(inode->link_count, 2) : 1, 0, err));
	for (i = 0; i < node->child_count; i++) {
		const struct ib_node *child = node->children[i];
		ib_autofree char *inner =
			node->parent ? ib_path_join(path, child->name) : ib_strdup(child->name);

		IB_TRY(visit(cpio, child, inner, err));
	}
	return 0;
}

static int compare_payloads(const void *a, const void *b)
{
	const struct ib_inode *left = (*(struct file *const *)a)->inode;
	const struct ib_inode *right = (*(struct file *const *)b)->inode;

	if (left->package != right->package)
		return left->package < right->package ? -1 : 1;
	return left->file < right->file ? -1 : left->file > right->file;
}

/* Files in memory are written now, the others are kept in the order in which they will be asked for. */
static int sort_files(struct ib_cpio *cpio, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < cpio->file_count; i++) {
		struct file *file = cpio->files[i];

		if (file->inode->content == IB_CONTENT_PAYLOAD) {
			/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
			ib_grow(cpio->payloads, cpio->payload_count);
			cpio->payloads[cpio->payload_count++] = file;
			continue;
		}
		IB_TRY(begin_file(cpio, file, err));
		if (file->inode->content == IB_CONTENT_BUFFER && file->paths.count)
			IB_TRY(put(cpio, file->inode->data, (size_t)file->inode->size, err));
		IB_TRY(pad(cpio, 4, err));
	}
	if (cpio->payload_count)
		qsort(cpio->payloads, cpio->payload_count, sizeof(struct file *), compare_payloads);
	return 0;
}

int ib_cpio_open(const struct ib_cpio_plan *plan, struct ib_cpio **ret_cpio, struct ib_error *err)
{
	IB_AUTO(ib_cpio) cpio = ib_alloc(sizeof(*cpio));

	cpio->fd = plan->fd;
	cpio->name = ib_strdup(plan->name);
	IB_TRY(ib_microcode_open(plan->root, plan->fd, cpio->name, &cpio->microcode, err));
	IB_TRY(ib_zstd_new(plan->level, plan->workers, put_compressed, cpio, &cpio->zstd, err));
	IB_TRY(visit(cpio, plan->root, ".", err));
	IB_TRY(sort_files(cpio, err));
	*ret_cpio = ib_take(cpio);
	return 0;
}

void ib_cpio_free(struct ib_cpio *cpio)
{
	size_t i = 0;

	if (!cpio)
		return;
	for (i = 0; i < cpio->file_count; i++) {
		cpio->files[i]->inode->sink = NULL;
		ib_strings_done(&cpio->files[i]->paths);
		ib_free(cpio->files[i]->shown);
		ib_free(cpio->files[i]);
	}
	ib_zstd_free(cpio->zstd);
	ib_microcode_free(cpio->microcode);
	ib_free(cpio->files);
	ib_free(cpio->payloads);
	ib_free(cpio->name);
	ib_free(cpio);
}

/* The first of the payloads that is not before this one. */
static size_t lower_bound(const struct ib_cpio *cpio, uint32_t package, uint32_t file)
{
	size_t low = 0;
	size_t high = cpio->payload_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ib_inode *inode = cpio->payloads[middle]->inode;

		if (inode->package < package || (inode->package == package && inode->file < file))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool ib_cpio_wants(const struct ib_cpio *cpio, uint32_t package)
{
	size_t i = lower_bound(cpio, package, 0);

	for (; i < cpio->payload_count && cpio->payloads[i]->inode->package == package; i++)
		if (!cpio->payloads[i]->is_written)
			return true;
	return false;
}

static int sink_begin(void *context, uint32_t package, uint32_t number, uint64_t size,
		      bool *ret_wanted, struct ib_error *err)
{
	struct ib_cpio *cpio = context;
	size_t i = lower_bound(cpio, package, number);
	struct file *file = i < cpio->payload_count ? cpio->payloads[i] : NULL;

	assert(!cpio->current && package >= cpio->package);
	cpio->package = package;
	*ret_wanted = file && !file->is_written && file->inode->package == package &&
		      file->inode->file == number;
	if (!*ret_wanted)
		return 0;
	if (size != file->inode->size)
		return ib_fail(err, IB_INPUT, "'/%s' has %llu bytes in its package, not %llu",
			       file->shown, (unsigned long long)size,
			       (unsigned long long)file->inode->size);
	cpio->current = file;
	cpio->left = size;
	cpio->early_at = file->early;
	return begin_file(cpio, file, err);
}

static int sink_data(void *context, const void *data, size_t size, struct ib_error *err)
{
	struct ib_cpio *cpio = context;

	if (!cpio->current)
		return 0;
	assert(size <= cpio->left);
	cpio->left -= size;
	if (cpio->early_at) {
		IB_TRY(ib_fd_write(cpio->fd, data, size, cpio->early_at, cpio->name, err));
		cpio->early_at += size;
	}
	return cpio->current->paths.count ? put(cpio, data, size, err) : 0;
}

static int sink_end(void *context, struct ib_error *err)
{
	struct ib_cpio *cpio = context;

	if (!cpio->current)
		return 0;
	assert(!cpio->left);
	cpio->current = NULL;
	return pad(cpio, 4, err);
}

struct ib_content_sink ib_cpio_sink(struct ib_cpio *cpio)
{
	return (struct ib_content_sink){ cpio, sink_begin, sink_data, sink_end };
}

int ib_cpio_close(struct ib_cpio *cpio, struct ib_error *err)
{
	static const struct ib_inode none;
	size_t i = 0;

	for (i = 0; i < cpio->payload_count; i++)
		if (!cpio->payloads[i]->is_written)
			return ib_fail(err, IB_INPUT,
				       "the content of '/%s' did not come by for '%s'",
				       cpio->payloads[i]->shown, cpio->name);
	cpio->number = 0;
	IB_TRY(put_header(cpio, IB_NEWC_TRAILER, &none, 1, 0, err));
	IB_TRY(pad(cpio, IB_NEWC_BLOCK, err));
	return ib_zstd_finish(cpio->zstd, err);
}

int ib_cpio_write(const struct ib_cpio_plan *plan, const struct ib_content_source *source,
		  struct ib_error *err)
{
	IB_AUTO(ib_cpio) cpio = NULL;
	struct ib_content_sink sink;
	uint32_t package = 0;

	IB_TRY(ib_cpio_open(plan, &cpio, err));
	sink = ib_cpio_sink(cpio);
	for (package = 0; package < source->package_count; package++)
		if (ib_cpio_wants(cpio, package))
			IB_TRY(source->stream(source->context, package, &sink, err));
	return ib_cpio_close(cpio, err);
}
