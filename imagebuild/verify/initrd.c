/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/initrd.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/archive.h"
#include "compress/compress.h"

const struct ib_initrd_limits ib_initrd_usual = {
	.bytes = (uint64_t)4 << 30,
	.name_bytes = (size_t)64 << 20,
	.early = (size_t)128 << 20,
};

struct reading {
	int fd;
	const char *name;
	uint64_t size;     /* of the initrd */
	uint64_t at;       /* what was read of it */
	uint64_t unpacked; /* bytes */
	struct ib_unzstd *unzstd;
	const struct ib_initrd_limits *limits;
	const struct ib_initrd_sink *sink;
	struct ib_map *seen; /* path → the mark of what it is */
	char marks
		[2]
		[2]; /* [whether it is in front][whether it is a folder]; only their addresses count */
	size_t paths;
	size_t name_bytes;
	/* of the archive that is read */
	bool is_early;
	uint64_t next; /* the least number that another inode may have */
	struct ib_strings names;
	uint32_t links; /* that the file of these names has; 0: none is begun */
	uint32_t mode;
	struct ib_buffer content;
	struct ib_digest *digest;
};

static int get_raw(void *context, void *data, size_t size, size_t *ret_got, struct ib_error *err)
{
	struct reading *reading = context;
	size_t part = (size_t)IB_MIN(size, reading->size - reading->at);

	IB_TRY(ib_fd_read_at(reading->fd, data, part, reading->at, reading->name, err));
	reading->at += part;
	*ret_got = part;
	return 0;
}

static int get_unpacked(void *context, void *data, size_t size, size_t *ret_got,
			struct ib_error *err)
{
	struct reading *reading = context;

	IB_TRY(ib_unzstd_read(reading->unzstd, data, size, ret_got, err));
	reading->unpacked += *ret_got;
	if (reading->unpacked > reading->limits->bytes)
		return ib_fail(err, IB_LIMIT, "'%s' unpacks to more than %llu bytes", reading->name,
			       (unsigned long long)reading->limits->bytes);
	return 0;
}

/* ---- names --------------------------------------------------------------- */

/* Names are written in one way: "usr/bin", no part of them empty, "." or "..". */
static bool is_plain(const char *path)
{
	size_t length = 0;

	while (*path) {
		length = strcspn(path, "/");
		if (!length || (length <= 2 && !memcmp(path, "..", length)))
			return false;
		path += length;
		if (*path == '/' && !*++path)
			return false;
	}
	return true;
}

/* Its folder came before, in the same archive, and is no link: whoever unpacks it puts it there. */
static int check_parent(struct reading *reading, const char *path, struct ib_error *err)
{
	const char *slash = strrchr(path, '/');
	ib_autofree char *parent = slash ? ib_strndup(path, (size_t)(slash - path)) : NULL;

	if (!parent ||
	    ib_map_get(reading->seen, parent) == &reading->marks[reading->is_early][true])
		return 0;
	return ib_fail(err, IB_INPUT, "'%s' has '/%s', whose folder did not come before it",
		       reading->name, path);
}

static int check_name(struct reading *reading, const char *path, bool is_folder,
		      struct ib_error *err)
{
	const void *before = NULL;

	reading->name_bytes += strlen(path);
	if (!is_plain(path))
		return ib_fail(err, IB_INPUT, "'%s' has the name '%s', which is not one of a path",
			       reading->name, path);
	/* The kernel passes over longer ones without a word. */
	if (strlen(path) >= PATH_MAX || reading->name_bytes > reading->limits->name_bytes)
		return ib_fail(err, IB_LIMIT, "'%s' has longer names than we agree to handle",
			       reading->name);
	IB_TRY(check_parent(reading, path, err));
	before = ib_map_set(reading->seen, path, &reading->marks[reading->is_early][is_folder]);
	if (before && (!is_folder || before != &reading->marks[!reading->is_early][true]))
		return ib_fail(err, IB_INPUT, "'%s' has '/%s' twice", reading->name, path);
	reading->paths++;
	return 0;
}

/* ---- files --------------------------------------------------------------- */

static int take_content(void *context, const void *data, size_t size, struct ib_error *err)
{
	struct reading *reading = context;

	ib_digest_update(reading->digest, data, size);
	if (!reading->is_early)
		return 0;
	if (size > ib_buffer_room(&reading->content))
		return ib_fail(err, IB_LIMIT, "'%s' has more microcode than we agree to handle",
			       reading->name);
	ib_buffer_put(&reading->content, data, size);
	return 0;
}

/* All its names were told: the content stands behind the last. */
static int end_file(struct reading *reading, struct ib_cpio_reader *archive, uint64_t size,
		    struct ib_error *err)
{
	struct ib_initrd_file file = { .names = &reading->names,
				       .is_early = reading->is_early,
				       .size = size };
	uint8_t value[IB_DIGEST_MAX_SIZE];
	int r = 0;

	ib_buffer_clear(&reading->content);
	IB_TRY(ib_cpio_reader_content(archive, take_content, reading, err));
	ib_digest_final(reading->digest, value);
	memcpy(file.sha256, value, IB_SHA256_SIZE);
	file.data = reading->is_early ? reading->content.data : NULL;
	r = reading->sink->take(reading->sink->context, &file, err);
	ib_strings_done(&reading->names);
	reading->links = 0;
	return r;
}

static int take_file(struct reading *reading, struct ib_cpio_reader *archive,
		     const struct ib_cpio_entry *entry, struct ib_error *err)
{
	bool is_further = reading->links && entry->number + 1 == reading->next;

	if (reading->links &&
	    (!is_further || entry->links != reading->links || entry->mode != reading->mode))
		return ib_fail(err, IB_INPUT,
			       "'%s' has '/%s' between the names of another file, '%s'",
			       reading->name, entry->path, reading->names.items[0]);
	reading->links = IB_MAX(entry->links, 1U);
	reading->mode = entry->mode;
	ib_strings_addf(&reading->names, "/%s", entry->path);
	if (reading->names.count == reading->links)
		return end_file(reading, archive, entry->size, err);
	if (entry->size)
		return ib_fail(err, IB_INPUT,
			       "'%s' has the content of '/%s' in front of its last name",
			       reading->name, entry->path);
	return 0;
}

/* Inodes are numbered as they come: so a name can belong to no file that is further in front. */
static int check_number(const struct reading *reading, const struct ib_cpio_entry *entry,
			struct ib_error *err)
{
	bool is_further = reading->links && entry->number + 1 == reading->next;

	if (is_further || entry->number >= reading->next)
		return 0;
	return ib_fail(err, IB_INPUT,
		       "'%s' has '%s' as a hard link to what stands further in front",
		       reading->name, entry->path);
}

static int take_entry(struct reading *reading, struct ib_cpio_reader *archive,
		      const struct ib_cpio_entry *entry, struct ib_error *err)
{
	bool is_folder = S_ISDIR(entry->mode);

	IB_TRY(check_number(reading, entry, err));
	if (!strcmp(entry->path, ".") && is_folder && !reading->next && !reading->is_early)
		reading->paths++; /* the root itself comes first */
	else
		IB_TRY(check_name(reading, entry->path, is_folder, err));
	if (S_ISREG(entry->mode)) {
		IB_TRY(take_file(reading, archive, entry, err));
	} else if (reading->links) {
		return ib_fail(err, IB_INPUT, "'%s' lacks names of the file '%s'", reading->name,
			       reading->names.items[0]);
	} else if (entry->size || (!is_folder && entry->links > 1)) {
		return ib_fail(err, IB_INPUT, "'/%s' of '%s' has what only a file can have",
			       entry->path, reading->name);
	}
	reading->next = entry->number + 1;
	return 0;
}

/* *ret_size: what the archive has; *ret_more: something stands behind it. */
static int read_archive(struct reading *reading, ib_cpio_read_fn get, uint64_t *ret_size,
			bool *ret_more, struct ib_error *err)
{
	IB_AUTO(ib_cpio_reader) archive = NULL;
	const struct ib_cpio_entry *entry = NULL;

	reading->next = 0;
	IB_TRY(ib_cpio_reader_open(reading->name, get, reading, &archive, err));
	for (;;) {
		IB_TRY(ib_cpio_reader_next(archive, &entry, err));
		if (!entry)
			break;
		IB_TRY(take_entry(reading, archive, entry, err));
	}
	if (reading->links)
		return ib_fail(err, IB_INPUT, "'%s' lacks names of the file '%s'", reading->name,
			       reading->names.items[0]);
	return ib_cpio_reader_end(archive, ret_size, ret_more, err);
}

/* ---- the two archives ---------------------------------------------------- */

static int peek(const struct reading *reading, uint64_t at, uint8_t magic[6], struct ib_error *err)
{
	if (at > reading->size || reading->size - at < 6)
		return ib_fail(err, IB_INPUT, "'%s' is cut short", reading->name);
	return ib_fd_read_at(reading->fd, magic, 6, at, reading->name, err);
}

static int read_both(struct reading *reading, struct ib_error *err)
{
	uint8_t magic[6];
	uint64_t start = 0;
	uint64_t size = 0;
	bool more = false;

	IB_TRY(ib_fd_size(reading->fd, reading->name, &reading->size, err));
	IB_TRY(peek(reading, 0, magic, err));
	reading->is_early = !memcmp(magic, "070701", 6);
	if (reading->is_early)
		IB_TRY(read_archive(reading, get_raw, &start, &more, err));
	IB_TRY(peek(reading, start, magic, err));
	if (!ib_unzstd_is(magic, sizeof(magic)))
		return ib_fail(err, IB_INPUT, "'%s' has no Zstandard frame %s", reading->name,
			       start ? "behind the archive in front" : "where it begins");
	reading->is_early = false;
	reading->at = start;
	IB_TRY(read_archive(reading, get_unpacked, &size, &more, err));
	if (more)
		return ib_fail(err, IB_INPUT, "'%s' has something behind its archive",
			       reading->name);
	return 0;
}

int ib_initrd_read(int fd, const char *name, const struct ib_initrd_limits *limits,
		   const struct ib_initrd_sink *sink, size_t *ret_paths, struct ib_error *err)
{
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	IB_AUTO(ib_map) seen = ib_map_new();
	struct reading reading = { .fd = fd,
				   .name = name,
				   .limits = limits,
				   .sink = sink,
				   .seen = seen,
				   .digest = digest,
				   .content = IB_BUFFER_INIT(limits->early) };
	IB_AUTO(ib_unzstd) unzstd = ib_unzstd_new(name, get_raw, &reading);
	int r = 0;

	reading.unzstd = unzstd;
	r = read_both(&reading, err);
	ib_buffer_done(&reading.content);
	ib_strings_done(&reading.names);
	if (r == 0)
		*ret_paths = reading.paths;
	return r;
}
