/* SPDX-License-Identifier: Apache-2.0 */
#include "build/content.h"

#include <fnmatch.h>
#include <string.h>

/* The largest kernel of the field has some 15 MiB; nothing that is kept comes near this. */
#define MAX_KEPT (256U << 20)
/* That, and the facts of a package. */
#define MAX_RECALLED ((size_t)512 << 20)

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

bool ib_work_is_kernel(const char *path)
{
	return matches(path, kernel_paths, IB_COUNT(kernel_paths));
}

bool ib_work_is_stub(const char *path)
{
	return matches(path, stub_paths, IB_COUNT(stub_paths));
}

static struct ib_kept *kept_for(struct ib_work *work, const char *path)
{
	if (ib_work_is_kernel(path))
		return &work->kernel;
	if (ib_work_is_stub(path))
		return &work->stub;
	return NULL;
}

static const struct ib_package_file *current_file(const struct ib_learner *learner,
						  const struct ib_package **ret_package)
{
	*ret_package = learner->members->members[learner->package]->package;
	return &(*ret_package)->files[learner->file];
}

/* What the store has of a package is not learnt again where only its blocks are lost. */
static bool is_news(const struct ib_learner *learner, const struct ib_package_file *info,
		    uint64_t size)
{
	const struct ib_facts *facts = learner->members->members[learner->package]->facts;

	return ib_facts_wants(info->path, info->mode, size) &&
	       !(facts && ib_facts_find(facts, learner->file));
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
	*ret_wanted = is_news(learner, info, size) || kept_for(learner->work, info->path);
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

static int keep(struct ib_kept *kept, const struct ib_package *package, const char *path,
		const void *bytes, size_t size, struct ib_error *err)
{
	if (kept->path) {
		if (ib_str_equal(kept->path, path)) {
			if (!kept->data.size) /* else it streamed a second time, for the initrd */
				ib_buffer_put(&kept->data, bytes, size);
			return 0;
		}
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
	ib_buffer_put(&kept->data, bytes, size);
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
		IB_TRY(keep(kept, package, info->path, learner->data.data, learner->data.size,
			    err));
	if (!is_news(learner, info, learner->data.size))
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

/* ---- what was learnt, kept in the store ---------------------------------- */

/*
 * The form of what is kept: the files that are needed whole (u32 how many, then path and bytes, each with
 * its length in 32 bits), then the package's facts.
 */
char *ib_work_facts_key(const struct ib_opened *opened)
{
	IB_AUTO_BUFFER(key, SIZE_MAX / 2);
	size_t i = 0;

	ib_buffer_putf(&key, "learnt 1\npackage %s\n", opened->line->sha256);
	for (i = 0; i < IB_COUNT(kernel_paths); i++)
		ib_buffer_putf(&key, "kernel %s\n", kernel_paths[i]);
	for (i = 0; i < IB_COUNT(stub_paths); i++)
		ib_buffer_putf(&key, "stub %s\n", stub_paths[i]);
	ib_facts_form(&key);
	return ib_buffer_take_text(&key);
}

static void put_kept(struct ib_buffer *out, const struct ib_kept *kept)
{
	ib_buffer_put_le32(out, (uint32_t)strlen(kept->path));
	ib_buffer_puts(out, kept->path);
	ib_buffer_put_le32(out, (uint32_t)kept->data.size);
	ib_buffer_put(out, kept->data.data, kept->data.size);
}

int ib_work_keep_facts(struct ib_work *work, const struct ib_opened *opened, struct ib_error *err)
{
	const struct ib_kept *const all[] = { &work->kernel, &work->stub };
	ib_autofree char *key = ib_work_facts_key(opened);
	IB_AUTO_BUFFER(bytes, SIZE_MAX / 2);
	IB_AUTO(ib_facts) none = NULL;
	uint32_t count = 0;
	size_t i = 0;

	ib_buffer_put_le32(&bytes, 0);
	for (i = 0; i < IB_COUNT(all); i++) {
		if (!all[i]->path || !ib_str_equal(all[i]->package, opened->package->nevra))
			continue;
		put_kept(&bytes, all[i]);
		count++;
	}
	ib_buffer_set_le32(&bytes, 0, count);
	if (!opened->facts)
		none = ib_facts_new();
	ib_facts_write(none ? none : opened->facts, &bytes);
	return ib_store_put_derived(work->store, IB_STORE_FACTS, key, bytes.data, bytes.size, err);
}

/* A length and that many bytes; NULL when there are fewer. */
static const uint8_t *get_part(const struct ib_buffer *bytes, size_t *at, size_t *ret_size)
{
	size_t start = *at + 4;
	uint32_t size = 0;

	if (start > bytes->size)
		return NULL;
	size = ib_get_le32(bytes->data + *at);
	if (size > bytes->size - start)
		return NULL;
	*at = start + size;
	*ret_size = size;
	return bytes->data + start;
}

/* A kernel that will be signed is held against the package's header, whoever kept it here. */
static bool is_file_of(const struct ib_package *package, const char *path, const uint8_t *data,
		       size_t size)
{
	uint8_t sha256[IB_SHA256_SIZE];
	size_t i = 0;

	if (package->digest_kind != IB_DIGEST_SHA256)
		return false;
	ib_sha256(data, size, sha256);
	for (i = 0; i < package->file_count; i++) {
		const struct ib_package_file *file = &package->files[i];

		if (file->digest && ib_str_equal(file->path, path))
			return file->size == size && !memcmp(file->digest, sha256, sizeof(sha256));
	}
	return false;
}

static int take_kept(struct ib_work *work, const struct ib_opened *opened,
		     const struct ib_buffer *bytes, size_t *at, bool *ret_good,
		     struct ib_error *err)
{
	size_t path_size = 0;
	size_t size = 0;
	const uint8_t *path = get_part(bytes, at, &path_size);
	const uint8_t *data = path ? get_part(bytes, at, &size) : NULL;
	ib_autofree char *text = data ? ib_strndup((const char *)path, path_size) : NULL;
	struct ib_kept *kept = text ? kept_for(work, text) : NULL;

	/* of a root alone nothing boots: that there is a kernel is enough */
	if (work->only_root)
		size = 0;
	*ret_good = kept && (work->only_root || is_file_of(opened->package, text, data, size));
	return *ret_good ? keep(kept, opened->package, text, data, size, err) : 0;
}

int ib_work_recall_facts(struct ib_work *work, struct ib_opened *opened, struct ib_error *err)
{
	IB_AUTO_BUFFER(bytes, MAX_RECALLED);
	ib_autofree char *key = ib_work_facts_key(opened);
	bool good = true;
	uint32_t count = 0;
	size_t at = 4;

	if (opened->facts || !work->use_derived)
		return 0;
	if (!ib_store_get_derived(work->store, IB_STORE_FACTS, key, &bytes) || bytes.size < at)
		return 0;
	for (count = ib_get_le32(bytes.data); count && good; count--)
		IB_TRY(take_kept(work, opened, &bytes, &at, &good, err));
	if (good && !ib_facts_read(&bytes, at, &opened->facts))
		opened->facts = NULL;
	return 0;
}

int ib_work_learn(struct ib_work *work, struct ib_opened *opened, struct ib_error *err)
{
	struct ib_members alone = { .members = &opened, .count = 1 };
	struct ib_learner learner = { .work = work, .members = &alone };
	struct ib_error ignored = IB_ERROR_INIT; /* what cannot be kept is learnt again */
	struct ib_content_sink sink;
	int r = 0;

	IB_TRY(ib_work_recall_facts(work, opened, err));
	if (opened->facts)
		return 0;
	sink = ib_learner_sink(&learner);
	r = ib_rpm_stream(opened->rpm, 0, &sink, err);
	ib_learner_done(&learner);
	if (r < 0)
		return r;
	if (!opened->facts)
		opened->facts = ib_facts_new();
	if (work->use_derived && ib_work_keep_facts(work, opened, &ignored) < 0)
		ib_error_clear(&ignored);
	return 0;
}
