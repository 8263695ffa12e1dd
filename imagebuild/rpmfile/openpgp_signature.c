/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9580, section 5.2: signature packets. */
#include <string.h>

#include "rpmfile/openpgp.h"

/* 5.2.3.7: the types that we know; the ones that we read are in read_part(). */
static const uint8_t known_types[] = { 2,  3,  4,  5,  6,  7,  9,  11, 12, 16, 21, 22, 23,
				       24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 39 };

enum subpacket_type {
	PART_CREATED = 2,
	PART_LIFETIME = 3,
	PART_KEY_LIFETIME = 9,
	PART_ISSUER = 16,
	PART_FLAGS = 27,
	PART_REASON = 29,
	PART_EMBEDDED = 32,
	PART_ISSUER_FINGERPRINT = 33,
};

static bool take_fixed(struct ib_bytes *bytes, size_t size, struct ib_number *ret_number)
{
	if (bytes->size < size)
		return false;
	ret_number->data = bytes->data;
	ret_number->size = size;
	bytes->data += size;
	bytes->size -= size;
	return true;
}

/* 5.2.3.1: the numbers of the signature itself, and nothing behind them. */
static bool read_numbers(struct ib_bytes rest, struct ib_signature *s)
{
	switch (s->algorithm) {
	case IB_OPENPGP_RSA:
	case IB_OPENPGP_RSA + 2:
		return ib_number_take(&rest, &s->first) && !rest.size;
	case IB_OPENPGP_DSA:
	case IB_OPENPGP_ECDSA:
	case IB_OPENPGP_EDDSA:
		return ib_number_take(&rest, &s->first) && ib_number_take(&rest, &s->second) &&
		       !rest.size;
	case IB_OPENPGP_ED25519:
		return take_fixed(&rest, 32, &s->first) && take_fixed(&rest, 32, &s->second) &&
		       !rest.size;
	default: /* nothing that we could check */
		return true;
	}
}

/* What may stand in the unhashed area as well: it is checked by what it is used for. */
static void read_hint(unsigned type, struct ib_bytes part, struct ib_signature *s)
{
	if (type == PART_ISSUER && part.size == sizeof(s->issuer) && !s->has_issuer) {
		memcpy(s->issuer, part.data, part.size);
		s->has_issuer = true;
	} else if (type == PART_ISSUER_FINGERPRINT &&
		   part.size == sizeof(s->issuer_fingerprint) + 1 && part.data[0] == 4 &&
		   !s->has_issuer_fingerprint) {
		memcpy(s->issuer_fingerprint, part.data + 1, sizeof(s->issuer_fingerprint));
		s->has_issuer_fingerprint = true;
	} else if (type == PART_EMBEDDED && !s->embedded.size) {
		s->embedded = part;
	}
}

static void read_part(unsigned type, struct ib_bytes part, struct ib_signature *s)
{
	if (type == PART_CREATED && part.size == 4) {
		s->created = ib_get_be32(part.data);
	} else if (type == PART_LIFETIME && part.size == 4) {
		s->lifetime = ib_get_be32(part.data);
	} else if (type == PART_KEY_LIFETIME && part.size == 4) {
		s->has_key_lifetime = true;
		s->key_lifetime = ib_get_be32(part.data);
	} else if (type == PART_FLAGS) {
		s->has_flags = true;
		s->flags = part.size ? part.data[0] : 0;
	} else if (type == PART_REASON && part.size) {
		s->has_reason = true;
		s->reason = part.data[0];
		s->reason_text = (struct ib_bytes){ part.data + 1, part.size - 1 };
	} else {
		read_hint(type, part, s);
	}
}

/* A subpacket's length is written as a packet's (5.2.3.7), with two octets up to 254. */
static bool take_part(struct ib_bytes *area, struct ib_bytes *ret_part)
{
	const uint8_t *p = area->data;
	size_t head = 1;
	size_t size = 0;

	if (p[0] < 192) {
		size = p[0];
	} else if (p[0] < 255) {
		head = 2;
		size = area->size > 1 ? ((p[0] - 192U) << 8) + p[1] + 192U : 0;
	} else {
		head = 5;
		size = area->size > 4 ? ib_get_be32(p + 1) : 0;
	}
	if (!size || area->size < head || area->size - head < size)
		return false;
	*ret_part = (struct ib_bytes){ p + head, size };
	area->data += head + size;
	area->size -= head + size;
	return true;
}

static bool read_area(struct ib_bytes area, bool hashed, struct ib_signature *s)
{
	while (area.size) {
		struct ib_bytes part = { NULL, 0 };
		unsigned type = 0;

		if (!take_part(&area, &part))
			return false;
		type = part.data[0] & 0x7f;
		if (hashed && (part.data[0] & 0x80) &&
		    !memchr(known_types, (int)type, sizeof(known_types)))
			s->critical_unknown = true;
		part.data++;
		part.size--;
		if (hashed)
			read_part(type, part, s);
		else
			read_hint(type, part, s);
	}
	return true;
}

static bool parse_v3(struct ib_bytes body, struct ib_signature *s)
{
	enum { HEAD = 19 };

	if (body.size < HEAD || body.data[1] != 5)
		return false;
	s->type = body.data[2];
	s->created = ib_get_be32(body.data + 3);
	s->hashed = (struct ib_bytes){ body.data + 2, 5 };
	memcpy(s->issuer, body.data + 7, sizeof(s->issuer));
	s->has_issuer = true;
	s->algorithm = body.data[15];
	s->digest = body.data[16];
	memcpy(s->left, body.data + 17, 2);
	return read_numbers((struct ib_bytes){ body.data + HEAD, body.size - HEAD }, s);
}

static bool parse_v4(struct ib_bytes body, struct ib_signature *s)
{
	enum { HEAD = 6 };
	struct ib_bytes area = { NULL, 0 };
	size_t at = HEAD;

	if (body.size < HEAD + 4U)
		return false;
	s->type = body.data[1];
	s->algorithm = body.data[2];
	s->digest = body.data[3];
	area = (struct ib_bytes){ body.data + at, ib_get_be16(body.data + 4) };
	at += area.size;
	if (body.size < at + 4)
		return false;
	s->hashed = (struct ib_bytes){ body.data, at };
	if (!read_area(area, true, s))
		return false;
	area = (struct ib_bytes){ body.data + at + 2, ib_get_be16(body.data + at) };
	at += 2 + area.size;
	if (body.size < at + 2 || !read_area(area, false, s))
		return false;
	memcpy(s->left, body.data + at, 2);
	return read_numbers((struct ib_bytes){ body.data + at + 2, body.size - at - 2 }, s);
}

bool ib_signature_parse(struct ib_bytes body, struct ib_signature *ret_signature)
{
	struct ib_signature s = { 0 };

	if (!body.size)
		return false;
	s.version = body.data[0];
	if (s.version == 3 && !parse_v3(body, &s))
		return false;
	if (s.version == 4 && !parse_v4(body, &s))
		return false;
	/* A key ID is the end of a version 4 fingerprint: two names mean one key. */
	if (s.has_issuer && s.has_issuer_fingerprint &&
	    memcmp(s.issuer, s.issuer_fingerprint + sizeof(s.issuer_fingerprint) - sizeof(s.issuer),
		   sizeof(s.issuer)) != 0)
		return false;
	*ret_signature = s;
	return true;
}

struct ib_number ib_signature_finish(const struct ib_signature *signature, struct ib_digest *digest,
				     uint8_t value[IB_DIGEST_MAX_SIZE])
{
	uint8_t trailer[6] = { 4, 0xff };
	uint32_t size = (uint32_t)signature->hashed.size;
	int i = 0;

	ib_digest_update(digest, signature->hashed.data, signature->hashed.size);
	for (i = 0; i < 4; i++)
		trailer[2 + i] = (uint8_t)(size >> (24 - 8 * i));
	if (signature->version == 4)
		ib_digest_update(digest, trailer, sizeof(trailer));
	return (struct ib_number){ value, ib_digest_final(digest, value) };
}
