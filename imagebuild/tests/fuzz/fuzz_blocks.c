/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an entry that somebody else made for the cache of blocks: proved or none, never more.
 * The first byte chooses the compression; two more say how much of the rest is the index behind the
 * form; what is left is blocks and tails. The form and the footer are put right here.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/image.h"
#include "imagebuild/tests/unit/made_packages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRONT 3U

static const struct file files[] = {
	{ "/holes", 140000, 0, 0, false },
	{ "/small", 100, 2, 0, false },
	{ "/text", 9000, 3, 0, false },
};

static const enum ib_erofs_compression compressions[] = { IB_EROFS_NONE, IB_EROFS_LZ4,
							  IB_EROFS_ZSTD };

/* As one builder is when it asks; the same for every input. */
struct side {
	struct made made;
	struct ib_tree *tree;
	struct ib_erofs_writer *writers[IB_COUNT(compressions)];
	char *forms[IB_COUNT(compressions)];
};

static void open_side(struct side *side)
{
	struct ib_error err = IB_ERROR_INIT;
	size_t i = 0;

	make_package(&side->made, "made-1-1.noarch", files, IB_COUNT(files));
	side->tree = lay_down_made(&side->made, 1, &err);
	for (i = 0; i < IB_COUNT(compressions); i++) {
		const struct ib_erofs_params params = { .compression = compressions[i],
							.build_time = MADE_BUILD_TIME,
							.threads = 1 };

		side->forms[i] = ib_erofs_form(&params);
		if (ib_erofs_open("/dev/null", &params, side->tree, &side->writers[i], &err) < 0)
			abort();
	}
}

static void put_entry(struct ib_buffer *out, const char *form, const uint8_t *data, size_t size)
{
	const size_t rest = size - FRONT;
	const size_t index = IB_MIN(rest, (size_t)(data[1] | data[2] << 8));
	const size_t blocks = (rest - index) / 4096;

	ib_buffer_put(out, data + FRONT + index, rest - index);
	ib_buffer_put_le32(out, (uint32_t)strlen(form));
	ib_buffer_puts(out, form);
	ib_buffer_put(out, data + FRONT, index);
	ib_buffer_put_le64(out, blocks);
	ib_buffer_put_le64(out, (rest - index) % 4096);
	ib_buffer_put_le64(out, 4 + strlen(form) + index);
	ib_buffer_puts(out, "ibblocks");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct side side;
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = memfd_create("entry", MFD_CLOEXEC);
	IB_AUTO_BUFFER(entry, 16 << 20);
	struct ib_block_proof proof = { .file_count = IB_COUNT(files), .contents = true };
	size_t which = 0;
	bool good = false;

	if (!side.tree)
		open_side(&side);
	if (size < FRONT || size > 8 << 20)
		return 0;
	which = data[0] % IB_COUNT(compressions);
	put_entry(&entry, side.forms[which], data, size);
	proof.entry = (struct ib_block_entry){ .fd = fd, .size = entry.size };
	if (write(fd, entry.data, entry.size) != (ssize_t)entry.size ||
	    ib_erofs_prove(side.writers[which], &proof, &good, &err) < 0)
		ib_error_clear(&err);
	return 0;
}
