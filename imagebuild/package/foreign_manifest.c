/* SPDX-License-Identifier: Apache-2.0 */
/* packages.manifest.yaml, as libpkgmanifest and dnf5's manifest plug-in have it. */
#include <string.h>

#include "package/foreign_fields.h"

#define ITEM(member) offsetof(struct ib_foreign_item, member)
static const struct ib_foreign_field package_fields[] = {
	{ "name", ITEM(name), IB_FOREIGN_TEXT, true },
	{ "repo_id", ITEM(repository), IB_FOREIGN_TEXT, true },
	{ "location", ITEM(location), IB_FOREIGN_TEXT, false },
	{ "checksum", ITEM(checksum), IB_FOREIGN_CHECKSUM, true },
	{ "size", ITEM(size), IB_FOREIGN_SIZE, true },
	{ "evr", ITEM(evr), IB_FOREIGN_TEXT, true },
	{ "srpm", ITEM(source_rpm), IB_FOREIGN_TEXT, false },
	{ "module", ITEM(module), IB_FOREIGN_TEXT, false },
	{ "parent_archs", 0, IB_FOREIGN_PARENTS, false },
};

#define REPOSITORY(member) offsetof(struct ib_foreign_repository, member)
static const struct ib_foreign_field repository_fields[] = {
	{ "id", REPOSITORY(id), IB_FOREIGN_TEXT, true },
	{ "baseurl", REPOSITORY(baseurl), IB_FOREIGN_TEXT, false },
	{ "metalink", REPOSITORY(metalink), IB_FOREIGN_TEXT, false },
	{ "mirrorlist", REPOSITORY(mirrorlist), IB_FOREIGN_TEXT, false },
};

static const struct ib_foreign_field data_fields[] = {
	{ "repositories", 0, IB_FOREIGN_OTHER, true },
	{ "packages", 0, IB_FOREIGN_OTHER, true },
};
static const struct ib_foreign_field top_fields[] = {
	{ "document", 0, IB_FOREIGN_OTHER, true },
	{ "version", offsetof(struct ib_foreign, version), IB_FOREIGN_TEXT, true },
	{ "data", 0, IB_FOREIGN_OTHER, true },
};

#define FIELDS(list) (list), IB_COUNT(list)
static const struct ib_foreign_table table_package = { "a package", FIELDS(package_fields),
						       ITEM(extras) };
static const struct ib_foreign_table table_repository = { "a repository", FIELDS(repository_fields),
							  REPOSITORY(extras) };
static const struct ib_foreign_table table_data = { "'data'", FIELDS(data_fields),
						    offsetof(struct ib_foreign, data_extras) };
static const struct ib_foreign_table table_top = { "a packages.manifest.yaml", FIELDS(top_fields),
						   offsetof(struct ib_foreign, extras) };

static bool is_manifest(const struct ib_yaml_node *root)
{
	const struct ib_yaml_node *document = ib_yaml_get(root, "document");

	return document && document->kind == IB_YAML_SCALAR &&
	       !strcmp(document->text, "rpm-package-manifest");
}

static int read_repositories(const struct ib_foreign_reader *reader,
			     const struct ib_yaml_node *list)
{
	struct ib_foreign *foreign = reader->foreign;
	struct ib_foreign_repository *repositories = NULL;
	size_t i = 0;

	IB_TRY(ib_foreign_expect(reader, list, "'repositories'", IB_YAML_SEQUENCE));
	repositories = ib_arena_alloc(foreign->arena, (list->count + 1) * sizeof(*repositories));
	for (i = 0; i < list->count; i++) {
		struct ib_foreign_repository *new = &repositories[i];

		IB_TRY(ib_foreign_read_fields(reader, &table_repository, list->values[i], new));
		if (!new->baseurl && !new->metalink && !new->mirrorlist)
			return ib_foreign_fail(reader, list->values[i],
					       "repository '%s' has neither 'baseurl' nor "
					       "'metalink' nor 'mirrorlist'",
					       new->id);
	}
	foreign->repositories = repositories;
	foreign->repository_count = list->count;
	return 0;
}

static int check_repositories(const struct ib_foreign_reader *reader,
			      const struct ib_yaml_node *list, const struct ib_foreign_part *part)
{
	const struct ib_foreign *foreign = reader->foreign;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < part->lists[IB_FOREIGN_PACKAGES].count; i++) {
		const char *id = part->lists[IB_FOREIGN_PACKAGES].items[i].repository;

		for (j = 0; j < foreign->repository_count; j++)
			if (ib_str_equal(foreign->repositories[j].id, id))
				break;
		if (j == foreign->repository_count)
			return ib_foreign_fail(reader, ib_yaml_get(list->values[i], "repo_id"),
					       "no repository has the id '%s'", id);
	}
	return 0;
}

static int read_packages(const struct ib_foreign_reader *reader, const struct ib_yaml_node *node)
{
	struct ib_foreign *foreign = reader->foreign;
	struct ib_foreign_part *parts = NULL;
	size_t i = 0;

	IB_TRY(ib_foreign_expect(reader, node, "'packages'", IB_YAML_MAPPING));
	parts = ib_arena_alloc(foreign->arena, (node->count + 1) * sizeof(*parts));
	for (i = 0; i < node->count; i++) {
		parts[i].architecture = node->keys[i]->text;
		IB_TRY(ib_foreign_read_items(reader, &table_package, node->values[i],
					     &parts[i].lists[IB_FOREIGN_PACKAGES]));
		IB_TRY(check_repositories(reader, node->values[i], &parts[i]));
	}
	foreign->parts = parts;
	foreign->part_count = node->count;
	return 0;
}

static int read_manifest(const struct ib_foreign_reader *reader, const struct ib_yaml_node *root)
{
	struct ib_foreign *foreign = reader->foreign;
	const struct ib_yaml_node *data = NULL;

	IB_TRY(ib_foreign_read_fields(reader, &table_top, root, foreign));
	data = ib_foreign_get(root, "data");
	IB_TRY(ib_foreign_read_fields(reader, &table_data, data, foreign));
	IB_TRY(read_repositories(reader, ib_foreign_get(data, "repositories")));
	return read_packages(reader, ib_foreign_get(data, "packages"));
}

static void put_repositories(const struct ib_foreign *foreign, struct ib_foreign_writer *writer)
{
	size_t i = 0;

	ib_foreign_put_key(writer, "repositories");
	ib_buffer_puts(writer->b, foreign->repository_count ? "\n" : " []\n");
	writer->indent += 2;
	for (i = 0; i < foreign->repository_count; i++) {
		writer->is_item = true;
		ib_foreign_put_fields(writer, &table_repository, &foreign->repositories[i]);
	}
	writer->indent -= 2;
}

static void put_manifest(const struct ib_foreign *foreign, struct ib_buffer *b)
{
	struct ib_foreign_writer writer = { b, 0, false };
	size_t i = 0;

	ib_buffer_puts(b, "document: rpm-package-manifest\n");
	ib_foreign_put_fields(&writer, &table_top, foreign);
	ib_buffer_puts(b, "data:\n");
	writer.indent = 2;
	ib_foreign_put_extras(&writer, &foreign->data_extras);
	put_repositories(foreign, &writer);
	ib_foreign_put_key(&writer, "packages");
	ib_buffer_puts(b, foreign->part_count ? "\n" : " {}\n");
	writer.indent = 4;
	for (i = 0; i < foreign->part_count; i++)
		ib_foreign_put_items(&writer, foreign->parts[i].architecture, &table_package,
				     &foreign->parts[i].lists[IB_FOREIGN_PACKAGES]);
}

const struct ib_foreign_format ib_foreign_manifest = { "packages.manifest", is_manifest,
						       read_manifest, put_manifest,
						       ib_foreign_make_manifest };
