/* SPDX-License-Identifier: Apache-2.0 */
/* From a writable layer to the document: names by byte, links never followed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "build/effects.h"
#include "json/json.h"

#define PATHS_MAX 20000
#define DEPTH_MAX 64

struct record {
	const char *name;
	struct ib_json_writer *json;
	size_t paths;
	uint64_t bytes;
};

static int refuse(const struct record *record, const char *path, const char *what,
		  struct ib_error *err)
{
	(void)ib_fail(err, IB_INPUT, "%s %s '%s'", record->name, what, path);
	ib_error_hint(err, "Decide 'skip' for it with a reason, and lay down what the image needs "
			   "in an overlay, whose table can say so.");
	return -IB_INPUT;
}

/* Whether a relative link at this path climbs above the root. */
static bool leads_out(const char *path, const char *target)
{
	long depth = 0;
	const char *at = NULL;

	if (*target == '/')
		return false;
	for (at = path + 1; *at; at++)
		depth += *at == '/';
	while (*target) {
		size_t length = strcspn(target, "/");

		if (length == 2 && !strncmp(target, "..", 2))
			depth--;
		else if (length && !(length == 1 && *target == '.'))
			depth++;
		if (depth < 0)
			return true;
		target += length;
		target += strspn(target, "/");
	}
	return false;
}

static void begin(struct record *record, const char *path, const char *type)
{
	ib_json_begin_object(record->json);
	ib_json_member_string(record->json, "path", path);
	ib_json_member_string(record->json, "type", type);
}

static int put_link(struct record *record, int folder, const char *name, const char *path,
		    struct ib_error *err)
{
	char target[PATH_MAX] = "";
	ssize_t length = readlinkat(folder, name, target, sizeof(target) - 1);

	if (length < 0)
		return ib_fail_errno(err, errno, "could not read the link '%s'", path);
	target[length] = '\0';
	if (leads_out(path, target))
		return refuse(record, path, "makes a link that leads out of the image:", err);
	begin(record, path, "link");
	ib_json_member_string(record->json, "target", target);
	ib_json_end_object(record->json);
	return 0;
}

static int put_file(struct record *record, int folder, const char *name, const char *path,
		    struct ib_error *err)
{
	ib_autoclose int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	IB_AUTO_BUFFER(content, IB_EFFECTS_MAX);
	ib_autofree char *base64 = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	if (st.st_mode & 07000)
		return refuse(record, path, "makes a file that is setuid or setgid:", err);
	if (fgetxattr(fd, "security.capability", NULL, 0) >= 0)
		return refuse(record, path, "gives capabilities to", err);
	record->bytes += (uint64_t)st.st_size;
	if (record->bytes > IB_EFFECTS_MAX / 2)
		return ib_fail(err, IB_LIMIT, "%s writes more than %zu MiB", record->name,
			       IB_EFFECTS_MAX >> 21);
	if (st.st_size)
		IB_TRY(ib_fd_read_at(fd, ib_buffer_reserve(&content, (size_t)st.st_size),
				     (size_t)st.st_size, 0, path, err));
	begin(record, path, "file");
	ib_json_member_integer(record->json, "mode", st.st_mode & 0777);
	base64 = ib_base64(content.data, (size_t)st.st_size);
	ib_json_member_string(record->json, "content", base64);
	ib_json_end_object(record->json);
	return 0;
}

static int put_folder(struct record *record, int parent, const char *name, const char *path,
		      unsigned depth, struct ib_error *err);

static int put_entry(struct record *record, int folder, const char *name, const char *path,
		     unsigned depth, struct ib_error *err)
{
	struct stat st;

	if (++record->paths > PATHS_MAX)
		return ib_fail(err, IB_LIMIT, "%s changes more than %d paths", record->name,
			       PATHS_MAX);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return ib_fail_errno(err, errno, "could not look at '%s'", path);
	if (S_ISDIR(st.st_mode))
		return put_folder(record, folder, name, path, depth, err);
	if (S_ISLNK(st.st_mode))
		return put_link(record, folder, name, path, err);
	if (S_ISREG(st.st_mode))
		return put_file(record, folder, name, path, err);
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0)) { /* an overlay's sign of removal */
		begin(record, path, "absent");
		ib_json_end_object(record->json);
		return 0;
	}
	return refuse(record, path, "makes what is neither file, folder nor link:", err);
}

static int put_children(struct record *record, int fd, const char *path, unsigned depth,
			struct ib_error *err)
{
	struct dirent **entries = NULL;
	int count = scandirat(fd, ".", &entries, NULL, NULL);
	IB_AUTO_STRINGS(names);
	size_t i = 0;
	int n = 0;

	if (count < 0)
		return ib_fail_errno(err, errno, "could not read folder '%s'", path);
	for (n = 0; n < count; n++) {
		if (strcmp(entries[n]->d_name, ".") != 0 && strcmp(entries[n]->d_name, "..") != 0)
			ib_strings_add(&names, entries[n]->d_name);
		ib_free(entries[n]);
	}
	ib_free(entries);
	ib_strings_sort_unique(&names);
	for (i = 0; i < names.count; i++) {
		ib_autofree char *inner = ib_strf("%s/%s", path, names.items[i]);

		IB_TRY(put_entry(record, fd, names.items[i], inner, depth, err));
	}
	return 0;
}

static int put_folder(struct record *record, int parent, const char *name, const char *path,
		      unsigned depth, struct ib_error *err)
{
	ib_autoclose int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char opaque[2] = "";
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return ib_fail_errno(err, errno, "could not open folder '%s'", path);
	if (depth >= DEPTH_MAX)
		return ib_fail(err, IB_LIMIT, "%s makes folders deeper than %d", record->name,
			       DEPTH_MAX);
	if (st.st_mode & 06000)
		return refuse(record, path, "makes a folder that is setuid or setgid:", err);
	if (fgetxattr(fd, "user.overlay.opaque", opaque, sizeof(opaque)) == 1 && *opaque == 'y') {
		begin(record, path, "absent");
		ib_json_end_object(record->json);
	}
	begin(record, path, "directory");
	ib_json_member_integer(record->json, "mode", st.st_mode & 01777);
	ib_json_end_object(record->json);
	return put_children(record, fd, path, depth + 1, err);
}

int ib_effects_record(const char *upper, const char *name, struct ib_buffer *out,
		      struct ib_error *err)
{
	IB_AUTO(ib_json_writer) json = ib_json_writer_to_buffer(out, IB_JSON_LINES);
	struct record record = { .name = name, .json = json };
	ib_autoclose int fd = open(upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open folder '%s'", upper);
	ib_json_begin_object(json);
	ib_json_member_string(json, "format", "imagebuild effects 1");
	ib_json_member_array(json, "paths");
	IB_TRY(put_children(&record, fd, "", 0, err));
	ib_json_end_array(json);
	ib_json_end_object(json);
	return ib_json_finish(json, err);
}
