/* SPDX-License-Identifier: Apache-2.0 */
/* The format: rpm's docs/manual/format.md, sections "Header" and "Region". */
#include "rpmfile/header.h"

#include <stdlib.h>
#include <string.h>

#include "rpmfile/rpm.h"

enum {
	ENTRY_SIZE = 16,
	TAG_IMAGE = 61, /* what very old signers wrote for the next */
	TAG_SIGNATURES = 62,
	TAG_IMMUTABLE = 63,
	TAG_FIRST = 100,
};

enum entry_type {
	TYPE_CHAR = 1,
	TYPE_INT8,
	TYPE_INT16,
	TYPE_INT32,
	TYPE_INT64,
	TYPE_STRING,
	TYPE_BINARY,
	TYPE_STRINGS,
	TYPE_TRANSLATED,
};

static const struct {
	const char *words;
	uint32_t region;
	uint32_t max_size;
} kinds[] = {
	[IB_HEADER_SIGNATURE] = { "signature header", TAG_SIGNATURES, IB_RPM_MAX_SIGNATURE },
	[IB_HEADER_MAIN] = { "header", TAG_IMMUTABLE, IB_RPM_MAX_HEADER },
	[IB_HEADER_RECORDED] = { "recorded header", TAG_IMMUTABLE, IB_RPM_MAX_HEADER },
};

int ib_header_measure(enum ib_header_kind kind, const uint8_t intro[IB_HEADER_INTRO],
		      const char *name, size_t *ret_size, struct ib_error *err)
{
	static const uint8_t magic[8] = { 0x8e, 0xad, 0xe8, 0x01 };
	uint64_t count = ib_get_be32(intro + 8);
	uint64_t data = ib_get_be32(intro + 12);

	if (memcmp(intro, magic, sizeof(magic)) != 0)
		return ib_fail(err, IB_TRUST, "the %s of '%s' is damaged: no magic number",
			       kinds[kind].words, name);
	if (count > IB_RPM_MAX_TAGS || data > kinds[kind].max_size)
		return ib_fail(
			err, IB_LIMIT,
			"the %s of '%s' claims %llu tags and %llu bytes, more than we handle",
			kinds[kind].words, name, (unsigned long long)count,
			(unsigned long long)data);
	if (!count)
		return ib_fail(err, IB_TRUST, "the %s of '%s' is empty", kinds[kind].words, name);
	*ret_size = (size_t)(IB_HEADER_INTRO + count * ENTRY_SIZE + data);
	return 0;
}

/* ---- entries ------------------------------------------------------------- */

/* The bytes of count strings at data; 0 when they do not end in time. */
static size_t measure_strings(const uint8_t *data, size_t room, uint32_t count)
{
	size_t size = 0;

	for (; count; count--) {
		const uint8_t *end = memchr(data + size, 0, room - size);

		if (!end)
			return 0;
		size = (size_t)(end - data) + 1;
		if (size == room && count > 1)
			return 0;
	}
	return size;
}

/* Sets entry->size; returns what is wrong with the entry, or NULL. */
static const char *measure_entry(const uint8_t *data, size_t data_size,
				 struct ib_header_entry *entry)
{
	static const size_t widths[] = { [TYPE_CHAR] = 1,  [TYPE_INT8] = 1,  [TYPE_INT16] = 2,
					 [TYPE_INT32] = 4, [TYPE_INT64] = 8, [TYPE_BINARY] = 1 };
	size_t width = 0;

	if (!entry->count)
		return "has no values";
	if (entry->type < TYPE_CHAR || entry->type > TYPE_TRANSLATED)
		return "has a type that does not exist";
	if (entry->offset >= data_size || entry->count > data_size)
		return "lies outside the header";
	if (entry->type == TYPE_STRING && entry->count != 1)
		return "has more than one value";
	if (entry->type == TYPE_STRING || entry->type >= TYPE_STRINGS) {
		entry->size = measure_strings(data + entry->offset, data_size - entry->offset,
					      entry->count);
		return entry->size ? NULL : "does not end inside the header";
	}
	width = widths[entry->type];
	entry->size = width * entry->count;
	if (entry->size > data_size - entry->offset)
		return "lies outside the header";
	return entry->offset % width ? "is not aligned" : NULL;
}

static void read_entry(const uint8_t *p, struct ib_header_entry *entry)
{
	entry->tag = ib_get_be32(p);
	entry->type = ib_get_be32(p + 4);
	entry->offset = ib_get_be32(p + 8);
	entry->count = ib_get_be32(p + 12);
}

static int compare_offsets(const void *a, const void *b)
{
	const struct ib_header_entry *x = a;
	const struct ib_header_entry *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int compare_tags(const void *a, const void *b)
{
	const struct ib_header_entry *x = a;
	const struct ib_header_entry *y = b;

	return x->tag < y->tag ? -1 : x->tag > y->tag;
}

static bool are_zeros(const uint8_t *data, size_t size)
{
	for (; size; size--)
		if (*data++)
			return false;
	return true;
}

/*
 * Overlaps, something in the gaps, and repeated tags; leaves the entries sorted by
 * tag.
 */
static const char *check_entries(struct ib_header *header, uint32_t *ret_tag)
{
	struct ib_header_entry *entries = header->entries;
	size_t end = 0;
	size_t i = 0;

	qsort(entries, header->entry_count, sizeof(*entries), compare_offsets);
	for (i = 0; i < header->entry_count; i++) {
		*ret_tag = entries[i].tag;
		if (end > entries[i].offset)
			return "overlaps another";
		if (!are_zeros(header->data + end, entries[i].offset - end))
			return "has something in front of it that belongs to no tag";
		end = entries[i].offset + entries[i].size;
	}
	if (end != header->data_size)
		return "has something behind it that belongs to no tag";
	qsort(entries, header->entry_count, sizeof(*entries), compare_tags);
	for (i = 1; i < header->entry_count; i++) {
		*ret_tag = entries[i].tag;
		if (entries[i - 1].tag == entries[i].tag)
			return "stands there twice";
	}
	return NULL;
}

/* ---- the region ---------------------------------------------------------- */

/*
 * The first entry of a sealed header names the region; a copy of it at the end of
 * the region's data says how many entries belong to it. Returns what is wrong.
 */
static const char *check_region(enum ib_header_kind kind, const struct ib_header *header,
				const struct ib_header_entry *first)
{
	struct ib_header_entry trailer = { 0 };
	uint32_t region = kinds[kind].region;
	int64_t entries = 0;

	if (first->tag != region)
		return "has no immutable region, so nothing in it can be signed";
	if (first->type != TYPE_BINARY || first->count != ENTRY_SIZE)
		return "has a damaged region";
	read_entry(header->data + first->offset, &trailer);
	if (kind == IB_HEADER_SIGNATURE && trailer.tag == TAG_IMAGE)
		trailer.tag = region;
	entries = -(int64_t)(int32_t)trailer.offset;
	if (trailer.tag != region || trailer.type != TYPE_BINARY || trailer.count != ENTRY_SIZE ||
	    entries <= 0 || entries % ENTRY_SIZE ||
	    entries / ENTRY_SIZE > (int64_t)header->entry_count)
		return "has a damaged region";
	if (kind == IB_HEADER_MAIN && (entries / ENTRY_SIZE != (int64_t)header->entry_count ||
				       first->offset + ENTRY_SIZE != header->data_size))
		return "has entries outside its immutable region, which nobody signed";
	return NULL;
}

static int fail_entry(enum ib_header_kind kind, const char *name, uint32_t tag, const char *what,
		      struct ib_error *err)
{
	return ib_fail(err, IB_TRUST, "the %s of '%s' is damaged: tag %u %s", kinds[kind].words,
		       name, tag, what);
}

static int read_entries(enum ib_header_kind kind, struct ib_header *header, const char *name,
			struct ib_error *err)
{
	const char *wrong = NULL;
	uint32_t tag = 0;
	size_t i = 0;

	for (i = 0; i < header->entry_count; i++) {
		struct ib_header_entry *entry = &header->entries[i];
		bool is_region = !i && entry->tag == kinds[kind].region;

		read_entry(header->bytes + IB_HEADER_INTRO + i * ENTRY_SIZE, entry);
		is_region = !i && entry->tag == kinds[kind].region;
		wrong = measure_entry(header->data, header->data_size, entry);
		if (!wrong && entry->tag < TAG_FIRST && !is_region)
			wrong = "does not belong there";
		if (wrong)
			return fail_entry(kind, name, entry->tag, wrong, err);
	}
	wrong = check_region(kind, header, &header->entries[0]);
	if (wrong)
		return ib_fail(err, IB_TRUST, "the %s of '%s' %s", kinds[kind].words, name, wrong);
	wrong = check_entries(header, &tag);
	return wrong ? fail_entry(kind, name, tag, wrong, err) : 0;
}

int ib_header_parse(enum ib_header_kind kind, const uint8_t *bytes, size_t size, const char *name,
		    struct ib_header *ret_header, struct ib_error *err)
{
	struct ib_header header = { .bytes = bytes, .size = size };
	int r = 0;

	header.entry_count = ib_get_be32(bytes + 8);
	header.data_size = ib_get_be32(bytes + 12);
	header.data = bytes + size - header.data_size;
	header.entries = ib_alloc_array(header.entry_count, sizeof(*header.entries));
	r = read_entries(kind, &header, name, err);
	if (r < 0)
		ib_header_done(&header);
	else
		*ret_header = header;
	return r;
}

void ib_header_done(struct ib_header *header)
{
	ib_free(ib_take(header->entries));
}

/* ---- values -------------------------------------------------------------- */

static const struct ib_header_entry *find(const struct ib_header *header, uint32_t tag)
{
	struct ib_header_entry wanted = { .tag = tag };

	return bsearch(&wanted, header->entries, header->entry_count, sizeof(wanted), compare_tags);
}

bool ib_header_has(const struct ib_header *header, uint32_t tag)
{
	return find(header, tag) != NULL;
}

size_t ib_header_count(const struct ib_header *header, uint32_t tag)
{
	const struct ib_header_entry *entry = find(header, tag);

	return entry ? entry->count : 0;
}

uint64_t ib_header_number(const struct ib_header *header, uint32_t tag, size_t i,
			  uint64_t otherwise)
{
	const struct ib_header_entry *entry = find(header, tag);
	const uint8_t *p = NULL;

	if (!entry || i >= entry->count)
		return otherwise;
	p = header->data + entry->offset;
	switch (entry->type) {
	case TYPE_CHAR:
	case TYPE_INT8:
		return p[i];
	case TYPE_INT16:
		return ib_get_be16(p + 2 * i);
	case TYPE_INT32:
		return ib_get_be32(p + 4 * i);
	case TYPE_INT64:
		return ib_get_be64(p + 8 * i);
	default:
		return otherwise;
	}
}

static bool is_text(const struct ib_header_entry *entry)
{
	return entry && (entry->type == TYPE_STRING || entry->type >= TYPE_STRINGS);
}

const char *ib_header_string(const struct ib_header *header, uint32_t tag)
{
	const struct ib_header_entry *entry = find(header, tag);

	return is_text(entry) ? (const char *)header->data + entry->offset : NULL;
}

const char *const *ib_header_strings(const struct ib_header *header, uint32_t tag,
				     struct ib_arena *arena)
{
	const struct ib_header_entry *entry = find(header, tag);
	const char **strings = NULL;
	const char *at = NULL;
	size_t i = 0;

	if (!is_text(entry))
		return NULL;
	strings = ib_arena_alloc(arena, entry->count * sizeof(*strings));
	at = ib_arena_memdup(arena, header->data + entry->offset, entry->size);
	for (i = 0; i < entry->count; i++) {
		strings[i] = at;
		at += strlen(at) + 1;
	}
	return strings;
}

const uint8_t *ib_header_binary(const struct ib_header *header, uint32_t tag, size_t *ret_size)
{
	const struct ib_header_entry *entry = find(header, tag);

	if (!entry || entry->type != TYPE_BINARY)
		return NULL;
	*ret_size = entry->size;
	return header->data + entry->offset;
}
