/* SPDX-License-Identifier: Apache-2.0 */
/* The types made of others: lists, mappings, lists of mappings, and free settings. */
#include <stdlib.h>
#include <string.h>

#include "recipe/fields.h"

/* A pointer and a count, as every list in recipe.h has them side by side. */
struct pair {
	const void *items;
	size_t count;
};

_Static_assert(sizeof(struct pair) == sizeof(struct ib_recipe_list), "a list is such a pair");

static struct pair get_pair(const void *base, size_t offset)
{
	struct pair pair = { 0 };

	memcpy(&pair, (const char *)base + offset, sizeof(pair));
	return pair;
}

/* Room for more elements behind those that are there; returns the first new one. */
static void *append(struct ib_arena *arena, void *base, size_t offset, size_t more, size_t size)
{
	struct pair pair = get_pair(base, offset);
	size_t used = pair.count * size;
	char *items = ib_arena_alloc(arena, used + more * size);

	if (used)
		memcpy(items, pair.items, used);
	pair.items = items;
	pair.count += more;
	memcpy((char *)base + offset, &pair, sizeof(pair));
	return items + used;
}

/* ---- lists of texts ---- */

static int read_texts(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		      const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	const char **items = NULL;
	size_t i = 0;

	IB_TRY(ib_recipe_expect(reader, field->name, node, IB_YAML_SEQUENCE, err));
	if (!node->count)
		return 0;
	items = append(reader->arena, base, field->offset, node->count, sizeof(*items));
	for (i = 0; i < node->count; i++)
		IB_TRY(ib_recipe_read_text(reader, field->name, field->rule, node->values[i],
					   &items[i], err));
	return 0;
}

static void write_texts(const struct ib_recipe_field *field, const void *base,
			struct ib_buffer *json)
{
	struct pair list = get_pair(base, field->offset);
	const char *const *items = list.items;
	size_t i = 0;

	ib_buffer_puts(json, "[");
	for (i = 0; i < list.count; i++) {
		ib_buffer_puts(json, i ? "," : "");
		ib_recipe_write_text(json, items[i]);
	}
	ib_buffer_puts(json, "]");
}

static void describe_texts(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	ib_buffer_puts(json, "\"type\":\"array\",\"items\":{");
	ib_recipe_describe_rule(field->rule, json);
	ib_buffer_puts(json, "}");
}

bool ib_recipe_list_has(const struct ib_recipe_list *list, const char *text)
{
	size_t i = 0;

	for (i = 0; i < list->count; i++)
		if (!strcmp(list->items[i], text))
			return true;
	return false;
}

const struct ib_recipe_type ib_recipe_texts = { read_texts, write_texts, describe_texts };
const struct ib_recipe_type ib_recipe_aside = { read_texts, NULL, describe_texts };

/* ---- mappings ---- */

static const struct ib_recipe_field *find_field(const struct ib_recipe_table *table,
						const char *name)
{
	size_t i = 0;

	for (i = 0; i < table->count; i++)
		if (!strcmp(table->fields[i].name, name))
			return &table->fields[i];
	return NULL;
}

static int unrecognized(const struct ib_recipe_reader *reader, const struct ib_recipe_table *table,
			const struct ib_yaml_node *key, struct ib_error *err)
{
	const char *names[64];
	const char *near = NULL;
	ib_autofree char *list = NULL;
	IB_AUTO_STRINGS(all);
	size_t i = 0;

	for (i = 0; i < table->count && i < IB_COUNT(names); i++) {
		names[i] = table->fields[i].name;
		ib_strings_add(&all, names[i]);
	}
	near = ib_str_nearest(key->text, names, i);
	list = ib_strings_join(&all, ", ");
	(void)ib_recipe_fail(ib_recipe_mark(reader, key), err, "unrecognized key '%s'", key->text);
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	else
		ib_error_hint(err, "The keys of %s are: %s.", table->what, list);
	return -IB_INPUT;
}

int ib_recipe_read_pairs(const struct ib_recipe_reader *reader, const struct ib_recipe_table *table,
			 const struct ib_yaml_node *node, bool part, void *base,
			 struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < node->count; i++) {
		const struct ib_recipe_field *field = find_field(table, node->keys[i]->text);

		if (!field)
			return unrecognized(reader, table, node->keys[i], err);
		if (part && field->whole)
			return ib_recipe_fail(ib_recipe_mark(reader, node->keys[i]), err,
					      "'%s' cannot stand in a part for one architecture",
					      field->name);
		IB_TRY(field->type->read(reader, field, node->values[i], base, err));
	}
	for (i = 0; i < table->count; i++)
		if (table->fields[i].required && !part && !ib_yaml_get(node, table->fields[i].name))
			return ib_recipe_fail(ib_recipe_mark(reader, node), err, "%s has no '%s'",
					      table->what, table->fields[i].name);
	return 0;
}

static int compare_fields(const void *a, const void *b)
{
	const struct ib_recipe_field *const *x = a;
	const struct ib_recipe_field *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

void ib_recipe_write_fields(const struct ib_recipe_table *table, const void *base,
			    struct ib_buffer *json)
{
	const struct ib_recipe_field *sorted[64] = { NULL };
	const char *separator = "";
	size_t i = 0;

	for (i = 0; i < table->count; i++)
		sorted[i] = &table->fields[i];
	qsort(sorted, table->count, sizeof(void *), compare_fields);
	ib_buffer_puts(json, "{");
	for (i = 0; i < table->count; i++) {
		if (!sorted[i]->type->write)
			continue;
		ib_buffer_puts(json, separator);
		ib_recipe_write_text(json, sorted[i]->name);
		ib_buffer_puts(json, ":");
		sorted[i]->type->write(sorted[i], base, json);
		separator = ",";
	}
	ib_buffer_puts(json, "}");
}

void ib_recipe_describe_table(const struct ib_recipe_table *table, bool part,
			      struct ib_buffer *json)
{
	const char *separator = "";
	size_t i = 0;

	ib_buffer_puts(json, "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[");
	for (i = 0; i < table->count; i++) {
		if (!table->fields[i].required || part)
			continue;
		ib_buffer_puts(json, separator);
		ib_recipe_write_text(json, table->fields[i].name);
		separator = ",";
	}
	ib_buffer_puts(json, "],\"properties\":{");
	separator = "";
	for (i = 0; i < table->count; i++) {
		if (part && table->fields[i].whole)
			continue;
		ib_buffer_puts(json, separator);
		ib_recipe_write_text(json, table->fields[i].name);
		ib_buffer_puts(json, ":{\"description\":");
		ib_recipe_write_text(json, table->fields[i].summary);
		ib_buffer_puts(json, ",");
		table->fields[i].type->describe(&table->fields[i], json);
		ib_buffer_puts(json, "}");
		separator = ",";
	}
	ib_buffer_puts(json, "}}");
}

static void set_mark(const struct ib_recipe_reader *reader, const struct ib_recipe_table *table,
		     const struct ib_yaml_node *node, void *base)
{
	struct ib_mark mark = ib_recipe_mark(reader, node);

	if (table->mark != IB_RECIPE_NOWHERE)
		memcpy((char *)base + table->mark, &mark, sizeof(mark));
}

static int read_mapping(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
			const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	void *inner = (char *)base + field->offset;

	IB_TRY(ib_recipe_expect(reader, field->name, node, IB_YAML_MAPPING, err));
	set_mark(reader, field->table, node, inner);
	return ib_recipe_read_pairs(reader, field->table, node, false, inner, err);
}

static void write_mapping(const struct ib_recipe_field *field, const void *base,
			  struct ib_buffer *json)
{
	ib_recipe_write_fields(field->table, (const char *)base + field->offset, json);
}

/* The braces are there already. */
static void describe_inner(const struct ib_recipe_table *table, struct ib_buffer *json)
{
	IB_AUTO_BUFFER(inner, 1 << 20);

	ib_recipe_describe_table(table, false, &inner);
	ib_buffer_put(json, inner.data + 1, inner.size - 2);
}

static void describe_mapping(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	describe_inner(field->table, json);
}

const struct ib_recipe_type ib_recipe_mapping = { read_mapping, write_mapping, describe_mapping };

/* ---- lists of mappings ---- */

static const char *identity_of(const struct ib_recipe_table *table, const void *element)
{
	const char *identity = NULL;

	memcpy(&identity, (const char *)element + table->identity, sizeof(identity));
	return identity;
}

static int check_identities(struct ib_arena *arena, const struct ib_recipe_table *table,
			    struct pair list, struct ib_error *err)
{
	IB_AUTO(ib_map) seen = ib_map_new();
	struct ib_mark *marks = ib_arena_alloc(arena, list.count * sizeof(*marks));
	size_t i = 0;

	for (i = 0; i < list.count; i++) {
		const char *element = (const char *)list.items + i * table->size;
		const char *identity = identity_of(table, element);
		const struct ib_mark *first = ib_map_get(seen, identity);

		memcpy(&marks[i], element + table->mark, sizeof(marks[i]));
		if (!first) {
			ib_map_set(seen, identity, &marks[i]);
			continue;
		}
		(void)ib_recipe_fail(marks[i], err, "%s '%s' stands in the recipe twice",
				     table->what, identity);
		ib_error_hint(err, "The first stands at %s:%u:%u.", first->file, first->line,
			      first->column);
		return -IB_INPUT;
	}
	return 0;
}

static int read_mappings(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
			 const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	const struct ib_recipe_table *table = field->table;
	char *element = NULL;
	size_t i = 0;

	IB_TRY(ib_recipe_expect(reader, field->name, node, IB_YAML_SEQUENCE, err));
	if (!node->count)
		return 0;
	element = append(reader->arena, base, field->offset, node->count, table->size);
	for (i = 0; i < node->count; i++, element += table->size) {
		IB_TRY(ib_recipe_expect(reader, field->name, node->values[i], IB_YAML_MAPPING,
					err));
		set_mark(reader, table, node->values[i], element);
		if (table->init)
			table->init(element);
		IB_TRY(ib_recipe_read_pairs(reader, table, node->values[i], false, element, err));
	}
	if (table->identity == IB_RECIPE_NOWHERE)
		return 0;
	return check_identities(reader->arena, table, get_pair(base, field->offset), err);
}

static void write_mappings(const struct ib_recipe_field *field, const void *base,
			   struct ib_buffer *json)
{
	struct pair list = get_pair(base, field->offset);
	size_t i = 0;

	ib_buffer_puts(json, "[");
	for (i = 0; i < list.count; i++) {
		ib_buffer_puts(json, i ? "," : "");
		ib_recipe_write_fields(field->table,
				       (const char *)list.items + i * field->table->size, json);
	}
	ib_buffer_puts(json, "]");
}

static void describe_mappings(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	ib_buffer_puts(json, "\"type\":\"array\",\"items\":");
	ib_recipe_describe_table(field->table, false, json);
}

const struct ib_recipe_type ib_recipe_mappings = { read_mappings, write_mappings,
						   describe_mappings };
const struct ib_recipe_type ib_recipe_mappings_aside = { read_mappings, NULL, describe_mappings };
