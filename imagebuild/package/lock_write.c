/* SPDX-License-Identifier: Apache-2.0 */
/* The one spelling of a lock: imagebuild-lock(5). */
#include <string.h>

#include "package/lock_fields.h"
#include "yaml/yaml.h"

static const char first_lines[] = "# The package set that a build obeys: imagebuild-lock(5). "
				  "Written by 'imagebuild lock', not by hand.\n";

/* Where the lines of a part, the items of its lists and what belongs to an item begin. */
#define PART "    "
#define ITEM "      - "
#define MORE ",\n        "

struct writer {
	struct ib_buffer *b;
	const struct ib_lock *lock;
	const struct ib_map *by_nevra; /* struct ib_lock_package */
	const struct ib_map *by_name;  /* the same; itself where several have that name */
};

static void put_value(const struct writer *writer, const char *key, const char *text)
{
	ib_buffer_puts(writer->b, key);
	ib_yaml_put_scalar(writer->b, text);
}

/* A package of the lock is named by its name where that says which one. */
static const char *reference(const struct writer *writer, const char *nevra)
{
	const struct ib_lock_package *package = ib_map_get(writer->by_nevra, nevra);

	if (package && ib_map_get(writer->by_name, package->name) == package)
		return package->name;
	return nevra;
}

static void put_scriptlets(const struct writer *writer, const struct ib_lock_package *package)
{
	ib_autofree struct ib_lock_scriptlet *scriptlets =
		ib_lock_sorted(package->scriptlets, package->scriptlet_count, sizeof(*scriptlets),
			       ib_lock_compare_scriptlets);
	size_t i = 0;

	ib_buffer_puts(writer->b, MORE "scriptlets: [\n");
	for (i = 0; i < package->scriptlet_count; i++) {
		put_value(writer, "          {kind: ", scriptlets[i].kind);
		put_value(writer, ", digest: ", scriptlets[i].digest);
		put_value(writer, ", decision: ", scriptlets[i].decision);
		if (scriptlets[i].effects)
			put_value(writer, ", effects: ", scriptlets[i].effects);
		if (scriptlets[i].reason)
			put_value(writer, ", reason: ", scriptlets[i].reason);
		ib_buffer_puts(writer->b, "},\n");
	}
	ib_buffer_puts(writer->b, "        ]");
}

static void put_why(const struct writer *writer, const char *key, const struct ib_lock_why *why)
{
	if (why->reason == IB_LOCK_ABSENT)
		return;
	ib_buffer_putf(writer->b, ", %s: {", key);
	if (why->package) {
		put_value(writer, "package: ", reference(writer, why->package));
		ib_buffer_puts(writer->b, ", ");
	}
	ib_buffer_putf(writer->b, "%s: ", ib_lock_reason_key(why->reason));
	put_value(writer, "", why->dependency);
	ib_buffer_puts(writer->b, "}");
}

/* Required ones stand in front of recommended ones: two mappings. */
static void put_edges(const struct writer *writer, const struct ib_lock_package *package)
{
	ib_autofree struct ib_lock_edge *edges = ib_lock_sorted(
		package->edges, package->edge_count, sizeof(*edges), ib_lock_compare_edges);
	size_t i = 0;

	for (i = 0; i < package->edge_count; i++) {
		bool first = !i || edges[i].recommended != edges[i - 1].recommended;

		if (first)
			ib_buffer_putf(writer->b, "%s" MORE "%s: {", i ? "}" : "",
				       edges[i].recommended ? "recommends" : "requires");
		else
			ib_buffer_puts(writer->b, ", ");
		put_value(writer, "", reference(writer, edges[i].package));
		put_value(writer, ": ", edges[i].dependency);
	}
	if (i)
		ib_buffer_puts(writer->b, "}");
}

static void put_package(const struct writer *writer, const struct ib_lock_package *package)
{
	size_t i = 0;

	ib_buffer_puts(writer->b, ITEM "{");
	for (i = 0; i < ib_lock_package_field_count; i++) {
		const struct ib_lock_field *field = &ib_lock_package_fields[i];

		ib_buffer_putf(writer->b, "%s%s: ", i ? ", " : "", field->name);
		put_value(writer, "", *ib_lock_field_of(field, package));
	}
	ib_buffer_putf(writer->b, ", size: %llu, into: [%s%s%s]", (unsigned long long)package->size,
		       package->root ? "root" : "", package->root && package->initrd ? ", " : "",
		       package->initrd ? "initrd" : "");
	put_why(writer, "why", &package->root_why);
	put_why(writer, "initrd-why", &package->initrd_why);
	put_edges(writer, package);
	if (package->scriptlet_count)
		put_scriptlets(writer, package);
	ib_buffer_puts(writer->b, "}\n");
}

static void put_title(const struct writer *writer, const char *title, size_t count)
{
	ib_buffer_putf(writer->b, PART "%s:%s\n", title, count ? "" : " []");
}

static void put_lines(const struct writer *writer, const char *title,
		      const struct ib_strings *lines)
{
	IB_AUTO_STRINGS(in_order);
	size_t i = 0;

	for (i = 0; i < lines->count; i++)
		ib_strings_add(&in_order, lines->items[i]);
	ib_strings_sort_unique(&in_order);
	put_title(writer, title, in_order.count);
	for (i = 0; i < in_order.count; i++) {
		put_value(writer, ITEM, in_order.items[i]);
		ib_buffer_puts(writer->b, "\n");
	}
}

static void put_repositories(const struct writer *writer)
{
	size_t count = writer->lock->repository_count;
	ib_autofree struct ib_lock_repository *repositories =
		ib_lock_sorted(writer->lock->repositories, count, sizeof(*repositories),
			       ib_lock_compare_repositories);
	size_t i = 0;

	put_title(writer, "repositories", count);
	for (i = 0; i < count; i++) {
		const char *revision = repositories[i].revision;

		put_value(writer, ITEM "{id: ", repositories[i].id);
		put_value(writer, ", repomd: ", repositories[i].repomd_sha256);
		put_value(writer, ", revision: ", revision ? revision : "");
		ib_buffer_putf(writer->b, ", newest: %lld}\n",
			       (long long)repositories[i].revision_time);
	}
}

static void put_part(struct ib_buffer *b, const struct ib_lock *lock)
{
	ib_autofree struct ib_lock_package *packages = ib_lock_sorted(
		lock->packages, lock->package_count, sizeof(*packages), ib_lock_compare_packages);
	IB_AUTO(ib_map) by_nevra = ib_map_new();
	IB_AUTO(ib_map) by_name = ib_map_new();
	const struct writer writer = { b, lock, by_nevra, by_name };
	size_t i = 0;

	for (i = 0; i < lock->package_count; i++) {
		ib_map_set(by_nevra, packages[i].nevra, &packages[i]);
		if (ib_map_set(by_name, packages[i].name, &packages[i]))
			ib_map_set(by_name, packages[i].name, by_name);
	}
	put_value(&writer, "  - architecture: ", lock->architecture);
	ib_buffer_putf(b, "\n" PART "build-time: %lld\n", (long long)lock->build_time);
	put_lines(&writer, "wishes", &lock->wishes);
	put_repositories(&writer);
	put_lines(&writer, "accounts", &lock->accounts);
	put_title(&writer, "packages", lock->package_count);
	for (i = 0; i < lock->package_count; i++)
		put_package(&writer, &packages[i]);
}

char *ib_locks_text(const struct ib_locks *locks)
{
	IB_AUTO_BUFFER(b, SIZE_MAX / 2);
	size_t i = 0;

	ib_buffer_puts(&b, first_lines);
	ib_buffer_putf(&b, "format: %d\narchitectures:%s\n", IB_LOCK_FORMAT,
		       locks->count ? "" : " []");
	for (i = 0; i < locks->count; i++)
		put_part(&b, locks->parts[i]);
	return ib_buffer_take_text(&b);
}

char *ib_lock_text(const struct ib_lock *lock)
{
	struct ib_lock part = *lock;
	struct ib_lock *parts[] = { &part };
	const struct ib_locks alone = { parts, 1 };

	return ib_locks_text(&alone);
}
