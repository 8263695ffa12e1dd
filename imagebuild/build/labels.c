/* SPDX-License-Identifier: Apache-2.0 */
/* SELinux labels of the root; what was looked up once is kept in the store. */
#include "build/work.h"
#include "state/state.h"

static bool get_labels(void *context, const char *key, struct ib_buffer *ret_data)
{
	const struct ib_work *work = context;

	return ib_store_get_derived(work->store, IB_STORE_FACTS, key, ret_data);
}

static int put_labels(void *context, const char *key, const void *data, size_t size,
		      struct ib_error *err)
{
	const struct ib_work *work = context;

	return ib_store_put_derived(work->store, IB_STORE_FACTS, key, data, size, err);
}

static enum ib_labels labels_of(enum ib_selinux selinux)
{
	switch (selinux) {
	case IB_SELINUX_AUTOMATIC:
		return IB_LABELS_AUTOMATIC;
	case IB_SELINUX_REQUIRED:
		return IB_LABELS_REQUIRED;
	case IB_SELINUX_NEVER:
		return IB_LABELS_OFF;
	}
	return IB_LABELS_OFF;
}

int ib_work_label(struct ib_work *work, const struct ib_state_plan *plan, struct ib_error *err)
{
	const struct ib_label_cache cache = { work, get_labels, put_labels };
	const char **sha256 = ib_arena_alloc(work->arena, work->root.count * sizeof(*sha256));
	struct ib_label_request request = { .labels = labels_of(work->recipe->root_selinux),
					    .package_sha256 = sha256,
					    .temporary = ib_outputs_folder(work->outputs),
					    .cache = &cache };
	size_t labelled = 0;
	size_t i = 0;

	for (i = 0; i < work->root.count; i++)
		sha256[i] = work->root.members[i]->line->sha256;
	IB_TRY(ib_state_label(work->root_tree, plan, &request, &labelled, err));
	if (labelled)
		ib_step(work->session->log, "%zu files have an SELinux label", labelled);
	return 0;
}
