/* SPDX-License-Identifier: Apache-2.0 */
/* Whether there is what the unified kernel image is made of, and whether it can mount the root: asked before anything is made. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build/content.h"
#include "build/work.h"

/* What Linux mounts EROFS with from which version on. */
struct need {
	bool (*has)(const struct ib_recipe *recipe);
	const char *what;
	unsigned long major, minor;
	const char *instead;
};

static bool has_zstd(const struct ib_recipe *recipe)
{
	return ib_str_equal(recipe->root_compression, "zstd");
}

static bool has_packed_tails(const struct ib_recipe *recipe)
{
	return recipe->root_pack_tails;
}

static const struct need needs[] = {
	{ has_zstd, "zstd", 6, 10, "give the root another compression, lz4hc for example" },
	{ has_packed_tails, "packed tails", 5, 17, "leave 'pack-tails' out of 'root'" },
};

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

static bool is_before(const char *version, const struct need *need)
{
	size_t digits = strspn(version, "0123456789");
	const char *rest = version + digits;
	unsigned long major = 0;
	unsigned long minor = 0;

	if (!digits || *rest != '.' || !strspn(rest + 1, "0123456789"))
		return false; /* not a version: nothing is known of it */
	major = strtoul(version, NULL, 10);
	minor = strtoul(rest + 1, NULL, 10);
	return major < need->major || (major == need->major && minor < need->minor);
}

int ib_work_check_kernel_version(const struct ib_recipe *recipe, const char *version,
				 const char *nevra, struct ib_error *err)
{
	size_t i = 0;

	if (!ib_str_equal(recipe->root_format, "erofs"))
		return 0;
	for (i = 0; i < IB_COUNT(needs); i++) {
		if (!needs[i].has(recipe) || !is_before(version, &needs[i]))
			continue;
		(void)ib_fail(err, IB_INPUT,
			      "the kernel %s of %s cannot mount an EROFS root with %s", version,
			      nevra, needs[i].what);
		ib_error_hint(err, "Linux can from %lu.%lu on: %s.", needs[i].major, needs[i].minor,
			      needs[i].instead);
		return -IB_INPUT;
	}
	return 0;
}

static int check_package(const struct ib_work *work, const struct ib_package *package,
			 struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < package->file_count; i++) {
		ib_autofree char *version = version_in(package->files[i].path);

		if (version)
			IB_TRY(ib_work_check_kernel_version(work->recipe, version, package->nevra,
							    err));
	}
	return 0;
}

static int check_versions(const struct ib_work *work, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < work->root.count; i++)
		IB_TRY(check_package(work, work->root.members[i]->package, err));
	return 0;
}

/* ---- what there is ------------------------------------------------------- */

typedef bool (*is_wanted_fn)(const char *path);

/* The first such file that these packages bring, with its package in *ret_package; or NULL. */
static const char *find(const struct ib_members *members, is_wanted_fn is_wanted,
			const struct ib_package **ret_package)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < members->count; i++) {
		const struct ib_package *package = members->members[i]->package;

		for (j = 0; j < package->file_count; j++) {
			const struct ib_package_file *file = &package->files[j];

			if (!S_ISREG(file->mode) || (file->flags & IB_FILE_GHOST) ||
			    !is_wanted(file->path))
				continue;
			*ret_package = package;
			return file->path;
		}
	}
	return NULL;
}

/*
 * It has to be a file of the root: the modules of the running system are there, and by that file verify proves what
 * the unified kernel image has inside.
 */
static int check_kernel(const struct ib_work *work, struct ib_error *err)
{
	struct ib_tree_filter filter = ib_work_root_filter(work);
	const struct ib_package *package = NULL;
	const char *path = find(&work->root, ib_work_is_kernel, &package);

	if (path && filter.wants(filter.context, path))
		return 0;
	if (path) {
		(void)ib_fail(err, IB_INPUT, "the recipe leaves the kernel '%s' out of the root",
			      path);
		ib_error_hint(err, "Add it to 'prune: keep': by that file 'verify' proves the "
				   "kernel inside the unified kernel image.");
		return -IB_INPUT;
	}
	path = find(&work->initrd, ib_work_is_kernel, &package);
	if (path) {
		(void)ib_fail(err, IB_INPUT,
			      "the kernel '%s' is of package '%s', which is in the initrd alone",
			      path, package->nevra);
		ib_error_hint(err,
			      "Add '%s' to 'packages', too, and lock again: the system needs its "
			      "modules, and 'verify' proves the kernel by the file in the root.",
			      package->name);
		return -IB_INPUT;
	}
	(void)ib_fail(err, IB_INPUT, "no package has a kernel (/usr/lib/modules/*/vmlinuz)");
	ib_error_hint(err, "Add a kernel package to the recipe's packages and lock again, or leave "
			   "'uki' and 'disk' out of the outputs.");
	return -IB_INPUT;
}

static int check_stub(const struct ib_work *work, struct ib_error *err)
{
	const struct ib_package *package = NULL;

	if (find(&work->root, ib_work_is_stub, &package) ||
	    find(&work->initrd, ib_work_is_stub, &package))
		return 0;
	(void)ib_fail(
		err, IB_INPUT,
		"no package has systemd's EFI stub (/usr/lib/systemd/boot/efi/linux*.efi.stub)");
	ib_error_hint(err, "Add the package that carries it (systemd-boot-efi, "
			   "systemd-boot-unsigned) to the recipe's packages and lock again, or "
			   "leave 'uki' and 'disk' out of the outputs.");
	return -IB_INPUT;
}

static int check_initrd(const struct ib_work *work, struct ib_error *err)
{
	if (work->initrd.count)
		return 0;
	(void)ib_fail(err, IB_INPUT, "the lock has no packages for the initrd");
	ib_error_hint(err, "Name them under 'initrd: packages:' and lock again, or leave 'uki' and "
			   "'disk' out of the outputs.");
	return -IB_INPUT;
}

int ib_work_check_boot(const struct ib_work *work, struct ib_error *err)
{
	IB_TRY(check_kernel(work, err));
	IB_TRY(check_stub(work, err));
	IB_TRY(check_initrd(work, err));
	return check_versions(work, err);
}
