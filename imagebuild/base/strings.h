/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strings - lists of strings, and the few questions asked of a string.
 *
 * A list owns its strings. Comparison and order are by byte, whatever the locale.
 */
#ifndef IB_BASE_STRINGS_H
#define IB_BASE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

struct ib_strings {
	char **items; /* count strings and then a NULL once anything was added; else NULL */
	size_t count;
};

#define IB_AUTO_STRINGS(name) \
	__attribute__((cleanup(ib_strings_done))) struct ib_strings name = { NULL, 0 }

void ib_strings_done(struct ib_strings *list);
void ib_strings_add(struct ib_strings *list, const char *s);
void ib_strings_addf(struct ib_strings *list, const char *fmt, ...) IB_PRINTF(2, 3);
/* Takes ownership of s. */
void ib_strings_adopt(struct ib_strings *list, char *s);
bool ib_strings_has(const struct ib_strings *list, const char *s);
/* Sorts by byte and drops what stands there twice. */
void ib_strings_sort_unique(struct ib_strings *list);
/* Adds the pieces of text between separators; empty pieces are left out. */
void ib_strings_split(struct ib_strings *list, const char *text, const char *separators);
/* The strings with separator between them. */
char *ib_strings_join(const struct ib_strings *list, const char *separator);

bool ib_str_equal(const char *a, const char *b); /* NULL equals NULL */
bool ib_str_starts(const char *s, const char *prefix);
bool ib_str_ends(const char *s, const char *suffix);
/* A whole decimal number, nothing around it, at most max. */
bool ib_str_to_u64(const char *s, uint64_t max, uint64_t *ret_value);
/* Whether the bytes are well-formed UTF-8 without NUL (RFC 3629). */
bool ib_str_is_utf8(const char *s, size_t size);
/* What a noun ends with behind that count: "" behind 1, else "s". */
const char *ib_str_plural(uint64_t count);
/*
 * The candidate nearest to s by edit distance, or NULL when none is near
 * enough to be meant: for "did you mean".
 */
const char *ib_str_nearest(const char *s, const char *const *candidates, size_t count);

#endif
