/* SPDX-License-Identifier: Apache-2.0 */
/* The file: rpm's docs/manual/format.md; lead, signature header, header, payload. */
#include <string.h>

#include "rpmfile/internal.h"

enum {
	LEAD_MAJOR = 4,
	LEAD_KIND = 6,
	LEAD_SIGNATURE = 78,
	SIGNATURE_IS_HEADER = 5,
	TAG_LONG_SIZE = 270, /* of header and payload; beyond 4 GiB */
	TAG_SIZE = 1000,
};

static const uint8_t drpm_magic[4] = { 'd', 'r', 'p', 'm' };
static const uint8_t lead_magic[4] = { 0xed, 0xab, 0xee, 0xdb };

static int check_lead(const uint8_t *lead, const char *name, struct ib_error *err)
{
	if (!memcmp(lead, drpm_magic, sizeof(drpm_magic)))
		return ib_fail(err, IB_INPUT, "'%s' is a delta, not a whole package", name);
	if (memcmp(lead, lead_magic, sizeof(lead_magic)) != 0)
		return ib_fail(err, IB_TRUST, "'%s' is no RPM package", name);
	if (lead[LEAD_MAJOR] != 3 && lead[LEAD_MAJOR] != 4)
		return ib_fail(err, IB_TRUST, "'%s' has RPM format %u, which is not supported",
			       name, lead[LEAD_MAJOR]);
	if (ib_get_be16(lead + LEAD_SIGNATURE) != SIGNATURE_IS_HEADER ||
	    ib_get_be16(lead + LEAD_KIND) > 1)
		return ib_fail(err, IB_TRUST, "the lead of '%s' is damaged", name);
	return 0;
}

/* Appends the next size bytes of the file. */
static int read_on(int fd, size_t size, const char *name, struct ib_front *front,
		   struct ib_error *err)
{
	size_t at = front->bytes.size;
	uint8_t *bytes = NULL;

	if (size > front->file_size - at)
		return ib_fail(err, IB_TRUST,
			       "'%s' is cut short: it ends after %llu bytes, inside its headers",
			       name, (unsigned long long)front->file_size);
	bytes = ib_buffer_reserve(&front->bytes, size);
	IB_TRY(ib_fd_read_at(fd, bytes, size, at, name, err));
	front->bytes.size += size;
	return 0;
}

/* Reads one header; *ret_size without the padding behind a signature header. */
static int read_header(int fd, enum ib_header_kind kind, const char *name, struct ib_front *front,
		       size_t *ret_size, struct ib_error *err)
{
	size_t start = front->bytes.size;
	size_t size = 0;

	IB_TRY(read_on(fd, IB_HEADER_INTRO, name, front, err));
	IB_TRY(ib_header_measure(kind, front->bytes.data + start, name, &size, err));
	IB_TRY(read_on(fd, size - IB_HEADER_INTRO, name, front, err));
	*ret_size = size;
	return 0;
}

/* Padding to eight bytes, which nothing covers: it has to be zeros. */
static int read_padding(int fd, size_t size, const char *name, struct ib_front *front,
			struct ib_error *err)
{
	size_t padding = (8 - size % 8) % 8;
	size_t i = 0;

	IB_TRY(read_on(fd, padding, name, front, err));
	for (i = front->bytes.size - padding; i < front->bytes.size; i++)
		if (front->bytes.data[i])
			return ib_fail(err, IB_TRUST,
				       "'%s' is damaged: something lies between its headers", name);
	return 0;
}

/* The signature header says how long the file must be. */
static int check_length(const struct ib_front *front, const char *name, struct ib_error *err)
{
	uint32_t tag = ib_header_has(&front->signature, TAG_LONG_SIZE) ? TAG_LONG_SIZE : TAG_SIZE;
	uint64_t stated = ib_header_number(&front->signature, tag, 0, UINT64_MAX);
	uint64_t actual = front->file_size - front->header_start;

	if (stated == UINT64_MAX || stated == actual)
		return 0;
	if (actual < stated)
		return ib_fail(err, IB_TRUST, "'%s' is cut short: %llu bytes are missing", name,
			       (unsigned long long)(stated - actual));
	return ib_fail(err, IB_TRUST, "'%s' has %llu bytes behind its end", name,
		       (unsigned long long)(actual - stated));
}

static int parse_headers(const char *name, size_t signature_size, size_t header_size,
			 struct ib_front *front, struct ib_error *err)
{
	const uint8_t *bytes = front->bytes.data;

	IB_TRY(ib_header_parse(IB_HEADER_SIGNATURE, bytes + IB_LEAD_SIZE, signature_size, name,
			       &front->signature, err));
	IB_TRY(ib_header_parse(IB_HEADER_MAIN, bytes + front->header_start, header_size, name,
			       &front->header, err));
	return check_length(front, name, err);
}

int ib_front_read(int fd, const char *name, struct ib_front *front, struct ib_error *err)
{
	size_t signature_size = 0;
	size_t header_size = 0;

	front->bytes = IB_BUFFER_INIT((size_t)IB_RPM_MAX_HEADER + IB_RPM_MAX_SIGNATURE +
				      2UL * IB_RPM_MAX_TAGS * IB_HEADER_INTRO + 4096);
	IB_TRY(ib_fd_size(fd, name, &front->file_size, err));
	IB_TRY(read_on(fd, IB_LEAD_SIZE, name, front, err));
	IB_TRY(check_lead(front->bytes.data, name, err));
	IB_TRY(read_header(fd, IB_HEADER_SIGNATURE, name, front, &signature_size, err));
	IB_TRY(read_padding(fd, signature_size, name, front, err));
	front->header_start = front->bytes.size;
	IB_TRY(read_header(fd, IB_HEADER_MAIN, name, front, &header_size, err));
	return parse_headers(name, signature_size, header_size, front, err);
}

void ib_front_done(struct ib_front *front)
{
	ib_header_done(&front->signature);
	ib_header_done(&front->header);
	ib_buffer_done(&front->bytes);
}
