/* SPDX-License-Identifier: Apache-2.0 */
#include "build/content.h"

#include <fnmatch.h>

/* The largest kernel of the field has some 15 MiB; nothing that is kept comes near this. */
#define MAX_KEPT (256U << 20)

/* Where the EFI stub and the kernel lie in the distributions that we know. */
static const char *const kernel_paths[] = { "/usr/lib/modules/*/vmlinuz", "/lib/modules/*/vmlinuz",
					    "/boot/vmlinuz-*", "/usr/lib/modules/*/vmlinuz.efi" };
static const char *const stub_paths[] = { "/usr/lib/systemd/boot/efi/linuxx64.efi.stub",
					  "/usr/lib/systemd/boot/efi/linuxaa64.efi.stub" };

static bool matches(const char *path, const char *const *patterns, size_t count)
{
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (!fnmatch(patterns[i], path, FNM_PATHNAME))
			return true;
	return false;
}

static struct ib_kept *kept_for(struct ib_work *work, const char *path)
{
	if (matches(path, kernel_paths, IB_COUNT(kernel_paths)))
		return &work->kernel;
	if (matches(path, stub_paths, IB_COUNT(stub_paths)))
		return &work->stub;
	return NULL;
}

static const struct ib_package_file *current_file(const struct ib_learner *learner,
						  const struct ib_package **ret_package)
{
	*ret_package = learner->members->members[learner->package]->package;
	return &(*ret_package)->files[learner->file];
}

static int begin(void *context, uint32_t package, uint32_t file, uint64_t size, bool *ret_wanted,
		 struct ib_error *err)
{
	struct ib_learner *learner = context;
	const struct ib_package *of = NULL;
	const struct ib_package_file *info = NULL;

	learner->package = package;
	learner->file = file;
	info = current_file(learner, &of);
	ib_buffer_clear(&learner->data);
	*ret_wanted =
		ib_facts_wants(info->path, info->mode, size) || kept_for(learner->work, info->path);
	if (*ret_wanted && size > MAX_KEPT)
		return ib_fail(err, IB_LIMIT, "package '%s': '%s' is larger than %u bytes",
			       of->nevra, info->path, MAX_KEPT);
	if (*ret_wanted)
		(void)ib_buffer_reserve(&learner->data, (size_t)size);
	return 0;
}

static int data(void *context, const void *bytes, size_t size, struct ib_error *err)
{
	struct ib_learner *learner = context;

	(void)err;
	ib_buffer_put(&learner->data, bytes, size);
	return 0;
}

static int keep(struct ib_learner *learner, struct ib_kept *kept, const struct ib_package *package,
		const char *path, struct ib_error *err)
{
	if (kept->path) {
		if (ib_str_equal(kept->path, path))
			return 0; /* streamed a second time, for the initrd */
		(void)ib_fail(err, IB_INPUT,
			      "both '%s' (package '%s') and '%s' (package '%s') could go into the "
			      "unified kernel image",
			      kept->path, kept->package, path, package->nevra);
		ib_error_hint(err, "Exclude one of the two packages in the recipe.");
		return -IB_INPUT;
	}
	kept->path = ib_strdup(path);
	kept->package = package->nevra;
	kept->data.max_size = MAX_KEPT;
	ib_buffer_put(&kept->data, learner->data.data, learner->data.size);
	return 0;
}

static int end(void *context, struct ib_error *err)
{
	struct ib_learner *learner = context;
	struct ib_opened *opened = learner->members->members[learner->package];
	const struct ib_package *package = NULL;
	const struct ib_package_file *info = current_file(learner, &package);
	struct ib_kept *kept = kept_for(learner->work, info->path);

	if (kept)
		IB_TRY(keep(learner, kept, package, info->path, err));
	if (!ib_facts_wants(info->path, info->mode, learner->data.size))
		return 0;
	if (!opened->facts)
		opened->facts = ib_facts_new();
	return ib_facts_add(opened->facts, learner->file, info->path, learner->data.data,
			    learner->data.size, err);
}

struct ib_content_sink ib_learner_sink(struct ib_learner *learner)
{
	learner->data = IB_BUFFER_INIT(MAX_KEPT + 1);
	return (struct ib_content_sink){
		.context = learner, .begin = begin, .data = data, .end = end
	};
}

void ib_learner_done(struct ib_learner *learner)
{
	ib_buffer_done(&learner->data);
}

int ib_work_learn(struct ib_work *work, struct ib_opened *opened, struct ib_error *err)
{
	struct ib_members alone = { .members = &opened, .count = 1 };
	struct ib_learner learner = { .work = work, .members = &alone };
	struct ib_content_sink sink = ib_learner_sink(&learner);
	int r = 0;

	if (!opened->facts)
		r = ib_rpm_stream(opened->rpm, 0, &sink, err);
	ib_learner_done(&learner);
	if (r == 0 && !opened->facts)
		opened->facts = ib_facts_new();
	return r;
}
