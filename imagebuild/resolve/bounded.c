/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounded - decompression that ends where it was said to end.
 *
 * A few kilobytes of a good-looking archive can hold terabytes. libsolv reads
 * from a FILE and does not ask how much has come; this one counts.
 */
#include <errno.h>
#include <stdio.h>

#include "resolve/internal.h"

#define MAX_OPEN ((uint64_t)4 << 30)

static ssize_t read_some(void *cookie, char *data, size_t size)
{
	struct ib_bounded *bounded = cookie;
	size_t got = fread(data, 1, size, bounded->inner);

	if (got > bounded->left) {
		bounded->exceeded = true;
		errno = EFBIG;
		return -1;
	}
	bounded->left -= got;
	if (!got && ferror(bounded->inner)) {
		errno = EIO;
		return -1;
	}
	return (ssize_t)got;
}

int ib_bounded_open(const char *path, uint64_t limit, struct ib_bounded *bounded,
		    struct ib_error *err)
{
	const cookie_io_functions_t functions = { .read = read_some };

	errno = 0;
	*bounded = (struct ib_bounded){ .left = limit ? IB_MIN(limit, MAX_OPEN) : MAX_OPEN };
	if (ib_is_zchunk(path)) {
		ib_fail(err, IB_INPUT,
			"metadata '%s' is compressed as zchunk, which cannot be read here", path);
		ib_error_hint(err, "Ask the repository's maker for gz, xz or zst beside it: "
				   "createrepo_c --zck writes both.");
		return -IB_INPUT;
	}
	bounded->inner = ib_open_metadata(path);
	if (!bounded->inner)
		return ib_fail_errno(err, errno ? errno : EINVAL, "could not open metadata '%s'",
				     path);
	bounded->stream = fopencookie(bounded, "r", functions);
	if (!bounded->stream) {
		fclose(bounded->inner);
		return ib_fail(err, IB_FAILED, "could not read metadata '%s'", path);
	}
	return 0;
}

int ib_bounded_close(struct ib_bounded *bounded, const char *path, struct ib_error *err)
{
	fclose(bounded->stream);
	fclose(bounded->inner);
	if (!bounded->exceeded)
		return 0;
	ib_fail(err, IB_LIMIT, "metadata '%s' is longer, decompressed, than it was said to be",
		path);
	ib_error_hint(err,
		      "The repository's metadata is damaged or hostile: ask its maker, or name "
		      "another mirror.");
	return -IB_LIMIT;
}
