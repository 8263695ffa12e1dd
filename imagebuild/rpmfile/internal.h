/* SPDX-License-Identifier: Apache-2.0 */
/* internal - what the files of this folder share of a package, and nobody outside sees. */
#ifndef IB_RPMFILE_INTERNAL_H
#define IB_RPMFILE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "crypto/crypto.h"
#include "package/package.h"
#include "rpmfile/header.h"
#include "rpmfile/rpm.h"

enum { IB_LEAD_SIZE = 96 };

/* Everything in front of the payload. */
struct ib_front {
	struct ib_buffer bytes; /* lead, signature header with its padding, header */
	size_t header_start;    /* where in bytes the main header begins */
	struct ib_header signature;
	struct ib_header header; /* both point into bytes */
	uint64_t file_size;
};

/* Reads it from the start of a file, within the limits; checks its form and the file's length. */
int ib_front_read(int fd, const char *name, struct ib_front *front, struct ib_error *err)
	IB_MUST_CHECK;
void ib_front_done(struct ib_front *front);

struct ib_rpm {
	char *path; /* owned */
	char *name; /* owned */
	const struct ib_package *package;
	size_t header_size; /* of the main header with its magic, which is not kept: ib_rpm_read_front() */
	uint8_t *signature; /* owned; the signature header, with its magic */
	size_t signature_size;
	uint64_t payload_start;  /* in the file */
	char sha256[65];         /* that the file must have, or "" */
	const char *compression; /* "gzip", "bzip2", "lzma", "xz", "zstd"; NULL: none */
	enum ib_digest_kind payload_digest_kind;
	uint8_t payload_digest[IB_DIGEST_MAX_SIZE];
	uint32_t *by_path; /* owned; file numbers in the order of their paths */
};

/* What the headers say, believed or not: whoever calls has checked the signature, or is a test. */
int ib_rpm_describe(const struct ib_front *front, struct ib_arena *arena, struct ib_rpm *rpm,
		    struct ib_package *package, struct ib_error *err) IB_MUST_CHECK;
/*
 * Reads the front of the package again; IB_TRUST when its header is not that of the package
 * that was opened. The caller ends the front, whatever comes back.
 */
int ib_rpm_read_front(const struct ib_rpm *rpm, int fd, struct ib_front *front,
		      struct ib_error *err) IB_MUST_CHECK;
/* Streams the payload at fd's position against what was described. */
int ib_rpm_stream_payload(int fd, const struct ib_rpm *rpm, uint32_t number,
			  const struct ib_content_sink *sink, struct ib_error *err) IB_MUST_CHECK;

/* Fills all but signer, sha256 and size from the header. */
int ib_package_fill(const struct ib_header *header, const char *name, struct ib_arena *arena,
		    struct ib_package *package, struct ib_error *err) IB_MUST_CHECK;
int ib_package_fill_files(const struct ib_header *header, const char *name, struct ib_arena *arena,
			  struct ib_package *package, struct ib_error *err) IB_MUST_CHECK;
void ib_package_fill_scriptlets(const struct ib_header *header, struct ib_arena *arena,
				struct ib_package *package);
/* Three tags of the same length; what is shorter counts as empty. */
struct ib_dependencies ib_dependencies_fill(const struct ib_header *header, uint32_t names,
					    uint32_t versions, uint32_t flags,
					    struct ib_arena *arena);

/*
 * Checks every signature and digest that lies in the signature header and covers
 * the header alone; sets signer.
 */
int ib_rpm_check_header(const struct ib_front *front, const struct ib_keyring *keyring,
			const char *name, char signer[IB_FINGERPRINT_TEXT], struct ib_error *err)
	IB_MUST_CHECK;
/*
 * Reads the payload once and checks everything that covers it; with a keyring also the older
 * signatures and digests over header and payload together. Gives the file's
 * SHA-256 as hex and leaves the position of fd behind the payload.
 */
int ib_rpm_check_payload(int fd, const struct ib_rpm *rpm, const struct ib_front *front,
			 const struct ib_keyring *keyring, char sha256[65], struct ib_error *err)
	IB_MUST_CHECK;

/*
 * The payload, decompressed: by librpm, from the descriptor's position on. A
 * short read is an error.
 */
struct ib_payload;

int ib_payload_open(int fd, const char *compression, const char *name,
		    struct ib_payload **ret_payload, struct ib_error *err) IB_MUST_CHECK;
void ib_payload_close(struct ib_payload *payload);
int ib_payload_read(struct ib_payload *payload, void *data, size_t size, struct ib_error *err)
	IB_MUST_CHECK;
/* Bytes read so far. */
uint64_t ib_payload_position(const struct ib_payload *payload);

/* The head of the next entry of a cpio archive. */
struct ib_cpio_entry {
	bool is_end;
	bool is_stripped; /* only file is set: all else stands in the header */
	uint32_t file;
	uint32_t mode;
	uint64_t size;
	char path[4096 + 8]; /* absolute */
};

int ib_cpio_next(struct ib_payload *payload, const char *name, struct ib_cpio_entry *entry,
		 struct ib_error *err) IB_MUST_CHECK;
/* Reads the padding behind an entry's head or content. */
int ib_cpio_align(struct ib_payload *payload, struct ib_error *err) IB_MUST_CHECK;

#endif
