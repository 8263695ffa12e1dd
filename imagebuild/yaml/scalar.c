/* SPDX-License-Identifier: Apache-2.0 */
/* How a scalar is spelled: YAML 1.2, chapters 5.7 (escapes), 7.3.1 (double quotes), 7.3.3 (plain). */
#include <string.h>

#include "yaml/yaml.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Words that some reader takes for a boolean or for null, in any case. */
static bool is_reserved_word(const char *text)
{
	static const char *const words[] = { "true", "false", "yes",  "no", "on",
					     "off",  "y",     "null", "n" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	return false;
}

/* Whatever could be a number, a date or a time for some reader; rather too much than too little. */
static bool may_be_number(const char *text)
{
	const char *digits = text + (*text == '-' || *text == '+');

	if (*digits == '.')
		digits++;
	if (!strcasecmp(digits, "inf") || !strcasecmp(digits, "nan"))
		return true;
	if (!is_digit(*digits))
		return false;
	if (digits[0] == '0' && digits[1] && strchr("xX", digits[1]))
		return strspn(digits + 2, "0123456789abcdefABCDEF_") == strlen(digits + 2);
	if (digits[0] == '0' && digits[1] && strchr("oObB", digits[1]))
		digits += 2;
	return strspn(digits, "0123456789._:eE+-tTzZ") == strlen(digits);
}

static bool may_be_plain(const char *text)
{
	size_t i = 0;

	if (!is_letter(text[0]) && !is_digit(text[0]) && (!text[0] || !strchr("/.(+", text[0])))
		return false;
	if (is_reserved_word(text) || may_be_number(text))
		return false;
	for (i = 1; text[i]; i++) {
		if (text[i] == ':' ? !is_letter(text[i + 1]) && !is_digit(text[i + 1])
				   : !is_letter(text[i]) && !is_digit(text[i]) &&
					     !strchr("/.()+-~^@%=<> ", text[i]))
			return false;
		if (text[i] == ' ' && (text[i + 1] == ' ' || !text[i + 1]))
			return false;
	}
	return true;
}

/* What turns the direction of writing. */
static bool is_bidi(unsigned code)
{
	return code == 0x61c || code == 0x200e || code == 0x200f ||
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* Two and three byte sequences that a reader would refuse, fold or not show; 0 for others. */
static unsigned hidden_character(const uint8_t *s)
{
	unsigned code = 0;

	if ((s[0] & 0xe0) == 0xc0)
		code = (s[0] & 0x1fU) << 6 | (s[1] & 0x3fU);
	else if ((s[0] & 0xf0) == 0xe0)
		code = (s[0] & 0x0fU) << 12 | (s[1] & 0x3fU) << 6 | (s[2] & 0x3fU);
	if ((code >= 0x80 && code <= 0xa0) || code == 0x2028 || code == 0x2029 || code == 0xfeff ||
	    code >= 0xfffe || is_bidi(code))
		return code;
	return 0;
}

static void put_quoted(struct ib_buffer *b, const char *text)
{
	ib_buffer_put_u8(b, '"');
	for (; *text; text++) {
		unsigned hidden = hidden_character((const uint8_t *)text);

		if (hidden) {
			ib_buffer_putf(b, "\\u%04X", hidden);
			text += hidden > 0x7ff ? 2 : 1;
		} else if (*text == '"' || *text == '\\') {
			ib_buffer_putf(b, "\\%c", *text);
		} else if (*text == '\n') {
			ib_buffer_puts(b, "\\n");
		} else if (*text == '\t') {
			ib_buffer_puts(b, "\\t");
		} else if ((uint8_t)*text < 0x20 || *text == 0x7f) {
			ib_buffer_putf(b, "\\x%02X", (unsigned)(uint8_t)*text);
		} else {
			ib_buffer_put_u8(b, (uint8_t)*text);
		}
	}
	ib_buffer_put_u8(b, '"');
}

bool ib_yaml_has_hidden(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text < 0x20 || *text == 0x7f ||
		    hidden_character((const uint8_t *)text))
			return true;
	return false;
}

void ib_yaml_put_scalar(struct ib_buffer *b, const char *text)
{
	if (may_be_plain(text))
		ib_buffer_puts(b, text);
	else
		put_quoted(b, text);
}
