/* SPDX-License-Identifier: Apache-2.0 */
/* path - names of files as text; nothing here looks at a disk. */
#ifndef IB_BASE_PATH_H
#define IB_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

/* "a" and "b/c" give "a/b/c"; an absolute second part stands alone. */
char *ib_path_join(const char *directory, const char *path);
/* The part before the last slash: "." where there is none, "/" for "/x". */
char *ib_path_directory(const char *path);
/* The part behind the last slash, inside path. */
const char *ib_path_name(const char *path);
/*
 * Whether path is relative, has no empty, "." or ".." component, and so stays
 * inside the folder it is taken to be relative to (symbolic links aside).
 */
bool ib_path_is_inside(const char *path);
/* An absolute path without empty, "." and ".." components (".." at the top is dropped). */
char *ib_path_normalize(const char *path);
/* Percent-encodes all but unreserved characters and slashes (RFC 3986). */
char *ib_path_to_url(const char *path);

#endif
