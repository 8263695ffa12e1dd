/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading why packages are there and what they want of each other. What is
 * named must be there, in the same set, and every chain of reasons must end.
 */
#include <string.h>

#include "package/lock_fields.h"
#include "yaml/yaml.h"

struct naming {
	const struct ib_lock_reader *reader;
	struct ib_lock_package *packages;
	size_t count;
	const struct ib_map *by_nevra; /* struct ib_lock_package */
	const struct ib_map *by_name;  /* the same; itself where several have that name */
};

static const struct ib_lock_package *find(const struct naming *naming, const char *reference)
{
	const struct ib_lock_package *package = ib_map_get(naming->by_name, reference);

	if (package && (const void *)package != naming->by_name)
		return package;
	return ib_map_get(naming->by_nevra, reference);
}

static bool in_same_set(const struct ib_lock_package *one, const struct ib_lock_package *other)
{
	return (one->root && other->root) || (one->initrd && other->initrd);
}

static int find_near(const struct naming *naming, const struct ib_yaml_node *node,
		     const struct ib_lock_package *package, const char **ret_nevra)
{
	const struct ib_lock_reader *reader = naming->reader;
	const struct ib_lock_package *found = NULL;

	if (node->kind == IB_YAML_SCALAR)
		found = find(naming, node->text);
	if (!found)
		return ib_lock_fail_value(reader, node, "package", "a package of this lock");
	if (!in_same_set(package, found))
		return ib_yaml_fail(reader->path, node, reader->err,
				    "package '%s' needs '%s', which goes elsewhere", package->nevra,
				    found->nevra);
	*ret_nevra = found->nevra;
	return 0;
}

static int read_edges(const struct naming *naming, const struct ib_yaml_node *node,
		      const struct ib_lock_package *package, struct ib_lock_edge *edges)
{
	const struct ib_lock_reader *reader = naming->reader;
	size_t i = 0;

	for (i = 0; i < node->count; i++) {
		const struct ib_yaml_node *value = node->values[i];

		IB_TRY(find_near(naming, node->keys[i], package, &edges[i].package));
		if (value->kind != IB_YAML_SCALAR || !ib_lock_dependency.is_good(value->text))
			return ib_lock_fail_value(reader, value, node->keys[i]->text,
						  ib_lock_dependency.what);
		edges[i].dependency = ib_arena_strdup(reader->lock->arena, value->text);
	}
	return 0;
}

static int read_all_edges(const struct naming *naming, const struct ib_yaml_node *node,
			  struct ib_lock_package *package)
{
	static const char *const keys[] = { "requires", "recommends" };
	const struct ib_lock_reader *reader = naming->reader;
	const struct ib_yaml_node *lists[] = { ib_yaml_get(node, keys[0]),
					       ib_yaml_get(node, keys[1]) };
	struct ib_lock_edge *edges = NULL;
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(lists); i++) {
		if (lists[i] && (lists[i]->kind != IB_YAML_MAPPING || !lists[i]->count))
			return ib_lock_fail_value(reader, lists[i], keys[i],
						  "a mapping from packages to dependencies");
		count += lists[i] ? lists[i]->count : 0;
	}
	edges = ib_arena_alloc(reader->lock->arena, (count + 1) * sizeof(*edges));
	package->edges = edges;
	for (i = 0; i < IB_COUNT(lists); i++) {
		size_t k = 0;

		if (!lists[i])
			continue;
		IB_TRY(read_edges(naming, lists[i], package, edges + package->edge_count));
		for (k = 0; k < lists[i]->count; k++)
			edges[package->edge_count + k].recommended = i == 1;
		package->edge_count += lists[i]->count;
	}
	return 0;
}

static int read_why(const struct naming *naming, const struct ib_yaml_node *node, const char *key,
		    const struct ib_lock_package *package, struct ib_lock_why *why)
{
	const struct ib_lock_reader *reader = naming->reader;
	const struct ib_yaml_node *value = ib_yaml_get(node, key);
	struct ib_lock_field field = ib_lock_dependency;
	enum ib_lock_reason reason = IB_LOCK_ABSENT;

	if (!value || value->kind != IB_YAML_MAPPING)
		return ib_yaml_fail(reader->path, node, reader->err,
				    "package '%s' has no '%s' that says why it is there",
				    package->nevra, key);
	for (reason = IB_LOCK_WISHED; reason <= IB_LOCK_SUPPLEMENTS; reason++)
		if (ib_yaml_get(value, ib_lock_reason_key(reason)))
			break;
	if (reason > IB_LOCK_SUPPLEMENTS)
		return ib_yaml_fail(reader->path, value, reader->err,
				    "'%s' of package '%s' gives no reason", key, package->nevra);
	field.name = ib_lock_reason_key(reason);
	IB_TRY(ib_lock_get_text(reader, value, &field, &why->dependency));
	why->reason = reason;
	if (reason != IB_LOCK_REQUIRED && reason != IB_LOCK_RECOMMENDED)
		return 0;
	if (!ib_yaml_get(value, "package"))
		return ib_yaml_fail(reader->path, value, reader->err, "there is no 'package'");
	return find_near(naming, ib_yaml_get(value, "package"), package, &why->package);
}

static const struct ib_lock_why *why_in(const struct ib_lock_package *package, bool initrd)
{
	return initrd ? &package->initrd_why : &package->root_why;
}

/* From each package up to a wish, in no more steps than there are packages. */
static int check_chain(const struct naming *naming, const struct ib_yaml_node *list, size_t start,
		       bool initrd)
{
	const struct ib_lock_reader *reader = naming->reader;
	const struct ib_lock_package *package = &naming->packages[start];
	size_t steps = 0;

	for (steps = 0; steps <= naming->count; steps++) {
		const struct ib_lock_why *why = why_in(package, initrd);

		if (why->reason == IB_LOCK_ABSENT)
			return ib_yaml_fail(reader->path, list->values[start], reader->err,
					    "package '%s' is there for '%s', which goes elsewhere",
					    naming->packages[start].nevra, package->nevra);
		if (!why->package)
			return 0;
		package = ib_map_get(naming->by_nevra, why->package);
	}
	return ib_yaml_fail(reader->path, list->values[start], reader->err,
			    "why package '%s' is there leads back to itself",
			    naming->packages[start].nevra);
}

static int read_one(const struct naming *naming, const struct ib_yaml_node *node,
		    struct ib_lock_package *package)
{
	if (package->root)
		IB_TRY(read_why(naming, node, "why", package, &package->root_why));
	if (package->initrd)
		IB_TRY(read_why(naming, node, "initrd-why", package, &package->initrd_why));
	return read_all_edges(naming, node, package);
}

static int read_named(const struct naming *naming, const struct ib_yaml_node *list)
{
	size_t i = 0;

	for (i = 0; i < naming->count; i++)
		IB_TRY(read_one(naming, list->values[i], &naming->packages[i]));
	for (i = 0; i < naming->count; i++) {
		if (naming->packages[i].root)
			IB_TRY(check_chain(naming, list, i, false));
		if (naming->packages[i].initrd)
			IB_TRY(check_chain(naming, list, i, true));
	}
	return 0;
}

int ib_lock_read_reasons(const struct ib_lock_reader *reader, const struct ib_yaml_node *list,
			 struct ib_lock_package *packages)
{
	IB_AUTO(ib_map) by_nevra = ib_map_new();
	IB_AUTO(ib_map) by_name = ib_map_new();
	const struct naming naming = { reader, packages, list->count, by_nevra, by_name };
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		ib_map_set(by_nevra, packages[i].nevra, &packages[i]);
		if (ib_map_set(by_name, packages[i].name, &packages[i]))
			ib_map_set(by_name, packages[i].name, by_name);
	}
	return read_named(&naming, list);
}
