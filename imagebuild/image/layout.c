/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layout.h"

#include <stdlib.h>

struct placed {
	uint32_t number;
	uint32_t power; /* bits of the size */
};

static uint32_t bits_of(uint64_t value)
{
	return value ? 64U - (uint32_t)__builtin_clzll(value) : 0;
}

static int compare_placed(const void *a, const void *b)
{
	const struct placed *left = a;
	const struct placed *right = b;

	if (left->power != right->power)
		return left->power > right->power ? -1 : 1;
	return (left->number > right->number) - (left->number < right->number);
}

struct ib_layout *ib_layout_new(const uint64_t *sizes, size_t count, uint32_t slack_percent)
{
	struct ib_layout *layout = ib_alloc(sizeof(*layout));
	ib_autofree struct placed *placed = ib_alloc_array(count, sizeof(*placed));
	size_t i = 0;

	layout->order = ib_alloc_array(count, sizeof(*layout->order));
	layout->ends = ib_alloc_array(count, sizeof(*layout->ends));
	layout->count = count;
	layout->slack_percent = slack_percent;
	for (i = 0; i < count; i++)
		placed[i] = (struct placed){ (uint32_t)i, bits_of(sizes[i]) };
	qsort(placed, count, sizeof(*placed), compare_placed);
	for (i = 0; i < count; i++) {
		layout->order[i] = placed[i].number;
		layout->ends[i] = i + 1 == count || placed[i + 1].power != placed[i].power;
	}
	return layout;
}

void ib_layout_free(struct ib_layout *layout)
{
	if (!layout)
		return;
	ib_free(layout->order);
	ib_free(layout->ends);
	ib_free(layout);
}

uint64_t ib_layout_padded(const struct ib_layout *layout, uint64_t blocks)
{
	uint64_t most = layout ? blocks / 100 * layout->slack_percent +
					 blocks % 100 * layout->slack_percent / 100
			       : 0;
	uint64_t step = most ? (uint64_t)1 << (bits_of(most) - 1) : 1;

	return (blocks + step - 1) / step * step;
}
