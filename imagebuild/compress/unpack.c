/* SPDX-License-Identifier: Apache-2.0 */
#include "compress/unpack.h"

#include <string.h>

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define PIECE         ((size_t)64 << 10)
#define XZ_MEMORY_MAX ((uint64_t)256 << 20)

struct format {
	const char *name;
	const char *magic;
	size_t magic_size;
	int (*unpack)(const void *data, size_t size, struct ib_buffer *out, struct ib_error *err);
};

static int put(struct ib_buffer *out, const void *data, size_t size, struct ib_error *err)
{
	if (size > ib_buffer_room(out))
		return ib_fail(err, IB_LIMIT, "the content is larger than we agree to handle");
	ib_buffer_put(out, data, size);
	return 0;
}

static void end_gzip(z_stream *stream)
{
	inflateEnd(stream);
}

static int unpack_gzip(const void *data, size_t size, struct ib_buffer *out, struct ib_error *err)
{
	__attribute__((cleanup(end_gzip))) z_stream stream = { 0 };
	ib_autofree uint8_t *piece = ib_alloc(PIECE);
	int r = inflateInit2(&stream, 15 + 16);

	/* zlib never writes to its input; the member is not const in all its versions */
	memcpy(&stream.next_in, &data, sizeof(data));
	if (size > UINT32_MAX)
		return ib_fail(err, IB_LIMIT, "the content is larger than we agree to handle");
	stream.avail_in = (unsigned)size;
	while (r == Z_OK) {
		stream.next_out = piece;
		stream.avail_out = PIECE;
		r = inflate(&stream, Z_NO_FLUSH);
		IB_TRY(put(out, piece, PIECE - stream.avail_out, err));
		if (r == Z_STREAM_END && stream.avail_in > 2 && stream.next_in[0] == 0x1f &&
		    stream.next_in[1] == 0x8b)
			r = inflateReset(&stream); /* another member follows */
		else if (r == Z_OK && !stream.avail_in && stream.avail_out)
			r = Z_BUF_ERROR;
	}
	return r == Z_STREAM_END ? 0 : ib_fail(err, IB_INPUT, "the gzip stream is damaged");
}

static int unpack_xz(const void *data, size_t size, struct ib_buffer *out, struct ib_error *err)
{
	__attribute__((cleanup(lzma_end))) lzma_stream stream = LZMA_STREAM_INIT;
	ib_autofree uint8_t *piece = ib_alloc(PIECE);
	lzma_ret r = lzma_stream_decoder(&stream, XZ_MEMORY_MAX, LZMA_CONCATENATED);

	stream.next_in = data;
	stream.avail_in = size;
	while (r == LZMA_OK) {
		stream.next_out = piece;
		stream.avail_out = PIECE;
		r = lzma_code(&stream, LZMA_FINISH);
		IB_TRY(put(out, piece, PIECE - stream.avail_out, err));
	}
	if (r == LZMA_MEMLIMIT_ERROR)
		return ib_fail(err, IB_LIMIT, "the xz stream wants more memory than we agree to");
	return r == LZMA_STREAM_END ? 0 : ib_fail(err, IB_INPUT, "the xz stream is damaged");
}

static void free_zstd(ZSTD_DCtx **context)
{
	ZSTD_freeDCtx(*context);
}

static int unpack_zstd(const void *data, size_t size, struct ib_buffer *out, struct ib_error *err)
{
	__attribute__((cleanup(free_zstd))) ZSTD_DCtx *context = ZSTD_createDCtx();
	ib_autofree uint8_t *piece = ib_alloc(PIECE);
	ZSTD_inBuffer input = { data, size, 0 };
	size_t left = 0;

	do {
		ZSTD_outBuffer output = { piece, PIECE, 0 };

		left = ZSTD_decompressStream(context, &output, &input);
		if (ZSTD_isError(left))
			return ib_fail(err, IB_INPUT, "the Zstandard stream is damaged: %s",
				       ZSTD_getErrorName(left));
		IB_TRY(put(out, piece, output.pos, err));
		if (left && input.pos == input.size && output.pos < output.size)
			return ib_fail(err, IB_INPUT, "the Zstandard stream is cut short");
	} while (left || input.pos < input.size);
	return 0;
}

static const struct format formats[] = {
	{ "gzip", "\x1f\x8b", 2, unpack_gzip },
	{ "xz",
	  "\xfd"
	  "7zXZ\0",
	  6, unpack_xz },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, unpack_zstd },
};

static const struct format *format_of(const void *data, size_t size)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(formats); i++)
		if (size > formats[i].magic_size &&
		    !memcmp(data, formats[i].magic, formats[i].magic_size))
			return &formats[i];
	return NULL;
}

bool ib_unpack_is(const void *data, size_t size)
{
	return format_of(data, size) != NULL;
}

int ib_unpack(const void *data, size_t size, struct ib_buffer *out, struct ib_error *err)
{
	const struct format *format = format_of(data, size);

	if (!format)
		return ib_fail(err, IB_INPUT, "neither gzip nor xz nor Zstandard");
	return format->unpack(data, size, out, err);
}
