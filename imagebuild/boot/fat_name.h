/* SPDX-License-Identifier: Apache-2.0 */
/* fat_name - names and times as FAT directories hold them. */
#ifndef IB_BOOT_FAT_NAME_H
#define IB_BOOT_FAT_NAME_H

#include "base/base.h"

/* Whether each component of a path can be a name. */
bool ib_fat_name_is_possible(const char *path);
/*
 * The short name, eleven characters without a dot, and a NUL. attempt 0 is the name itself
 * when it is 8.3 but for its case; the others get ~1, ~2, …
 */
void ib_fat_short_name(const char *name, unsigned attempt, char short_name[12]);
/* How many entries the long name takes: none where the short name is the name. */
size_t ib_fat_long_entries(const char *name, const char short_name[12]);
void ib_fat_put_long_name(struct ib_buffer *b, const char *name, const char short_name[12]);
/* Seconds since 1970, UTC, as FAT writes them; earlier than 1980 becomes 1980. */
void ib_fat_time(int64_t seconds, uint16_t *ret_date, uint16_t *ret_time);

#endif
