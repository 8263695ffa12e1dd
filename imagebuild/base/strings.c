/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void ib_strings_done(struct ib_strings *list)
{
	size_t i = 0;

	for (i = 0; i < list->count; i++)
		ib_free(list->items[i]);
	ib_free(list->items);
	*list = (struct ib_strings){ NULL, 0 };
}

void ib_strings_adopt(struct ib_strings *list, char *s)
{
	/* one more than count, for the NULL behind the last */
	if (!list->items || !((list->count + 1) & list->count))
		list->items = ib_realloc_array(list->items, (list->count + 1) * 2, sizeof(char *));
	list->items[list->count++] = s;
	list->items[list->count] = NULL;
}

void ib_strings_add(struct ib_strings *list, const char *s)
{
	ib_strings_adopt(list, ib_strdup(s));
}

void ib_strings_addf(struct ib_strings *list, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ib_strings_adopt(list, ib_vstrf(fmt, ap));
	va_end(ap);
}

bool ib_strings_has(const struct ib_strings *list, const char *s)
{
	size_t i = 0;

	for (i = 0; i < list->count; i++)
		if (!strcmp(list->items[i], s))
			return true;
	return false;
}

static int compare_strings(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

void ib_strings_sort_unique(struct ib_strings *list)
{
	size_t kept = 0;
	size_t i = 0;

	if (!list->count)
		return;
	qsort(list->items, list->count, sizeof(char *), compare_strings);
	for (i = 0; i < list->count; i++) {
		if (kept && !strcmp(list->items[kept - 1], list->items[i]))
			ib_free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	/* a shorter list must find its capacity again: see ib_strings_adopt() */
	list->count = kept;
	list->items[kept] = NULL;
	while (kept & (kept + 1))
		kept |= kept + 1;
	list->items = ib_realloc_array(list->items, (kept + 1) * 2, sizeof(char *));
}

void ib_strings_split(struct ib_strings *list, const char *text, const char *separators)
{
	while (*text) {
		size_t length = strcspn(text, separators);

		if (length)
			ib_strings_adopt(list, ib_strndup(text, length));
		text += length;
		text += strspn(text, separators);
	}
}

char *ib_strings_join(const struct ib_strings *list, const char *separator)
{
	size_t size = 1;
	size_t gap = strlen(separator);
	char *joined = NULL;
	char *at = NULL;
	size_t i = 0;

	for (i = 0; i < list->count; i++)
		size += strlen(list->items[i]) + gap;
	at = joined = ib_alloc(size);
	for (i = 0; i < list->count; i++) {
		if (i)
			at = mempcpy(at, separator, gap);
		at = mempcpy(at, list->items[i], strlen(list->items[i]));
	}
	return joined;
}

const char *ib_str_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

bool ib_str_equal(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool ib_str_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool ib_str_ends(const char *s, const char *suffix)
{
	size_t size = strlen(s);
	size_t tail = strlen(suffix);

	return size >= tail && !memcmp(s + size - tail, suffix, tail);
}

bool ib_str_to_u64(const char *s, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'), &value) || value > max)
			return false;
	}
	*ret_value = value;
	return true;
}

/* Well-formed sequences by their first byte, and what their second may be (RFC 3629, 4). */
static const struct {
	uint8_t first, last;
	uint8_t second_min, second_max;
	size_t length;
} sequences[] = {
	{ 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* Length of the well-formed sequence at s, 0 if there is none. */
static size_t utf8_sequence(const uint8_t *s, size_t room)
{
	size_t i = 0;
	size_t j = 0;

	while (i < IB_COUNT(sequences) && (s[0] < sequences[i].first || s[0] > sequences[i].last))
		i++;
	if (i == IB_COUNT(sequences) || sequences[i].length > room)
		return 0;
	if (sequences[i].length > 1 &&
	    (s[1] < sequences[i].second_min || s[1] > sequences[i].second_max))
		return 0;
	for (j = 2; j < sequences[i].length; j++)
		if ((s[j] & 0xc0) != 0x80)
			return 0;
	return sequences[i].length;
}

bool ib_str_is_utf8(const char *s, size_t size)
{
	size_t at = 0;

	while (at < size) {
		size_t length = utf8_sequence((const uint8_t *)s + at, size - at);

		if (!length)
			return false;
		at += length;
	}
	return true;
}

#define NEAREST_MAX 64

static size_t edit_distance(const char *a, const char *b)
{
	size_t row[NEAREST_MAX + 1];
	size_t a_size = strlen(a);
	size_t b_size = strlen(b);
	size_t i = 0;
	size_t j = 0;

	if (a_size > NEAREST_MAX || b_size > NEAREST_MAX)
		return NEAREST_MAX;
	for (j = 0; j <= b_size; j++)
		row[j] = j;
	for (i = 1; i <= a_size; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= b_size; j++) {
			size_t above = row[j];
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			row[j] = IB_MIN(IB_MIN(above, row[j - 1]) + 1, change);
			diagonal = above;
		}
	}
	return row[b_size];
}

const char *ib_str_nearest(const char *s, const char *const *candidates, size_t count)
{
	size_t allowed = 1 + strlen(s) / 4;
	const char *nearest = NULL;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		size_t distance = edit_distance(s, candidates[i]);

		if (distance <= allowed && (!nearest || distance < edit_distance(s, nearest)))
			nearest = candidates[i];
	}
	return nearest;
}
