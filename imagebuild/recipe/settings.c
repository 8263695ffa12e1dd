/* SPDX-License-Identifier: Apache-2.0 */
/* The type of free settings, names with values: kept sorted by name, a later value wins. */
#include <stdlib.h>
#include <string.h>

#include "recipe/fields.h"

struct settings {
	const struct ib_recipe_sysctl *items;
	size_t count;
};

/* One line of sysctl.d: sysctl.d(5). */
static const struct ib_recipe_rule rule_value = {
	.pattern = "^[!-~]([ -~]*[!-~])?$",
	.what = "the value of a kernel setting",
	.hint = "It is one line, not empty, with no blank in front or behind.",
};

static struct settings get(const void *base, size_t offset)
{
	struct settings settings = { 0 };

	memcpy(&settings, (const char *)base + offset, sizeof(settings));
	return settings;
}

static int compare(const void *a, const void *b)
{
	const struct ib_recipe_sysctl *x = a;
	const struct ib_recipe_sysctl *y = b;

	return strcmp(x->name, y->name);
}

static void set(struct ib_recipe_sysctl *items, size_t *count, struct ib_recipe_sysctl one)
{
	size_t i = 0;

	for (i = 0; i < *count; i++) {
		if (!strcmp(items[i].name, one.name)) {
			items[i] = one;
			return;
		}
	}
	items[(*count)++] = one;
}

static int read(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	struct settings settings = get(base, field->offset);
	struct ib_recipe_sysctl *items = NULL;
	size_t i = 0;

	IB_TRY(ib_recipe_expect(reader, field->name, node, IB_YAML_MAPPING, err));
	if (settings.count + node->count > field->max)
		return ib_fail(err, IB_LIMIT, "%s:%u:%u: '%s' has more than %llu lines",
			       reader->file, node->line, node->column, field->name,
			       (unsigned long long)field->max);
	items = ib_arena_alloc(reader->arena, (settings.count + node->count) * sizeof(*items));
	if (settings.count)
		memcpy(items, settings.items, settings.count * sizeof(*items));
	for (i = 0; i < node->count; i++) {
		const char *key = node->keys[i]->text;
		struct ib_recipe_sysctl one = { 0 };

		IB_TRY(ib_recipe_read_text(reader, field->name, field->rule, node->keys[i],
					   &one.name, err));
		IB_TRY(ib_recipe_read_text(reader, key, &rule_value, node->values[i], &one.value,
					   err));
		set(items, &settings.count, one);
	}
	qsort(items, settings.count, sizeof(*items), compare);
	settings.items = items;
	memcpy((char *)base + field->offset, &settings, sizeof(settings));
	return 0;
}

static void write(const struct ib_recipe_field *field, const void *base, struct ib_buffer *json)
{
	struct settings settings = get(base, field->offset);
	size_t i = 0;

	ib_buffer_puts(json, "{");
	for (i = 0; i < settings.count; i++) {
		ib_buffer_puts(json, i ? "," : "");
		ib_recipe_write_text(json, settings.items[i].name);
		ib_buffer_puts(json, ":");
		ib_recipe_write_text(json, settings.items[i].value);
	}
	ib_buffer_puts(json, "}");
}

/* An editor reads 0 as a number where we read text. */
static void describe(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	ib_buffer_puts(json, "\"type\":\"object\",\"propertyNames\":{");
	ib_recipe_describe_rule(field->rule, json);
	ib_buffer_puts(json, "},\"additionalProperties\":{\"type\":[\"string\",\"integer\"],");
	ib_buffer_puts(json, "\"pattern\":");
	ib_recipe_write_text(json, rule_value.pattern);
	ib_buffer_puts(json, "}");
}

const struct ib_recipe_type ib_recipe_settings = { read, write, describe };
