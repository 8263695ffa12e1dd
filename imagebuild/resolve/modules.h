/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules - which streams of modules count, and what they hide.
 *
 * streams.c decides by module which stream counts: the one that the request
 * names, one that a named stream requires, or the default one. modules.c notes
 * the packages of all streams and hides those that do not count.
 */
#ifndef IB_RESOLVE_MODULES_H
#define IB_RESOLVE_MODULES_H

#include <modulemd.h>

#include "resolve/internal.h"

/* A package of a module's build, as its document names it. */
struct ib_resolve_artifact {
	const char *stream; /* "nodejs:18" */
	bool shown;
};

struct ib_resolve_modules {
	ModulemdModuleIndex *index;
	struct ib_map *wanted;     /* module -> stream that shall count */
	struct ib_map *artifacts;  /* NEVRA with epoch -> struct ib_resolve_artifact */
	struct ib_map *names;      /* of shown packages -> struct ib_resolve_artifact */
	struct ib_strings streams; /* that count: "nodejs:18", sorted */
	struct ib_arena *arena;
};

/* streams.c: fills wanted. A named stream that cannot count is IB_INPUT. */
int ib_resolve_want_streams(struct ib_resolver *resolver, struct ib_resolve_modules *modules,
			    struct ib_error *err) IB_MUST_CHECK;
/* Whether what this build of a stream requires of other modules counts. */
bool ib_resolve_stream_fits(const struct ib_resolve_modules *modules, ModulemdModuleStream *stream);
/* What of it does not, in words: "module 'db' in stream '5'"; the caller owns it. */
char *ib_resolve_stream_lacks(const struct ib_resolve_modules *modules, const char *stream);

#endif
