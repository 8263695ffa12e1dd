/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <rpm/rpmtag.h>

#include "rpmfile/internal.h"

enum { MAX_FILES = 1 << 20, MAX_PATH = 4096 };

static int fail_files(const char *name, const char *what, struct ib_error *err)
{
	return ib_fail(err, IB_TRUST, "the header of '%s' contradicts itself: %s", name, what);
}

/* ---- paths --------------------------------------------------------------- */

/* Absolute, and nothing in it but names: no path of a package leads anywhere else. */
static bool is_canonical(const char *path)
{
	ib_autofree char *normal = NULL;

	if (path[0] != '/' || strlen(path) >= MAX_PATH)
		return false;
	normal = ib_path_normalize(path);
	return !strcmp(normal, path);
}

static int fill_paths(const struct ib_header *header, const char *name, struct ib_arena *arena,
		      struct ib_package_file *files, size_t count, struct ib_error *err)
{
	IB_AUTO(ib_arena) columns = ib_arena_new();
	const char *const *bases = ib_header_strings(header, RPMTAG_BASENAMES, columns);
	const char *const *folders = ib_header_strings(header, RPMTAG_DIRNAMES, columns);
	const char *const *whole = ib_header_strings(header, RPMTAG_OLDFILENAMES, columns);
	size_t folder_count = folders ? ib_header_count(header, RPMTAG_DIRNAMES) : 0;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		uint64_t folder = ib_header_number(header, RPMTAG_DIRINDEXES, i, UINT64_MAX);

		if (bases && folder < folder_count)
			files[i].path = ib_arena_strf(arena, "%s%s", folders[folder], bases[i]);
		else if (!bases && whole)
			files[i].path = ib_arena_strdup(arena, whole[i]);
		else
			return fail_files(name, "a file has no directory", err);
		if (!is_canonical(files[i].path))
			return ib_fail(err, IB_TRUST,
				       "the header of '%s' holds the path '%s', which is not a "
				       "plain absolute one",
				       name, files[i].path);
	}
	return 0;
}

/* ---- the columns beside them --------------------------------------------- */

/* Of a column in the arena; what many files in a row have is kept once. */
static void keep_texts(const char *const *texts, bool empty_is_null, struct ib_arena *arena,
		       struct ib_package_file *files, size_t count, size_t offset)
{
	const char *before = NULL;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		void *at = (char *)&files[i] + offset;
		const char *text = texts[i];

		if (!*text && empty_is_null)
			text = NULL;
		else if (!before || strcmp(text, before) != 0)
			text = before = ib_arena_strdup(arena, text);
		else
			text = before;
		*(const char **)at = text;
	}
}

/* Text columns: NULL for what is absent or empty, if that is what it means. */
static int fill_texts(const struct ib_header *header, const char *name, struct ib_arena *arena,
		      struct ib_package_file *files, size_t count, struct ib_error *err)
{
	static const struct {
		size_t offset;
		uint32_t tag;
		bool empty_is_null;
	} columns[] = {
		{ offsetof(struct ib_package_file, user), RPMTAG_FILEUSERNAME, false },
		{ offsetof(struct ib_package_file, group), RPMTAG_FILEGROUPNAME, false },
		{ offsetof(struct ib_package_file, link), RPMTAG_FILELINKTOS, true },
		{ offsetof(struct ib_package_file, capabilities), RPMTAG_FILECAPS, true },
		{ offsetof(struct ib_package_file, language), RPMTAG_FILELANGS, true },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(columns); i++) {
		IB_AUTO(ib_arena) column = ib_arena_new();
		const char *const *texts = ib_header_strings(header, columns[i].tag, column);

		if (texts && ib_header_count(header, columns[i].tag) != count)
			return fail_files(name, "its columns of files differ in length", err);
		if (texts)
			keep_texts(texts, columns[i].empty_is_null, arena, files, count,
				   columns[i].offset);
	}
	return 0;
}

static int fill_numbers(const struct ib_header *header, const char *name,
			struct ib_package_file *files, size_t count, struct ib_error *err)
{
	static const uint32_t tags[] = {
		RPMTAG_FILEMODES, RPMTAG_FILEMTIMES, RPMTAG_FILEFLAGS,
		RPMTAG_FILERDEVS, RPMTAG_FILEINODES, RPMTAG_FILEVERIFYFLAGS
	};
	uint32_t sizes = ib_header_has(header, RPMTAG_LONGFILESIZES) ? RPMTAG_LONGFILESIZES
								     : RPMTAG_FILESIZES;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(tags); i++)
		if (ib_header_count(header, tags[i]) != count)
			return fail_files(name, "its columns of files differ in length", err);
	if (ib_header_count(header, sizes) != count)
		return fail_files(name, "its columns of files differ in length", err);
	for (i = 0; i < count; i++) {
		struct ib_package_file *file = &files[i];

		file->mode = (uint32_t)ib_header_number(header, RPMTAG_FILEMODES, i, 0) & 0xffff;
		file->size = ib_header_number(header, sizes, i, 0);
		file->mtime = (int64_t)ib_header_number(header, RPMTAG_FILEMTIMES, i, 0);
		file->flags = (uint32_t)ib_header_number(header, RPMTAG_FILEFLAGS, i, 0);
		file->rdev = (uint32_t)ib_header_number(header, RPMTAG_FILERDEVS, i, 0) & 0xffff;
		file->inode = (uint32_t)ib_header_number(header, RPMTAG_FILEINODES, i, 0);
		file->color = (uint32_t)ib_header_number(header, RPMTAG_FILECOLORS, i, 0);
		file->verify_flags =
			(uint32_t)ib_header_number(header, RPMTAG_FILEVERIFYFLAGS, i, 0);
	}
	return 0;
}

static int check_kinds(const char *name, const struct ib_package_file *files, size_t count,
		       struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < count; i++) {
		const struct ib_package_file *file = &files[i];

		if (!file->user || !file->group || !*file->user || !*file->group)
			return fail_files(name, "a file has no owner", err);
		switch (file->mode & S_IFMT) {
		case S_IFLNK:
			if (!file->link)
				return fail_files(name, "a symbolic link has no target", err);
			break;
		case S_IFREG:
		case S_IFDIR:
		case S_IFCHR:
		case S_IFBLK:
		case S_IFIFO:
		case S_IFSOCK:
			break;
		default:
			return fail_files(name, "a file has a type that does not exist", err);
		}
	}
	return 0;
}

static int fill_digests(const struct ib_header *header, const char *name, struct ib_arena *arena,
			struct ib_package *package, struct ib_package_file *files,
			struct ib_error *err)
{
	uint64_t kind = ib_header_number(header, RPMTAG_FILEDIGESTALGO, 0, IB_DIGEST_MD5);
	IB_AUTO(ib_arena) column = ib_arena_new();
	const char *const *texts = ib_header_strings(header, RPMTAG_FILEDIGESTS, column);
	size_t size = 0;
	size_t i = 0;

	if (!texts || ib_header_count(header, RPMTAG_FILEDIGESTS) != package->file_count)
		return fail_files(name, "its columns of files differ in length", err);
	size = kind < 256 ? ib_digest_size((enum ib_digest_kind)kind) : 0;
	if (!size)
		return ib_fail(err, IB_TRUST,
			       "the files of '%s' have digests of kind %llu, which is not "
			       "supported",
			       name, (unsigned long long)kind);
	package->digest_kind = (enum ib_digest_kind)kind;
	for (i = 0; i < package->file_count; i++) {
		uint8_t value[IB_DIGEST_MAX_SIZE];

		if (!*texts[i] || !S_ISREG(files[i].mode) || (files[i].flags & IB_FILE_GHOST))
			continue;
		if (!ib_hex_read(texts[i], value, size))
			return fail_files(name, "a file's digest is none", err);
		files[i].digest = ib_arena_memdup(arena, value, size);
	}
	return 0;
}

/* ---- hard links ---------------------------------------------------------- */

struct link_row {
	uint64_t identity; /* device and inode of the build */
	uint32_t file;
};

static int compare_rows(const void *a, const void *b)
{
	const struct link_row *x = a;
	const struct link_row *y = b;

	if (x->identity != y->identity)
		return x->identity < y->identity ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

/*
 * Counts the names of each regular file. Inode numbers become the number of the
 * group's first file plus one, so that the inode alone tells groups apart.
 */
static int count_links(const struct ib_header *header, const char *name,
		       struct ib_package_file *files, size_t count, struct ib_error *err)
{
	ib_autofree struct link_row *rows = ib_alloc_array(count, sizeof(*rows));
	size_t row_count = 0;
	size_t start = 0;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		uint64_t device = ib_header_number(header, RPMTAG_FILEDEVICES, i, 0);
		uint64_t identity = (device << 32) | files[i].inode;

		files[i].inode = (uint32_t)i + 1;
		files[i].link_count = 1;
		if (S_ISREG(files[i].mode) && !(files[i].flags & IB_FILE_GHOST))
			rows[row_count++] = (struct link_row){ identity, (uint32_t)i };
	}
	qsort(rows, row_count, sizeof(*rows), compare_rows);
	for (i = 1; i <= row_count; i++) {
		size_t member = 0;

		if (i < row_count && rows[i].identity == rows[start].identity)
			continue;
		for (member = start; member < i; member++) {
			if (files[rows[member].file].size != files[rows[start].file].size)
				return fail_files(name, "hard links differ in size", err);
			files[rows[member].file].link_count = (uint32_t)(i - start);
			files[rows[member].file].inode = rows[start].file + 1;
		}
		start = i;
	}
	return 0;
}

static int fill_columns(const struct ib_header *header, const char *name, struct ib_arena *arena,
			struct ib_package_file *files, size_t count, struct ib_error *err)
{
	IB_TRY(fill_paths(header, name, arena, files, count, err));
	IB_TRY(fill_numbers(header, name, files, count, err));
	IB_TRY(fill_texts(header, name, arena, files, count, err));
	return check_kinds(name, files, count, err);
}

int ib_package_fill_files(const struct ib_header *header, const char *name, struct ib_arena *arena,
			  struct ib_package *package, struct ib_error *err)
{
	size_t count = ib_header_count(header, RPMTAG_BASENAMES);
	struct ib_package_file *files = NULL;

	if (!count)
		count = ib_header_count(header, RPMTAG_OLDFILENAMES);
	if (!count)
		return 0;
	if (count > MAX_FILES)
		return ib_fail(err, IB_LIMIT, "'%s' has %zu files, more than we handle", name,
			       count);
	files = ib_arena_alloc(arena, count * sizeof(*files));
	package->file_count = count;
	IB_TRY(fill_columns(header, name, arena, files, count, err));
	IB_TRY(fill_digests(header, name, arena, package, files, err));
	IB_TRY(count_links(header, name, files, count, err));
	package->files = files;
	return 0;
}
