/* SPDX-License-Identifier: Apache-2.0 */
/* url - which URLs are used, and how a name is put below one. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/internal.h"

static const char *const schemes[] = { "https", "http", "file" };

const char *ib_fetch_scheme(const char *url)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(schemes); i++) {
		size_t length = strlen(schemes[i]);

		if (ib_str_starts(url, schemes[i]) && ib_str_starts(url + length, "://"))
			return schemes[i];
	}
	return NULL;
}

/* "user:password@" in front of the host. */
static bool has_credentials(const char *url)
{
	const char *host = strstr(url, "://");
	size_t length = host ? strcspn(host + 3, "/?#") : 0;

	return host && memchr(host + 3, '@', length);
}

static bool has_strange_bytes(const char *url)
{
	for (; *url; url++)
		if ((unsigned char)*url <= ' ' || *url == '\x7f')
			return true;
	return false;
}

int ib_fetch_check_url(const char *url, struct ib_error *err)
{
	if (!*url)
		return ib_fail(err, IB_INPUT, "a repository's URL is empty");
	if (!strstr(url, "://"))
		return 0; /* a path */
	if (!ib_fetch_scheme(url)) {
		ib_fail(err, IB_INPUT, "cannot fetch '%s': its scheme is not known here", url);
		ib_error_hint(err, "Use http://, https://, file:// or a path.");
		return -IB_INPUT;
	}
	if (has_credentials(url)) {
		/* The URL is not repeated: words end up in logs. */
		ib_fail(err, IB_INPUT, "a URL carries a user name or password");
		ib_error_hint(err, "Serve the repository from where no password is needed, "
				   "such as a proxy of your own.");
		return -IB_INPUT;
	}
	if (has_strange_bytes(url))
		return ib_fail(err, IB_INPUT, "cannot fetch '%s': it contains blanks", url);
	return 0;
}

static int path_to_url(const char *path, char **ret_url, struct ib_error *err)
{
	char resolved[PATH_MAX];
	ib_autofree char *encoded = NULL;

	if (!realpath(path, resolved)) {
		ib_autofree char *absolute = NULL;

		/* A folder that is gone is a mirror that fails, like any other. */
		if (errno != ENOENT || !realpath(".", resolved))
			return ib_fail_errno(err, errno, "could not open repository '%s'", path);
		absolute = *path == '/' ? ib_strdup(path) : ib_path_join(resolved, path);
		encoded = ib_path_to_url(absolute);
		*ret_url = ib_strf("file://%s", encoded);
		return 0;
	}
	encoded = ib_path_to_url(resolved);
	*ret_url = ib_strf("file://%s", encoded);
	return 0;
}

int ib_fetch_join_url(const char *folder, const char *location, char **ret_url,
		      struct ib_error *err)
{
	ib_autofree char *encoded = ib_path_to_url(location);
	ib_autofree char *base = NULL;
	size_t length = 0;

	IB_TRY(ib_fetch_check_url(folder, err));
	if (*location && !ib_path_is_inside(location))
		return ib_fail(err, IB_TRUST, "cannot fetch '%s': the name leaves the repository",
			       location);
	if (ib_fetch_scheme(folder))
		base = ib_strdup(folder);
	else
		IB_TRY(path_to_url(folder, &base, err));
	assert(base);
	length = strlen(base);
	while (*location && length && base[length - 1] == '/')
		base[--length] = '\0';
	*ret_url = *location ? ib_strf("%s/%s", base, encoded) : ib_take(base);
	return 0;
}
