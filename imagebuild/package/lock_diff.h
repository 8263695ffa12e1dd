/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock_diff - what a reviewer has to know of the way from one lock to another.
 *
 * Packages are paired by name and architecture (by name alone where a package
 * changed its architecture); versions are compared in rpm's order. What is the
 * same in both says nothing. A change has a kind (what happened to the package)
 * and facets (what else about its line is another: key, repository, scriptlets…);
 * both carry a weight, and changes are sorted by its sum, so that what could do
 * harm is read first.
 *
 * The order of calls: ib_lock_diff_new(), ib_lock_diff_add() for the part of each
 * architecture, then whoever has them fills in scriptlets[].text_diff and calls
 * ib_lock_diff_advise(), then ib_lock_diff_finish() and one of the four ways to
 * tell it. The diff borrows from both locks and from the advisories.
 *
 * Nothing in it depends on the order in which the locks were filled.
 */
#ifndef IB_PACKAGE_LOCK_DIFF_H
#define IB_PACKAGE_LOCK_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "package/advisory.h"
#include "package/lock.h"

enum ib_lock_change_kind {
	IB_LOCK_SAME, /* the same bytes; facets or advisories say what is to be told */
	IB_LOCK_ADDED,
	IB_LOCK_REMOVED,
	IB_LOCK_UP,
	IB_LOCK_DOWN,
	IB_LOCK_REBUILT, /* the same version, other bytes */
};

enum ib_lock_facet {
	IB_LOCK_FACET_SIGNER = 1 << 0,
	IB_LOCK_FACET_REPOSITORY = 1 << 1,
	IB_LOCK_FACET_SCRIPTLETS = 1 << 2,   /* one came, went or says something else */
	IB_LOCK_FACET_DECISIONS = 1 << 3,    /* one that stays is decided otherwise */
	IB_LOCK_FACET_SOURCE = 1 << 4,       /* built from a source package of another name */
	IB_LOCK_FACET_ARCHITECTURE = 1 << 5, /* noarch now, say */
	IB_LOCK_FACET_INTO = 1 << 6,         /* root and initrd */
	IB_LOCK_FACET_REQUIRES = 1 << 7,     /* it needs a package that it did not need */
	IB_LOCK_FACET_LEAP = 1 << 8,         /* another epoch or major version */
	IB_LOCK_FACET_OPENED = 1 << 9,       /* an advisory concerns it now */
};
#define IB_LOCK_FACET_COUNT 10

enum ib_lock_risk { IB_LOCK_RISK_LOW, IB_LOCK_RISK_MEDIUM, IB_LOCK_RISK_HIGH };

/* One scriptlet that is not as it was; one side is NULL where it came or went. */
struct ib_lock_scriptlet_change {
	const char *kind;
	const struct ib_lock_scriptlet *before, *after;
	const char *text_diff; /* of the interpreter's line and the text; NULL: not filled in */
	const char *lacking;   /* why there is no text_diff: one sentence, or NULL */
};

struct ib_lock_change {
	const char *architecture; /* of the part */
	const char *name;
	enum ib_lock_change_kind kind;
	unsigned facets;
	unsigned weight;
	enum ib_lock_risk risk;
	const struct ib_lock_package *before, *after; /* NULL where it was not or is not */
	struct ib_lock_scriptlet_change *scriptlets;  /* in the arena */
	size_t scriptlet_count;
	const struct ib_advisory *const *fixed, *const *opened; /* sorted by id; in the arena */
	size_t fixed_count, opened_count;
};

/* A package now wants another one, which it did not before. By name: versions are no news. */
struct ib_lock_edge_change {
	const char *architecture;
	const char *from, *to; /* names */
	const char *dependency;
	bool recommended;
	bool from_is_new, to_is_new; /* the package itself was added */
};

/* A line of the wishes or the accounts that is only in one of the two. */
struct ib_lock_line_change {
	const char *architecture;
	const char *text;
	bool is_account;
	bool is_added;
};

struct ib_lock_repository_change {
	const char *architecture;
	const char *id;
	const struct ib_lock_repository *before, *after; /* NULL where it was not or is not */
};

struct ib_lock_diff {
	struct ib_lock_change *changes; /* owned list, as the next ones */
	size_t change_count;
	struct ib_lock_edge_change *edges;
	size_t edge_count;
	struct ib_lock_line_change *lines;
	size_t line_count;
	struct ib_lock_repository_change *repositories;
	size_t repository_count;
	size_t packages_before, packages_after;
	uint64_t size_before, size_after; /* bytes of the .rpm files */
	size_t part_count;
	struct ib_advisories **advisories; /* owned, with their list; none: nothing is known */
	size_t advisories_count;
	const char *advisories_lacking; /* why none are told: one sentence, or NULL */
	struct ib_arena *arena;         /* owned */
};

struct ib_lock_diff *ib_lock_diff_new(void);
void ib_lock_diff_free(struct ib_lock_diff *diff);

/* The parts for one architecture; NULL where a lock has none. */
void ib_lock_diff_add(struct ib_lock_diff *diff, const struct ib_lock *before,
		      const struct ib_lock *after);
/*
 * What the moves fix and open, by the advisories that are known now, which it
 * takes over; and, where earlier is not NULL, what concerns a package that did not
 * move and was not known then.
 */
void ib_lock_diff_advise(struct ib_lock_diff *diff, const char *architecture,
			 const struct ib_advisories *earlier, struct ib_advisories *now);
/* Judges and sorts; nothing may be added afterwards. */
void ib_lock_diff_finish(struct ib_lock_diff *diff);

/* Whether there is anything to tell. */
bool ib_lock_diff_is_empty(const struct ib_lock_diff *diff);
size_t ib_lock_diff_count(const struct ib_lock_diff *diff, enum ib_lock_change_kind kind);

/* "up", "rebuilt", …; "signing key", …; "high": the words of all outputs. */
const char *ib_lock_change_kind_name(enum ib_lock_change_kind kind);
const char *ib_lock_facet_name(unsigned facet);
const char *ib_lock_risk_name(enum ib_lock_risk risk);
/* The version of a line: NEVRA without name and architecture; in the arena. */
const char *ib_lock_version_of(struct ib_arena *arena, const struct ib_lock_package *package);

/* To the end of a buffer: for people; for a pull request; for machines, and what that looks like. */
void ib_lock_diff_put_text(const struct ib_lock_diff *diff, struct ib_buffer *b);
void ib_lock_diff_put_markdown(const struct ib_lock_diff *diff, struct ib_buffer *b);
void ib_lock_diff_put_json(const struct ib_lock_diff *diff, struct ib_buffer *b);
void ib_lock_diff_put_schema(struct ib_buffer *b);

IB_DEFINE_AUTO(ib_lock_diff);

#endif
