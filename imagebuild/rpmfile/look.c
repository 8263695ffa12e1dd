/* SPDX-License-Identifier: Apache-2.0 */
/* What a package says of itself, for people who look: nothing of it is believed. */
#include <errno.h>
#include <fcntl.h>

#include "rpmfile/internal.h"

static void done_front(struct ib_front *front)
{
	ib_front_done(front);
}

int ib_rpm_look(const char *path, struct ib_arena *arena, const struct ib_package **ret_package,
		struct ib_error *err)
{
	__attribute__((cleanup(done_front))) struct ib_front front = { 0 };
	struct ib_package *package = ib_arena_alloc(arena, sizeof(*package));
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	IB_TRY(ib_front_read(fd, path, &front, err));
	IB_TRY(ib_package_fill(&front.header, path, arena, package, err));
	package->size = front.file_size;
	*ret_package = package;
	return 0;
}
