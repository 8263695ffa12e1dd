/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a lock: every value is checked, then that writing what was read gives
 * the same text again.
 */
#include <string.h>

#include "package/lock_fields.h"
#include "yaml/yaml.h"

#define LOCK_MAX_BYTES (64U << 20)

int ib_lock_fail_value(const struct ib_lock_reader *reader, const struct ib_yaml_node *node,
		       const char *key, const char *what)
{
	return ib_yaml_fail(reader->path, node, reader->err, "'%s' of '%s' is not %s",
			    node->kind == IB_YAML_SCALAR ? node->text
							 : ib_yaml_kind_name(node->kind),
			    key, what);
}

/* The value of a key that must be there, of this kind; or NULL with an IB_INPUT pending. */
static const struct ib_yaml_node *get_node(const struct ib_lock_reader *reader,
					   const struct ib_yaml_node *node, const char *key,
					   enum ib_yaml_kind kind)
{
	const struct ib_yaml_node *value = ib_yaml_get(node, key);

	if (node->kind != IB_YAML_MAPPING)
		(void)ib_yaml_fail(reader->path, node, reader->err,
				   "a mapping with '%s' belongs here, not %s", key,
				   ib_yaml_kind_name(node->kind));
	else if (!value)
		(void)ib_yaml_fail(reader->path, node, reader->err, "there is no '%s'", key);
	else if (value->kind != kind)
		(void)ib_lock_fail_value(reader, value, key, ib_yaml_kind_name(kind));
	else
		return value;
	return NULL;
}

int ib_lock_get_text(const struct ib_lock_reader *reader, const struct ib_yaml_node *node,
		     const struct ib_lock_field *field, const char **ret_text)
{
	const struct ib_yaml_node *value = NULL;

	value = get_node(reader, node, field->name, IB_YAML_SCALAR);
	if (!value)
		return -IB_INPUT;
	if (!field->is_good(value->text))
		return ib_lock_fail_value(reader, value, field->name, field->what);
	*ret_text = ib_arena_strdup(reader->lock->arena, value->text);
	return 0;
}

static int get_number(const struct ib_lock_reader *reader, const struct ib_yaml_node *node,
		      const char *key, uint64_t *ret_value)
{
	const struct ib_yaml_node *value = NULL;

	value = get_node(reader, node, key, IB_YAML_SCALAR);
	if (!value)
		return -IB_INPUT;
	if (!ib_str_to_u64(value->text, INT64_MAX, ret_value))
		return ib_lock_fail_value(reader, value, key, "a number");
	return 0;
}

static int read_scriptlet(const struct ib_lock_reader *reader, const struct ib_yaml_node *node,
			  struct ib_lock_scriptlet *scriptlet)
{
	const struct ib_yaml_node *reason = ib_yaml_get(node, "reason");
	bool skip = false;
	bool run = false;
	size_t i = 0;

	for (i = 0; i < ib_lock_scriptlet_field_count; i++) {
		const struct ib_lock_field *field = &ib_lock_scriptlet_fields[i];

		IB_TRY(ib_lock_get_text(reader, node, field, ib_lock_member_of(field, scriptlet)));
	}
	skip = !strcmp(scriptlet->decision, "skip");
	run = !strcmp(scriptlet->decision, "run");
	if (skip ? !reason : !run && reason)
		return ib_yaml_fail(reader->path, node, reader->err,
				    "'reason' goes with decision skip, and may go with run only");
	if (run != (ib_yaml_get(node, "effects") != NULL))
		return ib_yaml_fail(reader->path, node, reader->err,
				    "'effects' goes with decision run, and with no other");
	if (run)
		IB_TRY(ib_lock_get_text(reader, node, &ib_lock_effects, &scriptlet->effects));
	if (reason && (reason->kind != IB_YAML_SCALAR || !reason->text[0]))
		return ib_lock_fail_value(reader, reason, "reason", "a reason");
	if (reason)
		scriptlet->reason = ib_arena_strdup(reader->lock->arena, reason->text);
	return 0;
}

static int read_scriptlets(const struct ib_lock_reader *reader, const struct ib_yaml_node *node,
			   struct ib_lock_package *package)
{
	const struct ib_yaml_node *list = NULL;
	struct ib_lock_scriptlet *scriptlets = NULL;
	size_t i = 0;

	if (!ib_yaml_get(node, "scriptlets"))
		return 0;
	list = get_node(reader, node, "scriptlets", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	scriptlets = ib_arena_alloc(reader->lock->arena, list->count * sizeof(*scriptlets));
	for (i = 0; i < list->count; i++)
		IB_TRY(read_scriptlet(reader, list->values[i], &scriptlets[i]));
	package->scriptlets = scriptlets;
	package->scriptlet_count = list->count;
	return 0;
}

static int read_into(const struct ib_lock_reader *reader, const struct ib_yaml_node *node,
		     struct ib_lock_package *package)
{
	const struct ib_yaml_node *list = NULL;
	size_t i = 0;

	list = get_node(reader, node, "into", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	for (i = 0; i < list->count; i++) {
		const struct ib_yaml_node *item = list->values[i];

		if (item->kind == IB_YAML_SCALAR && !strcmp(item->text, "root"))
			package->root = true;
		else if (item->kind == IB_YAML_SCALAR && !strcmp(item->text, "initrd"))
			package->initrd = true;
		else
			return ib_lock_fail_value(reader, item, "into", "root or initrd");
	}
	if (!list->count)
		return ib_yaml_fail(reader->path, list, reader->err,
				    "package '%s' goes into nothing", package->nevra);
	return 0;
}

static int check_repository(const struct ib_lock_reader *reader, const struct ib_yaml_node *node,
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

static int read_package(const struct ib_lock_reader *reader, const struct ib_yaml_node *node,
			struct ib_lock_package *package)
{
	size_t i = 0;

	for (i = 0; i < ib_lock_package_field_count; i++) {
		const struct ib_lock_field *field = &ib_lock_package_fields[i];

		IB_TRY(ib_lock_get_text(reader, node, field, ib_lock_member_of(field, package)));
	}
	ib_lock_split_nevra(reader->lock->arena, package);
	IB_TRY(get_number(reader, node, "size", &package->size));
	IB_TRY(check_repository(reader, node, package));
	IB_TRY(read_into(reader, node, package));
	return read_scriptlets(reader, node, package);
}

static int read_packages(const struct ib_lock_reader *reader, const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *list = NULL;
	struct ib_lock_package *packages = NULL;
	size_t i = 0;

	list = get_node(reader, root, "packages", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	packages = ib_arena_alloc(reader->lock->arena, list->count * sizeof(*packages));
	for (i = 0; i < list->count; i++) {
		IB_TRY(read_package(reader, list->values[i], &packages[i]));
		if (i && ib_lock_compare_packages(&packages[i - 1], &packages[i]) >= 0)
			return ib_yaml_fail(reader->path, list->values[i], reader->err,
					    "package '%s' stands here %s", packages[i].nevra,
					    strcmp(packages[i - 1].nevra, packages[i].nevra)
						    ? "out of order"
						    : "a second time");
	}
	reader->lock->packages = packages;
	reader->lock->package_count = list->count;
	return ib_lock_read_reasons(reader, list, packages);
}

static int read_repositories(const struct ib_lock_reader *reader, const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *list = NULL;
	struct ib_lock_repository *repositories = NULL;
	size_t i = 0;

	list = get_node(reader, root, "repositories", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	repositories = ib_arena_alloc(reader->lock->arena, list->count * sizeof(*repositories));
	for (i = 0; i < list->count; i++) {
		const struct ib_yaml_node *node = list->values[i];
		uint64_t newest = 0;

		IB_TRY(ib_lock_get_text(reader, node, &ib_lock_repository_id, &repositories[i].id));
		IB_TRY(ib_lock_get_text(reader, node, &ib_lock_repository_repomd,
					&repositories[i].repomd_sha256));
		IB_TRY(ib_lock_get_text(reader, node, &ib_lock_repository_revision,
					&repositories[i].revision));
		IB_TRY(get_number(reader, node, "newest", &newest));
		repositories[i].revision_time = (int64_t)newest;
		if (i && ib_lock_compare_repositories(&repositories[i - 1], &repositories[i]) >= 0)
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

static int read_wishes(const struct ib_lock_reader *reader, const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *list = NULL;
	size_t i = 0;

	list = get_node(reader, root, "wishes", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	for (i = 0; i < list->count; i++) {
		const struct ib_yaml_node *node = list->values[i];

		if (node->kind != IB_YAML_SCALAR || !strstr(node->text, ": "))
			return ib_lock_fail_value(reader, node, "wishes", "a line 'key: value'");
		ib_strings_add(&reader->lock->wishes, node->text);
	}
	return 0;
}

static bool same_account(const char *line, const char *other)
{
	const char *space = strrchr(line, ' ');

	return strrchr(other, ' ') - other == space - line &&
	       !strncmp(line, other, (size_t)(space - line));
}

static int read_accounts(const struct ib_lock_reader *reader, const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *list = NULL;
	size_t i = 0;

	list = get_node(reader, root, "accounts", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	for (i = 0; i < list->count; i++) {
		const struct ib_yaml_node *node = list->values[i];

		if (node->kind != IB_YAML_SCALAR || !ib_lock_is_account(node->text))
			return ib_lock_fail_value(
				reader, node, "accounts",
				"a line 'user NAME NUMBER' or 'group NAME NUMBER'");
		if (i && same_account(list->values[i - 1]->text, node->text))
			return ib_yaml_fail(reader->path, node, reader->err,
					    "'%s' stands here a second time", node->text);
		ib_strings_add(&reader->lock->accounts, node->text);
	}
	return 0;
}

static int read_part(const struct ib_lock_reader *reader, const struct ib_yaml_node *node)
{
	uint64_t build_time = 0;

	IB_TRY(ib_lock_get_text(reader, node, &ib_lock_architecture, &reader->lock->architecture));
	IB_TRY(get_number(reader, node, "build-time", &build_time));
	reader->lock->build_time = (int64_t)build_time;
	IB_TRY(read_wishes(reader, node));
	IB_TRY(read_repositories(reader, node));
	IB_TRY(read_accounts(reader, node));
	return read_packages(reader, node);
}

/* A recipe that was named where a lock belongs must not be called a lock that may go. */
static int refuse_recipe(const struct ib_lock_reader *reader, const struct ib_yaml_node *image)
{
	(void)ib_yaml_fail(reader->path, image, reader->err, "this is a recipe, not a lock");
	ib_error_hint(reader->err, "'imagebuild lock %s' makes its lock.", reader->path);
	return -IB_INPUT;
}

static int read_format(const struct ib_lock_reader *reader, const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *image = ib_yaml_get(root, "image");
	const struct ib_yaml_node *format = NULL;
	uint64_t version = 0;
	bool older = false;

	if (image)
		return refuse_recipe(reader, image);
	format = get_node(reader, root, "format", IB_YAML_SCALAR);
	if (!format)
		return -IB_INPUT;
	if (ib_str_to_u64(format->text, UINT32_MAX, &version) && version == IB_LOCK_FORMAT)
		return 0;
	older = version && version < IB_LOCK_FORMAT;
	(void)ib_yaml_fail(
		reader->path, format, reader->err,
		"'%s' of 'format' is not the one that this imagebuild reads, which is %d",
		format->text, IB_LOCK_FORMAT);
	ib_error_hint(reader->err, "%s imagebuild wrote it; %s", older ? "An older" : "A newer",
		      older ? "remove it, and lock again." : "use that one, or lock again.");
	return -IB_INPUT;
}

static int read_parts(const struct ib_yaml_node *root, const char *path, struct ib_locks *locks,
		      struct ib_error *err)
{
	struct ib_lock_reader reader = { path, NULL, err };
	const struct ib_yaml_node *list = NULL;
	size_t i = 0;

	IB_TRY(read_format(&reader, root));
	list = get_node(&reader, root, "architectures", IB_YAML_SEQUENCE);
	if (!list)
		return -IB_INPUT;
	for (i = 0; i < list->count; i++) {
		IB_AUTO(ib_lock) lock = ib_lock_new();

		reader.lock = lock;
		IB_TRY(read_part(&reader, list->values[i]));
		if (ib_locks_find(locks, lock->architecture))
			return ib_yaml_fail(path, list->values[i], err,
					    "architecture '%s' stands here a second time",
					    lock->architecture);
		ib_locks_put(locks, ib_take(lock));
	}
	return 0;
}

/* The first line in which the texts differ. */
static int check_spelling(const char *text, const char *path, const struct ib_locks *locks,
			  struct ib_error *err)
{
	ib_autofree char *canonical = ib_locks_text(locks);
	size_t line = 1;
	size_t i = 0;

	if (!strcmp(text, canonical))
		return 0;
	for (i = 0; text[i] && text[i] == canonical[i]; i++)
		line += text[i] == '\n';
	(void)ib_fail(err, IB_INPUT, "%s:%zu: not as 'imagebuild lock' writes it", path, line);
	ib_error_hint(err, "A lock has one spelling; restore the file, or lock again.");
	return -IB_INPUT;
}

int ib_locks_parse(const char *text, const char *path, struct ib_locks **ret_locks,
		   struct ib_error *err)
{
	IB_AUTO(ib_yaml) yaml = NULL;
	IB_AUTO(ib_locks) locks = ib_locks_new();

	IB_TRY(ib_yaml_parse(text, strlen(text), path, &yaml, err));
	IB_TRY(read_parts(yaml->root, path, locks, err));
	IB_TRY(check_spelling(text, path, locks, err));
	IB_TRY(ib_locks_check_sources(locks, path, err));
	*ret_locks = ib_take(locks);
	return 0;
}

int ib_locks_read(const char *path, struct ib_locks **ret_locks, struct ib_error *err)
{
	ib_autofree char *text = NULL;

	if (!ib_file_exists(path)) {
		(void)ib_fail(err, IB_INPUT, "there is no lock '%s'", path);
		ib_error_hint(err, "'imagebuild lock RECIPE' makes it.");
		return -IB_INPUT;
	}
	IB_TRY(ib_file_read_text(path, LOCK_MAX_BYTES, &text, err));
	return ib_locks_parse(text, path, ret_locks, err);
}

/* ---- one part ---- */

static char *architectures_of(const struct ib_locks *locks)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	for (i = 0; i < locks->count; i++)
		ib_strings_add(&names, locks->parts[i]->architecture);
	return names.count ? ib_strings_join(&names, " and ") : ib_strdup("none");
}

/* Hands that part over; what else the locks hold stays theirs. */
static int take_part(struct ib_locks *locks, const char *path, const char *architecture,
		     struct ib_lock **ret_lock, struct ib_error *err)
{
	ib_autofree char *names = architectures_of(locks);
	size_t i = 0;

	if (!architecture && locks->count != 1) {
		(void)ib_fail(err, IB_INPUT,
			      "%s is the lock for %s, and one architecture is needed", path, names);
		return -IB_INPUT;
	}
	for (i = 0; i < locks->count; i++) {
		if (architecture && strcmp(locks->parts[i]->architecture, architecture) != 0)
			continue;
		*ret_lock = locks->parts[i];
		locks->parts[i] = locks->parts[--locks->count];
		return 0;
	}
	(void)ib_fail(err, IB_INPUT, "%s is the lock for %s, not for %s", path, names,
		      architecture);
	ib_error_hint(err, "'imagebuild lock RECIPE --arch %s' adds it.", architecture);
	return -IB_INPUT;
}

int ib_lock_parse(const char *text, const char *path, struct ib_lock **ret_lock,
		  struct ib_error *err)
{
	IB_AUTO(ib_locks) locks = NULL;

	IB_TRY(ib_locks_parse(text, path, &locks, err));
	return take_part(locks, path, NULL, ret_lock, err);
}

int ib_lock_read(const char *path, const char *architecture, struct ib_lock **ret_lock,
		 struct ib_error *err)
{
	IB_AUTO(ib_locks) locks = NULL;

	IB_TRY(ib_locks_read(path, &locks, err));
	return take_part(locks, path, architecture, ret_lock, err);
}
