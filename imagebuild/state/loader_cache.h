/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader_cache - /etc/ld.so.cache in glibc's current format ("glibc-ld.so.cache1.1").
 *
 * Inside state/ only. The scan (loader_cache.c) finds libraries as ldconfig.8
 * does; the writer (loader_cache_write.c) lays the found ones out.
 */
#ifndef IB_STATE_LOADER_CACHE_H
#define IB_STATE_LOADER_CACHE_H

#include "state/context.h"

struct ib_library {
	const char *soname;
	const char *path;   /* that the loader opens */
	const char *hwcaps; /* name of the subfolder of glibc-hwcaps, or NULL */
	uint32_t flags;
	size_t order; /* in which it was found */
};

/* glibc's order of names: runs of digits count as numbers. */
int ib_library_name_compare(const char *a, const char *b);
/* Sorts the libraries and appends the whole file to out; too many for it is IB_LIMIT. */
int ib_loader_cache_write(struct ib_library *libraries, size_t count, bool big_endian,
			  struct ib_buffer *out, struct ib_error *err) IB_MUST_CHECK;

#endif
