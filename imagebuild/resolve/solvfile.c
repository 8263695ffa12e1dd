/* SPDX-License-Identifier: Apache-2.0 */
/*
 * solvfile - one file of the cache:
 *
 *     imagebuild-solv-1 SHA256-OF-THE-REST\n
 *     COOKIE\n                       what it was made from
 *     SIZE\n                         of the names
 *     names, sorted, one a line
 *     a .solv file of libsolv
 *
 * The names are given to libsolv's pool of strings before anything else, in
 * their order: its choices between equals follow the numbers of strings.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "resolve/internal.h"

#define MAGIC       "imagebuild-solv-1 "
#define HEADER_SIZE (sizeof(MAGIC) - 1 + 64 + 1)
#define MAX_SIZE    ((size_t)1 << 30)

void ib_solv_file_done(struct ib_solv_file *file)
{
	ib_buffer_done(&file->buffer);
	*file = (struct ib_solv_file){ .names = NULL };
}

/* The line at text, without its newline; *rest stands behind it. NULL when there is none. */
static const char *take_line(const char **rest, const char *end, size_t *ret_size)
{
	const char *line = *rest;
	const char *newline = memchr(line, '\n', (size_t)(end - line));

	if (!newline)
		return NULL;
	*ret_size = (size_t)(newline - line);
	*rest = newline + 1;
	return line;
}

/* Finds the parts in what stands behind the header. */
static bool lay_out(struct ib_solv_file *file, const char *cookie)
{
	const char *end = (const char *)file->buffer.data + file->buffer.size;
	const char *rest = (const char *)file->buffer.data + HEADER_SIZE;
	size_t size = 0;
	const char *line = take_line(&rest, end, &size);
	char digits[24] = "";
	uint64_t names = 0;

	if (!line || size != strlen(cookie) || memcmp(line, cookie, size) != 0)
		return false;
	line = take_line(&rest, end, &size);
	if (!line || size >= sizeof(digits))
		return false;
	memcpy(digits, line, size);
	if (!ib_str_to_u64(digits, (uint64_t)(end - rest), &names))
		return false;
	file->names = rest;
	file->names_size = (size_t)names;
	file->solv = rest + names;
	file->solv_size = (size_t)(end - file->solv);
	return true;
}

static bool header_is_good(const struct ib_buffer *b)
{
	char hex[65];

	if (b->size < HEADER_SIZE || memcmp(b->data, MAGIC, sizeof(MAGIC) - 1) != 0)
		return false;
	ib_sha256_hex(b->data + HEADER_SIZE, b->size - HEADER_SIZE, hex);
	return !memcmp(b->data + sizeof(MAGIC) - 1, hex, 64);
}

bool ib_solv_file_read(const char *path, const char *cookie, struct ib_solv_file *ret_file)
{
	struct ib_error ignored = IB_ERROR_INIT; /* a cache that cannot be read is an empty one */
	struct ib_solv_file file = { .buffer = IB_BUFFER_INIT(MAX_SIZE) };

	if (ib_file_read(path, &file.buffer, &ignored)) {
		ib_error_clear(&ignored);
		ib_solv_file_done(&file);
		return false;
	}
	if (!header_is_good(&file.buffer) || !lay_out(&file, cookie)) {
		ib_solv_file_done(&file);
		return false;
	}
	*ret_file = file;
	return true;
}

void ib_solv_file_make(const char *cookie, const char *names, size_t names_size, const char *solv,
		       size_t solv_size, struct ib_solv_file *ret_file)
{
	struct ib_solv_file file = { .buffer = IB_BUFFER_INIT(names_size + solv_size + 4096) };
	char hex[65];

	ib_buffer_puts(&file.buffer, MAGIC);
	ib_buffer_put_zeros(&file.buffer, 64);
	ib_buffer_putf(&file.buffer, "\n%s\n%zu\n", cookie, names_size);
	ib_buffer_put(&file.buffer, names, names_size);
	ib_buffer_put(&file.buffer, solv, solv_size);
	ib_sha256_hex(file.buffer.data + HEADER_SIZE, file.buffer.size - HEADER_SIZE, hex);
	ib_buffer_set(&file.buffer, sizeof(MAGIC) - 1, hex, 64);
	(void)lay_out(&file, cookie);
	*ret_file = file;
}
