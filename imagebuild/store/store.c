/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "store/internal.h"
#include "store/store.h"

#define TEMPORARY "temporary"

static const char *const folders[] = { "rpm",     "metadata",           "blocks", "facts",
				       "outputs", IB_STORE_SOLV_FOLDER, TEMPORARY };

static const char *const content_folders[] = {
	[IB_STORE_RPM] = "rpm", [IB_STORE_METADATA] = "metadata"
};

static const char *const derived_folders[] = {
	[IB_STORE_BLOCKS] = "blocks", [IB_STORE_FACTS] = "facts", [IB_STORE_OUTPUTS] = "outputs"
};

const char *ib_store_content_folder(enum ib_store_content content)
{
	return content_folders[content];
}

const char *ib_store_derived_folder(enum ib_store_derived derived)
{
	return derived_folders[derived];
}

bool ib_store_is_content(const char *folder)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(content_folders); i++)
		if (ib_str_equal(folder, content_folders[i]))
			return true;
	return false;
}

void ib_store_folders(struct ib_strings *list)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(folders); i++)
		if (!ib_str_equal(folders[i], TEMPORARY))
			ib_strings_add(list, folders[i]);
	ib_strings_sort_unique(list);
}

char *ib_store_place(const struct ib_store *store, const char *folder, const char *digest)
{
	return ib_strf("%s/%s/%.2s/%s", store->root, folder, digest, digest);
}

/* Someone else who can write here could put in what our own processes then believe. */
static int judge_folder(const char *path, bool read_only, struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return ib_fail_errno(err, errno, "could not open store '%s'", path);
	if (st.st_uid != geteuid() && !(read_only && st.st_uid == 0)) {
		ib_fail(err, IB_TRUST, "store '%s' belongs to another user (uid %u)", path,
			(unsigned)st.st_uid);
		ib_error_hint(err, "Name a folder of your own with --store.");
		return -IB_TRUST;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		ib_fail(err, IB_TRUST, "store '%s' can be written by others (mode %04o)", path,
			(unsigned)st.st_mode & 07777);
		ib_error_hint(err,
			      "If only you have ever written there: chmod go-w '%s'; "
			      "otherwise name another folder with --store.",
			      path);
		return -IB_TRUST;
	}
	return 0;
}

static int prepare_folders(const struct ib_store *store, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(folders); i++) {
		ib_autofree char *path = ib_path_join(store->root, folders[i]);

		if (!store->read_only)
			IB_TRY(ib_file_make_directory(path, 0755, err));
		else if (!ib_file_exists(path))
			continue;
		IB_TRY(judge_folder(path, store->read_only, err));
	}
	return 0;
}

/* It is there, and we may not write: a read-only mount, or a store that root shares. */
static bool cannot_write(const char *path)
{
	return faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) &&
	       (errno == EROFS || errno == EACCES);
}

int ib_store_open(const char *path, unsigned flags, struct ib_store **ret_store,
		  struct ib_error *err)
{
	IB_AUTO(ib_store) store = ib_alloc(sizeof(*store));
	ib_autofree char *solv = NULL;

	store->root = ib_strdup(path);
	store->use_fd = -1;
	store->read_only = flags & IB_STORE_READ_ONLY || cannot_write(path);
	if (!store->read_only)
		IB_TRY(ib_file_make_directory(path, 0700, err));
	IB_TRY(judge_folder(path, store->read_only, err));
	IB_TRY(prepare_folders(store, err));
	solv = ib_path_join(path, IB_STORE_SOLV_FOLDER);
	if (ib_file_exists(solv))
		store->solv = ib_take(solv);
	IB_TRY(ib_store_begin_uses(store, err));
	if (!store->read_only)
		ib_store_sweep(store);
	*ret_store = ib_take(store);
	return 0;
}

void ib_store_free(struct ib_store *store)
{
	if (!store)
		return;
	ib_store_end_uses(store);
	ib_free(store->root);
	ib_free(store->solv);
	ib_free(store);
}

const char *ib_store_root(const struct ib_store *store)
{
	return store->root;
}

bool ib_store_is_read_only(const struct ib_store *store)
{
	return store->read_only;
}

const char *ib_store_solv_folder(const struct ib_store *store)
{
	return store->solv;
}

char *ib_store_path(const struct ib_store *store, enum ib_store_content content, const char *sha256)
{
	return ib_store_place(store, content_folders[content], sha256);
}

bool ib_store_has(const struct ib_store *store, enum ib_store_content content, const char *sha256)
{
	return ib_hex_is(sha256, 64) && ib_store_take_use(store, content_folders[content], sha256);
}

int ib_store_open_blob(const struct ib_store *store, enum ib_store_content content,
		       const char *sha256, int *ret_fd, struct ib_error *err)
{
	ib_autofree char *path = ib_store_path(store, content, sha256);
	int fd = -1;

	if (!ib_hex_is(sha256, 64))
		return ib_fail(err, IB_INPUT, "'%s' is not a SHA-256 digest", sha256);
	(void)ib_store_has(store, content, sha256); /* and it stays */
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	*ret_fd = fd;
	return 0;
}

int ib_store_hash(int fd, uint64_t size, const char *name, char *hex, struct ib_error *err)
{
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	ib_autofree uint8_t *piece = ib_alloc(1 << 17);
	uint8_t value[IB_DIGEST_MAX_SIZE];
	uint64_t offset = 0;

	while (offset < size) {
		size_t part = (size_t)IB_MIN(size - offset, (uint64_t)1 << 17);

		IB_TRY(ib_fd_read_at(fd, piece, part, offset, name, err));
		ib_digest_update(digest, piece, part);
		offset += part;
	}
	ib_hex_write(value, ib_digest_final(digest, value), hex);
	return 0;
}

int ib_store_verify(const struct ib_store *store, enum ib_store_content content, const char *sha256,
		    uint64_t *ret_size, struct ib_error *err)
{
	ib_autofree char *path = ib_store_path(store, content, sha256);
	ib_autoclose int fd = -1;
	uint64_t size = 0;
	char hex[65];

	IB_TRY(ib_store_open_blob(store, content, sha256, &fd, err));
	IB_TRY(ib_fd_size(fd, path, &size, err));
	IB_TRY(ib_store_hash(fd, size, path, hex, err));
	if (!ib_str_equal(hex, sha256)) {
		ib_fail(err, IB_TRUST, "'%s' has the SHA-256 %s, not the one it is named by", path,
			hex);
		ib_error_hint(err, "'imagebuild cache verify --remove' removes what is damaged; it "
				   "can then be fetched again.");
		return -IB_TRUST;
	}
	if (ret_size)
		*ret_size = size;
	return 0;
}

static int remove_file(const struct ib_store *store, const char *path, struct ib_error *err)
{
	if (store->read_only)
		return ib_fail(err, IB_FAILED, "cannot remove '%s': the store is read-only", path);
	if (unlink(path) && errno != ENOENT)
		return ib_fail_errno(err, errno, "could not remove '%s'", path);
	return 0;
}

int ib_store_remove(struct ib_store *store, enum ib_store_content content, const char *sha256,
		    struct ib_error *err)
{
	ib_autofree char *path = ib_store_path(store, content, sha256);

	return remove_file(store, path, err);
}

int ib_store_remove_derived(struct ib_store *store, enum ib_store_derived derived, const char *key,
			    struct ib_error *err)
{
	ib_autofree char *path = NULL;
	char name[65];

	ib_sha256_hex(key, strlen(key), name);
	path = ib_store_place(store, derived_folders[derived], name);
	return remove_file(store, path, err);
}
