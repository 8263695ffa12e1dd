/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8259; escapes as in its section 7, everything else as UTF-8. */
#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "json/json.h"

enum { MAX_DEPTH = 16, FLUSH_AT = 1 << 16, INDENTED_LEVELS = 2 };

struct ib_json_writer {
	struct ib_buffer own;  /* what is not yet written; unused when writing to a buffer */
	struct ib_buffer *out; /* &own, or the caller's */
	int fd;                /* -1: to a buffer */
	char *name;            /* of the descriptor's file */
	enum ib_json_layout layout;
	struct ib_error problem; /* of the first write that failed */
	unsigned depth;
	char closers[MAX_DEPTH]; /* '}' or ']' of what is open */
	bool has_members[MAX_DEPTH + 1];
	bool after_key; /* the key was written, its value comes */
	bool done;      /* the outermost value was ended */
};

static struct ib_json_writer *writer_new(enum ib_json_layout layout)
{
	struct ib_json_writer *writer = ib_alloc(sizeof(*writer));

	writer->own = IB_BUFFER_INIT(SIZE_MAX);
	writer->layout = layout;
	writer->fd = -1;
	return writer;
}

struct ib_json_writer *ib_json_writer_to_fd(int fd, const char *name, enum ib_json_layout layout)
{
	struct ib_json_writer *writer = writer_new(layout);

	writer->fd = fd;
	writer->name = ib_strdup(name);
	writer->out = &writer->own;
	return writer;
}

struct ib_json_writer *ib_json_writer_to_buffer(struct ib_buffer *buffer,
						enum ib_json_layout layout)
{
	struct ib_json_writer *writer = writer_new(layout);

	writer->out = buffer;
	return writer;
}

void ib_json_writer_free(struct ib_json_writer *writer)
{
	if (!writer)
		return;
	ib_buffer_done(&writer->own);
	ib_error_clear(&writer->problem);
	ib_free(writer->name);
	ib_free(writer);
}

static void flush(struct ib_json_writer *writer)
{
	if (writer->fd < 0)
		return;
	if (writer->problem.kind == IB_OK)
		(void)!ib_fd_write(writer->fd, writer->own.data, writer->own.size, UINT64_MAX,
				   writer->name, &writer->problem);
	ib_buffer_clear(&writer->own);
}

static void start_line(struct ib_json_writer *writer)
{
	unsigned i = 0;

	if (writer->layout == IB_JSON_COMPACT || writer->depth > INDENTED_LEVELS)
		return;
	ib_buffer_put_u8(writer->out, '\n');
	for (i = 0; i < writer->depth; i++)
		ib_buffer_puts(writer->out, "  ");
}

/* What stands before a value or a key: comma and line. */
static void start_item(struct ib_json_writer *writer)
{
	assert(!writer->done);
	if (writer->after_key) {
		writer->after_key = false;
		return;
	}
	if (!writer->depth)
		return;
	if (writer->has_members[writer->depth])
		ib_buffer_put_u8(writer->out, ',');
	writer->has_members[writer->depth] = true;
	start_line(writer);
}

static void start_value(struct ib_json_writer *writer)
{
	/* A member of an object needs its key. */
	assert(!writer->depth || writer->closers[writer->depth - 1] == ']' || writer->after_key);
	start_item(writer);
}

static void end_value(struct ib_json_writer *writer)
{
	if (!writer->depth)
		writer->done = true;
	if (writer->out->size >= FLUSH_AT)
		flush(writer);
}

static void begin(struct ib_json_writer *writer, char opener, char closer)
{
	start_value(writer);
	assert(writer->depth < MAX_DEPTH);
	ib_buffer_put_u8(writer->out, (uint8_t)opener);
	writer->closers[writer->depth++] = closer;
	writer->has_members[writer->depth] = false;
}

static void end(struct ib_json_writer *writer, char closer)
{
	bool had_members = writer->has_members[writer->depth];

	assert(writer->depth && writer->closers[writer->depth - 1] == closer && !writer->after_key);
	if (had_members && writer->depth <= INDENTED_LEVELS) {
		writer->depth--;
		start_line(writer);
	} else {
		writer->depth--;
	}
	ib_buffer_put_u8(writer->out, (uint8_t)closer);
	end_value(writer);
}

void ib_json_begin_object(struct ib_json_writer *writer)
{
	begin(writer, '{', '}');
}

void ib_json_end_object(struct ib_json_writer *writer)
{
	end(writer, '}');
}

void ib_json_begin_array(struct ib_json_writer *writer)
{
	begin(writer, '[', ']');
}

void ib_json_end_array(struct ib_json_writer *writer)
{
	end(writer, ']');
}

/* How many bytes the well-formed character at s has; 0 when there is none. */
static size_t character_size(const char *s)
{
	uint8_t first = (uint8_t)*s;
	size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (strnlen(s, size) < size || !ib_str_is_utf8(s, size))
		return 0;
	return size;
}

static bool is_escape(const char *s, size_t size)
{
	return size == 3 && (uint8_t)s[0] == 0xee && ((uint8_t)s[1] & 0xfe) == 0xbe;
}

static void put_escaped_byte(struct ib_buffer *out, uint8_t byte)
{
	ib_buffer_put_u8(out, 0xee);
	ib_buffer_put_u8(out, byte < 0xc0 ? 0xbe : 0xbf);
	ib_buffer_put_u8(out, 0x80 | (byte & 0x3f));
}

static void put_control(struct ib_buffer *out, char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	const char *found = strchr(plain, c);

	if (found)
		ib_buffer_putf(out, "\\%c", letters[found - plain]);
	else
		ib_buffer_putf(out, "\\u%04x", (unsigned)(uint8_t)c);
}

static bool is_plain(char c)
{
	return (uint8_t)c >= 0x20 && (uint8_t)c < 0x7f && c != '"' && c != '\\';
}

/* One character or stray byte at s; returns how many bytes of s it was. */
static size_t put_character(struct ib_buffer *out, const char *s)
{
	size_t size = character_size(s);

	if (size == 1) {
		put_control(out, *s);
	} else if (size == 0 || is_escape(s, size)) {
		put_escaped_byte(out, (uint8_t)*s);
		size = 1;
	} else {
		ib_buffer_put(out, s, size);
	}
	return size;
}

static void put_text(struct ib_buffer *out, const char *s)
{
	ib_buffer_put_u8(out, '"');
	while (*s) {
		size_t run = 0;

		while (is_plain(s[run]))
			run++;
		ib_buffer_put(out, s, run);
		s += run;
		if (*s)
			s += put_character(out, s);
	}
	ib_buffer_put_u8(out, '"');
}

void ib_json_key(struct ib_json_writer *writer, const char *key)
{
	assert(writer->depth && writer->closers[writer->depth - 1] == '}' && !writer->after_key);
	start_item(writer);
	put_text(writer->out, key);
	ib_buffer_puts(writer->out, writer->layout == IB_JSON_COMPACT ? ":" : ": ");
	writer->after_key = true;
}

void ib_json_put_string(struct ib_json_writer *writer, const char *text)
{
	start_value(writer);
	if (text)
		put_text(writer->out, text);
	else
		ib_buffer_puts(writer->out, "null");
	end_value(writer);
}

void ib_json_put_stringf(struct ib_json_writer *writer, const char *fmt, ...)
{
	ib_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = ib_vstrf(fmt, ap);
	va_end(ap);
	ib_json_put_string(writer, text);
}

void ib_json_put_integer(struct ib_json_writer *writer, int64_t number)
{
	start_value(writer);
	ib_buffer_putf(writer->out, "%lld", (long long)number);
	end_value(writer);
}

void ib_json_put_bool(struct ib_json_writer *writer, bool value)
{
	start_value(writer);
	ib_buffer_puts(writer->out, value ? "true" : "false");
	end_value(writer);
}

void ib_json_member_string(struct ib_json_writer *writer, const char *key, const char *text)
{
	if (!text)
		return;
	ib_json_key(writer, key);
	ib_json_put_string(writer, text);
}

void ib_json_member_stringf(struct ib_json_writer *writer, const char *key, const char *fmt, ...)
{
	ib_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = ib_vstrf(fmt, ap);
	va_end(ap);
	ib_json_member_string(writer, key, text);
}

void ib_json_member_integer(struct ib_json_writer *writer, const char *key, int64_t number)
{
	ib_json_key(writer, key);
	ib_json_put_integer(writer, number);
}

void ib_json_member_bool(struct ib_json_writer *writer, const char *key, bool value)
{
	ib_json_key(writer, key);
	ib_json_put_bool(writer, value);
}

void ib_json_member_object(struct ib_json_writer *writer, const char *key)
{
	ib_json_key(writer, key);
	ib_json_begin_object(writer);
}

void ib_json_member_array(struct ib_json_writer *writer, const char *key)
{
	ib_json_key(writer, key);
	ib_json_begin_array(writer);
}

int ib_json_finish(struct ib_json_writer *writer, struct ib_error *err)
{
	assert(writer->done);
	if (writer->layout == IB_JSON_LINES)
		ib_buffer_put_u8(writer->out, '\n');
	flush(writer);
	if (writer->problem.kind == IB_OK)
		return 0;
	*err = writer->problem;
	writer->problem = IB_ERROR_INIT;
	return -(int)err->kind;
}
