/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpmdb - the package database of an image: usr/lib/sysimage/rpm/rpmdb.sqlite.
 *
 * Made by librpm from the packages' signed headers, in the order given, in a
 * temporary folder with a private configuration; then its bytes are made a
 * function of the packages, the build time and the versions of librpm and SQLite
 * alone. It is in rollback-journal mode, so that it can be read on a read-only
 * file system.
 */
#ifndef IB_RPMFILE_RPMDB_H
#define IB_RPMFILE_RPMDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "rpmfile/rpm.h"

/* A package to be recorded, and which of its files were left out of the image. */
struct ib_rpmdb_row {
	const struct ib_rpm *rpm;
	/* One for each of the package's files, or NULL: true where the file was left out. */
	const bool *left_out;
	/* The same, or NULL: true where a file of another colour has the path. */
	const bool *wrong_color;
};

#define IB_RPMDB_MAX (1U << 30)

/*
 * Appends the database's bytes to ret_database, which needs a ceiling of
 * IB_RPMDB_MAX or what the caller can bear. temporary: a folder in which a folder
 * may be made. Not for several threads at once: librpm keeps its configuration
 * in the process.
 */
int ib_rpmdb_write(const struct ib_rpmdb_row *rows, size_t count, int64_t build_time,
		   const char *temporary, struct ib_buffer *ret_database, struct ib_error *err)
	IB_MUST_CHECK;

/*
 * The packages of a database in SQLite's format, in its order; in the arena. Nothing of it
 * is believed: whoever needs that compares with the lock.
 */
int ib_rpmdb_read(const struct ib_buffer *content, struct ib_arena *arena,
		  const struct ib_package *const **ret_packages, size_t *ret_count,
		  struct ib_error *err) IB_MUST_CHECK;

#endif
