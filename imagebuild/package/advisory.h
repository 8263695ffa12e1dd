/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advisory - what a repository says its builds mend.
 *
 * An advisory (updateinfo) has an id, a kind, a severity and a list of builds:
 * whoever has an older build of that name and architecture has the fault, and
 * whoever takes that build or a newer one is rid of it. resolve/ reads them;
 * update, diff and reports ask here which ones a move of a package concerns:
 *
 *	have: what is there now           get: what would be there instead
 *	NULL  nothing                     NULL  whatever there is
 *
 *	found(have = old, get = new)      what the move mends
 *	found(have = new, get = old)      what it opens again
 *	found(have = now, get = NULL)     what is still open
 *
 * A fix of a module's build concerns only who has that stream of the module.
 *
 * The list is sorted by id and repository; where two repositories tell the same
 * advisory, both stand here, and an answer names it once. All of it lies in the
 * arena.
 */
#ifndef IB_PACKAGE_ADVISORY_H
#define IB_PACKAGE_ADVISORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* A build that mends it. */
struct ib_advisory_fix {
	const char *name;
	const char *evr; /* "[epoch:]version-release" */
	const char *arch;
	const char *module; /* "nodejs:18", or NULL */
};

struct ib_advisory_reference {
	const char *kind; /* "cve", "bugzilla", "self", "other" */
	const char *id;   /* "CVE-2024-1234" */
	const char *url;  /* "" where there is none */
};

struct ib_advisory {
	const char *id;         /* "RHSA-2024:1234" */
	const char *kind;       /* "security", "bugfix", "enhancement", "newpackage" */
	const char *severity;   /* "Critical", "Important", "Moderate", "Low" or "" */
	const char *title;      /* "" where there is none */
	const char *repository; /* id */
	int64_t date;           /* issued or last updated; 0: not said */
	bool reboot_suggested;
	const struct ib_advisory_reference *references;
	size_t reference_count;
	const struct ib_advisory_fix *fixes;
	size_t fix_count;
};

struct ib_advisories {
	struct ib_advisory *items; /* owned list */
	size_t count;
	struct ib_advisory_index *index; /* owned */
	struct ib_arena *arena;          /* owned */
};

/* A package on its move; see above. */
struct ib_advisory_move {
	const char *name;
	const char *arch;
	const char *have; /* "[epoch:]version-release", or NULL */
	const char *get;
	const char *const *streams; /* of modules that count: "nodejs:18" */
	size_t stream_count;
};

struct ib_advisories *ib_advisories_new(void);
void ib_advisories_free(struct ib_advisories *advisories);
/* Copies it, and what it points to, into the arena. */
void ib_advisories_add(struct ib_advisories *advisories, const struct ib_advisory *advisory);
/* After the last one was added, before the first question. */
void ib_advisories_finish(struct ib_advisories *advisories);

/* Those that the move concerns, sorted by id; the list itself belongs to the caller. */
size_t ib_advisories_find(const struct ib_advisories *advisories,
			  const struct ib_advisory_move *move,
			  const struct ib_advisory ***ret_found);

/* 0 for none to 4 for critical; what is not recognized counts as 0. */
unsigned ib_advisory_severity(const struct ib_advisory *advisory);
bool ib_advisory_is_security(const struct ib_advisory *advisory);

IB_DEFINE_AUTO(ib_advisories);

#endif
