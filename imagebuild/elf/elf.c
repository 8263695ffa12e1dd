/* SPDX-License-Identifier: Apache-2.0 */
#include "elf/elf.h"

#include <string.h>

#include "elf/dynamic.h"
#include "elf/reader.h"

/* p_type and d_tag (System V ABI, chapter 5) */
#define SEGMENT_LOAD        1
#define SEGMENT_DYNAMIC     2
#define SEGMENT_INTERPRETER 3
#define SEGMENT_NOTE        4
#define TAG_NULL            0
#define TAG_NEEDED          1
#define TAG_STRING_TABLE    5
#define TAG_STRING_SIZE     10
#define TAG_SONAME          14
#define NOTE_ABI            1 /* of owner "GNU" */

bool ib_elf_is(const void *data, size_t size)
{
	return size >= 16 && !memcmp(data, "\177ELF", 4);
}

/* Where in the file the byte that is loaded at address lies. */
static bool file_offset(const struct ib_elf_reader *reader, uint64_t address, uint64_t *ret_offset)
{
	uint32_t i = 0;

	for (i = 0; i < reader->program_count; i++) {
		struct ib_elf_segment segment = ib_elf_segment(reader, i);

		if (segment.type != SEGMENT_LOAD || address < segment.address ||
		    address - segment.address >= segment.file_size)
			continue;
		return !__builtin_add_overflow(segment.offset, address - segment.address,
					       ret_offset);
	}
	return false;
}

bool ib_elf_find_tag(const struct ib_elf_reader *reader, const struct ib_elf_span *dynamic,
		     uint64_t tag, uint64_t *ret_value)
{
	uint64_t word = reader->is_64 ? 8 : 4;
	uint64_t at = 0;

	for (at = 0; at + 2 * word <= dynamic->size; at += 2 * word) {
		uint64_t its = ib_elf_word(reader, dynamic->data + at);

		if (its == TAG_NULL && tag != TAG_NULL)
			return false;
		if (its == tag) {
			*ret_value = ib_elf_word(reader, dynamic->data + at + word);
			return true;
		}
	}
	return false;
}

bool ib_elf_string_table(const struct ib_elf_reader *reader, const struct ib_elf_span *dynamic,
			 struct ib_elf_span *ret_table)
{
	uint64_t address = 0;
	uint64_t size = 0;
	uint64_t offset = 0;

	return ib_elf_find_tag(reader, dynamic, TAG_STRING_TABLE, &address) &&
	       ib_elf_find_tag(reader, dynamic, TAG_STRING_SIZE, &size) &&
	       file_offset(reader, address, &offset) &&
	       ib_elf_span(reader, offset, size, ret_table);
}

static int read_needed(const struct ib_elf_reader *reader, const struct ib_elf_span *dynamic,
		       const struct ib_elf_span *table, struct ib_arena *arena, struct ib_elf *elf)
{
	uint64_t word = reader->is_64 ? 8 : 4;
	const char **needed =
		ib_arena_alloc(arena, (dynamic->size / (2 * word) + 1) * sizeof(const char *));
	uint64_t at = 0;

	for (at = 0; at + 2 * word <= dynamic->size; at += 2 * word) {
		uint64_t tag = ib_elf_word(reader, dynamic->data + at);
		const char *name = NULL;

		if (tag == TAG_NULL)
			break;
		if (tag != TAG_NEEDED)
			continue;
		name = ib_elf_string(table, ib_elf_word(reader, dynamic->data + at + word));
		if (name)
			needed[elf->needed_count++] = ib_arena_strdup(arena, name);
	}
	elf->needed = needed;
	return 0;
}

static int read_dynamic(const struct ib_elf_reader *reader, const struct ib_elf_segment *segment,
			struct ib_arena *arena, struct ib_elf *elf, struct ib_elf_span *ret_dynamic,
			struct ib_error *err)
{
	struct ib_elf_span dynamic = { NULL, 0 };
	struct ib_elf_span table = { NULL, 0 };
	uint64_t soname = 0;

	if (!ib_elf_span(reader, segment->offset, segment->file_size, &dynamic))
		return ib_fail(err, IB_INPUT, "its dynamic section does not lie in the file");
	elf->is_dynamic = true;
	*ret_dynamic = dynamic;
	if (!ib_elf_string_table(reader, &dynamic, &table))
		return 0; /* a separate debug file: the table was taken away */
	if (ib_elf_find_tag(reader, &dynamic, TAG_SONAME, &soname))
		elf->soname = ib_arena_strdup(arena, ib_elf_string(&table, soname));
	return read_needed(reader, &dynamic, &table, arena, elf);
}

static void read_note(const struct ib_elf_reader *reader, const struct ib_elf_segment *segment,
		      struct ib_elf *elf)
{
	struct ib_elf_span notes = { NULL, 0 };
	uint64_t at = 0;

	if (!ib_elf_span(reader, segment->offset, segment->file_size, &notes))
		return;
	while (notes.size - at >= 12) {
		uint64_t name_size = ib_elf_number(reader, notes.data + at, 4);
		uint64_t value_size = ib_elf_number(reader, notes.data + at + 4, 4);
		uint64_t kind = ib_elf_number(reader, notes.data + at + 8, 4);
		uint64_t value = at + 12 + ((name_size + 3) & ~(uint64_t)3);
		uint64_t next = value + ((value_size + 3) & ~(uint64_t)3);

		if (value > notes.size || value_size > notes.size - value)
			return;
		if (kind == NOTE_ABI && name_size == 4 && value_size >= 16 &&
		    !memcmp(notes.data + at + 12, "GNU", 4)) {
			const uint8_t *words = notes.data + value;

			elf->has_abi = true;
			elf->abi_os = (uint32_t)ib_elf_number(reader, words, 4);
			elf->abi_kernel =
				(uint32_t)((ib_elf_number(reader, words + 4, 4) & 0xff) << 16 |
					   (ib_elf_number(reader, words + 8, 4) & 0xff) << 8 |
					   (ib_elf_number(reader, words + 12, 4) & 0xff));
		}
		if (next > notes.size)
			return;
		at = next;
	}
}

int ib_elf_read(const void *data, size_t size, struct ib_arena *arena, struct ib_elf **ret_elf,
		struct ib_error *err)
{
	struct ib_elf_reader reader = { 0 };
	struct ib_elf_span dynamic = { NULL, 0 };
	struct ib_elf *elf = NULL;
	uint32_t i = 0;

	IB_TRY(ib_elf_reader_init(&reader, data, size, err));
	elf = ib_arena_alloc(arena, sizeof(*elf));
	*elf = (struct ib_elf){ .bits = reader.is_64 ? 64 : 32,
				.big_endian = reader.big_endian,
				.type = reader.type,
				.machine = reader.machine,
				.flags = reader.flags };
	for (i = 0; i < reader.program_count; i++) {
		struct ib_elf_segment segment = ib_elf_segment(&reader, i);
		struct ib_elf_span span = { NULL, 0 };

		if (segment.type == SEGMENT_DYNAMIC && !elf->is_dynamic)
			IB_TRY(read_dynamic(&reader, &segment, arena, elf, &dynamic, err));
		else if (segment.type == SEGMENT_NOTE)
			read_note(&reader, &segment, elf);
		else if (segment.type == SEGMENT_INTERPRETER &&
			 ib_elf_span(&reader, segment.offset, segment.file_size, &span))
			elf->interpreter = ib_arena_strdup(arena, ib_elf_string(&span, 0));
	}
	ib_elf_read_hardening(&reader, &dynamic, elf);
	*ret_elf = elf;
	return 0;
}
