/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repodata - metadata of a repository as createrepo_c would make it, from headers
 * that were believed: primary.xml, filelists.xml, other.xml (without change logs)
 * and repomd.xml. Uncompressed, and the same bytes for the same packages.
 */
#ifndef IB_BUILD_REPODATA_H
#define IB_BUILD_REPODATA_H

#include "base/base.h"
#include "package/package.h"

/* A package and where it lies below the repository's folder. */
struct ib_repodata_package {
	const struct ib_package *package;
	const char *location;
	uint64_t header_start, header_end; /* in the file */
};

/* Writes FOLDER/repodata; timestamp is what repomd.xml says of all of it. */
int ib_repodata_write(const char *folder, const struct ib_repodata_package *packages, size_t count,
		      int64_t timestamp, struct ib_error *err) IB_MUST_CHECK;

#endif
