/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader - numbers, headers and strings of one ELF file, with every bound checked.
 *
 * Inside elf/ only. Layouts: System V ABI, chapters 4 and 5 (object files,
 * program loading).
 */
#ifndef IB_ELF_READER_H
#define IB_ELF_READER_H

#include "elf/elf.h"

struct ib_elf_reader {
	const uint8_t *data;
	uint64_t size;
	bool is_64;
	bool big_endian;
	uint64_t program_headers, section_headers; /* offsets */
	uint32_t program_count, section_count;
	uint32_t name_section;
	uint16_t type, machine;
	uint32_t flags;
};

/* A run of bytes of the file; always inside it. */
struct ib_elf_span {
	const uint8_t *data;
	uint64_t size;
};

struct ib_elf_segment {
	uint32_t type;
	uint32_t flags; /* 1: executable */
	uint64_t offset, address, file_size;
};

struct ib_elf_section {
	uint32_t name; /* offset in the table of names */
	uint32_t type;
	uint32_t link;
	uint64_t offset, size, entry_size;
};

int ib_elf_reader_init(struct ib_elf_reader *reader, const void *data, size_t size,
		       struct ib_error *err) IB_MUST_CHECK;
/* A number of 2, 4 or 8 bytes; the caller has checked that they are there. */
uint64_t ib_elf_number(const struct ib_elf_reader *reader, const uint8_t *at, size_t bytes);
/* An address-sized number. */
uint64_t ib_elf_word(const struct ib_elf_reader *reader, const uint8_t *at);
bool ib_elf_span(const struct ib_elf_reader *reader, uint64_t offset, uint64_t size,
		 struct ib_elf_span *ret_span);
/* The string at offset of a table, or NULL when it does not end inside. */
const char *ib_elf_string(const struct ib_elf_span *table, uint64_t offset);
struct ib_elf_segment ib_elf_segment(const struct ib_elf_reader *reader, uint32_t i);
struct ib_elf_section ib_elf_section(const struct ib_elf_reader *reader, uint32_t i);
/* The bytes of the first section of that name; false where there is none (or it has no bytes). */
bool ib_elf_section_find(const struct ib_elf_reader *reader, const char *name,
			 struct ib_elf_section *ret_section, struct ib_elf_span *ret_span);

#endif
