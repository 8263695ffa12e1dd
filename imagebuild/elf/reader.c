/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/reader.h"

#include <string.h>

#define NO_BITS 8 /* SHT_NOBITS */

uint64_t ib_elf_number(const struct ib_elf_reader *reader, const uint8_t *at, size_t bytes)
{
	uint64_t value = 0;
	size_t i = 0;

	for (i = 0; i < bytes; i++)
		value |= (uint64_t)at[reader->big_endian ? bytes - 1 - i : i] << (8 * i);
	return value;
}

uint64_t ib_elf_word(const struct ib_elf_reader *reader, const uint8_t *at)
{
	return ib_elf_number(reader, at, reader->is_64 ? 8 : 4);
}

bool ib_elf_span(const struct ib_elf_reader *reader, uint64_t offset, uint64_t size,
		 struct ib_elf_span *ret_span)
{
	if (offset > reader->size || size > reader->size - offset)
		return false;
	*ret_span = (struct ib_elf_span){ reader->data + offset, size };
	return true;
}

const char *ib_elf_string(const struct ib_elf_span *table, uint64_t offset)
{
	if (offset >= table->size || !memchr(table->data + offset, 0, table->size - offset))
		return NULL;
	return (const char *)table->data + offset;
}

static size_t segment_size(const struct ib_elf_reader *reader)
{
	return reader->is_64 ? 56 : 32;
}

static size_t section_size(const struct ib_elf_reader *reader)
{
	return reader->is_64 ? 64 : 40;
}

struct ib_elf_segment ib_elf_segment(const struct ib_elf_reader *reader, uint32_t i)
{
	const uint8_t *at =
		reader->data + reader->program_headers + (uint64_t)i * segment_size(reader);
	struct ib_elf_segment segment = { .type = (uint32_t)ib_elf_number(reader, at, 4) };

	segment.flags = (uint32_t)ib_elf_number(reader, at + (reader->is_64 ? 4 : 24), 4);
	segment.offset = ib_elf_word(reader, at + (reader->is_64 ? 8 : 4));
	segment.address = ib_elf_word(reader, at + (reader->is_64 ? 16 : 8));
	segment.file_size = ib_elf_word(reader, at + (reader->is_64 ? 32 : 16));
	return segment;
}

struct ib_elf_section ib_elf_section(const struct ib_elf_reader *reader, uint32_t i)
{
	const uint8_t *at =
		reader->data + reader->section_headers + (uint64_t)i * section_size(reader);
	struct ib_elf_section section = { .name = (uint32_t)ib_elf_number(reader, at, 4),
					  .type = (uint32_t)ib_elf_number(reader, at + 4, 4) };

	section.offset = ib_elf_word(reader, at + (reader->is_64 ? 24 : 16));
	section.size = ib_elf_word(reader, at + (reader->is_64 ? 32 : 20));
	section.link = (uint32_t)ib_elf_number(reader, at + (reader->is_64 ? 40 : 24), 4);
	section.entry_size = ib_elf_word(reader, at + (reader->is_64 ? 56 : 36));
	return section;
}

bool ib_elf_section_find(const struct ib_elf_reader *reader, const char *name,
			 struct ib_elf_section *ret_section, struct ib_elf_span *ret_span)
{
	struct ib_elf_section names = { 0 };
	struct ib_elf_span table = { NULL, 0 };
	uint32_t i = 0;

	if (reader->name_section >= reader->section_count)
		return false;
	names = ib_elf_section(reader, reader->name_section);
	if (names.type == NO_BITS || !ib_elf_span(reader, names.offset, names.size, &table))
		return false;
	for (i = 0; i < reader->section_count; i++) {
		struct ib_elf_section section = ib_elf_section(reader, i);
		const char *its = ib_elf_string(&table, section.name);

		if (!ib_str_equal(its, name))
			continue;
		if (section.type == NO_BITS ||
		    !ib_elf_span(reader, section.offset, section.size, ret_span))
			return false;
		*ret_section = section;
		return true;
	}
	return false;
}

/* Both tables lie inside the file, or there are none. */
static int check_tables(const struct ib_elf_reader *reader, uint64_t program_entry,
			uint64_t section_entry, struct ib_error *err)
{
	struct ib_elf_span span = { NULL, 0 };

	if (reader->program_count &&
	    (program_entry != segment_size(reader) ||
	     !ib_elf_span(reader, reader->program_headers,
			  reader->program_count * segment_size(reader), &span)))
		return ib_fail(err, IB_INPUT, "its program headers do not lie in the file");
	if (reader->section_count &&
	    (section_entry != section_size(reader) ||
	     !ib_elf_span(reader, reader->section_headers,
			  reader->section_count * section_size(reader), &span)))
		return ib_fail(err, IB_INPUT, "its section headers do not lie in the file");
	return 0;
}

int ib_elf_reader_init(struct ib_elf_reader *reader, const void *data, size_t size,
		       struct ib_error *err)
{
	const uint8_t *at = data;
	size_t skip = 0;

	if (!ib_elf_is(data, size) || size < 52)
		return ib_fail(err, IB_INPUT, "it is not an ELF file");
	*reader = (struct ib_elf_reader){
		.data = at, .size = size, .is_64 = at[4] == 2, .big_endian = at[5] == 2
	};
	if (at[4] < 1 || at[4] > 2 || at[5] < 1 || at[5] > 2 || (reader->is_64 && size < 64))
		return ib_fail(err, IB_INPUT, "its ELF class or byte order is not recognized");
	reader->type = (uint16_t)ib_elf_number(reader, at + 16, 2);
	reader->machine = (uint16_t)ib_elf_number(reader, at + 18, 2);
	reader->program_headers = ib_elf_word(reader, at + (reader->is_64 ? 32 : 28));
	reader->section_headers = ib_elf_word(reader, at + (reader->is_64 ? 40 : 32));
	skip = reader->is_64 ? 48 : 36;
	reader->flags = (uint32_t)ib_elf_number(reader, at + skip, 4);
	reader->program_count = (uint32_t)ib_elf_number(reader, at + skip + 8, 2);
	reader->section_count = (uint32_t)ib_elf_number(reader, at + skip + 12, 2);
	reader->name_section = (uint32_t)ib_elf_number(reader, at + skip + 14, 2);
	return check_tables(reader, ib_elf_number(reader, at + skip + 6, 2),
			    ib_elf_number(reader, at + skip + 10, 2), err);
}
