/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include <string.h>

static const char digits_lower[] = "0123456789abcdef";
static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void ib_hex_write(const void *data, size_t size, char *text)
{
	const uint8_t *bytes = data;
	size_t i = 0;

	for (i = 0; i < size; i++) {
		*text++ = digits_lower[bytes[i] >> 4];
		*text++ = digits_lower[bytes[i] & 15];
	}
	*text = '\0';
}

char *ib_hex(const void *data, size_t size)
{
	char *text = ib_alloc(2 * size + 1);

	ib_hex_write(data, size, text);
	return text;
}

static int value_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool ib_hex_read(const char *text, void *data, size_t size)
{
	uint8_t *bytes = data;
	size_t i = 0;

	if (strlen(text) != 2 * size)
		return false;
	for (i = 0; i < size; i++) {
		int high = value_of(text[2 * i]);
		int low = value_of(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool ib_hex_is(const char *text, size_t digits)
{
	return strlen(text) == digits && strspn(text, digits_lower) == digits;
}

char *ib_base64(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	char *text = ib_alloc((size + 2) / 3 * 4 + 1);
	char *at = text;
	size_t i = 0;

	for (i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t group = (uint32_t)bytes[i] << 16 |
				 (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
				 (left > 2 ? bytes[i + 2] : 0);

		*at++ = base64_digits[group >> 18];
		*at++ = base64_digits[group >> 12 & 63];
		*at++ = (char)(left > 1 ? base64_digits[group >> 6 & 63] : '=');
		*at++ = (char)(left > 2 ? base64_digits[group & 63] : '=');
	}
	return text;
}

/* Four digits to at most three bytes; returns how many, 0 for what is not base64. */
static size_t decode_group(const char *digits, uint8_t *out)
{
	size_t padding = (digits[3] == '=') + (digits[2] == '=' && digits[3] == '=');
	uint32_t group = 0;
	size_t i = 0;

	for (i = 0; i < 4; i++) {
		const char *digit =
			i >= 4 - padding ? base64_digits : strchr(base64_digits, digits[i]);

		if (!digit || (!*digit && i < 4 - padding))
			return 0;
		group = group << 6 | (uint32_t)(digit - base64_digits);
	}
	if ((padding == 1 && group & 0xff) || (padding == 2 && group & 0xffff))
		return 0;
	out[0] = (uint8_t)(group >> 16);
	out[1] = (uint8_t)(group >> 8);
	out[2] = (uint8_t)group;
	return 3 - padding;
}

bool ib_base64_read(const char *text, uint8_t **ret_data, size_t *ret_size)
{
	ib_autofree uint8_t *data = ib_alloc(strlen(text) / 4 * 3 + 3);
	char group[4];
	size_t filled = 0;
	size_t size = 0;
	bool ended = false;

	for (; *text; text++) {
		size_t got = 0;

		if (*text == '\n' || *text == '\r')
			continue;
		group[filled++] = *text;
		if (filled < 4)
			continue;
		got = decode_group(group, data + size);
		if (!got || ended)
			return false;
		ended = got < 3;
		size += got;
		filled = 0;
	}
	if (filled)
		return false;
	*ret_data = ib_take(data);
	*ret_size = size;
	return true;
}
