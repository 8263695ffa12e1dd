/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Format: glibc, elf/dl-cache.h (struct cache_file_new, struct file_entry_new,
 * struct cache_extension). Numbers are in the byte order of the machine.
 */
#include <stdlib.h>
#include <string.h>

#include "state/loader_cache.h"

#define MAGIC           "glibc-ld.so.cache1.1"
#define HEADER_SIZE     48
#define ENTRY_SIZE      24
#define LITTLE          2 /* the flag of the header: byte order */
#define BIG             3
#define EXTENSION_MAGIC 0xeaa42174U
#define SECTION_HWCAPS  1
#define HWCAP_EXTENSION (1ULL << 62)

/* The number at *text, which it moves behind; as large as it gets, it stays the largest. */
static uint64_t take_number(const char **text)
{
	uint64_t value = 0;

	for (; **text >= '0' && **text <= '9'; (*text)++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(**text - '0'), &value))
			value = UINT64_MAX;
	return value;
}

int ib_library_name_compare(const char *a, const char *b)
{
	while (*a) {
		bool a_digit = *a >= '0' && *a <= '9';
		bool b_digit = *b >= '0' && *b <= '9';

		if (a_digit && b_digit) {
			uint64_t x = take_number(&a);
			uint64_t y = take_number(&b);

			if (x != y)
				return x < y ? -1 : 1;
		} else if (a_digit != b_digit) {
			return a_digit ? 1 : -1;
		} else if (*a != *b) {
			return *a - *b;
		} else {
			a++;
			b++;
		}
	}
	return *a - *b;
}

/* The loader searches downwards, and takes the first of several that fit. */
static int compare_libraries(const void *a, const void *b)
{
	const struct ib_library *x = a;
	const struct ib_library *y = b;
	int r = ib_library_name_compare(y->soname, x->soname);

	if (!r && x->flags != y->flags)
		r = x->flags < y->flags ? 1 : -1;
	if (!r && !x->hwcaps != !y->hwcaps)
		r = x->hwcaps ? -1 : 1;
	if (!r && x->hwcaps)
		r = strcmp(x->hwcaps, y->hwcaps);
	if (!r)
		r = x->order < y->order ? -1 : 1;
	return r;
}

struct writer {
	struct ib_buffer *out;
	bool big_endian;
	struct ib_buffer *strings;
	uint32_t strings_at; /* where the strings will lie in the file */
};

static void put32(const struct writer *writer, uint32_t value)
{
	if (writer->big_endian)
		ib_buffer_put_be32(writer->out, value);
	else
		ib_buffer_put_le32(writer->out, value);
}

static void put64(const struct writer *writer, uint64_t value)
{
	if (writer->big_endian)
		ib_buffer_put_be64(writer->out, value);
	else
		ib_buffer_put_le64(writer->out, value);
}

/* Adds a string and returns where it will lie. */
static uint32_t add_string(const struct writer *writer, const char *text)
{
	uint32_t at = writer->strings_at + (uint32_t)writer->strings->size;

	ib_buffer_put(writer->strings, text, strlen(text) + 1);
	return at;
}

static size_t index_of(const struct ib_strings *names, const char *name)
{
	size_t i = 0;

	while (!ib_str_equal(names->items[i], name))
		i++;
	return i;
}

static void put_entries(const struct writer *writer, const struct ib_library *libraries,
			size_t count, const struct ib_strings *hwcaps)
{
	size_t i = 0;

	for (i = 0; i < count; i++) {
		const struct ib_library *library = &libraries[i];
		uint64_t hwcap = 0;

		if (library->hwcaps)
			hwcap = HWCAP_EXTENSION | index_of(hwcaps, library->hwcaps);
		put32(writer, library->flags);
		put32(writer, add_string(writer, library->soname)); /* key */
		put32(writer, add_string(writer, library->path));   /* value */
		put32(writer, 0);                                   /* osversion */
		put64(writer, hwcap);
	}
}

static void put_header(const struct writer *writer, size_t count, size_t strings_size,
		       uint32_t extension)
{
	size_t i = 0;

	ib_buffer_put(writer->out, MAGIC, strlen(MAGIC));
	put32(writer, (uint32_t)count);
	put32(writer, (uint32_t)strings_size);
	ib_buffer_put_u8(writer->out, writer->big_endian ? BIG : LITTLE);
	ib_buffer_put_zeros(writer->out, 3);
	put32(writer, extension);
	for (i = 0; i < 3; i++)
		put32(writer, 0);
}

/* One section: the names of the subfolders of glibc-hwcaps, as places of strings. */
static void put_extension(const struct writer *writer, const uint32_t *places, size_t count)
{
	size_t i = 0;

	ib_buffer_align(writer->out, 4);
	put32(writer, EXTENSION_MAGIC);
	put32(writer, 1);
	put32(writer, SECTION_HWCAPS);
	put32(writer, 0); /* flags */
	put32(writer, (uint32_t)writer->out->size + 8);
	put32(writer, (uint32_t)(count * 4));
	for (i = 0; i < count; i++)
		put32(writer, places[i]);
}

static uint32_t *add_hwcaps(const struct writer *writer, const struct ib_strings *hwcaps)
{
	uint32_t *places = ib_alloc_array(hwcaps->count + 1, sizeof(*places));
	size_t i = 0;

	for (i = 0; i < hwcaps->count; i++)
		places[i] = add_string(writer, hwcaps->items[i]);
	return places;
}

int ib_loader_cache_write(struct ib_library *libraries, size_t count, bool big_endian,
			  struct ib_buffer *out, struct ib_error *err)
{
	IB_AUTO_BUFFER(strings, 64 << 20);
	IB_AUTO_BUFFER(entries, 64 << 20);
	IB_AUTO_STRINGS(hwcaps);
	struct writer writer = { &entries, big_endian, &strings, 0 };
	ib_autofree uint32_t *places = NULL;
	size_t size = 0;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		size += strlen(libraries[i].soname) + strlen(libraries[i].path) + 2 + ENTRY_SIZE;
		if (libraries[i].hwcaps)
			ib_strings_add(&hwcaps, libraries[i].hwcaps);
	}
	if (size > ib_buffer_room(out) / 2)
		return ib_fail(err, IB_LIMIT, "%zu libraries are too many for ld.so.cache", count);
	ib_strings_sort_unique(&hwcaps);
	if (count)
		qsort(libraries, count, sizeof(*libraries), compare_libraries);
	writer.strings_at = (uint32_t)(HEADER_SIZE + count * ENTRY_SIZE);
	put_entries(&writer, libraries, count, &hwcaps);
	places = add_hwcaps(&writer, &hwcaps);
	writer.out = out;
	size = writer.strings_at + strings.size;
	put_header(&writer, count, strings.size,
		   hwcaps.count ? (uint32_t)((size + 3) & ~(size_t)3) : 0);
	ib_buffer_put(out, entries.data, entries.size);
	ib_buffer_put(out, strings.data, strings.size);
	if (hwcaps.count)
		put_extension(&writer, places, hwcaps.count);
	return 0;
}
