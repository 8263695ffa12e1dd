/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/newc.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

enum { HEADER_SIZE = 110 };

/* Length of the name, with the zeros that belong to it, so that the content is aligned. */
static uint32_t name_size(const struct ib_newc *entry, uint64_t at)
{
	uint32_t size = (uint32_t)strlen(entry->path) + 1;

	if (!entry->alignment)
		return size;
	return size + (uint32_t)(-(at + HEADER_SIZE + size) & (entry->alignment - 1));
}

int ib_newc_put(struct ib_buffer *out, const struct ib_newc *entry, uint64_t at,
		const char *archive, struct ib_error *err)
{
	const struct ib_inode *inode = entry->inode;
	bool is_device = S_ISCHR(inode->mode) || S_ISBLK(inode->mode);
	int64_t mtime = IB_MIN(IB_MAX(inode->mtime, 0), (int64_t)UINT32_MAX);
	const uint32_t fields[] = {
		entry->number,
		inode->mode,
		inode->uid,
		inode->gid,
		entry->links,
		(uint32_t)mtime,
		(uint32_t)entry->size,
		0, /* device of the file system: it has none */
		0,
		is_device ? inode->rdev_major : 0,
		is_device ? inode->rdev_minor : 0,
		name_size(entry, at),
		0, /* checksum: newc has none */
	};
	uint64_t end = at + HEADER_SIZE + name_size(entry, at);
	size_t zeros = name_size(entry, at) - strlen(entry->path) + (size_t)(-end & 3);
	size_t i = 0;

	/* The kernel skips longer names without a word. */
	if (strlen(entry->path) >= PATH_MAX)
		return ib_fail(err, IB_LIMIT, "path '%.64s…' is too long for '%s'", entry->path,
			       archive);
	if (entry->size > UINT32_MAX)
		return ib_fail(err, IB_LIMIT, "'/%s' is larger than 4 GiB, too large for '%s'",
			       entry->path, archive);
	ib_buffer_puts(out, "070701");
	for (i = 0; i < IB_COUNT(fields); i++)
		ib_buffer_putf(out, "%08X", fields[i]);
	ib_buffer_puts(out, entry->path);
	for (i = 0; i < zeros; i++)
		ib_buffer_put(out, "", 1);
	return 0;
}
