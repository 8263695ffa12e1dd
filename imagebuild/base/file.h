/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file - reading whole files within a limit, and writing them once complete.
 *
 * What is written appears under its final name only when all of it is on disk:
 * a temporary name beside it, fsync, rename. Paths in errors are as given.
 */
#ifndef IB_BASE_FILE_H
#define IB_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* Appends the whole file to b; more than b has room for is IB_LIMIT, no file IB_MISSING. */
int ib_file_read(const char *path, struct ib_buffer *b, struct ib_error *err) IB_MUST_CHECK;
/* The same as text: a NUL inside is IB_INPUT. The caller owns *ret_text. */
int ib_file_read_text(const char *path, size_t max_size, char **ret_text, struct ib_error *err)
	IB_MUST_CHECK;
bool ib_file_exists(const char *path);
/* For reading and writing; it is gone when the caller closes *ret_fd. */
int ib_file_open_unnamed(const char *folder, int *ret_fd, struct ib_error *err) IB_MUST_CHECK;

/* Replaces path in one step; mode as given, whatever the umask. */
int ib_file_write(const char *path, const void *data, size_t size, unsigned mode,
		  struct ib_error *err) IB_MUST_CHECK;
/* mkdir -p; what exists already stays as it is. */
int ib_file_make_directory(const char *path, unsigned mode, struct ib_error *err) IB_MUST_CHECK;
/* Removes a file or a whole folder; nothing there is success. Never follows a link. */
int ib_file_remove_tree(const char *path, struct ib_error *err) IB_MUST_CHECK;
/* Renames and makes the new name durable (fsync of the folder). */
int ib_file_rename(const char *from, const char *to, struct ib_error *err) IB_MUST_CHECK;

/* All of data at the file's position; pwrite when offset is not UINT64_MAX. name is for the error. */
int ib_fd_write(int fd, const void *data, size_t size, uint64_t offset, const char *name,
		struct ib_error *err) IB_MUST_CHECK;
/* Exactly size bytes at offset; a file that ends before is IB_INPUT. */
int ib_fd_read_at(int fd, void *data, size_t size, uint64_t offset, const char *name,
		  struct ib_error *err) IB_MUST_CHECK;
/*
 * Copies size bytes from one file to a place in another, shared or inside the kernel where the file
 * system can. A source that ends before is IB_INPUT; names are for the errors.
 */
struct ib_range {
	int fd;
	uint64_t offset;
	const char *name;
};
/* A part of bytes that lie in several files, one behind the other. */
struct ib_span {
	struct ib_range from;
	uint64_t size;
};
int ib_fd_copy(const struct ib_range *from, const struct ib_range *to, uint64_t size,
	       struct ib_error *err) IB_MUST_CHECK;
/*
 * What was written there may go to the disk from now on, so that whoever syncs the file at its end
 * waits for little. A hint: it may do nothing. size 0: all up to the end of the file.
 */
void ib_fd_begin_writeback(int fd, uint64_t from, uint64_t size);
int ib_fd_size(int fd, const char *name, uint64_t *ret_size, struct ib_error *err) IB_MUST_CHECK;

/*
 * A file being written. Until ib_output_commit() it has a temporary name in
 * the same folder; freeing it before that removes it and leaves what stood
 * under the final name untouched.
 */
struct ib_output;

int ib_output_open(const char *path, struct ib_output **ret_output, struct ib_error *err)
	IB_MUST_CHECK;
void ib_output_free(struct ib_output *output);
int ib_output_fd(const struct ib_output *output);
/* The name it has until commit. */
const char *ib_output_temporary(const struct ib_output *output);
int ib_output_commit(struct ib_output *output, unsigned mode, struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_output);

#endif
