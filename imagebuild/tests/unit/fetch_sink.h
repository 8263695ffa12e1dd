/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_sink - what the tests of fetch/ share: a file to ask for, and where it goes. */
#ifndef IB_TESTS_FETCH_SINK_H
#define IB_TESTS_FETCH_SINK_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "crypto/crypto.h"
#include "fetch/fetch.h"
#include "test.h"

static const struct ib_fetch_options quick = { .stall_seconds = 2, .connect_seconds = 2 };

/* ---- a sink: files in test_dir/sink, parts stay under "part.I" ------------- */

struct folder {
	int fds[16];
	char part[16][300];
	char final[16][300];
};

static inline int sink_begin(void *context, size_t i, void **ret_handle, int *ret_fd,
			     struct ib_error *err)
{
	struct folder *folder = context;

	snprintf(folder->part[i], sizeof(folder->part[i]), "%s/part.%zu", test_dir, i);
	snprintf(folder->final[i], sizeof(folder->final[i]), "%s/final.%zu", test_dir, i);
	folder->fds[i] = open(folder->part[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (folder->fds[i] < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", folder->part[i]);
	*ret_handle = folder;
	*ret_fd = folder->fds[i];
	return 0;
}

static inline int sink_commit(void *context, size_t i, void *handle, const char *sha256,
			      struct ib_error *err)
{
	struct folder *folder = context;
	char found[65];

	(void)handle;
	close(folder->fds[i]);
	IB_TRY(ib_sha256_file(folder->part[i], found, NULL, err));
	ck_assert_str_eq(found, sha256);
	return ib_file_rename(folder->part[i], folder->final[i], err);
}

static inline void sink_drop(void *context, size_t i, void *handle)
{
	struct folder *folder = context;

	(void)handle;
	close(folder->fds[i]);
}

static inline bool arrived(size_t i)
{
	ib_autofree char *path = ib_strf("%s/final.%zu", test_dir, i);

	return ib_file_exists(path);
}

static inline size_t part_size(size_t i)
{
	ib_autofree char *path = ib_strf("%s/part.%zu", test_dir, i);
	struct stat st;

	return stat(path, &st) ? SIZE_MAX : (size_t)st.st_size;
}

#define CONTENT_SIZE ((size_t)300000)

static inline void fill_content(char *content)
{
	size_t i = 0;

	for (i = 0; i < CONTENT_SIZE; i++)
		content[i] = (char)('a' + (i * 7 + i / 1000) % 26);
}

static pid_t server_pid;

static inline void stop_server(void)
{
	kill(server_pid, SIGKILL);
	waitpid(server_pid, NULL, 0);
	test_dir_remove();
}

static char content_digest[65];

static inline struct ib_fetch_file one_file(const char *const *urls, size_t count)
{
	static char content[CONTENT_SIZE];

	fill_content(content);
	ib_sha256_hex(content, CONTENT_SIZE, content_digest);
	return (struct ib_fetch_file){ .name = "package 'x+y'",
				       .urls = urls,
				       .url_count = count,
				       .location = "x+y.rpm",
				       .size = CONTENT_SIZE,
				       .checksum_kind = "sha256",
				       .checksum = content_digest };
}

#endif
