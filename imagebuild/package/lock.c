/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a lock and reading it back. The format is described in
 * imagebuild-lock(5); reading checks every value, and then that writing what
 * was read gives the same text again.
 */
#include "package/lock.h"

#include <stdlib.h>
#include <string.h>

#include "package/lock_fields.h"
#include "package/package.h"
#include "yaml/yaml.h"

#define LOCK_MAX_BYTES (16U << 20)

static const char first_lines[] = "# The package set that a build obeys: imagebuild-lock(5). "
				  "Written by 'imagebuild lock', not by hand.\n"
				  "format: 1\n";

struct ib_lock *ib_lock_new(void)
{
	struct ib_lock *lock = ib_alloc(sizeof(*lock));

	lock->arena = ib_arena_new();
	return lock;
}

void ib_lock_free(struct ib_lock *lock)
{
	if (!lock)
		return;
	ib_strings_done(&lock->wishes);
	ib_arena_free(lock->arena);
	ib_free(lock);
}

/* ---- order ---- */

static int kind_index(const char *kind)
{
	int i = 0;

	for (i = 0; i <= IB_SCRIPTLET_TRANSACTION_TRIGGER; i++)
		if (!strcmp(kind, ib_scriptlet_kind_name((enum ib_scriptlet_kind)i)))
			return i;
	return -1;
}

static int compare_scriptlets(const void *a, const void *b)
{
	const struct ib_lock_scriptlet *x = a;
	const struct ib_lock_scriptlet *y = b;
	int order = kind_index(x->kind) - kind_index(y->kind);

	if (!order)
		order = strcmp(x->digest, y->digest);
	return order ? order : strcmp(x->decision, y->decision);
}

static int compare_packages(const void *a, const void *b)
{
	const struct ib_lock_package *x = a;
	const struct ib_lock_package *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = ib_lock_compare_versions(x->nevra, y->nevra);
	return order ? order : strcmp(x->nevra, y->nevra);
}

static int compare_repositories(const void *a, const void *b)
{
	const struct ib_lock_repository *x = a;
	const struct ib_lock_repository *y = b;

	return strcmp(x->id, y->id);
}

/* A sorted copy; the caller owns it. */
static void *sorted(const void *items, size_t count, size_t size,
		    int (*compare)(const void *, const void *))
{
	void *copy = ib_alloc_array(count ? count : 1, size);

	if (count) {
		memcpy(copy, items, count * size);
		qsort(copy, count, size, compare);
	}
	return copy;
}

/* ---- writing ---- */

static void put_scriptlets(struct ib_buffer *b, const struct ib_lock_package *package)
{
	ib_autofree struct ib_lock_scriptlet *scriptlets =
		sorted(package->scriptlets, package->scriptlet_count, sizeof(*scriptlets),
		       compare_scriptlets);
	size_t i = 0;

	ib_buffer_puts(b, ", scriptlets: [\n");
	for (i = 0; i < package->scriptlet_count; i++) {
		ib_buffer_puts(b, "      {kind: ");
		ib_yaml_put_scalar(b, scriptlets[i].kind);
		ib_buffer_puts(b, ", digest: ");
		ib_yaml_put_scalar(b, scriptlets[i].digest);
		ib_buffer_puts(b, ", decision: ");
		ib_yaml_put_scalar(b, scriptlets[i].decision);
		if (scriptlets[i].reason) {
			ib_buffer_puts(b, ", reason: ");
			ib_yaml_put_scalar(b, scriptlets[i].reason);
		}
		ib_buffer_puts(b, "},\n");
	}
	ib_buffer_puts(b, "    ]");
}

static void put_package(struct ib_buffer *b, const struct ib_lock_package *package)
{
	size_t i = 0;

	ib_buffer_puts(b, "  - {");
	for (i = 0; i < ib_lock_package_field_count; i++) {
		const struct ib_lock_field *field = &ib_lock_package_fields[i];

		ib_buffer_putf(b, "%s%s: ", i ? ", " : "", field->name);
		ib_yaml_put_scalar(b, *ib_lock_field_of(field, package));
	}
	ib_buffer_putf(b, ", size: %llu, into: [%s%s%s]", (unsigned long long)package->size,
		       package->root ? "root" : "", package->root && package->initrd ? ", " : "",
		       package->initrd ? "initrd" : "");
	if (package->scriptlet_count)
		put_scriptlets(b, package);
	ib_buffer_puts(b, "}\n");
}

static void put_title(struct ib_buffer *b, const char *title, size_t count)
{
	ib_buffer_putf(b, "%s:%s\n", title, count ? "" : " []");
}

static void put_wishes(struct ib_buffer *b, const struct ib_strings *wishes)
{
	IB_AUTO_STRINGS(in_order);
	size_t i = 0;

	for (i = 0; i < wishes->count; i++)
		ib_strings_add(&in_order, wishes->items[i]);
	ib_strings_sort_unique(&in_order);
	put_title(b, "wishes", in_order.count);
	for (i = 0; i < in_order.count; i++) {
		ib_buffer_puts(b, "  - ");
		ib_yaml_put_scalar(b, in_order.items[i]);
		ib_buffer_puts(b, "\n");
	}
}

static void put_repositories(struct ib_buffer *b, const struct ib_lock *lock)
{
	ib_autofree struct ib_lock_repository *repositories =
		sorted(lock->repositories, lock->repository_count, sizeof(*repositories),
		       compare_repositories);
	size_t i = 0;

	put_title(b, "repositories", lock->repository_count);
	for (i = 0; i < lock->repository_count; i++) {
		ib_buffer_puts(b, "  - {id: ");
		ib_yaml_put_scalar(b, repositories[i].id);
		ib_buffer_puts(b, ", repomd: ");
		ib_yaml_put_scalar(b, repositories[i].repomd_sha256);
		ib_buffer_putf(b, ", newest: %lld}\n", (long long)repositories[i].revision_time);
	}
}

char *ib_lock_text(const struct ib_lock *lock)
{
	ib_autofree struct ib_lock_package *packages =
		sorted(lock->packages, lock->package_count, sizeof(*packages), compare_packages);
	IB_AUTO_BUFFER(b, SIZE_MAX / 2);
	size_t i = 0;

	ib_buffer_puts(&b, first_lines);
	ib_buffer_puts(&b, "architecture: ");
	ib_yaml_put_scalar(&b, lock->architecture);
	ib_buffer_putf(&b, "\nbuild-time: %lld\n", (long long)lock->build_time);
	put_wishes(&b, &lock->wishes);
	put_repositories(&b, lock);
	put_title(&b, "packages", lock->package_count);
	for (i = 0; i < lock->package_count; i++)
		put_package(&b, &packages[i]);
	return ib_buffer_take_text(&b);
}

/* ---- reading ---- */

struct reader {
	const char *path;
	struct ib_lock *lock;
	struct ib_error *err;
};

static int fail_value(const struct reader *reader, const struct ib_yaml_node *node, const char *key,
		      const char *what)
{
	return ib_yaml_fail(reader->path, node, reader->err, "'%s' of '%s' is not %s",
			    node->kind == IB_YAML_SCALAR ? node->text
							 : ib_yaml_kind_name(node->kind),
			    key, what);
}

/* The value of a key that must be there, of this kind; or NULL with an IB_INPUT pending. */
static const struct ib_yaml_node *get(const struct reader *reader, const struct ib_yaml_node *node,
				      const char *key, enum ib_yaml_kind kind)
{
	const struct ib_yaml_node *value = ib_yaml_get(node, key);

	if (node->kind != IB_YAML_MAPPING)
		(void)ib_yaml_fail(reader->path, node, reader->err,
				   "a mapping with '%s' belongs here, not %s", key,
				   ib_yaml_kind_name(node->kind));
	else if (!value)
		(void)ib_yaml_fail(reader->path, node, reader->err, "there is no '%s'", key);
	else if (value->kind != kind)
		(void)fail_value(reader, value, key, ib_yaml_kind_name(kind));
	else
		return value;
	return NULL;
}

static int get_text(const struct reader *reader, const struct ib_yaml_node *node,
		    const struct ib_lock_field *field, const char **ret_text)
{
	const struct ib_yaml_node *value = NULL;

	value = get(reader, node, field->name, IB_YAML_SCALAR);
	if (!value)
		return -IB_INPUT;
	if (!field->is_good(value->text))
		return fail_value(reader, value, field->name, field->what);
	*ret_text = ib_arena_strdup(reader->lock->arena, value->text);
	return 0;
}

static int get_number(const struct reader *reader, const struct ib_yaml_node *node, const char *key,
		      uint64_t *ret_value)
{
	const struct ib_yaml_node *value = NULL;

	value = get(reader, node, key, IB_YAML_SCALAR);
	if (!value)
		return -IB_INPUT;
	if (!ib_str_to_u64(value->text, INT64_MAX, ret_value))
		return fail_value(reader, value, key, "a number");
	return 0;
}

static int read_scriptlet(const struct reader *reader, const struct ib_yaml_node *node,
			  struct ib_lock_scriptlet *scriptlet)
{
	const struct ib_yaml_node *reason = ib_yaml_get(node, "reason");
	size_t i = 0;

	for (i = 0; i < ib_lock_scriptlet_field_count; i++) {
		const struct ib_lock_field *field = &ib_lock_scriptlet_fields[i];

		IB_TRY(get_text(reader, node, field, ib_lock_member_of(field, scriptlet)));
	}
	if (!strcmp(scriptlet->decision, "skip") != (reason != NULL))
		return ib_yaml_fail(reader->path, node, reader->err,
				    "'reason' goes with decision skip, and with no other");
	if (reason && (reason->kind != IB_YAML_SCALAR || !reason->text[0]))
		return fail_value(reader, reason, "reason", "a reason");
	if (reason)
		scriptlet->reason = ib_arena_strdup(reader->lock->arena, reason->text);
	return 0;
}

static int read_scriptlets(const struct reader *reader, const struct ib_yaml_node *node,
			   struct ib_lock_package *package)
{
	const struct ib_yaml_node *list = NULL;
	struct ib_lock_scriptlet *scriptlets = NULL;
	size_t i = 0;

	if (!ib_yaml_get(node, "scriptlets"))
		return 0;
	list = get(reader, node, "scriptlets", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	scriptlets = ib_arena_alloc(reader->lock->arena, list->count * sizeof(*scriptlets));
	for (i = 0; i < list->count; i++)
		IB_TRY(read_scriptlet(reader, list->values[i], &scriptlets[i]));
	package->scriptlets = scriptlets;
	package->scriptlet_count = list->count;
	return 0;
}

static int read_into(const struct reader *reader, const struct ib_yaml_node *node,
		     struct ib_lock_package *package)
{
	const struct ib_yaml_node *list = NULL;
	size_t i = 0;

	list = get(reader, node, "into", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	for (i = 0; i < list->count; i++) {
		const struct ib_yaml_node *item = list->values[i];

		if (item->kind == IB_YAML_SCALAR && !strcmp(item->text, "root"))
			package->root = true;
		else if (item->kind == IB_YAML_SCALAR && !strcmp(item->text, "initrd"))
			package->initrd = true;
		else
			return fail_value(reader, item, "into", "root or initrd");
	}
	if (!list->count)
		return ib_yaml_fail(reader->path, list, reader->err,
				    "package '%s' goes into nothing", package->nevra);
	return 0;
}

static int check_repository(const struct reader *reader, const struct ib_yaml_node *node,
			    const struct ib_lock_package *package)
{
	const struct ib_lock *lock = reader->lock;
	size_t i = 0;

	for (i = 0; i < lock->repository_count; i++)
		if (!strcmp(lock->repositories[i].id, package->repository))
			return 0;
	return ib_yaml_fail(reader->path, node, reader->err,
			    "package '%s' is of repository '%s', which the lock does not list",
			    package->nevra, package->repository);
}

static int read_package(const struct reader *reader, const struct ib_yaml_node *node,
			struct ib_lock_package *package)
{
	size_t i = 0;

	for (i = 0; i < ib_lock_package_field_count; i++) {
		const struct ib_lock_field *field = &ib_lock_package_fields[i];

		IB_TRY(get_text(reader, node, field, ib_lock_member_of(field, package)));
	}
	ib_lock_split_nevra(reader->lock->arena, package);
	IB_TRY(get_number(reader, node, "size", &package->size));
	IB_TRY(check_repository(reader, node, package));
	IB_TRY(read_into(reader, node, package));
	return read_scriptlets(reader, node, package);
}

static int read_packages(const struct reader *reader, const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *list = NULL;
	struct ib_lock_package *packages = NULL;
	size_t i = 0;

	list = get(reader, root, "packages", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	packages = ib_arena_alloc(reader->lock->arena, list->count * sizeof(*packages));
	for (i = 0; i < list->count; i++) {
		IB_TRY(read_package(reader, list->values[i], &packages[i]));
		if (i && compare_packages(&packages[i - 1], &packages[i]) >= 0)
			return ib_yaml_fail(reader->path, list->values[i], reader->err,
					    "package '%s' stands here %s", packages[i].nevra,
					    strcmp(packages[i - 1].nevra, packages[i].nevra)
						    ? "out of order"
						    : "a second time");
	}
	reader->lock->packages = packages;
	reader->lock->package_count = list->count;
	return 0;
}

static int read_repositories(const struct reader *reader, const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *list = NULL;
	struct ib_lock_repository *repositories = NULL;
	size_t i = 0;

	list = get(reader, root, "repositories", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	repositories = ib_arena_alloc(reader->lock->arena, list->count * sizeof(*repositories));
	for (i = 0; i < list->count; i++) {
		const struct ib_yaml_node *node = list->values[i];
		uint64_t newest = 0;

		IB_TRY(get_text(reader, node, &ib_lock_repository_id, &repositories[i].id));
		IB_TRY(get_text(reader, node, &ib_lock_repository_repomd,
				&repositories[i].repomd_sha256));
		IB_TRY(get_number(reader, node, "newest", &newest));
		repositories[i].revision_time = (int64_t)newest;
		if (i && compare_repositories(&repositories[i - 1], &repositories[i]) >= 0)
			return ib_yaml_fail(reader->path, node, reader->err,
					    "repository '%s' stands here %s", repositories[i].id,
					    strcmp(repositories[i - 1].id, repositories[i].id)
						    ? "out of order"
						    : "a second time");
	}
	reader->lock->repositories = repositories;
	reader->lock->repository_count = list->count;
	return 0;
}

static int read_wishes(const struct reader *reader, const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *list = NULL;
	size_t i = 0;

	list = get(reader, root, "wishes", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	for (i = 0; i < list->count; i++) {
		const struct ib_yaml_node *node = list->values[i];

		if (node->kind != IB_YAML_SCALAR || !strstr(node->text, ": "))
			return fail_value(reader, node, "wishes", "a line 'key: value'");
		ib_strings_add(&reader->lock->wishes, node->text);
	}
	return 0;
}

static int read_format(const struct reader *reader, const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *format = NULL;

	format = get(reader, root, "format", IB_YAML_SCALAR);
	if (!format)
		return -IB_INPUT;
	if (!strcmp(format->text, "1"))
		return 0;
	(void)fail_value(reader, format, "format",
			 "one that this version of imagebuild reads: it reads 1");
	ib_error_hint(reader->err, "A newer imagebuild wrote it; use that one, or lock again.");
	return -IB_INPUT;
}

static int read_root(const struct reader *reader, const struct ib_yaml_node *root)
{
	uint64_t build_time = 0;

	IB_TRY(read_format(reader, root));
	IB_TRY(get_text(reader, root, &ib_lock_architecture, &reader->lock->architecture));
	IB_TRY(get_number(reader, root, "build-time", &build_time));
	reader->lock->build_time = (int64_t)build_time;
	IB_TRY(read_wishes(reader, root));
	IB_TRY(read_repositories(reader, root));
	return read_packages(reader, root);
}

/* The first line in which the texts differ. */
static int check_spelling(const struct reader *reader, const char *text)
{
	ib_autofree char *canonical = ib_lock_text(reader->lock);
	size_t line = 1;
	size_t i = 0;

	if (!strcmp(text, canonical))
		return 0;
	for (i = 0; text[i] && text[i] == canonical[i]; i++)
		line += text[i] == '\n';
	(void)ib_fail(reader->err, IB_INPUT, "%s:%zu: not as 'imagebuild lock' writes it",
		      reader->path, line);
	ib_error_hint(reader->err, "A lock has one spelling; restore the file, or lock again.");
	return -IB_INPUT;
}

int ib_lock_parse(const char *text, const char *path, struct ib_lock **ret_lock,
		  struct ib_error *err)
{
	IB_AUTO(ib_yaml) yaml = NULL;
	IB_AUTO(ib_lock) lock = ib_lock_new();
	struct reader reader = { path, lock, err };

	IB_TRY(ib_yaml_parse(text, strlen(text), path, &yaml, err));
	IB_TRY(read_root(&reader, yaml->root));
	IB_TRY(check_spelling(&reader, text));
	*ret_lock = ib_take(lock);
	return 0;
}

int ib_lock_read(const char *path, struct ib_lock **ret_lock, struct ib_error *err)
{
	ib_autofree char *text = NULL;

	if (!ib_file_exists(path)) {
		(void)ib_fail(err, IB_INPUT, "there is no lock '%s'", path);
		ib_error_hint(err, "'imagebuild lock RECIPE' makes it.");
		return -IB_INPUT;
	}
	IB_TRY(ib_file_read_text(path, LOCK_MAX_BYTES, &text, err));
	return ib_lock_parse(text, path, ret_lock, err);
}
