/* SPDX-License-Identifier: Apache-2.0 */
#include "base/visible.h"

#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/strings.h"

/* Code points that have no look of their own or change that of others. */
static const struct {
	uint32_t first;
	uint32_t last;
} hidden[] = { { 0x0000, 0x001f },   { 0x007f, 0x009f },   { 0x00ad, 0x00ad },
	       { 0x034f, 0x034f },   { 0x061c, 0x061c },   { 0x115f, 0x1160 },
	       { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },
	       { 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x3164, 0x3164 },
	       { 0xd800, 0xf8ff },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
	       { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0xfffe, 0xffff },
	       { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	       { 0xf0000, 0x10ffff } };

static bool is_hidden(uint32_t point)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(hidden); i++)
		if (point >= hidden[i].first && point <= hidden[i].last)
			return true;
	return false;
}

/* The length of the UTF-8 sequence at text and its code point; 0: it is none. */
static size_t decode(const char *text, uint32_t *ret_point)
{
	uint8_t first = (uint8_t)*text;
	size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t point = size == 1 ? first : first & (0x7fU >> size);
	size_t i = 0;

	if (strnlen(text, size) < size || !ib_str_is_utf8(text, size))
		return 0;
	for (i = 1; i < size; i++)
		point = point << 6 | ((uint8_t)text[i] & 0x3f);
	*ret_point = point;
	return size;
}

/* One character, spelled out where it has to be; keep: control characters that stay. */
static size_t put_one(struct ib_buffer *b, const char *text, const char *keep)
{
	uint32_t point = 0;
	size_t size = decode(text, &point);

	if (!size) {
		ib_buffer_putf(b, "\\x{%02x}", (unsigned)(uint8_t)*text);
		return 1;
	}
	if (is_hidden(point) && !strchr(keep, *text))
		ib_buffer_putf(b, "\\u{%x}", point);
	else
		ib_buffer_put(b, text, size);
	return size;
}

void ib_visible_put(struct ib_buffer *b, const char *text)
{
	while (*text)
		text += put_one(b, text, "");
}

char *ib_visible(const char *text, bool lines)
{
	/* no byte becomes more than "\\x{ff}", and no character more than its bytes would */
	IB_AUTO_BUFFER(b, 6 * strlen(text) + 1);

	while (*text)
		text += put_one(&b, text, lines ? "\n\t" : "");
	return ib_buffer_take_text(&b);
}

void ib_visible_put_lines(struct ib_buffer *b, const char *text, const char *indent)
{
	bool fresh = true;

	while (*text) {
		bool ends = *text == '\n';

		if (fresh && !ends)
			ib_buffer_puts(b, indent);
		text += put_one(b, text, "\n\t");
		fresh = ends;
	}
	if (!fresh)
		ib_buffer_puts(b, "\n");
}

static size_t longest_run(const char *text)
{
	size_t longest = 0;
	size_t run = 0;

	for (; *text; text++) {
		run = *text == '`' ? run + 1 : 0;
		longest = IB_MAX(longest, run);
	}
	return longest;
}

static void put_fence(struct ib_buffer *b, size_t length)
{
	for (; length > 0; length--)
		ib_buffer_puts(b, "`");
}

void ib_visible_put_code(struct ib_buffer *b, const char *text, bool in_table)
{
	IB_AUTO_BUFFER(plain, SIZE_MAX / 2);
	const char *line = NULL;
	size_t fence = 0;
	bool pads = false;

	ib_visible_put(&plain, *text ? text : " ");
	line = ib_buffer_text(&plain);
	fence = longest_run(line) + 1;
	/* Renderers take one blank off both ends; beside a backtick it has to be there. */
	pads = *line == '`' || *line == ' ' || ib_str_ends(line, "`") || ib_str_ends(line, " ");
	put_fence(b, fence);
	ib_buffer_puts(b, pads ? " " : "");
	for (; *line; line++) {
		if (in_table && *line == '|')
			ib_buffer_puts(b, "\\");
		ib_buffer_put_u8(b, (uint8_t)*line);
	}
	ib_buffer_puts(b, pads ? " " : "");
	put_fence(b, fence);
}

void ib_visible_put_block(struct ib_buffer *b, const char *text, const char *language,
			  const char *indent)
{
	size_t fence = IB_MAX(longest_run(text) + 1, 3);

	ib_buffer_puts(b, indent);
	put_fence(b, fence);
	ib_buffer_putf(b, "%s\n", language);
	ib_visible_put_lines(b, text, indent);
	ib_buffer_puts(b, indent);
	put_fence(b, fence);
	ib_buffer_puts(b, "\n");
}
