/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffer - bytes that grow, up to a ceiling that is stated at birth.
 *
 * Growing past the ceiling is our own mistake (it ends the process): whoever
 * copies from outside into a buffer compares with ib_buffer_room() first.
 * All put functions write at the end. On-disk structures are put together
 * field by field with put_le*, never copied from a struct.
 */
#ifndef IB_BASE_BUFFER_H
#define IB_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/mem.h"

struct ib_buffer {
	uint8_t *data; /* owned; NUL-terminated after ib_buffer_text() only */
	size_t size;
	size_t capacity;
	size_t max_size;
};

/* A buffer on the stack: IB_AUTO_BUFFER(b, 1 << 20); it is freed with the scope. */
#define IB_BUFFER_INIT(max) ((struct ib_buffer){ .max_size = (max) })
#define IB_AUTO_BUFFER(name, max) \
	__attribute__((cleanup(ib_buffer_done))) struct ib_buffer name = IB_BUFFER_INIT(max)

void ib_buffer_done(struct ib_buffer *b);
/* Empties it and keeps the memory. */
void ib_buffer_clear(struct ib_buffer *b);
size_t ib_buffer_room(const struct ib_buffer *b);
/* Makes room for size more bytes and returns where they go; size is not yet counted. */
uint8_t *ib_buffer_reserve(struct ib_buffer *b, size_t size);

void ib_buffer_put(struct ib_buffer *b, const void *data, size_t size);
void ib_buffer_put_zeros(struct ib_buffer *b, size_t size);
/* Zeros up to the next multiple of alignment, which is a power of two. */
void ib_buffer_align(struct ib_buffer *b, size_t alignment);
void ib_buffer_put_u8(struct ib_buffer *b, uint8_t value);
void ib_buffer_put_le16(struct ib_buffer *b, uint16_t value);
void ib_buffer_put_le32(struct ib_buffer *b, uint32_t value);
void ib_buffer_put_le64(struct ib_buffer *b, uint64_t value);
void ib_buffer_put_be16(struct ib_buffer *b, uint16_t value);
void ib_buffer_put_be32(struct ib_buffer *b, uint32_t value);
void ib_buffer_put_be64(struct ib_buffer *b, uint64_t value);
void ib_buffer_puts(struct ib_buffer *b, const char *text);
void ib_buffer_putf(struct ib_buffer *b, const char *fmt, ...) IB_PRINTF(2, 3);

/* Overwrites bytes that are there already. */
void ib_buffer_set(struct ib_buffer *b, size_t offset, const void *data, size_t size);
void ib_buffer_set_le32(struct ib_buffer *b, size_t offset, uint32_t value);
void ib_buffer_set_le64(struct ib_buffer *b, size_t offset, uint64_t value);

/* The content as a C string, owned by the buffer until its next change. */
const char *ib_buffer_text(struct ib_buffer *b);
/* Hands the content over as a C string; the buffer is empty afterwards. */
char *ib_buffer_take_text(struct ib_buffer *b);

/* Reading little and big endian numbers from bytes. */
uint16_t ib_get_le16(const void *p);
uint32_t ib_get_le32(const void *p);
uint64_t ib_get_le64(const void *p);
uint16_t ib_get_be16(const void *p);
uint32_t ib_get_be32(const void *p);
uint64_t ib_get_be64(const void *p);

#endif
