/* SPDX-License-Identifier: Apache-2.0 */
/* internal - what the files of policy/ share. */
#ifndef IB_POLICY_INTERNAL_H
#define IB_POLICY_INTERNAL_H

#include "policy/policy.h"

/* One examination under way. */
struct ib_examination {
	const struct ib_policy_subject *subject;
	const struct ib_policy_settings *settings;
	struct ib_policy_report *report;
	struct ib_arena *arena; /* the report's */
	struct ib_map *names;   /* of files in folders of libraries: name → the node */
	size_t privileged;      /* setuid, setgid or with capabilities */
	struct ib_strings privileged_paths; /* of those */
};

/*
 * Adds a finding of this rule with its own severity; node gives place and origin (where
 * NULL: its path). Texts are copied.
 */
void ib_found(struct ib_examination *examination, const char *rule, const struct ib_node *node,
	      const char *where, const char *value, const char *fmt, ...) IB_PRINTF(6, 7);
/* The same with a severity of its own. */
void ib_found_as(struct ib_examination *examination, const char *rule, enum ib_severity severity,
		 const char *where, const char *value, const char *message);

/* The content of a path as text, in the arena; NULL where there is none or it is not known. */
const char *ib_policy_text(const struct ib_examination *examination, const char *path);
const char *ib_policy_node_text(const struct ib_examination *examination,
				const struct ib_node *node);
/* The fact of a regular file, or NULL. */
const struct ib_fact *ib_policy_fact(const struct ib_examination *examination,
				     const struct ib_node *node);
/* The folder at path, links followed; NULL where there is none. */
const struct ib_node *ib_policy_folder(const struct ib_examination *examination, const char *path);

/* Each file of the tree: */
void ib_check_modes(struct ib_examination *examination, const struct ib_node *node,
		    const char *path);
void ib_check_secret_file(struct ib_examination *examination, const struct ib_node *node,
			  const char *path);
void ib_check_program(struct ib_examination *examination, const struct ib_node *node,
		      const char *path);
/* Once, before and behind them: */
void ib_note_library(struct ib_examination *examination, const struct ib_node *node,
		     const char *path);
void ib_check_elf_shares(struct ib_examination *examination);
void ib_check_accounts(struct ib_examination *examination);
void ib_check_sshd(struct ib_examination *examination);
void ib_check_units(struct ib_examination *examination);
int ib_check_budgets(struct ib_examination *examination, struct ib_error *err) IB_MUST_CHECK;
int ib_check_profile(struct ib_examination *examination, struct ib_error *err) IB_MUST_CHECK;

#endif
