/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SBOM against the initrd: every file in it, and no other.
 *
 * Microcode stands in the SBOM by the files that packages bring. In the initrd they are one file in front, one
 * behind the other in the order of their names; further names of one inode have their bytes there once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify/chain.h"
#include "verify/initrd.h"

/* A file that is a part of one in front. */
struct part {
	char *path;        /* "./usr/lib/firmware/…"; owned */
	const char *place; /* "./kernel/…" */
	const char *digest;
	uint64_t size;
};

struct comparison {
	const char *name;       /* of the initrd */
	struct ib_map *by_path; /* name as written → digest; of what is no part */
	size_t count;           /* files of the initrd that are in it */
	struct part *parts;
	size_t part_count;
	size_t parts_found;
};

static const char part_words[] = "in the initrd, as ";

/* Says of what a file is a part of, and how large it is; *ret_place NULL: it is none. */
static int read_part(const struct ib_json *file, const char **ret_place, uint64_t *ret_size,
		     struct ib_error *err)
{
	const char *comment = ib_json_get_string(file, "comment");
	char *end = NULL;

	*ret_place = NULL;
	if (!comment || !ib_str_starts(comment, part_words))
		return 0;
	errno = 0;
	*ret_size = strtoull(comment + strlen(part_words), &end, 10);
	if (errno || !ib_str_starts(end, " bytes of ./"))
		return ib_fail(err, IB_TRUST, "the SBOM says of '%s' what cannot be read: %s",
			       ib_json_get_string(file, "fileName"), comment);
	*ret_place = end + strlen(" bytes of ");
	return 0;
}

static int list_file(struct comparison *comparison, const struct ib_chain *chain,
		     const struct ib_json *file, struct ib_error *err)
{
	const char *name = ib_json_get_string(file, "fileName");
	const char *digest = ib_chain_checksum(file, "SHA256");
	ib_autofree char *path = NULL;
	struct part part = { .digest = digest };

	if (!name || !digest)
		return ib_fail(err, IB_TRUST, "a file of the SBOM lacks name or digest");
	path = ib_json_decode_bytes(name);
	if (ib_map_set(comparison->by_path, path,
		       ib_arena_memdup(chain->arena, digest, strlen(digest) + 1)))
		return ib_fail(err, IB_TRUST, "the SBOM has the file '%s' of the initrd twice",
			       name);
	IB_TRY(read_part(file, &part.place, &part.size, err));
	if (!part.place)
		return 0;
	part.path = ib_take(path);
	ib_grow(comparison->parts, comparison->part_count);
	comparison->parts[comparison->part_count++] = part;
	return 0;
}

static int compare_parts(const void *a, const void *b)
{
	const struct part *left = a;
	const struct part *right = b;
	int by_name = strcmp(ib_path_name(left->path), ib_path_name(right->path));

	return by_name ? by_name : strcmp(left->path, right->path);
}

static int list_files(struct comparison *comparison, const struct ib_chain *chain,
		      struct ib_error *err)
{
	const struct ib_json *files = ib_json_get(chain->sbom, "files");
	size_t i = 0;

	for (i = 0; i < ib_json_count(files); i++) {
		const struct ib_json *file = ib_json_at(files, i);
		const char *id = ib_json_get_string(file, "SPDXID");

		if (id && ib_str_starts(id, "SPDXRef-initrd-"))
			IB_TRY(list_file(comparison, chain, file, err));
	}
	if (comparison->part_count)
		qsort(comparison->parts, comparison->part_count, sizeof(*comparison->parts),
		      compare_parts);
	return 0;
}

/* ---- the initrd ---------------------------------------------------------- */

/* One file in front: nothing but the parts that belong there, one behind the other. */
static int compare_early(struct comparison *comparison, const struct ib_initrd_file *file,
			 const char *name, struct ib_error *err)
{
	IB_AUTO(ib_map) found = ib_map_new();
	uint64_t at = 0;
	size_t i = 0;

	for (i = 0; i < comparison->part_count; i++) {
		const struct part *part = &comparison->parts[i];
		char hex[65] = "";

		if (strcmp(part->place, name) != 0)
			continue;
		if (part->size <= file->size - at && part->size)
			ib_sha256_hex(file->data + at, (size_t)part->size, hex);
		else if (!part->size)
			ib_sha256_hex("", 0, hex);
		if (!strcmp(hex, part->digest))
			at += part->size;
		else if (!ib_map_has(found, part->digest))
			return ib_fail(err, IB_TRUST,
				       "'%s' has other bytes in '%s' than those of '%s' in the "
				       "SBOM",
				       comparison->name, name, part->path);
		ib_map_set(found, part->digest, found);
		comparison->parts_found++;
	}
	if (at != file->size)
		return ib_fail(err, IB_TRUST,
			       "'%s' has %llu bytes in '%s' that are not in the SBOM",
			       comparison->name, (unsigned long long)(file->size - at), name);
	return 0;
}

static int compare_file(void *context, const struct ib_initrd_file *file, struct ib_error *err)
{
	struct comparison *comparison = context;
	char hex[65];
	size_t i = 0;

	ib_hex_write(file->sha256, IB_SHA256_SIZE, hex);
	for (i = 0; i < file->names->count; i++) {
		const char *path = file->names->items[i];
		ib_autofree char *name = ib_strf(".%s", path);
		const char *digest = ib_map_get(comparison->by_path, name);

		if (file->is_early) {
			IB_TRY(compare_early(comparison, file, name, err));
			continue;
		}
		if (!digest)
			return ib_fail(err, IB_TRUST, "'%s' is in '%s', but not in the SBOM", path,
				       comparison->name);
		if (strcmp(hex, digest) != 0)
			return ib_fail(err, IB_TRUST, "'%s' of '%s' has SHA-256 %s, in the SBOM %s",
				       path, comparison->name, hex, digest);
		comparison->count++;
	}
	return 0;
}

static int compare(struct comparison *comparison, const struct ib_chain *chain,
		   const struct ib_sum *initrd, size_t *ret_paths, struct ib_error *err)
{
	const struct ib_initrd_sink sink = { compare_file, comparison };
	ib_autoclose int fd = -1;
	size_t listed = 0;

	IB_TRY(list_files(comparison, chain, err));
	IB_TRY(ib_chain_open(chain, initrd, &fd, err));
	IB_TRY(ib_initrd_read(fd, initrd->name, &ib_initrd_usual, &sink, ret_paths, err));
	listed = ib_map_count(comparison->by_path);
	comparison->count += comparison->parts_found;
	if (comparison->parts_found != comparison->part_count || listed != comparison->count)
		return ib_fail(err, IB_TRUST, "the SBOM has %zu files of '%s', which holds %zu",
			       listed, initrd->name, comparison->count);
	return 0;
}

int ib_prove_sbom_initrd(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *initrd = ib_chain_find(chain, ".initrd");
	IB_AUTO(ib_map) by_path = ib_map_new();
	struct comparison comparison = { .by_path = by_path };
	size_t paths = 0;
	size_t i = 0;
	int r = 0;

	if (!chain->sbom || !initrd)
		return ib_chain_absent(chain, "no %s was released", initrd ? "SBOM" : "initrd");
	comparison.name = initrd->name;
	r = compare(&comparison, chain, initrd, &paths, err);
	for (i = 0; i < comparison.part_count; i++)
		ib_free(comparison.parts[i].path);
	ib_free(comparison.parts);
	if (r == 0)
		ib_chain_says(chain, "%zu file%s, %zu path%s", comparison.count,
			      ib_str_plural(comparison.count), paths, ib_str_plural(paths));
	return r;
}
