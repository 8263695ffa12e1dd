/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state - natively and deterministically, what scriptlets would have done.
 *
 * No scriptlet ever runs. After packages and overlays have filled the tree,
 * ib_state_apply() runs the generators of one table (state/generators.c) in a
 * fixed order: accounts, tmpfiles, alternatives, shells, os-release,
 * machine-id, presets, sysctl, certificates, kernel modules, the loader's
 * cache. Each reads the tree and the facts of the packages, and puts paths
 * whose origin is IB_ORIGIN_GENERATOR with its name. Times are the tree's.
 *
 * Order: packages and contents first (their facts are needed), overlays, then
 * ib_state_apply(), then ib_tree_resolve_owners() with the accounts that it
 * returned, then ib_state_label() (state/labels.h), then ib_tree_finish().
 *
 * Which scriptlet is covered by which generator says the ledger
 * (state/ledger.h); what scriptlets ask for beyond the packages' own
 * configuration files (accounts, links of alternatives, units) reaches the
 * generators as effects.
 */
#ifndef IB_STATE_H
#define IB_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "package/package.h"
#include "state/labels.h"
#include "state/ledger.h"
#include "tree/tree.h"

struct ib_facts;

struct ib_state_user {
	const char *name;
	int64_t uid;         /* -1: the next free one from 1000 on */
	const char *group;   /* NULL: a group of the same name */
	const char *comment; /* NULL: empty, as the next ones */
	const char *home;    /* NULL: / */
	const char *shell;   /* NULL: nologin */
	const char *const *groups;
	size_t group_count;
	const char *const *ssh_keys; /* lines of authorized_keys */
	size_t ssh_key_count;
	const char *place; /* where somebody asked for it, "FILE:LINE:COLUMN"; or NULL */
};

struct ib_state_group {
	const char *name;
	int64_t gid; /* -1: the next free one from 1000 on */
};

struct ib_state_sysctl {
	const char *name;
	const char *value;
};

struct ib_state_names {
	const char *const *items;
	size_t count;
};

/*
 * What a generator made before, where it takes long. The key is a text with all that decides the bytes; where
 * nothing is known (false), or nobody remembers, it is made anew.
 */
struct ib_state_memory {
	void *context;
	bool (*recall)(void *context, const char *key, struct ib_buffer *ret_content);
	void (*keep)(void *context, const char *key, const struct ib_buffer *content);
};

/* What the generators are given beside the tree; everything is borrowed. */
struct ib_state_plan {
	const struct ib_facts *const *facts; /* by the number that a package has in the tree */
	size_t fact_count;
	const struct ib_effect *effects; /* of the scriptlets that the ledger covers, in order */
	size_t effect_count;
	const char *image_id; /* NULL: os-release stays as it is */
	const char *image_version;
	bool writable_etc; /* machine-id is "uninitialized" instead of empty */
	const struct ib_state_user *users;
	size_t user_count;
	const struct ib_state_group *groups;
	size_t group_count;
	/* "user NAME UID", "group NAME GID": who has no fixed number gets this one again */
	struct ib_state_names remembered;
	struct ib_state_names enable, disable, mask; /* units */
	const struct ib_state_sysctl *sysctl;
	size_t sysctl_count;
	struct ib_state_names only;           /* generators by name; count 0: all of them */
	const struct ib_state_memory *memory; /* NULL: nobody remembers */
	const struct ib_log *log;
};

/* The accounts of the image: the packages' own, those of scriptlets, and the plan's. */
struct ib_state_accounts;

void ib_state_accounts_free(struct ib_state_accounts *accounts);
/* For ib_tree_resolve_owners(); valid as long as accounts. */
struct ib_accounts ib_state_accounts_lookup(struct ib_state_accounts *accounts);
/* "user NAME UID" and "group NAME GID" lines, sorted: what a lock keeps so that numbers stay. */
char *ib_state_accounts_text(const struct ib_state_accounts *accounts);
/* Whether they are those of the lock, number by number; IB_INPUT names both. */
int ib_state_accounts_check(const struct ib_state_accounts *accounts,
			    const struct ib_state_names *locked, struct ib_error *err)
	IB_MUST_CHECK;

/*
 * Folders and links that must be there before any package lays files through
 * them (/bin, /lib64...): effects of %pretrans scriptlets. Call it on the new
 * tree; the package that owns such a path takes it over.
 */
int ib_state_prepare(struct ib_tree *tree, const struct ib_effect *effects, size_t effect_count,
		     struct ib_error *err) IB_MUST_CHECK;

/* ret_accounts may be NULL. Errors name the path and what to do. */
int ib_state_apply(struct ib_tree *tree, const struct ib_state_plan *plan,
		   struct ib_state_accounts **ret_accounts, struct ib_error *err) IB_MUST_CHECK;

/* The generators' names in the order in which they run; NULL behind the last. */
const char *ib_state_generator_name(size_t i);

IB_DEFINE_AUTO(ib_state_accounts);

#endif
