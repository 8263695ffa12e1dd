/* SPDX-License-Identifier: Apache-2.0 */
/* The type of sizes: bytes, or with K, M or G behind the number (1024, its square, its cube). */
#include <string.h>

#include "recipe/fields.h"

static const struct ib_recipe_rule rule_size = {
	.pattern = "^[1-9][0-9]{0,11}[KMG]?$",
	.what = "a size",
	.hint = "Write bytes, or K, M or G behind the number: 250M.",
};

static int read(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	static const char units[] = "KMG";
	ib_autofree char *digits = NULL;
	const char *text = NULL;
	const char *unit = NULL;
	uint64_t value = 0;

	IB_TRY(ib_recipe_read_text(reader, field->name, &rule_size, node, &text, err));
	unit = strchr(units, text[strlen(text) - 1]);
	digits = ib_strf("%.*s", (int)(strlen(text) - (unit != NULL)), text);
	if (!ib_str_to_u64(digits, UINT64_MAX >> 30, &value))
		return ib_recipe_fail(ib_recipe_mark(reader, node), err,
				      "'%s' of '%s' is too large", text, field->name);
	if (unit)
		value <<= 10 * (unit - units + 1);
	memcpy((char *)base + field->offset, &value, sizeof(value));
	return 0;
}

static void write(const struct ib_recipe_field *field, const void *base, struct ib_buffer *json)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)base + field->offset, sizeof(value));
	ib_buffer_putf(json, "%llu", (unsigned long long)value);
}

static void describe(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	(void)field;
	ib_buffer_puts(json, "\"type\":[\"string\",\"integer\"],\"minimum\":1,\"pattern\":\"");
	ib_buffer_puts(json, rule_size.pattern);
	ib_buffer_puts(json, "\"");
}

const struct ib_recipe_type ib_recipe_size = { read, write, describe };
