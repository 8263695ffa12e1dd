/* SPDX-License-Identifier: Apache-2.0 */
#include "build/output_digests.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>

#include "crypto/crypto.h"

#define QUEUE_LENGTH 64U
#define CHUNK_BYTES  ((size_t)256 << 10)

/* One file that is hashed, or was. */
struct hashing {
	struct ib_evidence_file file;
	char *name;            /* owned */
	char *path;            /* owned */
	struct ib_span *spans; /* owned, with their files; NULL: all is at path */
	size_t span_count;
	struct ib_turn *done; /* 1 when what follows is there */
	struct ib_error err;
	bool failed;
};

struct ib_output_digests {
	struct ib_threads *threads;
	struct ib_map *by_name; /* struct hashing */
	struct hashing **all;   /* in the order in which they began */
	size_t count;
};

struct ib_output_digests *ib_output_digests_new(size_t threads)
{
	struct ib_output_digests *digests = ib_alloc(sizeof(*digests));

	digests->threads = ib_threads_new(threads, QUEUE_LENGTH);
	digests->by_name = ib_map_new();
	return digests;
}

static void free_hashing(struct hashing *hashing)
{
	size_t i = 0;

	for (i = 0; i < hashing->span_count; i++)
		ib_close_auto(&hashing->spans[i].from.fd);
	ib_free(hashing->spans);
	ib_turn_free(hashing->done);
	ib_error_clear(&hashing->err);
	ib_free(hashing->name);
	ib_free(hashing->path);
	ib_free(hashing);
}

void ib_output_digests_free(struct ib_output_digests *digests)
{
	size_t i = 0;

	if (!digests)
		return;
	ib_threads_free(digests->threads);
	for (i = 0; i < digests->count; i++) {
		free_hashing(digests->all[i]);
	}
	ib_free(digests->all);
	ib_map_free(digests->by_name);
	ib_free(digests);
}

static int hash_whole(struct hashing *hashing, struct ib_error *err)
{
	ib_autoclose int fd = open(hashing->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", hashing->path);
	ib_fd_begin_writeback(fd, 0, 0);
	return ib_sha256_fd(fd, hashing->path, hashing->file.sha256, &hashing->file.size, err);
}

static void hash_file(void *argument)
{
	struct hashing *hashing = argument;

	hashing->failed = hash_whole(hashing, &hashing->err) < 0;
	ib_turn_advance(hashing->done);
}

static int hash_span(const struct ib_span *span, struct ib_digest *digest, struct ib_error *err)
{
	ib_autofree uint8_t *chunk = ib_alloc(CHUNK_BYTES);
	uint64_t at = 0;

	while (at < span->size) {
		size_t size = (size_t)IB_MIN(span->size - at, (uint64_t)CHUNK_BYTES);

		IB_TRY(ib_fd_read_at(span->from.fd, chunk, size, span->from.offset + at,
				     span->from.name, err));
		ib_digest_update(digest, chunk, size);
		at += size;
	}
	return 0;
}

static int hash_all(struct hashing *hashing, struct ib_error *err)
{
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	uint8_t value[IB_DIGEST_MAX_SIZE];
	size_t i = 0;

	for (i = 0; i < hashing->span_count; i++) {
		IB_TRY(hash_span(&hashing->spans[i], digest, err));
		hashing->file.size += hashing->spans[i].size;
	}
	ib_hex_write(value, ib_digest_final(digest, value), hashing->file.sha256);
	return 0;
}

static void hash_spans(void *argument)
{
	struct hashing *hashing = argument;

	hashing->failed = hash_all(hashing, &hashing->err) < 0;
	ib_turn_advance(hashing->done);
}

/* NULL: the name has begun already. */
static struct hashing *begin(struct ib_output_digests *digests, const char *name, const char *path)
{
	struct hashing *hashing = NULL;

	if (ib_map_has(digests->by_name, name))
		return NULL;
	hashing = ib_alloc(sizeof(*hashing));
	hashing->name = ib_strdup(name);
	hashing->path = ib_strdup(path);
	hashing->done = ib_turn_new();
	hashing->file.name = hashing->name;
	ib_map_set(digests->by_name, name, hashing);
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	ib_grow(digests->all, digests->count);
	digests->all[digests->count++] = hashing;
	return hashing;
}

void ib_output_digests_begin(struct ib_output_digests *digests, const char *name, const char *path)
{
	struct hashing *hashing = begin(digests, name, path);

	if (hashing)
		ib_threads_add(digests->threads, hash_file, hashing);
}

void ib_output_digests_begin_spans(struct ib_output_digests *digests, const char *name,
				   const struct ib_span *spans, size_t count)
{
	struct hashing *hashing = begin(digests, name, name);
	size_t i = 0;

	if (!hashing)
		return;
	hashing->spans = ib_memdup(spans, count * sizeof(*spans));
	hashing->span_count = count;
	for (i = 0; i < count; i++) {
		/* one that is left at -1 cannot be read, and that is told */
		hashing->spans[i].from.fd = fcntl(spans[i].from.fd, F_DUPFD_CLOEXEC, 0);
		hashing->spans[i].from.name = hashing->name;
	}
	ib_threads_add(digests->threads, hash_spans, hashing);
}

/* As often as somebody asks: what has no digest has none later on. */
static int tell_failure(const struct hashing *hashing, struct ib_error *err)
{
	if (!hashing->failed)
		return 0;
	(void)ib_fail(err, hashing->err.kind, "%s", hashing->err.text);
	if (hashing->err.hint)
		ib_error_hint(err, "%s", hashing->err.hint);
	return -(int)err->kind;
}

int ib_output_digests_wait(struct ib_output_digests *digests, struct ib_error *err)
{
	size_t i = 0;

	ib_threads_wait(digests->threads);
	for (i = 0; i < digests->count; i++)
		IB_TRY(tell_failure(digests->all[i], err));
	return 0;
}

int ib_output_digests_wait_for(struct ib_output_digests *digests, const char *name,
			       const struct ib_evidence_file **ret_file, struct ib_error *err)
{
	const struct hashing *hashing = ib_map_get(digests->by_name, name);

	assert(hashing);
	ib_turn_wait(hashing->done, 1);
	IB_TRY(tell_failure(hashing, err));
	*ret_file = &hashing->file;
	return 0;
}

const struct ib_evidence_file *ib_output_digests_get(const struct ib_output_digests *digests,
						     const char *name)
{
	const struct hashing *hashing = ib_map_get(digests->by_name, name);

	return hashing ? &hashing->file : NULL;
}
