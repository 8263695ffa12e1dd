/* SPDX-License-Identifier: Apache-2.0 */
/* The recipe's words for policy/, and the finished root before its judges. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/work.h"

static int fail_rule(const struct ib_recipe_allowance *allowance, struct ib_error *err)
{
	const char *names[64];
	const char *near = NULL;
	size_t count = 0;

	for (count = 0; count < IB_COUNT(names) && ib_rule_at(count); count++)
		names[count] = ib_rule_at(count)->id;
	near = ib_str_nearest(allowance->rule, names, count);
	(void)ib_fail(err, IB_INPUT, "%s:%u:%u: unrecognized rule '%s'", allowance->mark.file,
		      allowance->mark.line, allowance->mark.column, allowance->rule);
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	else
		ib_error_hint(err, "'imagebuild policy --rules' lists the rules.");
	return -IB_INPUT;
}

int ib_build_policy_settings(const struct ib_recipe *recipe, struct ib_arena *arena,
			     struct ib_policy_settings *ret_settings, struct ib_error *err)
{
	struct ib_allowance *allowances =
		ib_arena_alloc(arena, (recipe->allowance_count + 1) * sizeof(*allowances));
	size_t i = 0;

	for (i = 0; i < recipe->allowance_count; i++) {
		const struct ib_recipe_allowance *allowance = &recipe->allowances[i];

		if (!ib_rule_find(allowance->rule))
			return fail_rule(allowance, err);
		allowances[i] = (struct ib_allowance){ allowance->rule, allowance->where,
						       allowance->value, allowance->reason };
	}
	*ret_settings = (struct ib_policy_settings){
		.allowances = allowances,
		.allowance_count = recipe->allowance_count,
		.forbidden = recipe->forbidden.items,
		.forbidden_count = recipe->forbidden.count,
		.profile = recipe->hardening_profile,
		.profile_name = recipe->hardening_profile_written,
		.budgets = { recipe->budget_root_image, recipe->budget_package,
			     recipe->budget_packages, recipe->budget_setuid },
	};
	_Static_assert(sizeof(recipe->elf_percent) == sizeof(ret_settings->elf_percent),
		       "recipe/ and policy/ count the same");
	memcpy(ret_settings->elf_percent, recipe->elf_percent, sizeof(recipe->elf_percent));
	return 0;
}

/* What was learnt while the payload streamed by, or what lies in memory. */
static const struct ib_fact *fact_of(void *context, const struct ib_node *node)
{
	const struct ib_work *work = context;
	const struct ib_inode *inode = node->inode;
	ib_autofree char *path = NULL;

	if (inode->content == IB_CONTENT_PAYLOAD) {
		const struct ib_facts *facts = inode->package < work->root.count
						       ? work->root.members[inode->package]->facts
						       : NULL;

		return facts ? ib_facts_find(facts, inode->file) : NULL;
	}
	if (inode->content != IB_CONTENT_BUFFER)
		return NULL;
	path = ib_node_path(node);
	if (!ib_facts_wants(path, inode->mode, inode->size))
		return NULL;
	return ib_fact_of(work->arena, path, inode->data, inode->size);
}

#define MAX_WARNINGS 20 /* told one by one; 'imagebuild policy' lists all */

static void tell(const struct ib_work *work, const struct ib_policy_report *report)
{
	size_t warnings = 0;
	size_t i = 0;

	for (i = 0; i < report->finding_count; i++) {
		const struct ib_finding *finding = &report->findings[i];

		if (finding->allowed || finding->severity == IB_SEVERITY_NOTE)
			continue;
		if (finding->severity == IB_SEVERITY_WARNING && ++warnings > MAX_WARNINGS)
			continue;
		ib_warn(work->session->log, "%s: %s%s%s", finding->rule->id, finding->message,
			*finding->origin ? ", from " : "", finding->origin);
	}
	ib_step(work->session->log,
		"rules: %zu error%s, %zu warning%s, %zu note%s; %zu finding%s allowed with a reason",
		report->open[IB_SEVERITY_ERROR], ib_str_plural(report->open[IB_SEVERITY_ERROR]),
		report->open[IB_SEVERITY_WARNING], ib_str_plural(report->open[IB_SEVERITY_WARNING]),
		report->open[IB_SEVERITY_NOTE], ib_str_plural(report->open[IB_SEVERITY_NOTE]),
		report->allowed, ib_str_plural(report->allowed));
}

int ib_work_check_policy(struct ib_work *work, uint64_t root_image_bytes, struct ib_error *err)
{
	const struct ib_package **packages =
		ib_arena_alloc(work->arena, (work->root.count + 1) * sizeof(void *));
	struct ib_policy_subject subject = { .tree = work->root_tree,
					     .fact = fact_of,
					     .context = work,
					     .packages = packages,
					     .package_count = work->root.count,
					     .root_image_bytes = root_image_bytes };
	struct ib_policy_settings settings;
	size_t i = 0;

	for (i = 0; i < work->root.count; i++)
		packages[i] = work->root.members[i]->package;
	IB_TRY(ib_build_policy_settings(work->recipe, work->arena, &settings, err));
	IB_TRY(ib_policy_check(&subject, &settings, &work->policy, err));
	tell(work, work->policy);
	return ib_policy_verdict(work->policy, err);
}

int ib_work_policy_text(const struct ib_work *work, struct ib_buffer *text, struct ib_error *err)
{
	const struct ib_policy_image image = { .id = work->recipe->id,
					       .version = work->recipe->version,
					       .architecture = work->recipe->architecture,
					       .root_hash = *work->root_hash_hex
								    ? work->root_hash_hex
								    : NULL,
					       .tool_version = IB_VERSION };

	return ib_policy_write_json(work->policy, &image, text, err);
}

int ib_work_write_policy(struct ib_work *work, struct ib_error *err)
{
	IB_AUTO_BUFFER(text, IB_POLICY_MAX_DOCUMENT);

	IB_TRY(ib_work_policy_text(work, &text, err));
	return ib_outputs_write(work->outputs, ".policy.json", text.data, text.size, err);
}
