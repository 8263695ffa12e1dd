/* SPDX-License-Identifier: Apache-2.0 */
/* made_packages - packages that are in no file: their headers, and a source of their contents. */
#ifndef IB_TESTS_MADE_PACKAGES_H
#define IB_TESTS_MADE_PACKAGES_H

#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "tree/tree.h"

#define MADE_BUILD_TIME 1700000000

struct file {
	const char *path;
	size_t size;
	uint8_t seed; /* files with the same seed and size hold the same; 0: zeros from byte 5000 on */
	long announced; /* how much more or less than size really comes */
	bool twice;
};

struct made {
	struct ib_package package;
	struct ib_package_file files[8];
	uint8_t digests[8][32];
	const struct file *from;
	size_t count;
};

static uint8_t *content_of(const struct file *file, size_t size)
{
	uint8_t *bytes = ib_alloc(size + 1);
	uint32_t state = file->seed;
	size_t i = 0;

	for (i = 0; i < size; i++) {
		state = state * 1664525U + 1013904223U;
		bytes[i] = (uint8_t)(i / 3000 % 2 ? state >> 24 : state >> 30);
		if (!file->seed && i >= 5000)
			bytes[i] = 0;
	}
	return bytes;
}

static void make_package(struct made *made, const char *nevra, const struct file *files,
			 size_t count)
{
	size_t i = 0;

	*made = (struct made){ .from = files, .count = count };
	for (i = 0; i < count; i++) {
		ib_autofree uint8_t *bytes = content_of(&files[i], files[i].size);

		ib_sha256(bytes, files[i].size, made->digests[i]);
		made->files[i] = (struct ib_package_file){
			.path = files[i].path,
			.mode = S_IFREG | 0644,
			.size = files[i].size,
			.user = "root",
			.group = "root",
			.digest = made->digests[i],
		};
	}
	made->package = (struct ib_package){
		.nevra = nevra,
		.files = made->files,
		.file_count = count,
		.digest_kind = IB_DIGEST_SHA256,
	};
}

static inline int stream_file(const struct file *file, uint32_t package, uint32_t number,
			      const struct ib_content_sink *sink, struct ib_error *err)
{
	size_t size = (size_t)((long)file->size + file->announced);
	ib_autofree uint8_t *bytes = content_of(file, size);
	bool wanted = true;
	size_t at = 0;

	IB_TRY(sink->begin(sink->context, package, number, file->size, &wanted, err));
	/* pieces of a length that fits nothing */
	for (at = 0; wanted && at < size; at += 7777)
		IB_TRY(sink->data(sink->context, bytes + at, IB_MIN(size - at, (size_t)7777), err));
	return wanted ? sink->end(sink->context, err) : 0;
}

static inline int stream_package(void *context, uint32_t number, const struct ib_content_sink *sink,
				 struct ib_error *err)
{
	const struct made *made = &((const struct made *)context)[number];
	size_t i = 0;

	for (i = 0; i < made->count; i++) {
		IB_TRY(stream_file(&made->from[i], number, (uint32_t)i, sink, err));
		if (made->from[i].twice)
			IB_TRY(stream_file(&made->from[i], number, (uint32_t)i, sink, err));
	}
	return 0;
}

static bool not_left_out(void *context, const char *path)
{
	(void)context;
	return strcmp(path, "/left-out") != 0;
}

/* What err says goes back to the caller, who knows how to fail. */
static struct ib_tree *lay_down_made(const struct made *made, uint32_t count, struct ib_error *err)
{
	const struct ib_tree_filter filter = { .wants = not_left_out };
	const struct ib_accounts nobody = { 0 };
	IB_AUTO(ib_tree) tree = ib_tree_new(MADE_BUILD_TIME);
	uint32_t i = 0;

	for (i = 0; i < count; i++)
		if (ib_tree_add_package(tree, i, &made[i].package, &filter, err) < 0)
			return NULL;
	if (ib_tree_resolve_owners(tree, &nobody, err) < 0)
		return NULL;
	ib_tree_finish(tree);
	return ib_take(tree);
}

#endif
