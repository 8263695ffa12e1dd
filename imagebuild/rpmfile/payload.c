/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <rpm/rpmio.h>

#include "rpmfile/internal.h"

struct ib_payload {
	FD_t fd;
	uint64_t position;
	const char *name; /* borrowed */
};

static const struct {
	const char *compression, *mode;
} modes[] = {
	{ "gzip", "r.gzdio" }, { "bzip2", "r.bzdio" }, { "lzma", "r.lzdio" },
	{ "xz", "r.xzdio" },   { "zstd", "r.zstdio" },
};

int ib_payload_open(int fd, const char *compression, const char *name,
		    struct ib_payload **ret_payload, struct ib_error *err)
{
	const char *mode = "r.fdio";
	struct ib_payload *payload = NULL;
	FD_t opened = fdDup(fd);
	size_t i = 0;

	if (!opened)
		return ib_fail_errno(err, errno, "could not read '%s'", name);
	for (i = 0; compression && i < IB_COUNT(modes); i++)
		if (!strcmp(modes[i].compression, compression))
			mode = modes[i].mode;
	if (compression && !Fdopen(opened, mode)) {
		(void)Fclose(opened);
		return ib_fail(err, IB_FAILED, "librpm cannot decompress '%s' (%s)", name,
			       compression);
	}
	payload = ib_alloc(sizeof(*payload));
	payload->fd = opened;
	payload->name = name;
	*ret_payload = payload;
	return 0;
}

void ib_payload_close(struct ib_payload *payload)
{
	if (!payload)
		return;
	(void)Fclose(payload->fd);
	ib_free(payload);
}

int ib_payload_read(struct ib_payload *payload, void *data, size_t size, struct ib_error *err)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = Fread((char *)data + done, 1, size - done, payload->fd);

		if (got < 0 || Ferror(payload->fd))
			return ib_fail(err, IB_TRUST,
				       "the payload of '%s' is damaged: it cannot be decompressed",
				       payload->name);
		if (!got)
			return ib_fail(err, IB_TRUST, "the payload of '%s' is cut short",
				       payload->name);
		done += (size_t)got;
	}
	payload->position += size;
	return 0;
}

uint64_t ib_payload_position(const struct ib_payload *payload)
{
	return payload->position;
}
