/* SPDX-License-Identifier: Apache-2.0 */
/*
 * initrd - every file of an initrd, as the kernel would unpack it.
 *
 * What imagebuild writes is an archive with microcode in front, uncompressed, or none; and one Zstandard frame with an
 * archive in it. Whatever else the kernel might take, or two readers might read in two ways, is refused (IB_INPUT, or
 * IB_LIMIT where it is too much): bytes in front, between and behind; names that are written in any other way or come
 * twice; paths whose folder is not there, or is a link; names of one file that do not stand together.
 */
#ifndef IB_VERIFY_INITRD_H
#define IB_VERIFY_INITRD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "crypto/crypto.h"

/* A regular file. */
struct ib_initrd_file {
	const struct ib_strings *names; /* all that it has, "/usr/bin/bash" */
	uint8_t sha256[IB_SHA256_SIZE];
	bool is_early;       /* in the archive in front */
	const uint8_t *data; /* of those that are; else NULL */
	uint64_t size;
};

typedef int (*ib_initrd_fn)(void *context, const struct ib_initrd_file *file, struct ib_error *err);

/* All of it lies in memory when the machine boots; here it need not. */
struct ib_initrd_limits {
	uint64_t bytes;    /* unpacked */
	size_t name_bytes; /* of all names together */
	size_t early;      /* bytes of a file in front */
};
extern const struct ib_initrd_limits ib_initrd_usual; /* 4 GiB, 64 MiB, 128 MiB */

struct ib_initrd_sink {
	ib_initrd_fn take;
	void *context;
};

/* Calls the sink for each regular file; *ret_paths: how many paths there are in all. name is for errors. */
int ib_initrd_read(int fd, const char *name, const struct ib_initrd_limits *limits,
		   const struct ib_initrd_sink *sink, size_t *ret_paths, struct ib_error *err)
	IB_MUST_CHECK;

#endif
