/* SPDX-License-Identifier: Apache-2.0 */
#include "build/unchanged.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compress/compress.h"
#include "crypto/crypto.h"

#define MAX_RECORD ((size_t)1 << 20)
#define LARGE_FILE (1 << 20)

/* ---- what outputs follow from -------------------------------------------- */

static int put_file(struct ib_buffer *text, const char *what, const char *path,
		    struct ib_error *err)
{
	char hex[65];

	if (!path)
		return 0;
	IB_TRY(ib_sha256_file(path, hex, NULL, err));
	ib_buffer_putf(text, "%s %s\n", what, hex);
	return 0;
}

static int put_overlays(const struct ib_work *work, struct ib_buffer *text, struct ib_error *err)
{
	const struct ib_recipe *recipe = work->recipe;
	IB_AUTO(ib_tree) tree = ib_tree_new(work->lock->build_time);
	size_t i = 0;

	for (i = 0; i < recipe->overlay_count; i++) {
		const struct ib_recipe_overlay *overlay = &recipe->overlays[i];
		uint8_t sha256[IB_SHA256_SIZE];
		char hex[65];

		IB_TRY(ib_tree_add_overlay(tree, overlay->name, overlay->folder, overlay->table,
					   sha256, err));
		ib_hex_write(sha256, sizeof(sha256), hex);
		ib_buffer_putf(text, "overlay %s\n", hex);
	}
	return 0;
}

static int put_keys(const struct ib_recipe *recipe, struct ib_buffer *text, struct ib_error *err)
{
	const struct ib_recipe_signer *const signers[] = { &recipe->secure_boot, &recipe->root_hash,
							   &recipe->statements };
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < recipe->repository_count; i++)
		for (j = 0; j < recipe->repositories[i].key_count; j++)
			IB_TRY(put_file(text, "repository key",
					recipe->repositories[i].keys[j].file, err));
	for (i = 0; i < IB_COUNT(signers); i++) {
		IB_TRY(put_file(text, "key", signers[i]->key, err));
		IB_TRY(put_file(text, "certificate", signers[i]->certificate, err));
	}
	return 0;
}

int ib_inputs_digest(const struct ib_work *work, const struct ib_build_options *options, char *hex,
		     struct ib_error *err)
{
	ib_autofree char *canonical = ib_recipe_canonical(work->recipe);
	IB_AUTO_BUFFER(text, SIZE_MAX / 2);

	ib_buffer_putf(&text, "inputs 1\nlock %s\nonly root %d\n", work->lock_sha256,
		       options->only_root);
	ib_buffer_putf(&text, "liblz4 %s\nlibrpm %s\nlibzstd %s\nSQLite %s\n", ib_lz4_version(),
		       ib_rpm_version(), ib_zstd_version(), ib_sqlite_version());
	IB_TRY(put_file(&text, "program", "/proc/self/exe", err));
	IB_TRY(put_file(&text, "profile", work->recipe->hardening_profile, err));
	IB_TRY(put_keys(work->recipe, &text, err));
	IB_TRY(put_overlays(work, &text, err));
	ib_buffer_putf(&text, "recipe\n%s", canonical);
	ib_sha256_hex(text.data, text.size, hex);
	return 0;
}

/* ---- the record ---------------------------------------------------------- */

static char *make_key(const char *folder)
{
	char *real = realpath(folder, NULL);
	char *key = real ? ib_strf("outputs 1\n%s\n", real) : NULL;

	ib_free(real);
	return key;
}

/* "SIZE INODE SECONDS.NANOSECONDS" of a file: what a record says in front of digest and name. */
static bool describe(const char *folder, const char *name, struct ib_buffer *out)
{
	ib_autofree char *path = ib_path_join(folder, name);
	struct stat st;

	if (lstat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	ib_buffer_putf(out, "%" PRIu64 " %" PRIu64 " %" PRId64 ".%09ld", (uint64_t)st.st_size,
		       (uint64_t)st.st_ino, (int64_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	return true;
}

/* A line of a record: what describe() says, digest or "-", name. */
static bool line_holds(const struct ib_build_options *options, char *line,
		       struct ib_strings *ret_names)
{
	IB_AUTO_BUFFER(now, 256);
	char *name = strrchr(line, ' ');
	char *digest = NULL;
	ib_autofree char *path = NULL;
	struct ib_error ignored = IB_ERROR_INIT; /* what cannot be hashed does not hold */
	char hex[65] = "";

	if (!name)
		return false;
	*name++ = '\0';
	digest = strrchr(line, ' ');
	if (!digest)
		return false;
	*digest++ = '\0';
	if (!describe(options->output, name, &now) || !ib_str_equal(ib_buffer_text(&now), line))
		return false;
	ib_strings_add(ret_names, name);
	if (!options->check)
		return true;
	path = ib_path_join(options->output, name);
	if (ib_sha256_file(path, hex, NULL, &ignored) < 0)
		ib_error_clear(&ignored);
	return ib_str_equal(hex, digest);
}

bool ib_outputs_unchanged(const struct ib_store *store, const struct ib_build_options *options,
			  const char *inputs, struct ib_strings *ret_names)
{
	ib_autofree char *key = make_key(options->output);
	IB_AUTO_BUFFER(record, MAX_RECORD);
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	if (!key || !ib_store_get_derived(store, IB_STORE_OUTPUTS, key, &record))
		return false;
	ib_strings_split(&lines, ib_buffer_text(&record), "\n");
	if (lines.count < 2 || !ib_str_equal(lines.items[0], inputs))
		return false;
	for (i = 1; i < lines.count; i++)
		if (!line_holds(options, lines.items[i], ret_names))
			return false;
	return true;
}

/* Digests that nobody took are taken now, but of large files. */
static void put_digest(const struct ib_build_options *options, const char *name,
		       const struct ib_output_digests *digests, struct ib_buffer *record)
{
	const struct ib_evidence_file *known =
		digests ? ib_output_digests_get(digests, name) : NULL;
	ib_autofree char *path = ib_path_join(options->output, name);
	struct ib_error ignored = IB_ERROR_INIT; /* without it, --check builds again */
	char hex[65] = "-";
	struct stat st;

	if (known)
		memcpy(hex, known->sha256, sizeof(hex));
	else if (!lstat(path, &st) && st.st_size <= LARGE_FILE &&
		 ib_sha256_file(path, hex, NULL, &ignored) < 0)
		ib_error_clear(&ignored);
	ib_buffer_putf(record, " %s %s\n", hex, name);
}

int ib_outputs_record(struct ib_store *store, const struct ib_build_options *options,
		      const char *inputs, const struct ib_strings *names,
		      const struct ib_output_digests *digests, struct ib_error *err)
{
	ib_autofree char *key = make_key(options->output);
	IB_AUTO_BUFFER(record, MAX_RECORD);
	size_t i = 0;

	if (!key)
		return ib_fail_errno(err, errno, "could not find folder '%s'", options->output);
	ib_buffer_putf(&record, "%s\n", inputs);
	for (i = 0; i < names->count; i++) {
		if (!describe(options->output, names->items[i], &record))
			return ib_fail(err, IB_FAILED, "'%s' is gone from '%s' already",
				       names->items[i], options->output);
		put_digest(options, names->items[i], digests, &record);
	}
	return ib_store_put_derived(store, IB_STORE_OUTPUTS, key, record.data, record.size, err);
}
