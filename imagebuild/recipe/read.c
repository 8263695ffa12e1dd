/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From files to a recipe: load all that is included, find the architecture,
 * then read file by file, what is included first, so that the includer's
 * values win and its lists come last.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "recipe/check.h"
#include "recipe/fields.h"

#define FILE_MAX_BYTES (1U << 20)
#define FILES_MAX      64
#define DEPTH_MAX      8

struct source {
	const char *path;
	const char *folder;
	dev_t device;
	ino_t inode;
	struct ib_yaml *yaml;
	bool complete; /* all that it includes stands in front of it in the order */
};

struct loader {
	struct ib_arena *arena;
	struct source sources[FILES_MAX]; /* as met */
	size_t source_count;
	size_t order[FILES_MAX]; /* as read */
	size_t order_count;
};

static void loader_done(struct loader *loader)
{
	size_t i = 0;

	for (i = 0; i < loader->source_count; i++)
		ib_yaml_free(loader->sources[i].yaml);
}

static struct ib_recipe_reader reader_of(const struct loader *loader, const struct source *source)
{
	return (struct ib_recipe_reader){ loader->arena, source->path, source->folder };
}

/* ---- the keys that are acted upon here ---- */

static int expect_list(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		       const struct ib_yaml_node *node, void *base, struct ib_error *err)
{
	(void)base;
	return ib_recipe_expect(reader, field->name, node, IB_YAML_SEQUENCE, err);
}

static void describe_include(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	(void)field;
	ib_buffer_puts(json, "\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1}");
}

const struct ib_recipe_type ib_recipe_include = { expect_list, NULL, describe_include };

static int expect_mapping(const struct ib_recipe_reader *reader,
			  const struct ib_recipe_field *field, const struct ib_yaml_node *node,
			  void *base, struct ib_error *err)
{
	(void)base;
	return ib_recipe_expect(reader, field->name, node, IB_YAML_MAPPING, err);
}

static void describe_parts(const struct ib_recipe_field *field, struct ib_buffer *json)
{
	size_t i = 0;

	(void)field;
	ib_buffer_puts(json, "\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
	for (i = 0; ib_recipe_architectures[i]; i++) {
		ib_buffer_putf(json, "%s\"%s\":", i ? "," : "", ib_recipe_architectures[i]);
		ib_recipe_describe_table(&ib_recipe_table_root, true, json);
	}
	ib_buffer_puts(json, "}");
}

const struct ib_recipe_type ib_recipe_parts = { expect_mapping, NULL, describe_parts };

/* ---- loading ---- */

static int check_beginning(const struct source *source, struct ib_error *err)
{
	const struct ib_yaml_node *root = source->yaml->root;

	if (root->kind != IB_YAML_MAPPING)
		return ib_yaml_fail(source->path, root, err, "a recipe must be a mapping, not %s",
				    ib_yaml_kind_name(root->kind));
	if (root->count && !strcmp(root->keys[0]->text, "format"))
		return 0;
	(void)ib_yaml_fail(source->path, root, err, "the first key must be 'format'");
	ib_error_hint(err, "Write 'format: 1' as the first line.");
	return -IB_INPUT;
}

/* The place where path is named, "recipe" where that is the command line. */
static int fail_to_open(const struct ib_mark *named, const char *path, int errnum,
			struct ib_error *err)
{
	const char *reason = strerrordesc_np(errnum);

	if (!named)
		return ib_fail(err, IB_INPUT, "could not open recipe '%s': %s", path, reason);
	return ib_recipe_fail(*named, err, "could not open '%s', which is included here: %s", path,
			      reason);
}

/* NULL if the file is new; else where it was met before. */
static const struct source *find_source(const struct loader *loader, const struct stat *st)
{
	size_t i = 0;

	for (i = 0; i < loader->source_count; i++)
		if (loader->sources[i].device == st->st_dev &&
		    loader->sources[i].inode == st->st_ino)
			return &loader->sources[i];
	return NULL;
}

static int load(struct loader *loader, const char *path, const struct ib_mark *named,
		unsigned depth, struct ib_error *err);

static int load_included(struct loader *loader, const struct source *source, unsigned depth,
			 struct ib_error *err)
{
	const struct ib_yaml_node *list = ib_yaml_get(source->yaml->root, "include");
	struct ib_recipe_reader reader = reader_of(loader, source);
	size_t i = 0;

	if (!list)
		return 0;
	IB_TRY(ib_recipe_expect(&reader, "include", list, IB_YAML_SEQUENCE, err));
	for (i = 0; i < list->count; i++) {
		struct ib_mark mark = ib_recipe_mark(&reader, list->values[i]);
		ib_autofree char *path = NULL;
		const char *name = NULL;

		IB_TRY(ib_recipe_read_text(&reader, "include", NULL, list->values[i], &name, err));
		path = strcmp(source->folder, ".") ? ib_path_join(source->folder, name)
						   : ib_strdup(name);
		if (depth == DEPTH_MAX)
			return ib_fail(err, IB_LIMIT, "%s:%u:%u: files included more than %d deep",
				       mark.file, mark.line, mark.column, DEPTH_MAX);
		IB_TRY(load(loader, path, &mark, depth + 1, err));
	}
	return 0;
}

static int load(struct loader *loader, const char *path, const struct ib_mark *named,
		unsigned depth, struct ib_error *err)
{
	const struct source *earlier = NULL;
	struct source *source = NULL;
	ib_autofree char *folder = NULL;
	struct stat st;

	if (stat(path, &st))
		return fail_to_open(named, path, errno, err);
	if (!S_ISREG(st.st_mode))
		return fail_to_open(named, path, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, err);
	earlier = find_source(loader, &st);
	if (earlier && earlier->complete)
		return 0; /* included by two others: read once */
	if (earlier)
		return ib_recipe_fail(*named, err, "'%s' includes itself", earlier->path);
	if (loader->source_count == FILES_MAX)
		return ib_fail(err, IB_LIMIT, "%s: more than %d files included", path, FILES_MAX);
	source = &loader->sources[loader->source_count];
	*source = (struct source){ .device = st.st_dev, .inode = st.st_ino };
	folder = ib_path_directory(path);
	source->path = ib_arena_strdup(loader->arena, path);
	source->folder = ib_arena_strdup(loader->arena, folder);
	IB_TRY(ib_yaml_read(path, FILE_MAX_BYTES, &source->yaml, err));
	loader->source_count++;
	IB_TRY(check_beginning(source, err));
	IB_TRY(load_included(loader, source, depth, err));
	source->complete = true;
	loader->order[loader->order_count++] = (size_t)(source - loader->sources);
	return 0;
}

/* ---- reading ---- */

/*
 * The last word on the architecture, before anything else is read; where
 * several are named and none of them is singled out, the first one.
 */
static const char *find_architecture(const struct loader *loader)
{
	const char *found = NULL;
	const char *first = NULL;
	size_t i = 0;

	for (i = 0; i < loader->order_count; i++) {
		const struct source *source = &loader->sources[loader->order[i]];
		const struct ib_yaml_node *image = ib_yaml_get(source->yaml->root, "image");
		const struct ib_yaml_node *node = image ? ib_yaml_get(image, "architecture") : NULL;
		const struct ib_yaml_node *list =
			image ? ib_yaml_get(image, "architectures") : NULL;

		if (node && node->kind == IB_YAML_SCALAR)
			found = node->text;
		if (list && !first && list->kind == IB_YAML_SEQUENCE && list->count &&
		    list->values[0]->kind == IB_YAML_SCALAR)
			first = list->values[0]->text;
	}
	return found ? found : first;
}

/* Parts for other architectures are checked as well, and forgotten. */
static int read_parts(const struct ib_recipe_reader *reader, const struct ib_yaml_node *root,
		      const char *architecture, struct ib_recipe *recipe, struct ib_error *err)
{
	const struct ib_yaml_node *parts = ib_yaml_get(root, "architectures");
	static const struct ib_recipe_rule rule = { .words = ib_recipe_architectures };
	size_t i = 0;

	if (!parts)
		return 0;
	for (i = 0; i < parts->count; i++) {
		struct ib_recipe forgotten = { 0 };
		const char *name = NULL;

		IB_TRY(ib_recipe_read_text(reader, "architectures", &rule, parts->keys[i], &name,
					   err));
		IB_TRY(ib_recipe_expect(reader, name, parts->values[i], IB_YAML_MAPPING, err));
		IB_TRY(ib_recipe_read_pairs(reader, &ib_recipe_table_root, parts->values[i], true,
					    ib_str_equal(name, architecture) ? recipe : &forgotten,
					    err));
	}
	return 0;
}

static int read_source(const struct loader *loader, const struct source *source,
		       const char *architecture, struct ib_recipe *recipe, struct ib_error *err)
{
	struct ib_recipe_reader reader = reader_of(loader, source);

	IB_TRY(ib_recipe_read_pairs(&reader, &ib_recipe_table_root, source->yaml->root, false,
				    recipe, err));
	return read_parts(&reader, source->yaml->root, architecture, recipe, err);
}

static int read_all(struct loader *loader, const char *path, const char *architecture,
		    struct ib_recipe *recipe, struct ib_error *err)
{
	size_t i = 0;

	IB_TRY(load(loader, path, NULL, 0, err));
	if (!architecture)
		architecture = find_architecture(loader);
	for (i = 0; i < loader->order_count; i++)
		IB_TRY(read_source(loader, &loader->sources[loader->order[i]], architecture, recipe,
				   err));
	return ib_recipe_choose(recipe, ib_arena_strdup(recipe->arena, architecture), err);
}

int ib_recipe_read_for(const char *path, const char *architecture, struct ib_recipe **ret_recipe,
		       struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = ib_alloc(sizeof(*recipe));
	__attribute__((cleanup(loader_done))) struct loader loader = { 0 };

	recipe->arena = loader.arena = ib_arena_new();
	recipe->path = ib_arena_strdup(recipe->arena, path);
	recipe->root_format = "erofs";
	recipe->command_line_defaults = true;
	IB_TRY(read_all(&loader, recipe->path, architecture, recipe, err));
	IB_TRY(ib_recipe_check(recipe, err));
	ib_recipe_complete(recipe);
	*ret_recipe = ib_take(recipe);
	return 0;
}

int ib_recipe_read(const char *path, struct ib_recipe **ret_recipe, struct ib_error *err)
{
	return ib_recipe_read_for(path, NULL, ret_recipe, err);
}

void ib_recipe_free(struct ib_recipe *recipe)
{
	if (!recipe)
		return;
	ib_arena_free(recipe->arena);
	ib_free(recipe);
}
