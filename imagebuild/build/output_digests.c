/* SPDX-License-Identifier: Apache-2.0 */
#include "build/output_digests.h"

#include "crypto/crypto.h"

#define QUEUE_LENGTH 64U

/* One file that is hashed, or was. */
struct hashing {
	struct ib_evidence_file file;
	char *name; /* owned */
	char *path; /* owned */
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

void ib_output_digests_free(struct ib_output_digests *digests)
{
	size_t i = 0;

	if (!digests)
		return;
	ib_threads_free(digests->threads);
	for (i = 0; i < digests->count; i++) {
		ib_error_clear(&digests->all[i]->err);
		ib_free(digests->all[i]->name);
		ib_free(digests->all[i]->path);
		ib_free(digests->all[i]);
	}
	ib_free(digests->all);
	ib_map_free(digests->by_name);
	ib_free(digests);
}

static void hash_file(void *argument)
{
	struct hashing *hashing = argument;

	hashing->failed = ib_sha256_file(hashing->path, hashing->file.sha256, &hashing->file.size,
					 &hashing->err) < 0;
}

void ib_output_digests_begin(struct ib_output_digests *digests, const char *name, const char *path)
{
	struct hashing *hashing = NULL;

	if (ib_map_has(digests->by_name, name))
		return;
	hashing = ib_alloc(sizeof(*hashing));
	hashing->name = ib_strdup(name);
	hashing->path = ib_strdup(path);
	hashing->file.name = hashing->name;
	ib_map_set(digests->by_name, name, hashing);
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	ib_grow(digests->all, digests->count);
	digests->all[digests->count++] = hashing;
	ib_threads_add(digests->threads, hash_file, hashing);
}

int ib_output_digests_wait(struct ib_output_digests *digests, struct ib_error *err)
{
	size_t i = 0;

	ib_threads_wait(digests->threads);
	for (i = 0; i < digests->count; i++) {
		struct hashing *hashing = digests->all[i];

		if (!hashing->failed)
			continue;
		*err = hashing->err;
		hashing->err = (struct ib_error)IB_ERROR_INIT;
		return -(int)err->kind;
	}
	return 0;
}

const struct ib_evidence_file *ib_output_digests_get(const struct ib_output_digests *digests,
						     const char *name)
{
	const struct hashing *hashing = ib_map_get(digests->by_name, name);

	return hashing ? &hashing->file : NULL;
}
