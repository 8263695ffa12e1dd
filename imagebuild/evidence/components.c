/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/components.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"

enum { PATH_ID_DIGITS = 24, NAME_ID_DIGITS = 8 };

const char *ib_spdx_id(struct ib_arena *arena, const char *prefix, const char *name)
{
	ib_autofree char *id = ib_strdup(name);
	char hex[65];
	char *c = NULL;
	bool changed = false;

	for (c = id; *c; c++) {
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		    (*c >= '0' && *c <= '9') || *c == '.' || *c == '-')
			continue;
		*c = '-';
		changed = true;
	}
	if (!changed)
		return ib_arena_strf(arena, "SPDXRef-%s-%s", prefix, id);
	ib_sha256_hex(name, strlen(name), hex);
	return ib_arena_strf(arena, "SPDXRef-%s-%s-%.*s", prefix, id, NAME_ID_DIGITS, hex);
}

/* ---- the row of components ----------------------------------------------- */

static char *key_of(enum ib_origin_kind kind, const char *name)
{
	return ib_strf("%d %s", (int)kind, name);
}

static struct ib_component *find(const struct ib_components *components, enum ib_origin_kind kind,
				 const char *name)
{
	ib_autofree char *key = key_of(kind, name);
	const size_t *number = ib_map_get(components->index, key);

	return number ? &components->items[*number] : NULL;
}

static struct ib_component *add(struct ib_components *components, enum ib_origin_kind kind,
				const char *name)
{
	static const char *const prefixes[] = { [IB_ORIGIN_NONE] = "None",
						[IB_ORIGIN_PACKAGE] = "Package",
						[IB_ORIGIN_OVERLAY] = "Overlay",
						[IB_ORIGIN_GENERATOR] = "Generator" };
	ib_autofree char *key = key_of(kind, name);
	size_t *number = ib_arena_memdup(components->arena, &components->count, sizeof(*number));

	ib_map_set(components->index, key, number);
	ib_grow(components->items, components->count);
	components->items[components->count] = (struct ib_component){
		.kind = kind,
		.name = ib_arena_strdup(components->arena, name),
		.id = ib_spdx_id(components->arena, prefixes[kind], name),
	};
	return &components->items[components->count++];
}

const char *ib_components_id(const struct ib_components *components, const struct ib_origin *origin)
{
	const struct ib_component *component = NULL;

	if (origin->kind == IB_ORIGIN_NONE)
		return NULL;
	component = find(components, origin->kind, origin->name);
	return component ? component->id : NULL;
}

static void add_packages(struct ib_components *components, const struct ib_evidence *evidence)
{
	size_t count = ib_package_set_count(evidence->packages);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		const struct ib_package *package = ib_package_set_get(evidence->packages, i);

		add(components, IB_ORIGIN_PACKAGE, package->nevra)->package = package;
	}
	for (i = 0; i < evidence->lock->package_count; i++) {
		const struct ib_lock_package *line = &evidence->lock->packages[i];
		struct ib_component *component = find(components, IB_ORIGIN_PACKAGE, line->nevra);

		if (component)
			component->locked = line;
	}
}

/* Overlays and generators as "kind name", from every path. */
static void collect_makers(const struct ib_node *node, struct ib_strings *makers)
{
	const struct ib_origin *origin = &node->inode->origin;
	size_t i = 0;

	if (origin->kind == IB_ORIGIN_OVERLAY || origin->kind == IB_ORIGIN_GENERATOR)
		ib_strings_addf(makers, "%d %s", (int)origin->kind, origin->name);
	/* So that the list stays as short as there are makers, not paths. */
	if (makers->count > 4096)
		ib_strings_sort_unique(makers);
	for (i = 0; i < node->child_count; i++)
		collect_makers(node->children[i], makers);
}

static void add_makers(struct ib_components *components, const struct ib_evidence *evidence)
{
	IB_AUTO_STRINGS(makers);
	size_t i = 0;

	collect_makers(evidence->root, &makers);
	if (evidence->initrd)
		collect_makers(evidence->initrd, &makers);
	for (i = 0; i < evidence->overlay_count; i++)
		ib_strings_addf(&makers, "%d %s", (int)IB_ORIGIN_OVERLAY,
				evidence->overlays[i].name);
	for (i = 0; i < evidence->uki_count; i++)
		if (evidence->uki[i].origin.kind == IB_ORIGIN_GENERATOR)
			ib_strings_addf(&makers, "%d %s", (int)IB_ORIGIN_GENERATOR,
					evidence->uki[i].origin.name);
	ib_strings_sort_unique(&makers);
	for (i = 0; i < makers.count; i++) {
		const char *maker = makers.items[i];
		bool overlay = maker[0] == '0' + (char)IB_ORIGIN_OVERLAY;

		add(components, overlay ? IB_ORIGIN_OVERLAY : IB_ORIGIN_GENERATOR, maker + 2);
	}
	for (i = 0; i < evidence->overlay_count; i++) {
		struct ib_component *overlay =
			find(components, IB_ORIGIN_OVERLAY, evidence->overlays[i].name);

		assert(overlay); /* it was just added */
		overlay->sha256 = evidence->overlays[i].sha256;
	}
}

/* ---- the files ----------------------------------------------------------- */

static int add_file(struct ib_components *components, const struct ib_node *node, const char *path,
		    bool in_initrd, struct ib_error *err)
{
	const struct ib_inode *inode = node->inode;
	struct ib_component *component = NULL;
	char hex[65];

	if (!inode->has_sha256)
		return ib_fail(err, IB_FAILED, "nobody computed the digest of '%s'", path);
	if (inode->origin.kind != IB_ORIGIN_NONE)
		component = find(components, inode->origin.kind, inode->origin.name);
	if (!component)
		return ib_fail(err, IB_FAILED, "'%s' belongs to no package, overlay or generator",
			       path);
	ib_sha256_hex(path, strlen(path), hex);
	ib_grow(components->files, components->file_count);
	components->files[components->file_count++] = (struct ib_component_file){
		.id = ib_arena_strf(components->arena, "SPDXRef-%s-%.*s",
				    in_initrd ? "initrd" : "root", PATH_ID_DIGITS, hex),
		.path = ib_arena_strdup(components->arena, path),
		.inode = inode,
		.component = (size_t)(component - components->items),
		.in_initrd = in_initrd,
	};
	component->file_count++;
	return 0;
}

static int collect_files(struct ib_components *components, const struct ib_node *node,
			 const char *path, bool in_initrd, struct ib_error *err)
{
	size_t i = 0;

	if (S_ISREG(node->inode->mode))
		return add_file(components, node, path, in_initrd, err);
	for (i = 0; i < node->child_count; i++) {
		const struct ib_node *child = node->children[i];
		ib_autofree char *below = ib_strf("%s/%s", path, child->name);

		IB_TRY(collect_files(components, child, below, in_initrd, err));
	}
	return 0;
}

/* ---- verification codes: SHA-1 over the sorted SHA-1s of the files, as hex - */

struct by_component {
	size_t component;
	const uint8_t *sha1;
};

static int compare_digests(const void *a, const void *b)
{
	const struct by_component *first = a;
	const struct by_component *second = b;

	if (first->component != second->component)
		return first->component < second->component ? -1 : 1;
	return memcmp(first->sha1, second->sha1, IB_SHA1_SIZE);
}

static void compute_codes(struct ib_components *components)
{
	ib_autofree struct by_component *digests =
		ib_alloc_array(components->file_count, sizeof(*digests));
	IB_AUTO(ib_digest) sha1 = ib_digest_new("sha1");
	uint8_t value[IB_DIGEST_MAX_SIZE];
	char hex[2 * IB_SHA1_SIZE + 1];
	size_t i = 0;

	for (i = 0; i < components->file_count; i++)
		digests[i] = (struct by_component){ components->files[i].component,
						    components->files[i].inode->sha1 };
	qsort(digests, components->file_count, sizeof(*digests), compare_digests);
	for (i = 0; i < components->file_count; i++) {
		size_t component = digests[i].component;

		ib_hex_write(digests[i].sha1, IB_SHA1_SIZE, hex);
		ib_digest_update(sha1, hex, sizeof(hex) - 1);
		if (i + 1 < components->file_count && digests[i + 1].component == component)
			continue;
		ib_digest_final(sha1, value);
		ib_hex_write(value, IB_SHA1_SIZE, components->items[component].verification_code);
	}
}

int ib_components_collect(const struct ib_evidence *evidence, struct ib_components **ret_components,
			  struct ib_error *err)
{
	IB_AUTO(ib_components) components = ib_alloc(sizeof(*components));

	components->arena = ib_arena_new();
	components->index = ib_map_new();
	add_packages(components, evidence);
	add_makers(components, evidence);
	IB_TRY(collect_files(components, evidence->root, "", false, err));
	if (evidence->initrd)
		IB_TRY(collect_files(components, evidence->initrd, "", true, err));
	compute_codes(components);
	*ret_components = ib_take(components);
	return 0;
}

void ib_components_free(struct ib_components *components)
{
	if (!components)
		return;
	ib_free(components->items);
	ib_free(components->files);
	ib_map_free(components->index);
	ib_arena_free(components->arena);
	ib_free(components);
}
