/* SPDX-License-Identifier: Apache-2.0 */
/* crc32c - the checksum of an EROFS superblock (Castagnoli; no final inversion). */
#ifndef IB_IMAGE_CRC32C_H
#define IB_IMAGE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t ib_crc32c(uint32_t crc, const void *data, size_t size);

#endif
