/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <jansson.h>

#include "json/json.h"

/* A struct ib_json is never defined: it is what others see of a json_t. */
static const json_t *inner(const struct ib_json *value)
{
	return (const void *)value;
}

static const struct ib_json *outer(const json_t *value)
{
	return (const void *)value;
}

/* jansson's walking macro wants it so; nothing is changed through it. */
static json_t *mutable(const struct ib_json *value)
{
	json_t *pointer = NULL;

	memcpy(&pointer, &value, sizeof(void *));
	return pointer;
}

int ib_json_parse(const void *text, size_t size, const char *name, struct ib_json **ret_value,
		  struct ib_error *err)
{
	json_error_t problem;
	json_t *value =
		json_loadb(size ? text : "", size,
			   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);

	if (!value)
		return ib_fail(err, IB_INPUT, "%s:%d:%d: not JSON: %s", name, problem.line,
			       problem.column, problem.text);
	*ret_value = (void *)value;
	return 0;
}

int ib_json_read(const char *path, size_t max_size, struct ib_json **ret_value,
		 struct ib_error *err)
{
	IB_AUTO_BUFFER(text, max_size);

	IB_TRY(ib_file_read(path, &text, err));
	return ib_json_parse(text.data, text.size, path, ret_value, err);
}

void ib_json_free(struct ib_json *value)
{
	json_decref((void *)value);
}

enum ib_json_kind ib_json_kind(const struct ib_json *value)
{
	if (!value)
		return IB_JSON_NULL;
	switch (json_typeof(inner(value))) {
	case JSON_OBJECT:
		return IB_JSON_OBJECT;
	case JSON_ARRAY:
		return IB_JSON_ARRAY;
	case JSON_STRING:
		return IB_JSON_STRING;
	case JSON_INTEGER:
	case JSON_REAL:
		return IB_JSON_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE:
		return IB_JSON_BOOL;
	case JSON_NULL:
		return IB_JSON_NULL;
	}
	return IB_JSON_NULL;
}

const char *ib_json_string(const struct ib_json *value)
{
	const char *text = value ? json_string_value(inner(value)) : NULL;

	if (!text || strlen(text) != json_string_length(inner(value)))
		return NULL;
	return text;
}

bool ib_json_integer(const struct ib_json *value, int64_t *ret_number)
{
	if (!value || !json_is_integer(inner(value)))
		return false;
	*ret_number = json_integer_value(inner(value));
	return true;
}

bool ib_json_is_true(const struct ib_json *value)
{
	return value && json_is_true(inner(value));
}

const struct ib_json *ib_json_get(const struct ib_json *object, const char *key)
{
	return object ? outer(json_object_get(inner(object), key)) : NULL;
}

const char *ib_json_get_string(const struct ib_json *object, const char *key)
{
	return ib_json_string(ib_json_get(object, key));
}

size_t ib_json_count(const struct ib_json *value)
{
	switch (ib_json_kind(value)) {
	case IB_JSON_ARRAY:
		return json_array_size(inner(value));
	case IB_JSON_OBJECT:
		return json_object_size(inner(value));
	case IB_JSON_NULL:
	case IB_JSON_BOOL:
	case IB_JSON_NUMBER:
	case IB_JSON_STRING:
		break;
	}
	return 0;
}

const struct ib_json *ib_json_at(const struct ib_json *array, size_t i)
{
	return array ? outer(json_array_get(inner(array), i)) : NULL;
}

/* jansson walks an object in the order in which its members were inserted. */
int ib_json_each(const struct ib_json *object, ib_json_member_fn visit, void *context,
		 struct ib_error *err)
{
	json_t *members = object ? mutable(object) : NULL;
	const char *key = NULL;
	json_t *value = NULL;

	json_object_foreach(members, key, value)
	{
		IB_TRY(visit(context, key, outer(value), err));
	}
	return 0;
}

/* The byte that the code point at s stands for, or -1; s[0] is 0xee for all of U+EF80 to U+EFFF. */
static int escaped_byte(const char *s)
{
	const uint8_t *u = (const uint8_t *)s;

	if (u[0] != 0xee || (u[1] != 0xbe && u[1] != 0xbf) || (u[2] & 0xc0) != 0x80)
		return -1;
	return (u[1] == 0xbe ? 0x80 : 0xc0) | (u[2] & 0x3f);
}

char *ib_json_decode_bytes(const char *text)
{
	uint8_t *bytes = ib_alloc(strlen(text) + 1);
	uint8_t *at = bytes;

	while (*text) {
		int byte = escaped_byte(text);

		*at++ = (uint8_t)(byte < 0 ? *text : byte);
		text += byte < 0 ? 1 : 3;
	}
	return (char *)bytes;
}
