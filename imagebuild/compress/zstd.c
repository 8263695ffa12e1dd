/* SPDX-License-Identifier: Apache-2.0 */
#include "compress/zstd.h"

#include <assert.h>
#include <sched.h>
#include <string.h>

#include <zstd.h>

enum {
	MIN_LEVEL = 1,
	MAX_LEVEL = 19,
	JOB = 8 << 20,   /* bytes of input that one worker compresses at a time */
	PIECE = 1 << 20, /* bytes of input handed to the library at a time */
	MAX_WORKERS = 64,
};

struct ib_zstd {
	ZSTD_CCtx *library;
	ib_zstd_put_fn put;
	void *context;
	uint8_t *piece;
	size_t piece_size;
	uint8_t *output;
	size_t output_size;
};

static int count_processors(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return IB_MAX(CPU_COUNT(&set), 1);
}

static int set_up(ZSTD_CCtx *library, int level, size_t workers, struct ib_error *err)
{
	const struct {
		ZSTD_cParameter parameter;
		int value;
	} parameters[] = {
		{ ZSTD_c_compressionLevel, level },
		{ ZSTD_c_checksumFlag, 1 },
		{ ZSTD_c_nbWorkers,
		  workers ? (int)IB_MIN(workers, MAX_WORKERS) : count_processors() },
		{ ZSTD_c_jobSize, JOB },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(parameters); i++) {
		size_t r = ZSTD_CCtx_setParameter(library, parameters[i].parameter,
						  parameters[i].value);

		/* Without threads in the library the bytes would be others: no quiet fall-back. */
		if (ZSTD_isError(r))
			return ib_fail(err, IB_FAILED, "could not set up zstd %s: %s",
				       ZSTD_versionString(), ZSTD_getErrorName(r));
	}
	return 0;
}

int ib_zstd_new(int level, size_t workers, ib_zstd_put_fn put, void *context,
		struct ib_zstd **ret_zstd, struct ib_error *err)
{
	IB_AUTO(ib_zstd) zstd = NULL;

	if (level < MIN_LEVEL || level > MAX_LEVEL)
		return ib_fail(err, IB_INPUT, "zstd has levels %d to %d, not %d", MIN_LEVEL,
			       MAX_LEVEL, level);
	zstd = ib_alloc(sizeof(*zstd));
	zstd->put = put;
	zstd->context = context;
	zstd->library = ZSTD_createCCtx();
	assert(zstd->library);
	IB_TRY(set_up(zstd->library, level, workers, err));
	zstd->piece = ib_alloc(PIECE);
	zstd->output_size = ZSTD_CStreamOutSize();
	zstd->output = ib_alloc(zstd->output_size);
	*ret_zstd = ib_take(zstd);
	return 0;
}

void ib_zstd_free(struct ib_zstd *zstd)
{
	if (!zstd)
		return;
	ZSTD_freeCCtx(zstd->library);
	ib_free(zstd->piece);
	ib_free(zstd->output);
	ib_free(zstd);
}

/* Hands the collected piece over; until all is taken, or at the end all is put out. */
static int drain(struct ib_zstd *zstd, ZSTD_EndDirective directive, struct ib_error *err)
{
	ZSTD_inBuffer in = { zstd->piece, zstd->piece_size, 0 };
	bool done = false;

	while (!done) {
		ZSTD_outBuffer out = { zstd->output, zstd->output_size, 0 };
		size_t left = ZSTD_compressStream2(zstd->library, &out, &in, directive);

		if (ZSTD_isError(left))
			return ib_fail(err, IB_FAILED, "could not compress: %s",
				       ZSTD_getErrorName(left));
		if (out.pos)
			IB_TRY(zstd->put(zstd->context, zstd->output, out.pos, err));
		done = directive == ZSTD_e_end ? !left : in.pos == in.size;
	}
	zstd->piece_size = 0;
	return 0;
}

int ib_zstd_write(struct ib_zstd *zstd, const void *data, size_t size, struct ib_error *err)
{
	const uint8_t *bytes = data;

	while (size) {
		size_t part = IB_MIN(size, PIECE - zstd->piece_size);

		memcpy(zstd->piece + zstd->piece_size, bytes, part);
		zstd->piece_size += part;
		bytes += part;
		size -= part;
		if (zstd->piece_size == PIECE)
			IB_TRY(drain(zstd, ZSTD_e_continue, err));
	}
	return 0;
}

int ib_zstd_finish(struct ib_zstd *zstd, struct ib_error *err)
{
	return drain(zstd, ZSTD_e_end, err);
}

const char *ib_zstd_version(void)
{
	return ZSTD_versionString();
}
