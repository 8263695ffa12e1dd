/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

void ib_buffer_done(struct ib_buffer *b)
{
	ib_free(b->data);
	*b = IB_BUFFER_INIT(b->max_size);
}

void ib_buffer_clear(struct ib_buffer *b)
{
	b->size = 0;
}

size_t ib_buffer_room(const struct ib_buffer *b)
{
	return b->max_size - b->size;
}

uint8_t *ib_buffer_reserve(struct ib_buffer *b, size_t size)
{
	size_t wanted = 0;

	assert(size <= ib_buffer_room(b));
	wanted = b->size + size;
	if (wanted > b->capacity) {
		size_t grown = b->capacity + b->capacity / 2;

		b->capacity = IB_MAX(IB_MAX(grown, wanted), 64);
		b->data = ib_realloc_array(b->data, b->capacity, 1);
	}
	return b->data + b->size;
}

void ib_buffer_put(struct ib_buffer *b, const void *data, size_t size)
{
	if (!size)
		return;
	memcpy(ib_buffer_reserve(b, size), data, size);
	b->size += size;
}

void ib_buffer_put_zeros(struct ib_buffer *b, size_t size)
{
	if (!size)
		return;
	memset(ib_buffer_reserve(b, size), 0, size);
	b->size += size;
}

void ib_buffer_align(struct ib_buffer *b, size_t alignment)
{
	assert(alignment && !(alignment & (alignment - 1)));
	ib_buffer_put_zeros(b, -b->size & (alignment - 1));
}

static void put_number(struct ib_buffer *b, uint64_t value, size_t size, int big_endian)
{
	uint8_t bytes[8];
	size_t i = 0;

	for (i = 0; i < size; i++)
		bytes[big_endian ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
	ib_buffer_put(b, bytes, size);
}

void ib_buffer_put_u8(struct ib_buffer *b, uint8_t value)
{
	put_number(b, value, 1, 0);
}

void ib_buffer_put_le16(struct ib_buffer *b, uint16_t value)
{
	put_number(b, value, 2, 0);
}

void ib_buffer_put_le32(struct ib_buffer *b, uint32_t value)
{
	put_number(b, value, 4, 0);
}

void ib_buffer_put_le64(struct ib_buffer *b, uint64_t value)
{
	put_number(b, value, 8, 0);
}

void ib_buffer_put_be16(struct ib_buffer *b, uint16_t value)
{
	put_number(b, value, 2, 1);
}

void ib_buffer_put_be32(struct ib_buffer *b, uint32_t value)
{
	put_number(b, value, 4, 1);
}

void ib_buffer_put_be64(struct ib_buffer *b, uint64_t value)
{
	put_number(b, value, 8, 1);
}

void ib_buffer_puts(struct ib_buffer *b, const char *text)
{
	ib_buffer_put(b, text, strlen(text));
}

void ib_buffer_putf(struct ib_buffer *b, const char *fmt, ...)
{
	ib_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = ib_vstrf(fmt, ap);
	va_end(ap);
	ib_buffer_puts(b, text);
}

void ib_buffer_set(struct ib_buffer *b, size_t offset, const void *data, size_t size)
{
	assert(offset <= b->size && size <= b->size - offset);
	if (size)
		memcpy(b->data + offset, data, size);
}

void ib_buffer_set_le32(struct ib_buffer *b, size_t offset, uint32_t value)
{
	uint8_t bytes[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			     (uint8_t)(value >> 24) };

	ib_buffer_set(b, offset, bytes, sizeof(bytes));
}

void ib_buffer_set_le64(struct ib_buffer *b, size_t offset, uint64_t value)
{
	ib_buffer_set_le32(b, offset, (uint32_t)value);
	ib_buffer_set_le32(b, offset + 4, (uint32_t)(value >> 32));
}

const char *ib_buffer_text(struct ib_buffer *b)
{
	*ib_buffer_reserve(b, 1) = '\0';
	return (const char *)b->data;
}

char *ib_buffer_take_text(struct ib_buffer *b)
{
	char *text = NULL;

	ib_buffer_text(b);
	text = (char *)b->data;
	*b = IB_BUFFER_INIT(b->max_size);
	return text;
}

static uint64_t get_number(const uint8_t *bytes, size_t size, int big_endian)
{
	uint64_t value = 0;
	size_t i = 0;

	for (i = 0; i < size; i++)
		value |= (uint64_t)bytes[big_endian ? size - 1 - i : i] << (8 * i);
	return value;
}

uint16_t ib_get_le16(const void *p)
{
	return (uint16_t)get_number(p, 2, 0);
}

uint32_t ib_get_le32(const void *p)
{
	return (uint32_t)get_number(p, 4, 0);
}

uint64_t ib_get_le64(const void *p)
{
	return get_number(p, 8, 0);
}

uint16_t ib_get_be16(const void *p)
{
	return (uint16_t)get_number(p, 2, 1);
}

uint32_t ib_get_be32(const void *p)
{
	return (uint32_t)get_number(p, 4, 1);
}

uint64_t ib_get_be64(const void *p)
{
	return get_number(p, 8, 1);
}
