/* SPDX-License-Identifier: Apache-2.0 */
/* PE Format, Microsoft; sections "COFF File Header", "Optional Header", "Section Table". */
#include "boot/pe.h"

#include <endian.h>
#include <string.h>

enum {
	COFF_SIZE = 20,
	SECTION_SIZE = 40,
	MAGIC_PE32_PLUS = 0x20b,
	/* Offsets inside the optional header. */
	SECTION_ALIGNMENT = 32,
	FILE_ALIGNMENT = 36,
	HEADERS_SIZE = 60,
	CHECKSUM = 64,
	DIRECTORY_COUNT = 108,
	DIRECTORIES = 112,
	DIRECTORY_SECURITY = 4,
	DIRECTORY_DEBUG = 6,
};

static int refuse(const char *name, const char *what, struct ib_error *err)
{
	return ib_fail(err, IB_INPUT, "'%s' is no 64-bit UEFI executable: %s", name, what);
}

static bool is_power_of_two(uint32_t value)
{
	return value && !(value & (value - 1));
}

static int parse_optional(const uint8_t *head, size_t head_size, const char *name, struct ib_pe *pe,
			  struct ib_error *err)
{
	const uint8_t *coff = head + pe->coff_offset;
	const uint8_t *optional = head + pe->optional_offset;
	uint32_t optional_size = ib_get_le16(coff + 16);
	size_t debug = DIRECTORIES + 8 * DIRECTORY_DEBUG;
	uint32_t directories = 0;

	if (pe->optional_offset + optional_size > head_size || optional_size < DIRECTORIES)
		return refuse(name, "its optional header is cut off", err);
	if (ib_get_le16(optional) != MAGIC_PE32_PLUS)
		return refuse(name, "its optional header is not PE32+", err);
	directories = ib_get_le32(optional + DIRECTORY_COUNT);
	if (directories <= DIRECTORY_SECURITY || directories > 16 ||
	    optional_size < DIRECTORIES + 8 * directories)
		return refuse(name, "its data directories are cut off", err);
	pe->section_alignment = ib_get_le32(optional + SECTION_ALIGNMENT);
	pe->file_alignment = ib_get_le32(optional + FILE_ALIGNMENT);
	pe->headers_size = ib_get_le32(optional + HEADERS_SIZE);
	if (!is_power_of_two(pe->section_alignment) || !is_power_of_two(pe->file_alignment) ||
	    pe->section_alignment > 1 << 24 || pe->file_alignment > 1 << 16)
		return refuse(name, "an alignment is no power of two, or too large", err);
	pe->checksum_offset = pe->optional_offset + CHECKSUM;
	pe->security_offset = pe->optional_offset + DIRECTORIES + 8 * DIRECTORY_SECURITY;
	pe->certificate_offset = ib_get_le32(head + pe->security_offset);
	pe->certificate_size = ib_get_le32(head + pe->security_offset + 4);
	if (directories > DIRECTORY_DEBUG)
		pe->debug_size = ib_get_le32(optional + debug + 4);
	pe->table_offset = pe->optional_offset + optional_size;
	return 0;
}

static int parse_sections(const uint8_t *head, size_t head_size, const char *name, struct ib_pe *pe,
			  struct ib_error *err)
{
	size_t i = 0;

	if (!pe->section_count || pe->section_count > IB_PE_MAX_SECTIONS)
		return refuse(name, "it has no sections, or too many", err);
	if (pe->table_offset + pe->section_count * SECTION_SIZE > pe->headers_size ||
	    pe->headers_size > head_size)
		return refuse(name, "its section table is cut off", err);
	pe->data_end = pe->headers_size;
	for (i = 0; i < pe->section_count; i++) {
		const uint8_t *row = head + pe->table_offset + i * SECTION_SIZE;
		struct ib_pe_section *section = &pe->sections[i];

		memcpy(section->name, row, 8);
		section->virtual_size = ib_get_le32(row + 8);
		section->virtual_address = ib_get_le32(row + 12);
		section->raw_size = ib_get_le32(row + 16);
		section->raw_offset = ib_get_le32(row + 20);
		section->characteristics = ib_get_le32(row + 36);
		if (!section->raw_size)
			continue;
		if (section->raw_offset < pe->data_end)
			return refuse(name, "its sections overlap or are out of order", err);
		if (section->raw_offset > pe->file_size ||
		    section->raw_size > pe->file_size - section->raw_offset)
			return refuse(name, "a section is cut off", err);
		pe->has_gaps |= section->raw_offset != pe->data_end;
		pe->data_end = section->raw_offset + section->raw_size;
	}
	return 0;
}

static int check_certificates(const char *name, const struct ib_pe *pe, struct ib_error *err)
{
	uint64_t end = (uint64_t)pe->certificate_offset + pe->certificate_size;

	if (!pe->certificate_size && !pe->certificate_offset)
		return 0;
	/* What lay behind the table would be in no signature. */
	if (pe->certificate_offset < pe->data_end || pe->certificate_offset % 8 ||
	    end != pe->file_size)
		return refuse(name, "its certificate table is not at the end of the file", err);
	return 0;
}

int ib_pe_parse(const void *head, size_t head_size, uint64_t file_size, const char *name,
		struct ib_pe *ret_pe, struct ib_error *err)
{
	const uint8_t *bytes = head;
	struct ib_pe pe = { .file_size = file_size };
	uint32_t offset = 0;

	if (file_size > UINT32_MAX)
		return ib_fail(err, IB_LIMIT, "'%s' is larger than 4 GiB", name);
	if (head_size < 64 || bytes[0] != 'M' || bytes[1] != 'Z')
		return refuse(name, "it does not start with MZ", err);
	offset = ib_get_le32(bytes + 60);
	if (offset > IB_PE_MAX_HEADERS || offset % 4 || offset + 4 + COFF_SIZE > head_size ||
	    memcmp(bytes + offset, "PE\0\0", 4) != 0)
		return refuse(name, "it has no PE signature", err);
	pe.coff_offset = offset + 4;
	pe.optional_offset = pe.coff_offset + COFF_SIZE;
	pe.machine = ib_get_le16(bytes + pe.coff_offset);
	pe.section_count = ib_get_le16(bytes + pe.coff_offset + 2);
	pe.symbol_count = ib_get_le32(bytes + pe.coff_offset + 12);
	IB_TRY(parse_optional(bytes, head_size, name, &pe, err));
	IB_TRY(parse_sections(bytes, head_size, name, &pe, err));
	IB_TRY(check_certificates(name, &pe, err));
	*ret_pe = pe;
	return 0;
}

int ib_pe_read(int fd, const char *name, struct ib_pe *ret_pe, struct ib_error *err)
{
	ib_autofree uint8_t *head = ib_alloc(IB_PE_MAX_HEADERS);
	uint64_t size = 0;
	size_t head_size = 0;

	IB_TRY(ib_fd_size(fd, name, &size, err));
	head_size = (size_t)IB_MIN(size, IB_PE_MAX_HEADERS);
	IB_TRY(ib_fd_read_at(fd, head, head_size, 0, name, err));
	return ib_pe_parse(head, head_size, size, name, ret_pe, err);
}

const struct ib_pe_section *ib_pe_find(const struct ib_pe *pe, const char *section)
{
	size_t i = 0;

	for (i = 0; i < pe->section_count; i++)
		if (!strcmp(pe->sections[i].name, section))
			return &pe->sections[i];
	return NULL;
}

uint32_t ib_pe_section_size(const struct ib_pe_section *section)
{
	return IB_MIN(section->virtual_size, section->raw_size);
}

int ib_pe_section_read(int fd, const char *name, const struct ib_pe *pe, const char *section,
		       struct ib_buffer *content, struct ib_error *err)
{
	const struct ib_pe_section *found = ib_pe_find(pe, section);
	uint32_t size = 0;

	if (!found)
		return ib_fail(err, IB_MISSING, "'%s' has no section %s", name, section);
	size = ib_pe_section_size(found);
	if (size > ib_buffer_room(content))
		return ib_fail(err, IB_LIMIT, "section %s of '%s' is larger than %zu bytes",
			       section, name, ib_buffer_room(content));
	if (!size)
		return 0;
	IB_TRY(ib_fd_read_at(fd, ib_buffer_reserve(content, size), size, found->raw_offset, name,
			     err));
	content->size += size;
	return 0;
}

/* Words of 32 bits give the same one's complement sum of 16-bit words, in half the steps. */
static uint64_t sum_words(const uint8_t *words, size_t size)
{
	uint64_t sum = 0;
	size_t i = 0;

	for (i = 0; i < size; i += 4) {
		uint32_t word = 0;

		memcpy(&word, words + i, sizeof(word));
		sum += le32toh(word);
	}
	return sum;
}

/* The one's complement sum of 16-bit words, and the length (ImageHlp's CheckSumMappedFile). */
int ib_pe_set_checksum(int fd, const char *name, const struct ib_pe *pe, struct ib_error *err)
{
	enum { CHUNK = 1 << 18 };
	ib_autofree uint8_t *chunk = ib_alloc(CHUNK);
	IB_AUTO_BUFFER(field, 4);
	uint64_t size = 0;
	uint64_t offset = 0;
	uint64_t sum = 0;

	IB_TRY(ib_fd_size(fd, name, &size, err));
	ib_buffer_put_le32(&field, 0);
	IB_TRY(ib_fd_write(fd, field.data, 4, pe->checksum_offset, name, err));
	for (offset = 0; offset < size; offset += CHUNK) {
		size_t part = (size_t)IB_MIN(size - offset, CHUNK);

		IB_TRY(ib_fd_read_at(fd, chunk, part, offset, name, err));
		memset(chunk + part, 0, -part & 3);
		sum += sum_words(chunk, part);
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ib_buffer_set_le32(&field, 0, (uint32_t)(sum + size));
	return ib_fd_write(fd, field.data, 4, pe->checksum_offset, name, err);
}
