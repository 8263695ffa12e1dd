/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger - which scriptlets are covered, by what, and why one is not.
 *
 * A scriptlet is covered when every command of it is understood: it belongs to
 * a family whose effect a generator of state/ produces, or that has no effect
 * on a fresh image. The text is parsed as the shell would (state/shell.h) and
 * never executed; package names play no part. Lua is known by the digest of its
 * normalised text, or as one of the few texts that distributions repeat.
 *
 * Conditions are decided as for a first installation: $1 is 1 in %pre, %post
 * and their kin; %preun, %postun and trigger-un never run.
 */
#ifndef IB_STATE_LEDGER_H
#define IB_STATE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base.h"
#include "package/package.h"

struct ib_guard;

enum ib_effect_kind {
	IB_EFFECT_ACCOUNT,     /* text: a line of sysusers.d */
	IB_EFFECT_ALTERNATIVE, /* text: "LINK NAME PATH PRIORITY", then a line for each slave */
	IB_EFFECT_ENABLE,      /* text: a unit, enabled whatever the presets say */
	IB_EFFECT_SHELL,       /* text: a path for /etc/shells */
	IB_EFFECT_LINK,        /* text: "PATH TARGET" */
	IB_EFFECT_DIRECTORY,   /* text: "PATH MODE" */
	IB_EFFECT_TMPFILES,    /* text: a line of tmpfiles.d: touch, chmod, chown, ln -f */
	IB_EFFECT_FILE,        /* text: "PATH\nCONTENT": replaces what is there */
	IB_EFFECT_APPEND,      /* text: "PATH\nCONTENT" */
	IB_EFFECT_ABSENT,      /* text: "PATH NEVRA": what %post of that package removes */
	IB_EFFECT_CAPABILITY,  /* text: "PATH CAPABILITIES" */
	IB_EFFECT_DISABLE,     /* text: a unit, not enabled whatever the presets say */
	IB_EFFECT_COPY,        /* text: "PATH NEWPATH": a file and where it is copied to */
	IB_EFFECT_VACANT, /* text: "PATH": the scriptlet acts on what an image must not have there */
	IB_EFFECT_INFO,   /* text: "DIRECTORY-FILE PAGE", or with "\nENTRY" behind */
};

struct ib_effect {
	enum ib_effect_kind kind;
	const char *text;
	bool early; /* of %pretrans: must be there before packages are laid down */
	const struct ib_guard
		*guard; /* conditions that the tree answers (state/shell.h); or NULL */
};

struct ib_verdict {
	bool covered;
	const char *families;    /* covered: names, sorted, with commas between */
	const char *not_covered; /* else: the words that were not understood, one command a line */
	const struct ib_effect *effects; /* covered: what generators have to do for it */
	size_t effect_count;
};

/* Never fails: what cannot be parsed is not covered, with the reason. All of it lies in the arena. */
void ib_ledger_judge(const struct ib_package *package, const struct ib_scriptlet *scriptlet,
		     struct ib_arena *arena, struct ib_verdict *ret_verdict);

/* The families there are, for documents and tests; NULL behind the last. */
const char *ib_ledger_family_name(size_t i);
const char *ib_ledger_family_summary(size_t i);

#endif
