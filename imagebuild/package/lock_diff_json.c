/* SPDX-License-Identifier: Apache-2.0 */
/* A diff of locks for machines, and the JSON Schema of it. */
#include <string.h>

#include "package/lock_diff.h"
#include "package/package.h"
#include "json/json.h"

static void put_package(struct ib_json_writer *out, const char *key, struct ib_arena *arena,
			const struct ib_lock_package *package)
{
	if (!package)
		return;
	ib_json_member_object(out, key);
	ib_json_member_string(out, "nevra", package->nevra);
	ib_json_member_string(out, "version", ib_lock_version_of(arena, package));
	ib_json_member_string(out, "arch", package->arch);
	ib_json_member_string(out, "sha256", package->sha256);
	ib_json_member_integer(out, "size", (int64_t)package->size);
	ib_json_member_string(out, "repository", package->repository);
	ib_json_member_string(out, "source", package->source_rpm);
	ib_json_member_string(out, "signer", package->signer);
	ib_json_member_bool(out, "root", package->root);
	ib_json_member_bool(out, "initrd", package->initrd);
	ib_json_end_object(out);
}

static void put_side(struct ib_json_writer *out, const char *key,
		     const struct ib_lock_scriptlet *scriptlet)
{
	if (!scriptlet)
		return;
	ib_json_member_object(out, key);
	ib_json_member_string(out, "digest", scriptlet->digest);
	ib_json_member_string(out, "decision", scriptlet->decision);
	ib_json_member_string(out, "reason", scriptlet->reason);
	ib_json_member_string(out, "effects", scriptlet->effects);
	ib_json_end_object(out);
}

static void put_scriptlets(struct ib_json_writer *out, const struct ib_lock_change *change)
{
	size_t i = 0;

	ib_json_member_array(out, "scriptlets");
	for (i = 0; i < change->scriptlet_count; i++) {
		const struct ib_lock_scriptlet_change *scriptlet = &change->scriptlets[i];

		ib_json_begin_object(out);
		ib_json_member_string(out, "kind", scriptlet->kind);
		put_side(out, "before", scriptlet->before);
		put_side(out, "after", scriptlet->after);
		ib_json_member_string(out, "textDiff", scriptlet->text_diff);
		ib_json_member_string(out, "lacking", scriptlet->lacking);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
}

static void put_advisories(struct ib_json_writer *out, const char *key,
			   const struct ib_advisory *const *advisories, size_t count)
{
	size_t i = 0;
	size_t j = 0;

	ib_json_member_array(out, key);
	for (i = 0; i < count; i++) {
		const struct ib_advisory *advisory = advisories[i];

		ib_json_begin_object(out);
		ib_json_member_string(out, "id", advisory->id);
		ib_json_member_string(out, "kind", advisory->kind);
		ib_json_member_string(out, "severity", advisory->severity);
		ib_json_member_string(out, "title", advisory->title);
		ib_json_member_string(out, "repository", advisory->repository);
		ib_json_member_array(out, "references");
		for (j = 0; j < advisory->reference_count; j++) {
			ib_json_begin_object(out);
			ib_json_member_string(out, "kind", advisory->references[j].kind);
			ib_json_member_string(out, "id", advisory->references[j].id);
			ib_json_member_string(out, "url", advisory->references[j].url);
			ib_json_end_object(out);
		}
		ib_json_end_array(out);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
}

static void put_change(struct ib_json_writer *out, struct ib_arena *arena,
		       const struct ib_lock_change *change)
{
	size_t i = 0;

	ib_json_begin_object(out);
	ib_json_member_string(out, "architecture", change->architecture);
	ib_json_member_string(out, "name", change->name);
	ib_json_member_string(
		out, "change",
		change->kind == IB_LOCK_SAME ? "changed" : ib_lock_change_kind_name(change->kind));
	ib_json_member_string(out, "risk", ib_lock_risk_name(change->risk));
	ib_json_member_integer(out, "weight", change->weight);
	ib_json_member_array(out, "facets");
	for (i = 0; i < IB_LOCK_FACET_COUNT; i++)
		if (change->facets & 1U << i)
			ib_json_put_string(out, ib_lock_facet_name(1U << i));
	ib_json_end_array(out);
	put_package(out, "before", arena, change->before);
	put_package(out, "after", arena, change->after);
	put_scriptlets(out, change);
	put_advisories(out, "fixed", change->fixed, change->fixed_count);
	put_advisories(out, "opened", change->opened, change->opened_count);
	ib_json_end_object(out);
}

static void put_summary(struct ib_json_writer *out, const struct ib_lock_diff *diff)
{
	static const enum ib_lock_change_kind kinds[] = { IB_LOCK_ADDED, IB_LOCK_REMOVED,
							  IB_LOCK_UP, IB_LOCK_DOWN,
							  IB_LOCK_REBUILT };
	size_t i = 0;

	ib_json_member_object(out, "summary");
	for (i = 0; i < IB_COUNT(kinds); i++)
		ib_json_member_integer(out, ib_lock_change_kind_name(kinds[i]),
				       (int64_t)ib_lock_diff_count(diff, kinds[i]));
	ib_json_member_integer(out, "changed", (int64_t)ib_lock_diff_count(diff, IB_LOCK_SAME));
	ib_json_member_integer(out, "packagesBefore", (int64_t)diff->packages_before);
	ib_json_member_integer(out, "packagesAfter", (int64_t)diff->packages_after);
	ib_json_member_integer(out, "sizeBefore", (int64_t)diff->size_before);
	ib_json_member_integer(out, "sizeAfter", (int64_t)diff->size_after);
	ib_json_end_object(out);
}

static void put_edges(struct ib_json_writer *out, const struct ib_lock_diff *diff)
{
	size_t i = 0;

	ib_json_member_array(out, "edges");
	for (i = 0; i < diff->edge_count; i++) {
		const struct ib_lock_edge_change *edge = &diff->edges[i];

		ib_json_begin_object(out);
		ib_json_member_string(out, "architecture", edge->architecture);
		ib_json_member_string(out, "from", edge->from);
		ib_json_member_string(out, "to", edge->to);
		ib_json_member_string(out, "dependency", edge->dependency);
		ib_json_member_bool(out, "recommended", edge->recommended);
		ib_json_member_bool(out, "fromIsNew", edge->from_is_new);
		ib_json_member_bool(out, "toIsNew", edge->to_is_new);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
}

static void put_lines(struct ib_json_writer *out, const struct ib_lock_diff *diff, bool accounts)
{
	size_t i = 0;

	ib_json_member_array(out, accounts ? "accounts" : "wishes");
	for (i = 0; i < diff->line_count; i++) {
		if (diff->lines[i].is_account != accounts)
			continue;
		ib_json_begin_object(out);
		ib_json_member_string(out, "architecture", diff->lines[i].architecture);
		ib_json_member_string(out, "text", diff->lines[i].text);
		ib_json_member_bool(out, "added", diff->lines[i].is_added);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
}

static void put_snapshot(struct ib_json_writer *out, const char *key,
			 const struct ib_lock_repository *repository)
{
	if (!repository)
		return;
	ib_json_member_object(out, key);
	ib_json_member_string(out, "repomd", repository->repomd_sha256);
	ib_json_member_integer(out, "newest", repository->revision_time);
	ib_json_end_object(out);
}

static void put_repositories(struct ib_json_writer *out, const struct ib_lock_diff *diff)
{
	size_t i = 0;

	ib_json_member_array(out, "repositories");
	for (i = 0; i < diff->repository_count; i++) {
		ib_json_begin_object(out);
		ib_json_member_string(out, "architecture", diff->repositories[i].architecture);
		ib_json_member_string(out, "id", diff->repositories[i].id);
		put_snapshot(out, "before", diff->repositories[i].before);
		put_snapshot(out, "after", diff->repositories[i].after);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
}

void ib_lock_diff_put_json(const struct ib_lock_diff *diff, struct ib_buffer *b)
{
	IB_AUTO(ib_json_writer) out = ib_json_writer_to_buffer(b, IB_JSON_LINES);
	struct ib_error err = IB_ERROR_INIT;
	size_t i = 0;

	ib_json_begin_object(out);
	ib_json_member_integer(out, "format", 1);
	put_summary(out, diff);
	ib_json_member_array(out, "packages");
	for (i = 0; i < diff->change_count; i++)
		put_change(out, diff->arena, &diff->changes[i]);
	ib_json_end_array(out);
	put_edges(out, diff);
	put_lines(out, diff, false);
	put_lines(out, diff, true);
	put_repositories(out, diff);
	ib_json_member_bool(out, "advisoriesKnown", diff->advisories_count > 0);
	ib_json_member_string(out, "advisoriesLacking", diff->advisories_lacking);
	ib_json_end_object(out);
	/* Into a buffer nothing can fail. */
	if (ib_json_finish(out, &err) < 0)
		ib_error_clear(&err);
}
