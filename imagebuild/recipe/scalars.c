/* SPDX-License-Identifier: Apache-2.0 */
/* The types whose value is one scalar: each read, written and described. */
#include <assert.h>
#include <regex.h>
#include <stdarg.h>
#include <string.h>

#include "recipe/fields.h"

#define TEXT_MAX 4096

struct ib_mark ib_recipe_mark(const struct ib_recipe_reader *reader,
			      const struct ib_yaml_node *node)
{
	return (struct ib_mark){ reader->file, node->line, node->column };
}

int ib_recipe_fail(struct ib_mark mark, struct ib_error *err, const char *fmt, ...)
{
	ib_autofree char *words = NULL;
	va_list ap;

	va_start(ap, fmt);
	words = ib_vstrf(fmt, ap);
	va_end(ap);
	return ib_fail(err, IB_INPUT, "%s:%u:%u: %s", mark.file, mark.line, mark.column, words);
}

static const void *at(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

static void put_text(void *base, size_t offset, const char *text)
{
	memcpy((char *)base + offset, &text, sizeof(text));
}

static const char *get_text(const void *base, size_t offset)
{
	const char *text = NULL;

	memcpy(&text, at(base, offset), sizeof(text));
	return text;
}

/* ---- text and its rules ---- */

int ib_recipe_expect(const struct ib_recipe_reader *reader, const char *name,
		     const struct ib_yaml_node *node, enum ib_yaml_kind kind, struct ib_error *err)
{
	struct ib_mark mark = ib_recipe_mark(reader, node);

	if (node->kind == IB_YAML_SCALAR && !node->quoted && !node->text[0]) {
		(void)ib_recipe_fail(mark, err, "'%s' has no value", name);
		ib_error_hint(err, "Take the line out, or write %s.",
			      kind == IB_YAML_SEQUENCE  ? "[] for an empty list"
			      : kind == IB_YAML_MAPPING ? "what belongs below it"
							: "a value behind the colon");
		return -IB_INPUT;
	}
	if (node->kind == kind)
		return 0;
	(void)ib_recipe_fail(mark, err, "'%s' must be %s, not %s", name,
			     kind == IB_YAML_SCALAR ? "one value" : ib_yaml_kind_name(kind),
			     ib_yaml_kind_name(node->kind));
	if (kind == IB_YAML_SEQUENCE && node->kind == IB_YAML_SCALAR)
		ib_error_hint(err, "Write %s: [%s].", name, node->text);
	return -IB_INPUT;
}

static bool matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool found = false;
	int r = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);

	assert(r == 0); /* the table of keys holds patterns only */
	found = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return found;
}

static size_t count_words(const char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	return count;
}

/* The index of text among the rule's words, or -1 with the error pending. */
static int find_word(struct ib_mark mark, const char *name, const char *const *words,
		     const char *text, struct ib_error *err)
{
	IB_AUTO_STRINGS(all);
	ib_autofree char *list = NULL;
	const char *near = NULL;
	int i = 0;

	for (i = 0; words[i]; i++) {
		if (!strcmp(words[i], text))
			return i;
		ib_strings_add(&all, words[i]);
	}
	list = ib_strings_join(&all, ", ");
	near = ib_str_nearest(text, words, count_words(words));
	(void)ib_recipe_fail(mark, err, "unrecognized '%s' of '%s'", text, name);
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	else
		ib_error_hint(err, "It is %s%s.", all.count > 1 ? "one of: " : "", list);
	return -1;
}

int ib_recipe_read_text(const struct ib_recipe_reader *reader, const char *name,
			const struct ib_recipe_rule *rule, const struct ib_yaml_node *node,
			const char **ret_text, struct ib_error *err)
{
	struct ib_mark mark = ib_recipe_mark(reader, node);

	IB_TRY(ib_recipe_expect(reader, name, node, IB_YAML_SCALAR, err));
	if (strlen(node->text) > TEXT_MAX)
		return ib_recipe_fail(mark, err, "'%s' is longer than %d bytes", name, TEXT_MAX);
	if (strpbrk(node->text, "\n\r"))
		return ib_recipe_fail(mark, err, "'%s' is more than one line", name);
	if (rule && rule->words && find_word(mark, name, rule->words, node->text, err) < 0)
		return -IB_INPUT;
	if (rule && rule->pattern && !matches(rule->pattern, node->text)) {
		(void)ib_recipe_fail(mark, err, "'%s' of '%s' is not %s", node->text, name,
				     rule->what);
		if (rule->hint)
			ib_error_hint(err, "%s", rule->hint);
		return -IB_INPUT;
	}
	*ret_text = ib_arena_strdup(reader->arena, node->text);
	return 0;
}

void ib_recipe_write_text(struct ib_buffer *json, const char *text)
{
	if (!text) {
		ib_buffer_puts(json, "null");
		return;
	}
	ib_buffer_put_u8(json, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			ib_buffer_putf(json, "\\%c", *text);
		else if ((uint8_t)*text < 0x20)
			ib_buffer_putf(json, "\\u%04x", (unsigned)(uint8_t)*text);
		else
			ib_buffer_put_u8(json, (uint8_t)*text);
	}
	ib_buffer_put_u8(json, '"');
}

static void describe_words(const char *const *words, struct ib_buffer *json)
{
	size_t i = 0;

	ib_buffer_puts(json, ",\"enum\":[");
	for (i = 0; words[i]; i++) {
		ib_buffer_puts(json, i ? "," : "");
		ib_recipe_write_text(json, words[i]);
	}
	ib_buffer_puts(json, "]");
}

void ib_recipe_describe_rule(const struct ib_recipe_rule *rule, struct ib_buffer *json)
{
	ib_buffer_puts(json, "\"type\":\"string\"");
	if (rule && rule->pattern) {
		ib_buffer_puts(json, ",\"pattern\":");
		ib_recipe_write_text(json, rule->pattern);
	}
	if (rule && rule->words)
		describe_words(rule->words, json);
}

static int read_text(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		     const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	const char *text = NULL;

	IB_TRY(ib_recipe_read_text(reader, field->name, field->rule, node, &text, err));
	put_text(base, field->offset, text);
	return 0;
}

static void write_text(const struct ib_recipe_field *field, const void *base,
		       struct ib_buffer *json)
{
	ib_recipe_write_text(json, get_text(base, field->offset));
}

static void describe_text(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	ib_recipe_describe_rule(field->rule, json);
}

const struct ib_recipe_type ib_recipe_text = { read_text, write_text, describe_text };

/* ---- one of some words, kept as a number ---- */

static int read_choice(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		       const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	int index = 0;

	IB_TRY(ib_recipe_expect(reader, field->name, node, IB_YAML_SCALAR, err));
	index = find_word(ib_recipe_mark(reader, node), field->name, field->rule->words, node->text,
			  err);
	if (index < 0)
		return -IB_INPUT;
	memcpy((char *)base + field->offset, &index, sizeof(index));
	return 0;
}

static void write_choice(const struct ib_recipe_field *field, const void *base,
			 struct ib_buffer *json)
{
	int index = 0;

	memcpy(&index, at(base, field->offset), sizeof(index));
	ib_recipe_write_text(json, field->rule->words[index]);
}

const struct ib_recipe_type ib_recipe_choice = { read_choice, write_choice, describe_text };

/* ---- true and false ---- */

static int read_flag(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		     const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	static const char *const yes[] = { "yes", "on", "y", "1" };
	static const char *const no[] = { "no", "off", "n", "0" };
	bool *flag = (void *)((char *)base + field->offset);
	size_t i = 0;

	IB_TRY(ib_recipe_expect(reader, field->name, node, IB_YAML_SCALAR, err));
	if (!strcmp(node->text, "true") || !strcmp(node->text, "false")) {
		*flag = node->text[0] == 't';
		return 0;
	}
	(void)ib_recipe_fail(ib_recipe_mark(reader, node), err, "'%s' of '%s' is not true or false",
			     node->text, field->name);
	for (i = 0; i < IB_COUNT(yes); i++) {
		if (!strcasecmp(node->text, yes[i]))
			ib_error_hint(err, "Write true.");
		if (!strcasecmp(node->text, no[i]))
			ib_error_hint(err, "Write false.");
	}
	return -IB_INPUT;
}

static void write_flag(const struct ib_recipe_field *field, const void *base,
		       struct ib_buffer *json)
{
	const bool *flag = at(base, field->offset);

	ib_buffer_puts(json, *flag ? "true" : "false");
}

static void describe_flag(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	(void)field;
	ib_buffer_puts(json, "\"type\":\"boolean\"");
}

const struct ib_recipe_type ib_recipe_flag = { read_flag, write_flag, describe_flag };

/* ---- numbers ---- */

static int read_u64(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		    const struct ib_yaml_node *node, uint64_t *ret_value, struct ib_error *err)
{
	uint64_t value = 0;

	IB_TRY(ib_recipe_expect(reader, field->name, node, IB_YAML_SCALAR, err));
	if (!ib_str_to_u64(node->text, field->max, &value) || value < field->min)
		return ib_recipe_fail(ib_recipe_mark(reader, node), err,
				      "'%s' of '%s' is not a number from %llu to %llu", node->text,
				      field->name, (unsigned long long)field->min,
				      (unsigned long long)field->max);
	*ret_value = value;
	return 0;
}

static int read_number(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		       const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	uint64_t value = 0;
	uint32_t kept = 0;

	IB_TRY(read_u64(reader, field, node, &value, err));
	kept = (uint32_t)value;
	memcpy((char *)base + field->offset, &kept, sizeof(kept));
	return 0;
}

static void write_number(const struct ib_recipe_field *field, const void *base,
			 struct ib_buffer *json)
{
	uint32_t value = 0;

	memcpy(&value, at(base, field->offset), sizeof(value));
	ib_buffer_putf(json, "%u", value);
}

static void describe_number(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	ib_buffer_putf(json, "\"type\":\"integer\",\"minimum\":%llu,\"maximum\":%llu",
		       (unsigned long long)field->min, (unsigned long long)field->max);
}

const struct ib_recipe_type ib_recipe_number = { read_number, write_number, describe_number };

/* 65534 is nobody, 65535 is 16 bits of -1: neither can be anyone's own. */
static int read_account(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
			const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	uint64_t value = 0;
	int64_t kept = 0;

	IB_TRY(read_u64(reader, field, node, &value, err));
	if (value == 65534 || value == 65535)
		return ib_recipe_fail(
			ib_recipe_mark(reader, node), err,
			"'%s' of '%s' is taken: 65534 is nobody, 65535 stands for none", node->text,
			field->name);
	kept = (int64_t)value;
	memcpy((char *)base + field->offset, &kept, sizeof(kept));
	return 0;
}

static void write_account(const struct ib_recipe_field *field, const void *base,
			  struct ib_buffer *json)
{
	int64_t value = 0;

	memcpy(&value, at(base, field->offset), sizeof(value));
	if (value < 0)
		ib_buffer_puts(json, "null");
	else
		ib_buffer_putf(json, "%lld", (long long)value);
}

const struct ib_recipe_type ib_recipe_account = { read_account, write_account, describe_number };

/* ---- the version of the recipe's own format ---- */

static int read_format(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		       const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	(void)base;
	IB_TRY(ib_recipe_expect(reader, field->name, node, IB_YAML_SCALAR, err));
	if (!strcmp(node->text, "1"))
		return 0;
	(void)ib_recipe_fail(ib_recipe_mark(reader, node), err,
			     "format '%s' is not one that this version of imagebuild reads",
			     node->text);
	ib_error_hint(err, "It reads format 1; a newer imagebuild may read more.");
	return -IB_INPUT;
}

static void write_format(const struct ib_recipe_field *field, const void *base,
			 struct ib_buffer *json)
{
	(void)field, (void)base;
	ib_buffer_puts(json, "1");
}

static void describe_format(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	(void)field;
	ib_buffer_puts(json, "\"const\":1");
}

const struct ib_recipe_type ib_recipe_format = { read_format, write_format, describe_format };
