/* SPDX-License-Identifier: Apache-2.0 */
/* rpms.lock.yaml, as rpm-lockfile-prototype writes it and Hermeto and Renovate read it. */
#include <string.h>

#include "package/foreign_fields.h"
#include "package/lock_diff.h"

#define ITEM(member) offsetof(struct ib_foreign_item, member)
static const struct ib_foreign_field package_fields[] = {
	{ "url", ITEM(url), IB_FOREIGN_TEXT, true },
	{ "repoid", ITEM(repository), IB_FOREIGN_TEXT, false },
	{ "size", ITEM(size), IB_FOREIGN_SIZE, false },
	{ "checksum", ITEM(checksum), IB_FOREIGN_CHECKSUM, false },
	{ "name", ITEM(name), IB_FOREIGN_TEXT, false },
	{ "evr", ITEM(evr), IB_FOREIGN_TEXT, false },
	{ "sourcerpm", ITEM(source_rpm), IB_FOREIGN_TEXT, false },
};
static const struct ib_foreign_field module_fields[] = {
	{ "url", ITEM(url), IB_FOREIGN_TEXT, true },
	{ "repoid", ITEM(repository), IB_FOREIGN_TEXT, true },
	{ "size", ITEM(size), IB_FOREIGN_SIZE, false },
	{ "checksum", ITEM(checksum), IB_FOREIGN_CHECKSUM, false },
};

#define FIELDS(list) (list), IB_COUNT(list)
static const struct ib_foreign_table table_package = { "a package", FIELDS(package_fields),
						       ITEM(extras) };
static const struct ib_foreign_table table_source = { "a source package", FIELDS(package_fields),
						      ITEM(extras) };
static const struct ib_foreign_table table_module = { "module metadata", FIELDS(module_fields),
						      ITEM(extras) };

static const struct {
	const char *key;
	const struct ib_foreign_table *table;
} lists[IB_FOREIGN_LISTS] = {
	[IB_FOREIGN_PACKAGES] = { "packages", &table_package },
	[IB_FOREIGN_SOURCES] = { "source", &table_source },
	[IB_FOREIGN_MODULES] = { "module_metadata", &table_module },
};

static const struct ib_foreign_field part_fields[] = {
	{ "arch", offsetof(struct ib_foreign_part, architecture), IB_FOREIGN_TEXT, true },
	{ "packages", 0, IB_FOREIGN_OTHER, false },
	{ "source", 0, IB_FOREIGN_OTHER, false },
	{ "module_metadata", 0, IB_FOREIGN_OTHER, false },
};
static const struct ib_foreign_table table_part = { "an architecture", FIELDS(part_fields),
						    offsetof(struct ib_foreign_part, extras) };

static const struct ib_foreign_field top_fields[] = {
	{ "lockfileVersion", 0, IB_FOREIGN_OTHER, true },
	{ "lockfileVendor", 0, IB_FOREIGN_OTHER, true },
	{ "arches", 0, IB_FOREIGN_OTHER, true },
};
static const struct ib_foreign_table table_top = { "an rpms.lock.yaml", FIELDS(top_fields),
						   offsetof(struct ib_foreign, extras) };

static bool is_rpms(const struct ib_yaml_node *root)
{
	return ib_yaml_get(root, "lockfileVersion") != NULL;
}

static int check_constant(const struct ib_foreign_reader *reader, const struct ib_yaml_node *root,
			  const char *key, const char *value, bool is_text)
{
	const struct ib_yaml_node *node = ib_foreign_get(root, key);

	IB_TRY(ib_foreign_expect(reader, node, key, IB_YAML_SCALAR));
	if (ib_str_equal(node->text, value) && (is_text || !node->quoted))
		return 0;
	return ib_foreign_fail(reader, node, "'%s' of '%s' is not %s, the only one that is known",
			       node->text, key, value);
}

static int read_part(const struct ib_foreign_reader *reader, const struct ib_yaml_node *node,
		     struct ib_foreign_part *part)
{
	size_t i = 0;

	IB_TRY(ib_foreign_read_fields(reader, &table_part, node, part));
	for (i = 0; i < IB_FOREIGN_LISTS; i++)
		IB_TRY(ib_foreign_read_items(reader, lists[i].table,
					     ib_foreign_get(node, lists[i].key), &part->lists[i]));
	return 0;
}

static int read_rpms(const struct ib_foreign_reader *reader, const struct ib_yaml_node *root)
{
	struct ib_foreign *foreign = reader->foreign;
	const struct ib_yaml_node *arches = NULL;
	struct ib_foreign_part *parts = NULL;
	size_t i = 0;

	IB_TRY(ib_foreign_read_fields(reader, &table_top, root, foreign));
	IB_TRY(check_constant(reader, root, "lockfileVersion", "1", false));
	IB_TRY(check_constant(reader, root, "lockfileVendor", "redhat", true));
	arches = ib_foreign_get(root, "arches");
	IB_TRY(ib_foreign_expect(reader, arches, "'arches'", IB_YAML_SEQUENCE));
	parts = ib_arena_alloc(foreign->arena, (arches->count + 1) * sizeof(*parts));
	for (i = 0; i < arches->count; i++)
		IB_TRY(read_part(reader, arches->values[i], &parts[i]));
	foreign->parts = parts;
	foreign->part_count = arches->count;
	return 0;
}

static void put_rpms(const struct ib_foreign *foreign, struct ib_buffer *b)
{
	struct ib_foreign_writer writer = { b, 0, false };
	size_t i = 0;
	size_t j = 0;

	ib_buffer_puts(b, "---\nlockfileVersion: 1\nlockfileVendor: redhat\n");
	ib_foreign_put_extras(&writer, &foreign->extras);
	ib_foreign_put_key(&writer, "arches");
	ib_buffer_puts(b, foreign->part_count ? "\n" : " []\n");
	writer.indent = 2;
	for (i = 0; i < foreign->part_count; i++) {
		const struct ib_foreign_part *part = &foreign->parts[i];

		writer.is_item = true;
		ib_foreign_put_fields(&writer, &table_part, part);
		for (j = 0; j < IB_FOREIGN_LISTS; j++)
			ib_foreign_put_items(&writer, lists[j].key, lists[j].table,
					     &part->lists[j]);
	}
}

/* ---- from a lock of ours -------------------------------------------------- */

static int find_base(const struct ib_foreign_origin *origin, const char *repository,
		     const char **ret_base, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < origin->place_count; i++)
		if (ib_str_equal(origin->places[i].id, repository) && origin->places[i].baseurl) {
			*ret_base = origin->places[i].baseurl;
			return 0;
		}
	(void)ib_fail(err, IB_INPUT,
		      "repository '%s' has no URL of its own, and rpms.lock.yaml has one for each "
		      "package",
		      repository);
	ib_error_hint(err, "Say where its packages are: --base %s=URL", repository);
	return -IB_INPUT;
}

static int make_item(struct ib_foreign *foreign, const struct ib_foreign_origin *origin,
		     const struct ib_lock_package *line, struct ib_foreign_item *item,
		     struct ib_error *err)
{
	struct ib_arena *arena = foreign->arena;
	const char *base = NULL;

	IB_TRY(find_base(origin, line->repository, &base, err));
	*item = (struct ib_foreign_item){
		.name = line->name,
		.evr = ib_lock_version_of(arena, line),
		.url = ib_arena_strf(arena, "%s%s%s", base, ib_str_ends(base, "/") ? "" : "/",
				     line->location),
		.repository = line->repository,
		.checksum = ib_arena_strf(arena, "sha256:%s", line->sha256),
		.source_rpm = *line->source_rpm ? line->source_rpm : NULL,
		.size = line->size,
	};
	return 0;
}

static int rpms_from_lock(struct ib_foreign *foreign, const struct ib_foreign_origin *origins,
			  size_t count, struct ib_error *err)
{
	struct ib_foreign_part *parts = ib_arena_alloc(foreign->arena, count * sizeof(*parts));
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < count; i++) {
		const struct ib_lock *lock = origins[i].lock;
		struct ib_foreign_item *items =
			ib_arena_alloc(foreign->arena, (lock->package_count + 1) * sizeof(*items));

		for (j = 0; j < lock->package_count; j++)
			IB_TRY(make_item(foreign, &origins[i], &lock->packages[j], &items[j], err));
		parts[i].architecture = lock->architecture;
		parts[i].lists[IB_FOREIGN_PACKAGES] =
			(struct ib_foreign_items){ items, lock->package_count, true };
		parts[i].lists[IB_FOREIGN_SOURCES].is_there = true;
		parts[i].lists[IB_FOREIGN_MODULES].is_there = true;
	}
	foreign->parts = parts;
	foreign->part_count = count;
	return 0;
}

const struct ib_foreign_format ib_foreign_rpms = { "rpms.lock", is_rpms, read_rpms, put_rpms,
						   rpms_from_lock };
