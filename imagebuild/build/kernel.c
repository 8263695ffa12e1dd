/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the kernel of the root can mount the root, asked before anything is made. */
#include <stdlib.h>
#include <string.h>

#include "build/work.h"

/* Linux mounts EROFS with zstd from this one on. */
#define ZSTD_MAJOR 6U
#define ZSTD_MINOR 10U

/* The version in "/usr/lib/modules/VERSION/…"; NULL for other paths. The caller frees it. */
static char *version_in(const char *path)
{
	static const char *const folders[] = { "/usr/lib/modules/", "/lib/modules/" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(folders); i++) {
		const char *version = path + strlen(folders[i]);

		if (ib_str_starts(path, folders[i]))
			return ib_strf("%.*s", (int)strcspn(version, "/"), version);
	}
	return NULL;
}

static bool is_before_zstd(const char *version)
{
	size_t digits = strspn(version, "0123456789");
	const char *rest = version + digits;
	unsigned long major = 0;
	unsigned long minor = 0;

	if (!digits || *rest != '.' || !strspn(rest + 1, "0123456789"))
		return false; /* not a version: nothing is known of it */
	major = strtoul(version, NULL, 10);
	minor = strtoul(rest + 1, NULL, 10);
	return major < ZSTD_MAJOR || (major == ZSTD_MAJOR && minor < ZSTD_MINOR);
}

static int check_package(const struct ib_package *package, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < package->file_count; i++) {
		ib_autofree char *version = version_in(package->files[i].path);

		if (!version || !is_before_zstd(version))
			continue;
		(void)ib_fail(err, IB_INPUT,
			      "the kernel %s of %s cannot mount an EROFS root with zstd", version,
			      package->nevra);
		ib_error_hint(err,
			      "Linux can from %u.%u on: give the root another compression, "
			      "lz4hc for example.",
			      ZSTD_MAJOR, ZSTD_MINOR);
		return -IB_INPUT;
	}
	return 0;
}

int ib_work_check_kernel(const struct ib_work *work, struct ib_error *err)
{
	size_t i = 0;

	if (!ib_str_equal(work->recipe->root_format, "erofs") ||
	    !ib_str_equal(work->recipe->root_compression, "zstd"))
		return 0;
	for (i = 0; i < work->root.count; i++)
		IB_TRY(check_package(work->root.members[i]->package, err));
	return 0;
}
