/* SPDX-License-Identifier: Apache-2.0 */
#include "compress/unzstd.h"

#include <assert.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#define PIECE ((size_t)64 << 10)

enum { MAX_WINDOW_LOG = 27 };

struct ib_unzstd {
	ZSTD_DCtx *frame;
	ib_unzstd_get_fn get;
	void *context;
	char *name;
	uint8_t *piece;
	ZSTD_inBuffer input; /* of piece */
	bool is_over;
};

bool ib_unzstd_is(const void *data, size_t size)
{
	return size >= 4 && !memcmp(data, "\x28\xb5\x2f\xfd", 4);
}

struct ib_unzstd *ib_unzstd_new(const char *name, ib_unzstd_get_fn get, void *context)
{
	struct ib_unzstd *unzstd = ib_alloc(sizeof(*unzstd));
	size_t code = 0;

	unzstd->frame = ZSTD_createDCtx();
	assert(unzstd->frame);
	code = ZSTD_DCtx_setParameter(unzstd->frame, ZSTD_d_windowLogMax, MAX_WINDOW_LOG);
	assert(!ZSTD_isError(code));
	unzstd->get = get;
	unzstd->context = context;
	unzstd->name = ib_strdup(name);
	unzstd->piece = ib_alloc(PIECE);
	unzstd->input.src = unzstd->piece;
	return unzstd;
}

void ib_unzstd_free(struct ib_unzstd *unzstd)
{
	if (!unzstd)
		return;
	ZSTD_freeDCtx(unzstd->frame);
	ib_free(unzstd->piece);
	ib_free(unzstd->name);
	ib_free(unzstd);
}

/* *ret_ended: there is nothing more to be had. */
static int fill(struct ib_unzstd *unzstd, bool *ret_ended, struct ib_error *err)
{
	size_t got = 0;

	*ret_ended = false;
	if (unzstd->input.pos < unzstd->input.size)
		return 0;
	IB_TRY(unzstd->get(unzstd->context, unzstd->piece, PIECE, &got, err));
	unzstd->input.pos = 0;
	unzstd->input.size = got;
	*ret_ended = !got;
	return 0;
}

static int refuse(const struct ib_unzstd *unzstd, size_t code, struct ib_error *err)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
		return ib_fail(err, IB_LIMIT,
			       "the Zstandard frame in '%s' wants a window of more than %d MiB",
			       unzstd->name, 1 << (MAX_WINDOW_LOG - 20));
	return ib_fail(err, IB_INPUT, "the Zstandard frame in '%s' is damaged: %s", unzstd->name,
		       ZSTD_getErrorName(code));
}

static int end(struct ib_unzstd *unzstd, struct ib_error *err)
{
	bool ended = false;

	IB_TRY(fill(unzstd, &ended, err));
	if (!ended)
		return ib_fail(err, IB_INPUT, "something stands behind the Zstandard frame in '%s'",
			       unzstd->name);
	unzstd->is_over = true;
	return 0;
}

int ib_unzstd_read(struct ib_unzstd *unzstd, void *data, size_t size, size_t *ret_got,
		   struct ib_error *err)
{
	ZSTD_outBuffer output = { data, size, 0 };
	bool ended = false;
	size_t left = 1;

	while (!unzstd->is_over && output.pos < size) {
		IB_TRY(fill(unzstd, &ended, err));
		if (ended)
			return ib_fail(err, IB_INPUT, "the Zstandard frame in '%s' is cut short",
				       unzstd->name);
		left = ZSTD_decompressStream(unzstd->frame, &output, &unzstd->input);
		if (ZSTD_isError(left))
			return refuse(unzstd, left, err);
		if (!left)
			IB_TRY(end(unzstd, err));
	}
	*ret_got = output.pos;
	return 0;
}
