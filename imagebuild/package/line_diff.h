/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line_diff - what changed between two texts, line by line.
 *
 * Hunks as in "diff -u" without the two lines of names: "@@ -1,3 +1,4 @@",
 * then lines behind ' ', '-' and '+'. A text that does not end with a line feed
 * is told as other programs tell it. Equal texts give "".
 *
 * Common first and last lines are taken off; of what is left the longest common
 * subsequence is found while there are at most a few million pairs of lines,
 * else all of it counts as replaced.
 */
#ifndef IB_PACKAGE_LINE_DIFF_H
#define IB_PACKAGE_LINE_DIFF_H

#include "base/base.h"

/* The caller owns it. NULL stands for no text at all. */
char *ib_line_diff(const char *before, const char *after);

#endif
