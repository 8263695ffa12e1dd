/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A diff of locks as a comment on a pull request: CommonMark with GitHub's tables. All that others
 * wrote stands in code spans and fenced blocks, where no renderer sees links, mentions or HTML.
 */
#include <string.h>

#include "base/visible.h"
#include "package/lock_diff_words.h"
#include "package/package.h"

#define MAX_SCRIPT_LINES 60

struct teller {
	const struct ib_lock_diff *diff;
	struct ib_buffer *b;
};

static void put_code(const struct teller *teller, const char *text)
{
	ib_visible_put_code(teller->b, text, false);
}

static void put_place(const struct teller *teller, const char *architecture)
{
	if (teller->diff->part_count < 2)
		return;
	ib_buffer_puts(teller->b, " on ");
	put_code(teller, architecture);
}

/* ---- the table ----------------------------------------------------------- */

static void put_cell(const struct teller *teller, const char *text)
{
	ib_buffer_puts(teller->b, " ");
	ib_visible_put_code(teller->b, text, true);
	ib_buffer_puts(teller->b, " |");
}

static void put_version_cell(const struct teller *teller, const struct ib_lock_package *package)
{
	if (package)
		put_cell(teller, ib_lock_version_of(teller->diff->arena, package));
	else
		ib_buffer_puts(teller->b, " |");
}

/* Only own words: nothing to escape. */
static void put_facets(const struct teller *teller, const struct ib_lock_change *change)
{
	const char *separator = " ";
	size_t i = 0;

	for (i = 0; i < IB_LOCK_FACET_COUNT; i++) {
		if (!(change->facets & 1U << i))
			continue;
		ib_buffer_putf(teller->b, "%s%s", separator, ib_lock_facet_name(1U << i));
		separator = ", ";
	}
	if (change->fixed_count)
		ib_buffer_putf(teller->b, "%sfixes %zu", separator, change->fixed_count);
	ib_buffer_puts(teller->b, " |");
}

static void put_row(const struct teller *teller, const struct ib_lock_change *change)
{
	ib_autofree char *size = ib_lock_diff_size_change(change->before ? change->before->size : 0,
							  change->after ? change->after->size : 0);

	ib_buffer_putf(
		teller->b, "| %s%s%s | %s |", change->risk == IB_LOCK_RISK_HIGH ? "**" : "",
		ib_lock_risk_name(change->risk), change->risk == IB_LOCK_RISK_HIGH ? "**" : "",
		change->kind == IB_LOCK_SAME ? "changed" : ib_lock_change_kind_name(change->kind));
	put_cell(teller, change->name);
	if (teller->diff->part_count > 1)
		put_cell(teller, change->architecture);
	put_version_cell(teller, change->before);
	put_version_cell(teller, change->after);
	ib_buffer_putf(teller->b, " %s |", size);
	put_facets(teller, change);
	ib_buffer_puts(teller->b, "\n");
}

static void put_table(const struct teller *teller)
{
	const struct ib_lock_diff *diff = teller->diff;
	bool several = diff->part_count > 1;
	size_t i = 0;

	if (!diff->change_count)
		return;
	ib_buffer_putf(teller->b,
		       "\n| risk | change | package |%s before | after | size | also |\n",
		       several ? " for |" : "");
	ib_buffer_putf(teller->b, "| --- | --- | --- |%s --- | --- | ---: | --- |\n",
		       several ? " --- |" : "");
	for (i = 0; i < diff->change_count; i++)
		put_row(teller, &diff->changes[i]);
}

/* ---- what stands below the table ----------------------------------------- */

static void put_title(const struct teller *teller, const char *title, bool *titled)
{
	if (!*titled)
		ib_buffer_putf(teller->b, "\n### %s\n\n", title);
	*titled = true;
}

static void put_detail(const struct teller *teller, const struct ib_lock_change *change,
		       const struct ib_lock_detail *detail)
{
	ib_buffer_puts(teller->b, "- ");
	put_code(teller, change->name);
	put_place(teller, change->architecture);
	ib_buffer_putf(teller->b, ": %s ", detail->what);
	put_code(teller, detail->after);
	ib_buffer_puts(teller->b, ", was ");
	put_code(teller, detail->before);
	ib_buffer_puts(teller->b, "\n");
}

static void put_details(const struct teller *teller)
{
	const struct ib_lock_diff *diff = teller->diff;
	struct ib_lock_detail details[IB_LOCK_MAX_DETAILS];
	bool titled = false;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < diff->change_count; i++) {
		size_t count = ib_lock_diff_details(diff, &diff->changes[i], details);

		for (j = 0; j < count; j++) {
			if (!details[j].before)
				continue;
			put_title(teller, "Where they come from", &titled);
			put_detail(teller, &diff->changes[i], &details[j]);
		}
	}
}

static void put_advisories(const struct teller *teller, bool opened)
{
	const struct ib_lock_diff *diff = teller->diff;
	bool titled = false;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < diff->change_count; i++) {
		const struct ib_lock_change *change = &diff->changes[i];
		const struct ib_advisory *const *list = opened ? change->opened : change->fixed;
		size_t count = opened ? change->opened_count : change->fixed_count;

		for (j = 0; j < count; j++) {
			ib_autofree char *text = ib_lock_diff_advisory(list[j]);

			put_title(teller, opened ? "Advisories opened" : "Advisories fixed",
				  &titled);
			ib_buffer_puts(teller->b, "- ");
			put_code(teller, change->name);
			put_place(teller, change->architecture);
			ib_buffer_puts(teller->b, ": ");
			put_code(teller, text);
			ib_buffer_puts(teller->b, "\n");
		}
	}
}

static void put_scriptlet(const struct teller *teller, const struct ib_lock_change *change,
			  const struct ib_lock_scriptlet_change *scriptlet)
{
	struct ib_arena *arena = teller->diff->arena;
	const char *before = ib_lock_diff_decision(arena, scriptlet->before);
	const char *after = ib_lock_diff_decision(arena, scriptlet->after);
	ib_autofree char *head = NULL;
	size_t left = 0;

	ib_buffer_puts(teller->b, "- ");
	put_code(teller, change->name);
	put_place(teller, change->architecture);
	ib_buffer_puts(teller->b, " ");
	put_code(teller, ib_arena_strf(arena, "%%%s", scriptlet->kind));
	ib_buffer_puts(teller->b, ": decision ");
	put_code(teller, after);
	if (!ib_str_equal(before, after)) {
		ib_buffer_puts(teller->b, ", was ");
		put_code(teller, before);
	}
	ib_buffer_puts(teller->b, "\n");
	if (scriptlet->lacking) {
		ib_buffer_puts(teller->b, "  ");
		put_code(teller, scriptlet->lacking);
		ib_buffer_puts(teller->b, "\n");
	}
	if (!scriptlet->text_diff || !*scriptlet->text_diff)
		return;
	head = ib_lock_diff_head(scriptlet->text_diff, MAX_SCRIPT_LINES, &left);
	ib_buffer_puts(teller->b, "\n");
	ib_visible_put_block(teller->b, head, "diff", "  ");
	if (left)
		ib_buffer_putf(teller->b, "\n  and %zu more lines\n", left);
	ib_buffer_puts(teller->b, "\n");
}

static void put_scriptlets(const struct teller *teller)
{
	const struct ib_lock_diff *diff = teller->diff;
	bool titled = false;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < diff->change_count; i++)
		for (j = 0; j < diff->changes[i].scriptlet_count; j++) {
			put_title(teller, "Scriptlets", &titled);
			put_scriptlet(teller, &diff->changes[i], &diff->changes[i].scriptlets[j]);
		}
}

static void put_edges(const struct teller *teller)
{
	const struct ib_lock_diff *diff = teller->diff;
	bool titled = false;
	size_t i = 0;

	if (diff->edge_count)
		put_title(teller, "New requirements", &titled);
	for (i = 0; i < diff->edge_count && !diff->edges[i].from_is_new; i++) {
		const struct ib_lock_edge_change *edge = &diff->edges[i];

		ib_buffer_puts(teller->b, "- ");
		put_code(teller, edge->from);
		ib_buffer_puts(teller->b, edge->recommended ? " recommends " : " requires ");
		put_code(teller, edge->dependency);
		ib_buffer_puts(teller->b, ": ");
		put_code(teller, edge->to);
		ib_buffer_puts(teller->b, edge->to_is_new ? ", which is new" : "");
		put_place(teller, edge->architecture);
		ib_buffer_puts(teller->b, "\n");
	}
	if (i < diff->edge_count)
		ib_buffer_putf(teller->b, "- %s%zu of packages that are new themselves\n",
			       i ? "and " : "", diff->edge_count - i);
}

static void put_lines(const struct teller *teller, bool accounts)
{
	const struct ib_lock_diff *diff = teller->diff;
	bool titled = false;
	size_t i = 0;

	for (i = 0; i < diff->line_count; i++) {
		if (diff->lines[i].is_account != accounts)
			continue;
		put_title(teller, accounts ? "Accounts" : "Wishes", &titled);
		ib_buffer_puts(teller->b, diff->lines[i].is_added ? "- now " : "- no longer ");
		put_code(teller, diff->lines[i].text);
		put_place(teller, diff->lines[i].architecture);
		ib_buffer_puts(teller->b, "\n");
	}
}

static void put_repositories(const struct teller *teller)
{
	const struct ib_lock_diff *diff = teller->diff;
	bool titled = false;
	size_t i = 0;

	for (i = 0; i < diff->repository_count; i++) {
		const struct ib_lock_repository_change *repository = &diff->repositories[i];
		ib_autofree char *before = ib_lock_diff_snapshot(repository->before);
		ib_autofree char *after = ib_lock_diff_snapshot(repository->after);

		put_title(teller, "Repositories", &titled);
		ib_buffer_puts(teller->b, "- ");
		put_code(teller, repository->id);
		put_place(teller, repository->architecture);
		ib_buffer_putf(teller->b, ": %s, was %s\n", after, before);
	}
}

void ib_lock_diff_put_markdown(const struct ib_lock_diff *diff, struct ib_buffer *b)
{
	const struct teller teller = { diff, b };
	ib_autofree char *counts = ib_lock_diff_counts(diff);
	ib_autofree char *sizes = ib_lock_diff_sizes(diff);

	ib_buffer_putf(b, "**%s**; %s\n", counts, sizes);
	put_table(&teller);
	put_details(&teller);
	put_advisories(&teller, true);
	put_advisories(&teller, false);
	put_scriptlets(&teller);
	put_edges(&teller);
	put_lines(&teller, false);
	put_lines(&teller, true);
	put_repositories(&teller);
	if (diff->advisories_lacking) {
		ib_buffer_puts(b, "\nAdvisories are not told: ");
		put_code(&teller, diff->advisories_lacking);
		ib_buffer_puts(b, "\n");
	}
}
