/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9580: packets are section 4.2, armour is section 6. */
#include <string.h>

#include "rpmfile/openpgp.h"

/* ---- packets ------------------------------------------------------------- */

static bool take(struct ib_bytes *bytes, size_t size, struct ib_bytes *ret_part)
{
	if (bytes->size < size)
		return false;
	ret_part->data = bytes->data;
	ret_part->size = size;
	bytes->data += size;
	bytes->size -= size;
	return true;
}

/* 4.2.1: one, two or five octets; partial lengths are for streams of data, never for keys. */
static bool take_length(struct ib_bytes *bytes, uint32_t *ret_length)
{
	struct ib_bytes part = { NULL, 0 };
	uint8_t first = 0;

	if (!take(bytes, 1, &part))
		return false;
	first = part.data[0];
	if (first < 192) {
		*ret_length = first;
		return true;
	}
	if (first < 224) {
		if (!take(bytes, 1, &part))
			return false;
		*ret_length = ((first - 192U) << 8) + part.data[0] + 192U;
		return true;
	}
	if (first != 255 || !take(bytes, 4, &part))
		return false;
	*ret_length = ib_get_be32(part.data);
	return true;
}

/* 4.2.2: the old format; an indeterminate length is refused. */
static bool take_old_length(struct ib_bytes *bytes, unsigned kind, uint32_t *ret_length)
{
	struct ib_bytes part = { NULL, 0 };

	if (kind > 2 || !take(bytes, (size_t)1 << kind, &part))
		return false;
	*ret_length = kind == 0   ? part.data[0]
		      : kind == 1 ? ib_get_be16(part.data)
				  : ib_get_be32(part.data);
	return true;
}

bool ib_packet_next(struct ib_bytes *bytes, struct ib_packet *ret_packet)
{
	struct ib_bytes rest = *bytes;
	struct ib_bytes first = { NULL, 0 };
	struct ib_packet packet = { 0 };
	uint32_t length = 0;

	if (!take(&rest, 1, &first) || !(first.data[0] & 0x80))
		return false;
	if (first.data[0] & 0x40) {
		packet.tag = first.data[0] & 0x3f;
		if (!take_length(&rest, &length))
			return false;
	} else {
		packet.tag = (first.data[0] >> 2) & 0x0f;
		if (!take_old_length(&rest, first.data[0] & 3, &length))
			return false;
	}
	if (!take(&rest, length, &packet.body))
		return false;
	*bytes = rest;
	*ret_packet = packet;
	return true;
}

/* 3.2: the length is in bits, from the first that is set. */
static bool has_length(struct ib_bytes number, unsigned bits)
{
	unsigned top = bits % 8 ? bits % 8 : 8;

	return !number.size || number.data[0] >> (top - 1) == 1;
}

bool ib_number_take(struct ib_bytes *bytes, struct ib_number *ret_number)
{
	struct ib_bytes rest = *bytes;
	struct ib_bytes part = { NULL, 0 };
	unsigned bits = 0;

	if (!take(&rest, 2, &part))
		return false;
	bits = ib_get_be16(part.data);
	if (!take(&rest, (bits + 7) / 8, &part) || !has_length(part, bits))
		return false;
	*ret_number = (struct ib_number){ part.data, part.size };
	*bytes = rest;
	return true;
}

/* ---- armour -------------------------------------------------------------- */

/* The line at *at without its end and trailing blanks; *at moves to the next one. */
static struct ib_bytes take_line(const char **at, const char *end)
{
	const char *start = *at;
	const char *stop = memchr(start, '\n', (size_t)(end - start));
	struct ib_bytes line = { (const uint8_t *)start, 0 };

	*at = stop ? stop + 1 : end;
	if (!stop)
		stop = end;
	while (stop > start && strchr(" \t\r", stop[-1]))
		stop--;
	line.size = (size_t)(stop - start);
	return line;
}

static bool starts(struct ib_bytes line, const char *prefix)
{
	return line.size >= strlen(prefix) && !memcmp(line.data, prefix, strlen(prefix));
}

/* 6.1: the checksum of older armour. */
static uint32_t crc24(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xb704ce;
	size_t i = 0;

	for (i = 0; i < size; i++) {
		int bit = 0;

		crc ^= (uint32_t)data[i] << 16;
		for (bit = 0; bit < 8; bit++)
			crc = (crc << 1) ^ (crc & 0x800000 ? 0x1864cfb : 0);
	}
	return crc & 0xffffff;
}

static bool checksum_holds(struct ib_bytes line, const uint8_t *data, size_t size)
{
	ib_autofree char *text = ib_strndup((const char *)line.data + 1, line.size - 1);
	ib_autofree uint8_t *value = NULL;
	size_t value_size = 0;

	if (!ib_base64_read(text, &value, &value_size) || value_size != 3)
		return false;
	return crc24(data, size) ==
	       (((uint32_t)value[0] << 16) | ((uint32_t)value[1] << 8) | value[2]);
}

/* One block from behind its BEGIN line up to its END line. */
static int read_block(const char **at, const char *end, const char *name, struct ib_buffer *packets,
		      struct ib_error *err)
{
	IB_AUTO_BUFFER(body, (size_t)(end - *at) + 2);
	ib_autofree uint8_t *data = NULL;
	struct ib_bytes checksum = { NULL, 0 };
	struct ib_bytes line = { NULL, 0 };
	size_t size = 0;
	bool in_headers = true;

	while (*at < end) {
		line = take_line(at, end);
		if (starts(line, "-----END PGP"))
			break;
		if (!line.size || (in_headers && memchr(line.data, ':', line.size))) {
			in_headers = in_headers && line.size;
			continue;
		}
		in_headers = false;
		if (line.data[0] == '=')
			checksum = line;
		else
			ib_buffer_put(&body, line.data, line.size);
	}
	if (!starts(line, "-----END PGP"))
		return ib_fail(err, IB_INPUT, "'%s' is cut short: no END line", name);
	if (!ib_base64_read(ib_buffer_text(&body), &data, &size) ||
	    (checksum.size && !checksum_holds(checksum, data, size)))
		return ib_fail(err, IB_INPUT, "'%s' is damaged: its armour does not hold", name);
	if (size > ib_buffer_room(packets))
		return ib_fail(err, IB_LIMIT, "'%s' is too large", name);
	ib_buffer_put(packets, data, size);
	return 0;
}

int ib_armor_read(const void *data, size_t size, const char *name, struct ib_buffer *packets,
		  struct ib_error *err)
{
	const char *at = data;
	const char *end = at + size;
	bool found = false;

	/* Every binary packet has the top bit set, and no text has. */
	if (size && (*(const uint8_t *)data & 0x80)) {
		if (size > ib_buffer_room(packets))
			return ib_fail(err, IB_LIMIT, "'%s' is too large", name);
		ib_buffer_put(packets, data, size);
		return 0;
	}
	while (at < end) {
		if (!starts(take_line(&at, end), "-----BEGIN PGP"))
			continue;
		found = true;
		IB_TRY(read_block(&at, end, name, packets, err));
	}
	if (!found)
		return ib_fail(err, IB_INPUT, "'%s' holds nothing of OpenPGP", name);
	return 0;
}
