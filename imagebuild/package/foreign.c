/* SPDX-License-Identifier: Apache-2.0 */
/* The table of formats, and what is common to them. */
#include "package/foreign_fields.h"

#include <string.h>

static const struct ib_foreign_format *const formats[] = {
	&ib_foreign_rpms,
	&ib_foreign_manifest,
};

int ib_foreign_format(const char *name, const struct ib_foreign_format **ret_format,
		      struct ib_error *err)
{
	IB_AUTO_STRINGS(names);
	ib_autofree char *list = NULL;
	const char *near = NULL;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(formats); i++) {
		if (!strcmp(formats[i]->name, name)) {
			*ret_format = formats[i];
			return 0;
		}
		ib_strings_add(&names, formats[i]->name);
	}
	list = ib_strings_join(&names, ", ");
	near = ib_str_nearest(name, (const char *const *)names.items, names.count);
	(void)ib_fail(err, IB_INPUT, "'%s' is not a format; there are: %s", name, list);
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	return -IB_INPUT;
}

const char *ib_foreign_format_name(const struct ib_foreign_format *format)
{
	return format->name;
}

static int find_format(const struct ib_foreign_reader *reader, const struct ib_yaml_node *root)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(formats); i++)
		if (formats[i]->is(root)) {
			reader->foreign->format = formats[i];
			return 0;
		}
	(void)ib_foreign_fail(reader, root,
			      "neither an rpms.lock.yaml (it has 'lockfileVersion') nor a "
			      "packages.manifest.yaml (it has 'document: rpm-package-manifest')");
	ib_error_hint(reader->err, "'imagebuild import' makes a recipe of an rpms.in.yaml (it has "
				   "'contentOrigin') and of a packages.input.yaml, too.");
	return -IB_INPUT;
}

int ib_foreign_read(const char *path, struct ib_foreign **ret_foreign, struct ib_error *err)
{
	IB_AUTO(ib_foreign) foreign = ib_alloc(sizeof(*foreign));
	const struct ib_foreign_reader reader = { foreign, err };

	foreign->arena = ib_arena_new();
	foreign->path = ib_arena_strdup(foreign->arena, path);
	IB_TRY(ib_yaml_read(path, IB_FOREIGN_MAX_BYTES, &foreign->yaml, err));
	IB_TRY(find_format(&reader, foreign->yaml->root));
	IB_TRY(foreign->format->read(&reader, foreign->yaml->root));
	*ret_foreign = ib_take(foreign);
	return 0;
}

void ib_foreign_put(const struct ib_foreign *foreign, struct ib_buffer *b)
{
	foreign->format->put(foreign, b);
}

int ib_foreign_from_lock(const struct ib_foreign_format *format,
			 const struct ib_foreign_origin *origins, size_t count,
			 struct ib_foreign **ret_foreign, struct ib_error *err)
{
	IB_AUTO(ib_foreign) foreign = ib_alloc(sizeof(*foreign));

	foreign->arena = ib_arena_new();
	foreign->format = format;
	foreign->path = "lock";
	IB_TRY(format->from_lock(foreign, origins, count, err));
	*ret_foreign = ib_take(foreign);
	return 0;
}

void ib_foreign_free(struct ib_foreign *foreign)
{
	if (!foreign)
		return;
	ib_yaml_free(foreign->yaml);
	ib_arena_free(foreign->arena);
	ib_free(foreign);
}

const char *ib_foreign_expand(struct ib_arena *arena, const char *url, const char *architecture)
{
	static const char *const words[] = { "$basearch", "${basearch}", "$arch", "${arch}" };
	IB_AUTO_BUFFER(b, SIZE_MAX / 2);
	size_t i = 0;

	while (*url) {
		for (i = 0; i < IB_COUNT(words); i++)
			if (ib_str_starts(url, words[i]))
				break;
		if (i < IB_COUNT(words)) {
			ib_buffer_puts(&b, architecture);
			url += strlen(words[i]);
		} else {
			ib_buffer_put_u8(&b, (uint8_t)*url++);
		}
	}
	return ib_arena_strdup(arena, ib_buffer_text(&b));
}
