/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - reading JSON, and writing large JSON documents as a stream.
 *
 * Reading gives a value that is only asked, never changed; whoever parsed it
 * frees it, and everything found inside lives as long as it. Repeated keys are
 * refused: two readers of one document must not see two things.
 *
 * A writer takes the document piece by piece and keeps nothing but a small
 * buffer. Keys appear in the order in which they were given, so the same calls
 * give the same bytes. A piece in the wrong place (a value without its key, an
 * end without its begin) is our own mistake and ends the process; a failed
 * write is remembered and told by ib_json_finish().
 *
 * JSON is UTF-8, names of files are bytes. A byte that is not part of UTF-8 is
 * written as the code point U+EF00 plus that byte (U+EF80 to U+EFFF); those
 * code points themselves, should a name hold one, are written byte by byte in
 * the same way. So every name has its own spelling, and ib_json_decode_bytes()
 * finds the bytes again.
 */
#ifndef IB_JSON_H
#define IB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

enum ib_json_kind {
	IB_JSON_NULL,
	IB_JSON_BOOL,
	IB_JSON_NUMBER,
	IB_JSON_STRING,
	IB_JSON_ARRAY,
	IB_JSON_OBJECT,
};

struct ib_json;

/* One whole document and nothing behind it; name is for errors (IB_INPUT with line and column). */
int ib_json_parse(const void *text, size_t size, const char *name, struct ib_json **ret_value,
		  struct ib_error *err) IB_MUST_CHECK;
/* A file of at most max_size bytes. */
int ib_json_read(const char *path, size_t max_size, struct ib_json **ret_value,
		 struct ib_error *err) IB_MUST_CHECK;
void ib_json_free(struct ib_json *value);

/*
 * All of these accept NULL (as a value that is not there), so that a path
 * through a document is asked for in one expression.
 */
enum ib_json_kind ib_json_kind(const struct ib_json *value);
/* The text of a string without NUL inside; NULL for anything else. */
const char *ib_json_string(const struct ib_json *value);
/* False for anything but an integer. */
bool ib_json_integer(const struct ib_json *value, int64_t *ret_number);
bool ib_json_is_true(const struct ib_json *value);
/* The member of an object, or NULL. */
const struct ib_json *ib_json_get(const struct ib_json *object, const char *key);
/* The string that is a member of an object, or NULL. */
const char *ib_json_get_string(const struct ib_json *object, const char *key);
/* Elements of an array, members of an object; else 0. */
size_t ib_json_count(const struct ib_json *value);
const struct ib_json *ib_json_at(const struct ib_json *array, size_t i);

/* Each member of an object, in the document's order. Stops at the first failure. */
typedef int (*ib_json_member_fn)(void *context, const char *key, const struct ib_json *value,
				 struct ib_error *err);
int ib_json_each(const struct ib_json *object, ib_json_member_fn visit, void *context,
		 struct ib_error *err) IB_MUST_CHECK;

/* The bytes that a writer was given for this text; the caller owns them. */
char *ib_json_decode_bytes(const char *text);

IB_DEFINE_AUTO(ib_json);

/* ---- writing ------------------------------------------------------------- */

enum ib_json_layout {
	IB_JSON_COMPACT, /* no space at all, no newline at the end */
	IB_JSON_LINES,   /* members of the two outermost levels on lines of their own, indented */
};

struct ib_json_writer;

/* To a descriptor that stays the caller's; name is for errors. */
struct ib_json_writer *ib_json_writer_to_fd(int fd, const char *name, enum ib_json_layout layout);
/* To the end of a buffer. */
struct ib_json_writer *ib_json_writer_to_buffer(struct ib_buffer *buffer,
						enum ib_json_layout layout);
void ib_json_writer_free(struct ib_json_writer *writer);

void ib_json_begin_object(struct ib_json_writer *writer);
void ib_json_end_object(struct ib_json_writer *writer);
void ib_json_begin_array(struct ib_json_writer *writer);
void ib_json_end_array(struct ib_json_writer *writer);
void ib_json_key(struct ib_json_writer *writer, const char *key);
void ib_json_put_string(struct ib_json_writer *writer, const char *text); /* NULL: null */
void ib_json_put_stringf(struct ib_json_writer *writer, const char *fmt, ...) IB_PRINTF(2, 3);
void ib_json_put_integer(struct ib_json_writer *writer, int64_t number);
void ib_json_put_bool(struct ib_json_writer *writer, bool value);

/* Key and value; _string leaves both out for NULL. */
void ib_json_member_string(struct ib_json_writer *writer, const char *key, const char *text);
void ib_json_member_stringf(struct ib_json_writer *writer, const char *key, const char *fmt, ...)
	IB_PRINTF(3, 4);
void ib_json_member_integer(struct ib_json_writer *writer, const char *key, int64_t number);
void ib_json_member_bool(struct ib_json_writer *writer, const char *key, bool value);
void ib_json_member_object(struct ib_json_writer *writer, const char *key); /* begins it */
void ib_json_member_array(struct ib_json_writer *writer, const char *key);  /* begins it */

/* Everything begun must have been ended. Writes out what is left and tells what went wrong. */
int ib_json_finish(struct ib_json_writer *writer, struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_json_writer);

#endif
