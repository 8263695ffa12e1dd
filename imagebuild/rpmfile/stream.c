/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rpmfile/internal.h"

enum { CHUNK = 1 << 17 };

/* One pass over one payload. */
struct pass {
	const struct ib_rpm *rpm;
	const struct ib_package *package;
	struct ib_payload *payload;
	uint32_t number;
	const struct ib_content_sink *sink;
	struct ib_digest *digest;
	uint8_t *chunk;
	bool *seen;      /* by file: its entry came */
	bool *delivered; /* by inode - 1: its content came */
	uint32_t next;   /* the file that most likely comes next */
};

static void done_pass(struct pass *pass)
{
	ib_payload_close(pass->payload);
	ib_digest_free(pass->digest);
	ib_free(pass->chunk);
	ib_free(pass->seen);
	ib_free(pass->delivered);
}

static int fail_file(const struct pass *pass, uint32_t file, const char *what, struct ib_error *err)
{
	return ib_fail(err, IB_TRUST, "the payload of '%s' is not what its header says: '%s' %s",
		       pass->rpm->name, pass->package->files[file].path, what);
}

/* ---- finding the file ---------------------------------------------------- */

struct search {
	const struct ib_package *package;
	const char *path;
};

static int compare_path(const void *search, const void *file)
{
	const struct search *s = search;

	return strcmp(s->path, s->package->files[*(const uint32_t *)file].path);
}

static bool find_path(const struct pass *pass, const char *path, uint32_t *ret_file)
{
	struct search search = { pass->package, path };
	const uint32_t *found = NULL;

	if (pass->next < pass->package->file_count &&
	    !strcmp(pass->package->files[pass->next].path, path)) {
		*ret_file = pass->next;
		return true;
	}
	found = bsearch(&search, pass->rpm->by_path, pass->package->file_count, sizeof(*found),
			compare_path);
	if (found)
		*ret_file = *found;
	return found != NULL;
}

/* The last name of a group of hard links carries the content, as rpm writes them. */
static bool carries_content(const struct ib_package *package, uint32_t file)
{
	const struct ib_package_file *f = &package->files[file];
	size_t i = 0;

	if (f->link_count <= 1)
		return true;
	for (i = file + 1; i < package->file_count; i++)
		if (package->files[i].inode == f->inode)
			return false;
	return true;
}

static uint64_t expected_size(const struct ib_package *package, uint32_t file)
{
	const struct ib_package_file *f = &package->files[file];

	if (S_ISLNK(f->mode))
		return strlen(f->link);
	return S_ISREG(f->mode) && carries_content(package, file) ? f->size : 0;
}

static int find_file(const struct pass *pass, struct ib_cpio_entry *entry, uint32_t *ret_file,
		     struct ib_error *err)
{
	if (!entry->is_stripped) {
		if (!find_path(pass, entry->path, ret_file))
			return ib_fail(err, IB_TRUST,
				       "the payload of '%s' holds '%s', which its header does not",
				       pass->rpm->name, entry->path);
		if ((entry->mode & S_IFMT) != (pass->package->files[*ret_file].mode & S_IFMT))
			return fail_file(pass, *ret_file, "is of another type", err);
		return 0;
	}
	if (entry->file >= pass->package->file_count)
		return ib_fail(
			err, IB_TRUST,
			"the payload of '%s' holds file number %u, which its header does not",
			pass->rpm->name, entry->file);
	*ret_file = entry->file;
	entry->size = expected_size(pass->package, entry->file);
	return 0;
}

/* ---- contents ------------------------------------------------------------ */

/* Reads the content, hashing it; sink NULL: for nobody. */
static int read_content(struct pass *pass, uint64_t size, const struct ib_content_sink *sink,
			struct ib_error *err)
{
	while (size) {
		size_t part = (size_t)IB_MIN((uint64_t)CHUNK, size);

		IB_TRY(ib_payload_read(pass->payload, pass->chunk, part, err));
		if (pass->digest)
			ib_digest_update(pass->digest, pass->chunk, part);
		if (sink)
			IB_TRY(sink->data(sink->context, pass->chunk, part, err));
		size -= part;
	}
	return 0;
}

static int deliver(struct pass *pass, uint32_t file, struct ib_error *err)
{
	const struct ib_package_file *f = &pass->package->files[file];
	uint8_t value[IB_DIGEST_MAX_SIZE];
	bool wanted = true;
	size_t size = 0;

	if (!f->digest || !pass->digest)
		return fail_file(pass, file, "has no digest", err);
	IB_TRY(pass->sink->begin(pass->sink->context, pass->number, file, f->size, &wanted, err));
	IB_TRY(read_content(pass, f->size, wanted ? pass->sink : NULL, err));
	size = ib_digest_final(pass->digest, value);
	if (memcmp(value, f->digest, size) != 0)
		return fail_file(pass, file, "has another digest", err);
	pass->delivered[f->inode - 1] = true;
	return pass->sink->end(pass->sink->context, err);
}

static int take_regular(struct pass *pass, uint32_t file, uint64_t size, struct ib_error *err)
{
	const struct ib_package_file *f = &pass->package->files[file];

	if (!size && (!f->size || f->link_count > 1))
		return 0;
	if (size != f->size)
		return fail_file(pass, file, "has another size", err);
	if (!pass->delivered[f->inode - 1])
		return deliver(pass, file, err);
	/* Some builders write the content with every name of a group. */
	return read_content(pass, size, NULL, err);
}

static int take_link(struct pass *pass, uint32_t file, uint64_t size, struct ib_error *err)
{
	const char *link = pass->package->files[file].link;

	if (size != strlen(link) || size > CHUNK)
		return fail_file(pass, file, "has another target", err);
	IB_TRY(ib_payload_read(pass->payload, pass->chunk, (size_t)size, err));
	if (memcmp(pass->chunk, link, (size_t)size) != 0)
		return fail_file(pass, file, "has another target", err);
	return 0;
}

static int take_entry(struct pass *pass, struct ib_cpio_entry *entry, struct ib_error *err)
{
	const struct ib_package_file *f = NULL;
	uint32_t file = 0;

	IB_TRY(find_file(pass, entry, &file, err));
	f = &pass->package->files[file];
	if (pass->seen[file])
		return fail_file(pass, file, "comes twice", err);
	pass->seen[file] = true;
	pass->next = file + 1;
	if (f->flags & IB_FILE_GHOST)
		return fail_file(pass, file, "is a ghost, yet there", err);
	if (S_ISREG(f->mode))
		IB_TRY(take_regular(pass, file, entry->size, err));
	else if (S_ISLNK(f->mode))
		IB_TRY(take_link(pass, file, entry->size, err));
	else if (entry->size)
		return fail_file(pass, file, "has content", err);
	return ib_cpio_align(pass->payload, err);
}

static int check_complete(const struct pass *pass, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < pass->package->file_count; i++) {
		const struct ib_package_file *f = &pass->package->files[i];

		if (f->flags & IB_FILE_GHOST)
			continue;
		if (!pass->seen[i])
			return fail_file(pass, (uint32_t)i, "is missing", err);
		if (S_ISREG(f->mode) && f->size && !pass->delivered[f->inode - 1])
			return fail_file(pass, (uint32_t)i, "has no content", err);
	}
	return 0;
}

static int run_pass(struct pass *pass, struct ib_error *err)
{
	struct ib_cpio_entry entry;

	while (true) {
		IB_TRY(ib_cpio_next(pass->payload, pass->rpm->name, &entry, err));
		if (entry.is_end)
			return check_complete(pass, err);
		IB_TRY(take_entry(pass, &entry, err));
	}
}

/* ---- the whole package --------------------------------------------------- */

static void done_front(struct ib_front *front)
{
	ib_front_done(front);
}

/* Hashes all of the file, and sees that it is the package that was opened. */
static int check_file(int fd, const struct ib_rpm *rpm, struct ib_error *err)
{
	__attribute__((cleanup(done_front))) struct ib_front front = { 0 };
	char sha256[65] = "";

	IB_TRY(ib_rpm_read_front(rpm, fd, &front, err));
	return ib_rpm_check_payload(fd, rpm, &front, NULL, sha256, err);
}

int ib_rpm_stream_payload(int fd, const struct ib_rpm *rpm, uint32_t number,
			  const struct ib_content_sink *sink, struct ib_error *err)
{
	const struct ib_package *package = rpm->package;
	__attribute__((cleanup(done_pass))) struct pass pass = {
		.rpm = rpm,
		.package = package,
		.number = number,
		.sink = sink,
	};
	const char *kind = ib_digest_kind_name(package->digest_kind);

	if (!package->file_count)
		return 0; /* such a payload may be empty altogether */
	pass.digest = kind ? ib_digest_new(kind) : NULL;
	pass.chunk = ib_alloc(CHUNK);
	pass.seen = ib_alloc_array(package->file_count, sizeof(bool));
	pass.delivered = ib_alloc_array(package->file_count, sizeof(bool));
	IB_TRY(ib_payload_open(fd, rpm->compression, rpm->name, &pass.payload, err));
	return run_pass(&pass, err);
}

int ib_rpm_stream(const struct ib_rpm *rpm, uint32_t number, const struct ib_content_sink *sink,
		  struct ib_error *err)
{
	ib_autoclose int fd = open(rpm->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", rpm->path);
	IB_TRY(check_file(fd, rpm, err));
	if (lseek(fd, (off_t)rpm->payload_start, SEEK_SET) < 0)
		return ib_fail_errno(err, errno, "could not read '%s'", rpm->path);
	return ib_rpm_stream_payload(fd, rpm, number, sink, err);
}

/* ---- a row of packages as a source --------------------------------------- */

struct ib_rpm_source {
	struct ib_content_source content;
	const struct ib_rpm **items;
	size_t count;
};

static int stream_number(void *context, uint32_t package, const struct ib_content_sink *sink,
			 struct ib_error *err)
{
	const struct ib_rpm_source *source = context;

	return ib_rpm_stream(source->items[package], package, sink, err);
}

struct ib_rpm_source *ib_rpm_source_new(void)
{
	struct ib_rpm_source *source = ib_alloc(sizeof(*source));

	source->content.context = source;
	source->content.stream = stream_number;
	return source;
}

void ib_rpm_source_free(struct ib_rpm_source *source)
{
	if (!source)
		return;
	ib_free(source->items);
	ib_free(source);
}

void ib_rpm_source_add(struct ib_rpm_source *source, const struct ib_rpm *rpm)
{
	ib_grow(source->items, source->count);
	source->items[source->count++] = rpm;
	source->content.package_count = (uint32_t)source->count;
}

const struct ib_content_source *ib_rpm_source_content(const struct ib_rpm_source *source)
{
	return &source->content;
}
