/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole package files. The signature is checked first and would keep all but one
 * path from being walked, so the headers and the payload are also read past it,
 * with the functions that follow the check.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rpmfile/internal.h"
#include "rpmfile/rpmfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int begin(void *context, uint32_t package, uint32_t file, uint64_t size, bool *ret_wanted,
		 struct ib_error *err)
{
	(void)context;
	(void)package;
	(void)file;
	(void)err;
	*ret_wanted = size % 2;
	return 0;
}

static int take(void *context, const void *data, size_t size, struct ib_error *err)
{
	(void)context;
	(void)data;
	(void)size;
	(void)err;
	return 0;
}

static int end(void *context, struct ib_error *err)
{
	(void)context;
	(void)err;
	return 0;
}

/* As a build would: refused at the signature, or earlier. */
static void open_whole(const char *path)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	IB_AUTO(ib_rpm) rpm = NULL;
	struct ib_rpm_request request = {
		.path = path, .keyring = keyring, .depth = IB_RPM_WHOLE, .arena = arena
	};

	if (ib_rpm_open(&request, &rpm, &err) == 0)
		__builtin_trap(); /* with no key pinned, nothing is believed */
	ib_error_clear(&err);
}

static int read_past_signature(int fd, struct ib_front *front, struct ib_arena *arena,
			       struct ib_error *err)
{
	static const struct ib_content_sink sink = { NULL, begin, take, end };
	IB_AUTO(ib_rpm) rpm = ib_alloc(sizeof(*rpm));
	struct ib_package *package = ib_arena_alloc(arena, sizeof(*package));

	rpm->name = ib_strdup("input");
	IB_TRY(ib_front_read(fd, rpm->name, front, err));
	IB_TRY(ib_rpm_describe(front, arena, rpm, package, err));
	if (lseek(fd, (off_t)rpm->payload_start, SEEK_SET) < 0)
		return ib_fail_errno(err, errno, "could not seek");
	return ib_rpm_stream_payload(fd, rpm, 0, &sink, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_front front = { 0 };
	IB_AUTO(ib_arena) arena = ib_arena_new();
	ib_autoclose int fd = memfd_create("fuzz", MFD_CLOEXEC);
	ib_autofree char *path = ib_strf("/proc/self/fd/%d", fd);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	open_whole(path);
	if (read_past_signature(fd, &front, arena, &err) < 0)
		ib_error_clear(&err);
	ib_front_done(&front);
	return 0;
}
