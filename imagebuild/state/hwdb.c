/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwdb - udev's hardware database (hwdb.7) in the binary form that it reads.
 *
 * Format of systemd's src/libsystemd/sd-hwdb/hwdb-internal.h, little-endian:
 * a header of ten numbers; a trie over the match strings, children before
 * their parents; strings. Values are of the second kind, with file and line.
 * Unlike systemd-hwdb we share equal strings only, not equal endings.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "state/context.h"

#define BINARY_MAX  (256U << 20)
#define LINE_BYTES  2047 /* as systemd's; it also bounds how deep the trie is */
#define VERSION     252  /* of the tool whose format this is */
#define HEADER_SIZE 80
#define NODE_SIZE   24
#define CHILD_SIZE  16
#define VALUE_SIZE  32

/* A string of the file, held once, and where it lies among the strings once that is known. */
struct text {
	const char *bytes;
	uint64_t place;
	bool is_placed;
};

/* One property of one match string. */
struct property {
	const char *match;
	struct text *key; /* with one blank in front, as the format wants it */
	struct text *value;
	struct text *file;
	uint32_t line;
	uint16_t priority; /* of the file */
	size_t order;
};

struct database {
	struct ib_state *state;
	struct property *properties;
	size_t count;
	struct ib_map *texts; /* bytes → struct text */
	const char **matches; /* that the record at hand is for */
	size_t match_count;
	struct text *file;
	uint16_t priority;
	uint32_t line;
	struct ib_buffer strings;
	struct ib_buffer nodes;
};

enum record { BETWEEN, MATCHES, VALUES };

static struct text *text_of(struct database *database, const char *bytes)
{
	struct text *text = ib_map_get(database->texts, bytes);

	if (text)
		return text;
	text = ib_arena_alloc(database->state->arena, sizeof(*text));
	text->bytes = ib_arena_strdup(database->state->arena, bytes);
	ib_map_set(database->texts, bytes, text);
	return text;
}

/* line: without blanks in front or behind; it is changed. */
static void add_property(struct database *database, char *line)
{
	char *equals = NULL;
	struct text *key = NULL;
	struct text *value = NULL;
	size_t i = 0;

	line += strspn(line, " \t");
	equals = strchr(line, '=');
	if (!equals || equals == line)
		return;
	*equals = '\0';
	line[-1] = ' '; /* the blank that made it a property may have been a tab */
	key = text_of(database, line - 1);
	value = text_of(database, equals + 1);
	for (i = 0; i < database->match_count; i++) {
		ib_grow(database->properties, database->count);
		database->properties[database->count] = (struct property){
			.match = database->matches[i],
			.key = key,
			.value = value,
			.file = database->file,
			.line = database->line,
			.priority = database->priority,
			.order = database->count,
		};
		database->count++;
	}
}

/* Records are one or more matches, then properties with a blank in front; an empty line ends them. */
static enum record take_line(struct database *database, enum record record, char *line)
{
	if (!*line) {
		database->match_count = 0;
		return BETWEEN;
	}
	if (*line == ' ') {
		if (record == BETWEEN)
			return BETWEEN;
		add_property(database, line);
		return VALUES;
	}
	if (record == VALUES) { /* systemd drops the record and this line */
		database->match_count = 0;
		return BETWEEN;
	}
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	ib_grow(database->matches, database->match_count);
	database->matches[database->match_count++] = ib_arena_strdup(database->state->arena, line);
	return MATCHES;
}

static int read_file(struct database *database, const char *path, struct ib_error *err)
{
	const char *text = NULL;
	char plain[LINE_BYTES + 1];
	enum record record = BETWEEN;

	database->file = text_of(database, path);
	database->priority++;
	database->line = 0;
	IB_TRY(ib_state_read(database->state, path, &text, NULL, err));
	for (; text && *text; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t length = strcspn(text, "#\n");

		database->line++;
		if (*text == '#') /* a comment is no empty line */
			continue;
		while (length && strchr(" \t\r", text[length - 1]))
			length--;
		length = IB_MIN(length, (size_t)LINE_BYTES);
		memcpy(plain, text, length);
		plain[length] = '\0';
		record = take_line(database, record, plain);
	}
	database->match_count = 0;
	return 0;
}

/* By match, then key; of one key the last comes first. */
static int compare_properties(const void *a, const void *b)
{
	const struct property *x = a;
	const struct property *y = b;
	int r = strcmp(x->match, y->match);

	if (!r)
		r = strcmp(x->key->bytes, y->key->bytes);
	if (!r)
		r = x->order > y->order ? -1 : 1;
	return r;
}

/* The later of two values of one key counts. */
static void drop_replaced(struct database *database)
{
	size_t kept = 0;
	size_t i = 0;

	for (i = 0; i < database->count; i++) {
		const struct property *property = &database->properties[i];

		if (kept && !strcmp(database->properties[kept - 1].match, property->match) &&
		    database->properties[kept - 1].key == property->key)
			continue;
		database->properties[kept++] = *property;
	}
	database->count = kept;
}

/* Where a string lies among the strings; it is put there when it is new. */
static uint64_t place_of(struct database *database, struct text *text)
{
	if (!text->is_placed) {
		text->is_placed = true;
		text->place = database->strings.size;
		ib_buffer_put(&database->strings, text->bytes, strlen(text->bytes) + 1);
	}
	return text->place;
}

/* How many bytes from skip on all matches of a sorted run have in common. */
static size_t common_length(const struct property *run, size_t count, size_t skip)
{
	const char *first = run[0].match + skip;
	const char *last = run[count - 1].match + skip;
	size_t length = 0;

	while (first[length] && first[length] == last[length])
		length++;
	return length;
}

struct child {
	uint8_t letter;
	uint64_t place;
};

static void put_values(struct database *database, const struct property *run, size_t count)
{
	struct ib_buffer *out = &database->nodes;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		ib_buffer_put_le64(out, place_of(database, run[i].key));
		ib_buffer_put_le64(out, place_of(database, run[i].value));
		ib_buffer_put_le64(out, place_of(database, run[i].file));
		ib_buffer_put_le32(out, run[i].line);
		ib_buffer_put_le16(out, run[i].priority);
		ib_buffer_put_le16(out, 0);
	}
}

/* Puts the trie of a sorted run, children first; returns where its node lies in the file. */
static uint64_t put_node(struct database *database, const struct property *run, size_t count,
			 size_t skip, bool is_root)
{
	size_t prefix = is_root || !count ? 0 : common_length(run, count, skip);
	ib_autofree char *bytes = count ? ib_strndup(run[0].match + skip, prefix) : ib_strdup("");
	struct child *children = NULL;
	size_t child_count = 0;
	size_t values = 0;
	uint64_t place = 0;
	size_t i = 0;

	while (values < count && !run[values].match[skip + prefix])
		values++;
	for (i = values; i < count;) {
		char letter = run[i].match[skip + prefix];
		size_t end = i;

		while (end < count && run[end].match[skip + prefix] == letter)
			end++;
		ib_grow(children, child_count);
		children[child_count].letter = (uint8_t)letter;
		children[child_count++].place =
			put_node(database, run + i, end - i, skip + prefix + 1, false);
		i = end;
	}
	place = HEADER_SIZE + database->nodes.size;
	ib_buffer_put_le64(&database->nodes, place_of(database, text_of(database, bytes)));
	ib_buffer_put_u8(&database->nodes, (uint8_t)child_count);
	ib_buffer_put_zeros(&database->nodes, 7);
	ib_buffer_put_le64(&database->nodes, values);
	for (i = 0; i < child_count; i++) {
		ib_buffer_put_u8(&database->nodes, children[i].letter);
		ib_buffer_put_zeros(&database->nodes, 7);
		ib_buffer_put_le64(&database->nodes, children[i].place);
	}
	put_values(database, run, values);
	ib_free(children);
	return place;
}

static void put_header(struct database *database, uint64_t root, struct ib_buffer *out)
{
	uint64_t size = HEADER_SIZE + database->nodes.size + database->strings.size;
	const uint64_t fields[] = {
		VERSION,
		size,
		HEADER_SIZE,
		NODE_SIZE,
		CHILD_SIZE,
		VALUE_SIZE,
		root,
		database->nodes.size,
		database->strings.size,
	};
	size_t i = 0;

	ib_buffer_put(out, "KSLPHHRH", 8);
	for (i = 0; i < IB_COUNT(fields); i++)
		ib_buffer_put_le64(out, fields[i]);
}

static void move_place(struct database *database, size_t at, uint64_t distance)
{
	ib_buffer_set_le64(&database->nodes, at, ib_get_le64(database->nodes.data + at) + distance);
}

/*
 * Strings lie behind the nodes, their places are counted from the start of the file: as long
 * as nodes are added, they are told from the start of the strings.
 */
static void move_places(struct database *database)
{
	enum { CHILD_COUNT = 8, VALUE_COUNT = 16, VALUE_STRINGS = 3 };
	uint64_t distance = HEADER_SIZE + database->nodes.size;
	size_t at = 0;

	while (at < database->nodes.size) {
		size_t children = database->nodes.data[at + CHILD_COUNT];
		uint64_t values = ib_get_le64(database->nodes.data + at + VALUE_COUNT);
		size_t i = 0;

		move_place(database, at, distance);
		for (at += NODE_SIZE + children * CHILD_SIZE; values; values--, at += VALUE_SIZE)
			for (i = 0; i < VALUE_STRINGS; i++)
				move_place(database, at + 8 * i, distance);
	}
}

static int write_binary(struct database *database, struct ib_buffer *out, struct ib_error *err)
{
	size_t bytes = 0;
	uint64_t root = 0;
	size_t i = 0;

	for (i = 0; i < database->count; i++)
		bytes += strlen(database->properties[i].match) + VALUE_SIZE +
			 2UL * (NODE_SIZE + CHILD_SIZE) +
			 strlen(database->properties[i].key->bytes) +
			 strlen(database->properties[i].value->bytes) +
			 strlen(database->properties[i].file->bytes);
	if (bytes > BINARY_MAX / 2)
		return ib_fail(err, IB_LIMIT, "the hardware database is larger than %u bytes",
			       BINARY_MAX / 2);
	if (!database->count)
		return 0;
	qsort(database->properties, database->count, sizeof(*database->properties),
	      compare_properties);
	drop_replaced(database);
	place_of(database, text_of(database, ""));
	root = put_node(database, database->properties, database->count, 0, true);
	move_places(database);
	(void)ib_buffer_reserve(out, HEADER_SIZE + database->nodes.size + database->strings.size);
	put_header(database, root, out);
	ib_buffer_put(out, database->nodes.data, database->nodes.size);
	ib_buffer_put(out, database->strings.data, database->strings.size);
	return 0;
}

/* Leaves out empty where no file has a property. */
static int make(struct ib_state *state, const struct ib_strings *paths, struct ib_buffer *out,
		struct ib_error *err)
{
	IB_AUTO(ib_map) texts = ib_map_new();
	struct database database = { .state = state,
				     .texts = texts,
				     .strings = IB_BUFFER_INIT(BINARY_MAX),
				     .nodes = IB_BUFFER_INIT(BINARY_MAX) };
	size_t i = 0;
	int r = 0;

	for (i = 0; r == 0 && i < paths->count; i++)
		r = read_file(&database, paths->items[i], err);
	if (r == 0)
		r = write_binary(&database, out, err);
	ib_free(database.properties);
	ib_free(database.matches);
	ib_buffer_done(&database.strings);
	ib_buffer_done(&database.nodes);
	return r;
}

/* All that decides the bytes: the files in their order. */
static int key_of(struct ib_state *state, const struct ib_strings *paths, char **ret_key,
		  struct ib_error *err)
{
	IB_AUTO_BUFFER(key, SIZE_MAX / 2);
	size_t i = 0;

	ib_buffer_putf(&key, "hwdb 1\nimagebuild " IB_VERSION "\n");
	for (i = 0; i < paths->count; i++) {
		const char *text = NULL;
		size_t size = 0;
		char sha256[65] = "none";

		IB_TRY(ib_state_read(state, paths->items[i], &text, &size, err));
		if (text)
			ib_sha256_hex(text, size, sha256);
		ib_buffer_putf(&key, "%s %s\n", sha256, paths->items[i]);
	}
	*ret_key = ib_buffer_take_text(&key);
	return 0;
}

static int recall_or_make(struct ib_state *state, const struct ib_strings *paths,
			  struct ib_buffer *out, struct ib_error *err)
{
	const struct ib_state_memory *memory = state->plan->memory;
	ib_autofree char *key = NULL;

	if (!memory)
		return make(state, paths, out, err);
	IB_TRY(key_of(state, paths, &key, err));
	if (memory->recall(memory->context, key, out))
		return 0;
	IB_TRY(make(state, paths, out, err));
	memory->keep(memory->context, key, out);
	return 0;
}

int ib_state_hwdb(struct ib_state *state, struct ib_error *err)
{
	IB_AUTO_STRINGS(paths);
	IB_AUTO_BUFFER(out, BINARY_MAX);

	ib_state_config_files(state, "udev/hwdb.d", ".hwdb", &paths);
	if (paths.count)
		IB_TRY(recall_or_make(state, &paths, &out, err));
	return out.size ? ib_state_take_file(state, "/usr/lib/udev/hwdb.bin", 0444, &out, err) : 0;
}
