/* SPDX-License-Identifier: Apache-2.0 */
/* gpt - what writing and reading a disk share. */
#ifndef IB_BOOT_GPT_H
#define IB_BOOT_GPT_H

#include "boot/disk.h"

enum { IB_SECTOR = 512 };

/* The kind of a type given as text. */
enum ib_partition_kind ib_partition_kind_of(const char *type);

#endif
