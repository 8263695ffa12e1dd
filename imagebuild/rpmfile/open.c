/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rpm/rpmtag.h>

#include "rpmfile/internal.h"
#include "rpmfile/trust.h"

/* ---- what the header says of the payload --------------------------------- */

static int read_payload_kind(const struct ib_header *header, struct ib_rpm *rpm,
			     struct ib_error *err)
{
	static const char *const compressions[] = { "gzip", "bzip2", "lzma", "xz", "zstd" };
	const char *format = ib_header_string(header, RPMTAG_PAYLOADFORMAT);
	const char *compression = ib_header_string(header, RPMTAG_PAYLOADCOMPRESSOR);
	size_t i = 0;

	if (format && strcmp(format, "cpio") != 0)
		return ib_fail(err, IB_INPUT,
			       "'%s' has a payload of format '%s', which is not a package's",
			       rpm->name, format);
	if (!compression)
		compression = "gzip";
	for (i = 0; i < IB_COUNT(compressions); i++)
		if (!strcmp(compression, compressions[i]))
			rpm->compression = compressions[i];
	if (!rpm->compression && strcmp(compression, "none") != 0)
		return ib_fail(err, IB_INPUT,
			       "'%s' has a payload compressed with '%s', which is not supported",
			       rpm->name, compression);
	return 0;
}

static int read_payload_digest(const struct ib_header *header, struct ib_rpm *rpm,
			       struct ib_error *err)
{
	const char *text = ib_header_string(header, RPMTAG_PAYLOADDIGEST);
	uint64_t kind = ib_header_number(header, RPMTAG_PAYLOADDIGESTALGO, 0, IB_DIGEST_SHA256);
	size_t size = kind < 256 ? ib_digest_size((enum ib_digest_kind)kind) : 0;

	if (!ib_header_has(header, RPMTAG_PAYLOADDIGEST))
		return 0; /* older than rpm 4.14: each file has its own digest */
	if (!text || !size || !ib_hex_read(text, rpm->payload_digest, size))
		return ib_fail(err, IB_TRUST,
			       "the header of '%s' has a payload digest that is not supported",
			       rpm->name);
	rpm->payload_digest_kind = (enum ib_digest_kind)kind;
	return 0;
}

/* ---- paths in order ------------------------------------------------------ */

static int compare_paths(const void *a, const void *b, void *package)
{
	const struct ib_package_file *files = (*(const struct ib_package **)package)->files;

	return strcmp(files[*(const uint32_t *)a].path, files[*(const uint32_t *)b].path);
}

static int sort_paths(const struct ib_package *package, struct ib_rpm *rpm, struct ib_error *err)
{
	size_t i = 0;

	rpm->by_path = ib_alloc_array(package->file_count, sizeof(*rpm->by_path));
	for (i = 0; i < package->file_count; i++)
		rpm->by_path[i] = (uint32_t)i;
	if (package->file_count)
		qsort_r(rpm->by_path, package->file_count, sizeof(*rpm->by_path), compare_paths,
			&package);
	for (i = 1; i < package->file_count; i++) {
		const char *path = package->files[rpm->by_path[i]].path;

		if (!strcmp(path, package->files[rpm->by_path[i - 1]].path))
			return ib_fail(err, IB_TRUST, "the header of '%s' names '%s' twice",
				       rpm->name, path);
	}
	return 0;
}

/* ---- opening ------------------------------------------------------------- */

static void done_front(struct ib_front *front)
{
	ib_front_done(front);
}

int ib_rpm_describe(const struct ib_front *front, struct ib_arena *arena, struct ib_rpm *rpm,
		    struct ib_package *package, struct ib_error *err)
{
	rpm->package = package;
	rpm->header_size = front->header.size;
	rpm->signature = ib_memdup(front->signature.bytes, front->signature.size);
	rpm->signature_size = front->signature.size;
	rpm->payload_start = front->bytes.size;
	package->size = front->file_size;
	IB_TRY(ib_package_fill(&front->header, rpm->name, arena, package, err));
	IB_TRY(sort_paths(package, rpm, err));
	IB_TRY(read_payload_kind(&front->header, rpm, err));
	return read_payload_digest(&front->header, rpm, err);
}

static int check_header_digest(const struct ib_front *front, const struct ib_rpm_request *request,
			       const char *name, struct ib_error *err)
{
	char found[65];

	assert(request->depth == IB_RPM_HEADER);
	ib_sha256_hex(front->header.bytes, front->header.size, found);
	if (!ib_str_equal(found, request->header_sha256))
		return ib_fail(err, IB_TRUST, "the header of '%s' has the SHA-256 %s, not %s", name,
			       found, request->header_sha256);
	return 0;
}

static int fill(int fd, const struct ib_rpm_request *request, const struct ib_front *front,
		struct ib_rpm *rpm, struct ib_error *err)
{
	struct ib_package *package = ib_arena_alloc(request->arena, sizeof(*package));
	char signer[IB_FINGERPRINT_TEXT] = "";

	if (request->header_sha256)
		IB_TRY(check_header_digest(front, request, rpm->name, err));
	else
		IB_TRY(ib_rpm_check_header(front, request->keyring, rpm->name, signer, err));
	IB_TRY(ib_rpm_describe(front, request->arena, rpm, package, err));
	/* Only version 4 keys are supported so far, and their fingerprints fit. */
	memcpy(package->signer, signer, sizeof(package->signer) - 1);
	memcpy(package->sha256, rpm->sha256, sizeof(package->sha256));
	if (request->depth != IB_RPM_WHOLE)
		return 0;
	IB_TRY(ib_rpm_check_payload(fd, rpm, front, request->keyring, package->sha256, err));
	memcpy(rpm->sha256, package->sha256, sizeof(rpm->sha256));
	return 0;
}

int ib_rpm_open(const struct ib_rpm_request *request, struct ib_rpm **ret_rpm, struct ib_error *err)
{
	IB_AUTO(ib_rpm) rpm = ib_alloc(sizeof(*rpm));
	__attribute__((cleanup(done_front))) struct ib_front front = { 0 };
	ib_autoclose int fd = -1;

	rpm->path = ib_strdup(request->path);
	rpm->name = ib_strdup(request->name ? request->name : request->path);
	if (request->sha256) {
		if (!ib_hex_is(request->sha256, 64))
			return ib_fail(err, IB_INPUT, "'%s' is not a SHA-256", request->sha256);
		memcpy(rpm->sha256, request->sha256, sizeof(rpm->sha256));
	}
	fd = open(request->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", request->path);
	IB_TRY(ib_front_read(fd, rpm->name, &front, err));
	IB_TRY(fill(fd, request, &front, rpm, err));
	*ret_rpm = ib_take(rpm);
	return 0;
}

void ib_rpm_free(struct ib_rpm *rpm)
{
	if (!rpm)
		return;
	ib_free(rpm->by_path);
	ib_free(rpm->signature);
	ib_free(rpm->name);
	ib_free(rpm->path);
	ib_free(rpm);
}

const struct ib_package *ib_rpm_package(const struct ib_rpm *rpm)
{
	return rpm->package;
}

size_t ib_rpm_header_size(const struct ib_rpm *rpm)
{
	return rpm->header_size;
}

int ib_rpm_read_front(const struct ib_rpm *rpm, int fd, struct ib_front *front,
		      struct ib_error *err)
{
	char sha256[65];

	IB_TRY(ib_front_read(fd, rpm->name, front, err));
	ib_sha256_hex(front->header.bytes, front->header.size, sha256);
	if (!ib_str_equal(sha256, rpm->package->header_sha256) ||
	    front->bytes.size != rpm->payload_start)
		return ib_fail(err, IB_TRUST, "'%s' was replaced by another package", rpm->name);
	return 0;
}
