/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image that was built, opened again from its bytes alone: the tree, the facts
 * of its contents, the packages of its own database.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "build/built.h"
#include "image/image.h"
#include "rpmfile/rpmfile.h"

#define MAX_CONTENT ((size_t)1 << 30)

struct ib_built {
	struct ib_arena *arena;
	const char *path; /* of the image */
	int fd;
	uint64_t size;
	struct ib_image *image;
	struct ib_tree *tree;
	struct ib_map *facts; /* inode → struct ib_fact; what is not known is a fact without data */
	struct ib_map *blocks; /* first block → the inode that it counts for */
	const struct ib_package *const *packages;
	size_t package_count;
	char root_hash[65]; /* "" where none lies beside it */
};

static void key_of(const struct ib_inode *inode, char key[24])
{
	snprintf(key, 24, "%p", (const void *)inode);
}

/* ---- contents ------------------------------------------------------------------ */

static const struct ib_fact *learn(struct ib_built *built, const char *path,
				   const struct ib_inode *inode)
{
	static const struct ib_fact nothing;
	struct ib_error ignored = IB_ERROR_INIT;
	IB_AUTO_BUFFER(content, MAX_CONTENT);

	if (!ib_facts_wants(path, inode->mode, inode->size))
		return &nothing;
	/* the whole image was read before: what fails now is larger than anybody looks at */
	if (ib_image_read_content(built->image, inode, &content, &ignored) < 0) {
		ib_error_clear(&ignored);
		return &nothing;
	}
	return ib_fact_of(built->arena, path, content.data, content.size);
}

static const struct ib_fact *fact_of(void *context, const struct ib_node *node)
{
	struct ib_built *built = context;
	const struct ib_fact *fact = NULL;
	struct ib_fact *copy = NULL;
	ib_autofree char *path = NULL;
	char key[24];

	key_of(node->inode, key);
	fact = ib_map_get(built->facts, key);
	if (!fact) {
		path = ib_node_path(node);
		copy = ib_arena_memdup(built->arena, learn(built, path, node->inode),
				       sizeof(*copy));
		ib_map_set(built->facts, key, copy);
		fact = copy;
	}
	return fact->path ? fact : NULL;
}

uint64_t ib_built_stored(void *context, const struct ib_node *node)
{
	struct ib_built *built = context;
	struct ib_error ignored = IB_ERROR_INIT;
	static char taken[] = "";
	uint64_t block = 0;
	uint64_t bytes = 0;
	char key[24];

	if (!node->inode->size)
		return 0;
	if (ib_image_stored(built->image, node->inode, &block, &bytes, &ignored) < 0) {
		ib_error_clear(&ignored); /* its content was read before */
		return 0;
	}
	snprintf(key, sizeof(key), "%" PRIu64, block);
	if (block && ib_map_set(built->blocks, key, taken))
		return 0;
	return bytes;
}

bool ib_built_blocks(const struct ib_built *built, const struct ib_node *node, uint64_t *ret_first,
		     uint64_t *ret_count)
{
	struct ib_error ignored = IB_ERROR_INIT;
	struct ib_image_info info;
	uint64_t bytes = 0;

	if (!S_ISREG(node->inode->mode) || !node->inode->size)
		return false;
	if (ib_image_info(built->image, &info, &ignored) < 0 ||
	    ib_image_stored(built->image, node->inode, ret_first, &bytes, &ignored) < 0) {
		ib_error_clear(&ignored); /* both were read before */
		return false;
	}
	*ret_count = bytes / IB_PIECE_BLOCK;
	return ib_str_equal(info.format, "erofs") && *ret_first && *ret_count;
}

/* ---- opening --------------------------------------------------------------------- */

/* What the name of a root image ends in, or NULL. */
static const char *suffix_of(const char *name)
{
	size_t i = 0;

	for (i = 0; ib_format_at(i); i++)
		if (ib_str_ends(name, ib_format_at(i)->suffix))
			return ib_format_at(i)->suffix;
	return NULL;
}

int ib_built_find(const char *path, struct ib_arena *arena, const char **ret_image,
		  struct ib_error *err)
{
	const struct dirent *entry = NULL;
	const char *found = NULL;
	struct stat st;
	DIR *folder = NULL;

	if (stat(path, &st))
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	if (!S_ISDIR(st.st_mode)) {
		*ret_image = ib_arena_strdup(arena, path);
		return 0;
	}
	folder = opendir(path);
	if (!folder)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	while ((entry = readdir(folder))) {
		/* the first by name, whatever the order of the folder */
		if (suffix_of(entry->d_name) && (!found || strcmp(entry->d_name, found) < 0))
			found = ib_arena_strdup(arena, entry->d_name);
	}
	closedir(folder);
	if (!found)
		return ib_fail(err, IB_INPUT, "there is no root image (*.root.*) in '%s'", path);
	*ret_image = ib_arena_strf(arena, "%s/%s", path, found);
	return 0;
}

static int read_packages(struct ib_built *built, struct ib_error *err)
{
	static const char *const places[] = { "/usr/lib/sysimage/rpm/rpmdb.sqlite",
					      "/var/lib/rpm/rpmdb.sqlite" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(places); i++) {
		const struct ib_node *node = ib_tree_find_target(built->tree, places[i]);
		IB_AUTO_BUFFER(content, MAX_CONTENT);

		if (!node || !S_ISREG(node->inode->mode) || !node->inode->size)
			continue;
		IB_TRY(ib_image_read_content(built->image, node->inode, &content, err));
		return ib_rpmdb_read(&content, built->arena, &built->packages,
				     &built->package_count, err);
	}
	return 0;
}

char *ib_built_name_beside(const char *image, const char *suffix)
{
	const char *own = suffix_of(image);

	return own ? ib_strf("%.*s%s", (int)(strlen(image) - strlen(own)), image, suffix) : NULL;
}

char *ib_built_beside(const struct ib_built *built, const char *suffix)
{
	return ib_built_name_beside(built->path, suffix);
}

static void read_root_hash(struct ib_built *built)
{
	struct ib_error ignored = IB_ERROR_INIT;
	ib_autofree char *path = NULL;
	ib_autofree char *text = NULL;

	path = ib_built_beside(built, ".roothash");
	if (!path)
		return;
	if (ib_file_read_text(path, 256, &text, &ignored) < 0) {
		ib_error_clear(&ignored);
		return;
	}
	if (strspn(text, "0123456789abcdef") == 64 && strlen(text) == 64)
		memcpy(built->root_hash, text, sizeof(built->root_hash));
}

int ib_built_open(const char *path, size_t threads, struct ib_built **ret_built,
		  struct ib_error *err)
{
	const struct ib_image_limits limits = { .threads = threads };
	IB_AUTO(ib_built) built = ib_alloc(sizeof(*built));
	struct ib_region region;

	built->fd = -1;
	built->arena = ib_arena_new();
	built->facts = ib_map_new();
	built->blocks = ib_map_new();
	IB_TRY(ib_built_find(path, built->arena, &built->path, err));
	built->fd = open(built->path, O_RDONLY | O_CLOEXEC);
	if (built->fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", built->path);
	IB_TRY(ib_region_of_file(built->fd, built->path, &region, err));
	IB_TRY(ib_image_open(&region, &built->image, err));
	IB_TRY(ib_image_read_tree(built->image, &limits, &built->tree, err));
	built->size = region.size;
	IB_TRY(read_packages(built, err));
	read_root_hash(built);
	*ret_built = ib_take(built);
	return 0;
}

void ib_built_free(struct ib_built *built)
{
	if (!built)
		return;
	ib_tree_free(built->tree);
	ib_image_free(built->image);
	ib_map_free(built->facts);
	ib_map_free(built->blocks);
	ib_arena_free(built->arena);
	ib_close_auto(&built->fd);
	ib_free(built);
}

struct ib_policy_subject ib_built_subject(struct ib_built *built)
{
	return (struct ib_policy_subject){ .tree = built->tree,
					   .fact = fact_of,
					   .context = built,
					   .packages = built->packages,
					   .package_count = built->package_count,
					   .root_image_bytes = built->size };
}

const char *ib_built_path(const struct ib_built *built)
{
	return built->path;
}

const char *ib_built_root_hash(const struct ib_built *built)
{
	return *built->root_hash ? built->root_hash : NULL;
}
