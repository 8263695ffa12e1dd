/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel's build writes into a module (scripts/mod/modpost.c of
 * Linux): .modinfo holds NUL-terminated "key=value"; each exported symbol x has
 * a symbol __crc_x where versions are on, and its name in __ksymtab_strings
 * always; __versions lists the needed symbols with their versions.
 */
#include <string.h>

#include "elf/elf.h"
#include "elf/reader.h"

#define BIND_GLOBAL 1
#define BIND_WEAK   2

/* Names collected in order, each once. */
struct names {
	struct ib_arena *arena;
	struct ib_map *seen;
	const char **items;
	size_t count;
};

static void add_name(struct names *names, const char *name)
{
	const char *copy = NULL;

	if (!*name || ib_map_has(names->seen, name))
		return;
	copy = ib_arena_strdup(names->arena, name);
	ib_map_set(names->seen, name, names);
	ib_grow(names->items, names->count);
	names->items[names->count++] = copy;
}

static const char *const *keep_names(struct names *names, size_t *ret_count)
{
	const char *const *kept = NULL;

	*ret_count = names->count;
	if (names->count)
		kept = ib_arena_memdup(names->arena, names->items,
				       names->count * sizeof(*names->items));
	return kept;
}

typedef void (*symbol_fn)(struct names *names, const char *name, unsigned bind, bool is_undefined);

static void walk_symbols(const struct ib_elf_reader *reader, symbol_fn visit, struct names *names)
{
	struct ib_elf_section symbols = { 0 };
	struct ib_elf_section strings = { 0 };
	struct ib_elf_span table = { NULL, 0 };
	struct ib_elf_span text = { NULL, 0 };
	uint64_t step = reader->is_64 ? 24 : 16;
	uint64_t at = 0;

	if (!ib_elf_section_find(reader, ".symtab", &symbols, &table) ||
	    !ib_elf_section_find(reader, ".strtab", &strings, &text))
		return;
	for (at = 0; at + step <= table.size; at += step) {
		const uint8_t *symbol = table.data + at;
		const char *name = ib_elf_string(&text, ib_elf_number(reader, symbol, 4));
		const uint8_t *info = symbol + (reader->is_64 ? 4 : 12);
		uint64_t section = ib_elf_number(reader, info + 2, 2);

		if (name)
			visit(names, name, (unsigned)*info >> 4, !section);
	}
}

static void take_exported(struct names *names, const char *name, unsigned bind, bool is_undefined)
{
	(void)bind;
	(void)is_undefined;
	if (ib_str_starts(name, "__crc_"))
		add_name(names, name + strlen("__crc_"));
}

static void take_undefined(struct names *names, const char *name, unsigned bind, bool is_undefined)
{
	if (is_undefined && (bind == BIND_GLOBAL || bind == BIND_WEAK))
		add_name(names, name);
}

/* Every string of a section of NUL-terminated ones. */
static void take_strings(const struct ib_elf_span *span, struct names *names)
{
	uint64_t at = 0;

	while (at < span->size) {
		const char *text = ib_elf_string(span, at);

		if (!text)
			return;
		add_name(names, text);
		at += strlen(text) + 1;
	}
}

/* The names of __versions: entries of 64 bytes, a number of address size, then the name. */
static void take_versions(const struct ib_elf_reader *reader, struct names *names)
{
	struct ib_elf_section section = { 0 };
	struct ib_elf_span span = { NULL, 0 };
	uint64_t skip = reader->is_64 ? 8 : 4;
	uint64_t at = 0;

	if (!ib_elf_section_find(reader, "__versions", &section, &span))
		return;
	for (at = 0; at + 64 <= span.size; at += 64) {
		struct ib_elf_span name = { span.data + at + skip, 64 - skip };
		const char *text = ib_elf_string(&name, 0);

		if (text)
			add_name(names, text);
	}
}

static void read_info(const struct ib_elf_reader *reader, struct ib_arena *arena,
		      struct ib_elf_module *module)
{
	struct ib_elf_section section = { 0 };
	struct ib_elf_span span = { NULL, 0 };
	const char **info = NULL;
	uint64_t at = 0;

	if (!ib_elf_section_find(reader, ".modinfo", &section, &span))
		return;
	while (at < span.size) {
		const char *text = ib_elf_string(&span, at);

		if (!text)
			break;
		if (*text) {
			ib_grow(info, module->info_count);
			info[module->info_count++] = ib_arena_strdup(arena, text);
		}
		at += strlen(text) + 1;
	}
	if (module->info_count)
		module->info = ib_arena_memdup(arena, info, module->info_count * sizeof(*info));
	ib_free(info);
}

static void read_names(const struct ib_elf_reader *reader, struct ib_arena *arena,
		       struct ib_elf_module *module)
{
	IB_AUTO(ib_map) exported_seen = ib_map_new();
	IB_AUTO(ib_map) undefined_seen = ib_map_new();
	struct names exported = { .arena = arena, .seen = exported_seen };
	struct names undefined = { .arena = arena, .seen = undefined_seen };
	struct ib_elf_section section = { 0 };
	struct ib_elf_span span = { NULL, 0 };

	walk_symbols(reader, take_exported, &exported);
	if (!exported.count && ib_elf_section_find(reader, "__ksymtab_strings", &section, &span))
		take_strings(&span, &exported);
	walk_symbols(reader, take_undefined, &undefined);
	take_versions(reader, &undefined);
	module->exported = keep_names(&exported, &module->exported_count);
	module->undefined = keep_names(&undefined, &module->undefined_count);
	ib_free(exported.items);
	ib_free(undefined.items);
}

int ib_elf_read_module(const void *data, size_t size, struct ib_arena *arena,
		       struct ib_elf_module **ret_module, struct ib_error *err)
{
	struct ib_elf_reader reader = { 0 };
	struct ib_elf_module *module = NULL;

	IB_TRY(ib_elf_reader_init(&reader, data, size, err));
	if (reader.type != IB_ELF_RELOCATABLE)
		return ib_fail(err, IB_INPUT, "it is not a kernel module");
	module = ib_arena_alloc(arena, sizeof(*module));
	read_info(&reader, arena, module);
	read_names(&reader, arena, module);
	*ret_module = module;
	return 0;
}
