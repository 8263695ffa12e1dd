/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem - who owns what, and when it goes away.
 *
 * An owner declares its variable with IB_AUTO (or ib_autofree, ib_autoclose),
 * always with an initialiser: what it holds is released when the scope ends,
 * on every path. To hand ownership on, write ib_take(p): it returns p and
 * leaves NULL behind.
 *
 * Running out of memory ends the process, as it does in libsolv and librpm:
 * no caller checks for it. What comes from outside (a file, an archive, a
 * repository) never decides the size of an allocation without a limit.
 */
#ifndef IB_BASE_MEM_H
#define IB_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#include "base/macros.h"

/* Zeroed memory. */
void *ib_alloc(size_t size);
void *ib_alloc_array(size_t count, size_t size);
/* Like realloc for count elements of size bytes; what is new is not zeroed. */
void *ib_realloc_array(void *p, size_t count, size_t size);
void ib_free(void *p);
void *ib_memdup(const void *data, size_t size);
/* NULL gives NULL. */
char *ib_strdup(const char *s);
char *ib_strndup(const char *s, size_t size);
char *ib_strf(const char *fmt, ...) IB_PRINTF(1, 2);
char *ib_vstrf(const char *fmt, va_list ap) IB_PRINTF(1, 0);

/* Declares an owner: IB_AUTO(ib_recipe) recipe = NULL; */
#define IB_AUTO(name) __attribute__((cleanup(name##_auto))) struct name *

/* In the header of a type with name_free(): makes IB_AUTO(name) work. */
#define IB_DEFINE_AUTO(name) \
	static inline void name##_auto(struct name **p) \
	{ \
		name##_free(*p); \
	} \
	struct name

/*
 * Makes room for one more element of *array, which holds count of them and was
 * only ever grown by this macro (its capacity is the next power of two).
 */
#define ib_grow(array, count) ib_grow_array(&(array), (count), sizeof(__typeof__(*(array))))
void ib_grow_array(void *pointer_to_array, size_t count, size_t size);

#define ib_autofree  __attribute__((cleanup(ib_free_auto)))
#define ib_autoclose __attribute__((cleanup(ib_close_auto)))

/* Returns p and leaves NULL in its place: ownership moves to whoever takes it. */
#define ib_take(p) ((__typeof__(p))ib_take_pointer(&(p)))
void *ib_take_pointer(void *pointer_to_pointer);
/* The same for a file descriptor: leaves -1. */
int ib_take_fd(int *fd);

void ib_free_auto(void *pointer_to_pointer);
void ib_close_auto(const int *fd);

#endif
