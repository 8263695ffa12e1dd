/* SPDX-License-Identifier: Apache-2.0 */
#include "compress/zstd_fill.h"

#include <assert.h>
#include <string.h>

#include <zstd.h>

#define MAX_TRIES 8
/* What may be left of the room when a search ends. */
#define SLACK(room) ((room) / 64)

struct ib_zstd_filler {
	ZSTD_CCtx *library;
	uint8_t *scratch; /* twice the room: so it is known by how much a try was too long */
	size_t scratch_size;
};

struct ib_zstd_filler *ib_zstd_filler_new(int level, unsigned window_log)
{
	struct ib_zstd_filler *filler = ib_alloc(sizeof(*filler));
	size_t r = 0;

	assert(level >= IB_ZSTD_FILL_MIN_LEVEL && level <= IB_ZSTD_FILL_MAX_LEVEL);
	filler->library = ZSTD_createCCtx();
	assert(filler->library);
	r = ZSTD_CCtx_setParameter(filler->library, ZSTD_c_compressionLevel, level);
	assert(!ZSTD_isError(r));
	r = ZSTD_CCtx_setParameter(filler->library, ZSTD_c_windowLog, (int)window_log);
	assert(!ZSTD_isError(r));
	(void)r;
	return filler;
}

void ib_zstd_filler_free(struct ib_zstd_filler *filler)
{
	if (!filler)
		return;
	ZSTD_freeCCtx(filler->library);
	ib_free(filler->scratch);
	ib_free(filler);
}

/* What is known of how much fits. */
struct search {
	size_t fits, fits_size; /* the most that did, and what it came to */
	size_t over;            /* the least that did not */
	size_t next;            /* to be tried */
};

/* A try came to size bytes, 0: to more than twice the room. */
static void learn(struct search *search, size_t size, size_t room)
{
	size_t tried = search->next;

	if (size && size <= room) {
		search->fits = tried;
		search->fits_size = size;
	} else {
		search->over = tried;
	}
	if (size)
		search->next = (size_t)((uint64_t)tried * (room - SLACK(room) / 2) / size);
	else
		search->next = search->fits + (tried - search->fits) / 2;
	search->next = IB_MAX(search->next, search->fits + 1);
	search->next = IB_MIN(search->next, search->over - 1);
}

size_t ib_zstd_fill(struct ib_zstd_filler *filler, const void *in, size_t in_size, void *out,
		    size_t out_size, size_t *taken)
{
	struct search search = { .over = in_size + 1, .next = IB_MIN(*taken, in_size) };
	int tries = 0;

	if (filler->scratch_size < 2 * out_size) {
		filler->scratch_size = 2 * out_size;
		filler->scratch = ib_realloc_array(filler->scratch, filler->scratch_size, 1);
	}
	for (tries = 0; tries < MAX_TRIES && search.fits + 1 < search.over; tries++) {
		size_t size = ZSTD_compress2(filler->library, filler->scratch, 2 * out_size, in,
					     search.next);

		if (ZSTD_isError(size))
			size = 0;
		learn(&search, size, out_size);
		if (!size || search.fits_size != size)
			continue;
		memcpy(out, filler->scratch, size);
		if (out_size - size <= SLACK(out_size))
			break;
	}
	*taken = search.fits;
	return search.fits_size;
}

bool ib_zstd_expand(const void *in, size_t in_size, void *out, size_t out_size)
{
	return ZSTD_decompress(out, out_size, in, in_size) == out_size;
}
