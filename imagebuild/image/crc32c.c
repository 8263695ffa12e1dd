/* SPDX-License-Identifier: Apache-2.0 */
#include "image/crc32c.h"

#define POLYNOMIAL 0x82f63b78U /* reflected */

/* Bit by bit: it runs over one block. */
uint32_t ib_crc32c(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	size_t i = 0;
	int bit = 0;

	for (i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
	}
	return crc;
}
