/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The code is systematic and its generator has the roots 1, a, a^2, …: what
 * libfec's init_rs_char(8, 0x11d, 0, 1, roots, 0) describes, and the kernel's
 * dm-verity-fec decodes. The layout is the one of cryptsetup's verity_fec.c.
 */
#include "image/fec.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define BLOCK        ((size_t)4096)
#define WORD         255U /* bytes of a code word, its check bytes among them */
#define POLYNOMIAL   0x11dU
#define JOB_ROWS     ((size_t)16) /* in blocks: what one job reads of a column at once */
#define QUEUE_LENGTH 64

/* Multiplication by each coefficient of the generator but the highest, which is 1. */
struct code {
	unsigned roots;
	uint8_t times[IB_FEC_MAX_ROOTS][256]; /* [i]: by the coefficient of x^i */
};

/* One pass over all rows: their check bytes are written, or compared with what is there. */
struct pass {
	const struct ib_fec_params *params;
	const struct ib_region *out;
	const struct code *code;
	uint64_t bytes; /* of data and tree */
	uint64_t rows;  /* in blocks */
	bool verify;
};

struct job {
	const struct pass *pass;
	uint64_t first; /* of the rows, in blocks */
	size_t count;
	struct ib_error err;
	bool failed;
};

static uint8_t multiply(uint8_t a, uint8_t b)
{
	unsigned product = 0;
	unsigned factor = a;

	for (; b; b >>= 1) {
		if (b & 1)
			product ^= factor;
		factor <<= 1;
		if (factor & 0x100)
			factor ^= POLYNOMIAL;
	}
	return (uint8_t)product;
}

/* The generator is the product of x - a^i for all i below roots, a being 2. */
static void fill_code(struct code *code, unsigned roots)
{
	uint8_t generator[IB_FEC_MAX_ROOTS + 1] = { 1 };
	uint8_t power = 1;
	unsigned i = 0;
	unsigned j = 0;

	code->roots = roots;
	for (i = 0; i < roots; i++) {
		for (j = i + 1; j > 0; j--)
			generator[j] = generator[j - 1] ^ multiply(generator[j], power);
		generator[0] = multiply(generator[0], power);
		power = multiply(power, 2);
	}
	for (i = 0; i < roots; i++)
		for (j = 0; j < 256; j++)
			code->times[i][j] = multiply(generator[i], (uint8_t)j);
}

/* Divides on: one more byte for each row; checks holds "roots" bytes a row, the highest first. */
static void divide(const struct code *code, const uint8_t *column, size_t rows, uint8_t *checks)
{
	const unsigned last = code->roots - 1;
	size_t i = 0;
	unsigned j = 0;

	for (i = 0; i < rows; i++, checks += code->roots) {
		const uint8_t carry = column[i] ^ checks[0];

		for (j = 0; j < last; j++)
			checks[j] = checks[j + 1] ^ code->times[last - j][carry];
		checks[last] = code->times[0][carry];
	}
}

static uint64_t tree_bytes(const struct ib_fec_params *params)
{
	return params->tree.size - BLOCK;
}

/* Data, then tree, then zeros. */
static int read_input(const struct pass *pass, uint8_t *to, size_t size, uint64_t offset,
		      struct ib_error *err)
{
	const struct ib_fec_params *params = pass->params;
	const uint64_t data = params->data.size;
	size_t part = offset < data ? (size_t)IB_MIN((uint64_t)size, data - offset) : 0;

	if (part)
		IB_TRY(ib_region_read(&params->data, to, part, offset, err));
	to += part;
	size -= part;
	offset += part;
	part = offset < pass->bytes ? (size_t)IB_MIN((uint64_t)size, pass->bytes - offset) : 0;
	if (part)
		IB_TRY(ib_region_read(&params->tree, to, part, BLOCK + offset - data, err));
	memset(to + part, 0, size - part);
	return 0;
}

static int compare_rows(const struct job *job, const uint8_t *checks, size_t size, uint64_t offset,
			struct ib_error *err)
{
	const struct pass *pass = job->pass;
	ib_autofree uint8_t *there = ib_alloc(size);
	size_t i = 0;

	IB_TRY(ib_region_read(pass->out, there, size, offset, err));
	if (!memcmp(checks, there, size))
		return 0;
	while (checks[i] == there[i])
		i++;
	return ib_fail(err, IB_TRUST,
		       "byte %" PRIu64 " of '%s' does not fit the image and its hash tree",
		       offset + i, pass->out->name);
}

static int run_job(const struct job *job, struct ib_error *err)
{
	const struct pass *pass = job->pass;
	const struct code *code = pass->code;
	const size_t rows = job->count * BLOCK;
	const size_t size = rows * code->roots;
	const uint64_t offset = job->first * BLOCK * code->roots;
	ib_autofree uint8_t *column = ib_alloc(rows);
	ib_autofree uint8_t *checks = ib_alloc_array(rows, code->roots);
	unsigned i = 0;

	for (i = 0; i < WORD - code->roots; i++) {
		IB_TRY(read_input(pass, column, rows, (i * pass->rows + job->first) * BLOCK, err));
		divide(code, column, rows, checks);
	}
	if (pass->verify)
		return compare_rows(job, checks, size, offset, err);
	return ib_fd_write(pass->out->fd, checks, size, pass->out->offset + offset, pass->out->name,
			   err);
}

static void start_job(void *argument)
{
	struct job *job = argument;

	job->failed = run_job(job, &job->err) < 0;
}

/* Of several faults the first in the order of rows is told. */
static int run_pass(const struct pass *pass, struct ib_error *err)
{
	const uint64_t count = (pass->rows + JOB_ROWS - 1) / JOB_ROWS;
	ib_autofree struct job *jobs = ib_alloc_array(count, sizeof(*jobs));
	IB_AUTO(ib_threads) threads = ib_threads_new(pass->params->threads, QUEUE_LENGTH);
	bool failed = false;
	uint64_t i = 0;

	for (i = 0; i < count; i++) {
		jobs[i].pass = pass;
		jobs[i].first = i * JOB_ROWS;
		jobs[i].count = (size_t)IB_MIN((uint64_t)JOB_ROWS, pass->rows - jobs[i].first);
		ib_threads_add(threads, start_job, &jobs[i]);
	}
	ib_threads_wait(threads);
	for (i = 0; i < count; i++) {
		if (jobs[i].failed && !failed)
			*err = jobs[i].err;
		else
			ib_error_clear(&jobs[i].err);
		failed |= jobs[i].failed;
	}
	return failed ? -(int)err->kind : 0;
}

static uint64_t rows_of(const struct ib_fec_params *params, unsigned roots)
{
	const uint64_t blocks = (params->data.size + tree_bytes(params)) / BLOCK;

	return (blocks + WORD - roots - 1) / (WORD - roots);
}

uint64_t ib_fec_size(const struct ib_fec_params *params)
{
	return rows_of(params, params->roots) * BLOCK * params->roots;
}

static int check_params(const struct ib_fec_params *params, struct ib_error *err)
{
	const struct ib_region *const regions[] = { &params->data, &params->tree };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(regions); i++)
		if (!regions[i]->size || regions[i]->size % BLOCK)
			return ib_fail(err, IB_INPUT,
				       "'%s' does not consist of whole blocks of %zu bytes",
				       regions[i]->name, BLOCK);
	return 0;
}

static int run(const struct ib_fec_params *params, unsigned roots, const struct ib_region *out,
	       bool verify, struct ib_error *err)
{
	struct code code;
	const struct pass pass = {
		.params = params,
		.out = out,
		.code = &code,
		.bytes = params->data.size + tree_bytes(params),
		.rows = rows_of(params, roots),
		.verify = verify,
	};

	fill_code(&code, roots);
	return run_pass(&pass, err);
}

int ib_fec_write(const struct ib_fec_params *params, const char *path, struct ib_error *err)
{
	struct ib_region out = { .name = path };
	ib_autoclose int fd = -1;

	IB_TRY(check_params(params, err));
	if (params->roots < IB_FEC_MIN_ROOTS || params->roots > IB_FEC_MAX_ROOTS)
		return ib_fail(err, IB_INPUT, "error correction has %d to %d roots, not %u",
			       IB_FEC_MIN_ROOTS, IB_FEC_MAX_ROOTS, params->roots);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	out.fd = fd;
	out.size = ib_fec_size(params);
	return run(params, params->roots, &out, false, err);
}

int ib_fec_verify(const struct ib_fec_params *params, const struct ib_region *fec,
		  unsigned *ret_roots, struct ib_error *err)
{
	unsigned roots = 0;

	IB_TRY(check_params(params, err));
	for (roots = IB_FEC_MIN_ROOTS; roots <= IB_FEC_MAX_ROOTS; roots++)
		if (fec->size == rows_of(params, roots) * BLOCK * roots)
			break;
	if (roots > IB_FEC_MAX_ROOTS)
		return ib_fail(err, IB_TRUST,
			       "'%s' has %" PRIu64
			       " bytes, which is not what corrects '%s' and its hash tree",
			       fec->name, fec->size, params->data.name);
	IB_TRY(run(params, roots, fec, true, err));
	*ret_roots = roots;
	return 0;
}
