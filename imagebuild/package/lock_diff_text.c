/* SPDX-License-Identifier: Apache-2.0 */
/* A diff of locks for people at a terminal. */
#include <string.h>

#include "base/visible.h"
#include "package/lock_diff_words.h"
#include "package/package.h"

#define MAX_SCRIPT_LINES 80

struct teller {
	const struct ib_lock_diff *diff;
	struct ib_buffer *b;
};

/* Text of others, made visible; indented as asked, with a line feed. */
static void put_line(const struct teller *teller, const char *indent, const char *text)
{
	ib_buffer_puts(teller->b, indent);
	ib_visible_put(teller->b, text);
	ib_buffer_puts(teller->b, "\n");
}

/* Only where there are several is it worth the room. */
static char *place_of(const struct ib_lock_diff *diff, const char *architecture)
{
	return diff->part_count > 1 ? ib_strf(" [%s]", architecture) : ib_strdup("");
}

static void put_scriptlet(const struct teller *teller,
			  const struct ib_lock_scriptlet_change *scriptlet)
{
	struct ib_arena *arena = teller->diff->arena;
	const char *before = ib_lock_diff_decision(arena, scriptlet->before);
	const char *after = ib_lock_diff_decision(arena, scriptlet->after);
	ib_autofree char *head = NULL;
	size_t left = 0;

	if (ib_str_equal(before, after))
		put_line(teller, "          ",
			 ib_arena_strf(arena, "%%%s changed, decision %s", scriptlet->kind, after));
	else
		put_line(teller, "          ",
			 ib_arena_strf(arena, "%%%s: decision %s, was %s", scriptlet->kind, after,
				       before));
	if (scriptlet->lacking)
		put_line(teller, "            ", scriptlet->lacking);
	if (!scriptlet->text_diff)
		return;
	head = ib_lock_diff_head(scriptlet->text_diff, MAX_SCRIPT_LINES, &left);
	ib_visible_put_lines(teller->b, head, "            ");
	if (left)
		ib_buffer_putf(teller->b, "            and %zu more lines\n", left);
}

static void put_advisories(const struct teller *teller, const char *word,
			   const struct ib_advisory *const *advisories, size_t count)
{
	size_t i = 0;

	for (i = 0; i < count; i++) {
		ib_autofree char *text = ib_lock_diff_advisory(advisories[i]);

		ib_buffer_putf(teller->b, "          %s ", word);
		put_line(teller, "", text);
	}
}

static void put_details(const struct teller *teller, const struct ib_lock_change *change)
{
	struct ib_lock_detail details[IB_LOCK_MAX_DETAILS];
	size_t count = ib_lock_diff_details(teller->diff, change, details);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		if (details[i].before)
			put_line(teller, "          ",
				 ib_arena_strf(teller->diff->arena, "%s %s, was %s",
					       details[i].what, details[i].after,
					       details[i].before));
		else
			put_line(teller, "          ",
				 ib_arena_strf(teller->diff->arena, "%s %s", details[i].what,
					       details[i].after));
	}
}

static void put_change(const struct teller *teller, const struct ib_lock_change *change)
{
	ib_autofree char *place = place_of(teller->diff, change->architecture);
	ib_autofree char *versions = ib_lock_diff_versions(teller->diff, change);
	ib_autofree char *size = ib_lock_diff_size_change(change->before ? change->before->size : 0,
							  change->after ? change->after->size : 0);
	size_t i = 0;

	ib_buffer_putf(teller->b, "%-7s %-8s ", ib_lock_risk_name(change->risk),
		       change->kind == IB_LOCK_SAME ? "changed"
						    : ib_lock_change_kind_name(change->kind));
	ib_visible_put(teller->b, change->name);
	ib_buffer_puts(teller->b, " ");
	ib_visible_put(teller->b, versions);
	ib_buffer_putf(teller->b, "%s, %s\n", place, size);
	put_details(teller, change);
	put_advisories(teller, "fixes", change->fixed, change->fixed_count);
	put_advisories(teller, "opens", change->opened, change->opened_count);
	for (i = 0; i < change->scriptlet_count; i++)
		put_scriptlet(teller, &change->scriptlets[i]);
}

static void put_edges(const struct teller *teller)
{
	const struct ib_lock_diff *diff = teller->diff;
	size_t i = 0;

	if (diff->edge_count)
		ib_buffer_puts(teller->b, "\nnew requirements\n");
	for (i = 0; i < diff->edge_count && !diff->edges[i].from_is_new; i++) {
		const struct ib_lock_edge_change *edge = &diff->edges[i];
		ib_autofree char *place = place_of(diff, edge->architecture);

		put_line(teller, "  ",
			 ib_arena_strf(diff->arena, "%s %s %s: %s%s%s", edge->from,
				       edge->recommended ? "recommends" : "requires",
				       edge->dependency, edge->to,
				       edge->to_is_new ? ", which is new" : "", place));
	}
	if (i < diff->edge_count)
		ib_buffer_putf(teller->b, "  %s%zu of packages that are new themselves\n",
			       i ? "and " : "", diff->edge_count - i);
}

static void put_lines(const struct teller *teller, bool accounts)
{
	const struct ib_lock_diff *diff = teller->diff;
	bool titled = false;
	size_t i = 0;

	for (i = 0; i < diff->line_count; i++) {
		ib_autofree char *place = place_of(diff, diff->lines[i].architecture);

		if (diff->lines[i].is_account != accounts)
			continue;
		if (!titled)
			ib_buffer_puts(teller->b, accounts ? "\naccounts\n" : "\nwishes\n");
		titled = true;
		put_line(teller, diff->lines[i].is_added ? "  + " : "  - ",
			 ib_arena_strf(diff->arena, "%s%s", diff->lines[i].text, place));
	}
}

static void put_repositories(const struct teller *teller)
{
	const struct ib_lock_diff *diff = teller->diff;
	size_t i = 0;

	if (diff->repository_count)
		ib_buffer_puts(teller->b, "\nrepositories\n");
	for (i = 0; i < diff->repository_count; i++) {
		const struct ib_lock_repository_change *repository = &diff->repositories[i];
		ib_autofree char *place = place_of(diff, repository->architecture);
		ib_autofree char *before = ib_lock_diff_snapshot(repository->before);
		ib_autofree char *after = ib_lock_diff_snapshot(repository->after);

		put_line(teller, "  ",
			 ib_arena_strf(diff->arena, "%s%s: %s, was %s", repository->id, place,
				       after, before));
	}
}

void ib_lock_diff_put_text(const struct ib_lock_diff *diff, struct ib_buffer *b)
{
	const struct teller teller = { diff, b };
	ib_autofree char *counts = ib_lock_diff_counts(diff);
	ib_autofree char *sizes = ib_lock_diff_sizes(diff);
	size_t i = 0;

	ib_buffer_putf(b, "%s; %s\n", counts, sizes);
	if (diff->change_count)
		ib_buffer_puts(b, "\n");
	for (i = 0; i < diff->change_count; i++)
		put_change(&teller, &diff->changes[i]);
	put_edges(&teller);
	put_lines(&teller, false);
	put_lines(&teller, true);
	put_repositories(&teller);
	if (diff->advisories_lacking)
		ib_buffer_putf(b, "\nadvisories are not told: %s\n", diff->advisories_lacking);
}
