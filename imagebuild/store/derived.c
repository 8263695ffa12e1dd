/* SPDX-License-Identifier: Apache-2.0 */
/* derived - things found again by their key; and a walk over all there is. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "store/internal.h"
#include "store/store.h"

int ib_store_put_derived(struct ib_store *store, enum ib_store_derived derived, const char *key,
			 const void *data, size_t size, struct ib_error *err)
{
	IB_AUTO(ib_store_file) file = NULL;

	IB_TRY(ib_store_begin(store, NULL, &file, err));
	IB_TRY(ib_fd_write(ib_store_file_fd(file), data, size, UINT64_MAX, ib_store_file_path(file),
			   err));
	return ib_store_commit_derived(file, derived, key, err);
}

/* The content's size and digest as the trailer says; false when there is no whole trailer. */
static bool read_trailer(int fd, const char *path, uint64_t *ret_size, char *sha256)
{
	struct ib_error ignored = IB_ERROR_INIT; /* whatever is wrong with it, it is not there */
	char trailer[IB_STORE_TRAILER_SIZE + 1] = "";
	const size_t magic = strlen(IB_STORE_TRAILER_MAGIC);
	uint64_t size = 0;
	bool good = !ib_fd_size(fd, path, &size, &ignored) && size >= IB_STORE_TRAILER_SIZE &&
		    !ib_fd_read_at(fd, trailer, IB_STORE_TRAILER_SIZE, size - IB_STORE_TRAILER_SIZE,
				   path, &ignored) &&
		    !memcmp(trailer, IB_STORE_TRAILER_MAGIC, magic) &&
		    ib_hex_is(trailer + magic, 64);

	ib_error_clear(&ignored);
	if (good) {
		memcpy(sha256, trailer + magic, 65);
		*ret_size = size - IB_STORE_TRAILER_SIZE;
	}
	return good;
}

bool ib_store_open_derived(const struct ib_store *store, enum ib_store_derived derived,
			   const char *key, int *ret_fd, uint64_t *ret_size, char *sha256)
{
	ib_autofree char *path = NULL;
	char name[65];
	int fd = -1;

	ib_sha256_hex(key, strlen(key), name);
	path = ib_store_place(store, ib_store_derived_folder(derived), name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (!read_trailer(fd, path, ret_size, sha256)) {
		close(fd);
		return false;
	}
	*ret_fd = fd;
	return true;
}

bool ib_store_get_derived(const struct ib_store *store, enum ib_store_derived derived,
			  const char *key, struct ib_buffer *b)
{
	struct ib_error ignored = IB_ERROR_INIT; /* as above */
	ib_autoclose int fd = -1;
	uint64_t size = 0;
	char expected[65];
	char found[65];
	bool good = false;

	if (!ib_store_open_derived(store, derived, key, &fd, &size, expected))
		return false;
	if (size > ib_buffer_room(b))
		return false;
	good = !ib_fd_read_at(fd, ib_buffer_reserve(b, (size_t)size), (size_t)size, 0, key,
			      &ignored);
	ib_error_clear(&ignored);
	if (!good)
		return false;
	ib_sha256_hex(b->data + b->size, (size_t)size, found);
	if (!ib_str_equal(found, expected))
		return false;
	b->size += (size_t)size;
	return true;
}

static int list_names(const char *path, struct ib_strings *list, struct ib_error *err)
{
	DIR *directory = opendir(path);
	const struct dirent *entry = NULL;

	if (!directory)
		return errno == ENOENT ? 0 : ib_fail_errno(err, errno, "could not read '%s'", path);
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			ib_strings_add(list, entry->d_name);
	closedir(directory);
	ib_strings_sort_unique(list);
	return 0;
}

static int walk_files(const char *folder, const char *path, ib_store_entry_fn visit, void *context,
		      struct ib_error *err)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	IB_TRY(list_names(path, &names, err));
	for (i = 0; i < names.count; i++) {
		ib_autofree char *file = ib_path_join(path, names.items[i]);
		struct ib_store_entry entry = { .folder = folder, .name = names.items[i] };
		struct stat st;

		if (lstat(file, &st) || !S_ISREG(st.st_mode) || !ib_hex_is(names.items[i], 64))
			continue;
		entry.size = (uint64_t)st.st_size;
		entry.used = st.st_mtime;
		IB_TRY(visit(context, &entry, err));
	}
	return 0;
}

static int walk_folder(const struct ib_store *store, const char *name, ib_store_entry_fn visit,
		       void *context, struct ib_error *err)
{
	ib_autofree char *folder = ib_path_join(store->root, name);
	IB_AUTO_STRINGS(parts);
	size_t i = 0;

	IB_TRY(list_names(folder, &parts, err));
	for (i = 0; i < parts.count; i++) {
		ib_autofree char *path = ib_path_join(folder, parts.items[i]);

		IB_TRY(walk_files(name, path, visit, context, err));
	}
	return 0;
}

int ib_store_walk(const struct ib_store *store, ib_store_entry_fn visit, void *context,
		  struct ib_error *err)
{
	const char *const walked[] = { "blocks", "facts", "metadata", "outputs", "rpm" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(walked); i++)
		IB_TRY(walk_folder(store, walked[i], visit, context, err));
	return 0;
}
