/* SPDX-License-Identifier: Apache-2.0 */
/* derived - things found again by their key. */
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

	if (store->read_only)
		return 0; /* it can be made again */
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
	struct stat st;
	char name[65];
	int fd = -1;

	ib_sha256_hex(key, strlen(key), name);
	path = ib_store_place(store, ib_store_derived_folder(derived), name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) || !read_trailer(fd, path, ret_size, sha256)) {
		close(fd);
		return false;
	}
	ib_store_touch(store, path, st.st_mtime);
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

bool ib_store_derived_holds(int fd, const char *path)
{
	struct ib_error ignored = IB_ERROR_INIT; /* as above */
	uint64_t size = 0;
	char expected[65];
	char found[65];
	bool holds = read_trailer(fd, path, &size, expected) &&
		     !ib_store_hash(fd, size, path, found, &ignored) &&
		     ib_str_equal(found, expected);

	ib_error_clear(&ignored);
	return holds;
}
