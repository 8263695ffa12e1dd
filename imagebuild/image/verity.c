/* SPDX-License-Identifier: Apache-2.0 */
/* Format: cryptsetup, docs/on-disk format of dm-verity (superblock version 1, hash type 1). */
#include "image/verity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"

#define BLOCK        ((size_t)4096)
#define PER_BLOCK    (BLOCK / IB_SHA256_SIZE)
#define MAX_LEVELS   8
#define JOB_BLOCKS   (4 * PER_BLOCK) /* what one job hashes: 2 MiB, into four blocks */
#define PIECE_BLOCKS ((size_t)64)    /* read at once: it stays in the processor's cache */
#define QUEUE_LENGTH 64
#define MAX_SALT     256U

/* Where the blocks of a level lie; level 0 is the one above the data. */
struct level {
	uint64_t first_block; /* in the hash file */
	uint64_t blocks;
};

struct geometry {
	uint64_t data_blocks;
	struct level levels[MAX_LEVELS];
	size_t level_count;
	uint64_t blocks; /* of the hash file, the superblock's among them */
};

static uint64_t divide_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/* The highest level comes first in the file. */
static struct geometry geometry_of(uint64_t data_blocks)
{
	struct geometry geometry = { .data_blocks = data_blocks, .blocks = 1 };
	uint64_t blocks = data_blocks;
	size_t i = 0;

	while (blocks > 1) {
		blocks = divide_up(blocks, PER_BLOCK);
		geometry.levels[geometry.level_count++].blocks = blocks;
	}
	for (i = geometry.level_count; i-- > 0;) {
		geometry.levels[i].first_block = geometry.blocks;
		geometry.blocks += geometry.levels[i].blocks;
	}
	return geometry;
}

/* One pass over the blocks of in: their digests are written, or compared with what is there. */
struct pass {
	const struct ib_region *in;
	uint64_t in_first;
	uint64_t in_blocks;
	const struct ib_region *out;
	uint64_t out_first;
	const uint8_t *salt;
	size_t salt_size;
	bool verify;
	uint64_t done_from, done_to; /* jobs that are done already */
};

struct job {
	const struct pass *pass;
	uint64_t first; /* of pass->in_blocks */
	struct ib_error err;
	bool failed;
};

static void hash_block(struct ib_digest *digest, const struct pass *pass, const uint8_t *block,
		       uint8_t value[IB_DIGEST_MAX_SIZE])
{
	ib_digest_update(digest, pass->salt, pass->salt_size);
	ib_digest_update(digest, block, BLOCK);
	ib_digest_final(digest, value);
}

static int compare_blocks(const struct pass *pass, uint64_t first, const uint8_t *ours,
			  const uint8_t *theirs, size_t size, struct ib_error *err)
{
	size_t i = 0;

	if (!memcmp(ours, theirs, size))
		return 0;
	while (!memcmp(ours + i * IB_SHA256_SIZE, theirs + i * IB_SHA256_SIZE, IB_SHA256_SIZE) &&
	       (i + 1) * IB_SHA256_SIZE < size)
		i++;
	return ib_fail(err, IB_TRUST, "block %" PRIu64 " of '%s' does not match the hash tree",
		       pass->in_first + first + i, pass->in->name);
}

/* The digests of these blocks of the job, one behind the other. */
static int hash_blocks(const struct job *job, size_t count, uint8_t *out, struct ib_error *err)
{
	const struct pass *pass = job->pass;
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	ib_autofree uint8_t *piece = ib_realloc_array(NULL, PIECE_BLOCKS, BLOCK);
	uint8_t value[IB_DIGEST_MAX_SIZE];
	size_t i = 0;

	for (i = 0; i < count; i++) {
		const size_t in_piece = i % PIECE_BLOCKS;

		if (!in_piece)
			IB_TRY(ib_region_read(pass->in, piece,
					      IB_MIN(count - i, PIECE_BLOCKS) * BLOCK,
					      (pass->in_first + job->first + i) * BLOCK, err));
		hash_block(digest, pass, piece + in_piece * BLOCK, value);
		memcpy(out + i * IB_SHA256_SIZE, value, IB_SHA256_SIZE);
	}
	return 0;
}

static int run_job(const struct job *job, struct ib_error *err)
{
	const struct pass *pass = job->pass;
	size_t count = (size_t)IB_MIN((uint64_t)JOB_BLOCKS, pass->in_blocks - job->first);
	size_t out_size = divide_up(count, PER_BLOCK) * BLOCK;
	uint64_t out_offset = (pass->out_first + job->first / PER_BLOCK) * BLOCK;
	ib_autofree uint8_t *out = ib_alloc(out_size);
	ib_autofree uint8_t *there = NULL;

	IB_TRY(hash_blocks(job, count, out, err));
	if (!pass->verify)
		return ib_fd_write(pass->out->fd, out, out_size, pass->out->offset + out_offset,
				   pass->out->name, err);
	there = ib_alloc(out_size);
	IB_TRY(ib_region_read(pass->out, there, out_size, out_offset, err));
	return compare_blocks(pass, job->first, out, there, out_size, err);
}

static void start_job(void *argument)
{
	struct job *job = argument;

	job->failed = run_job(job, &job->err) < 0;
}

/* All of a level; of several faults the first in the order of blocks is told. */
static int run_pass(const struct pass *pass, struct ib_threads *threads, struct ib_error *err)
{
	uint64_t count = divide_up(pass->in_blocks, JOB_BLOCKS);
	ib_autofree struct job *jobs = ib_alloc_array(count, sizeof(*jobs));
	bool failed = false;
	uint64_t i = 0;

	for (i = 0; i < count; i++) {
		jobs[i] = (struct job){ .pass = pass, .first = i * JOB_BLOCKS };
		if (i < pass->done_from || i >= pass->done_to)
			ib_threads_add(threads, start_job, &jobs[i]);
	}
	ib_threads_wait(threads);
	for (i = 0; i < count; i++) {
		if (jobs[i].failed && !failed) {
			failed = true;
			*err = jobs[i].err;
		} else {
			ib_error_clear(&jobs[i].err);
		}
	}
	return failed ? -(int)err->kind : 0;
}

/* Data and levels from the bottom up, then the root; pass says what to do with the digests. */
static int run_tree(struct pass pass, const struct geometry *geometry, struct ib_threads *threads,
		    uint8_t root[IB_VERITY_ROOT_BYTES], struct ib_error *err)
{
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	uint8_t block[BLOCK];
	uint8_t value[IB_DIGEST_MAX_SIZE];
	size_t i = 0;

	pass.in_blocks = geometry->data_blocks;
	for (i = 0; i < geometry->level_count; i++) {
		pass.out_first = geometry->levels[i].first_block;
		IB_TRY(run_pass(&pass, threads, err));
		pass.in = pass.out;
		pass.in_first = geometry->levels[i].first_block;
		pass.in_blocks = geometry->levels[i].blocks;
		pass.done_from = pass.done_to = 0;
	}
	IB_TRY(ib_region_read(pass.in, block, BLOCK, pass.in_first * BLOCK, err));
	hash_block(digest, &pass, block, value);
	memcpy(root, value, IB_VERITY_ROOT_BYTES);
	return 0;
}

/* ---- ahead ---- */

struct ib_verity_ahead {
	struct ib_threads *threads;
	struct ib_region data; /* fd -1 until some of it is there */
	struct ib_region leaves;
	uint8_t salt[IB_VERITY_SALT_BYTES];
	struct pass pass;
	uint64_t jobs; /* up to here they were begun, from the second on */
	atomic_bool
		is_broken; /* something could not be read: all is hashed later, and fails then */
};

struct ahead_job {
	struct ib_verity_ahead *ahead;
	struct job job;
};

int ib_verity_ahead_new(const char *path, const uint8_t salt[IB_VERITY_SALT_BYTES], size_t threads,
			struct ib_verity_ahead **ret_ahead, struct ib_error *err)
{
	IB_AUTO(ib_verity_ahead) ahead = ib_alloc(sizeof(*ahead));
	ib_autofree char *folder = ib_path_directory(path);

	ahead->data = (struct ib_region){ -1, 0, INT64_MAX, path };
	ahead->leaves = (struct ib_region){ -1, 0, INT64_MAX, "temporary file" };
	IB_TRY(ib_file_open_unnamed(folder, &ahead->leaves.fd, err));
	memcpy(ahead->salt, salt, sizeof(ahead->salt));
	ahead->pass = (struct pass){
		.in = &ahead->data,
		.in_blocks = INT64_MAX / BLOCK,
		.out = &ahead->leaves,
		.salt = ahead->salt,
		.salt_size = sizeof(ahead->salt),
	};
	ahead->jobs = 1;
	ahead->threads = ib_threads_new(threads, QUEUE_LENGTH);
	*ret_ahead = ib_take(ahead);
	return 0;
}

void ib_verity_ahead_free(struct ib_verity_ahead *ahead)
{
	if (!ahead)
		return;
	ib_threads_free(ahead->threads);
	ib_close_auto(&ahead->data.fd);
	ib_close_auto(&ahead->leaves.fd);
	ib_free(ahead);
}

static void start_ahead(void *argument)
{
	struct ahead_job *ahead_job = argument;
	struct ib_verity_ahead *ahead = ahead_job->ahead;

	if (run_job(&ahead_job->job, &ahead_job->job.err) < 0)
		ahead->is_broken = true;
	ib_fd_begin_writeback(ahead->data.fd, ahead_job->job.first * BLOCK, JOB_BLOCKS * BLOCK);
	ib_error_clear(&ahead_job->job.err);
	ib_free(ahead_job);
}

void ib_verity_ahead_reach(struct ib_verity_ahead *ahead, uint64_t end)
{
	if (!ahead)
		return;
	if (ahead->data.fd < 0)
		ahead->data.fd = open(ahead->data.name, O_RDONLY | O_CLOEXEC);
	for (; ahead->jobs < end / (JOB_BLOCKS * BLOCK); ahead->jobs++) {
		struct ahead_job *ahead_job = ib_alloc(sizeof(*ahead_job));

		*ahead_job = (struct ahead_job){
			.ahead = ahead,
			.job = { .pass = &ahead->pass, .first = ahead->jobs * JOB_BLOCKS },
		};
		ib_threads_add(ahead->threads, start_ahead, ahead_job);
	}
}

/* The leaves that there are go where they belong; pass leaves out their jobs. */
static int take_ahead(struct ib_verity_ahead *ahead, const struct geometry *geometry,
		      struct pass *pass, struct ib_error *err)
{
	const uint64_t per_job = JOB_BLOCKS / PER_BLOCK * BLOCK;
	struct ib_range from = { ahead->leaves.fd, per_job, ahead->leaves.name };
	struct ib_range to = { pass->out->fd, pass->out->offset + per_job, pass->out->name };
	uint64_t jobs = IB_MIN(ahead->jobs, geometry->data_blocks / JOB_BLOCKS);

	ib_threads_wait(ahead->threads);
	if (ahead->is_broken || jobs <= 1)
		return 0;
	to.offset += geometry->levels[0].first_block * BLOCK;
	pass->done_from = 1;
	pass->done_to = jobs;
	return ib_fd_copy(&from, &to, (jobs - 1) * per_job, err);
}

/* ---- the superblock ---- */

static const char signature[8] = "verity";

static int write_superblock(const struct ib_verity_params *params, uint64_t data_blocks,
			    const struct ib_region *tree, struct ib_error *err)
{
	IB_AUTO_BUFFER(b, BLOCK);

	ib_buffer_put(&b, signature, sizeof(signature));
	ib_buffer_put_le32(&b, 1); /* version */
	ib_buffer_put_le32(&b, 1); /* hash type: the salt comes first */
	ib_buffer_put(&b, params->uuid, sizeof(params->uuid));
	ib_buffer_puts(&b, "sha256");
	ib_buffer_align(&b, 64);
	ib_buffer_put_le32(&b, BLOCK); /* data blocks */
	ib_buffer_put_le32(&b, BLOCK); /* hash blocks */
	ib_buffer_put_le64(&b, data_blocks);
	ib_buffer_put_le16(&b, IB_VERITY_SALT_BYTES);
	ib_buffer_put_zeros(&b, 6);
	ib_buffer_put(&b, params->salt, sizeof(params->salt));
	ib_buffer_align(&b, BLOCK);
	return ib_fd_write(tree->fd, b.data, b.size, 0, tree->name, err);
}

int ib_verity_read_info(const struct ib_region *tree, struct ib_verity_info *ret_info,
			struct ib_error *err)
{
	struct ib_verity_info info = { .data_blocks = 0 };
	uint8_t b[BLOCK];

	IB_TRY(ib_region_read(tree, b, sizeof(b), 0, err));
	if (memcmp(b, signature, sizeof(signature)) != 0 || ib_get_le32(b + 8) != 1)
		return ib_fail(err, IB_INPUT, "'%s' does not begin with a verity superblock",
			       tree->name);
	if (ib_get_le32(b + 12) != 1 || memcmp(b + 32, "sha256", 7) != 0 ||
	    ib_get_le32(b + 64) != BLOCK || ib_get_le32(b + 68) != BLOCK)
		return ib_fail(err, IB_LIMIT,
			       "'%s' is a verity tree of a kind that is not supported: only "
			       "SHA-256 with blocks of 4096 bytes is",
			       tree->name);
	info.data_blocks = ib_get_le64(b + 72);
	info.salt_size = ib_get_le16(b + 80);
	if (info.salt_size > MAX_SALT || info.data_blocks > INT64_MAX / BLOCK || !info.data_blocks)
		return ib_fail(err, IB_INPUT, "the verity superblock of '%s' makes no sense",
			       tree->name);
	memcpy(info.uuid, b + 16, sizeof(info.uuid));
	memcpy(info.salt, b + 88, info.salt_size);
	*ret_info = info;
	return 0;
}

/* ---- the front ---- */

int ib_verity_write(const struct ib_verity_params *params, const char *path,
		    uint8_t ret_root[IB_VERITY_ROOT_BYTES], struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct geometry geometry = geometry_of(params->data.size / BLOCK);
	struct ib_region tree = { fd, 0, geometry.blocks * BLOCK, path };
	struct pass pass = {
		.in = &params->data,
		.out = &tree,
		.salt = params->salt,
		.salt_size = sizeof(params->salt),
	};
	IB_AUTO(ib_threads) threads = NULL;

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	if (!params->data.size || params->data.size % BLOCK)
		return ib_fail(err, IB_INPUT, "'%s' does not consist of whole blocks of %zu bytes",
			       params->data.name, BLOCK);
	IB_TRY(write_superblock(params, geometry.data_blocks, &tree, err));
	if (params->ahead)
		IB_TRY(take_ahead(params->ahead, &geometry, &pass, err));
	threads = ib_threads_new(params->threads, QUEUE_LENGTH);
	return run_tree(pass, &geometry, threads, ret_root, err);
}

int ib_verity_verify(const struct ib_region *data, const struct ib_region *tree,
		     const uint8_t root[IB_VERITY_ROOT_BYTES], size_t threads, struct ib_error *err)
{
	IB_AUTO(ib_threads) crew = NULL;
	struct ib_verity_info info = { .data_blocks = 0 };
	struct geometry geometry;
	struct pass pass = { .in = data, .out = tree, .verify = true };
	uint8_t found[IB_VERITY_ROOT_BYTES];

	IB_TRY(ib_verity_read_info(tree, &info, err));
	if (info.data_blocks > data->size / BLOCK)
		return ib_fail(err, IB_INPUT,
			       "the hash tree of '%s' covers %" PRIu64 " blocks, '%s' has %" PRIu64,
			       tree->name, info.data_blocks, data->name, data->size / BLOCK);
	pass.salt = info.salt;
	pass.salt_size = info.salt_size;
	geometry = geometry_of(info.data_blocks);
	crew = ib_threads_new(threads, QUEUE_LENGTH);
	IB_TRY(run_tree(pass, &geometry, crew, found, err));
	if (memcmp(found, root, sizeof(found)) != 0)
		return ib_fail(err, IB_TRUST, "the hash tree of '%s' does not have the root hash",
			       tree->name);
	return 0;
}
