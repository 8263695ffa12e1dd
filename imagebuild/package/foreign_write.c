/* SPDX-License-Identifier: Apache-2.0 */
/* Others' formats, written by their tables: block style, two spaces, as their own tools have it. */
#include <string.h>

#include "package/foreign_fields.h"

static void put_spaces(struct ib_buffer *b, unsigned count)
{
	ib_buffer_putf(b, "%*s", (int)count, "");
}

/* A URL of plain characters needs no quotes in block style: nothing but text has "://" in it. */
static bool is_plain_url(const char *text)
{
	const char *colon = strstr(text, "://");
	static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ._+~%/=^-$@?&:";

	return colon && strspn(text, "abcdefghijklmnopqrstuvwxyz") == (size_t)(colon - text) &&
	       colon != text && strspn(text, plain) == strlen(text) && !ib_str_ends(text, ":");
}

static void put_scalar(struct ib_buffer *b, const char *text)
{
	if (is_plain_url(text))
		ib_buffer_puts(b, text);
	else
		ib_yaml_put_scalar(b, text);
}

/* The first key of an item has the dash in front. */
static void begin_line(struct ib_foreign_writer *writer)
{
	put_spaces(writer->b, writer->indent - (writer->is_item ? 2 : 0));
	ib_buffer_puts(writer->b, writer->is_item ? "- " : "");
	writer->is_item = false;
}

void ib_foreign_put_key(struct ib_foreign_writer *writer, const char *key)
{
	begin_line(writer);
	ib_yaml_put_scalar(writer->b, key);
	ib_buffer_puts(writer->b, ":");
}

void ib_foreign_put_text(struct ib_foreign_writer *writer, const char *text)
{
	ib_buffer_puts(writer->b, " ");
	put_scalar(writer->b, text);
	ib_buffer_puts(writer->b, "\n");
}

/* ---- extras: as they were read ------------------------------------------- */

/*
 * What was plain stays so, and with it what a reader takes it for; in one line. With a
 * character in it that readers fold, refuse or do not show it is text for all of them.
 */
static void put_read_scalar(struct ib_buffer *b, const struct ib_yaml_node *node)
{
	if (node->quoted || ib_yaml_has_hidden(node->text))
		ib_yaml_put_scalar(b, node->text);
	else
		ib_buffer_puts(b, node->text);
}

static void put_value(struct ib_foreign_writer *writer, const struct ib_yaml_node *node);

static void put_pair(struct ib_foreign_writer *writer, const struct ib_yaml_node *key,
		     const struct ib_yaml_node *value)
{
	begin_line(writer);
	put_read_scalar(writer->b, key);
	ib_buffer_puts(writer->b, ":");
	put_value(writer, value);
}

static void put_pairs(struct ib_foreign_writer *writer, const struct ib_yaml_node *node)
{
	size_t i = 0;

	for (i = 0; i < node->count; i++)
		put_pair(writer, node->keys[i], node->values[i]);
}

static void put_sequence(struct ib_foreign_writer *writer, const struct ib_yaml_node *node)
{
	size_t i = 0;

	for (i = 0; i < node->count; i++) {
		const struct ib_yaml_node *item = node->values[i];

		writer->indent += 2;
		writer->is_item = item->kind == IB_YAML_MAPPING && item->count;
		if (writer->is_item) {
			put_pairs(writer, item);
		} else {
			put_spaces(writer->b, writer->indent - 2);
			ib_buffer_puts(writer->b, "-");
			put_value(writer, item);
		}
		writer->indent -= 2;
	}
}

/* Behind "key:" or "-"; as deep as the document was, which IB_YAML_MAX_DEPTH bounds. */
static void put_value(struct ib_foreign_writer *writer, const struct ib_yaml_node *node)
{
	if (node->kind == IB_YAML_SCALAR) {
		ib_buffer_puts(writer->b, node->quoted || *node->text ? " " : "");
		put_read_scalar(writer->b, node);
		ib_buffer_puts(writer->b, "\n");
		return;
	}
	if (!node->count) {
		ib_buffer_puts(writer->b, node->kind == IB_YAML_MAPPING ? " {}\n" : " []\n");
		return;
	}
	ib_buffer_puts(writer->b, "\n");
	if (node->kind == IB_YAML_SEQUENCE) {
		put_sequence(writer, node);
		return;
	}
	writer->indent += 2;
	put_pairs(writer, node);
	writer->indent -= 2;
}

void ib_foreign_put_extras(struct ib_foreign_writer *writer, const struct ib_foreign_extras *extras)
{
	size_t i = 0;

	for (i = 0; i < extras->count; i++)
		put_pair(writer, extras->items[i].key, extras->items[i].value);
}

/* ---- fields --------------------------------------------------------------- */

static void put_parents(struct ib_foreign_writer *writer, const char *key,
			const struct ib_foreign_item *item)
{
	size_t i = 0;

	if (!item->parents)
		return;
	ib_foreign_put_key(writer, key);
	ib_buffer_puts(writer->b, " [");
	for (i = 0; i < item->parent_count; i++) {
		ib_buffer_puts(writer->b, i ? ", " : "");
		ib_yaml_put_scalar(writer->b, item->parents[i]);
	}
	ib_buffer_puts(writer->b, "]\n");
}

static void put_field(struct ib_foreign_writer *writer, const struct ib_foreign_field *field,
		      const void *base)
{
	const void *member = (const char *)base + field->offset;
	const char *text = NULL;
	uint64_t size = 0;

	switch (field->type) {
	case IB_FOREIGN_TEXT:
	case IB_FOREIGN_CHECKSUM:
		text = *(const char *const *)member;
		if (!text)
			return;
		ib_foreign_put_key(writer, field->name);
		ib_foreign_put_text(writer, text);
		return;
	case IB_FOREIGN_SIZE:
		size = *(const uint64_t *)member;
		if (size == IB_FOREIGN_NO_SIZE)
			return;
		ib_foreign_put_key(writer, field->name);
		ib_buffer_putf(writer->b, " %llu\n", (unsigned long long)size);
		return;
	case IB_FOREIGN_PARENTS:
		put_parents(writer, field->name, base);
		return;
	case IB_FOREIGN_OTHER:
		return;
	}
}

void ib_foreign_put_fields(struct ib_foreign_writer *writer, const struct ib_foreign_table *table,
			   const void *base)
{
	size_t i = 0;

	for (i = 0; i < table->count; i++)
		put_field(writer, &table->fields[i], base);
	ib_foreign_put_extras(writer, (const void *)((const char *)base + table->extras));
}

void ib_foreign_put_items(struct ib_foreign_writer *writer, const char *key,
			  const struct ib_foreign_table *table,
			  const struct ib_foreign_items *items)
{
	size_t i = 0;

	if (!items->is_there)
		return;
	ib_foreign_put_key(writer, key);
	ib_buffer_puts(writer->b, items->count ? "\n" : " []\n");
	writer->indent += 2;
	for (i = 0; i < items->count; i++) {
		writer->is_item = true;
		ib_foreign_put_fields(writer, table, &items->items[i]);
	}
	writer->indent -= 2;
}
