/* SPDX-License-Identifier: Apache-2.0 */
/* SHA256SUMS: a digest, two spaces, a name; as sha256sum --check and systemd-sysupdate read it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/evidence.h"

static int compare_files(const void *a, const void *b)
{
	const struct ib_evidence_file *first = a;
	const struct ib_evidence_file *second = b;

	return strcmp(first->name, second->name);
}

void ib_sums_write(struct ib_buffer *out, const struct ib_evidence_file *files, size_t count)
{
	ib_autofree struct ib_evidence_file *sorted = ib_memdup(files, count * sizeof(*files));
	size_t i = 0;

	qsort(sorted, count, sizeof(*sorted), compare_files);
	for (i = 0; i < count; i++) {
		assert(!strpbrk(sorted[i].name, "\n\r\\/"));
		ib_buffer_putf(out, "%s  %s\n", sorted[i].sha256, sorted[i].name);
	}
}

static bool parse_line(const char *line, size_t size, struct ib_sum *sum, struct ib_arena *arena)
{
	static const size_t digits = 64;
	ib_autofree char *digest = ib_strndup(line, IB_MIN(size, digits));
	ib_autofree char *name = NULL;

	if (size < digits + 3 || !ib_hex_is(digest, digits) || memcmp(line + digits, "  ", 2) != 0)
		return false;
	name = ib_strndup(line + digits + 2, size - digits - 2);
	if (strpbrk(name, "/\\\r") || !ib_path_is_inside(name))
		return false;
	memcpy(sum->sha256, digest, digits + 1);
	sum->name = ib_arena_strdup(arena, name);
	return true;
}

int ib_sums_parse(const char *text, const char *path, struct ib_arena *arena,
		  const struct ib_sum **ret_sums, size_t *ret_count, struct ib_error *err)
{
	ib_autofree struct ib_sum *sums = NULL;
	size_t count = 0;

	while (*text) {
		const char *end = strchr(text, '\n');
		struct ib_sum sum = { .name = NULL };

		if (!end || !parse_line(text, (size_t)(end - text), &sum, arena))
			return ib_fail(err, IB_INPUT,
				       "%s:%zu: not a SHA-256, two spaces and the name of a file",
				       path, count + 1);
		if (count && strcmp(sums[count - 1].name, sum.name) >= 0)
			return ib_fail(err, IB_INPUT, "%s:%zu: '%s' is out of order", path,
				       count + 1, sum.name);
		ib_grow(sums, count);
		sums[count++] = sum;
		text = end + 1;
	}
	if (count)
		*ret_sums = ib_arena_memdup(arena, sums, count * sizeof(*sums));
	*ret_count = count;
	return 0;
}
