/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/uki.h"

#include <assert.h>
#include <string.h>

enum {
	SECTION_SIZE = 40,
	DATA = 0x40000040, /* initialised data, readable */
	DATA_TO_RUN =
		DATA | 0x20000020, /* and code, executable: newer stubs start the kernel in place */
	PAGE = 4096,
	CHUNK = 1 << 18,
};

/* UAPI.5, in its order. */
static const struct {
	const char *name;
	uint32_t characteristics;
} known[] = {
	{ ".linux", DATA_TO_RUN }, { ".osrel", DATA },  { ".cmdline", DATA }, { ".initrd", DATA },
	{ ".ucode", DATA },        { ".splash", DATA }, { ".dtb", DATA },     { ".uname", DATA },
	{ ".sbat", DATA },         { ".pcrsig", DATA }, { ".pcrpkey", DATA },
};

struct plan {
	const uint8_t *stub;
	struct ib_pe pe;
	const struct ib_uki_section *added[IB_COUNT(known)];
	size_t added_count;
	uint32_t headers_size;
	int fd;
	const char *name;
	uint64_t written;
};

static uint64_t round_up(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

static size_t find_known(const char *name)
{
	size_t i = 0;

	while (i < IB_COUNT(known) && strcmp(known[i].name, name) != 0)
		i++;
	return i;
}

/* Puts the sections into the order of the specification. */
static int choose_sections(struct plan *plan, const struct ib_uki_section *sections, size_t count,
			   struct ib_error *err)
{
	const struct ib_uki_section *by_rank[IB_COUNT(known)] = { NULL };
	size_t i = 0;

	for (i = 0; i < count; i++) {
		size_t rank = find_known(sections[i].name);

		if (rank == IB_COUNT(known))
			return ib_fail(err, IB_INPUT, "unrecognized section '%s' for '%s'",
				       sections[i].name, plan->name);
		if (by_rank[rank] || ib_pe_find(&plan->pe, sections[i].name))
			return ib_fail(err, IB_INPUT,
				       "section %s of '%s' is given twice, or in the stub already",
				       sections[i].name, plan->name);
		if (sections[i].size)
			by_rank[rank] = &sections[i];
	}
	for (i = 0; i < IB_COUNT(known); i++)
		if (by_rank[i])
			plan->added[plan->added_count++] = by_rank[i];
	return 0;
}

/* More rows in the section table may push the contents back. */
static int size_headers(struct plan *plan, struct ib_error *err)
{
	const struct ib_pe *pe = &plan->pe;
	size_t rows = pe->section_count + plan->added_count;
	uint64_t needed = round_up(pe->table_offset + rows * SECTION_SIZE, pe->file_alignment);

	plan->headers_size = IB_MAX(pe->headers_size, (uint32_t)needed);
	if (rows > IB_PE_MAX_SECTIONS || needed > IB_PE_MAX_HEADERS ||
	    plan->headers_size > pe->sections[0].virtual_address)
		return ib_fail(err, IB_INPUT, "the stub for '%s' has no room for %zu more sections",
			       plan->name, plan->added_count);
	if (pe->debug_size && (plan->headers_size != pe->headers_size || pe->has_gaps))
		return ib_fail(err, IB_INPUT,
			       "the stub for '%s' has debug information that would have to move",
			       plan->name);
	return 0;
}

static int check_stub(const struct plan *plan, struct ib_error *err)
{
	size_t i = 0;

	if (plan->pe.certificate_size)
		return ib_fail(err, IB_INPUT, "the stub for '%s' is signed already", plan->name);
	for (i = 0; i < plan->pe.section_count; i++)
		if (plan->pe.sections[i].name[0] == '/')
			return ib_fail(err, IB_INPUT,
				       "the stub for '%s' has a section with a long name",
				       plan->name);
	return 0;
}

static void add_le32(struct ib_buffer *b, size_t offset, uint64_t value)
{
	ib_buffer_set_le32(b, offset, (uint32_t)(ib_get_le32(b->data + offset) + value));
}

/* New places for the stub's own sections; returns where in memory they end. */
static uint32_t place_stub_sections(const struct plan *plan, struct ib_buffer *head,
				    uint64_t *raw_offset)
{
	uint32_t end = 0;
	size_t i = 0;

	for (i = 0; i < plan->pe.section_count; i++) {
		const struct ib_pe_section *section = &plan->pe.sections[i];
		size_t row = plan->pe.table_offset + i * SECTION_SIZE;

		if (section->raw_size) {
			ib_buffer_set_le32(head, row + 20, (uint32_t)*raw_offset);
			ib_buffer_set_le32(
				head, row + 16,
				(uint32_t)round_up(section->raw_size, plan->pe.file_alignment));
			*raw_offset += round_up(section->raw_size, plan->pe.file_alignment);
		}
		end = IB_MAX(end, section->virtual_address +
					  IB_MAX(section->virtual_size, section->raw_size));
	}
	return end;
}

static void put_row(struct ib_buffer *head, size_t row, const struct ib_uki_section *section,
		    uint64_t virtual_address, uint64_t raw_offset, uint64_t raw_size)
{
	ib_buffer_set(head, row, section->name, strlen(section->name));
	ib_buffer_set_le32(head, row + 8, (uint32_t)section->size);
	ib_buffer_set_le32(head, row + 12, (uint32_t)virtual_address);
	ib_buffer_set_le32(head, row + 16, (uint32_t)raw_size);
	ib_buffer_set_le32(head, row + 20, (uint32_t)raw_offset);
	ib_buffer_set_le32(head, row + 36, known[find_known(section->name)].characteristics);
}

static int build_headers(const struct plan *plan, struct ib_buffer *head, struct ib_error *err)
{
	const struct ib_pe *pe = &plan->pe;
	uint64_t raw_offset = plan->headers_size;
	uint64_t address = 0;
	size_t i = 0;

	/* From the stub, up to the end of its section table; no content that lay behind it. */
	ib_buffer_put(head, plan->stub, pe->table_offset + pe->section_count * SECTION_SIZE);
	ib_buffer_put_zeros(head, plan->headers_size - head->size);
	address = place_stub_sections(plan, head, &raw_offset);
	for (i = 0; i < plan->added_count; i++) {
		uint64_t raw_size = round_up(plan->added[i]->size, pe->file_alignment);

		address = round_up(address, IB_MAX(pe->section_alignment, PAGE));
		if (plan->added[i]->size > INT32_MAX || address + raw_size > INT32_MAX)
			return ib_fail(err, IB_LIMIT, "'%s' would be larger than 2 GiB",
				       plan->name);
		put_row(head, pe->table_offset + (pe->section_count + i) * SECTION_SIZE,
			plan->added[i], address, raw_offset, raw_size);
		add_le32(head, pe->optional_offset + 8, raw_size); /* SizeOfInitializedData */
		raw_offset += raw_size;
		address += plan->added[i]->size;
	}
	/* NumberOfSections; PointerToSymbolTable, NumberOfSymbols: there are none any more. */
	head->data[pe->coff_offset + 2] = (uint8_t)(pe->section_count + plan->added_count);
	ib_buffer_set_le32(head, pe->coff_offset + 8, 0);
	ib_buffer_set_le32(head, pe->coff_offset + 12, 0);
	/* TimeDateStamp, SizeOfImage, SizeOfHeaders */
	ib_buffer_set_le32(head, pe->coff_offset + 4, 0);
	ib_buffer_set_le32(head, pe->optional_offset + 56,
			   (uint32_t)round_up(address, pe->section_alignment));
	ib_buffer_set_le32(head, pe->optional_offset + 60, plan->headers_size);
	return 0;
}

static int put(struct plan *plan, const void *data, size_t size, struct ib_error *err)
{
	IB_TRY(ib_fd_write(plan->fd, data, size, plan->written, plan->name, err));
	plan->written += size;
	return 0;
}

static int pad(struct plan *plan, struct ib_error *err)
{
	ib_autofree uint8_t *zeros = ib_alloc(plan->pe.file_alignment);

	return put(plan, zeros, -plan->written & (plan->pe.file_alignment - 1), err);
}

static int copy_file(struct plan *plan, const struct ib_uki_section *section, struct ib_error *err)
{
	ib_autofree uint8_t *chunk = ib_alloc(CHUNK);
	uint64_t offset = 0;

	while (offset < section->size) {
		size_t part = (size_t)IB_MIN(section->size - offset, CHUNK);

		IB_TRY(ib_fd_read_at(section->fd, chunk, part, offset, section->name, err));
		IB_TRY(put(plan, chunk, part, err));
		offset += part;
	}
	return 0;
}

static int write_contents(struct plan *plan, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < plan->pe.section_count; i++) {
		const struct ib_pe_section *section = &plan->pe.sections[i];

		IB_TRY(put(plan, plan->stub + section->raw_offset, section->raw_size, err));
		IB_TRY(pad(plan, err));
	}
	for (i = 0; i < plan->added_count; i++) {
		const struct ib_uki_section *section = plan->added[i];

		if (section->data)
			IB_TRY(put(plan, section->data, (size_t)section->size, err));
		else
			IB_TRY(copy_file(plan, section, err));
		IB_TRY(pad(plan, err));
	}
	return 0;
}

int ib_uki_build(const struct ib_uki *uki, int out_fd, const char *name, struct ib_error *err)
{
	struct plan plan = { .stub = uki->stub, .fd = out_fd, .name = name };
	IB_AUTO_BUFFER(head, IB_PE_MAX_HEADERS);
	int r = 0;

	if (uki->stub_size > IB_UKI_MAX_STUB)
		return ib_fail(err, IB_LIMIT, "the stub for '%s' is larger than %d bytes", name,
			       IB_UKI_MAX_STUB);
	r = ib_pe_parse(uki->stub, uki->stub_size, uki->stub_size, "stub", &plan.pe, err);
	if (r < 0)
		return ib_error_prefix(err, "'%s'", name);
	IB_TRY(check_stub(&plan, err));
	IB_TRY(choose_sections(&plan, uki->sections, uki->section_count, err));
	IB_TRY(size_headers(&plan, err));
	IB_TRY(build_headers(&plan, &head, err));
	IB_TRY(put(&plan, head.data, head.size, err));
	IB_TRY(write_contents(&plan, err));
	return ib_pe_set_checksum(out_fd, name, &plan.pe, err);
}

/* ---- the command line ---------------------------------------------------- */

static bool is_one_word(const char *word)
{
	bool quoted = false;
	const char *at = NULL;

	for (at = word; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
		if (*at == '"')
			quoted = !quoted;
		else if (*at == ' ' && !quoted)
			return false;
	}
	return *word && !quoted;
}

int ib_command_line(const char *const *words, size_t count, const char *root_hash, char **ret_line,
		    struct ib_error *err)
{
	IB_AUTO_STRINGS(line);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		if (!is_one_word(words[i]))
			return ib_fail(err, IB_INPUT,
				       "'%s' is not one word of a kernel command line", words[i]);
		if (root_hash &&
		    (ib_str_starts(words[i], "roothash=") || ib_str_starts(words[i], "usrhash=")))
			return ib_fail(err, IB_INPUT,
				       "the kernel command line may not set '%s': the build does",
				       words[i]);
		ib_strings_add(&line, words[i]);
	}
	if (root_hash)
		ib_strings_addf(&line, "roothash=%s", root_hash);
	*ret_line = ib_strings_join(&line, " ");
	return 0;
}
