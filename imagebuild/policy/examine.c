/* SPDX-License-Identifier: Apache-2.0 */
/* The examination from end to end: walk the tree once, ask every rule, allow, sort. */
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/internal.h"

/* ---- adding findings ------------------------------------------------------- */

static const char *words_of(struct ib_examination *examination, const struct ib_origin *origin)
{
	switch (origin->kind) {
	case IB_ORIGIN_PACKAGE:
		return ib_arena_strf(examination->arena, "package %s", origin->name);
	case IB_ORIGIN_OVERLAY:
		return ib_arena_strf(examination->arena, "overlay %s", origin->name);
	case IB_ORIGIN_GENERATOR:
		return ib_arena_strf(examination->arena, "generator %s", origin->name);
	case IB_ORIGIN_NONE:
		break;
	}
	return "";
}

static struct ib_finding *add(struct ib_examination *examination, const char *rule)
{
	struct ib_policy_report *report = examination->report;
	struct ib_finding *finding = NULL;

	ib_grow(report->findings, report->finding_count);
	finding = &report->findings[report->finding_count++];
	*finding = (struct ib_finding){ .rule = ib_rule_find(rule), .value = "", .origin = "" };
	finding->severity = finding->rule->severity;
	return finding;
}

void ib_found(struct ib_examination *examination, const char *rule, const struct ib_node *node,
	      const char *where, const char *value, const char *fmt, ...)
{
	struct ib_finding *finding = add(examination, rule);
	ib_autofree char *path = where || !node ? NULL : ib_node_path(node);
	ib_autofree char *message = NULL;
	va_list ap;

	va_start(ap, fmt);
	message = ib_vstrf(fmt, ap);
	va_end(ap);
	finding->where = ib_arena_strdup(examination->arena, where ? where : path);
	finding->value = ib_arena_strdup(examination->arena, value ? value : "");
	finding->message = ib_arena_strdup(examination->arena, message);
	if (node)
		finding->origin = words_of(examination, &node->inode->origin);
}

void ib_found_as(struct ib_examination *examination, const char *rule, enum ib_severity severity,
		 const char *where, const char *value, const char *message)
{
	struct ib_finding *finding = add(examination, rule);

	finding->severity = severity;
	finding->where = ib_arena_strdup(examination->arena, where);
	finding->value = ib_arena_strdup(examination->arena, value);
	finding->message = ib_arena_strdup(examination->arena, message);
}

/* ---- looking at contents ---------------------------------------------------- */

const struct ib_fact *ib_policy_fact(const struct ib_examination *examination,
				     const struct ib_node *node)
{
	const struct ib_policy_subject *subject = examination->subject;

	if (!node || !S_ISREG(node->inode->mode) || !subject->fact)
		return NULL;
	return subject->fact(subject->context, node);
}

const char *ib_policy_node_text(const struct ib_examination *examination,
				const struct ib_node *node)
{
	const struct ib_fact *fact = NULL;

	if (!node || !S_ISREG(node->inode->mode))
		return NULL;
	if (!node->inode->size)
		return "";
	if (node->inode->content == IB_CONTENT_BUFFER)
		return ib_arena_strf(examination->arena, "%.*s", (int)node->inode->size,
				     (const char *)node->inode->data);
	fact = ib_policy_fact(examination, node);
	return fact ? fact->data : NULL;
}

const char *ib_policy_text(const struct ib_examination *examination, const char *path)
{
	return ib_policy_node_text(examination,
				   ib_tree_find_target(examination->subject->tree, path));
}

const struct ib_node *ib_policy_folder(const struct ib_examination *examination, const char *path)
{
	const struct ib_node *node = ib_tree_find_target(examination->subject->tree, path);

	return node && S_ISDIR(node->inode->mode) ? node : NULL;
}

/* ---- allowing --------------------------------------------------------------- */

static bool covers(const struct ib_allowance *allowance, const struct ib_finding *finding)
{
	return !strcmp(allowance->rule, finding->rule->id) &&
	       !fnmatch(allowance->where, finding->where, 0) &&
	       (!allowance->value || !strcmp(allowance->value, finding->value));
}

static void allow(struct ib_examination *examination)
{
	const struct ib_policy_settings *settings = examination->settings;
	struct ib_policy_report *report = examination->report;
	size_t count = report->finding_count;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < settings->allowance_count; i++) {
		const struct ib_allowance *allowance = &settings->allowances[i];
		bool used = false;

		for (j = 0; j < count; j++) {
			if (!covers(allowance, &report->findings[j]))
				continue;
			used = true;
			if (!report->findings[j].allowed)
				report->findings[j].allowed =
					ib_arena_strdup(examination->arena, allowance->reason);
		}
		if (!used)
			ib_found(examination, "allowance-unused", NULL, allowance->where,
				 allowance->rule, "the allowance for %s at '%s' covers nothing",
				 allowance->rule, allowance->where);
	}
}

static int compare_findings(const void *a, const void *b)
{
	const struct ib_finding *x = a;
	const struct ib_finding *y = b;
	int order = 0;

	if (!x->allowed != !y->allowed)
		return x->allowed ? 1 : -1;
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	order = strcmp(x->rule->id, y->rule->id);
	if (!order)
		order = strcmp(x->where, y->where);
	if (!order)
		order = strcmp(x->value, y->value);
	return order ? order : strcmp(x->message, y->message);
}

static void settle(struct ib_examination *examination)
{
	struct ib_policy_report *report = examination->report;
	size_t i = 0;

	allow(examination);
	if (report->finding_count)
		qsort(report->findings, report->finding_count, sizeof(*report->findings),
		      compare_findings);
	for (i = 0; i < report->finding_count; i++) {
		if (report->findings[i].allowed)
			report->allowed++;
		else
			report->open[report->findings[i].severity]++;
	}
}

/* ---- all of it --------------------------------------------------------------- */

static int note_names(void *context, struct ib_node *node, struct ib_error *err)
{
	ib_autofree char *path = ib_node_path(node);

	(void)err;
	ib_note_library(context, node, path);
	return 0;
}

static int look_at(void *context, struct ib_node *node, struct ib_error *err)
{
	ib_autofree char *path = ib_node_path(node);

	(void)err;
	ib_check_modes(context, node, path);
	ib_check_secret_file(context, node, path);
	ib_check_program(context, node, path);
	return 0;
}

static int examine(struct ib_examination *examination, struct ib_error *err)
{
	const struct ib_tree *tree = examination->subject->tree;

	IB_TRY(ib_tree_walk(tree, note_names, examination, err));
	IB_TRY(ib_tree_walk(tree, look_at, examination, err));
	ib_check_elf_shares(examination);
	ib_check_accounts(examination);
	ib_check_sshd(examination);
	ib_check_units(examination);
	IB_TRY(ib_check_budgets(examination, err));
	IB_TRY(ib_check_profile(examination, err));
	settle(examination);
	return 0;
}

int ib_policy_check(const struct ib_policy_subject *subject,
		    const struct ib_policy_settings *settings, struct ib_policy_report **ret_report,
		    struct ib_error *err)
{
	IB_AUTO(ib_policy_report) report = ib_alloc(sizeof(*report));
	IB_AUTO(ib_map) names = ib_map_new();
	struct ib_examination examination = {
		.subject = subject, .settings = settings, .report = report, .names = names
	};
	int r = 0;

	report->arena = examination.arena = ib_arena_new();
	r = examine(&examination, err);
	ib_strings_done(&examination.privileged_paths);
	IB_TRY(r);
	*ret_report = ib_take(report);
	return 0;
}

void ib_policy_report_free(struct ib_policy_report *report)
{
	if (!report)
		return;
	ib_free(report->findings);
	ib_free(report->elf);
	ib_arena_free(report->arena);
	ib_free(report);
}

int ib_policy_verdict(const struct ib_policy_report *report, struct ib_error *err)
{
	const struct ib_finding *first = report->findings;
	size_t count = report->open[IB_SEVERITY_ERROR];

	if (!count)
		return 0;
	(void)ib_fail(err, IB_REFUSED, "%zu finding%s of the rules refuse%s this image: %s: %s%s",
		      count, count == 1 ? "" : "s", count == 1 ? "s" : "", first->rule->id,
		      first->message, count == 1 ? "" : ", and others");
	ib_error_hint(err,
		      "%s What has to be so is allowed in the recipe: hardening.allow, {rule: %s, "
		      "where: '%s', reason: …}.",
		      first->rule->help, first->rule->id, first->where);
	return -IB_REFUSED;
}
