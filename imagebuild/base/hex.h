/* SPDX-License-Identifier: Apache-2.0 */
/* hex - bytes as hexadecimal text and back, and base64 (RFC 4648). */
#ifndef IB_BASE_HEX_H
#define IB_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* Lower case, NUL at the end; text has room for 2 * size + 1. */
void ib_hex_write(const void *data, size_t size, char *text);
char *ib_hex(const void *data, size_t size);
/* Exactly size bytes from exactly 2 * size digits of either case. */
bool ib_hex_read(const char *text, void *data, size_t size);
/* Whether text is exactly digits lower-case hexadecimal digits. */
bool ib_hex_is(const char *text, size_t digits);

/* With padding, without line breaks. */
char *ib_base64(const void *data, size_t size);
/* Refuses what is not canonical base64; line breaks are skipped. The caller owns *ret_data. */
bool ib_base64_read(const char *text, uint8_t **ret_data, size_t *ret_size);

#endif
