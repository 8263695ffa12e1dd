/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <string.h>

#include "base/buffer.h"
#include "base/strings.h"

char *ib_path_join(const char *directory, const char *path)
{
	size_t size = strlen(directory);

	if (*path == '/' || !size)
		return ib_strdup(path);
	while (size > 1 && directory[size - 1] == '/')
		size--;
	if (size == 1 && *directory == '/')
		return ib_strf("/%s", path);
	return ib_strf("%.*s/%s", (int)size, directory, path);
}

char *ib_path_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ib_strdup(".");
	return slash == path ? ib_strdup("/") : ib_strndup(path, (size_t)(slash - path));
}

const char *ib_path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool ib_path_is_inside(const char *path)
{
	if (!*path)
		return false;
	while (true) {
		size_t length = strcspn(path, "/");

		if (!length || (length == 1 && path[0] == '.') ||
		    (length == 2 && !memcmp(path, "..", 2)))
			return false;
		if (!path[length])
			return true;
		path += length + 1;
	}
}

char *ib_path_normalize(const char *path)
{
	IB_AUTO_BUFFER(out, strlen(path) + 3);
	const char *at = path;

	while (*at) {
		size_t length = strcspn(at, "/");

		if (length == 2 && !memcmp(at, "..", 2)) {
			while (out.size && out.data[--out.size] != '/')
				;
		} else if (length && !(length == 1 && *at == '.')) {
			ib_buffer_put_u8(&out, '/');
			ib_buffer_put(&out, at, length);
		}
		at += length;
		at += strspn(at, "/");
	}
	if (!out.size)
		ib_buffer_put_u8(&out, '/');
	return ib_buffer_take_text(&out);
}

char *ib_path_to_url(const char *path)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
	IB_AUTO_BUFFER(out, strlen(path) * 3 + 1);

	for (; *path; path++) {
		if (strchr(plain, *path))
			ib_buffer_put_u8(&out, (uint8_t)*path);
		else
			ib_buffer_putf(&out, "%%%02X", (unsigned)(uint8_t)*path);
	}
	return ib_buffer_take_text(&out);
}
