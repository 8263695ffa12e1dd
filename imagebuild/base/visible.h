/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visible - text of others made fit to be looked at.
 *
 * What packages, repositories, advisories and the names of files say of themselves is printed
 * to terminals and into pull requests. Whatever could move a cursor, turn the
 * direction of writing or hide itself is spelled out as \u{202e}; what is not
 * UTF-8 as \x{ff}. In Markdown it stands in code spans or fenced blocks, where
 * nothing has a meaning, with fences longer than any that the text holds.
 */
#ifndef IB_BASE_VISIBLE_H
#define IB_BASE_VISIBLE_H

#include <stdbool.h>

#include "base/buffer.h"

/* A line of it; line feeds and tabs are spelled out too. Appended to b. */
void ib_visible_put(struct ib_buffer *b, const char *text);
/* The same as a string of its own, which the caller owns; line feeds and tabs stay where lines is set. */
char *ib_visible(const char *text, bool lines);
/* Several lines, each behind indent; line feeds and tabs stay. The last ends with a line feed. */
void ib_visible_put_lines(struct ib_buffer *b, const char *text, const char *indent);
/* As a code span; in_table: a cell of a table, which a bar would end. */
void ib_visible_put_code(struct ib_buffer *b, const char *text, bool in_table);
/* As a fenced block of that language ("diff"), each line of it behind indent. */
void ib_visible_put_block(struct ib_buffer *b, const char *text, const char *language,
			  const char *indent);

#endif
