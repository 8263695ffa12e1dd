/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout - in which order packages lie in an image, and where room is left behind them.
 *
 * Whoever updates a partition wants most of it to stay where it was. When a package grows, all that
 * lies behind it moves; so large packages come first, and what moves is small. Only the power of
 * two of a package's size counts, and below that its number, so that a package that grows
 * a little keeps its place in the order. Packages of the same power are a region.
 *
 * With slack, each region ends at a multiple of a step, of at most so many percent of its
 * own length: what grows within a region moves nothing behind it. The zeros in between are what slack costs.
 *
 * All of this follows from the sizes that the lock tells and from the recipe; no older image has a say.
 */
#ifndef IB_IMAGE_LAYOUT_H
#define IB_IMAGE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

#define IB_LAYOUT_MAX_SLACK 50U

struct ib_layout {
	uint32_t *order; /* owned: the number of the package at each place */
	bool *ends;      /* owned: whether a region ends with the package at that place */
	size_t count;
	uint32_t slack_percent; /* 0: none */
};

/* sizes: of packages 0 to count - 1, as the lock has them. */
struct ib_layout *ib_layout_new(const uint64_t *sizes, size_t count, uint32_t slack_percent);
void ib_layout_free(struct ib_layout *layout);

/* How many blocks a region of so many takes with its slack; the same without slack (or layout NULL). */
uint64_t ib_layout_padded(const struct ib_layout *layout, uint64_t blocks);

IB_DEFINE_AUTO(ib_layout);

#endif
