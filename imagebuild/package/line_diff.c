/* SPDX-License-Identifier: Apache-2.0 */
#include "package/line_diff.h"

#include <assert.h>
#include <string.h>

#define CONTEXT   3
#define MAX_PAIRS (4U << 20)

struct lines {
	const char **starts;
	size_t *sizes; /* without the line feed */
	size_t count;
	bool is_open; /* the last has no line feed */
};

/* One line of the answer: in both, or in one of the two. */
struct step {
	char sign;
	size_t a, b; /* numbers of the next lines in front of it */
};

static void split(const char *text, struct lines *lines)
{
	const char *end = NULL;

	for (; text && *text; text = end + (*end == '\n')) {
		end = strchrnul(text, '\n');
		ib_grow(lines->starts, lines->count);
		ib_grow(lines->sizes, lines->count);
		lines->starts[lines->count] = text;
		lines->sizes[lines->count++] = (size_t)(end - text);
		lines->is_open = !*end;
	}
}

static bool is_last_open(const struct lines *lines, size_t i)
{
	return lines->is_open && i + 1 == lines->count;
}

static bool equal(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
	return a->sizes[i] == b->sizes[j] && memcmp(a->starts[i], b->starts[j], a->sizes[i]) == 0 &&
	       is_last_open(a, i) == is_last_open(b, j);
}

struct steps {
	struct step *items;
	size_t count;
	size_t a, b; /* lines passed by */
};

static void add_step(struct steps *steps, char sign)
{
	ib_grow(steps->items, steps->count);
	steps->items[steps->count++] = (struct step){ sign, steps->a, steps->b };
	steps->a += sign != '+';
	steps->b += sign != '-';
}

/* The part of both that is not a common beginning or end. */
struct window {
	const struct lines *a, *b;
	size_t first, a_end, b_end;
};

/* lengths[i][j]: of the longest common subsequence of what begins at line i and line j. */
static uint32_t *find_lengths(const struct window *w)
{
	size_t rows = w->a_end - w->first;
	size_t columns = w->b_end - w->first;
	uint32_t *lengths = ib_alloc_array((rows + 1) * (columns + 1), sizeof(*lengths));
	size_t i = 0;
	size_t j = 0;

	for (i = rows; i-- > 0;)
		for (j = columns; j-- > 0;) {
			uint32_t *here = &lengths[i * (columns + 1) + j];

			if (equal(w->a, w->first + i, w->b, w->first + j))
				*here = here[columns + 2] + 1;
			else
				*here = IB_MAX(here[columns + 1], here[1]);
		}
	return lengths;
}

static void replace_all(const struct window *w, struct steps *steps)
{
	while (steps->a < w->a_end)
		add_step(steps, '-');
	while (steps->b < w->b_end)
		add_step(steps, '+');
}

static void walk(const struct window *w, struct steps *steps)
{
	size_t columns = w->b_end - w->first;
	ib_autofree uint32_t *lengths = NULL;

	if ((w->a_end - w->first + 1) * (columns + 1) > MAX_PAIRS) {
		replace_all(w, steps);
		return;
	}
	lengths = find_lengths(w);
	while (steps->a < w->a_end && steps->b < w->b_end) {
		const uint32_t *here =
			&lengths[(steps->a - w->first) * (columns + 1) + (steps->b - w->first)];

		if (equal(w->a, steps->a, w->b, steps->b))
			add_step(steps, ' ');
		else
			add_step(steps, here[columns + 1] >= here[1] ? '-' : '+');
	}
	replace_all(w, steps);
}

static void compare(const struct lines *a, const struct lines *b, struct steps *steps)
{
	struct window w = { a, b, 0, a->count, b->count };

	while (w.first < a->count && w.first < b->count && equal(a, w.first, b, w.first)) {
		add_step(steps, ' ');
		w.first++;
	}
	while (w.a_end > w.first && w.b_end > w.first && equal(a, w.a_end - 1, b, w.b_end - 1)) {
		w.a_end--;
		w.b_end--;
	}
	walk(&w, steps);
	while (steps->a < a->count)
		add_step(steps, ' ');
}

/* Where the hunk ends that begins at step i: the changes in it are near each other. */
static size_t end_of_hunk(const struct steps *steps, size_t i)
{
	size_t last = i;
	size_t end = 0;

	for (end = i; end < steps->count && end - last <= 2 * (size_t)CONTEXT + 1; end++)
		if (steps->items[end].sign != ' ')
			last = end;
	return IB_MIN(last + 1 + CONTEXT, steps->count);
}

static void put_hunk(struct ib_buffer *out, const struct lines *a, const struct lines *b,
		     const struct step *first, const struct step *end)
{
	const struct step *step = NULL;
	size_t in_a = 0;
	size_t in_b = 0;

	for (step = first; step < end; step++) {
		in_a += step->sign != '+';
		in_b += step->sign != '-';
	}
	ib_buffer_putf(out, "@@ -%zu,%zu +%zu,%zu @@\n", first->a + (in_a > 0), in_a,
		       first->b + (in_b > 0), in_b);
	for (step = first; step < end; step++) {
		const struct lines *from = step->sign == '+' ? b : a;
		size_t i = step->sign == '+' ? step->b : step->a;

		assert(from->starts && i < from->count);
		ib_buffer_put_u8(out, (uint8_t)step->sign);
		ib_buffer_put(out, from->starts[i], from->sizes[i]);
		ib_buffer_puts(out, "\n");
		if (is_last_open(from, i))
			ib_buffer_puts(out, "\\ No newline at end of file\n");
	}
}

char *ib_line_diff(const char *before, const char *after)
{
	struct lines a = { 0 };
	struct lines b = { 0 };
	struct steps steps = { 0 };
	IB_AUTO_BUFFER(out, SIZE_MAX / 2);
	size_t i = 0;

	split(before, &a);
	split(after, &b);
	compare(&a, &b, &steps);
	while (i < steps.count) {
		size_t first = 0;
		size_t end = 0;

		if (steps.items[i].sign == ' ') {
			i++;
			continue;
		}
		first = i > CONTEXT ? i - CONTEXT : 0;
		end = end_of_hunk(&steps, i);
		put_hunk(&out, &a, &b, &steps.items[first], &steps.items[end]);
		i = end;
	}
	ib_free(a.starts);
	ib_free(a.sizes);
	ib_free(b.starts);
	ib_free(b.sizes);
	ib_free(steps.items);
	return ib_buffer_take_text(&out);
}
