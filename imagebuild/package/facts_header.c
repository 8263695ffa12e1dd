/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Little endian. Texts have a 32-bit length, counted without their NUL, and one
 * more than that is written so that 0 says "none"; lists have a 32-bit count.
 */
#include "package/facts_header.h"

#include <string.h>

#include "package/package.h"

#define FORMAT   1U
#define MAX_LIST (1U << 20)

/* The texts of a package that are kept, in the order written. */
static const size_t texts[] = {
	offsetof(struct ib_package, name),       offsetof(struct ib_package, version),
	offsetof(struct ib_package, release),    offsetof(struct ib_package, arch),
	offsetof(struct ib_package, epoch),      offsetof(struct ib_package, nevra),
	offsetof(struct ib_package, source_rpm),
};

/* ---- writing ---- */

static void put_text(struct ib_buffer *b, const char *text)
{
	size_t size = text ? strlen(text) : 0;

	ib_buffer_put_le32(b, text ? (uint32_t)size + 1 : 0);
	ib_buffer_put(b, text ? text : "", size);
}

static void put_scriptlet(struct ib_buffer *b, const struct ib_scriptlet *scriptlet)
{
	size_t i = 0;

	ib_buffer_put_le32(b, (uint32_t)scriptlet->kind);
	put_text(b, scriptlet->interpreter);
	put_text(b, scriptlet->text);
	put_text(b, scriptlet->digest);
	ib_buffer_put_le32(b, (uint32_t)scriptlet->on.count);
	for (i = 0; i < scriptlet->on.count; i++) {
		put_text(b, scriptlet->on.items[i].name);
		put_text(b, scriptlet->on.items[i].evr);
		ib_buffer_put_le32(b, scriptlet->on.items[i].flags);
	}
}

void ib_package_pack(const struct ib_package *package, struct ib_buffer *b)
{
	size_t i = 0;

	ib_buffer_put_le32(b, FORMAT);
	for (i = 0; i < IB_COUNT(texts); i++) {
		const char *text = NULL;

		memcpy(&text, (const char *)package + texts[i], sizeof(text));
		put_text(b, text);
	}
	ib_buffer_put_le64(b, (uint64_t)package->build_time);
	ib_buffer_put_le64(b, package->size);
	put_text(b, package->sha256);
	put_text(b, package->header_sha256);
	put_text(b, package->signer);
	ib_buffer_put_le32(b, (uint32_t)package->scriptlet_count);
	for (i = 0; i < package->scriptlet_count; i++)
		put_scriptlet(b, &package->scriptlets[i]);
	ib_buffer_put_le32(b, (uint32_t)package->file_count);
	for (i = 0; i < package->file_count; i++) {
		put_text(b, package->files[i].path);
		ib_buffer_put_le32(b, package->files[i].mode);
		put_text(b, package->files[i].link);
	}
}

/* ---- reading: the first thing that is wrong ends it ---- */

struct reader {
	const uint8_t *at;
	size_t left;
	bool is_good;
	struct ib_arena *arena;
};

static const uint8_t *take(struct reader *reader, size_t size)
{
	const uint8_t *at = reader->at;

	if (!reader->is_good || size > reader->left) {
		reader->is_good = false;
		return NULL;
	}
	reader->at += size;
	reader->left -= size;
	return at;
}

static uint32_t get_u32(struct reader *reader)
{
	const uint8_t *at = take(reader, 4);

	return at ? ib_get_le32(at) : 0;
}

static uint64_t get_u64(struct reader *reader)
{
	const uint8_t *at = take(reader, 8);

	return at ? ib_get_le64(at) : 0;
}

/* A count of things of which each takes at least 4 bytes. */
static uint32_t get_count(struct reader *reader)
{
	uint32_t count = get_u32(reader);

	if (count > MAX_LIST || count > reader->left / 4)
		reader->is_good = false;
	return reader->is_good ? count : 0;
}

static const char *get_text(struct reader *reader)
{
	uint32_t size = get_u32(reader);
	const uint8_t *at = size ? take(reader, size - 1) : NULL;
	char *text = NULL;

	if (!at)
		return NULL;
	if (memchr(at, '\0', size - 1)) {
		reader->is_good = false;
		return NULL;
	}
	text = ib_arena_alloc(reader->arena, size);
	memcpy(text, at, size - 1);
	return text;
}

/* A text that must be there; "" when it is not, and then nothing is good. */
static const char *get_needed(struct reader *reader)
{
	const char *text = get_text(reader);

	if (!text)
		reader->is_good = false;
	return text ? text : "";
}

static void get_array(struct reader *reader, char *array, size_t size)
{
	const char *text = get_needed(reader);

	if (strlen(text) >= size)
		reader->is_good = false;
	else
		memcpy(array, text, strlen(text) + 1);
}

static void get_scriptlet(struct reader *reader, struct ib_scriptlet *scriptlet)
{
	struct ib_scriptlet again = { 0 };
	struct ib_dependency *on = NULL;
	uint32_t kind = get_u32(reader);
	size_t i = 0;

	if (kind > IB_SCRIPTLET_TRANSACTION_TRIGGER) {
		reader->is_good = false;
		return;
	}
	scriptlet->kind = (enum ib_scriptlet_kind)kind;
	scriptlet->interpreter = get_text(reader);
	scriptlet->text = get_text(reader);
	get_array(reader, scriptlet->digest, sizeof(scriptlet->digest));
	scriptlet->on.count = get_count(reader);
	on = ib_arena_alloc(reader->arena, (scriptlet->on.count + 1) * sizeof(*on));
	scriptlet->on.items = on;
	for (i = 0; i < scriptlet->on.count; i++) {
		on[i].name = get_needed(reader);
		on[i].evr = get_text(reader);
		on[i].flags = get_u32(reader);
	}
	if (!reader->is_good)
		return;
	/* The digest is the lock's name for it: it is what the text says, not what is told. */
	again = *scriptlet;
	ib_scriptlet_digest(&again);
	reader->is_good = !strcmp(again.digest, scriptlet->digest);
}

static void get_files(struct reader *reader, struct ib_package *package)
{
	struct ib_package_file *files = NULL;
	size_t i = 0;

	package->file_count = get_count(reader);
	files = ib_arena_alloc(reader->arena, (package->file_count + 1) * sizeof(*files));
	package->files = files;
	for (i = 0; i < package->file_count; i++) {
		files[i].path = get_needed(reader);
		files[i].mode = get_u32(reader);
		files[i].link = get_text(reader);
	}
}

bool ib_package_unpack(const void *data, size_t size, struct ib_arena *arena,
		       struct ib_package *ret_package)
{
	struct reader reader = { data, size, true, arena };
	struct ib_package package = { .name = NULL };
	struct ib_scriptlet *scriptlets = NULL;
	size_t i = 0;

	if (get_u32(&reader) != FORMAT)
		return false;
	for (i = 0; i < IB_COUNT(texts); i++) {
		const char *text = get_text(&reader);

		memcpy((char *)&package + texts[i], &text, sizeof(text));
	}
	package.build_time = (int64_t)get_u64(&reader);
	package.size = get_u64(&reader);
	get_array(&reader, package.sha256, sizeof(package.sha256));
	get_array(&reader, package.header_sha256, sizeof(package.header_sha256));
	get_array(&reader, package.signer, sizeof(package.signer));
	package.scriptlet_count = get_count(&reader);
	scriptlets = ib_arena_alloc(arena, (package.scriptlet_count + 1) * sizeof(*scriptlets));
	package.scriptlets = scriptlets;
	for (i = 0; i < package.scriptlet_count && reader.is_good; i++)
		get_scriptlet(&reader, &scriptlets[i]);
	get_files(&reader, &package);
	if (!reader.is_good || reader.left || !package.name || !package.nevra || !package.arch)
		return false;
	*ret_package = package;
	return true;
}
