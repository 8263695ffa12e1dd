/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"

#include <assert.h>
#include <string.h>

size_t ib_der_begin(struct ib_buffer *b, unsigned tag)
{
	ib_buffer_put_u8(b, (uint8_t)tag);
	return b->size;
}

void ib_der_end(struct ib_buffer *b, size_t mark)
{
	size_t content = b->size - mark;
	uint8_t length[5];
	size_t count = 0;

	assert(content <= UINT32_MAX);
	if (content < 0x80) {
		length[count++] = (uint8_t)content;
	} else {
		int shift = 24;

		while (!(content >> shift))
			shift -= 8;
		length[count++] = (uint8_t)(0x80 | (shift / 8 + 1));
		for (; shift >= 0; shift -= 8)
			length[count++] = (uint8_t)(content >> shift);
	}
	ib_buffer_put_zeros(b, count);
	memmove(b->data + mark + count, b->data + mark, content);
	memcpy(b->data + mark, length, count);
}

void ib_der_put(struct ib_buffer *b, unsigned tag, const void *content, size_t size)
{
	size_t mark = ib_der_begin(b, tag);

	ib_buffer_put(b, content, size);
	ib_der_end(b, mark);
}

void ib_der_put_algorithm(struct ib_buffer *b, const void *oid, size_t size)
{
	size_t mark = ib_der_begin(b, IB_DER_SEQUENCE);

	ib_der_put(b, IB_DER_OID, oid, size);
	ib_der_put(b, IB_DER_NULL, NULL, 0);
	ib_der_end(b, mark);
}

unsigned ib_der_tag(const struct ib_der *in)
{
	return in->size ? in->data[0] : 0;
}

/* The length behind the tag, and how many bytes say it; false when there is no such element. */
static bool read_length(const struct ib_der *in, size_t *ret_length, size_t *ret_header)
{
	size_t count = 0;
	size_t length = 0;
	size_t i = 0;

	if (in->size < 2)
		return false;
	*ret_length = in->data[1];
	*ret_header = 2;
	if (in->data[1] < 0x80)
		return true;
	count = in->data[1] & 0x7f;
	if (!count || count > 4 || in->size < 2 + count || !in->data[2])
		return false;
	for (i = 0; i < count; i++)
		length = length << 8 | in->data[2 + i];
	if (length < 0x80)
		return false;
	*ret_length = length;
	*ret_header = 2 + count;
	return true;
}

bool ib_der_next(struct ib_der *in, unsigned tag, struct ib_der *ret_content,
		 struct ib_der *ret_whole)
{
	size_t length = 0;
	size_t header = 0;

	if (ib_der_tag(in) != tag || !read_length(in, &length, &header) ||
	    length > in->size - header)
		return false;
	if (ret_content)
		*ret_content = (struct ib_der){ in->data + header, length };
	if (ret_whole)
		*ret_whole = (struct ib_der){ in->data, header + length };
	in->data += header + length;
	in->size -= header + length;
	return true;
}

bool ib_der_equal(const struct ib_der *in, const void *data, size_t size)
{
	return in->size == size && (!size || !memcmp(in->data, data, size));
}
