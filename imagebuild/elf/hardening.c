/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program or library says of its defences. Where each is written:
 * System V ABI (program headers, dynamic section), the Linux gABI extensions
 * (PT_GNU_*, properties), and the names of the compiler's own symbols.
 */
#include <string.h>

#include "elf/dynamic.h"
#include "elf/elf.h"
#include "elf/reader.h"

#define SEGMENT_STACK       0x6474e551U
#define SEGMENT_RELRO       0x6474e552U
#define SEGMENT_PROPERTY    0x6474e553U
#define SEGMENT_NOTE        4U
#define FLAG_EXECUTABLE     1U
#define TAG_TEXT_RELOCATION 22U
#define TAG_BIND_NOW        24U
#define TAG_FLAGS           30U
#define TAG_FLAGS_1         0x6ffffffbU
#define FLAG_TEXT           4U
#define FLAG_BIND_NOW       8U
#define FLAG_1_NOW          1U
#define FLAG_1_PIE          0x08000000U
#define NOTE_PROPERTY       5U
#define PROPERTY_X86        0xc0000002U
#define PROPERTY_AARCH64    0xc0000000U

static uint64_t value_of(const struct ib_elf_reader *reader, const struct ib_elf_span *dynamic,
			 uint64_t tag)
{
	uint64_t value = 0;

	return ib_elf_find_tag(reader, dynamic, tag, &value) ? value : 0;
}

static void read_flags(const struct ib_elf_reader *reader, const struct ib_elf_span *dynamic,
		       struct ib_elf *elf)
{
	uint64_t flags = value_of(reader, dynamic, TAG_FLAGS);
	uint64_t flags_1 = value_of(reader, dynamic, TAG_FLAGS_1);
	uint64_t ignored = 0;

	elf->binds_now = flags & FLAG_BIND_NOW || flags_1 & FLAG_1_NOW ||
			 ib_elf_find_tag(reader, dynamic, TAG_BIND_NOW, &ignored);
	elf->has_text_relocations = flags & FLAG_TEXT ||
				    ib_elf_find_tag(reader, dynamic, TAG_TEXT_RELOCATION, &ignored);
	elf->is_pie = reader->type == IB_ELF_SHARED && (elf->interpreter || flags_1 & FLAG_1_PIE);
}

/* ---- properties ----------------------------------------------------------- */

/* Rows of type, size and value, each padded to a word of the class. */
static void read_properties(const struct ib_elf_reader *reader, const uint8_t *at, uint64_t size,
			    struct ib_elf *elf)
{
	uint64_t align = reader->is_64 ? 8 : 4;

	while (size >= 8) {
		uint64_t type = ib_elf_number(reader, at, 4);
		uint64_t its = ib_elf_number(reader, at + 4, 4);
		uint64_t step = 8 + ((its + align - 1) & ~(align - 1));

		if (its > size - 8)
			return;
		if (its >= 4 && (type == PROPERTY_X86 || type == PROPERTY_AARCH64))
			elf->branch_protection = (uint32_t)ib_elf_number(reader, at + 8, 4);
		if (step > size)
			return;
		at += step;
		size -= step;
	}
}

static void read_notes(const struct ib_elf_reader *reader, const struct ib_elf_span *notes,
		       struct ib_elf *elf)
{
	uint64_t align = reader->is_64 ? 8 : 4;
	uint64_t at = 0;

	while (notes->size - at >= 16) {
		const uint8_t *note = notes->data + at;
		uint64_t name = ib_elf_number(reader, note, 4);
		uint64_t size = ib_elf_number(reader, note + 4, 4);
		uint64_t next = at + 16 + ((size + align - 1) & ~(align - 1));

		/* of another owner, or of 4-byte alignment: those carry no properties */
		if (name != 4 || memcmp(note + 12, "GNU", 4) != 0 || size > notes->size - at - 16)
			return;
		if (ib_elf_number(reader, note + 8, 4) == NOTE_PROPERTY)
			read_properties(reader, note + 16, size, elf);
		if (next > notes->size)
			return;
		at = next;
	}
}

/* ---- names of symbols ------------------------------------------------------ */

static bool holds(const struct ib_elf_span *span, const char *bytes, size_t size)
{
	return span->size && memmem(span->data, (size_t)span->size, bytes, size);
}

/* The compiler's call when a canary was overwritten, by name: of the loader's table or the linker's. */
static void read_names(const struct ib_elf_reader *reader, const struct ib_elf_span *dynamic,
		       struct ib_elf *elf)
{
	static const char called[] = "\0__stack_chk_fail";
	static const char guard[] = "\0__stack_chk_guard";
	struct ib_elf_section section;
	struct ib_elf_span names[2] = { { NULL, 0 }, { NULL, 0 } };
	size_t i = 0;

	if (!dynamic->size || !ib_elf_string_table(reader, dynamic, &names[0]))
		names[0] = (struct ib_elf_span){ NULL, 0 };
	if (!ib_elf_section_find(reader, ".strtab", &section, &names[1]))
		names[1] = (struct ib_elf_span){ NULL, 0 };
	for (i = 0; i < IB_COUNT(names); i++) {
		elf->has_symbols |= names[i].size > 1;
		elf->has_canary |= holds(&names[i], called, sizeof(called)) ||
				   holds(&names[i], guard, sizeof(guard));
	}
}

/* ---- all of it -------------------------------------------------------------- */

void ib_elf_read_hardening(const struct ib_elf_reader *reader, const struct ib_elf_span *dynamic,
			   struct ib_elf *elf)
{
	struct ib_elf_section section;
	struct ib_elf_span span;
	uint32_t i = 0;

	elf->has_executable_stack = true; /* without a segment that says otherwise */
	for (i = 0; i < reader->program_count; i++) {
		struct ib_elf_segment segment = ib_elf_segment(reader, i);

		if (segment.type == SEGMENT_STACK)
			elf->has_executable_stack = segment.flags & FLAG_EXECUTABLE;
		else if (segment.type == SEGMENT_RELRO)
			elf->has_relro = true;
		else if ((segment.type == SEGMENT_PROPERTY || segment.type == SEGMENT_NOTE) &&
			 ib_elf_span(reader, segment.offset, segment.file_size, &span))
			read_notes(reader, &span, elf);
	}
	if (dynamic->size)
		read_flags(reader, dynamic, elf);
	read_names(reader, dynamic, elf);
	elf->is_go = ib_elf_section_find(reader, ".go.buildinfo", &section, &span) ||
		     ib_elf_section_find(reader, ".note.go.buildid", &section, &span);
}

/* ---- where it was made ------------------------------------------------------- */

static bool is_path_byte(uint8_t byte)
{
	return byte > ' ' && byte < 0x7f && !strchr("\"'<>|:;,()", byte);
}

/* The path around a marker, as far as it is one. */
static const char *path_at(const struct ib_elf_span *span, const uint8_t *marker,
			   struct ib_arena *arena)
{
	const uint8_t *start = marker;
	const uint8_t *end = marker;
	const uint8_t *limit = span->data + span->size;

	while (start > span->data && is_path_byte(start[-1]) && marker - start < 80)
		start--;
	while (end < limit && is_path_byte(*end) && end - marker < 120)
		end++;
	return ib_arena_strf(arena, "%.*s", (int)(end - start), (const char *)start);
}

/* With something behind it: a program that looks for such paths has the bare marker. */
static const uint8_t *find_marker(const struct ib_elf_span *span, const char *marker)
{
	const uint8_t *at = span->data;
	const uint8_t *limit = span->data + span->size;
	size_t size = strlen(marker);

	while ((at = memmem(at, (size_t)(limit - at), marker, size))) {
		if (at + size < limit && is_path_byte(at[size]))
			return at;
		at += size;
	}
	return NULL;
}

const char *ib_elf_build_path(const void *data, size_t size, struct ib_arena *arena)
{
	/* where strings are, and what only a build machine's paths hold */
	static const char *const sections[] = { ".rodata", ".debug_str", ".debug_line_str",
						".gopclntab", ".data.rel.ro" };
	static const char *const markers[] = { "/builddir/build/", "/rpmbuild/BUILD", "/BUILDROOT/",
					       "/usr/src/packages/BUILD" };
	struct ib_error ignored = IB_ERROR_INIT;
	struct ib_elf_reader reader = { 0 };
	struct ib_elf_section section;
	struct ib_elf_span span;
	size_t i = 0;
	size_t j = 0;

	if (ib_elf_reader_init(&reader, data, size, &ignored) < 0) {
		ib_error_clear(&ignored); /* whoever reads it in earnest tells */
		return NULL;
	}
	for (i = 0; i < IB_COUNT(sections); i++) {
		if (!ib_elf_section_find(&reader, sections[i], &section, &span))
			continue;
		for (j = 0; j < IB_COUNT(markers); j++) {
			const uint8_t *found = find_marker(&span, markers[j]);

			if (found)
				return path_at(&span, found, arena);
		}
	}
	return NULL;
}
