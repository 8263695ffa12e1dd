/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types that name something elsewhere: files, relative to the file that
 * names them, and URLs. Both are kept twice: ready to open, and as written,
 * which is what outputs show (it does not depend on the working folder).
 */
#include <string.h>

#include "recipe/fields.h"

static void put_text(void *base, size_t offset, const char *text)
{
	memcpy((char *)base + offset, &text, sizeof(text));
}

static const char *get_text(const void *base, size_t offset)
{
	const char *text = NULL;

	memcpy(&text, (const char *)base + offset, sizeof(text));
	return text;
}

static const char *beside(const struct ib_recipe_reader *reader, const char *path)
{
	ib_autofree char *joined = NULL;

	if (!strcmp(reader->folder, "."))
		return path;
	joined = ib_path_join(reader->folder, path);
	return ib_arena_strdup(reader->arena, joined);
}

static int read_path(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		     const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	const char *written = NULL;

	IB_TRY(ib_recipe_read_text(reader, field->name, field->rule, node, &written, err));
	if (!written[0])
		return ib_recipe_fail(ib_recipe_mark(reader, node), err, "'%s' is empty",
				      field->name);
	put_text(base, field->written, written);
	put_text(base, field->offset, beside(reader, written));
	return 0;
}

static void write_written(const struct ib_recipe_field *field, const void *base,
			  struct ib_buffer *json)
{
	ib_recipe_write_text(json, get_text(base, field->written));
}

static void describe_place(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	ib_recipe_describe_rule(field->rule, json);
	ib_buffer_puts(json, ",\"minLength\":1");
}

const struct ib_recipe_type ib_recipe_path = { read_path, write_written, describe_place };

/* The part of a URL that names the server, with whatever stands in front of it. */
static size_t authority_size(const char *url)
{
	return strcspn(strstr(url, "://") + 3, "/?#");
}

static int check_url(const struct ib_recipe_reader *reader, const char *name,
		     const struct ib_yaml_node *node, struct ib_error *err)
{
	struct ib_mark mark = ib_recipe_mark(reader, node);
	const char *url = node->text;
	const char *server = strstr(url, "://") + 3;
	bool file = ib_str_starts(url, "file://");

	if (!file && !ib_str_starts(url, "http://") && !ib_str_starts(url, "https://")) {
		(void)ib_recipe_fail(mark, err, "'%s' of '%s' is no URL that can be fetched", url,
				     name);
		ib_error_hint(err, "https, http and file are.");
		return -IB_INPUT;
	}
	if (file ? server[0] != '/' : !authority_size(url))
		return ib_recipe_fail(mark, err, "'%s' of '%s' names no %s", url, name,
				      file ? "absolute path" : "server");
	if (memchr(server, '@', authority_size(url))) {
		(void)ib_recipe_fail(mark, err, "the URL of '%s' holds a user name or a password",
				     name);
		ib_error_hint(err, "Recipes are published with the image; take it out.");
		return -IB_INPUT;
	}
	if (strpbrk(url, "$ \t\"<>")) {
		(void)ib_recipe_fail(mark, err, "'%s' of '%s' holds a character no URL has", url,
				     name);
		ib_error_hint(err, "Variables like $basearch are not expanded: write them out, "
				   "if need be below 'architectures'.");
		return -IB_INPUT;
	}
	return 0;
}

static int read_place(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		      const struct ib_yaml_node *node, const char **ret_written,
		      const char **ret_place, struct ib_error *err)
{
	IB_TRY(ib_recipe_read_text(reader, field->name, NULL, node, ret_written, err));
	if (strstr(node->text, "://")) {
		IB_TRY(check_url(reader, field->name, node, err));
		*ret_place = *ret_written;
		return 0;
	}
	if (!node->text[0])
		return ib_recipe_fail(ib_recipe_mark(reader, node), err, "'%s' is empty",
				      field->name);
	*ret_place = beside(reader, *ret_written);
	return 0;
}

static int read_url(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		    const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	const char *written = NULL;
	const char *place = NULL;

	IB_TRY(read_place(reader, field, node, &written, &place, err));
	put_text(base, field->offset, place);
	put_text(base, field->written, written);
	return 0;
}

const struct ib_recipe_type ib_recipe_url = { read_url, write_written, describe_place };

static int read_urls(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		     const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	bool alone = node->kind == IB_YAML_SCALAR && (node->quoted || node->text[0]);
	const struct ib_yaml_node *const *nodes = alone ? &node : node->values;
	size_t count = alone ? 1 : node->count;
	struct ib_recipe_list written = { .count = count };
	struct ib_recipe_list places = { .count = count };
	const char **written_items = NULL;
	const char **place_items = NULL;
	size_t i = 0;

	if (!alone)
		IB_TRY(ib_recipe_expect(reader, field->name, node, IB_YAML_SEQUENCE, err));
	if (!count)
		return ib_recipe_fail(ib_recipe_mark(reader, node), err, "'%s' is empty",
				      field->name);
	written_items = ib_arena_alloc(reader->arena, count * sizeof(*written_items));
	place_items = ib_arena_alloc(reader->arena, count * sizeof(*place_items));
	for (i = 0; i < count; i++)
		IB_TRY(read_place(reader, field, nodes[i], &written_items[i], &place_items[i],
				  err));
	written.items = written_items;
	places.items = place_items;
	memcpy((char *)base + field->offset, &places, sizeof(places));
	memcpy((char *)base + field->written, &written, sizeof(written));
	return 0;
}

static void write_urls(const struct ib_recipe_field *field, const void *base,
		       struct ib_buffer *json)
{
	struct ib_recipe_list list = { 0 };
	size_t i = 0;

	memcpy(&list, (const char *)base + field->written, sizeof(list));
	ib_buffer_puts(json, "[");
	for (i = 0; i < list.count; i++) {
		ib_buffer_puts(json, i ? "," : "");
		ib_recipe_write_text(json, list.items[i]);
	}
	ib_buffer_puts(json, "]");
}

static void describe_urls(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	(void)field;
	ib_buffer_puts(json, "\"oneOf\":[{\"type\":\"string\",\"minLength\":1},"
			     "{\"type\":\"array\",\"minItems\":1,"
			     "\"items\":{\"type\":\"string\",\"minLength\":1}}]");
}

const struct ib_recipe_type ib_recipe_urls = { read_urls, write_urls, describe_urls };
/* Bytes are known by their digest: from where they come is no part of what is built. */
const struct ib_recipe_type ib_recipe_origins = { read_urls, NULL, describe_urls };
