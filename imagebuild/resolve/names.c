/* SPDX-License-Identifier: Apache-2.0 */
/* names - packages in words. */
#include <string.h>

#include "resolve/internal.h"

/* Valid until a few more are made: libsolv's own temporary space. */
const char *ib_resolve_nevra(Pool *pool, Id package)
{
	const Solvable *s = pool_id2solvable(pool, package);
	const char *evr = pool_id2str(pool, s->evr);

	if (ib_str_starts(evr, "0:"))
		evr += 2;
	return pool_tmpjoin(pool, pool_tmpjoin(pool, pool_id2str(pool, s->name), "-", evr), ".",
			    pool_id2str(pool, s->arch));
}

char *ib_resolve_describe(Pool *pool, Id package)
{
	return ib_strf("package '%s' (repository '%s')", ib_resolve_nevra(pool, package),
		       pool->solvables[package].repo->name);
}

/* What stands before the second dash from the right: version and release have none. */
char *ib_resolve_name_of(const char *nevra)
{
	const char *release = strrchr(nevra, '-');
	const char *version = release;

	while (version && version > nevra && version[-1] != '-')
		version--;
	return version && version > nevra ? ib_strndup(nevra, (size_t)(version - 1 - nevra))
					  : ib_strdup(nevra);
}

bool ib_resolve_is_in(const Queue *queue, Id id)
{
	int i = 0;

	for (i = 0; i < queue->count; i++)
		if (queue->elements[i] == id)
			return true;
	return false;
}
