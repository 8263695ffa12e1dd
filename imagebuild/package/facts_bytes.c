/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts as bytes: a magic, a count, then fact by fact. Numbers are little endian; a text is its
 * length in 32 bits, its bytes and a NUL, ABSENT in place of all that where there is none. So
 * what is read stays where it is.
 */
#include <assert.h>
#include <string.h>

#include "package/facts_internal.h"

#define ABSENT    UINT32_MAX
#define MAX_FILES (1U << 24)

enum { HAS_DATA = 1, HAS_ELF = 2, HAS_MODULE = 4, HAS_PROBLEM = 8, HAS_BUILD_PATH = 16 };

/* A member more there is a member more here, and a higher number in IB_FACTS_MAGIC. */
_Static_assert(sizeof(struct ib_fact) == 64 && sizeof(struct ib_elf) == 80 &&
		       sizeof(struct ib_elf_module) == 48,
	       "facts_bytes.c writes every member");

/* ---- writing ------------------------------------------------------------- */

static void put_bytes(struct ib_buffer *out, const void *bytes, size_t size)
{
	ib_buffer_put(out, bytes, size);
	ib_buffer_put_u8(out, 0);
}

static void put_text(struct ib_buffer *out, const char *text)
{
	size_t size = text ? strlen(text) : 0;

	ib_buffer_put_le32(out, text ? (uint32_t)size : ABSENT);
	if (text)
		put_bytes(out, text, size);
}

static void put_texts(struct ib_buffer *out, const char *const *texts, size_t count)
{
	size_t i = 0;

	ib_buffer_put_le32(out, (uint32_t)count);
	for (i = 0; i < count; i++)
		put_text(out, texts[i]);
}

/* The defences, as bits. */
static uint8_t defences_of(const struct ib_elf *elf)
{
	const bool all[] = { elf->is_pie,
			     elf->has_relro,
			     elf->binds_now,
			     elf->has_executable_stack,
			     elf->has_text_relocations,
			     elf->has_symbols,
			     elf->has_canary,
			     elf->is_go };
	uint8_t bits = 0;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(all); i++)
		bits |= (uint8_t)(all[i] << i);
	return bits;
}

static void set_defences(struct ib_elf *elf, uint8_t bits)
{
	bool *const all[] = { &elf->is_pie,
			      &elf->has_relro,
			      &elf->binds_now,
			      &elf->has_executable_stack,
			      &elf->has_text_relocations,
			      &elf->has_symbols,
			      &elf->has_canary,
			      &elf->is_go };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(all); i++)
		*all[i] = bits >> i & 1;
}

static void put_elf(struct ib_buffer *out, const struct ib_elf *elf)
{
	ib_buffer_put_le32(out, elf->bits);
	ib_buffer_put_u8(out, elf->big_endian);
	ib_buffer_put_le16(out, elf->type);
	ib_buffer_put_le16(out, elf->machine);
	ib_buffer_put_le32(out, elf->flags);
	ib_buffer_put_u8(out, elf->is_dynamic);
	put_text(out, elf->soname);
	put_text(out, elf->interpreter);
	put_texts(out, elf->needed, elf->needed_count);
	ib_buffer_put_u8(out, elf->has_abi);
	ib_buffer_put_le32(out, elf->abi_os);
	ib_buffer_put_le32(out, elf->abi_kernel);
	ib_buffer_put_u8(out, defences_of(elf));
	ib_buffer_put_le32(out, elf->branch_protection);
}

static void put_module(struct ib_buffer *out, const struct ib_elf_module *module)
{
	put_texts(out, module->info, module->info_count);
	put_texts(out, module->exported, module->exported_count);
	put_texts(out, module->undefined, module->undefined_count);
}

static void put_fact(struct ib_buffer *out, const struct ib_fact *fact)
{
	unsigned has = (fact->data ? HAS_DATA : 0U) | (fact->elf ? HAS_ELF : 0U) |
		       (fact->module ? HAS_MODULE : 0U) | (fact->problem ? HAS_PROBLEM : 0U) |
		       (fact->build_path ? HAS_BUILD_PATH : 0U);

	ib_buffer_put_le32(out, fact->file);
	ib_buffer_put_u8(out, (uint8_t)has);
	put_text(out, fact->path);
	ib_buffer_put_le64(out, fact->size);
	if (fact->data)
		put_bytes(out, fact->data, fact->size);
	if (fact->elf)
		put_elf(out, fact->elf);
	if (fact->module)
		put_module(out, fact->module);
	if (fact->problem)
		put_text(out, fact->problem);
	if (fact->build_path)
		put_text(out, fact->build_path);
}

void ib_facts_write(const struct ib_facts *facts, struct ib_buffer *out)
{
	size_t i = 0;

	ib_buffer_puts(out, IB_FACTS_MAGIC);
	ib_buffer_put_le32(out, (uint32_t)facts->count);
	for (i = 0; i < facts->count; i++)
		put_fact(out, facts->items[i]);
}

/* ---- reading ------------------------------------------------------------- */

/* What is left to read; once it is bad, everything that comes is 0. */
struct cursor {
	const uint8_t *at;
	size_t left;
	bool is_bad;
	struct ib_arena *arena;
};

static const uint8_t *get(struct cursor *cursor, size_t size)
{
	const uint8_t *at = cursor->at;

	if (cursor->is_bad || size > cursor->left) {
		cursor->is_bad = true;
		return NULL;
	}
	cursor->at += size;
	cursor->left -= size;
	return at;
}

static uint8_t get_u8(struct cursor *cursor)
{
	const uint8_t *at = get(cursor, 1);

	return at ? *at : 0;
}

static uint16_t get_le16(struct cursor *cursor)
{
	const uint8_t *at = get(cursor, 2);

	return at ? ib_get_le16(at) : 0;
}

static uint32_t get_le32(struct cursor *cursor)
{
	const uint8_t *at = get(cursor, 4);

	return at ? ib_get_le32(at) : 0;
}

static uint64_t get_le64(struct cursor *cursor)
{
	const uint8_t *at = get(cursor, 8);

	return at ? ib_get_le64(at) : 0;
}

/* size bytes with a NUL behind them. */
static const char *get_bytes(struct cursor *cursor, uint64_t size)
{
	const uint8_t *at = NULL;

	cursor->is_bad |= size >= cursor->left;
	at = cursor->is_bad ? NULL : get(cursor, (size_t)size + 1);
	cursor->is_bad |= at && at[size];
	return (const char *)at;
}

static const char *get_text(struct cursor *cursor)
{
	uint32_t size = get_le32(cursor);

	return size == ABSENT ? NULL : get_bytes(cursor, size);
}

static const char *const *get_texts(struct cursor *cursor, size_t *ret_count)
{
	size_t count = get_le32(cursor);
	const char **texts = NULL;
	size_t i = 0;

	/* each takes five bytes at least */
	cursor->is_bad |= count > cursor->left / 5;
	if (cursor->is_bad)
		return NULL;
	texts = ib_arena_alloc(cursor->arena, count * sizeof(*texts));
	for (i = 0; i < count; i++) {
		texts[i] = get_text(cursor);
		cursor->is_bad |= !texts[i];
	}
	*ret_count = count;
	return texts;
}

static const struct ib_elf *get_elf(struct cursor *cursor)
{
	struct ib_elf *elf = ib_arena_alloc(cursor->arena, sizeof(*elf));

	elf->bits = get_le32(cursor);
	elf->big_endian = get_u8(cursor);
	elf->type = get_le16(cursor);
	elf->machine = get_le16(cursor);
	elf->flags = get_le32(cursor);
	elf->is_dynamic = get_u8(cursor);
	elf->soname = get_text(cursor);
	elf->interpreter = get_text(cursor);
	elf->needed = get_texts(cursor, &elf->needed_count);
	elf->has_abi = get_u8(cursor);
	elf->abi_os = get_le32(cursor);
	elf->abi_kernel = get_le32(cursor);
	set_defences(elf, get_u8(cursor));
	elf->branch_protection = get_le32(cursor);
	return elf;
}

static const struct ib_elf_module *get_module(struct cursor *cursor)
{
	struct ib_elf_module *module = ib_arena_alloc(cursor->arena, sizeof(*module));

	module->info = get_texts(cursor, &module->info_count);
	module->exported = get_texts(cursor, &module->exported_count);
	module->undefined = get_texts(cursor, &module->undefined_count);
	return module;
}

static bool get_fact(struct cursor *cursor, struct ib_facts *facts)
{
	struct ib_fact *fact = ib_arena_alloc(cursor->arena, sizeof(*fact));
	unsigned has = 0;

	fact->file = get_le32(cursor);
	has = get_u8(cursor);
	fact->path = get_text(cursor);
	fact->size = get_le64(cursor);
	if (has & HAS_DATA)
		fact->data = get_bytes(cursor, fact->size);
	if (has & HAS_ELF)
		fact->elf = get_elf(cursor);
	if (has & HAS_MODULE)
		fact->module = get_module(cursor);
	if (has & HAS_PROBLEM)
		fact->problem = get_text(cursor);
	if (has & HAS_BUILD_PATH)
		fact->build_path = get_text(cursor);
	if (cursor->is_bad || !fact->path || fact->file >= MAX_FILES)
		return false;
	ib_facts_insert(facts, fact);
	return true;
}

bool ib_facts_read(struct ib_buffer *bytes, size_t from, struct ib_facts **ret_facts)
{
	IB_AUTO(ib_facts) facts = ib_facts_new();
	struct cursor cursor = { .at = bytes->data + from,
				 .left = bytes->size - from,
				 .arena = facts->arena };
	const uint8_t *magic = get(&cursor, strlen(IB_FACTS_MAGIC));
	uint32_t count = get_le32(&cursor);
	uint32_t i = 0;

	if (!magic || memcmp(magic, IB_FACTS_MAGIC, strlen(IB_FACTS_MAGIC)) != 0)
		return false;
	for (i = 0; i < count; i++)
		if (!get_fact(&cursor, facts))
			return false;
	if (cursor.is_bad || cursor.left)
		return false;
	facts->bytes = *bytes;
	*bytes = IB_BUFFER_INIT(bytes->max_size);
	*ret_facts = ib_take(facts);
	return true;
}
