/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/by_sha256.h"

#include <string.h>

#include "crypto/digest.h"

struct ib_by_sha256 {
	size_t digest_offset;
	void **slots; /* a power of two of them, at most three quarters full */
	size_t size;
	size_t count;
};

struct ib_by_sha256 *ib_by_sha256_new(size_t digest_offset)
{
	struct ib_by_sha256 *table = ib_alloc(sizeof(*table));

	table->digest_offset = digest_offset;
	table->size = 64;
	table->slots = ib_alloc_array(table->size, sizeof(void *));
	return table;
}

void ib_by_sha256_free(struct ib_by_sha256 *table)
{
	if (!table)
		return;
	ib_free(table->slots);
	ib_free(table);
}

static const uint8_t *digest_of(const struct ib_by_sha256 *table, const void *thing)
{
	return (const uint8_t *)thing + table->digest_offset;
}

/* Where a thing of that digest is, or would be; a digest is as good a hash as any. */
static void **find_slot(const struct ib_by_sha256 *table, const uint8_t *sha256)
{
	size_t at = ib_get_le64(sha256) & (table->size - 1);

	while (table->slots[at] &&
	       memcmp(digest_of(table, table->slots[at]), sha256, IB_SHA256_SIZE) != 0)
		at = (at + 1) & (table->size - 1);
	return &table->slots[at];
}

static void double_size(struct ib_by_sha256 *table)
{
	ib_autofree void **old = table->slots;
	size_t old_size = table->size;
	size_t i = 0;

	table->size *= 2;
	table->slots = ib_alloc_array(table->size, sizeof(void *));
	for (i = 0; i < old_size; i++)
		if (old[i])
			*find_slot(table, digest_of(table, old[i])) = old[i];
}

void ib_by_sha256_add(struct ib_by_sha256 *table, void *thing)
{
	void **slot = find_slot(table, digest_of(table, thing));

	if (*slot)
		return;
	*slot = thing;
	if (++table->count * 4 > table->size * 3)
		double_size(table);
}

void *ib_by_sha256_find(const struct ib_by_sha256 *table, const uint8_t sha256[32])
{
	return *find_slot(table, sha256);
}
