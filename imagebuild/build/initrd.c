/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The initrd: packages of the same lock, less what a system does not need
 * before it has its root, and the few paths that make it an initrd.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/boot.h"
#include "build/digests.h"
#include "build/initrd_cache.h"
#include "build/initrd_modules.h"
#include "build/initrd_source.h"
#include "build/work.h"
#include "state/state.h"

static const char generator[] = "initrd";

/* Folders and files that are of no use before the root is there. */
static const char *const left_out[] = {
	"/boot/*",
	"/efi/*",
	"/usr/include/*",
	"/usr/lib/sysimage/*",
	"/usr/lib/systemd/boot/*",
	"/usr/lib/systemd/catalog/*",
	"/usr/lib/systemd/user/*",
	"/usr/lib/systemd/user-preset/*",
	"/usr/lib/udev/hwdb.d/*", /* udev reads what is made of them, which an initrd does without */
	"/usr/lib/x86_64-linux-gnu/gconv/*",
	"/usr/lib64/gconv/*",
	"/usr/share/bash-completion/*",
	"/usr/share/doc/*",
	"/usr/share/gcc/*",
	"/usr/share/i18n/*",
	"/usr/share/info/*",
	"/usr/share/locale/*",
	"/usr/share/man/*",
	"/usr/share/pam-configs/*",
	"/usr/share/polkit-1/*",
	"/usr/share/zoneinfo/*",
	"/usr/share/zsh/*",
	"/var/*",
};

struct filter_context {
	const struct ib_map *modules; /* paths of the kernel modules to keep */
};

static bool wants(void *context, const char *path)
{
	const struct filter_context *filter = context;
	const char *name = ib_path_name(path);
	size_t i = 0;

	if (ib_is_module_path(path)) {
		if (ib_map_has(filter->modules, path))
			return true;
		return ib_str_starts(name, "modules.builtin") ||
		       ib_str_equal(name, "modules.order");
	}
	for (i = 0; i < IB_COUNT(left_out); i++)
		if (!fnmatch(left_out[i], path, 0))
			return false;
	return true;
}

static int add_packages(struct ib_work *work, const struct ib_map *modules, struct ib_error *err)
{
	struct filter_context context = { modules };
	struct ib_tree_filter filter = ib_work_filter(work);
	size_t i = 0;

	filter.wants = wants;
	filter.context = &context;
	for (i = 0; i < work->initrd.count; i++)
		IB_TRY(ib_tree_add_package(work->initrd_tree, (uint32_t)i,
					   work->initrd.members[i]->package, &filter, err));
	return 0;
}

static int put_link(struct ib_work *work, const char *path, const char *target,
		    struct ib_error *err)
{
	struct ib_tree_entry entry = { .path = path,
				       .mode = S_IFLNK | 0777,
				       .link = target,
				       .origin = { IB_ORIGIN_GENERATOR, generator } };

	return ib_tree_put(work->initrd_tree, &entry, NULL, err);
}

static int put_directory(struct ib_work *work, const char *path, struct ib_error *err)
{
	struct ib_tree_entry entry = { .path = path,
				       .mode = S_IFDIR | 0755,
				       .origin = { IB_ORIGIN_GENERATOR, generator } };

	if (ib_tree_find_target(work->initrd_tree, path))
		return 0;
	return ib_tree_put(work->initrd_tree, &entry, NULL, err);
}

/*
 * The distribution's os-release, without the lines that say which image this is: so the
 * initrd is a function of its packages, and another version of an image has the same one.
 */
static int put_release(struct ib_work *work, struct ib_error *err)
{
	IB_AUTO_STRINGS(lines);
	IB_AUTO_BUFFER(out, work->os_release.data.size + 1);
	struct ib_tree_entry release = { .path = "/etc/initrd-release",
					 .mode = S_IFREG | 0644,
					 .origin = { IB_ORIGIN_GENERATOR, generator } };
	size_t i = 0;

	if (work->os_release.data.size)
		ib_strings_split(&lines, ib_buffer_text(&work->os_release.data), "\n");
	for (i = 0; i < lines.count; i++)
		if (*lines.items[i] && !ib_str_starts(lines.items[i], "IMAGE_"))
			ib_buffer_putf(&out, "%s\n", lines.items[i]);
	release.data = out.data;
	release.size = out.size;
	return ib_tree_put(work->initrd_tree, &release, NULL, err);
}

/* What makes the tree an initrd in systemd's eyes: systemd(1), bootup(7). */
static int add_own_paths(struct ib_work *work, struct ib_error *err)
{
	static const char *const folders[] = { "/dev",     "/proc", "/sys", "/run",
					       "/sysroot", "/tmp",  "/var" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(folders); i++)
		IB_TRY(put_directory(work, folders[i], err));
	IB_TRY(put_release(work, err));
	IB_TRY(put_link(work, "/init", "usr/lib/systemd/systemd", err));
	return put_link(work, "/etc/systemd/system/default.target",
			"/usr/lib/systemd/system/initrd.target", err);
}

static int apply_state(struct ib_work *work, struct ib_error *err)
{
	static const char *const generators[] = { "sysusers", "machine-id", "depmod", "ldconfig" };
	IB_AUTO(ib_state_accounts) accounts = NULL;
	struct ib_state_plan plan;
	struct ib_accounts lookup;

	ib_work_plan_state(work, &work->initrd, &plan);
	plan.user_count = plan.group_count = 0;
	plan.only = (struct ib_state_names){ generators, IB_COUNT(generators) };
	IB_TRY(ib_state_apply(work->initrd_tree, &plan, &accounts, err));
	IB_TRY(add_own_paths(work, err));
	lookup = ib_state_accounts_lookup(accounts);
	IB_TRY(ib_tree_resolve_owners(work->initrd_tree, &lookup, err));
	ib_tree_finish(work->initrd_tree);
	return 0;
}

static int stream_archive(struct ib_work *work, const struct ib_cpio_plan *plan,
			  const struct ib_content_source *source, struct ib_error *err)
{
	IB_AUTO(ib_cpio) cpio = NULL;
	struct ib_digester digester = { .tree = work->initrd_tree };
	struct ib_content_sink archive;
	struct ib_content_sink sink;
	uint32_t i = 0;
	int r = 0;

	IB_TRY(ib_cpio_open(plan, &cpio, err));
	archive = ib_cpio_sink(cpio);
	digester.inner = &archive;
	sink = ib_digester_sink(&digester);
	for (i = 0; i < source->package_count && r == 0; i++)
		if (ib_cpio_wants(cpio, i))
			r = source->stream(source->context, i, &sink, err);
	ib_digester_done(&digester);
	IB_TRY(r);
	return ib_cpio_close(cpio, err);
}

static int stream_from_image(struct ib_work *work, const struct ib_cpio_plan *plan,
			     struct ib_error *err)
{
	const char *image =
		ib_outputs_path(work->outputs, ib_format_find(work->recipe->root_format)->suffix);
	ib_autoclose int fd = open(image, O_RDONLY | O_CLOEXEC);
	struct ib_initrd_source source;
	struct ib_region region;
	int r = 0;

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", image);
	IB_TRY(ib_region_of_file(fd, image, &region, err));
	ib_initrd_source_init(&source, work, &region);
	r = stream_archive(work, plan, &source.content, err);
	ib_initrd_source_done(&source);
	return r;
}

static int compress_archive(struct ib_work *work, const char *path, struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct ib_cpio_plan plan = { .root = ib_tree_root(work->initrd_tree),
				     .level = (int)work->recipe->initrd_level,
				     .workers = work->session->threads,
				     .fd = fd,
				     .name = path };

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	return stream_from_image(work, &plan, err);
}

static int warn_of_compressed(void *context, struct ib_node *node, struct ib_error *err)
{
	const struct ib_work *work = context;
	ib_autofree char *path = ib_node_path(node);

	(void)err;
	if (S_ISREG(node->inode->mode) && ib_microcode_is_compressed(path))
		ib_warn(work->session->log,
			"'%s' is compressed, so the kernel cannot load it before it unpacks the initrd; "
			"it stays a file like others",
			path);
	return 0;
}

static int write_archive(struct ib_work *work, struct ib_error *err)
{
	const char *path = ib_outputs_path(work->outputs, ".initrd");
	ib_autofree char *key = NULL;
	bool found = false;

	IB_TRY(ib_digest_buffers(work->initrd_tree, err));
	if (!work->use_derived)
		return compress_archive(work, path, err);
	IB_TRY(ib_initrd_key(work, &key, err));
	IB_TRY(ib_initrd_recall(work, key, path, &found, err));
	if (found)
		return 0;
	IB_TRY(compress_archive(work, path, err));
	ib_initrd_keep(work, key, path);
	return 0;
}

int ib_work_make_initrd(struct ib_work *work, struct ib_error *err)
{
	IB_AUTO(ib_map) modules = ib_map_new();
	size_t i = 0;

	ib_step(work->session->log, "making the initrd from %zu package%s", work->initrd.count,
		ib_str_plural(work->initrd.count));
	for (i = 0; i < work->initrd.count; i++)
		IB_TRY(ib_work_learn(work, work->initrd.members[i], err));
	IB_TRY(ib_work_choose_modules(work, modules, err));
	work->initrd_tree = ib_tree_new(work->lock->build_time);
	IB_TRY(ib_work_prepare_tree(work, &work->initrd, work->initrd_tree, err));
	IB_TRY(add_packages(work, modules, err));
	IB_TRY(apply_state(work, err));
	IB_TRY(ib_tree_walk(work->initrd_tree, warn_of_compressed, work, err));
	return write_archive(work, err);
}
