/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes are compressed, in rooms of any size, and liblz4 makes the same bytes of them again. The first byte
 * says how many letters the alphabet of the rest has: few make matches that overlap in every way.
 */
#include <lz4.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "compress/lz4_high.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of just the size each time, so that a byte read or written beside it is noticed. */
static size_t fill(struct ib_lz4_high *high, const uint8_t *in, size_t size, size_t room)
{
	ib_autofree uint8_t *copy = ib_memdup(in, size);
	ib_autofree uint8_t *out = ib_alloc(room);
	ib_autofree uint8_t *block = NULL;
	ib_autofree uint8_t *back = NULL;
	size_t taken = 0;
	size_t written = ib_lz4_high_fill(high, copy, size, out, room, &taken);

	if (!written || written > room || taken > size)
		abort();
	block = ib_memdup(out, written);
	back = ib_alloc(taken);
	if (LZ4_decompress_safe((const char *)block, (char *)back, (int)written, (int)taken) !=
		    (int)taken ||
	    memcmp(back, in, taken) != 0)
		abort();
	return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ib_autofree uint8_t *in = NULL;
	struct ib_lz4_high *high = NULL;
	size_t room = 0;
	size_t at = 0;
	size_t i = 0;

	if (size < 4)
		return 0;
	high = ib_lz4_high_new(1 + data[1] % 9);
	room = 1 + data[2] % 8 * 64U + data[3] % 64U;
	in = ib_memdup(data + 4, size - 4);
	for (i = 0; i < size - 4; i++)
		in[i] = data[0] ? (uint8_t)(in[i] % data[0]) : in[i];
	while (at < size - 4) {
		size_t taken = fill(high, in + at, size - 4 - at, room);

		at += taken ? taken : 16;
	}
	ib_lz4_high_free(high);
	return 0;
}
