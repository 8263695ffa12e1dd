/* SPDX-License-Identifier: Apache-2.0 */
/* The door to libyaml: its events become nodes; what our YAML does not know is refused here. */
#include <stdarg.h>
#include <string.h>

#include <yaml.h>

#include "yaml/yaml.h"

struct parse {
	yaml_parser_t libyaml;
	yaml_event_t event; /* the one looked at; of kind NO_EVENT when it was deleted */
	const char *text;
	size_t size;
	const char *path;
	struct ib_arena *arena;
	struct ib_error *err;
};

/* Children while their number is not known yet; moved into the arena once it is. */
struct child {
	const struct ib_yaml_node *key; /* NULL in a sequence */
	const struct ib_yaml_node *value;
};

struct children {
	struct child *items;
	size_t count;
};

static void children_done(struct children *children)
{
	ib_free(children->items);
}

static int fail_at(struct parse *parse, size_t line, size_t column, const char *words)
{
	return ib_fail(parse->err, IB_INPUT, "%s:%zu:%zu: %s", parse->path, line, column, words);
}

static int fail_here(struct parse *parse, const char *words)
{
	const yaml_mark_t *mark = &parse->event.start_mark;

	return fail_at(parse, mark->line + 1, mark->column + 1, words);
}

/* libyaml gives only the offset for what its reader refuses. */
static int fail_at_offset(struct parse *parse, size_t offset, const char *words)
{
	size_t line = 1;
	size_t column = 1;
	size_t i = 0;

	for (i = 0; i < offset && i < parse->size; i++) {
		if (parse->text[i] == '\n') {
			line++;
			column = 1;
		} else if (((uint8_t)parse->text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return fail_at(parse, line, column, words);
}

static int fail_as_libyaml_says(struct parse *parse)
{
	const yaml_parser_t *libyaml = &parse->libyaml;
	ib_autofree char *words = NULL;

	if (libyaml->error == YAML_READER_ERROR)
		return fail_at_offset(parse, libyaml->problem_offset, libyaml->problem);
	words = ib_strf("%s%s%s", libyaml->problem ? libyaml->problem : "not YAML",
			libyaml->context ? " " : "", libyaml->context ? libyaml->context : "");
	return fail_at(parse, libyaml->problem_mark.line + 1, libyaml->problem_mark.column + 1,
		       words);
}

static int next_event(struct parse *parse)
{
	yaml_event_delete(&parse->event);
	if (!yaml_parser_parse(&parse->libyaml, &parse->event))
		return fail_as_libyaml_says(parse);
	return 0;
}

static int refuse_decoration(struct parse *parse, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return fail_here(parse, "anchors are not allowed here");
	if (tag)
		return fail_here(parse, "tags are not allowed here");
	return 0;
}

static int parse_scalar(struct parse *parse, struct ib_yaml_node *node)
{
	const char *value = (const char *)parse->event.data.scalar.value;
	size_t length = parse->event.data.scalar.length;

	IB_TRY(refuse_decoration(parse, parse->event.data.scalar.anchor,
				 parse->event.data.scalar.tag));
	if (!ib_str_is_utf8(value, length))
		return fail_here(parse, "a NUL is not allowed in text");
	node->kind = IB_YAML_SCALAR;
	node->quoted = parse->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = ib_arena_strdup(parse->arena, value);
	return 0;
}

static int parse_node(struct parse *parse, unsigned depth, const struct ib_yaml_node **ret_node);

static void put_children(struct parse *parse, const struct children *children,
			 struct ib_yaml_node *node)
{
	size_t size = children->count * sizeof(void *);
	const struct ib_yaml_node **keys = ib_arena_alloc(parse->arena, size);
	const struct ib_yaml_node **values = ib_arena_alloc(parse->arena, size);
	size_t i = 0;

	for (i = 0; i < children->count; i++) {
		keys[i] = children->items[i].key;
		values[i] = children->items[i].value;
	}
	node->keys = keys;
	node->values = values;
	node->count = children->count;
}

static int parse_items(struct parse *parse, struct ib_yaml_node *node, unsigned depth)
{
	__attribute__((cleanup(children_done))) struct children items = { 0 };

	IB_TRY(refuse_decoration(parse, parse->event.data.sequence_start.anchor,
				 parse->event.data.sequence_start.tag));
	node->kind = IB_YAML_SEQUENCE;
	for (;;) {
		IB_TRY(next_event(parse));
		if (parse->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		ib_grow(items.items, items.count);
		items.items[items.count] = (struct child){ 0 };
		IB_TRY(parse_node(parse, depth, &items.items[items.count++].value));
	}
	put_children(parse, &items, node);
	return 0;
}

static int check_key(struct parse *parse, const struct ib_yaml_node *key, struct ib_map *seen)
{
	const struct ib_yaml_node *earlier = NULL;

	if (key->kind != IB_YAML_SCALAR)
		return ib_yaml_fail(parse->path, key, parse->err, "a key must be a word, not %s",
				    ib_yaml_kind_name(key->kind));
	if (!key->quoted && !strcmp(key->text, "<<"))
		return ib_yaml_fail(parse->path, key, parse->err,
				    "merge keys are not allowed here");
	earlier = ib_map_get(seen, key->text);
	if (earlier)
		return ib_yaml_fail(parse->path, key, parse->err,
				    "key '%s' stands here a second time (first at line %u)",
				    key->text, earlier->line);
	ib_map_set(seen, key->text, ib_arena_memdup(parse->arena, key, sizeof(*key)));
	return 0;
}

static int parse_pairs(struct parse *parse, struct ib_yaml_node *node, unsigned depth)
{
	__attribute__((cleanup(children_done))) struct children pairs = { 0 };
	IB_AUTO(ib_map) seen = ib_map_new();
	struct child *pair = NULL;

	IB_TRY(refuse_decoration(parse, parse->event.data.mapping_start.anchor,
				 parse->event.data.mapping_start.tag));
	node->kind = IB_YAML_MAPPING;
	for (;;) {
		IB_TRY(next_event(parse));
		if (parse->event.type == YAML_MAPPING_END_EVENT)
			break;
		ib_grow(pairs.items, pairs.count);
		pair = &pairs.items[pairs.count++];
		*pair = (struct child){ 0 };
		IB_TRY(parse_node(parse, depth, &pair->key));
		IB_TRY(check_key(parse, pair->key, seen));
		IB_TRY(next_event(parse));
		IB_TRY(parse_node(parse, depth, &pair->value));
	}
	put_children(parse, &pairs, node);
	return 0;
}

/* Of the event at hand and all that belongs to it. */
static int parse_node(struct parse *parse, unsigned depth, const struct ib_yaml_node **ret_node)
{
	struct ib_yaml_node *node = ib_arena_alloc(parse->arena, sizeof(*node));

	node->line = (uint32_t)parse->event.start_mark.line + 1;
	node->column = (uint32_t)parse->event.start_mark.column + 1;
	*ret_node = node;
	if (parse->event.type == YAML_SCALAR_EVENT)
		return parse_scalar(parse, node);
	if (parse->event.type == YAML_ALIAS_EVENT)
		return fail_here(parse, "aliases are not allowed here");
	if (depth == IB_YAML_MAX_DEPTH)
		return ib_fail(parse->err, IB_LIMIT, "%s:%u:%u: nested deeper than %d levels",
			       parse->path, node->line, node->column, IB_YAML_MAX_DEPTH);
	if (parse->event.type == YAML_SEQUENCE_START_EVENT)
		return parse_items(parse, node, depth + 1);
	return parse_pairs(parse, node, depth + 1);
}

static int parse_document(struct parse *parse, const struct ib_yaml_node **ret_root)
{
	IB_TRY(next_event(parse));
	IB_TRY(next_event(parse));
	if (parse->event.type == YAML_STREAM_END_EVENT)
		return fail_at(parse, 1, 1, "nothing is written here");
	if (parse->event.data.document_start.version_directive ||
	    parse->event.data.document_start.tag_directives.start !=
		    parse->event.data.document_start.tag_directives.end)
		return fail_here(parse, "directives are not allowed here");
	IB_TRY(next_event(parse));
	IB_TRY(parse_node(parse, 0, ret_root));
	IB_TRY(next_event(parse));
	IB_TRY(next_event(parse));
	if (parse->event.type != YAML_STREAM_END_EVENT)
		return fail_here(parse, "a second document is not allowed here");
	return 0;
}

/* How many bytes the character at text has, 0 if that is none. */
static size_t character_size(const char *text, size_t room)
{
	size_t size = 1;

	for (size = 1; size <= 4 && size <= room; size++)
		if (ib_str_is_utf8(text, size))
			return size;
	return 0;
}

static int check_bytes(struct parse *parse)
{
	size_t good = 0;
	size_t size = 1;

	if (parse->size >= 3 && !memcmp(parse->text, "\xef\xbb\xbf", 3))
		return fail_at(parse, 1, 1, "a byte order mark is not allowed here");
	while (size && good < parse->size) {
		size = character_size(parse->text + good, parse->size - good);
		good += size;
	}
	if (good == parse->size)
		return 0;
	return fail_at_offset(parse, good,
			      parse->text[good] ? "not UTF-8" : "a NUL is not allowed in text");
}

int ib_yaml_parse(const char *text, size_t size, const char *path, struct ib_yaml **ret_yaml,
		  struct ib_error *err)
{
	IB_AUTO(ib_yaml) yaml = ib_alloc(sizeof(*yaml));
	struct parse parse = { .text = text, .size = size, .path = path, .err = err };
	int r = 0;

	yaml->arena = parse.arena = ib_arena_new();
	yaml->path = ib_arena_strdup(yaml->arena, path);
	IB_TRY(check_bytes(&parse));
	if (!yaml_parser_initialize(&parse.libyaml))
		return ib_fail(err, IB_FAILED, "could not start the YAML parser");
	yaml_parser_set_encoding(&parse.libyaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parse.libyaml, (const unsigned char *)text, size);
	r = parse_document(&parse, &yaml->root);
	yaml_event_delete(&parse.event);
	yaml_parser_delete(&parse.libyaml);
	if (r < 0)
		return r;
	*ret_yaml = ib_take(yaml);
	return 0;
}

int ib_yaml_read(const char *path, size_t max_size, struct ib_yaml **ret_yaml, struct ib_error *err)
{
	IB_AUTO_BUFFER(text, max_size + 1);

	text.max_size = max_size;
	IB_TRY(ib_file_read(path, &text, err));
	text.max_size = max_size + 1; /* the NUL */
	return ib_yaml_parse(ib_buffer_text(&text), text.size, path, ret_yaml, err);
}

void ib_yaml_free(struct ib_yaml *yaml)
{
	if (!yaml)
		return;
	ib_arena_free(yaml->arena);
	ib_free(yaml);
}

const struct ib_yaml_node *ib_yaml_get(const struct ib_yaml_node *node, const char *key)
{
	size_t i = 0;

	if (node->kind != IB_YAML_MAPPING)
		return NULL;
	for (i = 0; i < node->count; i++)
		if (!strcmp(node->keys[i]->text, key))
			return node->values[i];
	return NULL;
}

const char *ib_yaml_kind_name(enum ib_yaml_kind kind)
{
	switch (kind) {
	case IB_YAML_SCALAR:
		return "a scalar";
	case IB_YAML_SEQUENCE:
		return "a list";
	case IB_YAML_MAPPING:
		return "a mapping";
	}
	return "nothing";
}

int ib_yaml_fail(const char *path, const struct ib_yaml_node *node, struct ib_error *err,
		 const char *fmt, ...)
{
	ib_autofree char *words = NULL;
	va_list ap;

	va_start(ap, fmt);
	words = ib_vstrf(fmt, ap);
	va_end(ap);
	return ib_fail(err, IB_INPUT, "%s:%u:%u: %s", path, node->line, node->column, words);
}
