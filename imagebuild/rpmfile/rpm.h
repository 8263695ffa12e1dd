/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm - one package file: a header that is believed, and its payload as a stream.
 *
 * ib_rpm_open() takes nothing on trust: sizes and counts are limited before
 * anything is taken apart, the header's OpenPGP signature is checked against the
 * pinned keys, and the header's SHA-256 is computed here. What does not hold is
 * IB_TRUST, each fault with its own words. Either the whole file is read and every
 * digest in it compared (IB_RPM_WHOLE: before a package enters the store), or only
 * its header (IB_RPM_HEADER), because ib_rpm_stream() reads and hashes the whole
 * file anyway.
 *
 * A package once opened holds no descriptor and no header: streaming opens the file
 * again, hashes all of it before the first byte is handed out, and compares the
 * header's digest with that of the one that was opened. Different packages, and one package too, may be
 * streamed by several threads at once.
 */
#ifndef IB_RPMFILE_RPM_H
#define IB_RPMFILE_RPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "package/package.h"
#include "rpmfile/keyring.h"
#include "tree/tree.h"

/* No header of a real package comes near: the largest kernels have some 6 MiB. */
#define IB_RPM_MAX_HEADER    (64U << 20)
#define IB_RPM_MAX_SIGNATURE (1U << 20)
#define IB_RPM_MAX_TAGS      4096U

enum ib_rpm_depth {
	IB_RPM_HEADER, /* lead, signature, header; sizes by the file's length */
	IB_RPM_WHOLE,  /* and every digest over the payload, and the file's own */
};

struct ib_rpm_request {
	const char *path;
	const char *name; /* how errors call it; NULL: path */
	const struct ib_keyring *keyring;
	const char *sha256; /* of the whole file as the lock has it, or NULL */
	/*
	 * NULL, or what the header must have as its SHA-256: it is then believed by
	 * that and by no signature, and only IB_RPM_HEADER is allowed. For looking at
	 * what a lock pins where no recipe says by which keys; signer stays "".
	 */
	const char *header_sha256;
	enum ib_rpm_depth depth;
	struct ib_arena *arena; /* where what the header says will lie */
};

struct ib_rpm;

/*
 * IB_TRUST: it is not what it should be; IB_LIMIT: larger than we agree to
 * handle; IB_INPUT: a source package, a delta, a payload format that is not cpio.
 * With IB_RPM_HEADER and no sha256 in the request, the package's own sha256 is "".
 */
int ib_rpm_open(const struct ib_rpm_request *request, struct ib_rpm **ret_rpm, struct ib_error *err)
	IB_MUST_CHECK;
void ib_rpm_free(struct ib_rpm *rpm);

/*
 * Only for looking: what the header says, in the arena, with no signature and no
 * digest checked (signer and sha256 are ""). No image is ever made from it.
 */
int ib_rpm_look(const char *path, struct ib_arena *arena, const struct ib_package **ret_package,
		struct ib_error *err) IB_MUST_CHECK;

/* In the request's arena; it outlives the rpm. */
const struct ib_package *ib_rpm_package(const struct ib_rpm *rpm);
/* Of the immutable header as it lies in the file, with its magic. */
size_t ib_rpm_header_size(const struct ib_rpm *rpm);

/*
 * Hands the payload to sink, front to back; number is the package's number in
 * the sink's eyes. Every regular file with content comes once: of hard links the one that
 * carries the content, with that entry's own index. sink->end is called only
 * when size and digest are the header's; it returns 0 only when all files of the
 * header were there and nothing else was.
 */
int ib_rpm_stream(const struct ib_rpm *rpm, uint32_t number, const struct ib_content_sink *sink,
		  struct ib_error *err) IB_MUST_CHECK;

/* A row of opened packages as the source of a tree's contents. It borrows the packages. */
struct ib_rpm_source;

struct ib_rpm_source *ib_rpm_source_new(void);
void ib_rpm_source_free(struct ib_rpm_source *source);
/* Its number is how many were added before it. */
void ib_rpm_source_add(struct ib_rpm_source *source, const struct ib_rpm *rpm);
/* Belongs to source; complete once every package was added. */
const struct ib_content_source *ib_rpm_source_content(const struct ib_rpm_source *source);

IB_DEFINE_AUTO(ib_rpm);
IB_DEFINE_AUTO(ib_rpm_source);

#endif
