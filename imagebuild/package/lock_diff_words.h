/* SPDX-License-Identifier: Apache-2.0 */
/* lock_diff_words - what text and Markdown say in the same words (inside package/ only). */
#ifndef IB_PACKAGE_LOCK_DIFF_WORDS_H
#define IB_PACKAGE_LOCK_DIFF_WORDS_H

#include "package/lock_diff.h"

/* "2 up, 1 rebuilt"; "nothing" where no package changed. */
char *ib_lock_diff_counts(const struct ib_lock_diff *diff);
/* "184 packages, 118.4 MiB (+1.2 MiB)" */
char *ib_lock_diff_sizes(const struct ib_lock_diff *diff);
/* "+1.2 MiB" */
char *ib_lock_diff_size_change(uint64_t before, uint64_t after);
/* "1.2-1 to 1.3-1", "new at 1.3-1"…, nothing of it escaped. */
char *ib_lock_diff_versions(const struct ib_lock_diff *diff, const struct ib_lock_change *change);
/* The lines below a package but for scriptlets and advisories: name and what it was and is. */
struct ib_lock_detail {
	const char *what; /* "signing key" */
	const char *before, *after;
};
#define IB_LOCK_MAX_DETAILS 8
size_t ib_lock_diff_details(const struct ib_lock_diff *diff, const struct ib_lock_change *change,
			    struct ib_lock_detail details[IB_LOCK_MAX_DETAILS]);
/* "native ldconfig", "skip: because", or "none" */
const char *ib_lock_diff_decision(struct ib_arena *arena,
				  const struct ib_lock_scriptlet *scriptlet);
/* At most so many lines of text; *ret_left is how many were cut off. */
char *ib_lock_diff_head(const char *text, size_t max_lines, size_t *ret_left);
/* "RHSA-1:2 (security, important)" and its CVEs, not escaped. */
char *ib_lock_diff_advisory(const struct ib_advisory *advisory);
/* "2026-11-24T00:00:00Z (repomd.xml 0123456789ab)", or "none" */
char *ib_lock_diff_snapshot(const struct ib_lock_repository *repository);

#endif
