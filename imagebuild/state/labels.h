/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels - SELinux labels for every path, from the image's own file contexts.
 *
 * Which policy an image has says its /etc/selinux/config (SELINUXTYPE=); its
 * contexts, with the substitutions and homes beside them, are read by libselinux
 * (3.4 and later) as setfiles does, without a kernel that knows SELinux and
 * without the host's policy. Each inode gets the label of its first name as
 * security.selinux, with the NUL behind it that the kernel keeps too. Paths for
 * which the policy has no label (<<none>>) stay without one.
 *
 * Looking up takes 0.2 ms a path, so labels are kept: by package and by the
 * digest of the contexts. What is kept only repeats what libselinux said for a
 * path and a type, whatever else was in the image then.
 *
 * It comes last: after all generators and the package database.
 */
#ifndef IB_STATE_LABELS_H
#define IB_STATE_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"
#include "tree/tree.h"

struct ib_state_plan;

/* What an earlier run kept; bound by whoever has a store. */
struct ib_label_cache {
	void *context;
	/* Appends what lies under key to ret_data; false: nothing does. */
	bool (*get)(void *context, const char *key, struct ib_buffer *ret_data);
	int (*put)(void *context, const char *key, const void *data, size_t size,
		   struct ib_error *err);
};

enum ib_labels {
	IB_LABELS_AUTOMATIC, /* when the image has a policy and does not disable it */
	IB_LABELS_REQUIRED,  /* an image without a policy is IB_INPUT */
	IB_LABELS_OFF,
};

struct ib_label_request {
	enum ib_labels labels;
	const char *const *package_sha256;  /* by number, as many as the plan has facts */
	const char *temporary;              /* a folder in which a folder may be made */
	const struct ib_label_cache *cache; /* NULL: every path is looked up */
};

/* The plan's facts are read; ret_count (may be NULL) gets how many inodes were labelled. */
int ib_state_label(struct ib_tree *tree, const struct ib_state_plan *plan,
		   const struct ib_label_request *request, size_t *ret_count, struct ib_error *err)
	IB_MUST_CHECK;

/* Of libselinux: which labels a path gets has changed between versions. */
const char *ib_selinux_version(void);

#endif
