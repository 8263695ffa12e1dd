/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chunks and the index are casync's: the table and constants of its buzhash (src/cachunker.c and .h of
 * github.com/systemd/casync), the index as in src/caformat.h there.
 */
#include "image/pieces.h"

#include <string.h>

#include "crypto/crypto.h"

#define WINDOW    48U
#define CHUNK_MIN 16384U
#define CHUNK_AVG 65536U
#define CHUNK_MAX 262144U
/* What casync reckons from the average; a chunk ends where the hash is one less than a multiple. */
#define DISCRIMINATOR 49535U

#define INDEX_BYTES  48U
#define HEADER_BYTES 16U
#define ITEM_BYTES   40U
#define TAIL_BYTES   40U
#define INDEX_TYPE   0x96824d9c7b129ff9ULL
#define TABLE_TYPE   0xe75b9e112f17417dULL
#define TAIL_MARKER  0x4b4f050e5549ecd1ULL
/* SHA-512/256, and the two that casync sets where nothing is left out. */
#define FEATURES 0xb000000000000000ULL

#define READ_BYTES ((size_t)4 << 20)
/* What one worker hashes in a row. */
#define JOB_BYTES ((uint64_t)4 << 20)

/* clang-format off */
static const uint32_t buzhash[256] = {
	0x458be752, 0xc10748cc, 0xfbbcdbb8, 0x6ded5b68, 0xb10a82b5, 0x20d75648, 0xdfc5665f, 0xa8428801,
	0x7ebf5191, 0x841135c7, 0x65cc53b3, 0x280a597c, 0x16f60255, 0xc78cbc3e, 0x294415f5, 0xb938d494,
	0xec85c4e6, 0xb7d33edc, 0xe549b544, 0xfdeda5aa, 0x882bf287, 0x3116737c, 0x05569956, 0xe8cc1f68,
	0x0806ac5e, 0x22a14443, 0x15297e10, 0x50d090e7, 0x4ba60f6f, 0xefd9f1a7, 0x5c5c885c, 0x82482f93,
	0x9bfd7c64, 0x0b3e7276, 0xf2688e77, 0x8fad8abc, 0xb0509568, 0xf1ada29f, 0xa53efdfe, 0xcb2b1d00,
	0xf2a9e986, 0x6463432b, 0x95094051, 0x5a223ad2, 0x9be8401b, 0x61e579cb, 0x1a556a14, 0x5840fdc2,
	0x9261ddf6, 0xcde002bb, 0x52432bb0, 0xbf17373e, 0x7b7c222f, 0x2955ed16, 0x9f10ca59, 0xe840c4c9,
	0xccabd806, 0x14543f34, 0x1462417a, 0x0d4a1f9c, 0x087ed925, 0xd7f8f24c, 0x7338c425, 0xcf86c8f5,
	0xb19165cd, 0x9891c393, 0x325384ac, 0x0308459d, 0x86141d7e, 0xc922116a, 0xe2ffa6b6, 0x53f52aed,
	0x2cd86197, 0xf5b9f498, 0xbf319c8f, 0xe0411fae, 0x977eb18c, 0xd8770976, 0x9833466a, 0xc674df7f,
	0x8c297d45, 0x8ca48d26, 0xc49ed8e2, 0x7344f874, 0x556f79c7, 0x6b25eaed, 0xa03e2b42, 0xf68f66a4,
	0x8e8b09a2, 0xf2e0e62a, 0x0d3a9806, 0x9729e493, 0x8c72b0fc, 0x160b94f6, 0x450e4d3d, 0x7a320e85,
	0xbef8f0e1, 0x21d73653, 0x4e3d977a, 0x1e7b3929, 0x1cc6c719, 0xbe478d53, 0x8d752809, 0xe6d8c2c6,
	0x275f0892, 0xc8acc273, 0x4cc21580, 0xecc4a617, 0xf5f7be70, 0xe795248a, 0x375a2fe9, 0x425570b6,
	0x8898dcf8, 0xdc2d97c4, 0x0106114b, 0x364dc22f, 0x1e0cad1f, 0xbe63803c, 0x5f69fac2, 0x4d5afa6f,
	0x1bc0dfb5, 0xfb273589, 0x0ea47f7b, 0x3c1c2b50, 0x21b2a932, 0x6b1223fd, 0x2fe706a8, 0xf9bd6ce2,
	0xa268e64e, 0xe987f486, 0x3eacf563, 0x1ca2018c, 0x65e18228, 0x2207360a, 0x57cf1715, 0x34c37d2b,
	0x1f8f3cde, 0x93b657cf, 0x31a019fd, 0xe69eb729, 0x8bca7b9b, 0x4c9d5bed, 0x277ebeaf, 0xe0d8f8ae,
	0xd150821c, 0x31381871, 0xafc3f1b0, 0x927db328, 0xe95effac, 0x305a47bd, 0x426ba35b, 0x1233af3f,
	0x686a5b83, 0x50e072e5, 0xd9d3bb2a, 0x8befc475, 0x487f0de6, 0xc88dff89, 0xbd664d5e, 0x971b5d18,
	0x63b14847, 0xd7d3c1ce, 0x7f583cf3, 0x72cbcb09, 0xc0d0a81c, 0x7fa3429b, 0xe9158a1b, 0x225ea19a,
	0xd8ca9ea3, 0xc763b282, 0xbb0c6341, 0x020b8293, 0xd4cd299d, 0x58cfa7f8, 0x91b4ee53, 0x37e4d140,
	0x95ec764c, 0x30f76b06, 0x5ee68d24, 0x679c8661, 0xa41979c2, 0xf2b61284, 0x4fac1475, 0x0adb49f9,
	0x19727a23, 0x15a7e374, 0xc43a18d5, 0x3fb1aa73, 0x342fc615, 0x924c0793, 0xbee2d7f0, 0x8a279de9,
	0x4aa2d70c, 0xe24dd37f, 0xbe862c0b, 0x177c22c2, 0x5388e5ee, 0xcd8a7510, 0xf901b4fd, 0xdbc13dbc,
	0x6c0bae5b, 0x64efe8c7, 0x48b02079, 0x80331a49, 0xca3d8ae6, 0xf3546190, 0xfed7108b, 0xc49b941b,
	0x32baf4a9, 0xeb833a4a, 0x88a3f1a5, 0x3a91ce0a, 0x3cc27da1, 0x7112e684, 0x4a3096b1, 0x3794574c,
	0xa3c8b6f3, 0x1d213941, 0x6e0a2e00, 0x233479f1, 0x0f4cd82f, 0x6093edd2, 0x5d7d209e, 0x464fe319,
	0xd4dcac9e, 0x0db845cb, 0xfb5e4bc3, 0xe0256ce1, 0x09fb4ed1, 0x0914be1e, 0xa5bdb2c3, 0xc6eb57bb,
	0x30320350, 0x3f397e91, 0xa67791bc, 0x86bc0e2c, 0xefa0a7e2, 0xe9ff7543, 0xe733612c, 0xd185897b,
	0x329e5388, 0x91dd236b, 0x2ecb0d93, 0xf4d82a3d, 0x35b5c03f, 0xe4e606f0, 0x05b21843, 0x37b45964,
	0x5eff22f4, 0x6027f4cc, 0x77178b3c, 0xae507131, 0x7bf7cabc, 0xf9c18d66, 0x593ade65, 0xd95ddf11,
};
/* clang-format on */

static uint32_t rotate(uint32_t value, unsigned by)
{
	return value << by % 32 | value >> (32 - by % 32) % 32;
}

static void add(struct ib_pieces *pieces, uint64_t end)
{
	ib_grow(pieces->items, pieces->count);
	pieces->items[pieces->count++] = (struct ib_piece){ .end = end };
}

/*
 * Where the chunk ends that begins at data: 0 when that needs more than size bytes. The
 * hash is of the last 48 bytes alone, so that nothing before the least size has to be looked at.
 */
static size_t find_end(const uint8_t *data, size_t size)
{
	uint32_t hash = 0;
	size_t i = 0;

	if (size < CHUNK_MIN)
		return 0;
	for (i = CHUNK_MIN - WINDOW; i < CHUNK_MIN; i++)
		hash = rotate(hash, 1) ^ buzhash[data[i]];
	for (i = CHUNK_MIN; hash % DISCRIMINATOR != DISCRIMINATOR - 1; i++) {
		if (i == CHUNK_MAX)
			return i;
		if (i == size)
			return 0;
		hash = rotate(hash, 1) ^ rotate(buzhash[data[i - WINDOW]], WINDOW) ^
		       buzhash[data[i]];
	}
	return i;
}

static int cut_chunks(const struct ib_region *region, struct ib_pieces *pieces,
		      struct ib_error *err)
{
	ib_autofree uint8_t *data = ib_realloc_array(NULL, READ_BYTES, 1);
	uint64_t start = 0; /* of the chunk that is looked for: data begins there */
	size_t size = 0;

	while (start < region->size) {
		size_t used = 0;
		size_t length = 0;
		size_t more = (size_t)IB_MIN(READ_BYTES - size, region->size - start - size);

		IB_TRY(ib_region_read(region, data + size, more, start + size, err));
		size += more;
		while ((length = find_end(data + used, size - used))) {
			used += length;
			add(pieces, start + used);
		}
		if (start + size == region->size && used < size) {
			used = size;
			add(pieces, region->size);
		}
		memmove(data, data + used, size - used);
		size -= used;
		start += used;
	}
	return 0;
}

/* ---- digests ---- */

struct job {
	const struct ib_region *region;
	struct ib_pieces *pieces;
	size_t first, last; /* this one is not in it */
	struct ib_error err;
	bool failed;
};

uint64_t ib_piece_start(const struct ib_pieces *pieces, size_t number)
{
	return number ? pieces->items[number - 1].end : 0;
}

static int hash(const struct job *job, struct ib_error *err)
{
	ib_autofree uint8_t *data = ib_realloc_array(NULL, CHUNK_MAX, 1);
	IB_AUTO(ib_digest) digest = ib_digest_new("sha512-256");
	uint8_t value[IB_DIGEST_MAX_SIZE];
	size_t i = 0;

	for (i = job->first; i < job->last; i++) {
		uint64_t start = ib_piece_start(job->pieces, i);
		size_t size = (size_t)(job->pieces->items[i].end - start);

		IB_TRY(ib_region_read(job->region, data, size, start, err));
		ib_digest_update(digest, data, size);
		ib_digest_final(digest, value);
		memcpy(job->pieces->items[i].id, value, sizeof(job->pieces->items[i].id));
	}
	return 0;
}

static void run_job(void *argument)
{
	struct job *job = argument;

	job->failed = hash(job, &job->err) < 0;
}

/* The end of the row of pieces that begins with first and is one job. */
static size_t end_of_job(const struct ib_pieces *pieces, size_t first)
{
	uint64_t start = ib_piece_start(pieces, first);
	size_t i = first + 1;

	while (i < pieces->count && pieces->items[i - 1].end - start < JOB_BYTES)
		i++;
	return i;
}

static int hash_all(const struct ib_region *region, size_t threads, struct ib_pieces *pieces,
		    struct ib_error *err)
{
	IB_AUTO(ib_threads) crew = ib_threads_new(threads, 64);
	ib_autofree struct job *jobs =
		ib_alloc_array((size_t)(region->size / JOB_BYTES) + 1, sizeof(*jobs));
	size_t count = 0;
	size_t first = 0;
	size_t i = 0;
	bool failed = false;

	for (first = 0; first < pieces->count; first = jobs[count++].last) {
		jobs[count] = (struct job){ .region = region,
					    .pieces = pieces,
					    .first = first,
					    .last = end_of_job(pieces, first) };
		ib_threads_add(crew, run_job, &jobs[count]);
	}
	ib_threads_wait(crew);
	for (i = 0; i < count; i++) {
		if (jobs[i].failed && !failed)
			*err = jobs[i].err;
		else
			ib_error_clear(&jobs[i].err);
		failed |= jobs[i].failed;
	}
	return failed ? -(int)err->kind : 0;
}

int ib_pieces_blocks(const struct ib_region *region, size_t threads, struct ib_pieces **ret_pieces,
		     struct ib_error *err)
{
	IB_AUTO(ib_pieces) pieces = ib_alloc(sizeof(*pieces));
	uint64_t end = 0;

	while (end < region->size) {
		end += IB_MIN(IB_PIECE_BLOCK, region->size - end);
		add(pieces, end);
	}
	IB_TRY(hash_all(region, threads, pieces, err));
	*ret_pieces = ib_take(pieces);
	return 0;
}

int ib_pieces_chunks(const struct ib_region *region, size_t threads, struct ib_pieces **ret_pieces,
		     struct ib_error *err)
{
	IB_AUTO(ib_pieces) pieces = ib_alloc(sizeof(*pieces));

	IB_TRY(cut_chunks(region, pieces, err));
	IB_TRY(hash_all(region, threads, pieces, err));
	*ret_pieces = ib_take(pieces);
	return 0;
}

void ib_pieces_free(struct ib_pieces *pieces)
{
	if (!pieces)
		return;
	ib_free(pieces->items);
	ib_free(pieces);
}

/* ---- the index ---- */

void ib_pieces_put_index(const struct ib_pieces *chunks, struct ib_buffer *out)
{
	size_t i = 0;

	ib_buffer_put_le64(out, INDEX_BYTES);
	ib_buffer_put_le64(out, INDEX_TYPE);
	ib_buffer_put_le64(out, FEATURES);
	ib_buffer_put_le64(out, CHUNK_MIN);
	ib_buffer_put_le64(out, CHUNK_AVG);
	ib_buffer_put_le64(out, CHUNK_MAX);
	ib_buffer_put_le64(out, UINT64_MAX); /* the table's size is told at its end */
	ib_buffer_put_le64(out, TABLE_TYPE);
	for (i = 0; i < chunks->count; i++) {
		ib_buffer_put_le64(out, chunks->items[i].end);
		ib_buffer_put(out, chunks->items[i].id, sizeof(chunks->items[i].id));
	}
	/* the tail: no further item, a word of zeros, where the index ends, the table's size, its marker */
	ib_buffer_put_le64(out, 0);
	ib_buffer_put_le64(out, 0);
	ib_buffer_put_le64(out, INDEX_BYTES);
	ib_buffer_put_le64(out, HEADER_BYTES + chunks->count * ITEM_BYTES + TAIL_BYTES);
	ib_buffer_put_le64(out, TAIL_MARKER);
}
