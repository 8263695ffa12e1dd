/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pe - executables of UEFI (PE32+): reading their headers, within bounds.
 *
 * Only the 64-bit form is read. What a struct ib_pe says was checked: every
 * section and the certificate table lie inside the file, sections follow one
 * another in the table's order of their contents without overlap.
 */
#ifndef IB_BOOT_PE_H
#define IB_BOOT_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

#define IB_PE_MAX_SECTIONS 96
/* Headers end before this byte. */
#define IB_PE_MAX_HEADERS 65536

struct ib_pe_section {
	char name[9];
	uint32_t virtual_size;
	uint32_t virtual_address;
	uint32_t raw_size;
	uint32_t raw_offset;
	uint32_t characteristics;
};

struct ib_pe {
	uint64_t file_size;
	uint32_t coff_offset;     /* of the COFF file header */
	uint32_t optional_offset; /* of the optional header */
	uint32_t checksum_offset;
	uint32_t security_offset; /* of the certificate table's entry in the data directory */
	uint32_t table_offset;    /* of the section table */
	uint32_t headers_size;
	uint32_t file_alignment, section_alignment;
	uint16_t machine;
	uint32_t debug_size; /* of the debug directory */
	uint32_t symbol_count;
	uint32_t data_end;                             /* where the last section's content ends */
	bool has_gaps;                                 /* bytes between headers and sections */
	uint32_t certificate_offset, certificate_size; /* 0, 0: not signed */
	struct ib_pe_section sections[IB_PE_MAX_SECTIONS];
	size_t section_count;
};

/* head: the first bytes of a file of file_size, all or IB_PE_MAX_HEADERS of them. IB_INPUT. */
int ib_pe_parse(const void *head, size_t head_size, uint64_t file_size, const char *name,
		struct ib_pe *ret_pe, struct ib_error *err) IB_MUST_CHECK;
int ib_pe_read(int fd, const char *name, struct ib_pe *ret_pe, struct ib_error *err) IB_MUST_CHECK;
/* NULL when there is none; the first when there are several. */
const struct ib_pe_section *ib_pe_find(const struct ib_pe *pe, const char *section);
/* The bytes that count: what the file holds of the section's size in memory. */
uint32_t ib_pe_section_size(const struct ib_pe_section *section);
/* Appends the content of a section; IB_LIMIT when content has no room, IB_MISSING without such a section. */
int ib_pe_section_read(int fd, const char *name, const struct ib_pe *pe, const char *section,
		       struct ib_buffer *content, struct ib_error *err) IB_MUST_CHECK;
/* Computes and writes the checksum of the optional header. */
int ib_pe_set_checksum(int fd, const char *name, const struct ib_pe *pe, struct ib_error *err)
	IB_MUST_CHECK;

#endif
