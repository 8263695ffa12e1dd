/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings of others' formats, read by their tables. */
#include <stdarg.h>
#include <string.h>

#include "package/foreign_fields.h"

int ib_foreign_fail(const struct ib_foreign_reader *reader, const struct ib_yaml_node *node,
		    const char *fmt, ...)
{
	ib_autofree char *words = NULL;
	va_list ap;

	va_start(ap, fmt);
	words = ib_vstrf(fmt, ap);
	va_end(ap);
	(void)ib_foreign_drop_users(words);
	return ib_yaml_fail(reader->foreign->path, node, reader->err, "%s", words);
}

bool ib_foreign_is_null(const struct ib_yaml_node *node)
{
	return node->kind == IB_YAML_SCALAR && !node->quoted &&
	       (!*node->text || !strcmp(node->text, "~") || !strcasecmp(node->text, "null"));
}

const struct ib_yaml_node *ib_foreign_get(const struct ib_yaml_node *node, const char *key)
{
	const struct ib_yaml_node *value = ib_yaml_get(node, key);

	return value && !ib_foreign_is_null(value) ? value : NULL;
}

int ib_foreign_expect(const struct ib_foreign_reader *reader, const struct ib_yaml_node *node,
		      const char *name, enum ib_yaml_kind kind)
{
	if (node->kind == kind)
		return 0;
	return ib_foreign_fail(reader, node, "%s must be %s, not %s", name, ib_yaml_kind_name(kind),
			       ib_yaml_kind_name(node->kind));
}

static const struct ib_foreign_field *find_field(const struct ib_foreign_table *table,
						 const char *name)
{
	size_t i = 0;

	for (i = 0; i < table->count; i++)
		if (!strcmp(table->fields[i].name, name))
			return &table->fields[i];
	return NULL;
}

/* "KIND:DIGEST": letters and digits, as base64 has them at most. */
static bool is_checksum(const char *text)
{
	const char *colon = strchr(text, ':');
	size_t i = 0;

	if (!colon || colon == text || !colon[1])
		return false;
	for (i = 0; text[i]; i++)
		if (&text[i] != colon && !strchr("0123456789abcdefghijklmnopqrstuvwxyz"
						 "ABCDEFGHIJKLMNOPQRSTUVWXYZ+/=",
						 text[i]))
			return false;
	return true;
}

static int read_text(const struct ib_foreign_reader *reader, const struct ib_foreign_field *field,
		     const struct ib_yaml_node *value, const char **ret_text)
{
	IB_TRY(ib_foreign_expect(reader, value, field->name, IB_YAML_SCALAR));
	if (!*value->text)
		return ib_foreign_fail(reader, value, "'%s' is empty", field->name);
	if (field->type == IB_FOREIGN_CHECKSUM && !is_checksum(value->text))
		return ib_foreign_fail(reader, value,
				       "'%s' of '%s' is not KIND:DIGEST, like sha256:4be7…",
				       value->text, field->name);
	*ret_text = value->text;
	return 0;
}

/* As JSON writes it, so that no reader takes it for another one. */
static int read_size(const struct ib_foreign_reader *reader, const struct ib_foreign_field *field,
		     const struct ib_yaml_node *value, uint64_t *ret_size)
{
	IB_TRY(ib_foreign_expect(reader, value, field->name, IB_YAML_SCALAR));
	if (value->quoted || (value->text[0] == '0' && value->text[1]) ||
	    !ib_str_to_u64(value->text, INT64_MAX, ret_size))
		return ib_foreign_fail(reader, value, "'%s' of '%s' is not a number of bytes",
				       value->text, field->name);
	return 0;
}

static int read_parents(const struct ib_foreign_reader *reader,
			const struct ib_foreign_field *field, const struct ib_yaml_node *value,
			struct ib_foreign_item *item)
{
	const char **parents = NULL;
	size_t i = 0;

	IB_TRY(ib_foreign_expect(reader, value, field->name, IB_YAML_SEQUENCE));
	parents = ib_arena_alloc(reader->foreign->arena, (value->count + 1) * sizeof(*parents));
	for (i = 0; i < value->count; i++)
		IB_TRY(read_text(reader, field, value->values[i], &parents[i]));
	item->parents = parents;
	item->parent_count = value->count;
	return 0;
}

static int read_field(const struct ib_foreign_reader *reader, const struct ib_foreign_field *field,
		      const struct ib_yaml_node *value, void *base)
{
	void *member = (char *)base + field->offset;

	switch (field->type) {
	case IB_FOREIGN_TEXT:
	case IB_FOREIGN_CHECKSUM:
		return read_text(reader, field, value, member);
	case IB_FOREIGN_SIZE:
		return read_size(reader, field, value, member);
	case IB_FOREIGN_PARENTS:
		return read_parents(reader, field, value, base);
	case IB_FOREIGN_OTHER:
		return 0;
	}
	return 0;
}

static int check_required(const struct ib_foreign_reader *reader,
			  const struct ib_foreign_table *table, const struct ib_yaml_node *node)
{
	size_t i = 0;

	for (i = 0; i < table->count; i++)
		if (table->fields[i].required && !ib_foreign_get(node, table->fields[i].name))
			return ib_foreign_fail(reader, node, "%s has no '%s'", table->what,
					       table->fields[i].name);
	return 0;
}

int ib_foreign_read_fields(const struct ib_foreign_reader *reader,
			   const struct ib_foreign_table *table, const struct ib_yaml_node *node,
			   void *base)
{
	struct ib_foreign_extras *extras = (void *)((char *)base + table->extras);
	struct ib_foreign_extra *items = NULL;
	size_t i = 0;

	IB_TRY(ib_foreign_expect(reader, node, table->what, IB_YAML_MAPPING));
	items = ib_arena_alloc(reader->foreign->arena, (node->count + 1) * sizeof(*items));
	extras->items = items;
	for (i = 0; i < node->count; i++) {
		const struct ib_foreign_field *field = find_field(table, node->keys[i]->text);

		if (field && !ib_foreign_is_null(node->values[i]))
			IB_TRY(read_field(reader, field, node->values[i], base));
		else
			items[extras->count++] =
				(struct ib_foreign_extra){ node->keys[i], node->values[i] };
	}
	return check_required(reader, table, node);
}

int ib_foreign_read_items(const struct ib_foreign_reader *reader,
			  const struct ib_foreign_table *table, const struct ib_yaml_node *node,
			  struct ib_foreign_items *ret_items)
{
	struct ib_foreign_item *items = NULL;
	size_t i = 0;

	if (!node)
		return 0;
	IB_TRY(ib_foreign_expect(reader, node, "a list of packages", IB_YAML_SEQUENCE));
	items = ib_arena_alloc(reader->foreign->arena, (node->count + 1) * sizeof(*items));
	for (i = 0; i < node->count; i++) {
		items[i].size = IB_FOREIGN_NO_SIZE;
		items[i].line = node->values[i]->line;
		items[i].column = node->values[i]->column;
		IB_TRY(ib_foreign_read_fields(reader, table, node->values[i], &items[i]));
	}
	*ret_items = (struct ib_foreign_items){ items, node->count, true };
	return 0;
}
