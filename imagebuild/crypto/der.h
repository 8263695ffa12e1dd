/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der - ASN.1 in its distinguished encoding (X.690): enough of it to write and
 * read signatures.
 *
 * Writing: ib_der_begin() puts a tag and returns a mark, then comes the
 * content, then ib_der_end() puts the length in between. Reading: a struct ib_der is a
 * view of bytes that somebody else owns; ib_der_next() takes the first element off.
 * Only one-byte tags and definite, shortest lengths are read: all else is refused.
 */
#ifndef IB_CRYPTO_DER_H
#define IB_CRYPTO_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

enum {
	IB_DER_INTEGER = 0x02,
	IB_DER_BIT_STRING = 0x03,
	IB_DER_OCTET_STRING = 0x04,
	IB_DER_NULL = 0x05,
	IB_DER_OID = 0x06,
	IB_DER_SEQUENCE = 0x30,
	IB_DER_SET = 0x31,
	IB_DER_CONTEXT = 0x80,     /* | number: primitive */
	IB_DER_CONSTRUCTED = 0xa0, /* | number: constructed */
};

size_t ib_der_begin(struct ib_buffer *b, unsigned tag);
void ib_der_end(struct ib_buffer *b, size_t mark);
/* An element whose content is there already. */
void ib_der_put(struct ib_buffer *b, unsigned tag, const void *content, size_t size);
/* SEQUENCE { OBJECT IDENTIFIER, NULL }; oid: the content bytes. */
void ib_der_put_algorithm(struct ib_buffer *b, const void *oid, size_t size);

struct ib_der {
	const uint8_t *data;
	size_t size;
};

/* The tag of the first element, 0 at the end. */
unsigned ib_der_tag(const struct ib_der *in);
/*
 * Takes the first element, which must have this tag; *ret_content is what is
 * inside, *ret_whole the element with tag and length. Either may be NULL.
 */
bool ib_der_next(struct ib_der *in, unsigned tag, struct ib_der *ret_content,
		 struct ib_der *ret_whole);
bool ib_der_equal(const struct ib_der *in, const void *data, size_t size);

#endif
