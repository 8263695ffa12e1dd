/* SPDX-License-Identifier: Apache-2.0 */
/* An image's package database back as packages: rows of headers in an SQLite file. */
#include <limits.h>
#include <string.h>

#include <sqlite3.h>

#include "rpmfile/internal.h"
#include "rpmfile/rpmdb.h"

#define MAX_PACKAGES 100000U

struct reading {
	struct ib_arena *arena;
	const struct ib_package **packages; /* owned until handed on */
	size_t count;
};

/* The database keeps a header without its magic number. */
static int read_header(struct reading *reading, const void *blob, size_t size, struct ib_error *err)
{
	static const uint8_t magic[8] = { 0x8e, 0xad, 0xe8, 0x01 };
	static const char name[] = "package database";
	ib_autofree uint8_t *bytes = ib_alloc(sizeof(magic) + size + IB_HEADER_INTRO);
	struct ib_package *package = ib_arena_alloc(reading->arena, sizeof(*package));
	struct ib_header header = { 0 };
	size_t expected = 0;
	int r = 0;

	memcpy(bytes, magic, sizeof(magic));
	if (size)
		memcpy(bytes + sizeof(magic), blob, size);
	IB_TRY(ib_header_measure(IB_HEADER_RECORDED, bytes, name, &expected, err));
	if (expected != sizeof(magic) + size)
		return ib_fail(err, IB_INPUT, "a row of the package database has the wrong size");
	IB_TRY(ib_header_parse(IB_HEADER_RECORDED, bytes, expected, name, &header, err));
	r = ib_package_fill(&header, name, reading->arena, package, err);
	ib_header_done(&header);
	IB_TRY(r);
	ib_grow(reading->packages, reading->count);
	reading->packages[reading->count++] = package;
	return 0;
}

static int read_rows(struct reading *reading, sqlite3 *database, struct ib_error *err)
{
	sqlite3_stmt *rows = NULL;
	int step = SQLITE_OK;
	int r = 0;

	if (sqlite3_prepare_v2(database, "SELECT blob FROM Packages ORDER BY hnum", -1, &rows,
			       NULL) != SQLITE_OK)
		return ib_fail(err, IB_INPUT, "the package database cannot be read: %s",
			       sqlite3_errmsg(database));
	while (!r && (step = sqlite3_step(rows)) == SQLITE_ROW && reading->count < MAX_PACKAGES) {
		const void *blob = sqlite3_column_blob(rows, 0);

		r = read_header(reading, blob, (size_t)sqlite3_column_bytes(rows, 0), err);
	}
	if (!r && step != SQLITE_DONE)
		r = ib_fail(err, IB_INPUT, "the package database cannot be read: %s",
			    step == SQLITE_ROW ? "too many packages" : sqlite3_errmsg(database));
	(void)sqlite3_finalize(rows);
	return r;
}

int ib_rpmdb_read(const struct ib_buffer *content, struct ib_arena *arena,
		  const struct ib_package *const **ret_packages, size_t *ret_count,
		  struct ib_error *err)
{
	struct reading reading = { .arena = arena };
	ib_autofree uint8_t *copy = ib_memdup(content->data, content->size);
	sqlite3 *database = NULL;
	int r = 0;

	if (sqlite3_open(":memory:", &database) != SQLITE_OK ||
	    sqlite3_deserialize(database, "main", copy, (sqlite3_int64)content->size,
				(sqlite3_int64)content->size,
				SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
		r = ib_fail(err, IB_INPUT, "the package database is not an SQLite file");
	else
		r = read_rows(&reading, database, err);
	(void)sqlite3_close(database);
	if (!r) {
		*ret_packages =
			ib_arena_memdup(arena, reading.packages, reading.count * sizeof(void *));
		*ret_count = reading.count;
	}
	ib_free(reading.packages);
	return r;
}
