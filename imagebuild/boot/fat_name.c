/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/fat_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	LONG_CHARACTERS = 13, /* in one entry of a long name */
	MAX_NAME = 255,
	ATTRIBUTE_LONG = 0x0f,
	LAST = 0x40,
};

/* What long names may not contain; short names are stricter still. */
#define NOT_LONG  "\"*/:<>?\\|"
#define NOT_SHORT NOT_LONG "+,;=[] ."

static bool is_name(const char *name, size_t length)
{
	size_t i = 0;

	for (i = 0; i < length; i++)
		if (name[i] <= ' ' || name[i] > '~' || strchr(NOT_LONG, name[i]))
			return false;
	return length && length <= MAX_NAME && name[length - 1] != '.';
}

bool ib_fat_name_is_possible(const char *path)
{
	while (true) {
		size_t length = strcspn(path, "/");

		if (!is_name(path, length))
			return false;
		if (!path[length])
			return true;
		path += length + 1;
	}
}

/* Up to room characters of a part, in upper case; returns whether nothing but case was changed. */
static bool copy_part(const char *part, size_t length, size_t room, char *out, size_t *ret_used)
{
	bool same = length <= room;
	size_t used = 0;
	size_t i = 0;

	for (i = 0; i < length && used < room; i++) {
		if (part[i] == '.' || part[i] == ' ') {
			same = false;
			continue;
		}
		out[used] = (char)toupper((unsigned char)part[i]);
		if (strchr(NOT_SHORT, part[i]))
			out[used] = '_';
		same &= out[used++] == toupper((unsigned char)part[i]);
	}
	*ret_used = used;
	return same;
}

void ib_fat_short_name(const char *name, unsigned attempt, char short_name[12])
{
	const char *dot = strrchr(name, '.');
	size_t length = dot && dot != name ? (size_t)(dot - name) : strlen(name);
	size_t base = 0;
	size_t extension = 0;
	bool same = true;

	memset(short_name, ' ', 11);
	short_name[11] = '\0';
	same &= copy_part(name, length, 8, short_name, &base);
	if (name[length])
		same &= copy_part(name + length + 1, strlen(name + length + 1), 3, short_name + 8,
				  &extension);
	if (!same || attempt) {
		char tail[16];
		size_t keep = 0;
		int size = snprintf(tail, sizeof(tail), "~%u", attempt ? attempt : 1);

		keep = IB_MIN(base, 8 - (size_t)size);
		memset(short_name + keep, ' ', 8 - keep);
		memcpy(short_name + keep, tail, (size_t)size);
	}
}

size_t ib_fat_long_entries(const char *name, const char short_name[12])
{
	char plain[13];
	size_t base = 8;
	size_t extension = 3;

	while (base && short_name[base - 1] == ' ')
		base--;
	while (extension && short_name[8 + extension - 1] == ' ')
		extension--;
	snprintf(plain, sizeof(plain), "%.*s%s%.*s", (int)base, short_name, extension ? "." : "",
		 (int)extension, short_name + 8);
	if (!strcmp(plain, name))
		return 0;
	return (strlen(name) + LONG_CHARACTERS - 1) / LONG_CHARACTERS;
}

static uint8_t checksum(const char short_name[12])
{
	uint8_t sum = 0;
	size_t i = 0;

	for (i = 0; i < 11; i++)
		sum = (uint8_t)((sum >> 1) + (sum << 7) + (uint8_t)short_name[i]);
	return sum;
}

/* Character i of the name, its NUL, and then filler. */
static void put_characters(struct ib_buffer *b, const char *name, size_t from, size_t count)
{
	size_t length = strlen(name);
	size_t i = 0;

	for (i = from; i < from + count; i++)
		ib_buffer_put_le16(b, i < length ? (uint16_t)name[i] : i == length ? 0 : 0xffff);
}

void ib_fat_put_long_name(struct ib_buffer *b, const char *name, const char short_name[12])
{
	size_t count = ib_fat_long_entries(name, short_name);
	size_t i = 0;

	for (i = count; i > 0; i--) {
		size_t from = (i - 1) * LONG_CHARACTERS;

		ib_buffer_put_u8(b, (uint8_t)(i | (i == count ? LAST : 0)));
		put_characters(b, name, from, 5);
		ib_buffer_put_u8(b, ATTRIBUTE_LONG);
		ib_buffer_put_u8(b, 0);
		ib_buffer_put_u8(b, checksum(short_name));
		put_characters(b, name, from + 5, 6);
		ib_buffer_put_le16(b, 0);
		put_characters(b, name, from + 11, 2);
	}
}

void ib_fat_time(int64_t seconds, uint16_t *ret_date, uint16_t *ret_time)
{
	const int64_t first = 315532800; /* 1980-01-01 */
	const int64_t last = 4354819198; /* 2107-12-31 23:59:58 */
	time_t clamped = (time_t)IB_MIN(IB_MAX(seconds, first), last);
	struct tm tm;

	gmtime_r(&clamped, &tm);
	*ret_date = (uint16_t)((tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday);
	*ret_time = (uint16_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2);
}
