/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/needs.h"
#include "policy/policy.h"
#include "json/json.h"

#define FOLDER_DEPTH 4

/* One measuring under way. */
struct measuring {
	struct ib_size_report *report;
	struct ib_needs *needs;
	struct ib_map *counted; /* inodes that were counted */
	ib_stored_fn stored;
	void *context;
};

static void add(struct ib_size *to, const struct ib_size *size)
{
	to->files += size->files;
	to->installed_bytes += size->installed_bytes;
	to->stored_bytes += size->stored_bytes;
}

/* ---- the walk --------------------------------------------------------------- */

static bool is_counted(struct measuring *measuring, const struct ib_inode *inode)
{
	char key[24];
	static char yes[] = "";

	if (inode->link_count < 2 || S_ISDIR(inode->mode))
		return false;
	snprintf(key, sizeof(key), "%p", (const void *)inode);
	return ib_map_set(measuring->counted, key, yes) != NULL;
}

static struct ib_size size_of(struct measuring *measuring, const struct ib_node *node)
{
	struct ib_size size = { .files = 1 };

	if (is_counted(measuring, node->inode))
		return size;
	if (S_ISREG(node->inode->mode) || S_ISLNK(node->inode->mode))
		size.installed_bytes = node->inode->size;
	if (measuring->stored && S_ISREG(node->inode->mode))
		size.stored_bytes = measuring->stored(measuring->context, node);
	return size;
}

/* A folder with all below it; the tree is no deeper than paths are long. */
static void sum(struct measuring *measuring, const struct ib_node *node, unsigned depth,
		struct ib_size *ret_size)
{
	struct ib_size_report *report = measuring->report;
	struct ib_size size = { 0 };
	size_t owner = 0;
	size_t i = 0;

	if (!S_ISDIR(node->inode->mode)) {
		*ret_size = size_of(measuring, node);
		if (ib_needs_owner(measuring->needs, node->inode, &owner))
			add(&report->packages[owner].size, ret_size);
		else
			add(&report->unpackaged, ret_size);
		return;
	}
	for (i = 0; i < node->child_count; i++) {
		struct ib_size child = { 0 };

		sum(measuring, node->children[i], depth + 1, &child);
		add(&size, &child);
	}
	*ret_size = size;
	if (depth <= FOLDER_DEPTH) {
		ib_autofree char *path = ib_node_path(node);

		ib_grow(report->folders, report->folder_count);
		report->folders[report->folder_count++] =
			(struct ib_size_folder){ ib_arena_strdup(report->arena, path), size };
	}
}

/* ---- order -------------------------------------------------------------------- */

static int compare_sizes(const struct ib_size *a, const struct ib_size *b)
{
	if (a->stored_bytes != b->stored_bytes)
		return a->stored_bytes > b->stored_bytes ? -1 : 1;
	if (a->installed_bytes != b->installed_bytes)
		return a->installed_bytes > b->installed_bytes ? -1 : 1;
	return 0;
}

static int compare_packages(const void *a, const void *b)
{
	const struct ib_size_package *x = a;
	const struct ib_size_package *y = b;
	int order = compare_sizes(&x->size, &y->size);

	return order ? order : strcmp(x->package->nevra, y->package->nevra);
}

static int compare_folders(const void *a, const void *b)
{
	const struct ib_size_folder *x = a;
	const struct ib_size_folder *y = b;
	int order = compare_sizes(&x->size, &y->size);

	return order ? order : strcmp(x->path, y->path);
}

int ib_size_measure(const struct ib_policy_subject *subject, ib_stored_fn stored,
		    const struct ib_strings *wishes, struct ib_size_report **ret_report,
		    struct ib_error *err)
{
	IB_AUTO(ib_size_report) report = ib_alloc(sizeof(*report));
	IB_AUTO(ib_needs) needs = ib_needs_new(subject);
	IB_AUTO(ib_map) counted = ib_map_new();
	struct measuring measuring = { .report = report,
				       .needs = needs,
				       .counted = counted,
				       .stored = stored,
				       .context = subject->context };
	size_t i = 0;

	report->arena = ib_arena_new();
	report->image_bytes = subject->root_image_bytes;
	report->package_count = subject->package_count;
	report->packages = ib_alloc_array(report->package_count + 1, sizeof(*report->packages));
	IB_TRY(ib_needs_find(needs, report->packages, err));
	for (i = 0; i < report->package_count; i++) {
		report->packages[i].package = subject->packages[i];
		report->packages[i].is_wished =
			wishes && ib_strings_has(wishes, subject->packages[i]->name);
	}
	sum(&measuring, ib_tree_root(subject->tree), 0, &report->total);
	qsort(report->packages, report->package_count, sizeof(*report->packages), compare_packages);
	qsort(report->folders, report->folder_count, sizeof(*report->folders), compare_folders);
	*ret_report = ib_take(report);
	return 0;
}

void ib_size_report_free(struct ib_size_report *report)
{
	if (!report)
		return;
	ib_free(report->packages);
	ib_free(report->folders);
	ib_arena_free(report->arena);
	ib_free(report);
}

/* ---- the document --------------------------------------------------------------- */

static void put_size(struct ib_json_writer *json, const struct ib_size *size)
{
	ib_json_member_integer(json, "files", (int64_t)size->files);
	ib_json_member_integer(json, "installed_bytes", (int64_t)size->installed_bytes);
	ib_json_member_integer(json, "stored_bytes", (int64_t)size->stored_bytes);
}

static void put_package(struct ib_json_writer *json, const struct ib_size_package *package)
{
	ib_json_begin_object(json);
	ib_json_member_string(json, "name", package->package->name);
	ib_json_member_string(json, "nevra", package->package->nevra);
	put_size(json, &package->size);
	ib_json_member_bool(json, "wished", package->is_wished);
	ib_json_member_object(json, "needs");
	ib_json_member_integer(json, "required_by", (int64_t)package->required_by);
	ib_json_member_integer(json, "linked_by", (int64_t)package->linked_by);
	ib_json_member_integer(json, "interprets_for", (int64_t)package->interprets_for);
	ib_json_member_string(json, "first", package->needed_by);
	ib_json_end_object(json);
	ib_json_end_object(json);
}

int ib_size_write_json(const struct ib_size_report *report, struct ib_buffer *out,
		       struct ib_error *err)
{
	IB_AUTO(ib_json_writer) json = ib_json_writer_to_buffer(out, IB_JSON_LINES);
	size_t i = 0;

	ib_json_begin_object(json);
	ib_json_member_string(json, "format", "imagebuild-size");
	ib_json_member_integer(json, "format_version", 1);
	ib_json_member_integer(json, "image_bytes", (int64_t)report->image_bytes);
	ib_json_member_object(json, "total");
	put_size(json, &report->total);
	ib_json_end_object(json);
	ib_json_member_object(json, "unpackaged");
	put_size(json, &report->unpackaged);
	ib_json_end_object(json);
	ib_json_member_array(json, "packages");
	for (i = 0; i < report->package_count; i++)
		put_package(json, &report->packages[i]);
	ib_json_end_array(json);
	ib_json_member_array(json, "folders");
	for (i = 0; i < report->folder_count; i++) {
		ib_json_begin_object(json);
		ib_json_member_string(json, "path", report->folders[i].path);
		put_size(json, &report->folders[i].size);
		ib_json_end_object(json);
	}
	ib_json_end_array(json);
	ib_json_end_object(json);
	return ib_json_finish(json, err);
}
