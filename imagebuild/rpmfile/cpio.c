/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload's archive: cpio's "newc" form (070701, 070702), and rpm's stripped
 * one (07070X) for files of 4 GiB and more, which names files by number. librpm has
 * a reader too, but it neither compares sizes with the header nor minds an entry
 * that comes twice.
 */
#include <string.h>

#include "rpmfile/internal.h"

enum {
	MAGIC_SIZE = 6,
	FIELD_SIZE = 8,
	FIELD_COUNT = 13,
	FIELD_MODE = 1,
	FIELD_FILE_SIZE = 6,
	FIELD_NAME_SIZE = 11,
	MAX_NAME = 4096,
};

static int fail_archive(const char *name, const char *what, struct ib_error *err)
{
	return ib_fail(err, IB_TRUST, "the payload of '%s' is damaged: %s", name, what);
}

static bool read_field(const char *digits, uint32_t *ret_value)
{
	char text[FIELD_SIZE + 1];
	uint8_t value[FIELD_SIZE / 2];

	memcpy(text, digits, FIELD_SIZE);
	text[FIELD_SIZE] = '\0';
	if (!ib_hex_read(text, value, sizeof(value)))
		return false;
	*ret_value = ib_get_be32(value);
	return true;
}

int ib_cpio_align(struct ib_payload *payload, struct ib_error *err)
{
	uint8_t padding[4];
	size_t size = (4 - ib_payload_position(payload) % 4) % 4;

	return ib_payload_read(payload, padding, size, err);
}

/* "./usr", "usr" and "/usr" all mean /usr. */
static void make_absolute(const char *from, char *path)
{
	if (from[0] == '.' && (from[1] == '/' || !from[1]))
		from++;
	path[0] = '/';
	if (*from == '/')
		from++;
	memcpy(path + 1, from, strlen(from) + 1);
}

static int read_name(struct ib_payload *payload, const char *name, uint32_t size,
		     struct ib_cpio_entry *entry, struct ib_error *err)
{
	char text[MAX_NAME + 1];

	if (size < 2 || size > MAX_NAME)
		return fail_archive(name, "an entry's name is empty or too long", err);
	IB_TRY(ib_payload_read(payload, text, size, err));
	if (text[size - 1] || memchr(text, 0, size - 1))
		return fail_archive(name, "an entry's name does not end where it should", err);
	entry->is_end = !strcmp(text, "TRAILER!!!");
	make_absolute(text, entry->path);
	return ib_cpio_align(payload, err);
}

static int read_whole_head(struct ib_payload *payload, const char *name,
			   struct ib_cpio_entry *entry, struct ib_error *err)
{
	char fields[FIELD_COUNT][FIELD_SIZE];
	uint32_t mode = 0;
	uint32_t size = 0;
	uint32_t name_size = 0;

	IB_TRY(ib_payload_read(payload, fields, sizeof(fields), err));
	if (!read_field(fields[FIELD_MODE], &mode) || !read_field(fields[FIELD_FILE_SIZE], &size) ||
	    !read_field(fields[FIELD_NAME_SIZE], &name_size))
		return fail_archive(name, "an entry's numbers are none", err);
	entry->mode = mode;
	entry->size = size;
	return read_name(payload, name, name_size, entry, err);
}

static int read_stripped_head(struct ib_payload *payload, const char *name,
			      struct ib_cpio_entry *entry, struct ib_error *err)
{
	char field[FIELD_SIZE];

	IB_TRY(ib_payload_read(payload, field, sizeof(field), err));
	if (!read_field(field, &entry->file))
		return fail_archive(name, "an entry's number is none", err);
	entry->is_stripped = true;
	return ib_cpio_align(payload, err);
}

int ib_cpio_next(struct ib_payload *payload, const char *name, struct ib_cpio_entry *entry,
		 struct ib_error *err)
{
	char magic[MAGIC_SIZE];

	entry->is_end = false;
	entry->is_stripped = false;
	IB_TRY(ib_payload_read(payload, magic, sizeof(magic), err));
	if (!memcmp(magic, "07070X", MAGIC_SIZE))
		return read_stripped_head(payload, name, entry, err);
	if (memcmp(magic, "070701", MAGIC_SIZE) != 0 && memcmp(magic, "070702", MAGIC_SIZE) != 0)
		return fail_archive(name, "an entry has no magic number", err);
	return read_whole_head(payload, name, entry, err);
}
