/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/microcode.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/newc.h"

#define HEX "[0-9a-f][0-9a-f]"

/* In the order in which they stand in the archive. */
static const struct {
	const char *pattern; /* of paths below folders[] */
	const char *place;
} kinds[] = {
	/* signatures (.asc) lie beside them */
	{ "amd-ucode/*.bin", "kernel/x86/microcode/AuthenticAMD.bin" },
	/* family, model and stepping */
	{ "intel-ucode/" HEX "-" HEX "-" HEX, "kernel/x86/microcode/GenuineIntel.bin" },
};

static const char *const folders[] = { "/usr/lib/firmware/", "/lib/firmware/" };

struct piece {
	const struct ib_inode *inode;
	const char *place;
	char *path; /* owned */
	uint64_t offset;
};

struct ib_microcode {
	struct piece *pieces;
	size_t count;
	struct ib_map *seen; /* inodes that are among them */
};

/* ---- what is microcode --------------------------------------------------- */

const char *ib_microcode_place(const char *path)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < IB_COUNT(folders); i++)
		for (j = 0; ib_str_starts(path, folders[i]) && j < IB_COUNT(kinds); j++)
			if (!fnmatch(kinds[j].pattern, path + strlen(folders[i]), FNM_PATHNAME))
				return kinds[j].place;
	return NULL;
}

bool ib_microcode_is_compressed(const char *path)
{
	static const char *const suffixes[] = { ".xz", ".zst" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(suffixes); i++) {
		ib_autofree char *plain = NULL;

		if (!ib_str_ends(path, suffixes[i]))
			continue;
		plain = ib_strndup(path, strlen(path) - strlen(suffixes[i]));
		return ib_microcode_place(plain) != NULL;
	}
	return false;
}

/* ---- finding it ---------------------------------------------------------- */

static int compare_pieces(const void *a, const void *b)
{
	const struct piece *left = a;
	const struct piece *right = b;
	int by_place = strcmp(left->place, right->place);
	int by_name = strcmp(ib_path_name(left->path), ib_path_name(right->path));

	if (by_place)
		return by_place;
	return by_name ? by_name : strcmp(left->path, right->path);
}

static void collect(struct ib_microcode *microcode, const struct ib_node *node, const char *path)
{
	const char *place = S_ISREG(node->inode->mode) ? ib_microcode_place(path) : NULL;
	size_t i = 0;

	if (place) {
		ib_grow(microcode->pieces, microcode->count);
		microcode->pieces[microcode->count++] =
			(struct piece){ node->inode, place, ib_strdup(path), 0 };
	}
	for (i = 0; i < node->child_count; i++) {
		ib_autofree char *inner = ib_strf("%s/%s", path, node->children[i]->name);

		collect(microcode, node->children[i], inner);
	}
}

static char *key_of(const struct ib_inode *inode)
{
	return ib_strf("%p", (const void *)inode);
}

/* Further names of one inode go: its content comes once. */
static void drop_further_names(struct ib_microcode *microcode)
{
	size_t kept = 0;
	size_t i = 0;

	for (i = 0; i < microcode->count; i++) {
		ib_autofree char *key = key_of(microcode->pieces[i].inode);

		if (ib_map_set(microcode->seen, key, microcode))
			ib_free(microcode->pieces[i].path);
		else
			microcode->pieces[kept++] = microcode->pieces[i];
	}
	microcode->count = kept;
}

/* ---- the archive --------------------------------------------------------- */

struct frame {
	int fd;
	const char *name;
	uint64_t start;  /* of the archive in fd */
	uint64_t size;   /* of it so far */
	uint32_t number; /* of the inode before */
};

static int put(struct frame *frame, const void *data, size_t size, struct ib_error *err)
{
	IB_TRY(ib_fd_write(frame->fd, data, size, frame->start + frame->size, frame->name, err));
	frame->size += size;
	return 0;
}

static int put_entry(struct frame *frame, struct ib_newc entry, struct ib_error *err)
{
	IB_AUTO_BUFFER(header, 1024);

	entry.number = frame->number;
	IB_TRY(ib_newc_put(&header, &entry, frame->size, frame->name, err));
	return put(frame, header.data, header.size, err);
}

static int pad(struct frame *frame, uint64_t alignment, struct ib_error *err)
{
	static const uint8_t zeros[IB_NEWC_BLOCK];

	return put(frame, zeros, (size_t)(-frame->size & (alignment - 1)), err);
}

static int put_folders(struct frame *frame, struct ib_error *err)
{
	static const char *const paths[] = { "kernel", "kernel/x86", "kernel/x86/microcode" };
	static const struct ib_inode inode = { .mode = S_IFDIR | 0755 };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(paths); i++) {
		frame->number++;
		IB_TRY(put_entry(frame, (struct ib_newc){ paths[i], &inode, 0, 2, 0, 0 }, err));
	}
	return 0;
}

/* The pieces of one place, up to end; the room for those whose contents come later is left. */
static int put_place(struct frame *frame, struct piece *pieces, size_t count, struct ib_error *err)
{
	static const struct ib_inode inode = { .mode = S_IFREG | 0644 };
	uint64_t size = 0;
	size_t i = 0;

	for (i = 0; i < count; i++)
		size += pieces[i].inode->size;
	frame->number++;
	IB_TRY(put_entry(frame, (struct ib_newc){ pieces->place, &inode, 0, 1, size, 16 }, err));
	for (i = 0; i < count; i++) {
		const struct ib_inode *content = pieces[i].inode;

		pieces[i].offset = frame->start + frame->size;
		if (content->content == IB_CONTENT_BUFFER)
			IB_TRY(put(frame, content->data, (size_t)content->size, err));
		else
			frame->size += content->size;
	}
	return pad(frame, 4, err);
}

static int put_archive(struct ib_microcode *microcode, struct frame *frame, struct ib_error *err)
{
	static const struct ib_inode none;
	size_t first = 0;
	size_t end = 0;

	IB_TRY(put_folders(frame, err));
	for (first = 0; first < microcode->count; first = end) {
		for (end = first + 1; end < microcode->count; end++)
			if (microcode->pieces[end].place != microcode->pieces[first].place)
				break;
		IB_TRY(put_place(frame, microcode->pieces + first, end - first, err));
	}
	frame->number = 0;
	IB_TRY(put_entry(frame, (struct ib_newc){ IB_NEWC_TRAILER, &none, 0, 1, 0, 0 }, err));
	return pad(frame, IB_NEWC_BLOCK, err);
}

int ib_microcode_open(const struct ib_node *root, int fd, const char *name,
		      struct ib_microcode **ret_microcode, struct ib_error *err)
{
	IB_AUTO(ib_microcode) microcode = ib_alloc(sizeof(*microcode));
	struct frame frame = { .fd = fd, .name = name };
	off_t start = 0;

	microcode->seen = ib_map_new();
	collect(microcode, root, "");
	if (microcode->count) {
		qsort(microcode->pieces, microcode->count, sizeof(struct piece), compare_pieces);
		drop_further_names(microcode);
		start = lseek(fd, 0, SEEK_CUR);
		if (start < 0)
			return ib_fail_errno(err, errno, "could not find the place in '%s'", name);
		frame.start = (uint64_t)start;
		IB_TRY(put_archive(microcode, &frame, err));
		if (lseek(fd, (off_t)(frame.start + frame.size), SEEK_SET) < 0)
			return ib_fail_errno(err, errno, "could not find the place in '%s'", name);
	}
	*ret_microcode = ib_take(microcode);
	return 0;
}

void ib_microcode_free(struct ib_microcode *microcode)
{
	size_t i = 0;

	if (!microcode)
		return;
	for (i = 0; i < microcode->count; i++)
		ib_free(microcode->pieces[i].path);
	ib_free(microcode->pieces);
	ib_map_free(microcode->seen);
	ib_free(microcode);
}

uint64_t ib_microcode_offset(const struct ib_microcode *microcode, const struct ib_inode *inode)
{
	size_t i = 0;

	for (i = 0; i < microcode->count; i++)
		if (microcode->pieces[i].inode == inode)
			return microcode->pieces[i].offset;
	return 0;
}
