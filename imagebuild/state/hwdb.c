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

#include "state/context.h"

#define BINARY_MAX  (256U << 20)
#define LINE_BYTES  2047 /* as systemd's; it also bounds how deep the trie is */
#define VERSION     252  /* of the tool whose format this is */
#define HEADER_SIZE 80
#define NODE_SIZE   24
#define CHILD_SIZE  16
#define VALUE_SIZE  32

/* One property of one match string. */
struct property {
	const char *match;
	const char *key; /* with one blank in front, as the format wants it */
	const char *value;
	const char *file;
	uint32_t line;
	uint16_t priority; /* of the file */
	size_t order;
};

struct database {
	struct ib_state *state;
	struct property *properties;
	size_t count;
	struct ib_strings matches; /* that the record at hand is for */
	const char *file;
	uint16_t priority;
	uint32_t line;
	struct ib_map *places; /* string → where it lies, a size_t */
	struct ib_buffer strings;
	uint64_t strings_at;
	struct ib_buffer nodes;
};

enum record { BETWEEN, MATCHES, VALUES };

static void add_property(struct database *database, const char *line)
{
	struct ib_arena *arena = database->state->arena;
	const char *equals = NULL;
	size_t i = 0;

	line += strspn(line, " \t");
	equals = strchr(line, '=');
	if (!equals || equals == line)
		return;
	for (i = 0; i < database->matches.count; i++) {
		ib_grow(database->properties, database->count);
		database->properties[database->count] = (struct property){
			.match = ib_arena_strdup(arena, database->matches.items[i]),
			.key = ib_arena_strf(arena, " %.*s", (int)(equals - line), line),
			.value = ib_arena_strdup(arena, equals + 1),
			.file = database->file,
			.line = database->line,
			.priority = database->priority,
			.order = database->count,
		};
		database->count++;
	}
}

/* Records are one or more matches, then properties with a blank in front; an empty line ends them. */
static enum record take_line(struct database *database, enum record record, const char *line)
{
	if (!*line) {
		ib_strings_done(&database->matches);
		return BETWEEN;
	}
	if (*line == ' ') {
		if (record == BETWEEN)
			return BETWEEN;
		add_property(database, line);
		return VALUES;
	}
	if (record == VALUES) { /* systemd drops the record and this line */
		ib_strings_done(&database->matches);
		return BETWEEN;
	}
	ib_strings_add(&database->matches, line);
	return MATCHES;
}

static int read_file(struct database *database, const char *path, struct ib_error *err)
{
	const char *text = NULL;
	const char *line = NULL;
	enum record record = BETWEEN;

	database->file = ib_arena_strdup(database->state->arena, path);
	database->priority++;
	database->line = 0;
	IB_TRY(ib_state_read(database->state, path, &text, NULL, err));
	while (text && (line = ib_state_line(database->state->arena, &text))) {
		size_t length = strcspn(line, "#");
		ib_autofree char *plain = NULL;

		database->line++;
		if (*line == '#') /* a comment is no empty line */
			continue;
		while (length && strchr(" \t\r", line[length - 1]))
			length--;
		plain = ib_strndup(line, IB_MIN(length, LINE_BYTES));
		record = take_line(database, record, plain);
	}
	ib_strings_done(&database->matches);
	return 0;
}

/* By match, then key; of one key the last comes first. */
static int compare_properties(const void *a, const void *b)
{
	const struct property *x = a;
	const struct property *y = b;
	int r = strcmp(x->match, y->match);

	if (!r)
		r = strcmp(x->key, y->key);
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
		    !strcmp(database->properties[kept - 1].key, property->key))
			continue;
		database->properties[kept++] = *property;
	}
	database->count = kept;
}

/* Where a string lies; it is added when it is new. */
static uint64_t place_of(struct database *database, const char *text)
{
	const size_t *known = ib_map_get(database->places, text);
	size_t *place = NULL;

	if (known)
		return *known;
	place = ib_arena_alloc(database->state->arena, sizeof(*place));
	*place = database->strings.size;
	ib_map_set(database->places, text, place);
	ib_buffer_put(&database->strings, text, strlen(text) + 1);
	return *place;
}

static uint64_t string_at(struct database *database, const char *text)
{
	return database->strings_at + place_of(database, text);
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
		ib_buffer_put_le64(out, string_at(database, run[i].key));
		ib_buffer_put_le64(out, string_at(database, run[i].value));
		ib_buffer_put_le64(out, string_at(database, run[i].file));
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
	ib_autofree char *text = count ? ib_strndup(run[0].match + skip, prefix) : ib_strdup("");
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
	ib_buffer_put_le64(&database->nodes, string_at(database, text));
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

/*
 * Two passes: places of strings are counted from the start of the file, so the
 * size of the nodes must be known first. The second pass finds every string
 * where the first put it.
 */
static int write_binary(struct database *database, struct ib_error *err)
{
	IB_AUTO_BUFFER(out, BINARY_MAX);
	size_t bytes = 0;
	uint64_t root = 0;
	size_t i = 0;

	for (i = 0; i < database->count; i++)
		bytes += strlen(database->properties[i].match) + VALUE_SIZE +
			 2UL * (NODE_SIZE + CHILD_SIZE) + strlen(database->properties[i].key) +
			 strlen(database->properties[i].value) +
			 strlen(database->properties[i].file);
	if (bytes > BINARY_MAX / 2)
		return ib_fail(err, IB_LIMIT, "the hardware database is larger than %u bytes",
			       BINARY_MAX / 2);
	if (database->count)
		qsort(database->properties, database->count, sizeof(*database->properties),
		      compare_properties);
	drop_replaced(database);
	place_of(database, "");
	put_node(database, database->properties, database->count, 0, true);
	database->strings_at = HEADER_SIZE + database->nodes.size;
	ib_buffer_clear(&database->nodes);
	root = put_node(database, database->properties, database->count, 0, true);
	put_header(database, root, &out);
	ib_buffer_put(&out, database->nodes.data, database->nodes.size);
	ib_buffer_put(&out, database->strings.data, database->strings.size);
	return ib_state_put_file(database->state, "/usr/lib/udev/hwdb.bin", 0444, out.data,
				 out.size, err);
}

int ib_state_hwdb(struct ib_state *state, struct ib_error *err)
{
	IB_AUTO(ib_map) places = ib_map_new();
	IB_AUTO_STRINGS(paths);
	struct database database = { .state = state,
				     .places = places,
				     .strings = IB_BUFFER_INIT(BINARY_MAX),
				     .nodes = IB_BUFFER_INIT(BINARY_MAX) };
	size_t i = 0;
	int r = 0;

	ib_state_config_files(state, "udev/hwdb.d", ".hwdb", &paths);
	for (i = 0; r == 0 && i < paths.count; i++)
		r = read_file(&database, paths.items[i], err);
	if (r == 0 && database.count)
		r = write_binary(&database, err);
	ib_free(database.properties);
	ib_strings_done(&database.matches);
	ib_buffer_done(&database.strings);
	ib_buffer_done(&database.nodes);
	return r;
}
