/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metadata lies in a store under its digest, so that its name does not say how
 * it is compressed; the first bytes do.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <solv/solv_xfopen.h>

#include "resolve/internal.h"

FILE *ib_open_metadata(const char *path)
{
	static const struct {
		const char *magic;
		size_t size;
		const char *name; /* whose ending libsolv knows */
	} kinds[] = {
		{ "\x1f\x8b", 2, "x.gz" },          { "\xfd\x37zXZ", 5, "x.xz" },
		{ "\x28\xb5\x2f\xfd", 4, "x.zst" }, { "BZh", 3, "x.bz2" },
		{ "\x5d\x00\x00", 3, "x.lzma" },
	};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *name = "x";
	char head[8] = { 0 };
	FILE *stream = NULL;
	size_t i = 0;

	if (fd < 0)
		return NULL;
	if (pread(fd, head, sizeof(head), 0) < 0) {
		close(fd);
		return NULL;
	}
	for (i = 0; i < IB_COUNT(kinds); i++)
		if (!memcmp(head, kinds[i].magic, kinds[i].size))
			name = kinds[i].name;
	stream = solv_xfopen_fd(name, fd, "r");
	if (!stream)
		close(fd); /* else the stream owns it */
	return stream;
}

/* libsolv as Debian builds it does not read it; repositories carry it beside another form. */
bool ib_is_zchunk(const char *path)
{
	static const char *const magics[] = { "\0ZCK1", "\0ZHR1" };
	FILE *file = fopen(path, "re");
	char head[5] = { 0 };
	bool found = false;
	size_t i = 0;

	if (!file)
		return false;
	if (fread(head, sizeof(head), 1, file) == 1)
		for (i = 0; i < IB_COUNT(magics); i++)
			found |= !memcmp(head, magics[i], sizeof(head));
	fclose(file);
	return found;
}
