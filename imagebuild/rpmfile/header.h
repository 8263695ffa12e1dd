/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header - an RPM header structure (a package has two: signature and main) as
 * it lies in the file. Inside this folder only.
 *
 * One reader for both, so that what was checked is what is used: every entry
 * lies inside the data, none overlaps another, none is empty, no tag stands there
 * twice, strings end where they must. The main header is one immutable region
 * from end to end: nothing in it is outside the signature.
 */
#ifndef IB_RPMFILE_HEADER_H
#define IB_RPMFILE_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

enum { IB_HEADER_INTRO = 16 }; /* magic, reserved, number of entries, bytes of data */

struct ib_header_entry {
	uint32_t tag, type, offset, count;
	size_t size;
};

struct ib_header {
	const uint8_t *bytes; /* with the intro; borrowed */
	size_t size;
	const uint8_t *data;
	size_t data_size;
	struct ib_header_entry *entries; /* owned; sorted by tag */
	size_t entry_count;
};

enum ib_header_kind {
	IB_HEADER_SIGNATURE,
	IB_HEADER_MAIN,
	IB_HEADER_RECORDED, /* a main header as a package database keeps it, with more behind it */
};

/* How long the header is that begins with this intro. name is for errors. */
int ib_header_measure(enum ib_header_kind kind, const uint8_t intro[IB_HEADER_INTRO],
		      const char *name, size_t *ret_size, struct ib_error *err) IB_MUST_CHECK;
/* bytes are exactly as long as was measured, and outlive the header. */
int ib_header_parse(enum ib_header_kind kind, const uint8_t *bytes, size_t size, const char *name,
		    struct ib_header *ret_header, struct ib_error *err) IB_MUST_CHECK;
void ib_header_done(struct ib_header *header);

bool ib_header_has(const struct ib_header *header, uint32_t tag);
/* How many values the tag has; 0 where it is absent. */
size_t ib_header_count(const struct ib_header *header, uint32_t tag);
/* A number of 8 to 64 bits; absent, out of range or of another type: otherwise. */
uint64_t ib_header_number(const struct ib_header *header, uint32_t tag, size_t i,
			  uint64_t otherwise);
/* The first string of a string, an array or a translated one; NULL where it is absent. */
const char *ib_header_string(const struct ib_header *header, uint32_t tag);
/* All of them, in the arena; their number is ib_header_count(). NULL as above. */
const char *const *ib_header_strings(const struct ib_header *header, uint32_t tag,
				     struct ib_arena *arena);
/* Binary data; NULL as above. */
const uint8_t *ib_header_binary(const struct ib_header *header, uint32_t tag, size_t *ret_size);

#endif
